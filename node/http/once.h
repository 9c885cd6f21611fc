// A callback that is called exactly once, whatever happens to it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace puhui::node::http {

// What is returned may be copied and called from any thread. `take` gets the argument of the first
// call, or `otherwise` when the last copy is destroyed without one; later calls do nothing.
template <class T>
std::function<void(T)> once(std::function<void(T)> take, T otherwise) {
  struct State {
    std::function<void(T)> take;
    T otherwise;
    std::atomic<bool> used = false;

    State(std::function<void(T)> function, T value)
        : take(std::move(function)), otherwise(std::move(value)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
      if (!used.exchange(true)) take(std::move(otherwise));
    }
  };
  return [state = std::make_shared<State>(std::move(take), std::move(otherwise))](T value) {
    if (!state->used.exchange(true)) state->take(std::move(value));
  };
}

}  // namespace puhui::node::http
