// What was lost, made once more, in parts: a transfer, a retirement.
#include <algorithm>

#include "ledger/rules/holding/holding.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/retirement/retirement.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

// The name of a batch that was lost; where another got it since, one by its first serial.
std::string name_of_lost(const Context& context, const v1::ExportedRun& run) {
  const auto is_others = [&](const std::string& name) {
    const auto batch = context.state.find<v1::UnitBatch>(key::batch(name));
    return batch && batch->start() != run.batch_start();
  };
  if (!is_others(run.batch())) return run.batch();
  auto name = "L" + std::to_string(run.batch_start());
  while (is_others(name)) name.insert(0, "L");
  return name;
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

// As much of a transfer as one event may touch: from where the one before ended.
struct Part {
  std::uint64_t next = 0;  // serial as its issuer numbers it; 0 = from the first on
  std::size_t seen = 0;
  bool is_full = false;
  std::vector<v1::UnitBlock> pieces = {};

  // Whether there is no more room, for what begins at this serial.
  bool ends_before(std::uint64_t serial) {
    is_full = seen == kRangesMax;
    next = is_full ? serial : 0;
    if (!is_full) ++seen;
    return is_full;
  }
};

void take_held(Context& context, const v1::UnitBlock& block, const v1::SerialRange& of,
               std::vector<v1::UnitBlock>& pieces) {
  note_recalled(context, block.bound_by(), static_cast<std::int64_t>(of.end() - of.start() + 1));
  pieces.push_back(take_piece(context, block, of.start(), of.end()));
}

// Of serials from here on that no units have, to the next that some have.
Ruling take_lost(Context& context, v1::ExportedRun lost, Part& part) {
  if (const auto next = block_from(context.state, lost.start()))
    lost.set_end(std::min(lost.end(), next->start() - 1));
  lost.set_batch(name_of_lost(context, lost));
  if (auto issued = issue_again(context, lost); !issued) return issued;
  auto& piece = part.pieces.emplace_back();
  piece.set_start(lost.start());
  piece.set_end(lost.end());
  piece.set_batch(lost.batch());
  piece.set_batch_start(lost.batch_start());
  return {};
}

// Of what has ended here since, nothing can be taken, and its project owes it.
Ruling take_known(Context& context, const v1::UnitBlock& block, const v1::SerialRange& of,
                  Part& part) {
  if (context.state.find<v1::UnitBatch>(key::batch(block.batch()))->has_mirrored())
    return refuse(ErrorCode::UNITS_FOREIGN, "epoch.serials", "issued here", block.batch(),
                  std::to_string(of.start()));
  if (block.state() != v1::HELD)
    return cover_recalled(context, block.batch(),
                          static_cast<std::int64_t>(of.end() - of.start() + 1));
  take_held(context, block, of, part.pieces);
  return {};
}

// Takes serials that went away out of whatever they are in here, from whoever has them.
Ruling take_away(Context& context, const v1::ExportedRun& run, Part& part) {
  for (auto serial = std::max(run.start(), part.next); serial <= run.end();) {
    if (part.ends_before(serial)) return {};
    const auto block = block_of(context.state, serial);
    auto rest = run;
    rest.set_start(serial);
    v1::SerialRange of;
    of.set_start(serial);
    if (block) of.set_end(std::min(run.end(), block->end()));
    if (auto taken = block ? take_known(context, *block, of, part)
                           : take_lost(context, std::move(rest), part);
        !taken)
      return taken;
    serial = (block ? of.end() : part.pieces.back().end()) + 1;
  }
  part.next = 0;
  return {};
}

// A held piece of what a partner issued.
void take_mirrored(Context& context, const MirroredPiece& piece,
                   std::vector<v1::UnitBlock>& pieces) {
  v1::SerialRange of;
  of.set_start(piece.start);
  of.set_end(piece.end);
  take_held(context, piece.block, of, pieces);
}

// The same of a partner's units that had gone home: by their serials there.
void take_home(Context& context, const std::string& partner, const v1::ExportedRun& run,
               Part& part) {
  const auto last = origin_end(run);
  auto piece = next_mirrored(context, partner, std::max(run.origin_start(), part.next), last);
  part.next = 0;
  for (; piece; piece = next_mirrored(context, partner, piece->origin_end() + 1, last)) {
    if (part.ends_before(piece->origin_start)) return;
    if (piece->block.state() == v1::HELD) take_mirrored(context, *piece, part.pieces);
  }
}

// Run by run: the next one looks at the same batches, where nothing may be missing.
Ruling take_gone(Context& context, const std::string& partner, v1::ListPart& listed) {
  const auto& record = listed.transfer();
  Part part{listed.next()};
  while (listed.run() < record.export_().runs_size()) {
    const auto& run = record.export_().runs(listed.run());
    if (record.export_().is_return())
      take_home(context, partner, run, part);
    else if (auto taken = take_away(context, run, part); !taken)
      return taken;
    end_recognised(context, part.pieces, record);
    part.pieces.clear();
    listed.set_next(part.next);
    if (part.is_full) return {};
    listed.set_run(listed.run() + 1);
  }
  return {};
}

// Takes in, by its terms of then, what had come here; a return comes home in parts.
Ruling take_again(Context& context, v1::TransferRecord& record, Micros answered,
                  const v1::Agreement& agreement) {
  const auto account = need_account(context, record.export_().to());
  if (!account) return tl::make_unexpected(account.error());
  if (record.export_().is_return()) return {};
  if (auto takable = need_takable(context, record, agreement); !takable) return takable;
  keep_for_dispute(context, record, answered, agreement);
  take_in(context, record, agreement);
  return {};
}

// What is held of a partner's serials, as much as one event may touch; answers whether that is all.
bool take_stated(Context& context, const std::string& partner, const SerialRanges& serials,
                 std::vector<v1::UnitBlock>& pieces) {
  for (const auto& range : serials)
    for (auto piece = next_mirrored(context, partner, range.start(), range.end()); piece;
         piece = next_mirrored(context, partner, piece->origin_end() + 1, range.end())) {
      if (piece->block.state() != v1::HELD) continue;
      if (pieces.size() == kRangesMax) return false;
      take_mirrored(context, *piece, pieces);
    }
  return true;
}

}  // namespace

Ruling make_part(Context& context, const std::string& partner, v1::AgreementRecord& agreed) {
  if (!agreed.has_list_part()) return {};
  auto& part = *agreed.mutable_list_part();
  const bool is_gone = part.transfer().state() == v1::TRANSFER_CONCLUDED;
  if (auto made = is_gone ? take_gone(context, partner, part) : bring_part(context, part); !made)
    return made;
  if (part.next() == 0) agreed.clear_list_part();
  return {};
}

Ruling make_again(Context& context, const std::string& partner, Told told,
                  v1::AgreementRecord& agreed) {
  auto& record = told.record;
  const bool is_gone = record.state() == v1::TRANSFER_CONCLUDED;
  const bool has_come = record.state() == v1::TRANSFER_IMPORTED;
  if (is_gone || has_come) {
    const auto version = fill_recognised(context, partner, record);
    if (!version) return tl::make_unexpected(version.error());
    if (has_come)
      if (auto taken = take_again(context, record, told.time, *version); !taken) return taken;
  }
  // Known from its first part on: the partner may lose leaves too before the last one.
  put_transfer(context, record);
  note_partner_leaf(context, partner, record);
  if (!is_gone && !(has_come && record.export_().is_return())) return {};
  *agreed.mutable_list_part()->mutable_transfer() = std::move(record);
  return make_part(context, partner, agreed);
}

bool retire_again(Context& context, const std::string& partner,
                  const v1::StateRetirement& statement) {
  std::vector<v1::UnitBlock> pieces;
  const bool is_all = take_stated(context, partner, statement.serials(), pieces);
  if (pieces.empty()) return is_all;
  count_purpose(context, pieces, statement.purpose());
  std::ranges::sort(pieces, {}, &v1::UnitBlock::start);
  v1::Retire action;
  action.set_account(pieces.front().account());
  action.set_purpose(statement.purpose());
  action.set_beneficiary(statement.beneficiary());
  put_retirement(context, action, pieces);
  return is_all;
}

}  // namespace puhui::ledger
