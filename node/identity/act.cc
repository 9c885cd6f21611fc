#include "node/identity/act.h"

#include <cassert>
#include <limits>

#include "crypto/bytes.h"
#include "crypto/key.h"

namespace puhui::node::identity {
namespace {

// U+FF01 to U+FF5E are ASCII once more, and U+3000 is its space: three bytes each.
constexpr std::string_view kWideSpace = "\xE3\x80\x80";
constexpr std::size_t kWideSize = 3;

// The ASCII that a wide character stands for; 0 if it is none.
char narrow(std::string_view text) {
  if (text.starts_with(kWideSpace)) return ' ';
  if (text.size() < kWideSize || text[0] != '\xEF') return 0;
  const auto second = static_cast<unsigned char>(text[1]),
             third = static_cast<unsigned char>(text[2]);
  if (second == 0xBC && third >= 0x81 && third <= 0xBF) return static_cast<char>(third - 0x60);
  if (second == 0xBD && third >= 0x80 && third <= 0x9E) return static_cast<char>(third - 0x20);
  return 0;
}

bool is_left_out(char c) { return c == ' ' || c == '\t' || c == '-'; }

char capital(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

void append_counted(std::string& bytes, std::string_view text) {
  assert(text.size() <= std::numeric_limits<std::uint16_t>::max());
  crypto::append_u16(bytes, static_cast<std::uint16_t>(text.size()));
  bytes += text;
}

}  // namespace

Result<std::string> spelling(std::string_view line) {
  std::string spelled;
  spelled.reserve(line.size());
  while (!line.empty()) {
    const auto wide = narrow(line);
    const auto c = wide != 0 ? wide : line.front();
    line.remove_prefix(wide != 0 ? kWideSize : 1);
    if (!is_left_out(c)) spelled += capital(c);
  }
  if (spelled.empty()) return fail(ErrorCode::INVALID_ARGUMENT, "spaces and hyphens alone");
  return spelled;
}

std::string act_bytes(const Act& act) {
  assert(act.scenario.size() <= std::numeric_limits<std::uint8_t>::max());
  std::string bytes;
  // Of one piece: bytes that are moved when a string grows are wiped by nobody.
  bytes.reserve(16 + act.scenario.size() + act.identity.size() + act.carrier.size());
  bytes += static_cast<char>(act.scenario.size());
  bytes += act.scenario;
  append_counted(bytes, act.identity);
  crypto::append_u32(bytes, static_cast<std::uint32_t>(act.day));
  crypto::append_u32(bytes, act.slot);
  bytes += static_cast<char>(act.kind);
  append_counted(bytes, act.carrier);
  return bytes;
}

crypto::Point point_of(const Act& act) {
  auto bytes = act_bytes(act);
  const auto point = crypto::Point::hash(bytes);
  crypto::wipe(bytes);
  return point;
}

}  // namespace puhui::node::identity
