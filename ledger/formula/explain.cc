#include <utility>

#include "ledger/formula/program_body.h"

namespace puhui::ledger::formula {
namespace {

// A sign or a ratio stands in parentheses, so that what surrounds it keeps its meaning.
std::string as_operand(const std::string& number) {
  const bool plain = number.find_first_of("-/") == std::string::npos;
  return plain ? number : "(" + number + ")";
}

std::string input_text(std::int64_t value, unsigned scale) {
  return Rational::scaled(value, scale).text();
}

}  // namespace

std::vector<std::string> Program::Body::operands(std::span<const std::int64_t> values) const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < values.size(); ++i) {
    texts.push_back(as_operand(input_text(values[i], definition.inputs[i].scale)));
  }
  for (const auto& constant : definition.constants) texts.push_back(as_operand(constant.value));
  return texts;
}

std::vector<std::string> Program::Body::explain_inputs(std::span<const std::int64_t> values) const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const InputDefinition& input = definition.inputs[i];
    lines.push_back(input.name + " = " + input_text(values[i], input.scale) + " " + input.unit);
  }
  for (const auto& constant : definition.constants) {
    lines.push_back(constant.name + " = " + constant.value + " " + constant.unit + " (" +
                    constant.source + ")");
  }
  const auto texts = operands(values);
  for (const Guard& guard : guards) {
    lines.push_back("guard: " + guard.text() + ", with values: " + guard.substitute(texts) +
                    ", holds");
  }
  return lines;
}

Result<std::vector<std::string>> Program::explain(std::span<const std::int64_t> values,
                                                  std::size_t tier) const {
  const auto outcome = evaluate(values, tier);
  if (!outcome) return tl::make_unexpected(outcome.error());
  const auto exact_value = body_->compute_untiered(values);
  if (!exact_value) return tl::make_unexpected(exact_value.error());
  const auto tiered = exact_value->times(body_->factors[tier]);
  if (!tiered) return tl::make_unexpected(tiered.error());

  const std::string unit = " " + std::string(label(body_->definition.result_unit));
  auto lines = body_->explain_inputs(values);
  lines.push_back("formula: " + body_->formula.text());
  lines.push_back("with values: " + body_->formula.substitute(body_->operands(values)));
  lines.push_back("exact result: " + exact_value->text() + unit);
  if (!body_->definition.tiers.empty()) {
    const TierDefinition& used = body_->definition.tiers[tier];
    lines.push_back("tier " + used.name + ", factor " + used.factor + ": " + tiered->text() + unit);
  }
  const std::int64_t rounded = outcome->grams / body_->grams_per_unit;
  lines.push_back("rounded " + std::string(label(body_->definition.rounding)) + ": " +
                  std::to_string(rounded) + unit);
  lines.push_back("result: " + std::to_string(outcome->grams) + " g");
  return lines;
}

}  // namespace puhui::ledger::formula
