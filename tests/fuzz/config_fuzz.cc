// A node's configuration and a client's profile: any bytes are one, or an error of code CONFIG that
// names the file; and a configuration set anew, setting by setting, is the same.
#include "node/daemon/config.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>

#include "node/cli/profile.h"

namespace {

using namespace puhui::node::daemon;

std::string told(const Config& config, const Setting& setting) {
  if (const auto* text = std::get_if<std::string Config::*>(&setting.field)) return config.**text;
  if (const auto* on = std::get_if<bool Config::*>(&setting.field))
    return config.**on ? "true" : "false";
  return std::to_string(config.*std::get<std::uint64_t Config::*>(setting.field));
}

template <class Read>
void check_error(const Read& read) {
  if (read) return;
  assert(read.error().code == puhui::ErrorCode::CONFIG);
  assert(read.error().detail.starts_with("node.toml:"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_error(puhui::node::cli::parse_profile(text, "node.toml"));
  const auto config = parse_config(text, "node.toml");
  check_error(config);
  if (!config) return 0;
  Config again;
  for (const auto& setting : settings_table()) {
    const auto done = set(again, setting, told(*config, setting));
    assert(done && told(again, setting) == told(*config, setting));
  }
  assert(check(again).has_value() == check(*config).has_value());
  return 0;
}
