// Who holds which serials: interval algebra over unit blocks, and balances of personal accounts.
//
// The blocks of a city never overlap and together cover exactly the serials ever issued; `take`
// and `give` split and merge them. Every unit change is one take and one give of the same pieces,
// so what leaves one place arrives in another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/rules/context.h"

namespace puhui::ledger {

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

// Removes serials from what `account` holds: the named ranges, or the lowest `amount_kg`.
// serial.not_owned, serial.retired; balance.insufficient.
[[nodiscard]] tl::expected<std::vector<v1::UnitBlock>, Refusal> take(
    Context& context, const std::string& account,
    const google::protobuf::RepeatedPtrField<v1::SerialRange>& serials, std::int64_t amount_kg);

// Adds a piece (start, end, batch, batch_start) to an account, merging it with its neighbours
// there.
void give(Context& context, v1::UnitBlock piece, const std::string& account);
// Ends a piece: it stays for ever as retired by `account` at this leaf.
void end_as_retired(Context& context, v1::UnitBlock piece, const std::string& account);
// Adds the piece's step to its history, and the range to the outcome.
void record_move(Context& context, const v1::UnitBlock& piece, v1::UnitMoveKind kind,
                 const std::string& from, const std::string& to);

}  // namespace puhui::ledger
