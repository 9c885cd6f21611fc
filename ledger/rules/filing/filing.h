// What the rules of filing share with one another, and with those of reports and issuance.
#pragma once

#include <optional>

#include "ledger/rules/context.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {

// ---- methodologies.cc ----
[[nodiscard]] Ruling check_methodology(const Context& context, const v1::FileMethodology& action);
// One that check_methodology let pass, as this event carried it.
void put_methodology(Context& context, const v1::FileMethodology& action,
                     std::string_view event_sha256);
[[nodiscard]] Subject about(const v1::Methodology& methodology);

// Signers of a line for the methodology, and for the one it supersedes.
[[nodiscard]] Ruling need_methodology_signers(const Context& context, const std::string& line,
                                              const v1::FileMethodology& action);

// ---- projects.cc ----
[[nodiscard]] Ruling check_project(const Context& context, const v1::FileProject& action);
void put_project(Context& context, const v1::FileProject& action);
// Whether its reports are conversions of pooled credits.
[[nodiscard]] inline bool is_of_pools(const v1::FileProject& project) {
  return !project.scenario().empty();
}
// The code of its methodology, or its scenario; and the line of versions of that.
[[nodiscard]] const std::string& methodology_name(const v1::FileProject& project);
[[nodiscard]] std::string line_of(const v1::FileProject& project);
[[nodiscard]] Subject about(const v1::FileProject& project, const v1::Methodology& methodology);
[[nodiscard]] Subject about(const Context& context, const v1::FileProject& project);
// A project's keys over its crediting period are its own from public notice on: no other project
// may name them for any part of it. PERIOD_EXCLUSIVE. Freed when it is turned down or withdrawn
// before it was filed; what follows the day it is closed or revoked is free as well.
[[nodiscard]] Ruling claim_periods(Context& context, const v1::FileProject& project);
void free_periods(Context& context, const v1::FileProject& project);
// The project that has claimed the key for some of these days; empty if none has.
[[nodiscard]] std::string claimed_by(const State& state, const std::string& meter,
                                     std::int64_t from, std::int64_t to);
void free_periods_after(Context& context, const v1::FileProject& project, std::int64_t day);

// ---- filings.cc ----
// How roles are filed; nothing for those that are granted freely.
[[nodiscard]] std::optional<v1::FilingKind> filing_kind(v1::Role role);
// FILING_REQUIRED if the rules have a procedure for this kind and nothing mandates it.
[[nodiscard]] Ruling need_no_procedure(const Context& context, v1::FilingKind kind);
[[nodiscard]] Subject about(const Context& context, const v1::Filing& filing);
// Whether this legal entity signed the draft, or is whom it is about.
[[nodiscard]] bool is_interested(const Context& context, const v1::Filing& filing,
                                 const std::string& entity);
[[nodiscard]] tl::expected<v1::Filing, Refusal> need_filing(const Context& context,
                                                            const std::string& name);
// The rules in force want what those did under which it was drafted; else it is drafted anew.
[[nodiscard]] Ruling need_same_procedure(const Context& context, const v1::Filing& filing);
[[nodiscard]] Refusal wrong_state(const v1::Filing& filing, std::string wanted);
void put_filing(Context& context, const v1::Filing& filing);
// Ends one that was not filed, and frees what it kept from others.
void end_unfiled(Context& context, v1::Filing& filing, v1::FilingState state);

// ---- notices.cc ----
// NOTICE_RUNNING, OBJECTION_PENDING.
[[nodiscard]] Ruling need_over(const Context& context, const v1::Notice& notice);

// ---- standing.cc ----
[[nodiscard]] Ruling need_in_force(const v1::Methodology& methodology, v1::Standing standing);
// A closed project's last reports may still be judged and issued.
enum class Closed : bool { refused, allowed };
[[nodiscard]] Ruling need_in_force(const v1::Project& project, Closed closed);

// ---- ets.cc ----
// The year of the list that holds for a year: its own, or else the newest complete one before it;
// 0 if there is none.
[[nodiscard]] std::uint32_t ets_list_for(const State& state, std::int64_t year);
[[nodiscard]] std::uint32_t ets_list_now(const Context& context);
// A firm of the list that holds now.
[[nodiscard]] std::optional<v1::EtsFirm> listed_firm(const Context& context,
                                                     const std::string& legal_entity);
// Named checks on ledger state that a methodology may ask for; of projects, the boundary of
// emissions trading is checked whatever their methodology asks for.
[[nodiscard]] bool is_registry_check(std::string_view name);
// For a filing, by the list of this year; for reductions, by those of their period's years too.
[[nodiscard]] Ruling run_registry_checks(const Context& context, const v1::Methodology& methodology,
                                         const v1::FileProject& project,
                                         const v1::SubmitReport* report = nullptr);

}  // namespace puhui::ledger
