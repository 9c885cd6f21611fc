// Retirements by steps: each purpose of the city as its own rules and its own story, and every
// action in every state.
#include <gtest/gtest.h>

#include "tests/ledger/cases.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// ---- Stories ----

TEST_F(Cases, VoluntaryRetirementsHaveNoSteps) {
  PUHUI_REFUSED(open_case(city, opening("c", "voluntary")), PURPOSE_INVALID);
  const auto done = retire(city, "owner-main", {{1, 45}});
  PUHUI_ACCEPTED(done);
  EXPECT_EQ(retired(), 45);
  PUHUI_ACCEPTED(act(city, certificate("cert", done.leaf), {"exchange"}));
  EXPECT_EQ(city.view().retirements({}).items(0).certificate(), "cert");
}

TEST_F(Cases, AnOrganisationIsNeutralForAYearAndItsVerifiedFootprint) {
  const auto opened = open_case(city, opening("c", "organisation"));
  PUHUI_ACCEPTED(opened);
  EXPECT_EQ(of().opened_at(), static_cast<std::int64_t>(opened.leaf));
  EXPECT_EQ(of().rule().purpose(), "organisation");
  EXPECT_EQ(of().until(), 0);
  PUHUI_REFUSED(retire_case(city, "c", 2'500), CASE_STATE_WRONG);
  const auto confirmed = confirm_case(city, confirmation("c", 2'500));
  PUHUI_ACCEPTED(confirmed);
  EXPECT_EQ(state(), v1::CASE_CONFIRMED);
  EXPECT_EQ(of().confirmed_at(), static_cast<std::int64_t>(confirmed.leaf));
  // In full, at once.
  for (const auto amount : {2'499, 2'501}) {
    const auto refused = retire_case(city, "c", amount);
    PUHUI_REFUSED(refused, CASE_AMOUNT);
    EXPECT_EQ(refused.outcome.limit(), "2500 kg");
  }
  EXPECT_EQ(retired(), 0);
  certified(retire_case(city, "c", 2'500));
  EXPECT_EQ(retired(), 2'500);
  const auto retirement = city.view().retirements({}).items(0).retirement();
  EXPECT_EQ(retirement.case_(), "c");
  EXPECT_EQ(retirement.from(), kYear2025);
}

TEST_F(Cases, AnEventTopsUpWhatItReserved) {
  auto opened = opening("c", "event");
  opened.set_estimate_kg(800);
  PUHUI_ACCEPTED(open_case(city, opened));
  PUHUI_ACCEPTED(bind_for(city, "c", "first", 800));
  EXPECT_EQ(city.bound("owner-main"), 800);
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 1'000)));
  const auto lacking = retire_case(city, "c", 1'000);
  PUHUI_REFUSED(lacking, BOND_INSUFFICIENT);
  EXPECT_EQ(lacking.outcome.limit(), "800 kg bound for it");
  PUHUI_ACCEPTED(bind_for(city, "c", "more", 200));
  ASSERT_EQ(of().bonds_size(), 2);
  certified(retire_case(city, "c", 1'000));
  for (const auto* name : {"first", "more"}) {
    EXPECT_EQ(bond(name).state(), v1::BOND_RETIRED);
    EXPECT_EQ(bond(name).released_kg(), 0);
  }
  EXPECT_EQ(held_text(city, "owner-main"), "1001-10000");
  EXPECT_EQ(city.bound("owner-main"), 0);
  EXPECT_EQ(retired(), 1'000);
}

TEST_F(Cases, AnEventReleasesWhatItReservedTooMuch) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "event")));
  PUHUI_ACCEPTED(bind_for(city, "c", "first", 700));
  PUHUI_ACCEPTED(bind_for(city, "c", "second", 500));
  PUHUI_ACCEPTED(bind_for(city, "c", "third", 100));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 1'000)));
  certified(retire_case(city, "c", 1'000));
  EXPECT_EQ(bond("first").state(), v1::BOND_RETIRED);
  EXPECT_EQ(bond("first").retired_kg(), 700);
  EXPECT_EQ(bond("second").retired_kg(), 300);
  EXPECT_EQ(bond("second").released_kg(), 200);
  EXPECT_EQ(bond("second").state(), v1::RELEASED);
  EXPECT_EQ(bond("third").released_kg(), 100);
  EXPECT_EQ(held_text(city, "owner-main"), "1001-10000");
  EXPECT_EQ(city.bound("owner-main"), 0);
}

// What was confirmed stays bound, until it is retired or the case is void.
TEST_F(Cases, WhatWasConfirmedIsNotReleased) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "event")));
  PUHUI_ACCEPTED(bind_for(city, "c", "first", 700));
  PUHUI_ACCEPTED(bind_for(city, "c", "second", 500));
  PUHUI_ACCEPTED(release_bond(city, releasing("first", 100)));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 1'000)));
  PUHUI_ACCEPTED(release_bond(city, releasing("first", 60)));
  const auto refused = release_bond(city, releasing("second", 41));
  PUHUI_REFUSED(refused, CASE_AMOUNT);
  EXPECT_EQ(refused.outcome.limit(), "1000 kg confirmed");
  EXPECT_EQ(refused.outcome.used(), "1040 kg bound");
  EXPECT_EQ(refused.outcome.asked(), "41 kg");
  PUHUI_ACCEPTED(release_bond(city, releasing("second", 40)));
  certified(retire_case(city, "c", 1'000));
}

TEST_F(Cases, DamageIsCompensatedFromAnEscrow) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "damage")));
  PUHUI_ACCEPTED(bind_for(city, "c", "escrow", 377));
  EXPECT_EQ(bond("escrow").binding().kind(), v1::ESCROW);
  PUHUI_REFUSED(retire_case(city, "c", 377), CASE_STATE_WRONG);
  auto agreement = confirmation("c", 377);
  agreement.set_reference("agreement 12 of 2026");
  agreement.set_frozen_cents(2'450'250);
  needs_all(agreement, {"bureau", "exchange"});
  EXPECT_EQ(of().confirmation().reference(), "agreement 12 of 2026");
  EXPECT_EQ(of().confirmation().frozen_cents(), 2'450'250);
  EXPECT_EQ(of().confirmation().document().name(), "statement of c");
  certified(retire_case(city, "c", 377));
  EXPECT_EQ(retired(), 377);
  EXPECT_EQ(bond("escrow").state(), v1::BOND_RETIRED);
}

TEST_F(Cases, ASectorSubstitutesWhatItMissed) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "substitution")));
  needs_all(confirmation("c", 4'000), {"bureau"});
  auto named = retiring(of().opening(), 0);
  add_serials(named, {{5'001, 6'000}, {1, 3'000}});
  const auto done = act(city, named, {"owner"});
  certified(done);
  EXPECT_EQ(held_text(city, "owner-main"), "3001-5000 6001-10000");
}

TEST_F(Cases, AProductIsLabelledWithWhatWasReserved) {
  auto opened = opening("c", "product");
  opened.set_beneficiary("tea, 500 g");
  PUHUI_ACCEPTED(open_case(city, opened));
  PUHUI_REFUSED(retire_case(city, "c", 30), BOND_INSUFFICIENT);
  PUHUI_ACCEPTED(bind_for(city, "c", "b", 50));
  PUHUI_REFUSED(act(city, confirmation("c", 30), {"verifier"}), CASE_STATE_WRONG);
  certified(retire_case(city, "c", 30));
  EXPECT_EQ(bond("b").retired_kg(), 30);
  EXPECT_EQ(bond("b").released_kg(), 20);
}

// ---- Form and signers ----

TEST_F(Cases, FormOfAnOpeningIsChecked) {
  const auto with = [this](auto change) {
    auto action = opening("c", "organisation");
    change(action);
    return act(city, action, {"owner"});
  };
  using O = v1::OpenCase;
  PUHUI_REFUSED(with([](O& o) { o.set_case_("No name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](O& o) { o.clear_beneficiary(); }), BENEFICIARY_MISSING);
  PUHUI_REFUSED(with([](O& o) { o.set_beneficiary(std::string(513, 'b')); }), BENEFICIARY_MISSING);
  PUHUI_REFUSED(with([](O& o) { o.set_estimate_kg(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](O& o) { o.mutable_document()->set_name("only a name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](O& o) { o.set_to(o.from()); }), PERIOD_INVALID);
  PUHUI_REFUSED(with([](O& o) { o.set_from(-1); }), PERIOD_INVALID);
  PUHUI_REFUSED(with([](O& o) { o.set_to(kDayMax + 1); }), PERIOD_INVALID);
  PUHUI_REFUSED(with([](O& o) { o.set_purpose("fun"); }), PURPOSE_INVALID);
  PUHUI_REFUSED(with([](O& o) { o.set_account("owner-none"); }), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](O& o) { o.set_account("buffer"); }), ACCOUNT_KIND);
  PUHUI_REFUSED(with([](O& o) { o.set_account("p-" + std::string(32, '0')); }), ACCOUNT_KIND);
  PUHUI_FAILED(with([](O& o) { o.set_account("buyer-main"); }), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(with([](O& o) { *o.mutable_document() = document(); }));
  PUHUI_REFUSED(with([](O&) {}), CASE_EXISTS);
  freeze("owner");
  PUHUI_REFUSED(with([](O& o) { o.set_case_("d"); }), PARTY_RESTRAINED);
}

TEST_F(Cases, FormOfAConfirmationIsChecked) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "damage")));
  const auto with = [this](auto change) {
    auto action = confirmation("c", 10);
    change(action);
    return act(city, action, {"bureau", "exchange"});
  };
  using C = v1::ConfirmCase;
  PUHUI_REFUSED(with([](C& c) { c.set_reference(std::string(513, 'r')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.clear_document(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.mutable_document()->clear_sha256(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.set_accepted(false), c.clear_document(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.set_frozen_cents(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.clear_amount_kg(); }), AMOUNT_ZERO);
  PUHUI_REFUSED(with([](C& c) { c.set_amount_kg(-1); }), AMOUNT_NEGATIVE);
  PUHUI_REFUSED(with([](C& c) { c.set_case_("d"); }), CASE_UNKNOWN);
  for (const auto amount_kg : {-1, 1, 10})
    PUHUI_REFUSED(with([&](C& c) { c.set_accepted(false), c.set_amount_kg(amount_kg); }),
                  EVENT_MALFORMED);
  auto long_winded = voiding("c");
  long_winded.set_reason(std::string(513, 'r'));
  PUHUI_REFUSED(act(city, long_winded, {"bureau"}), EVENT_MALFORMED);
  EXPECT_EQ(state(), v1::CASE_OPEN);
  PUHUI_ACCEPTED(with([](C& c) { c.set_reference(std::string(512, 'r')); }));
}

TEST_F(Cases, ARetirementSaysWhatItsCaseSays) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 10)));
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 100));
  const auto with = [this](auto change) {
    auto action = retiring(of().opening(), 10);
    change(action);
    return act(city, action, {"owner"});
  };
  using R = v1::Retire;
  PUHUI_REFUSED(with([](R& r) { r.clear_case_(); }), CASE_REQUIRED);
  PUHUI_REFUSED(with([](R& r) { r.set_case_("d"); }), CASE_UNKNOWN);
  PUHUI_REFUSED(with([](R& r) { r.set_account("owner-side"); }), CASE_STATE_WRONG);
  PUHUI_REFUSED(with([](R& r) { r.set_purpose("voluntary"); }), CASE_STATE_WRONG);
  PUHUI_REFUSED(with([](R& r) { r.set_beneficiary("somebody else"); }), CASE_STATE_WRONG);
  PUHUI_REFUSED(with([](R& r) { r.set_from(r.from() + 1); }), CASE_STATE_WRONG);
  PUHUI_REFUSED(with([](R& r) { r.set_to(r.to() + 1); }), CASE_STATE_WRONG);
  PUHUI_REFUSED(with([](R& r) { r.set_from(0), r.set_to(0); }), CASE_STATE_WRONG);
  EXPECT_EQ(retired(), 0);
  PUHUI_ACCEPTED(with([](R& r) { r.set_note("thanks"); }));
}

TEST_F(Cases, ABondIsOfTheKindAndTheAccountOfItsCase) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "event")));
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 100));
  for (const auto kind : {v1::RESERVATION, v1::JUDICIAL, v1::PLEDGE, v1::ESCROW}) {
    auto action = binding("b", kind, 10);
    action.set_case_("c");
    PUHUI_REFUSED(bind_units(city, action), CASE_STATE_WRONG);
  }
  auto elsewhere = binding("b", v1::EVENT_RESERVATION, 10);
  elsewhere.set_case_("c");
  elsewhere.set_account("owner-side");
  PUHUI_REFUSED(bind_units(city, elsewhere), CASE_STATE_WRONG);
  PUHUI_ACCEPTED(open_case(city, opening("unbound", "organisation")));
  auto needless = binding("b", v1::RESERVATION, 10);
  needless.set_case_("unbound");
  PUHUI_REFUSED(bind_units(city, needless), CASE_STATE_WRONG);
  EXPECT_EQ(of().bonds_size(), 0);
  // A bond that is not for it serves it nothing.
  PUHUI_ACCEPTED(bind_units(city, binding("other", v1::EVENT_RESERVATION, 10)));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 10)));
  PUHUI_REFUSED(retire_case(city, "c", 10), BOND_INSUFFICIENT);
}

TEST_F(Cases, HaveSoManyBonds) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "event")));
  for (int i = 0; i < 10; ++i) PUHUI_ACCEPTED(bind_for(city, "c", "b" + std::to_string(i), 1));
  PUHUI_REFUSED(bind_for(city, "c", "b10", 1), TOO_LARGE);
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 10)));
  PUHUI_ACCEPTED(retire_case(city, "c", 10));
  EXPECT_EQ(bond("b9").state(), v1::BOND_RETIRED);
}

TEST_F(Cases, SerialsOutOfBondsAreNotChosen) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "product")));
  PUHUI_ACCEPTED(bind_for(city, "c", "b", 10));
  auto named = retiring(of().opening(), 0);
  add_serials(named, {{1, 10}});
  PUHUI_REFUSED(act(city, named, {"owner"}), INVALID_ARGUMENT);
  EXPECT_EQ(state(), v1::CASE_OPEN);
}

TEST_F(Cases, AFootprintIsVerifiedBySomebodyElse) {
  auto sister = city.event("bureau");
  *sister.mutable_register_party() = founding_party("sister", {v1::VERIFIER});
  sister.mutable_register_party()->set_legal_entity("entity of owner");
  city.must(sister, {"bureau"});
  for (const std::string purpose : {"organisation", "event"}) {
    PUHUI_ACCEPTED(open_case(city, opening(purpose, purpose)));
    const auto footprint = confirmation(purpose, 10);
    PUHUI_REFUSED(act(city, footprint, {"sister"}), SIGNER_INDEPENDENCE);
    // Without a verifier it is an error, and no outcome.
    const auto size = city.head().size;
    PUHUI_FAILED(act(city, footprint, {"owner"}), SIGNATURE_MISSING);
    EXPECT_EQ(city.head().size, size);
    PUHUI_ACCEPTED(act(city, footprint, {"verifier"}));
  }
}

TEST_F(Cases, AFootprintIsVerifiedWithinTheScopeOfTheRole) {
  for (const auto& [name, area] : {std::pair{"far-lab", "420529"}, {"near-lab", "420100"}}) {
    auto lab = city.event("bureau");
    *lab.mutable_register_party() = founding_party(name, {v1::VERIFIER});
    lab.mutable_register_party()->mutable_roles(0)->mutable_scope()->set_area(area);
    city.must(lab, {"bureau"});
  }
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  PUHUI_FAILED(act(city, confirmation("c", 10), {"far-lab"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(act(city, confirmation("c", 10), {"near-lab"}));
}

TEST_F(Cases, EachStepIsSignedByWhomTheRulesName) {
  for (const std::string purpose : {"organisation", "event", "damage", "substitution", "product"}) {
    const auto opened = opening(purpose, purpose);
    needs_all(opened, {"owner"});
    needs_all(voiding(purpose), voiders(opened));
    EXPECT_EQ(state(purpose), v1::CASE_VOID);
  }
  EXPECT_EQ(city.view().retirement_cases({}).items_size(), 5);
  PUHUI_ACCEPTED(open_case(city, opening("c", "substitution")));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 10)));
  needs_all(retiring(of().opening(), 10), {"owner"});
}

TEST_F(Cases, ARetirementOfSomePurposesHasALineOfItsOwn) {
  auto rules = market_rules("dual control");
  RuleTable(rules).relation("retire.product", v1::HOLDER).roles("retire.product", {v1::EXCHANGE});
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(open_case(city, opening("c", "product")));
  PUHUI_ACCEPTED(bind_for(city, "c", "b", 10));
  needs_all(retiring(of().opening(), 10), {"owner", "exchange"});
}

TEST_F(Cases, KeepTheStepsTheyWereOpenedUnder) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  auto rules = market_rules("later");
  steps_of(rules, "organisation").set_lot_kg(kLot);
  steps_of(rules, "organisation").set_bond(v1::RESERVATION);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 10)));
  PUHUI_ACCEPTED(retire_case(city, "c", 10));
  PUHUI_ACCEPTED(open_case(city, opening("d", "organisation")));
  EXPECT_EQ(of("d").rule().lot_kg(), kLot);
}

// ---- Every action in every state ----

enum class CaseAction : std::uint8_t { open, bind, confirm, reject, give_up, retire, certify };
using Step = std::tuple<v1::CaseState, CaseAction>;

struct CaseStates : Cases, ::testing::WithParamInterface<Step> {
  void bring(v1::CaseState wanted) {
    if (wanted == v1::CASE_STATE_UNSPECIFIED) return;
    PUHUI_ACCEPTED(open_case(city, of_event));
    PUHUI_ACCEPTED(bind_for(city, "c", "b", 10));
    if (wanted == v1::CASE_VOID) PUHUI_ACCEPTED(void_case(city, "c"));
    if (wanted == v1::CASE_OPEN || wanted == v1::CASE_VOID) return;
    PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 10)));
    if (wanted == v1::CASE_CONFIRMED) return;
    PUHUI_ACCEPTED(retire_case(city, "c", 10));
    if (wanted == v1::CASE_CERTIFIED)
      PUHUI_ACCEPTED(act(city, certificate("cert", leaf()), {"exchange"}));
  }
  [[nodiscard]] std::uint64_t leaf() const { return static_cast<std::uint64_t>(of().retirement()); }
  Answer carry_out(CaseAction action) {
    auto bound = binding("again", v1::EVENT_RESERVATION, 10);
    bound.set_case_("c");
    switch (action) {
      case CaseAction::open:
        return open_case(city, of_event);
      case CaseAction::bind:
        return bind_units(city, bound);
      case CaseAction::confirm:
        return act(city, confirmation("c", 10), {"verifier"});
      case CaseAction::reject:
        return act(city, rejection("c"), {"verifier"});
      case CaseAction::give_up:
        return act(city, voiding("c"), {"owner"});
      case CaseAction::retire:
        return act(city, retiring(of_event, 10), {"owner"});
      default:
        return act(city, certificate("new", leaf()), {"exchange"});
    }
  }
  const v1::OpenCase of_event = opening("c", "event");
};

v1::ErrorCode expected(v1::CaseState state, CaseAction action) {
  const bool exists = state != v1::CASE_STATE_UNSPECIFIED;
  const bool pending = state == v1::CASE_OPEN || state == v1::CASE_CONFIRMED;
  switch (action) {
    case CaseAction::open:
      return exists ? CASE_EXISTS : ErrorCode::OK;
    case CaseAction::bind:
    case CaseAction::give_up:
      if (pending) return ErrorCode::OK;
      break;
    case CaseAction::confirm:
    case CaseAction::reject:
      if (state == v1::CASE_OPEN) return ErrorCode::OK;
      break;
    case CaseAction::retire:
      if (state == v1::CASE_CONFIRMED) return ErrorCode::OK;
      break;
    case CaseAction::certify:
      if (state == v1::CASE_RETIRED) return ErrorCode::OK;
      return state == v1::CASE_CERTIFIED ? CERTIFICATE_EXISTS : RETIREMENT_UNKNOWN;
  }
  return exists ? CASE_STATE_WRONG : CASE_UNKNOWN;
}

v1::CaseState after(v1::CaseState state, CaseAction action) {
  switch (action) {
    case CaseAction::open:
      return v1::CASE_OPEN;
    case CaseAction::confirm:
      return v1::CASE_CONFIRMED;
    case CaseAction::retire:
      return v1::CASE_RETIRED;
    case CaseAction::certify:
      return v1::CASE_CERTIFIED;
    case CaseAction::bind:
      return state;
    default:
      return v1::CASE_VOID;
  }
}

TEST_P(CaseStates, AllowSomeActions) {
  const auto [before, action] = GetParam();
  bring(before);
  ASSERT_EQ(state(), before);
  const auto stored = of().SerializeAsString();
  const auto bound = city.bound("owner-main");
  const auto wanted = expected(before, action);
  const auto answer = carry_out(action);
  EXPECT_EQ(code_name(answer.code), code_name(wanted));
  if (wanted == ErrorCode::OK) {
    EXPECT_EQ(state(), after(before, action));
    EXPECT_NE(of().SerializeAsString(), stored);
  } else {
    EXPECT_EQ(answer.decision, v1::REFUSED);
    EXPECT_EQ(of().SerializeAsString(), stored);
    EXPECT_EQ(city.bound("owner-main"), bound);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, CaseStates,
    ::testing::Combine(::testing::Values(v1::CASE_STATE_UNSPECIFIED, v1::CASE_OPEN,
                                         v1::CASE_CONFIRMED, v1::CASE_RETIRED, v1::CASE_CERTIFIED,
                                         v1::CASE_VOID),
                       ::testing::Values(CaseAction::open, CaseAction::bind, CaseAction::confirm,
                                         CaseAction::reject, CaseAction::give_up,
                                         CaseAction::retire, CaseAction::certify)));

}  // namespace
}  // namespace puhui::ledger::testing
