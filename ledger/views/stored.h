// Stored messages and lists of them, as views read them. Damaged ones stop the process (store.h).
#pragma once

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/bytes.h"
#include "ledger/views/view.h"

namespace puhui::ledger {

// Keys one page may look at, taken or not.
inline constexpr std::size_t kPageVisitsMax = 10'000;

// Serials of a batch as the city that issued them prints them (recognition.cc).
[[nodiscard]] std::string printed_units(const v1::UnitBatch& batch, std::uint64_t start,
                                        std::uint64_t end);

template <class M>
M parse(std::string_view bytes) {
  M message;
  const bool parsed = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  assert(parsed && "a stored view does not parse");
  (void)parsed;
  return message;
}

template <class M>
std::optional<M> find(const Reader& reader, std::string_view key) {
  const auto bytes = reader.get(key);
  if (!bytes) return std::nullopt;
  return parse<M>(*bytes);
}

// Calls `add(suffix, value)` for one page of the keys with this prefix; answers where to go on:
// the hex of the last suffix, or empty at the end. `add` answers whether it took the value.
template <class Add>
std::string page_of(const Reader& reader, const std::string& prefix, const Page& page, Add add) {
  const auto limit = std::clamp<std::size_t>(page.limit, 1, kPageLimitMax);
  auto visits_left = kPageVisitsMax;
  auto from = prefix;
  if (const auto after = crypto::hex_decode(page.after); after && !after->empty())
    from += *after + '\0';
  std::size_t taken = 0;
  std::string last, next;
  reader.scan(prefix, from, [&](std::string_view key, std::string_view value) {
    if (taken == limit || visits_left-- == 0) {
      next = crypto::hex_encode(last);
      return false;
    }
    last = key.substr(prefix.size());
    if (add(last, value)) ++taken;
    return true;
  });
  return next;
}

// One page of stored messages.
template <class List>
List list_of(const Reader& reader, const std::string& prefix, const Page& page) {
  List list;
  list.set_next(page_of(reader, prefix, page, [&list](const auto&, std::string_view value) {
    const bool parsed =
        list.add_items()->ParseFromArray(value.data(), static_cast<int>(value.size()));
    assert(parsed && "a stored view does not parse");
    return parsed;
  }));
  return list;
}

}  // namespace puhui::ledger
