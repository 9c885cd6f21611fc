// How transfers end that no answer ends: as two authorities settle, or one whose partner is gone.
#pragma once

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {

// What both authorities sign of a transfer that a city sent.
inline std::string settlement_of(const std::string& transfer, const City& sender,
                                 bool is_recognised = false) {
  v1::TransferSettlement settlement;
  settlement.set_transfer(transfer);
  settlement.set_sender(sender.code());
  settlement.set_is_recognised(is_recognised);
  *settlement.mutable_decision() = document("settlement");
  return settlement.SerializeAsString();
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
// Without the partner: it is gone.
inline Answer give_up(SovereignCity& at, const std::string& bytes) {
  return at.send(settling_event(at, bytes, {}), {"bureau"});
}

}  // namespace puhui::ledger::testing
