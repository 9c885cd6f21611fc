// The compiled form of one formula or guard: a flat program for a stack machine, and its builder.
//
// Inside the formula folder only. Each instruction takes its operands from a stack of numbers and
// leaves its result there; a condition is the number 1 or 0. Conditional parts are skipped by
// forward jumps, so a program always ends and executes each instruction at most once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/formula/fraction.h"
#include "ledger/formula/rational.h"

namespace puhui::ledger::formula {

enum class Op : std::uint8_t {
  // Leaves: operand = index of the input, or of the constant.
  kInput,
  kConstant,
  // Two numbers to one.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kMin,
  kMax,
  // Two numbers to a condition.
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,
  // One to one.
  kNegate,
  kAbsolute,
  kFloor,
  kNot,
  // Control: operand = index of the next instruction; the conditional ones take a condition away.
  kJump,
  kJumpIfFalse,
  kJumpIfTrue,
};

struct Instruction {
  Op op;
  std::uint16_t column;  // 1-based position of the operator in the text, for run-time errors
  std::uint16_t operand;
};

struct Code {
  std::vector<Instruction> instructions;
  std::vector<Rational> constants;
  // The same constants for the fast path, of use only when every one of them fits.
  std::vector<Fraction> small_constants;
  bool has_small_constants = false;
  std::size_t stack_size = 0;
};

// Why a program stopped early, and at which operator.
enum class Fault : std::uint8_t { kNone, kOverflow, kDivisionByZero };
struct Halt {
  Fault fault = Fault::kNone;
  std::uint16_t column = 0;
};

// Emits instructions in evaluation order. Operations on constants alone are carried out at once,
// unless they would fail: then they stay in the program and fail when (and only if) they are
// reached.
class CodeBuilder {
 public:
  void input(std::uint16_t index, std::uint16_t column);
  void constant(Rational value, std::uint16_t column);
  // True when the operation was carried out, so that its result is a constant on top again.
  // `foldable`: the operands are exactly the constants pushed last.
  bool unary(Op op, std::uint16_t column, bool foldable);
  bool binary(Op op, std::uint16_t column, bool foldable);

  // Emits a forward jump and answers its place; `land` makes it lead to the next instruction.
  std::size_t jump(Op op, std::uint16_t column);
  void land(std::size_t place);
  // After an unconditional jump the other branch starts with one value fewer on the stack.
  void drop();

  // Ends the building; the builder is empty afterwards.
  Code finish();

 private:
  void push(Instruction instruction);
  bool fold_unary(Op op, std::uint16_t column);
  bool fold_binary(Op op, std::uint16_t column);
  void replace(std::size_t count, Rational value, std::uint16_t column);

  Code code_;
  std::size_t depth_ = 0;
};

}  // namespace puhui::ledger::formula
