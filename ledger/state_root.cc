#include "ledger/state_root.h"

#include <array>

#include "ledger/personal.h"

namespace puhui::ledger {
namespace {

constexpr char kForm = 3;
constexpr std::size_t kRootsSize = 1 + 2 * crypto::Digest::kSize;
constexpr std::size_t kFamilySize = 1 + crypto::Digest::kSize;

// Whether a byte is one of these letters; asked for every row that is written.
using Letters = std::array<bool, 256>;
constexpr Letters letters(std::string_view of) {
  Letters set{};
  for (const char letter : of) set[static_cast<unsigned char>(letter)] = true;
  return set;
}
constexpr bool has(const Letters& set, char letter) {
  return set[static_cast<unsigned char>(letter)];
}
constexpr auto kIsOpen = letters(kOpenFamilies);
constexpr auto kIsOfPersons = letters("5Cgkpqy");

}  // namespace

std::optional<StateMap> map_of(std::string_view key) {
  if (key.size() < 2 || key[0] != 'v') return std::nullopt;
  const bool is_account = key[1] == 'A';
  if (key[1] == 'L' || (is_account && key.size() > 2 && key[2] == '\1')) return StateMap::personal;
  if (!has(kIsOpen, key[1])) return std::nullopt;
  return StateMap::open;
}

bool is_mapped(std::string_view key, std::string_view value) {
  const auto map = map_of(key);
  if (!map) return false;
  if (*map == StateMap::open || key[1] != 'A' || !PersonalBalance::is_one(value)) return true;
  return !PersonalBalance::decode(value).last.is_none();
}

char chain_of(std::string_view key) {
  const bool is_personal = key[1] == 'A' && map_of(key) == StateMap::personal;
  return is_personal || has(kIsOfPersons, key[1]) ? 'C' : key[1];
}

std::string difference(const StateRoot& here, const StateRoot& there) {
  std::string text;
  const auto note = [&text](const std::string& what, const crypto::Digest& one,
                            const crypto::Digest& other) {
    if (one == other) return;
    if (!text.empty()) text += "; ";
    text += what + ": " + one.hex() + " here, " + other.hex() + " there";
  };
  auto both = here.families;
  both.insert(there.families.begin(), there.families.end());
  for (const auto& [family, digest] : both) {
    const auto one = here.families.find(family), other = there.families.find(family);
    note(std::string("family ") + family,
         one == here.families.end() ? crypto::Digest() : one->second,
         other == there.families.end() ? crypto::Digest() : other->second);
  }
  note("open map", here.open_map, there.open_map);
  note("personal map", here.personal_map, there.personal_map);
  return text;
}

bool is_family(char name) {
  return (name >= '0' && name <= '9') || (name >= 'A' && name <= 'Z') ||
         (name >= 'a' && name <= 'z');
}

std::string encode_families(const FamilyDigests& families) {
  std::string bytes;
  for (const auto& [family, digest] : families) {
    bytes += family;
    bytes += digest.view();
  }
  return bytes;
}

Result<FamilyDigests> decode_families(std::string_view bytes) {
  FamilyDigests families;
  for (; !bytes.empty(); bytes.remove_prefix(kFamilySize)) {
    if (bytes.size() < kFamilySize || !is_family(bytes[0]) ||
        (!families.empty() && bytes[0] <= families.rbegin()->first))
      return fail(ErrorCode::CORRUPT, "digests of families");
    families[bytes[0]] = *crypto::Digest::from_bytes(bytes.substr(1, crypto::Digest::kSize));
  }
  return families;
}

std::string encode_state_root(const StateRoot& root) {
  std::string body(1, kForm);
  body += root.open_map.view();
  body += root.personal_map.view();
  return body + encode_families(root.families);
}

Result<StateRoot> decode_state_root(std::string_view body) {
  if (body.size() < kRootsSize || body[0] != kForm) return fail(ErrorCode::CORRUPT, "state root");
  auto families = decode_families(body.substr(kRootsSize));
  if (!families) return tl::make_unexpected(families.error());
  const auto root_at = [body](std::size_t at) {
    return *crypto::Digest::from_bytes(body.substr(at, crypto::Digest::kSize));
  };
  return StateRoot{root_at(1), root_at(1 + crypto::Digest::kSize), std::move(*families)};
}

}  // namespace puhui::ledger
