#include "node/files/toml_form.h"

#include <algorithm>

namespace puhui::node {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool continues_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}
// 'x', 'o' and 'b' among them make no more than a malformed number.
bool continues_number(char c) { return is_hex_digit(c) || c == '_' || c == 'x' || c == 'o'; }
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
}

// Takes one thing after the other from a text, and stops at the first that is none.
class Form {
 public:
  explicit Form(std::string_view text) : rest_(text) {}

  [[nodiscard]] std::uint32_t line() const { return line_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take_line() {
    take_blanks();
    if (next() == '[') {
      if (!take_table()) return false;
    } else if (continues_name(next()) && !take_pair()) {
      return false;
    }
    return take_line_end();
  }

 private:
  [[nodiscard]] char next() const { return rest_.empty() ? '\n' : rest_.front(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Whether there was one at least.
  bool take_all(bool (*is_one)(char)) {
    const auto end = std::ranges::find_if_not(rest_, is_one);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(size);
    return size > 0;
  }
  void take_blanks() {
    take_all([](char c) { return c == ' ' || c == '\t'; });
  }

  bool take_line_end() {
    take_blanks();
    if (take('#')) take_all([](char c) { return !is_control(c); });
    take('\r');
    if (rest_.empty()) return true;
    if (!take('\n')) return false;
    ++line_;
    return true;
  }

  bool take_table() {
    if (!take('[')) return false;
    take_blanks();
    if (!take_all(continues_name)) return false;
    take_blanks();
    return take(']');
  }

  bool take_pair() {
    take_all(continues_name);
    take_blanks();
    if (!take('=')) return false;
    take_blanks();
    return next() == '[' ? take_array() : take_value();
  }

  bool take_value() {
    if (next() == '"' || next() == '\'') return take_string();
    for (const std::string_view word : {"true", "false"})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return true;
      }
    if (next() == '+' || next() == '-') rest_.remove_prefix(1);
    return is_digit(next()) && take_all(continues_number);
  }

  bool take_array() {
    take('[');
    for (;;) {
      take_gaps();
      if (take(']')) return true;
      if (!take_value()) return false;
      take_gaps();
      if (!take(',') && next() != ']') return false;
    }
  }
  // Between the elements of an array.
  void take_gaps() {
    for (take_blanks(); !rest_.empty(); take_blanks()) {
      const char c = next();
      if ((c != '#' && c != '\r' && c != '\n') || !take_line_end()) return;
    }
  }

  bool take_string() {
    if (take('\'')) {
      take_all([](char c) { return c != '\'' && !is_control(c); });
      return take('\'');
    }
    if (!take('"')) return false;
    for (;;) {
      take_all([](char c) { return c != '"' && c != '\\' && !is_control(c); });
      if (!take('\\')) return take('"');
      if (!take_escape()) return false;
    }
  }
  bool take_escape() {
    const std::size_t digits = next() == 'u' ? 4 : next() == 'U' ? 8 : 0;
    if (digits == 0 && std::string_view("btnfr\"\\").find(next()) == std::string_view::npos)
      return false;
    rest_.remove_prefix(1);
    const auto code = rest_.substr(0, digits);
    if (code.size() < digits || !std::ranges::all_of(code, is_hex_digit)) return false;
    rest_.remove_prefix(digits);
    return true;
  }

  std::string_view rest_;
  std::uint32_t line_ = 1;
};

}  // namespace

std::optional<std::uint32_t> toml_fault(std::string_view toml) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (toml.starts_with(kByteOrderMark)) toml.remove_prefix(kByteOrderMark.size());
  for (Form form(toml); !form.at_end();)
    if (!form.take_line()) return form.line();
  return std::nullopt;
}

}  // namespace puhui::node
