#include "support.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "crypto/cosignature.h"
#include "crypto/envelope.h"
#include "crypto/merkle.h"
#include "ledger/entry.h"
#include "node/cli/submission.h"
#include "node/cli/text.h"

namespace puhui::node::cli {
namespace fs = std::filesystem;

Scratch::Scratch() {
  auto pattern = (fs::temp_directory_path() / "puhui-cli-XXXXXX").string();
  const char* made = ::mkdtemp(pattern.data());
  EXPECT_NE(made, nullptr);
  folder_ = pattern;
}

Scratch::~Scratch() { fs::remove_all(folder_); }

std::string Scratch::write(const std::string& name, std::string_view bytes) const {
  std::ofstream(path(name), std::ios::binary) << bytes;
  return path(name);
}

std::string Scratch::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Ran Client::run(std::vector<std::string> arguments) const {
  std::ostringstream out, err;
  const World world{out, err,
                    [this](const char* name) -> const char* {
                      const auto found = environment.find(name);
                      return found == environment.end() ? nullptr : found->second.c_str();
                    },
                    [this] { return now_us; }, [](std::uint32_t) {}};
  const auto exit = cli::run(std::move(arguments), world);
  return {exit, out.str(), err.str()};
}

Ran Desk::dry_run(Words words) const {
  for (const auto* more : {"--city", "WUHAN", "--party", "a", "--dry-run"})
    words.emplace_back(more);
  return client.run(std::move(words));
}

v1::Payload Desk::payload(const Words& words) const {
  const auto ran = dry_run(words);
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  v1::Payload payload;
  EXPECT_TRUE(from_json(ran.out, payload, false)) << ran.out;
  return payload;
}

std::string Desk::key(const std::string& name) const {
  EXPECT_EQ(client.run({"key", "new", scratch.path(name)}).exit, Exit::ok);
  return scratch.path(name);
}

v1::Submission Desk::submission(Words words) const {
  const auto number = std::to_string(++made_);
  const auto file = scratch.path("submission-" + number), signer = key("signer-" + number);
  for (const auto& more :
       {std::string("--city"), std::string("WUHAN"), std::string("--party"), std::string("a"),
        std::string("--key"), signer, std::string("--out"), file})
    words.push_back(more);
  const auto ran = client.run(std::move(words));
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  return read_submission_file(file).value_or(v1::Submission());
}

std::string Desk::fault(const Words& words) const {
  const auto ran = dry_run(words);
  EXPECT_EQ(ran.exit, Exit::usage) << ran.out;
  EXPECT_EQ(ran.out, "");
  return ran.err;
}

std::string data_file(const std::string& name) {
  return (fs::path(__FILE__).parent_path() / "data" / name).string();
}

std::string SmallLog::receipt(std::uint64_t index) const {
  std::vector<crypto::Digest> leaves;
  for (const auto& entry : entries) leaves.push_back(crypto::leaf_hash(entry));
  const crypto::NodeReader reader = [&](unsigned level, std::uint64_t at) {
    return crypto::root_of(std::span(leaves).subspan(at << level, std::size_t{1} << level));
  };
  const auto text = crypto::format_checkpoint({origin, leaves.size(), crypto::root_of(leaves), {}});
  const crypto::Note note{
      text,
      {crypto::sign_note(text, origin, key_of('l')).value(),
       crypto::cosign(text, "node1.example", key_of('w'), 1'740'000'000).value()}};
  return crypto::format_tlog_proof({entries[index], index,
                                    crypto::inclusion_proof(index, leaves.size(), reader),
                                    crypto::format_note(note)});
}

crypto::Policy SmallLog::policy() const {
  crypto::Policy policy;
  policy.logs = {{{origin, crypto::NoteKeyType::ed25519, key_of('l').public_key()}, ""}};
  policy.witnesses = {
      {"node1", {"node1.example", crypto::NoteKeyType::cosignature, key_of('w').public_key()}, ""}};
  policy.quorum = "node1";
  return policy;
}

std::string retirement_entry() {
  v1::Payload payload;
  payload.set_city("WUHAN");
  payload.set_party("buyer");
  payload.set_event_id(std::string(16, '\x01'));
  payload.set_valid_until(1'740'003'600'000'000);
  payload.mutable_retire()->set_account("buyer/main");
  payload.mutable_retire()->set_amount_kg(1'448'500);
  payload.mutable_retire()->set_beneficiary("武汉马拉松");
  const auto key = key_of('b');
  const crypto::SecretKey* signers[] = {&key};
  const auto envelope =
      crypto::sign_envelope(payload.SerializeAsString(), crypto::kEventPayloadType, signers);
  return ledger::encode_entry(1'740'000'100'000'000, ledger::EntryKind::event,
                              crypto::encode_envelope(*envelope).value());
}

}  // namespace puhui::node::cli
