// What the rules of acts share with one another.
#pragma once

#include "ledger/rules/signers.h"

namespace puhui::ledger {

// The days on which an act may be claimed.
struct ClaimDays {
  std::int64_t first, last;
};
[[nodiscard]] inline ClaimDays claim_days(const v1::Methodology& methodology, std::int64_t day) {
  return {day + methodology.claim_opens_days(), day + methodology.claim_window_days()};
}

[[nodiscard]] Subject about_acts(const Context& context, const std::string& scenario);
// The signer who provides the data: whom consents, pools and reversals go by.
[[nodiscard]] std::string provider_of(const Context& context, const Subject& subject);
// Sums up what was credited for all acts of a scenario.
void add_to_scenario(Context& context, const std::string& scenario, std::int64_t records,
                     std::int64_t grams);

}  // namespace puhui::ledger
