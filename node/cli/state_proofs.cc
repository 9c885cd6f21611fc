// Proofs of what the views said at a state root: a balance, any other value, an absence, a claim.
#include "node/cli/state_proofs.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "ledger/rules/calendar.h"
#include "ledger/state_root.h"
#include "ledger/views/state_value.h"
#include "ledger/views/view.h"
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
  // What was imported was numbered here as well.
  const bool never_issued =
      totals != nullptr &&
      (*serial == 0 || *serial > static_cast<std::uint64_t>(totals->units_issued_kg()) +
                                     static_cast<std::uint64_t>(totals->units_imported_kg()));
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

}  // namespace

Result<v1::StateProof> fetch_state_proof(Session& session, const std::vector<std::string>& words) {
  auto proof = words.size() == 1 ? session.get<v1::StateProof>({"v1", "proofs", words[0]})
               : words.size() == 2
                   ? session.get<v1::StateProof>({"v1", "proofs", words[0], words[1]})
                   : session.get<v1::StateProof>({"v1", "proofs", words[0], words[1], words[2]});
  if (!proof) return proof;
  if (auto fits = check_answer(*proof, words); !fits) return tl::make_unexpected(fits.error());
  return proof;
}

namespace {

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
  const auto proof = fetch_state_proof(session, words);
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
    const auto proof = fetch_state_proof(session, *words);
    if (!proof) return tl::make_unexpected(proof.error());
    // A serial is absent if fewer were issued.
    const bool is_issued = words->front() == "serial" && proof->key() != "vT";
    if (is_issued || (words->front() != "serial" && proof->has_value()))
      return fail(ErrorCode::INVALID_ARGUMENT, "it is there (puhui proof state proves that)");
    return deliver(session, *proof);
  };
}

// What a claim key stands for cannot be seen from it: whoever verifies says day and slot as well.
constexpr const char* kClaimWords = "day of the act, slot of that day, claim key (64 hex digits)";

Result<ledger::ClaimAsked> read_claim(const Words& words) {
  const auto day = parse_day(words[0]);
  if (!day) return tl::make_unexpected(day.error());
  const auto slot = parse_number(words[1]);
  const auto key = crypto::Digest::from_hex(words[2]);
  if (!slot || *slot > UINT32_MAX || !key)
    return fail(ErrorCode::INVALID_ARGUMENT, std::string("a claim is: ") + kClaimWords);
  return ledger::ClaimAsked{static_cast<std::int32_t>(*day), static_cast<std::uint32_t>(*slot),
                            *key};
}

Result<void> check_answer(const v1::ClaimProof& proof, const ledger::ClaimAsked& asked) {
  if (proof.day() == asked.day && proof.slot() == asked.slot && proof.claim() == asked.claim.view())
    return {};
  return fail(ErrorCode::PROOF_INVALID,
              "the proof is of another claim: " + ledger::date_text(proof.day()) + " " +
                  std::to_string(proof.slot()) + " " + crypto::hex_encode(proof.claim()));
}

Result<Exit> prove_claim(Session& session, const Words& words) {
  const auto asked = read_claim(words);
  if (!asked) return tl::make_unexpected(asked.error());
  const auto proof = session.get<v1::ClaimProof>({"v1", "claims", std::to_string(asked->day),
                                                  std::to_string(asked->slot), asked->claim.hex()});
  if (!proof) return tl::make_unexpected(proof.error());
  if (auto fits = check_answer(*proof, *asked); !fits) return tl::make_unexpected(fits.error());
  return deliver(session, *proof);
}

Run declare_claim(CLI::App& app) {
  auto words = std::make_shared<Words>();
  app.add_option("claim", *words,
                 std::string(kClaimWords) + "; the day's claim window must be over")
      ->required()
      ->expected(3);
  return [words](Session& session) { return prove_claim(session, *words); };
}

// What a proof is verified against.
struct Trusted {
  crypto::Policy policy;
  Words claim;  // empty unless given
};

Result<Exit> report_claim(Session& session, const v1::ClaimProof& proof, const Trusted& trusted) {
  if (trusted.claim.empty())
    return fail(ErrorCode::INVALID_ARGUMENT,
                "it proves a claim: say which one with --claim DAY SLOT KEY");
  const auto asked = read_claim(trusted.claim);
  if (!asked) return tl::make_unexpected(asked.error());
  if (auto fits = check_answer(proof, *asked); !fits) return tl::make_unexpected(fits.error());
  const auto verified = verify_claim(proof, trusted.policy);
  if (!verified) return tl::make_unexpected(verified.error());
  Fields fields{{verified->made ? "claimed" : "never claimed", crypto::hex_encode(proof.claim())},
                {"day", ledger::date_text(proof.day())},
                {"slot", std::to_string(proof.slot())}};
  std::ranges::move(describe(verified->receipt), std::back_inserter(fields));
  session.print(fields);
  return Exit::ok;
}

Result<Exit> report_state(Session& session, const v1::StateProof& proof, const Trusted& trusted) {
  if (!trusted.claim.empty())
    return fail(ErrorCode::PROOF_INVALID, "it does not prove a claim, but a value");
  const auto verified = verify_state(proof, trusted.policy);
  if (!verified) return tl::make_unexpected(verified.error());
  const bool is_person =
      proof.key().starts_with("vA") && ledger::map_of(proof.key()) == ledger::StateMap::personal;
  Fields fields{{verified->value ? "proved"
                 : is_person     ? "never credited"
                                 : "absent",
                 verified->words}};
  std::ranges::move(describe(verified->receipt), std::back_inserter(fields));
  session.print_proved(fields, "value", verified->value.get());
  return Exit::ok;
}

Run declare_verify(CLI::App& app) {
  auto path = std::make_shared<std::string>(), policy_file = std::make_shared<std::string>();
  auto claim = std::make_shared<Words>();
  app.add_option("file", *path, "proof")->required();
  app.add_option("--policy", *policy_file, "tlog-policy file: whom to believe")->required();
  app.add_option("--claim", *claim, std::string("of the proof of a claim: ") + kClaimWords)
      ->expected(3);
  return [path, policy_file, claim](Session& session) -> Result<Exit> {
    auto policy = read_policy(*policy_file);
    if (!policy) return tl::make_unexpected(policy.error());
    const Trusted trusted{std::move(*policy), *claim};
    const auto bytes = read_file(*path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    if (bytes->size() > kProofFileMax)
      return fail(ErrorCode::PROOF_MALFORMED, "a proof file has at most 1 MiB");
    v1::ClaimProof of_claim;
    if (from_json(*bytes, of_claim, false)) return report_claim(session, of_claim, trusted);
    v1::StateProof proof;
    if (auto read = from_json(*bytes, proof, false); !read)
      return fail(ErrorCode::PROOF_MALFORMED, read.error().detail);
    return report_state(session, proof, trusted);
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
     "puhui proof verify owner-main.proof --policy city.policy\n"
     "puhui proof verify ride.claim --policy city.policy --claim 2026-01-15 32 "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a",
     declare_verify},
};

}  // namespace

std::span<const Command> state_proof_commands() { return kCommands; }

}  // namespace puhui::node::cli
