// puhuid: founds a city, prepares nodes and client certificates, runs a node.

#include <google/protobuf/stubs/logging.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "crypto/hash.h"
#include "ledger/rules/context.h"
#include "node/api/api.h"
#include "node/daemon/config.h"
#include "node/daemon/init.h"
#include "node/daemon/run.h"
#include "node/daemon/times.h"
#include "node/files/folder.h"

namespace {

using puhui::ErrorCode;
using puhui::Result;
using namespace puhui::node;          // NOLINT(google-build-using-namespace)
using namespace puhui::node::daemon;  // NOLINT(google-build-using-namespace)

constexpr int kUsage = 2;

int report(const Result<void>& outcome) {
  if (outcome) return 0;
  const auto& error = outcome.error();
  std::cerr << "puhuid: " << puhui::describe(error) << " / " << puhui::code_text_zh(error.code)
            << "\n";
  return error.code == ErrorCode::UNAVAILABLE ? 4 : kUsage;
}

// "PEER,CLIENT", each host:port.
NodeAddresses addresses(const std::string& text) {
  const auto comma = text.find(',');
  if (comma == std::string::npos) return {text, ""};
  return {text.substr(0, comma), text.substr(comma + 1)};
}

struct InitFlags {
  InitOptions options;
  std::vector<std::string> nodes;
  std::string demo_start, passphrase_file;
  bool members_only = false;
};

void add_init(CLI::App& app, InitFlags& flags) {
  auto& o = flags.options;
  auto* init =
      app.add_subcommand("init", "found a city: keys, certificates, genesis, node folders");
  init->add_option("folder", o.folder, "new or empty folder")->required();
  init->add_option("--city", o.city, "code of the city, A-Z and digits")->required();
  init->add_option("--node", flags.nodes, "PEER,CLIENT addresses of a node; 1, 3 or 5 times")
      ->required();
  init->add_option("--name-zh", o.name_zh, "name in Chinese");
  init->add_option("--name-en", o.name_en, "name in English");
  init->add_option("--area", o.area, "area code (GB/T 2260)");
  init->add_option("--origin", o.origin, "origin of checkpoints, a URL without scheme");
  init->add_option("--authority", o.authority.party, "party of the authority")
      ->default_val("authority");
  init->add_option("--authority-entity", o.authority.legal_entity,
                   "its legal entity (default: authority)");
  init->add_option("--authority-zh", o.authority.name_zh, "its name in Chinese");
  init->add_option("--authority-en", o.authority.name_en, "its name in English");
  init->add_option("--operator", o.operator_party.party,
                   "party of the operator; may be the authority's, then one party is both")
      ->default_val("operator");
  init->add_option(
      "--operator-entity", o.operator_party.legal_entity,
      "its legal entity (default: operator, or the authority's if they are one party)");
  init->add_option("--operator-zh", o.operator_party.name_zh, "its name in Chinese");
  init->add_option("--operator-en", o.operator_party.name_en, "its name in English");
  init->add_option("--rules", o.rules_file, "first rule set, JSON (default: built in)");
  init->add_option("--state-root-interval", o.state_root_interval,
                   "every K-th leaf is a state root")
      ->default_val(256);
  init->add_flag("--entries-for-members", flags.members_only,
                 "serve entries only to registered parties");
  init->add_option("--demo-start", flags.demo_start,
                   "demonstration clock: event time at the start, 2024-09-09T08:00:00+08:00");
  init->add_option("--demo-rate", o.demo_rate, "event seconds per real second")->default_val(1);
  init->add_option("--passphrase-file", flags.passphrase_file,
                   "encrypt key files with its first line (default: plain, mode 0600)");
}

int run_init(InitFlags& flags) {
  for (const auto& node : flags.nodes) flags.options.nodes.push_back(addresses(node));
  flags.options.entries_for_members_only = flags.members_only;
  if (!flags.demo_start.empty()) {
    const auto start = parse_time(flags.demo_start);
    if (!start) return report(tl::make_unexpected(start.error()));
    flags.options.demo_start = *start;
  }
  auto words = read_passphrase(flags.passphrase_file);
  if (!words) return report(tl::make_unexpected(words.error()));
  flags.options.passphrase = std::move(*words);
  const auto done = init_city(flags.options);
  if (done)
    std::cout << "city " << flags.options.city << " founded in " << flags.options.folder << "\n";
  return report(done);
}

struct JoinFlags {
  JoinOptions options;
  std::string node, passphrase_file;
};

void add_join(CLI::App& app, JoinFlags& flags) {
  auto* join = app.add_subcommand("join", "prepare the folder of a node that joins a city");
  join->add_option("folder", flags.options.city_folder, "folder made by init")->required();
  join->add_option("--id", flags.options.node_id, "number of the new node")->required();
  join->add_option("--node", flags.node, "its PEER,CLIENT addresses")->required();
  join->add_option("--passphrase-file", flags.passphrase_file, "opens and encrypts key files");
}

int run_join(JoinFlags& flags) {
  auto& options = flags.options;
  options.addresses = addresses(flags.node);
  auto words = read_passphrase(flags.passphrase_file);
  if (!words) return report(tl::make_unexpected(words.error()));
  options.passphrase = std::move(*words);
  const auto done = join_city(options);
  const auto folder = options.city_folder + "/node-" + std::to_string(options.node_id);
  if (done)
    std::cout << folder << " is prepared. Admit the node, signed by operator and authority:\n"
              << "  puhui node admit " << options.node_id << " --name $(jq -r .name " << folder
              << "/admit.json) --peer-key " << folder << "/peer.key --cosigner-key " << folder
              << "/cosigner.key --peer-address " << options.addresses.peer << " --client-address "
              << options.addresses.client << "\n"
              << "then start it and add it: puhui cluster member " << options.node_id
              << " --role learner\n";
  return report(done);
}

struct CertifyFlags {
  std::string folder, party;
};

void add_certify(CLI::App& app, CertifyFlags& flags) {
  auto* certify = app.add_subcommand("certify", "make the client certificate of a party");
  certify->add_option("folder", flags.folder, "folder made by init")->required();
  certify->add_option("party", flags.party, "party as the ledger names it")->required();
}

int run_certify(const CertifyFlags& flags) {
  const auto done = certify_client(flags.folder, flags.party);
  if (done)
    std::cout << flags.folder << "/clients/" << flags.party << ".pem and -key.pem written\n";
  return report(done);
}

struct RunFlags {
  std::string file = "node.toml", passphrase_file;
  std::map<std::string, std::string> values;
};

void add_run(CLI::App& app, RunFlags& flags) {
  auto* run = app.add_subcommand("run", "run a node (configuration: file < environment < flags)");
  run->add_option("--config", flags.file, "configuration file, TOML")->default_val("node.toml");
  run->add_option("--passphrase-file", flags.passphrase_file, "opens encrypted key files")
      ->envname("PUHUID_PASSPHRASE_FILE");
  for (const auto& setting : settings_table())
    run->add_option("--" + std::string(setting.name), flags.values[setting.name], setting.help);
}

int run_run(const RunFlags& flags) {
  const auto text = read_file(flags.file);
  if (!text) return report(tl::make_unexpected(text.error()));
  auto config = parse_config(*text, flags.file);
  if (!config) return report(tl::make_unexpected(config.error()));
  const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
  if (auto done = apply_environment(*config, environment); !done) return report(done);
  for (const auto& setting : settings_table()) {
    const auto& value = flags.values.at(setting.name);
    if (value.empty()) continue;
    if (auto done = set(*config, setting, value); !done) return report(done);
  }
  if (auto sound = check(*config); !sound) return report(sound);
  auto folder = std::filesystem::path(flags.file).parent_path().string();
  return report(run_node(*config, folder.empty() ? "." : folder, flags.passphrase_file));
}

}  // namespace

int main(int argc, char** argv) {
  puhui::crypto::init();
  // Hostile bytes are answered with codes, not reported line by line.
  google::protobuf::SetLogHandler(nullptr);
  CLI::App app{"Puhui Ledger node (普惠账本节点)"};
  app.set_version_flag("--version", std::string(api::kVersion));
  app.require_subcommand(1);
  InitFlags init;
  JoinFlags join;
  CertifyFlags certify;
  RunFlags run;
  add_init(app, init);
  add_join(app, join);
  add_certify(app, certify);
  add_run(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (app.got_subcommand("init")) return run_init(init);
  if (app.got_subcommand("join")) return run_join(join);
  if (app.got_subcommand("certify")) return run_certify(certify);
  return run_run(run);
}
