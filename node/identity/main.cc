#include <chrono>
#include <iostream>

#include "crypto/hash.h"
#include "node/identity/run.h"

int main(int argc, char** argv) {
  puhui::crypto::init();
  const puhui::node::identity::World world{
      std::cin, std::cout, std::cerr, [] {
        return std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
      }};
  const auto exit = puhui::node::identity::run({argv + 1, argv + argc}, world);
  std::cout.flush();
  return static_cast<int>(exit);
}
