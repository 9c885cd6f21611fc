#include <algorithm>
#include <cassert>

#include "ledger/rules/checks.h"
#include "ledger/rules/due.h"
#include "ledger/rules/enterprises/enterprises.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/retirement/actions.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

constexpr int kBondsMax = 10;

bool is_pending(const v1::Case& of_case) {
  return of_case.state() == v1::CASE_OPEN || of_case.state() == v1::CASE_CONFIRMED;
}

// One whose deadline passed is void, though the queue of what is due may come to it later.
bool is_over(const v1::Case& of_case, Micros now) {
  return is_pending(of_case) && of_case.until() != 0 && now >= of_case.until();
}

tl::expected<v1::Case, Refusal> need_case(const Context& context, const std::string& name) {
  auto found =
      is_name(name) ? context.state.find<v1::Case>(key::retirement_case(name)) : std::nullopt;
  if (found && is_over(*found, context.now)) found->set_state(v1::CASE_VOID);
  if (found) return std::move(*found);
  return refuse(ErrorCode::CASE_UNKNOWN, "case.known", {}, {}, name);
}

Refusal wrong_state(const v1::Case& of_case, std::string wanted) {
  return refuse(ErrorCode::CASE_STATE_WRONG, "case.state", std::move(wanted),
                v1::CaseState_Name(of_case.state()), of_case.opening().case_())
      .value();
}

void put_case(State& state, const v1::Case& of_case) {
  state.put(key::retirement_case(of_case.opening().case_()), of_case);
}

void end(State& state, std::uint64_t leaf, v1::Case& of_case, v1::CaseState ends_as,
         v1::BondState bonds_end_as) {
  for (const auto& bond : of_case.bonds()) release_all(state, leaf, bond, bonds_end_as);
  of_case.set_state(ends_as);
  of_case.set_ended_at(static_cast<std::int64_t>(leaf));
  put_case(state, of_case);
}

void make_void(State& state, std::uint64_t leaf, v1::Case& of_case) {
  return_caps(state, of_case);
  end(state, leaf, of_case, v1::CASE_VOID, v1::RELEASED);
}

// Whose account it is, for signers.
tl::expected<Subject, Refusal> about(const Context& context, const v1::OpenCase& opening) {
  const auto account = need_account(context, opening.account());
  if (!account) return tl::make_unexpected(account.error());
  Subject subject;
  subject.holder = account->owner();
  subject.party = account->owner();
  const auto holder = context.state.find<v1::Party>(key::party(account->owner()));
  if (holder) subject.area = holder->area();
  subject.amount_kg = opening.estimate_kg();
  return subject;
}

Ruling check_opening_form(const v1::OpenCase& action) {
  if (!is_name(action.case_())) return malformed("case");
  if (action.beneficiary().empty() || action.beneficiary().size() > kTextSizeMax)
    return refuse(ErrorCode::BENEFICIARY_MISSING, "retirement.beneficiary");
  if (action.estimate_kg() < 0) return malformed("estimate_kg");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  if (!is_day(action.from()) || !is_day(action.to()) || action.to() <= action.from())
    return refuse(ErrorCode::PERIOD_INVALID, "retirement.period");
  return {};
}

// A footprint is verified by another legal entity than whose it is.
Ruling check_independence(const Context& context, const Subject& subject) {
  const auto verifier = signer_as(context, v1::VERIFIER, subject);
  if (!verifier)
    return tl::make_unexpected(Refusal{ErrorCode::SIGNATURE_MISSING,
                                       "case.footprint",
                                       v1::Role_Name(v1::VERIFIER) + " x1",
                                       "0",
                                       {},
                                       false});
  const auto entity = legal_entity(context, *verifier);
  if (entity != legal_entity(context, subject.holder)) return {};
  return refuse(ErrorCode::SIGNER_INDEPENDENCE, "case.independence", "another legal entity", entity,
                *verifier);
}

Ruling check_confirmation_form(const v1::ConfirmCase& action) {
  if (action.reference().size() > kTextSizeMax) return malformed("reference");
  if (!action.has_document() || !is_document(action.document())) return malformed("document");
  if (action.frozen_cents() < 0) return malformed("frozen_cents");
  if (action.accepted()) return check_quantity({}, action.amount_kg());
  if (!action.footprint().empty()) return malformed("footprint");
  return action.amount_kg() == 0 ? Ruling{} : malformed("amount_kg");
}

// A footprint that a confirmation names is that of the holder and the case's period, verified, and
// all of it is confirmed.
Ruling need_same_footprint(const Context& context, const v1::Case& of_case,
                           const v1::ConfirmCase& action, const std::string& holder) {
  if (action.footprint().empty()) return {};
  if (!of_case.rule().is_footprint()) return malformed("footprint");
  const auto footprint = need_footprint(context, action.footprint(), v1::FOOTPRINT_VERIFIED);
  if (!footprint) return tl::make_unexpected(footprint.error());
  const auto& report = footprint->report();
  if (report.party() != holder)
    return refuse(ErrorCode::FOOTPRINT_UNKNOWN, "case.footprint", "one of " + holder,
                  report.party(), action.footprint());
  const auto days = days_of(report);
  if (days.from != of_case.opening().from() || days.to != of_case.opening().to())
    return refuse(ErrorCode::PERIOD_INVALID, "case.footprint",
                  period_text(of_case.opening().from(), of_case.opening().to()),
                  period_text(days.from, days.to), action.footprint());
  if (context.credits_unknown || footprint->amount_kg() == action.amount_kg()) return {};
  return refuse(ErrorCode::CASE_AMOUNT, "case.footprint",
                std::to_string(footprint->amount_kg()) + " kg", {},
                std::to_string(action.amount_kg()) + " kg");
}

// The case is of the same account, purpose, beneficiary and period.
Ruling need_same(const v1::OpenCase& opening, const v1::Retire& action) {
  if (opening.account() == action.account() && opening.purpose() == action.purpose() &&
      opening.beneficiary() == action.beneficiary() && opening.from() == action.from() &&
      opening.to() == action.to())
    return {};
  return refuse(ErrorCode::CASE_STATE_WRONG, "case.same",
                opening.account() + ", " + opening.purpose() + ", " + opening.beneficiary() + ", " +
                    period_text(opening.from(), opening.to()),
                {}, opening.case_());
}

Ruling need_lots(const v1::PurposeRule& rule, std::int64_t amount_kg) {
  if (rule.lot_kg() == 0 || amount_kg % rule.lot_kg() == 0) return {};
  return refuse(ErrorCode::LOT_SIZE, "rules.lot", std::to_string(rule.lot_kg()) + " kg", {},
                std::to_string(amount_kg) + " kg");
}

Ruling need_amount(const v1::Case& of_case, const v1::Retire& action) {
  const auto amount_kg = quantity(action.serials(), action.amount_kg());
  const auto& rule = of_case.rule();
  if (auto lots = need_lots(rule, amount_kg); !lots) return lots;
  if (!rule.is_confirmed() || amount_kg == of_case.confirmation().amount_kg()) return {};
  return refuse(ErrorCode::CASE_AMOUNT, "case.amount",
                std::to_string(of_case.confirmation().amount_kg()) + " kg", {},
                std::to_string(amount_kg) + " kg");
}

}  // namespace

const v1::PurposeRule* purpose_rule(const v1::RuleSet& rules, const std::string& purpose) {
  const auto& all = rules.purpose_rules();
  const auto found = std::ranges::find(all, purpose, &v1::PurposeRule::purpose);
  return found == all.end() ? nullptr : &*found;
}

tl::expected<std::optional<v1::Case>, Refusal> case_for(const Context& context,
                                                        const v1::Bind& action) {
  if (action.case_().empty()) return std::nullopt;
  auto found = need_case(context, action.case_());
  if (!found) return tl::make_unexpected(found.error());
  if (!is_pending(*found))
    return tl::make_unexpected(wrong_state(*found, v1::CaseState_Name(v1::CASE_OPEN)));
  if (found->rule().bond() != action.kind() || found->opening().account() != action.account())
    return refuse(ErrorCode::CASE_STATE_WRONG, "case.bond",
                  v1::BondKind_Name(found->rule().bond()) + " of " + found->opening().account(),
                  v1::BondKind_Name(action.kind()) + " of " + action.account(), action.case_());
  if (found->bonds_size() == kBondsMax)
    return refuse(ErrorCode::TOO_LARGE, "case.bonds", std::to_string(kBondsMax));
  return std::move(*found);
}

Ruling need_left_for_case(const Context& context, const v1::Bond& bond, std::int64_t amount_kg) {
  if (bond.binding().case_().empty()) return {};
  const auto of_case = need_case(context, bond.binding().case_());
  if (!of_case || of_case->state() != v1::CASE_CONFIRMED) return {};
  std::int64_t bound_kg = 0;
  for (const auto& name : of_case->bonds()) {
    const auto other = need_bond(context, name);
    if (other && state_of(*other, context.now) == v1::BOUND) bound_kg += other->bound_kg();
  }
  const auto confirmed_kg = of_case->confirmation().amount_kg();
  if (bound_kg - amount_kg >= confirmed_kg) return {};
  return refuse(ErrorCode::CASE_AMOUNT, "case.bonds",
                std::to_string(confirmed_kg) + " kg confirmed",
                std::to_string(bound_kg) + " kg bound", std::to_string(amount_kg) + " kg");
}

void add_bond(Context& context, v1::Case& of_case, const std::string& bond) {
  of_case.add_bonds(bond);
  put_case(context.state, of_case);
}

tl::expected<std::optional<v1::Case>, Refusal> case_of(const Context& context,
                                                       const v1::Retire& action) {
  if (action.case_().empty()) {
    if (purpose_rule(context.rules, action.purpose()) == nullptr) return std::nullopt;
    return refuse(ErrorCode::CASE_REQUIRED, "rules.purpose_rules", "a case of " + action.purpose(),
                  {}, action.account());
  }
  auto found = need_case(context, action.case_());
  if (!found) return tl::make_unexpected(found.error());
  const auto ready = found->rule().is_confirmed() ? v1::CASE_CONFIRMED : v1::CASE_OPEN;
  if (found->state() != ready)
    return tl::make_unexpected(wrong_state(*found, v1::CaseState_Name(ready)));
  if (auto same = need_same(found->opening(), action); !same)
    return tl::make_unexpected(same.error());
  if (auto amount = need_amount(*found, action); !amount)
    return tl::make_unexpected(amount.error());
  return std::move(*found);
}

tl::expected<std::vector<v1::UnitBlock>, Refusal> take_for(Context& context,
                                                           const v1::Case& of_case,
                                                           const SerialRanges& serials,
                                                           std::int64_t amount_kg) {
  return take_preferring(context, of_case.opening().account(), serials, amount_kg,
                         of_case.rule().areas_first());
}

tl::expected<std::vector<v1::UnitBlock>, Refusal> take_out_of(Context& context,
                                                              const v1::Case& of_case,
                                                              const v1::Retire& action) {
  if (of_case.rule().bond() == v1::BOND_KIND_UNSPECIFIED)
    return take_for(context, of_case, action.serials(), action.amount_kg());
  if (!action.serials().empty())
    return refuse(ErrorCode::INVALID_ARGUMENT, "case.bonds", "an amount, out of its bonds");
  std::vector<v1::UnitBlock> pieces;
  auto left = action.amount_kg();
  for (const auto& name : of_case.bonds()) {
    auto bond = need_bond(context, name);
    assert(bond && "a case names bonds that were made");
    const auto part = std::min(left, bond->bound_kg());
    if (part == 0) continue;
    const auto taken = take_from(context, *bond, part);
    if (!taken) return taken;
    if (pieces.size() + taken->size() > kRangesMax)
      return refuse(ErrorCode::TOO_LARGE, "serials.pieces", std::to_string(kRangesMax));
    put_retired(context, *bond, part);
    pieces.insert(pieces.end(), taken->begin(), taken->end());
    left -= part;
  }
  if (left == 0) return pieces;
  return refuse(ErrorCode::BOND_INSUFFICIENT, "case.bonds",
                std::to_string(action.amount_kg() - left) + " kg bound for it", {},
                std::to_string(action.amount_kg()) + " kg");
}

void end_retired(Context& context, v1::Case& of_case) {
  of_case.set_retirement(static_cast<std::int64_t>(context.leaf));
  end(context.state, context.leaf, of_case, v1::CASE_RETIRED, v1::RELEASED);
}

void case_due(State& state, std::string_view stored, Micros now, std::uint64_t leaf) {
  auto of_case = state.find<v1::Case>(stored);
  assert(of_case && "a case falls due that was never opened");
  if (is_pending(*of_case) && now >= of_case->until()) make_void(state, leaf, *of_case);
}

Ruling open_case(Context& context, const v1::OpenCase& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto form = check_opening_form(action); !form) return form;
  const auto stored = key::retirement_case(action.case_());
  if (context.state.has(stored))
    return refuse(ErrorCode::CASE_EXISTS, "case.new", {}, action.case_());
  const auto* rule = purpose_rule(context.rules, action.purpose());
  if (rule == nullptr)
    return refuse(ErrorCode::PURPOSE_INVALID, "rules.purpose_rules", "a purpose with steps", {},
                  action.purpose());
  const auto account = need_account(context, action.account());
  if (!account) return tl::make_unexpected(account.error());
  if (auto kind = need_no_buffer(*account); !kind) return kind;
  const auto subject = need_holder(context, *account, action.estimate_kg());
  if (!subject) return tl::make_unexpected(subject.error());
  const auto firm = legal_entity(context, subject->holder);
  if (auto known = need_cap_bases(context, *rule, firm); !known) return known;
  if (auto met = require_signers(context, "open." + action.purpose(), *subject); !met) return met;
  v1::Case opened;
  *opened.mutable_opening() = action;
  *opened.mutable_rule() = *rule;
  opened.set_state(v1::CASE_OPEN);
  opened.set_opened_at(static_cast<std::int64_t>(context.leaf));
  opened.set_firm(firm);
  if (rule->deadline() > 0) opened.set_until(std::min(context.now + rule->deadline(), kTimeMax));
  if (auto room = reserve_caps(context, opened); !room) return room;
  put_case(context.state, opened);
  schedule(context, {0, opened.until()}, DueKind::retirement_case, stored);
  return {};
}

Ruling confirm_case(Context& context, const v1::ConfirmCase& action) {
  if (auto form = check_confirmation_form(action); !form) return form;
  auto found = need_case(context, action.case_());
  if (!found) return tl::make_unexpected(found.error());
  if (found->state() != v1::CASE_OPEN || !found->rule().is_confirmed())
    return tl::make_unexpected(
        wrong_state(*found, v1::CaseState_Name(v1::CASE_OPEN) + ", to be confirmed"));
  auto subject = about(context, found->opening());
  if (!subject) return tl::make_unexpected(subject.error());
  if (found->rule().is_footprint())
    if (auto apart = check_independence(context, *subject); !apart) return apart;
  if (auto same = need_same_footprint(context, *found, action, subject->holder); !same) return same;
  if (auto lots = need_lots(found->rule(), action.amount_kg()); !lots) return lots;
  subject->amount_kg = action.amount_kg();
  const auto line = "confirm." + found->opening().purpose();
  if (auto met = require_signers(context, line, *subject); !met) return met;
  *found->mutable_confirmation() = action;
  found->set_confirmed_at(static_cast<std::int64_t>(context.leaf));
  if (!action.accepted()) {
    make_void(context.state, context.leaf, *found);
    return {};
  }
  if (auto within = use_caps(context, *found, action.amount_kg()); !within) return within;
  found->set_state(v1::CASE_CONFIRMED);
  put_case(context.state, *found);
  return {};
}

Ruling void_case(Context& context, const v1::VoidCase& action) {
  if (action.reason().size() > kTextSizeMax) return malformed("reason");
  auto found = need_case(context, action.case_());
  if (!found) return tl::make_unexpected(found.error());
  if (!is_pending(*found))
    return tl::make_unexpected(wrong_state(*found, v1::CaseState_Name(v1::CASE_OPEN)));
  const auto subject = about(context, found->opening());
  if (!subject) return tl::make_unexpected(subject.error());
  const auto line = "void." + found->opening().purpose();
  if (auto met = require_signers(context, line, *subject); !met) return met;
  make_void(context.state, context.leaf, *found);
  return {};
}

}  // namespace puhui::ledger
