// Who holds which serials. Blocks are kept by their last serial and together cover 1 … last issued;
// for each account the first serials of its blocks are kept in order.
#include <algorithm>
#include <limits>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

std::string range(std::uint64_t start, std::uint64_t end) {
  return std::to_string(start) + "-" + std::to_string(end);
}
bool is_free(const v1::UnitBlock& block) {
  return block.state() == v1::HELD && block.bound_by().empty();
}

void put_block(Books& books, const v1::UnitBlock& block) {
  books.changed(stored('U', block.end()), block);
  books.blocks[block.end()] = block;
  if (is_free(block)) books.held[block.account()][block.start()] = block.end();
  if (!block.bound_by().empty()) books.bound[block.bound_by()][block.start()] = block.end();
}
void drop_block(Books& books, const v1::UnitBlock& block) {
  books.gone(stored('U', block.end()));
  if (is_free(block)) books.held[block.account()].erase(block.start());
  if (auto* bound = find(books.bound, block.bound_by()); bound != nullptr) {
    bound->erase(block.start());
    if (bound->empty()) books.bound.erase(block.bound_by());
  }
  books.blocks.erase(block.end());
}

void add_units(Books& books, const std::string& name, std::int64_t delta_kg, bool bound) {
  auto& account = books.accounts.at(name);
  account.set_units_held_kg(account.units_held_kg() + delta_kg);
  if (bound) account.set_units_bound_kg(account.units_bound_kg() + delta_kg);
  books.changed(stored('A', name), account);
  auto& totals = books.totals;
  totals.set_units_held_kg(totals.units_held_kg() + delta_kg);
}

Verdict too_many() { return refused(ErrorCode::TOO_LARGE, "pieces of serials", "1000 or fewer"); }

// Why an account may not move what lies in this block.
Verdict check_free(const v1::UnitBlock& block, const std::string& account,
                   const std::string& asked) {
  const auto found = range(block.start(), block.end());
  const auto since = " at leaf " + std::to_string(block.since());
  if (block.state() == v1::RETIRED)
    return refused(ErrorCode::SERIAL_RETIRED, asked, "serials not retired", found + since);
  if (block.state() != v1::HELD)
    return refused(ErrorCode::SERIAL_ENDED, asked, "serials held",
                   found + " " + v1::UnitState_Name(block.state()) + since);
  if (block.account() != account)
    return refused(ErrorCode::SERIAL_NOT_OWNED, asked, "serials of " + account,
                   "held by " + block.account());
  if (!block.bound_by().empty())
    return refused(ErrorCode::SERIAL_BOUND, asked, "serials free to move", block.bound_by());
  return {};
}

// Serials [start, end] of what an account holds, as parts of the blocks they lie in.
Verdict plan_range(const Case& at, const std::string& account, const v1::SerialRange& asked,
                   Pieces& pieces) {
  const auto named = range(asked.start(), asked.end());
  for (auto next = asked.start(); next <= asked.end();) {
    const auto found = at.books.blocks.lower_bound(next);
    if (found == at.books.blocks.end() || found->second.start() > next)
      return refused(ErrorCode::SERIAL_NOT_OWNED, named, "serials of " + account, "not issued");
    auto piece = found->second;
    if (auto bad = check_free(piece, account, named)) return bad;
    if (pieces.size() == kPiecesMax) return too_many();
    piece.set_start(next);
    piece.set_end(std::min(piece.end(), asked.end()));
    next = piece.end() + 1;
    pieces.push_back(std::move(piece));
  }
  return {};
}

Verdict plan_lowest(const Case& at, const std::string& account, std::int64_t amount_kg,
                    Pieces& pieces) {
  const auto movable_kg = free_kg(at.books.accounts.at(account));
  if (movable_kg < amount_kg)
    return refused(ErrorCode::BALANCE_INSUFFICIENT, account, std::to_string(amount_kg) + " kg",
                   std::to_string(movable_kg) + " kg free");
  pieces = plan_up_to(at, account, amount_kg);
  return total_kg(pieces) == amount_kg ? Verdict() : too_many();
}

// Takes a piece out of the block it lies in; what is left of the block stays where it is.
void cut(Books& books, const v1::UnitBlock& piece) {
  const auto whole = books.blocks.lower_bound(piece.end())->second;
  drop_block(books, whole);
  if (whole.start() < piece.start()) {
    auto before = whole;
    before.set_end(piece.start() - 1);
    put_block(books, before);
  }
  if (piece.end() < whole.end()) {
    auto after = whole;
    after.set_start(piece.end() + 1);
    put_block(books, after);
  }
}

bool joins(const v1::UnitBlock& a, const v1::UnitBlock& b) {
  return a.state() == v1::HELD && b.state() == v1::HELD && a.account() == b.account() &&
         a.batch() == b.batch() && a.bound_by() == b.bound_by() &&
         a.recalled_at() == b.recalled_at();
}

void take_part(Books& books, const v1::UnitBlock& part) {
  cut(books, part);
  if (part.state() == v1::HELD)
    add_units(books, part.account(), -size_of(part), !part.bound_by().empty());
}

// A held piece, made one with its neighbours where they are alike.
void put_held(Books& books, v1::UnitBlock piece) {
  add_units(books, piece.account(), size_of(piece), !piece.bound_by().empty());
  auto& blocks = books.blocks;
  if (const auto left = blocks.find(piece.start() - 1);
      left != blocks.end() && joins(left->second, piece)) {
    piece.set_start(left->second.start());
    drop_block(books, v1::UnitBlock(left->second));
  }
  if (const auto right = blocks.upper_bound(piece.end());
      right != blocks.end() && right->second.start() == piece.end() + 1 &&
      joins(right->second, piece)) {
    piece.set_end(right->second.end());
    drop_block(books, v1::UnitBlock(right->second));
  }
  put_block(books, piece);
}

// The lowest serials of these blocks, so many kilograms or all there are, in so many pieces at
// most.
using Starts = std::map<std::uint64_t, std::uint64_t>;
Pieces lowest_of(const Books& books, const Starts* blocks, std::int64_t amount_kg,
                 std::size_t pieces_max) {
  Pieces pieces;
  if (blocks == nullptr) return pieces;
  for (const auto& [start, end] : *blocks) {
    if (amount_kg == 0 || pieces.size() == pieces_max) break;
    auto piece = books.blocks.at(end);
    const auto taken = std::min(amount_kg, size_of(piece));
    piece.set_end(start + static_cast<std::uint64_t>(taken) - 1);
    amount_kg -= taken;
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

Pieces lowest_bound(const Books& books, const std::string& bond, std::int64_t amount_kg) {
  const auto* blocks = find(books.bound, bond);
  return lowest_of(books, blocks, amount_kg, blocks != nullptr ? blocks->size() : 0);
}

}  // namespace

Verdict check_quantity(const Quantity& quantity) {
  const auto& serials = quantity.serials;
  if (serials.empty()) {
    if (quantity.amount_kg == 0) return refused(ErrorCode::AMOUNT_ZERO);
    if (quantity.amount_kg < 0) return refused(ErrorCode::AMOUNT_NEGATIVE);
    return {};
  }
  if (quantity.amount_kg != 0)
    return refused(ErrorCode::EVENT_MALFORMED, "both serials and an amount");
  if (serials.size() > static_cast<int>(kPiecesMax)) return refused(ErrorCode::TOO_LARGE, "ranges");
  for (const auto& one : serials) {
    const auto text = range(one.start(), one.end());
    if (one.end() < one.start()) return refused(ErrorCode::SERIAL_REVERSED, text);
    if (one.end() == std::numeric_limits<std::uint64_t>::max())
      return refused(ErrorCode::AMOUNT_OVERFLOW, text);
  }
  std::map<std::uint64_t, std::uint64_t> ends;  // by start
  for (const auto& one : serials) {
    const auto after = ends.lower_bound(one.start());
    const bool next_overlaps = after != ends.end() && after->first <= one.end();
    const bool last_overlaps = after != ends.begin() && std::prev(after)->second >= one.start();
    if (next_overlaps || last_overlaps)
      return refused(ErrorCode::SERIAL_OVERLAP, range(one.start(), one.end()));
    ends.emplace(one.start(), one.end());
  }
  return {};
}

std::int64_t kilograms(const Quantity& quantity) {
  if (quantity.serials.empty()) return quantity.amount_kg;
  Whole sum = 0;
  for (const auto& one : quantity.serials) sum += Whole(one.end()) - Whole(one.start()) + 1;
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  return sum > kMax ? kMax : static_cast<std::int64_t>(sum);
}

Verdict plan(const Case& at, const std::string& account, const Quantity& quantity, Pieces& pieces) {
  if (quantity.serials.empty())
    if (auto bad = plan_lowest(at, account, quantity.amount_kg, pieces)) return bad;
  for (const auto& asked : quantity.serials)
    if (auto bad = plan_range(at, account, asked, pieces)) return bad;
  return {};
}

Pieces plan_up_to(const Case& at, const std::string& account, std::int64_t amount_kg) {
  return lowest_of(at.books, find(at.books.held, account), amount_kg, kPiecesMax);
}

Verdict take(Case& at, const std::string& account, const Quantity& quantity, Pieces& pieces) {
  if (auto bad = plan(at, account, quantity, pieces)) return bad;
  for (const auto& piece : pieces) take_part(at, piece);
  return {};
}

Verdict parts_of(const Case& at, const Ranges& ranges, Pieces& parts) {
  for (const auto& asked : ranges)
    for (auto next = asked.start(); next <= asked.end();) {
      // Serials whose issuance was lost when an epoch began are not there.
      const auto found = at.books.blocks.lower_bound(next);
      if (found == at.books.blocks.end() || found->second.start() > asked.end()) break;
      if (parts.size() == kPiecesMax) return too_many();
      auto part = found->second;
      part.set_start(std::max(next, part.start()));
      part.set_end(std::min(part.end(), asked.end()));
      next = part.end() + 1;
      parts.push_back(std::move(part));
    }
  return {};
}

Verdict plan_bound(const Case& at, const std::string& bond, std::int64_t amount_kg,
                   Pieces& pieces) {
  for (auto& piece : lowest_bound(at.books, bond, amount_kg)) {
    if (pieces.size() == kPiecesMax) return too_many();
    pieces.push_back(std::move(piece));
  }
  return {};
}

Pieces all_bound(const Books& books, const std::string& bond) {
  return lowest_bound(books, bond, std::numeric_limits<std::int64_t>::max());
}

void loosen(Books& books, std::int64_t leaf, const std::string& bond, std::int64_t amount_kg) {
  for (auto& piece : lowest_bound(books, bond, amount_kg)) {
    take_part(books, piece);
    piece.clear_bound_by();
    piece.set_since(leaf);
    put_held(books, std::move(piece));
  }
}

void take_part(Case& at, const v1::UnitBlock& part) { take_part(at.books, part); }

void give(Case& at, v1::UnitBlock piece, const std::string& account, const std::string& bond) {
  piece.set_state(v1::HELD);
  piece.set_account(account);
  piece.set_since(as_leaf(at));
  piece.set_bound_by(bond);
  piece.clear_exported_to();
  put_held(at.books, std::move(piece));
}

void end_units(Case& at, v1::UnitBlock piece, const std::string& account, v1::UnitState state) {
  auto& totals = at.books.totals;
  const auto ended_kg = size_of(piece);
  if (state == v1::RETIRED) totals.set_units_retired_kg(totals.units_retired_kg() + ended_kg);
  if (state == v1::CANCELLED) totals.set_units_cancelled_kg(totals.units_cancelled_kg() + ended_kg);
  if (state == v1::EXPIRED) totals.set_units_expired_kg(totals.units_expired_kg() + ended_kg);
  if (state == v1::EXPORTED) totals.set_units_exported_kg(totals.units_exported_kg() + ended_kg);
  piece.set_state(state);
  piece.set_account(account);
  piece.set_since(as_leaf(at));
  piece.clear_bound_by();
  put_block(at.books, piece);
}

void put_back(Case& at, const v1::UnitBlock& piece) { put_block(at.books, piece); }

void mark_recalled(Case& at, v1::UnitBlock piece) {
  piece.set_recalled_at(as_leaf(at));
  put_back(at, piece);
}

}  // namespace puhui::node::audit
