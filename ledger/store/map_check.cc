#include <algorithm>
#include <map>

#include "ledger/state_root.h"
#include "ledger/store/key_text.h"
#include "ledger/store/keys.h"
#include "ledger/store/map_pages.h"

namespace puhui::ledger {
namespace {

using crypto::Digest;

// Pages of the first levels are asked for with every key.
constexpr std::size_t kKeptPrefixMax = 3;

class Check {
 public:
  Check(const Reader& reader, StateMap map) : reader_(reader), map_(map) {}

  // The page under a prefix and all below have this hash, and lie where they belong.
  Result<void> pages(const std::string& prefix, const Digest& hash) {
    const auto page = read(prefix);
    if (!page) return tl::make_unexpected(page.error());
    if (!page->empty()) ++pages_;
    if (page_hash(*page) != hash || !is_needed(prefix, *page)) return damaged(prefix);
    for (const auto& slot : *page) {
      const auto below = prefix + static_cast<char>(slot.digit);
      if (!slot.is_page) {
        ++leaves_;
        if (prefix_of(slot.leaf.key, below.size()) != below) return damaged(prefix);
      } else if (below.size() == kMapDigits) {
        return damaged(prefix);
      } else if (auto fits = pages(below, slot.hash); !fits) {
        return fits;
      }
    }
    return {};
  }

  // There are no pages but those; what lies elsewhere would be taken up by a later change.
  Result<void> no_others() const {
    const auto family = key::map_page(map_, "");
    std::uint64_t stored = 0;
    reader_.scan(family, family, [&stored](std::string_view, std::string_view) {
      ++stored;
      return true;
    });
    if (stored == pages_) return {};
    return fail(ErrorCode::CORRUPT,
                std::to_string(stored) + " pages are stored of a map of " + std::to_string(pages_));
  }

  // Every view of the map is in it, changed keys as they were; and nothing else is.
  Result<void> views() {
    auto read = read_notes(reader_, "", [&](const Note& note) {
      return map_of(note.key) != map_ || !note.value || is_known(note.key, *note.value);
    });
    if (!read) return read;
    reader_.scan("v", "v", [&](std::string_view key, std::string_view value) {
      return map_of(key) != map_ || reader_.get(key::changed(key)) || is_known(key, value);
    });
    if (wrong_) return fail(ErrorCode::CORRUPT, key_text(*wrong_));
    if (known_ != leaves_)
      return fail(ErrorCode::CORRUPT,
                  "the map holds " + std::to_string(leaves_ - known_) + " keys that no view has");
    return {};
  }

 private:
  // A leaf alone lies in the page above.
  static bool is_needed(const std::string& prefix, const MapPage& page) {
    return prefix.empty() || page.size() > 1 || (page.size() == 1 && page.front().is_page);
  }

  // Answers false, and remembers the key, if the map does not hold it with this value.
  bool is_known(std::string_view key, std::string_view value) {
    if (!is_mapped(key, value)) return true;
    ++known_;
    const auto leaf = crypto::map_leaf(key, value);
    if (leaf_of(leaf.key) != std::optional(leaf)) wrong_ = key;
    return !wrong_;
  }

  [[nodiscard]] tl::unexpected<Error> damaged(std::string_view prefix) const {
    return fail(ErrorCode::CORRUPT, key_text(key::map_page(map_, prefix)));
  }

  Result<MapPage> read(std::string_view prefix) const {
    auto page = decode_page(reader_.get(key::map_page(map_, prefix)).value_or(""));
    if (!page) return damaged(prefix);
    return page;
  }

  const MapPage& page(const std::string& prefix) {
    if (prefix.size() > kKeptPrefixMax) return last_ = *read(prefix);
    const auto known = kept_.find(prefix);
    return known != kept_.end() ? known->second
                                : kept_.emplace(prefix, *read(prefix)).first->second;
  }

  // Only once `pages` found all pages well.
  std::optional<crypto::MapLeaf> leaf_of(const Digest& path) {
    for (std::size_t depth = 0; depth < kMapDigits; ++depth) {
      const auto& slots = page(prefix_of(path, depth));
      const auto slot = std::ranges::find(slots, digit_of(path, depth), &MapSlot::digit);
      if (slot == slots.end()) return std::nullopt;
      if (slot->is_page) continue;
      return slot->leaf.key == path ? std::optional(slot->leaf) : std::nullopt;
    }
    return std::nullopt;
  }

  const Reader& reader_;
  const StateMap map_;
  std::uint64_t pages_ = 0, leaves_ = 0, known_ = 0;
  std::optional<std::string> wrong_;
  std::map<std::string, MapPage> kept_;
  MapPage last_;
};

}  // namespace

Result<void> check_map(const Reader& reader, StateMap map, const Digest& root) {
  Check check(reader, map);
  if (auto well = check.pages("", root); !well) return well;
  if (auto well = check.no_others(); !well) return well;
  return check.views();
}

}  // namespace puhui::ledger
