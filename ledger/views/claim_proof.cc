#include "ledger/views/claim_proof.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/rules/calendar.h"
#include "ledger/store/keys.h"
#include "ledger/views/state_value.h"
#include "ledger/views/view.h"

namespace puhui::ledger {
namespace {

using crypto::Digest;
using Places = google::protobuf::RepeatedPtrField<v1::ClaimPlace>;

tl::unexpected<Error> invalid(const char* why) { return fail(ErrorCode::PROOF_INVALID, why); }

v1::ClaimPlace place_of(std::span<const Digest> leaves, std::size_t index) {
  const auto nodes = [&leaves](unsigned level, std::uint64_t at) {
    const auto width = std::size_t{1} << level;
    return crypto::root_of(leaves.subspan(at * width, width));
  };
  v1::ClaimPlace place;
  place.set_leaf(std::string(leaves[index].view()));
  place.set_index(static_cast<std::uint32_t>(index));
  for (const auto& hash : crypto::inclusion_proof(index, leaves.size(), nodes))
    place.add_path(std::string(hash.view()));
  return place;
}

Result<void> verify_place(const v1::ClaimPlace& place, const ClaimList& list) {
  std::vector<Digest> path;
  for (const auto& bytes : place.path()) {
    const auto hash = Digest::from_bytes(bytes);
    if (!hash || path.size() == crypto::kProofHashesMax)
      return fail(ErrorCode::PROOF_MALFORMED, "path of a claim");
    path.push_back(*hash);
  }
  const auto leaf = Digest::from_bytes(place.leaf());
  if (!leaf) return fail(ErrorCode::PROOF_MALFORMED, "leaf of a claim");
  return crypto::verify_inclusion({place.index(), list.claims, *leaf, list.root}, path);
}

// Whether nothing can stand between the places but this leaf.
bool are_neighbours(std::string_view leaf, const Places& places, const ClaimList& list) {
  if (places.empty() || places.size() > 2) return false;
  const auto& first = places.Get(0);
  const auto& last = places.Get(places.size() - 1);
  if (places.size() == 2)
    return first.leaf() < leaf && leaf < last.leaf() && last.index() == first.index() + 1;
  return leaf < first.leaf() ? first.index() == 0 : first.index() == list.claims - 1;
}

Result<bool> find_in_list(const v1::ClaimProof& proof, const ClaimList& list) {
  for (const auto& place : proof.places())
    if (auto stands = verify_place(place, list); !stands)
      return tl::make_unexpected(stands.error());
  const auto leaf = crypto::leaf_hash(proof.claim());
  if (proof.places_size() == 1 && proof.places(0).leaf() == leaf.view()) return true;
  if (are_neighbours(leaf.view(), proof.places(), list)) return false;
  return invalid("the places in the list are neither the claim's nor its neighbours'");
}

}  // namespace

Result<bool> verify_claim(const v1::ClaimProof& proof, const Digest& personal_root) {
  if (proof.claim().size() != Digest::kSize) return fail(ErrorCode::PROOF_MALFORMED, "claim");
  if (proof.closed().key() != key::closed_days() ||
      proof.list().key() != key::claim_list(proof.day(), proof.slot()))
    return invalid("what is proved is not the claims of this slot");
  for (const auto* part : {&proof.closed(), &proof.list()})
    if (auto follows = verify_state_claim(*part, personal_root); !follows)
      return tl::make_unexpected(follows.error());
  const auto closed = ClosedDays::decode(proof.closed().value());
  if (!closed || proof.day() > closed->last) return invalid("the day is not closed");
  if (!proof.list().has_value()) {
    if (proof.places().empty()) return false;
    return invalid("the slot has no list");
  }
  const auto list = ClaimList::decode(proof.list().value());
  if (!list) return invalid("the list of the slot does not decode");
  return find_in_list(proof, *list);
}

Result<v1::ClaimProof> View::claim_proof(const ClaimAsked& asked) const {
  v1::ClaimProof proof;
  proof.set_day(asked.day);
  proof.set_slot(asked.slot);
  proof.set_claim(std::string(asked.claim.view()));
  *proof.mutable_closed() = state_proof(key::closed_days());
  const auto closed = ClosedDays::decode(proof.closed().value());
  if (!closed || asked.day > closed->last)
    return fail(ErrorCode::NOT_FOUND, date_text(asked.day) + " is not closed to claims yet");
  *proof.mutable_list() = state_proof(key::claim_list(asked.day, asked.slot));
  if (!proof.list().has_value()) return proof;
  std::vector<Digest> leaves;
  const auto slot = key::claims_of(asked.day, asked.slot);
  reader().scan(slot, slot, [&leaves](std::string_view key, std::string_view) {
    leaves.push_back(*Digest::from_bytes(key::claim_leaf(key)));
    return true;
  });
  const auto leaf = crypto::leaf_hash(asked.claim.view());
  const auto at = std::ranges::lower_bound(leaves, leaf);
  const auto index = static_cast<std::size_t>(at - leaves.begin());
  const bool is_there = at != leaves.end() && *at == leaf;
  if (!is_there && index > 0) *proof.add_places() = place_of(leaves, index - 1);
  if (at != leaves.end()) *proof.add_places() = place_of(leaves, index);
  return proof;
}

}  // namespace puhui::ledger
