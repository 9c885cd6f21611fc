#include "ledger/inventory.h"

#include <leveldb/write_batch.h>

#include <array>
#include <cassert>
#include <map>

#include "crypto/merkle.h"
#include "ledger/state_root.h"
#include "ledger/store/key_text.h"
#include "ledger/store/keys.h"
#include "ledger/store/refusals.h"

namespace puhui::ledger {
namespace {

using crypto::Digest;

constexpr std::size_t kBatchBytes = std::size_t{1} << 20;
constexpr std::string_view kFamilies = "acehimrtvx";
constexpr std::array<std::string_view, 5> kMeta = {"mapplied", "mfamilies", "mgap", "mhead",
                                                   "mrefusals"};
constexpr std::array<std::string_view, 10> kDerived = {"a", "c",    "e",         "h",     "i",
                                                       "t", "mgap", "mfamilies", "mhead", "v"};

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

tl::unexpected<Error> damaged(std::string what) {
  return fail(ErrorCode::CORRUPT, std::move(what));
}

// Compares nodes that the entries give with the stored tiles, one tile per level in memory.
class Tiles {
 public:
  explicit Tiles(const Reader& reader) : reader_(reader) {}

  void node(unsigned level, std::uint64_t index, const Digest& hash) {
    if (level % crypto::kTileHeight != 0 || differs_) return;
    const auto key = key::tile(level / crypto::kTileHeight, index / crypto::kTileWidth);
    auto& [name, bytes] = tiles_[level];
    if (name != key) {
      name = key;
      bytes = reader_.get(key).value_or("");
    }
    const auto at = index % crypto::kTileWidth * Digest::kSize;
    if (bytes.size() >= at + Digest::kSize && bytes.substr(at, Digest::kSize) == hash.view())
      return;
    differs_ = Difference{key, level == 0 ? std::optional(index) : std::nullopt};
  }

  struct Difference {
    std::string tile;
    std::optional<std::uint64_t> leaf;
  };
  [[nodiscard]] const std::optional<Difference>& differs() const { return differs_; }

 private:
  const Reader& reader_;
  std::map<unsigned, std::pair<std::string, std::string>> tiles_;
  std::optional<Difference> differs_;
};

// The first key of `one` that `other` does not hold with the same value.
std::optional<std::string> first_missing(const Reader& one, const Reader& other,
                                         std::string_view family) {
  std::optional<std::string> missing;
  one.scan(family, family, [&](std::string_view key, std::string_view value) {
    if (other.get(key) != value) missing = key;
    return !missing;
  });
  return missing;
}

bool is_known(std::string_view key) {
  if (key.empty() || kFamilies.find(key[0]) == std::string_view::npos) return false;
  return key[0] != 'm' || std::ranges::find(kMeta, key) != kMeta.end();
}

Result<void> check_families(const Reader& reader) {
  std::optional<std::string> unknown;
  reader.scan("", "", [&unknown](std::string_view key, std::string_view) {
    if (!is_known(key)) unknown = key;
    return !unknown;
  });
  if (unknown) return damaged(key_text(*unknown));
  return {};
}

}  // namespace

Inventory::Inventory(std::unique_ptr<Store> store, const Head& head)
    : store_(std::move(store)), reader_(store_->reader()), head_(head) {}

Result<std::unique_ptr<Inventory>> Inventory::open(const StoreOptions& options) {
  if (auto whole = Store::check_files(options.folder); !whole)
    return tl::make_unexpected(whole.error());
  auto store = Store::open(options);
  if (!store) return tl::make_unexpected(store.error());
  const auto head = decode_head((*store)->get(key::meta("head")));
  if (!head) return tl::make_unexpected(head.error());
  return std::unique_ptr<Inventory>(new Inventory(std::move(*store), *head));
}

Result<void> Inventory::salvage(const std::string& folder, const std::string& to) {
  return Store::salvage(folder, to);
}

Result<StoredLeaf> Inventory::leaf(std::uint64_t leaf) const {
  auto entry = reader_->get(key::entry(leaf));
  if (!entry) return damaged("entry " + std::to_string(leaf) + " is missing");
  return StoredLeaf{std::move(*entry), reader_->get(key::attachment(leaf))};
}

Result<void> Inventory::check_leaves() const {
  Tiles tiles(*reader_);
  crypto::Frontier tree;
  for (std::uint64_t i = 0; i < head_.size; ++i) {
    const auto stored = leaf(i);
    if (!stored) return tl::make_unexpected(stored.error());
    tree.append(crypto::leaf_hash(stored->entry),
                [&](unsigned level, std::uint64_t index, const Digest& hash) {
                  tiles.node(level, index, hash);
                });
  }
  const bool leads_to_root = tree.root() == head_.root;
  if (!tiles.differs()) {
    if (leads_to_root) return {};
    return damaged("the entries do not lead to the root in " + key_text(key::meta("head")));
  }
  // Entries that lead to the root are right, so a tile that says otherwise is not.
  if (leads_to_root || !tiles.differs()->leaf) return damaged(key_text(tiles.differs()->tile));
  return damaged(key_text(key::entry(*tiles.differs()->leaf)));
}

Result<void> Inventory::compare(Ledger& rebuilt) const {
  if (auto known = check_families(*reader_); !known) return known;
  const auto view = rebuilt.view();
  const auto& other = view.reader();
  for (const auto family : kDerived) {
    if (const auto wrong = first_missing(*reader_, other, family)) return damaged(key_text(*wrong));
    if (const auto lost = first_missing(other, *reader_, family)) return damaged(key_text(*lost));
  }
  const auto at = applied();
  if (!at) return tl::make_unexpected(at.error());
  return check_refusals(*reader_);
}

Result<AppliedAt> Inventory::applied() const {
  auto at = decode_applied(reader_->get(key::meta("applied")).value_or(""), head_.size);
  if (!at) return damaged(key_text(key::meta("applied")) + ": the place in consensus is lost");
  return at;
}

bool Inventory::has_own_digest() const {
  const auto chains = decode_families(reader_->get(key::meta("families")).value_or(""));
  return chains && crypto::sha256(encode_families(*chains)) == head_.digest;
}

Result<void> Inventory::hand_over(const StoreOptions& rebuilt) const {
  const auto at = applied();
  if (!at) return tl::make_unexpected(at.error());
  if (auto whole = check_refusals(*reader_); !whole) return whole;
  auto store = Store::open(rebuilt);
  if (!store) return tl::make_unexpected(store.error());
  leveldb::WriteBatch batch;
  for (const auto* name : {"applied", "refusals"})
    if (const auto value = reader_->get(key::meta(name)))
      batch.Put(slice(key::meta(name)), slice(*value));
  for (const auto* family : {"r", "x"})
    reader_->scan(family, family, [&](std::string_view key, std::string_view value) {
      batch.Put(slice(key), slice(value));
      if (batch.ApproximateSize() < kBatchBytes) return true;
      (*store)->write(batch);
      batch.Clear();
      return true;
    });
  (*store)->write(batch);
  (*store)->sync();
  return {};
}

}  // namespace puhui::ledger
