// Proofs of what the views said at a state root: a balance, any other value, an absence, a claim.
#include <algorithm>

#include "crypto/bytes.h"
#include "ledger/rules/calendar.h"
#include "ledger/views/state_value.h"
#include "node/cli/command.h"
#include "node/cli/receipt.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t kProofFileMax = std::size_t{1} << 20;

std::string kinds() {
  std::string text = "serial";
  for (const auto kind : ledger::state_kinds()) text += ", " + std::string(kind);
  return text;
}

tl::unexpected<Error> something_else() {
  return fail(ErrorCode::PROOF_INVALID, "the node proves something else");
}

// A serial is shown by the block that holds it, its absence by how many were issued.
Result<void> check_serial(const v1::StateProof& proof, const std::string& text) {
  const auto serial = parse_number(text);
  if (!serial) return tl::make_unexpected(serial.error());
  if (!proof.has_value()) return something_else();
  const auto value = ledger::state_message(proof.key(), proof.value());
  if (!value) return tl::make_unexpected(value.error());
  const auto* block = dynamic_cast<const v1::UnitBlock*>(value->get());
  const auto* totals = dynamic_cast<const v1::Totals*>(value->get());
  const bool holds = block != nullptr && block->start() <= *serial && *serial <= block->end();
  const bool never_issued =
      totals != nullptr &&
      (*serial == 0 || *serial > static_cast<std::uint64_t>(totals->units_issued_kg()));
  if (holds || never_issued) return {};
  return something_else();
}

// Whether the proof is of what was asked for; the node chose the key.
Result<void> check_answer(const v1::StateProof& proof, const Words& words) {
  if (words.front() == "serial" && words.size() == 2) return check_serial(proof, words[1]);
  const auto key = ledger::state_key(words);
  if (!key) return tl::make_unexpected(key.error());
  if (proof.key() != *key) return something_else();
  return {};
}

Result<v1::StateProof> fetch_proof(Session& session, const Words& words) {
  auto proof = words.size() == 1 ? session.get<v1::StateProof>({"v1", "proofs", words[0]})
               : words.size() == 2
                   ? session.get<v1::StateProof>({"v1", "proofs", words[0], words[1]})
                   : session.get<v1::StateProof>({"v1", "proofs", words[0], words[1], words[2]});
  if (!proof) return proof;
  if (auto fits = check_answer(*proof, words); !fits) return tl::make_unexpected(fits.error());
  return proof;
}

Result<Exit> deliver(Session& session, const google::protobuf::Message& proof) {
  if (auto delivered = session.deliver(to_json(proof)); !delivered)
    return tl::make_unexpected(delivered.error());
  return Exit::ok;
}

std::shared_ptr<Words> add_words(CLI::App& app) {
  auto words = std::make_shared<Words>();
  app.add_option("what", *words, "kind and name: " + kinds())->required()->expected(1, 3);
  return words;
}

Result<Exit> prove_value(Session& session, const Words& words) {
  const auto proof = fetch_proof(session, words);
  if (!proof) return tl::make_unexpected(proof.error());
  if (!proof->has_value())
    return fail(ErrorCode::NOT_FOUND, "it is absent (puhui proof absence proves that)");
  return deliver(session, *proof);
}

Run declare_state(CLI::App& app) {
  return [words = add_words(app)](Session& session) { return prove_value(session, *words); };
}

Run declare_balance(CLI::App& app) {
  auto account = std::make_shared<std::string>();
  app.add_option("account", *account, "name of the account")->required();
  return [account](Session& session) { return prove_value(session, {"account", *account}); };
}

Run declare_absence(CLI::App& app) {
  return [words = add_words(app)](Session& session) -> Result<Exit> {
    const auto proof = fetch_proof(session, *words);
    if (!proof) return tl::make_unexpected(proof.error());
    // A serial is absent if fewer were issued.
    const bool is_issued = words->front() == "serial" && proof->key() != "vT";
    if (is_issued || (words->front() != "serial" && proof->has_value()))
      return fail(ErrorCode::INVALID_ARGUMENT, "it is there (puhui proof state proves that)");
    return deliver(session, *proof);
  };
}

struct Claim {
  std::int64_t day = 0;
  std::uint32_t slot = 0;
  std::string key;
};

Result<Exit> prove_claim(Session& session, const Claim& claim) {
  const auto proof = session.get<v1::ClaimProof>(
      {"v1", "claims", std::to_string(claim.day), std::to_string(claim.slot), claim.key});
  if (!proof) return tl::make_unexpected(proof.error());
  if (proof->day() != claim.day || proof->slot() != claim.slot ||
      crypto::hex_encode(proof->claim()) != claim.key)
    return something_else();
  return deliver(session, *proof);
}

Run declare_claim(CLI::App& app) {
  auto claim = std::make_shared<Claim>();
  add_value(
      app, "day", parse_day, [claim](std::int64_t day) { claim->day = day; },
      "day of the act, as 2026-01-15; its claim window must be over")
      ->required();
  app.add_option("slot", claim->slot, "slot of that day")->required();
  app.add_option("claim", claim->key, "claim key, 64 hex digits")->required();
  return [claim](Session& session) { return prove_claim(session, *claim); };
}

Result<Exit> report_claim(Session& session, const v1::ClaimProof& proof,
                          const crypto::Policy& policy) {
  const auto verified = verify_claim(proof, policy);
  if (!verified) return tl::make_unexpected(verified.error());
  Fields fields{{verified->made ? "claimed" : "never claimed", crypto::hex_encode(proof.claim())},
                {"day", ledger::date_text(proof.day())},
                {"slot", std::to_string(proof.slot())}};
  std::ranges::move(describe(verified->receipt), std::back_inserter(fields));
  session.print(fields);
  return Exit::ok;
}

Result<Exit> report_state(Session& session, const v1::StateProof& proof,
                          const crypto::Policy& policy) {
  const auto verified = verify_state(proof, policy);
  if (!verified) return tl::make_unexpected(verified.error());
  Fields fields{{verified->value ? "proved" : "absent", verified->words}};
  std::ranges::move(describe(verified->receipt), std::back_inserter(fields));
  session.print_proved(fields, "value", verified->value.get());
  return Exit::ok;
}

Run declare_verify(CLI::App& app) {
  auto path = std::make_shared<std::string>(), policy_file = std::make_shared<std::string>();
  app.add_option("file", *path, "proof")->required();
  app.add_option("--policy", *policy_file, "tlog-policy file: whom to believe")->required();
  return [path, policy_file](Session& session) -> Result<Exit> {
    const auto policy = read_policy(*policy_file);
    if (!policy) return tl::make_unexpected(policy.error());
    const auto bytes = read_file(*path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    if (bytes->size() > kProofFileMax)
      return fail(ErrorCode::PROOF_MALFORMED, "a proof file has at most 1 MiB");
    v1::ClaimProof claim;
    if (from_json(*bytes, claim, false)) return report_claim(session, claim, *policy);
    v1::StateProof proof;
    if (auto read = from_json(*bytes, proof, false); !read)
      return fail(ErrorCode::PROOF_MALFORMED, read.error().detail);
    return report_state(session, proof, *policy);
  };
}

constexpr Command kCommands[] = {
    {"proof", "balance", "Fetches the proof of what an account held at the last state root.",
     "puhui proof balance owner-main --out owner-main.proof", declare_balance},
    {"proof", "state", "Fetches the proof of any value of the views at the last state root.",
     "puhui proof state serial 1200 --out 1200.proof\n"
     "puhui proof state methodology WH-PV-2023 V01\n"
     "puhui proof state totals",
     declare_state},
    {"proof", "absence", "Fetches the proof that something was not there at the last state root.",
     "puhui proof absence party nobody --out nobody.proof\n"
     "puhui proof absence serial 999999999",
     declare_absence},
    {"proof", "claim", "Fetches the proof that a claim was made, or never was, on a closed day.",
     "puhui proof claim 2026-01-15 32 "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a --out claim.proof",
     declare_claim},
    {"proof", "verify", "Verifies a proof of a value, an absence or a claim, without a network.",
     "puhui proof verify owner-main.proof --policy city.policy", declare_verify},
};

}  // namespace

std::span<const Command> state_proof_commands() { return kCommands; }

}  // namespace puhui::node::cli
