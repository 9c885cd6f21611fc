// What the rules of acts share with one another.
#pragma once

#include "ledger/rules/signers.h"

namespace puhui::ledger {

[[nodiscard]] Subject about_acts(const Context& context, const std::string& scenario);
// The signer who provides the data: whom consents, pools and reversals go by.
[[nodiscard]] std::string provider_of(const Context& context, const Subject& subject);
// Sums up what was credited for all acts of a scenario.
void add_to_scenario(Context& context, const std::string& scenario, std::int64_t records,
                     std::int64_t grams);

}  // namespace puhui::ledger
