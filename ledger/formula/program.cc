#include "ledger/formula/program.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "ledger/formula/machine.h"
#include "ledger/formula/program_body.h"

namespace puhui::ledger::formula {
namespace {

static_assert(kMaxInputs + kMaxConstants <= kMaxNames);

tl::unexpected<Error> out_of_bounds(const InputDefinition& input, std::string_view value,
                                    const std::string& why) {
  return fail(ErrorCode::INPUT_OUT_OF_BOUNDS,
              input.name + " = " + std::string(value) + " " + input.unit + " " + why);
}

// A value outside its bounds, named with the bound it breaks.
tl::unexpected<Error> outside(const InputDefinition& input, std::int64_t value, bool below) {
  const std::string limit =
      below ? "is below the minimum " + input.min : "exceeds the maximum " + input.max;
  return out_of_bounds(input, Rational::scaled(value, input.scale).text(),
                       limit + " " + input.unit);
}

tl::unexpected<Error> wrong_count(std::size_t given, std::size_t declared) {
  return fail(given < declared ? ErrorCode::INPUT_MISSING : ErrorCode::INPUT_UNKNOWN,
              std::to_string(given) + " values for " + std::to_string(declared) + " inputs");
}

// Adds the guard's text to an error that arose inside it.
tl::unexpected<Error> in_guard(const Guard& guard, const Error& error) {
  return fail(error.code, "guard '" + guard.text() + "': " + error.detail);
}

// True when every guard holds.
template <class Number>
Result<bool> hold(std::span<const Guard> guards, std::span<const Number> values) {
  for (const Guard& guard : guards) {
    const auto holds = guard.holds(values);
    if (!holds) return in_guard(guard, holds.error());
    if (!*holds) {
      return fail(ErrorCode::GUARD_FAILED, "guard '" + guard.text() + "' does not hold");
    }
  }
  return true;
}

Result<Outcome> to_grams(std::int64_t rounded, std::int64_t grams_per_unit, bool negative) {
  Outcome outcome{0, negative};
  if (__builtin_mul_overflow(rounded, grams_per_unit, &outcome.grams)) {
    return fail(ErrorCode::RESULT_TOO_LARGE, "the result in grams does not fit 64 bits");
  }
  return outcome;
}

}  // namespace

std::string_view label(ResultUnit unit) {
  switch (unit) {
    case ResultUnit::kKilogram:
      return "kg";
    case ResultUnit::kTonne:
      return "t";
    case ResultUnit::kGram:
      break;
  }
  return "g";
}

std::string_view label(Rounding rounding) {
  switch (rounding) {
    case Rounding::kHalfUp:
      return "half_up";
    case Rounding::kCeiling:
      return "ceiling";
    case Rounding::kFloor:
      break;
  }
  return "floor";
}

const Definition& Program::definition() const { return body_->definition; }

std::optional<std::size_t> Program::input_index(std::string_view name) const {
  const auto& inputs = body_->definition.inputs;
  const auto found = std::find_if(inputs.begin(), inputs.end(),
                                  [name](const auto& input) { return input.name == name; });
  if (found == inputs.end()) return std::nullopt;
  return static_cast<std::size_t>(found - inputs.begin());
}

Result<std::int64_t> Program::read_input(std::size_t index, std::string_view text) const {
  assert(index < body_->bounds.size());
  const InputDefinition& input = body_->definition.inputs[index];
  const auto value = read_scaled(text, input.scale);
  if (!value && value.error().code == ErrorCode::INPUT_OUT_OF_BOUNDS) {
    return out_of_bounds(input, text, value.error().detail);
  }
  if (!value) return fail(value.error().code, input.name + ": " + value.error().detail);
  const auto& bounds = body_->bounds[index];
  if (*value < bounds.min) return outside(input, *value, true);
  if (*value > bounds.max) return outside(input, *value, false);
  return value;
}

Result<std::vector<std::int64_t>> Program::read_inputs(
    std::span<const std::string_view> texts) const {
  const std::size_t declared = body_->bounds.size();
  if (texts.size() != declared) return wrong_count(texts.size(), declared);
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < declared; ++i) {
    const auto value = read_input(i, texts[i]);
    if (!value) return tl::make_unexpected(value.error());
    values.push_back(*value);
  }
  return values;
}

Result<std::vector<std::int64_t>> Program::read_named(std::span<const NamedInput> named) const {
  std::vector<std::optional<std::string_view>> texts(body_->bounds.size());
  for (const auto& [name, value] : named) {
    const auto index = input_index(name);
    if (!index) return fail(ErrorCode::INPUT_UNKNOWN, "'" + std::string(name) + "'");
    if (texts[*index]) return fail(ErrorCode::INPUT_MALFORMED, std::string(name) + " given twice");
    texts[*index] = value;
  }
  std::vector<std::string_view> in_order;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i]) return fail(ErrorCode::INPUT_MISSING, body_->definition.inputs[i].name);
    in_order.push_back(*texts[i]);
  }
  return read_inputs(in_order);
}

Result<bool> Program::Body::check(std::span<const std::int64_t> values, std::size_t tier) const {
  if (values.size() != bounds.size()) return wrong_count(values.size(), bounds.size());
  if (tier >= factors.size()) {
    return fail(ErrorCode::INPUT_UNKNOWN,
                "evidence tier " + std::to_string(tier) + " of " + std::to_string(factors.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < bounds[i].min) return outside(definition.inputs[i], values[i], true);
    if (values[i] > bounds[i].max) return outside(definition.inputs[i], values[i], false);
  }
  return true;
}

Result<Fraction> Program::Body::compute_fast(std::span<const std::int64_t> values,
                                             std::size_t tier) const {
  std::array<Fraction, kMaxInputs> storage;
  for (std::size_t i = 0; i < values.size(); ++i) storage[i] = {values[i], bounds[i].power};
  const std::span<const Fraction> inputs(storage.data(), values.size());
  if (auto ok = hold(std::span<const Guard>(guards), inputs); !ok) {
    return tl::make_unexpected(std::move(ok.error()));
  }
  auto value = formula.evaluate(inputs);
  if (!value) return value;
  if (!small_factors[tier] || !multiply(*value, *small_factors[tier])) {
    return fail(ErrorCode::FORMULA_OVERFLOW);
  }
  return value;
}

Result<Rational> Program::Body::compute_untiered(std::span<const std::int64_t> values) const {
  std::vector<Rational> storage;
  for (std::size_t i = 0; i < values.size(); ++i) {
    storage.push_back(Rational::scaled(values[i], definition.inputs[i].scale));
  }
  const std::span<const Rational> inputs(storage);
  if (auto ok = hold(std::span<const Guard>(guards), inputs); !ok) {
    return tl::make_unexpected(std::move(ok.error()));
  }
  return formula.evaluate(inputs);
}

Result<Rational> Program::Body::compute(std::span<const std::int64_t> values,
                                        std::size_t tier) const {
  auto value = compute_untiered(values);
  return value ? value->times(factors[tier]) : value;
}

Result<Outcome> Program::evaluate(std::span<const std::int64_t> values, std::size_t tier) const {
  if (auto ok = body_->check(values, tier); !ok) return tl::make_unexpected(std::move(ok.error()));
  const Rounding rounding = body_->definition.rounding;
  auto fast = body_->compute_fast(values, tier);
  if (fast) {
    std::int64_t rounded = 0;
    if (!round(*fast, rounding, rounded)) {
      return fail(ErrorCode::RESULT_TOO_LARGE, "the result does not fit 64 bits");
    }
    return to_grams(rounded, body_->grams_per_unit, is_negative(*fast));
  }
  if (fast.error().code != ErrorCode::FORMULA_OVERFLOW) {
    return tl::make_unexpected(std::move(fast.error()));
  }
  const auto value = body_->compute(values, tier);
  if (!value) return tl::make_unexpected(value.error());
  const auto rounded = value->round(rounding);
  if (!rounded) return tl::make_unexpected(rounded.error());
  return to_grams(*rounded, body_->grams_per_unit, value->is_negative());
}

Result<Outcome> Program::evaluate(std::span<const std::string_view> texts, std::size_t tier) const {
  const auto values = read_inputs(texts);
  if (!values) return tl::make_unexpected(values.error());
  return evaluate(*values, tier);
}

Result<Rational> Program::exact(std::span<const std::int64_t> values, std::size_t tier) const {
  if (auto ok = body_->check(values, tier); !ok) return tl::make_unexpected(std::move(ok.error()));
  return body_->compute(values, tier);
}

}  // namespace puhui::ledger::formula
