#include "node/views/own_key.h"

#include "crypto/bytes.h"
#include "ledger/personal.h"
#include "ledger/records.h"
#include "node/views/format.h"

namespace puhui::node::views {
namespace {

struct Signed {
  ledger::OwnReading reading;
  std::string signature;
};

Result<Signed> read_header(std::string_view header) {
  const auto malformed = [] {
    return fail(ErrorCode::INVALID_ARGUMENT,
                std::string(kOwnKeyHeader) + ": CITY VALID_UNTIL SIGNATURE");
  };
  const auto first = header.find(' '), second = header.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return malformed();
  const auto until = number(header.substr(first + 1, second - first - 1));
  auto signature = crypto::hex_decode(header.substr(second + 1));
  if (!until || *until > static_cast<std::uint64_t>(ledger::kTimeMax) || !signature)
    return malformed();
  Signed read;
  read.reading.city = header.substr(0, first);
  read.reading.valid_until = static_cast<std::int64_t>(*until);
  read.signature = std::move(*signature);
  return read;
}

Result<void> check_time(std::int64_t until, std::int64_t now) {
  const auto told =
      "until " + std::to_string(until) + ", by this node's clock it is " + std::to_string(now);
  if (until <= now) return fail(ErrorCode::EVENT_EXPIRED, told);
  if (until - now > kOwnReadingAheadMax) return fail(ErrorCode::EVENT_TOO_FAR_AHEAD, told);
  return {};
}

}  // namespace

PersonalPath personal_path(const std::vector<std::string>& segments) {
  const auto size = segments.size();
  if (size < 3 || size > 4 || segments[0] != "v1") return {};
  const bool is_proof = segments[1] == "proofs" && segments[2] == "account" && size == 4;
  if (!is_proof && segments[1] != "accounts") return {};
  const auto& account = segments[is_proof ? 3 : 2];
  if (!ledger::is_personal_id(account)) return {};
  return {account, is_proof ? "proof" : size == 3 ? "account" : segments[3]};
}

bool is_by_own_key(const http::Request& request) {
  return !http::find_header(request.headers, kOwnKeyHeader).empty() &&
         !personal_path(request.segments).account.empty();
}

Result<void> check_own_key(const Reading& reading) {
  auto asked = read_header(http::find_header(reading.request.headers, kOwnKeyHeader));
  if (!asked) return tl::make_unexpected(asked.error());
  const auto path = personal_path(reading.request.segments);
  if (asked->reading.city != reading.genesis.city())
    return fail(ErrorCode::WRONG_CITY, "this is " + reading.genesis.city());
  const auto key = reading.current.holder_key(path.account);
  if (!key && key.error().code == ErrorCode::ACCOUNT_ERASED)
    return tl::make_unexpected(key.error());
  if (!key) return fail(ErrorCode::NOT_PERMITTED, "the account has no key of its own");
  if (auto timely = check_time(asked->reading.valid_until, reading.now_us); !timely) return timely;
  asked->reading.pseudonym = ledger::pseudonym_of(path.account);
  asked->reading.view = path.view;
  const auto digest = ledger::own_reading_digest(asked->reading);
  if (!crypto::verify(*key, digest.view(), asked->signature))
    return fail(ErrorCode::SIGNATURE_INVALID, "not by the key of this account, for this view");
  return {};
}

}  // namespace puhui::node::views
