#include "node/replica/clock.h"

#include <algorithm>

namespace puhui::node {

void CityClock::set_voters(const std::set<std::uint64_t>& voters) {
  voters_ = voters;
  std::erase_if(offsets_, [&](const auto& known) { return !voters.contains(known.first); });
  std::erase_if(heard_, [&](const auto voter) { return !voters.contains(voter); });
}

void CityClock::heard(std::uint64_t voter, Micros offset_us) {
  if (!voters_.contains(voter)) return;
  offsets_[voter] = offset_us;
  heard_.insert(voter);
}

bool CityClock::heard_majority() const {
  const auto own = voters_.contains(self_) && !heard_.contains(self_) ? 1u : 0u;
  return 2 * (heard_.size() + own) > voters_.size();
}

Micros CityClock::correction_us() const {
  std::vector<Micros> offsets{0};
  for (const auto& [voter, offset] : offsets_)
    if (voter != self_) offsets.push_back(offset);
  const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>((offsets.size() - 1) / 2);
  std::nth_element(offsets.begin(), middle, offsets.end());
  return *middle;
}

std::optional<Micros> CityClock::offset_of(std::uint64_t voter) const {
  const auto known = offsets_.find(voter);
  if (known == offsets_.end()) return std::nullopt;
  return known->second;
}

Micros CityClock::event_time(Micros real) const {
  if (!demo_) return real;
  return demo_->start + (real - demo_->real_start) * demo_->rate;
}

}  // namespace puhui::node
