// The log that a command reads: who may be asked for it, and as whom.
#pragma once

#include <string>

#include "node/cli/session.h"
#include "node/mirror/source.h"

namespace puhui::node::cli {

// The bytes of a file; an empty path leaves `bytes` alone. Errors of read_file.
[[nodiscard]] Result<void> read_into(std::string& bytes, const std::string& path);

// An https:// address, with the authority and certificate of the settings, or a folder. CONFIG
// without the authority of a server.
[[nodiscard]] Result<SourceOptions> source_of(const Session& session, const std::string& where);

}  // namespace puhui::node::cli
