// How far an audit has come: what is read back is written to the same bytes. The last line, a hash
// over all others, is added here: no fuzzer finds it.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>

#include "node/audit/saved.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace audit = puhui::node::audit;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const bool is_whole : {false, true}) {
    if (is_whole) bytes += "sha256 " + puhui::crypto::sha256(bytes).hex() + "\n";
    const auto saved = audit::parse_saved(bytes);
    assert(!saved || audit::format_saved(*saved) == bytes);
  }
  return 0;
}
