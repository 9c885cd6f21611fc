// The HTTP API of a node: what proto/puhui/v1/api.proto lists, on top of a Replica.
//
// It knows paths, formats and who may see what; rules are the ledger's, agreement the replica's.
// Reads are local unless they ask otherwise (`at_least`, `consistency=linearizable`), and of now
// unless they name a past (`at`, `before`). Personal views, attachments and records need the client
// certificate of a party with the right role, personal views else the account's own key; entries do
// as well where the genesis keeps them for members. Errors are problem+json; a rule's refusal is no
// error of the request: a SubmissionResult with status 200 and decision REFUSED.
// Threads: `handle` from any; answers come from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/api/metrics.h"
#include "node/history/history.h"
#include "node/http/message.h"
#include "node/replica/replica.h"
#include "node/views/slow_reads.h"
#include "node/witness/endpoint.h"

namespace puhui::node::api {

inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::size_t kStreamEventsMax = 65'536;

class Api {
 public:
  // `witness` is null if this node is none; `servers_authority` is the PEM of whoever certifies the
  // city's servers. All outlive the API.
  Api(Replica& replica, Metrics& metrics, Witness* witness, History& history,
      std::string servers_authority = {})
      : replica_(replica),
        metrics_(metrics),
        witness_(witness),
        history_(history),
        servers_authority_(std::move(servers_authority)) {}

  void handle(http::Request request, http::Respond respond);

 private:
  void read(http::Request request, http::Respond respond);
  void answer_read(const http::Request& request, const http::Respond& respond, const PastPtr& past);
  [[nodiscard]] http::Response answer_from(const http::Request& request, ledger::View* past) const;
  void submit(http::Request request, http::Respond respond);
  void submit_one(const http::Request& request, http::Respond respond);
  void submit_stream(const http::Request& request, http::Respond respond);
  void redirect(const http::Request& request, const http::Respond& respond);
  void cluster(const http::Request& request, http::Respond respond);
  void status(const http::Request& request, const http::Respond& respond);
  // What this node is as a witness; answers whom it follows.
  std::vector<Witness::Followed> tell_witness(v1::Status& status) const;
  [[nodiscard]] bool holds_role(const http::Request& request, v1::Role role) const;

  Replica& replica_;
  Metrics& metrics_;
  WitnessEndpoint witness_;
  History& history_;
  const std::string servers_authority_;
  views::SlowReads slow_reads_;
};

}  // namespace puhui::node::api
