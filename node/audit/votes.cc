#include <algorithm>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr Micros kBallotTimeMax = 3'660 * kMicrosPerDay;
constexpr int kVotesMax = 256;

const std::map<v1::Resolution::ActionCase, std::string> kLines{
    {v1::Resolution::kRegisterParty, "party.register"},
    {v1::Resolution::kGrantRole, "role.grant"},
    {v1::Resolution::kRevokeRole, "role.revoke"},
    {v1::Resolution::kRevokeKey, "key.revoke"},
    {v1::Resolution::kFileRuleSet, "rules.file"},
    {v1::Resolution::kAdmitNode, "node.admit"},
    {v1::Resolution::kRestrainParty, "party.restrain"},
    {v1::Resolution::kReleaseParty, "party.release"},
    {v1::Resolution::kFileAgreement, "agreement.file"},
    {v1::Resolution::kSetAgreement, "agreement.set"},
    {v1::Resolution::kSettleTransfer, "transfer.settle"},
};

bool is_time(Micros time) { return time >= 0 && time <= kBallotTimeMax; }

bool acts_as(const Case& at, const std::string& name, v1::Role role) {
  const auto* party = find(at.books.parties, name);
  return party != nullptr && acts_for_city(*party, role, at.now);
}

Verdict need_proposer(const Case& at, const v1::Ballot& ballot) {
  const auto& acting = at.leaf.payload.party();
  bool allowed = acts_as(at, acting, ballot.voters());
  for (const auto role : ballot.proposers())
    allowed = allowed || acts_as(at, acting, static_cast<v1::Role>(role));
  if (allowed) return {};
  return refused(ErrorCode::ROLE_MISSING, "proposers of " + ballot.action(), "a role of the ballot",
                 acting);
}

v1::ProposalState state_now(const v1::Proposal& proposal, Micros now) {
  if (proposal.state() == v1::OPEN && proposal.voting_until() <= now) return v1::LAPSED;
  if (proposal.state() == v1::CARRIED_BY_VOTE && proposal.executable_until() <= now)
    return v1::LAPSED;
  return proposal.state();
}

Verdict need_state(const Case& at, const std::string& name, v1::ProposalState state) {
  const auto* proposal = find(at.books.proposals, name);
  if (proposal == nullptr) return refused(ErrorCode::PROPOSAL_UNKNOWN, name);
  const auto now = state_now(*proposal, at.now);
  if (now == state) return {};
  return refused(ErrorCode::PROPOSAL_STATE, name, v1::ProposalState_Name(state),
                 v1::ProposalState_Name(now));
}

Micros later(Micros time, Micros by) { return std::min(time + by, kTimeMax); }

void keep(Case& at, const v1::Proposal& proposal) {
  const auto key = stored('V', proposal.proposal());
  at.books.changed(key, proposal);
  at.books.proposals[proposal.proposal()] = proposal;
  Micros until = 0;
  if (proposal.state() == v1::OPEN) until = proposal.voting_until();
  if (proposal.state() == v1::CARRIED_BY_VOTE) until = proposal.executable_until();
  if (until > at.now) at.books.due.emplace(until, DueKind::proposal, key);
}

// Only what is to be proved elsewhere stands in the leaf that carries it out, word for word.
Verdict need_repeated(const v1::Execute& action, const v1::Resolution& resolved) {
  const bool is_wanted = resolved.has_settle_transfer();
  if (is_wanted != action.has_resolution()) return malformed("resolution");
  if (!is_wanted || action.resolution().SerializeAsString() == resolved.SerializeAsString())
    return {};
  return malformed("another resolution");
}

Verdict carry_out(Case& at, const v1::Resolution& what) {
  switch (what.action_case()) {
    case v1::Resolution::kRegisterParty:
      return register_party(at, what.register_party());
    case v1::Resolution::kGrantRole:
      return grant_role(at, what.grant_role());
    case v1::Resolution::kRevokeRole:
      return revoke_role(at, what.revoke_role());
    case v1::Resolution::kRevokeKey:
      return revoke_key(at, what.revoke_key());
    case v1::Resolution::kFileRuleSet:
      return file_rule_set(at, what.file_rule_set());
    case v1::Resolution::kAdmitNode:
      return admit_node(at, what.admit_node());
    case v1::Resolution::kRestrainParty:
      return restrain_party(at, what.restrain_party());
    case v1::Resolution::kReleaseParty:
      return release_party(at, what.release_party());
    case v1::Resolution::kFileAgreement:
      return file_agreement(at, what.file_agreement());
    case v1::Resolution::kSetAgreement:
      return set_agreement(at, what.set_agreement());
    case v1::Resolution::kSettleTransfer:
      return settle_transfer(at, what.settle_transfer());
    case v1::Resolution::ACTION_NOT_SET:
      break;
  }
  return malformed("resolution");
}

}  // namespace

bool are_ballots(const v1::RuleSet& rules) {
  std::set<std::string> lines, seen;
  for (const auto& [action, line] : kLines) lines.insert(line);
  return std::ranges::all_of(rules.ballots(), [&](const v1::Ballot& ballot) {
    return lines.contains(ballot.action()) && seen.insert(ballot.action()).second &&
           is_role(ballot.voters()) && ballot.approvals() > 0 && ballot.approvals() <= 64 &&
           ballot.rejections() <= 64 && is_time(ballot.voting()) && ballot.voting() > 0 &&
           is_time(ballot.time_lock()) && is_time(ballot.execution()) && ballot.execution() > 0 &&
           ballot.proposers_size() <= 16 && std::ranges::all_of(ballot.proposers(), is_role);
  });
}

Verdict may_cast(const Case& at, const CastVotes& votes) {
  const auto& voter = at.leaf.payload.party();
  for (const auto& vote : votes)
    if (vote.party() == voter) return refused(ErrorCode::VOTE_TWICE, voter);
  if (votes.size() >= kVotesMax) return refused(ErrorCode::TOO_LARGE, "votes");
  return {};
}

v1::CastVote& cast(const Case& at, CastVotes& votes, bool approve) {
  auto* vote = votes.Add();
  vote->set_party(at.leaf.payload.party());
  vote->set_approve(approve);
  vote->set_leaf(as_leaf(at));
  return *vote;
}

Verdict propose(Case& at, const v1::Propose& action) {
  if (!is_name(action.proposal())) return malformed("proposal");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  const auto line = kLines.find(action.resolution().action_case());
  if (line == kLines.end()) return malformed("resolution");
  if (at.books.proposals.contains(action.proposal()))
    return refused(ErrorCode::PROPOSAL_EXISTS, action.proposal());
  const v1::Ballot* ballot = nullptr;
  for (const auto& each : at.rules.ballots())
    if (each.action() == line->second) ballot = &each;
  if (ballot == nullptr) return refused(ErrorCode::BALLOT_NONE, line->second);
  if (auto bad = need_proposer(at, *ballot)) return bad;
  v1::Proposal proposal;
  proposal.set_proposal(action.proposal());
  proposal.set_proposer(at.leaf.payload.party());
  *proposal.mutable_resolution() = action.resolution();
  proposal.set_document_sha256(action.document_sha256());
  *proposal.mutable_ballot() = *ballot;
  proposal.set_state(v1::OPEN);
  proposal.set_proposed_at(as_leaf(at));
  proposal.set_voting_until(later(at.now, ballot->voting()));
  keep(at, proposal);
  return {};
}

Verdict vote(Case& at, const v1::Vote& action) {
  if (auto bad = need_state(at, action.proposal(), v1::OPEN)) return bad;
  auto proposal = at.books.proposals.at(action.proposal());
  const auto& ballot = proposal.ballot();
  const auto& voter = at.leaf.payload.party();
  if (!acts_as(at, voter, ballot.voters()))
    return refused(ErrorCode::ROLE_MISSING, "voters", v1::Role_Name(ballot.voters()), voter);
  if (auto bad = may_cast(at, proposal.votes())) return bad;
  cast(at, *proposal.mutable_votes(), action.approve());
  std::uint32_t alike = 0;
  for (const auto& each : proposal.votes())
    if (each.approve() == action.approve() && acts_as(at, each.party(), ballot.voters())) ++alike;
  if (action.approve() && alike >= ballot.approvals()) {
    proposal.set_state(v1::CARRIED_BY_VOTE);
    proposal.set_executable_from(later(at.now, ballot.time_lock()));
    proposal.set_executable_until(later(proposal.executable_from(), ballot.execution()));
  }
  if (!action.approve() && ballot.rejections() != 0 && alike >= ballot.rejections()) {
    proposal.set_state(v1::VOTED_DOWN);
    proposal.set_ended_at(as_leaf(at));
  }
  keep(at, proposal);
  return {};
}

Verdict execute(Case& at, const v1::Execute& action) {
  if (auto bad = need_state(at, action.proposal(), v1::CARRIED_BY_VOTE)) return bad;
  auto proposal = at.books.proposals.at(action.proposal());
  if (auto bad = need_repeated(action, proposal.resolution())) return bad;
  if (at.now < proposal.executable_from())
    return refused(ErrorCode::TIME_LOCKED, action.proposal());
  if (auto bad = need_proposer(at, proposal.ballot())) return bad;
  at.mandated = true;
  if (auto bad = carry_out(at, proposal.resolution())) return bad;
  proposal.set_state(v1::EXECUTED);
  proposal.set_ended_at(as_leaf(at));
  keep(at, proposal);
  return {};
}

void lapse(Books& books, const std::string& key, Micros now, std::uint64_t position) {
  auto& proposal = books.proposals.at(key.substr(2));
  if (state_now(proposal, now) != v1::LAPSED || proposal.state() == v1::LAPSED) return;
  proposal.set_state(v1::LAPSED);
  proposal.set_ended_at(static_cast<std::int64_t>(position));
  books.changed(key, proposal);
}

}  // namespace puhui::node::audit
