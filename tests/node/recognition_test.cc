// What is answered about partners, transfers and units across cities.
#include <gtest/gtest.h>

#include "ledger/views/state_value.h"
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

}  // namespace
}  // namespace puhui::node
