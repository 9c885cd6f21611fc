#include "node/history/history.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>

#include "crypto/bytes.h"
#include "node/files/folder.h"

namespace puhui::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScratch = "scratch-", kMilestone = "milestone-";

// Tables never change once written, so a copy may share them.
Result<void> copy_database(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::create_directories(to, error);
  if (error) return io_failure(to, error);
  for (const auto& file : fs::directory_iterator(from, error)) {
    const auto name = file.path().filename();
    if (name == "LOCK") continue;
    if (file.path().extension() == ".ldb")
      fs::create_hard_link(file.path(), to / name, error);
    else
      fs::copy_file(file.path(), to / name, error);
    if (error) return io_failure(to, error);
  }
  if (error) return io_failure(from, error);
  return {};
}

}  // namespace

Scratch::~Scratch() {
  ledger_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string Scratch::close() {
  ledger_.reset();
  return std::exchange(folder_, {});
}

History::History(HistoryOptions options, ReadLeaf read, RootAt root_at)
    : options_(std::move(options)),
      read_(std::move(read)),
      root_at_(std::move(root_at)),
      checking_(options_.threads) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.folder, ignored))
    if (entry.path().filename().string().starts_with(kScratch)) fs::remove_all(entry, ignored);
}

History::~History() { stop(); }

void History::stop() {
  stopping_ = true;
  order_.join();
  scratches_.clear();
  checking_.join();
}

void History::at(std::uint64_t size, Caller caller, Done done) {
  if (stopping_) return done(fail(ErrorCode::UNAVAILABLE, "the node stops"));
  auto place = waiting_.enter(caller);
  if (!place) return done(fail(ErrorCode::BUSY, "too many ask for the past"));
  {
    std::lock_guard lock(asked_mutex_);
    auto& asked = caller == Caller::member ? members_ : strangers_;
    asked.push_back({size, std::move(done), std::move(place)});
  }
  boost::asio::post(order_, [this] { answer_next(); });
}

void History::answer_next() {
  Question next;
  {
    std::lock_guard lock(asked_mutex_);
    auto& asked = members_.empty() ? strangers_ : members_;
    next = std::move(asked.front());
    asked.pop_front();
  }
  next.done(find(next.size));
}

// What begins at a milestone and goes wrong is tried again from the one before.
Result<PastPtr> History::find(std::uint64_t size) {
  for (;;) {
    if (stopping_) return fail(ErrorCode::UNAVAILABLE, "the node stops");
    const auto found = scratch_for(size);
    if (!found) return tl::make_unexpected(found.error());
    auto& scratch = **found;
    const auto begun_at = scratch->begun_at();
    const auto goal = std::min(size, scratch->size() + options_.leaves_per_question);
    const auto gone = go_to(scratch, goal);
    if (!gone) {
      scratches_.erase(scratches_.begin());
      if (begun_at == 0 || gone.error().code != ErrorCode::CORRUPT)
        return tl::make_unexpected(gone.error());
      if (auto dropped = drop_milestone(begun_at); !dropped)
        return tl::make_unexpected(dropped.error());
      continue;
    }
    if (goal < size)
      return fail(ErrorCode::UNAVAILABLE, "the past is being rebuilt, " + std::to_string(goal) +
                                              " of " + std::to_string(size) +
                                              " leaves so far; ask again");
    return std::make_shared<const Past>(
        Past{scratch, std::make_unique<ledger::View>(scratch->ledger().view())});
  }
}

// The one at hand that has the shortest way to go, or a new one in the place of that used longest
// ago. Whoever still reads a scratch left behind keeps it until he is done.
Result<ScratchPtr*> History::scratch_for(std::uint64_t size) {
  auto best = scratches_.end();
  for (auto at = scratches_.begin(); at != scratches_.end(); ++at)
    if ((*at)->size() <= size && (best == scratches_.end() || (*at)->size() > (*best)->size()))
      best = at;
  if (best == scratches_.end() || (*best)->size() < milestone_before(size)) {
    auto begun = begin_before(size);
    if (!begun) return tl::make_unexpected(begun.error());
    if (scratches_.size() == kScratchesMax) scratches_.pop_back();
    best = scratches_.insert(scratches_.end(), std::move(*begun));
  }
  std::rotate(scratches_.begin(), best, best + 1);
  return &scratches_.front();
}

Result<ScratchPtr> History::begin_before(std::uint64_t size) {
  for (;;) {
    if (stopping_) return fail(ErrorCode::UNAVAILABLE, "the node stops");
    const auto from = milestone_before(size);
    const auto folder = new_folder();
    if (from == 0) return open(folder, 0);
    auto begun = begin_at(from, folder);
    if (begun && (*begun)->size() == from) return begun;
    if (!begun && begun.error().code != ErrorCode::CORRUPT) return begun;
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    if (auto dropped = drop_milestone(from); !dropped) return tl::make_unexpected(dropped.error());
  }
}

// Its files are read first, once: a damaged one that is open stops the process.
Result<ScratchPtr> History::begin_at(std::uint64_t from, const std::string& folder) {
  if (!sound_.contains(from)) {
    if (auto whole = ledger::Store::check_files(milestone(from)); !whole)
      return tl::make_unexpected(whole.error());
    sound_.insert(from);
  }
  if (auto copied = copy_database(milestone(from), folder); !copied)
    return tl::make_unexpected(copied.error());
  return open(folder, from);
}

std::string History::new_folder() {
  return options_.folder + "/" + std::string(kScratch) + std::to_string(++folders_);
}

Result<ScratchPtr> History::open(const std::string& folder, std::uint64_t begun_at) const {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return io_failure(folder, error);
  auto store = options_.store;
  store.folder = folder;
  auto opened = ledger::Ledger::open(store);
  if (!opened) return tl::make_unexpected(opened.error());
  return std::make_shared<Scratch>(std::move(*opened), folder, begun_at);
}

Result<void> History::go_to(ScratchPtr& scratch, std::uint64_t size) {
  for (;;) {
    if (stopping_) return fail(ErrorCode::UNAVAILABLE, "the node stops");
    const auto head = scratch->ledger().view().head();
    if (head.root != root_at_(head.size))
      return fail(ErrorCode::CORRUPT,
                  "the first " + std::to_string(head.size) + " leaves have another root");
    if (head.size >= size) return {};
    const auto next = (head.size / options_.milestone_leaves + 1) * options_.milestone_leaves;
    const auto goal = std::min(size, next);
    if (auto done = replay(scratch->ledger(), read_, goal, checking_); !done) return done;
    if (goal != next) continue;
    if (auto kept = keep_milestone(scratch); !kept) return kept;
  }
}

std::string History::milestone(std::uint64_t size) const {
  return options_.folder + "/" + std::string(kMilestone) + std::to_string(size);
}

std::set<std::uint64_t> History::milestones() const {
  std::set<std::uint64_t> sizes;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.folder, ignored)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(kMilestone)) continue;
    if (const auto size = crypto::parse_decimal(name.substr(kMilestone.size())))
      sizes.insert(*size);
  }
  return sizes;
}

std::uint64_t History::milestone_before(std::uint64_t size) const {
  const auto sizes = milestones();
  const auto above = sizes.upper_bound(size);
  return above == sizes.begin() ? 0 : *std::prev(above);
}

Result<void> History::drop_milestone(std::uint64_t size) {
  sound_.erase(size);
  std::error_code error;
  fs::remove_all(milestone(size), error);
  if (error) return io_failure(milestone(size), error);
  return {};
}

// Whole, durable and under its name, or not at all.
Result<void> History::copy_to_milestone(const std::string& from, std::uint64_t size) const {
  const auto unfinished = milestone(size) + ".new";
  std::error_code error, ignored;
  fs::remove_all(unfinished, error);
  auto made = copy_database(from, unfinished);
  if (made) made = sync_filesystem(unfinished);
  if (made) fs::rename(unfinished, milestone(size), error);
  if (made && error) made = io_failure(unfinished, error);
  if (!made) fs::remove_all(unfinished, ignored);
  return made;
}

// A database is copied while it is closed; one that others still read is not closed for that.
Result<void> History::keep_milestone(ScratchPtr& scratch) {
  const auto size = scratch->size();
  if (scratch->ledger().view().head().root != root_at_(size)) return {};
  if (milestones().contains(size) || scratch.use_count() > 1) return {};
  const auto begun_at = scratch->begun_at();
  const auto folder = scratch->close();
  const auto kept = copy_to_milestone(folder, size);
  if (kept) {
    sound_.insert(size);
    thin_milestones();
  }
  auto opened = open(folder, begun_at);
  if (opened) {
    scratch = std::move(*opened);
    return {};
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return tl::make_unexpected(opened.error());
}

// When there are too many, every second one goes, never the last one.
void History::thin_milestones() {
  auto sizes = milestones();
  if (sizes.size() <= kMilestonesMax) return;
  sizes.erase(std::prev(sizes.end()));
  bool goes = true;
  for (const auto size : sizes) {
    if (goes) (void)drop_milestone(size);
    goes = !goes;
  }
}

}  // namespace puhui::node
