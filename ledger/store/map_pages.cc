#include "ledger/store/map_pages.h"

#include <algorithm>
#include <cassert>
#include <span>

#include "ledger/store/keys.h"
#include "ledger/store/pieces.h"

namespace puhui::ledger {
namespace {

using crypto::Digest;
using Slots = std::span<const MapSlot>;

constexpr char kLeaf = 1, kPage = 2;
constexpr unsigned kPageBits = 4;

Digest take_digest(std::string_view& bytes) {
  const auto digest = *Digest::from_bytes(bytes.substr(0, Digest::kSize));
  bytes.remove_prefix(Digest::kSize);
  return digest;
}

// The slots under the next bit 0; those under 1 are the rest.
Slots zeros_of(Slots slots, unsigned bit) {
  const auto ones = std::ranges::partition_point(
      slots, [bit](const MapSlot& slot) { return (slot.digit >> (kPageBits - 1 - bit) & 1) == 0; });
  return slots.first(static_cast<std::size_t>(ones - slots.begin()));
}

// Whether the path through these slots ends here: nothing, a leaf alone, or a page's last level.
bool is_end(Slots slots, unsigned bit) {
  return slots.empty() || bit == kPageBits || (slots.size() == 1 && !slots.front().is_page);
}

Digest hash_of(Slots slots, unsigned bit) {
  if (!is_end(slots, bit)) {
    const auto zeros = zeros_of(slots, bit);
    return crypto::map_node_hash(hash_of(zeros, bit + 1),
                                 hash_of(slots.subspan(zeros.size()), bit + 1));
  }
  if (slots.empty()) return {};
  const auto& slot = slots.front();
  return slot.is_page ? slot.hash : crypto::map_leaf_hash(slot.leaf);
}

MapPage read_page(const Reader& reader, std::string_view prefix) {
  const auto bytes = reader.get(key::map_page(prefix));
  if (!bytes) return {};
  auto page = decode_page(*bytes);
  assert(page && "a stored page of the map does not decode");
  return std::move(*page);
}

}  // namespace

Result<ChangedKeys> read_changed(const Reader& reader) {
  ChangedKeys changed;
  bool whole = true;
  reader.scan(key::kChangedFamily, key::kChangedFamily,
              [&](std::string_view name, std::string_view row) {
                whole = name.size() == 1 + 8 && !row.empty();
                if (whole) changed.rows.push_back(crypto::read_u64(name.substr(1)));
                std::string_view key;
                std::optional<std::string_view> value;
                while (whole && !row.empty())
                  whole = take_change(row, key, value) && changed.values.emplace(key, value).second;
                return whole;
              });
  if (!whole) return fail(ErrorCode::CORRUPT, "notes of changed keys");
  return changed;
}

std::string prefix_of(const Digest& path, std::size_t digits) {
  std::string prefix;
  for (std::size_t depth = 0; depth < digits; ++depth)
    prefix += static_cast<char>(digit_of(path, depth));
  return prefix;
}

std::string encode_page(const MapPage& page) {
  std::string bytes;
  for (const auto& slot : page) {
    bytes += static_cast<char>(slot.digit);
    bytes += slot.is_page ? kPage : kLeaf;
    if (slot.is_page) {
      bytes += slot.hash.view();
    } else {
      bytes += slot.leaf.key.view();
      bytes += slot.leaf.value.view();
    }
  }
  return bytes;
}

Result<MapPage> decode_page(std::string_view bytes) {
  MapPage page;
  while (!bytes.empty()) {
    if (bytes.size() < 2 + Digest::kSize) return fail(ErrorCode::CORRUPT, "page of the map");
    MapSlot slot;
    slot.digit = static_cast<std::uint8_t>(bytes[0]);
    slot.is_page = bytes[1] == kPage;
    const std::size_t size = slot.is_page ? Digest::kSize : 2 * Digest::kSize;
    if ((!slot.is_page && bytes[1] != kLeaf) || bytes.size() < 2 + size ||
        slot.digit >= 1U << kPageBits || (!page.empty() && slot.digit <= page.back().digit))
      return fail(ErrorCode::CORRUPT, "page of the map");
    bytes.remove_prefix(2);
    if (slot.is_page) {
      slot.hash = take_digest(bytes);
    } else {
      slot.leaf.key = take_digest(bytes);
      slot.leaf.value = take_digest(bytes);
    }
    page.push_back(slot);
  }
  return page;
}

Digest page_hash(const MapPage& page) { return hash_of(page, 0); }

Digest stored_map_root(const Reader& reader) { return page_hash(read_page(reader, "")); }

crypto::MapProof stored_map_proof(const Reader& reader, std::string_view key) {
  const auto path = crypto::sha256(key);
  crypto::MapProof proof;
  for (std::size_t depth = 0; depth < kMapDigits; ++depth) {
    const auto page = read_page(reader, prefix_of(path, depth));
    Slots slots = page;
    unsigned bit = 0;
    for (; !is_end(slots, bit); ++bit) {
      const auto zeros = zeros_of(slots, bit), ones = slots.subspan(zeros.size());
      const bool to_ones = (digit_of(path, depth) >> (kPageBits - 1 - bit) & 1) != 0;
      proof.siblings.push_back(hash_of(to_ones ? zeros : ones, bit + 1));
      slots = to_ones ? ones : zeros;
    }
    if (slots.empty()) return proof;
    if (slots.front().is_page) continue;
    if (slots.front().leaf.key != path) proof.other = slots.front().leaf;
    return proof;
  }
  assert(false && "two keys of the map have one hash");
  return proof;
}

}  // namespace puhui::ledger
