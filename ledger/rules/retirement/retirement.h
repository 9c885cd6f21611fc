// What the rules of retirement share with one another, with bonds and with recognition.
#pragma once

#include <optional>

#include "ledger/rules/holding/holding.h"

namespace puhui::ledger {

// ---- retire.cc ----
// Ends pieces that were taken, each of its holder, and keeps what they were retired for; ranges
// that meet are one.
void put_retirement(Context& context, const v1::Retire& action,
                    const std::vector<v1::UnitBlock>& pieces);

// ---- cases.cc ----
// The steps of a purpose, or null.
[[nodiscard]] const v1::PurposeRule* purpose_rule(const v1::RuleSet& rules,
                                                  const std::string& purpose);
// The case a bond is for, if it names one: open or confirmed, of the same account, and wanting such
// a bond.
[[nodiscard]] tl::expected<std::optional<v1::Case>, Refusal> case_for(const Context& context,
                                                                      const v1::Bind& action);
// A confirmed case keeps as much bound as was confirmed, until it is retired or void. CASE_AMOUNT.
[[nodiscard]] Ruling need_left_for_case(const Context& context, const v1::Bond& bond,
                                        std::int64_t amount_kg);
void add_bond(Context& context, v1::Case& of_case, const std::string& bond);
// The case of a retirement, if its purpose has steps: ready for it.
[[nodiscard]] tl::expected<std::optional<v1::Case>, Refusal> case_of(const Context& context,
                                                                     const v1::Retire& action);
// Takes what a case retires: out of its bonds in their order, or from its account.
[[nodiscard]] tl::expected<std::vector<v1::UnitBlock>, Refusal> take_for(
    Context& context, const v1::Case& of_case, const SerialRanges& serials, std::int64_t amount_kg);
[[nodiscard]] tl::expected<std::vector<v1::UnitBlock>, Refusal> take_out_of(
    Context& context, const v1::Case& of_case, const v1::Retire& action);
void end_retired(Context& context, v1::Case& of_case);
// What a deadline that passed does.
void case_due(State& state, std::string_view stored, Micros now, std::uint64_t leaf);

// ---- preference.cc ----
// As `take` (holdings.h), units of these areas before others: of an amount they are taken first;
// serials named of others are refused while some of these are free, among the first kRangesMax
// blocks the account holds. AREA_FIRST.
[[nodiscard]] tl::expected<std::vector<v1::UnitBlock>, Refusal> take_preferring(
    Context& context, const std::string& account, const SerialRanges& serials,
    std::int64_t amount_kg, const google::protobuf::RepeatedPtrField<std::string>& areas);
[[nodiscard]] std::string area_of(const Context& context, const v1::UnitBlock& block);

// ---- caps.cc ----
// Counts an amount against the caps of a purpose, noting the years in the case. CAP_EXCEEDED,
// CAP_BASE_UNKNOWN.
[[nodiscard]] Ruling use_caps(Context& context, v1::Case& of_case, std::int64_t amount_kg);
// Keeps room in the cap of all firms for what a case estimates, from its opening until it is
// counted or void: whoever applies first comes first. CAP_EXCEEDED.
[[nodiscard]] Ruling reserve_caps(Context& context, v1::Case& of_case);
void return_caps(State& state, v1::Case& of_case);
// What a firm's caps are measured by is on the list in force.
[[nodiscard]] Ruling need_cap_bases(const Context& context, const v1::PurposeRule& rule,
                                    const std::string& firm);
// Counts what a case, already counted against its caps, retires of projects outside the city.
// AREA_EXCLUDED, CAP_EXCEEDED, CAP_BASE_UNKNOWN.
[[nodiscard]] Ruling use_outside(Context& context, const v1::Case& of_case,
                                 const std::vector<v1::UnitBlock>& pieces);

// ---- vintages.cc ----
// VINTAGE_EXPIRED if units of this batch do not serve the purpose any more.
[[nodiscard]] Ruling need_serving(const Context& context, const v1::UnitBatch& batch,
                                  const std::string& purpose);

}  // namespace puhui::ledger
