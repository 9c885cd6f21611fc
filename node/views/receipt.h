// Receipts of leaves, made from a View.
#pragma once

#include <string>

#include "ledger/views/view.h"
#include "node/witness/complete.h"

namespace puhui::node {

// tlog-proof of one leaf under a checkpoint; needs leaf < checkpoint.size <= view.head().size.
[[nodiscard]] std::string make_receipt(ledger::View& view, std::uint64_t leaf,
                                       const CompleteCheckpoint& checkpoint);

}  // namespace puhui::node
