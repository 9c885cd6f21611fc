// A real city for tests and benchmarks: `puhuid` processes on loopback in a temporary folder, and
// hands to sign and send events over the real API.
//
// Ports are taken from the system when the city is founded; waiting is always for a condition, with
// a generous bound, never for an amount of time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/key.h"
#include "node/http/client.h"
#include "puhui/v1/api.pb.h"
#include "tests/cluster/process.h"

namespace puhui::testing {

struct CityOptions {
  std::string puhuid;  // program
  unsigned nodes = 1;
  std::vector<std::string> init_flags;  // further flags of `puhuid init`
  std::vector<std::string> run_flags;   // further flags of `puhuid run`
  std::string rules;                    // JSON; empty: test_rules()
  std::string code = {};                // empty: City::kCode
};

// Ports the system holds free now; all are held until all are known.
[[nodiscard]] std::vector<unsigned> free_ports(std::size_t count);

// A rule set in which one signature of the party concerned is enough.
[[nodiscard]] std::string test_rules();

class City {
 public:
  static constexpr const char* kCode = "TEST";

  explicit City(CityOptions options);
  ~City();

  [[nodiscard]] const std::string& code() const { return options_.code; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string node_folder(unsigned node) const;
  [[nodiscard]] std::string log_of(unsigned node) const;
  [[nodiscard]] std::string url(unsigned node) const;
  [[nodiscard]] unsigned nodes() const { return options_.nodes; }
  [[nodiscard]] std::string authority_pem() const;

  // Prepares the folder of one more node; answers its number. `admission` is its record.
  unsigned join();
  [[nodiscard]] v1::Node admission(unsigned node) const;

  void start(unsigned node, const std::vector<std::string>& flags = {});
  [[nodiscard]] Process& process(unsigned node) { return processes_[node]; }

  // A client that knows all nodes, or one; with the client certificate of a founding party if
  // named.
  [[nodiscard]] node::http::Client client(const std::string& party = {}) const;
  [[nodiscard]] node::http::Client client_of(unsigned node, const std::string& party = {}) const;

  // The key of a party: founding ones from the city's folder, others made on first use.
  [[nodiscard]] const crypto::SecretKey& key_of(const std::string& party);

  // Status of one node; empty if it does not answer.
  [[nodiscard]] v1::Status status(unsigned node);
  // The node that leads and is ready (it has a complete checkpoint); waits for one.
  [[nodiscard]] unsigned leader();
  // Fetches the city's policy into a file and answers its name.
  std::string fetch_policy();
  // Waits until `condition` holds; false after two minutes.
  [[nodiscard]] static bool wait(const std::function<bool()>& condition);

 private:
  [[nodiscard]] node::http::Client client_at(std::vector<std::string> urls,
                                             const std::string& party) const;

  CityOptions options_;
  std::string folder_;
  std::vector<std::pair<unsigned, unsigned>> ports_;  // peer, client
  std::map<unsigned, Process> processes_;
  std::map<std::string, std::unique_ptr<crypto::SecretKey>> keys_;
};

// ---- Events ----------------------------------------------------------------------------------

// A payload valid for an hour from now, with a fresh event id.
[[nodiscard]] v1::Payload new_payload(const std::string& party);
// Made the city's, signed by these parties, ready to be sent.
[[nodiscard]] v1::Submission sign(City& city, v1::Payload payload,
                                  const std::vector<std::string>& parties);
// Sends one event and answers the result; FAILED with "unreachable" where the transport failed.
[[nodiscard]] v1::SubmissionResult send(node::http::Client& client, const v1::Submission& event,
                                        bool receipt = false);
// The same bytes again, with a receipt, while nobody says what became of them: leaders change.
[[nodiscard]] v1::SubmissionResult send_until_decided(node::http::Client& client,
                                                      const v1::Submission& event);
// Sends a stream and answers the results in order; empty where the transport failed.
[[nodiscard]] std::vector<v1::SubmissionResult> send_stream(
    node::http::Client& client, const std::vector<v1::Submission>& events, bool receipt = false);
[[nodiscard]] std::string stream_body(const std::vector<v1::Submission>& events);
[[nodiscard]] std::vector<v1::SubmissionResult> stream_results(const std::string& body);

[[nodiscard]] v1::Payload register_party(City& city, const std::string& party,
                                         const std::vector<v1::Role>& roles);
[[nodiscard]] v1::Payload open_account(const std::string& party, const std::string& account);
[[nodiscard]] v1::Payload transfer(const std::string& party, const std::string& from,
                                   const std::string& to, std::int64_t amount_kg);

// Parties "owner" and "buyer" with accounts of the same names, and `kilograms` of units held by
// "owner". The city must be running.
void issue_units(City& city, std::int64_t kilograms);
// Party "provider" with a scenario "ride" (1 trip = 100 g, slots 96 a day), and personal accounts.
void open_citizens(City& city, const std::vector<std::string>& pseudonyms);
// One behaviour batch of rides today, one for each pseudonym, in the given slot.
[[nodiscard]] v1::Submission ride_batch(City& city, const std::string& batch,
                                        const std::vector<std::string>& pseudonyms,
                                        std::uint32_t slot);

template <class Message>
[[nodiscard]] Message get(node::http::Client& client, const std::string& target);

}  // namespace puhui::testing
