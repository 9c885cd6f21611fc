// Segments of a snapshot from another node: their framing, and the authenticated maps among their
// rows. A map is accepted exactly if its pages are those that follow from the views; whatever else
// lies in their place would make this node's next state root another one than that of all others.
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ledger/store/keys.h"
#include "ledger/store/map_pages.h"
#include "ledger/store/pieces.h"

namespace {

using namespace puhui::ledger;
using puhui::crypto::Digest;
using puhui::crypto::MapLeaf;

using RowMap = std::map<std::string, std::string, std::less<>>;

class Rows final : public Reader {
 public:
  RowMap rows;

  [[nodiscard]] std::optional<std::string> get(std::string_view key) const override {
    const auto found = rows.find(key);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  void scan(std::string_view prefix, std::string_view from, const Visit& visit) const override {
    for (auto at = rows.lower_bound(from); at != rows.end(); ++at)
      if (!at->first.starts_with(prefix) || !visit(at->first, at->second)) return;
  }
};

// Rows, if the bytes are a segment; the same bytes come of them again.
std::optional<RowMap> read_segment(std::string_view bytes) {
  RowMap rows;
  std::string again;
  for (auto rest = bytes; !rest.empty();) {
    std::string_view key, value;
    if (!take_piece(rest, key) || !take_piece(rest, value)) return std::nullopt;
    append_piece(again, key);
    append_piece(again, value);
    rows.emplace(key, value);
  }
  assert(again == bytes);
  return rows;
}

void read_changes(std::string_view bytes) {
  std::string again;
  auto rest = bytes;
  std::string_view key;
  for (std::optional<std::string_view> value; take_change(rest, key, value);)
    append_change(again, key, value);
  assert(bytes.starts_with(again));
}

// The pairs of a map at its last state root; nothing if a note of a changed key is none.
std::optional<std::vector<MapLeaf>> leaves_of(const Rows& rows, StateMap map) {
  std::vector<MapLeaf> leaves;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (map_of(key) == map && is_mapped(key, value))
      leaves.push_back(puhui::crypto::map_leaf(key, value));
    return true;
  };
  const auto read = read_notes(
      rows, "", [&](const Note& note) { return !note.value || add(note.key, *note.value); });
  if (!read) return std::nullopt;
  rows.scan("v", "v", [&](std::string_view key, std::string_view value) {
    return rows.get(key::changed(key)).has_value() || add(key, value);
  });
  std::ranges::sort(leaves);
  return leaves;
}

// Adds the pages that the leaves under a prefix make; answers the hash of the first.
Digest add_pages(RowMap& pages, StateMap map, const std::string& prefix,
                 std::span<const MapLeaf> leaves) {
  MapPage page;
  while (!leaves.empty()) {
    const auto digit = digit_of(leaves.front().key, prefix.size());
    const auto end = std::ranges::find_if(
        leaves, [&](const MapLeaf& leaf) { return digit_of(leaf.key, prefix.size()) != digit; });
    const auto count = static_cast<std::size_t>(end - leaves.begin());
    MapSlot slot{digit, count > 1, leaves.front(), {}};
    if (slot.is_page)
      slot.hash = add_pages(pages, map, prefix + static_cast<char>(digit), leaves.first(count));
    page.push_back(slot);
    leaves = leaves.subspan(count);
  }
  if (!page.empty()) pages[key::map_page(map, prefix)] = encode_page(page);
  return page_hash(page);
}

void check(const RowMap& given, StateMap map) {
  const auto family = key::map_page(map, "");
  Rows rows;
  RowMap given_pages;
  for (const auto& [key, value] : given)
    (key.starts_with(family) ? given_pages : rows.rows).emplace(key, value);
  const auto leaves = leaves_of(rows, map);
  if (!leaves) return assert(!check_map(rows, map, Digest()));
  RowMap pages;
  const auto root = add_pages(pages, map, "", *leaves);
  rows.rows.insert(pages.begin(), pages.end());
  assert(check_map(rows, map, root).has_value());

  // Pages that came with the segment beside those, and instead of those.
  auto both = rows;
  for (const auto& [key, value] : given_pages) both.rows[key] = value;
  auto instead = rows;
  for (const auto& page : pages) instead.rows.erase(page.first);
  instead.rows.insert(given_pages.begin(), given_pages.end());
  assert(check_map(both, map, root).has_value() == (both.rows == rows.rows));
  assert(check_map(instead, map, root).has_value() == (instead.rows == rows.rows));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_changes(bytes);
  const auto rows = read_segment(bytes);
  if (!rows) return 0;
  for (const auto map : kStateMaps) check(*rows, map);
  return 0;
}
