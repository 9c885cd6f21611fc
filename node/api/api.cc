#include "node/api/api.h"

#include <atomic>

#include "crypto/bytes.h"
#include "ledger/rules/signers.h"
#include "node/clocks.h"
#include "node/views/answer.h"
#include "node/views/format.h"

namespace puhui::node::api {
namespace {

using http::problem;
using http::Request;
using http::Respond;
using views::message;
using views::number;
using views::text;

constexpr std::string_view kSubmission = "application/vnd.puhui.submission";
constexpr std::string_view kPem = "application/x-pem-file";
constexpr std::string_view kSubmissions = "application/vnd.puhui.submissions";

std::string query(const Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

std::string content_type(const Request& request) {
  const auto header = http::find_header(request.headers, "content-type");
  return std::string(header.substr(0, header.find(';')));
}

// A submission as the replica wants it; its item points into itself.
Result<PendingPtr> read_submission(std::string_view bytes, const Request& request) {
  auto pending = std::make_shared<Pending>();
  auto& submission = pending->submission;
  if (!submission.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(ErrorCode::ENVELOPE_MALFORMED, "the body is not a submission");
  if (submission.envelope().size() > ledger::kEnvelopeInEntryMax)
    return fail(ErrorCode::EVENT_TOO_LARGE,
                std::to_string(submission.envelope().size()) + " bytes");
  if (submission.attachments_size() > static_cast<int>(ledger::kAttachmentsMax))
    return fail(ErrorCode::ATTACHMENT_MISMATCH, "more than one attachment");
  pending->item.envelope = submission.envelope();
  for (const auto& attachment : submission.attachments()) {
    if (attachment.size() > ledger::kAttachmentSizeMax)
      return fail(ErrorCode::ATTACHMENT_TOO_LARGE, std::to_string(attachment.size()) + " bytes");
    pending->item.attachments.push_back(attachment);
  }
  pending->wants_receipt = query(request, "wait") != "outcome";
  return pending;
}

// The answers of one stream, in the order of its events.
struct StreamAnswers {
  std::vector<v1::SubmissionResult> results;
  std::atomic<std::size_t> left{0};
};

std::string framed(const std::vector<v1::SubmissionResult>& results) {
  std::string body;
  for (const auto& result : results) {
    crypto::append_u32(body, static_cast<std::uint32_t>(result.ByteSizeLong()));
    result.AppendToString(&body);
  }
  return body;
}

bool is_not_leader(const v1::SubmissionResult& result) {
  return result.decision() == v1::FAILED && result.code() == code_name(ErrorCode::NOT_LEADER);
}

}  // namespace

void Api::handle(Request request, Respond respond) {
  const auto& segments = request.segments;
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (segments.size() == 1 && segments[0] == "livez") return respond(text("ok\n"));
  if (segments.size() == 1 && segments[0] == "version")
    return respond(text(std::string(kVersion) + "\n"));
  if (segments.size() == 1 && (segments[0] == "readyz" || segments[0] == "metrics"))
    return status(request, respond);
  if (request.path == "/v1/status" || request.path == "/v1/policy") return status(request, respond);
  if (is_read && request.path == "/v1/servers-authority" && !servers_authority_.empty())
    return respond({200, std::string(kPem), {}, servers_authority_});
  if (request.path == "/v1/events") {
    if (request.method == "POST") return submit(std::move(request), std::move(respond));
    return respond(problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  }
  if (!segments.empty() && segments[0] == "witness")
    return witness_.handle(request, std::move(respond));
  if (segments.size() == 3 && segments[0] == "v1" && segments[1] == "cluster")
    return cluster(request, std::move(respond));
  if (!is_read) return respond(problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  // Only the node that leads asks witnesses.
  if (views::asks_witnessed(request) && replica_.asker() != nullptr && !replica_.leads())
    return redirect(request, respond);
  read(std::move(request), std::move(respond));
}

// ---- Reads -------------------------------------------------------------------------------------

void Api::read(Request request, Respond respond) {
  const auto at_least = query(request, "at_least");
  const bool linearizable = query(request, "consistency") == "linearizable";
  auto answer = [this, request = std::move(request),
                 respond = std::move(respond)](const Result<void>& ready) {
    if (!ready) return respond(problem(ready.error()));
    if (!views::asks_past(request)) return answer_read(request, respond, nullptr);
    const auto ledger = replica_.ledger();
    auto view = ledger->view();
    const auto size = views::size_asked(request, view);
    if (!size) return respond(problem(size.error()));
    // What was measured is what is answered: leaves may come before the answer does.
    if (*size == view.head().size)
      return answer_read(request, respond,
                         std::make_shared<const Past>(
                             Past{ledger, std::make_unique<ledger::View>(std::move(view))}));
    history_.at(*size, http::caller_of(request),
                [this, request, respond](const Result<PastPtr>& past) {
                  if (!past) return respond(problem(past.error()));
                  answer_read(request, respond, *past);
                });
  };
  if (!at_least.empty()) {
    const auto position = number(at_least);
    if (!position) return answer(tl::make_unexpected(position.error()));
    return replica_.wait_for(*position, std::move(answer));
  }
  if (linearizable) return replica_.read_barrier(std::move(answer));
  answer({});
}

void Api::answer_read(const Request& request, const Respond& respond, const PastPtr& past) {
  auto work = [this, request, past] {
    return answer_from(request, past ? past->view.get() : nullptr);
  };
  if (views::is_slow(request)) return slow_reads_.answer(request, respond, std::move(work));
  respond(work());
}

http::Response Api::answer_from(const Request& request, ledger::View* past) const {
  // Checkpoints first: the view that is taken after them holds all their leaves.
  auto checkpoint = replica_.checkpoint();
  const auto* asker = replica_.asker();
  auto witnessed = asker == nullptr ? nullptr : asker->witnessed();
  const auto ledger = replica_.ledger();
  auto current = ledger->view();
  views::Reading reading{request,
                         past == nullptr ? current : *past,
                         current,
                         replica_.genesis(),
                         std::move(checkpoint),
                         asker,
                         std::move(witnessed),
                         {},
                         wall_clock_us()};
  if (request.party) reading.caller = current.party(*request.party);
  return views::answer_read(reading);
}

std::vector<Witness::Followed> Api::tell_witness(v1::Status& status) const {
  status.set_witness_vkey(witness_.vkey());
  if (status.witness_vkey().empty()) status.clear_witness_url();
  auto followed = witness_.followed();
  for (const auto& log : followed) {
    auto* shown = status.add_followed();
    shown->set_origin(log.origin);
    shown->set_cosigned_size(static_cast<std::int64_t>(log.head.size));
    if (log.forked) status.add_forked_logs(log.origin);
  }
  return followed;
}

void Api::status(const Request& request, const Respond& respond) {
  if (request.path == "/v1/policy")
    return replica_.policy([respond](const Result<crypto::Policy>& policy) {
      respond(policy ? text(crypto::format_policy(*policy)) : problem(policy.error()));
    });
  replica_.status([this, request, respond](v1::Status status) {
    status.set_version(std::string(kVersion));
    const auto followed = tell_witness(status);
    if (request.path == "/metrics")
      return respond(text(metrics_.scrape(replica_, status, followed)));
    if (request.path == "/v1/status") return respond(message(request, status));
    const bool ready = status.leader_id() != 0 && status.provable_size() > 0 && !status.read_only();
    if (ready) return respond(text("ready\n"));
    respond(problem({ErrorCode::UNAVAILABLE, status.read_only() ? status.read_only_reason()
                                             : status.leader_id() == 0
                                                 ? "no leader"
                                                 : "no complete checkpoint yet"}));
  });
}

// ---- Submissions -------------------------------------------------------------------------------

void Api::submit(Request request, Respond respond) {
  const auto type = content_type(request);
  if (type == kSubmission) return submit_one(request, std::move(respond));
  if (type == kSubmissions) return submit_stream(request, std::move(respond));
  respond(problem({ErrorCode::INVALID_ARGUMENT, "content type " + type}));
}

void Api::submit_one(const Request& request, Respond respond) {
  auto pending = read_submission(request.body, request);
  if (!pending) return respond(problem(pending.error()));
  (*pending)->done =
      [this,
       head = Request{request.method, request.path, {}, request.query, request.headers, {}, {}, {}},
       respond = std::move(respond)](const v1::SubmissionResult& result) {
        if (is_not_leader(result)) return redirect(head, respond);
        metrics_.answered(result.decision());
        if (result.decision() == v1::FAILED)
          return respond(problem({code_from_name(result.code()), result.detail()}));
        respond(message(head, result));
      };
  replica_.submit({std::move(*pending)});
}

void Api::submit_stream(const Request& request, Respond respond) {
  std::vector<PendingPtr> events;
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const std::size_t size = rest.size() < 4 ? rest.size() : crypto::read_u32(rest);
    if (rest.size() < 4 || rest.size() - 4 < size || events.size() == kStreamEventsMax)
      return respond(problem({ErrorCode::INVALID_ARGUMENT, "framing of the stream"}));
    auto pending = read_submission(rest.substr(4, size), request);
    if (!pending) return respond(problem(pending.error()));
    events.push_back(std::move(*pending));
    rest.remove_prefix(4 + size);
  }
  if (events.empty()) return respond(problem({ErrorCode::INVALID_ARGUMENT, "an empty stream"}));
  auto answers = std::make_shared<StreamAnswers>();
  answers->results.resize(events.size());
  answers->left = events.size();
  auto finish =
      [this, answers, respond = std::move(respond),
       head =
           Request{request.method, request.path, {}, request.query, request.headers, {}, {}, {}}] {
        if (std::ranges::all_of(answers->results, is_not_leader)) return redirect(head, respond);
        http::Response response;
        response.content_type = kSubmissions;
        response.body = framed(answers->results);
        respond(std::move(response));
      };
  for (std::size_t i = 0; i < events.size(); ++i)
    events[i]->done = [this, answers, i, finish](v1::SubmissionResult result) {
      metrics_.answered(result.decision());
      answers->results[i] = std::move(result);
      if (--answers->left == 0) finish();
    };
  replica_.submit(std::move(events));
}

void Api::redirect(const Request& request, const Respond& respond) {
  replica_.status([request, respond](const v1::Status& status) {
    if (status.leader_address().empty() || status.leader_id() == status.node_id())
      return respond(problem({ErrorCode::UNAVAILABLE, "no leader at the moment"}));
    auto response = problem({ErrorCode::NOT_LEADER, status.leader_address()});
    auto target = "https://" + status.leader_address() + request.path;
    char separator = '?';
    for (const auto& [name, value] : request.query) {
      target += separator + name + "=" + value;
      separator = '&';
    }
    response.headers.emplace_back("Location", std::move(target));
    respond(std::move(response));
  });
}

// ---- Cluster -----------------------------------------------------------------------------------

bool Api::holds_role(const Request& request, v1::Role role) const {
  if (!request.party) return false;
  const auto view = replica_.ledger()->view();
  const auto party = view.party(*request.party);
  return party && ledger::holds_role(*party, role, view.head().time);
}

void Api::cluster(const Request& request, Respond respond) {
  if (request.method != "POST")
    return respond(problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  if (!holds_role(request, v1::OPERATOR))
    return respond(problem({ErrorCode::NOT_PERMITTED, "the operator's certificate is needed"}));
  auto done = [this, request, respond](const Result<void>& outcome) {
    if (outcome) return respond(text("ok\n"));
    if (outcome.error().code == ErrorCode::NOT_LEADER) return redirect(request, respond);
    respond(problem(outcome.error()));
  };
  const auto& verb = request.segments[2];
  const auto id = number(query(request, verb == "transfer" ? "to" : "id"));
  if (!id) return respond(problem(id.error()));
  if (verb == "transfer") return replica_.transfer(*id, std::move(done));
  if (verb != "members") return respond(problem({ErrorCode::NOT_FOUND, request.path}));
  const auto role = query(request, "role");
  if (role == "learner")
    return replica_.change_member(*id, Replica::Membership::learner, std::move(done));
  if (role == "voter")
    return replica_.change_member(*id, Replica::Membership::voter, std::move(done));
  if (role == "none")
    return replica_.change_member(*id, Replica::Membership::none, std::move(done));
  respond(problem({ErrorCode::INVALID_ARGUMENT, "role is learner, voter or none"}));
}

}  // namespace puhui::node::api
