#include "ledger/rules/rules.h"

#include <optional>

#include "ledger/rules/behaviour/actions.h"
#include "ledger/rules/citizens/actions.h"
#include "ledger/rules/enterprises/actions.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/governance/actions.h"
#include "ledger/rules/holding/actions.h"
#include "ledger/rules/incentives/actions.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/reductions/actions.h"
#include "ledger/rules/retirement/actions.h"

namespace puhui::ledger {

namespace {

// Each answers nothing for an action of another family.
using Decision = std::optional<Ruling>;

Decision of_governance(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kRegisterParty:
      return register_party(context, p.register_party());
    case v1::Payload::kGrantRole:
      return grant_role(context, p.grant_role());
    case v1::Payload::kRevokeRole:
      return revoke_role(context, p.revoke_role());
    case v1::Payload::kAddKey:
      return add_key(context, p.add_key());
    case v1::Payload::kRotateKey:
      return rotate_key(context, p.rotate_key());
    case v1::Payload::kRevokeKey:
      return revoke_key(context, p.revoke_key());
    case v1::Payload::kFileRuleSet:
      return file_rule_set(context, p.file_rule_set());
    case v1::Payload::kAdmitNode:
      return admit_node(context, p.admit_node());
    case v1::Payload::kRestrainParty:
      return restrain_party(context, p.restrain_party());
    case v1::Payload::kReleaseParty:
      return release_party(context, p.release_party());
    case v1::Payload::kPropose:
      return propose(context, p.propose());
    case v1::Payload::kVote:
      return vote(context, p.vote());
    case v1::Payload::kExecute:
      return execute(context, p.execute());
    default:
      return std::nullopt;
  }
}

Decision of_filing(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kFileMethodology:
      return file_methodology(context, p.file_methodology());
    case v1::Payload::kFileProject:
      return file_project(context, p.file_project());
    case v1::Payload::kDraftFiling:
      return draft_filing(context, p.draft_filing());
    case v1::Payload::kReviewFiling:
      return review_filing(context, p.review_filing());
    case v1::Payload::kWithdrawFiling:
      return withdraw_filing(context, p.withdraw_filing());
    case v1::Payload::kCompleteFiling:
      return complete_filing(context, p.complete_filing());
    case v1::Payload::kOpenNotice:
      return open_notice(context, p.open_notice());
    case v1::Payload::kRaiseObjection:
      return raise_objection(context, p.raise_objection());
    case v1::Payload::kDecideObjection:
      return decide_objection(context, p.decide_objection());
    case v1::Payload::kSetStanding:
      return set_standing(context, p.set_standing());
    case v1::Payload::kPublishEtsList:
      return publish_ets_list(context, p.publish_ets_list());
    default:
      return std::nullopt;
  }
}

Decision of_retirement(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kRetire:
      return retire(context, p.retire());
    case v1::Payload::kCancel:
      return cancel(context, p.cancel());
    case v1::Payload::kOpenCase:
      return open_case(context, p.open_case());
    case v1::Payload::kConfirmCase:
      return confirm_case(context, p.confirm_case());
    case v1::Payload::kVoidCase:
      return void_case(context, p.void_case());
    case v1::Payload::kCertify:
      return certify(context, p.certify());
    default:
      return std::nullopt;
  }
}

Decision of_reductions(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kSubmitReport:
      return submit_report(context, p.submit_report());
    case v1::Payload::kVerifyReport:
      return verify_report(context, p.verify_report());
    case v1::Payload::kIssue:
      return issue(context, p.issue());
    case v1::Payload::kRegisterBatch:
      return register_batch(context, p.register_batch());
    case v1::Payload::kRecall:
      return recall(context, p.recall());
    case v1::Payload::kReverse:
      return reverse(context, p.reverse());
    case v1::Payload::kExpire:
      return expire(context, p.expire());
    default:
      return std::nullopt;
  }
}

Decision of_accounts(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kOpenAccount:
      return open_account(context, p.open_account());
    case v1::Payload::kTransfer:
      return transfer(context, p.transfer());
    case v1::Payload::kBind:
      return bind(context, p.bind());
    case v1::Payload::kRelease:
      return release(context, p.release());
    case v1::Payload::kPost:
      return post(context, p.post());
    case v1::Payload::kSettle:
      return settle(context, p.settle());
    case v1::Payload::kReferLoan:
      return refer_loan(context, p.refer_loan());
    default:
      return std::nullopt;
  }
}

Decision of_citizens(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kSubmitBehaviourBatch:
      return submit_behaviour_batch(context, p.submit_behaviour_batch());
    case v1::Payload::kReverseRecords:
      return reverse_records(context, p.reverse_records());
    case v1::Payload::kOpenPersonalAccounts:
      return open_personal_accounts(context, p.open_personal_accounts());
    case v1::Payload::kSubmitConsents:
      return submit_consents(context, p.submit_consents());
    case v1::Payload::kConvertCredits:
      return convert_credits(context, p.convert_credits());
    case v1::Payload::kTakeBackCredits:
      return take_back_credits(context, p.take_back_credits());
    case v1::Payload::kEraseAccount:
      return erase_account(context, p.erase_account());
    case v1::Payload::kOpenPseudonym:
      return open_pseudonym(context, p.open_pseudonym());
    case v1::Payload::kOpenOffer:
      return open_offer(context, p.open_offer());
    case v1::Payload::kChangeOffer:
      return change_offer(context, p.change_offer());
    case v1::Payload::kRedeem:
      return redeem(context, p.redeem());
    case v1::Payload::kSettleOffer:
      return settle_offer(context, p.settle_offer());
    default:
      return std::nullopt;
  }
}

Decision of_enterprises(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kFileSource:
      return file_source(context, p.file_source());
    case v1::Payload::kReplaceDevice:
      return replace_device(context, p.replace_device());
    case v1::Payload::kFileFactors:
      return file_factors(context, p.file_factors());
    case v1::Payload::kSubmitReadings:
      return submit_readings(context, p.submit_readings());
    case v1::Payload::kReportFootprint:
      return report_footprint(context, p.report_footprint());
    case v1::Payload::kVerifyFootprint:
      return verify_footprint(context, p.verify_footprint());
    case v1::Payload::kSetTarget:
      return set_target(context, p.set_target());
    default:
      return std::nullopt;
  }
}

Decision of_recognition(Context& context, const v1::Payload& p) {
  switch (p.action_case()) {
    case v1::Payload::kFileAgreement:
      return file_agreement(context, p.file_agreement());
    case v1::Payload::kSetAgreement:
      return set_agreement(context, p.set_agreement());
    case v1::Payload::kRenewPartner:
      return renew_partner(context, p.renew_partner());
    case v1::Payload::kAcceptCheckpoint:
      return accept_checkpoint(context, p.accept_checkpoint());
    case v1::Payload::kAccusePartner:
      return accuse_partner(context, p.accuse_partner());
    case v1::Payload::kExport:
      return export_units(context, p.export_());
    case v1::Payload::kImport:
      return import_units(context, p.import());
    case v1::Payload::kRefuseImport:
      return refuse_import(context, p.refuse_import());
    case v1::Payload::kVoidImport:
      return void_import(context, p.void_import());
    case v1::Payload::kConcludeTransfer:
      return conclude_transfer(context, p.conclude_transfer());
    case v1::Payload::kSettleTransfer:
      return settle_transfer(context, p.settle_transfer());
    case v1::Payload::kStateRetirement:
      return state_retirement(context, p.state_retirement());
    case v1::Payload::kNoteRetirement:
      return note_retirement(context, p.note_retirement());
    case v1::Payload::kNoteRecall:
      return note_recall(context, p.note_recall());
    case v1::Payload::kNoteFiling:
      return note_filing(context, p.note_filing());
    case v1::Payload::kNoteFilingEnd:
      return note_filing_end(context, p.note_filing_end());
    case v1::Payload::kPublishTags:
      return publish_tags(context, p.publish_tags());
    case v1::Payload::kOpenEpoch:
      return open_epoch(context, p.open_epoch());
    case v1::Payload::kStateTransfers:
      return state_transfers(context, p.state_transfers());
    case v1::Payload::kNoteTransfers:
      return note_transfers(context, p.note_transfers());
    case v1::Payload::kNoteTags:
      return note_tags(context, p.note_tags());
    default:
      return std::nullopt;
  }
}

}  // namespace

Ruling decide(Context& context) {
  const auto& p = context.event.payload;
  if (p.has_genesis()) return refuse(ErrorCode::GENESIS_DUPLICATE, "genesis.once", "1", "1");
  for (const auto family : {of_citizens, of_accounts, of_enterprises, of_retirement, of_reductions,
                            of_filing, of_recognition, of_governance})
    if (auto decision = family(context, p)) return std::move(*decision);
  return refuse(ErrorCode::EVENT_MALFORMED, "event.action");
}

}  // namespace puhui::ledger
