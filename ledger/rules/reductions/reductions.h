// What the rules of reports, issuance, notices and retirement share.
#pragma once

#include "ledger/rules/context.h"
#include "ledger/rules/filing/programs.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {

inline constexpr std::int64_t kGramsPerKilogram = 1000;

// ---- reports.cc ----
[[nodiscard]] tl::expected<v1::Report, Refusal> need_report(const Context& context,
                                                            const std::string& name,
                                                            v1::ReportState state);
void put_report(Context& context, const v1::Report& report);
// The project of a report to be, and its methodology, one version throughout the period: valid
// until programs are looked up again.
struct Reportable {
  v1::Project project;
  const FiledProgram* filed;
};
// What a project reports: the result of inputs by meter key, or credits of pools.
enum class Reported : bool { inputs, pools };
// Order: project, and that it reports this; report new; standing; period; keys; methodology; no
// overlap.
[[nodiscard]] tl::expected<Reportable, Refusal> check_submission(const Context& context,
                                                                 const v1::SubmitReport& action,
                                                                 Reported reported);
// Without its result.
[[nodiscard]] v1::Report computed_report(const Context& context, const v1::SubmitReport& submission,
                                         const v1::Methodology& methodology);
// Lets its keys' periods be reported anew.
void free_period(Context& context, const v1::Report& report);
// Whether this legal entity signed the submission, or owns the project.
[[nodiscard]] bool is_interested(const Context& context, const v1::Report& report,
                                 const std::string& entity);
// Turns a report down: its period is free again.
void reject(Context& context, v1::Report& report);
// The project that a report or a batch names.
[[nodiscard]] v1::Project project_of(const Context& context, const std::string& code);
[[nodiscard]] v1::Project project_of(const Context& context, const v1::Report& report);
[[nodiscard]] v1::MethodologyRecord methodology_of(const Context& context,
                                                   const v1::Report& report);
[[nodiscard]] Subject about(const Context& context, const v1::Report& report);
// What the project would carry with this report's result. AMOUNT_OVERFLOW.
[[nodiscard]] tl::expected<std::int64_t, Refusal> with_carried(const v1::Report& report,
                                                               const v1::Project& project);
// So many grams are left by this report: its methodology says whether the project carries them.
void leave(const Context& context, std::int64_t grams, v1::Report& report, v1::Project& project);

// ---- issuance.cc ----
[[nodiscard]] tl::expected<v1::UnitBatch, Refusal> need_batch(const Context& context,
                                                              const std::string& code);
// The serial that the next unit here gets.
[[nodiscard]] std::uint64_t next_serial(const State& state);
// "CITY-CPH-CODE-PROJECT-VINTAGE-BATCH-START-END": units as the city that issued them names them.
[[nodiscard]] std::string printed_serial(const std::string& city, const v1::ExportedRun& run,
                                         std::int64_t kilograms);
// Its project, and all of its units.
[[nodiscard]] Subject about(const Context& context, const v1::UnitBatch& batch);
// ---- recall.cc ----
// Covers units of a batch that were recalled, and of which it is known since that they are retired
// in another city. AMOUNT_OVERFLOW.
[[nodiscard]] Ruling cover_recalled(Context& context, const std::string& code,
                                    std::int64_t amount_kg);

// ---- issuance.cc ----
// The rule for a methodology's buffer, or null.
[[nodiscard]] const v1::BufferRule* buffer_rule(const v1::RuleSet& rules,
                                                const std::string& methodology);

}  // namespace puhui::ledger
