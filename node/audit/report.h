// What an audit says, for machines and for people. The same log and policy give the same bytes,
// whatever the machine, the number of threads or interruptions: no time of day, no folder.
#pragma once

#include "node/audit/run.h"

namespace puhui::node::audit {

// Findings that carry the bytes a third person needs to see for herself.
inline constexpr std::size_t kEvidenceMax = 100;

struct Report {
  std::string json;      // audit.json
  std::string markdown;  // audit.md: English and Chinese
};
[[nodiscard]] Report make_report(const Audited& audited);

// Names and values, for a short answer.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> summary(const Audited& audited);

// audit.json and audit.md, replaced whole. IO.
[[nodiscard]] Result<void> write_report(const std::string& folder, const Report& report);

}  // namespace puhui::node::audit
