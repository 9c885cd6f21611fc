// One authenticated map as it is kept up to date: its pages (map_pages.h) under the keys that
// change.
// Threads: used by the applying thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "ledger/store/changes.h"
#include "ledger/store/map_pages.h"

namespace puhui::ledger {

class MapWriter {
 public:
  // What comes under the hash of a key: the hash of a value, or nothing.
  struct Pair {
    crypto::Digest key;
    std::optional<crypto::Digest> value;
  };
  using Pairs = std::span<const Pair>;

  // The store outlives this.
  MapWriter(const Store& store, StateMap map) : store_(&store), map_(map) {}

  // Puts or removes pairs, in order of their keys, each once; answers the root.
  crypto::Digest update(Pairs pairs);
  // Adds what changed since the last call.
  void write_to(leveldb::WriteBatch& batch);

 private:
  MapPage& page(const std::string& prefix);
  MapPage& update(const std::string& prefix, Pairs pairs);
  void update_slot(MapPage& page, const std::string& prefix, Pairs pairs);

  const Store* store_;
  StateMap map_;
  // Pages as last written or as changed, for look-ups only; the names of the changed ones.
  boost::unordered_flat_map<std::string, std::unique_ptr<MapPage>> pages_;
  std::set<std::string> changed_;
};

}  // namespace puhui::ledger
