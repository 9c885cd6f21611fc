// GET requests answered from a View of the local ledger.
#pragma once

#include "node/http/message.h"
#include "node/replica/replica.h"

namespace puhui::node::api {

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
};

// Whether a receipt is asked for that meets the witness policy.
[[nodiscard]] bool asks_witnessed(const http::Request& request);

// The answer to a GET below /v1, or of /checkpoint and /tile. NOT_FOUND for an unknown path.
[[nodiscard]] http::Response answer_read(Reading& reading);

}  // namespace puhui::node::api
