#include "node/views/receipt.h"

#include "crypto/tlog_proof.h"

namespace puhui::node {

std::string make_receipt(ledger::View& view, std::uint64_t leaf,
                         const CompleteCheckpoint& checkpoint) {
  crypto::TlogProof proof;
  proof.extra = view.entry(leaf);
  proof.index = leaf;
  proof.path = view.inclusion_proof(leaf, checkpoint.size);
  proof.checkpoint = checkpoint.note;
  return crypto::format_tlog_proof(proof);
}

}  // namespace puhui::node
