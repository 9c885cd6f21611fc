// Projects of a partner, from public notice on: one city files a key for a time, not both.
#include <gtest/gtest.h>

#include "tests/ledger/cities.h"

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
  Answer note(std::uint64_t filing, std::optional<std::uint64_t> notice = {}) {
    auto payload = filing_event(b, carry(a, b, std::max(filing, notice.value_or(0))));
    auto& action = *payload.mutable_note_filing();
    *action.mutable_filing() = carry(a, b, filing);
    if (notice) *action.mutable_notice() = carry(a, b, *notice);
    return b.send(payload, {"operator"});
  }
  [[nodiscard]] std::optional<v1::ForeignProject> noted(const std::string& project) const {
    return stored<v1::ForeignProject>(b, key::foreign_project("WUHAN", project));
  }
  // With a key of its own, whatever its code.
  static v1::FileProject with_key(const std::string& project, const std::string& meter) {
    auto action = pv_project(project);
    *action.mutable_keys(0) = meter;
    return action;
  }
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

}  // namespace
}  // namespace puhui::ledger::testing
