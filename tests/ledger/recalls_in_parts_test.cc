// A recall whose units lie in more pieces abroad than one event may touch: noted part by part.
#include <gtest/gtest.h>

#include "ledger/rules/holding/holdings.h"
#include "tests/ledger/cities.h"
#include "tests/ledger/every_other.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr auto kPart = static_cast<std::int64_t>(kRangesMax);
constexpr std::int64_t kThere = 2'500, kOnTheWay = 100;

struct RecallsInParts : TwoCities {
  // All but the last 100 kg went over, in two transfers; there, every other of the first 2000 kg
  // was sold: 2001 pieces.
  void SetUp() override {
    auto agreement = agreement_between(a, b);
    terms_of_taker(agreement, b).set_discount("1");
    recognise(agreement);
    PUHUI_ACCEPTED(a.issue_kg(kThere + kOnTheWay));
    cross(a, b, {{{1, 1'500}}});
    cross(a, b, {{{1'501, kThere}}});
    PUHUI_ACCEPTED(transfer(b, {"owner-main", "owner-side"}, every_other(2, 2'000)));
  }
  Answer note(const Answer& recalled) { return note_recall(b, carry(a, b, recalled.leaf)); }
  static std::string fact(const Answer& noted, const std::string& name) {
    for (const auto& fact : noted.outcome.facts())
      if (fact.name() == name) return fact.value();
    return std::string(code_name(noted.code));
  }
  // "kilograms frozen, whether that was all"
  std::string note_part(const Answer& recalled) {
    const auto noted = note(recalled);
    return fact(noted, "frozen_kg") + " " + fact(noted, "is_whole");
  }
  [[nodiscard]] std::int64_t frozen() const {
    return b.bound("owner-main") + b.bound("owner-side");
  }
  [[nodiscard]] bool is_frozen(std::uint64_t serial) const {
    return b.view().serial(serial)->bound_by() == "recall/WUHAN";
  }
  [[nodiscard]] bool is_noted(const Answer& recalled) const {
    return b.view().reader().get(key::recall_noted("WUHAN", 0, recalled.leaf)).has_value();
  }
  // How often a kilogram was frozen.
  [[nodiscard]] std::int64_t freezes_of(std::uint64_t serial) const {
    const auto history = *b.view().history(serial, {});
    return std::ranges::count(history.moves(), v1::MOVE_FREEZE, &v1::UnitMove::kind);
  }
};

TEST_F(RecallsInParts, AreNotedUntilTheyAreWhole) {
  const auto recalled = recall(a, "B1");
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(note_part(recalled), "1000 false");
  EXPECT_EQ(frozen(), kPart);
  EXPECT_TRUE(is_frozen(1'000));
  EXPECT_FALSE(is_frozen(1'001));
  EXPECT_FALSE(is_noted(recalled));
  b.reopen();
  EXPECT_EQ(note_part(recalled), "1000 false");
  EXPECT_TRUE(is_frozen(1'501)) << "of the second transfer";
  EXPECT_EQ(frozen(), 2 * kPart);
  EXPECT_FALSE(is_noted(recalled));
  EXPECT_EQ(note_part(recalled), "500 true");
  EXPECT_EQ(frozen(), kThere);
  EXPECT_TRUE(is_noted(recalled));
  PUHUI_REFUSED(note(recalled), RETIREMENT_STATED);
  EXPECT_EQ(held_text(b, "owner-main") + held_text(b, "owner-side"), "");
  for (const std::uint64_t serial : {1, 2, 1'000, 1'001, 1'500, 1'501, 2'000, 2'001, 2'500})
    EXPECT_EQ(freezes_of(serial), 1) << serial;
  EXPECT_EQ(b.totals().units_held_kg(), kThere);
}

// What comes of it afterwards is kept out from the first part on.
TEST_F(RecallsInParts, KeepOutAtOnceWhatIsOnTheWay) {
  const auto last = kThere + kOnTheWay;
  const auto way = export_units(a, b, {{{kThere + 1, static_cast<std::uint64_t>(last)}}});
  PUHUI_ACCEPTED(way);
  const auto recalled = recall(a, "B1");
  const auto proof = carry(a, b, way.leaf);
  EXPECT_EQ(note_part(recalled), "1000 false");
  PUHUI_REFUSED(import_units(b, proof), UNITS_RECALLED);
  EXPECT_EQ(note_part(recalled), "1000 false");
  PUHUI_REFUSED(import_units(b, proof), UNITS_RECALLED);
  const auto refused = refuse_import(b, proof, "units.recalled");
  PUHUI_ACCEPTED(refused);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, refused.leaf)));
  EXPECT_EQ(note_part(recalled), "500 true");
  EXPECT_EQ(a.totals().units_cancelled_kg(), kOnTheWay);
}

// Units of parts that are still to come are used meanwhile as before.
TEST_F(RecallsInParts, FindUnitsWhereTheyAreByThen) {
  const auto recalled = recall(a, "B1");
  EXPECT_EQ(note_part(recalled), "1000 false");
  PUHUI_ACCEPTED(transfer(b, {"owner-main", "owner-more"}, {{2'001, 2'100}}));
  PUHUI_ACCEPTED(retire(b, "owner-main", {{1'001, 1'001}, {2'200, 2'299}}));
  PUHUI_ACCEPTED(send_home(b, a, {{2'400, 2'449}}));
  PUHUI_REFUSED(retire(b, "owner-main", {{999, 999}}), SERIAL_BOUND);
  EXPECT_EQ(note_part(recalled), "1000 false");
  EXPECT_EQ(note_part(recalled), "500 true");
  PUHUI_REFUSED(note(recalled), RETIREMENT_STATED);
  EXPECT_EQ(frozen() + b.bound("owner-more"), kThere - 101) << "locked ones are bound as well";
  EXPECT_EQ(b.bound("owner-more"), 100);
  EXPECT_NE(b.view().serial(1'001)->recalled_at(), 0);
  EXPECT_EQ(b.state(1'001), v1::RETIRED);
  EXPECT_TRUE(b.view().serial(2'400)->bound_by().starts_with("transfer/"));
  EXPECT_NE(b.view().serial(2'400)->recalled_at(), 0);
}

// Two that run at once do not get in each other's way, and freeze nothing twice.
TEST_F(RecallsInParts, OfOneBatchEndEachForItself) {
  const auto some = recall(a, "B1", {{501, 2'100}});
  const auto rest = recall(a, "B1");
  EXPECT_EQ(note_part(some), "1000 false");
  EXPECT_EQ(note_part(rest), "500 false") << "the first 1000 pieces, of which half were frozen";
  EXPECT_EQ(note_part(some), "600 true");
  PUHUI_REFUSED(note(some), RETIREMENT_STATED);
  EXPECT_EQ(note_part(rest), "0 false");
  EXPECT_EQ(note_part(rest), "400 true");
  PUHUI_REFUSED(note(rest), RETIREMENT_STATED);
  EXPECT_EQ(frozen(), kThere);
  for (const std::uint64_t serial : {1, 500, 501, 1'001, 1'501, 2'001, 2'101})
    EXPECT_EQ(freezes_of(serial), 1) << serial;
}

// As many pieces as one event may touch are one part.
TEST_F(RecallsInParts, OfOnePartAreWholeAtOnce) {
  const auto recalled = recall(a, "B1", {{1, 1'000}});
  EXPECT_EQ(note_part(recalled), "1000 true");
  PUHUI_REFUSED(note(recalled), RETIREMENT_STATED);
  const auto one_more = recall(a, "B1", {{1'001, 2'001}});
  EXPECT_EQ(note_part(one_more), "1000 false");
  EXPECT_EQ(note_part(one_more), "1 true");
}

// What went home and came again has other numbers: it is found by the last ones.
TEST_F(RecallsInParts, FollowWhatCameAgain) {
  cross(b, a, {{{2'101, 2'110}}, "owner-main", "owner-main", true});
  cross(a, b, {{{2'104, 2'107}}});
  const auto first = static_cast<std::uint64_t>(kThere) + 1;
  const auto recalled = recall(a, "B1", {{2'091, 2'120}});
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(note_part(recalled), "24 true");
  EXPECT_FALSE(is_frozen(2'090));
  EXPECT_TRUE(is_frozen(2'100));
  EXPECT_FALSE(is_frozen(2'101)) << "at home";
  EXPECT_TRUE(is_frozen(first));
  EXPECT_TRUE(is_frozen(first + 3));
  EXPECT_TRUE(is_frozen(2'111));
  EXPECT_FALSE(is_frozen(2'121));
}

// Recalls overlap as they like: what any of them names comes no more.
TEST_F(RecallsInParts, KeepOutWhatAnyOfThemNames) {
  const std::uint64_t first = kThere + 1;
  const auto way = export_units(a, b, {{{first, first + 9}}});
  const auto other = export_units(a, b, {{{first + 30, first + 39}}});
  const auto kept = export_units(a, b, {{{first + 50, first + 59}}});
  for (const auto& named : std::vector<SerialRanges>{
           {{first + 20, first + 49}}, {{first + 11, first + 25}}, {{first + 9, first + 12}}}) {
    const auto recalled = recall(a, "B1", named);
    PUHUI_ACCEPTED(recalled);
    EXPECT_EQ(note_part(recalled), "0 true");
  }
  for (const auto& refusing : {way, other}) {
    const auto proof = carry(a, b, refusing.leaf);
    PUHUI_REFUSED(import_units(b, proof), UNITS_RECALLED);
    const auto refused = refuse_import(b, proof, "units.recalled");
    PUHUI_ACCEPTED(refused);
    PUHUI_ACCEPTED(conclude(a, carry(b, a, refused.leaf)));
  }
  const auto imported = import_units(b, carry(a, b, kept.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
}

// A recall names its ranges in any order.
TEST_F(RecallsInParts, OfRangesInAnyOrderFreezeAllOfThem) {
  const auto some = recall(a, "B1", {{2'401, 2'450}, {1, 10}, {1'991, 2'000}});
  PUHUI_ACCEPTED(some);
  EXPECT_EQ(note_part(some), "70 true");
  EXPECT_EQ(frozen(), 70);
  const auto more = recall(a, "B1", {{1'491, 2'500}, {11, 1'200}});
  PUHUI_ACCEPTED(more);
  EXPECT_EQ(note_part(more), "1000 false");
  EXPECT_EQ(note_part(more), "1140 true");
  EXPECT_EQ(frozen(), 1'200 + 1'010);
}

}  // namespace
}  // namespace puhui::ledger::testing
