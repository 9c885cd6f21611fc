#include <algorithm>
#include <cassert>

#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/actions.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/actions.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

using Ranges = google::protobuf::RepeatedPtrField<v1::SerialRange>;

Ruling need_of_batch(const v1::UnitBatch& batch, const Ranges& serials) {
  if (auto form = check_quantity(serials, 0); !form) return form;
  for (const auto& range : serials)
    if (range.start() < batch.start() || range.end() > batch.end())
      return refuse(ErrorCode::SERIAL_NOT_OWNED, "serials.of_batch", batch.serial(), {},
                    std::to_string(range.start()) + "-" + std::to_string(range.end()));
  return {};
}

// Ranges of a batch; all of it when none are named.
tl::expected<Ranges, Refusal> ranges_of(const v1::UnitBatch& batch, const Ranges& serials) {
  if (!serials.empty()) {
    if (auto named = need_of_batch(batch, serials); !named)
      return tl::make_unexpected(named.error());
    return serials;
  }
  Ranges all;
  auto* whole = all.Add();
  whole->set_start(batch.start());
  whole->set_end(batch.end());
  return all;
}

// Takes units out of the buffer for what cannot be taken back, as many as one event may touch; the
// rest is owed by the project.
Ruling cover(Context& context, v1::Project& project, std::int64_t amount_kg,
             v1::RecallRecord& record) {
  const auto* rule = buffer_rule(context.rules, about(context, project.filing()).methodology);
  const auto buffer = rule == nullptr
                          ? std::nullopt
                          : context.state.find<v1::Account>(key::account(rule->account()));
  const bool is_buffer = buffer && buffer->kind() == v1::ACCOUNT_BUFFER;
  std::int64_t covered = 0;
  if (is_buffer)
    for (const auto& piece : take_up_to(context, rule->account(), amount_kg)) {
      covered += count(piece);
      put_ended(context, piece, rule->account(), v1::CANCELLED);
      record_move(context, piece, v1::MOVE_COVER, rule->account(), "");
    }
  std::int64_t owed = 0;
  if (__builtin_add_overflow(project.owed_kg(), amount_kg - covered, &owed))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "project.owed");
  project.set_owed_kg(owed);
  context.state.put(key::project(project.filing().project()), project);
  record.set_from_buffer_kg(covered);
  record.set_owed_kg(amount_kg - covered);
  return {};
}

void put_record(Context& context, const v1::Project& project, v1::RecallRecord& record) {
  record.set_leaf(static_cast<std::int64_t>(context.leaf));
  record.set_time(context.now);
  record.set_project(project.filing().project());
  context.state.put(key::recall(context.leaf), record);
  context.fact("cancelled_kg", std::to_string(record.cancelled_kg()));
  context.fact("retired_kg", std::to_string(record.retired_kg()));
  context.fact("from_buffer_kg", std::to_string(record.from_buffer_kg()));
  context.fact("owed_kg", std::to_string(record.owed_kg()));
  if (record.abroad_kg() > 0) context.fact("abroad_kg", std::to_string(record.abroad_kg()));
}

// Cancels a piece that is held, or marks one that was retired, or is abroad or on the way.
void take_back(Context& context, const v1::UnitBlock& block, const v1::UnitBlock& piece,
               v1::RecallRecord& record) {
  if (block.state() == v1::RETIRED || block.retired_abroad_at() != 0) {
    record.set_retired_kg(record.retired_kg() + count(piece));
    mark_recalled(context, piece);
  } else if (block.state() == v1::EXPORTED) {
    record.set_abroad_kg(record.abroad_kg() + count(piece));
    mark_recalled(context, piece);
  } else if (is_lock(block.bound_by())) {
    record.set_abroad_kg(record.abroad_kg() + count(piece));
    auto marked = piece;
    marked.set_recalled_at(static_cast<std::int64_t>(context.leaf));
    give_bound(context, marked, block.account(), block.bound_by());
  } else {
    record.set_cancelled_kg(record.cancelled_kg() + count(piece));
    put_ended(context, piece, block.account(), v1::CANCELLED);
    note_recalled(context, block.bound_by(), count(piece));
  }
  record_move(context, piece, v1::MOVE_RECALL, block.account(), "");
}

// Neither ended otherwise nor recalled before.
bool is_recallable(const v1::UnitBlock& block) {
  return block.recalled_at() == 0 && (block.state() == v1::HELD || block.state() == v1::RETIRED ||
                                      block.state() == v1::EXPORTED);
}

Ruling take_back(Context& context, const Ranges& ranges, v1::RecallRecord& record) {
  const auto visit = [&](const v1::UnitBlock& block, std::uint64_t start, std::uint64_t end) {
    take_back(context, block, take_piece(context, block, start, end), record);
  };
  return visit_blocks(context, ranges, is_recallable, visit);
}

bool is_some_left(const Context& context, std::uint64_t start, std::uint64_t end) {
  for (auto block = block_from(context.state, start); block && block->start() <= end;
       block = block_from(context.state, block->end() + 1))
    if (is_recallable(*block)) return true;
  return false;
}

// Whether units of the batch could be recalled still. Parts mostly follow one another: what comes
// after the last range that was taken is looked at first.
bool is_some_left(const Context& context, const v1::UnitBatch& batch, const Ranges& taken) {
  const auto& last = *taken.rbegin();
  return is_some_left(context, last.end() + 1, batch.end()) ||
         is_some_left(context, batch.start(), last.start() - 1);
}

std::int64_t size_of(const v1::UnitBatch& batch) {
  return static_cast<std::int64_t>(batch.end() - batch.start() + 1);
}

// Nothing of a report's issuance is left: its period may be reported anew, and what its result did
// to what the project carries is undone.
Ruling free_report(Context& context, v1::Report& report, const v1::UnitBatch& batch,
                   v1::Project& project) {
  const auto carried_g =
      report.result_g() - report.dropped_g() - size_of(batch) * kGramsPerKilogram;
  std::int64_t before_g = 0;
  if (__builtin_sub_overflow(project.remainder_g(), carried_g, &before_g))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "project.remainder");
  project.set_remainder_g(before_g);
  free_period(context, report);
  report.set_state(v1::RECALLED);
  put_report(context, report);
  return {};
}

// No purpose of the rules is served by units of this batch any more.
Ruling need_serving_none(const Context& context, const v1::UnitBatch& batch) {
  const auto& purposes = context.rules.purposes();
  const auto serves = std::ranges::find_if(purposes, [&](const std::string& purpose) {
    return need_serving(context, batch, purpose).has_value();
  });
  if (serves == purposes.end() && !purposes.empty()) return {};
  return refuse(
      ErrorCode::VINTAGE_SERVES, "rules.vintages",
      serves == purposes.end() ? "no purposes in rule set " + context.rules.version() : *serves, {},
      batch.serial());
}

}  // namespace

Ruling cover_recalled(Context& context, const std::string& code, std::int64_t amount_kg) {
  const auto batch = context.state.find<v1::UnitBatch>(key::batch(code));
  auto project = project_of(context, batch->project());
  v1::RecallRecord record;
  return cover(context, project, amount_kg, record);
}

Ruling recall(Context& context, const v1::Recall& action) {
  if (action.reason().empty() || action.reason().size() > kTextSizeMax) return malformed("reason");
  if (!action.has_decision() || !is_document(action.decision())) return malformed("decision");
  auto batch = need_batch(context, action.batch());
  if (!batch) return tl::make_unexpected(batch.error());
  if (action.serials().empty()) return malformed("serials");
  if (auto named = need_of_batch(*batch, action.serials()); !named) return named;
  if (batch->has_mirrored())
    return refuse(ErrorCode::UNITS_FOREIGN, "recall.issuer", "the city that issued them",
                  batch->mirrored().city(), batch->serial());
  auto project = project_of(context, batch->project());
  auto subject = about(context, project.filing());
  subject.amount_kg = kilograms(action.serials());
  if (auto met = require_signers(context, "recall", subject); !met) return met;
  v1::RecallRecord record;
  *record.mutable_recall() = action;
  if (auto taken = take_back(context, action.serials(), record); !taken) return taken;
  const auto recalled_kg = record.cancelled_kg() + record.retired_kg() + record.abroad_kg();
  if (recalled_kg == 0)
    return refuse(ErrorCode::RECALL_NOTHING, "recall.serials", {}, {}, batch->serial());
  batch->set_recalled_kg(batch->recalled_kg() + recalled_kg);
  context.state.put(key::batch(batch->batch()), *batch);
  // None of a batch whose issuance was lost when an epoch began.
  if (auto report = context.state.find<v1::Report>(key::report(batch->report()))) {
    note_recalled_credits(context, *report, recalled_kg);
    if (!is_some_left(context, *batch, action.serials()))
      if (auto freed = free_report(context, *report, *batch, project); !freed) return freed;
  }
  // What was reversed before is covered or owed by now.
  const auto left_kg = project.issued_kg() - project.taken_back_kg();
  project.set_taken_back_kg(project.taken_back_kg() + std::min(left_kg, recalled_kg));
  const auto uncovered_kg = std::clamp<std::int64_t>(
      left_kg - record.cancelled_kg() - record.abroad_kg(), 0, record.retired_kg());
  if (auto covered = cover(context, project, uncovered_kg, record); !covered) return covered;
  put_record(context, project, record);
  return {};
}

Ruling reverse(Context& context, const v1::Reverse& action) {
  if (action.reason().empty() || action.reason().size() > kTextSizeMax) return malformed("reason");
  if (!action.has_statement() || !is_document(action.statement())) return malformed("statement");
  if (auto amount = check_quantity({}, action.amount_kg()); !amount) return amount;
  auto project = context.state.find<v1::Project>(key::project(action.project()));
  if (!project)
    return refuse(ErrorCode::PROJECT_UNKNOWN, "project.known", {}, {}, action.project());
  const auto left_kg = project->issued_kg() - project->taken_back_kg();
  if (action.amount_kg() > left_kg)
    return refuse(ErrorCode::BALANCE_INSUFFICIENT, "project.issued",
                  std::to_string(left_kg) + " kg issued and not taken back", {},
                  std::to_string(action.amount_kg()) + " kg");
  project->set_taken_back_kg(project->taken_back_kg() + action.amount_kg());
  auto subject = about(context, project->filing());
  subject.amount_kg = action.amount_kg();
  if (auto met = require_signers(context, "reverse", subject); !met) return met;
  v1::RecallRecord record;
  *record.mutable_reverse() = action;
  if (auto covered = cover(context, *project, action.amount_kg(), record); !covered) return covered;
  put_record(context, *project, record);
  return {};
}

Ruling expire(Context& context, const v1::Expire& action) {
  const auto batch = need_batch(context, action.batch());
  if (!batch) return tl::make_unexpected(batch.error());
  const auto ranges = ranges_of(*batch, action.serials());
  if (!ranges) return tl::make_unexpected(ranges.error());
  if (auto none = need_serving_none(context, *batch); !none) return none;
  auto subject = about(context, *batch);
  subject.amount_kg = kilograms(*ranges);
  if (auto met = require_signers(context, "expire", subject); !met) return met;
  const auto wants = [&context](const v1::UnitBlock& block) {
    if (block.state() != v1::HELD || !block.bound_by().empty()) return false;
    const auto account = context.state.find<v1::Account>(key::account(block.account()));
    return account && account->kind() != v1::ACCOUNT_BUFFER;
  };
  std::int64_t expired_kg = 0;
  auto visited =
      visit_blocks(context, *ranges, wants,
                   [&](const v1::UnitBlock& block, std::uint64_t start, std::uint64_t end) {
                     const auto piece = take_piece(context, block, start, end);
                     put_ended(context, piece, block.account(), v1::EXPIRED);
                     record_move(context, piece, v1::MOVE_EXPIRE, block.account(), "");
                     expired_kg += count(piece);
                   });
  if (!visited) return visited;
  if (expired_kg == 0)
    return refuse(ErrorCode::AMOUNT_ZERO, "expire.serials", "1 kg", {}, batch->serial());
  context.fact("expired_kg", std::to_string(expired_kg));
  return {};
}

}  // namespace puhui::ledger
