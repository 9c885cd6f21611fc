// Running a node: reads its folder, starts everything, serves until told to stop.
#pragma once

#include <string>

#include "node/daemon/config.h"
#include "proto/error.h"

namespace puhui::node::daemon {

// Serves until SIGINT or SIGTERM; then lets requests under way finish and returns. `folder` is
// where the configuration file lies; the passphrase file is only read when a key is encrypted.
[[nodiscard]] Result<void> run_node(const Config& config, const std::string& folder,
                                    const std::string& passphrase_file);

}  // namespace puhui::node::daemon
