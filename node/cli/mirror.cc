// Copies of logs that strangers keep: follow, look at how one stands, check evidence of a fork.
#include "node/mirror/service.h"

#include "node/cli/command.h"
#include "node/cli/receipt.h"
#include "node/cli/source.h"
#include "node/clocks.h"
#include "node/files/folder.h"
#include "node/listen.h"

namespace puhui::node::cli {
namespace {

constexpr unsigned kConnectionsMax = 32;

struct MirrorFlags {
  std::string source, folder, policy_file;
  bool once = false, views = false;
  std::uint32_t every_s = 5;
  unsigned connections = 4;
  std::string listen, server_cert_file, server_key_file;
  std::string witness_name, witness_key_file, witness_folder;
};

Result<std::optional<http::ServerOptions>> serving_of(const MirrorFlags& flags,
                                                      const std::string& authority_pem) {
  if (flags.listen.empty()) return std::optional<http::ServerOptions>();
  const auto endpoint = parse_endpoint(flags.listen);
  if (!endpoint) return fail(ErrorCode::INVALID_ARGUMENT, "--listen: not IP:port");
  tls::CertifiedKey certificate;
  if (auto read = read_into(certificate.certificate_pem, flags.server_cert_file); !read)
    return tl::make_unexpected(read.error());
  if (auto read = read_into(certificate.key_pem, flags.server_key_file); !read)
    return tl::make_unexpected(read.error());
  // A mirror shows everybody the same; who brings a certificate of the city is welcome as well.
  auto context = tls::server_context(
      certificate, authority_pem.empty() ? certificate.certificate_pem : authority_pem);
  if (!context) return tl::make_unexpected(context.error());
  http::ServerOptions options;
  options.listen_host = endpoint->host;
  options.listen_port = endpoint->port;
  options.context = std::move(*context);
  options.body_limits = {
      {"/witness" + std::string(crypto::kAddCheckpointPath), crypto::kAddCheckpointSizeMax}};
  return std::optional(std::move(options));
}

Result<std::optional<WitnessOptions>> witness_of(const Session& session, const MirrorFlags& flags,
                                                 const crypto::Policy& policy) {
  if (flags.witness_key_file.empty()) return std::optional<WitnessOptions>();
  const auto passphrase = session.passphrase();
  if (!passphrase) return tl::make_unexpected(passphrase.error());
  auto key = read_key(flags.witness_key_file, *passphrase);
  if (!key) return tl::make_unexpected(key.error());
  return std::optional(WitnessOptions{flags.witness_folder, flags.witness_name, std::move(*key),
                                      crypto::log_keys(policy)});
}

Result<MirrorOptions> options_of(const Session& session, const MirrorFlags& flags) {
  MirrorOptions options;
  options.folder = flags.folder;
  options.every_ms = flags.every_s * 1'000;
  options.once = flags.once;
  options.views = flags.views;
  auto policy = read_policy(flags.policy_file);
  if (!policy) return tl::make_unexpected(policy.error());
  auto witness = witness_of(session, flags, *policy);
  if (!witness) return tl::make_unexpected(witness.error());
  options.witness = std::move(*witness);
  auto source = source_of(session, flags.source);
  if (!source) return tl::make_unexpected(source.error());
  auto serving = serving_of(flags, source->authority_pem);
  if (!serving) return tl::make_unexpected(serving.error());
  options.serving = std::move(*serving);
  options.follow.source = std::move(*source);
  options.follow.policy = std::move(*policy);
  options.follow.connections = flags.connections;
  options.follow.progress = Teller(session.world().err);
  return options;
}

// Says what a round brought, and what is wrong once, until it changes.
class Herald {
 public:
  explicit Herald(std::ostream& err) : err_(err) {}
  void operator()(const v1::MirrorStatus& status, const Round& round) {
    if (round.entries > 0 || round.attachments > 0) {
      err_ << status.size() << " entries accepted, " << round.entries << " of them new";
      if (round.attachments > 0) err_ << ", " << round.attachments << " attachments";
      err_ << ": " << round.bytes << " bytes in " << round.took_ms << " ms, "
           << rate(round.bytes, round.took_ms) << "\n";
    }
    const auto missing = round.attachments_missing == 0
                             ? std::string()
                             : std::to_string(round.attachments_missing) +
                                   " attachments are missing: " + round.attachments_error;
    const auto& wrong = !status.error().empty()         ? status.error()
                        : !status.views_error().empty() ? status.views_error()
                                                        : missing;
    if (wrong != wrong_ && !wrong.empty()) err_ << "puhui: " << printable(wrong) << "\n";
    wrong_ = wrong;
  }

 private:
  std::ostream& err_;
  std::string wrong_;
};

Run declare_run(CLI::App& app) {
  auto flags = std::make_shared<MirrorFlags>();
  app.add_option("source", flags->source, "https:// address of a node or mirror, or a folder")
      ->required();
  app.add_option("folder", flags->folder, "the copy; made if there is none")->required();
  app.add_option("--policy", flags->policy_file, "tlog-policy file: whom to believe")->required();
  auto* once = app.add_flag("--once", flags->once, "one round, then end");
  app.add_flag("--views", flags->views,
               "keep the city's views as well, by its own rules, and serve them under /v1/");
  app.add_option("--every", flags->every_s, "seconds between rounds")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  app.add_option("--connections", flags->connections, "to fetch with at once")
      ->capture_default_str()
      ->check(CLI::Range(1u, kConnectionsMax));
  auto* listen = app.add_option("--listen", flags->listen, "IP:port to serve the copy at");
  auto* cert = app.add_option("--server-cert", flags->server_cert_file, "PEM certificate for it");
  auto* key = app.add_option("--server-key", flags->server_key_file, "its PEM key");
  listen->needs(cert)->needs(key)->excludes(once);
  auto* name = app.add_option("--witness-name", flags->witness_name,
                              "cosign as this witness for the logs of the policy");
  auto* witness_key =
      app.add_option("--witness-key", flags->witness_key_file, "key file of the witness");
  auto* records = app.add_option("--witness-folder", flags->witness_folder,
                                 "what it has cosigned: belongs to the key, never to be lost");
  name->needs(witness_key)->needs(records)->needs(listen);
  witness_key->needs(name);
  records->needs(name);
  return [flags](Session& session) -> Result<Exit> {
    auto options = options_of(session, *flags);
    if (!options) return tl::make_unexpected(options.error());
    // With --once the error is the answer, and told by whoever takes it.
    Herald herald(session.world().err);
    const auto told = [&](const v1::MirrorStatus& status, const Round& round) {
      if (!flags->once || status.error().empty()) herald(status, round);
    };
    auto ran = run_mirror(std::move(*options), told);
    if (!ran) return tl::make_unexpected(ran.error());
    return Exit::ok;
  };
}

Run declare_status(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  app.add_option("folder", *folder, "folder of the copy")->required();
  return [folder](Session& session) -> Result<Exit> {
    const auto bytes = read_file(*folder + "/status.json");
    if (!bytes) return tl::make_unexpected(bytes.error());
    v1::MirrorStatus status;
    if (auto read = from_json(*bytes, status, true); !read)
      return fail(ErrorCode::CORRUPT, *folder + "/status.json");
    session.print(status);
    return Exit::ok;
  };
}

Run declare_evidence(CLI::App& app) {
  auto files = std::make_shared<std::pair<std::string, std::string>>();
  app.add_option("file", files->first, "evidence file")->required();
  app.add_option("--policy", files->second, "tlog-policy file that lists the log")->required();
  return [files](Session& session) -> Result<Exit> {
    const auto policy = read_policy(files->second);
    if (!policy) return tl::make_unexpected(policy.error());
    const auto bytes = read_file(files->first);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const auto evidence = crypto::parse_evidence(*bytes);
    if (!evidence) return tl::make_unexpected(evidence.error());
    const auto fork = crypto::verify_evidence(*evidence, crypto::log_keys(*policy));
    if (!fork) return tl::make_unexpected(fork.error());
    session.print(Fields{{"forked", "yes"},
                         {"log", fork->log.name},
                         {"size", std::to_string(fork->smaller.size)},
                         {"root", fork->smaller.root.base64()},
                         {"other_size", std::to_string(fork->larger.size)},
                         {"other_root", fork->larger.root.base64()}});
    return Exit::ok;
  };
}

constexpr Command kCommands[] = {
    {"mirror", "run", "Follows a city's log into a folder, verifying all of it, and can serve it.",
     "puhui mirror run https://10.0.0.1:7443 copy --policy city.policy --ca authority.pem\n"
     "puhui mirror run copy second-copy --policy city.policy --once\n"
     "puhui mirror run https://10.0.0.1:7443 copy --policy city.policy --ca authority.pem \\\n"
     "  --views --listen 10.0.0.9:8443 --server-cert me.pem --server-key me-key.pem",
     declare_run},
    {"mirror", "status", "Shows how a copy stands to the log it follows.",
     "puhui mirror status copy", declare_status},
    {"evidence", "verify", "Verifies evidence that a log has forked, without a network.",
     "puhui evidence verify copy/evidence/1200 --policy city.policy", declare_evidence},
};

}  // namespace

std::span<const Command> mirror_commands() { return kCommands; }

}  // namespace puhui::node::cli
