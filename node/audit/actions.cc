// Which rules an event goes by.
#include <functional>

#include "node/audit/citizens.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

using P = v1::Payload;
using Rule = std::function<Verdict(Case&, const P&)>;

template <class Action>
Rule by(Verdict (*rule)(Case&, const Action&), const Action& (P::*action)() const) {
  return [rule, action](Case& at, const P& payload) { return rule(at, (payload.*action)()); };
}

using Rules = std::map<P::ActionCase, Rule>;

Rules rules_between_cities() {
  return {
      {P::kFileAgreement, by(file_agreement, &P::file_agreement)},
      {P::kSetAgreement, by(set_agreement, &P::set_agreement)},
      {P::kRenewPartner, by(renew_partner, &P::renew_partner)},
      {P::kAcceptCheckpoint, by(accept_checkpoint, &P::accept_checkpoint)},
      {P::kAccusePartner, by(accuse_partner, &P::accuse_partner)},
      {P::kExport, by(export_units, &P::export_)},
      {P::kImport, by(import_units, &P::import)},
      {P::kRefuseImport, by(refuse_import, &P::refuse_import)},
      {P::kVoidImport, by(void_import, &P::void_import)},
      {P::kConcludeTransfer, by(conclude_transfer, &P::conclude_transfer)},
      {P::kSettleTransfer, by(settle_transfer, &P::settle_transfer)},
      {P::kStateRetirement, by(state_retirement, &P::state_retirement)},
      {P::kNoteRetirement, by(note_retirement, &P::note_retirement)},
      {P::kNoteRecall, by(note_recall, &P::note_recall)},
      {P::kNoteFiling, by(note_filing, &P::note_filing)},
      {P::kNoteFilingEnd, by(note_filing_end, &P::note_filing_end)},
      {P::kOpenEpoch, by(open_epoch, &P::open_epoch)},
      {P::kStateTransfers, by(state_transfers, &P::state_transfers)},
      {P::kNoteTransfers, by(note_transfers, &P::note_transfers)},
      {P::kPublishTags, by(publish_tags, &P::publish_tags)},
      {P::kNoteTags, by(note_tags, &P::note_tags)},
  };
}

Rules rules_of_the_city() {
  return {
      {P::kRegisterParty, by(register_party, &P::register_party)},
      {P::kGrantRole, by(grant_role, &P::grant_role)},
      {P::kRevokeRole, by(revoke_role, &P::revoke_role)},
      {P::kAddKey, by(add_key, &P::add_key)},
      {P::kRotateKey, by(rotate_key, &P::rotate_key)},
      {P::kRevokeKey, by(revoke_key, &P::revoke_key)},
      {P::kFileRuleSet, by(file_rule_set, &P::file_rule_set)},
      {P::kAdmitNode, by(admit_node, &P::admit_node)},
      {P::kRestrainParty, by(restrain_party, &P::restrain_party)},
      {P::kReleaseParty, by(release_party, &P::release_party)},
      {P::kPropose, by(propose, &P::propose)},
      {P::kVote, by(vote, &P::vote)},
      {P::kExecute, by(execute, &P::execute)},
      {P::kFileMethodology, by(file_methodology, &P::file_methodology)},
      {P::kFileProject, by(file_project, &P::file_project)},
      {P::kDraftFiling, by(draft_filing, &P::draft_filing)},
      {P::kReviewFiling, by(review_filing, &P::review_filing)},
      {P::kWithdrawFiling, by(withdraw_filing, &P::withdraw_filing)},
      {P::kCompleteFiling, by(complete_filing, &P::complete_filing)},
      {P::kOpenNotice, by(open_notice, &P::open_notice)},
      {P::kRaiseObjection, by(raise_objection, &P::raise_objection)},
      {P::kDecideObjection, by(decide_objection, &P::decide_objection)},
      {P::kSetStanding, by(set_standing, &P::set_standing)},
      {P::kPublishEtsList, by(publish_ets_list, &P::publish_ets_list)},
      {P::kSubmitReport, by(submit_report, &P::submit_report)},
      {P::kVerifyReport, by(verify_report, &P::verify_report)},
      {P::kIssue, by(issue, &P::issue)},
      {P::kRegisterBatch, by(register_batch, &P::register_batch)},
      {P::kRecall, by(recall, &P::recall)},
      {P::kReverse, by(reverse, &P::reverse)},
      {P::kExpire, by(expire, &P::expire)},
      {P::kOpenAccount, by(open_account, &P::open_account)},
      {P::kOpenPersonalAccounts, by(open_personal_accounts, &P::open_personal_accounts)},
      {P::kTransfer, by(transfer, &P::transfer)},
      {P::kRetire, by(retire, &P::retire)},
      {P::kCancel, by(cancel, &P::cancel)},
      {P::kBind, by(bind, &P::bind)},
      {P::kRelease, by(release, &P::release)},
      {P::kPost, by(post, &P::post)},
      {P::kSettle, by(settle, &P::settle)},
      {P::kReferLoan, by(refer_loan, &P::refer_loan)},
      {P::kOpenCase, by(open_case, &P::open_case)},
      {P::kConfirmCase, by(confirm_case, &P::confirm_case)},
      {P::kVoidCase, by(void_case, &P::void_case)},
      {P::kCertify, by(certify, &P::certify)},
      {P::kFileSource, by(file_source, &P::file_source)},
      {P::kReplaceDevice, by(replace_device, &P::replace_device)},
      {P::kFileFactors, by(file_factors, &P::file_factors)},
      {P::kSubmitReadings, by(submit_readings, &P::submit_readings)},
      {P::kReportFootprint, by(report_footprint, &P::report_footprint)},
      {P::kVerifyFootprint, by(verify_footprint, &P::verify_footprint)},
      {P::kSetTarget, by(set_target, &P::set_target)},
      {P::kSubmitBehaviourBatch, by(submit_behaviour_batch, &P::submit_behaviour_batch)},
      {P::kReverseRecords, by(reverse_records, &P::reverse_records)},
      {P::kSubmitConsents, by(submit_consents, &P::submit_consents)},
      {P::kConvertCredits, by(convert_credits, &P::convert_credits)},
      {P::kTakeBackCredits, by(take_back_credits, &P::take_back_credits)},
      {P::kEraseAccount, by(erase_account, &P::erase_account)},
      {P::kOpenPseudonym, by(open_pseudonym, &P::open_pseudonym)},
      {P::kOpenOffer, by(open_offer, &P::open_offer)},
      {P::kChangeOffer, by(change_offer, &P::change_offer)},
      {P::kRedeem, by(redeem, &P::redeem)},
      {P::kSettleOffer, by(settle_offer, &P::settle_offer)},
  };
}

}  // namespace

Verdict decide(Case& at) {
  static const auto own = rules_of_the_city();
  static const auto between_cities = rules_between_cities();
  const auto& payload = at.leaf.payload;
  if (payload.has_genesis()) return refused(ErrorCode::GENESIS_DUPLICATE);
  const auto* rule = find(own, payload.action_case());
  if (rule == nullptr) rule = find(between_cities, payload.action_case());
  if (rule == nullptr) return malformed("no action");
  return (*rule)(at, payload);
}

}  // namespace puhui::node::audit
