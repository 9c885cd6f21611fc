#include "node/replica/replica.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "node/files/folder.h"

namespace puhui::node {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kTickMs = 100;
constexpr std::uint64_t kPingMs = 500;
constexpr std::uint64_t kRefreshMs = 1'000;
constexpr std::uint64_t kAsideMs = 1'000, kAsideDoublings = 6;
constexpr std::uint64_t kReceiptBoundMs = 20'000;
constexpr std::uint64_t kPositionBoundMs = 10'000;

// Removes ledgers that a finished or broken installation left behind, but for those that are
// evidence.
void remove_old_ledgers(const std::string& folder) {
  const auto keep = std::filesystem::path(current_ledger(folder)).filename();
  std::error_code error;
  for (const auto& found : std::filesystem::directory_iterator(folder, error)) {
    const auto name = found.path().filename().string();
    const auto path = found.path().string();
    if (name.starts_with("ledger-") && name != keep && !exists(path + "/" + kKeepFile) &&
        !exists(path + "/" + kHaltedFile))
      std::filesystem::remove_all(found.path(), error);
  }
}

// Whoever holds a ledger holds the thread as well: what is being written is written to its end.
ledger::Executor writing_thread() {
  return [thread = std::make_shared<asio::thread_pool>(1)](std::function<void()> work) {
    asio::post(*thread, std::move(work));
  };
}

Result<LedgerPtr> open_ledger(const ReplicaOptions& options, const v1::Genesis& genesis) {
  auto store = options.store;
  store.folder = current_ledger(options.folder);
  auto opened = ledger::Ledger::open(store);
  if (!opened && opened.error().code == ErrorCode::CORRUPT)
    return fail(ErrorCode::CORRUPT, opened.error().detail + "; puhui scrub " + options.folder +
                                        " names what is wrong, puhui repair mends it");
  if (!opened) return tl::make_unexpected(opened.error());
  const auto stored = (*opened)->view().genesis();
  if (stored && stored->SerializeAsString() != genesis.SerializeAsString())
    return fail(ErrorCode::WRONG_CITY, "the folder holds the ledger of " + stored->origin());
  if (const auto gap = (*opened)->view().gap())
    return fail(ErrorCode::CORRUPT,
                "the attachment of leaf " + std::to_string(*gap) + " is missing");
  if (exists(halted_file(options.folder))) {
    const auto why = read_file(halted_file(options.folder));
    if (!why) return tl::make_unexpected(why.error());
    (*opened)->halt(*why);
    spdlog::critical("read-only: {}", *why);
  }
  return LedgerPtr(std::move(*opened));
}

}  // namespace

Result<std::unique_ptr<Replica>> Replica::start(asio::io_context& io, ReplicaOptions options,
                                                ReplicaIdentity identity) {
  if (auto made = make_folder(options.folder); !made) return tl::make_unexpected(made.error());
  remove_old_ledgers(options.folder);
  options.store.beside = writing_thread();
  auto ledger = open_ledger(options, identity.genesis);
  if (!ledger) return tl::make_unexpected(ledger.error());
  auto log = consensus::LevelLog::open(options.folder + "/log");
  if (!log) return tl::make_unexpected(log.error());
  std::string own_name;
  for (const auto& node : identity.known_nodes)
    if (node.node_id() == options.node_id) own_name = node.name();
  for (const auto& node : identity.genesis.nodes())
    if (node.node_id() == options.node_id) own_name = node.name();
  auto cosigner = Cosigner::open(
      options.folder, {identity.genesis.origin(), own_name, std::move(identity.cosigner_key),
                       std::move(identity.log_key)});
  if (!cosigner) return tl::make_unexpected(cosigner.error());
  std::unique_ptr<Replica> replica(new Replica(io, std::move(options), std::move(identity),
                                               std::move(*ledger), std::move(*log),
                                               std::move(*cosigner)));
  if (auto begun = replica->begin(); !begun) return tl::make_unexpected(begun.error());
  return replica;
}

Replica::Replica(asio::io_context& io, ReplicaOptions options, ReplicaIdentity identity,
                 LedgerPtr ledger, std::unique_ptr<consensus::Log> log, Cosigner cosigner)
    : io_(io),
      options_(std::move(options)),
      identity_(std::move(identity)),
      slot_(std::move(ledger)),
      log_(std::move(log)),
      strand_work_(strand_.get_executor()),
      pool_(options_.pool_threads),
      tick_timer_(strand_),
      receipts_(slot_, pool_),
      snapshots_(pool_,
                 [this](v1::SnapshotManifest manifest) {
                   asio::post(strand_, [this, manifest = std::move(manifest)] {
                     ordering_.ledger_synced(manifest.index(), manifest.SerializeAsString());
                   });
                 }),
      ordering_(options_.ordering, strand_, pool_, slot_, ordering_hooks()),
      checkpoints_(options_.node_id, slot_, std::move(cosigner), strand_.get_executor(),
                   signing_.get_executor(), checkpoint_hooks()) {}

OrderingHooks Replica::ordering_hooks() {
  OrderingHooks hooks;
  hooks.send = [this](std::uint64_t to, std::string message) {
    peers_->send(to, std::move(message));
  };
  hooks.leadership = [this](bool leads) {
    leads_ = leads;
    if (leads && steady_clock_ms() >= aside_again_ms_) aside_doublings_ = 0;
    spdlog::info("{} leading, term {}", leads ? "began" : "ceased",
                 ordering_.driver().status().term);
    if (leads) ping_clocks();
    asio::post(strand_, [this, leads] { checkpoints_.leadership(leads); });
  };
  hooks.configuration = [this](const auto& configuration) { on_configuration(configuration); };
  hooks.install_snapshot = [this](const auto& snapshot, std::uint64_t from) {
    install(snapshot, from);
  };
  hooks.broken = [](const Error& error) {
    // No answer could be right any more; a restart reads what is durable.
    spdlog::critical("consensus: {}", describe(error));
    spdlog::shutdown();
    std::abort();
  };
  hooks.genesis = [this]() -> std::optional<ledger::BlockItem> {
    if (slot_.get()->view().head().size > 0) return std::nullopt;
    return ledger::BlockItem{identity_.genesis_envelope, {}};
  };
  return hooks;
}

ApplierHooks Replica::applier_hooks() {
  ApplierHooks hooks;
  hooks.applied = [this](consensus::Index index) {
    positions_.reached(slot_.get()->view().head().size);
    asio::post(strand_, [this, index] {
      ordering_.applied(index);
      checkpoints_.applied();
    });
  };
  hooks.answered = [this](auto events) { receipts_.answer(std::move(events)); };
  hooks.synced = [this](auto at, auto view) { on_synced(at, std::move(view)); };
  hooks.stopped = [](const std::string& reason) { spdlog::critical("read-only: {}", reason); };
  return hooks;
}

CheckpointHooks Replica::checkpoint_hooks() {
  CheckpointHooks hooks;
  hooks.send = [this](std::uint64_t to, const auto& message) { send(to, message); };
  hooks.complete = [this](CompletePtr checkpoint) {
    if (leads_) offer(checkpoint);
    receipts_.provable(std::move(checkpoint));
  };
  hooks.diverged = [this](const std::string& why) {
    const auto ledger = slot_.get();
    if (!ledger->read_only_reason().empty()) return;
    spdlog::critical("{}", why);
    ledger->halt(why);
    if (auto kept = write_file(halted_file(options_.folder), why, Mode::shared); !kept)
      spdlog::error("{}", describe(kept.error()));
  };
  hooks.alarm = [](const Error& error) {
    const bool grave = error.code == ErrorCode::CHECKPOINT_INCONSISTENT;
    spdlog::log(grave ? spdlog::level::critical : spdlog::level::debug, "checkpoint: {}",
                describe(error));
  };
  hooks.policy = [this] { return policy_now(); };
  return hooks;
}

Result<void> Replica::begin() {
  if (auto listening = listen(); !listening) return listening;
  if (auto asking = ask_witnesses(); !asking) return asking;
  if (auto remembered = recall(); !remembered) return remembered;
  if (auto founded = bootstrap(); !founded) return founded;
  applier_ = std::make_unique<Applier>(slot_, options_.applier, applier_hooks());
  log_thread_ = std::make_unique<LogThread>(*log_, [this](consensus::Ticket ticket) {
    asio::post(strand_, [this, ticket] { ordering_.log_written(ticket); });
  });
  ordering_.connect(*log_, *log_thread_, *applier_);
  if (const auto& demo = identity_.genesis; demo.has_demo_clock())
    ordering_.clock().set_demo(
        {demo.demo_clock().start(), demo.demo_clock().real_start(), demo.demo_clock().rate()});
  if (auto started = ordering_.start(slot_.get()->applied().index); !started) return started;
  asio::post(strand_, [this] {
    refresh_members();
    tick();
  });
  strand_thread_ = std::thread([this] { strand_.run(); });
  return {};
}

Result<void> Replica::listen() {
  const auto identity = tls::PeerIdentity::create(identity_.peer_key);
  if (!identity) return tl::make_unexpected(identity.error());
  peers::Options options;
  options.self = options_.node_id;
  options.cluster_id = std::string(crypto::sha256(identity_.genesis_envelope).view());
  options.listen_host = options_.peer_listen.host;
  options.listen_port = options_.peer_listen.port;
  options.on_event = [](const peers::Event& event) {
    spdlog::debug("peer {}: event {} {}", event.member, static_cast<int>(event.kind), event.detail);
  };
  auto started = peers::Peers::start(
      io_, strand_.get_executor(), *identity, std::move(options),
      [this](std::uint64_t from, std::string bytes) { receive(from, std::move(bytes)); });
  if (!started) return tl::make_unexpected(started.error());
  peers_ = std::move(*started);
  return {};
}

Result<void> Replica::ask_witnesses() {
  const auto prove = [this](std::uint64_t old_size, std::uint64_t size) {
    return slot_.get()->view().consistency_proof(old_size, size);
  };
  const auto& genesis = identity_.genesis;
  if (options_.partners_witness != nullptr) {
    const auto key = crypto::PublicKey::decode(genesis.log_key());
    if (!key) return tl::make_unexpected(key.error());
    partners_ = std::make_unique<Partners>(
        crypto::VerifierKey{genesis.origin(), crypto::NoteKeyType::ed25519, *key}, slot_,
        *options_.partners_witness, prove);
  }
  if (!options_.asking) return {};
  auto asker = Asker::start(*options_.asking, genesis.origin(), prove);
  if (!asker) return tl::make_unexpected(asker.error());
  asker_ = std::move(*asker);
  return {};
}

void Replica::offer(const CompletePtr& checkpoint) {
  if (asker_) asker_->offer(checkpoint);
  if (partners_) partners_->asker().offer(checkpoint);
}

const Asker* Replica::asker() const {
  if (asker_) return asker_.get();
  return partners_ && partners_->asker().asks_anybody() ? &partners_->asker() : nullptr;
}

Result<void> Replica::recall() const {
  if (!exists(options_.marker) || !log_->load().empty()) return {};
  return fail(ErrorCode::CORRUPT,
              "the log of this node is gone, and with it the votes it gave; "
              "let the machine join again under a new number");
}

Result<void> Replica::bootstrap() {
  if (!identity_.founding || !log_->load().empty()) return {};
  consensus::Configuration configuration;
  for (const auto& node : identity_.genesis.nodes())
    configuration.servers.push_back({node.node_id(), node.peer_address(), consensus::Role::kVoter});
  return consensus::Driver::bootstrap(*log_, configuration);
}

Replica::~Replica() { stop(); }

void Replica::stop() {
  if (strand_thread_.joinable()) {
    asio::post(strand_, [this] {
      stopping_ = true;
      ordering_.stop();
      tick_timer_.cancel();
      if (fetcher_) fetcher_->abandon();
      strand_work_.reset();
    });
    peers_->stop();
    strand_thread_.join();
  }
  positions_.expire(std::numeric_limits<std::uint64_t>::max());
  applier_.reset();
  log_thread_.reset();
  receipts_.give_up(std::numeric_limits<std::uint64_t>::max(), 0);
  signing_.join();
  pool_.join();
}

// ---- Requests ----------------------------------------------------------------------------------

void Replica::submit(std::vector<PendingPtr> events) { ordering_.submit(std::move(events)); }

void Replica::read_barrier(std::function<void(Result<void>)> done) {
  asio::post(strand_, [this, done = std::move(done)]() mutable {
    ordering_.read([done = std::move(done)](Result<consensus::Index> index) {
      if (index) return done({});
      done(tl::make_unexpected(index.error()));
    });
  });
}

void Replica::wait_for(std::uint64_t position, std::function<void(Result<void>)> done) {
  positions_.wait(position, slot_.get()->view().head().size, steady_clock_ms() + kPositionBoundMs,
                  std::move(done));
}

void Replica::policy(std::function<void(Result<crypto::Policy>)> done) {
  asio::post(strand_, [this, done = std::move(done)] { done(policy_now()); });
}

void Replica::status(std::function<void(v1::Status)> done) {
  asio::post(strand_, [this, done = std::move(done)] { done(status_now()); });
}

void Replica::transfer(std::uint64_t to, std::function<void(Result<void>)> done) {
  asio::post(strand_, [this, to, done = std::move(done)] {
    done(ordering_.driver().transfer(to, steady_clock_ms()));
    ordering_.settle();
  });
}

void Replica::change_member(std::uint64_t node_id, Membership membership,
                            std::function<void(Result<void>)> done) {
  asio::post(strand_, [this, node_id, membership, done = std::move(done)] {
    auto& driver = ordering_.driver();
    const auto now_ms = steady_clock_ms();
    if (membership == Membership::voter) {
      driver.promote(node_id, done, now_ms);
    } else if (membership == Membership::none) {
      driver.remove(node_id, done, now_ms);
    } else {
      std::string address;
      for (const auto& node : all_nodes())
        if (node.node_id() == node_id) address = node.peer_address();
      if (address.empty()) return done(fail(ErrorCode::NOT_FOUND, "the node is not admitted"));
      driver.add_learner(node_id, address, done, now_ms);
    }
    ordering_.settle();
  });
}

// ---- The strand --------------------------------------------------------------------------------

void Replica::tick() {
  tick_timer_.expires_after(std::chrono::milliseconds(kTickMs));
  tick_timer_.async_wait([this](const auto& error) {
    // One that had expired already is not cancelled any more.
    if (error || stopping_) return;
    const auto now_ms = steady_clock_ms();
    if (pinged_ms_ + kPingMs <= now_ms) ping_clocks();
    if (refreshed_ms_ + kRefreshMs <= now_ms) refresh_members();
    stand_aside(now_ms);
    if (partners_) partners_->look();
    ordering_.tick();
    checkpoints_.tick(now_ms);
    if (fetcher_) fetcher_->tick(now_ms);
    receipts_.give_up(now_ms, kReceiptBoundMs);
    positions_.expire(now_ms);
    tick();
  });
}

// A node that only reads must not lead: it would answer nobody. It asks one voter after the other,
// and ever more seldom: where none of them can lead either, nothing is gained by haste.
void Replica::stand_aside(std::uint64_t now_ms) {
  if (!leads_ || now_ms < aside_again_ms_ || slot_.get()->read_only_reason().empty()) return;
  if (ordering_.driver().status().transferee != 0) return;
  std::vector<std::uint64_t> voters;
  for (const auto& server : configuration_.servers)
    if (server.role == consensus::Role::kVoter && server.id != options_.node_id)
      voters.push_back(server.id);
  if (voters.empty()) return;
  aside_again_ms_ = now_ms + (kAsideMs << aside_doublings_);
  aside_doublings_ = std::min(aside_doublings_ + 1, kAsideDoublings);
  const auto to = voters[stood_aside_++ % voters.size()];
  if (auto asked = ordering_.driver().transfer(to, now_ms); !asked)
    spdlog::debug("transfer to {}: {}", to, describe(asked.error()));
  ordering_.settle();
}

void Replica::ping_clocks() {
  pinged_ms_ = steady_clock_ms();
  v1::NodeMessage message;
  message.mutable_clock_ping()->set_sent_us(wall_clock_us());
  for (const auto& server : configuration_.servers)
    if (server.id != options_.node_id) send(server.id, message);
}

void Replica::send(std::uint64_t to, const v1::NodeMessage& message) {
  peers_->send(to, consensus::wrap(message.SerializeAsString()));
}

void Replica::receive(std::uint64_t from, std::string bytes) {
  const auto own = consensus::unwrap(bytes);
  if (!own) return ordering_.receive(from, bytes);
  v1::NodeMessage message;
  if (message.ParseFromArray(own->data(), static_cast<int>(own->size())))
    receive_own(from, message);
}

void Replica::receive_own(std::uint64_t from, const v1::NodeMessage& message) {
  switch (message.content_case()) {
    case v1::NodeMessage::kClockPing: {
      v1::NodeMessage answer;
      answer.mutable_clock_pong()->set_sent_us(message.clock_ping().sent_us());
      answer.mutable_clock_pong()->set_clock_us(wall_clock_us());
      return send(from, answer);
    }
    case v1::NodeMessage::kClockPong: {
      const auto middle = (message.clock_pong().sent_us() + wall_clock_us()) / 2;
      return ordering_.clock_heard(from, message.clock_pong().clock_us() - middle);
    }
    case v1::NodeMessage::kCosignRequest:
      return checkpoints_.receive(from, message.cosign_request());
    case v1::NodeMessage::kCosigned:
      return checkpoints_.receive(from, message.cosigned());
    case v1::NodeMessage::kCompleteCheckpoint:
      return checkpoints_.receive(message.complete_checkpoint());
    case v1::NodeMessage::kFetchRequest:
      asio::post(pool_, [this, from, request = message.fetch_request()] {
        v1::NodeMessage answer;
        *answer.mutable_fetch_answer() =
            snapshots_.answer(request, receipts_.newest(), slot_.get());
        send(from, answer);
      });
      return;
    case v1::NodeMessage::kFetchAnswer:
      if (fetcher_) fetcher_->receive(message.fetch_answer());
      return;
    case v1::NodeMessage::CONTENT_NOT_SET:
      return;
  }
}

std::vector<v1::Node> Replica::all_nodes() const {
  std::map<std::uint64_t, v1::Node> nodes;
  for (const auto& node : identity_.known_nodes) nodes[node.node_id()] = node;
  for (const auto& node : identity_.genesis.nodes()) nodes[node.node_id()] = node;
  for (auto& node : nodes_of(slot_.get()->view())) nodes[node.node_id()] = std::move(node);
  std::vector<v1::Node> all;
  for (auto& [id, node] : nodes) all.push_back(std::move(node));
  return all;
}

void Replica::refresh_members() {
  refreshed_ms_ = steady_clock_ms();
  auto members = members_of(all_nodes());
  if (members == members_) return;
  if (auto set = peers_->set_members(members); !set)
    return spdlog::error("members: {}", describe(set.error()));
  members_ = std::move(members);
}

void Replica::on_configuration(const consensus::Configuration& configuration) {
  configuration_ = configuration;
  std::set<std::uint64_t> voters, others;
  for (const auto& server : configuration.servers) {
    if (server.role == consensus::Role::kVoter) voters.insert(server.id);
    if (server.id != options_.node_id) others.insert(server.id);
  }
  if (voters.contains(options_.node_id) && !exists(options_.marker))
    if (auto marked = write_file(options_.marker, "", Mode::shared); !marked)
      spdlog::error("{}", describe(marked.error()));
  checkpoints_.set_members(std::move(voters), std::move(others));
}

Result<crypto::Policy> Replica::policy_now() const {
  std::set<std::uint64_t> voters;
  for (const auto& server : configuration_.servers)
    if (server.role == consensus::Role::kVoter) voters.insert(server.id);
  if (voters.empty())
    for (const auto& node : identity_.genesis.nodes()) voters.insert(node.node_id());
  return city_policy(identity_.genesis, all_nodes(), voters);
}

}  // namespace puhui::node
