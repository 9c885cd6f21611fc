// One function out of several lambdas, to visit a variant with.
#pragma once

namespace puhui::consensus {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace puhui::consensus
