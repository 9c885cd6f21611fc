// Proofs out of the tiles that a city serves: for any leaf and any size that it has had.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "crypto/merkle.h"
#include "crypto/tiles.h"
#include "node/relay/city.h"

namespace puhui::node::relay {

// Remembers a bounded number of tiles. Threads: one.
class Prover {
 public:
  // The city outlives it.
  explicit Prover(City& city) : city_(city) {}

  // That a leaf is in the tree of this size, with the bytes of its entry. INVALID_ARGUMENT for a
  // leaf beyond it; PROOF_MALFORMED, and errors of the city.
  [[nodiscard]] Result<v1::ProvenLeaf> prove(std::uint64_t leaf, std::uint64_t size);
  // That the tree of the one size begins with that of the other. INVALID_ARGUMENT if it is smaller.
  [[nodiscard]] Result<std::vector<crypto::Digest>> consistency(std::uint64_t old_size,
                                                                std::uint64_t size);
  // The root of the first `old_size` leaves of the tree of the other size. INVALID_ARGUMENT if that
  // is smaller.
  [[nodiscard]] Result<crypto::Digest> root_at(std::uint64_t old_size, std::uint64_t size);
  // The tiles that are remembered: what is asked next is asked of the city again.
  void forget() { tiles_.clear(); }

 private:
  template <class Make>
  auto of_nodes(std::uint64_t size, Make make)
      -> Result<std::invoke_result_t<Make, const crypto::NodeReader&>>;
  Result<crypto::Digest> node(std::uint64_t size, unsigned level, std::uint64_t index);
  Result<const std::string*> tile(const crypto::Tile& tile);

  City& city_;
  std::map<crypto::Tile, std::string> tiles_;
};

}  // namespace puhui::node::relay
