#include "ledger/snapshot.h"

#include <leveldb/write_batch.h>

#include <array>
#include <cassert>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "crypto/tiles.h"
#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "ledger/store/map_pages.h"
#include "ledger/store/pieces.h"
#include "ledger/store/refusals.h"

namespace puhui::ledger {
namespace {

// What segments hold: the maps and what changed since their roots, histories, bookkeeping, refusals
// with their order, views.
constexpr std::array<std::string_view, 7> kFamilies = {"c", "h", "i", "m", "r", "v", "x"};
constexpr std::size_t kBatchBytes = std::size_t{4} << 20;

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

void append_pair(std::string& out, std::string_view key, std::string_view value) {
  append_piece(out, key);
  append_piece(out, value);
}

// Calls `visit(key, value)` for everything a segment may hold, from a key on, in key order.
void scan_state(const Reader& reader, std::string_view from, const Reader::Visit& visit) {
  bool go_on = true;
  for (const auto family : kFamilies) {
    if (!go_on) return;
    if (from > family && !from.starts_with(family)) continue;
    reader.scan(family, std::max(from, family), [&](std::string_view key, std::string_view value) {
      return go_on = visit(key, value);
    });
  }
}

tl::unexpected<Error> invalid(const std::string& what) {
  return fail(ErrorCode::SNAPSHOT_INVALID, what);
}

}  // namespace

SnapshotSource::SnapshotSource(std::shared_ptr<View> view, AppliedAt at) : view_(std::move(view)) {
  std::string bytes, first_key;
  crypto::Sha256 all;
  const auto close = [&] {
    if (bytes.empty()) return;
    const auto digest = crypto::sha256(bytes);
    all.update(digest.view());
    segments_.push_back({first_key, digest});
    bytes.clear();
  };
  scan_state(view_->reader(), "", [&](std::string_view key, std::string_view value) {
    if (bytes.empty()) first_key = key;
    append_pair(bytes, key, value);
    if (bytes.size() >= kSegmentBytes) close();
    return true;
  });
  close();
  const auto& head = view_->head();
  manifest_.set_index(at.index);
  manifest_.set_term(at.term);
  manifest_.set_size(head.size);
  manifest_.set_root(std::string(head.root.view()));
  manifest_.set_state_digest(std::string(head.digest.view()));
  manifest_.set_time(head.time);
  manifest_.set_segments(static_cast<std::uint32_t>(segments_.size()));
  manifest_.set_segments_sha256(std::string(all.final().view()));
}

std::string SnapshotSource::digests() const {
  std::string bytes;
  for (const auto& segment : segments_) bytes += segment.digest.view();
  return bytes;
}

Result<std::string> SnapshotSource::segment(std::uint32_t index) const {
  if (index >= segments_.size()) return fail(ErrorCode::NOT_FOUND, "segment");
  std::string bytes;
  scan_state(view_->reader(), segments_[index].first_key,
             [&](std::string_view key, std::string_view value) {
               append_pair(bytes, key, value);
               return bytes.size() < kSegmentBytes;
             });
  return bytes;
}

Result<std::string> SnapshotSource::entries(std::uint64_t from) const {
  std::string framed;
  for (auto leaf = from; leaf < view_->head().size && framed.size() < kSegmentBytes; ++leaf)
    crypto::append_to_bundle(framed, view_->entry(leaf));
  if (framed.empty()) return fail(ErrorCode::NOT_FOUND, "entries");
  return framed;
}

Result<std::string> SnapshotSource::attachment(std::uint64_t leaf) const {
  auto bytes = view_->attachment(leaf);
  if (!bytes) return fail(ErrorCode::NOT_FOUND, "attachment");
  return std::move(*bytes);
}

SnapshotSink::SnapshotSink(std::unique_ptr<Store> store, const v1::SnapshotManifest& manifest)
    : store_(std::move(store)),
      tree_(std::make_unique<Tree>(*Tree::load(*store_, 0))),
      batch_(std::make_unique<leveldb::WriteBatch>()),
      manifest_(manifest) {}

SnapshotSink::~SnapshotSink() = default;

Result<std::unique_ptr<SnapshotSink>> SnapshotSink::create(const StoreOptions& options,
                                                           const v1::SnapshotManifest& manifest) {
  if (manifest.size() == 0 || manifest.segments() > kSegmentsMax) return invalid("manifest");
  auto store = Store::open(options);
  if (!store) return tl::make_unexpected(store.error());
  return std::unique_ptr<SnapshotSink>(new SnapshotSink(std::move(*store), manifest));
}

void SnapshotSink::flush() {
  tree_->write_to(*batch_);
  store_->write(*batch_);
  batch_->Clear();
}

Result<void> SnapshotSink::add_digests(std::string_view digests) {
  if (digests.size() != manifest_.segments() * crypto::Digest::kSize ||
      crypto::sha256(digests).view() != manifest_.segments_sha256())
    return invalid("segment digests");
  digests_.clear();
  for (std::size_t at = 0; at < digests.size(); at += crypto::Digest::kSize)
    digests_.push_back(*crypto::Digest::from_bytes(digests.substr(at, crypto::Digest::kSize)));
  return {};
}

std::uint64_t SnapshotSink::next_entry() const { return tree_->size(); }

Result<void> SnapshotSink::add_entry(std::string_view entry) {
  const auto where = "entry " + std::to_string(tree_->size());
  const auto decoded = decode_entry(entry);
  if (!decoded) return invalid(where);
  if (decoded->kind == EntryKind::state_root) {
    auto state_root = decode_state_root(decoded->body);
    if (!state_root) return invalid(where);
    root_ = std::move(*state_root);
  }
  if (decoded->kind == EntryKind::event) {
    const auto envelope = crypto::decode_envelope(decoded->body);
    v1::Payload payload;
    if (!envelope || !payload.ParseFromString(envelope->payload)) return invalid(where);
    if (const auto* attachment = attachment_of(payload)) {
      wanted_.push_back(tree_->size());
      refs_.push_back(*attachment);
    }
  }
  batch_->Put(slice(key::entry(tree_->size())), slice(entry));
  tree_->append(crypto::leaf_hash(entry));
  return {};
}

Result<void> SnapshotSink::add_entries(std::string_view framed) {
  const auto before = tree_->size();
  while (!framed.empty()) {
    if (framed.size() < 2 || tree_->size() == manifest_.size()) return invalid("entry framing");
    const std::size_t size = crypto::read_u16(framed);
    if (framed.size() - 2 < size) return invalid("entry framing");
    if (auto added = add_entry(framed.substr(2, size)); !added) return added;
    framed.remove_prefix(2 + size);
  }
  if (tree_->size() == before) return invalid("no entries");
  flush();
  if (tree_->size() == manifest_.size() && tree_->root().view() != manifest_.root())
    return invalid("tree root");
  return {};
}

Result<void> SnapshotSink::add_attachment(std::uint64_t leaf, std::string_view bytes) {
  if (attachments_done_ >= wanted_.size() || wanted_[attachments_done_] != leaf)
    return invalid("attachment out of order");
  const auto& ref = refs_[attachments_done_];
  const auto records = split_records(bytes);
  if (bytes.size() != ref.size() || !records || records->size() != ref.count() ||
      attachment_root(*records).view() != ref.root())
    return invalid("attachment of leaf " + std::to_string(leaf));
  batch_->Put(slice(key::attachment(leaf)), slice(bytes));
  ++attachments_done_;
  if (batch_->ApproximateSize() > kBatchBytes) flush();
  return {};
}

Result<void> SnapshotSink::add_segment(std::uint32_t index, std::string_view bytes) {
  const auto where = "segment " + std::to_string(index);
  if (index != next_segment_ || index >= digests_.size() ||
      crypto::sha256(bytes) != digests_[index])
    return invalid(where);
  ++next_segment_;
  while (!bytes.empty()) {
    std::string_view key, value;
    if (!take_piece(bytes, key) || !take_piece(bytes, value) || key.empty() ||
        std::ranges::find(kFamilies, key.substr(0, 1)) == kFamilies.end())
      return invalid(where);
    batch_->Put(slice(key), slice(value));
  }
  flush();
  return {};
}

Result<void> SnapshotSink::finish() {
  if (tree_->size() != manifest_.size() || tree_->root().view() != manifest_.root())
    return invalid("entries are missing");
  if (attachments_done_ != wanted_.size()) return invalid("attachments are missing");
  if (next_segment_ != manifest_.segments()) return invalid("segments are missing");
  const auto head = decode_head(store_->get(key::meta("head")));
  if (!head || head->size != manifest_.size() || head->time != manifest_.time() ||
      head->root.view() != manifest_.root() || head->digest.view() != manifest_.state_digest())
    return invalid("head");
  flush();
  for (const auto map : kStateMaps)
    if (auto fits = check_map(*store_->reader(), map, root_.of(map)); !fits)
      return invalid(fits.error().detail);
  if (auto whole = check_refusals(*store_->reader()); !whole) return invalid(whole.error().detail);
  store_->sync();
  return {};
}

}  // namespace puhui::ledger
