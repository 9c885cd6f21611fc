// What an auditor finds: where, by which stable word, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/error.h"

namespace puhui::node::audit {

// Something that should not be. `code` is one of the auditor's own words ("state_root.mismatch") or
// that of the refusal the rules should have given ("serial.retired").
struct Fault {
  std::string code;
  std::string detail;  // what exactly, in English
  std::string expected, found;

  bool operator==(const Fault&) const = default;
};

// Nothing: all is well.
using Verdict = std::optional<Fault>;

[[nodiscard]] inline Fault fault(std::string_view code, std::string detail = {},
                                 std::string expected = {}, std::string found = {}) {
  return {std::string(code), std::move(detail), std::move(expected), std::move(found)};
}
// An event is in the log that the rules refuse.
[[nodiscard]] inline Fault refused(ErrorCode code, std::string detail = {},
                                   std::string expected = {}, std::string found = {}) {
  return fault(code_name(code), std::move(detail), std::move(expected), std::move(found));
}

struct Finding {
  std::uint64_t position = 0;
  Fault fault;

  bool operator==(const Finding&) const = default;
};

// What a code means, for people.
[[nodiscard]] std::string_view meaning_en(std::string_view code);
[[nodiscard]] std::string_view meaning_zh(std::string_view code);

}  // namespace puhui::node::audit
