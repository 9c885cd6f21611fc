#include <algorithm>

#include "ledger/rules/due.h"
#include "ledger/rules/governance/governance.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/votes.h"

namespace puhui::ledger {
namespace {

// The line of the signer table, and the ballot, that an action goes by; empty if there is none.
std::string_view action_of(const v1::Resolution& resolution) {
  switch (resolution.action_case()) {
    case v1::Resolution::kRegisterParty:
      return "party.register";
    case v1::Resolution::kGrantRole:
      return "role.grant";
    case v1::Resolution::kRevokeRole:
      return "role.revoke";
    case v1::Resolution::kRevokeKey:
      return "key.revoke";
    case v1::Resolution::kFileRuleSet:
      return "rules.file";
    case v1::Resolution::kAdmitNode:
      return "node.admit";
    case v1::Resolution::kRestrainParty:
      return "party.restrain";
    case v1::Resolution::kReleaseParty:
      return "party.release";
    case v1::Resolution::kFileAgreement:
      return "agreement.file";
    case v1::Resolution::kSetAgreement:
      return "agreement.set";
    case v1::Resolution::kSettleTransfer:
      return "transfer.settle";
    case v1::Resolution::ACTION_NOT_SET:
      break;
  }
  return {};
}

// A leaf of a settlement proves it abroad, where nobody knows the proposal: it says the same once
// more.
Ruling check_repeated(const v1::Execute& action, const v1::Resolution& resolution) {
  const auto is_same = [&] {
    return action.resolution().SerializeAsString() == resolution.SerializeAsString();
  };
  const bool is_right = resolution.has_settle_transfer() ? action.has_resolution() && is_same()
                                                         : !action.has_resolution();
  return is_right ? Ruling{} : malformed("resolution");
}

Ruling carry_out(Context& context, const v1::Resolution& resolution) {
  switch (resolution.action_case()) {
    case v1::Resolution::kRegisterParty:
      return register_party(context, resolution.register_party());
    case v1::Resolution::kGrantRole:
      return grant_role(context, resolution.grant_role());
    case v1::Resolution::kRevokeRole:
      return revoke_role(context, resolution.revoke_role());
    case v1::Resolution::kRevokeKey:
      return revoke_key(context, resolution.revoke_key());
    case v1::Resolution::kFileRuleSet:
      return file_rule_set(context, resolution.file_rule_set());
    case v1::Resolution::kAdmitNode:
      return admit_node(context, resolution.admit_node());
    case v1::Resolution::kRestrainParty:
      return restrain_party(context, resolution.restrain_party());
    case v1::Resolution::kReleaseParty:
      return release_party(context, resolution.release_party());
    case v1::Resolution::kFileAgreement:
      return file_agreement(context, resolution.file_agreement());
    case v1::Resolution::kSetAgreement:
      return set_agreement(context, resolution.set_agreement());
    case v1::Resolution::kSettleTransfer:
      return settle_transfer(context, resolution.settle_transfer());
    case v1::Resolution::ACTION_NOT_SET:
      break;
  }
  return malformed("resolution");
}

bool acts_as(const Context& context, const std::string& name, v1::Role role) {
  const auto party = context.state.find<v1::Party>(key::party(name));
  return party && acts_for_city(*party, role, context.now);
}

// The acting party is one of the ballot's voters or proposers.
Ruling need_proposer(const Context& context, const v1::Ballot& ballot) {
  const auto& acting = context.event.payload.party();
  if (acts_as(context, acting, ballot.voters())) return {};
  auto allowed = v1::Role_Name(ballot.voters());
  for (const auto role : ballot.proposers()) {
    if (acts_as(context, acting, static_cast<v1::Role>(role))) return {};
    allowed += ", " + v1::Role_Name(role);
  }
  return refuse(ErrorCode::ROLE_MISSING, "ballot.proposers", allowed, {}, acting);
}

tl::expected<v1::Proposal, Refusal> need_proposal(const Context& context, const std::string& name,
                                                  v1::ProposalState state) {
  auto proposal =
      is_name(name) ? context.state.find<v1::Proposal>(key::proposal(name)) : std::nullopt;
  if (!proposal) return refuse(ErrorCode::PROPOSAL_UNKNOWN, "proposal.known", {}, {}, name);
  const auto now = has_lapsed(*proposal, context.now) ? v1::LAPSED : proposal->state();
  if (now != state)
    return refuse(ErrorCode::PROPOSAL_STATE, "proposal.state", v1::ProposalState_Name(state),
                  v1::ProposalState_Name(now), name);
  return std::move(*proposal);
}

void put(Context& context, const v1::Proposal& proposal) {
  const auto stored = key::proposal(proposal.proposal());
  context.state.put(stored, proposal);
  const auto until = proposal.state() == v1::OPEN              ? proposal.voting_until()
                     : proposal.state() == v1::CARRIED_BY_VOTE ? proposal.executable_until()
                                                               : Micros{0};
  schedule(context, {0, until}, DueKind::proposal, stored);
}

void close(Context& context, v1::Proposal& proposal, v1::ProposalState state) {
  proposal.set_state(state);
  proposal.set_ended_at(static_cast<std::int64_t>(context.leaf));
}

}  // namespace

Ruling propose(Context& context, const v1::Propose& action) {
  if (!is_name(action.proposal())) return malformed("proposal");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  const auto matter = action_of(action.resolution());
  if (matter.empty()) return malformed("resolution");
  if (context.state.has(key::proposal(action.proposal())))
    return refuse(ErrorCode::PROPOSAL_EXISTS, "proposal.new", {}, action.proposal());
  const auto& ballots = context.rules.ballots();
  const auto ballot = std::ranges::find(ballots, matter, &v1::Ballot::action);
  if (ballot == ballots.end())
    return refuse(ErrorCode::BALLOT_NONE, "rules.ballots", "rule set " + context.rules.version(),
                  {}, std::string(matter));
  if (auto allowed = need_proposer(context, *ballot); !allowed) return allowed;
  v1::Proposal proposal;
  proposal.set_proposal(action.proposal());
  proposal.set_proposer(context.event.payload.party());
  *proposal.mutable_resolution() = action.resolution();
  proposal.set_document_sha256(action.document_sha256());
  *proposal.mutable_ballot() = *ballot;
  proposal.set_state(v1::OPEN);
  proposal.set_proposed_at(static_cast<std::int64_t>(context.leaf));
  proposal.set_voting_until(std::min(context.now + ballot->voting(), kTimeMax));
  put(context, proposal);
  return {};
}

Ruling vote(Context& context, const v1::Vote& action) {
  auto proposal = need_proposal(context, action.proposal(), v1::OPEN);
  if (!proposal) return tl::make_unexpected(proposal.error());
  const auto& ballot = proposal->ballot();
  const auto& voter = context.event.payload.party();
  if (!acts_as(context, voter, ballot.voters()))
    return refuse(ErrorCode::ROLE_MISSING, "ballot.voters", v1::Role_Name(ballot.voters()), {},
                  voter);
  if (auto done = cast(context, *proposal->mutable_votes(), action.approve()); !done) return done;
  const auto votes = count_votes(
      proposal->votes(), action.approve(),
      [&](const std::string& party) { return acts_as(context, party, ballot.voters()); });
  if (action.approve() && votes >= ballot.approvals()) {
    proposal->set_state(v1::CARRIED_BY_VOTE);
    proposal->set_executable_from(std::min(context.now + ballot.time_lock(), kTimeMax));
    proposal->set_executable_until(
        std::min(proposal->executable_from() + ballot.execution(), kTimeMax));
  } else if (!action.approve() && ballot.rejections() > 0 && votes >= ballot.rejections()) {
    close(context, *proposal, v1::VOTED_DOWN);
  }
  context.fact("state", v1::ProposalState_Name(proposal->state()));
  context.fact("votes", std::to_string(votes));
  put(context, *proposal);
  return {};
}

Ruling execute(Context& context, const v1::Execute& action) {
  auto proposal = need_proposal(context, action.proposal(), v1::CARRIED_BY_VOTE);
  if (!proposal) return tl::make_unexpected(proposal.error());
  if (auto repeated = check_repeated(action, proposal->resolution()); !repeated) return repeated;
  if (context.now < proposal->executable_from())
    return refuse(ErrorCode::TIME_LOCKED, "ballot.time_lock",
                  time_text(proposal->executable_from()), {}, time_text(context.now));
  if (auto allowed = need_proposer(context, proposal->ballot()); !allowed) return allowed;
  context.mandated = true;
  if (auto done = carry_out(context, proposal->resolution()); !done) return done;
  close(context, *proposal, v1::EXECUTED);
  put(context, *proposal);
  return {};
}

}  // namespace puhui::ledger
