#include "ledger/rules/votes.h"

namespace puhui::ledger {
namespace {

constexpr int kVotesMax = 256;

}  // namespace

Ruling cast(const Context& context, CastVotes& votes, bool approve) {
  const auto& voter = context.event.payload.party();
  if (std::ranges::find(votes, voter, &v1::CastVote::party) != votes.end())
    return refuse(ErrorCode::VOTE_TWICE, "votes.one_each", "1", "1", voter);
  if (votes.size() == kVotesMax)
    return refuse(ErrorCode::TOO_LARGE, "votes.kept", std::to_string(kVotesMax));
  auto* vote = votes.Add();
  vote->set_party(voter);
  vote->set_approve(approve);
  vote->set_leaf(static_cast<std::int64_t>(context.leaf));
  return {};
}

}  // namespace puhui::ledger
