// What a Program is made of once its definition is checked. Inside the formula folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/formula/formula.h"
#include "ledger/formula/program.h"

namespace puhui::ledger::formula {

struct Program::Body {
  struct Bounds {
    std::int64_t min;
    std::int64_t max;
    std::int64_t power;  // 10^scale: scaled values are divided by it
  };

  // Whether there is one value per input, each within its bounds, and such a tier.
  Result<bool> check(std::span<const std::int64_t> values, std::size_t tier) const;
  // Guards, formula and factor, for values that passed `check`. The fast one answers
  // FORMULA_OVERFLOW also for what only the complete one can compute.
  Result<Fraction> compute_fast(std::span<const std::int64_t> values, std::size_t tier) const;
  Result<Rational> compute(std::span<const std::int64_t> values, std::size_t tier) const;
  // The same without the tier's factor.
  Result<Rational> compute_untiered(std::span<const std::int64_t> values) const;
  // The written forms of inputs and constants, in the order formulas are compiled with.
  std::vector<std::string> operands(std::span<const std::int64_t> values) const;
  // The explanation's lines up to the formula.
  std::vector<std::string> explain_inputs(std::span<const std::int64_t> values) const;

  Definition definition;
  std::vector<Bounds> bounds;
  std::vector<Guard> guards;
  Formula formula;
  std::vector<Rational> factors;  // of the tiers; one factor of 1 when none is declared
  std::vector<std::optional<Fraction>> small_factors;  // nothing where one does not fit
  std::int64_t grams_per_unit = 1;
};

// Reads a decimal with at most `scale` written decimal places as value * 10^scale.
// INPUT_MALFORMED, INPUT_OUT_OF_BOUNDS (too precise, or beyond 64 bits).
[[nodiscard]] Result<std::int64_t> read_scaled(std::string_view text, unsigned scale);

}  // namespace puhui::ledger::formula
