// A mirror as a process: round after round of following, and serving what was accepted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "node/http/server.h"
#include "node/mirror/follower.h"
#include "node/witness/witness.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node {

struct MirrorOptions {
  std::string folder;
  FollowOptions follow;
  std::uint32_t every_ms = 5'000;  // between rounds
  bool once = false;               // one round, nothing served
  bool views = false;              // keep the city's views as well, and serve them
  std::optional<http::ServerOptions> serving;
  std::optional<WitnessOptions> witness;  // needs `serving`
};

// Called after each round, on the thread of run_mirror.
using Told = std::function<void(const v1::MirrorStatus& status, const Round& round)>;

// Follows until a signal (SIGINT, SIGTERM) or, with `once`, for one round, whose error is answered.
// How it stands is written to FOLDER/status.json after each round. Errors of Copy::open,
// Follower::start, MirrorViews::open, Witness::open and Server::start; after that, rounds that fail
// are told and tried again, but for CHECKPOINT_INCONSISTENT: a log that has forked is not followed
// any further, and what was accepted before is served on.
[[nodiscard]] Result<void> run_mirror(MirrorOptions options, const Told& told);

}  // namespace puhui::node
