// A partner whose log says what no ledger by these rules would.
#pragma once

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {

// Any entries, under checkpoints that a city's log and nodes sign.
class LyingLog {
 public:
  explicit LyingLog(SovereignCity& city) : city_(city) {}

  std::uint64_t add(const v1::Payload& payload) {
    return add_entry(
        encode_entry(kNoon, EntryKind::event, city_.sealed(payload, {"operator"}).envelope));
  }
  std::uint64_t add_entry(const std::string& entry) {
    entries_.push_back(entry);
    hashes_.push_back(crypto::leaf_hash(entry));
    return entries_.size() - 1;
  }
  // Has it accepted there, and proves a leaf of it.
  v1::ProvenLeaf show(SovereignCity& to, std::uint64_t leaf) {
    const auto size = hashes_.size();
    auto payload = to.event("operator");
    auto& action = *payload.mutable_accept_checkpoint();
    action.set_partner(city_.code());
    action.set_checkpoint(city_.signed_note({city_.origin(), size, crypto::root_of(hashes_), {}}));
    for (const auto& hash : crypto::consistency_proof(accepted_size(to, city_), size, nodes()))
      action.add_proof(std::string(hash.view()));
    if (accepted_size(to, city_) < size) to.must(payload, {"operator"});
    v1::ProvenLeaf proof;
    proof.set_city(city_.code());
    proof.set_entry(entries_[leaf]);
    proof.set_index(leaf);
    proof.set_tree_size(size);
    for (const auto& hash : crypto::inclusion_proof(leaf, size, nodes()))
      proof.add_path(std::string(hash.view()));
    return proof;
  }
  v1::ProvenLeaf show(SovereignCity& to, const v1::Payload& payload) {
    return show(to, add(payload));
  }

 private:
  [[nodiscard]] crypto::NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t index) {
      return crypto::root_of(std::span(hashes_).subspan(index << level, std::size_t{1} << level));
    };
  }
  SovereignCity& city_;
  std::vector<std::string> entries_;
  std::vector<crypto::Digest> hashes_;
};

}  // namespace puhui::ledger::testing
