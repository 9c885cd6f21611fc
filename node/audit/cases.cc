// Retirements that go through the steps of their purpose.
#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr int kBondsMax = 10;

bool is_pending(const v1::Case& of_case) {
  return of_case.state() == v1::CASE_OPEN || of_case.state() == v1::CASE_CONFIRMED;
}

// As it stands now: void once its deadline passed, whether or not the queue of what is due came to
// it.
Verdict find_case(const Case& at, const std::string& name, v1::Case& of_case) {
  const auto* found = find(at.books.cases, name);
  if (found == nullptr) return refused(ErrorCode::CASE_UNKNOWN, name);
  of_case = *found;
  if (is_pending(of_case) && of_case.until() != 0 && of_case.until() <= at.now)
    of_case.set_state(v1::CASE_VOID);
  return {};
}

Verdict wrong_state(const v1::Case& of_case, const std::string& wanted) {
  return refused(ErrorCode::CASE_STATE_WRONG, of_case.opening().case_(), wanted,
                 v1::CaseState_Name(of_case.state()));
}

void keep(Books& books, const v1::Case& of_case) {
  changed(books, of_case);
  books.cases[of_case.opening().case_()] = of_case;
}

void end(Books& books, std::int64_t leaf, v1::Case& of_case, v1::CaseState ends_as) {
  for (const auto& bond : of_case.bonds()) release_all(books, leaf, bond, v1::RELEASED);
  of_case.set_state(ends_as);
  of_case.set_ended_at(leaf);
  keep(books, of_case);
}

void make_void(Books& books, std::int64_t leaf, v1::Case& of_case) {
  return_caps(books, of_case);
  end(books, leaf, of_case, v1::CASE_VOID);
}

const v1::PurposeRule* rule_of(const v1::RuleSet& rules, const std::string& purpose) {
  for (const auto& rule : rules.purpose_rules())
    if (rule.purpose() == purpose) return &rule;
  return nullptr;
}

Subject about(const Case& at, const v1::OpenCase& opening) {
  auto subject = holder_of(at, opening.account(), opening.estimate_kg());
  subject.party = subject.holder;
  return subject;
}

Verdict check_opening(const v1::OpenCase& action) {
  if (!is_name(action.case_())) return malformed("case");
  if (action.beneficiary().empty() || action.beneficiary().size() > kTextMax)
    return refused(ErrorCode::BENEFICIARY_MISSING);
  if (action.estimate_kg() < 0) return malformed("estimate_kg");
  if (action.has_document() && !is_document(action.document())) return malformed("document");
  if (!is_day(action.from()) || !is_day(action.to()) || action.from() >= action.to())
    return refused(ErrorCode::PERIOD_INVALID, "period of the retirement");
  return {};
}

Verdict check_confirmation(const v1::ConfirmCase& action) {
  if (action.reference().size() > kTextMax) return malformed("reference");
  if (!is_document(action.document())) return malformed("document");
  if (action.frozen_cents() < 0) return malformed("frozen_cents");
  if (!action.accepted() && !action.footprint().empty()) return malformed("footprint");
  if (!action.accepted()) return action.amount_kg() == 0 ? Verdict() : malformed("amount_kg");
  return check_quantity({{}, action.amount_kg()});
}

// The verifier of a footprint: the acting party, or the first by name of those who signed.
const std::string* verifier_of(const Case& at, const Subject& subject) {
  const auto& acting = at.leaf.payload.party();
  if (acts_for(at, acting, v1::VERIFIER, subject)) return &acting;
  for (const auto& [signer, keys] : at.signers)
    if (acts_for(at, signer, v1::VERIFIER, subject)) return &signer;
  return nullptr;
}

Verdict check_independence(Case& at, const Subject& subject) {
  const auto* verifier = verifier_of(at, subject);
  if (verifier == nullptr) {
    at.faults.push_back(
        refused(ErrorCode::SIGNATURE_MISSING, "signers of a footprint", "VERIFIER x1", "0"));
    return {};
  }
  const auto entity = legal_entity(at, *verifier);
  if (entity != legal_entity(at, subject.holder)) return {};
  return refused(ErrorCode::SIGNER_INDEPENDENCE, *verifier, "another legal entity", entity);
}

Verdict need_lots(const v1::PurposeRule& rule, std::int64_t amount_kg) {
  if (rule.lot_kg() == 0 || amount_kg % rule.lot_kg() == 0) return {};
  return refused(ErrorCode::LOT_SIZE, rule.purpose(), std::to_string(rule.lot_kg()) + " kg a lot",
                 std::to_string(amount_kg) + " kg");
}

Verdict need_same(const v1::OpenCase& opening, const v1::Retire& action) {
  if (opening.account() == action.account() && opening.purpose() == action.purpose() &&
      opening.beneficiary() == action.beneficiary() && opening.from() == action.from() &&
      opening.to() == action.to())
    return {};
  return refused(ErrorCode::CASE_STATE_WRONG, opening.case_(),
                 "its account, purpose, beneficiary and period");
}

Verdict need_amount(const v1::Case& of_case, const v1::Retire& action) {
  const auto amount_kg = kilograms({action.serials(), action.amount_kg()});
  if (auto bad = need_lots(of_case.rule(), amount_kg)) return bad;
  const auto confirmed_kg = of_case.confirmation().amount_kg();
  if (!of_case.rule().is_confirmed() || amount_kg == confirmed_kg) return {};
  return refused(ErrorCode::CASE_AMOUNT, action.case_(), std::to_string(confirmed_kg) + " kg",
                 std::to_string(amount_kg) + " kg");
}

}  // namespace

void changed(Books& books, const v1::Case& of_case) {
  books.changed(stored('c', of_case.opening().case_()), of_case);
}

Verdict find_case_for(const Case& at, const v1::Bind& action, v1::Case& of_case) {
  if (auto bad = find_case(at, action.case_(), of_case)) return bad;
  if (!is_pending(of_case)) return wrong_state(of_case, "CASE_OPEN or CASE_CONFIRMED");
  if (of_case.rule().bond() != action.kind() || of_case.opening().account() != action.account())
    return refused(ErrorCode::CASE_STATE_WRONG, action.case_(),
                   v1::BondKind_Name(of_case.rule().bond()) + " of " + of_case.opening().account(),
                   v1::BondKind_Name(action.kind()) + " of " + action.account());
  if (of_case.bonds_size() >= kBondsMax) return refused(ErrorCode::TOO_LARGE, "bonds of a case");
  return {};
}

Verdict find_case_of(const Case& at, const v1::Retire& action, std::optional<v1::Case>& of_case) {
  if (action.case_().empty()) {
    if (rule_of(at.rules, action.purpose()) == nullptr) return {};
    return refused(ErrorCode::CASE_REQUIRED, action.purpose(), "a case");
  }
  v1::Case found;
  if (auto bad = find_case(at, action.case_(), found)) return bad;
  const auto ready = found.rule().is_confirmed() ? v1::CASE_CONFIRMED : v1::CASE_OPEN;
  if (found.state() != ready) return wrong_state(found, v1::CaseState_Name(ready));
  if (auto bad = need_same(found.opening(), action)) return bad;
  if (auto bad = need_amount(found, action)) return bad;
  of_case = std::move(found);
  return {};
}

Verdict plan_out_of(Case& at, const v1::Case& of_case, const v1::Retire& action, Pieces& pieces) {
  if (of_case.rule().bond() == v1::BOND_KIND_UNSPECIFIED)
    return plan_preferring(at, of_case, {action.serials(), action.amount_kg()}, pieces);
  if (!action.serials().empty())
    return refused(ErrorCode::INVALID_ARGUMENT, action.case_(), "an amount, out of its bonds");
  auto left = action.amount_kg();
  for (const auto& name : of_case.bonds()) {
    const auto& bond = at.books.bonds.at(name);
    const auto part = std::min(left, bond.bound_kg());
    if (auto bad = plan_bound(at, binding_name(bond), part, pieces)) return bad;
    left -= part;
  }
  if (left == 0) return {};
  return refused(ErrorCode::BOND_INSUFFICIENT, action.case_(),
                 std::to_string(action.amount_kg() - left) + " kg bound for it",
                 std::to_string(action.amount_kg()) + " kg");
}

Verdict use_case(Case& at, v1::Case& of_case, const Pieces& pieces) {
  if (!of_case.rule().is_confirmed())
    if (auto bad = use_caps(at, of_case, total_kg(pieces))) return bad;
  return use_outside(at, of_case, pieces);
}

void end_retired(Case& at, v1::Case& of_case, std::int64_t amount_kg) {
  for (const auto& name : of_case.bonds()) {
    auto& bond = at.books.bonds.at(name);
    const auto part = std::min(amount_kg, bond.bound_kg());
    if (part > 0) note_retired(at, bond, part);
    amount_kg -= part;
  }
  of_case.set_retirement(as_leaf(at));
  end(at.books, as_leaf(at), of_case, v1::CASE_RETIRED);
}

void case_due(Books& books, const std::string& name, Micros now, std::uint64_t position) {
  auto of_case = books.cases.at(name);
  if (is_pending(of_case) && of_case.until() <= now)
    make_void(books, static_cast<std::int64_t>(position), of_case);
}

// What was confirmed stays bound for its case.
Verdict need_kept_for_case(const Case& at, const v1::Bond& bond, std::int64_t amount_kg) {
  v1::Case of_case;
  if (bond.binding().case_().empty() || find_case(at, bond.binding().case_(), of_case)) return {};
  if (of_case.state() != v1::CASE_CONFIRMED) return {};
  auto left_kg = -amount_kg;
  for (const auto& name : of_case.bonds()) {
    const auto& other = at.books.bonds.at(name);
    if (state_of(other, at.now) == v1::BOUND) left_kg += other.bound_kg();
  }
  if (left_kg >= of_case.confirmation().amount_kg()) return {};
  return refused(ErrorCode::CASE_AMOUNT, of_case.opening().case_(),
                 std::to_string(of_case.confirmation().amount_kg()) + " kg bound",
                 std::to_string(left_kg) + " kg");
}

Verdict open_case(Case& at, const v1::OpenCase& action) {
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = check_opening(action)) return bad;
  if (at.books.cases.contains(action.case_()))
    return refused(ErrorCode::CASE_EXISTS, action.case_());
  const auto* rule = rule_of(at.rules, action.purpose());
  if (rule == nullptr)
    return refused(ErrorCode::PURPOSE_INVALID, action.purpose(), "a purpose with steps");
  if (auto bad = find_no_buffer(at, action.account())) return bad;
  const auto subject = holder_of(at, action.account(), action.estimate_kg());
  if (auto bad = need_unrestrained(at.books, subject.holder)) return bad;
  const auto firm = legal_entity(at, subject.holder);
  if (auto bad = need_cap_bases(at, *rule, firm)) return bad;
  need_signers(at, "open." + action.purpose(), subject);
  v1::Case opened;
  *opened.mutable_opening() = action;
  *opened.mutable_rule() = *rule;
  opened.set_state(v1::CASE_OPEN);
  opened.set_opened_at(as_leaf(at));
  opened.set_firm(firm);
  if (rule->deadline() > 0) opened.set_until(std::min(at.now + rule->deadline(), kTimeMax));
  if (auto bad = reserve_caps(at, opened)) return bad;
  keep(at.books, opened);
  schedule(at, opened.until(), DueKind::retirement_case, stored('c', action.case_()));
  return {};
}

Verdict confirm_case(Case& at, const v1::ConfirmCase& action) {
  if (auto bad = check_confirmation(action)) return bad;
  v1::Case of_case;
  if (auto bad = find_case(at, action.case_(), of_case)) return bad;
  if (of_case.state() != v1::CASE_OPEN || !of_case.rule().is_confirmed())
    return wrong_state(of_case, "CASE_OPEN, to be confirmed");
  auto subject = about(at, of_case.opening());
  if (of_case.rule().is_footprint())
    if (auto bad = check_independence(at, subject)) return bad;
  if (auto bad = need_same_footprint(at, of_case, action)) return bad;
  if (auto bad = need_lots(of_case.rule(), action.amount_kg())) return bad;
  subject.amount_kg = action.amount_kg();
  need_signers(at, "confirm." + of_case.opening().purpose(), subject);
  *of_case.mutable_confirmation() = action;
  of_case.set_confirmed_at(as_leaf(at));
  if (!action.accepted()) {
    make_void(at.books, as_leaf(at), of_case);
    return {};
  }
  if (auto bad = use_caps(at, of_case, action.amount_kg())) return bad;
  of_case.set_state(v1::CASE_CONFIRMED);
  keep(at.books, of_case);
  return {};
}

Verdict void_case(Case& at, const v1::VoidCase& action) {
  if (action.reason().size() > kTextMax) return malformed("reason");
  v1::Case of_case;
  if (auto bad = find_case(at, action.case_(), of_case)) return bad;
  if (!is_pending(of_case)) return wrong_state(of_case, "CASE_OPEN or CASE_CONFIRMED");
  need_signers(at, "void." + of_case.opening().purpose(), about(at, of_case.opening()));
  make_void(at.books, as_leaf(at), of_case);
  return {};
}

}  // namespace puhui::node::audit
