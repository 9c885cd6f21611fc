// Runs every fuzz target over its seeds and over what lies next to them: each beginning of a seed,
// and each seed with one byte changed. Without coverage it finds little that is new; it keeps what
// was found from coming back, on every machine that runs the tests.
//
//   puhui_fuzz_corpora CORPUS    a folder of folders of seeds, one folder for each target
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
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
  const char* name;
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
    std::printf("%s/%s\n", target.name, file.path().filename().c_str());
    std::fflush(stdout);
    std::ifstream in(file.path(), std::ios::binary);
    run_all(target, std::string(std::istreambuf_iterator<char>(in), {}));
    ++seeds;
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int failed = 0;
  for (const auto& target : kTargets) {
    const auto folder = fs::path(argv[1]) / target.name;
    if (fs::is_directory(folder) && run_folder(target, folder) > 0) continue;
    std::printf("no seeds in %s\n", folder.c_str());
    failed = 1;
  }
  for (const auto& entry : fs::directory_iterator(argv[1])) {
    const auto name = entry.path().filename().string();
    if (std::ranges::any_of(kTargets, [&](const Target& target) { return target.name == name; }))
      continue;
    std::printf("no target for %s\n", entry.path().c_str());
    failed = 1;
  }
  return failed;
}
