#include "ledger/rules/behaviour/claims.h"

#include <algorithm>
#include <cassert>

#include "crypto/bytes.h"
#include "crypto/merkle.h"
#include "ledger/rules/calendar.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

constexpr std::uint32_t kSignBit = 0x80000000U;

// Takes claims in key order and puts a list for each slot.
class Lists {
 public:
  explicit Lists(State& state) : state_(state) {}

  void add(std::string_view claim) {
    const auto day = key::claim_day(claim);
    const auto slot = key::claim_slot(claim);
    if (day != day_ || slot != slot_) end_slot();
    day_ = day;
    slot_ = slot;
    claims_.append(*crypto::Digest::from_bytes(key::claim_leaf(claim)));
  }
  void end_slot() {
    if (claims_.size() == 0) return;
    const ClaimList list{static_cast<std::uint32_t>(claims_.size()), claims_.root()};
    state_.put(key::claim_list(day_, slot_), list.encode());
    claims_ = {};
  }

 private:
  State& state_;
  std::int32_t day_ = 0;
  std::uint32_t slot_ = 0;
  crypto::Frontier claims_;
};

}  // namespace

std::string ClosedDays::encode() const {
  std::string bytes;
  crypto::append_u32(bytes, static_cast<std::uint32_t>(last) ^ kSignBit);
  crypto::append_u32(bytes, widest_window);
  return bytes;
}

std::optional<ClosedDays> ClosedDays::decode(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return ClosedDays{static_cast<std::int32_t>(crypto::read_u32(bytes) ^ kSignBit),
                    crypto::read_u32(bytes.substr(4))};
}

std::string ClaimList::encode() const {
  std::string bytes;
  crypto::append_u32(bytes, claims);
  bytes += root.view();
  return bytes;
}

std::optional<ClaimList> ClaimList::decode(std::string_view bytes) {
  if (bytes.size() != 4 + crypto::Digest::kSize) return std::nullopt;
  return ClaimList{crypto::read_u32(bytes), *crypto::Digest::from_bytes(bytes.substr(4))};
}

ClosedDays closed_days(const State& state) {
  const auto stored = state.get(key::closed_days());
  if (!stored) return {};
  const auto closed = ClosedDays::decode(*stored);
  assert(closed && "the stored closed days do not decode");
  return *closed;
}

void widen_claim_window(State& state, std::uint32_t days) {
  auto closed = closed_days(state);
  if (days <= closed.widest_window) return;
  closed.widest_window = days;
  state.put(key::closed_days(), closed.encode());
}

void close_days(State& state, Micros now) {
  auto closed = closed_days(state);
  if (closed.widest_window == 0) return;
  // An act may be claimed through this many days after its own.
  const auto last = day_of(now) - static_cast<std::int64_t>(closed.widest_window) - 1;
  if (last <= closed.last) return;
  const auto from = closed.last == std::numeric_limits<std::int32_t>::min()
                        ? std::string(key::kClaims)
                        : key::claims_from(closed.last + 1);
  closed.last = static_cast<std::int32_t>(last);
  Lists days(state);
  state.scan(key::kClaims, from, key::claims_from(closed.last + 1),
             [&days](std::string_view claim) { days.add(claim); });
  days.end_slot();
  state.put(key::closed_days(), closed.encode());
}

}  // namespace puhui::ledger
