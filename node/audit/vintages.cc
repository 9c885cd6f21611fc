#include "node/audit/rules.h"

namespace puhui::node::audit {

Verdict need_serving(const Case& at, const v1::UnitBatch& batch, const std::string& purpose) {
  // A rule for this purpose goes before one for every purpose; among those, one for this
  // methodology before one for every methodology.
  const std::pair<std::string, std::string> wanted[] = {
      {purpose, batch.methodology()}, {purpose, ""}, {"", batch.methodology()}, {"", ""}};
  for (const auto& [for_purpose, for_methodology] : wanted)
    for (const auto& rule : at.rules.vintages()) {
      if (rule.purpose() != for_purpose || rule.methodology() != for_methodology) continue;
      const auto last = batch.vintage() + static_cast<std::int64_t>(rule.years());
      if (year_of(day_of(at.now)) <= last) return {};
      return refused(ErrorCode::VINTAGE_EXPIRED, batch.serial(),
                     "until the end of " + std::to_string(last), purpose);
    }
  return {};
}

}  // namespace puhui::node::audit
