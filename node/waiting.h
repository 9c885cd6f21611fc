// How many callers wait for one slow thing: members, and strangers, who showed no certificate, are
// counted apart, so that neither takes the other's places.
// Threads: any.
#pragma once

#include <atomic>
#include <memory>

namespace puhui::node {

enum class Caller { stranger, member };

class Waiting {
 public:
  // So many of each.
  explicit Waiting(int places) : places_(places) {}

  // Given back when the last copy goes, which is while this lives. Null: all are taken.
  using Place = std::shared_ptr<const void>;
  [[nodiscard]] Place enter(Caller caller) {
    auto& taken = caller == Caller::member ? members_ : strangers_;
    Place place(&taken, [](std::atomic<int>* of) { --*of; });
    return ++taken > places_ ? nullptr : place;
  }

 private:
  const int places_;
  std::atomic<int> members_{0}, strangers_{0};
};

}  // namespace puhui::node
