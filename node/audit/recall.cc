// What takes units back: recall, reverse, expire.
#include <algorithm>

#include "node/audit/citizens.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

Verdict find_batch(Case& at, const std::string& code, v1::UnitBatch*& batch) {
  batch = find(at.books.batches, code);
  return batch != nullptr ? Verdict() : refused(ErrorCode::BATCH_UNKNOWN, code);
}

Verdict need_of_batch(const v1::UnitBatch& batch, const Ranges& serials) {
  if (auto bad = check_quantity({serials, 0})) return bad;
  for (const auto& range : serials)
    if (range.start() < batch.start() || range.end() > batch.end())
      return refused(ErrorCode::SERIAL_NOT_OWNED, "serials of another batch", batch.serial());
  return {};
}

// The named serials of a batch, or else all of it.
Verdict ranges_of(const v1::UnitBatch& batch, const Ranges& serials, Ranges& ranges) {
  ranges = serials;
  if (!ranges.empty()) return need_of_batch(batch, ranges);
  auto* all = ranges.Add();
  all->set_start(batch.start());
  all->set_end(batch.end());
  return {};
}

bool is_retired(const v1::UnitBlock& block) {
  return block.state() == v1::RETIRED || block.retired_abroad_at() != 0;
}
// In another city, or on its way there.
bool is_abroad(const v1::UnitBlock& block) {
  return !is_retired(block) && (block.state() == v1::EXPORTED || is_locked(block));
}

std::int64_t sum_of(const Pieces& pieces, bool (*counts)(const v1::UnitBlock&)) {
  std::int64_t sum = 0;
  for (const auto& piece : pieces) sum += counts(piece) ? size_of(piece) : 0;
  return sum;
}

// Takes units out of the buffer, as many as one event may touch; the rest is owed by the project.
Verdict cover(Case& at, v1::Project& project, std::int64_t amount_kg, v1::RecallRecord& record) {
  const auto* rule = buffer_rule(at.rules, about(at, project.filing()).methodology);
  const auto* buffer = rule != nullptr ? find(at.books.accounts, rule->account()) : nullptr;
  const bool is_buffer = buffer != nullptr && buffer->kind() == v1::ACCOUNT_BUFFER;
  const auto pieces = is_buffer ? plan_up_to(at, rule->account(), amount_kg) : Pieces();
  const auto covered = total_kg(pieces);
  std::int64_t owed = 0;
  if (__builtin_add_overflow(project.owed_kg(), amount_kg - covered, &owed))
    return refused(ErrorCode::AMOUNT_OVERFLOW, "what " + project.filing().project() + " owes");
  for (const auto& piece : pieces) {
    take_part(at, piece);
    end_units(at, piece, rule->account(), v1::CANCELLED);
  }
  project.set_owed_kg(owed);
  changed(at, project);
  record.set_from_buffer_kg(covered);
  record.set_owed_kg(amount_kg - covered);
  return {};
}

void put_record(Case& at, const v1::Project& project, v1::RecallRecord& record) {
  record.set_leaf(as_leaf(at));
  record.set_time(at.now);
  record.set_project(project.filing().project());
  at.books.changed(stored('l', at.position), record);
}

// What is held ends; what was retired, is abroad or on its way is marked.
void take_back(Case& at, const Pieces& pieces) {
  for (auto piece : pieces) {
    take_part(at, piece);
    if (is_locked(piece)) {
      piece.set_recalled_at(as_leaf(at));
      give(at, piece, piece.account(), piece.bound_by());
    } else if (piece.state() == v1::HELD) {
      end_units(at, piece, piece.account(), v1::CANCELLED);
      note_recalled(at, piece.bound_by(), size_of(piece));
    } else {
      mark_recalled(at, piece);
    }
  }
}

// With the last of a batch, the days of its report are free again, and the project carries what it
// did before.
Verdict free_report(Case& at, const v1::UnitBatch& batch, v1::Project& project) {
  auto& report = at.books.reports.at(batch.report());
  const Whole kilograms = batch.end() - batch.start() + 1;
  const Whole before =
      Whole(project.remainder_g()) - report.result_g() + report.dropped_g() + kilograms * 1000;
  if (before != Whole(static_cast<std::int64_t>(before)))
    return refused(ErrorCode::AMOUNT_OVERFLOW, "what " + batch.project() + " carries");
  project.set_remainder_g(static_cast<std::int64_t>(before));
  free_period(at, report);
  report.set_state(v1::RECALLED);
  changed(at, report);
  return {};
}

// So much of a batch was recalled. What was reversed before is covered or owed by now: answers how
// much of what was retired is still to be.
std::int64_t note_recalled_units(Case& at, v1::UnitBatch& batch, v1::Project& project,
                                 const v1::RecallRecord& record) {
  const auto recalled_kg = record.cancelled_kg() + record.retired_kg() + record.abroad_kg();
  batch.set_recalled_kg(batch.recalled_kg() + recalled_kg);
  changed(at, batch);
  const auto left_kg = project.issued_kg() - project.taken_back_kg();
  project.set_taken_back_kg(project.taken_back_kg() + std::min(left_kg, recalled_kg));
  const auto beyond_kg =
      std::max<std::int64_t>(0, left_kg - record.cancelled_kg() - record.abroad_kg());
  return std::min(beyond_kg, record.retired_kg());
}

bool is_recallable(const v1::UnitBlock& block) {
  const bool is_somewhere =
      block.state() == v1::HELD || block.state() == v1::RETIRED || block.state() == v1::EXPORTED;
  return is_somewhere && block.recalled_at() == 0;
}

// Of a batch whose issuance was lost when an epoch began, there is no report.
Verdict note_in_report(Case& at, const v1::UnitBatch& batch, const v1::RecallRecord& record) {
  const auto* report = find(at.books.reports, batch.report());
  if (report == nullptr) return {};
  recalled_from(at, *report, record.cancelled_kg() + record.retired_kg() + record.abroad_kg());
  const auto first = at.books.blocks.lower_bound(batch.start());
  const auto after = at.books.blocks.upper_bound(batch.end());
  if (std::any_of(first, after, [](const auto& each) { return is_recallable(each.second); }))
    return {};
  return free_report(at, batch, at.books.projects.at(batch.project()));
}

// Free to expire: what is bound waits, and what a buffer holds stays there.
bool is_expirable(const Books& books, const v1::UnitBlock& block) {
  return block.state() == v1::HELD && block.bound_by().empty() &&
         books.accounts.at(block.account()).kind() != v1::ACCOUNT_BUFFER;
}

// Units of the batch serve none of the purposes there are.
Verdict need_serving_none(const Case& at, const v1::UnitBatch& batch) {
  for (const auto& purpose : at.rules.purposes())
    if (!need_serving(at, batch, purpose))
      return refused(ErrorCode::VINTAGE_SERVES, batch.serial(), "no purpose", purpose);
  if (at.rules.purposes().empty())
    return refused(ErrorCode::VINTAGE_SERVES, batch.serial(), "purposes in the rules", "none");
  return {};
}

}  // namespace

Verdict cover_recalled(Case& at, const std::string& batch, std::int64_t amount_kg) {
  v1::RecallRecord record;
  return cover(at, at.books.projects.at(at.books.batches.at(batch).project()), amount_kg, record);
}

Verdict recall(Case& at, const v1::Recall& action) {
  if (action.reason().empty() || action.reason().size() > kTextMax) return malformed("reason");
  if (!is_document(action.decision())) return malformed("decision");
  v1::UnitBatch* batch = nullptr;
  if (auto bad = find_batch(at, action.batch(), batch)) return bad;
  if (action.serials().empty()) return malformed("serials");
  if (auto bad = need_of_batch(*batch, action.serials())) return bad;
  if (batch->has_mirrored())
    return refused(ErrorCode::UNITS_FOREIGN, batch->serial(), "the city that issued them",
                   batch->mirrored().city());
  auto& project = at.books.projects.at(batch->project());
  auto subject = about(at, project.filing());
  subject.amount_kg = kilograms({action.serials(), 0});
  need_signers(at, "recall", subject);
  Pieces pieces;
  if (auto bad = parts_of(at, action.serials(), pieces)) return bad;
  std::erase_if(pieces, [](const auto& piece) { return !is_recallable(piece); });
  if (pieces.empty()) return refused(ErrorCode::RECALL_NOTHING, batch->serial());
  take_back(at, pieces);
  v1::RecallRecord record;
  *record.mutable_recall() = action;
  record.set_abroad_kg(sum_of(pieces, is_abroad));
  record.set_retired_kg(sum_of(pieces, is_retired));
  record.set_cancelled_kg(total_kg(pieces) - record.abroad_kg() - record.retired_kg());
  const auto uncovered_kg = note_recalled_units(at, *batch, project, record);
  if (auto bad = note_in_report(at, *batch, record)) return bad;
  if (auto bad = cover(at, project, uncovered_kg, record)) return bad;
  put_record(at, project, record);
  return {};
}

Verdict reverse(Case& at, const v1::Reverse& action) {
  if (action.reason().empty() || action.reason().size() > kTextMax) return malformed("reason");
  if (!is_document(action.statement())) return malformed("statement");
  if (auto bad = check_quantity({{}, action.amount_kg()})) return bad;
  auto* project = find(at.books.projects, action.project());
  if (project == nullptr) return refused(ErrorCode::PROJECT_UNKNOWN, action.project());
  const auto left_kg = project->issued_kg() - project->taken_back_kg();
  if (action.amount_kg() > left_kg)
    return refused(ErrorCode::BALANCE_INSUFFICIENT, action.project(),
                   std::to_string(left_kg) + " kg issued and not taken back",
                   std::to_string(action.amount_kg()) + " kg");
  project->set_taken_back_kg(project->taken_back_kg() + action.amount_kg());
  auto subject = about(at, project->filing());
  subject.amount_kg = action.amount_kg();
  need_signers(at, "reverse", subject);
  v1::RecallRecord record;
  *record.mutable_reverse() = action;
  if (auto bad = cover(at, *project, action.amount_kg(), record)) return bad;
  put_record(at, *project, record);
  return {};
}

Verdict expire(Case& at, const v1::Expire& action) {
  v1::UnitBatch* batch = nullptr;
  if (auto bad = find_batch(at, action.batch(), batch)) return bad;
  Ranges ranges;
  if (auto bad = ranges_of(*batch, action.serials(), ranges)) return bad;
  if (auto bad = need_serving_none(at, *batch)) return bad;
  auto subject = about(at, *batch);
  subject.amount_kg = kilograms({ranges, 0});
  need_signers(at, "expire", subject);
  Pieces pieces;
  if (auto bad = parts_of(at, ranges, pieces)) return bad;
  std::erase_if(pieces, [&](const auto& piece) { return !is_expirable(at.books, piece); });
  if (pieces.empty()) return refused(ErrorCode::AMOUNT_ZERO, batch->serial());
  for (const auto& piece : pieces) {
    take_part(at, piece);
    end_units(at, piece, piece.account(), v1::EXPIRED);
  }
  return {};
}

}  // namespace puhui::node::audit
