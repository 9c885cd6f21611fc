#include <algorithm>
#include <cassert>
#include <map>

#include "crypto/merkle.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

std::string text(std::uint64_t start, std::uint64_t end) {
  return std::to_string(start) + "-" + std::to_string(end);
}

// ---- Retirements ----

// The serials of a retirement that a city issued, as it numbers them.
SerialRanges retired_of(const Context& context, const v1::Retirement& retirement,
                        const std::string& city) {
  return issued_by(
      city, retirement.serials(),
      [&context](std::uint64_t serial) { return block_of(context.state, serial); },
      [&context](const std::string& batch) {
        return context.state.find<v1::UnitBatch>(key::batch(batch));
      });
}

// Of these serials in their order, from `next` on, the pieces that one event may touch: each went
// to that city. Those that were noted before are left out, and counted. Then `next` is where the
// rest begins, or 0 if nothing is left.
tl::expected<SerialRanges, Refusal> need_abroad(const Context& context, const SerialRanges& serials,
                                                const std::string& city, std::uint64_t& next,
                                                std::size_t& noted) {
  SerialRanges pieces;
  std::size_t seen = 0;
  for (const auto& range : serials)
    for (auto serial = std::max(range.start(), next); serial <= range.end();) {
      if (seen++ == kRangesMax) {
        next = serial;
        return pieces;
      }
      const auto block = block_of(context.state, serial);
      if (!block || !is_away(context, *block, city))
        return refuse(ErrorCode::TRANSFER_STATE_WRONG, "partner.serials", "exported to " + city,
                      block ? v1::UnitState_Name(block->state()) : "not issued",
                      text(range.start(), range.end()));
      const auto end = std::min(range.end(), block->end());
      if (block->retired_abroad_at() != 0) {
        ++noted;
      } else {
        auto* piece = pieces.Add();
        piece->set_start(serial);
        piece->set_end(end);
      }
      serial = end + 1;
    }
  next = 0;
  return pieces;
}

// Each of these pieces ends there; what was recalled of them is covered.
Ruling retire_abroad(Context& context, const std::string& city, const SerialRanges& pieces) {
  std::map<std::string, std::int64_t> recalled_kg;
  const auto all = [](const v1::UnitBlock&) { return true; };
  const auto visit = [&](const v1::UnitBlock& block, std::uint64_t start, std::uint64_t end) {
    auto piece = take_piece(context, block, start, end);
    piece.set_retired_abroad_at(static_cast<std::int64_t>(context.leaf));
    put_back(context, piece);
    record_move(context, piece, v1::MOVE_RETIRE_ABROAD, city, "");
    if (piece.recalled_at() != 0) recalled_kg[piece.batch()] += count(piece);
  };
  if (auto visited = visit_blocks(context, pieces, all, visit); !visited) return visited;
  for (const auto& [batch, amount_kg] : recalled_kg)
    if (auto covered = cover_recalled(context, batch, amount_kg); !covered) return covered;
  auto& totals = context.totals;
  totals.set_units_retired_abroad_kg(totals.units_retired_abroad_kg() + kilograms(pieces));
  return {};
}

// The next part of these serials that a leaf there states.
Ruling note_part(Context& context, const v1::ProvenLeaf& leaf, SerialRanges serials) {
  const auto epoch = epoch_of_leaf(*need_partner(context, leaf.city()), leaf.epoch(), leaf.index());
  // A part ends at a serial: all below it are noted. Kept with those of recalls, which are other
  // leaves.
  const auto open = key::recall_open(leaf.city(), epoch, leaf.index());
  const auto begun = number_at(context.state, open);
  const auto stated = key::transfer_by_leaf(leaf.city(), epoch, leaf.index(),
                                            crypto::leaf_hash(leaf.entry()).view());
  auto next = begun.value_or(0);
  std::ranges::sort(serials, {}, &v1::SerialRange::start);
  std::size_t noted = 0;
  const auto pieces = need_abroad(context, serials, leaf.city(), next, noted);
  if (!pieces) return tl::make_unexpected(pieces.error());
  // What goes on in parts may be stated anew: a statement was lost before all of it was noted.
  const bool is_told_twice = next == 0 && noted > 0;
  if (!begun && (is_told_twice || context.state.has(stated)))
    return noted_before(leaf.city(), leaf.index());
  if (auto retired = retire_abroad(context, leaf.city(), *pieces); !retired) return retired;
  if (next == 0)
    context.state.erase(open);
  else
    put_number(context.state, open, next);
  // The partner may lose its statement: this city can tell it then, from the first part on.
  if (!begun) put_number(context.state, stated, context.leaf);
  context.fact("is_whole", next == 0 ? "true" : "false");
  return {};
}

// What of these units partners issued.
std::map<std::string, std::int64_t> by_issuer(const Context& context,
                                              const std::vector<v1::UnitBlock>& pieces) {
  std::map<std::string, std::int64_t> of_city;
  for (const auto& piece : pieces) {
    const auto batch = context.state.find<v1::UnitBatch>(key::batch(piece.batch()));
    if (batch->has_mirrored()) of_city[batch->mirrored().city()] += count(piece);
  }
  return of_city;
}

std::string retired_this_year(const Context& context, const std::string& city,
                              const std::string& purpose) {
  return key::retired_of(city, purpose,
                         static_cast<std::uint32_t>(year_of_day(day_of(context.now))));
}

// ---- Recalls ----

// Binds what is held, whatever bound it; marks what was retired or is on its way home.
void freeze(Context& context, const std::string& city, const v1::UnitBlock& block,
            v1::UnitBlock piece) {
  piece.set_recalled_at(static_cast<std::int64_t>(context.leaf));
  const auto& account = block.account();
  if (block.state() == v1::HELD && !is_lock(block.bound_by())) {
    note_recalled(context, block.bound_by(), count(piece));
    give_bound(context, piece, account, freeze_of(city));
  } else if (block.state() == v1::HELD) {
    give_bound(context, piece, account, block.bound_by());
  } else {
    mark_recalled(context, piece);
  }
  record_move(context, piece, v1::MOVE_FREEZE, account, account);
}

// As much of a recall as one event may touch.
struct Part {
  std::uint64_t next = 0;  // serial there from which it goes on; 0 once nothing is left
  std::size_t pieces = 0;
};

// Of a range there, from where the part before ended; answers whether this part is full.
bool freeze_range(Context& context, const std::string& city, const v1::SerialRange& range,
                  std::uint64_t from, Part& part) {
  for (auto piece = next_mirrored(context, city, std::max(range.start(), from), range.end()); piece;
       piece = next_mirrored(context, city, piece->origin_end() + 1, range.end())) {
    if (part.pieces++ == kRangesMax) {
      part.next = piece->origin_start;
      return true;
    }
    const auto& block = piece->block;
    if (block.recalled_at() == 0 && (block.state() == v1::HELD || block.state() == v1::RETIRED))
      freeze(context, city, block, take_piece(context, block, piece->start, piece->end));
  }
  return false;
}

// Of ranges in their order.
Part freeze_recalled(Context& context, const std::string& city, const SerialRanges& recalled,
                     std::uint64_t from) {
  Part part;
  for (const auto& range : recalled)
    if (freeze_range(context, city, range, from, part)) break;
  return part;
}

}  // namespace

Ruling noted_before(const std::string& city, std::uint64_t leaf) {
  return refuse(ErrorCode::RETIREMENT_STATED, "partner.noted", "once", {},
                city + " leaf " + std::to_string(leaf));
}

bool is_away(const Context& context, const v1::UnitBlock& block, const std::string& city) {
  if (block.state() != v1::EXPORTED || block.exported_to() != city) return false;
  const auto batch = context.state.find<v1::UnitBatch>(key::batch(block.batch()));
  return batch && !batch->has_mirrored();
}

std::string freeze_of(const std::string& city) { return "recall/" + city; }

Ruling need_none_recalled(const Context& context, const std::string& city,
                          const v1::ExportedRun& run) {
  const auto last = origin_end(run);
  const auto recalled = next_recalled(context, city, run.origin_start(), last);
  if (!recalled) return {};
  return refuse(ErrorCode::UNITS_RECALLED, "partner.recalls", {},
                text(recalled->start(), recalled->end()), text(run.origin_start(), last));
}

Ruling need_none_returning(const Context& context, const std::string& city,
                           const v1::ExportedRun& run) {
  const auto last = origin_end(run);
  const auto here = next_mirrored(context, city, run.origin_start(), last);
  if (!here) return {};
  const auto& block = here->block;
  if (block.state() == v1::HELD && is_lock(block.bound_by()))
    return refuse(ErrorCode::TRANSFER_STATE_WRONG, "import.returned",
                  "their return concluded first", block.bound_by(), text(here->start, here->end));
  return refuse(ErrorCode::UNITS_FOREIGN, "import.once", "in one city at a time", block.batch(),
                text(here->start, here->end));
}

void count_purpose(Context& context, const std::vector<v1::UnitBlock>& pieces,
                   const std::string& purpose) {
  for (const auto& [city, amount_kg] : by_issuer(context, pieces)) {
    const auto stored = retired_this_year(context, city, purpose);
    put_amount(context.state, stored, amount_at(context.state, stored) + amount_kg);
  }
}

Ruling use_purpose_caps(Context& context, const std::vector<v1::UnitBlock>& pieces,
                        const std::string& purpose) {
  if (context.totals.units_imported_kg() == 0) return {};
  for (const auto& [city, amount_kg] : by_issuer(context, pieces)) {
    const auto agreement = version_begun(context, city);
    const auto* terms = agreement ? terms_of(*agreement, context.genesis.city()) : nullptr;
    if (terms == nullptr) continue;
    const auto& caps = terms->purpose_caps();
    const auto cap = std::ranges::find(caps, purpose, &v1::PurposeCap::purpose);
    const auto used = amount_at(context.state, retired_this_year(context, city, purpose));
    if (cap != caps.end() && amount_kg > cap->max_kg() - used)
      return refuse(ErrorCode::CAP_EXCEEDED, "agreement.purpose_caps",
                    std::to_string(cap->max_kg()) + " kg of " + city, std::to_string(used) + " kg",
                    std::to_string(amount_kg) + " kg");
  }
  count_purpose(context, pieces, purpose);
  return {};
}

Ruling state_retirement(Context& context, const v1::StateRetirement& action) {
  if (!is_code(action.home())) return malformed("home");
  const auto retirement = context.state.find<v1::Retirement>(key::retirement(action.retirement()));
  if (!retirement)
    return refuse(ErrorCode::RETIREMENT_UNKNOWN, "retirement.known", {}, {},
                  std::to_string(action.retirement()));
  const auto record = need_agreement(context, action.home());
  if (!record) return tl::make_unexpected(record.error());
  // A list tells of statements that were lost, not of new ones.
  if (auto listed = need_lists(*record); !listed) return listed;
  const auto stored = key::stated(action.home(), action.retirement());
  if (context.state.has(stored)) return noted_before(action.home(), action.retirement());
  const auto serials = retired_of(context, *retirement, action.home());
  const auto& retired = retirement->retirement();
  if (serials.empty() || !std::ranges::equal(serials, action.serials(), same_range) ||
      action.purpose() != retired.purpose() || action.beneficiary() != retired.beneficiary())
    return refuse(ErrorCode::RUN_DIFFERS, "retirement.stated",
                  std::to_string(kilograms(serials)) + " kg, " + retired.purpose(), {},
                  std::to_string(action.retirement()));
  put_number(context.state, stored, context.leaf);
  return {};
}

Ruling note_retirement(Context& context, const v1::NoteRetirement& action) {
  const auto& leaf = action.statement();
  const auto event = prove(context, leaf);
  if (!event) return tl::make_unexpected(event.error());
  const auto& statement = event->payload.state_retirement();
  if (!event->payload.has_state_retirement() || statement.home() != context.genesis.city() ||
      !check_quantity(statement.serials(), 0))
    return unexpected_leaf("a retirement of units of " + context.genesis.city(), leaf);
  const auto record = need_agreement(context, leaf.city());
  if (!record) return tl::make_unexpected(record.error());
  // It is the last that became of them: whatever was lost came before.
  if (auto listed = need_lists(*record); !listed) return listed;
  return note_part(context, leaf, statement.serials());
}

Ruling note_recall(Context& context, const v1::NoteRecall& action) {
  const auto& leaf = action.recall();
  const auto event = prove(context, leaf);
  if (!event) return tl::make_unexpected(event.error());
  if (!event->payload.has_recall() || !check_quantity(event->payload.recall().serials(), 0))
    return unexpected_leaf("a recall", leaf);
  const auto record = need_agreement(context, leaf.city());
  if (!record) return tl::make_unexpected(record.error());
  // What the list brings back would escape it.
  if (auto listed = need_lists(*record); !listed) return listed;
  const auto& recall = event->payload.recall();
  const auto log = need_partner(context, leaf.city());
  const auto epoch = epoch_of_leaf(*log, leaf.epoch(), leaf.index());
  const auto noted = key::recall_noted(leaf.city(), epoch, leaf.index());
  if (context.state.has(noted)) return noted_before(leaf.city(), leaf.index());
  auto recalled = recall.serials();
  // A part ends at a serial: all below it were met before.
  std::ranges::sort(recalled, {}, &v1::SerialRange::start);
  const auto open = key::recall_open(leaf.city(), epoch, leaf.index());
  const auto from = number_at(context.state, open).value_or(0);
  if (from == 0) put_recalled(context, leaf.city(), recalled);
  const auto part = freeze_recalled(context, leaf.city(), recalled, from);
  if (part.next == 0) {
    context.state.erase(open);
    put_number(context.state, noted, context.leaf);
  } else {
    put_number(context.state, open, part.next);
  }
  context.fact("is_whole", part.next == 0 ? "true" : "false");
  context.fact("frozen_kg", std::to_string(kilograms(context.outcome.serials())));
  return {};
}

}  // namespace puhui::ledger
