// Filing by procedure: who reviews, and what counts.
#include <gtest/gtest.h>

#include "tests/ledger/filings.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

TEST_F(Filings, AreReviewedByIndependentReviewersOfTheRightScope) {
  file_pv();
  PUHUI_ACCEPTED(draft(city, "f", subject_of(pv_project("P1"))));
  PUHUI_REFUSED(review(city, "f", "buyer"), ROLE_MISSING);
  PUHUI_REFUSED(review(city, "f", "operator"), ROLE_MISSING);
  PUHUI_REFUSED(review(city, "f", "local"), ROLE_MISSING);
  PUHUI_REFUSED(review(city, "f", "clerk"), REVIEW_INDEPENDENCE);
  PUHUI_REFUSED(review(city, "f", "insider"), REVIEW_INDEPENDENCE);
  EXPECT_EQ(filing("f").reviews_size(), 0);
  auto near = pv_project("P2");
  near.set_area("420102");
  PUHUI_ACCEPTED(draft(city, "g", subject_of(near)));
  PUHUI_ACCEPTED(review(city, "g", "local"));
  // The owner has no part in a methodology that another drafted.
  PUHUI_ACCEPTED(draft(city, "h", a_scenario()));
  PUHUI_ACCEPTED(review(city, "h", "insider"));
  PUHUI_REFUSED(review(city, "h", "clerk"), REVIEW_INDEPENDENCE);
}

TEST_F(Filings, AreNotReviewedByWhomTheyAreAbout) {
  auto lab = founding_party("lab", {v1::VERIFIER});
  lab.set_legal_entity("entity of expert3");
  PUHUI_ACCEPTED(draft(city, "party", subject_of(lab)));
  PUHUI_REFUSED(review(city, "party", "expert3"), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(draft(city, "role", subject_of("expert2", v1::SERVICE_INSTITUTION)));
  PUHUI_REFUSED(review(city, "role", "expert2"), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(review(city, "role", "expert3"));
  // Whose entity is not known is told apart by its name.
  auto nameless = founding_party("nameless", {v1::DATA_PROVIDER});
  nameless.clear_legal_entity();
  file_by_procedure(city, "nameless", subject_of(nameless));
  PUHUI_ACCEPTED(draft(city, "second", subject_of("nameless", v1::SERVICE_INSTITUTION)));
  for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, "second", by));
}

TEST_F(Filings, AreNotReviewedByThoseWhoSignedTheDraft) {
  const auto drafted = draft_event(city, "f", an_institution());
  PUHUI_ACCEPTED(city.send(drafted, {"operator", "expert1", "owner"}));
  for (const auto* by : {"expert1", "insider"})
    PUHUI_REFUSED(review(city, "f", by), REVIEW_INDEPENDENCE);
  for (const auto* by : {"expert2", "expert3"}) PUHUI_ACCEPTED(review(city, "f", by));
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
}

TEST_F(Filings, TakeOneReviewOfEachLegalEntity) {
  auto twin = founding_party("twin", {v1::EXPERT});
  twin.set_legal_entity("entity of expert1");
  PUHUI_ACCEPTED(register_directly(city, twin));
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  PUHUI_ACCEPTED(review(city, "f", "expert1"));
  for (const bool approve : {true, false})
    PUHUI_REFUSED(review(city, "f", "twin", approve), REVIEW_INDEPENDENCE);
  EXPECT_EQ(filing("f").reviews_size(), 1);
}

TEST_F(Filings, TakeOneReviewOfEach) {
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  PUHUI_ACCEPTED(review(city, "f", "expert1"));
  PUHUI_REFUSED(review(city, "f", "expert1"), VOTE_TWICE);
  PUHUI_REFUSED(review(city, "f", "expert1", false), VOTE_TWICE);
  EXPECT_EQ(filing("f").reviews_size(), 1);
  auto bad = city.event("expert2");
  bad.mutable_review_filing()->set_filing("f");
  *bad.mutable_review_filing()->mutable_opinion() = document();
  bad.mutable_review_filing()->mutable_opinion()->set_sha256("short");
  PUHUI_REFUSED(city.send(bad, {"expert2"}), EVENT_MALFORMED);
  // One against it does not outweigh two for it.
  PUHUI_ACCEPTED(review(city, "f", "expert2", false));
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(review(city, "f", "expert3"));
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
}

TEST_F(Filings, CountOnlyReviewsOfWhoMayStillReview) {
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  PUHUI_ACCEPTED(draft(city, "g", an_institution()));
  PUHUI_ACCEPTED(review(city, "f", "expert1"));
  PUHUI_ACCEPTED(review(city, "g", "expert1", false));
  auto revoked = city.event("bureau");
  revoked.mutable_revoke_role()->set_party("expert1");
  revoked.mutable_revoke_role()->set_role(v1::EXPERT);
  city.must(revoked, {"bureau"});
  const auto second = review(city, "f", "expert2");
  PUHUI_ACCEPTED(second);
  EXPECT_EQ(second.outcome.facts(1).value(), "1");
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(review(city, "g", "expert2", false));
  EXPECT_EQ(filing("g").state(), v1::FILING_DRAFTED);
  // Nor those of who is suspended, until that is lifted.
  auto restrain = city.event("bureau");
  restrain.mutable_restrain_party()->set_party("expert2");
  restrain.mutable_restrain_party()->set_restraint(v1::SUSPENDED);
  restrain.mutable_restrain_party()->set_reason("case 1");
  const auto restrained = city.send(restrain, {"bureau"});
  PUHUI_ACCEPTED(restrained);
  PUHUI_ACCEPTED(review(city, "f", "expert3"));
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  auto release = city.event("bureau");
  release.mutable_release_party()->set_party("expert2");
  release.mutable_release_party()->set_restrained_at(static_cast<std::int64_t>(restrained.leaf));
  city.must(release, {"bureau"});
  PUHUI_ACCEPTED(review(city, "f", "insider"));
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
}

TEST(FilingProcedures, WhereNoneTurnDownNobodyDoes) {
  auto rules = registry_rules();
  add_procedure(rules, v1::FILING_INSTITUTION, {1, 0});
  rules.mutable_procedures(0)->set_rejections(0);
  RegistryCity city(rules);
  PUHUI_ACCEPTED(draft(city, "f", subject_of("buyer", v1::SERVICE_INSTITUTION)));
  for (const auto* by : {"expert1", "expert2", "insider"})
    PUHUI_ACCEPTED(review(city, "f", by, false));
  EXPECT_EQ(state_of(city, "f"), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(review(city, "f", "expert3"));
  EXPECT_EQ(state_of(city, "f"), v1::FILING_REVIEWED);
}

}  // namespace
}  // namespace puhui::ledger::testing
