// What moves of units share: who may let them go, how much, to whom, and what a trade is.
#pragma once

#include "ledger/rules/context.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {

using SerialRanges = google::protobuf::RepeatedPtrField<v1::SerialRange>;

// ---- holding.cc ----
// An account that holds units. ACCOUNT_UNKNOWN, ACCOUNT_KIND.
[[nodiscard]] tl::expected<v1::Account, Refusal> need_account(const Context& context,
                                                              const std::string& name);
// The holder, from whose accounts something may leave. PARTY_RESTRAINED.
[[nodiscard]] tl::expected<Subject, Refusal> need_holder(const Context& context,
                                                         const v1::Account& account,
                                                         std::int64_t amount_kg);
// A buffer is for reversals alone. ACCOUNT_KIND.
[[nodiscard]] Ruling need_no_buffer(const v1::Account& account);
// Room for so much more. POSITION_LIMIT_REACHED.
[[nodiscard]] Ruling need_room(const Context& context, const std::string& name,
                               std::int64_t amount_kg);
[[nodiscard]] std::int64_t quantity(const SerialRanges& serials, std::int64_t amount_kg);
// Gives pieces that were taken from one account to another, as one move each.
// POSITION_LIMIT_REACHED.
[[nodiscard]] Ruling move(Context& context, const std::vector<v1::UnitBlock>& pieces,
                          const std::string& to);

// ---- bonds.cc ----
// "bond/NAME": what binds its units.
[[nodiscard]] std::string bond_key(const std::string& bond);
[[nodiscard]] tl::expected<v1::Bond, Refusal> need_bond(const Context& context,
                                                        const std::string& name);
// How it stands at a time: one whose time is over binds nothing any more, though the queue of what
// is due may come to it later.
[[nodiscard]] v1::BondState state_of(const v1::Bond& bond, Micros now);
// The holder is not restrained, or it is a bond that does not ask. PARTY_RESTRAINED.
[[nodiscard]] Ruling need_free_to_post(const Context& context, const v1::Bond& bond);
// Takes so many kilograms out of a bond that binds as many. BOND_INSUFFICIENT.
[[nodiscard]] tl::expected<std::vector<v1::UnitBlock>, Refusal> take_from(Context& context,
                                                                          const v1::Bond& bond,
                                                                          std::int64_t amount_kg);
// How a bond's units left it; the last names what binds them (UnitBlock.bound_by), which may be no
// bond but a batch.
void put_posted(Context& context, v1::Bond& bond, std::int64_t amount_kg);
void put_retired(Context& context, v1::Bond& bond, std::int64_t amount_kg);
void note_recalled(Context& context, std::string_view bound_by, std::int64_t amount_kg);
// Frees all it still binds; of a bond that ended, nothing.
void release_all(State& state, std::uint64_t leaf, std::string_view name, v1::BondState ends_as);

// ---- trades.cc ----
// Form, price, and whole lots. LOT_SIZE.
[[nodiscard]] Ruling check_trade(const Context& context, const v1::Trade& trade,
                                 std::int64_t amount_kg);
// Adds it to what was traded that day. AMOUNT_OVERFLOW.
[[nodiscard]] Ruling note_trade(Context& context, const v1::Trade& trade, std::int64_t amount_kg);

}  // namespace puhui::ledger
