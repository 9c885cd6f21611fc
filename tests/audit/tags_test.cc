// Acts that a partner city knows, judged again.
#include "node/audit/citizens.h"
#include "tests/audit/judged.h"
#include "tests/ledger/partner.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

struct AuditedTags : Judged<Citizens> {
  AuditedTags() : Judged(tag_rules()) {}
  Sent riding(const std::string& act, const std::string& partner = kPartner) {
    return signed_acts(city, {tagged(city.new_ride(1, 100), act, partner)});
  }
};

TEST_F(AuditedTags, EachActIsCreditedOnceByItsTag) {
  expect_refused(signed_acts(city, {record_of(city.new_ride(1, 100))}), TAG_MISSING);
  expect_refused(riding("a", "YICHANG"), TAG_MISSING);
  PUHUI_ACCEPTED(city.submit(riding("a")));
  expect_refused(riding("a"), CLAIM_DUPLICATE);
  PUHUI_ACCEPTED(city.submit(
      signed_acts(city, {tagged(city.new_ride(1, 100), "b"), tagged(city.new_ride(1, 100), "b")})));
  PUHUI_ACCEPTED(ride(city, {city.new_ride(1, 100)}, "provider", "walk"));
  expect_clean();
}

TEST_F(AuditedTags, TagsAreInOrderAndOfTheirSize) {
  auto record = tagged(city.new_ride(1, 100), "a");
  *record.add_tags() = record.tags(0);
  expect_failed(signed_acts(city, {record}), RECORD_MALFORMED);
  record.mutable_tags(1)->set_partner("YICHANG");
  PUHUI_ACCEPTED(city.submit(signed_acts(city, {record})));
  record.mutable_tags(1)->mutable_tag()->push_back('x');
  expect_failed(signed_acts(city, {record}), RECORD_MALFORMED);
  expect_clean();
}

TEST_F(AuditedTags, ARuleNamesAPartnerOncePerScenario) {
  v1::FileRuleSet action;
  *action.mutable_rules() = tag_rules("twice");
  *action.mutable_rules()->add_tags() = action.rules().tags(0);
  expect_refused(action, {"bureau"}, RULE_MALFORMED);
}

// ---- Between two logs ----

TEST_F(AuditedTags, PublicationsAreOfAPartnerAndInFull) {
  PUHUI_ACCEPTED(city.submit(riding("a")));
  const auto end = city.head().size;
  const auto sent = [this](const std::vector<std::string>& acts, std::uint64_t from,
                           std::uint64_t to) {
    return signed_publication(city, acts, publication(acts, from, to));
  };
  expect_refused(sent({"a"}, 0, end), AGREEMENT_UNKNOWN);
  PUHUI_ACCEPTED(agree_with(city, PartnerCity()));
  expect_refused(sent({"b"}, 0, end), RUN_DIFFERS);
  expect_refused(sent({"a"}, 1, end), RUN_DIFFERS);
  expect_failed(signed_publication(city, {"a"}, publication({"a"}, 0, end), {"provider"}),
                SIGNATURE_MISSING);
  PUHUI_ACCEPTED(city.submit(sent({"a"}, 0, end)));
  expect_refused(sent({"a"}, 0, end), RUN_DIFFERS);
  expect_clean();
}

TEST_F(AuditedTags, WhatAPartnerPublishedIsKnownByProof) {
  PartnerCity partner;
  PUHUI_ACCEPTED(agree_with(city, partner));
  const std::vector<std::string> theirs{"a", "b"};
  const auto elsewhere = partner.publish(publication(theirs, 0, 9, "YICHANG"));
  const auto leaf = partner.publish(publication(theirs, 0, 9, "WUHAN"));
  expect_refused(noting(city, partner, leaf, theirs), CHECKPOINT_NOT_ACCEPTED);
  PUHUI_ACCEPTED(accept_from(city, partner));
  expect_refused(noting(city, partner, elsewhere, theirs), LEAF_UNEXPECTED);
  expect_refused(signed_note_of(city, partner.proven(leaf), publication({"a"}, 0, 1).tags(),
                                tags_attached({"a"})),
                 ATTACHMENT_MISMATCH);
  auto forged = partner.proven(leaf);
  forged.set_index(elsewhere);
  expect_refused(
      signed_note_of(city, forged, publication(theirs, 0, 1).tags(), tags_attached(theirs)),
      PROOF_INVALID);
  PUHUI_ACCEPTED(city.submit(riding("b")));  // before it is known
  PUHUI_ACCEPTED(city.submit(noting(city, partner, leaf, theirs)));
  expect_refused(noting(city, partner, leaf, theirs), RUN_DIFFERS);
  expect_refused(riding("a"), CLAIM_ABROAD);
  expect_refused(riding("b"), CLAIM_DUPLICATE);
  PUHUI_ACCEPTED(city.submit(riding("c")));
  expect_clean();
}

TEST_F(AuditedTags, OfANewEpochAreNotedFromTheLeavesThatItKept) {
  PartnerCity partner;
  PUHUI_ACCEPTED(agree_with(city, partner));
  const std::vector<std::string> lost{"a"}, anew{"b"};
  const auto first = partner.publish(publication(lost, 0, 20, "WUHAN"));
  PUHUI_ACCEPTED(accept_from(city, partner));
  PUHUI_ACCEPTED(city.submit(noting(city, partner, first, lost)));
  partner.lose_from(0);
  PUHUI_ACCEPTED(renew_from(city, partner));
  const auto next = partner.publish(publication(anew, 0, 10, "WUHAN"));
  PUHUI_ACCEPTED(accept_from(city, partner));
  PUHUI_ACCEPTED(city.submit(noting(city, partner, next, anew)));
  expect_refused(riding("a"), CLAIM_ABROAD);
  expect_refused(riding("b"), CLAIM_ABROAD);
  expect_clean();
}

// ---- Publications, of a partner that is known ----

struct Judgement : ::testing::Test {
  Judgement() { books.genesis.set_city("WUHAN"); }

  // What is credited at a position, with a tag for each act.
  void credit(std::uint64_t position, const std::vector<std::string>& acts) {
    const Leaf none;
    Case at{books, none, position, 0, rules, true, {}};
    std::uint32_t index = 0;
    for (const auto& act : acts) {
      Record record;
      record.tags = {{kPartner, tag_of(act)}};
      keep_tags(at, record, index++);
    }
  }
  // The code of what is wrong, "" if nothing is; who should sign is another matter.
  std::string judged(const std::vector<std::string>& acts,
                     const std::function<Verdict(Case&)>& judge, bool credits_unknown = false) {
    Leaf leaf;
    for (const auto& act : acts) leaf.tags.push_back(tag_of(act));
    Case at{books, leaf, 50, 0, rules, true, {}};
    at.credits_unknown = credits_unknown;
    const auto bad = judge(at);
    return bad ? bad->code : "";
  }
  std::string published(const std::vector<std::string>& acts, std::uint64_t from, std::uint64_t to,
                        bool credits_unknown = false) {
    return judged(
        acts, [&](Case& at) { return put_published(at, publication(acts, from, to)); },
        credits_unknown);
  }
  std::string noted(const std::vector<std::string>& acts, const v1::PublishTags& said,
                    std::uint64_t index = 7) {
    v1::NoteTags action;
    action.mutable_published()->set_city(kPartner);
    action.mutable_published()->set_index(index);
    *action.mutable_tags() = publication(acts, 0, 1).tags();
    v1::Payload payload;
    *payload.mutable_publish_tags() = said;
    return judged(acts, [&](Case& at) { return put_noted(at, action, payload); });
  }
  std::string judged_act(const std::string& act) {
    const Leaf none;
    const Case at{books, none, 60, 0, rules, true, {}};
    Record record;
    record.tags = {{kPartner, tag_of(act)}};
    return std::string(code_name(judge_tags(at, record, "bike")));
  }

  Books books;
  v1::RuleSet rules = tag_rules();
  const std::string run_differs{code_name(RUN_DIFFERS)};
};

TEST_F(Judgement, PublicationsHoldAllTagsInOrder) {
  credit(10, {"a", "b"});
  credit(20, {"c"});
  EXPECT_EQ(published({"a", "b"}, 0, 21), run_differs);
  EXPECT_EQ(published({"a", "b", "c", "d"}, 0, 21), run_differs);
  EXPECT_EQ(published({"b", "a", "c"}, 0, 21), run_differs);
  EXPECT_EQ(published({"c"}, 11, 21), run_differs);
  EXPECT_EQ(published({"a", "b", "c"}, 0, 51), run_differs);
  EXPECT_EQ(published({"a", "b"}, 0, 20), "");
  EXPECT_EQ(published({"a", "b"}, 0, 20), run_differs);
  EXPECT_EQ(published({"a", "b"}, 0, 30), run_differs);
  EXPECT_EQ(published({"a", "b", "c"}, 0, 30), "") << "once more from before";
  EXPECT_EQ(published({"c"}, 20, 30), run_differs);
  EXPECT_EQ(published({"c"}, 20, 50), "");
  EXPECT_EQ(books.tags[kPartner].published, 50U);
}

TEST_F(Judgement, WithoutAttachmentsPublicationsAreTakenAsTheyAre) {
  EXPECT_EQ(published({"x"}, 0, 20), run_differs);
  EXPECT_EQ(published({"x"}, 0, 20, true), "");
  EXPECT_EQ(published({"x"}, 0, 20, true), run_differs);
}

TEST_F(Judgement, WhatAPartnerPublishedIsNotCredited) {
  EXPECT_EQ(judged_act("a"), "ok");
  EXPECT_EQ(noted({"a"}, publication({"a"}, 0, 9, "YICHANG")), code_name(LEAF_UNEXPECTED));
  EXPECT_EQ(noted({"a"}, publication({"b"}, 0, 9, "WUHAN")), code_name(ATTACHMENT_MISMATCH));
  EXPECT_EQ(noted({"a"}, publication({"a"}, 3, 9, "WUHAN")), run_differs);
  EXPECT_EQ(noted({"a", "b"}, publication({"a", "b"}, 0, 9, "WUHAN")), "");
  EXPECT_EQ(noted({"c"}, publication({"c"}, 0, 9, "WUHAN")), run_differs);
  EXPECT_EQ(noted({"c"}, publication({"c"}, 9, 12, "WUHAN"), 8), "");
  for (const auto* act : {"a", "b", "c"}) EXPECT_EQ(judged_act(act), code_name(CLAIM_ABROAD));
  EXPECT_EQ(judged_act("d"), "ok");
  EXPECT_EQ(books.tags[kPartner].theirs.at(tag_of("b")), PlaceOfAct(7, 1));
}

}  // namespace
}  // namespace puhui::node::audit::testing
