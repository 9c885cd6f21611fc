// The stack machine, once for both kinds of number (Fraction: fast, Rational: complete).
//
// Inside the formula folder only. The control flow is one piece of code, so the two paths differ in
// nothing but the width of their arithmetic.
#pragma once

#include <utility>

#include "ledger/formula/code.h"

namespace puhui::ledger::formula {

// Rational with the in-place interface of Fraction. False means FORMULA_OVERFLOW.
inline bool assign(Rational& left, Result<Rational> result) {
  if (!result) return false;
  left = *std::move(result);
  return true;
}
inline bool add(Rational& left, const Rational& right) { return assign(left, left.plus(right)); }
inline bool subtract(Rational& left, const Rational& right) {
  return assign(left, left.minus(right));
}
inline bool multiply(Rational& left, const Rational& right) {
  return assign(left, left.times(right));
}
inline bool divide(Rational& left, const Rational& right) { return assign(left, left.over(right)); }
inline bool compare(const Rational& left, const Rational& right, int& order) {
  order = left.compare(right);
  return true;
}
inline bool is_zero(const Rational& value) { return value.is_zero(); }
inline bool is_negative(const Rational& value) { return value.is_negative(); }
inline void negate(Rational& value) { value = value.negated(); }
inline void floor_in_place(Rational& value) { value = value.floor(); }
inline void set_condition(Rational& value, bool holds) { value = Rational(holds ? 1 : 0); }

inline bool is_zero(const Fraction& value) { return value.numerator == 0; }
inline bool is_negative(const Fraction& value) { return value.numerator < 0; }
inline void negate(Fraction& value) { value.numerator = -value.numerator; }
inline void floor_in_place(Fraction& value) { value = {floor_of(value), 1}; }
inline void set_condition(Fraction& value, bool holds) { value = whole(holds ? 1 : 0); }

inline bool order_satisfies(Op op, int order) {
  switch (op) {
    case Op::kLess:
      return order < 0;
    case Op::kLessEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    case Op::kGreaterEqual:
      return order >= 0;
    case Op::kEqual:
      return order == 0;
    default:
      return order != 0;
  }
}

// min and max keep the left operand when both are equal (the values are the same either way).
template <class Number>
Fault apply_comparison(Op op, Number& left, const Number& right) {
  int order = 0;
  if (!compare(left, right, order)) return Fault::kOverflow;
  if (op == Op::kMin || op == Op::kMax) {
    if (op == Op::kMin ? order > 0 : order < 0) left = right;
  } else {
    set_condition(left, order_satisfies(op, order));
  }
  return Fault::kNone;
}

// left := left (op) right.
template <class Number>
Fault apply_binary(Op op, Number& left, const Number& right) {
  bool fits = true;
  switch (op) {
    case Op::kAdd:
      fits = add(left, right);
      break;
    case Op::kSubtract:
      fits = subtract(left, right);
      break;
    case Op::kMultiply:
      fits = multiply(left, right);
      break;
    case Op::kDivide:
      if (is_zero(right)) return Fault::kDivisionByZero;
      fits = divide(left, right);
      break;
    default:
      return apply_comparison(op, left, right);
  }
  return fits ? Fault::kNone : Fault::kOverflow;
}

// value := (op) value. Cannot fail.
template <class Number>
void apply_unary(Op op, Number& value) {
  switch (op) {
    case Op::kNegate:
      negate(value);
      break;
    case Op::kAbsolute:
      if (is_negative(value)) negate(value);
      break;
    case Op::kFloor:
      floor_in_place(value);
      break;
    default:
      set_condition(value, is_zero(value));
      break;
  }
}

// Runs the program; the result is stack[0] unless the returned fault says otherwise.
// `stack` has room for code.stack_size numbers; inputs and constants are those the code refers to.
template <class Number>
Halt run(const Code& code, const Number* inputs, const Number* constants, Number* stack) {
  Number* top = stack;
  const Instruction* const begin = code.instructions.data();
  const Instruction* const end = begin + code.instructions.size();
  for (const Instruction* next = begin; next != end;) {
    const Instruction& now = *next++;
    switch (now.op) {
      case Op::kInput:
        *top++ = inputs[now.operand];
        break;
      case Op::kConstant:
        *top++ = constants[now.operand];
        break;
      case Op::kNegate:
      case Op::kAbsolute:
      case Op::kFloor:
      case Op::kNot:
        apply_unary(now.op, top[-1]);
        break;
      case Op::kJump:
        next = begin + now.operand;
        break;
      case Op::kJumpIfFalse:
      case Op::kJumpIfTrue:
        --top;
        if (is_zero(*top) == (now.op == Op::kJumpIfFalse)) next = begin + now.operand;
        break;
      default:
        --top;
        if (const Fault fault = apply_binary(now.op, top[-1], *top); fault != Fault::kNone) {
          return {fault, now.column};
        }
        break;
    }
  }
  return {};
}

}  // namespace puhui::ledger::formula
