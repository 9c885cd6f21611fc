// What became of a serial, a batch, an account, a party, a project: part after part, to the end.
#include "ledger/personal.h"
#include "node/cli/command.h"
#include "node/cli/receipt.h"
#include "node/cli/state_proofs.h"
#include "node/files/folder.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kMoveColumns[] = {
    {"LEAF", "leaf"}, {"TIME", "time"}, {"MOVE", "kind"}, {"START", "start"},
    {"END", "end"},   {"FROM", "from"}, {"TO", "to"},
};
constexpr Column kCreditColumns[] = {
    {"POSITION", "leaf"},     {"RECORD", "record"}, {"TIME", "time"},         {"KIND", "kind"},
    {"SCENARIO", "scenario"}, {"DAY", "day"},       {"SLOT", "slot"},         {"GRAMS", "grams"},
    {"POOLED", "pooled_g"},   {"OFFER", "offer"},   {"QUANTITY", "quantity"}, {"CLAIM", "claim"},
};

constexpr int kPartsMax = 100'000;

// Hands every part of what lies under /v1/<path>/<name>/history to `take`.
template <class Part, class Take>
Result<void> each_part(Session& session, const char* path, const std::string& name, Take take) {
  std::string after;
  int parts = 0;
  do {
    Query query{{"limit", std::to_string(kListLimitMax)}};
    if (!after.empty()) query.emplace_back("after", after);
    auto part = session.get<Part>({"v1", path, name, "history"}, std::move(query));
    if (!part) return tl::make_unexpected(part.error());
    if ((!after.empty() && part->next() == after) || ++parts > kPartsMax)
      return fail(ErrorCode::CORRUPT, "the history the node answers has no end");
    after = part->next();
    part->clear_next();
    take(*part);
  } while (!after.empty());
  return {};
}

Result<Exit> show_moves(Session& session, const char* path, const std::string& name) {
  v1::UnitHistory whole;
  auto read = each_part<v1::UnitHistory>(session, path, name,
                                         [&whole](const auto& part) { whole.MergeFrom(part); });
  if (!read) return tl::make_unexpected(read.error());
  if (session.json())
    session.world().out << to_json(whole);
  else
    session.world().out << printable(whole.printed()) << "\n"
                        << list_table(whole, kMoveColumns, "moves");
  return Exit::ok;
}

Result<Exit> show_entries(Session& session, const char* path, const std::string& name) {
  auto read = each_part<v1::EntryList>(session, path, name, [&session](const auto& part) {
    for (const auto& entry : part.items()) print_entry(session, entry);
  });
  if (!read) return tl::make_unexpected(read.error());
  return Exit::ok;
}

// What the node proves of the account; no value if it was never credited before that state root.
Result<VerifiedState> fetch_proved(Session& session, const std::string& account,
                                   const std::string& policy_file) {
  const auto policy = read_policy(policy_file);
  if (!policy) return tl::make_unexpected(policy.error());
  const auto proof = fetch_state_proof(session, {"account", account});
  if (!proof) return tl::make_unexpected(proof.error());
  return verify_state(*proof, *policy);
}

// The node chose the state root: its position and time are said, lest an old one hide credits.
Result<void> check_credits(Session& session, const v1::CreditHistory& credits,
                           const VerifiedState& proved) {
  VerifiedCredits verified{0, credits.items_size()};
  if (proved.value) {
    const auto checked =
        verify_credits(credits, dynamic_cast<const v1::PersonalAccount&>(*proved.value));
    if (!checked) return tl::make_unexpected(checked.error());
    verified = *checked;
  }
  session.world().err << verified.proved << " credits verified: claims and sum are those of "
                      << proved.words << " at the state root of leaf " << proved.receipt.position
                      << ", " << format_time(proved.receipt.time) << "; " << verified.newer
                      << " are newer than that, and not verified\n";
  return {};
}

// The proof comes first: what is credited in between is newer.
Result<Exit> show_credits(Session& session, const std::string& account,
                          const std::string& policy_file) {
  std::optional<VerifiedState> proved;
  if (!policy_file.empty()) {
    auto fetched = fetch_proved(session, account, policy_file);
    if (!fetched) return tl::make_unexpected(fetched.error());
    proved = std::move(*fetched);
  }
  v1::CreditHistory whole;
  auto read = each_part<v1::CreditHistory>(session, "accounts", account,
                                           [&whole](const auto& part) { whole.MergeFrom(part); });
  if (!read) return tl::make_unexpected(read.error());
  if (proved)
    if (auto sound = check_credits(session, whole, *proved); !sound)
      return tl::make_unexpected(sound.error());
  session.world().out << (session.json() ? to_json(whole) : list_table(whole, kCreditColumns));
  return Exit::ok;
}

std::shared_ptr<std::string> add_name(CLI::App& app, const char* what) {
  auto name = std::make_shared<std::string>();
  app.add_option("name", *name, what)->required();
  return name;
}

Run declare_serial(CLI::App& app) {
  auto serial = std::make_shared<std::uint64_t>();
  add_value(
      app, "serial", parse_number, [serial](std::uint64_t number) { *serial = number; },
      "serial number")
      ->required();
  return [serial](Session& session) {
    return show_moves(session, "serials", std::to_string(*serial));
  };
}

Run declare_batch(CLI::App& app) {
  return [name = add_name(app, "batch")](Session& session) {
    return show_moves(session, "batches", *name);
  };
}

Run declare_account(CLI::App& app) {
  auto policy = std::make_shared<std::string>();
  app.add_option(
      "--policy", *policy,
      "tlog-policy file: verifies, of a personal account, that no credit is left out up to the "
      "state root the node proves");
  return [name = add_name(app, "account"), policy](Session& session) -> Result<Exit> {
    if (ledger::is_personal_id(*name)) return show_credits(session, *name, *policy);
    if (!policy->empty())
      return fail(ErrorCode::INVALID_ARGUMENT, "--policy is for personal accounts");
    return show_entries(session, "accounts", *name);
  };
}

Run declare_party(CLI::App& app) {
  return [name = add_name(app, "party")](Session& session) {
    return show_entries(session, "parties", *name);
  };
}

Run declare_project(CLI::App& app) {
  return [name = add_name(app, "project")](Session& session) {
    return show_entries(session, "projects", *name);
  };
}

constexpr Command kCommands[] = {
    {"serial", "history", "Shows every step in the life of a serial number.",
     "puhui serial history 123456", declare_serial},
    {"batch", "history", "Shows every move of a batch's units.", "puhui batch history B2024001",
     declare_batch},
    {"account", "history", "Shows what changed an account; of a personal one, its movements.",
     "puhui account history acme/pv\n"
     "puhui account history p-000102030405060708090a0b0c0d0e0f --policy city.policy",
     declare_account},
    {"party", "history", "Shows what a party did, and what changed it.", "puhui party history acme",
     declare_party},
    {"project", "history", "Shows what changed a project.", "puhui project history PV001",
     declare_project},
};

}  // namespace

std::span<const Command> history_commands() { return kCommands; }

}  // namespace puhui::node::cli
