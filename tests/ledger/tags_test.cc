// Acts that a partner city knows by their tags: credited once, here or there; published in full.
#include "tests/ledger/partner.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct TaggedActs : Citizens {
  TaggedActs() : Citizens(tag_rules()) {}

  // Rides nobody took before; answers the leaf of their batch.
  std::uint64_t credit(const std::vector<std::string>& acts) {
    std::vector<v1::BehaviourRecord> records;
    for (const auto& act : acts) records.push_back(tagged(city.new_ride(1, 100), act));
    const auto answer = city.submit(signed_acts(city, records));
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code) << answer.detail;
    return answer.leaf;
  }
  Answer credit_one(const std::string& act) {
    return city.submit(signed_acts(city, {tagged(city.new_ride(2, 100), act)}));
  }
  Answer publish(const std::vector<std::string>& acts, std::uint64_t from, std::uint64_t to) {
    return city.submit(signed_publication(city, acts, publication(acts, from, to)));
  }
  [[nodiscard]] std::string listed(std::optional<std::uint64_t> from, std::size_t limit) const {
    std::string text;
    Page page{"", limit};
    do {
      const auto part = city.view().act_tags(kPartner, from, page);
      for (const auto& item : part.items())
        text += std::to_string(item.leaf()) + "/" + std::to_string(item.record()) + " ";
      page.after = part.next();
    } while (!page.after.empty());
    return text;
  }

  PartnerCity partner;
};

// ---- Records ----

TEST_F(TaggedActs, RecordsCarryTheTagsThatTheRulesName) {
  PUHUI_REFUSED(ride(city, {city.new_ride(1, 100)}), TAG_MISSING);
  PUHUI_REFUSED(city.submit(signed_acts(city, {tagged(city.new_ride(1, 100), "a", "YICHANG")})),
                TAG_MISSING);
  PUHUI_ACCEPTED(ride(city, {city.new_ride(1, 100)}, "provider", "walk"));
  auto both = tagged(city.new_ride(1, 100), "a");
  both.add_tags()->set_partner("YICHANG");
  both.mutable_tags(1)->set_tag(tag_of("a for another"));
  PUHUI_ACCEPTED(city.submit(signed_acts(city, {both})));
  EXPECT_EQ(city.view().act_tags("YICHANG", {}, {}).items_size(), 1);
}

TEST_F(TaggedActs, OfOneTagAreCreditedOnce) {
  // As two platforms would report it whose carriers were told apart.
  const auto answer = city.submit(
      signed_acts(city, {tagged(city.new_ride(1, 100), "a"), tagged(city.new_ride(1, 100), "a"),
                         tagged(city.new_ride(1, 100), "b")}));
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(refusals_of(answer), "1 claim.duplicate; ");
  const auto again = credit_one("b");
  PUHUI_REFUSED(again, CLAIM_DUPLICATE);
  EXPECT_EQ(again.outcome.used(), "leaf " + std::to_string(answer.leaf) + ", record 2");
  // Another partner's tags are other points.
  PUHUI_ACCEPTED(
      city.submit(signed_acts(city, {tagged(city.new_ride(1, 100), "b", "YICHANG")}, "walk")));
  // A reversal frees neither the claim nor the tag.
  const auto taken = city.new_ride(3, 100);
  PUHUI_ACCEPTED(city.submit(signed_acts(city, {tagged(taken, "c")})));
  PUHUI_ACCEPTED(reverse_rides(city, {taken}));
  PUHUI_REFUSED(credit_one("c"), CLAIM_DUPLICATE);
}

TEST_F(TaggedActs, TagsAreInOrderAndOfTheirSize) {
  const auto sent = [this](const std::function<void(v1::BehaviourRecord&)>& change) {
    auto record = tagged(city.new_ride(1, 100), "a");
    change(record);
    return city.submit(signed_acts(city, {record}));
  };
  PUHUI_FAILED(sent([](auto& record) { record.mutable_tags(0)->mutable_tag()->pop_back(); }),
               RECORD_MALFORMED);
  PUHUI_FAILED(sent([](auto& record) { record.mutable_tags(0)->set_partner("Xiangyang"); }),
               RECORD_MALFORMED);
  PUHUI_FAILED(sent([](auto& record) { *record.add_tags() = record.tags(0); }), RECORD_MALFORMED);
  PUHUI_FAILED(sent([](auto& record) {
                 *record.add_tags() = record.tags(0);
                 record.mutable_tags(1)->set_partner("A");
               }),
               RECORD_MALFORMED);
  PUHUI_FAILED(sent([](auto& record) {
                 for (int i = 0; i < kPartnersOfActMax; ++i) {
                   *record.add_tags() = record.tags(0);
                   record.mutable_tags(i + 1)->set_partner("Y" + std::to_string(i));
                 }
               }),
               RECORD_MALFORMED);
}

TEST_F(TaggedActs, ARuleNamesAPartnerOncePerScenario) {
  auto rules = tag_rules("twice");
  *rules.add_tags() = rules.tags(0);
  PUHUI_REFUSED(file_rules(city, rules), RULE_MALFORMED);
  rules.mutable_tags(1)->set_scenario("walk");
  PUHUI_ACCEPTED(file_rules(city, rules));
  rules.mutable_tags(1)->set_partner("xiangyang");
  PUHUI_REFUSED(file_rules(city, rules), RULE_MALFORMED);
}

// ---- Publications ----

TEST_F(TaggedActs, ArePublishedInFullAndInOrder) {
  const auto first = credit({"a", "b"});
  const auto second = credit({"c"});
  const auto to = second + 1;
  PUHUI_REFUSED(publish({"a", "b", "c"}, 0, to), AGREEMENT_UNKNOWN);
  PUHUI_ACCEPTED(agree_with(city, partner));
  PUHUI_REFUSED(publish({"a", "b"}, 0, to), RUN_DIFFERS);
  PUHUI_REFUSED(publish({"a", "b", "c", "d"}, 0, to), RUN_DIFFERS);
  PUHUI_REFUSED(publish({"b", "a", "c"}, 0, to), RUN_DIFFERS);
  PUHUI_REFUSED(publish({"a", "b", "d"}, 0, to), RUN_DIFFERS);
  PUHUI_REFUSED(publish({"c"}, first + 1, to), RUN_DIFFERS);
  PUHUI_REFUSED(publish({"a", "b", "c"}, 0, city.head().size + 2), RUN_DIFFERS);
  const std::vector<std::string> all{"a", "b", "c"};
  PUHUI_FAILED(city.submit(signed_publication(city, all, publication(all, 0, to), {"provider"})),
               SIGNATURE_MISSING);
  // By parts, each from where the last one ended.
  PUHUI_ACCEPTED(publish({"a", "b"}, 0, first + 1));
  PUHUI_REFUSED(publish({"a", "b"}, 0, first + 1), RUN_DIFFERS);
  PUHUI_ACCEPTED(publish({"c"}, first + 1, city.head().size));
  EXPECT_EQ(city.view().act_tags(kPartner, {}, {}).items_size(), 0);
}

// As a city does whose partner lost what it had noted.
TEST_F(TaggedActs, MayBePublishedAgainFromBefore) {
  PUHUI_ACCEPTED(agree_with(city, partner));
  const auto first = credit({"a"});
  PUHUI_ACCEPTED(publish({"a"}, 0, first + 1));
  const auto second = credit({"b"});
  PUHUI_REFUSED(publish({"b"}, 0, second + 1), RUN_DIFFERS);
  PUHUI_ACCEPTED(publish({"a", "b"}, 0, second + 1));
  PUHUI_REFUSED(publish({"a", "b"}, 0, second + 1), RUN_DIFFERS);
}

TEST_F(TaggedActs, AreListedFromALeafOn) {
  const auto first = credit({"a", "b", "c"});
  const auto second = credit({"d"});
  const auto of_first = [first](int record) {
    return std::to_string(first) + "/" + std::to_string(record) + " ";
  };
  const auto last = std::to_string(second) + "/0 ";
  const auto all = of_first(0) + of_first(1) + of_first(2) + last;
  for (const std::size_t limit : {1, 2, 100}) {
    EXPECT_EQ(listed({}, limit), all) << limit;
    EXPECT_EQ(listed(first, limit), all) << limit;
    EXPECT_EQ(listed(first + 1, limit), last) << limit;
    EXPECT_EQ(listed(second + 1, limit), "") << limit;
  }
  EXPECT_EQ(city.view().act_tags(kPartner, {}, {}).items(0).tag(), tag_of("a"));
  PUHUI_ACCEPTED(agree_with(city, partner));
  PUHUI_ACCEPTED(publish({"a", "b", "c"}, 0, first + 1));
  EXPECT_EQ(listed({}, 100), last);
  EXPECT_EQ(listed(0, 100), all);
  EXPECT_EQ(city.view().act_tags(kPartner, {}, {}).published(), first + 1);
}

// ---- What a partner published ----

TEST_F(TaggedActs, KnownFromAPartnerAreNotCredited) {
  PUHUI_ACCEPTED(agree_with(city, partner));
  const auto own = credit({"a"});
  const std::vector<std::string> theirs{"b", "a", "c"};
  const auto leaf = partner.publish(publication(theirs, 0, 90, "WUHAN"));
  PUHUI_REFUSED(city.submit(noting(city, partner, leaf, theirs)), CHECKPOINT_NOT_ACCEPTED);
  PUHUI_ACCEPTED(accept_from(city, partner));
  PUHUI_ACCEPTED(credit_one("c"));  // not known yet
  const auto noted = city.submit(noting(city, partner, leaf, theirs));
  PUHUI_ACCEPTED(noted);
  EXPECT_EQ(fact_of(noted, "tags"), "3");
  EXPECT_EQ(fact_of(noted, "of_both"), "2");
  const auto refused = credit_one("b");
  PUHUI_REFUSED(refused, CLAIM_ABROAD);
  EXPECT_EQ(refused.outcome.used(), "XIANGYANG leaf 0, record 0");
  PUHUI_REFUSED(credit_one("a"), CLAIM_DUPLICATE);
  PUHUI_ACCEPTED(credit_one("d"));

  const auto both = city.view().acts_of_both(kPartner, {"", 1});
  ASSERT_EQ(both.items_size(), 1);
  EXPECT_EQ(both.items(0).leaf(), static_cast<std::int64_t>(own));
  EXPECT_EQ(both.items(0).partner_leaf(), static_cast<std::int64_t>(leaf));
  EXPECT_EQ(both.items(0).partner_record(), 1U);
  EXPECT_EQ(city.view().acts_of_both(kPartner, {both.next(), 10}).items(0).partner_record(), 2U);
}

TEST_F(TaggedActs, OfAPartnerAreNotedInOrder) {
  PUHUI_ACCEPTED(agree_with(city, partner));
  const std::vector<std::string> first{"a"}, second{"b", "c"};
  const auto elsewhere = partner.publish(publication(first, 0, 20, "YICHANG"));
  v1::Payload another;
  another.mutable_note_recall();
  const auto no_tags = partner.append(another);
  const auto begin = partner.publish(publication(first, 0, 20, "WUHAN"));
  const auto next = partner.publish(publication(second, 20, 30, "WUHAN"));
  const auto gap = partner.publish(publication(first, 31, 40, "WUHAN"));
  PUHUI_ACCEPTED(accept_from(city, partner));
  PUHUI_REFUSED(city.submit(noting(city, partner, elsewhere, first)), LEAF_UNEXPECTED);
  PUHUI_REFUSED(city.submit(signed_note_of(city, partner.proven(no_tags),
                                           publication(first, 0, 1).tags(), tags_attached(first))),
                LEAF_UNEXPECTED);
  PUHUI_REFUSED(city.submit(noting(city, partner, next, second)), RUN_DIFFERS);
  PUHUI_REFUSED(
      city.submit(signed_note_of(city, partner.proven(begin), publication(second, 0, 1).tags(),
                                 tags_attached(second))),
      ATTACHMENT_MISMATCH);
  auto forged = partner.proven(begin);
  forged.set_index(next);
  PUHUI_REFUSED(city.submit(signed_note_of(city, forged, publication(first, 0, 1).tags(),
                                           tags_attached(first))),
                PROOF_INVALID);
  PUHUI_ACCEPTED(city.submit(noting(city, partner, begin, first)));
  PUHUI_REFUSED(city.submit(noting(city, partner, begin, first)), RUN_DIFFERS);
  PUHUI_ACCEPTED(city.submit(noting(city, partner, next, second)));
  PUHUI_REFUSED(city.submit(noting(city, partner, gap, first)), RUN_DIFFERS);
  for (const auto* act : {"a", "b", "c"}) PUHUI_REFUSED(credit_one(act), CLAIM_ABROAD);
}

// What is credited there at the leaves that it lost may be credited here no more than what was.
TEST_F(TaggedActs, OfANewEpochAreNotedFromTheLeavesThatItKept) {
  PUHUI_ACCEPTED(agree_with(city, partner));
  const std::vector<std::string> kept{"a"}, lost{"b"}, anew{"c"};
  const auto first = partner.publish(publication(kept, 0, 1, "WUHAN"));
  const auto second = partner.publish(publication(lost, 1, 20, "WUHAN"));
  PUHUI_ACCEPTED(accept_from(city, partner));
  PUHUI_ACCEPTED(city.submit(noting(city, partner, first, kept)));
  PUHUI_ACCEPTED(city.submit(noting(city, partner, second, lost)));
  partner.lose_from(1);
  PUHUI_ACCEPTED(renew_from(city, partner));
  const auto next = partner.publish(publication(anew, 1, 10, "WUHAN"));
  PUHUI_ACCEPTED(accept_from(city, partner));
  PUHUI_REFUSED(city.submit(noting(city, partner, first, kept)), RUN_DIFFERS);
  PUHUI_ACCEPTED(city.submit(noting(city, partner, next, anew)));
  for (const auto* act : {"a", "b", "c"}) PUHUI_REFUSED(credit_one(act), CLAIM_ABROAD);
}

TEST_F(TaggedActs, StayKnown) {
  PUHUI_ACCEPTED(agree_with(city, partner));
  const auto first = credit({"a", "b"});
  city.reopen();
  PUHUI_REFUSED(credit_one("a"), CLAIM_DUPLICATE);
  PUHUI_ACCEPTED(publish({"a", "b"}, 0, first + 1));
}

}  // namespace
}  // namespace puhui::ledger::testing
