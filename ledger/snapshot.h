// The whole state at one block, in verifiable pieces, for a node that is too far behind.
//
// Leaves travel as entries and are verified by the tree root; hash tiles are recomputed;
// attachments are verified by the root their leaf names. Views and recent refusals travel as
// segments: runs of (u32-BE length ‖ key ‖ u32-BE length ‖ value) in key order, at most about
// kSegmentBytes each, whose SHA-256 digests the manifest commits to. The map in them must have the
// root that the last state root leaf names, and the views be what it says; what changed since that
// leaf is believed as far as whoever made the manifest is, until the digests of the views agree at
// the next one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "ledger/ledger.h"
#include "ledger/views/view.h"
#include "puhui/v1/peer.pb.h"

namespace puhui::ledger {

inline constexpr std::size_t kSegmentBytes = std::size_t{1} << 20;
inline constexpr std::size_t kSegmentsMax = 1 << 20;

// Offers the state a View is pinned to. Making it reads all views once. One thread at a time.
class SnapshotSource {
 public:
  SnapshotSource(std::shared_ptr<View> view, AppliedAt at);

  [[nodiscard]] const v1::SnapshotManifest& manifest() const { return manifest_; }
  // SHA-256 digests of the segments, one after the other.
  [[nodiscard]] std::string digests() const;
  // NOT_FOUND beyond the last one.
  [[nodiscard]] Result<std::string> segment(std::uint32_t index) const;
  // As many entries from this leaf on as fit a piece, each u16-BE length ‖ entry.
  [[nodiscard]] Result<std::string> entries(std::uint64_t from) const;
  [[nodiscard]] Result<std::string> attachment(std::uint64_t leaf) const;
  [[nodiscard]] View& view() { return *view_; }

 private:
  std::shared_ptr<View> view_;
  v1::SnapshotManifest manifest_;
  struct Segment {
    std::string first_key;
    crypto::Digest digest;
  };
  std::vector<Segment> segments_;
};

// Builds a ledger from a snapshot in an empty folder. Nothing is usable before `finish` succeeds.
// Errors: SNAPSHOT_INVALID names the piece that does not verify.
class SnapshotSink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SnapshotSink>> create(
      const StoreOptions& options, const v1::SnapshotManifest& manifest);
  ~SnapshotSink();

  // What comes next: digests, then entries up to the size, then attachments, then segments.
  [[nodiscard]] Result<void> add_digests(std::string_view digests);
  [[nodiscard]] std::uint64_t next_entry() const;
  [[nodiscard]] Result<void> add_entries(std::string_view framed);
  // Leaves whose attachment is still to come, in order.
  [[nodiscard]] const std::vector<std::uint64_t>& attachments_wanted() const { return wanted_; }
  [[nodiscard]] Result<void> add_attachment(std::uint64_t leaf, std::string_view bytes);
  [[nodiscard]] Result<void> add_segment(std::uint32_t index, std::string_view bytes);
  // All is there and verified; makes it durable. The folder can then be opened as a Ledger.
  [[nodiscard]] Result<void> finish();

 private:
  SnapshotSink(std::unique_ptr<Store> store, const v1::SnapshotManifest& manifest);
  Result<void> add_entry(std::string_view entry);
  void flush();

  std::unique_ptr<Store> store_;
  std::unique_ptr<Tree> tree_;
  std::unique_ptr<leveldb::WriteBatch> batch_;
  const v1::SnapshotManifest manifest_;
  std::vector<crypto::Digest> digests_;
  std::uint32_t next_segment_ = 0;
  std::vector<std::uint64_t> wanted_;
  std::size_t attachments_done_ = 0;
  std::vector<v1::AttachmentRef> refs_;  // of the leaves in `wanted_`
  StateRoot root_;                       // the last state root among the entries
};

}  // namespace puhui::ledger
