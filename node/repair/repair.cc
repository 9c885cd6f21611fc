#include "node/repair/repair.h"

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "consensus/log.h"
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

// A name in the data folder that nothing has.
std::string free_name(const std::string& wanted) {
  auto name = wanted;
  for (int number = 2; fs::exists(name); ++number) name = wanted + "-" + std::to_string(number);
  return name;
}

// From now on the node opens the new ledger. Whenever the power fails, the name in `current` is
// that of a whole ledger, and the old one stays.
Result<std::string> put_in_place(const std::string& data, const std::string& old,
                                 const std::string& made) {
  const auto name = free_name(data + "/ledger-repaired");
  const auto kept = free_name(data + "/damaged-" + fs::path(old).filename().string());
  std::error_code error;
  fs::rename(made, name, error);
  if (error) return io_failure(made, error);
  if (auto marked = write_file(old + "/" + kKeepFile, "", Mode::shared); !marked)
    return tl::make_unexpected(marked.error());
  if (auto named = write_file(data + "/current", fs::path(name).filename().string(), Mode::shared);
      !named)
    return tl::make_unexpected(named.error());
  fs::rename(old, kept, error);
  if (error) return io_failure(old, error);
  return kept;
}

// What the rebuilt ledger has reached must be what the old one had.
Result<void> check_rebuilt(const ledger::View& rebuilt, const Inventory& old) {
  const auto& head = rebuilt.head();
  if (head.root != old.head().root)
    return fail(ErrorCode::CORRUPT, "the leaves do not lead to the root this node had reached");
  if (const auto gap = rebuilt.gap())
    return fail(ErrorCode::UNAVAILABLE, "the attachment of leaf " + std::to_string(*gap) +
                                            " is missing here and at the source");
  if (head.digest != old.head().digest && old.has_own_digest())
    return fail(ErrorCode::CORRUPT,
                "this program gives other views of the leaves than the one that built them");
  return {};
}

// Consensus must still hold what comes after the ledger's place.
Result<void> check_log(const std::string& data, const Inventory& old) {
  const auto applied = old.applied();
  if (!applied) return tl::make_unexpected(applied.error());
  if (!exists(data + "/log")) return {};  // the node will ask for it to join again
  const auto log = consensus::LevelLog::open(data + "/log");
  if (!log) return tl::make_unexpected(log.error());
  const auto stored = (*log)->load();
  if (stored.empty() || stored.first <= applied->index + 1) return {};
  return fail(ErrorCode::CORRUPT, "consensus begins at " + std::to_string(stored.first) +
                                      ", the ledger ends at " + std::to_string(applied->index) +
                                      ": join again under a new number");
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
  if (well && exists(halted_file(options.data)))
    return fail(ErrorCode::CORRUPT,
                "the leaves themselves are not the city's: join again under a new number");
  if (well) return Repaired{{}, well->size, well->root, {}};
  if (well.error().code != ErrorCode::CORRUPT) return tl::make_unexpected(well.error());
  const WorkFolder saved(options.data + "/salvage");
  const auto old = salvage(folder, saved.folder());
  if (!old) return tl::make_unexpected(old.error());
  const auto head = (*old)->head();
  const WorkFolder work(options.data + "/repair");
  const auto& made = work.folder();
  {
    const auto rebuilt = rebuild_from(options, **old, made);
    if (!rebuilt) return tl::make_unexpected(rebuilt.error());
    if (auto same = check_rebuilt((*rebuilt)->view(), **old); !same)
      return tl::make_unexpected(same.error());
  }
  if (auto goes_on = check_log(options.data, **old); !goes_on)
    return tl::make_unexpected(goes_on.error());
  if (auto given = (*old)->hand_over(store_in(made)); !given)
    return tl::make_unexpected(given.error());
  auto kept = put_in_place(options.data, folder, made);
  if (!kept) return tl::make_unexpected(kept.error());
  return Repaired{well.error().detail, head.size, head.root, std::move(*kept)};
}

}  // namespace puhui::node
