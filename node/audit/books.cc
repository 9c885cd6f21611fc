#include "node/audit/books.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/merkle.h"

namespace puhui::node::audit {

std::string stored(char family, std::string_view name) {
  std::string key = {'v', family};
  key += name;
  return key;
}

std::string stored(char family, std::uint64_t number) {
  std::string key = {'v', family};
  crypto::append_u64(key, number);
  return key;
}

std::string stored(char family, std::string_view name, std::string_view rest) {
  auto key = stored(family, name);
  key += '\0';
  key += rest;
  return key;
}

namespace {

using Changes = std::unordered_map<std::string, std::optional<std::string>>;

crypto::Digest root_after(MapTree& map, Changes& changes) {
  for (const auto& [key, value] : changes) {
    std::optional<crypto::Digest> hash;
    if (value) hash = crypto::sha256(*value);
    map.set(crypto::sha256(key), hash);
  }
  changes.clear();
  return map.root();
}

constexpr std::uint32_t kSignBit = std::uint32_t{1} << 31;

std::uint32_t flipped(std::int32_t day) { return static_cast<std::uint32_t>(day) ^ kSignBit; }

// Grams, leaf that opened it, leaf and record of the last movement, trail, flags.
std::string value_of(const Person& person) {
  std::string bytes;
  crypto::append_u64(bytes, static_cast<std::uint64_t>(person.grams));
  crypto::append_u64(bytes, person.opened_at);
  crypto::append_u64(bytes, person.last_leaf);
  crypto::append_u32(bytes, person.last_record);
  bytes += person.trail.view();
  bytes += static_cast<char>((person.is_self_held ? 1 : 0) + (person.is_erased ? 2 : 0));
  return bytes;
}

// How many, and the root of the tree over the claims in order of their leaf hashes.
std::string value_of(const Claims& claims) {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(claims.size());
  for (const auto& [name, claim] : claims) leaves.push_back(crypto::leaf_hash(name.view()));
  std::ranges::sort(leaves);
  std::string bytes;
  crypto::append_u32(bytes, static_cast<std::uint32_t>(leaves.size()));
  bytes += crypto::root_of(leaves).view();
  return bytes;
}

}  // namespace

void Books::closed_changed() {
  std::string bytes;
  crypto::append_u32(bytes, flipped(closed.last));
  crypto::append_u32(bytes, closed.widest_window);
  personal_changes_[stored('L', std::string_view())] = bytes;
}

void Books::close_days(Micros now) {
  const auto last =
      (now + Micros{8 * 3'600} * 1'000'000) / kMicrosPerDay - closed.widest_window - 1;
  if (closed.widest_window == 0 || last <= closed.last) return;
  constexpr auto kSlotMax = std::numeric_limits<std::uint32_t>::max();
  auto each = claims.upper_bound({closed.last, kSlotMax});
  closed.last = static_cast<std::int32_t>(last);
  closed_changed();
  for (; each != claims.end() && each->first.first <= closed.last; ++each) {
    const auto& [place, made] = *each;
    auto key = stored('L', std::string_view());
    crypto::append_u32(key, flipped(place.first));
    crypto::append_u32(key, place.second);
    personal_changes_[key] = value_of(made);
  }
}

crypto::Digest Books::open_root() {
  changed(stored('T', std::string_view()), totals);
  return root_after(open_, changes_);
}

crypto::Digest Books::personal_root() {
  for (const auto& pseudonym : changed_persons_)
    personal_changes_[stored('A', "\1" + pseudonym)] = value_of(personal.at(pseudonym));
  changed_persons_.clear();
  return root_after(personal_, personal_changes_);
}

}  // namespace puhui::node::audit
