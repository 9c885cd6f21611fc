// The auditor's fold: leaves in order, findings out.
//
// It trusts nothing but the leaves: what they bring about is derived anew by code of its own
// (books.h, rules.h), and compared with what the leaves themselves say (state roots, attachments).
// After a finding the leaf is taken as it is, as far as that makes sense, and the fold goes on; the
// first finding is the one that counts, for later ones may follow from it.
//
// Threads: `next` and all that reads belong to one; `known` may be read by any, to prepare leaves
// ahead.
#pragma once

#include <vector>

#include "crypto/merkle.h"
#include "node/audit/rules.h"

namespace puhui::node::audit {

inline constexpr std::size_t kFindingsMax = 1000;

struct Counts {
  std::uint64_t entries = 0, events = 0, ticks = 0;
  std::uint64_t signatures = 0;                     // verified
  std::uint64_t formulas = 0;                       // evaluated: reports and acts
  std::uint64_t records = 0, records_accepted = 0;  // of attachments
  std::uint64_t attachments = 0, attachments_missing = 0;
  std::uint64_t state_roots = 0, state_roots_compared = 0;
  std::uint64_t unjudged = 0;  // leaves after a log without genesis
  std::uint64_t findings_dropped = 0;

  bool operator==(const Counts&) const = default;
};

class Audit {
 public:
  void next(const Leaf& leaf);
  // Prepares and folds one leaf.
  void next(RawLeaf raw) { next(prepare(std::move(raw), *known_)); }
  // Told of every node of the tree that is complete.
  void watch(crypto::NodeSink completed) { completed_ = std::move(completed); }
  // Something is wrong with where the leaves come from.
  void note(std::uint64_t position, Fault fault);
  // When no leaf is left: adds up everything that is held.
  void finish();

  [[nodiscard]] const Known& known() const { return *known_; }
  [[nodiscard]] std::uint64_t size() const { return tree_.size(); }
  [[nodiscard]] crypto::Digest root() const { return tree_.root(); }
  [[nodiscard]] const Books& books() const { return books_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] std::optional<std::uint64_t> first_bad() const;
  // The first event whose attachment was not there.
  [[nodiscard]] std::optional<std::uint64_t> first_missing() const { return first_missing_; }
  // A hash over all entries and attachments read so far, in order.
  [[nodiscard]] const crypto::Digest& read() const { return read_; }

  // Puts what an earlier run said of the leaves read so far in the place of what this one said.
  void recall(std::vector<Finding> findings, const Counts& counts);

 private:
  void event(const Leaf& leaf);
  void found_city(Case& at);
  [[nodiscard]] bool check_identity(const Leaf& leaf);
  void check_validity(const Case& at);
  void count(const Case& at);
  void learn(const v1::Payload& payload);
  void tick(const Leaf& leaf);
  void state_root(const Leaf& leaf, Micros before);
  void compare_roots(const char* map, const crypto::Digest& derived, const crypto::Digest& stated);
  void check_place(const Leaf& leaf);
  void check_sums();
  void check_credits(std::uint64_t last);

  Books books_;
  std::unique_ptr<Known> known_ = std::make_unique<Known>();
  crypto::Frontier tree_;
  crypto::NodeSink completed_;
  crypto::Digest read_;
  std::uint64_t position_ = 0;
  Micros time_ = 0;
  Counts counts_;
  std::vector<Finding> findings_;
  std::optional<std::uint64_t> first_missing_;
  bool root_differed_ = false;
};

}  // namespace puhui::node::audit
