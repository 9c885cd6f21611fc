// What enterprises emit: sources and their meters, factors, readings, footprints, targets.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- sources.cc ----
// The factor need not be in force yet. Order: rules in force; form; area; days; device's key;
// source new; party known; no more sources than one party may have; unit that of the factor, where
// a table names it; signers.
[[nodiscard]] Ruling file_source(Context& context, const v1::FileSource& action);
// From now on readings are signed by the new device alone. Order: rules in force; device's key;
// source known; signers.
[[nodiscard]] Ruling replace_device(Context& context, const v1::ReplaceDevice& action);

// ---- factors.cc ----
// A factor has one unit for ever, and one value on a day. Order: rules in force; form; days; table
// new; then each factor: well formed and not negative; unit; no overlap; then signers.
[[nodiscard]] Ruling file_factors(Context& context, const v1::FileFactors& action);

// ---- readings.cc ----
// Order: rules in force; source known; device that of the source; signers; then each reading by
// itself: day over, and one on which the source is there; no reading of that day; month's sum fits.
// A reading that is further from that of the nearest day before than the rules' percentage of the
// latter is counted as a jump in its month. One that fills a gap is compared with its neighbours on
// both sides, by the rules in force then: so jumps do not depend on the order of sending. A second
// reading of a day is refused, and counted as a duplicate in its month if others of its batch are
// taken (an event that is refused as a whole changes nothing).
[[nodiscard]] Ruling submit_readings(Context& context, const v1::SubmitReadings& action);

// ---- footprints.cc ----
// Sums up every source of the party that is there in the period: each reading by the factor of its
// day, exactly; the total is rounded up to a kilogram. A day without a reading counts as nothing
// and is told in the source's line, like jumps and duplicates. Several of one period may be
// reported: the newest that was not rejected counts. From a missing attachment on, footprints are
// taken without figures. Order: rules in force; form; footprint new; party known; period over; a
// source in it; a factor in force, of the source's unit, on each day of a source in it; sums fit;
// signers.
[[nodiscard]] Ruling report_footprint(Context& context, const v1::ReportFootprint& action);
// Order: rules in force; form; footprint known, computed and not yet verified; of a positive one
// with missing days, jumps or duplicates: a statement; verifier is another legal entity than the
// enterprise, operator and who signed the report; signers.
[[nodiscard]] Ruling verify_footprint(Context& context, const v1::VerifyFootprint& action);
// Replaces the year's target, if there is one. Order: rules in force; form; party known; signers.
[[nodiscard]] Ruling set_target(Context& context, const v1::SetTarget& action);

}  // namespace puhui::ledger
