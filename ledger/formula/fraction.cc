#include "ledger/formula/fraction.h"

#include <cassert>
#include <limits>
#include <utility>

namespace puhui::ledger::formula {
namespace {

constexpr Uint128 kMaxMagnitude = ~Uint128{0} >> 1;

Uint128 magnitude(Int128 value) {
  return value < 0 ? Uint128{0} - static_cast<Uint128>(value) : static_cast<Uint128>(value);
}

// Both magnitudes exceed 64 bits in neither or one factor; the product of two such never fits.
bool multiply_wide(Uint128 a, Uint128 b, Uint128& product) {
  if (a < b) std::swap(a, b);
  if ((b >> 64) != 0) return false;
  const Uint128 high = (a >> 64) * b;
  if ((high >> 63) != 0) return false;
  const Uint128 low = static_cast<Uint128>(static_cast<std::uint64_t>(a)) * b;
  product = (high << 64) + low;
  return product >= low && product <= kMaxMagnitude;
}

// The compiler's overflow builtin is not used: clang turns it into a call libgcc does not have.
bool multiply_checked(Int128 a, Int128 b, Int128& product) {
  const auto small_a = static_cast<std::int64_t>(a);
  const auto small_b = static_cast<std::int64_t>(b);
  if (small_a == a && small_b == b) [[likely]] {
    product = static_cast<Int128>(small_a) * small_b;
    return true;
  }
  Uint128 size = 0;
  if (!multiply_wide(magnitude(a), magnitude(b), size)) return false;
  product = (a < 0) != (b < 0) ? -static_cast<Int128>(size) : static_cast<Int128>(size);
  return true;
}

// Both operands lie within ±(2^127 - 1), so their sum is exact modulo 2^128.
bool add_checked(Int128 a, Int128 b, Int128& sum) {
  const Uint128 wrapped = static_cast<Uint128>(a) + static_cast<Uint128>(b);
  sum = static_cast<Int128>(wrapped);
  if ((a < 0) == (b < 0) && (sum < 0) != (a < 0)) return false;
  return wrapped != kMaxMagnitude + 1;
}

Uint128 greatest_common_divisor(Uint128 a, Uint128 b) {
  while (b != 0) {
    a %= b;
    std::swap(a, b);
  }
  return a;
}

// Divides both by what they share. `below` may be any positive number, not only the denominator.
void cancel(Int128& above, Int128& below) {
  const Int128 shared =
      static_cast<Int128>(greatest_common_divisor(magnitude(above), magnitude(below)));
  if (shared <= 1) return;
  above /= shared;
  below /= shared;
}

bool multiply_plain(Fraction& left, const Fraction& right) {
  Fraction product;
  if (!multiply_checked(left.numerator, right.numerator, product.numerator)) return false;
  if (!multiply_checked(left.denominator, right.denominator, product.denominator)) return false;
  left = product;
  return true;
}

bool add_plain(Fraction& left, const Fraction& right) {
  if (left.denominator == right.denominator) {
    return add_checked(left.numerator, right.numerator, left.numerator);
  }
  Int128 a = 0;
  Int128 b = 0;
  Fraction sum;
  if (!multiply_checked(left.numerator, right.denominator, a)) return false;
  if (!multiply_checked(right.numerator, left.denominator, b)) return false;
  if (!add_checked(a, b, sum.numerator)) return false;
  if (!multiply_checked(left.denominator, right.denominator, sum.denominator)) return false;
  left = sum;
  return true;
}

bool compare_plain(const Fraction& left, const Fraction& right, int& order) {
  Int128 a = left.numerator;
  Int128 b = right.numerator;
  if (left.denominator != right.denominator) {
    if (!multiply_checked(left.numerator, right.denominator, a)) return false;
    if (!multiply_checked(right.numerator, left.denominator, b)) return false;
  }
  order = (a > b) - (a < b);
  return true;
}

Fraction reduced(Fraction value) {
  cancel(value.numerator, value.denominator);
  return value;
}

Int128 from_integer(const Integer& value) {
  const Integer size = boost::multiprecision::abs(value);
  const auto high = static_cast<std::uint64_t>(size >> 64);
  const auto low = static_cast<std::uint64_t>(size & std::numeric_limits<std::uint64_t>::max());
  const auto joined = static_cast<Int128>((static_cast<Uint128>(high) << 64) | low);
  return value < 0 ? -joined : joined;
}

Integer to_integer(Int128 value) {
  const Uint128 size = magnitude(value);
  const Integer joined = (Integer(static_cast<std::uint64_t>(size >> 64)) << 64) +
                         Integer(static_cast<std::uint64_t>(size));
  return value < 0 ? Integer(-joined) : joined;
}

bool fits(const Integer& value) {
  return value.is_zero() || boost::multiprecision::msb(boost::multiprecision::abs(value)) < 127;
}

}  // namespace

std::optional<Fraction> to_fraction(const Rational& value) {
  const Integer above = value.numerator();
  const Integer below = value.denominator();
  if (!fits(above) || !fits(below)) return std::nullopt;
  return Fraction{from_integer(above), from_integer(below)};
}

Rational to_rational(const Fraction& value) {
  const auto exact = Rational::ratio(to_integer(value.numerator), to_integer(value.denominator));
  assert(exact && "a fraction is always below kMaxBits");
  return *exact;
}

bool add(Fraction& left, const Fraction& right) {
  Fraction sum = left;
  if (add_plain(sum, right)) [[likely]] {
    left = sum;
    return true;
  }
  left = reduced(left);
  return add_plain(left, reduced(right));
}

bool subtract(Fraction& left, const Fraction& right) {
  return add(left, Fraction{-right.numerator, right.denominator});
}

bool multiply(Fraction& left, const Fraction& right) {
  if (multiply_plain(left, right)) [[likely]]
    return true;
  left = reduced(left);
  Fraction other = reduced(right);
  cancel(left.numerator, other.denominator);
  cancel(other.numerator, left.denominator);
  return multiply_plain(left, other);
}

bool divide(Fraction& left, const Fraction& right) {
  assert(right.numerator != 0);
  if (right.numerator < 0) return multiply(left, {-right.denominator, -right.numerator});
  return multiply(left, {right.denominator, right.numerator});
}

bool compare(const Fraction& left, const Fraction& right, int& order) {
  if (compare_plain(left, right, order)) [[likely]]
    return true;
  return compare_plain(reduced(left), reduced(right), order);
}

Int128 floor_of(const Fraction& value) {
  const auto small_above = static_cast<std::uint64_t>(value.numerator);
  const auto small_below = static_cast<std::uint64_t>(value.denominator);
  if (small_above == static_cast<Uint128>(value.numerator) &&
      small_below == static_cast<Uint128>(value.denominator)) [[likely]] {
    return small_above / small_below;
  }
  const Int128 quotient = value.numerator / value.denominator;
  const bool inexact = quotient * value.denominator != value.numerator;
  return value.numerator < 0 && inexact ? quotient - 1 : quotient;
}

bool round(const Fraction& value, Rounding rounding, std::int64_t& rounded) {
  Int128 whole_part = floor_of(value);
  // The product may leave 128 bits, the remainder never does: unsigned arithmetic wraps exactly.
  const auto rest = static_cast<Int128>(static_cast<Uint128>(value.numerator) -
                                        static_cast<Uint128>(whole_part) *
                                            static_cast<Uint128>(value.denominator));
  // rest * 2 could exceed 127 bits; rest >= denominator - rest says the same.
  if (rounding == Rounding::kHalfUp && rest >= value.denominator - rest) ++whole_part;
  if (rounding == Rounding::kCeiling && rest != 0) ++whole_part;
  rounded = static_cast<std::int64_t>(whole_part);
  return rounded == whole_part;
}

}  // namespace puhui::ledger::formula
