#include "node/daemon/config.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>

#include "crypto/bytes.h"
#include "node/files/toml_form.h"
#include "node/replica/city.h"

namespace puhui::node::daemon {
namespace {

constexpr std::array<Setting, 17> kSettings{{
    {"node-id", &Config::node_id, "number of this node in the city"},
    {"client-listen", &Config::client_listen, "IP:port of the HTTPS API"},
    {"peer-listen", &Config::peer_listen, "IP:port for the other nodes of the city"},
    {"data", &Config::data, "folder of ledger and log, relative to the configuration file"},
    {"log-level", &Config::log_level, "trace, debug, info, warn, error, critical or off"},
    {"election-timeout-ms", &Config::election_timeout_ms,
     "silence after which a leader is elected"},
    {"heartbeat-ms", &Config::heartbeat_ms, "how often a leader is heard"},
    {"block-kib", &Config::block_kib, "a block is closed at this size"},
    {"block-wait-ms", &Config::block_wait_ms, "… or after this time"},
    {"cache-mib", &Config::cache_mib, "memory for reading the ledger"},
    {"snapshot-blocks", &Config::snapshot_blocks, "blocks between two snapshots"},
    {"trailing-entries", &Config::trailing_entries, "log kept behind a snapshot for laggards"},
    {"threads", &Config::threads, "threads of the verification pool; 0: one per core"},
    {"partner-witnessing", &Config::partner_witnessing,
     "true or false: cosign the checkpoints of partner cities, and have them cosign"},
    {"witness-logs", &Config::witness_logs, "tlog-policy file of logs this node is a witness of"},
    {"witness-policy", &Config::witness_policy,
     "tlog-policy file whose witnesses are asked to cosign checkpoints"},
    {"witness-authority", &Config::witness_authority,
     "PEM file of the authorities of those witnesses' servers"},
}};

constexpr std::string_view kLevels[] = {"trace", "debug",    "info", "warn",
                                        "error", "critical", "off"};

tl::unexpected<Error> fault(std::string_view file, std::uint32_t line, std::string_view what) {
  return fail(ErrorCode::CONFIG,
              std::string(file) + ":" + std::to_string(line) + ": " + std::string(what));
}

using Text = std::string Config::*;
using Switch = bool Config::*;

const char* kind_of(const Setting& setting) {
  if (std::holds_alternative<Text>(setting.field)) return "a string";
  return std::holds_alternative<Switch>(setting.field) ? "true or false" : "a number";
}

// As `set` takes it; nothing if the value is of another kind.
std::optional<std::string> text_of(const Setting& setting, const toml::node& node) {
  if (std::holds_alternative<Text>(setting.field)) return node.value_exact<std::string>();
  if (std::holds_alternative<Switch>(setting.field)) {
    const auto value = node.value_exact<bool>();
    return value ? std::optional<std::string>(*value ? "true" : "false") : std::nullopt;
  }
  const auto number = node.value_exact<std::int64_t>();
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

}  // namespace

std::span<const Setting> settings_table() { return kSettings; }

std::string environment_name(std::string_view setting) {
  std::string name = "PUHUID_";
  for (const char c : setting)
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

Result<void> set(Config& config, const Setting& setting, std::string_view value) {
  const auto wrong = [&setting] {
    return fail(ErrorCode::CONFIG, std::string(setting.name) + " must be " + kind_of(setting));
  };
  if (const auto* text = std::get_if<Text>(&setting.field)) {
    config.** text = value;
    return {};
  }
  if (const auto* on = std::get_if<Switch>(&setting.field)) {
    if (value != "true" && value != "false") return wrong();
    config.** on = value == "true";
    return {};
  }
  const auto number = crypto::parse_decimal(value);
  if (!number) return wrong();
  config.*std::get<std::uint64_t Config::*>(setting.field) = *number;
  return {};
}

Result<Config> parse_config(std::string_view toml, std::string_view file) {
  if (const auto line = toml_fault(toml)) return fault(file, *line, kTomlFault);
  const auto parsed = toml::parse(toml);
  if (!parsed) return fault(file, parsed.error().source().begin.line, parsed.error().description());
  Config config;
  for (const auto& [key, node] : parsed.table()) {
    const auto line = key.source().begin.line;
    const auto known = std::ranges::find(kSettings, key.str(), &Setting::name);
    if (known == kSettings.end())
      return fault(file, line, "unknown key \"" + std::string(key.str()) + "\"");
    const auto value = text_of(*known, node);
    if (!value) return fault(file, line, std::string(known->name) + " must be " + kind_of(*known));
    if (auto done = set(config, *known, *value); !done)
      return fault(file, line, done.error().detail);
  }
  return config;
}

Result<void> apply_environment(Config& config, const Environment& environment) {
  for (const auto& setting : kSettings) {
    const auto name = environment_name(setting.name);
    const char* value = environment(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    if (auto done = set(config, setting, value); !done)
      return fail(ErrorCode::CONFIG, name + ": " + done.error().detail);
  }
  return {};
}

Result<void> check(const Config& config) {
  const auto bad = [](const char* what) { return fail(ErrorCode::CONFIG, what); };
  if (config.node_id == 0) return bad("node-id is missing");
  if (!parse_endpoint(config.client_listen)) return bad("client-listen is not IP:port");
  if (!parse_endpoint(config.peer_listen)) return bad("peer-listen is not IP:port");
  if (std::ranges::find(kLevels, config.log_level) == std::end(kLevels))
    return bad("log-level is trace, debug, info, warn, error, critical or off");
  if (config.heartbeat_ms == 0 || config.election_timeout_ms < 3 * config.heartbeat_ms ||
      config.election_timeout_ms > 60'000)
    return bad("election-timeout-ms must be at least three heartbeats and at most 60000");
  if (config.block_kib < 1 || config.block_kib > 1024) return bad("block-kib is 1 to 1024");
  if (config.block_wait_ms > 1000) return bad("block-wait-ms is at most 1000");
  if (config.cache_mib < 8) return bad("cache-mib is at least 8");
  if (config.snapshot_blocks < 1) return bad("snapshot-blocks is at least 1");
  if (config.threads > 256) return bad("threads is at most 256");
  if (config.witness_policy.empty() != config.witness_authority.empty())
    return bad("witness-policy and witness-authority need each other");
  return {};
}

}  // namespace puhui::node::daemon
