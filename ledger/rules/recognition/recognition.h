// What the rules between cities share with one another and with those of units.
#pragma once

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "ledger/personal.h"
#include "ledger/recognition.h"
#include "ledger/rules/context.h"
#include "ledger/rules/holding/holdings.h"

namespace puhui::ledger {

// ---- agreements.cc ----
// AGREEMENT_UNKNOWN.
[[nodiscard]] tl::expected<v1::AgreementRecord, Refusal> need_agreement(const Context& context,
                                                                        const std::string& partner);
// AGREEMENT_STANDING while it is suspended, after it was closed, and outside its time.
// The version in force now. Also EPOCH_LISTS_PENDING.
[[nodiscard]] tl::expected<v1::Agreement, Refusal> need_in_force(const Context& context,
                                                                 const std::string& partner,
                                                                 const v1::AgreementRecord& record);
// EPOCH_LISTS_PENDING.
[[nodiscard]] Ruling need_lists(const v1::AgreementRecord& record);
// Any version that was filed. AGREEMENT_VERSION.
[[nodiscard]] tl::expected<v1::Agreement, Refusal> agreement_of(const Context& context,
                                                                const std::string& partner,
                                                                std::uint32_t version);
// The last version that has begun by now, if one has; whatever was filed for later.
[[nodiscard]] std::optional<v1::Agreement> version_begun(const Context& context,
                                                         const std::string& partner);
void put_standing(Context& context, v1::AgreementRecord& record, v1::Standing standing,
                  const std::string& reason);
// AGREEMENT_SIGNATURE.
[[nodiscard]] Ruling need_partner_signatures(const v1::CitySide& known, std::string_view word,
                                             std::string_view bytes,
                                             const AuthoritySignatures& signatures);
// Closed, and unheard of, for longer than the agreement says. PARTNER_PRESENT.
[[nodiscard]] Ruling need_gone(const Context& context, const v1::AgreementRecord& record,
                               const v1::PartnerLog& log);
// The name by which this city's transfers are told from those of others.
[[nodiscard]] std::string own_lineage(const Context& context);
// The log of this city in the epoch it is in.
[[nodiscard]] crypto::VerifierKey own_log(const Context& context);

// ---- partners.cc ----
// AGREEMENT_UNKNOWN.
[[nodiscard]] tl::expected<v1::PartnerLog, Refusal> need_partner(const Context& context,
                                                                 const std::string& city);
// The leaf lies in the tree of this root. PROOF_INVALID.
[[nodiscard]] Ruling need_included(const v1::ProvenLeaf& leaf, const crypto::Digest& root);
// What it says, included or not. LEAF_UNEXPECTED.
[[nodiscard]] tl::expected<ForeignEvent, Refusal> event_of(const v1::ProvenLeaf& leaf);
// The entry that a proof shows. CHECKPOINT_NOT_ACCEPTED, PROOF_INVALID, LEAF_UNEXPECTED.
[[nodiscard]] tl::expected<ForeignEvent, Refusal> prove(const Context& context,
                                                        const v1::ProvenLeaf& leaf);
// A leaf that the log of this epoch had, and a later one did not keep.
[[nodiscard]] bool is_lost(const v1::PartnerLog& log, std::uint32_t epoch, std::uint64_t index);
[[nodiscard]] inline tl::unexpected<Refusal> unexpected_leaf(std::string_view wanted,
                                                             const v1::ProvenLeaf& leaf) {
  return refuse(ErrorCode::LEAF_UNEXPECTED, "proof.entry", std::string(wanted), {},
                leaf.city() + " leaf " + std::to_string(leaf.index()));
}

// ---- epochs.cc ----
// A leaf of a city that has begun epochs; smaller is what was written there before.
struct EpochLeaf {
  std::uint32_t epoch = 0;  // in which it came
  std::uint64_t leaf = 0;
  auto operator<=>(const EpochLeaf&) const = default;
};
// The epoch of this ledger, from its first log on, in which a leaf of it came.
[[nodiscard]] std::uint32_t own_epoch_of(const Context& context, std::uint64_t leaf);
[[nodiscard]] Ruling epoch_invalid(std::string_view what, std::string limit, std::string asked);
// The epoch that this ledger is in, after the first.
[[nodiscard]] v1::EpochRecord epoch_of(const Context& context);
// The logs of the epochs that have ended.
[[nodiscard]] std::vector<crypto::VerifierKey> past_logs(const Context& context);
// The same, and that of this epoch.
[[nodiscard]] std::vector<crypto::VerifierKey> own_logs(const Context& context);
[[nodiscard]] bool is_own_origin(const Context& context, const std::string& origin);
// What the log that it names has signed, if it is one of these.
[[nodiscard]] std::optional<crypto::Checkpoint> signed_by_any(
    const std::vector<crypto::VerifierKey>& logs, std::string_view bytes);
// In an epoch after the first: nothing moves to or from the partner until its list is noted.
void await_list(Context& context, v1::AgreementRecord& record);
// The partner's list is noted in full, or not waited for any more.
void end_list(Context& context, v1::AgreementRecord& record);
// Whoever closed the agreement has waited for the list as long as for an answer and for a partner
// that is gone. PARTNER_PRESENT. Of a list part that is not whole yet, it makes the next piece of
// work first: the same event once more ends the list then.
[[nodiscard]] Ruling give_up_list(Context& context, const std::string& partner,
                                  v1::AgreementRecord& record);
// Nothing is issued or retired while a list is awaited: it may tell of units whose issuance was
// lost, or that are abroad. EPOCH_LISTS_PENDING.
[[nodiscard]] Ruling need_all_lists(const Context& context);

// ---- partners.cc ----
// The partner's leaf that tells of a transfer, for lists of a later epoch.
void note_partner_leaf(Context& context, const std::string& partner,
                       const v1::TransferRecord& record);

// ---- exports.cc ----
void put_transfer(Context& context, const v1::TransferRecord& record);
// At the taker, of a sender with this lineage: it never will be taken, and no more is known of it.
[[nodiscard]] v1::TransferRecord settled_record(const Context& context, std::string_view lineage,
                                                const v1::TransferSettlement& settlement);
// Fills in what of it is recognised by the version it was sent under, and answers that.
// AGREEMENT_VERSION.
[[nodiscard]] tl::expected<v1::Agreement, Refusal> fill_recognised(const Context& context,
                                                                   const std::string& partner,
                                                                   v1::TransferRecord& record);
// What binds the units of a transfer: "transfer/HEX".
[[nodiscard]] std::string lock_of(std::string_view transfer);
[[nodiscard]] bool is_lock(std::string_view bond);
// On its way to that city, as far as is known here.
[[nodiscard]] bool is_locked_to(const Context& context, const v1::UnitBlock& block,
                                const std::string& city);
[[nodiscard]] std::optional<v1::TransferRecord> transfer_of(const Context& context,
                                                            std::string_view transfer);
// A time to answer in, and runs in order, apart here and at home; EVENT_MALFORMED, TOO_LARGE,
// UNITS_FOREIGN.
[[nodiscard]] Ruling check_export(const v1::Export& exported);
// METHODOLOGY_NOT_EQUIVALENT, VINTAGE_NOT_RECOGNISED, DISCOUNT_ZERO, AGREEMENT_STANDING where the
// taker has no terms. Of a return, nothing stands against it.
[[nodiscard]] Ruling check_terms(const v1::Export& exported, const v1::Agreement& agreement);

// Ends pieces that were taken, of a transfer that was recognised: cancelled by name what is not,
// gone the rest.
void end_recognised(Context& context, const std::vector<v1::UnitBlock>& pieces,
                    const v1::TransferRecord& record);

// ---- imports.cc ----
// Whether what a list says came can come once more: by terms and numbers there are
// (AGREEMENT_STANDING, SERIAL_EXHAUSTED). Not of a return.
[[nodiscard]] Ruling need_takable(const Context& context, const v1::TransferRecord& record,
                                  const v1::Agreement& agreement);
// Makes what came, or came home, by a record whose amounts are known, and notes its serials there;
// it is takable.
void take_in(Context& context, v1::TransferRecord& record, const v1::Agreement& agreement);
// Of a return that is listed, what one event may touch: home from where it is, or is on its way to.
// UNITS_FOREIGN.
[[nodiscard]] Ruling bring_part(Context& context, v1::ListPart& part);
// An answer says of the amount what the record says. DISCOUNT_DIFFERS.
[[nodiscard]] Ruling need_stated(const v1::TransferRecord& record, const v1::Import& answer);
// What comes is bound from its answer on for as long as its terms say, if that is not over.
void keep_for_dispute(Context& context, v1::TransferRecord& record, Micros answered,
                      const v1::Agreement& agreement);
// The end of the dispute window: the units are free.
void transfer_due(State& state, std::string_view stored, std::uint64_t leaf);

// ---- again.cc ----
// What the record of a lost transfer said but for what comes of it here, and the time of its leaf.
struct Told {
  v1::TransferRecord record;
  Micros time = 0;
};
// Makes it as it was, or the first part of it (`agreed.list_part`): what it sent is taken from
// whoever has it here, and owed where it has ended; what it brought is given once more.
// PROJECT_UNKNOWN, ACCOUNT_UNKNOWN, UNITS_FOREIGN, AGREEMENT_VERSION, AMOUNT_OVERFLOW.
[[nodiscard]] Ruling make_again(Context& context, const std::string& partner, Told told,
                                v1::AgreementRecord& agreed);
// The next part of what is not made whole yet, if anything is.
[[nodiscard]] Ruling make_part(Context& context, const std::string& partner,
                               v1::AgreementRecord& agreed);
// Retires what is held here of the serials that it names, from whoever has them, for whom it was,
// as much as one event may touch; answers whether that is all.
[[nodiscard]] bool retire_again(Context& context, const std::string& partner,
                                const v1::StateRetirement& statement);

// ---- tags.cc ----
// The act carries a tag for each partner that the rules name for its scenario, and none of its tags
// is of an act that was credited before: here, or there as far as is known. TAG_MISSING,
// CLAIM_DUPLICATE, CLAIM_ABROAD.
[[nodiscard]] Ruling need_new_act(const Context& context, const Record& record,
                                  const std::string& scenario);
void put_tags(Context& context, const Record& record, const RecordPlace& place);

// ---- projects.cc ----
// PROJECT_ABROAD, PERIOD_ABROAD.
[[nodiscard]] Ruling need_project_noted(const Context& context, const std::string& city,
                                        const std::string& project);
// No partner has filed this key for days of the period. PERIOD_ABROAD.
[[nodiscard]] Ruling need_none_abroad(const Context& context, const v1::FileProject& project);

// Units of this project came here: it stays noted, whatever becomes of it there.
void note_come(Context& context, const std::string& city, const std::string& project);

// ---- abroad.cc ----
// RETIREMENT_STATED.
[[nodiscard]] Ruling noted_before(const std::string& city, std::uint64_t leaf);
// What binds units that the city which issued them has recalled.
[[nodiscard]] std::string freeze_of(const std::string& city);
// A partner has recalled none of it. UNITS_RECALLED.
[[nodiscard]] Ruling need_none_recalled(const Context& context, const std::string& city,
                                        const v1::ExportedRun& run);
// None of it is here still (UNITS_FOREIGN), or on its way home (TRANSFER_STATE_WRONG): or it would
// come to where it never left.
[[nodiscard]] Ruling need_none_returning(const Context& context, const std::string& city,
                                         const v1::ExportedRun& run);
// Counts pieces of partners' units against what the agreements that have begun allow of a purpose
// in a year. CAP_EXCEEDED.
[[nodiscard]] Ruling use_purpose_caps(Context& context, const std::vector<v1::UnitBlock>& pieces,
                                      const std::string& purpose);
// The same, whatever they allow: of a retirement that was.
void count_purpose(Context& context, const std::vector<v1::UnitBlock>& pieces,
                   const std::string& purpose);
// Units issued here that went to that city, with what is known of them since.
[[nodiscard]] bool is_away(const Context& context, const v1::UnitBlock& block,
                           const std::string& city);

// ---- serials.cc ----
// What a batch mirrors is here from now on, and by an earlier import no more.
void put_mirrored(Context& context, const v1::UnitBatch& batch);
// A piece of what a partner issued went home.
void end_mirrored(Context& context, const v1::UnitBlock& piece);
// Serials of a partner's that lie here in one block, as [start, end]; whatever became of them here.
struct MirroredPiece {
  v1::UnitBlock block;
  std::uint64_t start = 0, end = 0;
  std::uint64_t origin_start = 0;  // there

  [[nodiscard]] std::uint64_t origin_end() const { return origin_start + (end - start); }
};
// The first of [first, last] there.
[[nodiscard]] std::optional<MirroredPiece> next_mirrored(const Context& context,
                                                         const std::string& city,
                                                         std::uint64_t first, std::uint64_t last);
// Serials that a partner has recalled; the first stretch of them that meets [first, last].
void put_recalled(Context& context, const std::string& city, const SerialRanges& serials);
[[nodiscard]] std::optional<v1::SerialRange> next_recalled(const Context& context,
                                                           const std::string& city,
                                                           std::uint64_t first, std::uint64_t last);

}  // namespace puhui::ledger
