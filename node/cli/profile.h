// Settings: where the city is, who acts, which keys sign. From a profile file, then the
// environment, then flags; the later wins, setting by setting.
//
// One table names every setting: `--client-cert` as a flag, `client-cert` in the profile (TOML),
// `PUHUI_CLIENT_CERT` in the environment. Several values are repeated flags, an array in TOML, and
// separated by commas in the environment. Pure; may be called from any thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/error.h"

namespace puhui::node::cli {

// An empty value means "not set".
struct Settings {
  std::vector<std::string> urls;
  std::string authority_file;
  std::string client_certificate_file;
  std::string client_key_file;
  std::string city;
  std::string party;
  std::vector<std::string> key_files;
  std::string passphrase_file;
  std::string valid_for;
  std::string wait;
  std::string output;
};

struct Setting {
  const char* name;
  const char* value_name;  // As shown in the help.
  std::variant<std::string Settings::*, std::vector<std::string> Settings::*> field;
  const char* help;
};

[[nodiscard]] std::span<const Setting> settings_table();

// "client-cert" as "PUHUI_CLIENT_CERT".
[[nodiscard]] std::string environment_name(std::string_view setting);

// CONFIG, with "<file>:<line>: …" in the detail, for text that is not TOML, a key that is not in
// the table, or a value that is not a string (or, where several are allowed, an array of strings).
[[nodiscard]] Result<Settings> parse_profile(std::string_view toml, std::string_view file);

// Answers a variable's value, or null.
using Environment = std::function<const char*(const char* name)>;
[[nodiscard]] Settings settings_of_environment(const Environment& environment);

// What `above` sets, and the rest from `below`.
[[nodiscard]] Settings overlay(Settings below, const Settings& above);

// Fills in defaults and checks what has a fixed set of values: CONFIG names the setting.
[[nodiscard]] Result<Settings> complete(Settings settings);

}  // namespace puhui::node::cli
