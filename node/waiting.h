// How many callers wait for one slow thing. Strangers, who showed no certificate, get half of the
// places, so that members find one whatever strangers do.
// Threads: any.
#pragma once

#include <atomic>
#include <memory>

namespace puhui::node {

enum class Caller { stranger, member };

class Waiting {
 public:
  explicit Waiting(int places) : places_(places) {}

  // Given back when the last copy goes, which is while this lives. Null: all are taken.
  using Place = std::shared_ptr<const void>;
  [[nodiscard]] Place enter(Caller caller) {
    const bool is_stranger = caller == Caller::stranger;
    const auto before = taken_.fetch_add(1);
    const auto strangers_before = is_stranger ? strangers_.fetch_add(1) : 0;
    Place place(this, [is_stranger](Waiting* of) {
      --of->taken_;
      if (is_stranger) --of->strangers_;
    });
    const bool has_room = before < places_ && strangers_before < places_ / 2;
    return has_room ? place : nullptr;
  }

 private:
  const int places_;
  std::atomic<int> taken_{0}, strangers_{0};
};

}  // namespace puhui::node
