// How many callers wait for one slow thing: members; owners, who sign for what is their own; and
// strangers, who showed no certificate. They are counted apart, so that none takes another's
// places.
// Threads: any.
#pragma once

#include <array>
#include <atomic>
#include <memory>

namespace puhui::node {

enum class Caller { stranger, owner, member };

class Waiting {
 public:
  // So many of each.
  explicit Waiting(int places) : places_(places) {}

  // Given back when the last copy goes, which is while this lives. Null: all are taken.
  using Place = std::shared_ptr<const void>;
  [[nodiscard]] Place enter(Caller caller) {
    auto& taken = taken_[static_cast<std::size_t>(caller)];
    Place place(&taken, [](std::atomic<int>* of) { --*of; });
    return ++taken > places_ ? nullptr : place;
  }

 private:
  const int places_;
  std::array<std::atomic<int>, 3> taken_{};  // by Caller
};

}  // namespace puhui::node
