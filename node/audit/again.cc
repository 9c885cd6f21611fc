// What was lost, made once more as it was: transfers and retirements, in parts where they lie in
// many pieces.
#include <algorithm>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

// ---- Units whose issuance was lost --------------------------------------------------------------

// As it was called, unless another batch has got that name since.
std::string name_of(const Books& books, const v1::ExportedRun& run) {
  const auto first = run.batch_start();
  for (auto name = run.batch(), next = "L" + std::to_string(first);;
       name = next, next = "L" + next) {
    const auto* known = find(books.batches, name);
    if (known == nullptr || known->start() == first) return name;
  }
}

v1::UnitBatch batch_of(const Case& at, const v1::ExportedRun& run) {
  v1::UnitBatch batch;
  batch.set_batch(name_of(at.books, run));
  batch.set_project(run.project());
  batch.set_methodology(run.methodology());
  batch.set_methodology_version(run.methodology_version());
  batch.set_serial_code(run.serial_code());
  batch.set_vintage(run.vintage());
  batch.set_issued_at(as_leaf(at));
  batch.set_registered_at(as_leaf(at));
  batch.set_start(run.batch_start());
  return batch;
}

// They are issued once more, and owed by their project; answers the name of their batch.
Verdict issue_again(Case& at, const v1::ExportedRun& run, std::string& name) {
  auto* project = find(at.books.projects, run.project());
  if (project == nullptr) return refused(ErrorCode::PROJECT_UNKNOWN, run.project());
  const auto fresh = batch_of(at, run);
  name = fresh.batch();
  auto& batch = at.books.batches.try_emplace(name, fresh).first->second;
  batch.set_end(std::max(batch.end(), run.end()));
  batch.set_serial(at.books.genesis.city() + "-CPH-" + run.serial_code() + "-" + run.project() +
                   "-" + std::to_string(run.vintage()) + "-" + name + "-" +
                   std::to_string(batch.start()) + "-" + std::to_string(batch.end()));
  changed(at, batch);
  at.books.next_serial = std::max(at.books.next_serial, run.end() + 1);
  project->set_issued_kg(project->issued_kg() + kilograms(run));
  project->set_owed_kg(project->owed_kg() + kilograms(run));
  changed(at, *project);
  auto& totals = at.books.totals;
  totals.set_units_issued_kg(totals.units_issued_kg() + kilograms(run));
  return {};
}

// ---- What went away -----------------------------------------------------------------------------

// Pieces that one event takes of a run; of how many it has looked at, with those of the runs before
// it; and the serial, as its issuer numbers it, where the next event goes on; 0 if nothing is left.
struct Taken {
  Pieces pieces;
  std::size_t seen = 0;
  std::uint64_t next = 0;
};

bool is_over(Taken& taken, std::uint64_t serial) {
  if (taken.seen++ < kPiecesMax) return false;
  taken.next = serial;
  return true;
}

// A held part is taken from its holder, whatever bound it.
void take_held(Case& at, const v1::UnitBlock& part, Pieces& pieces) {
  note_recalled(at, part.bound_by(), size_of(part));
  take_part(at, part);
  pieces.push_back(part);
}

// From this serial on, which nobody has, to the next that somebody has.
Verdict take_lost(Case& at, const v1::ExportedRun& run, std::uint64_t serial, Pieces& pieces) {
  const auto next = at.books.blocks.lower_bound(serial);
  auto lost = run;
  lost.set_start(serial);
  if (next != at.books.blocks.end()) lost.set_end(std::min(run.end(), next->second.start() - 1));
  std::string batch;
  if (auto bad = issue_again(at, lost, batch)) return bad;
  auto& piece = pieces.emplace_back();
  piece.set_start(lost.start());
  piece.set_end(lost.end());
  piece.set_batch(batch);
  piece.set_batch_start(run.batch_start());
  return {};
}

// What of a run lies in this block; if that has ended here, its project owes it.
Verdict take_known(Case& at, const v1::UnitBlock& part, Pieces& pieces) {
  if (at.books.batches.at(part.batch()).has_mirrored())
    return refused(ErrorCode::UNITS_FOREIGN, std::to_string(part.start()), "issued here",
                   part.batch());
  if (part.state() != v1::HELD) return cover_recalled(at, part.batch(), size_of(part));
  take_held(at, part, pieces);
  return {};
}

// Own units that went away, from a serial on.
Verdict take_away(Case& at, const v1::ExportedRun& run, std::uint64_t from, Taken& taken) {
  for (auto serial = std::max(run.start(), from); serial <= run.end();) {
    if (is_over(taken, serial)) return {};
    const auto found = at.books.blocks.lower_bound(serial);
    if (found == at.books.blocks.end() || found->second.start() > serial) {
      if (auto bad = take_lost(at, run, serial, taken.pieces)) return bad;
      serial = taken.pieces.back().end() + 1;
      continue;
    }
    auto part = found->second;
    part.set_start(serial);
    part.set_end(std::min(part.end(), run.end()));
    serial = part.end() + 1;
    if (auto bad = take_known(at, part, taken.pieces)) return bad;
  }
  return {};
}

// A partner's units that had gone home, from a serial there on.
void take_home(Case& at, const std::string& partner, const v1::ExportedRun& run, std::uint64_t from,
               Taken& taken) {
  auto theirs = origins_of(run);
  theirs.set_start(std::max(theirs.start(), from));
  for (const auto& part : parts_here(at.books, partner, theirs)) {
    if (is_over(taken, part.there)) return;
    if (part.units.state() == v1::HELD) take_held(at, part.units, taken.pieces);
  }
}

// Run by run, as far as one event may go.
Verdict take_gone(Case& at, const std::string& partner, v1::ListPart& listed) {
  const auto& record = listed.transfer();
  const auto& exported = record.export_();
  Taken taken;
  for (; listed.run() < exported.runs_size(); listed.set_run(listed.run() + 1)) {
    const auto& run = exported.runs(listed.run());
    taken.pieces.clear();
    if (!exported.is_return()) {
      if (auto bad = take_away(at, run, listed.next(), taken)) return bad;
    } else {
      take_home(at, partner, run, listed.next(), taken);
    }
    end_recognised(at, taken.pieces, record);
    listed.set_next(taken.next);
    if (taken.next != 0) return {};
  }
  return {};
}

// ---- What came ----------------------------------------------------------------------------------

// A return comes in parts.
Verdict take_in_again(Case& at, Told& told, const v1::Agreement& agreement) {
  auto& record = told.record;
  if (auto bad = find_account(at, record.export_().to())) return bad;
  if (record.export_().is_return()) return {};
  if (auto bad = need_takable(at, record, agreement)) return bad;
  keep_for_dispute(at, record, told.time, agreement);
  *record.mutable_serials() = take_in(at, record, agreement);
  return {};
}

}  // namespace

Verdict make_part(Case& at, const std::string& partner, v1::AgreementRecord& agreed) {
  if (!agreed.has_list_part()) return {};
  auto& part = *agreed.mutable_list_part();
  const bool is_home = part.transfer().state() == v1::TRANSFER_IMPORTED;
  if (auto bad = is_home ? come_home(at, part) : take_gone(at, partner, part)) return bad;
  if (is_home) keep_told(at, partner, part.transfer());
  if (part.next() == 0) agreed.clear_list_part();
  return {};
}

Verdict make_again(Case& at, const std::string& partner, Told told, v1::AgreementRecord& agreed) {
  auto& record = told.record;
  const bool is_gone = record.state() == v1::TRANSFER_CONCLUDED;
  if (is_gone || record.state() == v1::TRANSFER_IMPORTED) {
    const v1::Agreement* version = nullptr;
    if (auto bad = fill_recognised(at, partner, record, version)) return bad;
    if (!is_gone)
      if (auto bad = take_in_again(at, told, *version)) return bad;
  }
  // Told to the partner as well, whole or not.
  keep_told(at, partner, record);
  if (!is_gone && (record.state() != v1::TRANSFER_IMPORTED || !record.export_().is_return()))
    return {};
  *agreed.mutable_list_part()->mutable_transfer() = record;
  return make_part(at, partner, agreed);
}

bool retire_again(Case& at, const std::string& partner, const v1::StateRetirement& statement) {
  Pieces pieces;
  for (const auto& range : statement.serials())
    for (auto& part : parts_here(at.books, partner, range))
      if (part.units.state() == v1::HELD) pieces.push_back(std::move(part.units));
  const bool is_all = pieces.size() <= kPiecesMax;
  if (!is_all) pieces.resize(kPiecesMax);
  if (pieces.empty()) return is_all;
  note_purpose(at, pieces, statement.purpose());
  std::ranges::sort(pieces, {}, [](const v1::UnitBlock& piece) { return piece.start(); });
  Pieces taken;
  for (const auto& piece : pieces) take_held(at, piece, taken);
  v1::Retire action;
  action.set_account(taken.front().account());
  action.set_purpose(statement.purpose());
  action.set_beneficiary(statement.beneficiary());
  put_retirement(at, action, taken);
  return is_all;
}

}  // namespace puhui::node::audit
