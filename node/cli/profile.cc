#include "node/cli/profile.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "node/cli/values.h"
#include "node/files/toml_form.h"

namespace puhui::node::cli {
namespace {

constexpr std::array<Setting, 11> kSettings{{
    {"url", "URL", &Settings::urls, "https://host:port of a node; repeat for several"},
    {"ca", "FILE", &Settings::authority_file, "certificate of the city's API authority, PEM"},
    {"client-cert", "FILE", &Settings::client_certificate_file,
     "client certificate that proves the party to the node, PEM"},
    {"client-key", "FILE", &Settings::client_key_file, "key of the client certificate, PEM"},
    {"city", "CODE", &Settings::city, "city the event belongs to (asked from the node if absent)"},
    {"party", "NAME", &Settings::party, "acting party"},
    {"key", "FILE", &Settings::key_files, "key file that signs; repeat for several signatures"},
    {"passphrase-file", "FILE", &Settings::passphrase_file,
     "file whose first line opens encrypted key files"},
    {"valid-for", "DURATION", &Settings::valid_for,
     "how long the event may wait to be accepted: 90s, 15m, 1h, 6d (1h; on a DEMO CLOCK 6d)"},
    {"wait", "outcome|receipt", &Settings::wait, "answer with the outcome, or also its receipt"},
    {"output", "table|json", &Settings::output, "how answers are printed"},
}};

struct Place {
  std::string_view file;
  std::uint32_t line = 0;

  tl::unexpected<Error> fault(std::string_view what) const {
    return fail(ErrorCode::CONFIG,
                std::string(file) + ":" + std::to_string(line) + ": " + std::string(what));
  }
};

Result<void> set_value(Settings& settings, const Setting& setting, const toml::node& node,
                       const Place& place) {
  const auto name = std::string(setting.name);
  if (const auto* single = std::get_if<std::string Settings::*>(&setting.field)) {
    if (!node.is_string()) return place.fault(name + " must be a string");
    settings.** single = node.as_string()->get();
    return {};
  }
  auto& values = settings.*std::get<std::vector<std::string> Settings::*>(setting.field);
  if (node.is_string()) {
    values = {node.as_string()->get()};
    return {};
  }
  const auto* array = node.as_array();
  if (array == nullptr) return place.fault(name + " must be a string or an array of strings");
  for (const auto& element : *array) {
    if (!element.is_string()) return place.fault(name + " must hold strings only");
    values.push_back(element.as_string()->get());
  }
  return {};
}

}  // namespace

std::span<const Setting> settings_table() { return kSettings; }

std::string environment_name(std::string_view setting) {
  std::string name = "PUHUI_";
  for (const char c : setting)
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

Result<Settings> parse_profile(std::string_view toml, std::string_view file) {
  if (const auto line = toml_fault(toml)) return Place{file, *line}.fault(std::string(kTomlFault));
  const auto parsed = toml::parse(toml);
  if (!parsed) {
    return Place{file, parsed.error().source().begin.line}.fault(parsed.error().description());
  }
  Settings settings;
  for (const auto& [key, node] : parsed.table()) {
    const Place place{file, key.source().begin.line};
    const auto known = std::ranges::find(kSettings, key.str(), &Setting::name);
    if (known == kSettings.end())
      return place.fault("unknown key \"" + std::string(key.str()) + "\"");
    if (auto set = set_value(settings, *known, node, place); !set)
      return tl::make_unexpected(set.error());
  }
  return settings;
}

Settings settings_of_environment(const Environment& environment) {
  Settings settings;
  for (const auto& setting : kSettings) {
    const char* value = environment(environment_name(setting.name).c_str());
    if (value == nullptr || *value == '\0') continue;
    if (const auto* single = std::get_if<std::string Settings::*>(&setting.field)) {
      settings.** single = value;
      continue;
    }
    auto& values = settings.*std::get<std::vector<std::string> Settings::*>(setting.field);
    for (const auto part : split(value, ',')) values.emplace_back(part);
  }
  return settings;
}

Settings overlay(Settings below, const Settings& above) {
  for (const auto& setting : kSettings) {
    std::visit(
        [&](const auto field) {
          if (!(above.*field).empty()) below.*field = above.*field;
        },
        setting.field);
  }
  return below;
}

Result<Settings> complete(Settings settings) {
  if (settings.wait.empty()) settings.wait = "outcome";
  if (settings.output.empty()) settings.output = "table";
  if (settings.wait != "outcome" && settings.wait != "receipt")
    return fail(ErrorCode::CONFIG, "wait is outcome or receipt, not \"" + settings.wait + "\"");
  if (settings.output != "table" && settings.output != "json")
    return fail(ErrorCode::CONFIG, "output is table or json, not \"" + settings.output + "\"");
  if (settings.client_certificate_file.empty() != settings.client_key_file.empty())
    return fail(ErrorCode::CONFIG, "client-cert and client-key belong together");
  return settings;
}

}  // namespace puhui::node::cli
