#include "node/identity/exchange.h"

#include "crypto/bytes.h"
#include "ledger/records.h"

namespace puhui::node::identity {
namespace {

std::string_view head_of(ExchangeKind kind) {
  return kind == ExchangeKind::question ? "puhui-tags-question/v1" : "puhui-tags-answer/v1";
}

// The lines of a text, which are counted.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // What follows the word on the next line.
  Result<std::string_view> after(std::string_view word) {
    ++number_;
    const auto line = crypto::take_line(rest_);
    if (line && line->starts_with(word)) return line->substr(word.size());
    return wrong("\"" + std::string(word) + "…\" is expected");
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& what) const {
    return fail(ErrorCode::INVALID_ARGUMENT, "line " + std::to_string(number_) + ": " + what);
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

Result<std::string> read_city(Lines& lines, std::string_view word) {
  const auto city = lines.after(word);
  if (!city) return tl::make_unexpected(city.error());
  if (!ledger::is_code(*city)) return lines.wrong("a city is capitals and digits");
  return std::string(*city);
}

Result<crypto::Point> read_point(Lines& lines) {
  const auto digits = lines.after("");
  if (!digits) return tl::make_unexpected(digits.error());
  const auto bytes = crypto::hex_decode(*digits);
  auto point = crypto::Point::decode(bytes.value_or(std::string()));
  if (!point) return lines.wrong("not a point");
  return point;
}

Result<std::uint64_t> read_count(Lines& lines) {
  const auto digits = lines.after("points ");
  if (!digits) return tl::make_unexpected(digits.error());
  const auto count = crypto::parse_decimal(*digits);
  if (!count || *count == 0 || *count > ledger::kRecordsMax)
    return lines.wrong("1 to " + std::to_string(ledger::kRecordsMax) + " points");
  return *count;
}

}  // namespace

std::string format_exchange(const Exchange& exchange) {
  auto text = std::string(head_of(exchange.kind)) + "\nid " + crypto::hex_encode(exchange.id) +
              "\nfrom " + exchange.from + "\nto " + exchange.to + "\npoints " +
              std::to_string(exchange.points.size()) + "\n";
  for (const auto& point : exchange.points) text += crypto::hex_encode(point.view()) + "\n";
  return text;
}

Result<Exchange> parse_exchange(std::string_view text, ExchangeKind kind) {
  Lines lines(text);
  const auto head = lines.after(head_of(kind));
  if (!head) return tl::make_unexpected(head.error());
  if (!head->empty()) return lines.wrong("another form");
  const auto id = lines.after("id ");
  if (!id) return tl::make_unexpected(id.error());
  auto bytes = crypto::hex_decode(*id);
  if (!bytes || bytes->size() != kQuestionIdSize) return lines.wrong("an id has 32 hex digits");
  auto from = read_city(lines, "from "), to = from ? read_city(lines, "to ") : from;
  if (!to) return tl::make_unexpected(to.error());
  const auto count = read_count(lines);
  if (!count) return tl::make_unexpected(count.error());
  Exchange exchange{kind, std::move(*bytes), std::move(*from), std::move(*to), {}};
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto point = read_point(lines);
    if (!point) return tl::make_unexpected(point.error());
    exchange.points.push_back(*point);
  }
  if (!lines.at_end()) return lines.wrong("something follows");
  return exchange;
}

}  // namespace puhui::node::identity
