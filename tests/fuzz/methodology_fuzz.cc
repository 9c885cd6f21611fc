// Methodologies as the ledger and as the auditor compute them, who share no code: both refuse a
// definition (of several faults each may name another), or both answer the same grams, the same
// exact value or the same error for every input.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "ledger/formula/program.h"
#include "ledger/formula/rational.h"
#include "ledger/rules/filing/programs.h"
#include "node/audit/program.h"

namespace {

namespace audit = puhui::node::audit;
namespace formula = puhui::ledger::formula;
namespace ledger = puhui::ledger;
namespace v1 = puhui::v1;

template <class One, class Other>
bool same_error(const One& one, const Other& other) {
  return one.has_value() == other.has_value() &&
         (one.has_value() || one.error().code == other.error().code);
}

void compute(const formula::Program& here, const audit::Program& there,
             const std::vector<std::int64_t>& values, std::size_t tier) {
  const auto outcome = here.evaluate(values, tier);
  const auto computed = there.compute(values, tier);
  assert(same_error(outcome, computed));
  if (!outcome) return;
  assert(outcome->grams == computed->grams && outcome->negative == (computed->exact < 0));
  const auto exact = here.exact(values, tier);
  assert(exact && exact->text() == audit::write_number(computed->exact));
}

void check(const v1::Methodology& methodology) {
  const auto here = ledger::build_program(methodology);
  const auto there = audit::Program::build(methodology);
  assert(here.has_value() == there.has_value());
  if (!here) return;
  const auto count = static_cast<std::size_t>(methodology.inputs_size());
  const auto tiers = static_cast<std::size_t>(methodology.tiers_size());
  std::vector<std::int64_t> least, most, mixed;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& input = methodology.inputs(static_cast<int>(i));
    assert(here->input_index(input.name()) == i && there->input_index(input.name()) == i);
    const auto low = here->read_input(i, input.min());
    const auto high = here->read_input(i, input.max());
    assert(low && high);
    assert(*low == *there->read_input(i, input.min()));
    assert(*high == *there->read_input(i, input.max()));
    // What a hostile definition writes as anything else is read as an input by both, or by neither.
    assert(same_error(here->read_input(i, methodology.note()),
                      there->read_input(i, methodology.note())));
    least.push_back(*low);
    most.push_back(*high);
    mixed.push_back(i % 2 == 0 ? *low / 2 + *high / 2 : *high / 3);
  }
  for (std::size_t tier = 0; tier <= tiers; ++tier) {
    compute(*here, *there, least, tier);
    compute(*here, *there, most, tier);
    compute(*here, *there, mixed, tier);
    compute(*here, *there, std::vector<std::int64_t>(count, 0), tier);
    compute(*here, *there, std::vector<std::int64_t>(count + 1, 1), tier);
  }
}

// A definition that uses three inputs and a constant, whatever its formula does.
v1::Methodology around(std::string_view text) {
  v1::Methodology methodology;
  for (const char* name : {"a", "b", "c"}) {
    auto& input = *methodology.add_inputs();
    input.set_name(name);
    input.set_unit("m");
    input.set_min("-900.5");
    input.set_max("9000000000");
    input.set_scale(3);
  }
  auto& constant = *methodology.add_constants();
  constant.set_name("k");
  constant.set_value("44/12");
  constant.set_unit("t");
  constant.set_source("fuzz");
  methodology.add_guards("a == a and b == b and c == c and k == k");
  methodology.set_formula(std::string(text));
  methodology.set_result_unit(v1::KILOGRAM);
  methodology.set_rounding(v1::HALF_UP);
  methodology.set_note(std::string(text));
  return methodology;
}

}  // namespace

// After the first byte: the text of a formula, or a whole definition.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'f') {
    check(around(bytes));
    return 0;
  }
  v1::Methodology methodology;
  if (methodology.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) check(methodology);
  return 0;
}
