// What meters measured: which days, once each, and how far from the day before.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/ledger/enterprises.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

using Readings = Enterprises;
constexpr std::int64_t kMay = 20'209, kJune = 20'240;  // of 2025
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

TEST_F(Readings, AddUpByMonth) {
  const auto answer = read(city, {{kMay, 100}, {kMay + 30, 120}, {kJune, 110}});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(answer.outcome.records_accepted(), 3U);
  EXPECT_EQ(months_text(city), "2025-5: 220/2/0, 2025-6: 110/1/0");
  PUHUI_ACCEPTED(read(city, {{kMay + 1, 101}}));
  EXPECT_EQ(months_text(city), "2025-5: 321/3/0, 2025-6: 110/1/0");
  EXPECT_EQ(city.view().months("grid", {"", 1}).items_size(), 1);
  EXPECT_EQ(city.view().months("none", {}).items_size(), 0);
  EXPECT_EQ(months_text(city, "gri"), "");
}

TEST_F(Readings, AreSignedForByTheEnterprise) {
  PUHUI_FAILED(read(city, {{kMay, 1}}, {.party = "buyer"}), SIGNATURE_MISSING);
  PUHUI_REFUSED(read(city, {{kMay, 1}}, {.source = "none"}), SOURCE_UNKNOWN);
}

TEST_F(Readings, AreSignedByTheDeviceOfTheSource) {
  PUHUI_REFUSED(read(city, {{kMay, 1}}, {.device = "another meter"}), DEVICE_SIGNATURE);
  // Of other readings, of another source, by no key.
  const auto forged = [&](auto change) {
    auto sent = signed_readings(city, {{kMay, 1}});
    auto payload = city.event("owner");
    const auto envelope = crypto::decode_envelope(sent.envelope);
    v1::Payload read;
    EXPECT_TRUE(read.ParseFromString(envelope->payload));
    *payload.mutable_submit_readings() = read.submit_readings();
    change(*payload.mutable_submit_readings());
    return city.submit(sign_with(payload, {"owner"}, sent.attachment));
  };
  PUHUI_ACCEPTED(file_source(city, a_source("other")));
  PUHUI_FAILED(forged([](auto& a) { a.set_source("other"); }), SIGNATURE_INVALID);
  PUHUI_FAILED(forged([](auto& a) { a.mutable_signature()->back() ^= 1; }), SIGNATURE_INVALID);
  PUHUI_FAILED(forged([](auto& a) { a.clear_signature(); }), SIGNATURE_INVALID);
  PUHUI_FAILED(forged([](auto& a) { a.clear_device(); }), KEY_MALFORMED);
  PUHUI_ACCEPTED(forged([](auto&) {}));
  EXPECT_EQ(months_text(city), "2025-5: 1/1/0");
}

TEST_F(Readings, AreNotNegative) {
  PUHUI_FAILED(read(city, {{kMay, 1}, {kMay + 1, -1}}), RECORD_MALFORMED);
  EXPECT_EQ(months_text(city), "");
}

// ---- Days ----

TEST_F(Readings, AreOfDaysThatAreOver) {
  const auto today = day_of(city.now);
  const auto early = read(city, {{today, 1}});
  PUHUI_REFUSED(early, READING_DAY);
  EXPECT_EQ(early.outcome.used(), "today is " + date_text(today));
  PUHUI_ACCEPTED(read(city, {{today - 1, 1}}));
  city.now = time_of_day(today + 1) - 1;
  PUHUI_REFUSED(read(city, {{today, 1}}), READING_DAY);
  city.now = time_of_day(today + 1);
  PUHUI_ACCEPTED(read(city, {{today, 1}}));
}

TEST_F(Readings, AreOfDaysOfTheSource) {
  auto action = a_source("short");
  action.set_from(kMay);
  action.set_to(kMay + 2);
  PUHUI_ACCEPTED(file_source(city, action));
  const auto answer = read(city, {{kMay - 1, 1}, {kMay, 1}, {kMay + 1, 1}, {kMay + 2, 1}, {-1, 1}},
                           {.source = "short"});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(answer.outcome.records_accepted(), 2U);
  ASSERT_EQ(answer.outcome.record_refusals_size(), 3);
  EXPECT_EQ(answer.outcome.record_refusals(0).record(), 0U);
  EXPECT_EQ(answer.outcome.record_refusals(1).record(), 3U);
  EXPECT_EQ(answer.outcome.record_refusals(2).code(), READING_DAY);
  EXPECT_EQ(months_text(city, "short"), "2025-5: 2/2/0");
}

TEST_F(Readings, AreTakenOnceADay) {
  const auto answer = read(city, {{kMay, 1}, {kMay, 2}});
  PUHUI_ACCEPTED(answer);
  ASSERT_EQ(answer.outcome.record_refusals_size(), 1);
  EXPECT_EQ(answer.outcome.record_refusals(0).code(), READING_DUPLICATE);
  const auto again = read(city, {{kMay, 1}, {20'468, 1}});
  PUHUI_REFUSED(again, READING_DUPLICATE);
  EXPECT_EQ(months_text(city), "2025-5: 1/1/0");
  PUHUI_ACCEPTED(file_source(city, a_source("other")));
  PUHUI_ACCEPTED(read(city, {{kMay, 1}}, {.source = "other"}));
}

TEST_F(Readings, ThatCameTwiceAreCounted) {
  const auto duplicates = [this](int month) {
    return city.view().months("grid", {}).items(month).duplicates();
  };
  const auto twice = read(city, {{kMay, 1}, {kMay, 2}});
  PUHUI_ACCEPTED(twice);
  EXPECT_EQ(twice.outcome.record_refusals(0).limit(), "1 reading a day");
  EXPECT_EQ(twice.outcome.record_refusals(0).asked(), date_text(kMay));
  EXPECT_EQ(duplicates(0), 1U);
  PUHUI_REFUSED(read(city, {{kMay, 1}}), READING_DUPLICATE);
  EXPECT_EQ(duplicates(0), 1U) << "what is refused as a whole changes nothing";
  PUHUI_ACCEPTED(read(city, {{kMay, 7}, {kMay + 1, 1}, {kMay, 7}, {kJune, 1}, {kJune, 1}}));
  EXPECT_EQ(duplicates(0), 3U);
  EXPECT_EQ(duplicates(1), 1U);
  EXPECT_EQ(months_text(city), "2025-5: 2/2/0, 2025-6: 1/1/0") << "the first reading stays";
}

TEST_F(Readings, OfAMonthFitANumber) {
  PUHUI_ACCEPTED(read(city, {{kMay, kMax - 1}}));
  PUHUI_REFUSED(read(city, {{kMay + 1, 2}}), AMOUNT_OVERFLOW);
  PUHUI_ACCEPTED(read(city, {{kMay + 1, 1}, {kJune, kMax}}));
  EXPECT_EQ(city.view().months("grid", {}).items(0).value(), kMax);
}

// ---- Jumps ----

TEST_F(Readings, ThatAreFarFromTheDayBeforeAreCounted) {
  // Half as much again is not far, and neither is half of it.
  PUHUI_ACCEPTED(read(city, {{kMay, 100}, {kMay + 1, 150}, {kMay + 2, 75}}));
  EXPECT_EQ(months_text(city), "2025-5: 325/3/0");
  PUHUI_ACCEPTED(read(city, {{kMay + 3, 113}}));  // 75 and 50.7 %
  EXPECT_EQ(months_text(city), "2025-5: 438/4/1");
  PUHUI_ACCEPTED(read(city, {{kMay + 4, 56}}));  // 113 less 50.4 %
  EXPECT_EQ(months_text(city), "2025-5: 494/5/2");
  // The nearest day before counts, however long ago; anything is far from nothing.
  PUHUI_ACCEPTED(read(city, {{kJune + 5, 57}, {kJune + 6, 0}, {kJune + 7, 0}, {kJune + 8, 1}}));
  EXPECT_EQ(months_text(city), "2025-5: 494/5/2, 2025-6: 58/4/2");
}

TEST_F(Readings, ThatFillAGapAreComparedWithBothSides) {
  PUHUI_ACCEPTED(read(city, {{kMay + 30, 100}, {kJune + 1, 300}}));
  EXPECT_EQ(months_text(city), "2025-5: 100/1/0, 2025-6: 300/1/1");
  PUHUI_ACCEPTED(read(city, {{kJune, 200}}));
  EXPECT_EQ(months_text(city), "2025-5: 100/1/0, 2025-6: 500/2/1");
  PUHUI_ACCEPTED(read(city, {{kMay + 29, 1'000}}));
  EXPECT_EQ(months_text(city), "2025-5: 1100/2/1, 2025-6: 500/2/1");
  EXPECT_EQ(kMay + 31, kJune);
}

TEST_F(Readings, AreFarByTheRulesInForceWhenTheyCome) {
  auto rules = enterprise_rules("no jumps");
  rules.clear_jump_percent();
  PUHUI_ACCEPTED(read(city, {{kMay, 1}, {kMay + 2, 9}}));
  EXPECT_EQ(months_text(city), "2025-5: 10/2/1");
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(read(city, {{kMay + 4, 99}}));
  EXPECT_EQ(months_text(city), "2025-5: 109/3/1");
  PUHUI_ACCEPTED(read(city, {{kMay + 1, 1}}));
  EXPECT_EQ(months_text(city), "2025-5: 110/4/0");
}

TEST_F(Readings, AreFarWithoutOverflow) {
  PUHUI_ACCEPTED(read(city, {{kMay, kMax}, {kJune, 0}, {kJune + 1, kMax}}));
  EXPECT_EQ(city.view().months("grid", {}).items(1).jumps(), 2U);
}

// Jumps of a month, with all readings known.
std::map<std::int32_t, std::uint32_t> jumps_of(std::vector<Measured> days) {
  std::ranges::sort(days, {}, &Measured::day);
  std::map<std::int32_t, std::uint32_t> jumps;
  for (std::size_t i = 1; i < days.size(); ++i)
    if (std::abs(days[i].value - days[i - 1].value) * 100 > days[i - 1].value * kJumpPercent)
      ++jumps[month_of_day(days[i].day)];
  return jumps;
}

RC_GTEST_PROP(ReadingsOfAMeter, ComeToTheSameInAnyOrder, ()) {
  KilogramCity city(enterprise_rules());
  RC_ASSERT(file_source(city, a_source()).decision == v1::ACCEPTED);
  const auto numbers =
      *rc::gen::unique<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(kMay, kMay + 90));
  std::vector<Measured> days;
  for (const auto day : numbers) days.push_back({day, *rc::gen::inRange<std::int64_t>(0, 40)});
  std::map<std::int32_t, std::int64_t> sums;
  for (const auto& [day, value] : days) sums[month_of_day(day)] += value;
  for (auto rest = days; !rest.empty();) {
    const auto count = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    const std::vector<Measured> batch(rest.end() - static_cast<std::ptrdiff_t>(count), rest.end());
    RC_ASSERT(read(city, batch).outcome.records_accepted() == count);
    rest.resize(rest.size() - count);
  }
  auto jumps = jumps_of(days);
  const auto months = city.view().months("grid", {});
  RC_ASSERT(months.items_size() == static_cast<int>(sums.size()));
  for (const auto& month : months.items()) {
    const auto number = static_cast<std::int32_t>(month.month());
    RC_ASSERT(month.value() == sums[number]);
    RC_ASSERT(month.jumps() == jumps[number]);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
