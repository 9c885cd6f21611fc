// Personal accounts: random pseudonyms with a balance in grams, and the movements that made it.
//
// A movement is a credit, its reversal, a redemption, or the account's erasure. Movements are
// linked from the last one back to the first, and chained into the account's *trail* by their
// names, so that whoever is shown all of them can tell that none is left out: a credit's name is
// its claim key, that of a reversal follows from it (records.h), and the others' is the hash of the
// person's confirmation. A claim holds the carrier's keyed tag and a confirmation a salt, so nobody
// can guess a trail, nor therefore a value in the personal map of state roots (state_root.h), from
// grams alone.
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

// A record of an attachment. Leaf 0 is the genesis: there is none.
struct RecordPlace {
  std::uint64_t leaf = 0;
  std::uint32_t record = 0;
  [[nodiscard]] bool is_none() const { return leaf == 0; }
  bool operator==(const RecordPlace&) const = default;
};

// Stored as i64-BE grams ‖ u64-BE leaf that opened it ‖ u64-BE leaf ‖ u32-BE record of the last
// movement ‖ trail[32], all of these zero before the first ‖ u8: 1 self-held, 2 erased.
struct PersonalBalance {
  std::int64_t grams = 0;  // negative: owed, because a credit was reversed after it was spent
  std::uint64_t opened_at = 0;
  RecordPlace last;
  crypto::Digest trail;  // SHA-256(trail before ‖ name) with every movement
  bool is_self_held = false;
  bool is_erased = false;

  [[nodiscard]] std::string encode() const;
  // Asserts the size.
  [[nodiscard]] static PersonalBalance decode(std::string_view bytes);
  [[nodiscard]] static bool is_one(std::string_view bytes);

  bool operator==(const PersonalBalance&) const = default;
};

// Stored as u64-BE leaf ‖ u32-BE record ‖ i64-BE grams ‖ u64-BE leaf ‖ u32-BE record of the
// account's movement before; and if some went to a pool, u64-BE grams of these ‖ name of the pool.
struct Claimed {
  RecordPlace place;
  std::int64_t grams = 0;
  RecordPlace previous;
  std::int64_t pooled_g = 0;
  std::string pool;  // account; empty while pooled_g is 0

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static Claimed decode(std::string_view bytes);

  bool operator==(const Claimed&) const = default;
};

// What was confirmed, and every movement that is no credit, by the leaf hash of its name: nobody
// confirms twice. Stored like a claim without pool.
struct Moved {
  RecordPlace place;
  std::int64_t grams = 0;  // what the account held more for it
  RecordPlace previous;    // none of what moved nothing

  [[nodiscard]] std::string encode() const {
    return Claimed{place, grams, previous, 0, {}}.encode();
  }
  [[nodiscard]] static Moved decode(std::string_view bytes) {
    auto same = Claimed::decode(bytes);
    return {same.place, same.grams, same.previous};
  }
};

}  // namespace puhui::ledger
