#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "crypto/hash.h"
#include "node/cli/run.h"

int main(int argc, char** argv) {
  puhui::crypto::init();
  const puhui::node::cli::World world{
      std::cout, std::cerr, [](const char* name) { return std::getenv(name); },
      [] {
        return std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
      },
      [](std::uint32_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }};
  const auto exit = puhui::node::cli::run({argv + 1, argv + argc}, world);
  std::cout.flush();
  return static_cast<int>(exit);
}
