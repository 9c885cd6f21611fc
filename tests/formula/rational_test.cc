#include "ledger/formula/rational.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace puhui::ledger::formula {
namespace {

Rational number(std::string_view text) {
  const auto value = Rational::parse(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(Rational());
}

std::string digits(std::size_t count) { return std::string(count, '7'); }

TEST(Rational, ReadsAndPrintsExactly) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"78.4", "78.4"},
                                                                  {"-3", "-3"},
                                                                  {"0.00067", "0.00067"},
                                                                  {"44/12", "11/3"},
                                                                  {"-44/12", "-11/3"},
                                                                  {"0", "0"},
                                                                  {"-0", "0"},
                                                                  {"-0.0", "0"},
                                                                  {"1.500", "1.5"},
                                                                  {"100", "100"},
                                                                  {"0/7", "0"},
                                                                  {"6/3", "2"},
                                                                  {"1/8", "0.125"},
                                                                  {"-1/2", "-0.5"},
                                                                  {"10/4", "2.5"},
                                                                  {"1/7", "1/7"},
                                                                  {"9.000001", "9.000001"}};
  for (const auto& [text, printed] : cases) EXPECT_EQ(number(text).text(), printed) << text;
}

TEST(Rational, RefusesEverythingElse) {
  const std::vector<std::string> cases = {"",
                                          "-",
                                          "+1",
                                          "1.",
                                          ".5",
                                          "01",
                                          "00",
                                          "1e3",
                                          " 1",
                                          "1 ",
                                          "--1",
                                          "1..2",
                                          "1.2.3",
                                          "0x10",
                                          "1,5",
                                          "NaN",
                                          "inf",
                                          "1/0",
                                          "1/",
                                          "/2",
                                          "1/-2",
                                          "1/2/3",
                                          "01/2",
                                          "1/02",
                                          "1.5/2",
                                          "1/2.5",
                                          "\xef\xbc\x91",
                                          "1_0",
                                          "-/2",
                                          "-.5",
                                          std::string("1\0", 2)};
  for (const auto& text : cases) {
    const auto value = Rational::parse(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, ErrorCode::INPUT_MALFORMED) << text;
  }
  EXPECT_FALSE(Rational::parse_decimal("44/12"));
}

TEST(Rational, BoundsTheLengthOfWrittenNumbers) {
  EXPECT_TRUE(Rational::parse(digits(40)));
  EXPECT_TRUE(Rational::parse("-" + digits(20) + "." + digits(20)));
  EXPECT_TRUE(Rational::parse(digits(40) + "/" + digits(40)));
  EXPECT_FALSE(Rational::parse(digits(41)));
  EXPECT_FALSE(Rational::parse(digits(20) + "." + digits(21)));
  EXPECT_FALSE(Rational::parse(digits(41) + "/1"));
  EXPECT_FALSE(Rational::parse("1/" + digits(41)));
  EXPECT_FALSE(Rational::parse(std::string(1 << 20, '1')));
}

TEST(Rational, RoundsTowardsMinusInfinity) {
  struct Case {
    std::string value;
    std::int64_t floor, half_up, ceiling;
  };
  const std::vector<Case> cases = {{"2", 2, 2, 2},       {"2.4", 2, 2, 3},     {"2.5", 2, 3, 3},
                                   {"2.6", 2, 3, 3},     {"-2", -2, -2, -2},   {"-2.4", -3, -2, -2},
                                   {"-2.5", -3, -2, -2}, {"-2.6", -3, -3, -2}, {"-0.5", -1, 0, 0},
                                   {"0.5", 0, 1, 1},     {"-1/3", -1, 0, 0},   {"0", 0, 0, 0}};
  for (const auto& c : cases) {
    EXPECT_EQ(number(c.value).round(Rounding::kFloor).value(), c.floor) << c.value;
    EXPECT_EQ(number(c.value).round(Rounding::kHalfUp).value(), c.half_up) << c.value;
    EXPECT_EQ(number(c.value).round(Rounding::kCeiling).value(), c.ceiling) << c.value;
  }
}

TEST(Rational, RoundsWithinSixtyFourBitsOnly) {
  EXPECT_EQ(number("9223372036854775807").round(Rounding::kFloor).value(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(number("-9223372036854775808").round(Rounding::kFloor).value(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(number("9223372036854775807.4").round(Rounding::kHalfUp).value(),
            std::numeric_limits<std::int64_t>::max());
  for (const auto& [text, rounding] : std::vector<std::pair<std::string, Rounding>>{
           {"9223372036854775807.5", Rounding::kHalfUp},
           {"9223372036854775807.1", Rounding::kCeiling},
           {"-9223372036854775808.1", Rounding::kFloor}}) {
    const auto rounded = number(text).round(rounding);
    ASSERT_FALSE(rounded) << text;
    EXPECT_EQ(rounded.error().code, ErrorCode::RESULT_TOO_LARGE);
  }
}

TEST(Rational, RefusesToGrowBeyondTheLimit) {
  const Integer limit = Integer(1) << kMaxBits;
  const auto largest = Rational::ratio(limit - 1, 1);
  const auto smallest = Rational::ratio(1, limit - 1);
  ASSERT_TRUE(largest);
  ASSERT_TRUE(smallest);
  EXPECT_FALSE(Rational::ratio(limit, 1));
  EXPECT_EQ(largest->plus(Rational(1)).error().code, ErrorCode::FORMULA_OVERFLOW);
  EXPECT_EQ(largest->times(Rational(2)).error().code, ErrorCode::FORMULA_OVERFLOW);
  EXPECT_EQ(largest->negated().minus(Rational(1)).error().code, ErrorCode::FORMULA_OVERFLOW);
  EXPECT_EQ(smallest->over(Rational(2)).error().code, ErrorCode::FORMULA_OVERFLOW);
  EXPECT_EQ(largest->times(*smallest)->text(), "1");
  EXPECT_EQ(largest->times(*largest).error().code, ErrorCode::FORMULA_OVERFLOW);
  EXPECT_TRUE(*smallest < *largest);
}

TEST(Rational, RefusesDivisionByZero) {
  EXPECT_EQ(Rational(1).over(Rational()).error().code, ErrorCode::FORMULA_DIVISION_BY_ZERO);
  EXPECT_EQ(Rational::ratio(1, 0).error().code, ErrorCode::FORMULA_DIVISION_BY_ZERO);
}

TEST(Rational, ScalesWholeNumbers) {
  EXPECT_EQ(Rational::scaled(900, 3).text(), "0.9");
  EXPECT_EQ(Rational::scaled(-1, kMaxScale).text(), "-0.000000000000000001");
  EXPECT_EQ(Rational::scaled(std::numeric_limits<std::int64_t>::min(), 0).text(),
            "-9223372036854775808");
}

std::string any_number() {
  const auto some_digits = [](int most) {
    const auto count = static_cast<std::size_t>(*rc::gen::inRange(1, most + 1));
    return *rc::gen::container<std::string>(count, rc::gen::inRange<char>('0', '9' + 1));
  };
  const auto whole = [&](int most) {
    std::string text = some_digits(most);
    text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
    return text;
  };
  const std::string sign = *rc::gen::arbitrary<bool>() ? "-" : "";
  const std::string first = whole(20);
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return sign + first;
    case 1:
      return sign + first + "." + some_digits(20);
    default:
      return sign + first + "/" + "1" + some_digits(39);
  }
}

RC_GTEST_PROP(RationalProperty, WhatIsReadIsPrintedAndReadBack, ()) {
  const auto value = Rational::parse(any_number());
  RC_ASSERT(value.has_value());
  const auto again = Rational::parse(value->text());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *value);
  RC_ASSERT(again->text() == value->text());
}

RC_GTEST_PROP(RationalProperty, RoundingIsTheDefinition, ()) {
  const auto value = Rational::parse(any_number());
  const auto down = value->round(Rounding::kFloor);
  if (!down) return;
  const Rational below(*down);
  RC_ASSERT(!(*value < below));
  RC_ASSERT(*value < *below.plus(Rational(1)));
  RC_ASSERT(value->floor() == below);
  if (const auto up = value->round(Rounding::kCeiling)) {
    RC_ASSERT(*up == *down + (*value == below ? 0 : 1));
  }
  if (const auto half = value->round(Rounding::kHalfUp)) {
    const auto shifted = value->plus(*Rational::ratio(1, 2))->round(Rounding::kFloor);
    RC_ASSERT(shifted.has_value());
    RC_ASSERT(*half == *shifted);
  }
}

RC_GTEST_PROP(RationalProperty, ReadsHostileBytesWithoutHarm, (const std::string& bytes)) {
  if (const auto value = Rational::parse(bytes)) RC_ASSERT(Rational::parse(value->text()));
}

}  // namespace
}  // namespace puhui::ledger::formula
