// Carries proofs between cities, both ways, until nothing is left.
//
// It keeps nothing but what makes it quick: everything follows from the ledgers, so it may be ended
// at any moment and started anew, and several may run at once. It can delay; it cannot make a city
// take what the other has not recorded. A city that does not answer is asked ever less often.
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "node/relay/way.h"

namespace puhui::node::relay {

// Told why a way got no further in this round.
using Failed = std::function<void(const City& from, const City& to, const Error& error)>;

struct Hearing {
  Told told;
  Failed failed;
};

// What a round did and left, over all ways.
struct Round {
  Pass pass;
  std::size_t failures = 0;

  [[nodiscard]] bool is_all_done() const { return failures == 0 && pass.waits == 0; }
};

using Pairs = std::vector<std::pair<City*, City*>>;

class Relay {
 public:
  // Between the two cities of each pair, both ways. The cities outlive it.
  explicit Relay(const Pairs& pairs);

  // Pass after pass, until one carries nothing more. Ways that have failed lately are left out,
  // unless `all` is said.
  [[nodiscard]] Round round(const Hearing& hearing, bool all);

 private:
  struct Track {
    Track(City& a, City& b) : from(a), to(b), way(a, b) {}
    City& from;
    City& to;
    Way way;
    unsigned failures = 0;                                // in a row
    unsigned left_out = 0;                                // rounds still to be
    std::pair<std::int64_t, std::int64_t> quiet{-1, -1};  // leaves of both with nothing open
  };
  static Result<Pass> pass(Track& track, const Told& told);
  static void note(Track& track, bool has_failed);

  std::vector<std::unique_ptr<Track>> tracks_;
};

}  // namespace puhui::node::relay
