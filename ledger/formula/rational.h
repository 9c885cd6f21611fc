// Exact rational numbers of bounded size: the arithmetic every formula is defined by.
//
// A Rational is kept in lowest terms with a positive denominator, so equal values are equal
// objects. No operation rounds. An operation whose result, in lowest terms, has a numerator or
// denominator of more than kMaxBits bits is refused with FORMULA_OVERFLOW; what happens inside an
// operation is not bounded by this (operands of 512 bits may be multiplied to 1024 bits before they
// are reduced). Values are immutable through const access and may be read from several threads.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/formula/rounding.h"
#include "proto/error.h"

namespace puhui::ledger::formula {

using Integer = boost::multiprecision::cpp_int;

// The largest size of a numerator or denominator, sign excluded.
inline constexpr std::size_t kMaxBits = 512;
// The most digits one written number may have (of a ratio: each side).
inline constexpr std::size_t kMaxDigits = 40;
// The most decimal places of a scaled integer: 10^18 is the last power of ten below 2^63.
inline constexpr unsigned kMaxScale = 18;

class Rational {
 public:
  // Zero.
  Rational() = default;
  explicit Rational(std::int64_t value) : value_(value) {}

  // numerator / denominator in lowest terms. FORMULA_DIVISION_BY_ZERO, FORMULA_OVERFLOW.
  [[nodiscard]] static Result<Rational> ratio(const Integer& numerator, const Integer& denominator);

  // value / 10^scale; scale must be at most kMaxScale (asserted).
  [[nodiscard]] static Rational scaled(std::int64_t value, unsigned scale);

  // Reads exactly  -?(0|[1-9][0-9]*)(\.[0-9]+)?  of at most kMaxDigits digits: no plus sign, no
  // leading zeros, no exponent, no spaces, digits on both sides of the point. INPUT_MALFORMED.
  [[nodiscard]] static Result<Rational> parse_decimal(std::string_view text);

  // Reads a decimal as above, or a ratio  -?(0|[1-9][0-9]*)/[1-9][0-9]*  ("44/12", not necessarily
  // in lowest terms), each side of at most kMaxDigits digits. INPUT_MALFORMED.
  [[nodiscard]] static Result<Rational> parse(std::string_view text);

  // The exact value: a decimal without trailing zeros where one of at most kMaxDigits digits
  // exists ("83.97", "-3", "0.5"), a ratio in lowest terms otherwise ("11/3").
  // Whatever `parse` accepts is read back from `text()` as the same value.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] Integer numerator() const;
  [[nodiscard]] Integer denominator() const;  // > 0
  [[nodiscard]] bool is_zero() const { return value_.is_zero(); }
  [[nodiscard]] bool is_negative() const { return value_ < 0; }

  // FORMULA_OVERFLOW when the result exceeds kMaxBits; `over` answers FORMULA_DIVISION_BY_ZERO
  // when `other` is zero.
  [[nodiscard]] Result<Rational> plus(const Rational& other) const;
  [[nodiscard]] Result<Rational> minus(const Rational& other) const;
  [[nodiscard]] Result<Rational> times(const Rational& other) const;
  [[nodiscard]] Result<Rational> over(const Rational& other) const;

  // These cannot fail: the result is never larger than the operand.
  [[nodiscard]] Rational negated() const;
  [[nodiscard]] Rational floor() const;

  // The whole number the rounding mode selects; RESULT_TOO_LARGE when it does not fit 64 bits.
  [[nodiscard]] Result<std::int64_t> round(Rounding rounding) const;

  // -1, 0 or 1 as this value is less than, equal to or greater than the other. Never fails.
  [[nodiscard]] int compare(const Rational& other) const;
  friend bool operator==(const Rational& a, const Rational& b) { return a.value_ == b.value_; }
  friend bool operator<(const Rational& a, const Rational& b) { return a.value_ < b.value_; }

 private:
  using Value = boost::multiprecision::cpp_rational;

  explicit Rational(Value value) : value_(std::move(value)) {}
  static Result<Rational> bounded(Value value);

  Value value_;
};

}  // namespace puhui::ledger::formula
