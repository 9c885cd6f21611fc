// C2SP tlog-policy: which logs are trusted, and whose cosignatures make a checkpoint acceptable.
//
//   log <vkey> [<url>]
//   witness <name> <vkey> [<url>]
//   group <name> all|any|<k> <name>...
//   quorum <name>|none
//
// Items are separated by spaces and tabs; empty lines and lines starting with # are skipped; every
// line ends in a newline. Names are opaque bytes shared by witnesses and groups, defined before
// they are used, and members of at most one group, so that no witness counts twice. The order of
// witnesses carries no meaning. All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "proto/error.h"

namespace puhui::crypto {

// C2SP asks for at least 32 of each.
inline constexpr std::size_t kPolicyLogsMax = 64;
inline constexpr std::size_t kPolicyWitnessesMax = 64;
inline constexpr std::size_t kPolicyGroupsMax = 64;
inline constexpr std::size_t kPolicySizeMax = 64 * 1024;

// The quorum that asks for no cosignature.
inline constexpr std::string_view kQuorumNone = "none";

struct PolicyLog {
  VerifierKey key;  // Its name is the log's origin.
  std::string url;  // May be empty.

  bool operator==(const PolicyLog&) const = default;
};

struct PolicyWitness {
  std::string name;  // In this policy only; the name it signs with is key.name.
  VerifierKey key;   // Of type cosignature.
  std::string url;   // May be empty.

  bool operator==(const PolicyWitness&) const = default;
};

struct PolicyGroup {
  std::string name;
  std::size_t threshold = 1;  // This many members must have witnessed; 1 ≤ threshold ≤ members.
  std::vector<std::string> members;

  bool operator==(const PolicyGroup&) const = default;
};

// Built by hand or parsed. The functions below take a policy for which
// parse_policy(format_policy()) succeeds; others never accept more than the rules they state, but
// may accept nothing.
struct Policy {
  std::vector<PolicyLog> logs;
  std::vector<PolicyWitness> witnesses;
  std::vector<PolicyGroup> groups;  // Each after the groups it names.
  std::string quorum = std::string(kQuorumNone);

  bool operator==(const Policy&) const = default;
};

// POLICY_MALFORMED, with "line <n>: …" in the detail, for anything outside the grammar above, the
// limits, or: a name defined twice, or reserved; a member that is not defined, or in a group
// already; k outside 1…n; two logs or two witnesses of one public key, or of one key name and id;
// a witness key not of type 0x04; a quorum line absent or repeated; control characters.
[[nodiscard]] Result<Policy> parse_policy(std::string_view bytes);

// The keys of its logs, in order.
[[nodiscard]] std::vector<VerifierKey> log_keys(const Policy& policy);

// Canonical text: logs, witnesses, groups, quorum. parse_policy of it gives an equal policy.
// "all" and "any" are written where k allows it ("any" for 1 unless it is also all).
std::string format_policy(const Policy& policy);

// Whether these witnesses (names of the policy) satisfy the quorum. Unknown names do not count.
bool quorum_met(const Policy& policy, std::span<const std::string> witnesses);

struct Witnessed {
  std::string name;  // In the policy.
  std::uint64_t time_s = 0;

  bool operator==(const Witnessed&) const = default;
};

struct VerifiedCheckpoint {
  Checkpoint checkpoint;
  PolicyLog log;                     // Whose key signed and whose name is the origin.
  std::vector<Witnessed> witnesses;  // In the policy's order; the latest time of each.
};

// Accepts a signed checkpoint under a policy. Every signature of a key that the policy names must
// verify; then a listed log must have signed under its own origin; then the quorum must be met.
// NOTE_MALFORMED, CHECKPOINT_MALFORMED; NOTE_UNVERIFIED if a known key's signature fails or no
// listed log signed; CHECKPOINT_ORIGIN if one did but the text names another origin; POLICY_UNMET,
// with the names of the witnesses that did not sign. Times are reported, not judged.
[[nodiscard]] Result<VerifiedCheckpoint> verify_checkpoint(const Policy& policy,
                                                           std::string_view note_bytes);

}  // namespace puhui::crypto
