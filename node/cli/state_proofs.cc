// Proofs of what the views said at a state root: a balance, any other value, an absence.
#include <algorithm>

#include "ledger/views/state_value.h"
#include "node/cli/command.h"
#include "node/cli/receipt.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

using Words = std::vector<std::string>;

std::string kinds() {
  std::string text = "serial";
  for (const auto kind : ledger::state_kinds()) text += ", " + std::string(kind);
  return text;
}

// Whether the proof is of what was asked for; the node chose the key.
Result<void> check_answer(const v1::StateProof& proof, const Words& words) {
  if (words.front() == "serial") return {};
  const auto key = ledger::state_key(words);
  if (!key) return tl::make_unexpected(key.error());
  if (proof.key() != *key) return fail(ErrorCode::PROOF_INVALID, "the node proves something else");
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

Result<Exit> deliver(Session& session, const v1::StateProof& proof) {
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

Run declare_verify(CLI::App& app) {
  auto path = std::make_shared<std::string>(), policy_file = std::make_shared<std::string>();
  app.add_option("file", *path, "proof")->required();
  app.add_option("--policy", *policy_file, "tlog-policy file: whom to believe")->required();
  return [path, policy_file](Session& session) -> Result<Exit> {
    const auto policy = read_policy(*policy_file);
    if (!policy) return tl::make_unexpected(policy.error());
    const auto bytes = read_file(*path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    v1::StateProof proof;
    if (auto read = from_json(*bytes, proof, true); !read)
      return fail(ErrorCode::PROOF_MALFORMED, read.error().detail);
    const auto verified = verify_state(proof, *policy);
    if (!verified) return tl::make_unexpected(verified.error());
    Fields fields{{verified->value ? "proved" : "absent", verified->words}};
    std::ranges::move(describe(verified->receipt), std::back_inserter(fields));
    session.print_proved(fields, "value", verified->value.get());
    return Exit::ok;
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
    {"proof", "verify", "Verifies a proof of a value or an absence, without a network.",
     "puhui proof verify owner-main.proof --policy city.policy", declare_verify},
};

}  // namespace

std::span<const Command> state_proof_commands() { return kCommands; }

}  // namespace puhui::node::cli
