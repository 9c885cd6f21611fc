// The log of openings: which pseudonym was opened on what ground, which policy was believed then,
// and about how many acts a partner city was answered. It only grows; each link holds the hash of
// the one before, and a sealed head says how many there are, so that one changed, moved or left out
// is found. Not thread-safe.
//
//   o ‖ u64-BE number    under the wrap key: IdentityOpening
//   h                    under the wrap key: IdentityOpeningsHead
#pragma once

#include <optional>

#include "crypto/policy.h"
#include "node/identity/keys.h"
#include "node/identity/table.h"
#include "proto/error.h"
#include "puhui/v1/identity.pb.h"

namespace puhui::node::identity {

class Openings {
 public:
  // Both must outlive it.
  Openings(Table& table, const Keys& keys) : table_(table), keys_(keys) {}

  // The log of a new store. IO.
  [[nodiscard]] Result<void> begin();

  // All links in order, each with its hash. CORRUPT if the chain does not hold.
  [[nodiscard]] Result<v1::IdentityOpeningList> read() const;

  // Adds a link: number, previous and hash are filled in. Durable when it returns, and with it, all
  // or nothing, the pairs. Errors of read: a chain that does not hold grows no further.
  [[nodiscard]] Result<v1::IdentityOpening> add(v1::IdentityOpening link, Pairs pairs = {});

  // The policy believed now. CONFIG if there is none yet; errors of read.
  [[nodiscard]] Result<crypto::Policy> policy() const;

 private:
  [[nodiscard]] Result<v1::IdentityOpeningsHead> head() const;

  Table& table_;
  const Keys& keys_;
};

}  // namespace puhui::node::identity
