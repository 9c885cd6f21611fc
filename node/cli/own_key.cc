#include "node/cli/own_key.h"

#include "crypto/bytes.h"
#include "ledger/personal.h"
#include "ledger/records.h"
#include "node/cli/submission.h"
#include "node/views/own_key.h"

namespace puhui::node::cli {
namespace {

Result<crypto::SecretKey> read_own_key(const Session& session) {
  auto secret = session.passphrase();
  if (!secret) return tl::make_unexpected(secret.error());
  auto key = read_key(session.flags().own_key, *secret);
  if (*secret) crypto::wipe(**secret);
  if (!key) return fail(key.error().code, session.flags().own_key + ": " + key.error().detail);
  return key;
}

}  // namespace

Result<http::Headers> sign_own_reading(Session& session, const std::vector<std::string>& segments) {
  const auto path = views::personal_path(segments);
  if (session.flags().own_key.empty() || path.account.empty()) return http::Headers{};
  const auto key = read_own_key(session);
  if (!key) return tl::make_unexpected(key.error());
  auto city = city_of(session);
  if (!city) return tl::make_unexpected(city.error());
  ledger::OwnReading reading{std::move(*city), ledger::pseudonym_of(path.account), path.view, 0};
  // Halfway: the clocks of both sides may differ by as much, either way.
  reading.valid_until = session.world().now_us() + views::kOwnReadingAheadMax / 2;
  const auto signature = key->sign(ledger::own_reading_digest(reading).view());
  return http::Headers{
      {std::string(views::kOwnKeyHeader), reading.city + " " + std::to_string(reading.valid_until) +
                                              " " + crypto::hex_encode(signature)}};
}

}  // namespace puhui::node::cli
