// The executable part of a methodology: from inputs to grams of CO2e, exactly.
//
// A Definition is what a methodology declares (inputs, constants, guards, formula, result unit,
// rounding, evidence tiers). `build` checks it once; the Program then computes any number of
// results. One evaluation, in this order, the first failure deciding:
//   1. every input, in declared order, lies within its bounds          INPUT_OUT_OF_BOUNDS
//   2. every guard, in declared order, holds                           GUARD_FAILED
//   3. the formula is computed exactly                                 FORMULA_*
//   4. its value is multiplied by the factor of the evidence tier      FORMULA_OVERFLOW
//   5. the product is rounded to a whole number of the result unit     RESULT_TOO_LARGE
//   6. and converted to grams (1 kg = 1 000 g, 1 t = 1 000 000 g)      RESULT_TOO_LARGE
// The same definition and inputs give the same answer on every machine for ever: integers only, no
// clock, no input or output. A Program is immutable; copies share one body; all functions may be
// called from several threads. Units are labels: a formula carries its own conversions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/formula/rounding.h"
#include "proto/error.h"

namespace puhui::ledger::formula {

class Rational;

inline constexpr std::size_t kMaxInputs = 32;
inline constexpr std::size_t kMaxConstants = 64;
inline constexpr std::size_t kMaxGuards = 16;
inline constexpr std::size_t kMaxTiers = 16;
// The longest unit label and the longest source of a constant.
inline constexpr std::size_t kMaxUnitBytes = 32;
inline constexpr std::size_t kMaxSourceBytes = 512;

enum class InputRole : std::uint8_t {
  kMonitored,  // measured anew for every report or record
  kParameter,  // fixed when a project is filed
};

enum class ResultUnit : std::uint8_t { kGram, kKilogram, kTonne };

struct InputDefinition {
  std::string name;
  std::string unit;
  std::string min;     // decimal, with at most `scale` decimal places; inclusive
  std::string max;     // as min; inclusive
  unsigned scale = 0;  // decimal places a value may carry, at most kMaxScale (18)
  InputRole role = InputRole::kMonitored;
};

struct ConstantDefinition {
  std::string name;
  std::string value;  // decimal or ratio ("93.3", "44/12")
  std::string unit;
  std::string source;  // where the value comes from; not empty
};

struct TierDefinition {
  std::string name;
  std::string factor;  // decimal or ratio, 0 <= factor <= 1
};

struct Definition {
  std::vector<InputDefinition> inputs;  // at least one, at least one of them monitored
  std::vector<ConstantDefinition> constants;
  std::vector<std::string> guards;
  std::string formula;
  ResultUnit result_unit = ResultUnit::kGram;
  Rounding rounding = Rounding::kFloor;
  std::vector<TierDefinition> tiers;  // empty: tier 0 alone, with the factor 1
};

struct Outcome {
  std::int64_t grams = 0;
  // The exact value before rounding is below zero, even where rounding makes it 0.
  // What follows from that is the caller's rule, not the methodology's.
  bool negative = false;
};

struct NamedInput {
  std::string_view name;
  std::string_view value;  // decimal
};

class Program {
 public:
  // The definition as it was built from.
  [[nodiscard]] const Definition& definition() const;

  // The position of the input of this name in the declared order.
  [[nodiscard]] std::optional<std::size_t> input_index(std::string_view name) const;

  // Reads a decimal string as the value of one input, scaled: "0.9" at scale 3 is 900.
  // INPUT_MALFORMED; INPUT_OUT_OF_BOUNDS when more than `scale` decimal places are written (even
  // zeros) or the value lies outside the bounds. `index` is below the number of inputs (asserted).
  [[nodiscard]] Result<std::int64_t> read_input(std::size_t index, std::string_view text) const;

  // The same for all inputs, in declared order. INPUT_MISSING or INPUT_UNKNOWN when there are fewer
  // or more values than inputs.
  [[nodiscard]] Result<std::vector<std::int64_t>> read_inputs(
      std::span<const std::string_view> texts) const;

  // The same for inputs given by name in any order. INPUT_UNKNOWN for a name that is not declared,
  // INPUT_MALFORMED for one given twice, INPUT_MISSING for one not given.
  [[nodiscard]] Result<std::vector<std::int64_t>> read_named(
      std::span<const NamedInput> named) const;

  // Computes the result. `values` are the inputs in declared order, each multiplied by 10^scale of
  // its input; `tier` is the index of the evidence tier, 0 when none is declared. Errors as listed
  // above, and INPUT_MISSING, INPUT_UNKNOWN (too few or many values, or no such tier).
  // Takes well under a microsecond and no memory for ordinary formulas; numbers beyond 128 bits
  // take the slower exact path, with the same answer.
  [[nodiscard]] Result<Outcome> evaluate(std::span<const std::int64_t> values,
                                         std::size_t tier) const;
  [[nodiscard]] Result<Outcome> evaluate(std::span<const std::string_view> texts,
                                         std::size_t tier) const;

  // The value before rounding (after the tier's factor), in the result unit. Errors as evaluate,
  // except RESULT_TOO_LARGE.
  [[nodiscard]] Result<Rational> exact(std::span<const std::int64_t> values,
                                       std::size_t tier) const;

  // The computation as lines of ASCII-plus-labels text a person can follow with a calculator:
  //   distance = 900 m
  //   m_per_km = 1000 m/km (definition)
  //   guard: distance < 30000, with values: 900 < 30000, holds
  //   formula: distance / m_per_km * ef
  //   with values: 900 / 1000 * 93.3
  //   exact result: 83.97 g
  //   tier ticket, factor 1/2: 41.985 g
  //   rounded half_up: 42 g
  //   result: 42 g
  // The line after "with values:" is itself a formula without names. The tier's line appears only
  // when tiers are declared. Errors as evaluate.
  [[nodiscard]] Result<std::vector<std::string>> explain(std::span<const std::int64_t> values,
                                                         std::size_t tier) const;

 private:
  struct Body;

  explicit Program(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

  friend Result<Program> build(const Definition& definition);

  std::shared_ptr<const Body> body_;
};

// Checks a definition completely and compiles it. METHODOLOGY_MALFORMED names the field: a bad,
// reserved or repeated name, an empty or overlong label, bounds that are not decimals, too precise,
// reversed or beyond 64 bits at their scale, a constant or factor that is no number, a factor
// outside 0…1, too many of anything, no monitored input. FORMULA_* as of `compile`, with the
// guard's text for a guard; FORMULA_UNUSED_NAME for an input or constant that neither the formula
// nor a guard uses.
[[nodiscard]] Result<Program> build(const Definition& definition);

// "g", "kg", "t"; "floor", "half_up", "ceiling".
[[nodiscard]] std::string_view label(ResultUnit unit);
[[nodiscard]] std::string_view label(Rounding rounding);

}  // namespace puhui::ledger::formula
