#include "ledger/store/key_text.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "ledger/state_root.h"

namespace puhui::ledger {
namespace {

std::string number(std::string_view rest) {
  return rest.size() == 8 ? std::to_string(crypto::read_u64(rest)) : crypto::hex_encode(rest);
}

std::string readable(std::string_view rest) {
  const bool is_text =
      std::ranges::all_of(rest, [](char c) { return (c >= ' ' && c <= '~') || c == '\0'; });
  if (!is_text) return crypto::hex_encode(rest);
  std::string text(rest);
  std::ranges::replace(text, '\0', '/');
  return text;
}

}  // namespace

std::string key_text(std::string_view key) {
  if (key.empty()) return "the empty key";
  const auto rest = key.substr(1);
  switch (key[0]) {
    case 'e':
      return "entry " + number(rest);
    case 'a':
      return "attachment of leaf " + number(rest);
    case 't':
      if (rest.size() != 9) break;
      return "hash tile " + std::to_string(static_cast<unsigned char>(rest[0])) + "/" +
             number(rest.substr(1));
    case 'h': {
      if (rest.empty()) break;
      std::string digits;
      for (const char digit : rest.substr(1)) digits += "0123456789abcdef"[digit & 15];
      return std::string("page of the ") +
             (rest[0] == static_cast<char>(StateMap::open) ? "open" : "personal") + " map '" +
             digits + "'";
    }
    case 'v':
      if (rest.empty()) break;
      return "view v" + std::string(1, rest[0]) + "/" + readable(rest.substr(1));
    case 'c':
      return "note that " + (rest.empty() ? "" : key_text(rest)) + " changed";
    case 'i':
      return "mention of " + readable(rest);
    case 'm':
      return "bookkeeping '" + readable(rest) + "'";
    case 'r':
      return "refusal of " + readable(rest);
    case 'x':
      return "order of refusals " + crypto::hex_encode(rest);
    default:
      break;
  }
  return "key " + crypto::hex_encode(key) + " of no family";
}

}  // namespace puhui::ledger
