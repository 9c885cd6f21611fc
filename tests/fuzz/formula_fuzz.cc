#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "ledger/formula/formula.h"

namespace {

using namespace puhui::ledger::formula;

const std::vector<std::string> kNames = {"a", "b", "c", "k"};

std::vector<Rational> values_of(std::int64_t a, std::int64_t b, std::int64_t c, unsigned scale) {
  return {Rational::scaled(a, scale), Rational::scaled(b, scale), Rational::scaled(c, scale)};
}

// Both paths agree, and writing the values into the text changes nothing but its size.
void check(const Formula& formula, const std::vector<Rational>& values) {
  std::vector<Fraction> fast_values;
  std::vector<std::string> texts;
  for (const Rational& value : values) {
    fast_values.push_back(*to_fraction(value));
    texts.push_back("(" + value.text() + ")");
  }
  texts.push_back("(44/12)");
  const auto exact = formula.evaluate(std::span<const Rational>(values));
  const auto fast = formula.evaluate(std::span<const Fraction>(fast_values));
  if (fast) assert(exact && to_rational(*fast) == *exact);
  if (!fast && fast.error().code != puhui::ErrorCode::FORMULA_OVERFLOW) {
    assert(!exact && exact.error().detail == fast.error().detail);
  }
  const auto written = compile(formula.substitute(texts), {});
  if (!written) return assert(written.error().code == puhui::ErrorCode::FORMULA_TOO_DEEP);
  const auto again = written->evaluate(std::span<const Rational>());
  assert(again.has_value() == exact.has_value());
  assert(!exact || *again == *exact);
}

}  // namespace

// Any bytes either compile or are refused; what compiles computes the same on both paths.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto number = Rational::parse(text)) {
    assert(*Rational::parse(number->text()) == *number);
  }
  const std::vector<Rational> constants = {*Rational::parse("44/12")};
  (void)compile_guard(text, kNames, constants);
  const auto formula = compile(text, kNames, constants);
  if (!formula) return 0;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  check(*formula, values_of(0, 1, -1, 0));
  check(*formula, values_of(12'345, -67, 8'900, 3));
  check(*formula, values_of(kMost, -kMost, kMost - 1, 18));
  return 0;
}
