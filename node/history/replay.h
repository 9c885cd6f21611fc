// Rebuilding views from leaves: read, checked ahead on several threads, followed in order.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>

#include "ledger/ledger.h"

namespace puhui::node {

using ledger::StoredLeaf;
// Called from several threads at once, for leaves that exist.
using ReadLeaf = std::function<Result<StoredLeaf>(std::uint64_t leaf)>;

// Follows leaves until the ledger holds `size` of them. Errors of `read` and Ledger::follow; what
// was followed before stays.
[[nodiscard]] Result<void> replay(ledger::Ledger& ledger, const ReadLeaf& read, std::uint64_t size,
                                  boost::asio::thread_pool& pool);

}  // namespace puhui::node
