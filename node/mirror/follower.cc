#include "node/mirror/follower.h"

#include <atomic>
#include <thread>

#include "crypto/envelope.h"
#include "crypto/merkle.h"
#include "ledger/event.h"
#include "node/clocks.h"

namespace puhui::node {
namespace {

using crypto::Digest;
using crypto::kTileHeight;
using crypto::kTileWidth;
using crypto::Tile;
using crypto::TreeHead;

Tile bundle_at(std::uint64_t index, unsigned width = kTileWidth) {
  return {Tile::Kind::entries, 0, index, width};
}
Tile hashes_at(std::uint64_t index, unsigned width = kTileWidth) {
  return {Tile::Kind::hashes, 0, index, width};
}

unsigned tail_width(std::uint64_t size) { return crypto::tiles_at(0, size).partial_width; }

// Nodes of the tree that a copy holds; `failed` remembers the first that could not be read.
class CopyNodes {
 public:
  explicit CopyNodes(const Copy& copy) : copy_(copy) {}
  Digest operator()(unsigned level, std::uint64_t index) {
    auto tile = crypto::tile_of_node(level, index);
    const auto there = crypto::tiles_at(tile.level, copy_.head().size);
    if (tile.index >= there.full) tile.width = there.partial_width;
    const auto bytes = copy_.read(tile);
    auto node = bytes ? crypto::node_in_tile(*bytes, level, index)
                      : Result<Digest>(tl::make_unexpected(bytes.error()));
    if (node) return *node;
    if (!failed_) failed_ = node.error();
    return {};
  }
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

 private:
  const Copy& copy_;
  std::optional<Error> failed_;
};

// The root of the attachment that this entry's event names, if it names one.
std::optional<std::string> attachment_root_in(std::string_view entry) {
  const auto decoded = ledger::decode_entry(entry);
  if (!decoded || decoded->kind != ledger::EntryKind::event) return std::nullopt;
  const auto envelope = crypto::decode_envelope(decoded->body);
  v1::Payload payload;
  if (!envelope || !payload.ParseFromString(envelope->payload)) return std::nullopt;
  const auto* named = ledger::attachment_of(payload);
  return named == nullptr ? std::nullopt : std::optional(named->root());
}

tl::unexpected<Error> forked(std::uint64_t smaller, std::uint64_t larger) {
  return fail(ErrorCode::CHECKPOINT_INCONSISTENT,
              "the trees of " + std::to_string(smaller) + " and " + std::to_string(larger) +
                  " leaves contradict; see the evidence folder");
}

}  // namespace

Follower::Follower(Copy& copy, FollowOptions options, Fetch fetch)
    : copy_(copy), options_(std::move(options)), fetch_(std::move(fetch)) {}

Result<std::unique_ptr<Follower>> Follower::start(Copy& copy, FollowOptions options) {
  if (copy.head().size > 0) {
    const auto verified = crypto::verify_checkpoint(options.policy, copy.checkpoint());
    if (!verified)
      return fail(ErrorCode::CORRUPT, copy.folder() + "/checkpoint: " + describe(verified.error()));
  }
  auto fetch = open_source(options.source);
  if (!fetch) return tl::make_unexpected(fetch.error());
  return std::unique_ptr<Follower>(new Follower(copy, std::move(options), std::move(*fetch)));
}

Result<Round> Follower::follow() {
  round_ = {};
  began_ms_ = steady_clock_ms();
  if (copy_.has_evidence())
    return fail(ErrorCode::CHECKPOINT_INCONSISTENT,
                "the log has forked; see " + copy_.folder() + "/evidence");
  auto note = fetch_("checkpoint");
  if (!note) return tl::make_unexpected(note.error());
  const auto verified = crypto::verify_checkpoint(options_.policy, *note);
  if (!verified) return tl::make_unexpected(verified.error());
  const auto& checkpoint = verified->checkpoint;
  if (checkpoint.size == 0) return fail(ErrorCode::UNAVAILABLE, "the log is empty");
  if (copy_.head().size > 0) {
    const auto held = crypto::parse_checkpoint(crypto::parse_note(copy_.checkpoint())->text);
    if (held->origin != checkpoint.origin)
      return fail(ErrorCode::WRONG_CITY,
                  "the source serves " + checkpoint.origin + ", the copy is of " + held->origin);
  }
  const TreeHead head{checkpoint.size, checkpoint.root};
  const auto held = copy_.head();
  Result<void> done;
  if (head.size > held.size) {
    done = grow(head, std::move(*note));
  } else if (head != held) {
    done = check_older(checkpoint, *note);
  } else if (has_more_witnesses(*verified)) {
    done = copy_.accept(head, std::move(*note));
  }
  if (!done) return tl::make_unexpected(done.error());
  if (auto looked = look_for_attachments(); !looked) return tl::make_unexpected(looked.error());
  fetch_attachments();
  round_.took_ms = steady_clock_ms() - began_ms_;
  return round_;
}

bool Follower::has_more_witnesses(const crypto::VerifiedCheckpoint& shown) const {
  const auto held = crypto::verify_checkpoint(options_.policy, copy_.checkpoint());
  return !held || held->witnesses.size() < shown.witnesses.size();
}

// ---- Contradictions ----------------------------------------------------------------------------

// Evidence convinces others, or it is none: then what lies here is damaged.
Result<void> Follower::keep_evidence(const crypto::Evidence& evidence, std::uint64_t size) {
  const auto fork = crypto::verify_evidence(evidence, crypto::log_keys(options_.policy));
  if (!fork)
    return fail(ErrorCode::CORRUPT,
                copy_.folder() + "/tile does not belong to its checkpoint any more");
  if (auto kept = copy_.keep(evidence, size); !kept) return kept;
  return forked(fork->smaller.size, fork->larger.size);
}

// The source shows a checkpoint that is not newer: of the tree we hold, or of another.
Result<void> Follower::check_older(const crypto::Checkpoint& checkpoint, const std::string& note) {
  CopyNodes nodes(copy_);
  const crypto::NodeReader reader = std::ref(nodes);
  const auto size = copy_.head().size;
  const auto ours =
      checkpoint.size == size ? copy_.head().root : crypto::root_at(checkpoint.size, reader);
  if (nodes.failed()) return tl::make_unexpected(*nodes.failed());
  if (ours == checkpoint.root)
    return fail(ErrorCode::UNAVAILABLE, "the source shows " + std::to_string(checkpoint.size) +
                                            " leaves, we hold " + std::to_string(size));
  crypto::Evidence evidence{{}, {}, note, copy_.checkpoint()};
  if (checkpoint.size < size) {
    evidence.root = ours;
    evidence.proof = crypto::consistency_proof(checkpoint.size, size, reader);
  }
  if (nodes.failed()) return tl::make_unexpected(*nodes.failed());
  return keep_evidence(evidence, checkpoint.size);
}

// What we hold must be the beginning of the new tree. Below level 8 that is a matter of the one
// bundle in which our tree ends.
Result<void> Follower::check_extends(const Spine& spine, const std::string& note) {
  const auto old = copy_.head();
  const auto last = old.size / kTileWidth;
  std::string hashes;
  if (tail_width(old.size) > 0 && last < spine.head().size / kTileWidth) {
    if (auto filled = fill_bundle(fetch_, spine, last); !filled) return filled;
    auto read = copy_.read(hashes_at(last));
    if (!read) return tl::make_unexpected(read.error());
    hashes = std::move(*read);
  }
  const crypto::NodeReader reader = [&](unsigned level, std::uint64_t index) {
    const bool below =
        level < kTileHeight && !hashes.empty() && index >> (kTileHeight - level) == last;
    return below ? *crypto::node_in_tile(hashes, level, index) : spine.node(level, index);
  };
  const auto root = crypto::root_at(old.size, reader);
  if (root == old.root) return {};
  const crypto::Evidence evidence{root,
                                  crypto::consistency_proof(old.size, spine.head().size, reader),
                                  copy_.checkpoint(), note};
  return keep_evidence(evidence, spine.head().size);
}

// ---- Growing -----------------------------------------------------------------------------------

Result<void> Follower::grow(const TreeHead& head, std::string note) {
  {
    std::lock_guard lock(progress_mutex_);
    progress_ = {copy_.head().size, head.size, 0, 0};
  }
  std::string tail;
  if (const auto width = tail_width(head.size); width > 0) {
    auto bundle = fetch_tile(fetch_, bundle_at(head.size / kTileWidth, width));
    if (!bundle) return tl::make_unexpected(bundle.error());
    tail = std::move(*bundle);
  }
  const auto spine = read_spine(head, tail);
  if (!spine) return tl::make_unexpected(spine.error());
  if (copy_.head().size > 0)
    if (auto extends = check_extends(*spine, note); !extends) return extends;
  if (auto filled = fill(*spine); !filled) return filled;
  if (auto kept = keep_upper(*spine, tail); !kept) return kept;
  round_.entries = head.size - copy_.head().size;
  return copy_.accept(head, std::move(note));
}

Result<Spine> Follower::read_spine(const TreeHead& head, std::string_view tail) {
  const auto from_source = [this](const Tile& tile) { return fetch_tile(fetch_, tile); };
  // Full tiles below what was accepted are here already, and never change. If one is damaged the
  // source may have a good one.
  auto spine = Spine::read(head, tail, [&](const Tile& tile) {
    const bool is_here = tile.width == kTileWidth && crypto::tile_exists(tile, copy_.head().size);
    auto stored = is_here ? copy_.read(tile) : from_source(tile);
    return stored || !is_here ? stored : from_source(tile);
  });
  if (spine || spine.error().code != ErrorCode::PROOF_INVALID || copy_.head().size == 0)
    return spine;
  return Spine::read(head, tail, from_source);
}

Result<std::string> Follower::fetch_tile(const Fetch& fetch, const Tile& tile) {
  auto bytes = fetch(crypto::tile_path(tile));
  if (bytes) arrived(0, bytes->size());
  return bytes;
}

Result<void> Follower::fill(const Spine& spine) {
  const auto end = spine.head().size / kTileWidth;
  std::atomic<std::uint64_t> next = copy_.head().size / kTileWidth;
  std::mutex mutex;
  std::optional<Error> failed;
  const auto work = [&](const Fetch& fetch) {
    for (auto index = next++; index < end; index = next++) {
      const bool stops = options_.stops && options_.stops();
      const auto filled = stops ? Result<void>(fail(ErrorCode::UNAVAILABLE, "stopping"))
                                : fill_bundle(fetch, spine, index);
      if (filled) continue;
      std::lock_guard lock(mutex);
      if (!failed) failed = filled.error();
      next = end;
    }
  };
  const auto wanted = end - std::min(end, next.load());
  std::vector<std::thread> others;
  for (unsigned i = 1; i < std::min<std::uint64_t>(options_.connections, wanted); ++i) {
    auto fetch = open_source(options_.source);
    if (!fetch) break;  // the connection we have goes on alone
    others.emplace_back([&work, fetch = std::move(*fetch)] { work(fetch); });
  }
  work(fetch_);
  for (auto& thread : others) thread.join();
  if (failed) return tl::make_unexpected(*failed);
  return {};
}

// One full bundle: what lies here from a round that broke off is good if it belongs to the tree.
Result<void> Follower::fill_bundle(const Fetch& fetch, const Spine& spine, std::uint64_t index) {
  const auto expected = spine.bundle_root(index);
  const auto sound = [&](const Result<std::string>& bundle) -> Result<std::string> {
    if (!bundle) return tl::make_unexpected(bundle.error());
    auto hashes = hash_tile(*bundle, kTileWidth);
    if (hashes && root_of_tile(*hashes) != expected)
      return fail(ErrorCode::PROOF_INVALID,
                  crypto::tile_path(bundle_at(index)) + " does not belong to the checkpoint");
    return hashes;
  };
  auto bundle = copy_.read(bundle_at(index));
  auto hashes = sound(bundle);
  if (!hashes) {
    bundle = fetch_tile(fetch, bundle_at(index));
    hashes = sound(bundle);
    if (!hashes) return tl::make_unexpected(hashes.error());
    if (auto kept = copy_.write(bundle_at(index), *bundle); !kept) return kept;
  }
  arrived(kTileWidth, 0);
  return copy_.write(hashes_at(index), *hashes);
}

Result<void> Follower::keep_upper(const Spine& spine, std::string_view tail) {
  for (const auto& [tile, bytes] : spine.tiles()) {
    const bool is_old = tile.width == kTileWidth && crypto::tile_exists(tile, copy_.head().size);
    const auto stored = is_old ? copy_.read(tile) : Result<std::string>();
    if (is_old && stored && *stored == bytes) continue;
    if (auto kept = copy_.write(tile, bytes); !kept) return kept;
  }
  const auto width = tail_width(spine.head().size);
  if (width == 0) return {};
  const auto index = spine.head().size / kTileWidth;
  if (auto kept = copy_.write(bundle_at(index, width), tail); !kept) return kept;
  arrived(width, 0);
  return copy_.write(hashes_at(index, width), *hash_tile(tail, width));
}

void Follower::arrived(std::uint64_t entries, std::uint64_t bytes) {
  std::lock_guard lock(progress_mutex_);
  progress_.entries = std::min(progress_.size, progress_.entries + entries);
  progress_.bytes += bytes;
  progress_.took_ms = steady_clock_ms() - began_ms_;
  round_.bytes += bytes;
  if (options_.progress) options_.progress(progress_);
}

// ---- Attachments -------------------------------------------------------------------------------

// Finds out which attachments of the entries not looked at yet are not here.
Result<void> Follower::look_for_attachments() {
  const auto size = copy_.head().size;
  while (attachments_from_ < size) {
    const auto index = attachments_from_ / kTileWidth;
    const auto width = index < size / kTileWidth ? kTileWidth : tail_width(size);
    const auto bundle = copy_.read(bundle_at(index, width));
    if (!bundle) return tl::make_unexpected(bundle.error());
    const auto entries = crypto::parse_bundle(*bundle, width);
    if (!entries) return tl::make_unexpected(entries.error());
    for (auto i = attachments_from_ % kTileWidth; i < width; ++i, ++attachments_from_)
      if (auto root = attachment_root_in((*entries)[i]);
          root && !exists(copy_.folder() + "/" + attachment_file(attachments_from_)))
        attachments_missing_.emplace(attachments_from_, std::move(*root));
  }
  return {};
}

// Asks for what is missing, until the source refuses us.
void Follower::fetch_attachments() {
  for (auto at = attachments_missing_.begin(); at != attachments_missing_.end();) {
    if (options_.stops && options_.stops()) break;
    const auto fetched = fetch_attachment(at->first, at->second);
    if (fetched) {
      ++round_.attachments;
      at = attachments_missing_.erase(at);
      continue;
    }
    round_.attachments_error = describe(fetched.error());
    if (fetched.error().code == ErrorCode::NOT_PERMITTED) break;
    ++at;
  }
  round_.attachments_missing = attachments_missing_.size();
}

Result<void> Follower::fetch_attachment(std::uint64_t leaf, const std::string& root) {
  const auto bytes = fetch_(attachment_path(options_.source, leaf));
  if (!bytes) return tl::make_unexpected(bytes.error());
  round_.bytes += bytes->size();
  const auto records = ledger::split_records(*bytes);
  if (!records || ledger::attachment_root(*records).view() != root)
    return fail(ErrorCode::PROOF_INVALID,
                "the attachment of leaf " + std::to_string(leaf) + " is not the one it names");
  return copy_.write_attachment(leaf, *bytes);
}

}  // namespace puhui::node
