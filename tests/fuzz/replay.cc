// Runs a fuzz target over its seeds and over what lies next to them: each beginning of a seed, and
// each seed with one byte changed. Without coverage it finds little that is new; it keeps what was
// found from coming back, on every machine that runs the tests.
//
//   puhui_fuzz_corpora TARGET FOLDER    a target's name and the folder of its seeds
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#define PUHUI_FUZZ_TARGET(name) \
  extern "C" int puhui_fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef PUHUI_FUZZ_TARGET

namespace {

namespace fs = std::filesystem;

// Neighbours of longer seeds take their time and say little more.
constexpr std::size_t kNeighboursOfBytesMax = 400;

struct Target {
  std::string_view name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

constexpr Target kTargets[] = {
#define PUHUI_FUZZ_TARGET(name) {#name, puhui_fuzz_##name},
#include "fuzz_targets.inc"
#undef PUHUI_FUZZ_TARGET
};

void run(const Target& target, const std::string& bytes) {
  // A copy of exactly this size, so that a sanitizer sees a read beyond it.
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
  target.run(exact.data(), exact.size());
}

void run_all(const Target& target, const std::string& seed) {
  run(target, seed);
  if (seed.size() > kNeighboursOfBytesMax) return;
  for (std::size_t size = 0; size < seed.size(); ++size) run(target, seed.substr(0, size));
  for (std::size_t at = 0; at < seed.size(); ++at) {
    for (const char change : {'\x01', '\x20', '\x80'}) {
      auto changed = seed;
      changed[at] = static_cast<char>(changed[at] ^ change);
      run(target, changed);
    }
  }
}

int run_folder(const Target& target, const fs::path& folder) {
  int seeds = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    // The last line of a crash tells where it was.
    std::printf("%s\n", file.path().c_str());
    std::fflush(stdout);
    std::ifstream in(file.path(), std::ios::binary);
    run_all(target, std::string(std::istreambuf_iterator<char>(in), {}));
    ++seeds;
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view name = argv[1];
  const auto* target = std::ranges::find(kTargets, name, &Target::name);
  if (target == std::end(kTargets)) return 2;
  if (fs::is_directory(argv[2]) && run_folder(*target, argv[2]) > 0) return 0;
  std::printf("no seeds in %s\n", argv[2]);
  return 1;
}
