// What `puhui proof verify` and `puhui record verify` believe: proofs against a small log with two
// batches and two state roots. Whatever is accepted is true at the leaf that its receipt names.
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "crypto/map.h"
#include "crypto/merkle.h"
#include "crypto/tlog_proof.h"
#include "ledger/entry.h"
#include "ledger/event.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "ledger/views/state_value.h"
#include "node/cli/receipt.h"

namespace {

namespace cli = puhui::node::cli;
namespace crypto = puhui::crypto;
namespace ledger = puhui::ledger;
namespace v1 = puhui::v1;
using crypto::Digest;
using Strings = std::vector<std::string>;

constexpr std::int32_t kDay = 20'000;
constexpr const char* kOrigin = "fuzz.example/city";

// What one leaf says: the records of a batch, or the views at a state root.
struct Told {
  Strings records;
  std::map<std::string, std::string> open, personal;
  Strings claims;  // of slot 0 of the day, in the order of their leaf hashes
};

Told batch(char name, int count) {
  Told told;
  for (int i = 0; i < count; ++i) {
    v1::BehaviourRecord record;
    record.set_account(std::string(ledger::kPseudonymSize, name));
    record.set_day(kDay);
    record.set_carrier_tag(std::string(16, static_cast<char>(i)));
    told.records.push_back(record.SerializeAsString());
  }
  return told;
}

Digest tree_root(const Strings& entries) {
  crypto::Frontier tree;
  for (const auto& entry : entries) tree.append(crypto::leaf_hash(entry));
  return tree.root();
}

Told views(std::int64_t held_kg, std::uint32_t claims) {
  Told told;
  v1::Account account;
  account.set_account("owner-main");
  account.set_units_held_kg(held_kg);
  told.open[ledger::key::account("owner-main")] = account.SerializeAsString();
  v1::Party party;
  party.set_party("owner" + std::to_string(claims));
  told.open[ledger::key::party(party.party())] = party.SerializeAsString();
  for (std::uint32_t i = 0; i < claims; ++i)
    told.claims.emplace_back(crypto::sha256(std::to_string(i)).view());
  std::ranges::sort(told.claims, {},
                    [](const std::string& claim) { return crypto::leaf_hash(claim); });
  told.personal[ledger::key::closed_days()] = ledger::ClosedDays{kDay, claims}.encode();
  told.personal[ledger::key::claim_list(kDay, 0)] =
      ledger::ClaimList{claims, tree_root(told.claims)}.encode();
  return told;
}

Digest root_of_map(const std::map<std::string, std::string>& pairs) {
  std::vector<crypto::MapLeaf> leaves;
  for (const auto& [key, value] : pairs) leaves.push_back(crypto::map_leaf(key, value));
  std::ranges::sort(leaves);
  return crypto::map_root(leaves);
}

std::string entry_of(const Told& told) {
  if (told.records.empty()) {
    ledger::StateRoot root{root_of_map(told.open), root_of_map(told.personal), {}};
    for (const char family : ledger::kOpenFamilies) root.families[family] = crypto::sha256("f");
    return ledger::encode_entry(2, ledger::EntryKind::state_root, ledger::encode_state_root(root));
  }
  v1::Payload payload;
  auto& named = *payload.mutable_submit_behaviour_batch()->mutable_records();
  named.set_count(static_cast<std::uint32_t>(told.records.size()));
  named.set_root(std::string(tree_root(told.records).view()));
  const crypto::Envelope envelope{payload.SerializeAsString(),
                                  std::string(crypto::kEventPayloadType),
                                  {{crypto::sha256("key"), "signature"}}};
  return ledger::encode_entry(1, ledger::EntryKind::event, *crypto::encode_envelope(envelope));
}

struct Log {
  std::vector<Told> told{batch('a', 3), batch('b', 2), views(10, 2), views(20, 3)};
  Strings receipts;
  crypto::Policy policy;

  Log() {
    const auto key = crypto::SecretKey::from_seed(std::string(32, 'k'));
    policy.logs.push_back({{kOrigin, crypto::NoteKeyType::ed25519, key->public_key()}, ""});
    Strings entries;
    for (const auto& leaf : told) entries.push_back(entry_of(leaf));
    const auto text = crypto::format_checkpoint({kOrigin, entries.size(), tree_root(entries), {}});
    const auto note = crypto::format_note({text, {*crypto::sign_note(text, kOrigin, *key)}});
    for (std::size_t at = 0; at < entries.size(); ++at) {
      const auto node = [&](unsigned level, std::uint64_t index) {
        const auto width = std::size_t{1} << level;
        const auto from = entries.begin() + static_cast<std::ptrdiff_t>(index * width);
        return tree_root(Strings(from, from + static_cast<std::ptrdiff_t>(width)));
      };
      const auto path = crypto::inclusion_proof(at, entries.size(), node);
      receipts.push_back(crypto::format_tlog_proof({entries[at], at, path, note}));
    }
  }
};

const Log& log() {
  static const Log log;
  return log;
}

// Receipts are signed, so no fuzzer makes one: "0" to "3" stand for those of the log.
void fill_in(std::string& receipt) {
  if (receipt.size() != 1) return;
  const auto at = static_cast<std::size_t>(receipt[0] - '0');
  if (at < log().receipts.size()) receipt = log().receipts[at];
}

template <class Proof>
bool parse(std::string_view bytes, Proof& proof) {
  return proof.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void check_record(std::string_view bytes) {
  v1::RecordProof proof;
  if (!parse(bytes, proof)) return;
  fill_in(*proof.mutable_receipt());
  const auto verified = cli::verify_record(proof, log().policy, {});
  if (!verified) return;
  const auto& records = log().told.at(verified->receipt.position).records;
  assert(records.at(proof.index()) == proof.record());
  assert(verified->record.SerializeAsString() == proof.record());
}

void check_state(std::string_view bytes) {
  v1::StateProof proof;
  if (!parse(bytes, proof)) return;
  fill_in(*proof.mutable_receipt());
  const auto verified = cli::verify_state(proof, log().policy);
  if (!verified) return;
  const auto& told = log().told.at(verified->receipt.position);
  const auto& pairs =
      ledger::map_of(proof.key()) == ledger::StateMap::open ? told.open : told.personal;
  const auto found = pairs.find(proof.key());
  assert((found != pairs.end()) == proof.has_value());
  assert((verified->value != nullptr) == proof.has_value());
  assert(!proof.has_value() || found->second == proof.value());
  assert(verified->words == *ledger::state_words(proof.key()));
}

void check_claim(std::string_view bytes) {
  v1::ClaimProof proof;
  if (!parse(bytes, proof)) return;
  fill_in(*proof.mutable_closed()->mutable_receipt());
  const auto verified = cli::verify_claim(proof, log().policy);
  if (!verified) return;
  const auto& claims = log().told.at(verified->receipt.position).claims;
  assert(!claims.empty() && proof.day() <= kDay);
  const bool is_made = proof.day() == kDay && proof.slot() == 0 &&
                       std::ranges::find(claims, proof.claim()) != claims.end();
  assert(verified->made == is_made);
}

}  // namespace

// The first byte says which kind of proof the others are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'r':
      check_record(bytes);
      break;
    case 's':
      check_state(bytes);
      break;
    case 'c':
      check_claim(bytes);
      break;
    default:
      break;
  }
  return 0;
}
