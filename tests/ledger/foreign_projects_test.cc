// Projects of a partner, from public notice on: one city files a key for a time, not both.
#include <gtest/gtest.h>

#include "tests/ledger/epochs.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct ForeignProjects : TwoCities {
  void SetUp() override {
    auto rules = recognition_rules("by procedure");
    add_procedure(rules, v1::FILING_PROJECT, {2, 3});
    PUHUI_ACCEPTED(file_rules(a, rules));
    agree(a, b, agreement_between(a, b));
  }
  // Leaves of a draft that was reviewed.
  std::uint64_t reviewed(const std::string& filing, const v1::FileProject& project) {
    const auto drafted = draft(a, filing, subject_of(project));
    EXPECT_EQ(drafted.decision, v1::ACCEPTED) << code_name(drafted.code);
    for (const auto* by : {"expert1", "expert2"})
      EXPECT_EQ(review(a, filing, by).decision, v1::ACCEPTED);
    return drafted.leaf;
  }
  v1::Payload noting(std::uint64_t filing, std::optional<std::uint64_t> notice = {}) {
    auto payload = filing_event(b, carry(a, b, std::max(filing, notice.value_or(0))));
    auto& action = *payload.mutable_note_filing();
    *action.mutable_filing() = carry(a, b, filing);
    if (notice) *action.mutable_notice() = carry(a, b, *notice);
    return payload;
  }
  Answer note(std::uint64_t filing, std::optional<std::uint64_t> notice = {}) {
    return b.send(noting(filing, notice), {"operator"});
  }
  Answer note_end(const std::string& project, const v1::ProvenLeaf& ended) {
    auto payload = b.event("operator");
    auto& action = *payload.mutable_note_filing_end();
    action.set_project(project);
    *action.mutable_ended() = ended;
    return b.send(payload, {"operator"});
  }
  Answer note_end(const std::string& project, std::uint64_t ended) {
    return note_end(project, carry(a, b, ended));
  }
  // A draft of P9 with a key that both cities could file, under notice and noted.
  void draft_shared(const std::string& filing = "p9") {
    draft_leaf = reviewed(filing, with_key("P9", "meter-shared"));
    notice_leaf = open_notice(a, filing_named(filing)).leaf;
    PUHUI_ACCEPTED(note(draft_leaf, notice_leaf));
  }
  [[nodiscard]] std::optional<v1::ForeignProject> noted(const std::string& project) const {
    return stored<v1::ForeignProject>(b, key::foreign_project("WUHAN", project));
  }
  // The partner's log begins anew behind so many leaves.
  Answer begin_epoch(std::uint64_t kept_leaves) {
    return renew_epoch(a, b, next_epoch(a, kept_leaves));
  }
  Answer note_lost(const std::string& project, const std::string& city = "WUHAN") {
    v1::ProvenLeaf lost;
    lost.set_city(city);
    return note_end(project, lost);
  }
  // With a key of its own, whatever its code.
  static v1::FileProject with_key(const std::string& project, const std::string& meter) {
    auto action = pv_project(project);
    *action.mutable_keys(0) = meter;
    return action;
  }

  std::uint64_t draft_leaf = 0, notice_leaf = 0;  // of P9
};

TEST_F(ForeignProjects, AreNotedOnceTheyAreUnderNotice) {
  const auto drafted = reviewed("p9", with_key("P9", "meter-shared"));
  PUHUI_REFUSED(note(drafted), LEAF_UNEXPECTED);
  const auto other = reviewed("p8", with_key("P8", "meter-8"));
  const auto notice = open_notice(a, filing_named("p9"));
  PUHUI_ACCEPTED(notice);
  PUHUI_REFUSED(note(other, notice.leaf), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note(notice.leaf, notice.leaf), LEAF_UNEXPECTED);
  const auto accepted = note(drafted, notice.leaf);
  PUHUI_ACCEPTED(accepted);
  const auto project = *noted("P9");
  EXPECT_EQ(project.keys(0), "meter-shared");
  EXPECT_EQ(project.from(), 20'000);
  EXPECT_EQ(project.to(), 23'000);
  EXPECT_EQ(project.partner_leaf(), drafted);
  EXPECT_EQ(project.noted_at(), static_cast<std::int64_t>(accepted.leaf));
  EXPECT_EQ(project.conflict(), "");
  PUHUI_REFUSED(note(drafted, notice.leaf), RETIREMENT_STATED);
  EXPECT_FALSE(noted("P8"));
}

TEST_F(ForeignProjects, AreNotedOnceTheyAreFiledWhereNoNoticeIsAskedFor) {
  auto rules = recognition_rules("without notice");
  add_procedure(rules, v1::FILING_PROJECT, {2, 0});
  PUHUI_ACCEPTED(file_rules(a, rules));
  const auto drafted = reviewed("p9", with_key("P9", "meter-9"));
  const auto other = reviewed("p8", with_key("P8", "meter-8"));
  const auto completed = complete(a, "p9");
  PUHUI_ACCEPTED(completed);
  PUHUI_REFUSED(note(drafted), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note(other, completed.leaf), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(note(drafted, completed.leaf));
  EXPECT_EQ(noted("P9")->keys(0), "meter-9");
}

TEST_F(ForeignProjects, KeepTheirKeysForTheirTime) {
  const auto drafted = reviewed("p9", with_key("P9", "meter-shared"));
  const auto notice = open_notice(a, filing_named("p9"));
  PUHUI_ACCEPTED(note(drafted, notice.leaf));
  auto own = with_key("P5", "meter-shared");
  PUHUI_REFUSED(file(b, own), PERIOD_ABROAD);
  own.set_crediting_from(22'999);
  own.set_crediting_to(24'000);
  PUHUI_REFUSED(file(b, own), PERIOD_ABROAD);
  own.set_crediting_from(19'900);
  own.set_crediting_to(20'001);
  PUHUI_REFUSED(file(b, own), PERIOD_ABROAD);
  own.set_crediting_from(23'000);
  own.set_crediting_to(24'000);
  PUHUI_ACCEPTED(file(b, own));
  PUHUI_ACCEPTED(file(b, with_key("P6", "meter-6")));
}

TEST_F(ForeignProjects, ThatComeSecondAreKnownAsSuch) {
  const auto first = note_project(a, b);
  PUHUI_ACCEPTED(first);
  PUHUI_REFUSED(note_project(a, b), RETIREMENT_STATED);
  // The key of the other city's own project.
  const auto drafted = reviewed("p9", with_key("P9", "meter-2"));
  const auto notice = open_notice(a, filing_named("p9"));
  PUHUI_ACCEPTED(note(drafted, notice.leaf));
  EXPECT_EQ(noted("P9")->conflict(), "P2");
  EXPECT_EQ(noted("P1")->conflict(), "");
}

TEST_F(ForeignProjects, AreNotedBeforeTheirUnitsCome) {
  PUHUI_ACCEPTED(a.issue_kg(100));
  const auto exported = export_units(a, b, {{{1, 10}}});
  PUHUI_ACCEPTED(exported);
  const auto proof = carry(a, b, exported.leaf);
  PUHUI_REFUSED(import_units(b, proof), PROJECT_ABROAD);
  PUHUI_ACCEPTED(note_project(a, b));
  PUHUI_ACCEPTED(import_units(b, proof));
}

// ---- The end of a draft ----

TEST_F(ForeignProjects, ThatAreWithdrawnFreeTheirKeys) {
  draft_shared();
  EXPECT_EQ(noted("P9")->filing(), "p9");
  PUHUI_REFUSED(file(b, with_key("P5", "meter-shared")), PERIOD_ABROAD);
  const auto withdrawn = withdraw(a, "p9");
  PUHUI_ACCEPTED(withdrawn);
  PUHUI_ACCEPTED(note_end("P9", withdrawn.leaf));
  EXPECT_FALSE(noted("P9"));
  PUHUI_ACCEPTED(file(b, with_key("P5", "meter-shared")));
  PUHUI_REFUSED(note_end("P9", withdrawn.leaf), PROJECT_ABROAD);
}

TEST_F(ForeignProjects, OfWhichAnObjectionIsUpheldFreeTheirKeys) {
  draft_shared();
  PUHUI_ACCEPTED(raise(a, filing_named("p9"), "o1"));
  PUHUI_ACCEPTED(raise(a, filing_named("p9"), "o2"));
  const auto denied = judge(a, filing_named("p9"), "o1", Upheld::no);
  PUHUI_ACCEPTED(denied);
  PUHUI_REFUSED(note_end("P9", denied.leaf), LEAF_UNEXPECTED);
  PUHUI_REFUSED(file(b, with_key("P5", "meter-shared")), PERIOD_ABROAD);
  const auto upheld = judge(a, filing_named("p9"), "o2", Upheld::yes);
  PUHUI_ACCEPTED(upheld);
  PUHUI_ACCEPTED(note_end("P9", upheld.leaf));
  EXPECT_FALSE(noted("P9"));
  PUHUI_ACCEPTED(file(b, with_key("P5", "meter-shared")));
}

TEST_F(ForeignProjects, EndWithTheirOwnDraftAlone) {
  draft_shared();
  const auto other = reviewed("p8", with_key("P8", "meter-8"));
  const auto withdrawn = withdraw(a, "p8");
  PUHUI_ACCEPTED(withdrawn);
  PUHUI_REFUSED(note_end("P9", withdrawn.leaf), LEAF_UNEXPECTED);
  for (const auto leaf : {other, draft_leaf, notice_leaf})
    PUHUI_REFUSED(note_end("P9", leaf), LEAF_UNEXPECTED);
  for (const auto* project : {"P8", "P1", "p9", "", "P9\n"})
    PUHUI_REFUSED(note_end(project, withdrawn.leaf), PROJECT_ABROAD);
  EXPECT_TRUE(noted("P9"));
}

// Drafts of several cities may be called alike.
TEST_F(ForeignProjects, EndInTheirOwnCityAlone) {
  SovereignCity c{{"YICHANG", "P3"}};
  auto rules = recognition_rules("by procedure");
  add_procedure(rules, v1::FILING_PROJECT, {2, 3});
  PUHUI_ACCEPTED(file_rules(c, rules));
  agree(c, b, agreement_between(c, b));
  draft_shared();
  PUHUI_ACCEPTED(draft(c, "p9", subject_of(with_key("P9", "meter-shared"))));
  const auto withdrawn = withdraw(c, "p9");
  PUHUI_ACCEPTED(withdrawn);
  auto ended = carry(c, b, withdrawn.leaf);
  PUHUI_REFUSED(note_end("P9", ended), PROJECT_ABROAD);
  ended.set_city("WUHAN");
  PUHUI_REFUSED(note_end("P9", ended), CHECKPOINT_NOT_ACCEPTED);
  EXPECT_TRUE(noted("P9"));
}

TEST_F(ForeignProjects, ThatAreFiledStay) {
  PUHUI_ACCEPTED(note_project(a, b));  // without a draft
  draft_shared();
  a.now = notice_end(a, "p9");
  const auto completed = complete(a, "p9");
  PUHUI_ACCEPTED(completed);
  PUHUI_REFUSED(withdraw(a, "p9"), FILING_STATE);
  reviewed("p8", with_key("P8", "meter-8"));
  const auto withdrawn = withdraw(a, "p8");
  PUHUI_ACCEPTED(withdrawn);
  for (const auto* project : {"P1", "P9"})
    for (const auto leaf : {completed.leaf, withdrawn.leaf})
      PUHUI_REFUSED(note_end(project, leaf), LEAF_UNEXPECTED);
  EXPECT_TRUE(noted("P1"));
  EXPECT_TRUE(noted("P9"));
}

// Of the days before, units may come still.
TEST_F(ForeignProjects, ThatAreClosedFreeTheirKeysFromTheNextDayOn) {
  PUHUI_ACCEPTED(note_project(a, b));
  const auto suspended = stand(a, "P1", v1::STANDING_SUSPENDED);
  PUHUI_ACCEPTED(suspended);
  PUHUI_REFUSED(note_end("P1", suspended.leaf), LEAF_UNEXPECTED);
  const auto closed = stand(a, "P1", v1::CLOSED);
  PUHUI_ACCEPTED(closed);
  auto own = with_key("P5", "meter-1");
  own.set_crediting_from(kToday + 1);
  PUHUI_REFUSED(file(b, own), PERIOD_ABROAD);
  PUHUI_REFUSED(note_end("P2", closed.leaf), PROJECT_ABROAD);
  PUHUI_ACCEPTED(note_end("P1", closed.leaf));
  EXPECT_EQ(noted("P1")->to(), kToday + 1);
  PUHUI_REFUSED(note_end("P1", closed.leaf), RETIREMENT_STATED);
  own.set_crediting_from(kToday);
  PUHUI_REFUSED(file(b, own), PERIOD_ABROAD);
  own.set_crediting_from(kToday + 1);
  PUHUI_ACCEPTED(file(b, own));
}

// One that was closed before its time began has none.
TEST_F(ForeignProjects, ThatNeverBeganFreeTheirKeysAltogether) {
  auto rules = recognition_rules("at once");
  PUHUI_ACCEPTED(file_rules(a, rules));
  auto later = with_key("P9", "meter-shared");
  later.set_crediting_from(kToday + 10);
  const auto filed = file(a, later);
  PUHUI_ACCEPTED(filed);
  PUHUI_ACCEPTED(note(filed.leaf));
  auto own = with_key("P5", "meter-shared");
  PUHUI_REFUSED(file(b, own), PERIOD_ABROAD);
  const auto revoked = stand(a, "P9", v1::REVOKED);
  PUHUI_ACCEPTED(revoked);
  PUHUI_ACCEPTED(note_end("P9", revoked.leaf));
  PUHUI_REFUSED(note_end("P9", revoked.leaf), RETIREMENT_STATED);
  PUHUI_ACCEPTED(file(b, own));
}

// What showed them is in no log any more: there they may be filed anew, or never.
TEST_F(ForeignProjects, ThatTheirCityLostFreeTheirKeys) {
  PUHUI_ACCEPTED(note_project(a, b));
  draft_shared();
  PUHUI_REFUSED(note_lost("P9"), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(begin_epoch(notice_leaf));
  PUHUI_REFUSED(file(b, with_key("P5", "meter-shared")), PERIOD_ABROAD);
  PUHUI_REFUSED(note_lost("P1"), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_lost("P8"), PROJECT_ABROAD);
  PUHUI_REFUSED(note_lost("P9", "YICHANG"), AGREEMENT_UNKNOWN);
  PUHUI_ACCEPTED(note_lost("P9"));
  EXPECT_FALSE(noted("P9"));
  PUHUI_ACCEPTED(file(b, with_key("P5", "meter-shared")));
}

TEST_F(ForeignProjects, ThatTheirCityLostAreNotedStillForTheUnitsThatCame) {
  PUHUI_ACCEPTED(note_project(a, b));
  PUHUI_ACCEPTED(a.issue_kg(100));
  cross(a, b, {{{1, 10}}});
  PUHUI_ACCEPTED(begin_epoch(1));
  PUHUI_REFUSED(note_lost("P1"), LEAF_UNEXPECTED);
  PUHUI_REFUSED(file(b, with_key("P5", "meter-1")), PERIOD_ABROAD);
}

// Proofs of a draft last for ever, and anybody can bring them.
TEST_F(ForeignProjects, ThatEndedDoNotComeBackByTheirOldDraft) {
  draft_shared();
  const auto withdrawn = withdraw(a, "p9");
  PUHUI_ACCEPTED(note_end("P9", withdrawn.leaf));
  PUHUI_REFUSED(note(draft_leaf, notice_leaf), RETIREMENT_STATED);
  EXPECT_FALSE(noted("P9"));
  PUHUI_ACCEPTED(file(b, with_key("P5", "meter-shared")));
}

TEST_F(ForeignProjects, MayBeDraftedAndNotedAnew) {
  draft_shared();
  const auto first = withdraw(a, "p9");
  PUHUI_ACCEPTED(note_end("P9", first.leaf));
  draft_shared("p9-again");
  EXPECT_EQ(noted("P9")->filing(), "p9-again");
  EXPECT_EQ(noted("P9")->conflict(), "");
  PUHUI_REFUSED(file(b, with_key("P5", "meter-shared")), PERIOD_ABROAD);
  PUHUI_REFUSED(note_end("P9", first.leaf), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(note_end("P9", withdraw(a, "p9-again").leaf));
  // Second to a project that was filed here meanwhile.
  PUHUI_ACCEPTED(file(b, with_key("P5", "meter-shared")));
  draft_shared("p9-once-more");
  EXPECT_EQ(noted("P9")->conflict(), "P5");
}

// The draft goes on there.
TEST_F(ForeignProjects, AreNotedAgainWhereTheirEndWasLost) {
  draft_shared();
  const auto noted_by = noting(draft_leaf, notice_leaf);
  const auto withdrawn = withdraw(a, "p9");
  PUHUI_ACCEPTED(note_end("P9", withdrawn.leaf));
  auto again = b.event("operator");
  *again.mutable_note_filing() = noted_by.note_filing();
  PUHUI_REFUSED(b.send(again, {"operator"}), RETIREMENT_STATED);
  PUHUI_ACCEPTED(begin_epoch(withdrawn.leaf));
  again = b.event("operator");
  *again.mutable_note_filing() = noted_by.note_filing();
  PUHUI_ACCEPTED(b.send(again, {"operator"}));
  EXPECT_EQ(noted("P9")->filing(), "p9");
}

}  // namespace
}  // namespace puhui::ledger::testing
