#include "ledger/rules/holding/holdings.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "crypto/bytes.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

using Ranges = google::protobuf::RepeatedPtrField<v1::SerialRange>;

std::string text(std::uint64_t start, std::uint64_t end) {
  return std::to_string(start) + "-" + std::to_string(end);
}

// Where a search for the account's lowest serials begins: it holds none below.
std::uint64_t serials_from(const State& state, const std::string& account) {
  return number_at(state, key::serials_from(account)).value_or(0);
}

void put_serials_from(State& state, const std::string& account, std::uint64_t serial) {
  put_number(state, key::serials_from(account), serial);
}

std::int64_t free_kg(const v1::Account& account) {
  return account.units_held_kg() - account.units_bound_kg();
}

// What an account holds more, or less; bound or not.
void change_balance(Context& context, v1::Account account, std::int64_t delta_kg, bool bound) {
  account.set_units_held_kg(account.units_held_kg() + delta_kg);
  if (bound) account.set_units_bound_kg(account.units_bound_kg() + delta_kg);
  assert(account.units_bound_kg() >= 0 && free_kg(account) >= 0);
  context.state.put(key::account(account.account()), account);
  context.totals.set_units_held_kg(context.totals.units_held_kg() + delta_kg);
}

v1::Account account_of(const State& state, const std::string& name) {
  auto account = state.find<v1::Account>(key::account(name));
  assert(account && "units move between known accounts");
  return std::move(*account);
}

// Where a held block with this first serial is looked up by its holder, or by what binds it.
std::string index_of(const v1::UnitBlock& block, std::uint64_t start) {
  return block.bound_by().empty() ? key::holding(block.account(), start)
                                  : key::bound(block.bound_by(), start);
}

void put_block(State& state, const v1::UnitBlock& block) {
  state.put(key::block(block.end()), block);
  if (block.state() != v1::HELD) return;
  std::string end;
  crypto::append_u64(end, block.end());
  state.put(index_of(block, block.start()), end);
}

void erase_block(State& state, const v1::UnitBlock& block) {
  state.erase(key::block(block.end()));
  if (block.state() == v1::HELD) state.erase(index_of(block, block.start()));
}

// The block whose last serial a look-up answered.
v1::UnitBlock block_ending(const State& state, std::string_view end) {
  auto block = state.find<v1::UnitBlock>(key::block(crypto::read_u64(end)));
  assert(block && "a holding names a block that is not stored");
  return std::move(*block);
}

// The block with `serial`, if `account` holds it.
tl::expected<v1::UnitBlock, Refusal> held_block(const Context& context, const std::string& account,
                                                std::uint64_t serial,
                                                const v1::SerialRange& asked) {
  const auto asked_text = text(asked.start(), asked.end());
  auto block = block_of(context.state, serial);
  if (!block)
    return refuse(ErrorCode::SERIAL_NOT_OWNED, "serials.held", "issued serials", "not issued",
                  asked_text);
  if (block->state() == v1::RETIRED)
    return refuse(
        ErrorCode::SERIAL_RETIRED, "serials.held", "retirement is final",
        text(block->start(), block->end()) + " retired at " + std::to_string(block->since()),
        asked_text);
  if (block->state() != v1::HELD)
    return refuse(ErrorCode::SERIAL_ENDED, "serials.held", "units held",
                  text(block->start(), block->end()) + " " + v1::UnitState_Name(block->state()) +
                      " at " + std::to_string(block->since()),
                  asked_text);
  if (block->account() != account)
    return refuse(ErrorCode::SERIAL_NOT_OWNED, "serials.held", "serials of " + account,
                  "held by " + block->account(), asked_text);
  if (!block->bound_by().empty())
    return refuse(ErrorCode::SERIAL_BOUND, "serials.free", "serials free to move",
                  block->bound_by(), asked_text);
  return std::move(*block);
}

// Cuts [start, end] out of a block that contains it and answers the piece.
v1::UnitBlock cut(State& state, const v1::UnitBlock& block, std::uint64_t start,
                  std::uint64_t end) {
  erase_block(state, block);
  auto piece = block;
  if (block.start() < start) {
    piece.set_start(block.start());
    piece.set_end(start - 1);
    put_block(state, piece);
  }
  if (end < block.end()) {
    piece.set_start(end + 1);
    piece.set_end(block.end());
    put_block(state, piece);
  }
  piece.set_start(start);
  piece.set_end(end);
  return piece;
}

tl::expected<void, Refusal> take_range(Context& context, const std::string& account,
                                       const v1::SerialRange& range,
                                       std::vector<v1::UnitBlock>& pieces) {
  for (auto serial = range.start(); serial <= range.end();) {
    const auto block = held_block(context, account, serial, range);
    if (!block) return tl::make_unexpected(block.error());
    if (pieces.size() == kRangesMax)
      return refuse(ErrorCode::TOO_LARGE, "serials.pieces", std::to_string(kRangesMax));
    const auto end = std::min(range.end(), block->end());
    pieces.push_back(cut(context.state, *block, serial, end));
    serial = end + 1;
  }
  return {};
}

// The lowest block an account holds at or above a serial. Most often it begins right there.
v1::UnitBlock next_held(const Context& context, const std::string& account, std::uint64_t serial) {
  auto end = context.state.get(key::holding(account, serial));
  if (!end) {
    const auto prefix = key::holdings(account);
    auto at = context.state.at_or_after(prefix, key::holding(account, serial));
    assert(at && "an account's balance is what its blocks add up to");
    end = std::move(at->value);
  }
  return block_ending(context.state, *end);
}

// Takes the lowest free serials of an account: as many as asked, if there are, in as many pieces as
// one event may touch. Answers how many kilograms that leaves to take.
std::int64_t take_lowest(Context& context, const std::string& account, std::int64_t amount_kg,
                         std::vector<v1::UnitBlock>& pieces) {
  auto from = serials_from(context.state, account);
  auto left = amount_kg;
  while (left > 0 && pieces.size() < kRangesMax) {
    const auto block = next_held(context, account, from);
    const auto taken = std::min(left, count(block));
    const auto end = block.start() + static_cast<std::uint64_t>(taken) - 1;
    pieces.push_back(cut(context.state, block, block.start(), end));
    left -= taken;
    from = end + 1;
  }
  put_serials_from(context.state, account, from);
  return left;
}

tl::expected<void, Refusal> take_amount(Context& context, const v1::Account& holder,
                                        std::int64_t amount_kg,
                                        std::vector<v1::UnitBlock>& pieces) {
  if (free_kg(holder) < amount_kg) {
    const auto bound = holder.units_bound_kg();
    return refuse(ErrorCode::BALANCE_INSUFFICIENT, "balance.units",
                  std::to_string(free_kg(holder)) + " kg held",
                  bound == 0 ? std::string() : std::to_string(bound) + " kg bound",
                  std::to_string(amount_kg) + " kg");
  }
  if (take_lowest(context, holder.account(), amount_kg, pieces) > 0)
    return refuse(ErrorCode::TOO_LARGE, "serials.pieces", std::to_string(kRangesMax));
  return {};
}

// The block that begins right after a piece, if it is held and bound alike.
std::optional<v1::UnitBlock> held_after(const State& state, const v1::UnitBlock& piece) {
  const auto end = state.get(index_of(piece, piece.end() + 1));
  if (!end) return std::nullopt;
  return block_ending(state, *end);
}

bool mergeable(const v1::UnitBlock& a, const v1::UnitBlock& b) {
  return a.state() == v1::HELD && b.state() == v1::HELD && a.account() == b.account() &&
         a.batch() == b.batch() && a.bound_by() == b.bound_by() &&
         a.recalled_at() == b.recalled_at();
}

// Stores a held piece, merged with its neighbours where they are alike.
void put_held(State& state, v1::UnitBlock piece) {
  // Blocks leave no gaps, so the one before ends right before.
  if (const auto left = state.find<v1::UnitBlock>(key::block(piece.start() - 1));
      left && mergeable(*left, piece)) {
    erase_block(state, *left);
    piece.set_start(left->start());
  }
  if (const auto right = held_after(state, piece); right && mergeable(*right, piece)) {
    erase_block(state, *right);
    piece.set_end(right->end());
  }
  put_block(state, piece);
}

// The last serial of the first so many of a block.
std::uint64_t first_of(const v1::UnitBlock& block, std::int64_t amount_kg) {
  return block.start() + static_cast<std::uint64_t>(std::min(amount_kg, count(block))) - 1;
}

v1::UnitBlock held_by(const Context& context, v1::UnitBlock piece, const std::string& account) {
  piece.set_state(v1::HELD);
  piece.set_account(account);
  piece.set_since(static_cast<std::int64_t>(context.leaf));
  piece.clear_exported_to();
  return piece;
}

}  // namespace

Ruling check_quantity(const Ranges& serials, std::int64_t amount_kg) {
  if (serials.empty()) {
    if (amount_kg == 0) return refuse(ErrorCode::AMOUNT_ZERO, "amount.positive", "1 kg");
    if (amount_kg < 0)
      return refuse(ErrorCode::AMOUNT_NEGATIVE, "amount.positive", "1 kg", {},
                    std::to_string(amount_kg) + " kg");
    return {};
  }
  if (amount_kg != 0)
    return refuse(ErrorCode::EVENT_MALFORMED, "form.quantity", "serials or an amount");
  if (serials.size() > static_cast<int>(kRangesMax))
    return refuse(ErrorCode::TOO_LARGE, "serials.ranges", std::to_string(kRangesMax), {},
                  std::to_string(serials.size()));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sorted;
  for (const auto& range : serials) {
    if (range.start() > range.end())
      return refuse(ErrorCode::SERIAL_REVERSED, "serials.form", {}, {},
                    text(range.start(), range.end()));
    if (range.end() == std::numeric_limits<std::uint64_t>::max())
      return refuse(ErrorCode::AMOUNT_OVERFLOW, "serials.form", {}, {},
                    text(range.start(), range.end()));
    sorted.emplace_back(range.start(), range.end());
  }
  std::ranges::sort(sorted);
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i].first <= sorted[i - 1].second)
      return refuse(ErrorCode::SERIAL_OVERLAP, "serials.form",
                    text(sorted[i - 1].first, sorted[i - 1].second), {},
                    text(sorted[i].first, sorted[i].second));
  return {};
}

std::int64_t kilograms(const Ranges& serials) {
  std::int64_t sum = 0;
  for (const auto& range : serials) {
    const auto width = range.end() - range.start();
    if (width >= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
        __builtin_add_overflow(sum, static_cast<std::int64_t>(width) + 1, &sum))
      return std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

tl::expected<std::vector<v1::UnitBlock>, Refusal> take(Context& context, const std::string& account,
                                                       const Ranges& serials,
                                                       std::int64_t amount_kg) {
  const auto holder = account_of(context.state, account);
  std::vector<v1::UnitBlock> pieces;
  std::int64_t taken_kg = 0;
  if (serials.empty())
    if (auto taken = take_amount(context, holder, amount_kg, pieces); !taken)
      return tl::make_unexpected(taken.error());
  for (const auto& range : serials)
    if (auto taken = take_range(context, account, range, pieces); !taken)
      return tl::make_unexpected(taken.error());
  for (const auto& piece : pieces) taken_kg += count(piece);
  change_balance(context, holder, -taken_kg, false);
  return pieces;
}

std::vector<v1::UnitBlock> take_up_to(Context& context, const std::string& account,
                                      std::int64_t amount_kg) {
  const auto holder = account_of(context.state, account);
  const auto asked = std::min(amount_kg, free_kg(holder));
  std::vector<v1::UnitBlock> pieces;
  const auto left = take_lowest(context, account, asked, pieces);
  change_balance(context, holder, left - asked, false);
  return pieces;
}

std::optional<v1::UnitBlock> block_from(const State& state, std::uint64_t serial) {
  const auto found = state.at_or_after("vU", key::block(serial));
  if (!found) return std::nullopt;
  v1::UnitBlock block;
  const bool parsed = block.ParseFromString(found->value);
  assert(parsed && "a stored unit block does not parse");
  if (!parsed) return std::nullopt;
  return block;
}

std::optional<v1::UnitBlock> block_of(const State& state, std::uint64_t serial) {
  auto block = block_from(state, serial);
  return block && block->start() <= serial ? std::move(block) : std::nullopt;
}

v1::UnitBlock take_piece(Context& context, const v1::UnitBlock& block, std::uint64_t start,
                         std::uint64_t end) {
  auto piece = cut(context.state, block, start, end);
  if (block.state() == v1::HELD)
    change_balance(context, account_of(context.state, block.account()), -count(piece),
                   !block.bound_by().empty());
  return piece;
}

tl::expected<std::vector<v1::UnitBlock>, Refusal> take_bound(Context& context,
                                                             const std::string& bond,
                                                             std::int64_t amount_kg) {
  std::vector<v1::UnitBlock> pieces;
  const auto prefix = key::bonds(bond);
  for (auto left = amount_kg; left > 0;) {
    const auto at = context.state.at_or_after(prefix, prefix);
    assert(at && "a bond binds what its record says");
    if (pieces.size() == kRangesMax)
      return refuse(ErrorCode::TOO_LARGE, "serials.pieces", std::to_string(kRangesMax));
    const auto block = block_ending(context.state, at->value);
    pieces.push_back(take_piece(context, block, block.start(), first_of(block, left)));
    left -= count(pieces.back());
  }
  return pieces;
}

std::vector<v1::UnitBlock> take_all_bound(Context& context, const std::string& bond) {
  std::vector<v1::UnitBlock> pieces;
  const auto prefix = key::bonds(bond);
  while (const auto at = context.state.at_or_after(prefix, prefix)) {
    const auto block = block_ending(context.state, at->value);
    pieces.push_back(take_piece(context, block, block.start(), block.end()));
  }
  return pieces;
}

void loosen(State& state, std::uint64_t leaf, const std::string& bond, std::int64_t amount_kg) {
  const auto prefix = key::bonds(bond);
  for (auto left = amount_kg; left > 0;) {
    const auto at = state.at_or_after(prefix, prefix);
    if (!at) return;
    const auto block = block_ending(state, at->value);
    auto piece = cut(state, block, block.start(), first_of(block, left));
    left -= count(piece);
    piece.clear_bound_by();
    piece.set_since(static_cast<std::int64_t>(leaf));
    auto holder = account_of(state, piece.account());
    if (free_kg(holder) == 0 || piece.start() < serials_from(state, holder.account()))
      put_serials_from(state, holder.account(), piece.start());
    holder.set_units_bound_kg(holder.units_bound_kg() - count(piece));
    state.put(key::account(holder.account()), holder);
    put_held(state, std::move(piece));
  }
}

void give(Context& context, v1::UnitBlock piece, const std::string& account) {
  piece = held_by(context, std::move(piece), account);
  piece.clear_bound_by();
  const auto holder = account_of(context.state, account);
  if (free_kg(holder) == 0 || piece.start() < serials_from(context.state, account))
    put_serials_from(context.state, account, piece.start());
  change_balance(context, holder, count(piece), false);
  put_held(context.state, std::move(piece));
}

void give_bound(Context& context, v1::UnitBlock piece, const std::string& account,
                const std::string& bond) {
  piece = held_by(context, std::move(piece), account);
  piece.set_bound_by(bond);
  change_balance(context, account_of(context.state, account), count(piece), true);
  put_held(context.state, std::move(piece));
}

void put_ended(Context& context, v1::UnitBlock piece, const std::string& account,
               v1::UnitState state) {
  piece.set_state(state);
  piece.set_account(account);
  piece.set_since(static_cast<std::int64_t>(context.leaf));
  piece.clear_bound_by();
  put_block(context.state, piece);
  auto& totals = context.totals;
  const auto ended_kg = count(piece);
  if (state == v1::RETIRED)
    totals.set_units_retired_kg(totals.units_retired_kg() + ended_kg);
  else if (state == v1::CANCELLED)
    totals.set_units_cancelled_kg(totals.units_cancelled_kg() + ended_kg);
  else if (state == v1::EXPORTED)
    totals.set_units_exported_kg(totals.units_exported_kg() + ended_kg);
  else
    totals.set_units_expired_kg(totals.units_expired_kg() + ended_kg);
}

void put_back(Context& context, const v1::UnitBlock& piece) { put_block(context.state, piece); }

void mark_recalled(Context& context, v1::UnitBlock piece) {
  piece.set_recalled_at(static_cast<std::int64_t>(context.leaf));
  put_back(context, piece);
}

void record_move(Context& context, const v1::UnitBlock& piece, v1::UnitMoveKind kind,
                 const std::string& from, const std::string& to) {
  v1::UnitMove move;
  move.set_leaf(static_cast<std::int64_t>(context.leaf));
  move.set_time(context.now);
  move.set_kind(kind);
  move.set_start(piece.start());
  move.set_end(piece.end());
  move.set_from(from);
  move.set_to(to);
  context.state.put(key::move(piece.batch_start(), context.leaf, piece.start()), move);
  auto* range = context.outcome.add_serials();
  range->set_start(piece.start());
  range->set_end(piece.end());
}

}  // namespace puhui::ledger
