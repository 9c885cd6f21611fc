// A node's configuration: TOML file, then environment, then flags; the later wins.
//
// One table names every setting: `client-listen` in the file and as the flag `--client-listen`,
// `PUHUID_CLIENT_LISTEN` in the environment. An unknown key is an error that names its line.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "proto/error.h"

namespace puhui::node::daemon {

struct Config {
  std::uint64_t node_id = 0;
  std::string client_listen = "127.0.0.1:7443";
  std::string peer_listen = "127.0.0.1:7444";
  std::string data = "data";  // relative to the folder of the file
  std::string log_level = "info";
  std::uint64_t election_timeout_ms = 1000;
  std::uint64_t heartbeat_ms = 100;
  std::uint64_t block_kib = 64;
  std::uint64_t block_wait_ms = 1;
  std::uint64_t cache_mib = 128;
  std::uint64_t snapshot_blocks = 4096;
  std::uint64_t trailing_entries = 20'000;
  std::uint64_t threads = 0;       // 0: one per core
  bool partner_witnessing = true;  // follow and ask those with whom the city has an agreement
  // Files, relative to the folder of the configuration; empty: none.
  std::string witness_logs;       // tlog-policy: the logs this node is a witness of
  std::string witness_policy;     // tlog-policy: whose cosignatures receipts can ask for
  std::string witness_authority;  // PEM: authorities of those witnesses' servers
};

struct Setting {
  const char* name;
  std::variant<std::string Config::*, std::uint64_t Config::*, bool Config::*> field;
  const char* help;
};
[[nodiscard]] std::span<const Setting> settings_table();
[[nodiscard]] std::string environment_name(std::string_view setting);

// CONFIG with "<file>:<line>: …" for text that is not TOML, an unknown key or a wrong value.
[[nodiscard]] Result<Config> parse_config(std::string_view toml, std::string_view file);
using Environment = std::function<const char*(const char* name)>;
[[nodiscard]] Result<void> apply_environment(Config& config, const Environment& environment);
// One setting from text; CONFIG names it.
[[nodiscard]] Result<void> set(Config& config, const Setting& setting, std::string_view value);
// What no setting says by itself: id, addresses, bounds.
[[nodiscard]] Result<void> check(const Config& config);

}  // namespace puhui::node::daemon
