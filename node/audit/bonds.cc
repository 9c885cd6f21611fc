// What binds units where they lie.
#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

const std::string kPrefix = "bond/";
constexpr std::size_t kBoundPiecesMax = 100;

const std::map<v1::BondKind, std::string> kWords{{v1::RESERVATION, "reservation"},
                                                 {v1::JUDICIAL, "judicial"},
                                                 {v1::PLEDGE, "pledge"},
                                                 {v1::ESCROW, "escrow"},
                                                 {v1::EVENT_RESERVATION, "event"}};

void changed(Books& books, const v1::Bond& bond) {
  books.changed(stored('h', bond.binding().bond()), bond);
}

// So much of it is bound no more, and it has ended if that was all.
void lessen(Books& books, std::int64_t leaf, v1::Bond& bond, std::int64_t by_kg,
            v1::BondState ends_as) {
  bond.set_bound_kg(bond.bound_kg() - by_kg);
  if (bond.bound_kg() == 0) {
    bond.set_state(ends_as);
    bond.set_ended_at(leaf);
  }
  changed(books, bond);
}

Verdict check_form(const Case& at, const v1::Bind& action) {
  if (!is_name(action.bond())) return malformed("bond");
  if (!kWords.contains(action.kind())) return malformed("kind");
  if (action.reference().size() > kTextMax) return malformed("reference");
  if (action.has_document() && !is_document(action.document())) return malformed("document");
  const auto ends = action.expires_at();
  if (ends != 0 && (ends <= at.now || ends > kTimeMax)) return malformed("expires_at");
  const auto& beneficiary = action.beneficiary();
  if (action.kind() == v1::PLEDGE && beneficiary.empty()) return malformed("beneficiary");
  if (!beneficiary.empty() && !at.books.parties.contains(beneficiary))
    return refused(ErrorCode::PARTY_UNKNOWN, beneficiary);
  return check_quantity({action.serials(), action.amount_kg()});
}

// A court freezes what it will; nobody else binds units of a buffer, or of who is restrained.
Verdict need_free_to_bind(const Case& at, const v1::Bind& action) {
  if (action.kind() == v1::JUDICIAL) return {};
  if (auto bad = find_no_buffer(at, action.account())) return bad;
  return need_unrestrained(at.books, at.books.accounts.at(action.account()).owner());
}

Verdict check_bind(const Case& at, const v1::Bind& action) {
  if (auto bad = check_form(at, action)) return bad;
  if (at.books.bonds.contains(action.bond())) return refused(ErrorCode::BOND_EXISTS, action.bond());
  if (auto bad = find_account(at, action.account())) return bad;
  if (!action.to().empty())
    if (auto bad = find_account(at, action.to())) return bad;
  return need_free_to_bind(at, action);
}

void need_bond_signers(Case& at, const std::string& step, const v1::Bind& binding,
                       std::int64_t amount_kg) {
  auto subject = holder_of(at, binding.account(), amount_kg);
  subject.party = binding.beneficiary();
  need_signers(at, step + "." + kWords.at(binding.kind()), subject);
}

Verdict insufficient(const v1::Bond& bond, std::int64_t amount_kg) {
  return refused(ErrorCode::BOND_INSUFFICIENT, bond.binding().bond(),
                 std::to_string(bond.bound_kg()) + " kg bound", std::to_string(amount_kg) + " kg");
}

// A bond that is bound, and how much of it is meant; 0 means all.
Verdict find_part(Case& at, const std::string& name, v1::Bond*& bond, std::int64_t& amount_kg) {
  if (auto bad = find_bond(at, name, bond)) return bad;
  if (const auto state = state_of(*bond, at.now); state != v1::BOUND)
    return refused(ErrorCode::BOND_STATE_WRONG, name, "BOUND", v1::BondState_Name(state));
  if (amount_kg < 0 || amount_kg > bond->bound_kg()) return insufficient(*bond, amount_kg);
  if (amount_kg == 0) amount_kg = bond->bound_kg();
  return {};
}

Verdict check_target(const Case& at, const v1::Bind& binding, const std::string& asked,
                     std::string& to) {
  to = binding.to().empty() ? asked : binding.to();
  if (!asked.empty() && asked != to)
    return refused(ErrorCode::INVALID_ARGUMENT, binding.bond(), "to " + to, "to " + asked);
  if (auto bad = find_no_buffer(at, to)) return bad;
  if (to == binding.account()) return refused(ErrorCode::INVALID_ARGUMENT, "one account");
  return {};
}

}  // namespace

Verdict find_bond(Case& at, const std::string& name, v1::Bond*& bond) {
  bond = find(at.books.bonds, name);
  return bond != nullptr ? Verdict() : refused(ErrorCode::BOND_UNKNOWN, name);
}

v1::BondState state_of(const v1::Bond& bond, Micros now) {
  const auto ends = bond.binding().expires_at();
  const bool is_over = ends != 0 && ends <= now;
  return bond.state() == v1::BOUND && is_over ? v1::BOND_EXPIRED : bond.state();
}

std::string binding_name(const v1::Bond& bond) { return kPrefix + bond.binding().bond(); }

Verdict need_free_to_post(const Case& at, const v1::Bond& bond) {
  const auto kind = bond.binding().kind();
  if (kind == v1::JUDICIAL || kind == v1::PLEDGE) return {};
  return need_unrestrained(at.books, at.books.accounts.at(bond.binding().account()).owner());
}

Verdict plan_from(const Case& at, const v1::Bond& bond, std::int64_t amount_kg, Pieces& pieces) {
  if (amount_kg <= 0 || amount_kg > bond.bound_kg()) return insufficient(bond, amount_kg);
  return plan_bound(at, binding_name(bond), amount_kg, pieces);
}

void note_posted(Case& at, v1::Bond& bond, std::int64_t amount_kg) {
  bond.set_posted_kg(bond.posted_kg() + amount_kg);
  lessen(at.books, as_leaf(at), bond, amount_kg, v1::POSTED);
}

void note_retired(Case& at, v1::Bond& bond, std::int64_t amount_kg) {
  bond.set_retired_kg(bond.retired_kg() + amount_kg);
  lessen(at.books, as_leaf(at), bond, amount_kg, v1::BOND_RETIRED);
}

void note_recalled(Case& at, const std::string& bound_by, std::int64_t amount_kg) {
  if (!bound_by.starts_with(kPrefix)) return;
  auto& bond = at.books.bonds.at(bound_by.substr(kPrefix.size()));
  bond.set_recalled_kg(bond.recalled_kg() + amount_kg);
  lessen(at.books, as_leaf(at), bond, amount_kg, v1::RELEASED);
}

void release_all(Books& books, std::int64_t leaf, const std::string& name, v1::BondState ends_as) {
  auto& bond = books.bonds.at(name);
  if (bond.state() != v1::BOUND) return;
  const auto rest_kg = bond.bound_kg();
  loosen(books, leaf, binding_name(bond), rest_kg);
  bond.set_released_kg(bond.released_kg() + rest_kg);
  lessen(books, leaf, bond, rest_kg, ends_as);
}

Verdict bind(Case& at, const v1::Bind& action) {
  if (auto bad = check_bind(at, action)) return bad;
  v1::Case of_case;
  const bool has_case = !action.case_().empty();
  if (has_case)
    if (auto bad = find_case_for(at, action, of_case)) return bad;
  const Quantity quantity{action.serials(), action.amount_kg()};
  need_bond_signers(at, "bind", action, kilograms(quantity));
  Pieces pieces;
  if (auto bad = has_case ? plan_preferring(at, of_case, quantity, pieces)
                          : plan(at, action.account(), quantity, pieces))
    return bad;
  if (pieces.size() > kBoundPiecesMax) return refused(ErrorCode::TOO_LARGE, "pieces of a bond");
  auto& bond = at.books.bonds[action.bond()];
  *bond.mutable_binding() = action;
  bond.set_state(v1::BOUND);
  bond.set_bound_kg(total_kg(pieces));
  bond.set_bound_at(as_leaf(at));
  changed(at.books, bond);
  for (const auto& piece : pieces) take_part(at, piece);
  for (const auto& piece : pieces) give(at, piece, action.account(), binding_name(bond));
  schedule(at, action.expires_at(), DueKind::bond, stored('h', action.bond()));
  if (!has_case) return {};
  of_case.add_bonds(action.bond());
  changed(at.books, of_case);
  at.books.cases[action.case_()] = std::move(of_case);
  return {};
}

Verdict release(Case& at, const v1::Release& action) {
  if (action.reason().size() > kTextMax) return malformed("reason");
  v1::Bond* bond = nullptr;
  auto amount_kg = action.amount_kg();
  if (auto bad = find_part(at, action.bond(), bond, amount_kg)) return bad;
  if (auto bad = need_kept_for_case(at, *bond, amount_kg)) return bad;
  need_bond_signers(at, "release", bond->binding(), amount_kg);
  loosen(at.books, as_leaf(at), binding_name(*bond), amount_kg);
  bond->set_released_kg(bond->released_kg() + amount_kg);
  lessen(at.books, as_leaf(at), *bond, amount_kg, v1::RELEASED);
  return {};
}

Verdict post(Case& at, const v1::Post& action) {
  v1::Bond* bond = nullptr;
  auto amount_kg = action.amount_kg();
  if (auto bad = find_part(at, action.bond(), bond, amount_kg)) return bad;
  if (auto bad = need_kept_for_case(at, *bond, amount_kg)) return bad;
  std::string to;
  if (auto bad = check_target(at, bond->binding(), action.to(), to)) return bad;
  if (auto bad = need_free_to_post(at, *bond)) return bad;
  if (action.has_trade())
    if (auto bad = check_trade(at, action.trade(), amount_kg)) return bad;
  need_bond_signers(at, "post", bond->binding(), amount_kg);
  Pieces pieces;
  if (auto bad = plan_from(at, *bond, amount_kg, pieces)) return bad;
  if (auto bad = move(at, pieces, to, action.has_trade() ? &action.trade() : nullptr)) return bad;
  note_posted(at, *bond, amount_kg);
  return {};
}

}  // namespace puhui::node::audit
