#include "node/audit/run.h"

#include "node/audit/saved.h"
#include "node/files/folder.h"

namespace puhui::node::audit {
namespace {

// Folds the chunks of one source in order, while workers are some chunks ahead.
class Pipeline {
 public:
  Pipeline(const Options& options, const Source& source, std::optional<Saved> saved)
      : options_(options),
        source_(source),
        saved_(std::move(saved)),
        verified_(saved_ ? saved_->position : 0),
        upper_(source, audit_),
        workers_(options.threads) {
    audit_.watch([this](unsigned level, std::uint64_t index, const crypto::Digest& hash) {
      upper_.completed(level, index, hash);
    });
  }

  // Whether the leaves read were those that the saved state speaks of.
  [[nodiscard]] bool resumed_rightly() const { return !saved_; }
  [[nodiscard]] std::uint64_t tiles() const { return upper_.tiles(); }
  Audit take() {
    // Workers look at what the audit knows, also for chunks that nobody waits for any more.
    for (const auto& chunk : ahead_) chunk.wait();
    return std::move(audit_);
  }

  Result<void> run() {
    const auto chunks = (source_.size() + crypto::kTileWidth - 1) / crypto::kTileWidth;
    for (std::uint64_t i = 0; i < chunks && !ended_; ++i) {
      while (asked_ < chunks && asked_ < i + window()) ask(asked_++);
      auto chunk = std::move(ahead_.front());
      ahead_.pop_front();
      if (!fold(chunk.get())) return {};
      if (auto kept = after_chunk(); !kept) return kept;
    }
    if (auto kept = save(); !kept) return kept;
    check_end();
    return {};
  }

 private:
  [[nodiscard]] std::size_t window() const {
    return kChunksAheadPerThread * std::max(1U, options_.threads) + 1;
  }
  void ask(std::uint64_t index) {
    ahead_.push_back(workers_.prepare(
        [this, index] { return read_chunk(source_, index, audit_.known(), verified_); }));
  }

  // False when the saved state turns out to speak of other leaves.
  bool fold(const Chunk& chunk) {
    for (const auto& leaf : chunk.leaves) {
      note(chunk, audit_.size());
      audit_.next(leaf);
      if (!saved_ || audit_.size() != saved_->position) continue;
      if (audit_.root() != saved_->root || audit_.read() != saved_->read) return false;
      audit_.recall(saved_->findings, saved_->counts);
      saved_.reset();
    }
    if (chunk.ends) note(chunk, audit_.size());
    ended_ = chunk.ends;
    return !(ended_ && saved_);
  }

  // What is wrong with a leaf's bytes on disk comes before what is wrong with the leaf.
  void note(const Chunk& chunk, std::uint64_t leaf) {
    for (const auto& [position, fault] : chunk.findings)
      if (position == leaf && position >= verified_) audit_.note(position, fault);
  }

  Result<void> after_chunk() {
    if (options_.progress)
      options_.progress({audit_.size(), source_.size(), audit_.counts().signatures});
    const bool stops = options_.stops && options_.stops();
    if (stops || audit_.size() - last_save_ >= options_.save_every)
      if (auto kept = save(); !kept) return kept;
    if (stops)
      return fail(ErrorCode::UNAVAILABLE, "stopped at leaf " + std::to_string(audit_.size()));
    return {};
  }

  Result<void> save() {
    last_save_ = audit_.size();
    // While leaves of the saved state are read again, that state says more.
    if (options_.state_file.empty() || saved_) return {};
    const Saved saved{source_.verified.checkpoint.origin,
                      audit_.size(),
                      audit_.root(),
                      audit_.read(),
                      audit_.counts(),
                      audit_.findings()};
    return write_file(options_.state_file, format_saved(saved), Mode::shared);
  }

  void check_end() {
    const auto& head = source_.verified.checkpoint;
    const auto& genesis = audit_.books().genesis;
    if (audit_.books().is_founded && genesis.origin() != head.origin)
      audit_.note(0, fault("checkpoint.origin_of_genesis", {}, genesis.origin(), head.origin));
    if (!ended_ && audit_.root() != head.root)
      audit_.note(head.size == 0 ? 0 : head.size - 1,
                  fault("root.mismatch", {}, head.root.hex(), audit_.root().hex()));
    audit_.finish();
  }

  const Options& options_;
  const Source& source_;
  std::optional<Saved> saved_;
  const std::uint64_t verified_;
  Audit audit_;
  UpperTiles upper_;
  std::deque<std::future<Chunk>> ahead_;
  std::uint64_t asked_ = 0, last_save_ = 0;
  bool ended_ = false;
  Workers workers_;  // ends first: its work looks at all above
};

std::optional<Saved> load(const Options& options, const Source& source) {
  if (options.state_file.empty()) return std::nullopt;
  const auto bytes = read_file(options.state_file);
  if (!bytes) return std::nullopt;
  auto saved = parse_saved(*bytes);
  if (!saved || saved->position == 0 || saved->position > source.size() ||
      saved->origin != source.verified.checkpoint.origin)
    return std::nullopt;
  return saved;
}

}  // namespace

Result<Audited> run(const Options& options) {
  auto source = open_source(options.folder, options.policy);
  if (!source) return tl::make_unexpected(source.error());
  auto saved = load(options, *source);
  for (;;) {
    const auto resumed_from = saved ? saved->position : 0;
    Pipeline pipeline(options, *source, std::move(saved));
    if (auto ran = pipeline.run(); !ran) return tl::make_unexpected(ran.error());
    if (pipeline.resumed_rightly()) {
      const auto tiles = pipeline.tiles();
      auto audit = pipeline.take();
      audit.watch({});
      return Audited{std::move(*source), std::move(audit), tiles, resumed_from};
    }
    // These are other leaves: from the beginning, believing nothing.
    saved.reset();
  }
}

}  // namespace puhui::node::audit
