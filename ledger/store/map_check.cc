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

std::string name_of(std::string_view prefix) { return key_text(key::map_page(prefix)); }

class Check {
 public:
  explicit Check(const Reader& reader) : reader_(reader) {}

  // The page under a prefix and all below have this hash, and lie where they belong.
  Result<void> pages(const std::string& prefix, const Digest& hash) {
    const auto page = read(prefix);
    if (!page) return tl::make_unexpected(page.error());
    if (page_hash(*page) != hash) return fail(ErrorCode::CORRUPT, name_of(prefix));
    for (const auto& slot : *page) {
      const auto below = prefix + static_cast<char>(slot.digit);
      if (!slot.is_page) {
        ++leaves_;
        if (prefix_of(slot.leaf.key, below.size()) != below)
          return fail(ErrorCode::CORRUPT, name_of(prefix));
      } else if (below.size() == kMapDigits) {
        return fail(ErrorCode::CORRUPT, name_of(prefix));
      } else if (auto fits = pages(below, slot.hash); !fits) {
        return fits;
      }
    }
    return {};
  }

  // Every view of the map is in it, changed keys as they were; and nothing else is.
  Result<void> views(const ChangedKeys& changed) {
    std::uint64_t known = 0;
    Result<void> result;
    const auto is_known = [&](std::string_view key, std::string_view value) {
      const auto leaf = crypto::map_leaf(key, value);
      ++known;
      if (leaf_of(leaf.key) != std::optional(leaf))
        result = fail(ErrorCode::CORRUPT, key_text(key));
      return result.has_value();
    };
    for (const auto& [key, value] : changed.values)
      if (value && !is_known(key, *value)) return result;
    for (const auto family : kMappedFamilies) {
      const std::string prefix{'v', family};
      reader_.scan(prefix, prefix, [&](std::string_view key, std::string_view value) {
        return !is_mapped(key) || changed.values.contains(key) || is_known(key, value);
      });
      if (!result) return result;
    }
    if (known != leaves_)
      return fail(ErrorCode::CORRUPT,
                  "the map holds " + std::to_string(leaves_ - known) + " keys that no view has");
    return {};
  }

 private:
  Result<MapPage> read(std::string_view prefix) const {
    auto page = decode_page(reader_.get(key::map_page(prefix)).value_or(""));
    if (!page) return fail(ErrorCode::CORRUPT, name_of(prefix));
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
  std::uint64_t leaves_ = 0;
  std::map<std::string, MapPage> kept_;
  MapPage last_;
};

}  // namespace

Result<void> check_map(const Reader& reader, const Digest& root) {
  Check check(reader);
  if (auto well = check.pages("", root); !well) return well;
  const auto changed = read_changed(reader);
  if (!changed) return tl::make_unexpected(changed.error());
  return check.views(*changed);
}

}  // namespace puhui::ledger
