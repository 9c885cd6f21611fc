// A signed checkpoint as it is handed around a node.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "crypto/hash.h"

namespace puhui::node {

// With cosignatures of a majority of the voters, the log's signature, and perhaps further lines.
struct CompleteCheckpoint {
  std::string note;
  std::uint64_t size = 0;
  crypto::Digest root;
};
using CompletePtr = std::shared_ptr<const CompleteCheckpoint>;

}  // namespace puhui::node
