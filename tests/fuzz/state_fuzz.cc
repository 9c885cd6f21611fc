// State roots, pages of the authenticated maps, stored views as messages, and proofs against one
// small map: what decodes encodes to the same bytes, a page hashes as the map of its leaves does,
// and whatever is proved is true of the map.
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "crypto/map.h"
#include "crypto/merkle.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "ledger/store/map_pages.h"
#include "ledger/views/claim_proof.h"
#include "ledger/views/state_value.h"

namespace {

using namespace puhui::ledger;
using puhui::crypto::Digest;
namespace crypto = puhui::crypto;
namespace v1 = puhui::v1;

constexpr std::int32_t kLastClosedDay = 20'000;

// A personal map: two closed days, claims in three of their slots, and some persons.
struct SmallMap {
  std::map<std::string, std::string> pairs;
  std::map<std::string, std::set<Digest>> claims;  // by the key of their list
  Digest root;

  SmallMap() {
    pairs[key::closed_days()] = ClosedDays{kLastClosedDay, 7}.encode();
    add_list(kLastClosedDay, 0, 5);
    add_list(kLastClosedDay, 8, 1);
    add_list(kLastClosedDay - 1, 3, 2);
    for (char person = 0; person < 5; ++person)
      pairs[key::personal(std::string(kPseudonymSize, person))] = std::string(60, person);
    std::vector<crypto::MapLeaf> leaves;
    for (const auto& [name, value] : pairs) leaves.push_back(crypto::map_leaf(name, value));
    std::ranges::sort(leaves);
    root = crypto::map_root(leaves);
  }

  void add_list(std::int32_t day, std::uint32_t slot, std::uint32_t count) {
    const auto name = key::claim_list(day, slot);
    auto& list = claims[name];
    for (std::uint32_t i = 0; i < count; ++i) list.insert(crypto::sha256(name + std::to_string(i)));
    std::vector<Digest> leaves;
    for (const auto& claim : list) leaves.push_back(crypto::leaf_hash(claim.view()));
    std::ranges::sort(leaves);
    pairs[name] = ClaimList{count, crypto::root_of(leaves)}.encode();
  }
};

const SmallMap& small_map() {
  static const SmallMap map;
  return map;
}

void check_root(std::string_view bytes) {
  if (const auto root = decode_state_root(bytes)) {
    assert(encode_state_root(*root) == bytes);
    assert(difference(*root, *root).empty());
  }
  if (const auto families = decode_families(bytes)) assert(encode_families(*families) == bytes);
}

void check_page(std::string_view bytes) {
  auto page = decode_page(bytes);
  if (!page) return;
  assert(encode_page(*page) == bytes);
  (void)page_hash(*page);
  std::vector<crypto::MapLeaf> leaves;
  for (auto& slot : *page) {
    if (slot.is_page) return;
    // Where the leaf lies is the reader's to check; here it is made to lie right.
    slot.leaf.key.bytes[0] = static_cast<std::uint8_t>(slot.digit << 4);
    leaves.push_back(slot.leaf);
  }
  assert(page_hash(*page) == crypto::map_root(leaves));
}

// The first byte is the size of a stored key, and what follows the key is its value.
void check_view(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto size = static_cast<std::uint8_t>(bytes[0]);
  const auto name = bytes.substr(1, size);
  const auto value = bytes.substr(1 + name.size());
  (void)is_mapped(name, value);
  const auto words = state_words(name);
  const auto message = state_message(name, value);
  assert(!message || map_of(name));
  assert(!words || map_of(name));
}

// Words name a key, and the key is told in the same words, but for the case of hex digits.
void check_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find(' ');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  const auto name = state_key(words);
  if (!name) return;
  std::string told = words[0];
  for (std::size_t i = 1; i < words.size(); ++i) told += ' ' + words[i];
  const auto again = state_words(*name);
  assert(again && (*again == told || words[0] == "key"));
}

void check_state_proof(std::string_view bytes) {
  v1::StateProof proof;
  if (!proof.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (!verify_state_claim(proof, small_map().root)) return;
  const auto found = small_map().pairs.find(proof.key());
  const bool is_there = found != small_map().pairs.end();
  assert(proof.has_value() ? is_there && found->second == proof.value() : !is_there);
}

void check_claim_proof(std::string_view bytes) {
  v1::ClaimProof proof;
  if (!proof.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const auto made = verify_claim(proof, small_map().root);
  if (!made) return;
  assert(proof.day() <= kLastClosedDay);
  const auto list = small_map().claims.find(key::claim_list(proof.day(), proof.slot()));
  const bool is_made =
      list != small_map().claims.end() && list->second.contains(*Digest::from_bytes(proof.claim()));
  assert(*made == is_made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_root(bytes);
  check_page(bytes);
  check_view(bytes);
  check_words(bytes);
  check_state_proof(bytes);
  check_claim_proof(bytes);
  return 0;
}
