// A city with a market: bonds, settlements, trades, and a case of every purpose; the hands to send
// them. Its books add up after each test, bonds among them.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>

#include "tests/ledger/act.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {

// ---- Rules ----

// The steps of a purpose, which becomes one of those the rules know.
inline v1::PurposeRule& steps_of(v1::RuleSet& rules, const std::string& purpose) {
  const auto& purposes = rules.purposes();
  if (std::ranges::find(purposes, purpose) == purposes.end()) rules.add_purposes(purpose);
  for (auto& known : *rules.mutable_purpose_rules())
    if (known.purpose() == purpose) return known;
  auto& added = *rules.add_purpose_rules();
  added.set_purpose(purpose);
  return added;
}

inline void add_cap(v1::PurposeRule& rule, v1::CapBase base, const std::string& share) {
  auto& cap = *rule.add_caps();
  cap.set_base(base);
  cap.set_share(share);
}
inline void add_cap_of_year(v1::PurposeRule& rule, std::int64_t max_kg) {
  auto& cap = *rule.add_caps();
  cap.set_base(v1::GLOBAL_YEAR);
  cap.set_max_kg(max_kg);
}

inline constexpr Micros kComplianceTime = 30 * kMicrosPerDay;
inline constexpr std::int64_t kLot = 1'000;

// Purposes that have steps. "voluntary" has none.
inline void add_purposes(v1::RuleSet& rules) {
  auto& organisation = steps_of(rules, "organisation");
  organisation.set_is_confirmed(true);
  organisation.set_is_footprint(true);
  organisation.set_counts_for_neutrality(true);
  auto& event = steps_of(rules, "event");
  event.set_bond(v1::EVENT_RESERVATION);
  event.set_is_confirmed(true);
  event.set_is_footprint(true);
  auto& damage = steps_of(rules, "damage");
  damage.set_bond(v1::ESCROW);
  damage.set_is_confirmed(true);
  steps_of(rules, "substitution").set_is_confirmed(true);
  auto& compliance = steps_of(rules, "compliance");
  compliance.set_bond(v1::RESERVATION);
  compliance.set_is_confirmed(true);
  compliance.set_lot_kg(kLot);
  compliance.set_deadline(kComplianceTime);
  add_cap(compliance, v1::ALLOWANCES_DUE, "0.05");
  steps_of(rules, "product").set_bond(v1::RESERVATION);
}

inline v1::RuleSet market_rules(const std::string& version = "market") {
  auto rules = registry_rules(version);
  rules.set_trade_lot_kg(kLot);
  add_purposes(rules);
  RuleTable table(rules);
  for (const auto& rule : rules.purpose_rules())
    table.relation("open." + rule.purpose(), v1::HOLDER);
  for (const std::string purpose : {"organisation", "event", "product"})
    table.relation("void." + purpose, v1::HOLDER);
  table.roles("confirm.organisation", {v1::VERIFIER})
      .roles("confirm.event", {v1::VERIFIER})
      .roles("confirm.damage", {v1::AUTHORITY, v1::EXCHANGE})
      .roles("void.damage", {v1::AUTHORITY})
      .roles("confirm.substitution", {v1::AUTHORITY})
      .roles("void.substitution", {v1::AUTHORITY})
      .roles("confirm.compliance", {v1::ETS_AUTHORITY})
      .roles("void.compliance", {v1::ETS_AUTHORITY});
  return rules;
}

// Accounts are named after their owners.
inline std::string owner_of(const std::string& account) {
  return account.substr(0, account.find('-'));
}

// ---- What is stored ----

// Empty records where there are none.
inline v1::Bond bond_named(const City& city, const std::string& bond) {
  return city.view().bond(bond).value_or(v1::Bond());
}
inline v1::Case case_named(const City& city, const std::string& name) {
  return city.view().retirement_case(name).value_or(v1::Case());
}
inline v1::TradeDay traded_on(const City& city, std::int64_t day) {
  const auto days = city.view().trade_days({});
  const auto found = std::ranges::find(days.items(), day, &v1::TradeDay::day);
  return found == days.items().end() ? v1::TradeDay() : *found;
}
// Counted against the caps of a purpose in a year: by a firm, or by all.
inline std::int64_t cap_used(const City& city, const std::string& purpose, std::uint32_t year,
                             const std::string& firm = {}) {
  const auto bytes = city.view().reader().get(key::cap_use(purpose, year, firm));
  return bytes ? static_cast<std::int64_t>(crypto::read_u64(*bytes)) : 0;
}

inline std::int64_t asked_kg(const v1::Bind& binding) {
  auto sum = binding.amount_kg();
  for (const auto& range : binding.serials())
    sum += static_cast<std::int64_t>(range.end() - range.start() + 1);
  return sum;
}

// How a bond's record contradicts itself, or the kilograms found bound by it.
inline std::string drift_of(const v1::Bond& bond, std::int64_t found_kg) {
  std::string wrong;
  if (found_kg != bond.bound_kg()) wrong += std::to_string(found_kg) + " kg bound, ";
  if (asked_kg(bond.binding()) != bond.bound_kg() + bond.posted_kg() + bond.released_kg() +
                                      bond.retired_kg() + bond.recalled_kg())
    wrong += "its parts are not what was bound, ";
  const bool has_ended = bond.state() != v1::BOUND;
  if (has_ended == (bond.bound_kg() > 0)) wrong += "its state is another, ";
  if (has_ended == (bond.ended_at() == 0)) wrong += "its end is another, ";
  return wrong.empty() ? wrong : wrong + "bond " + bond.ShortDebugString() + "; ";
}

// How bonds differ from the blocks they bind; empty while all is well.
inline std::string drift_of_bonds(const View& view) {
  std::map<std::string, std::int64_t> found;
  view.reader().scan("vU", "vU", [&found](std::string_view, std::string_view value) {
    v1::UnitBlock block;
    if (!block.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
    if (block.bound_by().starts_with("bond/"))
      found[block.bound_by().substr(5)] +=
          static_cast<std::int64_t>(block.end() - block.start() + 1);
    return true;
  });
  std::string wrong;
  view.reader().scan("vh", "vh", [&](std::string_view, std::string_view value) {
    v1::Bond bond;
    if (!bond.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
    wrong += drift_of(bond, found[bond.binding().bond()]);
    found.erase(bond.binding().bond());
    return true;
  });
  for (const auto& [name, kilograms] : found) wrong += "no bond " + name + "; ";
  return wrong;
}

// ---- Bonds ----

// Of units of "owner-main".
inline v1::Bind binding(const std::string& bond, v1::BondKind kind, std::int64_t amount_kg) {
  v1::Bind action;
  action.set_bond(bond);
  action.set_kind(kind);
  action.set_account("owner-main");
  action.set_amount_kg(amount_kg);
  if (kind == v1::PLEDGE) action.set_beneficiary("bank");
  if (kind == v1::RESERVATION) action.set_beneficiary("exchange");
  return action;
}
inline v1::Bind binding(const std::string& bond, v1::BondKind kind, const SerialRanges& ranges) {
  auto action = binding(bond, kind, 0);
  add_serials(action, ranges);
  return action;
}
inline v1::Release releasing(const std::string& bond, std::int64_t amount_kg = 0) {
  v1::Release action;
  action.set_bond(bond);
  action.set_amount_kg(amount_kg);
  return action;
}
inline v1::Post posting(const std::string& bond, std::int64_t amount_kg = 0,
                        const std::string& to = "buyer-main") {
  v1::Post action;
  action.set_bond(bond);
  action.set_amount_kg(amount_kg);
  action.set_to(to);
  return action;
}

// Who signs what by the rules.
inline Signers binders(const v1::Bind& action) {
  const auto holder = owner_of(action.account());
  switch (action.kind()) {
    case v1::JUDICIAL:
      return {"bureau"};
    case v1::PLEDGE:
      return {holder, "bank"};
    case v1::ESCROW:
      return {holder, "exchange"};
    default:
      return {holder};
  }
}
inline Signers releasers(v1::BondKind kind) {
  switch (kind) {
    case v1::JUDICIAL:
    case v1::ESCROW:
      return {"bureau"};
    case v1::PLEDGE:
      return {"bank"};
    case v1::EVENT_RESERVATION:
      return {"owner", "bureau"};
    default:
      return {"exchange"};
  }
}
inline Signers posters(v1::BondKind kind) {
  return {kind == v1::RESERVATION || kind == v1::BOND_KIND_UNSPECIFIED ? "exchange" : "bureau"};
}

inline Answer bind_units(City& city, const v1::Bind& action) {
  return act(city, action, binders(action));
}
inline Answer release_bond(City& city, const v1::Release& action) {
  return act(city, action, releasers(bond_named(city, action.bond()).binding().kind()));
}
inline Answer post_bond(City& city, const v1::Post& action) {
  return act(city, action, posters(bond_named(city, action.bond()).binding().kind()));
}

// ---- Settlements and trades ----

inline v1::Leg leg_of_bond(const std::string& bond, std::int64_t amount_kg,
                           const std::string& to = "buyer-main") {
  v1::Leg leg;
  leg.set_bond(bond);
  leg.set_amount_kg(amount_kg);
  leg.set_to(to);
  return leg;
}
inline v1::Leg leg_of_account(const Move& move, std::int64_t amount_kg) {
  v1::Leg leg;
  leg.set_from(move.from);
  leg.set_to(move.to);
  leg.set_amount_kg(amount_kg);
  return leg;
}
// Each by a name of its own.
inline v1::Settle settlement(const std::vector<v1::Leg>& legs) {
  static int made = 0;
  v1::Settle action;
  action.set_instruction("dvp-" + std::to_string(++made));
  for (const auto& leg : legs) *action.add_legs() = leg;
  return action;
}

inline v1::Trade trade_at(std::int64_t price_cents_per_tonne, Micros traded_at = 0) {
  static int made = 0;
  v1::Trade trade;
  trade.set_reference("T-" + std::to_string(++made));
  trade.set_price_cents_per_tonne(price_cents_per_tonne);
  trade.set_traded_at(traded_at);
  return trade;
}

// ---- Cases and certificates ----

inline constexpr std::int64_t kYear2025 = 20'089, kYear2026 = 20'454, kYear2027 = 20'819;

inline v1::OpenCase opening(const std::string& name, const std::string& purpose) {
  v1::OpenCase action;
  action.set_case_(name);
  action.set_purpose(purpose);
  action.set_account("owner-main");
  action.set_beneficiary("beneficiary of " + name);
  action.set_from(kYear2025);
  action.set_to(kYear2026);
  return action;
}
inline v1::ConfirmCase confirmation(const std::string& name, std::int64_t amount_kg) {
  v1::ConfirmCase action;
  action.set_case_(name);
  action.set_accepted(true);
  action.set_amount_kg(amount_kg);
  *action.mutable_document() = document("statement of " + name);
  return action;
}
inline v1::ConfirmCase rejection(const std::string& name) {
  auto action = confirmation(name, 0);
  action.set_accepted(false);
  return action;
}
inline v1::VoidCase voiding(const std::string& name) {
  v1::VoidCase action;
  action.set_case_(name);
  action.set_reason("given up");
  return action;
}
// Says what the case says.
inline v1::Retire retiring(const v1::OpenCase& opened, std::int64_t amount_kg) {
  v1::Retire action;
  action.set_case_(opened.case_());
  action.set_purpose(opened.purpose());
  action.set_account(opened.account());
  action.set_beneficiary(opened.beneficiary());
  action.set_from(opened.from());
  action.set_to(opened.to());
  action.set_amount_kg(amount_kg);
  return action;
}
inline v1::Certify certificate(const std::string& name, std::uint64_t retirement) {
  v1::Certify action;
  action.set_certificate(name);
  action.set_retirement(static_cast<std::int64_t>(retirement));
  action.set_fields_root(std::string(crypto::sha256("fields of " + name).view()));
  action.set_fields(9);
  return action;
}

// Of how "owner" stood at genesis, for the bank.
inline v1::Certify bank_statement(const std::string& name) {
  auto action = certificate(name, 0);
  action.mutable_statement()->set_party("owner");
  action.mutable_statement()->set_bank("bank");
  return action;
}
inline const Signers kStatementSigners{"owner", "operator"};

inline Signers confirmers(const std::string& purpose) {
  if (purpose == "damage") return {"bureau", "exchange"};
  if (purpose == "substitution") return {"bureau"};
  if (purpose == "compliance") return {"ets"};
  return {"verifier"};
}
inline Signers voiders(const v1::OpenCase& opened) {
  const auto& purpose = opened.purpose();
  if (purpose == "damage" || purpose == "substitution") return {"bureau"};
  if (purpose == "compliance") return {"ets"};
  return {owner_of(opened.account())};
}

inline Answer open_case(City& city, const v1::OpenCase& action) {
  return act(city, action, {owner_of(action.account())});
}
inline Answer confirm_case(City& city, const v1::ConfirmCase& action) {
  return act(city, action, confirmers(case_named(city, action.case_()).opening().purpose()));
}
inline Answer void_case(City& city, const std::string& name) {
  return act(city, voiding(name), voiders(case_named(city, name).opening()));
}
inline Answer retire_case(City& city, const std::string& name, std::int64_t amount_kg) {
  const auto opened = case_named(city, name).opening();
  return act(city, retiring(opened, amount_kg), {owner_of(opened.account())});
}
// Binds units of its account for a case, as its rule asks for.
inline Answer bind_for(City& city, const std::string& name, const std::string& bond,
                       std::int64_t amount_kg) {
  const auto of_case = case_named(city, name);
  auto action = binding(bond, of_case.rule().bond(), amount_kg);
  action.set_account(of_case.opening().account());
  action.set_case_(name);
  return bind_units(city, action);
}

// ---- The city ----

inline constexpr std::int64_t kIssued = 10'000;
inline const Move kToBuyer{"owner-main", "buyer-main"};

// "owner-main" holds serials 1 to kIssued of batch "B1".
struct Market : Units {
  explicit Market(const v1::RuleSet& rules = market_rules()) : Units(rules) {
    auto bank = city.event("bureau");
    *bank.mutable_register_party() = founding_party("bank", {v1::BANK});
    city.must(bank, {"bureau"});
  }
  void SetUp() override { PUHUI_ACCEPTED(city.issue_kg(kIssued)); }
  void TearDown() override {
    Units::TearDown();
    EXPECT_EQ(drift_of_bonds(city.view()), "");
  }
  // Each of these signers is needed, and they are enough.
  template <class Action>
  void needs_all(const Action& action, const Signers& signers) {
    for (const auto& missing : signers) {
      Signers rest{"expert1"};
      std::ranges::copy_if(signers, std::back_inserter(rest),
                           [&missing](const auto& signer) { return signer != missing; });
      PUHUI_FAILED(act(city, action, rest), ErrorCode::SIGNATURE_MISSING);
    }
    PUHUI_ACCEPTED(act(city, action, signers));
  }
  void freeze(const std::string& party) {
    auto restrain = city.event("bureau");
    restrain.mutable_restrain_party()->set_party(party);
    restrain.mutable_restrain_party()->set_restraint(v1::FROZEN);
    restrain.mutable_restrain_party()->set_reason("case 1");
    city.must(restrain, {"bureau"});
  }
  // Time comes, and nobody sends anything.
  void wait_until(Micros time) {
    city.now = time;
    city.apply({});
  }
};

// Units of a project in another area, to "owner-main".
inline Answer issue_in(City& city, const std::string& area, std::int64_t kilograms) {
  auto project = pv_project("P" + area);
  project.set_area(area);
  project.set_keys(0, "meter-" + area);
  EXPECT_EQ(file(city, project).decision, v1::ACCEPTED);
  auto report =
      pv_report("r" + area, project.project(), {20'100, 20'101}, std::to_string(kilograms));
  report.set_keys(0, project.keys(0));
  EXPECT_EQ(send(city, report).decision, v1::ACCEPTED);
  EXPECT_EQ(verify(city, report.report()).decision, v1::ACCEPTED);
  return issue(city, report.report(), "B" + area);
}

// A party's entity on the ETS list, with what its caps are shares of.
inline v1::EtsFirm emitter(const std::string& of, std::int64_t due_kg,
                           std::int64_t emitted_kg = 0) {
  auto listed = ets_firm("entity of " + of);
  listed.set_allowances_due_kg(due_kg);
  listed.set_verified_emissions_kg(emitted_kg);
  return listed;
}

// Retirements of the purpose "limited", whose steps each test chooses.
struct Limited : Market {
  void limit(const std::function<void(v1::PurposeRule&)>& change) {
    auto rules = market_rules("limited " + std::to_string(++versions_));
    change(steps_of(rules, "limited"));
    RuleTable(rules)
        .relation("open.limited", v1::HOLDER)
        .roles("confirm.limited", {v1::VERIFIER})
        .relation("void.limited", v1::HOLDER);
    PUHUI_ACCEPTED(file_rules(city, rules));
  }
  // A case of the owner's, or another's.
  Answer open_limited(const std::string& name, const std::string& who = "owner") {
    auto opened = opening(name, "limited");
    opened.set_account(who + "-main");
    return open_case(city, opened);
  }
  Answer retire_ranges(const std::string& name, const SerialRanges& ranges) {
    auto action = retiring(case_named(city, name).opening(), 0);
    add_serials(action, ranges);
    return act(city, action, {"owner"});
  }

 private:
  int versions_ = 0;
};

}  // namespace puhui::ledger::testing
