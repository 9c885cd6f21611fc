// Signed events in files: show, sign, send, ask.
#include "crypto/bytes.h"
#include "node/cli/command.h"
#include "node/cli/receipt.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

Run declare_sign(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "signed event; the signatures are added to it")->required();
  return [path](Session& session) -> Result<Exit> {
    auto submission = read_submission_file(*path);
    if (!submission) return tl::make_unexpected(submission.error());
    auto opened = open(*submission);
    if (!opened) return tl::make_unexpected(opened.error());
    const auto keys = session.signing_keys();
    if (!keys) return tl::make_unexpected(keys.error());
    for (const auto& key : *keys) {
      if (auto added = crypto::add_signature(opened->envelope, key); !added)
        return fail(added.error().code,
                    "key " + key.public_key().key_id().hex() + ": " + added.error().detail);
    }
    auto bytes = crypto::encode_envelope(opened->envelope);
    if (!bytes) return tl::make_unexpected(bytes.error());
    submission->set_envelope(std::move(*bytes));
    const auto file = encode_submission_file(*submission);
    const auto& other = session.flags().out_file;
    auto written =
        other.empty() ? write_file(*path, file, Mode::shared) : write_new_file(other, file);
    if (!written) return tl::make_unexpected(written.error());
    return Exit::ok;
  };
}

Run declare_submit(CLI::App& app) {
  auto paths = std::make_shared<std::vector<std::string>>();
  app.add_option("files", *paths, "signed events")->required();
  return [paths](Session& session) -> Result<Exit> {
    std::vector<v1::Submission> submissions;
    for (const auto& path : *paths) {
      auto submission = read_submission_file(path);
      if (!submission) return tl::make_unexpected(submission.error());
      submissions.push_back(std::move(*submission));
    }
    return send(session, submissions);
  };
}

struct Shown {
  std::string path;
  std::vector<NamedKey> keys;
};

Run declare_show(CLI::App& app) {
  auto shown = std::make_shared<Shown>();
  app.add_option("file", shown->path, "signed event")->required();
  add_values(
      app, "--key-file", read_named_key,
      [shown](NamedKey key) { shown->keys.push_back(std::move(key)); },
      "key that must have signed: hex, or a key file; repeat for several")
      ->allow_extra_args(false);
  return [shown](Session& session) -> Result<Exit> {
    const auto submission = read_submission_file(shown->path);
    if (!submission) return tl::make_unexpected(submission.error());
    const auto opened = open(*submission);
    if (!opened) return tl::make_unexpected(opened.error());
    const auto judged = judge_signatures(opened->envelope, shown->keys);
    if (!judged) return tl::make_unexpected(judged.error());
    Fields fields{{"event_sha256", crypto::event_digest(opened->envelope).hex()}};
    for (auto& field : describe(*judged)) fields.push_back(std::move(field));
    for (const auto& attachment : submission->attachments())
      fields.emplace_back("attachment", std::to_string(attachment.size()) + " bytes");
    session.print_proved(fields, "payload", &opened->payload);
    return Exit::ok;
  };
}

Run declare_outcome(CLI::App&) {
  return [](Session& session) -> Result<Exit> {
    if (session.settings().party.empty() || session.flags().event_id.empty())
      return fail(ErrorCode::CONFIG, "an event is named by --party and --event-id");
    const auto result = session.get<v1::SubmissionResult>(
        {"v1", "outcomes", session.settings().party, session.flags().event_id});
    if (!result) return tl::make_unexpected(result.error());
    session.print(*result);
    print_decision(session.world().err, *result);
    return exit_of(*result);
  };
}

Run declare_entry_show(CLI::App& app) {
  auto position = std::make_shared<std::uint64_t>();
  add_value(
      app, "position", parse_number, [position](std::uint64_t number) { *position = number; },
      "position of the leaf")
      ->required();
  return [position](Session& session) {
    return show<v1::EntryView>(session, {"v1", "entries", std::to_string(*position)});
  };
}

constexpr Command kCommands[] = {
    {"event", "sign", "Adds signatures to a signed event.",
     "puhui batch issue B1 --report r1 --party operator --key operator.key --out issue.event\n"
     "puhui event sign issue.event --key authority.key\npuhui event submit issue.event",
     declare_sign},
    {"event", "submit", "Sends signed events; several in one stream.",
     "puhui event submit issue.event --receipt-out issue.receipt\n"
     "puhui event submit out/*.submission",
     declare_submit},
    {"event", "show", "Shows what a signed event says and who signed it.",
     "puhui event show issue.event --key-file operator.pub", declare_show},
    {"event", "outcome", "Asks what became of an event.",
     "puhui event outcome --party acme --event-id 00112233445566778899aabbccddeeff",
     declare_outcome},
    {"entry", "show", "Shows a leaf of the ledger.", "puhui entry show 17", declare_entry_show},
};

}  // namespace

std::span<const Command> event_commands() { return kCommands; }

}  // namespace puhui::node::cli
