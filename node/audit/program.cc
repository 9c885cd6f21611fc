#include "node/audit/program.h"

#include <algorithm>
#include <limits>

namespace puhui::node::audit {
namespace {

constexpr int kInputsMax = 32;
constexpr int kConstantsMax = 64;
constexpr int kGuardsMax = 16;
constexpr int kTiersMax = 16;
constexpr std::size_t kUnitSizeMax = 32;
constexpr std::size_t kSourceSizeMax = 512;
constexpr unsigned kScaleMax = 18;

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::METHODOLOGY_MALFORMED, what);
}

std::int64_t ten_to(unsigned exponent) {
  std::int64_t power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

bool is_label(std::string_view text, std::size_t limit) {
  return !text.empty() && text.size() <= limit && std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

std::optional<std::int64_t> to_int64(const Whole& value) {
  if (value < std::numeric_limits<std::int64_t>::min() ||
      value > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

Result<std::int64_t> scaled(std::string_view text, unsigned scale) {
  const auto value = read_decimal(text);
  if (!value) return fail(ErrorCode::INPUT_MALFORMED, "a decimal number");
  const auto point = text.find('.');
  if (point != std::string_view::npos && text.size() - point - 1 > scale)
    return fail(ErrorCode::INPUT_OUT_OF_BOUNDS, "decimal places");
  const auto whole = to_int64(floor_of(Exact(*value * ten_to(scale))));
  if (!whole) return fail(ErrorCode::INPUT_OUT_OF_BOUNDS, "64 bits");
  return *whole;
}

Result<void> add_name(const std::string& name, std::vector<std::string>& seen) {
  if (!is_formula_name(name)) return malformed("not a name: " + name);
  if (std::ranges::find(seen, name) != seen.end()) return malformed("declared twice: " + name);
  seen.push_back(name);
  return {};
}

Result<void> check_names(const v1::Methodology& m) {
  std::vector<std::string> names;
  bool monitored = false;
  for (const auto& input : m.inputs()) {
    if (auto added = add_name(input.name(), names); !added) return added;
    monitored |= input.role() != v1::PARAMETER;
  }
  for (const auto& constant : m.constants())
    if (auto added = add_name(constant.name(), names); !added) return added;
  if (!monitored) return malformed("no input is monitored");
  return {};
}

Result<std::vector<Exact>> read_tiers(const v1::Methodology& m) {
  std::vector<Exact> factors;
  std::vector<std::string> names;
  for (const auto& tier : m.tiers()) {
    if (auto added = add_name(tier.name(), names); !added)
      return tl::make_unexpected(added.error());
    const auto factor = read_number(tier.factor());
    if (!factor || *factor < 0 || *factor > 1) return malformed("factor of " + tier.name());
    factors.push_back(*factor);
  }
  if (factors.empty()) factors.emplace_back(1);
  return factors;
}

Result<void> check_counts(const v1::Methodology& m) {
  if (m.result_unit() != v1::GRAM && m.result_unit() != v1::KILOGRAM &&
      m.result_unit() != v1::TONNE)
    return malformed("result_unit");
  if (m.rounding() != v1::FLOOR && m.rounding() != v1::HALF_UP) return malformed("rounding");
  if (m.inputs_size() > kInputsMax || m.constants_size() > kConstantsMax ||
      m.guards_size() > kGuardsMax || m.tiers_size() > kTiersMax)
    return malformed("too many parts");
  return {};
}

Result<void> read_constants(const v1::Methodology& m, Names& names) {
  for (const auto& constant : m.constants()) {
    const auto value = read_number(constant.value());
    if (!is_label(constant.unit(), kUnitSizeMax) || !is_label(constant.source(), kSourceSizeMax) ||
        !value)
      return malformed("constant " + constant.name());
    names.constants.push_back(constant.name());
    names.values.push_back(*value);
  }
  return {};
}

}  // namespace

Result<Program> Program::build(const v1::Methodology& m) {
  if (auto ok = check_counts(m); !ok) return tl::make_unexpected(ok.error());
  if (auto ok = check_names(m); !ok) return tl::make_unexpected(ok.error());
  Program program;
  for (const auto& input : m.inputs()) {
    if (!is_label(input.unit(), kUnitSizeMax) || input.scale() > kScaleMax)
      return malformed("input " + input.name());
    const auto min = scaled(input.min(), input.scale());
    const auto max = scaled(input.max(), input.scale());
    if (!min || !max || *min > *max) return malformed("bounds of " + input.name());
    program.names_.inputs.push_back(input.name());
    program.bounds_.push_back({*min, *max, ten_to(input.scale()), input.scale()});
  }
  if (auto ok = read_constants(m, program.names_); !ok) return tl::make_unexpected(ok.error());
  auto factors = read_tiers(m);
  if (!factors) return tl::make_unexpected(factors.error());
  program.factors_ = std::move(*factors);
  for (const auto& text : m.guards()) {
    auto guard = Expression::read(text, Sort::condition, program.names_);
    if (!guard) return tl::make_unexpected(guard.error());
    program.guards_.push_back(std::move(*guard));
  }
  auto formula = Expression::read(m.formula(), Sort::number, program.names_);
  if (!formula) return tl::make_unexpected(formula.error());
  program.formula_ = std::move(*formula);
  for (const auto* names : {&program.names_.inputs, &program.names_.constants})
    for (const auto& name : *names)
      if (!program.formula_->uses(name) &&
          std::ranges::none_of(program.guards_,
                               [&](const auto& guard) { return guard.uses(name); }))
        return fail(ErrorCode::FORMULA_UNUSED_NAME, name);
  program.half_up_ = m.rounding() == v1::HALF_UP;
  program.grams_per_unit_ = m.result_unit() == v1::TONNE      ? 1'000'000
                            : m.result_unit() == v1::KILOGRAM ? 1'000
                                                              : 1;
  return program;
}

std::optional<std::size_t> Program::input_index(std::string_view name) const {
  const auto found = std::ranges::find(names_.inputs, name);
  if (found == names_.inputs.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.inputs.begin());
}

Result<std::int64_t> Program::read_input(std::size_t index, std::string_view text) const {
  const auto& bounds = bounds_[index];
  const auto value = scaled(text, bounds.scale);
  if (value && (*value < bounds.min || *value > bounds.max))
    return fail(ErrorCode::INPUT_OUT_OF_BOUNDS, names_.inputs[index]);
  return value;
}

Result<Computed> Program::compute(std::span<const std::int64_t> values, std::size_t tier) const {
  if (values.size() < bounds_.size()) return fail(ErrorCode::INPUT_MISSING);
  if (values.size() > bounds_.size() || tier >= factors_.size())
    return fail(ErrorCode::INPUT_UNKNOWN);
  std::vector<Exact> inputs;
  inputs.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < bounds_[i].min || values[i] > bounds_[i].max)
      return fail(ErrorCode::INPUT_OUT_OF_BOUNDS, names_.inputs[i]);
    inputs.emplace_back(Whole(values[i]), Whole(bounds_[i].power));
  }
  for (const auto& guard : guards_) {
    const auto holds = guard.holds(inputs);
    if (!holds) return tl::make_unexpected(holds.error());
    if (!*holds) return fail(ErrorCode::GUARD_FAILED);
  }
  auto value = formula_->number(inputs);
  if (value) value = multiply(*value, factors_[tier]);
  if (!value) return tl::make_unexpected(value.error());
  Computed computed{std::move(*value), 0};
  const auto rounded = to_int64(
      floor_of(half_up_ ? Exact(computed.exact + Exact(Whole(1), Whole(2))) : computed.exact));
  if (!rounded || __builtin_mul_overflow(*rounded, grams_per_unit_, &computed.grams))
    return fail(ErrorCode::RESULT_TOO_LARGE);
  return computed;
}

const Version* version_on(const Line& line, std::int64_t day) {
  for (const auto& version : line) {
    const auto& m = version->methodology;
    if (day >= m.effective_from() && (m.effective_to() == 0 || day < m.effective_to()))
      return version.get();
  }
  return nullptr;
}

}  // namespace puhui::node::audit
