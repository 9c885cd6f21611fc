// Fractions of fixed width: the fast path of formula evaluation.
//
// A Fraction stands for exactly the same value as a Rational but lives in two 128-bit integers, is
// not kept in lowest terms and never allocates. Every operation either yields the exact result or
// answers false ("does not fit"); then the evaluation is repeated with Rational. Since anything
// that fits here is far below kMaxBits, the two paths can never disagree. All functions are pure.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/formula/rational.h"
#include "ledger/formula/rounding.h"

namespace puhui::ledger::formula {

using Int128 = __int128;
using Uint128 = unsigned __int128;

// denominator > 0; both lie within ±(2^127 - 1), so a sign can always be turned.
// Uninitialised by default: stacks of fractions are written before they are read.
struct Fraction {
  Int128 numerator;
  Int128 denominator;
};

[[nodiscard]] inline Fraction whole(std::int64_t value) { return {value, 1}; }

// The same value; nothing when a lowest-terms side exceeds 2^127 - 1.
[[nodiscard]] std::optional<Fraction> to_fraction(const Rational& value);
[[nodiscard]] Rational to_rational(const Fraction& value);

// left := left (op) right. False when the exact result does not fit; `left` is then unspecified.
[[nodiscard]] bool add(Fraction& left, const Fraction& right);
[[nodiscard]] bool subtract(Fraction& left, const Fraction& right);
[[nodiscard]] bool multiply(Fraction& left, const Fraction& right);
// right must not be zero (asserted).
[[nodiscard]] bool divide(Fraction& left, const Fraction& right);

// order := -1, 0 or 1. False when the comparison does not fit.
[[nodiscard]] bool compare(const Fraction& left, const Fraction& right, int& order);

// The rounded value; false when it does not fit 64 bits.
[[nodiscard]] bool round(const Fraction& value, Rounding rounding, std::int64_t& rounded);

[[nodiscard]] Int128 floor_of(const Fraction& value);

}  // namespace puhui::ledger::formula
