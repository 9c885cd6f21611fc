// What a state root leaf says about the views after all leaves before it.
//
//   body: u8 form (2) ‖ map root[32] ‖ n × (u8 family ‖ digest[32]), families in order
// The map root is that of an authenticated map (crypto/map.h) over the families in kMappedFamilies,
// keys and values as stored (store/keys.h); it proves balances, serials, filings, parties and their
// absence. The digests are one chain per family of views; they find out replicas that diverge, and
// in which family:
//   digest' = SHA-256(digest ‖ changes)   for each leaf that changes the family, keys in order
//   change  = u32 length ‖ key ‖ u8 1 ‖ u32 length ‖ value, or u32 length ‖ key ‖ u8 0: erased
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace puhui::ledger {

// Named accounts, unit batches, projects, keys, methodologies, nodes, parties, rule sets, totals,
// unit blocks, reports, retirements. What else is stored follows from these or from leaves.
inline constexpr std::string_view kMappedFamilies = "ABJKMNPRTUWZ";

// Whether a stored key ("vA…") is a key of the map. Personal accounts (0x01 after the family) are
// not: whoever is shown a path sees the hashes of what lies beside it, and grams are few enough to
// guess.
[[nodiscard]] inline bool is_mapped(std::string_view key) {
  return key.size() > 1 && key[0] == 'v' &&
         kMappedFamilies.find(key[1]) != std::string_view::npos &&
         !(key[1] == 'A' && key.size() > 2 && key[2] == '\1');
}

using FamilyDigests = std::map<char, crypto::Digest>;

struct StateRoot {
  crypto::Digest map;
  FamilyDigests families;

  bool operator==(const StateRoot&) const = default;
};

[[nodiscard]] std::string encode_state_root(const StateRoot& root);
// CORRUPT unless the bytes are exactly one body as above.
[[nodiscard]] Result<StateRoot> decode_state_root(std::string_view body);

// What differs between two, in words: "family A: <hex> here, <hex> there; …"; empty if nothing
// does.
[[nodiscard]] std::string difference(const StateRoot& here, const StateRoot& there);

// n × (u8 family ‖ digest[32]): the part of the body after the map root.
[[nodiscard]] std::string encode_families(const FamilyDigests& families);
[[nodiscard]] Result<FamilyDigests> decode_families(std::string_view bytes);

}  // namespace puhui::ledger
