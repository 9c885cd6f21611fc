// The city's clock at one node: its own clock corrected to the median of the voters' clocks, and in
// a demonstration scaled.
//
// Only the leader's stamps come from here; rules see nothing but the time of entries. A leader may
// stamp once it has heard a majority of the voters since it began to lead.
// Threads: used on the ordering strand; `now` of a snapshot may be read anywhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "ledger/entry.h"
#include "node/clocks.h"

namespace puhui::node {

using ledger::Micros;

struct DemoScale {
  Micros start = 0;  // event time at real_start
  Micros real_start = 0;
  std::int64_t rate = 1;  // event seconds per real second
};

class CityClock {
 public:
  explicit CityClock(std::uint64_t self) : self_(self) {}

  void set_voters(const std::set<std::uint64_t>& voters);
  void set_demo(const DemoScale& scale) { demo_ = scale; }
  // A new reign: what was heard before does not count.
  void begin_reign() { heard_.clear(); }

  // A voter's clock stood `offset_us` ahead of ours.
  void heard(std::uint64_t voter, Micros offset_us);

  [[nodiscard]] bool heard_majority() const;
  // Median of the offsets of the voters known, our own (0) among them; the lower of two middles.
  [[nodiscard]] Micros correction_us() const;
  [[nodiscard]] std::optional<Micros> offset_of(std::uint64_t voter) const;

  // Event time now.
  [[nodiscard]] Micros now() const { return event_time(wall_clock_us() + correction_us()); }
  [[nodiscard]] Micros event_time(Micros real) const;
  [[nodiscard]] bool is_demo() const { return demo_.has_value(); }

 private:
  std::uint64_t self_;
  std::set<std::uint64_t> voters_;
  std::map<std::uint64_t, Micros> offsets_;
  std::set<std::uint64_t> heard_;
  std::optional<DemoScale> demo_;
};

}  // namespace puhui::node
