// Actions that are not carried out at once: put to the vote, or drafted as a filing.
#pragma once

#include "node/cli/session.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

// With --propose or --draft, the payload's action becomes what a proposal or a filing is about.
// INVALID_ARGUMENT if no vote resolves it or it is nothing that is filed, for both flags at once,
// and for --enclose without --draft; errors of read_document.
[[nodiscard]] Result<void> defer(const RunFlags& flags, v1::Payload& payload);

}  // namespace puhui::node::cli
