#include <algorithm>
#include <cassert>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/signers.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

constexpr int kListedMax = 200;  // in one part

Ruling invalid(std::string_view what, std::string limit, std::string asked) {
  return refuse(ErrorCode::EPOCH_INVALID, "epoch." + std::string(what), std::move(limit), {},
                std::move(asked));
}

// Signed by the log before, and of leaves that are not here.
Ruling need_lost(const Context& context, const v1::OpenEpoch& action) {
  const auto log = own_log(context);
  const auto note = crypto::parse_note(action.last_checkpoint());
  if (!note || !crypto::verify_note(*note, std::span(&log, 1)))
    return invalid("last_checkpoint", log.name, {});
  const auto checkpoint = crypto::parse_checkpoint(note->text);
  if (!checkpoint || checkpoint->origin != log.name)
    return invalid("last_checkpoint", log.name, {});
  if (checkpoint->size > action.kept_leaves()) return {};
  return invalid("last_checkpoint", "more than " + std::to_string(action.kept_leaves()),
                 std::to_string(checkpoint->size));
}

// Nothing moves to or from a partner until its list is noted. Answers how many are awaited.
std::uint32_t await_lists(Context& context, std::uint64_t from) {
  std::uint32_t awaited = 0;
  for (auto at = context.state.at_or_after(key::kAgreements, key::kAgreements); at;
       at = context.state.at_or_after(key::kAgreements, at->key + '\0')) {
    auto record = *context.state.find<v1::AgreementRecord>(at->key);
    if (record.standing() == v1::CLOSED) continue;
    record.set_awaits_list(true);
    record.set_list_from(from);
    context.state.put(at->key, record);
    ++awaited;
  }
  return awaited;
}

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
  *transfer.mutable_export_() = record.export_();
  transfer.set_agreement_version(record.agreement_version());
  transfer.set_lost_leaf(record.partner_leaf());
  transfer.set_party(record.party());
  transfer.set_exported_time(record.exported_time());
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

// What its record said before it was lost, by the agreement it was answered under.
tl::expected<v1::TransferRecord, Refusal> record_of(const Context& context,
                                                    const v1::ListedTransfer& listed,
                                                    const std::string& partner) {
  const bool is_own = listed.state() == v1::LISTED_TAKEN || listed.state() == v1::LISTED_NOT_TAKEN;
  v1::TransferRecord record;
  record.set_transfer(listed.transfer());
  *record.mutable_export_() = listed.export_();
  record.set_city(is_own ? context.genesis.city() : partner);
  record.set_party(listed.party());
  record.set_exported_time(listed.exported_time());
  record.set_recorded_at(static_cast<std::int64_t>(context.leaf));
  record.set_ended_at(record.recorded_at());
  record.set_amount_kg(kilograms(listed.export_().runs()));
  switch (listed.state()) {
    case v1::LISTED_TAKEN:
      record.set_state(v1::TRANSFER_CONCLUDED);
      break;
    case v1::LISTED_NOT_TAKEN:
      record.set_state(v1::TRANSFER_FREED);
      return record;
    case v1::LISTED_GONE:
      record.set_state(v1::TRANSFER_IMPORTED);
      break;
    default:
      record.set_state(v1::TRANSFER_VOID);
      return record;
  }
  const auto agreement = agreement_of(context, partner, listed.agreement_version());
  if (!agreement) return tl::make_unexpected(agreement.error());
  const auto part = recognised(listed.export_(), *agreement);
  record.set_agreement_version(listed.agreement_version());
  record.set_recognised_kg(part.kg);
  *record.mutable_discounted() = part.discounted;
  return record;
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
    batch.set_start(run.start());
  }
  batch.set_end(std::max(batch.end(), run.end()));
  batch.set_serial(printed_serial(context.genesis.city(), run, kilograms(run)));
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

// Takes serials that went away out of whatever they are in here: a held piece from its holder; of
// what has ended here since, nothing can be taken, and its project owes it.
Ruling take_away(Context& context, const v1::ExportedRun& run, std::vector<v1::UnitBlock>& pieces) {
  for (auto serial = run.start(); serial <= run.end();) {
    if (pieces.size() > kRangesMax)
      return refuse(ErrorCode::TOO_LARGE, "epoch.pieces", std::to_string(kRangesMax));
    const auto block = block_of(context.state, serial);
    if (!block) {
      auto rest = run;
      rest.set_start(serial);
      rest.set_origin_start(serial);
      if (auto issued = issue_again(context, rest); !issued) return issued;
      v1::UnitBlock piece;
      piece.set_start(serial);
      piece.set_end(run.end());
      piece.set_batch(run.batch());
      piece.set_batch_start(context.state.find<v1::UnitBatch>(key::batch(run.batch()))->start());
      pieces.push_back(piece);
      return {};
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
  std::vector<v1::UnitBlock> pieces;
  for (const auto& run : record.export_().runs())
    if (auto taken = record.export_().is_return() ? take_home(context, partner, run, pieces)
                                                  : take_away(context, run, pieces);
        !taken)
      return taken;
  end_recognised(context, pieces, record);
  return {};
}

Ruling make_again(Context& context, const std::string& partner, const v1::ListedTransfer& listed) {
  if (transfer_of(context, listed.transfer())) return {};
  if (!check_runs(listed.export_())) return malformed("transfers");
  auto record = record_of(context, listed, partner);
  if (!record) return tl::make_unexpected(record.error());
  if (record->state() == v1::TRANSFER_CONCLUDED)
    if (auto gone = take_gone(context, partner, *record); !gone) return gone;
  if (record->state() == v1::TRANSFER_IMPORTED) {
    const auto account = need_account(context, record->export_().to());
    if (!account) return tl::make_unexpected(account.error());
    const auto agreement = agreement_of(context, partner, record->agreement_version());
    if (!agreement) return tl::make_unexpected(agreement.error());
    if (auto takable = need_takable(context, *record, *agreement); !takable) return takable;
    take_in(context, *record, *agreement);
  }
  context.state.put(key::transfer(record->transfer()), *record);
  return {};
}

}  // namespace

void end_list(Context& context, v1::AgreementRecord& record) {
  record.set_awaits_list(false);
  auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  assert(epoch && epoch->lists_awaited() > 0 && "a list is awaited in an epoch");
  epoch->set_lists_awaited(epoch->lists_awaited() - 1);
  context.state.put(key::epoch(), *epoch);
}

Ruling need_all_lists(const Context& context) {
  const auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  if (!epoch || epoch->lists_awaited() == 0) return {};
  return refuse(ErrorCode::EPOCH_LISTS_PENDING, "epoch.lists", "0",
                std::to_string(epoch->lists_awaited()));
}

Ruling open_epoch(Context& context, const v1::OpenEpoch& action) {
  const auto before = context.state.find<v1::EpochRecord>(key::epoch());
  const auto next = before ? before->opening().epoch() + 1 : 1;
  if (!action.has_decision() || !is_document(action.decision())) return malformed("decision");
  if (!crypto::is_key_name(action.origin()) || !crypto::PublicKey::decode(action.log_key()))
    return malformed("origin");
  if (context.genesis.has_demo_clock() != action.origin().starts_with("demo."))
    return malformed("origin");
  if (action.epoch() != next)
    return invalid("number", std::to_string(next), std::to_string(action.epoch()));
  if (action.kept_leaves() != context.leaf)
    return invalid("kept_leaves", std::to_string(context.leaf),
                   std::to_string(action.kept_leaves()));
  if (action.origin() == own_log(context).name) return invalid("origin", {}, action.origin());
  if (auto lost = need_lost(context, action); !lost) return lost;
  if (auto met = require_signers(context, "epoch.open", the_city()); !met) return met;
  v1::EpochRecord record;
  *record.mutable_opening() = action;
  record.set_opened_at(static_cast<std::int64_t>(context.leaf));
  record.set_listed_from(before ? std::min(before->listed_from(), action.kept_leaves())
                                : action.kept_leaves());
  record.set_lists_awaited(await_lists(context, record.listed_from()));
  context.state.put(key::epoch(), record);
  return {};
}

Ruling state_transfers(Context& context, const v1::StateTransfers& action) {
  auto log = need_partner(context, action.home());
  if (!log) return tl::make_unexpected(log.error());
  if (log->epoch() == 0 || action.epoch() != log->epoch())
    return invalid("number", std::to_string(log->epoch()), std::to_string(action.epoch()));
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
  if (!event->payload.has_state_transfers() || list.home() != context.genesis.city() || !epoch ||
      list.epoch() != epoch->opening().epoch())
    return unexpected_leaf("transfers of this epoch of " + context.genesis.city(), leaf);
  auto record = need_agreement(context, leaf.city());
  if (!record) return tl::make_unexpected(record.error());
  if (!record->awaits_list() || list.from() != record->list_from())
    return refuse(ErrorCode::RUN_DIFFERS, "epoch.leaves",
                  record->awaits_list() ? "from " + std::to_string(record->list_from()) : "none",
                  {}, std::to_string(list.from()));
  for (const auto& listed : list.transfers())
    if (auto made = make_again(context, leaf.city(), listed); !made) return made;
  record->set_list_from(list.to());
  if (list.is_last()) end_list(context, *record);
  context.state.put(key::agreement(leaf.city()), *record);
  context.fact("transfers", std::to_string(list.transfers_size()));
  return {};
}

}  // namespace puhui::ledger
