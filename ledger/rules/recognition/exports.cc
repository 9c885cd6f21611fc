#include <algorithm>
#include <cassert>
#include <map>

#include "ledger/rules/checks.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

constexpr std::string_view kLockPrefix = "transfer/";

std::string text(const v1::ExportedRun& run) {
  return std::to_string(run.start()) + "-" + std::to_string(run.end());
}

SerialRanges ranges_of(const Runs& runs) {
  SerialRanges ranges;
  for (const auto& run : runs) {
    auto* range = ranges.Add();
    range->set_start(run.start());
    range->set_end(run.end());
  }
  return ranges;
}

// What this ledger says of the units of a run, as the run should.
v1::ExportedRun described(const Context& context, const v1::UnitBatch& batch,
                          const v1::ExportedRun& run) {
  v1::SerialRange here;
  here.set_start(run.start());
  here.set_end(run.end());
  const bool is_own = !batch.has_mirrored();
  return run_of(batch, here,
                is_own ? project_of(context, batch.project()).filing().area() : std::string());
}

// Units of one batch, issued here, or by the partner if they return; described as they are.
Ruling check_run(const Context& context, const v1::Export& action, const v1::ExportedRun& run) {
  const auto first = block_of(context.state, run.start());
  const auto last = block_of(context.state, run.end());
  if (!first || !last || first->batch() != last->batch())
    return refuse(ErrorCode::RUN_DIFFERS, "run.batch", "units of one batch", {}, text(run));
  const auto batch = need_batch(context, first->batch());
  if (!batch) return tl::make_unexpected(batch.error());
  const auto issued_by = batch->has_mirrored() ? batch->mirrored().city() : context.genesis.city();
  const auto wanted = action.is_return() ? action.partner() : context.genesis.city();
  if (issued_by != wanted)
    return refuse(ErrorCode::UNITS_FOREIGN, "run.issuer", "issued by " + wanted, issued_by,
                  text(run));
  const auto known = described(context, *batch, run);
  if (known.SerializeAsString() == run.SerializeAsString()) return {};
  return refuse(ErrorCode::RUN_DIFFERS, "run.described", known.ShortDebugString(), {}, text(run));
}

v1::TransferRecord locked(const Context& context, const v1::Export& action) {
  v1::TransferRecord record;
  const auto& payload = context.event.payload;
  record.set_transfer(std::string(transfer_id(own_lineage(context), payload).view()));
  record.set_state(v1::TRANSFER_LOCKED);
  *record.mutable_export_() = action;
  record.set_city(context.genesis.city());
  record.set_party(payload.party());
  record.set_exported_time(context.now);
  record.set_deadline(context.now + action.answer_within());
  record.set_recorded_at(static_cast<std::int64_t>(context.leaf));
  record.set_amount_kg(kilograms(action.runs()));
  return record;
}

// Serials that exist, and names that are fit to be stored, whoever wrote them.
bool is_run(const v1::ExportedRun& run) {
  return run.end() >= run.start() && run.end() <= kSerialMax && run.origin_start() > 0 &&
         run.origin_start() <= kSerialMax - (run.end() - run.start()) &&
         run.batch_start() <= run.start() && is_code(run.batch()) && is_code(run.project()) &&
         is_code(run.serial_code()) && is_area(run.area()) && is_label(run.methodology()) &&
         is_label(run.methodology_version());
}

// A transfer is sent or answered once, and what was sent ends once; one that a lost log had ended
// is made again as it was.
bool can_follow(const Context& context, v1::TransferState before, v1::TransferState next) {
  const bool ends_sent = next == v1::TRANSFER_CONCLUDED || next == v1::TRANSFER_FREED;
  if (before == v1::TRANSFER_STATE_UNSPECIFIED)
    return !ends_sent || context.state.has(key::epoch());
  return before == v1::TRANSFER_LOCKED && ends_sent;
}

bool is_in(const SerialRanges& ranges, std::uint64_t serial) {
  return std::ranges::any_of(ranges, [serial](const v1::SerialRange& range) {
    return serial >= range.start() && serial <= range.end();
  });
}

// The rest of a piece's run from `serial` on that ends alike: recognised, or not.
std::uint64_t end_alike(const SerialRanges& discounted, std::uint64_t serial, std::uint64_t end) {
  for (const auto& range : discounted) {
    if (serial >= range.start() && serial <= range.end()) return std::min(end, range.end());
    if (range.start() > serial) end = std::min(end, range.start() - 1);
  }
  return end;
}

// Ends what was locked: cancelled by name what is not recognised, gone the rest.
void end_piece(Context& context, const v1::UnitBlock& locked_piece, const std::string& partner,
               const SerialRanges& discounted) {
  for (auto serial = locked_piece.start(); serial <= locked_piece.end();) {
    auto piece = locked_piece;
    piece.set_start(serial);
    piece.set_end(end_alike(discounted, serial, locked_piece.end()));
    serial = piece.end() + 1;
    const auto account = piece.account();
    const bool is_cancelled = is_in(discounted, piece.start());
    if (!is_cancelled) piece.set_exported_to(partner);
    put_ended(context, piece, account, is_cancelled ? v1::CANCELLED : v1::EXPORTED);
    record_move(context, piece, is_cancelled ? v1::MOVE_DISCOUNT : v1::MOVE_EXPORT, account,
                is_cancelled ? "" : partner);
  }
}

// Frees a piece that was locked, unless it was recalled meanwhile.
void free_piece(Context& context, const v1::UnitBlock& piece) {
  const auto& account = piece.account();
  const auto batch = context.state.find<v1::UnitBatch>(key::batch(piece.batch()));
  if (piece.recalled_at() == 0) {
    give(context, piece, account);
    record_move(context, piece, v1::MOVE_UNLOCK, "", account);
  } else if (batch->has_mirrored()) {
    give_bound(context, piece, account, freeze_of(batch->mirrored().city()));
    record_move(context, piece, v1::MOVE_FREEZE, account, account);
  } else {
    put_ended(context, piece, account, v1::CANCELLED);
    record_move(context, piece, v1::MOVE_RECALL, account, "");
  }
}

// Takes all that the transfer locks, in however many pieces recalls have cut it, and ends it.
void end_transfer(Context& context, v1::TransferRecord& record, bool is_recognised) {
  const auto pieces = take_all_bound(context, lock_of(record.transfer()));
  if (is_recognised) end_recognised(context, pieces, record);
  if (!is_recognised)
    for (const auto& piece : pieces) free_piece(context, piece);
  record.set_state(is_recognised ? v1::TRANSFER_CONCLUDED : v1::TRANSFER_FREED);
  record.set_ended_at(static_cast<std::int64_t>(context.leaf));
  put_transfer(context, record);
  context.fact("recognised_kg", std::to_string(record.recognised_kg()));
}

// The transfer that an answer is about, sent from here and not yet ended.
tl::expected<v1::TransferRecord, Refusal> need_locked(const Context& context,
                                                      std::string_view transfer) {
  auto record = transfer_of(context, transfer);
  if (!record || record->city() != context.genesis.city())
    return refuse(ErrorCode::TRANSFER_UNKNOWN, "transfer.known");
  if (record->state() == v1::TRANSFER_LOCKED) return std::move(*record);
  return refuse(ErrorCode::TRANSFER_STATE_WRONG, "transfer.state",
                v1::TransferState_Name(v1::TRANSFER_LOCKED),
                v1::TransferState_Name(record->state()));
}

// The epoch of the taker in which an answer came: of one that it lost, the list says that which it
// made it again by.
std::optional<std::uint32_t> epoch_of_answer(const Context& context,
                                             const v1::ConcludeTransfer& action,
                                             const Answered& answer, std::string_view transfer) {
  const auto& leaf = action.answer();
  if (!action.has_receipt())
    return epoch_of_leaf(*need_partner(context, leaf.city()), leaf.epoch(), leaf.index());
  const auto shown = read_foreign(leaf.entry(), leaf.city());
  const auto list =
      read_foreign(shown->payload.note_transfers().statement().entry(), context.genesis.city());
  if (!list) return std::nullopt;
  for (const auto& listed : list->payload.state_transfers().transfers())
    if (listed.transfer() == transfer && listed.lost_leaf() == answer.leaf)
      return listed.lost_epoch();
  return std::nullopt;
}

// What a settlement is about: what was sent from here and has not ended, or what a partner sent, as
// it ends here. The id is of the sender's lineage, so that no city settles what another one sent.
tl::expected<v1::TransferRecord, Refusal> need_sent(const Context& context,
                                                    const v1::TransferSettlement& settlement) {
  if (settlement.sender() == context.genesis.city())
    return need_locked(context, transfer_id(own_lineage(context), settlement).view());
  const auto log = need_partner(context, settlement.sender());
  if (!log) return tl::make_unexpected(log.error());
  return settled_record(context, log->side().lineage(), settlement);
}

// A settlement of both authorities, on the taker's ledger: it never will be taken.
Ruling settle_unanswered(Context& context, const v1::TransferSettlement& settlement,
                         const v1::TransferRecord& record) {
  if (transfer_of(context, record.transfer()))
    return refuse(ErrorCode::TRANSFER_ANSWERED, "transfer.answered");
  if (settlement.is_recognised())
    return refuse(ErrorCode::TRANSFER_UNKNOWN, "transfer.settled", "imported by its proof");
  put_transfer(context, record);
  return {};
}

Ruling settle_locked(Context& context, const v1::TransferSettlement& settlement,
                     v1::TransferRecord record) {
  if (settlement.is_recognised())
    if (auto filled = fill_recognised(context, record.export_().partner(), record); !filled)
      return tl::make_unexpected(filled.error());
  end_transfer(context, record, settlement.is_recognised());
  return {};
}

// The partner is gone for good, and could not have taken it since.
Ruling need_left_behind(const Context& context, Micros deadline, const v1::AgreementRecord& record,
                        const v1::PartnerLog& log) {
  if (context.now < deadline)
    return refuse(ErrorCode::PARTNER_PRESENT, "transfer.deadline", time_text(deadline), {},
                  time_text(context.now));
  return need_gone(context, record, log);
}

// Both authorities agreed. At home, where no answer is waited for any more, the agreement is
// closed; there a partner that is gone for good need not sign that the units are free.
Ruling need_settled_or_gone(const Context& context, const v1::SettleTransfer& action,
                            const v1::TransferSettlement& settlement,
                            const v1::TransferRecord& sent) {
  const bool is_own = settlement.sender() == context.genesis.city();
  const auto& partner = is_own ? sent.export_().partner() : sent.city();
  const auto log = need_partner(context, partner);
  if (!log) return tl::make_unexpected(log.error());
  const auto record = need_agreement(context, partner);
  if (!record) return tl::make_unexpected(record.error());
  if (is_own && record->standing() != v1::CLOSED)
    return refuse(ErrorCode::AGREEMENT_STANDING, "transfer.settled", v1::Standing_Name(v1::CLOSED),
                  v1::Standing_Name(record->standing()), partner);
  if (!is_own)
    if (auto listed = need_lists(*record); !listed) return listed;
  if (is_own && !settlement.is_recognised() && action.partner_signatures().empty())
    return need_left_behind(context, sent.deadline(), *record, *log);
  return need_partner_signatures(log->side(), kSettlementWord, action.settlement(),
                                 action.partner_signatures());
}

}  // namespace

void end_recognised(Context& context, const std::vector<v1::UnitBlock>& pieces,
                    const v1::TransferRecord& record) {
  const auto& exported = record.export_();
  for (const auto& piece : pieces) {
    end_piece(context, piece, exported.partner(), record.discounted());
    if (exported.is_return()) end_mirrored(context, piece);
  }
}

void put_transfer(Context& context, const v1::TransferRecord& record) {
  const auto before = transfer_of(context, record.transfer()).value_or(v1::TransferRecord());
  assert(can_follow(context, before.state(), record.state()) && "a transfer ends twice");
  context.state.put(key::transfer(record.transfer()), record);
}

v1::TransferRecord settled_record(const Context& context, std::string_view lineage,
                                  const v1::TransferSettlement& settlement) {
  v1::TransferRecord record;
  record.set_transfer(std::string(transfer_id(lineage, settlement).view()));
  record.set_state(v1::TRANSFER_VOID);
  record.set_city(settlement.sender());
  record.set_party(settlement.party());
  record.set_recorded_at(static_cast<std::int64_t>(context.leaf));
  record.set_ended_at(record.recorded_at());
  return record;
}

tl::expected<v1::Agreement, Refusal> fill_recognised(const Context& context,
                                                     const std::string& partner,
                                                     v1::TransferRecord& record) {
  const auto& exported = record.export_();
  auto agreement = agreement_of(context, partner, exported.agreement_version());
  if (!agreement) return agreement;
  auto part = recognised(exported, *agreement);
  record.set_recognised_kg(part.kg);
  *record.mutable_discounted() = std::move(part.discounted);
  return agreement;
}

std::string lock_of(std::string_view transfer) {
  return std::string(kLockPrefix) + crypto::Digest::from_bytes(transfer)->hex();
}

bool is_locked_to(const Context& context, const v1::UnitBlock& block, const std::string& city) {
  if (block.state() != v1::HELD || !is_lock(block.bound_by())) return false;
  const auto id = crypto::hex_decode(block.bound_by().substr(kLockPrefix.size()));
  const auto record = transfer_of(context, *id);
  assert(record && "units are locked by a transfer that is recorded");
  return record->export_().partner() == city;
}

bool is_lock(std::string_view bond) { return bond.starts_with(kLockPrefix); }

std::optional<v1::TransferRecord> transfer_of(const Context& context, std::string_view transfer) {
  return context.state.find<v1::TransferRecord>(key::transfer(transfer));
}

Ruling check_export(const v1::Export& exported) {
  const auto& runs = exported.runs();
  if (exported.answer_within() < 1 || exported.answer_within() > kAgreedDurationMax)
    return malformed("answer_within");
  if (runs.empty()) return malformed("runs");
  if (runs.size() > kRunsMax)
    return refuse(ErrorCode::TOO_LARGE, "export.runs", std::to_string(kRunsMax), {},
                  std::to_string(runs.size()));
  std::uint64_t above = 0;
  std::map<std::uint64_t, std::uint64_t> origins;
  for (const auto& run : runs) {
    if (run.start() <= above || !is_run(run)) return malformed("runs");
    if (!exported.is_return() && run.origin_start() != run.start())
      return refuse(ErrorCode::UNITS_FOREIGN, "run.issuer", "units issued here", {}, text(run));
    above = run.end();
    origins[run.origin_start()] = run.origin_start() + (run.end() - run.start());
  }
  above = 0;
  for (const auto& [start, end] : origins) {
    if (start <= above) return malformed("runs");
    above = end;
  }
  return origins.size() == static_cast<std::size_t>(runs.size()) ? Ruling{} : malformed("runs");
}

Ruling check_terms(const v1::Export& exported, const v1::Agreement& agreement) {
  if (exported.is_return()) return {};
  const auto* terms = terms_of(agreement, exported.partner());
  if (terms == nullptr)
    return refuse(ErrorCode::AGREEMENT_STANDING, "agreement.terms", {}, {}, exported.partner());
  for (const auto& run : exported.runs()) {
    if (equivalent(*terms, run) == nullptr)
      return refuse(ErrorCode::METHODOLOGY_NOT_EQUIVALENT, "agreement.methodologies", {}, {},
                    run.methodology() + " " + run.methodology_version());
    if (run.vintage() < terms->vintage_from() || run.vintage() > terms->vintage_to())
      return refuse(
          ErrorCode::VINTAGE_NOT_RECOGNISED, "agreement.vintages",
          std::to_string(terms->vintage_from()) + "-" + std::to_string(terms->vintage_to()), {},
          std::to_string(run.vintage()));
  }
  if (recognised(exported, agreement).kg == 0)
    return refuse(ErrorCode::DISCOUNT_ZERO, "agreement.discount", terms->discount(), {},
                  std::to_string(kilograms(exported.runs())) + " kg");
  return {};
}

Ruling export_units(Context& context, const v1::Export& action) {
  const auto record = need_agreement(context, action.partner());
  if (!record) return tl::make_unexpected(record.error());
  const auto agreement = need_in_force(context, action.partner(), *record);
  if (!agreement) return tl::make_unexpected(agreement.error());
  // Units issued here may be with any partner; those of this one can be nowhere but there.
  if (!action.is_return())
    if (auto listed = need_all_lists(context); !listed) return listed;
  if (action.agreement_version() != agreement->version())
    return refuse(ErrorCode::AGREEMENT_VERSION, "agreement.version",
                  std::to_string(agreement->version()), {},
                  std::to_string(action.agreement_version()));
  if (action.answer_within() != agreement->answer_within())
    return refuse(ErrorCode::AGREEMENT_VERSION, "agreement.answer_within",
                  std::to_string(agreement->answer_within()), {},
                  std::to_string(action.answer_within()));
  if (!is_name(action.to())) return malformed("to");
  if (auto form = check_export(action); !form) return form;
  const auto account = need_account(context, action.from());
  if (!account) return tl::make_unexpected(account.error());
  if (auto kind = need_no_buffer(*account); !kind) return kind;
  const auto subject = need_holder(context, *account, kilograms(action.runs()));
  if (!subject) return tl::make_unexpected(subject.error());
  if (auto met = require_signers(context, "export", *subject); !met) return met;
  const auto pieces = take(context, action.from(), ranges_of(action.runs()), 0);
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (pieces->size() > kRunsMax)
    return refuse(ErrorCode::TOO_LARGE, "export.pieces", std::to_string(kRunsMax));
  const auto transfer = locked(context, action);
  // An event that was lost may be sent once more, after its transfer was made again by a list.
  if (const auto known = transfer_of(context, transfer.transfer()))
    return refuse(ErrorCode::TRANSFER_STATE_WRONG, "transfer.new", {},
                  v1::TransferState_Name(known->state()));
  for (const auto& piece : *pieces) {
    give_bound(context, piece, action.from(), lock_of(transfer.transfer()));
    record_move(context, piece, v1::MOVE_LOCK, action.from(), action.partner());
  }
  for (const auto& run : action.runs())
    if (auto known = check_run(context, action, run); !known) return known;
  if (auto terms = check_terms(action, *agreement); !terms) return terms;
  put_transfer(context, transfer);
  context.fact("transfer", crypto::Digest::from_bytes(transfer.transfer())->hex());
  context.fact("deadline", time_text(transfer.deadline()));
  return {};
}

Ruling conclude_transfer(Context& context, const v1::ConcludeTransfer& action) {
  const auto& leaf = action.answer();
  if (const auto proven = prove(context, leaf); !proven) return tl::make_unexpected(proven.error());
  const auto answer = answer_of(action);
  if (!answer) return unexpected_leaf("an answer", leaf);
  const auto lineage = own_lineage(context);
  const auto about = answered_transfer(answer->payload, {context.genesis.city(), lineage});
  if (!about) return unexpected_leaf("an answer to an export of this city", leaf);
  auto record = need_locked(context, *about);
  if (!record) return tl::make_unexpected(record.error());
  if (record->export_().partner() != leaf.city())
    return unexpected_leaf("an answer of " + record->export_().partner(), leaf);
  // Until then it may be that the partner has lost this leaf, too, and this ledger not heard of it.
  const auto agreed = need_agreement(context, leaf.city());
  if (!agreed) return tl::make_unexpected(agreed.error());
  if (auto listed = need_lists(*agreed); !listed) return listed;
  const bool is_recognised = answer->payload.has_import();
  if (is_recognised) {
    if (auto filled = fill_recognised(context, leaf.city(), *record); !filled)
      return tl::make_unexpected(filled.error());
    if (auto stated = need_stated(*record, answer->payload.import()); !stated) return stated;
  }
  const auto& code = answer->payload.refuse_import().code();
  if (code.size() > kTextSizeMax) return unexpected_leaf("a code", leaf);
  record->set_code(code);
  const auto epoch = epoch_of_answer(context, action, *answer, *about);
  if (!epoch) return unexpected_leaf("an answer by a list of this city", leaf);
  record->set_partner_epoch(*epoch);
  record->set_partner_leaf(answer->leaf);
  note_partner_leaf(context, leaf.city(), *record);
  end_transfer(context, *record, is_recognised);
  return {};
}

Ruling settle_transfer(Context& context, const v1::SettleTransfer& action) {
  const auto settlement = read_settlement(action.settlement());
  if (!settlement)
    return refuse(ErrorCode::AGREEMENT_MALFORMED, "settlement.form", {}, {},
                  settlement.error().detail);
  auto record = need_sent(context, *settlement);
  if (!record) return tl::make_unexpected(record.error());
  if (auto settled = need_settled_or_gone(context, action, *settlement, *record); !settled)
    return settled;
  if (auto met = require_signers(context, "transfer.settle", the_city()); !met) return met;
  return settlement->sender() == context.genesis.city()
             ? settle_locked(context, *settlement, std::move(*record))
             : settle_unanswered(context, *settlement, *record);
}

}  // namespace puhui::ledger
