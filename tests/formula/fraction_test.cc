#include "ledger/formula/fraction.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace puhui::ledger::formula {
namespace {

constexpr Int128 kLargest = static_cast<Int128>(~Uint128{0} >> 1);

// Numbers of every size up to the limit, and the limit itself.
Int128 any_positive() {
  const int size = *rc::gen::inRange(1, 128);
  const auto high = *rc::gen::arbitrary<std::uint64_t>();
  const auto low = *rc::gen::arbitrary<std::uint64_t>();
  const Uint128 all = (static_cast<Uint128>(high) << 64) | low;
  if (*rc::gen::inRange(0, 16) == 0) return kLargest >> (127 - size);
  return static_cast<Int128>((all >> (128 - size)) | 1);
}

Fraction any_fraction() {
  const Int128 above = any_positive();
  const Int128 below = *rc::gen::arbitrary<bool>() ? 1 : any_positive();
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return {0, below};
    case 1:
    case 2:
      return {-above, below};
    default:
      return {above, below};
  }
}

RC_GTEST_PROP(FractionProperty, ConvertsBothWays, ()) {
  const Fraction value = any_fraction();
  const auto again = to_fraction(to_rational(value));
  RC_ASSERT(again.has_value());
  RC_ASSERT(to_rational(*again) == to_rational(value));
}

RC_GTEST_PROP(FractionProperty, SumsAreExactOrRefused, ()) {
  const Fraction a = any_fraction();
  const Fraction b = any_fraction();
  Fraction sum = a;
  Fraction difference = a;
  if (add(sum, b)) RC_ASSERT(to_rational(sum) == *to_rational(a).plus(to_rational(b)));
  if (subtract(difference, b)) {
    RC_ASSERT(to_rational(difference) == *to_rational(a).minus(to_rational(b)));
  }
}

RC_GTEST_PROP(FractionProperty, ProductsAreExactWheneverTheyFit, ()) {
  const Fraction a = any_fraction();
  const Fraction b = any_fraction();
  const auto exact = to_rational(a).times(to_rational(b));
  Fraction product = a;
  const bool fits = multiply(product, b);
  RC_ASSERT(fits == to_fraction(*exact).has_value());
  if (fits) RC_ASSERT(to_rational(product) == *exact);
  if (b.numerator == 0) return;
  const auto exact_quotient = to_rational(a).over(to_rational(b));
  Fraction quotient = a;
  const bool quotient_fits = divide(quotient, b);
  RC_ASSERT(quotient_fits == to_fraction(*exact_quotient).has_value());
  if (quotient_fits) RC_ASSERT(to_rational(quotient) == *exact_quotient);
}

RC_GTEST_PROP(FractionProperty, OrderIsExactOrRefused, ()) {
  const Fraction a = any_fraction();
  const Fraction b = *rc::gen::inRange(0, 4) == 0 ? a : any_fraction();
  int order = 7;
  if (compare(a, b, order)) RC_ASSERT(order == to_rational(a).compare(to_rational(b)));
}

RC_GTEST_PROP(FractionProperty, RoundsLikeTheRational, ()) {
  const Fraction value = any_fraction();
  RC_ASSERT(to_rational({floor_of(value), 1}) == to_rational(value).floor());
  for (const Rounding rounding : {Rounding::kFloor, Rounding::kHalfUp, Rounding::kCeiling}) {
    std::int64_t rounded = 0;
    const auto exact = to_rational(value).round(rounding);
    RC_ASSERT(round(value, rounding, rounded) == exact.has_value());
    if (exact) RC_ASSERT(rounded == *exact);
  }
}

TEST(Fraction, StopsAtTheEdges) {
  Fraction value{kLargest, 1};
  EXPECT_FALSE(add(value, whole(1)));
  value = {-kLargest, 1};
  EXPECT_FALSE(subtract(value, whole(1)));
  value = {kLargest, 1};
  EXPECT_FALSE(multiply(value, whole(2)));
  value = {1, kLargest};
  EXPECT_FALSE(divide(value, whole(2)));
  value = {kLargest, 3};
  EXPECT_TRUE(multiply(value, whole(3)));
  EXPECT_TRUE(value.numerator == kLargest && value.denominator == 1);
  // The two's complement minimum is not a member of the range.
  value = {-(Int128{1} << 126), 1};
  EXPECT_FALSE(add(value, {-(Int128{1} << 126), 1}));
  value = {-(Int128{1} << 126), 1};
  EXPECT_FALSE(multiply(value, whole(2)));
}

TEST(Fraction, CancelsBeforeItGivesUp) {
  Fraction value{Int128{1} << 100, Int128{1} << 100};
  ASSERT_TRUE(add(value, {Int128{3} << 90, Int128{1} << 91}));
  EXPECT_EQ(to_rational(value).text(), "2.5");
  int order = 0;
  ASSERT_TRUE(
      compare({Int128{6} << 100, Int128{1} << 100}, {Int128{5} << 90, Int128{1} << 90}, order));
  EXPECT_EQ(order, 1);
}

TEST(Fraction, RoundsAtTheEdgesOfSixtyFourBits) {
  const Int128 edge = static_cast<Int128>(1) << 63;
  std::int64_t rounded = 0;
  EXPECT_TRUE(round({edge - 1, 1}, Rounding::kFloor, rounded));
  EXPECT_FALSE(round({edge, 1}, Rounding::kFloor, rounded));
  EXPECT_TRUE(round({-edge, 1}, Rounding::kFloor, rounded));
  EXPECT_FALSE(round({-edge * 2 - 1, 2}, Rounding::kFloor, rounded));
  EXPECT_TRUE(round({-kLargest, kLargest - 1}, Rounding::kFloor, rounded));
  EXPECT_EQ(rounded, -2);
}

}  // namespace
}  // namespace puhui::ledger::formula
