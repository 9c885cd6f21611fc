#include "node/relay/relay.h"

#include <algorithm>
#include <utility>

namespace puhui::node::relay {
namespace {

// An export is imported, its answer brought home: no more than a few follow one another.
constexpr int kPassesMax = 8;
constexpr unsigned kFailuresMax = 6;  // 63 rounds are left out at most

}  // namespace

Relay::Relay(const Pairs& pairs) {
  for (const auto& [one, other] : pairs) add(*one, *other);
}

void Relay::add(City& one, City& other) {
  tracks_.push_back(std::make_unique<Track>(one, other));
  tracks_.push_back(std::make_unique<Track>(other, one));
}

// Who did not answer in this round is not asked again: each question may cost a long wait.
Result<std::int64_t> Relay::size_of(City& city, Silent& silent) {
  if (const auto known = silent.find(&city); known != silent.end())
    return tl::make_unexpected(known->second);
  const auto status = city.get<v1::Status>({"v1", "status"});
  if (status) return status->size();
  silent.emplace(&city, status.error());
  return tl::make_unexpected(status.error());
}

// Nothing is asked for where no leaf came since a pass that left nothing.
Result<Pass> Relay::pass(Track& track, const Told& told, Silent& silent) {
  const auto from = size_of(track.from, silent), to = size_of(track.to, silent);
  if (!to) return tl::make_unexpected(to.error());
  if (!from) {
    // Who does not answer may have been seen to lie all the same; why the way goes no further is
    // another matter.
    (void)track.way.accuse(told, false);
    return tl::make_unexpected(from.error());
  }
  // Put back to an older copy, it does not know all that it knew.
  if (*to < std::exchange(track.to_size, *to)) track.way.forget();
  if (track.quiet == std::pair(*from, *to)) return Pass();
  auto done = track.way.pass(told);
  const bool is_quiet = done && done->done + done->waits == 0;
  track.quiet = is_quiet ? std::pair(*from, *to) : std::pair<std::int64_t, std::int64_t>(-1, -1);
  return done;
}

// One side may record an agreement long before the other: no failure, and told once.
Result<Pass> Relay::pass_or_wait(Track& track, const Hearing& hearing, Silent& silent) {
  auto done = pass(track, hearing.told, silent);
  const bool is_unagreed = !done && done.error().code == ErrorCode::AGREEMENT_UNKNOWN;
  if (is_unagreed && !track.is_unagreed) hearing.failed(track.from, track.to, done.error());
  if (done || is_unagreed) track.is_unagreed = is_unagreed;
  if (!is_unagreed) return done;
  Pass waiting;
  waiting.waits = 1;
  return waiting;
}

void Relay::note(Track& track, bool has_failed) {
  track.failures = has_failed ? std::min(track.failures + 1, kFailuresMax) : 0;
  track.left_out = (1u << track.failures) - 1;
}

Round Relay::round(const Hearing& hearing, bool all) {
  Round round;
  std::vector<Track*> taken;
  for (const auto& track : tracks_) {
    if (!all && track->left_out > 0) {
      --track->left_out;
      ++round.failures;
    } else {
      taken.push_back(track.get());
    }
  }
  Silent silent;
  Pass last;
  for (int i = 0; i < kPassesMax && (i == 0 || last.done > 0); ++i) {
    last = {};
    std::erase_if(taken, [&](Track* track) {
      const auto done = pass_or_wait(*track, hearing, silent);
      note(*track, !done);
      if (done) {
        last.add(*done);
        return false;
      }
      ++round.failures;
      hearing.failed(track->from, track->to, done.error());
      return true;
    });
    round.pass.done += last.done;
    round.pass.refused += last.refused;
  }
  round.pass.waits = last.done + last.waits;
  return round;
}

}  // namespace puhui::node::relay
