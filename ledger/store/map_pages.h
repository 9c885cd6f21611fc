// The authenticated maps of the views as they are stored: pages of four levels of a trie.
//
// A page holds what lies under one prefix of SHA-256(key) in hexadecimal digits: up to 16 slots, by
// the next digit, each a leaf that stands there alone or the root hash of the page below, which
// holds two leaves or more. So what is stored follows from the set of pairs alone.
//
//   page   n × slot, in order of the digit
//   slot   u8 digit ‖ u8 1 ‖ SHA-256(key)[32] ‖ SHA-256(value)[32]   a leaf
//          u8 digit ‖ u8 2 ‖ hash[32]                                a page below
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/map.h"
#include "ledger/state_root.h"
#include "ledger/store/store.h"

namespace puhui::ledger {

struct MapSlot {
  std::uint8_t digit = 0;
  bool is_page = false;
  crypto::MapLeaf leaf;  // of a leaf
  crypto::Digest hash;   // of a page below
};
using MapPage = std::vector<MapSlot>;

inline constexpr std::size_t kMapDigits = 2 * crypto::Digest::kSize;
[[nodiscard]] inline std::uint8_t digit_of(const crypto::Digest& path, std::size_t depth) {
  return depth % 2 == 0 ? path.bytes[depth / 2] >> 4 : path.bytes[depth / 2] & 15;
}
// The first digits of a path, a byte each.
[[nodiscard]] std::string prefix_of(const crypto::Digest& path, std::size_t digits);

[[nodiscard]] std::string encode_page(const MapPage& page);
// CORRUPT for bytes that are no page.
[[nodiscard]] Result<MapPage> decode_page(std::string_view bytes);
// The hash of all that lies under the page; zero for an empty one.
[[nodiscard]] crypto::Digest page_hash(const MapPage& page);

// Keys of the maps changed since their last state root, each in a row under its name with its value
// at that root, so that this can still be proved:
//   row   u8 1 ‖ value, or u8 0: it had none
struct Note {
  std::string_view key;
  std::optional<std::string_view> value;
};
[[nodiscard]] std::string encode_note(const std::optional<std::string_view>& value);
// Calls `visit` for the notes of keys from `from` upwards, in order, until it answers false.
// CORRUPT if a row is none.
using VisitNote = std::function<bool(const Note& note)>;
[[nodiscard]] Result<void> read_notes(const Reader& reader, std::string_view from,
                                      const VisitNote& visit);
// What a key held at the last state root; nothing: it has not changed since. A damaged row stops
// the process.
[[nodiscard]] std::optional<std::optional<std::string>> value_at_root(const Reader& reader,
                                                                      std::string_view key);

// Whether a map as a reader sees it has this root, its pages are those of its pairs and no others,
// and the views were what it says then. CORRUPT names the first page or key that is not. Reads all
// of both.
[[nodiscard]] Result<void> check_map(const Reader& reader, StateMap map,
                                     const crypto::Digest& root);

// Of a map as a reader sees it: that of its last state root. Damaged pages stop the process.
[[nodiscard]] crypto::Digest stored_map_root(const Reader& reader, StateMap map);
// Of a key of a map (asserted).
[[nodiscard]] crypto::MapProof stored_map_proof(const Reader& reader, std::string_view key);

}  // namespace puhui::ledger
