// What lies in a closed ledger's folder, looked at without trusting it: for scrubbing and repair.
//
// A healthy ledger follows from its leaves. So its files are read to the last byte, its leaves are
// measured against its tree, and its views against those of a ledger rebuilt from the leaves.
// Refusals and the place in consensus follow from nothing else; a sum tells whether refusals are
// whole (store/refusals.h).
// Threads: `leaf` from any; the rest from one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ledger/ledger.h"

namespace puhui::ledger {

class Inventory {
 public:
  // Reads every file. IO, LOCKED; CORRUPT names the file that is damaged.
  [[nodiscard]] static Result<std::unique_ptr<Inventory>> open(const StoreOptions& options);

  // Puts into a new folder what can be saved of one with damaged files, to be opened from there.
  // Values there may be older ones. CORRUPT if that is nothing; IO.
  [[nodiscard]] static Result<void> salvage(const std::string& folder, const std::string& to);

  [[nodiscard]] const Head& head() const { return head_; }

  // The stored bytes of a leaf and its attachment. CORRUPT if there is no entry.
  [[nodiscard]] Result<StoredLeaf> leaf(std::uint64_t leaf) const;

  // Whether the entries lead to the root, by way of the stored hash tiles. CORRUPT names the first
  // entry or tile that does not fit.
  [[nodiscard]] Result<void> check_leaves() const;

  // Whether all that follows from leaves is what a ledger that followed the same leaves holds, and
  // refusals are those that were kept. CORRUPT names the first key that differs.
  [[nodiscard]] Result<void> compare(Ledger& rebuilt) const;

  // Up to where consensus was applied. CORRUPT if that is lost.
  [[nodiscard]] Result<AppliedAt> applied() const;

  // Whether the head's digest is that of the stored chains: then it is what this ledger had
  // reached, and a rebuilt one with another follows other rules.
  [[nodiscard]] bool has_own_digest() const;

  // Gives a rebuilt, closed ledger of the same leaves what follows from nothing else: the place in
  // consensus, and refusals; durable when it returns. CORRUPT if some of that is lost: the ledger
  // might then accept what all others refuse.
  [[nodiscard]] Result<void> hand_over(const StoreOptions& rebuilt) const;

 private:
  Inventory(std::unique_ptr<Store> store, const Head& head);

  std::unique_ptr<Store> store_;
  std::unique_ptr<Reader> reader_;
  Head head_;
};

}  // namespace puhui::ledger
