#include "crypto/policy.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// A policy that parses has a canonical text that parses to the same policy.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto policy = parse_policy(bytes)) {
    const auto text = format_policy(*policy);
    assert(text.size() > kPolicySizeMax || parse_policy(text).value() == *policy);
    std::vector<std::string> names;
    for (const auto& witness : policy->witnesses) names.push_back(witness.name);
    assert(quorum_met(*policy, names));
    assert(quorum_met(*policy, {}) == (policy->quorum == kQuorumNone));
  }
  return 0;
}
