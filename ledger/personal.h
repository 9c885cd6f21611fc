// Personal accounts: random pseudonyms with a balance in grams, and the claims that made it.
//
// The records credited to an account are linked from the last one back to the first, and chained
// into its *trail*, so that whoever is shown all of them can tell that none is left out. A claim
// holds the carrier's keyed tag, so nobody can guess a trail, nor therefore a value in the personal
// map of state roots (state_root.h), from grams alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace puhui::ledger {

// "p-" and 32 hex digits.
[[nodiscard]] std::string personal_id(std::string_view pseudonym);
[[nodiscard]] bool is_personal_id(std::string_view account);
// The pseudonym in a personal id; empty if it is not one.
[[nodiscard]] std::string pseudonym_of(std::string_view account);

// A record of a behaviour batch. Leaf 0 is the genesis: there is none.
struct RecordPlace {
  std::uint64_t leaf = 0;
  std::uint32_t record = 0;
  [[nodiscard]] bool is_none() const { return leaf == 0; }
  bool operator==(const RecordPlace&) const = default;
};

// Stored as i64-BE grams ‖ u64-BE leaf that opened it ‖ u64-BE leaf ‖ u32-BE record of the last
// credit ‖ trail[32], all of these zero before the first.
struct PersonalBalance {
  std::int64_t grams = 0;
  std::uint64_t opened_at = 0;
  RecordPlace last;
  crypto::Digest trail;  // SHA-256(trail before ‖ claim key) with every credit

  [[nodiscard]] std::string encode() const;
  // Asserts the size.
  [[nodiscard]] static PersonalBalance decode(std::string_view bytes);
  [[nodiscard]] static bool is_one(std::string_view bytes);

  bool operator==(const PersonalBalance&) const = default;
};

// Stored as u64-BE leaf ‖ u32-BE record ‖ i64-BE grams ‖ u64-BE leaf ‖ u32-BE record of the
// account's credit before.
struct Claimed {
  RecordPlace place;
  std::int64_t grams = 0;
  RecordPlace previous;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static Claimed decode(std::string_view bytes);

  bool operator==(const Claimed&) const = default;
};

}  // namespace puhui::ledger
