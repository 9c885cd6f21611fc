// What became of transfers whose leaf another city has lost: stated for it there, and made here
// once more, by receipts of what was lost.
#include <algorithm>
#include <cassert>

#include "crypto/checkpoint.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

constexpr int kListedMax = 200;  // in one part

// ---- What a partner's epoch may have lost of transfers ----

v1::ListedAs listed_as(v1::TransferState state) {
  switch (state) {
    case v1::TRANSFER_IMPORTED:
      return v1::LISTED_TAKEN;
    case v1::TRANSFER_CONCLUDED:
      return v1::LISTED_GONE;
    case v1::TRANSFER_FREED:
      return v1::LISTED_FREED;
    default:
      return v1::LISTED_NOT_TAKEN;
  }
}

v1::ListedTransfer listed(const v1::TransferRecord& record) {
  v1::ListedTransfer transfer;
  transfer.set_transfer(record.transfer());
  transfer.set_state(listed_as(record.state()));
  transfer.set_lost_leaf(record.partner_leaf());
  transfer.set_leaf(record.lost_leaf() != 0 ? record.lost_leaf()
                                            : static_cast<std::uint64_t>(record.recorded_at()));
  return transfer;
}

// Whether the list is that of the leaves [from, to) of the epoch before.
Ruling need_list(const Context& context, const v1::StateTransfers& action) {
  const auto prefix = key::transfers_by_leaf(action.home());
  int count = 0;
  auto at =
      context.state.at_or_after(prefix, key::transfer_by_leaf(action.home(), action.from(), ""));
  for (; at; at = context.state.at_or_after(prefix, at->key + '\0')) {
    const auto rest = std::string_view(at->key).substr(prefix.size());
    if (crypto::read_u64(rest) >= action.to()) break;
    const auto record = transfer_of(context, rest.substr(8));
    assert(record && "a transfer is listed that is not recorded");
    if (count == action.transfers_size() ||
        listed(*record).SerializeAsString() != action.transfers(count).SerializeAsString())
      return refuse(ErrorCode::RUN_DIFFERS, "epoch.transfers",
                    crypto::Digest::from_bytes(record->transfer())->hex(), {},
                    std::to_string(count));
    ++count;
  }
  if (count == action.transfers_size() && at.has_value() != action.is_last()) return {};
  return refuse(ErrorCode::RUN_DIFFERS, "epoch.transfers", std::to_string(count), {},
                std::to_string(action.transfers_size()));
}

// ---- Making a listed transfer again ----

Ruling wrong_receipts(std::uint64_t leaf) {
  return refuse(ErrorCode::RUN_DIFFERS, "epoch.receipts", "one of each lost leaf", {},
                "leaf " + std::to_string(leaf));
}

// A lost leaf of this ledger.
tl::expected<ForeignEvent, Refusal> prove_lost(const Context& context,
                                               const v1::LostReceipt& receipt) {
  const auto& leaf = receipt.leaf();
  const auto checkpoint = signed_by_any(past_logs(context), receipt.checkpoint());
  if (!checkpoint)
    return refuse(ErrorCode::PROOF_INVALID, "epoch.receipt", "signed by a log of before");
  if (leaf.city() != context.genesis.city() || leaf.tree_size() != checkpoint->size)
    return unexpected_leaf("a leaf of that checkpoint", leaf);
  if (auto shown = need_included(leaf, checkpoint->root); !shown)
    return tl::make_unexpected(shown.error());
  return event_of(leaf);
}

v1::TransferState state_of(v1::ListedAs listed) {
  switch (listed) {
    case v1::LISTED_TAKEN:
      return v1::TRANSFER_CONCLUDED;
    case v1::LISTED_NOT_TAKEN:
      return v1::TRANSFER_FREED;
    case v1::LISTED_GONE:
      return v1::TRANSFER_IMPORTED;
    default:
      return v1::TRANSFER_VOID;
  }
}

bool is_sent_from_here(v1::ListedAs listed) {
  return listed == v1::LISTED_TAKEN || listed == v1::LISTED_NOT_TAKEN;
}

// The transfer that a lost leaf tells of, if it can have become what is listed.
Result<std::string> told_by(const Context& context, const v1::Payload& lost, v1::ListedAs listed,
                            const v1::CitySide& partner) {
  const auto otherwise = fail(ErrorCode::LEAF_UNEXPECTED, "not what is listed");
  if (is_sent_from_here(listed)) {
    if (!lost.has_export_()) return otherwise;
    return std::string(transfer_id(own_lineage(context), lost).view());
  }
  if (lost.has_import() != (listed == v1::LISTED_GONE)) return otherwise;
  return answered_transfer(lost, {partner.city(), partner.lineage()});
}

v1::TransferRecord sent_record(const Context& context, const v1::ListedTransfer& listed,
                               const ForeignEvent& sent) {
  v1::TransferRecord record;
  record.set_transfer(listed.transfer());
  record.set_state(state_of(listed.state()));
  *record.mutable_export_() = sent.payload.export_();
  record.set_city(sent.payload.city());
  record.set_party(sent.payload.party());
  record.set_exported_time(sent.time);
  record.set_recorded_at(static_cast<std::int64_t>(context.leaf));
  record.set_ended_at(record.recorded_at());
  record.set_amount_kg(kilograms(sent.payload.export_().runs()));
  return record;
}

// What its record said before it was lost.
tl::expected<v1::TransferRecord, Refusal> record_of(const Context& context,
                                                    const v1::ListedTransfer& listed,
                                                    const v1::LostReceipt& receipt,
                                                    const v1::CitySide& partner) {
  const auto& leaf = receipt.leaf();
  auto lost = prove_lost(context, receipt);
  if (!lost) return tl::make_unexpected(lost.error());
  const auto told = told_by(context, lost->payload, listed.state(), partner);
  if (leaf.index() != listed.lost_leaf() || !told || *told != listed.transfer())
    return unexpected_leaf("the transfer that is listed", leaf);
  if (lost->payload.has_settle_transfer())
    return settled_record(context, *read_settlement(lost->payload.settle_transfer().settlement()));
  const auto* about = answered_export(lost->payload);
  const auto sent =
      about == nullptr ? Result<ForeignEvent>(*lost) : read_foreign(about->entry(), partner.city());
  const auto& to = about == nullptr ? partner.city() : context.genesis.city();
  if (!sent || !sent->payload.has_export_() || sent->payload.export_().partner() != to ||
      !check_export(sent->payload.export_()))
    return unexpected_leaf("an export to " + to, leaf);
  return sent_record(context, listed, *sent);
}

// A batch whose issuance was lost, as far as units of it went away: issued once more, and owed by
// the project, which will report the same reductions again.
Ruling issue_again(Context& context, const v1::ExportedRun& run) {
  auto project = context.state.find<v1::Project>(key::project(run.project()));
  if (!project) return refuse(ErrorCode::PROJECT_UNKNOWN, "project.known", {}, {}, run.project());
  auto batch = context.state.find<v1::UnitBatch>(key::batch(run.batch())).value_or(v1::UnitBatch());
  if (batch.batch().empty()) {
    batch.set_batch(run.batch());
    batch.set_project(run.project());
    batch.set_methodology(run.methodology());
    batch.set_methodology_version(run.methodology_version());
    batch.set_serial_code(run.serial_code());
    batch.set_vintage(run.vintage());
    batch.set_issued_at(static_cast<std::int64_t>(context.leaf));
    batch.set_registered_at(batch.issued_at());
    batch.set_start(run.batch_start());
  }
  batch.set_end(std::max(batch.end(), run.end()));
  auto whole = run;
  whole.set_origin_start(batch.start());
  batch.set_serial(printed_serial(context.genesis.city(), whole,
                                  static_cast<std::int64_t>(batch.end() - batch.start() + 1)));
  context.state.put(key::batch(run.batch()), batch);
  const auto next = next_serial(context.state);
  put_number(context.state, key::next_serial(), std::max(next, run.end() + 1));
  project->set_issued_kg(project->issued_kg() + kilograms(run));
  project->set_owed_kg(project->owed_kg() + kilograms(run));
  context.state.put(key::project(run.project()), *project);
  auto& totals = context.totals;
  totals.set_units_issued_kg(totals.units_issued_kg() + kilograms(run));
  return {};
}

// The last serial of a run from here on that no units have.
std::uint64_t end_of_lost(const Context& context, std::uint64_t serial, std::uint64_t end) {
  const auto next = block_from(context.state, serial);
  return next ? std::min(end, next->start() - 1) : end;
}

// Takes serials that went away out of whatever they are in here: a held piece from its holder; of
// what has ended here since, nothing can be taken, and its project owes it.
Ruling take_away(Context& context, const v1::ExportedRun& run, std::vector<v1::UnitBlock>& pieces) {
  for (auto serial = run.start(); serial <= run.end();) {
    if (pieces.size() > kRangesMax)
      return refuse(ErrorCode::TOO_LARGE, "epoch.pieces", std::to_string(kRangesMax));
    const auto block = block_of(context.state, serial);
    if (!block) {
      auto lost = run;
      lost.set_start(serial);
      lost.set_end(end_of_lost(context, serial, run.end()));
      if (auto issued = issue_again(context, lost); !issued) return issued;
      v1::UnitBlock piece;
      piece.set_start(serial);
      piece.set_end(lost.end());
      piece.set_batch(run.batch());
      piece.set_batch_start(run.batch_start());
      pieces.push_back(piece);
      serial = lost.end() + 1;
      continue;
    }
    if (context.state.find<v1::UnitBatch>(key::batch(block->batch()))->has_mirrored())
      return refuse(ErrorCode::UNITS_FOREIGN, "epoch.serials", "issued here", block->batch(),
                    std::to_string(serial));
    const auto end = std::min(run.end(), block->end());
    const auto kg = static_cast<std::int64_t>(end - serial + 1);
    if (block->state() == v1::HELD) {
      note_recalled(context, block->bound_by(), kg);
      pieces.push_back(take_piece(context, *block, serial, end));
    } else if (auto owed = cover_recalled(context, block->batch(), kg); !owed) {
      return owed;
    }
    serial = end + 1;
  }
  return {};
}

// The same of a partner's units that had gone home: by their serials there.
Ruling take_home(Context& context, const std::string& partner, const v1::ExportedRun& run,
                 std::vector<v1::UnitBlock>& pieces) {
  const auto take_held = [&](const v1::UnitBlock& block, std::uint64_t start, std::uint64_t end) {
    note_recalled(context, block.bound_by(), static_cast<std::int64_t>(end - start + 1));
    pieces.push_back(take_piece(context, block, start, end));
  };
  const auto take = [&](const v1::UnitBatch&, const SerialRanges& here) -> Ruling {
    for (const auto& range : here)
      for (auto serial = range.start(); serial <= range.end();) {
        const auto block = block_of(context.state, serial);
        const auto end = std::min(block->end(), range.end());
        if (block->state() == v1::HELD) take_held(*block, serial, end);
        serial = end + 1;
      }
    if (pieces.size() <= kRangesMax) return {};
    return refuse(ErrorCode::TOO_LARGE, "epoch.pieces", std::to_string(kRangesMax));
  };
  return visit_mirrored(context, {partner, run.batch()}, origins_of(run), take);
}

Ruling take_gone(Context& context, const std::string& partner, const v1::TransferRecord& record) {
  // Run by run: the next one looks at the same batches, where nothing may be missing.
  for (const auto& run : record.export_().runs()) {
    std::vector<v1::UnitBlock> pieces;
    if (auto taken = record.export_().is_return() ? take_home(context, partner, run, pieces)
                                                  : take_away(context, run, pieces);
        !taken)
      return taken;
    end_recognised(context, pieces, record);
  }
  return {};
}

// Takes in, by its terms of then, what had come here.
Ruling take_again(Context& context, const v1::TransferRecord& record,
                  const v1::Agreement& agreement) {
  const auto account = need_account(context, record.export_().to());
  if (!account) return tl::make_unexpected(account.error());
  if (auto takable = need_takable(context, record, agreement); !takable) return takable;
  take_in(context, record, agreement);
  return {};
}

Ruling make_again(Context& context, const std::string& partner, v1::TransferRecord record) {
  const bool is_gone = record.state() == v1::TRANSFER_CONCLUDED;
  if (is_gone || record.state() == v1::TRANSFER_IMPORTED) {
    const auto agreement = fill_recognised(context, partner, record);
    if (!agreement) return tl::make_unexpected(agreement.error());
    if (auto made =
            is_gone ? take_gone(context, partner, record) : take_again(context, record, *agreement);
        !made)
      return made;
  }
  put_transfer(context, record);
  note_partner_leaf(context, partner, record);
  return {};
}

// Makes what the list names from `record.list_from` on, as far as there are receipts.
Ruling make_listed(Context& context, const v1::StateTransfers& list,
                   const v1::NoteTransfers& action, v1::AgreementRecord& record) {
  const auto partner = *need_partner(context, action.statement().city());
  auto receipt = action.receipts().begin();
  for (const auto& listed : list.transfers()) {
    if (listed.lost_leaf() < record.list_from() || transfer_of(context, listed.transfer()))
      continue;
    if (receipt == action.receipts().end()) {
      record.set_list_from(listed.lost_leaf());
      return action.receipts().empty() ? wrong_receipts(listed.lost_leaf()) : Ruling{};
    }
    auto made = record_of(context, listed, *receipt++, partner.side());
    if (!made) return tl::make_unexpected(made.error());
    made->set_partner_leaf(listed.leaf());
    made->set_lost_leaf(listed.lost_leaf());
    if (auto again = make_again(context, partner.side().city(), std::move(*made)); !again)
      return again;
  }
  record.set_list_from(list.to());
  return receipt == action.receipts().end() ? Ruling{} : wrong_receipts(list.to());
}

}  // namespace

Ruling state_transfers(Context& context, const v1::StateTransfers& action) {
  auto log = need_partner(context, action.home());
  if (!log) return tl::make_unexpected(log.error());
  if (log->epoch() == 0 || action.epoch() != log->epoch())
    return epoch_invalid("number", std::to_string(log->epoch()), std::to_string(action.epoch()));
  if (action.transfers_size() > kListedMax)
    return refuse(ErrorCode::TOO_LARGE, "epoch.transfers", std::to_string(kListedMax));
  if (action.from() != log->stated_to() || action.to() <= action.from())
    return refuse(ErrorCode::RUN_DIFFERS, "epoch.leaves",
                  "from " + std::to_string(log->stated_to()), {}, std::to_string(action.from()));
  if (auto all = need_list(context, action); !all) return all;
  log->set_stated_to(action.to());
  context.state.put(key::partner(action.home()), *log);
  return {};
}

Ruling note_transfers(Context& context, const v1::NoteTransfers& action) {
  const auto& leaf = action.statement();
  const auto event = prove(context, leaf);
  if (!event) return tl::make_unexpected(event.error());
  const auto& list = event->payload.state_transfers();
  const auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  auto record = need_agreement(context, leaf.city());
  if (!record) return tl::make_unexpected(record.error());
  // The partner counts epochs from the first that it has seen.
  if (!event->payload.has_state_transfers() || list.home() != context.genesis.city() || !epoch ||
      list.epoch() != epoch->opening().epoch() - record->first_epoch())
    return unexpected_leaf("transfers of this epoch of " + context.genesis.city(), leaf);
  if (!record->awaits_list() || list.from() > record->list_from() ||
      list.to() <= record->list_from())
    return refuse(ErrorCode::RUN_DIFFERS, "epoch.leaves",
                  record->awaits_list() ? "from " + std::to_string(record->list_from()) : "none",
                  {}, std::to_string(list.from()));
  if (auto made = make_listed(context, list, action, *record); !made) return made;
  if (list.is_last() && record->list_from() == list.to()) end_list(context, *record);
  context.state.put(key::agreement(leaf.city()), *record);
  context.fact("transfers", std::to_string(action.receipts_size()));
  return {};
}

}  // namespace puhui::ledger
