// What each event between cities does (互认): agreements, what is accepted of a partner's log,
// transfers and their answers, and what is noted of a partner.
//
// A proof speaks for itself, whoever brings it: events that carry one need no other signer than the
// party that sends them, and no rules in force. Of these the first checks are always: the partner
// is known (AGREEMENT_UNKNOWN), the checkpoint was accepted here (CHECKPOINT_NOT_ACCEPTED), the
// entry is in it (PROOF_INVALID), and it is an event of that city and of the kind this step needs
// (LEAF_UNEXPECTED).
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- agreements.cc ----
// Order: form (AGREEMENT_MALFORMED); this city's side is as its ledger has it; the next version, of
// the same log; signed by the partner's authority; signers of "agreement.file". From then on it is
// in force, also if the one before was suspended.
[[nodiscard]] Ruling file_agreement(Context& context, const v1::FileAgreement& action);
// Order: form; agreement known; standing that can follow; signers of "agreement.set".
[[nodiscard]] Ruling set_agreement(Context& context, const v1::SetAgreement& action);
// Order: form; agreement known; the next of its sequence, of the same city, lineage and log; signed
// by the partner's authority as known until now. Needs no other signer than who sends it. The
// partner was heard of by it.
[[nodiscard]] Ruling renew_partner(Context& context, const v1::RenewPartner& action);

// ---- partners.cc ----
// Order: form; partner known, and not accused; signed as its policy asks (NOTE_UNVERIFIED,
// CHECKPOINT_ORIGIN, POLICY_UNMET, …); larger than the last one; consistent with it
// (PROOF_INVALID). Needs no other signer than who sends it.
[[nodiscard]] Ruling accept_checkpoint(Context& context, const v1::AcceptCheckpoint& action);
// Order: partner known, and not accused now; the evidence holds for its log key; it shows more than
// what was judged before (RETIREMENT_STATED), whatever governance made of that. Its agreement is
// suspended. Needs no other signer than who sends it.
[[nodiscard]] Ruling accuse_partner(Context& context, const v1::AccusePartner& action);

// ---- exports.cc ----
// Order: agreement in force; its version; form of the runs; account known, and no buffer; holder
// not restrained; signers of "export"; serials held free; runs as the ledger knows the units; all
// of them issued here, or all by the partner; recognised by the agreement's terms.
[[nodiscard]] Ruling export_units(Context& context, const v1::Export& action);
// Order: proof; transfer of this city to the one that answers; locked; recognised as the agreement
// says (DISCOUNT_DIFFERS).
[[nodiscard]] Ruling conclude_transfer(Context& context, const v1::ConcludeTransfer& action);
// Order: form; agreement with the other city known; not ended yet; signed by the partner's
// authority, or else the partner is gone (PARTNER_PRESENT) and the units come back; signers of
// "transfer.settle".
[[nodiscard]] Ruling settle_transfer(Context& context, const v1::SettleTransfer& action);

// ---- imports.cc ----
// Order: proof; not answered; agreement in force; its versions; deadline not passed; account known,
// and no buffer; methodologies, vintages, discount, quota; project noted, and no conflict with one
// of this city; not recalled; what the event states of it; position limit.
[[nodiscard]] Ruling import_units(Context& context, const v1::Import& action);
// Order: as above to the deadline, but that the agreement may have ended; then the reason why it
// cannot be imported is this code, and none that time may mend (TRANSFER_ACCEPTABLE).
[[nodiscard]] Ruling refuse_import(Context& context, const v1::RefuseImport& action);
// Order: proof; not answered; deadline passed.
[[nodiscard]] Ruling void_import(Context& context, const v1::VoidImport& action);

// ---- abroad.cc ----
// Order: retirement known; a partner, whose list is not awaited (EPOCH_LISTS_PENDING); not stated
// for that city before; the serials are those of it that the city issued. Needs no other signer
// than who sends it.
[[nodiscard]] Ruling state_retirement(Context& context, const v1::StateRetirement& action);
// Order: proof; of units of this city; exported there and not noted before. In more pieces than one
// event may touch, it is noted by the same proof again, until the fact is_whole is true.
[[nodiscard]] Ruling note_retirement(Context& context, const v1::NoteRetirement& action);
// Order: proof; no list of the partner is awaited; not noted before. What more pieces came of than
// one event may touch is noted by the same proof again, until the fact is_whole is true; nothing of
// it comes here meanwhile.
[[nodiscard]] Ruling note_recall(Context& context, const v1::NoteRecall& action);

// ---- projects.cc ----
// Order: proof; not noted before; a project of the partner, filed or under notice.
[[nodiscard]] Ruling note_filing(Context& context, const v1::NoteFiling& action);
// Order: proof; noted before; of the draft that was noted, or of the project, and its time is not
// over by then (RETIREMENT_STATED). Without a leaf: partner known; noted before; lost there, and no
// units of it came (LEAF_UNEXPECTED).
[[nodiscard]] Ruling note_filing_end(Context& context, const v1::NoteFilingEnd& action);

// ---- epochs.cc ----
// Order: form; the next epoch; as many leaves as there are; another origin; a larger checkpoint of
// the origin before (EPOCH_INVALID); signers of "epoch.open".
[[nodiscard]] Ruling open_epoch(Context& context, const v1::OpenEpoch& action);

// ---- lists.cc ----
// Order: partner known, in that epoch; leaves from where the last part ended; all its transfers
// that hang on them, in order, as they are here (RUN_DIFFERS). Needs no other signer than who sends
// it.
[[nodiscard]] Ruling state_transfers(Context& context, const v1::StateTransfers& action);
// Order: proof; of this city's epoch, and the next part; then each transfer that is not known here:
// a receipt of its lost leaf (PROOF_INVALID, LEAF_UNEXPECTED; RUN_DIFFERS for none, or one too
// many); accounts and projects it needs are there.
[[nodiscard]] Ruling note_transfers(Context& context, const v1::NoteTransfers& action);

// ---- tags.cc ----
// Order: partner known; leaves from where the last ended to before this one; all tags of acts
// credited in them, in order (RUN_DIFFERS); signers of "tags.publish".
[[nodiscard]] Ruling publish_tags(Context& context, const v1::PublishTags& action);
// Order: proof; tags for this city, from where the last noted ones ended; the same attachment.
[[nodiscard]] Ruling note_tags(Context& context, const v1::NoteTags& action);

}  // namespace puhui::ledger
