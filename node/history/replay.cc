#include "node/history/replay.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <latch>
#include <memory>
#include <vector>

namespace puhui::node {
namespace {

// Leaves that are read and checked together, and how many of them one task takes.
constexpr std::uint64_t kChunkLeaves = 1024;
constexpr std::uint64_t kSliceLeaves = 64;

class Chunk {
 public:
  // Begins to read and check [from, to).
  Chunk(const ledger::Ledger& ledger, const ReadLeaf& read, std::uint64_t from, std::uint64_t to,
        boost::asio::thread_pool& pool)
      : stored_(to - from),
        leaves_(to - from),
        checked_(to - from),
        errors_((to - from + kSliceLeaves - 1) / kSliceLeaves),
        left_(static_cast<std::ptrdiff_t>(errors_.size())) {
    for (std::size_t slice = 0; slice < errors_.size(); ++slice)
      boost::asio::post(pool, [this, slice, from, &ledger, &read] {
        errors_[slice] = prepare(slice, from, ledger, read);
        left_.count_down();
      });
  }
  ~Chunk() { left_.wait(); }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  Result<void> follow(ledger::Ledger& ledger) {
    left_.wait();
    for (const auto& error : errors_)
      if (!error) return error;
    return ledger.follow(leaves_, checked_);
  }

 private:
  Result<void> prepare(std::size_t slice, std::uint64_t from, const ledger::Ledger& ledger,
                       const ReadLeaf& read) {
    const auto end = std::min(stored_.size(), (slice + 1) * kSliceLeaves);
    for (auto i = slice * kSliceLeaves; i < end; ++i) {
      auto stored = read(from + i);
      if (!stored) return tl::make_unexpected(stored.error());
      stored_[i] = std::move(*stored);
      leaves_[i].entry = stored_[i].entry;
      if (stored_[i].attachment) leaves_[i].attachment = *stored_[i].attachment;
      checked_[i] = ledger.check_leaf(leaves_[i]);
    }
    return {};
  }

  std::vector<StoredLeaf> stored_;
  std::vector<ledger::Ledger::Leaf> leaves_;
  std::vector<ledger::Checked> checked_;
  std::vector<Result<void>> errors_;  // one per slice
  std::latch left_;
};

}  // namespace

Result<void> replay(ledger::Ledger& ledger, const ReadLeaf& read, std::uint64_t size,
                    boost::asio::thread_pool& pool) {
  auto from = ledger.view().head().size;
  const auto next = [&]() -> std::unique_ptr<Chunk> {
    if (from >= size) return nullptr;
    const auto to = std::min(size, from + kChunkLeaves);
    return std::make_unique<Chunk>(ledger, read, std::exchange(from, to), to, pool);
  };
  // One chunk is followed while the next is made ready.
  auto ready = next();
  while (ready) {
    auto coming = next();
    if (auto followed = ready->follow(ledger); !followed) return followed;
    ready = std::move(coming);
  }
  return {};
}

}  // namespace puhui::node
