#include "node/repair/repair.h"

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "ledger/inventory.h"
#include "node/history/replay.h"
#include "node/mirror/leaves.h"

namespace puhui::node {
namespace {

namespace fs = std::filesystem;
using ledger::Inventory;

ledger::StoreOptions store_in(const std::string& folder) {
  ledger::StoreOptions store;
  store.folder = folder;
  return store;
}

// A folder for the time of the work.
class WorkFolder {
 public:
  explicit WorkFolder(std::string folder) : folder_(std::move(folder)) { remove(); }
  ~WorkFolder() { remove(); }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  void remove() const {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  const std::string folder_;
};

// The ledger that these leaves give, in a folder.
Result<std::unique_ptr<ledger::Ledger>> rebuild(const std::string& folder, const ReadLeaf& read,
                                                std::uint64_t size, unsigned threads) {
  auto rebuilt = ledger::Ledger::open(store_in(folder));
  if (!rebuilt) return rebuilt;
  boost::asio::thread_pool pool(threads);
  auto followed = replay(**rebuilt, read, size, pool);
  if (!followed) return tl::make_unexpected(followed.error());
  return rebuilt;
}

ReadLeaf leaves_of(const Inventory& inventory) {
  return [&inventory](std::uint64_t leaf) { return inventory.leaf(leaf); };
}

// What is wrong with the ledger in this folder, or nothing.
Result<Scrubbed> examine(const std::string& folder, const std::string& scratch, unsigned threads) {
  const auto inventory = Inventory::open(store_in(folder));
  if (!inventory) return tl::make_unexpected(inventory.error());
  if (auto whole = (*inventory)->check_leaves(); !whole) return tl::make_unexpected(whole.error());
  const WorkFolder beside(scratch);
  const auto head = (*inventory)->head();
  const auto rebuilt = rebuild(beside.folder(), leaves_of(**inventory), head.size, threads);
  if (!rebuilt) return tl::make_unexpected(rebuilt.error());
  if (auto same = (*inventory)->compare(**rebuilt); !same) return tl::make_unexpected(same.error());
  return Scrubbed{head.size, head.root};
}

// The old ledger as far as it can be read: itself, or what LevelDB saves of its files.
Result<std::unique_ptr<Inventory>> salvage(const std::string& folder, const std::string& scratch) {
  auto whole = Inventory::open(store_in(folder));
  if (whole || whole.error().code != ErrorCode::CORRUPT) return whole;
  if (auto saved = Inventory::salvage(folder, scratch); !saved)
    return tl::make_unexpected(saved.error());
  return Inventory::open(store_in(scratch));
}

// Leaves that a signed checkpoint covers; attachments that the source does not show are our own.
class Source {
 public:
  Source(const Copy& copy, const Inventory& own)
      : leaves_(copy), size_(copy.head().size), own_(own) {}

  Result<StoredLeaf> read(std::uint64_t leaf) {
    auto stored = leaves_.read(leaf, size_);
    if (!stored || stored->attachment) return stored;
    if (auto own = own_.leaf(leaf)) stored->attachment = std::move(own->attachment);
    return stored;
  }

 private:
  CopyLeaves leaves_;
  const std::uint64_t size_;
  const Inventory& own_;
};

Result<std::unique_ptr<ledger::Ledger>> rebuild_from(const RepairOptions& options,
                                                     const Inventory& old,
                                                     const std::string& folder) {
  const auto size = old.head().size;
  if (!options.source) return rebuild(folder, leaves_of(old), size, options.threads);
  const WorkFolder fetched(options.data + "/repair-copy");
  auto copy = Copy::open(fetched.folder());
  if (!copy) return tl::make_unexpected(copy.error());
  auto follower = Follower::start(*copy, *options.source);
  if (!follower) return tl::make_unexpected(follower.error());
  if (auto round = (*follower)->follow(); !round) return tl::make_unexpected(round.error());
  if (copy->head().size < size)
    return fail(ErrorCode::UNAVAILABLE, "the source holds " + std::to_string(copy->head().size) +
                                            " leaves, this node " + std::to_string(size));
  Source source(*copy, old);
  return rebuild(
      folder, [&source](std::uint64_t leaf) { return source.read(leaf); }, size, options.threads);
}

// From now on the node opens the new ledger.
Result<std::string> put_in_place(const std::string& data, const std::string& old,
                                 const std::string& made) {
  const auto name = fs::path(made).filename().string();
  if (auto named = write_file(data + "/current", name, Mode::shared); !named)
    return tl::make_unexpected(named.error());
  auto kept = data + "/damaged-" + fs::path(old).filename().string();
  std::error_code error;
  fs::remove_all(kept, error);
  fs::rename(old, kept, error);
  if (error) return io_failure(old, error);
  return kept;
}

}  // namespace

Result<Scrubbed> scrub(const RepairOptions& options) {
  const auto lock = FolderLock::take(options.data);
  if (!lock) return tl::make_unexpected(lock.error());
  return examine(current_ledger(options.data), options.data + "/scrub", options.threads);
}

Result<Repaired> repair(const RepairOptions& options) {
  const auto lock = FolderLock::take(options.data);
  if (!lock) return tl::make_unexpected(lock.error());
  const auto folder = current_ledger(options.data);
  const auto well = examine(folder, options.data + "/scrub", options.threads);
  if (well) return Repaired{{}, well->size, well->root, {}};
  if (well.error().code != ErrorCode::CORRUPT) return tl::make_unexpected(well.error());
  const WorkFolder saved(options.data + "/salvage");
  const auto old = salvage(folder, saved.folder());
  if (!old) return tl::make_unexpected(old.error());
  const auto head = (*old)->head();
  const auto made = folder + "-repaired";
  std::error_code ignored;
  fs::remove_all(made, ignored);
  {
    const auto rebuilt = rebuild_from(options, **old, made);
    if (!rebuilt) return tl::make_unexpected(rebuilt.error());
    const auto view = (*rebuilt)->view();
    if (view.head().root != head.root)
      return fail(ErrorCode::CORRUPT, "the leaves do not lead to the root this node had reached");
    if (const auto gap = view.gap())
      return fail(ErrorCode::UNAVAILABLE, "the attachment of leaf " + std::to_string(*gap) +
                                              " is missing here and at the source");
  }
  if (auto given = (*old)->hand_over(store_in(made)); !given)
    return tl::make_unexpected(given.error());
  auto kept = put_in_place(options.data, folder, made);
  if (!kept) return tl::make_unexpected(kept.error());
  return Repaired{well.error().detail, head.size, head.root, std::move(*kept)};
}

}  // namespace puhui::node
