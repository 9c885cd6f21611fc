// How fast a mirror catches up, everything verified as it arrives and durable in the end: from a
// folder, and from a server over TLS on the loopback interface. `bytes_per_second` counts what was
// fetched; `bare` is what one thread of the same run only reads and hashes of the same log.
#include <benchmark/benchmark.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <thread>

#include "node/files/folder.h"
#include "node/http/server.h"
#include "node/mirror/follower.h"
#include "node/mirror/site.h"
#include "node/tls/city_authority.h"
#include "node/tls/context.h"
#include "tests/audit/copies.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the city is theirs
namespace fs = std::filesystem;

constexpr int kTransfers = 60'000;
constexpr int kTransfersPerBlock = 500;
constexpr tls::Validity kAlways{0, 4'102'444'800};

// A log of transfers, as its server or a mirror keeps it.
const std::string& log_folder() {
  static Folder folder;
  static const std::string path = [] {
    PvCity city;
    city.issue_mwh("100000");
    std::vector<Sent> block;
    for (int i = 0; i < kTransfers; ++i) {
      auto payload = transfer_event(
          city,
          {i % 2 == 0 ? "owner-main" : "buyer-main", i % 2 == 0 ? "buyer-main" : "owner-main"},
          i % 2 == 0 ? "owner" : "buyer");
      payload.mutable_transfer()->set_amount_kg(1);
      block.push_back(sign(payload, {i % 2 == 0 ? "owner" : "buyer"}));
      if (block.size() < kTransfersPerBlock) continue;
      city.apply(block);
      block.clear();
    }
    audit::testing::write_copy(city, folder.file("copy"));
    return folder.file("copy");
  }();
  return path;
}

// A server of that log, for as long as it lives.
class LogServer {
 public:
  LogServer() : copy_(std::move(*Copy::open(log_folder()))), site_(copy_, nullptr, nullptr) {
    site_.publish(copy_.head(), *read_file(log_folder() + "/checkpoint"));
    http::ServerOptions options;
    options.listen_host = "127.0.0.1";
    options.context = *tls::server_context(*authority_.issue_server({"127.0.0.1"}, kAlways),
                                           authority_.certificate_pem());
    server_ = std::move(*http::Server::start(
        io_, std::move(options), [this](const http::Request& request, http::Respond respond) {
          site_.handle(request, std::move(respond));
        }));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~LogServer() {
    server_->stop(1'000).wait();
    server_.reset();
    io_.stop();
    thread_.join();
  }
  LogServer(const LogServer&) = delete;
  LogServer& operator=(const LogServer&) = delete;

  [[nodiscard]] SourceOptions source() const {
    SourceOptions source;
    source.where = "https://127.0.0.1:" + std::to_string(server_->port());
    source.authority_pem = authority_.certificate_pem();
    return source;
  }

 private:
  boost::asio::io_context io_;
  tls::CityAuthority authority_ = *tls::CityAuthority::create("bench", kAlways);
  Copy copy_;
  Site site_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

// One whole log into a new copy.
void catch_up(benchmark::State& state, const SourceOptions& source) {
  std::uint64_t bytes = 0, entries = 0;
  for (auto _ : state) {
    const Folder folder;
    auto copy = std::move(*Copy::open(folder.file("copy")));
    FollowOptions options;
    options.source = source;
    options.policy = audit::testing::log_policy();
    const auto follower = std::move(*Follower::start(copy, std::move(options)));
    const auto round = follower->follow();
    if (!round) return state.SkipWithError(describe(round.error()).c_str());
    bytes += round->bytes;
    entries += round->entries;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(static_cast<std::int64_t>(entries));
}

void from_a_folder(benchmark::State& state) {
  SourceOptions source;
  source.where = log_folder();
  catch_up(state, source);
}

void from_a_server(benchmark::State& state) {
  const LogServer server;
  catch_up(state, server.source());
}

void bare(benchmark::State& state) {
  std::uint64_t bytes = 0;
  const auto& folder = log_folder();
  for (auto _ : state) {
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
      if (!file.is_regular_file()) continue;
      const auto content = read_file(file.path());
      if (!content) return state.SkipWithError("a file of the log cannot be read");
      benchmark::DoNotOptimize(crypto::sha256(*content));
      bytes += content->size();
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

BENCHMARK(bare)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(from_a_folder)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(from_a_server)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace puhui::node

BENCHMARK_MAIN();
