#include "ledger/state_root.h"

namespace puhui::ledger {
namespace {

constexpr char kForm = 2;
constexpr std::size_t kFamilySize = 1 + crypto::Digest::kSize;

}  // namespace

std::string difference(const StateRoot& here, const StateRoot& there) {
  std::string text;
  const auto note = [&text](const std::string& what, const crypto::Digest& one,
                            const crypto::Digest& other) {
    if (one == other) return;
    if (!text.empty()) text += "; ";
    text += what + ": " + one.hex() + " here, " + other.hex() + " there";
  };
  for (char family = 'A'; family <= 'Z'; ++family) {
    const auto one = here.families.find(family), other = there.families.find(family);
    note(std::string("family ") + family,
         one == here.families.end() ? crypto::Digest() : one->second,
         other == there.families.end() ? crypto::Digest() : other->second);
  }
  note("map", here.map, there.map);
  return text;
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
    if (bytes.size() < kFamilySize || bytes[0] < 'A' || bytes[0] > 'Z' ||
        (!families.empty() && bytes[0] <= families.rbegin()->first))
      return fail(ErrorCode::CORRUPT, "digests of families");
    families[bytes[0]] = *crypto::Digest::from_bytes(bytes.substr(1, crypto::Digest::kSize));
  }
  return families;
}

std::string encode_state_root(const StateRoot& root) {
  return std::string(1, kForm) + std::string(root.map.view()) + encode_families(root.families);
}

Result<StateRoot> decode_state_root(std::string_view body) {
  if (body.size() < 1 + crypto::Digest::kSize || body[0] != kForm)
    return fail(ErrorCode::CORRUPT, "state root");
  auto families = decode_families(body.substr(1 + crypto::Digest::kSize));
  if (!families) return tl::make_unexpected(families.error());
  return StateRoot{*crypto::Digest::from_bytes(body.substr(1, crypto::Digest::kSize)),
                   std::move(*families)};
}

}  // namespace puhui::ledger
