// The rules once more, as a judge reads them: may this event be in the log?
//
// Each function answers the first thing that should have refused the event, in the order the
// ledger's documents give, and changes nothing then; otherwise it carries the event out. Signers
// that lack are noted in the case and do not keep the event from being carried out: it is in the
// log, and what comes after it builds on it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "node/audit/books.h"

namespace puhui::node::audit {

struct Case {
  Books& books;
  const Leaf& leaf;
  std::uint64_t position = 0;
  Micros now = 0;
  const v1::RuleSet& rules;  // in force, or the last one that was
  bool rules_in_force = false;
  // Parties whose keys in force signed, with how many; none that is suspended.
  std::map<std::string, std::uint32_t> signers;
  std::vector<Fault> faults = {};  // what did not keep the event from being carried out
  std::uint64_t records_accepted = 0, records_refused = 0;  // of the attachment
  // A resolution or a completed filing is carried out: nobody else need sign, and no procedure need
  // be gone through.
  bool mandated = false;
  std::optional<std::string> changed_scenario = {};  // whose versions are others now
  // An attachment was not there, now or before: what personal accounts and pools hold is not known,
  // and what hangs on it is taken as it is in the log.
  bool credits_unknown = false;
};

// Carries out the event by the rules of its action (actions.cc).
[[nodiscard]] Verdict decide(Case& at);

// ---- Governance (governance.cc) ----
[[nodiscard]] Verdict found(Case& at, const v1::Genesis& genesis);
[[nodiscard]] Verdict register_party(Case& at, const v1::RegisterParty& action);
[[nodiscard]] Verdict grant_role(Case& at, const v1::GrantRole& action);
[[nodiscard]] Verdict revoke_role(Case& at, const v1::RevokeRole& action);
[[nodiscard]] Verdict add_key(Case& at, const v1::AddKey& action);
[[nodiscard]] Verdict rotate_key(Case& at, const v1::RotateKey& action);
[[nodiscard]] Verdict revoke_key(Case& at, const v1::RevokeKey& action);
[[nodiscard]] Verdict admit_node(Case& at, const v1::AdmitNode& action);
[[nodiscard]] Verdict restrain_party(Case& at, const v1::RestrainParty& action);
[[nodiscard]] Verdict release_party(Case& at, const v1::ReleaseParty& action);
// What a party is registered for, or granted, apart from who signs and how it is filed.
[[nodiscard]] Verdict check_party(const Case& at, const v1::RegisterParty& action);
void put_party(Case& at, const v1::RegisterParty& action);
[[nodiscard]] Verdict check_role(const Case& at, const v1::GrantRole& action);
void put_role(Case& at, const v1::GrantRole& action);
// Carries out what is due by the time of a leaf, at most 256 items.
void run_due(Books& books, Micros now, std::uint64_t position);
void schedule(Case& at, Micros time, DueKind kind, std::string record);

// ---- Rule sets (rule_sets.cc) ----
[[nodiscard]] Verdict file_rule_set(Case& at, const v1::FileRuleSet& action);
[[nodiscard]] Verdict check_rules(const v1::RuleSet& rules);
void put_rules(Case& at, const v1::RuleSet& rules);
void note_window(v1::RuleSetRecord& record, Micros now, std::uint64_t position);
// Whether those who hold the roles now could replace these rules.
[[nodiscard]] Verdict check_replaceable(const Case& at, const v1::RuleSet& rules);
// The rule set in force at a time, or the last one that was, or the last one filed.
[[nodiscard]] const v1::RuleSet& rules_at(const Books& books, Micros now, bool& in_force);
[[nodiscard]] Verdict need_rules(const Case& at);

// ---- Votes (votes.cc) ----
[[nodiscard]] Verdict propose(Case& at, const v1::Propose& action);
[[nodiscard]] Verdict vote(Case& at, const v1::Vote& action);
[[nodiscard]] Verdict execute(Case& at, const v1::Execute& action);
[[nodiscard]] bool are_ballots(const v1::RuleSet& rules);
// The proposal under this stored key lapses if its time is over.
void lapse(Books& books, const std::string& key, Micros now, std::uint64_t position);
// The acting party's vote, or review; one each.
using CastVotes = google::protobuf::RepeatedPtrField<v1::CastVote>;
[[nodiscard]] Verdict may_cast(const Case& at, const CastVotes& votes);
v1::CastVote& cast(const Case& at, CastVotes& votes, bool approve);

// ---- Filing (methodologies.cc, projects.cc, filings.cc, notices.cc, standing.cc, ets.cc) ----
[[nodiscard]] Verdict file_methodology(Case& at, const v1::FileMethodology& action);
[[nodiscard]] Verdict check_methodology(const Case& at, const v1::FileMethodology& action);
// Who signs for a version signs for the one it supersedes, too.
void need_methodology_signers(Case& at, const std::string& line, const v1::FileMethodology& action);
void put_methodology(Case& at, const v1::FileMethodology& action, const std::string& event_sha256);
// How a version stands that is in a line.
[[nodiscard]] Verdict need_in_force(const Case& at, const v1::Methodology& methodology);

[[nodiscard]] Verdict file_project(Case& at, const v1::FileProject& action);
[[nodiscard]] Verdict check_project(const Case& at, const v1::FileProject& action);
void put_project(Case& at, const v1::FileProject& action);
// A project's keys are its own for its crediting period, from public notice on; if it is closed or
// revoked, until the end of that day.
[[nodiscard]] Verdict check_periods(const Case& at, const v1::FileProject& project);
void claim_periods(Case& at, const v1::FileProject& project);
void free_periods(Case& at, const v1::FileProject& project);
void free_periods_after(Case& at, const v1::FileProject& project, std::int64_t day);
void changed(Case& at, const v1::Project& project);
enum class Closed : bool { refused, allowed };
[[nodiscard]] Verdict need_in_force(const v1::Project& project, Closed closed);
// Whether its reports are conversions of pooled credits.
[[nodiscard]] inline bool is_of_pools(const v1::FileProject& project) {
  return !project.scenario().empty();
}
// The versions it goes by: of its methodology, or of the norm of its scenario. Null if there are
// none.
[[nodiscard]] const Line* line_of(const Books& books, const v1::FileProject& project);

[[nodiscard]] Verdict draft_filing(Case& at, const v1::DraftFiling& action);
[[nodiscard]] Verdict review_filing(Case& at, const v1::ReviewFiling& action);
[[nodiscard]] Verdict withdraw_filing(Case& at, const v1::WithdrawFiling& action);
[[nodiscard]] Verdict complete_filing(Case& at, const v1::CompleteFiling& action);
// FILING_REQUIRED where the rules have a procedure for what is filed at once.
[[nodiscard]] Verdict need_no_procedure(const Case& at, v1::FilingKind kind);
[[nodiscard]] Verdict need_no_procedure(const Case& at, v1::Role role);
[[nodiscard]] Verdict find_filing(Case& at, const std::string& name, v1::Filing*& filing);
[[nodiscard]] Verdict wrong_state(const v1::Filing& filing, const std::string& wanted);
// FILING_STATE where the rules in force want another procedure than that of its draft.
[[nodiscard]] Verdict need_same_procedure(const Case& at, const v1::Filing& filing);
void changed(Case& at, const v1::Filing& filing);
void end_unfiled(Case& at, v1::Filing& filing, v1::FilingState state);

[[nodiscard]] Verdict open_notice(Case& at, const v1::OpenNotice& action);
[[nodiscard]] Verdict raise_objection(Case& at, const v1::RaiseObjection& action);
[[nodiscard]] Verdict decide_objection(Case& at, const v1::DecideObjection& action);
[[nodiscard]] Verdict need_over(const Case& at, const v1::Notice& notice);

[[nodiscard]] Verdict set_standing(Case& at, const v1::SetStanding& action);

[[nodiscard]] Verdict publish_ets_list(Case& at, const v1::PublishEtsList& action);
[[nodiscard]] bool is_registry_check(const std::string& name);
// Of every project, and of pools whose methodology asks: by the list that holds now; for a report,
// by those of the years of its days as well.
[[nodiscard]] Verdict check_registry(const Case& at, const v1::Methodology& methodology,
                                     const v1::FileProject& project,
                                     const v1::SubmitReport* report = nullptr);
// The year whose complete list holds for a year: its own, or the last before it; 0 for none.
[[nodiscard]] std::uint32_t ets_list_of(const Books& books, int year);
[[nodiscard]] std::uint32_t ets_list_now(const Case& at);

// ---- Reports, issuance, recalls (reports.cc, issuance.cc, recall.cc, vintages.cc) ----
inline constexpr std::int64_t kGramsPerKilogram = 1000;
[[nodiscard]] Verdict submit_report(Case& at, const v1::SubmitReport& action);
[[nodiscard]] Verdict verify_report(Case& at, const v1::VerifyReport& action);
// Whether a report of this kind may come now, apart from its result; `version` is what it goes by.
enum class Reports : bool { inputs, pooled_credits };
[[nodiscard]] Verdict check_submission(const Case& at, const v1::SubmitReport& submission,
                                       Reports reports, const Version*& version);
// The report of now, without its result; and keeps it.
[[nodiscard]] v1::Report report_of(const Case& at, const v1::SubmitReport& submission,
                                   const Version& version);
void put_report(Case& at, v1::Report report);
[[nodiscard]] Verdict find_report(Case& at, const std::string& name, v1::ReportState state,
                                  v1::Report*& report);
void changed(Case& at, const v1::Report& report);
// Its keys' days may be reported anew.
void free_period(Case& at, const v1::Report& report);
// It is REJECTED, and its period is free again.
void reject(Case& at, v1::Report& report);
[[nodiscard]] v1::Project& project_of(Case& at, const v1::Report& report);
[[nodiscard]] const v1::Methodology& methodology_of(const Case& at, const v1::Report& report);
// The report's result and what its project carries.
[[nodiscard]] Verdict add_carried(const v1::Report& report, const v1::Project& project,
                                  std::int64_t& grams);
// What is left over goes on with the project, unless its methodology gives it up.
void put_remainder(const Case& at, std::int64_t grams, v1::Report& report, v1::Project& project);

[[nodiscard]] Verdict issue(Case& at, const v1::Issue& action);
[[nodiscard]] Verdict register_batch(Case& at, const v1::RegisterBatch& action);
[[nodiscard]] const v1::BufferRule* buffer_rule(const v1::RuleSet& rules,
                                                const std::string& methodology);
void changed(Case& at, const v1::UnitBatch& batch);

[[nodiscard]] Verdict recall(Case& at, const v1::Recall& action);
[[nodiscard]] Verdict reverse(Case& at, const v1::Reverse& action);
[[nodiscard]] Verdict expire(Case& at, const v1::Expire& action);
// Covers units that were recalled, and that were retired in another city, as is known since.
[[nodiscard]] Verdict cover_recalled(Case& at, const std::string& batch, std::int64_t amount_kg);

// VINTAGE_EXPIRED if units of this batch do not serve the purpose any more.
[[nodiscard]] Verdict need_serving(const Case& at, const v1::UnitBatch& batch,
                                   const std::string& purpose);

// ---- Units (units.cc, holdings.cc) ----
[[nodiscard]] Verdict open_account(Case& at, const v1::OpenAccount& action);
[[nodiscard]] Verdict transfer(Case& at, const v1::Transfer& action);

// What an action is about, for whoever must sign it.
struct Subject {
  std::string owner = {}, holder = {}, party = {}, area = {}, methodology = {}, scenario = {};
  std::int64_t amount_kg = 0;
  bool citywide = false;
};

using Ranges = google::protobuf::RepeatedPtrField<v1::SerialRange>;
using Pieces = std::vector<v1::UnitBlock>;
inline constexpr std::size_t kPiecesMax = 1000;  // of serials, in one event
struct Quantity {
  const Ranges& serials;
  std::int64_t amount_kg = 0;
};
// Either well-formed ranges or a positive amount.
[[nodiscard]] Verdict check_quantity(const Quantity& quantity);
[[nodiscard]] std::int64_t kilograms(const Quantity& quantity);
[[nodiscard]] inline std::int64_t size_of(const v1::UnitBlock& block) {
  return static_cast<std::int64_t>(block.end() - block.start() + 1);
}
[[nodiscard]] inline std::int64_t total_kg(const Pieces& pieces) {
  std::int64_t sum = 0;
  for (const auto& piece : pieces) sum += size_of(piece);
  return sum;
}
[[nodiscard]] inline std::int64_t free_kg(const v1::Account& account) {
  return account.units_held_kg() - account.units_bound_kg();
}
// An account that holds units, and is no buffer: that is for reversals alone.
[[nodiscard]] Verdict find_account(const Case& at, const std::string& name);
[[nodiscard]] Verdict find_no_buffer(const Case& at, const std::string& name);
[[nodiscard]] Subject holder_of(const Case& at, const std::string& account, std::int64_t amount_kg);
// The named serials, or the lowest ones, of what an account holds free; `take` cuts them out.
[[nodiscard]] Verdict plan(const Case& at, const std::string& account, const Quantity& quantity,
                           Pieces& pieces);
[[nodiscard]] Verdict take(Case& at, const std::string& account, const Quantity& quantity,
                           Pieces& pieces);
// The lowest free serials of an account: no more than asked, than there are, or than one event may
// touch.
[[nodiscard]] Pieces plan_up_to(const Case& at, const std::string& account, std::int64_t amount_kg);
// The lowest serials bound by it, which binds as many.
[[nodiscard]] Verdict plan_bound(const Case& at, const std::string& bond, std::int64_t amount_kg,
                                 Pieces& pieces);
// All that is bound by it.
[[nodiscard]] Pieces all_bound(const Books& books, const std::string& bond);
// They are free where they lie; as many as there are, if that is less.
void loosen(Books& books, std::int64_t leaf, const std::string& bond, std::int64_t amount_kg);
// Room for so much more in an account.
[[nodiscard]] Verdict need_room(const Case& at, const std::string& account, std::int64_t amount_kg);
// The parts of blocks that lie in ranges of issued serials, whoever holds them.
[[nodiscard]] Verdict parts_of(const Case& at, const Ranges& ranges, Pieces& parts);
// Cuts a part out of its block; if it was held, its holder holds it no more.
void take_part(Case& at, const v1::UnitBlock& part);
// An account holds this piece from now on; bound if it is said by what.
void give(Case& at, v1::UnitBlock piece, const std::string& account, const std::string& bond = {});
// A piece that was taken ends: retired, cancelled, expired or exported.
void end_units(Case& at, v1::UnitBlock piece, const std::string& account, v1::UnitState state);
// A piece that was taken and is not held is put back as it is, or recalled.
void put_back(Case& at, const v1::UnitBlock& piece);
void mark_recalled(Case& at, v1::UnitBlock piece);

// ---- Bonds, moves and trades (bonds.cc, settlement.cc) ----
[[nodiscard]] Verdict bind(Case& at, const v1::Bind& action);
[[nodiscard]] Verdict release(Case& at, const v1::Release& action);
[[nodiscard]] Verdict post(Case& at, const v1::Post& action);
[[nodiscard]] Verdict find_bond(Case& at, const std::string& name, v1::Bond*& bond);
// One whose time is over has expired, whether or not the queue of what is due came to it.
[[nodiscard]] v1::BondState state_of(const v1::Bond& bond, Micros now);
// What binds a bond's units, as their blocks say it.
[[nodiscard]] std::string binding_name(const v1::Bond& bond);
// Who holds what it binds may let it go; frozen units and security ask for no holder.
// A confirmed case keeps as much bound as was confirmed.
[[nodiscard]] Verdict need_kept_for_case(const Case& at, const v1::Bond& bond,
                                         std::int64_t amount_kg);
[[nodiscard]] Verdict need_free_to_post(const Case& at, const v1::Bond& bond);
[[nodiscard]] Verdict plan_from(const Case& at, const v1::Bond& bond, std::int64_t amount_kg,
                                Pieces& pieces);
// How units left it; what bound recalled ones may be a batch instead.
void note_posted(Case& at, v1::Bond& bond, std::int64_t amount_kg);
void note_retired(Case& at, v1::Bond& bond, std::int64_t amount_kg);
void note_recalled(Case& at, const std::string& bound_by, std::int64_t amount_kg);
// What it still binds is free.
void release_all(Books& books, std::int64_t leaf, const std::string& name, v1::BondState ends_as);

// A settlement stops at the first leg that should have been refused: those before it are done.
[[nodiscard]] Verdict settle(Case& at, const v1::Settle& action);
[[nodiscard]] Verdict refer_loan(Case& at, const v1::ReferLoan& action);
[[nodiscard]] Verdict check_trade(const Case& at, const v1::Trade& trade, std::int64_t amount_kg);
// Planned pieces go to another account, within its limit; traded if it is said how.
[[nodiscard]] Verdict move(Case& at, const Pieces& pieces, const std::string& to,
                           const v1::Trade* trade);

// ---- Retirement (retire.cc, cases.cc, caps.cc) ----
[[nodiscard]] Verdict retire(Case& at, const v1::Retire& action);
// Pieces that were taken end, each of its holder; of their serials, ranges that meet are one.
void put_retirement(Case& at, const v1::Retire& action, const Pieces& pieces);
[[nodiscard]] Verdict cancel(Case& at, const v1::Cancel& action);
[[nodiscard]] Verdict certify(Case& at, const v1::Certify& action);

[[nodiscard]] Verdict open_case(Case& at, const v1::OpenCase& action);
[[nodiscard]] Verdict confirm_case(Case& at, const v1::ConfirmCase& action);
[[nodiscard]] Verdict void_case(Case& at, const v1::VoidCase& action);
void changed(Books& books, const v1::Case& of_case);
// The case a bond names: pending, and wanting such a bond.
[[nodiscard]] Verdict find_case_for(const Case& at, const v1::Bind& action, v1::Case& of_case);
// The case of a retirement whose purpose has steps: ready for it.
[[nodiscard]] Verdict find_case_of(const Case& at, const v1::Retire& action,
                                   std::optional<v1::Case>& of_case);
// What a case retires: out of its bonds in their order, or from its account.
[[nodiscard]] Verdict plan_out_of(Case& at, const v1::Case& of_case, const v1::Retire& action,
                                  Pieces& pieces);
// The caps that are left to the retirement itself.
[[nodiscard]] Verdict use_case(Case& at, v1::Case& of_case, const Pieces& pieces);
void end_retired(Case& at, v1::Case& of_case, std::int64_t amount_kg);
// The case of this name is void if its deadline passed.
void case_due(Books& books, const std::string& name, Micros now, std::uint64_t position);

// As `plan`, from the account of a case, units of the areas of its rule before others.
[[nodiscard]] Verdict plan_preferring(const Case& at, const v1::Case& of_case,
                                      const Quantity& quantity, Pieces& pieces);
// The cap of this base, or null.
[[nodiscard]] const v1::CapRule* cap_by(const v1::PurposeRule& rule, v1::CapBase base);
// What caps are measured by is known of this firm.
[[nodiscard]] Verdict need_cap_bases(const Case& at, const v1::PurposeRule& rule,
                                     const std::string& firm);
// Counts an amount against the caps of a purpose, and gives it back.
[[nodiscard]] Verdict use_caps(Case& at, v1::Case& of_case, std::int64_t amount_kg);
void return_caps(Books& books, v1::Case& of_case);
// Room in the cap of all, kept for what a case estimates from its opening on.
[[nodiscard]] Verdict reserve_caps(Case& at, v1::Case& of_case);
// What a counted case retires of projects outside the city.
[[nodiscard]] Verdict use_outside(Case& at, const v1::Case& of_case, const Pieces& pieces);

// ---- Units of other cities (abroad.cc; the rest is in recognition.h) ----
// No partner's list is awaited, of whatever went away before an epoch began.
[[nodiscard]] Verdict need_all_lists(const Case& at);
// No partner has one of its keys for some of its days.
[[nodiscard]] Verdict need_none_abroad(const Case& at, const v1::FileProject& project);
// How much of a partner's units may serve a purpose in a year.
[[nodiscard]] Verdict check_purpose_caps(const Case& at, const Pieces& pieces,
                                         const std::string& purpose);
void note_purpose(Case& at, const Pieces& pieces, const std::string& purpose);

// ---- Enterprises (enterprises.cc, footprints.cc) ----
[[nodiscard]] Verdict file_source(Case& at, const v1::FileSource& action);
[[nodiscard]] Verdict replace_device(Case& at, const v1::ReplaceDevice& action);
[[nodiscard]] Verdict file_factors(Case& at, const v1::FileFactors& action);
[[nodiscard]] Verdict submit_readings(Case& at, const v1::SubmitReadings& action);
[[nodiscard]] Verdict report_footprint(Case& at, const v1::ReportFootprint& action);
[[nodiscard]] Verdict verify_footprint(Case& at, const v1::VerifyFootprint& action);
[[nodiscard]] Verdict set_target(Case& at, const v1::SetTarget& action);
// What a confirmation says it is, if it names one.
[[nodiscard]] Verdict need_same_footprint(const Case& at, const v1::Case& of_case,
                                          const v1::ConfirmCase& action);
[[nodiscard]] Verdict need_party(const Case& at, const std::string& name);
// How an enterprise is signed for.
[[nodiscard]] Subject about_party(const Case& at, const std::string& name);

// ---- Who signs (signers.cc) ----
[[nodiscard]] Subject about(const v1::Methodology& methodology);
[[nodiscard]] Subject about(const v1::FileProject& project, const v1::Methodology& methodology);
[[nodiscard]] Subject about(const Case& at, const v1::FileProject& project);
[[nodiscard]] Subject about(const Case& at, const v1::Report& report);
// Its project, and all of its units.
[[nodiscard]] Subject about(const Case& at, const v1::UnitBatch& batch);
[[nodiscard]] Subject about(const Case& at, const v1::Filing& filing);
// The legal entities whose filing or report it is: whom it is about, and who signed it.
[[nodiscard]] std::set<std::string> interested(const Case& at, const v1::Filing& filing);
[[nodiscard]] std::set<std::string> interested(const Case& at, const v1::Report& report);
// Whoever signs as verifier is none of these legal entities, and no operator signs.
[[nodiscard]] Verdict need_independent(const Case& at, const std::set<std::string>& others);
// Notes what the signer table of the rule set asks for and the signers do not give.
void need_signers(Case& at, std::string_view action, const Subject& subject);
// Notes that the party does not sign, if so.
void need_signature_of(Case& at, std::string_view action, const std::string& party);
// A party that is a bank now.
[[nodiscard]] Verdict need_bank(const Case& at, const std::string& party);
// Whether they give it.
[[nodiscard]] bool signs(Case& at, std::string_view action, const Subject& subject);
[[nodiscard]] bool has_line(const v1::RuleSet& rules, std::string_view action);
[[nodiscard]] bool has_ended(const v1::RoleGrant& grant, Micros now);
[[nodiscard]] bool holds(const v1::Party& party, v1::Role role, Micros now);
// Now, or by a grant whose window has not begun.
[[nodiscard]] bool holds_or_will(const v1::Party& party, v1::Role role, Micros now);
// Holds the role with no limit of area or methodology, and is not suspended.
[[nodiscard]] bool acts_for_city(const v1::Party& party, v1::Role role, Micros now);
// Holds the role within a scope that reaches the subject, and is not suspended.
[[nodiscard]] bool acts_for(const Case& at, const std::string& party, v1::Role role,
                            const Subject& subject);
// The signer who does: the acting party, or else the first by name, or else the acting party.
[[nodiscard]] std::string signer_as(const Case& at, v1::Role role, const Subject& subject);
// Its legal entity, or else its name.
[[nodiscard]] std::string legal_entity(const Case& at, const std::string& party);
[[nodiscard]] bool is_suspended(const v1::Party& party);
// What keeps a frozen or suspended party from it.
[[nodiscard]] Verdict need_unrestrained(const Books& books, const std::string& party);
// The parties that signed, by keys in force here, and how many keys; faults are noted, one of them
// that the acting party is suspended.
[[nodiscard]] std::map<std::string, std::uint32_t> signing_parties(Case& at,
                                                                   std::uint64_t& verified);

// ---- Forms and days (forms.cc) ----
inline constexpr std::size_t kGovernanceTextMax = 256, kTextMax = 512;
[[nodiscard]] inline Verdict malformed(const char* what) {
  return refused(ErrorCode::EVENT_MALFORMED, what);
}
[[nodiscard]] inline bool is_hash_or_empty(std::string_view hash) {
  return hash.empty() || hash.size() == crypto::Digest::kSize;
}
[[nodiscard]] inline bool is_role(int role) {
  return v1::Role_IsValid(role) && role != v1::ROLE_UNSPECIFIED;
}
[[nodiscard]] inline bool is_window(Micros from, Micros to) {
  return from >= 0 && from <= kTimeMax && to <= kTimeMax && (to == 0 || from < to);
}
// 1 to 64 bytes without a zero byte.
[[nodiscard]] bool is_label(std::string_view text);
// Six digits, of which two are a province (GB/T 2260).
[[nodiscard]] bool is_area(std::string_view text);
[[nodiscard]] bool is_document(const v1::Document& document);
[[nodiscard]] inline bool is_document_or_none(bool is_there, const v1::Document& document) {
  return !is_there || is_document(document);
}

inline constexpr std::int64_t kDayMax = 2'932'896;  // 9999-12-31
[[nodiscard]] inline bool is_day(std::int64_t day) { return day >= 0 && day <= kDayMax; }
// Beijing civil day, and the first moment of one.
inline constexpr Micros kBeijingAhead = Micros{8 * 3'600} * 1'000'000;
[[nodiscard]] inline std::int64_t day_of(Micros time) {
  return (time + kBeijingAhead) / kMicrosPerDay;
}
[[nodiscard]] inline Micros start_of(std::int64_t day) {
  return day * kMicrosPerDay - kBeijingAhead;
}
[[nodiscard]] int year_of(std::int64_t day);
// The first day of a month, 1 to 12; month 13 is the next year's first.
[[nodiscard]] std::int64_t first_of(std::uint32_t year, std::uint32_t month);
// The first day of the month of a day.
[[nodiscard]] std::int64_t first_of_month(std::int64_t day);
[[nodiscard]] bool is_weekend(std::int64_t day);
// "days [1, 5)"
[[nodiscard]] std::string days_text(std::int64_t from, std::int64_t to);

// ---- Small things ----
template <class Map>
[[nodiscard]] auto* find(Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}
[[nodiscard]] inline std::int64_t as_leaf(const Case& at) {
  return static_cast<std::int64_t>(at.position);
}

}  // namespace puhui::node::audit
