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

// ---- projects.cc ----
[[nodiscard]] Ruling check_project(const Context& context, const v1::FileProject& action);
void put_project(Context& context, const v1::FileProject& action);
[[nodiscard]] Subject about(const v1::FileProject& project, const v1::Methodology& methodology);
[[nodiscard]] Subject about(const Context& context, const v1::FileProject& project);
// A project's keys over its crediting period are its own from public notice on: no other project
// may name them for any part of it. PERIOD_EXCLUSIVE. Freed when it is turned down or withdrawn
// before it was filed.
[[nodiscard]] Ruling claim_periods(Context& context, const v1::FileProject& project);
void free_periods(Context& context, const v1::FileProject& project);

// ---- filings.cc ----
// How roles are filed; nothing for those that are granted freely.
[[nodiscard]] std::optional<v1::FilingKind> filing_kind(v1::Role role);
// FILING_REQUIRED if the rules have a procedure for this kind and nothing mandates it.
[[nodiscard]] Ruling need_no_procedure(const Context& context, v1::FilingKind kind);
[[nodiscard]] Subject about(const Context& context, const v1::Filing& filing);
// Whether this legal entity drafted the filing, or is whom it is about.
[[nodiscard]] bool is_interested(const Context& context, const v1::Filing& filing,
                                 const std::string& entity);
[[nodiscard]] tl::expected<v1::Filing, Refusal> need_filing(const Context& context,
                                                            const std::string& name);
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
// Of the newest list that is complete; 0 if none is.
[[nodiscard]] std::uint32_t ets_year_in_force(const State& state);
// A firm of that list.
[[nodiscard]] std::optional<v1::EtsFirm> listed_firm(const State& state,
                                                     const std::string& legal_entity);
// Named checks on ledger state that a methodology may ask for.
[[nodiscard]] bool is_registry_check(std::string_view name);
[[nodiscard]] Ruling run_registry_checks(const Context& context, const v1::Methodology& methodology,
                                         const v1::FileProject& project);

}  // namespace puhui::ledger
