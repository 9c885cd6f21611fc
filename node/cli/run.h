// The command line client as a function: arguments in, exit code out.
#pragma once

#include <string>
#include <vector>

#include "node/cli/exit.h"
#include "node/cli/session.h"

namespace puhui::node::cli {

// Parses the arguments (without the program's name), reads profile and environment, and runs the
// command. Answers go to world.out, errors to world.err. No exception leaves it.
[[nodiscard]] Exit run(std::vector<std::string> arguments, const World& world);

}  // namespace puhui::node::cli
