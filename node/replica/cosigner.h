// What this node signs about its tree, and what it refuses to.
//
// Two records on the disk hold the last (size, root) signed with the node's cosigner key and with
// the log key. Each signature is preceded by a durable compare-and-set: the new checkpoint must be
// this node's own applied tree and extend (or equal) the recorded one; so no two signatures of a
// key ever contradict, also across restarts and restores of the ledger's database. Threads: one at
// a time (the signing thread).
#pragma once

#include <cstdint>
#include <string>

#include "crypto/checkpoint.h"
#include "crypto/key.h"
#include "crypto/note.h"
#include "ledger/views/view.h"
#include "node/files/folder.h"
#include "proto/error.h"

namespace puhui::node {

struct CosignerKeys {
  std::string origin;
  std::string name;  // of this node as a cosigner
  crypto::SecretKey cosigner;
  crypto::SecretKey log;
};

class Cosigner {
 public:
  // Opens `folder`/cosigned and `folder`/logsigned. Errors of DurableRecord::open.
  [[nodiscard]] static Result<Cosigner> open(const std::string& folder, CosignerKeys keys);

  // A cosignature over a checkpoint body. CHECKPOINT_ORIGIN; UNAVAILABLE while fewer leaves than it
  // names are applied here; BUSY if a larger one is signed already; CHECKPOINT_INCONSISTENT if the
  // root is not ours, or our tree no longer extends what was signed before.
  [[nodiscard]] Result<crypto::NoteSignature> cosign(ledger::View& view, std::string_view body,
                                                     std::uint64_t time_s);

  // The log's signature, which comes last: the note must already carry cosignatures of a majority,
  // which the caller has verified. Errors as above.
  [[nodiscard]] Result<crypto::NoteSignature> sign_log(ledger::View& view, std::string_view body);

 private:
  Cosigner(CosignerKeys keys, DurableRecord cosigned, DurableRecord logsigned);
  // Checks and durably records; the size and root to be signed are then safe to sign.
  Result<void> advance(DurableRecord& record, ledger::View& view, std::string_view body);

  CosignerKeys keys_;
  DurableRecord cosigned_, logsigned_;
};

}  // namespace puhui::node
