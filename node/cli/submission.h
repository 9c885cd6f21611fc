// From an action to its outcome: fill in, sign, send, show. The only place where events are signed
// or sent.
//
// A submission file holds the bytes of an Envelope, or of a Submission when attachments travel with
// it; what is read tells which it is. Events are sent with exactly the bytes that were signed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "crypto/envelope.h"
#include "node/cli/session.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {

// An event before it is signed: a payload whose action is set, and what travels beside it.
struct Draft {
  v1::Payload payload;
  std::vector<std::string> attachments;
};

// The city that signed bytes name: the session's, or else the one the node serves. CONFIG if
// neither is known; errors of Session::get.
[[nodiscard]] Result<std::string> city_of(Session& session);

// Where and until when what is signed now is good; errors as of fill_in.
struct Validity {
  std::string city;
  std::int64_t until = 0;  // event time
};
[[nodiscard]] Result<Validity> validity_of(Session& session);

// Sets city, party, event id and valid_until where they are not set. The time is event time: with a
// node, the city's (a demonstration clock runs by its own rate); without, this machine's.
// CONFIG if no party is known, or no city and no node; errors of Session::get.
[[nodiscard]] Result<void> fill_in(Session& session, std::span<Draft> drafts);

// A filled draft, signed with all of the session's keys.
[[nodiscard]] Result<v1::Submission> sign(const Draft& draft,
                                          std::span<const crypto::SecretKey> keys);

// ENVELOPE_*; EVENT_MALFORMED if the payload does not parse.
struct Opened {
  crypto::Envelope envelope;
  v1::Payload payload;
};
[[nodiscard]] Result<Opened> open(const v1::Submission& submission);

[[nodiscard]] std::string encode_submission_file(const v1::Submission& submission);
// ENVELOPE_MALFORMED, with the path, for a file of neither form.
[[nodiscard]] Result<v1::Submission> read_submission_file(const std::string& path);

// Sends submissions: one as such, several as streams of bounded size, and shows every decision.
// With --receipt-out the receipt of a single one is kept, UNAVAILABLE if the node sent none.
// OUTCOME_UNKNOWN and UNREACHABLE name the event, so that it can be asked for.
[[nodiscard]] Result<Exit> send(Session& session, std::span<const v1::Submission> submissions);

// Fills in, signs and sends one event, shows nothing, and answers what was decided.
[[nodiscard]] Result<v1::SubmissionResult> send_unshown(Session& session, Draft draft,
                                                        std::span<const crypto::SecretKey> keys);

// With --propose or --draft, the action is put to the vote or drafted as a filing instead
// (deferral.h). Fill in, then as the flags say: print the payload (--dry-run), write the signed
// submission (--out) or send it. Several drafts cannot share one --propose, --draft, --event-id or
// --out (CONFIG).
[[nodiscard]] Result<Exit> submit(Session& session, std::vector<Draft> drafts);
[[nodiscard]] Result<Exit> submit(Session& session, v1::Payload payload);
// The same, but each is sent only once the one before it is accepted.
[[nodiscard]] Result<Exit> submit_in_turn(Session& session, std::vector<Draft> drafts);

}  // namespace puhui::node::cli
