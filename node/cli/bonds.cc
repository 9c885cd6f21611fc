// Units bound where they lie, and delivery against payment.
#include <algorithm>
#include <array>

#include "node/cli/command.h"
#include "node/files/folder.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kBondColumns[] = {
    {"BOND", "binding.bond"},          {"KIND", "binding.kind"}, {"ACCOUNT", "binding.account"},
    {"FOR", "binding.beneficiary"},    {"STATE", "state"},       {"BOUND-KG", "bound_kg"},
    {"EXPIRES", "binding.expires_at"}, {"CASE", "binding.case"}, {"LEAF", "bound_at"},
};

struct KindWord {
  std::string_view word;
  v1::BondKind kind;
};
// As the lines of the signer table spell them.
constexpr auto kKindWords = std::to_array<KindWord>({
    {"reservation", v1::RESERVATION},
    {"judicial", v1::JUDICIAL},
    {"pledge", v1::PLEDGE},
    {"escrow", v1::ESCROW},
    {"event", v1::EVENT_RESERVATION},
});

Result<v1::BondKind> parse_kind(const std::string& text) {
  const auto known = std::ranges::find(kKindWords, text, &KindWord::word);
  if (known != kKindWords.end()) return known->kind;
  return fail(ErrorCode::INVALID_ARGUMENT,
              "\"" + text + "\": a bond is reservation, judicial, pledge, escrow or event");
}

template <class Action>
void add_bond(CLI::App& app, const std::shared_ptr<Action>& action, const char* help) {
  app.add_option("bond", *action->mutable_bond(), help)->required();
}

template <class Action>
void add_part(CLI::App& app, const std::shared_ptr<Action>& action) {
  add_amount(app, action, "2000t, 1448.5t or 500kg, from the lowest serials of it (all)");
}

Run declare_bind(CLI::App& app) {
  auto action = std::make_shared<v1::Bind>();
  add_bond(app, action, "name of the bond, new");
  add_value(
      app, "--kind", parse_kind, [action](v1::BondKind kind) { action->set_kind(kind); },
      "reservation, judicial, pledge, escrow or event")
      ->required()
      ->type_name("KIND");
  app.add_option("--account", *action->mutable_account(), "account whose units are bound")
      ->required();
  add_units(app, action);
  app.add_option("--to", *action->mutable_to(), "account they go to when posted (said then)");
  app.add_option("--beneficiary", *action->mutable_beneficiary(), "party in whose favour");
  add_value(
      app, "--expires-at", parse_time_us,
      [action](std::int64_t time_us) { action->set_expires_at(time_us); },
      "released by itself from then on (never)")
      ->type_name("TIME");
  app.add_option("--reference", *action->mutable_reference(), "case number, order or loan");
  app.add_option("--case", *action->mutable_case_(), "retirement case it is for");
  add_paper(
      app, "--document",
      [action](v1::Document document) { *action->mutable_document() = std::move(document); },
      "the order or agreement behind it");
  return submits(action, &v1::Payload::mutable_bind);
}

Run declare_release(CLI::App& app) {
  auto action = std::make_shared<v1::Release>();
  add_bond(app, action, "bond to release");
  add_part(app, action);
  app.add_option("--reason", *action->mutable_reason(), "why");
  return submits(action, &v1::Payload::mutable_release);
}

Run declare_post(CLI::App& app) {
  auto action = std::make_shared<v1::Post>();
  add_bond(app, action, "bond to post");
  add_part(app, action);
  app.add_option("--to", *action->mutable_to(), "account to credit (the one the bond names)");
  add_trade(app, action);
  return submits(action, &v1::Payload::mutable_post);
}

Run declare_show(CLI::App& app) { return shows<v1::Bond>(app, "bonds", "bond"); }
Run declare_list(CLI::App& app) { return lists<v1::BondList>(app, "bonds", kBondColumns); }

// ---- Settlement -------------------------------------------------------------------------------

// A file of legs, or one leg by flags.
struct Settlement {
  std::string path;
  std::string instruction;
  std::shared_ptr<v1::Leg> leg = std::make_shared<v1::Leg>();
};

Result<v1::Settle> read_settlement(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  v1::Settle action;
  if (auto read = from_json(*bytes, action, false); !read)
    return fail(read.error().code, path + ": " + read.error().detail);
  return action;
}

Result<v1::Settle> settlement_of(const Settlement& given) {
  const bool has_flags = !given.instruction.empty() || given.leg->ByteSizeLong() != 0;
  if (!given.path.empty() && !has_flags) return read_settlement(given.path);
  const bool is_leg = !given.instruction.empty() && !given.leg->to().empty() &&
                      given.leg->bond().empty() != given.leg->from().empty();
  if (!given.path.empty() || !is_leg)
    return fail(ErrorCode::INVALID_ARGUMENT,
                "a settlement is a file, or --instruction, --bond or --from, and --to");
  v1::Settle action;
  action.set_instruction(given.instruction);
  *action.add_legs() = *given.leg;
  return action;
}

Run declare_settle(CLI::App& app) {
  auto given = std::make_shared<Settlement>();
  const auto& leg = given->leg;
  app.add_option("file", given->path, "JSON of a Settle: instruction and legs");
  app.add_option("--instruction", given->instruction, "number of the instruction, new");
  app.add_option("--bond", *leg->mutable_bond(), "reservation that the units come from");
  app.add_option("--from", *leg->mutable_from(), "or account that they come from");
  add_amount(app, leg, "2000t, 1448.5t or 500kg, from the lowest serials (all of a bond)");
  add_serials(app, leg, "of an account: FIRST-LAST, both included; repeat for several");
  app.add_option("--to", *leg->mutable_to(), "account to credit");
  add_trade(app, leg);
  return [given](Session& session) -> Result<Exit> {
    auto action = settlement_of(*given);
    if (!action) return tl::make_unexpected(action.error());
    v1::Payload payload;
    *payload.mutable_settle() = std::move(*action);
    return submit(session, std::move(payload));
  };
}

constexpr Command kCommands[] = {
    {"bond", "bind", "Binds units where they lie: they may not move until it ends.",
     "puhui bond bind order-17 --kind reservation --account acme/pv --amount 2000t "
     "--beneficiary exchange --expires-at 2026-03-02T08:00:00Z --party acme --key acme.key\n"
     "puhui bond bind freeze-9 --kind judicial --account acme/pv --serials 1-5000 "
     "--reference \"(2026) No. 9\" --document order.pdf "
     "--party city-authority --key authority-1.key --key authority-2.key\n"
     "puhui bond bind loan-3 --kind pledge --account acme/pv --amount 500t --beneficiary bank "
     "--party acme --key acme.key --key bank.key",
     declare_bind},
    {"bond", "release", "Releases what a bond binds, or a part of it.",
     "puhui bond release order-17 --amount 500t --reason \"order withdrawn\" "
     "--party acme --key acme.key",
     declare_release},
    {"bond", "post", "Moves what a bond binds, or a part of it, to another account.",
     "puhui bond post order-17 --to buyer/main --party acme --key acme.key\n"
     "puhui bond post order-17 --amount 1000t --to buyer/main --trade T-17 --price 43.5 "
     "--party acme --key acme.key --key exchange.key",
     declare_post},
    {"bond", "show", "Shows a bond: what it bound, and what became of it.",
     "puhui bond show order-17", declare_show},
    {"bond", "list", "Lists bonds.", "puhui bond list --all", declare_list},
    {"settle", nullptr, "Delivers units against payment: every leg or none.",
     "puhui settle legs.json --party exchange --key exchange.key\n"
     "puhui settle --instruction s-17 --bond order-17 --amount 1000t --to buyer/main --trade T-17 "
     "--price 43.5 --traded-at 2026-03-01T02:30:00Z --party exchange --key exchange.key",
     declare_settle},
};

}  // namespace

std::span<const Command> bond_commands() { return kCommands; }

}  // namespace puhui::node::cli
