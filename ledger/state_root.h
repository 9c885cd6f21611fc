// What a state root leaf says about the views after all leaves before it.
//
//   body: u8 form (3) ‖ open map root[32] ‖ personal map root[32] ‖ n × (u8 family ‖ digest[32]),
//         families in order
// The roots are those of authenticated maps (crypto/map.h), keys and values as stored
// (store/keys.h). The open map, over the families in kOpenFamilies, proves balances, serials,
// filings, parties and their absence to anybody. The personal map holds what follows from
// attachments: personal accounts, from their first credit on, and the lists of claims of closed
// days (rules/claims.h). Whoever is shown a path sees the hashes of what lies beside it; there
// nobody can tell from a hash what it is of, because each holds what nobody outside knows.
// The digests are one chain per family of views; they find out replicas that diverge, and in which
// family:
//   digest' = SHA-256(digest ‖ changes)   for each leaf that changes the family, keys in order
// What follows from attachments is one family, C, whatever its letter: each leaf that changes it
// brings a secret (a claim, a confirmation, a trail), so that nobody can guess the rest from a
// chain.
//   change  = u32 length ‖ key ‖ u8 1 ‖ u32 length ‖ value, or u32 length ‖ key ‖ u8 0: erased
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace puhui::ledger {

// Named accounts, unit batches, projects, keys, methodologies, nodes, parties, rule sets, totals,
// unit blocks, proposals, reports, retirements, retirement cases, filings, bonds, recalls,
// certificates, loan references, offers and their settlements, openings of pseudonyms, emission
// sources, footprints, agreements, partners' logs, transfers between cities. What else is stored
// follows from these or from leaves.
inline constexpr std::string_view kOpenFamilies = "1236ABJKMNPRTUVWZacfhjlmnoxz";

enum class StateMap : std::uint8_t { open = 1, personal = 2 };
inline constexpr StateMap kStateMaps[] = {StateMap::open, StateMap::personal};

// The map that a stored key ("vA…") belongs to, if any.
[[nodiscard]] std::optional<StateMap> map_of(std::string_view key);
// Whether the map holds such a key with this stored value: a personal account that was never
// credited is in none, its value could be guessed.
[[nodiscard]] bool is_mapped(std::string_view key, std::string_view value);

// The family whose chain a stored key belongs to.
[[nodiscard]] char chain_of(std::string_view key);

using FamilyDigests = std::map<char, crypto::Digest>;

struct StateRoot {
  crypto::Digest open_map, personal_map;
  FamilyDigests families;

  [[nodiscard]] const crypto::Digest& of(StateMap map) const {
    return map == StateMap::open ? open_map : personal_map;
  }
  bool operator==(const StateRoot&) const = default;
};

[[nodiscard]] std::string encode_state_root(const StateRoot& root);
// CORRUPT unless the bytes are exactly one body as above.
[[nodiscard]] Result<StateRoot> decode_state_root(std::string_view body);

// What differs between two, in words: "family A: <hex> here, <hex> there; …"; empty if nothing
// does.
[[nodiscard]] std::string difference(const StateRoot& here, const StateRoot& there);

// The names of families of views: ASCII letters and digits.
[[nodiscard]] bool is_family(char name);

// n × (u8 family ‖ digest[32]): the part of the body after the roots.
[[nodiscard]] std::string encode_families(const FamilyDigests& families);
[[nodiscard]] Result<FamilyDigests> decode_families(std::string_view bytes);

}  // namespace puhui::ledger
