// `puhui-identity` as a function: arguments in, exit code out.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "node/cli/exit.h"

namespace puhui::node::identity {

// The process around it; tests put another in its place.
struct World {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::function<std::int64_t()> now_us;  // UTC microseconds since 1970.
};

// Parses the arguments (without the program's name) and runs the command. Answers go to world.out,
// errors to world.err. No exception leaves it.
[[nodiscard]] cli::Exit run(std::vector<std::string> arguments, const World& world);

}  // namespace puhui::node::identity
