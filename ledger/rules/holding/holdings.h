// Who holds which serials: interval algebra over unit blocks, and balances of personal accounts.
//
// The blocks of a city never overlap and together cover exactly the serials ever issued; `take`
// and `give` split and merge them. Every unit change is one take and one give of the same pieces,
// so what leaves one place arrives in another.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/rules/context.h"

namespace puhui::ledger {

// No serial is larger: other implementations count in int64.
inline constexpr std::uint64_t kSerialMax = (std::uint64_t{1} << 63) - 1;
[[nodiscard]] inline bool same_range(const v1::SerialRange& a, const v1::SerialRange& b) {
  return a.start() == b.start() && a.end() == b.end();
}
// Ranges one event may name, and pieces it may touch.
inline constexpr std::size_t kRangesMax = 1000;

// Either the ranges of the event, checked for form (reversed, overlapping, too many), or none when
// it names an amount; the amount is checked for zero and sign. Exactly one of the two must be
// given.
[[nodiscard]] Ruling check_quantity(
    const google::protobuf::RepeatedPtrField<v1::SerialRange>& serials, std::int64_t amount_kg);

// Kilograms in well-formed ranges. Saturates at the largest int64.
[[nodiscard]] std::int64_t kilograms(
    const google::protobuf::RepeatedPtrField<v1::SerialRange>& serials);

[[nodiscard]] inline std::int64_t count(const v1::UnitBlock& block) {
  return static_cast<std::int64_t>(block.end() - block.start() + 1);
}

// Removes serials from what `account` holds free: the named ranges, or the lowest `amount_kg`.
// serial.not_owned, serial.retired, serial.ended, serial.bound; balance.insufficient.
[[nodiscard]] tl::expected<std::vector<v1::UnitBlock>, Refusal> take(
    Context& context, const std::string& account,
    const google::protobuf::RepeatedPtrField<v1::SerialRange>& serials, std::int64_t amount_kg);

// Removes the lowest free serials of an account, no more kilograms than asked, nor pieces than one
// event may touch.
[[nodiscard]] std::vector<v1::UnitBlock> take_up_to(Context& context, const std::string& account,
                                                    std::int64_t amount_kg);

// Adds a piece (start, end, batch, batch_start) to an account, merging it with its neighbours
// there.
void give(Context& context, v1::UnitBlock piece, const std::string& account);
// Adds a piece to an account, bound: it may not move until what binds it (UnitBlock.bound_by) lets
// go of it.
void give_bound(Context& context, v1::UnitBlock piece, const std::string& account,
                const std::string& bond);
// Removes the lowest serials bound by it, so many kilograms, from their holders; no more may be
// asked than it binds (asserted). TOO_LARGE beyond kRangesMax pieces.
[[nodiscard]] tl::expected<std::vector<v1::UnitBlock>, Refusal> take_bound(Context& context,
                                                                           const std::string& bond,
                                                                           std::int64_t amount_kg);
// Removes all serials bound by it, in however many pieces they are.
[[nodiscard]] std::vector<v1::UnitBlock> take_all_bound(Context& context, const std::string& bond);
// Lets go of the lowest serials bound by it, so many kilograms or all there are: they are free
// where they lie.
void loosen(State& state, std::uint64_t leaf, const std::string& bond, std::int64_t amount_kg);
// Ends a piece that was taken: it stays as retired, cancelled, expired or exported from `account`
// at this leaf.
void put_ended(Context& context, v1::UnitBlock piece, const std::string& account,
               v1::UnitState state);

// The block that contains this serial, if it was ever issued.
[[nodiscard]] std::optional<v1::UnitBlock> block_of(const State& state, std::uint64_t serial);
// The same or, where there is none, the next one.
[[nodiscard]] std::optional<v1::UnitBlock> block_from(const State& state, std::uint64_t serial);
// Cuts [start, end] out of a block, whatever its state; if it was held, its holder holds it no
// more.
[[nodiscard]] v1::UnitBlock take_piece(Context& context, const v1::UnitBlock& block,
                                       std::uint64_t start, std::uint64_t end);
// Puts a piece that is not held back as it is.
void put_back(Context& context, const v1::UnitBlock& piece);
// Puts such a piece back, recalled at this leaf.
void mark_recalled(Context& context, v1::UnitBlock piece);
// Calls `visit(block, start, end)` for the part of each block in the ranges that `wants` it, a
// bounded number of them. Serials may be missing whose issuance was lost when an epoch began.
// TOO_LARGE.
template <class Wants, class Visit>
Ruling visit_blocks(Context& context,
                    const google::protobuf::RepeatedPtrField<v1::SerialRange>& ranges, Wants wants,
                    Visit visit) {
  std::size_t visited = 0;
  for (const auto& range : ranges)
    for (auto serial = range.start(); serial <= range.end();) {
      const auto block = block_from(context.state, serial);
      if (!block || block->start() > range.end()) break;
      serial = std::max(serial, block->start());
      const auto end = std::min(range.end(), block->end());
      if (++visited > kRangesMax)
        return refuse(ErrorCode::TOO_LARGE, "serials.pieces",
                      std::to_string(kRangesMax) + " blocks; name fewer serials");
      if (wants(*block)) visit(*block, serial, end);
      serial = end + 1;
    }
  return {};
}
// Adds the piece's step to its history, and the range to the outcome.
void record_move(Context& context, const v1::UnitBlock& piece, v1::UnitMoveKind kind,
                 const std::string& from, const std::string& to);

}  // namespace puhui::ledger
