// The simulator's only source of chance: one seed, one run.
#pragma once

#include <cstdint>

namespace puhui::consensus::sim {

// xorshift64* (Marsaglia 2003, Vigna 2016).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {
    for (int i = 0; i < 8; ++i) next();
  }
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Du;
  }
  // Uniform in [0, bound); 0 if bound is 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : (next() >> 11) % bound; }
  bool chance(double p) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }

 private:
  std::uint64_t state_;
};

}  // namespace puhui::consensus::sim
