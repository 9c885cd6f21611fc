// Cities that recognise each other, whose logs are judged again: one of them sends what it should
// not, too.
#pragma once

#include "tests/audit/judged.h"
#include "tests/ledger/epochs.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::node::audit::testing {

using ledger::kAgreementWord;
using ledger::kRenewalWord;
using ledger::kSettlementWord;

// The city that is judged, and its partner.
struct Judging : TwoCities {
  SovereignCity& city = a;
};

struct AuditedCities : Judged<Judging> {
  // Serials 1-100 of the one city, and 1-50 of the other.
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
  }
  void expect_all_clean() {
    expect_clean(a);
    expect_clean(b);
  }
  // The city refuses it, and it is all that is found where it is in the log all the same.
  void refuses(const v1::Payload& payload, ErrorCode code) {
    SCOPED_TRACE(code_name(code));
    expect_refused(city.sealed(payload, {payload.party()}), code);
  }

  // Loses what happened since the copy was made, and begins a new epoch.
  void lose_since(const Backup& backup) { PUHUI_ACCEPTED(open_epoch(a, backup.restore())); }
  // The partner learns of the epoch and lists all that it knows, ready to be noted.
  v1::ProvenLeaf listed_by_partner() {
    EXPECT_EQ(renew_epoch(a, b).decision, v1::ACCEPTED);
    const auto stated = state_transfers(b, a);
    EXPECT_EQ(stated.decision, v1::ACCEPTED) << code_name(stated.code);
    return carry(b, a, stated.leaf);
  }

  // ---- What this city sends ----
  v1::Payload voiding(const v1::ProvenLeaf& exported) {
    auto payload = a.event("operator");
    *payload.mutable_void_import()->mutable_export_() = exported;
    return payload;
  }
  v1::Payload refusing(const v1::ProvenLeaf& exported, ErrorCode code) {
    auto payload = a.event("operator");
    *payload.mutable_refuse_import()->mutable_export_() = exported;
    payload.mutable_refuse_import()->set_code(std::string(code_name(code)));
    return payload;
  }
  v1::Payload concluding(const v1::ProvenLeaf& answer) {
    auto payload = a.event("operator");
    *payload.mutable_conclude_transfer()->mutable_answer() = answer;
    return payload;
  }
  v1::Payload closing() {
    auto payload = a.event("bureau");
    auto& action = *payload.mutable_set_agreement();
    action.set_partner(b.code());
    action.set_standing(v1::CLOSED);
    action.set_reason("no answer");
    return payload;
  }
  // A recall of the partner's.
  v1::Payload noting(const ledger::Answer& recalled) {
    auto payload = a.event("operator");
    *payload.mutable_note_recall()->mutable_recall() = carry(b, a, recalled.leaf);
    return payload;
  }
  // Signed by the partner's authority, too.
  v1::Payload settling(const std::string& settlement) {
    return settling_event(a, settlement, b.by_authority(kSettlementWord, settlement));
  }
  v1::Payload giving_up(const std::string& settlement) { return settling_event(a, settlement, {}); }

  // What the partner sends to this city, ready to be answered.
  v1::ProvenLeaf sent_here(const SerialRanges& ranges, bool is_return = false) {
    const auto answer = export_units(b, a, {ranges, "owner-main", "owner-main", is_return});
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code);
    return carry(b, a, answer.leaf);
  }
};

}  // namespace puhui::node::audit::testing
