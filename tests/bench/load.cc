// Load over the real API of real nodes: what a city of one or three nodes carries on this machine.
//
//   puhui_load [--nodes N…] [--events N] [--records N] …   (see --help)
//
// For one node and for three on loopback, with synced logs and receipts on: individually signed
// transfers in streams and one by one, with latencies, as a ratio to what the cores could verify
// (cores × libsodium's verify rate, measured in the same run); behaviour records in signed batches;
// time from acknowledgement to provable. Load is signed beforehand. It reports; it asserts nothing.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "crypto/random.h"
#include "tests/cluster/city.h"

namespace {

using namespace puhui;           // NOLINT(google-build-using-namespace)
using namespace puhui::testing;  // NOLINT(google-build-using-namespace)
using Clock = std::chrono::steady_clock;

struct Plan {
  std::size_t events = 20'000;
  std::size_t single_events = 500;
  std::size_t records = 200'000;
  std::size_t records_per_batch = 10'000;
  std::size_t streams = 4;
  std::size_t stream_events = 500;
  std::size_t accounts = 20'000;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double verify_rate() {
  const auto key = crypto::SecretKey::generate();
  const std::string message(300, 'm');
  const auto signature = key.sign(message);
  std::size_t done = 0;
  const auto start = Clock::now();
  while (seconds_since(start) < 1.0)
    for (int i = 0; i < 100; ++i)
      done += crypto::verify(key.public_key(), message, signature) ? 1 : 0;
  return static_cast<double>(done) / seconds_since(start);
}

struct Latencies {
  std::vector<double> ms;
  void print(const char* what) {
    if (ms.empty()) return;
    std::sort(ms.begin(), ms.end());
    const auto at = [&](double q) {
      return ms[std::min(ms.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(ms.size())))];
    };
    std::printf("    %-34s p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms\n", what, at(0.5), at(0.99),
                at(0.999));
  }
};

std::vector<std::string> sign_streams(City& city, std::size_t events, std::size_t per_stream) {
  std::vector<std::string> bodies;
  for (std::size_t from = 0; from < events; from += per_stream) {
    std::vector<v1::Submission> stream;
    for (auto i = from; i < std::min(events, from + per_stream); ++i)
      stream.push_back(sign(city, transfer("owner", "owner", "buyer", 1), {"owner"}));
    bodies.push_back(stream_body(stream));
  }
  return bodies;
}

// Sends prepared bodies over some connections at once; answers the seconds it took.
double send_all(City& city, unsigned leader, const std::vector<std::string>& bodies,
                std::size_t connections, Latencies& latencies, std::size_t& accepted) {
  std::atomic<std::size_t> next{0}, good{0};
  std::vector<Latencies> each(connections);
  std::vector<std::thread> threads;
  // Connected before the clock runs: handshakes are no part of a request.
  std::vector<node::http::Client> clients;
  for (std::size_t c = 0; c < connections; ++c)
    (void)clients.emplace_back(city.client_of(leader)).request("GET", "/livez");
  const auto start = Clock::now();
  for (std::size_t c = 0; c < connections; ++c)
    threads.emplace_back([&, c] {
      auto& client = clients[c];
      for (auto i = next++; i < bodies.size(); i = next++) {
        const auto sent = Clock::now();
        const auto answer = client.request("POST", "/v1/events?wait=receipt", bodies[i],
                                           "application/vnd.puhui.submissions");
        each[c].ms.push_back(seconds_since(sent) * 1e3);
        if (!answer || answer->status != 200) continue;
        for (const auto& result : stream_results(answer->body))
          good += result.decision() == v1::ACCEPTED && !result.receipt().empty() ? 1 : 0;
      }
    });
  for (auto& thread : threads) thread.join();
  const auto took = seconds_since(start);
  for (auto& part : each) latencies.ms.insert(latencies.ms.end(), part.ms.begin(), part.ms.end());
  accepted = good;
  return took;
}

void transfers(City& city, unsigned leader, const Plan& plan, double limit) {
  std::printf("  signing %zu transfers …\n", plan.events);
  const auto bodies = sign_streams(city, plan.events, plan.stream_events);
  Latencies latencies;
  std::size_t accepted = 0;
  const auto took = send_all(city, leader, bodies, plan.streams, latencies, accepted);
  const auto rate = static_cast<double>(accepted) / took;
  std::printf("  streams of %zu, %zu at once: %.0f events/s = %.2f of the limit (%zu accepted)\n",
              plan.stream_events, plan.streams, rate, rate / limit, accepted);
  latencies.print("a whole stream with receipts");
}

void singles(City& city, unsigned leader, const Plan& plan, double limit) {
  const auto bodies = sign_streams(city, plan.single_events, 1);
  for (const std::size_t connections : {1, 16}) {
    Latencies latencies;
    std::size_t accepted = 0;
    const auto part = std::vector<std::string>(
        bodies.begin() + (connections == 1 ? 0 : static_cast<long>(bodies.size() / 2)),
        connections == 1 ? bodies.begin() + static_cast<long>(bodies.size() / 2) : bodies.end());
    const auto took = send_all(city, leader, part, connections, latencies, accepted);
    const auto rate = static_cast<double>(accepted) / took;
    std::printf("  single requests, %zu at once: %.0f events/s = %.2f of the limit\n", connections,
                rate, rate / limit);
    latencies.print("one event with receipt");
  }
}

void acknowledged_to_provable(City& city, unsigned leader) {
  auto client = city.client_of(leader);
  Latencies latencies;
  for (int i = 0; i < 50; ++i) {
    const auto event = sign(city, transfer("owner", "owner", "buyer", 1), {"owner"});
    const auto result = send(client, event);
    const auto acknowledged = Clock::now();
    const auto target = "/v1/receipts/" + std::to_string(result.position());
    while (client.request("GET", target)->status != 200) std::this_thread::yield();
    latencies.ms.push_back(seconds_since(acknowledged) * 1e3);
  }
  latencies.print("acknowledged → provable");
}

void behaviour(City& city, unsigned leader, const Plan& plan) {
  std::vector<std::string> pseudonyms;
  for (std::size_t i = 0; i < plan.accounts; ++i) pseudonyms.push_back(crypto::random_bytes(16));
  open_citizens(city, pseudonyms);
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i * plan.records_per_batch < plan.records; ++i) {
    const auto first = i * plan.records_per_batch % plan.accounts;
    const std::vector<std::string> part(
        pseudonyms.begin() + static_cast<long>(first),
        pseudonyms.begin() +
            static_cast<long>(std::min(plan.accounts, first + plan.records_per_batch)));
    const auto slot = static_cast<std::uint32_t>(i * plan.records_per_batch / plan.accounts);
    bodies.push_back(stream_body({ride_batch(city, "b" + std::to_string(i), part, slot)}));
  }
  Latencies latencies;
  std::size_t accepted = 0;
  const auto took = send_all(city, leader, bodies, plan.streams, latencies, accepted);
  std::printf("  behaviour records in batches of %zu: %.0f records/s (%zu batches accepted)\n",
              plan.records_per_batch, static_cast<double>(accepted * plan.records_per_batch) / took,
              accepted);
  latencies.print("a batch with receipt");
}

void measure(unsigned nodes, const Plan& plan, double rate) {
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  // Every node verifies every signature, and here all nodes share the cores.
  const auto limit = rate * cores / nodes;
  std::printf("%u node(s); limit %u cores × %.0f verifications/s ÷ %u = %.0f events/s\n", nodes,
              cores, rate, nodes, limit);
  City city({PUHUI_PUHUID, nodes, {}, {}, {}});
  for (unsigned node = 1; node <= nodes; ++node) city.start(node);
  const auto leader = city.leader();
  issue_units(city, 1'000'000'000);
  transfers(city, leader, plan, limit);
  singles(city, leader, plan, limit);
  acknowledged_to_provable(city, leader);
  behaviour(city, leader, plan);
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  std::vector<unsigned> cities = {1, 3};
  CLI::App app("Load over the real API of real nodes; it reports and asserts nothing.");
  const auto option = [&app](const char* flag, auto& value, const char* what) {
    app.add_option(flag, value, what)->capture_default_str()->check(CLI::PositiveNumber);
  };
  option("--nodes", cities, "sizes of the cities to measure");
  option("--events", plan.events, "transfers sent in streams");
  option("--single-events", plan.single_events, "transfers sent one by one");
  option("--records", plan.records, "behaviour records");
  option("--streams", plan.streams, "streams sent at once");
  option("--stream-events", plan.stream_events, "transfers in a stream");
  CLI11_PARSE(app, argc, argv);

  crypto::init();
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  for (const auto nodes : cities) measure(nodes, plan, verify_rate());
  return 0;
}
