#include "ledger/store/recent_claims.h"

#include <cassert>

#include "crypto/bytes.h"

namespace puhui::ledger {
namespace {

// "vC" ‖ day ‖ slot ‖ claim key (keys.h); a claim key is a hash, so any eight bytes of it will do.
constexpr std::size_t kDayAt = 2;
constexpr std::size_t kDayPrefixSize = kDayAt + 4;
constexpr std::size_t kHashAt = kDayPrefixSize + 4;

std::uint64_t number_of(std::string_view claim_key) {
  const auto number = crypto::read_u64(claim_key.substr(kHashAt));
  return number == 0 ? 1 : number;
}

}  // namespace

std::size_t RecentClaims::Set::place(std::uint64_t number) const {
  const auto mask = places_.size() - 1;
  auto at = static_cast<std::size_t>(number) & mask;
  while (places_[at] != 0 && places_[at] != number) at = (at + 1) & mask;
  return at;
}

bool RecentClaims::Set::contains(std::uint64_t number) const {
  return places_[place(number)] == number;
}

void RecentClaims::Set::add(std::uint64_t number) {
  if (2 * (size_ + 1) > places_.size()) grow();
  auto& free = places_[place(number)];
  if (free == 0) ++size_;
  free = number;
}

void RecentClaims::Set::grow() {
  std::vector<std::uint64_t> old(2 * places_.size());
  old.swap(places_);
  for (const auto number : old)
    if (number != 0) places_[place(number)] = number;
}

bool RecentClaims::may_hold(std::string_view claim_key) {
  assert(claim_key.size() >= kHashAt + 8);
  const auto* claims = day(claim_key.substr(0, kDayPrefixSize));
  return claims == nullptr || claims->contains(number_of(claim_key));
}

void RecentClaims::add(std::string_view claim_key) {
  const auto found = days_.find(crypto::read_u32(claim_key.substr(kDayAt)));
  if (found == days_.end()) return;
  const auto before = found->second.size();
  found->second.add(number_of(claim_key));
  claims_ += found->second.size() - before;
  while (claims_ > kClaimsMax) drop_oldest();
}

const RecentClaims::Set* RecentClaims::day(std::string_view day_prefix) {
  const auto day = crypto::read_u32(day_prefix.substr(kDayAt));
  if (const auto known = days_.find(day); known != days_.end()) return &known->second;
  if (day < dropped_below_) return nullptr;
  if (days_.size() == kDaysMax) {
    if (day < days_.begin()->first) return nullptr;
    drop_oldest();
  }
  auto& set = days_[day];
  fill(day_prefix, set);
  claims_ += set.size();
  while (claims_ > kClaimsMax) drop_oldest();
  const auto kept = days_.find(day);
  return kept == days_.end() ? nullptr : &kept->second;
}

void RecentClaims::fill(std::string_view day_prefix, Set& set) const {
  store_.reader()->scan(day_prefix, day_prefix, [&set](std::string_view key, std::string_view) {
    set.add(number_of(key));
    return set.size() <= kClaimsMax;
  });
}

void RecentClaims::drop_oldest() {
  const auto oldest = days_.begin();
  dropped_below_ = oldest->first + 1;
  claims_ -= oldest->second.size();
  days_.erase(oldest);
}

}  // namespace puhui::ledger
