#include "ledger/formula/rational.h"

#include <cassert>
#include <limits>
#include <utility>

namespace puhui::ledger::formula {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) {
  for (char c : text) {
    if (!is_digit(c)) return false;
  }
  return !text.empty();
}

// (0|[1-9][0-9]*), the unsigned whole number both written forms begin with.
bool is_whole(std::string_view text) {
  return all_digits(text) && (text.size() == 1 || text.front() != '0');
}

// Reads digits only. Boost takes a leading zero for octal, so numbers are built by hand.
Integer read_digits(std::string_view digits) {
  Integer value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  return value;
}

Integer power_of_ten(std::size_t exponent) {
  return boost::multiprecision::pow(Integer(10), static_cast<unsigned>(exponent));
}

std::size_t bits(const Integer& value) {
  return value.is_zero() ? 0 : boost::multiprecision::msb(boost::multiprecision::abs(value)) + 1;
}

Integer floor_of(const Integer& numerator, const Integer& denominator) {
  Integer quotient = numerator / denominator;
  if (numerator < 0 && quotient * denominator != numerator) --quotient;
  return quotient;
}

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::INPUT_MALFORMED, "expected " + std::string(what));
}

// The number of decimal places of 1/denominator, or kMaxDigits when there are that many or more or
// the expansion never ends.
std::size_t decimal_places(const Integer& denominator) {
  Integer power = 1;
  for (std::size_t places = 0; places < kMaxDigits; ++places) {
    if (Integer(power % denominator).is_zero()) return places;
    power *= 10;
  }
  return kMaxDigits;
}

// `digits` with a point before its last `places` digits.
std::string with_point(std::string digits, std::size_t places) {
  if (places == 0) return digits;
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  return digits.insert(digits.size() - places, 1, '.');
}

}  // namespace

Result<Rational> Rational::bounded(Value value) {
  if (bits(boost::multiprecision::numerator(value)) > kMaxBits ||
      bits(boost::multiprecision::denominator(value)) > kMaxBits) {
    return fail(ErrorCode::FORMULA_OVERFLOW,
                "a number exceeds " + std::to_string(kMaxBits) + " bits");
  }
  return Rational(std::move(value));
}

Result<Rational> Rational::ratio(const Integer& numerator, const Integer& denominator) {
  if (denominator.is_zero()) return fail(ErrorCode::FORMULA_DIVISION_BY_ZERO, "division by zero");
  return bounded(Value(numerator, denominator));
}

Rational Rational::scaled(std::int64_t value, unsigned scale) {
  assert(scale <= kMaxScale);
  return Rational(Value(Integer(value), power_of_ten(scale)));
}

Result<Rational> Rational::parse_decimal(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view body = text.substr(negative ? 1 : 0);
  if (body.size() > kMaxDigits + 1) return malformed("a decimal number of at most 40 digits");
  const std::size_t point = body.find('.');
  const std::string_view whole = body.substr(0, point);
  const bool has_point = point != std::string_view::npos;
  const std::string_view fraction = has_point ? body.substr(point + 1) : std::string_view();
  if (!is_whole(whole) || (has_point && !all_digits(fraction))) {
    return malformed("a decimal number");
  }
  if (whole.size() + fraction.size() > kMaxDigits) {
    return malformed("a decimal number of at most 40 digits");
  }
  Integer numerator = read_digits(whole) * power_of_ten(fraction.size()) + read_digits(fraction);
  if (negative) numerator = -numerator;
  return ratio(numerator, power_of_ten(fraction.size()));
}

Result<Rational> Rational::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse_decimal(text);
  const bool negative = text.front() == '-';
  const std::string_view above = text.substr(negative ? 1 : 0, slash - (negative ? 1 : 0));
  const std::string_view below = text.substr(slash + 1);
  if (above.size() > kMaxDigits || below.size() > kMaxDigits) {
    return malformed("a ratio of at most 40 digits on each side");
  }
  if (!is_whole(above) || !is_whole(below) || below == "0") return malformed("a ratio");
  const Integer numerator = read_digits(above);
  return ratio(negative ? Integer(-numerator) : numerator, read_digits(below));
}

std::string Rational::text() const {
  const std::string sign = is_negative() ? "-" : "";
  const Integer above = boost::multiprecision::abs(numerator());
  const Integer below = denominator();
  const std::size_t places = decimal_places(below);
  if (places < kMaxDigits) {
    const Integer digits = above * (power_of_ten(places) / below);
    const std::string decimal = with_point(digits.str(), places);
    if (decimal.size() - (places > 0 ? 1 : 0) <= kMaxDigits) return sign + decimal;
  }
  if (below == 1) return sign + above.str();
  return sign + above.str() + "/" + below.str();
}

Integer Rational::numerator() const { return boost::multiprecision::numerator(value_); }

Integer Rational::denominator() const { return boost::multiprecision::denominator(value_); }

Result<Rational> Rational::plus(const Rational& other) const {
  return bounded(Value(value_ + other.value_));
}

Result<Rational> Rational::minus(const Rational& other) const {
  return bounded(Value(value_ - other.value_));
}

Result<Rational> Rational::times(const Rational& other) const {
  return bounded(Value(value_ * other.value_));
}

Result<Rational> Rational::over(const Rational& other) const {
  if (other.is_zero()) return fail(ErrorCode::FORMULA_DIVISION_BY_ZERO, "division by zero");
  return bounded(Value(value_ / other.value_));
}

Rational Rational::negated() const { return Rational(Value(-value_)); }

Rational Rational::floor() const { return Rational(Value(floor_of(numerator(), denominator()))); }

Result<std::int64_t> Rational::round(Rounding rounding) const {
  const Integer above = numerator();
  const Integer below = denominator();
  Integer whole = floor_of(above, below);
  const Integer rest = above - whole * below;
  if (rounding == Rounding::kHalfUp && rest * 2 >= below) ++whole;
  if (rounding == Rounding::kCeiling && !rest.is_zero()) ++whole;
  if (whole < std::numeric_limits<std::int64_t>::min() ||
      whole > std::numeric_limits<std::int64_t>::max()) {
    return fail(ErrorCode::RESULT_TOO_LARGE, "the result does not fit 64 bits");
  }
  return whole.convert_to<std::int64_t>();
}

int Rational::compare(const Rational& other) const {
  const int order = value_.compare(other.value_);
  return (order > 0) - (order < 0);
}

}  // namespace puhui::ledger::formula
