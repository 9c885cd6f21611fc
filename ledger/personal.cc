#include "ledger/personal.h"

#include <cassert>

#include "crypto/bytes.h"
#include "ledger/records.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kPlaceSize = 12;
constexpr std::size_t kTrailAt = 16 + kPlaceSize;
constexpr std::size_t kFlagsAt = kTrailAt + crypto::Digest::kSize;
constexpr std::size_t kBalanceSize = kFlagsAt + 1;
constexpr unsigned char kSelfHeld = 1, kErased = 2;
constexpr std::size_t kClaimedSize = 2 * kPlaceSize + 8;

void append_place(std::string& bytes, const RecordPlace& place) {
  crypto::append_u64(bytes, place.leaf);
  crypto::append_u32(bytes, place.record);
}

RecordPlace read_place(std::string_view bytes) {
  return {crypto::read_u64(bytes), crypto::read_u32(bytes.substr(8))};
}

}  // namespace

std::string personal_id(std::string_view pseudonym) { return "p-" + crypto::hex_encode(pseudonym); }

bool is_personal_id(std::string_view account) { return !pseudonym_of(account).empty(); }

std::string pseudonym_of(std::string_view account) {
  if (!account.starts_with("p-") || account.size() != 2 + 2 * kPseudonymSize) return {};
  return crypto::hex_decode(account.substr(2)).value_or("");
}

std::string PersonalBalance::encode() const {
  std::string bytes;
  bytes.reserve(kBalanceSize);
  crypto::append_u64(bytes, static_cast<std::uint64_t>(grams));
  crypto::append_u64(bytes, opened_at);
  append_place(bytes, last);
  bytes += trail.view();
  bytes += static_cast<char>((is_self_held ? kSelfHeld : 0) | (is_erased ? kErased : 0));
  return bytes;
}

bool PersonalBalance::is_one(std::string_view bytes) { return bytes.size() == kBalanceSize; }

PersonalBalance PersonalBalance::decode(std::string_view bytes) {
  assert(is_one(bytes));
  const auto flags = static_cast<unsigned char>(bytes[kFlagsAt]);
  return {static_cast<std::int64_t>(crypto::read_u64(bytes)),
          crypto::read_u64(bytes.substr(8)),
          read_place(bytes.substr(16)),
          *crypto::Digest::from_bytes(bytes.substr(kTrailAt, crypto::Digest::kSize)),
          (flags & kSelfHeld) != 0,
          (flags & kErased) != 0};
}

std::string Claimed::encode() const {
  std::string bytes;
  bytes.reserve(kClaimedSize);
  append_place(bytes, place);
  crypto::append_u64(bytes, static_cast<std::uint64_t>(grams));
  append_place(bytes, previous);
  if (pooled_g == 0) return bytes;
  crypto::append_u64(bytes, static_cast<std::uint64_t>(pooled_g));
  bytes += pool;
  return bytes;
}

Claimed Claimed::decode(std::string_view bytes) {
  assert(bytes.size() == kClaimedSize || bytes.size() > kClaimedSize + 8);
  Claimed claimed{read_place(bytes),
                  static_cast<std::int64_t>(crypto::read_u64(bytes.substr(kPlaceSize))),
                  read_place(bytes.substr(kPlaceSize + 8)),
                  0,
                  {}};
  if (bytes.size() == kClaimedSize) return claimed;
  claimed.pooled_g = static_cast<std::int64_t>(crypto::read_u64(bytes.substr(kClaimedSize)));
  claimed.pool = bytes.substr(kClaimedSize + 8);
  return claimed;
}

}  // namespace puhui::ledger
