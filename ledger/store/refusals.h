// A sum over the refusals that are kept, so that a lost or changed one is noticed: they follow from
// no leaf.
//
//   m refusals   the value of "applied" it belongs to ‖ sum[32]
//   sum          SHA-256(u32-BE length ‖ key ‖ value) of each row of the family r, as big-endian
//                numbers added modulo 2^256
// It finds damage; whoever can write the database could write another sum as well.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/store/store.h"

namespace puhui::ledger {

class RefusalSum {
 public:
  void add(std::string_view key, std::string_view value);
  void remove(std::string_view key, std::string_view value);

  [[nodiscard]] std::string encode(std::string_view applied) const;
  // The sum as it was stored with this value; zero if neither is there. CORRUPT for other bytes.
  [[nodiscard]] static Result<RefusalSum> load(const Reader& reader);

  bool operator==(const RefusalSum&) const = default;

 private:
  using Words = std::array<std::uint64_t, 4>;  // least significant first
  static Words hash_of(std::string_view key, std::string_view value);

  Words words_{};
};

// Whether all refusals a reader sees are those that were kept, and each has its place in the order
// in which they end. CORRUPT names what is not.
[[nodiscard]] Result<void> check_refusals(const Reader& reader);

}  // namespace puhui::ledger
