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

History::History(HistoryOptions options, ReadLeaf read)
    : options_(std::move(options)), read_(std::move(read)), checking_(options_.threads) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.folder, ignored))
    if (entry.path().filename().string().starts_with(kScratch)) fs::remove_all(entry, ignored);
}

History::~History() {
  stopping_ = true;
  order_.join();
  scratch_.reset();
  checking_.join();
}

void History::at(std::uint64_t size, Done done) {
  if (++waiting_ > kWaitingMax) {
    --waiting_;
    return done(fail(ErrorCode::BUSY, "too many ask for the past"));
  }
  boost::asio::post(order_, [this, size, done = std::move(done)] {
    auto past = stopping_ ? fail(ErrorCode::UNAVAILABLE, "the node stops") : find(size);
    --waiting_;
    done(std::move(past));
  });
}

Result<Past> History::find(std::uint64_t size) {
  if (!scratch_ || reached() > size || milestone_before(size) > reached())
    if (auto begun = begin_before(size); !begun) return tl::make_unexpected(begun.error());
  const auto goal = std::min(size, reached() + options_.leaves_per_question);
  if (auto gone = go_to(goal); !gone) {
    scratch_.reset();
    return tl::make_unexpected(gone.error());
  }
  if (goal < size)
    return fail(ErrorCode::UNAVAILABLE, "the past is being rebuilt, " + std::to_string(goal) +
                                            " of " + std::to_string(size) +
                                            " leaves so far; ask again");
  return Past{scratch_, std::make_unique<ledger::View>(scratch_->ledger().view())};
}

// Whoever still reads the scratch left behind keeps it until he is done.
Result<void> History::begin_before(std::uint64_t size) {
  scratch_.reset();
  const auto from = milestone_before(size);
  const auto folder = options_.folder + "/" + std::string(kScratch) + std::to_string(++scratches_);
  if (from > 0)
    if (auto copied = copy_database(milestone(from), folder); !copied) return copied;
  return open(folder);
}

Result<void> History::open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return io_failure(folder, error);
  auto store = options_.store;
  store.folder = folder;
  auto opened = ledger::Ledger::open(store);
  if (!opened) return tl::make_unexpected(opened.error());
  scratch_ = std::make_shared<Scratch>(std::move(*opened), folder);
  return {};
}

std::uint64_t History::reached() const { return scratch_->ledger().view().head().size; }

Result<void> History::go_to(std::uint64_t size) {
  while (reached() < size) {
    if (stopping_) return fail(ErrorCode::UNAVAILABLE, "the node stops");
    const auto next = (reached() / options_.milestone_leaves + 1) * options_.milestone_leaves;
    const auto goal = std::min(size, next);
    if (auto done = replay(scratch_->ledger(), read_, goal, checking_); !done) return done;
    if (goal != next) continue;
    if (auto kept = keep_milestone(next); !kept) return kept;
  }
  return {};
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

// A database is copied while it is closed; one that others still read is not closed for that.
Result<void> History::keep_milestone(std::uint64_t size) {
  auto sizes = milestones();
  if (sizes.contains(size) || scratch_.use_count() > 1) return {};
  const auto folder = scratch_->close();
  scratch_.reset();
  const auto unfinished = milestone(size) + ".new";
  std::error_code error;
  fs::remove_all(unfinished, error);
  if (auto copied = copy_database(folder, unfinished); !copied) return copied;
  fs::rename(unfinished, milestone(size), error);
  if (error) return io_failure(unfinished, error);
  // When there are too many, every second one goes.
  sizes.insert(size);
  bool goes = sizes.size() > kMilestonesMax;
  for (const auto one : sizes) {
    if (goes) fs::remove_all(milestone(one), error);
    goes = sizes.size() > kMilestonesMax && !goes;
  }
  return open(folder);
}

}  // namespace puhui::node
