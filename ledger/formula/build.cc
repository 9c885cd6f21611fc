#include <algorithm>
#include <cassert>
#include <utility>

#include "ledger/formula/program_body.h"

namespace puhui::ledger::formula {
namespace {

using Bounds = std::pair<std::int64_t, std::int64_t>;

tl::unexpected<Error> malformed(std::string what) {
  return fail(ErrorCode::METHODOLOGY_MALFORMED, std::move(what));
}

// The outcome of a check that has nothing to hand on.
using Checked = Result<bool>;

Checked check_count(std::size_t count, std::size_t limit, const std::string& what) {
  if (count <= limit) return true;
  return malformed("more than " + std::to_string(limit) + " " + what);
}

bool is_label(std::string_view text, std::size_t limit) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  };
  return !text.empty() && text.size() <= limit &&
         std::none_of(text.begin(), text.end(), is_control);
}

Checked check_name(const std::string& name, std::vector<std::string>& seen) {
  if (!is_name(name)) return malformed("'" + name.substr(0, kMaxNameBytes) + "' is not a name");
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
    return malformed("'" + name + "' is declared twice");
  }
  seen.push_back(name);
  return true;
}

Result<Bounds> check_input(const InputDefinition& input) {
  if (!is_label(input.unit, kMaxUnitBytes)) return malformed(input.name + ": not a unit label");
  if (input.scale > kMaxScale) {
    return malformed(input.name + ": more than " + std::to_string(kMaxScale) + " decimal places");
  }
  const auto min = read_scaled(input.min, input.scale);
  if (!min) return malformed(input.name + ": minimum: " + min.error().detail);
  const auto max = read_scaled(input.max, input.scale);
  if (!max) return malformed(input.name + ": maximum: " + max.error().detail);
  if (*min > *max) return malformed(input.name + ": the minimum exceeds the maximum");
  return Bounds{*min, *max};
}

Result<Rational> check_constant(const ConstantDefinition& constant) {
  if (!is_label(constant.unit, kMaxUnitBytes)) {
    return malformed(constant.name + ": not a unit label");
  }
  if (!is_label(constant.source, kMaxSourceBytes)) {
    return malformed(constant.name + ": not a source");
  }
  auto value = Rational::parse(constant.value);
  if (!value) return malformed(constant.name + ": " + value.error().detail);
  return value;
}

Result<Rational> check_tier(const TierDefinition& tier) {
  auto factor = Rational::parse(tier.factor);
  if (!factor) return malformed("tier " + tier.name + ": " + factor.error().detail);
  if (factor->is_negative() || Rational(1) < *factor) {
    return malformed("tier " + tier.name + ": the factor is not between 0 and 1");
  }
  return factor;
}

Checked check_counts(const Definition& definition) {
  if (auto ok = check_count(definition.inputs.size(), kMaxInputs, "inputs"); !ok) return ok;
  if (auto ok = check_count(definition.constants.size(), kMaxConstants, "constants"); !ok) {
    return ok;
  }
  if (auto ok = check_count(definition.guards.size(), kMaxGuards, "guards"); !ok) return ok;
  return check_count(definition.tiers.size(), kMaxTiers, "evidence tiers");
}

// Inputs, then constants: the order formulas are compiled with.
Result<std::vector<std::string>> check_names(const Definition& definition) {
  std::vector<std::string> names;
  for (const auto& input : definition.inputs) {
    if (auto ok = check_name(input.name, names); !ok) return tl::make_unexpected(ok.error());
  }
  for (const auto& constant : definition.constants) {
    if (auto ok = check_name(constant.name, names); !ok) return tl::make_unexpected(ok.error());
  }
  const auto monitored = [](const InputDefinition& i) { return i.role == InputRole::kMonitored; };
  if (std::none_of(definition.inputs.begin(), definition.inputs.end(), monitored)) {
    return malformed("no input is monitored");
  }
  return names;
}

Result<std::vector<Rational>> check_constants(const Definition& definition) {
  std::vector<Rational> values;
  for (const auto& constant : definition.constants) {
    auto value = check_constant(constant);
    if (!value) return tl::make_unexpected(value.error());
    values.push_back(*std::move(value));
  }
  return values;
}

Result<std::vector<Rational>> check_tiers(const Definition& definition) {
  std::vector<Rational> factors;
  std::vector<std::string> names;
  for (const auto& tier : definition.tiers) {
    if (auto ok = check_name(tier.name, names); !ok) return tl::make_unexpected(ok.error());
    auto factor = check_tier(tier);
    if (!factor) return tl::make_unexpected(factor.error());
    factors.push_back(*std::move(factor));
  }
  if (factors.empty()) factors.emplace_back(1);
  return factors;
}

Result<std::vector<Guard>> check_guards(const Definition& definition,
                                        std::span<const std::string> names,
                                        std::span<const Rational> constants) {
  std::vector<Guard> guards;
  for (const std::string& text : definition.guards) {
    auto guard = compile_guard(text, names, constants);
    if (!guard) {
      return fail(guard.error().code,
                  "guard '" + text.substr(0, kMaxTextBytes) + "': " + guard.error().detail);
    }
    guards.push_back(*std::move(guard));
  }
  return guards;
}

Checked check_uses(std::span<const std::string> names, const Formula& formula,
                   std::span<const Guard> guards) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto uses = [i](const Expression& expression) { return expression.uses(i); };
    if (!uses(formula) && std::none_of(guards.begin(), guards.end(), uses)) {
      return fail(ErrorCode::FORMULA_UNUSED_NAME, "'" + names[i] + "' is never used");
    }
  }
  return true;
}

std::int64_t power_of_ten(unsigned exponent) {
  std::int64_t power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

std::int64_t grams_in(ResultUnit unit) {
  switch (unit) {
    case ResultUnit::kKilogram:
      return 1'000;
    case ResultUnit::kTonne:
      return 1'000'000;
    case ResultUnit::kGram:
      break;
  }
  return 1;
}

}  // namespace

Result<std::int64_t> read_scaled(std::string_view text, unsigned scale) {
  const auto value = Rational::parse_decimal(text);
  if (!value) return tl::make_unexpected(value.error());
  const std::size_t point = text.find('.');
  const std::size_t places = point == std::string_view::npos ? 0 : text.size() - point - 1;
  if (places > scale) {
    return fail(ErrorCode::INPUT_OUT_OF_BOUNDS,
                "more than " + std::to_string(scale) + " decimal places");
  }
  const auto scaled = value->times(Rational(power_of_ten(scale)));
  assert(scaled && "forty digits times 10^18 is far below the limit");
  const auto whole_value = scaled->round(Rounding::kFloor);
  if (!whole_value) return fail(ErrorCode::INPUT_OUT_OF_BOUNDS, "does not fit 64 bits");
  return *whole_value;
}

Result<Program> build(const Definition& definition) {
  if (auto ok = check_counts(definition); !ok) return tl::make_unexpected(ok.error());
  const auto names = check_names(definition);
  if (!names) return tl::make_unexpected(names.error());
  auto body = std::make_shared<Program::Body>();
  for (const auto& input : definition.inputs) {
    const auto bounds = check_input(input);
    if (!bounds) return tl::make_unexpected(bounds.error());
    body->bounds.push_back({bounds->first, bounds->second, power_of_ten(input.scale)});
  }
  const auto constants = check_constants(definition);
  if (!constants) return tl::make_unexpected(constants.error());
  auto factors = check_tiers(definition);
  if (!factors) return tl::make_unexpected(factors.error());
  auto guards = check_guards(definition, *names, *constants);
  if (!guards) return tl::make_unexpected(guards.error());
  auto formula = compile(definition.formula, *names, *constants);
  if (!formula) return tl::make_unexpected(formula.error());
  if (auto ok = check_uses(*names, *formula, *guards); !ok) return tl::make_unexpected(ok.error());

  body->definition = definition;
  body->guards = *std::move(guards);
  body->formula = *std::move(formula);
  body->factors = *std::move(factors);
  for (const Rational& factor : body->factors) {
    body->small_factors.push_back(to_fraction(factor));
  }
  body->grams_per_unit = grams_in(definition.result_unit);
  return Program(std::move(body));
}

}  // namespace puhui::ledger::formula
