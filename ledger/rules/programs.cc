#include "ledger/rules/programs.h"

#include <cassert>

#include "ledger/store/keys.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kDaysRememberedMax = 4096;

formula::InputDefinition input_of(const v1::MethodologyInput& input) {
  return {input.name(), input.unit(), input.min(), input.max(), input.scale(),
          input.role() == v1::PARAMETER ? formula::InputRole::kParameter
                                        : formula::InputRole::kMonitored};
}

std::optional<formula::ResultUnit> unit_of(v1::ResultUnit unit) {
  switch (unit) {
    case v1::GRAM: return formula::ResultUnit::kGram;
    case v1::KILOGRAM: return formula::ResultUnit::kKilogram;
    case v1::TONNE: return formula::ResultUnit::kTonne;
    default: return std::nullopt;
  }
}

std::optional<formula::Rounding> rounding_of(v1::Rounding rounding) {
  switch (rounding) {
    case v1::FLOOR: return formula::Rounding::kFloor;
    case v1::HALF_UP: return formula::Rounding::kHalfUp;
    default: return std::nullopt;
  }
}

}  // namespace

Result<formula::Program> build_program(const v1::Methodology& methodology) {
  const auto unit = unit_of(methodology.result_unit());
  if (!unit) return fail(ErrorCode::METHODOLOGY_MALFORMED, "result_unit");
  const auto rounding = rounding_of(methodology.rounding());
  if (!rounding) return fail(ErrorCode::METHODOLOGY_MALFORMED, "rounding");
  formula::Definition definition;
  for (const auto& input : methodology.inputs()) definition.inputs.push_back(input_of(input));
  for (const auto& constant : methodology.constants())
    definition.constants.push_back(
        {constant.name(), constant.value(), constant.unit(), constant.source()});
  for (const auto& tier : methodology.tiers())
    definition.tiers.push_back({tier.name(), tier.factor()});
  definition.guards.assign(methodology.guards().begin(), methodology.guards().end());
  definition.formula = methodology.formula();
  definition.result_unit = *unit;
  definition.rounding = *rounding;
  return formula::build(definition);
}

std::optional<v1::Methodology> methodology_on(const State& state, std::string_view name,
                                              std::int64_t day) {
  const auto found = state.before(key::versions(name), key::version_from(name, day + 1));
  if (!found) return std::nullopt;
  const auto zero = found->value.find('\0');
  assert(zero != std::string::npos);
  const auto record = state.find<v1::MethodologyRecord>(
      key::methodology(found->value.substr(0, zero), found->value.substr(zero + 1)));
  assert(record && "a version in force is not filed");
  const auto to = record->methodology().effective_to();
  if (to != 0 && day >= to) return std::nullopt;
  return record->methodology();
}

const FiledProgram* Programs::on(const State& state, std::string_view name, std::int64_t day) {
  const std::pair at{std::string(name), day};
  if (const auto known = by_day_.find(at); known != by_day_.end()) return known->second;
  if (by_day_.size() >= kDaysRememberedMax) by_day_.clear();
  const auto methodology = methodology_on(state, name, day);
  if (!methodology) return by_day_[at] = nullptr;
  auto& filed = compiled_[{methodology->code(), methodology->version()}];
  if (!filed) {
    auto program = build_program(*methodology);
    assert(program && "a filed methodology does not build");
    filed = std::make_unique<FiledProgram>(FiledProgram{*methodology, std::move(*program)});
  }
  return by_day_[at] = filed.get();
}

}  // namespace puhui::ledger
