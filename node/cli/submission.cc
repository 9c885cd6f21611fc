#include "node/cli/submission.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/random.h"
#include "ledger/event.h"
#include "node/cli/deferral.h"
#include "node/cli/values.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

constexpr std::int64_t kValidForDefaultUs = 3'600 * kMicrosPerSecond;
// On a demonstration clock, where an hour may pass in no time. Rules allow seven days at most; a
// day of it is left for clocks that differ.
constexpr std::int64_t kValidForDemoUs = 6 * 24 * 3'600 * kMicrosPerSecond;
// Of one stream; nodes take no less.
constexpr std::size_t kStreamBytesMax = std::size_t{32} << 20;
constexpr std::size_t kStreamEventsMax = 10'000;
constexpr std::string_view kOneType = "application/vnd.puhui.submission";
constexpr std::string_view kStreamType = "application/vnd.puhui.submissions";

struct EventClock {
  std::int64_t now_us = 0;  // Event time.
  std::int64_t valid_for_us = kValidForDefaultUs;
  std::string city;
};

Result<EventClock> read_clock(Session& session) {
  const auto now_us = session.world().now_us();
  if (!session.has_url()) return EventClock{now_us, kValidForDefaultUs, {}};
  const auto status = session.get<v1::Status>({"v1", "status"});
  if (!status) return tl::make_unexpected(status.error());
  if (status->demo_clock())
    return EventClock{std::max(status->time(), status->now()), kValidForDemoUs, status->city()};
  return EventClock{std::max(status->time(), now_us), kValidForDefaultUs, status->city()};
}

Result<std::string> known_city(const Session& session, const EventClock& clock) {
  const auto& city = session.settings().city.empty() ? clock.city : session.settings().city;
  if (city.empty()) return fail(ErrorCode::CONFIG, "no city: give --city CODE or --url");
  return city;
}

Result<std::int64_t> valid_until(Session& session, const EventClock& clock) {
  if (!session.flags().valid_until.empty()) return parse_time_us(session.flags().valid_until);
  if (session.settings().valid_for.empty()) return clock.now_us + clock.valid_for_us;
  const auto duration = parse_duration_us(session.settings().valid_for);
  if (!duration) return tl::make_unexpected(duration.error());
  std::int64_t until = 0;
  if (__builtin_add_overflow(clock.now_us, *duration, &until))
    return fail(ErrorCode::INVALID_ARGUMENT, "valid-for reaches beyond all time");
  return until;
}

tl::unexpected<Error> with_context(const Error& error, const std::string& context) {
  return fail(error.code, context + (error.detail.empty() ? "" : ": " + error.detail));
}

// What to tell someone whose event may or may not have taken effect.
std::string how_to_ask(std::span<const v1::Submission> submissions) {
  const auto opened = open(submissions.front());
  if (!opened) return "the events";
  auto text =
      "event " + crypto::hex_encode(opened->payload.event_id()) + " of " + opened->payload.party();
  if (submissions.size() > 1) text += " and " + std::to_string(submissions.size() - 1) + " more";
  return text + " (ask with: puhui event outcome --party NAME --event-id HEX)";
}

Query wait_query(const Session& session) {
  const bool receipt =
      session.settings().wait == "receipt" || !session.flags().receipt_file.empty();
  return {{"wait", receipt ? "receipt" : "outcome"}};
}

Result<std::vector<v1::SubmissionResult>> post_one(Session& session,
                                                   const v1::Submission& submission) {
  const auto answer = session.request("POST", target_of({"v1", "events"}, wait_query(session)),
                                      submission.SerializeAsString(), kOneType);
  if (!answer) return tl::make_unexpected(answer.error());
  v1::SubmissionResult result;
  if (auto read = from_json(answer->body, result, true); !read)
    return fail(ErrorCode::OUTCOME_UNKNOWN, read.error().detail);
  return std::vector{std::move(result)};
}

// Length-delimited results, one per submission.
Result<std::vector<v1::SubmissionResult>> read_results(std::string_view bytes, std::size_t count) {
  std::vector<v1::SubmissionResult> results(count);
  for (auto& result : results) {
    const auto size = bytes.size() < 4 ? bytes.size() : crypto::read_u32(bytes);
    if (bytes.size() < 4 || bytes.size() - 4 < size ||
        !result.ParseFromArray(bytes.data() + 4, static_cast<int>(size)))
      return fail(ErrorCode::OUTCOME_UNKNOWN, "the node answered fewer events than were sent");
    bytes.remove_prefix(4 + size);
  }
  return results;
}

Result<std::vector<v1::SubmissionResult>> post_stream(Session& session,
                                                      std::span<const v1::Submission> part) {
  std::string body;
  for (const auto& submission : part) {
    crypto::append_u32(body, static_cast<std::uint32_t>(submission.ByteSizeLong()));
    submission.AppendToString(&body);
  }
  const auto answer =
      session.request("POST", target_of({"v1", "events"}, wait_query(session)), body, kStreamType);
  if (!answer) return tl::make_unexpected(answer.error());
  return read_results(answer->body, part.size());
}

// How many of the submissions fit into one stream; at least one.
std::size_t stream_length(std::span<const v1::Submission> submissions) {
  std::size_t bytes = 0, count = 0;
  for (const auto& submission : submissions) {
    bytes += 4 + submission.ByteSizeLong();
    if (count > 0 && (bytes > kStreamBytesMax || count == kStreamEventsMax)) break;
    ++count;
  }
  return count;
}

Fields describe(const Opened& event, const v1::SubmissionResult& result) {
  Fields fields{{"event_id", crypto::hex_encode(event.payload.event_id())},
                {"decision", spell_enum(v1::Decision_Name(result.decision()))}};
  if (result.decision() != v1::ACCEPTED) return fields;
  const auto& outcome = result.outcome();
  fields.emplace_back("position", std::to_string(result.position()));
  fields.emplace_back("time", format_time(result.time()));
  for (const auto& fact : outcome.facts()) fields.emplace_back(fact.name(), fact.value());
  for (const auto& range : outcome.serials())
    fields.emplace_back("serials",
                        std::to_string(range.start()) + "-" + std::to_string(range.end()));
  if (outcome.records_accepted() + outcome.records_refused() == 0) return fields;
  fields.emplace_back("records_accepted", std::to_string(outcome.records_accepted()));
  fields.emplace_back("records_refused", std::to_string(outcome.records_refused()));
  for (const auto& refusal : outcome.record_refusals())
    fields.emplace_back("refused record " + std::to_string(refusal.record()), explain(refusal));
  return fields;
}

void show_one(Session& session, const Opened& event, const v1::SubmissionResult& result) {
  session.world().out << (session.json() ? to_json(result) : fields_table(describe(event, result)));
  print_decision(session.world().err, result);
}

void show_many(Session& session, std::span<const v1::Submission> submissions,
               std::span<const v1::SubmissionResult> results) {
  if (session.json()) {
    for (const auto& result : results) session.world().out << to_json(result);
    return;
  }
  std::vector<std::vector<std::string>> rows{{"EVENT", "DECISION", "CODE", "POSITION", "WHY"}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto opened = open(submissions[i]);
    const auto& result = results[i];
    rows.push_back(
        {opened ? crypto::hex_encode(opened->payload.event_id()) : "-",
         spell_enum(v1::Decision_Name(result.decision())), printable(result.code()),
         result.decision() == v1::ACCEPTED ? std::to_string(result.position()) : "-",
         printable(result.decision() == v1::ACCEPTED ? "-"
                                                     : result.detail() + result.outcome().rule())});
  }
  session.world().out << aligned(rows);
}

Result<Exit> show(Session& session, std::span<const v1::Submission> submissions,
                  std::span<const v1::SubmissionResult> results) {
  Exit exit = Exit::ok;
  for (const auto& result : results)
    if (exit == Exit::ok) exit = exit_of(result);
  if (results.size() > 1) {
    show_many(session, submissions, results);
    return exit;
  }
  const auto opened = open(submissions[0]);
  if (!opened) return tl::make_unexpected(opened.error());
  show_one(session, *opened, results[0]);
  if (session.flags().receipt_file.empty() || exit != Exit::ok) return exit;
  if (results[0].receipt().empty())
    return fail(ErrorCode::UNAVAILABLE,
                "the event is accepted at position " + std::to_string(results[0].position()) +
                    " but not provable yet; get its receipt later: puhui receipt get " +
                    std::to_string(results[0].position()));
  if (auto kept = write_new_file(session.flags().receipt_file, results[0].receipt()); !kept)
    return tl::make_unexpected(kept.error());
  return exit;
}

// What cannot be wanted, found before anything is signed.
Result<void> check_flags(const Session& session, std::size_t events) {
  const auto& flags = session.flags();
  if (events > 1 && !flags.proposal.empty())
    return fail(ErrorCode::CONFIG, "--propose names one action, and these are several");
  if (events > 1 && !flags.filing.empty())
    return fail(ErrorCode::CONFIG, "--draft names one filing, and these are several");
  if (events > 1 && !flags.event_id.empty())
    return fail(ErrorCode::CONFIG, "--event-id names one event, and these are several");
  if (events > 1 && !flags.out_file.empty())
    return fail(ErrorCode::CONFIG, "--out takes one event, and these are several");
  if (events > 1 && !flags.receipt_file.empty())
    return fail(ErrorCode::CONFIG, "--receipt-out takes one event, and these are several");
  for (const auto* file : {&flags.out_file, &flags.receipt_file})
    if (!file->empty() && exists(*file))
      return fail(ErrorCode::LOCKED, *file + " exists and is not replaced");
  return {};
}

}  // namespace

Result<std::string> city_of(Session& session) {
  if (!session.settings().city.empty()) return session.settings().city;
  const auto clock = read_clock(session);
  if (!clock) return tl::make_unexpected(clock.error());
  return known_city(session, *clock);
}

Result<Validity> validity_of(Session& session) {
  const auto clock = read_clock(session);
  if (!clock) return tl::make_unexpected(clock.error());
  auto city = known_city(session, *clock);
  if (!city) return tl::make_unexpected(city.error());
  const auto until = valid_until(session, *clock);
  if (!until) return tl::make_unexpected(until.error());
  return Validity{std::move(*city), *until};
}

Result<void> fill_in(Session& session, std::span<Draft> drafts) {
  if (session.settings().party.empty())
    return fail(ErrorCode::CONFIG, "no acting party: give --party NAME");
  const auto valid = validity_of(session);
  if (!valid) return tl::make_unexpected(valid.error());
  for (auto& [payload, attachments] : drafts) {
    payload.set_city(valid->city);
    payload.set_party(session.settings().party);
    payload.set_valid_until(valid->until);
    if (!payload.event_id().empty()) continue;
    if (session.flags().event_id.empty()) {
      payload.set_event_id(crypto::random_bytes(ledger::kEventIdSize));
      continue;
    }
    auto id = parse_hex(session.flags().event_id, ledger::kEventIdSize);
    if (!id) return with_context(id.error(), "--event-id");
    payload.set_event_id(std::move(*id));
  }
  return {};
}

Result<v1::Submission> sign(const Draft& draft, std::span<const crypto::SecretKey> keys) {
  std::vector<const crypto::SecretKey*> signers;
  for (const auto& key : keys) signers.push_back(&key);
  const auto envelope =
      crypto::sign_envelope(draft.payload.SerializeAsString(), crypto::kEventPayloadType, signers);
  if (!envelope) return tl::make_unexpected(envelope.error());
  auto bytes = crypto::encode_envelope(*envelope);
  if (!bytes) return tl::make_unexpected(bytes.error());
  v1::Submission submission;
  submission.set_envelope(std::move(*bytes));
  for (const auto& attachment : draft.attachments) submission.add_attachments(attachment);
  return submission;
}

Result<Opened> open(const v1::Submission& submission) {
  auto envelope = crypto::decode_envelope(submission.envelope());
  if (!envelope) return tl::make_unexpected(envelope.error());
  Opened opened{std::move(*envelope), {}};
  if (!opened.payload.ParseFromString(opened.envelope.payload))
    return fail(ErrorCode::EVENT_MALFORMED, "the payload does not parse");
  return opened;
}

std::string encode_submission_file(const v1::Submission& submission) {
  return submission.attachments().empty() ? submission.envelope() : submission.SerializeAsString();
}

Result<v1::Submission> read_submission_file(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  v1::Submission submission;
  const auto plain = crypto::decode_envelope(*bytes);
  if (plain) {
    submission.set_envelope(std::move(*bytes));
  } else if (!submission.ParseFromString(*bytes) || submission.envelope().empty()) {
    return with_context(plain.error(), path);
  }
  if (const auto opened = open(submission); !opened) return with_context(opened.error(), path);
  return submission;
}

Result<Exit> send(Session& session, std::span<const v1::Submission> submissions) {
  if (auto sound = check_flags(session, submissions.size()); !sound)
    return tl::make_unexpected(sound.error());
  std::vector<v1::SubmissionResult> results;
  while (results.size() < submissions.size()) {
    const auto rest = submissions.subspan(results.size());
    const auto part = rest.first(stream_length(rest));
    auto answered =
        submissions.size() == 1 ? post_one(session, part[0]) : post_stream(session, part);
    if (!answered) {
      if (!results.empty()) show_many(session, submissions, results);
      if (exit_of(answered.error().code) != Exit::unreachable)
        return tl::make_unexpected(answered.error());
      return with_context(answered.error(), how_to_ask(rest));
    }
    std::ranges::move(*answered, std::back_inserter(results));
  }
  return show(session, submissions, results);
}

Result<v1::SubmissionResult> send_unshown(Session& session, Draft draft,
                                          std::span<const crypto::SecretKey> keys) {
  if (auto filled = fill_in(session, std::span(&draft, 1)); !filled)
    return tl::make_unexpected(filled.error());
  const auto submission = sign(draft, keys);
  if (!submission) return tl::make_unexpected(submission.error());
  auto results = post_one(session, *submission);
  if (!results) return tl::make_unexpected(results.error());
  return std::move(results->front());
}

namespace {

// The drafts, filled in and signed. On a dry run they are printed, and there is none.
Result<std::vector<v1::Submission>> prepare(Session& session, std::span<Draft> drafts) {
  if (auto sound = check_flags(session, drafts.size()); !sound)
    return tl::make_unexpected(sound.error());
  for (auto& draft : drafts)
    if (auto deferred = defer(session.flags(), draft.payload); !deferred)
      return tl::make_unexpected(deferred.error());
  if (auto filled = fill_in(session, drafts); !filled) return tl::make_unexpected(filled.error());
  std::vector<v1::Submission> submissions;
  if (session.flags().dry_run) {
    for (const auto& draft : drafts) session.world().out << to_json(draft.payload);
    return submissions;
  }
  const auto keys = session.signing_keys();
  if (!keys) return tl::make_unexpected(keys.error());
  for (const auto& draft : drafts) {
    auto submission = sign(draft, *keys);
    if (!submission) return tl::make_unexpected(submission.error());
    submissions.push_back(std::move(*submission));
  }
  return submissions;
}

}  // namespace

Result<Exit> submit(Session& session, std::vector<Draft> drafts) {
  const auto submissions = prepare(session, drafts);
  if (!submissions) return tl::make_unexpected(submissions.error());
  if (submissions->empty()) return Exit::ok;
  if (session.flags().out_file.empty()) return send(session, *submissions);
  if (auto written =
          write_new_file(session.flags().out_file, encode_submission_file(submissions->front()));
      !written)
    return tl::make_unexpected(written.error());
  return Exit::ok;
}

Result<Exit> submit(Session& session, v1::Payload payload) {
  std::vector<Draft> drafts(1);
  drafts[0].payload = std::move(payload);
  return submit(session, std::move(drafts));
}

Result<Exit> submit_in_turn(Session& session, std::vector<Draft> drafts) {
  if (drafts.size() == 1) return submit(session, std::move(drafts));
  const auto submissions = prepare(session, drafts);
  if (!submissions) return tl::make_unexpected(submissions.error());
  for (const auto& submission : *submissions) {
    const auto sent = send(session, std::span(&submission, 1));
    if (!sent || *sent != Exit::ok) return sent;
  }
  return Exit::ok;
}

}  // namespace puhui::node::cli
