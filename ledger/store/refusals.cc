#include "ledger/store/refusals.h"

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "ledger/store/key_text.h"
#include "ledger/store/keys.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

RefusalSum::Words RefusalSum::hash_of(std::string_view key, std::string_view value) {
  std::string length;
  crypto::append_u32(length, static_cast<std::uint32_t>(key.size()));
  const auto hash = crypto::Sha256().update(length).update(key).update(value).final();
  Words words{};
  for (std::size_t i = 0; i < words.size(); ++i)
    words[words.size() - 1 - i] = crypto::read_u64(hash.view().substr(8 * i));
  return words;
}

void RefusalSum::add(std::string_view key, std::string_view value) {
  const auto more = hash_of(key, value);
  bool carry = false;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::uint64_t sum = 0;
    const bool over = __builtin_add_overflow(words_[i], more[i], &sum);
    carry = __builtin_add_overflow(sum, std::uint64_t{carry}, &words_[i]) || over;
  }
}

void RefusalSum::remove(std::string_view key, std::string_view value) {
  const auto less = hash_of(key, value);
  bool borrow = false;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::uint64_t rest = 0;
    const bool under = __builtin_sub_overflow(words_[i], less[i], &rest);
    borrow = __builtin_sub_overflow(rest, std::uint64_t{borrow}, &words_[i]) || under;
  }
}

std::string RefusalSum::encode(std::string_view applied) const {
  std::string bytes(applied);
  for (auto word = words_.rbegin(); word != words_.rend(); ++word) crypto::append_u64(bytes, *word);
  return bytes;
}

Result<RefusalSum> RefusalSum::load(const Reader& reader) {
  RefusalSum sum;
  const auto applied = reader.get(key::meta("applied")).value_or("");
  const auto stored = reader.get(key::meta("refusals")).value_or("");
  if (applied.empty() && stored.empty()) return sum;
  if (stored.size() != applied.size() + crypto::Digest::kSize || !stored.starts_with(applied))
    return fail(ErrorCode::CORRUPT, key_text(key::meta("refusals")));
  const auto bytes = std::string_view(stored).substr(applied.size());
  for (std::size_t i = 0; i < sum.words_.size(); ++i)
    sum.words_[sum.words_.size() - 1 - i] = crypto::read_u64(bytes.substr(8 * i));
  return sum;
}

Result<void> check_refusals(const Reader& reader) {
  const auto kept = RefusalSum::load(reader);
  if (!kept) return tl::make_unexpected(kept.error());
  RefusalSum found;
  Result<void> result;
  reader.scan("r", "r", [&](std::string_view name, std::string_view value) {
    found.add(name, value);
    v1::RefusedOutcome refused;
    const bool is_whole = refused.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                          reader.get(key::refused_end(refused.valid_until(), name));
    if (!is_whole) result = fail(ErrorCode::CORRUPT, key_text(name));
    return is_whole;
  });
  if (result && found != *kept) return fail(ErrorCode::CORRUPT, "a refusal is lost or changed");
  return result;
}

}  // namespace puhui::ledger
