// Follows a log from a source nobody trusts, into a copy.
//
// One round: the newest checkpoint is fetched and judged by the policy; the tree above its bundles
// is read and must have its root; what was accepted before must be its beginning; then every new
// bundle is fetched, by several connections at once, and each is compared with the tree as it
// arrives. Only when all of it is here and durable does the new checkpoint take the old one's
// place. A round that breaks off loses nothing: what had arrived is looked at again, not fetched
// again. Attachments come afterwards, each compared with the root that the signed event names; one
// that is missing or wrong fails no round and is asked for again in the next.
//
// What a source may do wrong, and what comes of it (nothing is accepted in any of these cases):
//   NOTE_*, CHECKPOINT_*, POLICY_UNMET   its checkpoint is not one
//   WRONG_CITY               it serves another log than the copy holds
//   UNAVAILABLE              it shows an older checkpoint than was accepted
//   CHECKPOINT_INCONSISTENT  the log has forked; the evidence is in the copy, and as long as it is
//                            there nothing more is followed
//   PROOF_*, TOO_LARGE       tiles or bundles that do not belong to the checkpoint
//   UNREACHABLE, NOT_FOUND   it stalls, or does not have what its checkpoint promises
// Threads: one; it starts others for the time of a round. `progress` is called from any of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "crypto/policy.h"
#include "node/mirror/copy.h"
#include "node/mirror/source.h"
#include "node/mirror/spine.h"

namespace puhui::node {

struct Progress {
  std::uint64_t entries = 0;  // here and verified, of …
  std::uint64_t size = 0;
  std::uint64_t bytes = 0;  // fetched in this round
  std::uint64_t took_ms = 0;
};

struct FollowOptions {
  SourceOptions source;
  crypto::Policy policy;
  unsigned connections = 4;
  std::function<void(const Progress&)> progress;  // may be empty
  std::function<bool()> stops;                    // asked between two fetches; may be empty
};

struct Round {
  std::uint64_t entries = 0;  // new ones
  std::uint64_t bytes = 0;    // fetched
  std::uint64_t took_ms = 0;
  std::uint64_t attachments = 0;  // new ones
  // Leaves whose attachment is not here, because the source does not show or have it.
  std::uint64_t attachments_missing = 0;
  std::string attachments_error;  // why the last of them could not be had
};

class Follower {
 public:
  // The copy outlives this. Errors of open_source; CORRUPT if no log of the policy has signed the
  // checkpoint that the copy holds.
  [[nodiscard]] static Result<std::unique_ptr<Follower>> start(Copy& copy, FollowOptions options);

  [[nodiscard]] Result<Round> follow();

 private:
  Follower(Copy& copy, FollowOptions options, Fetch fetch);
  Result<void> grow(const crypto::TreeHead& head, std::string note);
  Result<Spine> read_spine(const crypto::TreeHead& head, std::string_view tail);
  Result<void> keep_evidence(const crypto::Evidence& evidence, std::uint64_t size);
  [[nodiscard]] bool has_more_witnesses(const crypto::VerifiedCheckpoint& shown) const;
  Result<void> check_extends(const Spine& spine, const std::string& note);
  Result<void> check_older(const crypto::Checkpoint& checkpoint, const std::string& note);
  Result<std::string> fetch_tile(const Fetch& fetch, const crypto::Tile& tile);
  Result<void> fill(const Spine& spine);
  Result<void> fill_bundle(const Fetch& fetch, const Spine& spine, std::uint64_t index);
  Result<void> keep_upper(const Spine& spine, std::string_view tail);
  Result<void> look_for_attachments();
  void fetch_attachments();
  Result<void> fetch_attachment(std::uint64_t leaf, const std::string& root);
  void arrived(std::uint64_t entries, std::uint64_t bytes);

  Copy& copy_;
  const FollowOptions options_;
  const Fetch fetch_;
  Round round_;
  std::uint64_t attachments_from_ = 0;                        // leaves before were looked at
  std::map<std::uint64_t, std::string> attachments_missing_;  // root by leaf
  std::uint64_t began_ms_ = 0;
  std::mutex progress_mutex_;
  Progress progress_;
};

}  // namespace puhui::node
