#include "consensus/log_view.h"

#include <algorithm>
#include <cassert>

namespace puhui::consensus {

LogView::LogView(Log& log, std::uint64_t cache_bytes) : log_(log), cache_limit_(cache_bytes) {}

void LogView::load(const LogState& state) {
  runs_.clear();
  configurations_.clear();
  ++configuration_version_;
  ends_.clear();
  start_ = 0;
  cache_.clear();
  cached_bytes_ = 0;
  snapshot_ = state.snapshot;
  first_ = state.first;
  last_ = state.first - 1;
  if (snapshot_) {
    configurations_.push_back({snapshot_->configuration_index, snapshot_->configuration});
  }
  for (const EntryHead& head : state.heads) note(head);
  cache_first_ = last_ + 1;
  released_ = last_;
}

void LogView::reset(const Snapshot& snapshot) {
  LogState state;
  state.snapshot = snapshot;
  state.first = snapshot.index + 1;
  load(state);
}

void LogView::note(const EntryHead& head) {
  const Index index = ++last_;
  ends_.push_back((ends_.empty() ? start_ : ends_.back()) + head.bytes);
  if (runs_.empty() || runs_.back().term != head.term) runs_.push_back({index, head.term});
  if (head.kind != EntryKind::kConfiguration) return;
  if (!configurations_.empty() && configurations_.back().index >= index) return;
  auto configuration = decode_configuration(*head.configuration);
  assert(configuration.has_value());
  configurations_.push_back({index, std::move(*configuration)});
  ++configuration_version_;
}

std::vector<LogView::Cached> LogView::append(Index first, const std::vector<Entry>& entries) {
  assert(first >= first_ && first <= last_ + 1);
  std::vector<Cached> overwritten = cached_from(first);
  truncate(first);
  for (const Entry& entry : entries) {
    note({entry.term, entry.kind, static_cast<std::uint32_t>(entry.data->size()), entry.data});
    cached_bytes_ += entry.data->size();
    cache_.push_back(entry);
  }
  trim_cache();
  return overwritten;
}

void LogView::truncate(Index first) {
  while (last_ >= first) {
    if (!cache_.empty()) {
      cached_bytes_ -= cache_.back().data->size();
      cache_.pop_back();
    }
    ends_.pop_back();
    --last_;
  }
  cache_first_ = std::min(cache_first_, first);
  released_ = std::min(released_, last_);
  while (!runs_.empty() && runs_.back().first >= first) runs_.pop_back();
  while (!configurations_.empty() && configurations_.back().index >= first) {
    configurations_.pop_back();
    ++configuration_version_;
  }
}

void LogView::compact(const Snapshot& snapshot, Index first) {
  assert(first >= first_ && first <= last_ + 1 && snapshot.index <= last_);
  snapshot_ = snapshot;
  for (; first_ < first; ++first_) {
    start_ = ends_.front();
    ends_.pop_front();
  }
  while (!cache_.empty() && cache_first_ < first_) {
    cached_bytes_ -= cache_.front().data->size();
    cache_.pop_front();
    ++cache_first_;
  }
  cache_first_ = std::max(cache_first_, first_);
  while (runs_.size() > 1 && runs_[1].first <= first_) runs_.pop_front();
  if (!runs_.empty()) runs_.front().first = std::max(runs_.front().first, first_);
  // The one in force at the snapshot stays, whatever became of its entry.
  while (configurations_.size() > 1 && configurations_[1].index <= snapshot.index) {
    configurations_.pop_front();
  }
}

void LogView::release(Index index) {
  released_ = std::max(released_, std::min(index, last_));
  trim_cache();
}

void LogView::trim_cache() {
  while (!cache_.empty() && cached_bytes_ > cache_limit_ && cache_first_ <= released_) {
    cached_bytes_ -= cache_.front().data->size();
    cache_.pop_front();
    ++cache_first_;
  }
}

std::vector<LogView::Cached> LogView::cached_from(Index from) const {
  std::vector<Cached> result;
  for (Index index = std::max(from, cache_first_); index <= last_; ++index) {
    result.push_back({index, cache_[index - cache_first_]});
  }
  return result;
}

Term LogView::term(Index index) const {
  if (index >= first_ && index <= last_) {
    auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                  [](Index i, const TermRun& run) { return i < run.first; });
    assert(after != runs_.begin());
    return std::prev(after)->term;
  }
  return snapshot_ && snapshot_->index == index ? snapshot_->term : 0;
}

Index LogView::term_start(Index index) const {
  if (index < first_ || index > last_) return 0;
  auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                [](Index i, const TermRun& run) { return i < run.first; });
  return std::prev(after)->first;
}

Entry LogView::entry(Index index) const {
  assert(index >= first_ && index <= last_);
  if (index >= cache_first_) return cache_[index - cache_first_];
  return log_.read(index);
}

const LogView::Configured* LogView::configuration_at(Index index) const {
  const Configured* found = nullptr;
  for (const Configured& configured : configurations_) {
    if (configured.index <= index) found = &configured;
  }
  return found;
}

bool LogView::is_configuration(Index index) const {
  return std::any_of(configurations_.begin(), configurations_.end(),
                     [index](const Configured& c) { return c.index == index; });
}

std::uint64_t LogView::end_of(Index index) const {
  return index < first_ ? start_ : ends_[index - first_];
}

std::uint64_t LogView::bytes_after(Index index) const {
  return index >= last_ ? 0 : end_of(last_) - end_of(index);
}

Index LogView::entries_within(Index index, std::uint64_t bytes, Index limit) const {
  const std::uint64_t end = end_of(index);
  Index count = 0;
  while (count < limit && index - count >= first_ && end - end_of(index - count - 1) <= bytes) {
    ++count;
  }
  return count;
}

}  // namespace puhui::consensus
