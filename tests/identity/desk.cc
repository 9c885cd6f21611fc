#include "tests/identity/desk.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <fstream>
#include <iterator>

#include "crypto/envelope.h"
#include "ledger/entry.h"

namespace puhui::node::identity {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<leveldb::DB> open_raw(const std::string& table) {
  leveldb::DB* opened = nullptr;
  const auto status = leveldb::DB::Open({}, table, &opened);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return std::unique_ptr<leveldb::DB>(opened);
}

std::string root_entry(char letter) {
  return ledger::encode_entry(1000 + letter, ledger::EntryKind::state_root,
                              "\x01" + std::string(32, letter));
}

}  // namespace

std::string receipt_of(v1::Payload payload) {
  payload.set_city("WUHAN");
  payload.set_party("operator");
  payload.set_event_id(std::string(16, '\x01'));
  payload.set_valid_until(kNow);
  const auto key = cli::key_of('o');
  const crypto::SecretKey* signers[] = {&key};
  const auto envelope =
      crypto::sign_envelope(payload.SerializeAsString(), crypto::kEventPayloadType, signers);
  cli::SmallLog log;
  log.entries = {root_entry('a'),
                 ledger::encode_entry(2000, ledger::EntryKind::event,
                                      crypto::encode_envelope(*envelope).value()),
                 root_entry('c')};
  return log.receipt(1);
}

std::string receipt_of_state_root() {
  cli::SmallLog log;
  log.entries = {root_entry('a'), root_entry('b')};
  return log.receipt(1);
}

std::string policy_text() { return crypto::format_policy(cli::SmallLog().policy()); }

bool on_disk(const std::string& folder, std::string_view bytes) {
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    if (content.find(bytes) != std::string::npos) return true;
  }
  return false;
}

std::map<std::string, std::string> raw_pairs(const std::string& table) {
  const cli::Scratch scratch;
  fs::copy(table, scratch.path("copy"), fs::copy_options::recursive);
  const auto db = open_raw(scratch.path("copy"));
  std::map<std::string, std::string> pairs;
  const std::unique_ptr<leveldb::Iterator> it(db->NewIterator({}));
  for (it->SeekToFirst(); it->Valid(); it->Next())
    pairs[it->key().ToString()] = it->value().ToString();
  EXPECT_TRUE(it->status().ok());
  return pairs;
}

void write_raw(const std::string& table, const std::map<std::string, std::string>& pairs) {
  const auto db = open_raw(table);
  for (const auto& [name, value] : pairs) {
    const auto status = value.empty() ? db->Delete({}, name) : db->Put({}, name, value);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
}

}  // namespace puhui::node::identity
