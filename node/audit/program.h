// A filed methodology as something that computes, built anew from what the event says.
#pragma once

#include <memory>
#include <utility>

#include "node/audit/formula.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::audit {

struct Computed {
  Exact exact = 0;  // in the result unit, after the tier's factor, before rounding
  std::int64_t grams = 0;
};

// Immutable; may be used by several threads.
class Program {
 public:
  // The first fault of a definition: METHODOLOGY_MALFORMED, FORMULA_*.
  [[nodiscard]] static Result<Program> build(const v1::Methodology& methodology);

  [[nodiscard]] std::optional<std::size_t> input_index(std::string_view name) const;
  // A written input as a whole number scaled by 10^scale. INPUT_MALFORMED, INPUT_OUT_OF_BOUNDS.
  [[nodiscard]] Result<std::int64_t> read_input(std::size_t index, std::string_view text) const;
  // Bounds, guards, formula, tier, rounding, grams; the first failure decides.
  [[nodiscard]] Result<Computed> compute(std::span<const std::int64_t> values,
                                         std::size_t tier) const;

 private:
  struct Bounds {
    std::int64_t min = 0, max = 0, power = 1;
    unsigned scale = 0;
  };
  Names names_;
  std::vector<Bounds> bounds_;
  std::vector<Expression> guards_;
  std::optional<Expression> formula_;
  std::vector<Exact> factors_;
  bool half_up_ = false;
  std::int64_t grams_per_unit_ = 1;
};

// All versions of one project methodology or one behaviour scenario that earn something here.
struct Version {
  v1::Methodology methodology;
  Program program;
};
using Line = std::vector<std::shared_ptr<const Version>>;

// The version whose time includes this day, or null.
[[nodiscard]] const Version* version_on(const Line& line, std::int64_t day);

}  // namespace puhui::node::audit
