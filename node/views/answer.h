// GET requests answered from a View of the local ledger.
#pragma once

#include "ledger/views/view.h"
#include "node/http/message.h"
#include "node/witness/asker.h"
#include "node/witness/complete.h"

namespace puhui::node::views {

// What a reading request works with.
struct Reading {
  const http::Request& request;
  ledger::View& view;     // what is asked about: now, or a past
  ledger::View& current;  // now: leaves, receipts, and who the caller is
  v1::Genesis genesis;
  CompletePtr checkpoint;           // may be null
  const Asker* asker;               // null if no witness is asked
  CompletePtr witnessed;            // may be null
  std::optional<v1::Party> caller;  // party of the client certificate, if it is registered
  std::int64_t now_us;              // real time by this node's clock; 0: no citizen reads here
};

// Whether a receipt is asked for that meets the witness policy.
[[nodiscard]] bool asks_witnessed(const http::Request& request);

// Whether the answer reads much (SlowReads).
[[nodiscard]] bool is_slow(const http::Request& request);

// Whether an answer as of a past is asked for: `at=<position>` means after that leaf,
// `before=<time>` (UTC microseconds) after the last leaf before that time.
[[nodiscard]] bool asks_past(const http::Request& request);
// How many leaves that past has. INVALID_ARGUMENT; NOT_FOUND where there is no such leaf.
[[nodiscard]] Result<std::uint64_t> size_asked(const http::Request& request,
                                               const ledger::View& current);

// The answer to a GET below /v1, or of /checkpoint and /tile. NOT_FOUND for an unknown path.
[[nodiscard]] http::Response answer_read(Reading& reading);

}  // namespace puhui::node::views
