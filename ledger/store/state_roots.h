// What the next state root will say: the chains of the view families, and the authenticated maps.
//
// Chains grow with every accepted leaf. The maps are brought up to date once per state root, with
// the keys changed since the last one; until then each of these is noted, in memory and in a row of
// its own with its value at that root (map_pages.h), so that a restart loses none.
// Threads: used by the applying thread only.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/map.h"
#include "ledger/state_root.h"
#include "ledger/store/map_writer.h"
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

  // The state root over all leaves accepted so far; brings the maps up to date.
  [[nodiscard]] StateRoot root(const State& state);

  // Adds what changed since the last call.
  void write_to(leveldb::WriteBatch& batch);

 private:
  explicit StateRoots(const Store& store)
      : open_(store, StateMap::open), personal_(store, StateMap::personal) {}
  // Answers false if the key was noted before.
  bool note(std::string_view key);
  [[nodiscard]] std::vector<MapWriter::Pair> pairs_of_changed(const State& state,
                                                              StateMap map) const;

  FamilyDigests families_;
  // Keys of the maps changed since the last state root, for look-ups in `is_changed_`. Rows have
  // the first `noted_` of them; `notes_` is their values for the rest.
  std::deque<std::string> changed_;
  boost::unordered_flat_set<std::string_view, KeyHash> is_changed_;
  std::size_t noted_ = 0;
  std::vector<std::optional<std::string>> notes_;
  // Keys whose rows ended with a state root.
  std::vector<std::string> ended_;
  MapWriter open_, personal_;
};

}  // namespace puhui::ledger
