#include "ledger/store/map_pages.h"

#include <algorithm>
#include <cassert>
#include <span>

#include "ledger/store/key_text.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

using crypto::Digest;
using Slots = std::span<const MapSlot>;

constexpr char kLeaf = 1, kPage = 2;
constexpr char kNoValue = 0, kValue = 1;
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

// The value of a row; nothing for bytes that are none.
std::optional<std::optional<std::string_view>> decode_note(std::string_view row) {
  if (row.size() == 1 && row[0] == kNoValue) return std::optional<std::string_view>();
  if (row.empty() || row[0] != kValue) return std::nullopt;
  return std::optional(row.substr(1));
}

MapPage read_page(const Reader& reader, StateMap map, std::string_view prefix) {
  const auto bytes = reader.get(key::map_page(map, prefix));
  if (!bytes) return {};
  auto page = decode_page(*bytes);
  assert(page && "a stored page of the map does not decode");
  return std::move(*page);
}

}  // namespace

std::string encode_note(const std::optional<std::string_view>& value) {
  std::string row(1, value ? kValue : kNoValue);
  if (value) row += *value;
  return row;
}

Result<void> read_notes(const Reader& reader, std::string_view from, const VisitNote& visit) {
  Result<void> result;
  reader.scan(key::kChangedFamily, key::changed(from),
              [&](std::string_view name, std::string_view row) {
                const auto value = decode_note(row);
                if (value) return visit({name.substr(1), *value});
                result = fail(ErrorCode::CORRUPT, key_text(name));
                return false;
              });
  return result;
}

std::optional<std::optional<std::string>> value_at_root(const Reader& reader,
                                                        std::string_view key) {
  const auto row = reader.get(key::changed(key));
  if (!row) return std::nullopt;
  const auto value = decode_note(*row);
  assert(value && "a stored note of a changed key does not decode");
  return *value ? std::optional<std::string>(**value) : std::nullopt;
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

Digest stored_map_root(const Reader& reader, StateMap map) {
  return page_hash(read_page(reader, map, ""));
}

crypto::MapProof stored_map_proof(const Reader& reader, std::string_view key) {
  const auto map = map_of(key);
  assert(map && "the key is in no map");
  const auto path = crypto::sha256(key);
  crypto::MapProof proof;
  for (std::size_t depth = 0; depth < kMapDigits; ++depth) {
    const auto page = read_page(reader, *map, prefix_of(path, depth));
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
