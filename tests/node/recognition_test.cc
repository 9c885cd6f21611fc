// What is answered about partners, transfers and units across cities.
#include <gtest/gtest.h>

#include "ledger/views/state_value.h"
#include "tests/ledger/market.h"
#include "tests/node/asked_city.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the cities are theirs
using testing::AskedCity;

struct AskedOfPartners : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
    recognise();
  }
  template <class M>
  M get(AskedCity& city, relay::Parts parts, relay::Query query = {}) {
    const auto answer = city.get<M>(parts, std::move(query));
    EXPECT_TRUE(answer) << describe(answer.error());
    return answer ? *answer : M();
  }
  template <class M>
  ErrorCode fault(AskedCity& city, relay::Parts parts, relay::Query query = {}) {
    const auto answer = city.get<M>(parts, std::move(query));
    return answer ? ErrorCode::OK : answer.error().code;
  }
  AskedCity asked_a{a}, asked_b{b};
};

TEST_F(AskedOfPartners, AgreementsPartnersAndTheirProjects) {
  EXPECT_EQ(get<v1::AgreementList>(asked_a, {"v1", "agreements"}).items_size(), 1);
  const auto record = get<v1::AgreementRecord>(asked_a, {"v1", "agreements", "XIANGYANG"});
  EXPECT_EQ(record.standing(), v1::IN_FORCE);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  const auto versions =
      get<v1::AgreementVersionList>(asked_a, {"v1", "agreements", "XIANGYANG", "versions"});
  ASSERT_EQ(versions.items_size(), 2);
  EXPECT_EQ(versions.items(1).version(), 2u);
  const auto log = get<v1::PartnerLog>(asked_a, {"v1", "partners", "XIANGYANG"});
  EXPECT_EQ(log.origin(), b.origin());
  EXPECT_GT(log.size(), 0u);
  const auto projects =
      get<v1::ForeignProjectList>(asked_a, {"v1", "partners", "XIANGYANG", "projects"});
  ASSERT_EQ(projects.items_size(), 1);
  EXPECT_EQ(projects.items(0).project(), "P2");
  EXPECT_EQ(fault<v1::ForeignProject>(asked_a, {"v1", "partners", "XIANGYANG", "projects", "P1"}),
            ErrorCode::NOT_FOUND);
  EXPECT_EQ(fault<v1::PartnerLog>(asked_a, {"v1", "partners", "NOWHERE"}), ErrorCode::NOT_FOUND);
}

TEST_F(AskedOfPartners, ThePolicyThatTheirCheckpointsAreJudgedBy) {
  const auto policy = asked_a.fetch("/v1/partners/XIANGYANG/policy");
  ASSERT_TRUE(policy) << describe(policy.error());
  EXPECT_EQ(*policy, b.side().policy());
  EXPECT_TRUE(crypto::verify_checkpoint(*crypto::parse_policy(*policy), b.signed_note(b.tree())));
  const auto none = asked_a.fetch("/v1/partners/NOWHERE/policy");
  EXPECT_EQ(none.error().code, ErrorCode::NOT_FOUND);
}

TEST_F(AskedOfPartners, TheCityAsAgreementsNameIt) {
  const auto side = get<v1::CitySide>(asked_a, {"v1", "side"});
  EXPECT_EQ(side.city(), "WUHAN");
  EXPECT_EQ(side.lineage(), a.lineage());
  ASSERT_EQ(side.authority_size(), 2) << "both keys of the bureau";
}

TEST_F(AskedOfPartners, TransfersByStateAndPartner) {
  const auto exported = export_units(a, b, {{{1, 100}}});
  PUHUI_ACCEPTED(exported);
  const auto count = [this](const std::string& state, const std::string& partner) {
    return get<v1::TransferList>(asked_a, {"v1", "transfers"},
                                 {{"state", state}, {"partner", partner}})
        .items_size();
  };
  EXPECT_EQ(count("locked", "XIANGYANG"), 1);
  EXPECT_EQ(count("locked", "YICHANG"), 0);
  EXPECT_EQ(count("concluded", "XIANGYANG"), 0);
  EXPECT_EQ(fault<v1::TransferList>(asked_a, {"v1", "transfers"}, {{"state", "lost"}}),
            ErrorCode::INVALID_ARGUMENT);
  const auto id = crypto::hex_encode(id_of(a, exported.leaf));
  EXPECT_EQ(get<v1::TransferRecord>(asked_a, {"v1", "transfers", id}).amount_kg(), 100);
  EXPECT_EQ(fault<v1::TransferRecord>(asked_a, {"v1", "transfers", "17"}),
            ErrorCode::INVALID_ARGUMENT);
}

TEST_F(AskedOfPartners, TheLifeOfAUnitInEachCity) {
  cross(a, b, {{{1, 100}}});
  const auto home = get<v1::UnitLineage>(asked_a, {"v1", "lineage", "10"});
  EXPECT_EQ(home.issued_by(), "WUHAN");
  ASSERT_EQ(home.steps_size(), 3) << home.DebugString();
  EXPECT_EQ(home.steps(1).move().kind(), v1::MOVE_LOCK);
  EXPECT_EQ(home.steps(2).move().kind(), v1::MOVE_EXPORT);
  EXPECT_EQ(home.steps(0).transfer(), "");
  EXPECT_EQ(home.steps(1).transfer(), home.steps(2).transfer());
  const auto abroad = get<v1::UnitLineage>(asked_b, {"v1", "lineage", "60"});
  EXPECT_EQ(abroad.issued_by(), "WUHAN");
  EXPECT_EQ(abroad.origin_serial(), 10u);
  EXPECT_EQ(abroad.printed(), home.printed());
  EXPECT_EQ(abroad.mirrored().batch(), "B1");
  ASSERT_EQ(abroad.steps_size(), 1);
  EXPECT_EQ(abroad.steps(0).transfer(), home.steps(1).transfer());
  EXPECT_EQ(fault<v1::UnitLineage>(asked_b, {"v1", "lineage", "141"}), ErrorCode::NOT_FOUND);
}

TEST_F(AskedOfPartners, UnitsAsTheirIssuerPrintsThem) {
  cross(a, b, {{{1, 100}}});
  const auto units = get<v1::UnitBlockList>(asked_b, {"v1", "accounts", "owner-main", "units"});
  ASSERT_EQ(units.items_size(), 2);
  EXPECT_EQ(units.items(0).printed(), "XIANGYANG-CPH-PV23-P2-2024-B1-1-50");
  EXPECT_EQ(units.items(1).printed(), "WUHAN-CPH-PV23-P1-2024-B1-1-90");
  EXPECT_EQ(units.items(1).area(), "420111");
}

TEST_F(AskedOfPartners, UnitsAsTheyAreOffered) {
  cross(a, b, {{{1, 100}}});
  const auto view = b.view();
  const auto starts = [&](const ledger::Areas& areas, const ledger::Page& page) {
    std::string text;
    const auto list = view.units_by_area("owner-main", areas, page);
    for (const auto& block : list->items())
      text += (text.empty() ? "" : " ") + std::to_string(block.start());
    return text;
  };
  EXPECT_EQ(starts({}, {}), "1 51") << "own ones first";
  EXPECT_EQ(starts({"99"}, {}), "1 51") << "none is of that area";
  const auto first = view.units_by_area("owner-main", {}, {"", 1});
  EXPECT_EQ(starts({}, {first->next(), 10}), "51");
  EXPECT_FALSE(view.units_by_area("owner-main", {}, {"x", 1}));
  EXPECT_EQ(fault<v1::UnitBlockList>(asked_b, {"v1", "accounts", "owner-main", "units"},
                                     {{"order", "price"}}),
            ErrorCode::INVALID_ARGUMENT);
}

TEST_F(AskedOfPartners, ProofsHaveWordsForAllOfThem) {
  const auto words = [](const std::vector<std::string>& names) {
    return ledger::state_words(*ledger::state_key(names)).value_or("");
  };
  EXPECT_EQ(words({"agreement", "XIANGYANG"}), "agreement XIANGYANG");
  EXPECT_EQ(words({"partner", "XIANGYANG"}), "partner XIANGYANG");
  const std::string id(64, 'a');
  EXPECT_EQ(words({"transfer", id}), "transfer " + id);
}

// ---- Assisted areas ----

// Of the owner's in b: 1-50 are its own, 51-150 came from an assisted area of a, 151-180 from c by
// an agreement of a better class.
struct AssistedAreas : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(b.issue_kg(50));
    PUHUI_ACCEPTED(issue_in(a, "422801", 100));
    PUHUI_ACCEPTED(c.issue_kg(30));
    agree_on(a, 2);
    agree_on(c, 1);
    note(a, "P422801");
    note(c, "P3");
    cross(a, b, {{{1, 100}}});
    cross(c, b, {{{1, 30}}});
    auto rules = market_rules("areas");
    steps_of(rules, "limited").add_areas_first("4228");
    RuleTable(rules)
        .relation("open.limited", v1::HOLDER)
        .roles("confirm.limited", {v1::VERIFIER})
        .relation("void.limited", v1::HOLDER);
    PUHUI_ACCEPTED(file_rules(b, rules));
    auto opened = opening("c", "limited");
    opened.set_account("owner-main");
    PUHUI_ACCEPTED(by_owner(opened));
    known_drift = drift_between(a, b);  // what came from the third city
  }
  void agree_on(SovereignCity& partner, std::uint32_t priority) {
    auto agreement = agreement_between(partner, b);
    terms_of_taker(agreement, b).set_discount("1");
    terms_of_taker(agreement, b).set_priority(priority);
    agree(partner, b, agreement);
  }
  void note(const SovereignCity& from, const std::string& project) {
    const auto leaf = static_cast<std::uint64_t>(from.view().project(project)->filed_at());
    PUHUI_ACCEPTED(b.send(filing_event(b, carry(from, b, leaf)), {"operator"}));
  }
  template <class Action>
  ledger::Answer by_owner(const Action& action) {
    auto payload = b.event("owner");
    set_action(payload, action);
    return b.send(payload, {"owner"});
  }
  // The first serials of what is offered, in that order.
  [[nodiscard]] std::string offered(const relay::Query& query) {
    const auto list =
        asked_b.get<v1::UnitBlockList>({"v1", "accounts", "owner-main", "units"}, query);
    EXPECT_TRUE(list) << describe(list.error());
    std::string text;
    for (const auto& block : list->items())
      text += (text.empty() ? "" : " ") + std::to_string(block.start());
    return text;
  }

  SovereignCity c{{"YICHANG", "P3"}};
  AskedCity asked_b{b};
};

TEST_F(AssistedAreas, AreOfferedFirstThenByTheClassOfTheirAgreement) {
  EXPECT_EQ(offered({}), "1 51 151");
  EXPECT_EQ(offered({{"order", "areas_first"}}), "1 151 51");
  EXPECT_EQ(offered({{"order", "areas_first"}, {"purpose", "voluntary"}}), "1 151 51");
  EXPECT_EQ(offered({{"order", "areas_first"}, {"purpose", "limited"}}), "51 1 151");
}

TEST_F(AssistedAreas, GoFirstWhereARuleRequiresIt) {
  const auto opened = case_named(b, "c").opening();
  auto named = retiring(opened, 0);
  add_serials(named, {{1, 10}});
  PUHUI_REFUSED(by_owner(named), v1::AREA_FIRST);
  PUHUI_ACCEPTED(by_owner(retiring(opened, 110)));
  EXPECT_EQ(held_text(b, "owner-main"), "11-50 151-180");
}

}  // namespace
}  // namespace puhui::node
