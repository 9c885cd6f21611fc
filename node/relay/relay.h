// Carries proofs between cities, both ways, until nothing is left.
//
// It keeps nothing but what makes it quick: everything follows from the ledgers, so it may be ended
// at any moment and started anew, and several may run at once. It can delay; it cannot make a city
// take what the other has not recorded. A city that does not answer is asked once in a round, and
// ever less often. Where a city has no agreement with the other yet, a way waits for it.
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  // One more pair.
  void add(City& one, City& other);

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
    bool is_unagreed = false;                             // as was told
    std::pair<std::int64_t, std::int64_t> quiet{-1, -1};  // leaves of both with nothing open
    std::int64_t to_size = 0;                             // leaves of `to`, as it said last
  };
  // Why cities did not answer in this round.
  using Silent = std::map<const City*, Error>;
  static Result<std::int64_t> size_of(City& city, Silent& silent);
  static Result<Pass> pass(Track& track, const Told& told, Silent& silent);
  static Result<Pass> pass_or_wait(Track& track, const Hearing& hearing, Silent& silent);
  static void note(Track& track, bool has_failed);

  std::vector<std::unique_ptr<Track>> tracks_;
};

}  // namespace puhui::node::relay
