// A city as others know it: with a log that is signed and cosigned, an authority whose keys sign
// agreements, and units.
#pragma once

#include <algorithm>

#include "crypto/checkpoint.h"
#include "crypto/cosignature.h"
#include "crypto/policy.h"
#include "ledger/recognition.h"
#include "ledger/store/keys.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {

inline v1::RuleSet recognition_rules(const std::string& version = "recognition") {
  auto rules = registry_rules(version);
  RuleTable(rules)
      .roles("agreement.file", {v1::AUTHORITY})
      .roles("agreement.set", {v1::AUTHORITY})
      .roles("transfer.settle", {v1::AUTHORITY})
      .roles("epoch.open", {v1::AUTHORITY})
      .relation("export", v1::HOLDER);
  return rules;
}

// A message as the ledger stores it, by its key there.
template <class M>
std::optional<M> stored(const City& city, const std::string& name) {
  const auto view = city.view();
  const auto bytes = view.reader().get(name);
  M message;
  if (!bytes || !message.ParseFromString(*bytes)) return std::nullopt;
  return message;
}

// A city as others know it: by a log that it signs, three nodes, of which two cosign what others
// are to accept, and two keys of its authority, which sign together.
class SovereignCity : public KilogramCity {
 public:
  static constexpr int kNodes = 3, kQuorum = 2;
  static constexpr int kAuthorityKeysMax = 8;  // that its authority ever has
  static constexpr std::uint64_t kCosignedAt = 1'700'000'000;

  explicit SovereignCity(const Place& place, const v1::RuleSet& rules = recognition_rules())
      : KilogramCity(rules, place) {
    auto payload = event("bureau");
    payload.mutable_add_key()->set_party("bureau");
    payload.mutable_add_key()->mutable_key()->set_public_key(public_key("bureau#2"));
    must(payload, {"bureau"});
  }

  [[nodiscard]] const crypto::SecretKey& secret(const std::string& name) const {
    return key_of(keys_of(code()) + name);
  }
  [[nodiscard]] std::string public_key(const std::string& name) const {
    return secret(name).public_key().encode();
  }
  // Of the epoch it is in.
  [[nodiscard]] std::optional<v1::EpochRecord> epoch() const {
    return stored<v1::EpochRecord>(*this, key::epoch());
  }
  [[nodiscard]] std::string origin() const {
    const auto later = epoch();
    return later ? later->opening().origin() : view().genesis()->origin();
  }
  [[nodiscard]] std::string lineage() const { return *view().reader().get(key::lineage()); }

  // ---- What an agreement says of it ----
  // Its nodes get other keys; whoever is not told of them takes no checkpoint of theirs any more.
  void change_node_keys() { ++node_keys_; }
  [[nodiscard]] const crypto::SecretKey& node_secret(int node) const {
    const auto name = "node" + std::to_string(node);
    return secret(node_keys_ == 0 ? name : name + "@" + std::to_string(node_keys_));
  }
  [[nodiscard]] crypto::Policy policy() const {
    crypto::Policy policy;
    policy.logs.push_back(
        {{origin(), crypto::NoteKeyType::ed25519, secret("log").public_key()}, ""});
    policy.groups.push_back({"nodes", kQuorum, {}});
    policy.quorum = "nodes";
    for (int i = 1; i <= kNodes; ++i) {
      const auto name = "node" + std::to_string(i);
      policy.witnesses.push_back(
          {name,
           {origin() + "/" + name, crypto::NoteKeyType::cosignature, node_secret(i).public_key()},
           ""});
      policy.groups.front().members.push_back(name);
    }
    return policy;
  }
  // The second key of its authority is replaced, in its own ledger; whoever is not told goes on
  // with the one before.
  [[nodiscard]] bool can_rotate_authority_key() const {
    return second_in_force() < kAuthorityKeysMax;
  }
  Answer rotate_authority_key() {
    const auto old = second_in_force();
    auto payload = event("bureau");
    auto& action = *payload.mutable_rotate_key();
    action.set_party("bureau");
    action.set_old_key_id(std::string(secret(second_key(old)).public_key().key_id().view()));
    action.mutable_new_key()->set_public_key(public_key(second_key(old + 1)));
    return send(payload, {"bureau"});
  }
  [[nodiscard]] v1::CitySide side() const {
    v1::CitySide side;
    side.set_city(code());
    side.set_lineage(lineage());
    side.set_policy(crypto::format_policy(policy()));
    for (const auto& name : {std::string("bureau"), second_key(second_in_force())})
      side.add_authority()->set_public_key(public_key(name));
    side.set_authority_keys(2);
    return side;
  }
  [[nodiscard]] AuthoritySignatures signed_by(const Signers& names, std::string_view word,
                                              const std::string& bytes) const {
    AuthoritySignatures signatures;
    for (const auto& name : names) {
      auto* signature = signatures.Add();
      signature->set_key_id(std::string(secret(name).public_key().key_id().view()));
      signature->set_signature(secret(name).sign(authority_bytes(word, bytes)));
    }
    return signatures;
  }
  [[nodiscard]] AuthoritySignatures by_authority(std::string_view word,
                                                 const std::string& bytes) const {
    return signed_by({"bureau", second_key(second_in_force())}, word, bytes);
  }
  // With the keys by which others know it: its authority keeps those that were replaced.
  [[nodiscard]] AuthoritySignatures by_authority(std::string_view word, const std::string& bytes,
                                                 const v1::CitySide& known) const {
    Signers names{"bureau"};
    for (int number = 2; number <= kAuthorityKeysMax; ++number)
      for (const auto& key : known.authority())
        if (key.public_key() == public_key(second_key(number))) names.push_back(second_key(number));
    return signed_by(names, word, bytes);
  }

  // ---- What it shows of its log ----
  // Signed by the log, and by the first so many nodes.
  [[nodiscard]] std::string signed_note(const crypto::Checkpoint& checkpoint,
                                        int cosigners = kQuorum) const {
    const auto text = crypto::format_checkpoint(checkpoint);
    crypto::Note note{text, {*crypto::sign_note(text, origin(), secret("log"))}};
    for (int i = 1; i <= cosigners; ++i) {
      const auto name = "node" + std::to_string(i);
      note.signatures.push_back(
          *crypto::cosign(text, origin() + "/" + name, node_secret(i), kCosignedAt));
    }
    return crypto::format_note(note);
  }
  [[nodiscard]] crypto::Checkpoint tree() const {
    const auto at = head();
    return {origin(), at.size, at.root, {}};
  }
  [[nodiscard]] v1::ProvenLeaf proven(std::uint64_t leaf, std::uint64_t size) const {
    auto view = this->view();
    v1::ProvenLeaf proof;
    proof.set_city(code());
    proof.set_entry(view.entry(leaf));
    proof.set_index(leaf);
    proof.set_tree_size(size);
    if (const auto later = epoch()) proof.set_epoch(later->opening().epoch());
    for (const auto& hash : view.inclusion_proof(leaf, size))
      proof.add_path(std::string(hash.view()));
    return proof;
  }
  [[nodiscard]] v1::Payload payload_at(std::uint64_t leaf) const {
    return read_foreign(view().entry(leaf), code())->payload;
  }

  // ---- What it knows of units ----
  [[nodiscard]] v1::ExportedRun run(std::uint64_t start, std::uint64_t end) const {
    const auto view = this->view();
    const auto batch = *view.batch(view.serial(start)->batch());
    const auto& mirrored = batch.mirrored();
    const bool is_own = !batch.has_mirrored();
    v1::ExportedRun run;
    run.set_start(start);
    run.set_end(end);
    run.set_batch_start(is_own ? batch.start() : 0);
    run.set_origin_start(is_own ? start : mirrored.origin_start() + (start - batch.start()));
    run.set_batch(is_own ? batch.batch() : mirrored.batch());
    run.set_project(is_own ? batch.project() : mirrored.project());
    run.set_area(is_own ? view.project(batch.project())->filing().area() : mirrored.area());
    run.set_methodology(is_own ? batch.methodology() : mirrored.methodology());
    run.set_methodology_version(is_own ? batch.methodology_version()
                                       : mirrored.methodology_version());
    run.set_serial_code(batch.serial_code());
    run.set_vintage(batch.vintage());
    return run;
  }
  // A run for each batch of each range.
  [[nodiscard]] Runs runs(const SerialRanges& ranges) const {
    const auto view = this->view();
    Runs runs;
    for (const auto& [start, end] : ranges)
      for (auto serial = start; serial <= end;) {
        const auto last = std::min(end, view.batch(view.serial(serial)->batch())->end());
        *runs.Add() = run(serial, last);
        serial = last + 1;
      }
    return runs;
  }

 private:
  static std::string second_key(int number) { return "bureau#" + std::to_string(number); }
  // By its ledger: one that comes back shorter knows of no rotation since.
  [[nodiscard]] int second_in_force() const {
    for (int number = 3; number <= kAuthorityKeysMax; ++number) {
      const auto id = secret(second_key(number)).public_key().key_id();
      const auto record = stored<v1::KeyRecord>(*this, key::public_key(id.view()));
      if (record && record->ended_at() == 0) return number;
    }
    return 2;
  }

  int node_keys_ = 0;
};

}  // namespace puhui::ledger::testing
