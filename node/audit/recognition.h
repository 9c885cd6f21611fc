// Recognition between cities (互认), as a judge reads it (rules.h): agreements, what is proved of a
// partner's log, transfers and their answers, and what is noted of a partner.
//
// What a partner's entry says is read here anew from its bytes; its signatures are the partner's
// own affair.
#pragma once

#include <limits>
#include <span>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "node/audit/rules.h"

namespace puhui::node::audit {

// ---- What bytes say (treaties.cc) ----
inline constexpr Micros kAgreedMax = 3'653 * kMicrosPerDay;  // nothing is agreed for longer
// AGREEMENT_MALFORMED unless these bytes are the one way to write the message, and all its parts
// are sound.
[[nodiscard]] Verdict read_treaty(std::string_view bytes, v1::Agreement& agreement);
[[nodiscard]] Verdict read_treaty(std::string_view bytes, v1::SideRenewal& renewal);
[[nodiscard]] Verdict read_treaty(std::string_view bytes, v1::TransferSettlement& settlement);
inline constexpr const char* kAgreementWord = "puhui-agreement";
inline constexpr const char* kRenewalWord = "puhui-renewal";
inline constexpr const char* kSettlementWord = "puhui-settlement";
// As many keys of its authority as a city asks for signed word ‖ "/v1\n" ‖ SHA-256 of the bytes.
using PartnerSignatures = google::protobuf::RepeatedPtrField<v1::AuthoritySignature>;
[[nodiscard]] Verdict need_authority(const v1::CitySide& side, const char* word,
                                     std::string_view bytes, const PartnerSignatures& signatures);
[[nodiscard]] const v1::CitySide* side_of(const v1::Agreement& agreement, const std::string& city);
// A version of a methodology is meant by its name, or by a range "FIRST..LAST" in the order in
// which people number versions.
[[nodiscard]] bool is_of(const std::string& versions, const std::string& version);
// By which a city takes; null if it takes nothing.
[[nodiscard]] const v1::RecognitionTerms* terms_of(const v1::Agreement& agreement,
                                                   const std::string& taker);

// ---- Agreements (agreements.cc) ----
[[nodiscard]] Verdict file_agreement(Case& at, const v1::FileAgreement& action);
[[nodiscard]] Verdict set_agreement(Case& at, const v1::SetAgreement& action);
[[nodiscard]] Verdict renew_partner(Case& at, const v1::RenewPartner& action);
[[nodiscard]] Verdict find_agreement(Case& at, const std::string& partner,
                                     v1::AgreementRecord*& record);
// In force, and within its time.
[[nodiscard]] Verdict need_in_force(const Case& at, const std::string& partner,
                                    const v1::AgreementRecord& record);
// The last version that has begun; null if none has.
[[nodiscard]] const v1::Agreement* last_begun(const Case& at, const std::string& partner);
// Nothing was heard of the partner for so long, since the agreement was closed, that it is gone for
// good.
[[nodiscard]] Verdict need_gone(const Case& at, const v1::AgreementRecord& record,
                                const v1::PartnerLog& log);
[[nodiscard]] Verdict need_version(std::uint32_t wanted, std::uint32_t found);
// Any version that was filed here.
[[nodiscard]] Verdict find_version(const Case& at, const std::string& partner,
                                   std::uint32_t version, const v1::Agreement*& agreement);
void set_standing_of(Case& at, const std::string& partner, v1::Standing standing,
                     const std::string& reason);

// ---- A partner's log (partners.cc) ----
[[nodiscard]] Verdict accept_checkpoint(Case& at, const v1::AcceptCheckpoint& action);
[[nodiscard]] Verdict accuse_partner(Case& at, const v1::AccusePartner& action);
[[nodiscard]] Verdict find_partner(Case& at, const std::string& city, v1::PartnerLog*& log);
void changed(Case& at, const v1::PartnerLog& log);
// An event in another city's log.
struct ForeignEvent {
  Micros time = 0;
  v1::Payload payload;
};
// What stands in an entry, if it is an event of that city; of a settlement by vote, the settlement.
[[nodiscard]] Verdict read_foreign(std::string_view entry, const std::string& city,
                                   ForeignEvent& event);
// The same of one that an accepted checkpoint proves.
[[nodiscard]] Verdict prove(Case& at, const v1::ProvenLeaf& leaf, ForeignEvent& event);
// A leaf of the log of this epoch that one which came later did not keep.
[[nodiscard]] bool is_lost(const v1::PartnerLog& log, std::uint32_t epoch, std::uint64_t index);
// The epoch of the partner that a proven leaf is of: where one kept it, that of before, and so on.
[[nodiscard]] std::uint32_t epoch_begun(const v1::PartnerLog& log, const v1::ProvenLeaf& leaf);
[[nodiscard]] Fault unexpected(const v1::ProvenLeaf& leaf, const std::string& wanted);
// It is in the tree of this root.
[[nodiscard]] Verdict need_included(const v1::ProvenLeaf& leaf, const crypto::Digest& root);

// ---- What leaves (exports.cc) ----
[[nodiscard]] Verdict export_units(Case& at, const v1::Export& action);
// SHA-256 of lineage ‖ party ‖ event id.
[[nodiscard]] std::string transfer_id(const std::string& lineage, const v1::Payload& exporting);
[[nodiscard]] std::string transfer_id(const std::string& lineage,
                                      const v1::TransferSettlement& settlement);
[[nodiscard]] std::string lock_of(const std::string& transfer);
[[nodiscard]] bool is_locked(const v1::UnitBlock& block);
// To that city, by a transfer that has not ended here.
[[nodiscard]] bool is_on_its_way(const Books& books, const v1::UnitBlock& block,
                                 const std::string& city);
[[nodiscard]] std::int64_t kilograms(const v1::ExportedRun& run);
[[nodiscard]] std::int64_t kilograms(const v1::Export& exported);
// A time to answer in, and runs that can be.
[[nodiscard]] Verdict check_export(const v1::Export& exported);
// What stands against it in the terms of the one who takes.
[[nodiscard]] Verdict check_terms(const v1::Export& exported, const v1::Agreement& agreement);
[[nodiscard]] const v1::Equivalence* equivalent(const v1::RecognitionTerms& terms,
                                                const v1::ExportedRun& run);
// The first so many kilograms of an export are recognised; the rest is named as its issuer numbers
// it.
struct Recognised {
  std::int64_t kg = 0;
  Ranges discounted;
};
[[nodiscard]] Recognised recognised(const v1::Export& exported, const v1::Agreement& agreement);
// Fills in what of it is recognised by the version it was sent under, and answers that.
[[nodiscard]] Verdict fill_recognised(const Case& at, const std::string& partner,
                                      v1::TransferRecord& record, const v1::Agreement*& version);
// An answer says the same of the amount.
[[nodiscard]] Verdict need_stated(const v1::TransferRecord& record, const v1::Import& answer);

// ---- How it ends (transfers.cc) ----
// Pieces that were taken end: gone what is recognised, cancelled by name the rest.
void end_recognised(Case& at, const Pieces& pieces, const v1::TransferRecord& record);
[[nodiscard]] Verdict conclude_transfer(Case& at, const v1::ConcludeTransfer& action);
[[nodiscard]] Verdict settle_transfer(Case& at, const v1::SettleTransfer& action);
void keep(Case& at, const v1::TransferRecord& record);
// The same, of one that a leaf of this partner tells of.
void keep_told(Case& at, const std::string& partner, const v1::TransferRecord& record);
// What an import, a refusal or a lapse answers; null for anything else.
[[nodiscard]] const v1::ProvenLeaf* export_of(const v1::Payload& answer);
// The transfer of a city with this lineage that a leaf answers: by the export in it, or the one
// that a settlement names.
struct Sender {
  const std::string& city;
  const std::string& lineage;
};
[[nodiscard]] Verdict read_answered(const v1::ProvenLeaf& leaf, const v1::Payload& answer,
                                    const Sender& sender, std::string& transfer);
// Of one that is settled where it never will be taken, no more is known than who sent it.
[[nodiscard]] v1::TransferRecord settled(const Case& at, const v1::TransferSettlement& settlement,
                                         const std::string& transfer);

// ---- What comes (imports.cc) ----
[[nodiscard]] Verdict import_units(Case& at, const v1::Import& action);
[[nodiscard]] Verdict refuse_import(Case& at, const v1::RefuseImport& action);
[[nodiscard]] Verdict void_import(Case& at, const v1::VoidImport& action);
// Whether what a list says came, and is no return, can come once more: by terms and numbers there
// are.
[[nodiscard]] Verdict need_takable(const Case& at, const v1::TransferRecord& record,
                                   const v1::Agreement& agreement);
// It comes; answers its serials.
Ranges take_in(Case& at, const v1::TransferRecord& record, const v1::Agreement& agreement);
// As much of a listed return as one event may touch: from where it is, or is on its way to.
[[nodiscard]] Verdict come_home(Case& at, v1::ListPart& listed);
// It is bound for as long as its terms say from its answer on, unless that is over.
void keep_for_dispute(Case& at, v1::TransferRecord& record, Micros answered,
                      const v1::Agreement& agreement);
// The dispute window of the transfer under this stored key is over: its units are free.
void end_dispute(Books& books, const std::string& key, std::uint64_t position);

// ---- A log that begins anew (epochs.cc) ----
[[nodiscard]] Verdict open_epoch(Case& at, const v1::OpenEpoch& action);
[[nodiscard]] Fault wrong_epoch(const std::string& what, const std::string& expected,
                                const std::string& found);
// As which this city's log signed in each epoch; the last is that of now.
using Logs = std::vector<crypto::VerifierKey>;
[[nodiscard]] Logs own_logs(const Books& books);
// The epoch of this city, from its first log on, that a leaf here is of.
[[nodiscard]] std::uint32_t own_epoch_begun(const Books& books, std::uint64_t leaf);
[[nodiscard]] bool is_own_origin(const Books& books, const std::string& origin);
// What a note says, if the log that it names is one of these and has signed it.
[[nodiscard]] std::optional<crypto::Checkpoint> signed_by_one_of(
    std::span<const crypto::VerifierKey> logs, std::string_view bytes);
// From the partner, since an epoch began: its whole list. Whoever calls keeps the record.
void await_list(Case& at, v1::AgreementRecord& record);
// It is noted in full, or awaited no more.
void end_list(Case& at, v1::AgreementRecord& record);
// The same of an agreement that was closed, after a time in which the partner might have listed.
[[nodiscard]] Verdict give_up_list(Case& at, const std::string& partner,
                                   v1::AgreementRecord& record);
// None is awaited of this partner.
[[nodiscard]] Verdict need_list(const v1::AgreementRecord& record);

// ---- What was lost of transfers (lists.cc) ----
[[nodiscard]] Verdict state_transfers(Case& at, const v1::StateTransfers& action);
[[nodiscard]] Verdict note_transfers(Case& at, const v1::NoteTransfers& action);

// ---- What is made once more (again.cc) ----
// A transfer as a lost leaf tells of it, and when that leaf was written.
struct Told {
  v1::TransferRecord record;
  Micros time = 0;
};
// Or the first part of it, if it lies in more pieces than one event may touch.
[[nodiscard]] Verdict make_again(Case& at, const std::string& partner, Told told,
                                 v1::AgreementRecord& agreed);
// The next part of what is not whole yet, if anything is.
[[nodiscard]] Verdict make_part(Case& at, const std::string& partner, v1::AgreementRecord& agreed);
// What is held of the serials that it names is retired, whoever holds it, as much as one event may
// touch; answers whether that is all.
[[nodiscard]] bool retire_again(Case& at, const std::string& partner,
                                const v1::StateRetirement& statement);

// ---- Acts that two cities compare (tags.cc; the rest is in citizens.h) ----
[[nodiscard]] Verdict publish_tags(Case& at, const v1::PublishTags& action);
[[nodiscard]] Verdict note_tags(Case& at, const v1::NoteTags& action);

// ---- What is known of it since (abroad.cc) ----
[[nodiscard]] Verdict state_retirement(Case& at, const v1::StateRetirement& action);
[[nodiscard]] Verdict note_retirement(Case& at, const v1::NoteRetirement& action);
[[nodiscard]] Verdict note_recall(Case& at, const v1::NoteRecall& action);
[[nodiscard]] Verdict note_filing(Case& at, const v1::NoteFiling& action);
[[nodiscard]] Verdict note_filing_end(Case& at, const v1::NoteFilingEnd& action);
// Issued here, and sent to that city.
[[nodiscard]] bool is_away(const Books& books, const v1::UnitBlock& block, const std::string& city);
// What binds units that their issuer recalled.
[[nodiscard]] std::string freeze_of(const std::string& city);
// The last serial of a run, as its issuer numbers it; and the same of serials of a batch here.
[[nodiscard]] std::uint64_t origin_end(const v1::ExportedRun& run);
[[nodiscard]] v1::SerialRange at_home(const v1::UnitBatch& batch, std::uint64_t start,
                                      std::uint64_t end);
// A run by those serials.
[[nodiscard]] v1::SerialRange origins_of(const v1::ExportedRun& run);
[[nodiscard]] Verdict need_none_recalled(const Case& at, const std::string& city,
                                         const v1::ExportedRun& run);
// Nothing of these units is here, or on its way back to their issuer.
[[nodiscard]] Verdict need_none_returning(const Case& at, const std::string& city,
                                          const v1::ExportedRun& run);
[[nodiscard]] Verdict need_project_noted(const Case& at, const std::string& city,
                                         const std::string& project);

// ---- Units of partners by their serials there (serials.cc) ----
// All of a batch that mirrors is here; a piece that was exported to its issuer is not any more.
void note_here(Books& books, const v1::UnitBatch& batch);
void note_gone(Books& books, const v1::UnitBlock& piece);
// What of a block here has these serials of a partner's, and the first of them there.
struct PartHere {
  v1::UnitBlock units;
  std::uint64_t there = 0;
};
// All there are in a range, in their order there, but no more than `max`.
[[nodiscard]] std::vector<PartHere> parts_here(
    const Books& books, const std::string& city, const v1::SerialRange& theirs,
    std::size_t max = std::numeric_limits<std::size_t>::max());
void note_recalled_there(Books& books, const std::string& city, const Ranges& serials);
// Any of them.
[[nodiscard]] bool is_recalled_there(const Books& books, const std::string& city,
                                     const v1::SerialRange& theirs);

}  // namespace puhui::node::audit
