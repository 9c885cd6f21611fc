// What answers have in common: who may see what, lists, leaves, receipts.
#pragma once

#include <string>
#include <vector>

#include "node/views/answer.h"
#include "node/views/format.h"

namespace puhui::node::views {

using http::problem;
using http::Response;

// What the segments of a path stand for, in order.
using Arguments = std::vector<std::string>;

// Whether the caller holds the role now.
[[nodiscard]] bool caller_is(const Reading& reading, v1::Role role);
// Personal data: the operator, and auditors.
[[nodiscard]] bool sees_persons(const Reading& reading);
// One person's data: besides, whom the person lets see it, and the account's own key.
// NOT_PERMITTED, and where the request is signed the errors of check_own_key.
[[nodiscard]] Result<void> see_person(const Reading& reading, const std::string& account);
// Entries: everybody, or members only.
[[nodiscard]] bool sees_entries(const Reading& reading);

[[nodiscard]] inline Response not_permitted(const char* what) {
  return problem({ErrorCode::NOT_PERMITTED, what});
}
inline constexpr const char* kOfPersons =
    "personal accounts answer the operator, auditors, whom the person lets see them, and their own "
    "key";

template <class List>
Response list(Reading& reading, List (ledger::View::*of)(const ledger::Page&) const) {
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  return message(reading.request, (reading.view.*of)(*page));
}

// A serial that a path names; NOT_FOUND for what can be none.
[[nodiscard]] Result<std::uint64_t> serial_of(const std::string& text);
// The leaf a path names, if it exists.
[[nodiscard]] Result<std::uint64_t> leaf_of(const Reading& reading, const std::string& text);
// The leaf's receipt under the newest complete checkpoint, or why there is none yet.
[[nodiscard]] Result<std::string> receipt_of(Reading& reading, std::uint64_t leaf);
// The receipt of the state root that proofs lead to.
[[nodiscard]] Result<std::string> receipt_of_root(Reading& reading);

}  // namespace puhui::node::views
