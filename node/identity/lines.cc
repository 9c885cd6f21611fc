#include "node/identity/lines.h"

#include <algorithm>

#include "crypto/key.h"
#include "node/cli/text.h"
#include "node/cli/values.h"

namespace puhui::node::identity {
namespace {

constexpr std::string_view kSpaces = " \t\r";
constexpr std::string_view kWideSpace = "\xE3\x80\x80";  // U+3000, of Chinese keyboards

std::string_view trimmed(std::string_view text) {
  for (auto before = text.size() + 1; text.size() < before;) {
    before = text.size();
    text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
    text = text.substr(0, text.find_last_not_of(kSpaces) + 1);
    if (text.starts_with(kWideSpace)) text.remove_prefix(kWideSpace.size());
    if (text.ends_with(kWideSpace)) text.remove_suffix(kWideSpace.size());
  }
  return text;
}

// Printing changes what is not well formed, and nothing else.
bool is_plain(std::string_view text) { return cli::printable(text) == text; }

tl::unexpected<Error> too_large(std::size_t size_max) {
  return fail(ErrorCode::TOO_LARGE, "more than " + std::to_string(size_max) + " bytes");
}

}  // namespace

Result<std::string> clean_line(std::string_view text) {
  const auto line = trimmed(text);
  if (line.empty()) return fail(ErrorCode::INVALID_ARGUMENT, "nothing stands there");
  if (line.size() > kLineSizeMax) return too_large(kLineSizeMax);
  if (!is_plain(line)) return fail(ErrorCode::INVALID_ARGUMENT, "control characters, or not UTF-8");
  return std::string(line);
}

Result<void> check_text(std::string_view text) {
  if (text.empty()) return fail(ErrorCode::INVALID_ARGUMENT, "an empty text");
  if (text.size() > kTextSizeMax) return too_large(kTextSizeMax);
  auto letters = std::string(text);
  std::ranges::replace_if(
      letters, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  const bool plain = is_plain(letters);
  crypto::wipe(letters);
  if (!plain) return fail(ErrorCode::INVALID_ARGUMENT, "control characters, or not UTF-8");
  return {};
}

Result<std::vector<std::string>> read_lines(std::vector<std::string> words, std::istream& in,
                                            std::size_t lines_max) {
  if (words.empty()) {
    auto text = read_all(in, kInputSizeMax);
    if (!text) return tl::make_unexpected(text.error());
    const auto whole = std::string_view(*text).substr(0, text->size() - text->ends_with('\n'));
    for (const auto line : cli::split(whole, '\n')) words.emplace_back(line);
    crypto::wipe(*text);
  }
  if (words.size() > lines_max)
    return fail(ErrorCode::TOO_LARGE, "at most " + std::to_string(lines_max) + " lines at a time");
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto line = clean_line(words[i]);
    crypto::wipe(words[i]);
    if (!line)
      return fail(line.error().code, "line " + std::to_string(i + 1) + ": " + line.error().detail);
    words[i] = std::move(*line);
  }
  return words;
}

Result<std::string> read_all(std::istream& in, std::size_t size_max) {
  std::string text(size_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > size_max) return too_large(size_max);
  return text;
}

}  // namespace puhui::node::identity
