#include "crypto/checkpoint.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "crypto/bytes.h"
#include "crypto/merkle.h"

namespace puhui::crypto {
namespace {

tl::unexpected<Error> malformed(const char* detail) {
  return fail(ErrorCode::CHECKPOINT_MALFORMED, detail);
}

bool is_line(std::string_view text) {
  return !text.empty() && text.find('\n') == std::string_view::npos;
}

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
  assert(is_line(checkpoint.origin));
  assert(std::all_of(checkpoint.extensions.begin(), checkpoint.extensions.end(), is_line));
  std::string text = checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
                     checkpoint.root.base64() + "\n";
  for (const auto& line : checkpoint.extensions) text += line + "\n";
  return text;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size_text = take_line(text);
  const auto root_text = take_line(text);
  if (!origin || !size_text || !root_text) return malformed("fewer than three lines");
  if (origin->empty()) return malformed("no origin");
  if (origin->size() > kOriginSizeMax) return malformed("the origin is too long");
  const auto size = parse_decimal(*size_text);
  if (!size || *size > kTreeSizeMax) return malformed("not a tree size");
  const auto root = Digest::from_base64(*root_text);
  if (!root) return malformed("not a root hash");
  Checkpoint checkpoint{std::string(*origin), *size, *root, {}};
  while (const auto line = take_line(text)) {
    if (line->empty()) return malformed("an empty line");
    if (checkpoint.extensions.size() >= kExtensionLinesMax) return malformed("too many lines");
    checkpoint.extensions.emplace_back(*line);
  }
  if (!text.empty()) return malformed("the last line has no end");
  return checkpoint;
}

}  // namespace puhui::crypto
