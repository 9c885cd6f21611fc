// A citizen reads the own account: the request is signed by the account's key.
//
//   Puhui-Own-Key: CITY VALID_UNTIL SIGNATURE
//
// SIGNATURE is hex, over what ledger::own_reading_digest makes of the city, the account, the view
// and VALID_UNTIL: real time in UTC microseconds, at most five minutes ahead of the node's clock.
// The view is "account", "summary", "history" and "consents" below /v1/accounts/, and "proof" of
// /v1/proofs/account/; pages and positions are not signed, so one signature serves all parts of a
// history.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/views/answer.h"

namespace puhui::node::views {

inline constexpr std::string_view kOwnKeyHeader = "Puhui-Own-Key";
inline constexpr std::int64_t kOwnReadingAheadMax = std::int64_t{5} * 60 * 1'000'000;

// The view of a personal account that lies under this path, and of whom; empty for any other path.
struct PersonalPath {
  std::string account, view;
};
[[nodiscard]] PersonalPath personal_path(const std::vector<std::string>& segments);

// Whether the request asks for such a view and says that it is signed.
[[nodiscard]] bool is_by_own_key(const http::Request& request);

// Whether it is signed by the account's key, for this city, for now. INVALID_ARGUMENT for a header
// of another form; WRONG_CITY, ACCOUNT_ERASED, NOT_PERMITTED for an account without a key of its
// own, EVENT_EXPIRED, EVENT_TOO_FAR_AHEAD, SIGNATURE_INVALID.
[[nodiscard]] Result<void> check_own_key(const Reading& reading);

}  // namespace puhui::node::views
