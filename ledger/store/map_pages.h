// The authenticated map of the views as it is stored: pages of four levels of its trie.
//
// A page holds what lies under one prefix of SHA-256(key) in hexadecimal digits: up to 16 slots, by
// the next digit, each a leaf that stands there alone or the root hash of the page below, which
// holds two leaves or more. So what is stored follows from the set of pairs alone.
//
//   page   n × slot, in order of the digit
//   slot   u8 digit ‖ u8 1 ‖ SHA-256(key)[32] ‖ SHA-256(value)[32]   a leaf
//          u8 digit ‖ u8 2 ‖ hash[32]                                a page below
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/map.h"
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

// Keys of the map changed since its last state root, with their values at that root: so that these
// can still be proved. They lie in rows, one per block, by the number of leaves after it:
//   row   n × (key and value at that root, as pieces.h writes a change)
struct ChangedKeys {
  std::map<std::string, std::optional<std::string>, std::less<>> values;
  std::vector<std::uint64_t> rows;
};
// CORRUPT for other bytes, or a key noted twice.
[[nodiscard]] Result<ChangedKeys> read_changed(const Reader& reader);

// Whether the map a reader sees has this root, and the views were what it says then. CORRUPT names
// the first page or key that is not. Reads all of both.
[[nodiscard]] Result<void> check_map(const Reader& reader, const crypto::Digest& root);

// Of the map as a reader sees it: that of its last state root. Damaged pages stop the process.
[[nodiscard]] crypto::Digest stored_map_root(const Reader& reader);
[[nodiscard]] crypto::MapProof stored_map_proof(const Reader& reader, std::string_view key);

}  // namespace puhui::ledger
