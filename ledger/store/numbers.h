// Numbers as views store them: eight bytes, big-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/bytes.h"
#include "ledger/store/state.h"

namespace puhui::ledger {

[[nodiscard]] inline std::optional<std::uint64_t> number_at(const State& state,
                                                            std::string_view stored) {
  const auto bytes = state.get(stored);
  return bytes ? std::optional(crypto::read_u64(*bytes)) : std::nullopt;
}
// An amount, none of which is 0.
[[nodiscard]] inline std::int64_t amount_at(const State& state, std::string_view stored) {
  return static_cast<std::int64_t>(number_at(state, stored).value_or(0));
}
inline void put_number(State& state, std::string_view stored, std::uint64_t number) {
  std::string bytes;
  crypto::append_u64(bytes, number);
  state.put(stored, bytes);
}
inline void put_amount(State& state, std::string_view stored, std::int64_t amount) {
  put_number(state, stored, static_cast<std::uint64_t>(amount));
}

}  // namespace puhui::ledger
