#include "node/daemon/run.h"

#include <google/protobuf/util/json_util.h>
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "crypto/envelope.h"
#include "node/api/api.h"
#include "node/files/folder.h"
#include "node/http/server.h"
#include "node/replica/replica.h"

namespace puhui::node::daemon {
namespace {

namespace asio = boost::asio;

constexpr std::uint32_t kStopBoundMs = 5'000;
constexpr unsigned kIoThreads = 2;

struct Secrets {
  crypto::SecretKey peer, cosigner, log;
};

using Passphrase = std::optional<std::string_view>;

Result<Secrets> read_secrets(const std::string& folder, const Passphrase& view) {
  auto peer = read_key(folder + "/peer.key", view);
  if (!peer) return tl::make_unexpected(peer.error());
  auto cosigner = read_key(folder + "/cosigner.key", view);
  if (!cosigner) return tl::make_unexpected(cosigner.error());
  auto log = read_key(folder + "/log.key", view);
  if (!log) return tl::make_unexpected(log.error());
  return Secrets{std::move(*peer), std::move(*cosigner), std::move(*log)};
}

Result<ReplicaIdentity> read_identity(const std::string& folder, std::uint64_t node_id,
                                      Secrets secrets) {
  auto envelope_bytes = read_file(folder + "/genesis.envelope");
  if (!envelope_bytes) return tl::make_unexpected(envelope_bytes.error());
  const auto envelope = crypto::decode_envelope(*envelope_bytes);
  v1::Payload payload;
  if (!envelope || !payload.ParseFromString(envelope->payload) || !payload.has_genesis())
    return fail(ErrorCode::CORRUPT, folder + "/genesis.envelope");
  auto nodes_json = read_file(folder + "/nodes.json");
  if (!nodes_json) return tl::make_unexpected(nodes_json.error());
  v1::NodeList nodes;
  if (!google::protobuf::util::JsonStringToMessage(*nodes_json, &nodes).ok())
    return fail(ErrorCode::CORRUPT, folder + "/nodes.json");
  bool founding = false;
  for (const auto& node : payload.genesis().nodes()) founding |= node.node_id() == node_id;
  return ReplicaIdentity{std::move(*envelope_bytes),
                         payload.genesis(),
                         {nodes.items().begin(), nodes.items().end()},
                         founding,
                         std::move(secrets.peer),
                         std::move(secrets.cosigner),
                         std::move(secrets.log)};
}

std::string beside(const std::string& folder, const std::string& file) {
  return (std::filesystem::path(folder) / file).string();
}

// The witnesses this node asks, if it asks any.
Result<std::optional<AskerOptions>> read_asking(const Config& config, const std::string& folder) {
  if (config.witness_policy.empty()) return std::optional<AskerOptions>();
  auto policy = read_policy(beside(folder, config.witness_policy));
  if (!policy) return tl::make_unexpected(policy.error());
  auto authority = read_file(beside(folder, config.witness_authority));
  if (!authority) return tl::make_unexpected(authority.error());
  return std::optional(AskerOptions{std::move(*policy), std::move(*authority), {}, 0});
}

// The witness this node is, of the logs in its file; of those of partners the ledger tells.
Result<std::unique_ptr<Witness>> open_witness(const Config& config, const std::string& folder,
                                              const std::string& origin,
                                              const Passphrase& passphrase) {
  std::vector<crypto::VerifierKey> logs;
  if (!config.witness_logs.empty()) {
    const auto policy = read_policy(beside(folder, config.witness_logs));
    if (!policy) return tl::make_unexpected(policy.error());
    logs = crypto::log_keys(*policy);
  }
  auto key = read_key(folder + "/witness.key", passphrase);
  if (!key) return tl::make_unexpected(key.error());
  return Witness::open({folder + "/witness", origin + "/witness-" + std::to_string(config.node_id),
                        std::move(*key), std::move(logs)});
}

unsigned pool_threads(const Config& config) {
  return config.threads != 0 ? static_cast<unsigned>(config.threads)
                             : std::max(1u, std::thread::hardware_concurrency());
}

ReplicaOptions replica_options(const Config& config, const std::string& folder) {
  ReplicaOptions options;
  options.node_id = config.node_id;
  options.folder = beside(folder, config.data);
  options.marker = folder + "/began";
  options.peer_listen = *parse_endpoint(config.peer_listen);
  auto& consensus = options.ordering.consensus;
  consensus.self = config.node_id;
  consensus.election_timeout_ms = static_cast<std::uint32_t>(config.election_timeout_ms);
  consensus.heartbeat_ms = static_cast<std::uint32_t>(config.heartbeat_ms);
  consensus.trailing_entries = config.trailing_entries;
  consensus.seed = static_cast<std::uint32_t>(wall_clock_us()) ^
                   static_cast<std::uint32_t>(config.node_id * 2654435761u);
  options.ordering.block_bytes = config.block_kib << 10;
  options.ordering.block_wait_ms = config.block_wait_ms;
  options.applier.sync_blocks = config.snapshot_blocks;
  options.store.cache_bytes = config.cache_mib << 20;
  options.pool_threads = pool_threads(config);
  return options;
}

HistoryOptions history_options(const Config& config, const std::string& folder) {
  HistoryOptions options;
  options.folder = beside(folder, config.data) + "/history";
  options.threads = pool_threads(config);
  return options;
}

Result<http::ServerOptions> server_options(const Config& config, const std::string& folder,
                                           const std::string& authority) {
  auto certificate = read_file(folder + "/server.pem");
  if (!certificate) return tl::make_unexpected(certificate.error());
  auto key = read_file(folder + "/server-key.pem");
  if (!key) return tl::make_unexpected(key.error());
  const tls::CertifiedKey certified{std::move(*certificate), std::move(*key)};
  auto context = tls::server_context(certified, authority);
  if (!context) return tl::make_unexpected(context.error());
  http::ServerOptions options;
  const auto listen = *parse_endpoint(config.client_listen);
  options.listen_host = listen.host;
  options.listen_port = listen.port;
  options.context = std::move(*context);
  options.body_limits = {
      {"/v1/events", http::kEventsBodyBytesMax},
      {"/witness" + std::string(crypto::kAddCheckpointPath), crypto::kAddCheckpointSizeMax}};
  options.on_access = [](const http::Access& access) {
    spdlog::debug("{} {} {} {} {}us", access.remote, access.method, access.path, access.status,
                  access.duration_us);
  };
  return options;
}

// Threads that serve an io_context until it is told to stop.
class IoThreads {
 public:
  explicit IoThreads(asio::io_context& io) : io_(io), work_(io.get_executor()) {
    for (unsigned i = 0; i < kIoThreads; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  ~IoThreads() {
    work_.reset();
    io_.stop();
    for (auto& thread : threads_) thread.join();
  }

 private:
  asio::io_context& io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

void wait_for_signal() {
  asio::io_context io;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([](const auto&, int signal) { spdlog::info("stopping (signal {})", signal); });
  io.run();
}

}  // namespace

Result<void> run_node(const Config& config, const std::string& folder,
                      const std::string& passphrase_file) {
  spdlog::set_level(spdlog::level::from_str(config.log_level));
  auto options = replica_options(config, folder);
  if (auto made = make_folder(options.folder); !made) return made;
  auto lock = FolderLock::take(options.folder);
  if (!lock) return tl::make_unexpected(lock.error());
  const auto passphrase = read_passphrase(passphrase_file);
  if (!passphrase) return tl::make_unexpected(passphrase.error());
  auto secrets = read_secrets(folder, *passphrase);
  if (!secrets) return tl::make_unexpected(secrets.error());
  auto identity = read_identity(folder, config.node_id, std::move(*secrets));
  if (!identity) return tl::make_unexpected(identity.error());
  auto witness = open_witness(config, folder, identity->genesis.origin(), *passphrase);
  if (!witness) return tl::make_unexpected(witness.error());
  auto asking = read_asking(config, folder);
  if (!asking) return tl::make_unexpected(asking.error());
  options.asking = std::move(*asking);
  if (config.partner_witnessing) options.partners_witness = witness->get();
  auto authority = read_file(folder + "/authority.pem");
  if (!authority) return tl::make_unexpected(authority.error());
  auto serving = server_options(config, folder, *authority);
  if (!serving) return tl::make_unexpected(serving.error());

  asio::io_context io;
  IoThreads threads(io);
  auto replica = Replica::start(io, std::move(options), std::move(*identity));
  if (!replica) return tl::make_unexpected(replica.error());
  api::Metrics metrics;
  History history(
      history_options(config, folder),
      [&replica = **replica](std::uint64_t leaf) {
        const auto ledger = replica.ledger();
        return Result<StoredLeaf>(ledger->view().leaf(leaf));
      },
      [&replica = **replica](std::uint64_t size) {
        const auto ledger = replica.ledger();
        return ledger->view().root_at(size);
      });
  api::Api api(**replica, metrics, witness->get(), history, std::move(*authority));
  auto server = http::Server::start(io, std::move(*serving),
                                    [&api](http::Request request, http::Respond respond) {
                                      api.handle(std::move(request), std::move(respond));
                                    });
  if (!server) return tl::make_unexpected(server.error());
  spdlog::info("node {} of {} serves https://{}", config.node_id, (*replica)->genesis().origin(),
               config.client_listen);
  spdlog::info("its witness is {}", crypto::format_vkey((*witness)->key()));
  wait_for_signal();
  (*server)->stop(kStopBoundMs).wait();
  // Their answers pass through the API, which goes before them.
  history.stop();
  (*replica)->stop();
  return {};
}

}  // namespace puhui::node::daemon
