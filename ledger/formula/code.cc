#include "ledger/formula/code.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "ledger/formula/machine.h"

namespace puhui::ledger::formula {
namespace {

bool takes_condition(Op op) { return op == Op::kJumpIfFalse || op == Op::kJumpIfTrue; }

}  // namespace

void CodeBuilder::push(Instruction instruction) {
  code_.instructions.push_back(instruction);
  ++depth_;
  code_.stack_size = std::max(code_.stack_size, depth_);
}

void CodeBuilder::input(std::uint16_t index, std::uint16_t column) {
  push({Op::kInput, column, index});
}

void CodeBuilder::constant(Rational value, std::uint16_t column) {
  const auto index = static_cast<std::uint16_t>(code_.constants.size());
  code_.constants.push_back(std::move(value));
  push({Op::kConstant, column, index});
}

// Takes the last `count` constants back and pushes one in their place.
void CodeBuilder::replace(std::size_t count, Rational value, std::uint16_t column) {
  assert(code_.constants.size() >= count && depth_ >= count);
  code_.instructions.resize(code_.instructions.size() - count, Instruction{});
  code_.constants.resize(code_.constants.size() - count);
  depth_ -= count;
  constant(std::move(value), column);
}

bool CodeBuilder::fold_unary(Op op, std::uint16_t column) {
  Rational value = code_.constants.back();
  apply_unary(op, value);
  replace(1, std::move(value), column);
  return true;
}

bool CodeBuilder::fold_binary(Op op, std::uint16_t column) {
  Rational value = code_.constants.end()[-2];
  if (apply_binary(op, value, code_.constants.back()) != Fault::kNone) return false;
  replace(2, std::move(value), column);
  return true;
}

bool CodeBuilder::unary(Op op, std::uint16_t column, bool foldable) {
  if (foldable) return fold_unary(op, column);
  code_.instructions.push_back({op, column, 0});
  return false;
}

bool CodeBuilder::binary(Op op, std::uint16_t column, bool foldable) {
  if (foldable && fold_binary(op, column)) return true;
  assert(depth_ >= 2);
  code_.instructions.push_back({op, column, 0});
  --depth_;
  return false;
}

std::size_t CodeBuilder::jump(Op op, std::uint16_t column) {
  code_.instructions.push_back({op, column, 0});
  if (takes_condition(op)) --depth_;
  return code_.instructions.size() - 1;
}

void CodeBuilder::land(std::size_t place) {
  code_.instructions[place].operand = static_cast<std::uint16_t>(code_.instructions.size());
}

void CodeBuilder::drop() {
  assert(depth_ > 0);
  --depth_;
}

Code CodeBuilder::finish() {
  assert(depth_ == 1);
  code_.has_small_constants = true;
  for (const Rational& value : code_.constants) {
    const auto small = to_fraction(value);
    code_.has_small_constants = code_.has_small_constants && small.has_value();
    code_.small_constants.push_back(small.value_or(whole(0)));
  }
  depth_ = 0;
  return std::exchange(code_, Code());
}

}  // namespace puhui::ledger::formula
