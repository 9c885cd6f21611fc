// Which claims of recent days exist, so that a new claim needs no look-up in the store.
//
// A filter, not a truth: it may say that a claim could be there when it is not (then the store is
// asked), never the reverse. So it changes no decision, only what a decision costs.
// Days are filled from the store when first asked for. At most kDaysMax days are kept, the newest
// ones, and at most kClaimsMax claims in all; a day is filled at most once while the process runs,
// so nobody can make it work by naming old days.
// Threads: used by the applying thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "ledger/store/store.h"

namespace puhui::ledger {

class RecentClaims {
 public:
  static constexpr std::size_t kDaysMax = 16;
  static constexpr std::size_t kClaimsMax = std::size_t{8} << 20;

  explicit RecentClaims(const Store& store) : store_(store) {}

  // Whether the store may hold this key of the claims' family.
  [[nodiscard]] bool may_hold(std::string_view claim_key);
  // A claim was written to the store.
  void add(std::string_view claim_key);

 private:
  // Numbers that stand for claims, by open addressing. Zero marks a free place.
  class Set {
   public:
    void add(std::uint64_t number);
    [[nodiscard]] bool contains(std::uint64_t number) const;
    [[nodiscard]] std::size_t size() const { return size_; }

   private:
    [[nodiscard]] std::size_t place(std::uint64_t number) const;
    void grow();
    std::vector<std::uint64_t> places_ = std::vector<std::uint64_t>(64);
    std::size_t size_ = 0;
  };

  // The claims of a day, or null if it is not kept.
  const Set* day(std::string_view day_prefix);
  void fill(std::string_view day_prefix, Set& set) const;
  void drop_oldest();

  const Store& store_;
  std::map<std::uint32_t, Set> days_;  // by the day as keys write it
  std::uint32_t dropped_below_ = 0;    // days below this are never kept again
  std::size_t claims_ = 0;
};

}  // namespace puhui::ledger
