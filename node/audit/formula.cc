#include "node/audit/formula.h"

#include <algorithm>
#include <array>

namespace puhui::node::audit {
namespace {

namespace mp = boost::multiprecision;
using Is = Term::Is;

constexpr std::size_t kDigitsMax = 40;
constexpr std::size_t kNameSizeMax = 64;
constexpr std::size_t kTextSizeMax = 4096;
constexpr unsigned kNestingMax = 32;
constexpr unsigned kNodesMax = 512;
constexpr unsigned kBitsMax = 512;

constexpr std::array<std::string_view, 8> kWords = {"and", "or",  "not", "if",
                                                    "min", "max", "abs", "floor"};
constexpr std::array<std::string_view, 5> kCalls = {"if", "min", "max", "abs", "floor"};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool in_name(char c) { return lower(c) || digit(c) || c == '_'; }

template <class List>
bool among(std::string_view word, const List& list) {
  return std::ranges::find(list, word) != list.end();
}

bool plain_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, digit);
}
bool whole_form(std::string_view text) {
  return plain_digits(text) && text.size() <= kDigitsMax && (text.size() == 1 || text[0] != '0');
}
Whole whole(std::string_view digits) {
  Whole value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}
Whole ten_to(std::size_t exponent) { return whole("1" + std::string(exponent, '0')); }

bool fits(const Whole& value) { return value == 0 || mp::msb(mp::abs(value)) < kBitsMax; }

Result<Exact> bounded(const Exact& value) {
  if (fits(mp::numerator(value)) && fits(mp::denominator(value))) return value;
  return fail(ErrorCode::FORMULA_OVERFLOW);
}

// ---- Reading --------------------------------------------------------------------------------

class Reader {
 public:
  Reader(std::string_view text, const Names& names, std::vector<std::string>& used)
      : text_(text), names_(names), used_(used) {}

  Result<Term> all(Sort sort) {
    auto term = as(sort, expression());
    if (!term) return term;
    skip();
    if (at_ != text_.size()) return wrong(ErrorCode::FORMULA_SYNTAX);
    return term;
  }

 private:
  using Rule = Result<Term> (Reader::*)();

  [[nodiscard]] tl::unexpected<Error> wrong(ErrorCode code) const {
    return fail(code, "column " + std::to_string(at_ + 1));
  }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  // The sign or word that comes next, without taking it.
  std::string_view peek() {
    skip();
    const auto rest = text_.substr(at_);
    if (rest.empty()) return {};
    std::size_t size = 1;
    if (lower(rest[0]))
      while (size < rest.size() && in_name(rest[size])) ++size;
    for (const std::string_view two : {"<=", ">=", "==", "!="})
      if (rest.starts_with(two)) size = 2;
    return rest.substr(0, size);
  }
  bool take(std::string_view word) {
    if (peek() != word) return false;
    at_ += word.size();
    return true;
  }
  Result<void> counted() {
    if (++nodes_ > kNodesMax) return wrong(ErrorCode::FORMULA_TOO_DEEP);
    return {};
  }
  [[nodiscard]] Result<Term> as(Sort sort, Result<Term> term) const {
    if (!term || term->sort == sort) return term;
    return wrong(ErrorCode::FORMULA_TYPE);
  }
  Result<Term> inside(Rule rule) {
    if (nesting_ == kNestingMax) return wrong(ErrorCode::FORMULA_TOO_DEEP);
    ++nesting_;
    auto term = (this->*rule)();
    --nesting_;
    return term;
  }

  struct Sign {
    std::string_view text;
    Is is;
  };
  // part { sign part }, grouped from the left; both sides of this sort.
  Result<Term> chain(Rule part, Sort sort, std::span<const Sign> signs) {
    auto left = (this->*part)();
    while (left) {
      const auto next = peek();
      const auto sign = std::ranges::find(signs, next, &Sign::text);
      if (sign == signs.end()) return left;
      left = joined(std::move(*left), *sign, part, sort);
    }
    return left;
  }
  Result<Term> joined(Term first, const Sign& sign, Rule part, Sort sort) {
    auto left = as(sort, std::move(first));
    if (!left) return left;
    take(sign.text);
    if (auto room = counted(); !room) return tl::make_unexpected(room.error());
    auto right = as(sort, (this->*part)());
    if (!right) return right;
    Term term;
    term.is = sign.is;
    term.sort = sort;
    term.parts.push_back(std::move(*left));
    term.parts.push_back(std::move(*right));
    return term;
  }

  Result<Term> expression() {
    static constexpr Sign kSigns[] = {{"or", Is::disjunction}};
    return chain(&Reader::conjunction, Sort::condition, kSigns);
  }
  Result<Term> conjunction() {
    static constexpr Sign kSigns[] = {{"and", Is::conjunction}};
    return chain(&Reader::inverse, Sort::condition, kSigns);
  }
  Result<Term> inverse() {
    if (!take("not")) return comparison();
    return prefixed(Is::inverse, Sort::condition, &Reader::inverse);
  }
  Result<Term> prefixed(Is is, Sort sort, Rule rule) {
    auto part = as(sort, inside(rule));
    if (!part) return part;
    if (auto room = counted(); !room) return tl::make_unexpected(room.error());
    Term term;
    term.is = is;
    term.sort = sort;
    term.parts.push_back(std::move(*part));
    return term;
  }
  Result<Term> comparison() {
    static constexpr Sign kSigns[] = {{"<", Is::less},    {"<=", Is::less_equal},
                                      {">", Is::greater}, {">=", Is::greater_equal},
                                      {"==", Is::equal},  {"!=", Is::unequal}};
    auto left = sum();
    if (!left) return left;
    const auto sign = std::ranges::find(kSigns, peek(), &Sign::text);
    if (sign == std::end(kSigns)) return left;
    auto term = joined(std::move(*left), *sign, &Reader::sum, Sort::number);
    if (term) term->sort = Sort::condition;
    return term;
  }
  Result<Term> sum() {
    static constexpr Sign kSigns[] = {{"+", Is::sum}, {"-", Is::difference}};
    return chain(&Reader::product, Sort::number, kSigns);
  }
  Result<Term> product() {
    static constexpr Sign kSigns[] = {{"*", Is::product}, {"/", Is::quotient}};
    return chain(&Reader::negation, Sort::number, kSigns);
  }
  Result<Term> negation() {
    if (!take("-")) return primary();
    return prefixed(Is::negative, Sort::number, &Reader::negation);
  }
  Result<Term> primary() {
    const auto next = peek();
    if (next.empty()) return wrong(ErrorCode::FORMULA_SYNTAX);
    if (digit(next[0])) return number();
    if (next == "(") return inside(&Reader::parenthesis);
    if (!lower(next[0])) return wrong(ErrorCode::FORMULA_SYNTAX);
    if (among(next, kCalls)) return inside(&Reader::call);
    if (among(next, kWords)) return wrong(ErrorCode::FORMULA_SYNTAX);
    return name(next);
  }
  Result<Term> number() {
    auto end = at_;
    while (end < text_.size() && (in_name(text_[end]) || text_[end] == '.')) ++end;
    const auto value = read_decimal(text_.substr(at_, end - at_));
    if (!value) return wrong(ErrorCode::FORMULA_SYNTAX);
    at_ = end;
    if (auto room = counted(); !room) return tl::make_unexpected(room.error());
    Term term;
    term.value = *value;
    return term;
  }
  Result<Term> name(std::string_view word) {
    if (auto room = counted(); !room) return tl::make_unexpected(room.error());
    Term term;
    const auto input = std::ranges::find(names_.inputs, word);
    const auto constant = std::ranges::find(names_.constants, word);
    if (input != names_.inputs.end()) {
      term.is = Is::input;
      term.input = static_cast<std::size_t>(input - names_.inputs.begin());
    } else if (constant != names_.constants.end()) {
      term.value = names_.values[static_cast<std::size_t>(constant - names_.constants.begin())];
    } else {
      return wrong(ErrorCode::FORMULA_UNKNOWN_NAME);
    }
    used_.emplace_back(word);
    at_ += word.size();
    return term;
  }
  Result<Term> parenthesis() {
    take("(");
    auto term = expression();
    if (term && !take(")")) return wrong(ErrorCode::FORMULA_SYNTAX);
    return term;
  }
  Result<Term> call() {
    const auto word = peek();
    take(word);
    if (auto room = counted(); !room) return tl::make_unexpected(room.error());
    if (!take("(")) return wrong(ErrorCode::FORMULA_SYNTAX);
    Term term;
    term.is = word == "if"    ? Is::choice
              : word == "min" ? Is::minimum
              : word == "max" ? Is::maximum
              : word == "abs" ? Is::absolute
                              : Is::floor;
    const bool many = term.is == Is::minimum || term.is == Is::maximum;
    const std::size_t wanted = term.is == Is::choice ? 3 : many ? 2 : 1;
    do {
      const bool asks = term.is == Is::choice && term.parts.empty();
      auto part = as(asks ? Sort::condition : Sort::number, expression());
      if (!part) return part;
      term.parts.push_back(std::move(*part));
    } while ((many || term.parts.size() < wanted) && take(","));
    if (term.parts.size() < wanted || !take(")")) return wrong(ErrorCode::FORMULA_SYNTAX);
    return term;
  }

  std::string_view text_;
  const Names& names_;
  std::vector<std::string>& used_;
  std::size_t at_ = 0;
  unsigned nodes_ = 0, nesting_ = 0;
};

// ---- Computing ------------------------------------------------------------------------------

using Inputs = std::span<const Exact>;

Result<Exact> compute(const Term& term, Inputs inputs);
Result<bool> judge(const Term& term, Inputs inputs);

Result<Exact> arithmetic(Is is, const Exact& a, const Exact& b) {
  switch (is) {
    case Is::sum:
      return bounded(a + b);
    case Is::difference:
      return bounded(a - b);
    case Is::product:
      return bounded(a * b);
    default:
      if (b == 0) return fail(ErrorCode::FORMULA_DIVISION_BY_ZERO);
      return bounded(a / b);
  }
}

Result<Exact> extreme(const Term& term, Inputs inputs) {
  auto best = compute(term.parts[0], inputs);
  for (std::size_t i = 1; best && i < term.parts.size(); ++i) {
    auto other = compute(term.parts[i], inputs);
    if (!other) return other;
    if (term.is == Is::minimum ? *other < *best : *other > *best) best = std::move(other);
  }
  return best;
}

Result<Exact> compute(const Term& term, Inputs inputs) {
  if (term.is == Is::number) return term.value;
  if (term.is == Is::input) return inputs[term.input];
  if (term.is == Is::minimum || term.is == Is::maximum) return extreme(term, inputs);
  if (term.is == Is::choice) {
    const auto holds = judge(term.parts[0], inputs);
    if (!holds) return tl::make_unexpected(holds.error());
    return compute(term.parts[*holds ? 1 : 2], inputs);
  }
  auto first = compute(term.parts[0], inputs);
  if (!first) return first;
  if (term.is == Is::negative) return Exact(-*first);
  if (term.is == Is::absolute) return *first < 0 ? Exact(-*first) : *first;
  if (term.is == Is::floor) return Exact(floor_of(*first));
  const auto second = compute(term.parts[1], inputs);
  if (!second) return second;
  return arithmetic(term.is, *first, *second);
}

bool compare(Is is, const Exact& a, const Exact& b) {
  switch (is) {
    case Is::less:
      return a < b;
    case Is::less_equal:
      return a <= b;
    case Is::greater:
      return a > b;
    case Is::greater_equal:
      return a >= b;
    case Is::equal:
      return a == b;
    default:
      return a != b;
  }
}

Result<bool> judge(const Term& term, Inputs inputs) {
  if (term.is == Is::inverse || term.is == Is::conjunction || term.is == Is::disjunction) {
    const auto first = judge(term.parts[0], inputs);
    if (!first) return first;
    if (term.is == Is::inverse) return !*first;
    if (*first == (term.is == Is::disjunction)) return *first;
    return judge(term.parts[1], inputs);
  }
  const auto a = compute(term.parts[0], inputs);
  if (!a) return tl::make_unexpected(a.error());
  const auto b = compute(term.parts[1], inputs);
  if (!b) return tl::make_unexpected(b.error());
  return compare(term.is, *a, *b);
}

}  // namespace

bool is_formula_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameSizeMax && lower(text[0]) &&
         std::ranges::all_of(text, in_name) && !among(text, kWords);
}

std::optional<Exact> read_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  const auto before = text.substr(0, point);
  std::string_view after;
  if (point != std::string_view::npos) after = text.substr(point + 1);
  if (!whole_form(before) || (point != std::string_view::npos && !plain_digits(after)) ||
      before.size() + after.size() > kDigitsMax)
    return std::nullopt;
  const Exact value(whole(std::string(before) + std::string(after)), ten_to(after.size()));
  return negative ? Exact(-value) : value;
}

std::optional<Exact> read_number(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return read_decimal(text);
  const bool negative = text.starts_with('-');
  const auto above = text.substr(0, slash).substr(negative ? 1 : 0);
  const auto below = text.substr(slash + 1);
  if (!whole_form(above) || !whole_form(below) || below == "0") return std::nullopt;
  const Exact value(whole(above), whole(below));
  return negative ? Exact(-value) : value;
}

std::string write_number(const Exact& value) {
  const std::string sign = value < 0 ? "-" : "";
  const Whole above = mp::abs(mp::numerator(value));
  const Whole below = mp::denominator(value);
  for (std::size_t places = 0; places < kDigitsMax; ++places) {
    const Whole power = ten_to(places);
    if (power % below != 0) continue;
    auto digits = Whole(above * (power / below)).str();
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    if (digits.size() > kDigitsMax) break;
    if (places > 0) digits.insert(digits.size() - places, ".");
    return sign + digits;
  }
  return sign + above.str() + (below == 1 ? "" : "/" + below.str());
}

Whole floor_of(const Exact& value) {
  const Whole above = mp::numerator(value);
  const Whole below = mp::denominator(value);
  Whole quotient = above / below;
  if (above < 0 && quotient * below != above) quotient -= 1;
  return quotient;
}

Result<Exact> multiply(const Exact& a, const Exact& b) { return bounded(a * b); }
Result<Exact> add(const Exact& a, const Exact& b) { return bounded(a + b); }

Result<Expression> Expression::read(std::string_view text, Sort sort, const Names& names) {
  if (text.size() > kTextSizeMax) return fail(ErrorCode::FORMULA_TOO_DEEP, "text");
  Expression expression;
  auto term = Reader(text, names, expression.used_).all(sort);
  if (!term) return tl::make_unexpected(term.error());
  expression.top_ = std::move(*term);
  return expression;
}

Result<Exact> Expression::number(Inputs inputs) const { return compute(top_, inputs); }
Result<bool> Expression::holds(Inputs inputs) const { return judge(top_, inputs); }

bool Expression::uses(const std::string& name) const { return among(name, used_); }

}  // namespace puhui::node::audit
