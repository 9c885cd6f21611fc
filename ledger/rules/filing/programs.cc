#include "ledger/rules/filing/programs.h"

#include <algorithm>
#include <cassert>

#include "ledger/store/keys.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kLinesRememberedMax = 1024;

formula::InputDefinition input_of(const v1::MethodologyInput& input) {
  return {input.name(),
          input.unit(),
          input.min(),
          input.max(),
          input.scale(),
          input.role() == v1::PARAMETER ? formula::InputRole::kParameter
                                        : formula::InputRole::kMonitored};
}

std::optional<formula::ResultUnit> unit_of(v1::ResultUnit unit) {
  switch (unit) {
    case v1::GRAM:
      return formula::ResultUnit::kGram;
    case v1::KILOGRAM:
      return formula::ResultUnit::kKilogram;
    case v1::TONNE:
      return formula::ResultUnit::kTonne;
    default:
      return std::nullopt;
  }
}

std::optional<formula::Rounding> rounding_of(v1::Rounding rounding) {
  switch (rounding) {
    case v1::FLOOR:
      return formula::Rounding::kFloor;
    case v1::HALF_UP:
      return formula::Rounding::kHalfUp;
    default:
      return std::nullopt;
  }
}

// The record that the value of a version key (code, zero byte, version) names.
v1::MethodologyRecord filed(const State& state, const std::string& name) {
  const auto zero = name.find('\0');
  assert(zero != std::string::npos);
  auto record = state.find<v1::MethodologyRecord>(
      key::methodology(name.substr(0, zero), name.substr(zero + 1)));
  assert(record && "a version in force is not filed");
  return std::move(*record);
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

std::string line_of(const v1::Methodology& methodology) {
  return methodology.kind() == v1::BEHAVIOUR ? key::behaviour_versions(methodology.scenario())
                                             : key::project_versions(methodology.code());
}

std::optional<v1::MethodologyRecord> record_on(const State& state, std::string_view line,
                                               std::int64_t day) {
  const auto found = state.before(line, key::version_from(line, day + 1));
  if (!found) return std::nullopt;
  auto record = filed(state, found->value);
  if (!covers(record.methodology(), day)) return std::nullopt;
  return record;
}

const FiledProgram* ProgramLine::on(std::int64_t day) const {
  const auto next = std::ranges::upper_bound(versions_, day, {}, [](const FiledProgram& version) {
    return version.methodology.effective_from();
  });
  if (next == versions_.begin()) return nullptr;
  const auto& version = *std::prev(next);
  return covers(version.methodology, day) ? &version : nullptr;
}

const ProgramLine& Programs::line(const State& state, const std::string& line) {
  if (const auto known = lines_.find(line); known != lines_.end()) return known->second;
  if (lines_.size() >= kLinesRememberedMax) lines_.clear();
  std::vector<FiledProgram> versions;
  for (auto at = state.at_or_after(line, line); at; at = state.at_or_after(line, at->key + '\0')) {
    auto record = filed(state, at->value);
    auto program = build_program(record.methodology());
    assert(program && "a filed methodology does not build");
    versions.push_back(
        {std::move(*record.mutable_methodology()), std::move(*program), record.standing()});
  }
  return lines_.emplace(line, ProgramLine(std::move(versions))).first->second;
}

}  // namespace puhui::ledger
