// A city's log as an auditor gets it, and what he says of it.
#pragma once

#include "crypto/bytes.h"
#include "node/audit/audit.h"
#include "tests/ledger/city.h"

namespace puhui::node::audit::testing {

using namespace ledger::testing;  // NOLINT: the city is theirs

inline std::vector<RawLeaf> log_of(City& city) {
  std::vector<RawLeaf> log;
  const auto view = city.view();
  for (std::uint64_t i = 0; i < view.head().size; ++i)
    log.push_back({view.entry(i), view.attachment(i)});
  return log;
}

// Goes on until a state root says what all of it came to.
inline void reach_a_state_root(City& of) {
  const auto interval = of.view().genesis()->state_root_interval();
  const auto roots = of.view().head().size / interval;
  while (of.view().head().size / interval == roots)
    PUHUI_ACCEPTED(open_account(of, "owner-" + std::to_string(of.view().head().size), "owner"));
}

inline Audit audited(const std::vector<RawLeaf>& log) {
  Audit audit;
  for (const auto& leaf : log) audit.next(leaf);
  audit.finish();
  return audit;
}

inline std::string told(const Audit& audit) {
  std::string text;
  for (const auto& [position, fault] : audit.findings())
    text += std::to_string(position) + " " + fault.code + " " + fault.detail + " [" +
            fault.expected + "] [" + fault.found + "]\n";
  return text;
}

inline Micros time_of(const RawLeaf& leaf) {
  return static_cast<Micros>(crypto::read_u64(leaf.entry));
}

inline RawLeaf leaf_at(Micros time, LeafKind kind, std::string_view body) {
  RawLeaf leaf;
  crypto::append_u64(leaf.entry, static_cast<std::uint64_t>(time));
  leaf.entry += static_cast<char>(kind);
  leaf.entry += body;
  return leaf;
}

}  // namespace puhui::node::audit::testing
