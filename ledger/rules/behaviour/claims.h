// Claims of closed days: how it is proved that a claim was never made.
//
// A day is closed once no methodology lets its acts be claimed any more; from then on it never
// opens again, whatever is filed later. With the state root that follows, the claims of each of its
// slots become a list in the personal map: one Merkle tree (crypto/merkle.h) over their claim keys,
// in ascending order of the leaf hashes. So a claim is shown by its place, and its absence by two
// neighbours: by their leaf hashes, for a claim key is what trails hide behind (personal.h).
//
//   v L                       i32 last closed day ‖ u32 widest claim window of this city's
//   methodologies, in days v L i32 day, u32 slot     u32 claims ‖ root[32]; a slot without a list
//   has no claims
// Days count from 1970-01-01; i32 with its sign bit flipped, as in keys.
#pragma once

#include <limits>

#include "crypto/hash.h"
#include "ledger/event.h"
#include "ledger/store/state.h"

namespace puhui::ledger {

struct ClosedDays {
  std::int32_t last = std::numeric_limits<std::int32_t>::min();
  std::uint32_t widest_window = 0;

  [[nodiscard]] std::string encode() const;
  // Nothing for bytes that are none.
  [[nodiscard]] static std::optional<ClosedDays> decode(std::string_view bytes);

  bool operator==(const ClosedDays&) const = default;
};

struct ClaimList {
  std::uint32_t claims = 0;
  crypto::Digest root;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static std::optional<ClaimList> decode(std::string_view bytes);

  bool operator==(const ClaimList&) const = default;
};

[[nodiscard]] ClosedDays closed_days(const State& state);

// A methodology with this window was filed.
void widen_claim_window(State& state, std::uint32_t days);

// Closes the days whose windows are over at this time. No event may be at hand.
void close_days(State& state, Micros now);

}  // namespace puhui::ledger
