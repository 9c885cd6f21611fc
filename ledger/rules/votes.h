// Votes on a proposal and reviews of a filing: one each, and only those of parties who may still
// vote are counted.
#pragma once

#include <algorithm>

#include "ledger/rules/context.h"

namespace puhui::ledger {

using CastVotes = google::protobuf::RepeatedPtrField<v1::CastVote>;

// Adds the acting party's vote. VOTE_TWICE; TOO_LARGE when there are as many as are kept.
[[nodiscard]] Ruling cast(const Context& context, CastVotes& votes, bool approve);

// Votes for, or against, of parties of whom `may_vote` holds.
template <class MayVote>
[[nodiscard]] std::uint32_t count_votes(const CastVotes& votes, bool approve, MayVote may_vote) {
  return static_cast<std::uint32_t>(std::ranges::count_if(votes, [&](const v1::CastVote& vote) {
    return vote.approve() == approve && may_vote(vote.party());
  }));
}

}  // namespace puhui::ledger
