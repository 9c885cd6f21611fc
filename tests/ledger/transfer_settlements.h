// How transfers end that no answer ends: as two authorities settle, or one whose partner is gone.
#pragma once

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {

// What both authorities sign of the transfer that an export sent.
inline std::string settlement_of(const v1::Payload& exported, bool is_recognised = false) {
  v1::TransferSettlement settlement;
  settlement.set_sender(exported.city());
  settlement.set_party(exported.party());
  settlement.set_event_id(exported.event_id());
  settlement.set_is_recognised(is_recognised);
  *settlement.mutable_decision() = document("settlement");
  return settlement.SerializeAsString();
}
// Of the export in that leaf of the sender.
inline std::string settlement_of(const SovereignCity& sender, std::uint64_t exported,
                                 bool is_recognised = false) {
  return settlement_of(sender.payload_at(exported), is_recognised);
}
// Of an export that the city never sent.
inline std::string settlement_of_none(const City& sender) {
  v1::Payload exported;
  exported.set_city(sender.code());
  exported.set_party("owner");
  exported.set_event_id(std::string(16, 'x'));
  return settlement_of(exported);
}
inline v1::Payload settling_event(SovereignCity& at, const std::string& bytes,
                                  const AuthoritySignatures& signatures) {
  auto payload = at.event("bureau");
  auto& action = *payload.mutable_settle_transfer();
  action.set_settlement(bytes);
  *action.mutable_partner_signatures() = signatures;
  return payload;
}
inline Answer settle(SovereignCity& at, const SovereignCity& with, const std::string& bytes) {
  return at.send(settling_event(at, bytes, with.by_authority(kSettlementWord, bytes)), {"bureau"});
}
// Settled by a vote of the authority instead: the event that carries it out, by the operator.
inline v1::Payload executing_event(SovereignCity& at, const v1::Payload& settling) {
  const auto accepted = [](const Answer& answer) {
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code) << answer.detail;
  };
  auto rules = recognition_rules("by vote");
  auto& ballot = *rules.add_ballots();
  ballot.set_action("transfer.settle");
  ballot.set_voters(v1::AUTHORITY);
  ballot.set_approvals(1);
  ballot.set_voting(kMicrosPerDay);
  ballot.set_execution(kMicrosPerDay);
  ballot.add_proposers(v1::OPERATOR);
  accepted(file_rules(at, rules));
  auto proposed = at.event("operator");
  proposed.mutable_propose()->set_proposal("settle");
  auto& resolution = *proposed.mutable_propose()->mutable_resolution();
  *resolution.mutable_settle_transfer() = settling.settle_transfer();
  accepted(at.send(proposed, {"operator"}));
  auto vote = at.event("bureau");
  vote.mutable_vote()->set_proposal("settle");
  vote.mutable_vote()->set_approve(true);
  accepted(at.send(vote, {"bureau"}));
  auto executed = at.event("operator");
  executed.mutable_execute()->set_proposal("settle");
  *executed.mutable_execute()->mutable_resolution() = resolution;
  return executed;
}
// Without the partner: it is gone.
inline Answer give_up(SovereignCity& at, const std::string& bytes) {
  return at.send(settling_event(at, bytes, {}), {"bureau"});
}

}  // namespace puhui::ledger::testing
