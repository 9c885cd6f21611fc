// Who holds which serials. Blocks are kept by their last serial and together cover 1 … last issued;
// for each account the first serials of its blocks are kept in order.
#include <algorithm>
#include <limits>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kPiecesMax = 1000;

std::string range(std::uint64_t start, std::uint64_t end) {
  return std::to_string(start) + "-" + std::to_string(end);
}
std::int64_t size_of(const v1::UnitBlock& block) {
  return static_cast<std::int64_t>(block.end() - block.start() + 1);
}

void put_block(Books& books, const v1::UnitBlock& block) {
  books.changed(stored('U', block.end()), block);
  books.blocks[block.end()] = block;
  if (block.state() == v1::HELD) books.held[block.account()][block.start()] = block.end();
}
void drop_block(Books& books, const v1::UnitBlock& block) {
  books.gone(stored('U', block.end()));
  books.held[block.account()].erase(block.start());
  books.blocks.erase(block.end());
}

void add_units(Case& at, const std::string& name, std::int64_t delta_kg) {
  auto& account = at.books.accounts.at(name);
  account.set_units_held_kg(account.units_held_kg() + delta_kg);
  at.books.changed(stored('A', name), account);
  auto& totals = at.books.totals;
  totals.set_units_held_kg(totals.units_held_kg() + delta_kg);
}

// Serials [start, end] of what an account holds, as parts of the blocks they lie in.
Verdict plan_range(const Case& at, const std::string& account, const v1::SerialRange& asked,
                   std::vector<v1::UnitBlock>& pieces) {
  const auto named = range(asked.start(), asked.end());
  for (auto next = asked.start(); next <= asked.end();) {
    const auto found = at.books.blocks.lower_bound(next);
    if (found == at.books.blocks.end() || found->second.start() > next)
      return refused(ErrorCode::SERIAL_NOT_OWNED, named, "serials of " + account, "not issued");
    auto piece = found->second;
    if (piece.state() == v1::RETIRED)
      return refused(
          ErrorCode::SERIAL_RETIRED, named, "serials not retired",
          range(piece.start(), piece.end()) + " retired at leaf " + std::to_string(piece.since()));
    if (piece.account() != account)
      return refused(ErrorCode::SERIAL_NOT_OWNED, named, "serials of " + account,
                     "held by " + piece.account());
    piece.set_start(next);
    piece.set_end(std::min(piece.end(), asked.end()));
    next = piece.end() + 1;
    pieces.push_back(std::move(piece));
  }
  return {};
}

Verdict plan_lowest(const Case& at, const std::string& account, std::int64_t amount_kg,
                    std::vector<v1::UnitBlock>& pieces) {
  const auto held_kg = at.books.accounts.at(account).units_held_kg();
  if (held_kg < amount_kg)
    return refused(ErrorCode::BALANCE_INSUFFICIENT, account, std::to_string(amount_kg) + " kg",
                   std::to_string(held_kg) + " kg held");
  const auto* blocks = find(at.books.held, account);
  for (auto left = amount_kg; left > 0;) {
    const auto end = pieces.empty() ? blocks->begin()->second
                                    : blocks->upper_bound(pieces.back().start())->second;
    auto piece = at.books.blocks.at(end);
    const auto taken = std::min(left, size_of(piece));
    piece.set_end(piece.start() + static_cast<std::uint64_t>(taken) - 1);
    left -= taken;
    pieces.push_back(std::move(piece));
    if (pieces.size() > kPiecesMax) return {};
  }
  return {};
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
         a.batch() == b.batch();
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
  std::map<std::uint64_t, std::uint64_t> sorted;
  for (const auto& one : serials) {
    const auto text = range(one.start(), one.end());
    if (one.end() < one.start()) return refused(ErrorCode::SERIAL_REVERSED, text);
    if (one.end() == std::numeric_limits<std::uint64_t>::max())
      return refused(ErrorCode::AMOUNT_OVERFLOW, text);
    if (!sorted.emplace(one.start(), one.end()).second)
      return refused(ErrorCode::SERIAL_OVERLAP, text);
  }
  std::uint64_t last = 0;
  for (auto at = sorted.begin(); at != sorted.end(); last = at->second, ++at)
    if (at != sorted.begin() && at->first <= last)
      return refused(ErrorCode::SERIAL_OVERLAP, range(at->first, at->second));
  return {};
}

std::int64_t kilograms(const Quantity& quantity) {
  if (quantity.serials.empty()) return quantity.amount_kg;
  Whole sum = 0;
  for (const auto& one : quantity.serials) sum += Whole(one.end()) - Whole(one.start()) + 1;
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  return sum > kMax ? kMax : static_cast<std::int64_t>(sum);
}

Verdict take(Case& at, const std::string& account, const Quantity& quantity,
             std::vector<v1::UnitBlock>& pieces) {
  if (quantity.serials.empty())
    if (auto bad = plan_lowest(at, account, quantity.amount_kg, pieces)) return bad;
  for (const auto& asked : quantity.serials)
    if (auto bad = plan_range(at, account, asked, pieces)) return bad;
  if (pieces.size() > kPiecesMax)
    return refused(ErrorCode::TOO_LARGE, "pieces of serials", "1000 or fewer");
  std::int64_t taken_kg = 0;
  for (const auto& piece : pieces) {
    cut(at.books, piece);
    taken_kg += size_of(piece);
  }
  add_units(at, account, -taken_kg);
  return {};
}

void give(Case& at, v1::UnitBlock piece, const std::string& account) {
  add_units(at, account, size_of(piece));
  piece.set_state(v1::HELD);
  piece.set_account(account);
  piece.set_since(as_leaf(at));
  auto& blocks = at.books.blocks;
  if (const auto left = blocks.find(piece.start() - 1);
      left != blocks.end() && joins(left->second, piece)) {
    piece.set_start(left->second.start());
    drop_block(at.books, v1::UnitBlock(left->second));
  }
  if (const auto right = blocks.upper_bound(piece.end());
      right != blocks.end() && right->second.start() == piece.end() + 1 &&
      joins(right->second, piece)) {
    piece.set_end(right->second.end());
    drop_block(at.books, v1::UnitBlock(right->second));
  }
  put_block(at.books, piece);
}

void end_as_retired(Case& at, v1::UnitBlock piece, const std::string& account) {
  auto& totals = at.books.totals;
  totals.set_units_retired_kg(totals.units_retired_kg() + size_of(piece));
  piece.set_state(v1::RETIRED);
  piece.set_account(account);
  piece.set_since(as_leaf(at));
  put_block(at.books, piece);
}

void put_units(Case& at, const v1::UnitBatch& batch, const std::string& account) {
  at.books.changed(stored('B', batch.batch()), batch);
  at.books.batches[batch.batch()] = batch;
  at.books.next_serial = batch.end() + 1;
  v1::UnitBlock block;
  block.set_start(batch.start());
  block.set_end(batch.end());
  block.set_batch(batch.batch());
  block.set_batch_start(batch.start());
  auto& totals = at.books.totals;
  totals.set_units_issued_kg(totals.units_issued_kg() + size_of(block));
  give(at, std::move(block), account);
}

}  // namespace puhui::node::audit
