#include "ledger/formula/parser.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "ledger/formula/formula.h"

namespace puhui::ledger::formula {
namespace {

// Stands for "this token is no such operator"; never emitted.
constexpr Op kNoOp = Op::kInput;

Op sum_op(const Token& token) {
  if (token.text == "+") return Op::kAdd;
  if (token.text == "-") return Op::kSubtract;
  return kNoOp;
}

Op product_op(const Token& token) {
  if (token.text == "*") return Op::kMultiply;
  if (token.text == "/") return Op::kDivide;
  return kNoOp;
}

Op comparison_op(const Token& token) {
  if (token.text == "<") return Op::kLess;
  if (token.text == "<=") return Op::kLessEqual;
  if (token.text == ">") return Op::kGreater;
  if (token.text == ">=") return Op::kGreaterEqual;
  if (token.text == "==") return Op::kEqual;
  if (token.text == "!=") return Op::kNotEqual;
  return kNoOp;
}

bool is_comparison(Op op) { return op >= Op::kLess && op <= Op::kNotEqual; }

tl::unexpected<Error> syntax(const Token& token, std::string_view what) {
  return fail(ErrorCode::FORMULA_SYNTAX, at_column(token.column, what));
}

tl::unexpected<Error> too_deep(const Token& token, std::string_view what) {
  return fail(ErrorCode::FORMULA_TOO_DEEP, at_column(token.column, what));
}

}  // namespace

Parser::Parser(std::string_view text, std::span<const std::string> names,
               std::span<const Rational> constants)
    : lexer_(text), names_(names), constants_(constants), used_(names.size(), false) {
  assert(constants.size() <= names.size());
}

Result<Parsed> Parser::parse(Type type) {
  if (auto first = advance(); !first) return tl::make_unexpected(first.error());
  const auto all = wanted(type, parse_or());
  if (!all) return tl::make_unexpected(all.error());
  if (token_.kind != TokenKind::kEnd) {
    return syntax(token_, "expected an operator or the end of the formula");
  }
  return Parsed{builder_.finish(), std::move(used_)};
}

// Answers the token that was next and reads the one after it.
Result<Token> Parser::advance() {
  auto following = lexer_.next();
  if (!following) return following;
  return std::exchange(token_, *following);
}

Result<Token> Parser::expect(std::string_view sign) {
  if (!sees(sign)) return syntax(token_, "expected '" + std::string(sign) + "'");
  return advance();
}

Result<Token> Parser::count_node(const Token& token) {
  if (++nodes_ > kMaxNodes) {
    return too_deep(token, "expected at most " + std::to_string(kMaxNodes) + " nodes");
  }
  return token;
}

Result<Parser::Operand> Parser::wanted(Type type, Result<Operand> operand) const {
  if (!operand || operand->type == type) return operand;
  return fail(ErrorCode::FORMULA_TYPE,
              at_column(operand->column,
                        type == Type::kNumber ? "expected a number" : "expected a condition"));
}

Result<Parser::Operand> Parser::nested(Rule rule) {
  if (nesting_ == kMaxNesting) {
    return too_deep(token_, "expected a nesting of at most " + std::to_string(kMaxNesting));
  }
  ++nesting_;
  auto operand = (this->*rule)();
  --nesting_;
  return operand;
}

Result<Parser::Operand> Parser::emit_binary(Op op, const Token& sign, Operand left, Operand right) {
  if (auto counted = count_node(sign); !counted) return tl::make_unexpected(counted.error());
  const bool constant = builder_.binary(op, sign.column, left.constant && right.constant);
  return Operand{is_comparison(op) ? Type::kCondition : Type::kNumber, left.column, constant};
}

Result<Parser::Operand> Parser::parse_left_to_right(Rule part, Op (*op_of)(const Token&)) {
  auto left = (this->*part)();
  while (left && op_of(token_) != kNoOp) {
    left = wanted(Type::kNumber, left);
    if (!left) return left;
    const auto sign = advance();
    if (!sign) return tl::make_unexpected(sign.error());
    const auto right = wanted(Type::kNumber, (this->*part)());
    if (!right) return right;
    left = emit_binary(op_of(*sign), *sign, *left, *right);
  }
  return left;
}

// left `word` right, where the right side is skipped once the left side decides.
Result<Parser::Operand> Parser::parse_lazy(Rule part, std::string_view word, Op jump) {
  auto left = (this->*part)();
  while (left && token_.kind == TokenKind::kName && sees(word)) {
    left = wanted(Type::kCondition, left);
    if (!left) return left;
    const auto sign = advance();
    if (!sign) return tl::make_unexpected(sign.error());
    if (auto counted = count_node(*sign); !counted) return tl::make_unexpected(counted.error());
    const std::size_t decided = builder_.jump(jump, sign->column);
    const auto right = wanted(Type::kCondition, (this->*part)());
    if (!right) return right;
    const std::size_t end = builder_.jump(Op::kJump, sign->column);
    builder_.drop();
    builder_.land(decided);
    builder_.constant(Rational(jump == Op::kJumpIfTrue ? 1 : 0), sign->column);
    builder_.land(end);
    left->constant = false;
  }
  return left;
}

Result<Parser::Operand> Parser::parse_or() {
  return parse_lazy(&Parser::parse_and, "or", Op::kJumpIfTrue);
}

Result<Parser::Operand> Parser::parse_and() {
  return parse_lazy(&Parser::parse_not, "and", Op::kJumpIfFalse);
}

Result<Parser::Operand> Parser::parse_not() {
  if (!sees("not")) return parse_comparison();
  const auto word = advance();
  if (!word) return tl::make_unexpected(word.error());
  const auto operand = wanted(Type::kCondition, nested(&Parser::parse_not));
  if (!operand) return operand;
  if (auto counted = count_node(*word); !counted) return tl::make_unexpected(counted.error());
  const bool constant = builder_.unary(Op::kNot, word->column, operand->constant);
  return Operand{Type::kCondition, word->column, constant};
}

Result<Parser::Operand> Parser::parse_comparison() {
  auto left = parse_sum();
  if (!left || comparison_op(token_) == kNoOp) return left;
  left = wanted(Type::kNumber, left);
  if (!left) return left;
  const auto sign = advance();
  if (!sign) return tl::make_unexpected(sign.error());
  const auto right = wanted(Type::kNumber, parse_sum());
  if (!right) return right;
  if (comparison_op(token_) != kNoOp) return syntax(token_, "expected 'and', 'or' or the end");
  return emit_binary(comparison_op(*sign), *sign, *left, *right);
}

Result<Parser::Operand> Parser::parse_sum() {
  return parse_left_to_right(&Parser::parse_product, sum_op);
}

Result<Parser::Operand> Parser::parse_product() {
  return parse_left_to_right(&Parser::parse_negation, product_op);
}

Result<Parser::Operand> Parser::parse_negation() {
  if (!sees("-")) return parse_primary();
  const auto sign = advance();
  if (!sign) return tl::make_unexpected(sign.error());
  const auto operand = wanted(Type::kNumber, nested(&Parser::parse_negation));
  if (!operand) return operand;
  if (auto counted = count_node(*sign); !counted) return tl::make_unexpected(counted.error());
  const bool constant = builder_.unary(Op::kNegate, sign->column, operand->constant);
  return Operand{Type::kNumber, sign->column, constant};
}

Result<Parser::Operand> Parser::parse_primary() {
  if (token_.kind == TokenKind::kNumber) return parse_number();
  if (sees("(")) return nested(&Parser::parse_parenthesis);
  if (token_.kind == TokenKind::kName && !is_reserved(token_.text)) return parse_name();
  if (is_reserved(token_.text) && !sees("and") && !sees("or") && !sees("not")) {
    return nested(&Parser::parse_call);
  }
  return syntax(token_, "expected a number, a name or '('");
}

Result<Parser::Operand> Parser::parse_number() {
  const auto token = advance();
  if (!token) return tl::make_unexpected(token.error());
  if (auto counted = count_node(*token); !counted) return tl::make_unexpected(counted.error());
  const auto value = Rational::parse_decimal(token->text);
  assert(value && "the lexer accepts nothing the number reader refuses");
  builder_.constant(*value, token->column);
  return Operand{Type::kNumber, token->column, true};
}

Result<Parser::Operand> Parser::parse_name() {
  const auto token = advance();
  if (!token) return tl::make_unexpected(token.error());
  if (auto counted = count_node(*token); !counted) return tl::make_unexpected(counted.error());
  const auto found = std::find(names_.begin(), names_.end(), token->text);
  if (found == names_.end()) {
    return fail(ErrorCode::FORMULA_UNKNOWN_NAME,
                at_column(token->column, "'" + std::string(token->text) + "' is not declared"));
  }
  const auto index = static_cast<std::size_t>(found - names_.begin());
  const std::size_t inputs = names_.size() - constants_.size();
  used_[index] = true;
  if (index >= inputs) {
    builder_.constant(constants_[index - inputs], token->column);
    return Operand{Type::kNumber, token->column, true};
  }
  builder_.input(static_cast<std::uint16_t>(index), token->column);
  return Operand{Type::kNumber, token->column, false};
}

Result<Parser::Operand> Parser::parse_parenthesis() {
  const auto open = advance();
  if (!open) return tl::make_unexpected(open.error());
  auto inside = parse_or();
  if (!inside) return inside;
  if (auto close = expect(")"); !close) return tl::make_unexpected(close.error());
  inside->column = open->column;
  return inside;
}

Result<Parser::Operand> Parser::parse_call() {
  const auto word = advance();
  if (!word) return tl::make_unexpected(word.error());
  if (auto counted = count_node(*word); !counted) return tl::make_unexpected(counted.error());
  if (auto open = expect("("); !open) return tl::make_unexpected(open.error());
  auto result = word->text == "if"      ? parse_if()
                : word->text == "min"   ? parse_fold(Op::kMin)
                : word->text == "max"   ? parse_fold(Op::kMax)
                : word->text == "floor" ? parse_function_of_one(Op::kFloor)
                                        : parse_function_of_one(Op::kAbsolute);
  if (!result) return result;
  if (auto close = expect(")"); !close) return tl::make_unexpected(close.error());
  result->column = word->column;
  return result;
}

Result<Parser::Operand> Parser::parse_argument(Type type) { return wanted(type, parse_or()); }

// min and max take two arguments or more, from the left.
Result<Parser::Operand> Parser::parse_fold(Op op) {
  auto left = parse_argument(Type::kNumber);
  do {
    if (!left) return left;
    const auto comma = expect(",");
    if (!comma) return tl::make_unexpected(comma.error());
    const auto right = parse_argument(Type::kNumber);
    if (!right) return right;
    left->constant = builder_.binary(op, comma->column, left->constant && right->constant);
  } while (sees(","));
  return left;
}

Result<Parser::Operand> Parser::parse_function_of_one(Op op) {
  auto value = parse_argument(Type::kNumber);
  if (value) value->constant = builder_.unary(op, value->column, value->constant);
  return value;
}

Result<Parser::Operand> Parser::parse_if() {
  const auto condition = parse_argument(Type::kCondition);
  if (!condition) return condition;
  if (auto comma = expect(","); !comma) return tl::make_unexpected(comma.error());
  const std::size_t otherwise = builder_.jump(Op::kJumpIfFalse, condition->column);
  const auto taken = parse_argument(Type::kNumber);
  if (!taken) return taken;
  if (auto comma = expect(","); !comma) return tl::make_unexpected(comma.error());
  const std::size_t end = builder_.jump(Op::kJump, condition->column);
  builder_.drop();
  builder_.land(otherwise);
  const auto other = parse_argument(Type::kNumber);
  if (!other) return other;
  builder_.land(end);
  return Operand{Type::kNumber, condition->column, false};
}

}  // namespace puhui::ledger::formula
