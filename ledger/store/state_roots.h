// What the next state root will say: the chains of the view families, and the authenticated map.
//
// Chains grow with every accepted leaf. The map is brought up to date once per state root, with the
// keys changed since the last one; until then these are noted, in memory and in one row per block
// (map_pages.h), so that a restart loses none.
// Threads: used by the applying thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/map.h"
#include "ledger/state_root.h"
#include "ledger/store/map_pages.h"
#include "ledger/store/state.h"

namespace puhui::ledger {

class StateRoots {
 public:
  // CORRUPT if what is stored does not decode.
  [[nodiscard]] static Result<StateRoots> load(const Store& store);

  // Counts what an accepted leaf changed, as `state` answered it.
  void accept(const State& state, const Changes::List& changes);
  // SHA-256 over the chains of all families.
  [[nodiscard]] crypto::Digest digest() const;

  // The state root over all leaves accepted so far; brings the map up to date.
  [[nodiscard]] StateRoot root(const State& state);

  // Adds what changed since the last call; the ledger then has `size` leaves.
  void write_to(leveldb::WriteBatch& batch, std::uint64_t size);

 private:
  // A pair to be stored under its key's hash, or a key to be removed.
  struct Pair {
    crypto::Digest key;
    std::optional<crypto::Digest> value;
  };
  using Pairs = std::span<const Pair>;

  explicit StateRoots(const Store& store) : store_(&store) {}
  MapPage& page(const std::string& prefix);
  MapPage& update(const std::string& prefix, Pairs pairs);
  // Answers false if the key was noted before.
  bool note(std::string_view key);
  void update_slot(MapPage& page, const std::string& prefix, Pairs pairs);
  [[nodiscard]] std::vector<Pair> pairs_of_changed(const State& state) const;

  const Store* store_;
  FamilyDigests families_;
  // Keys of the map changed since the last state root, for look-ups in `is_changed_`; the notes of
  // those no row has yet.
  std::deque<std::string> changed_;
  boost::unordered_flat_set<std::string_view, KeyHash> is_changed_;
  std::string notes_;
  // The rows there are, and those that ended with a state root.
  std::vector<std::uint64_t> rows_, ended_rows_;
  // Pages as last written or as changed, for look-ups only; the names of the changed ones.
  boost::unordered_flat_map<std::string, std::unique_ptr<MapPage>> pages_;
  std::set<std::string> changed_pages_;
};

}  // namespace puhui::ledger
