// Behaviour batches: from a provider's records to signed submissions.
#include <algorithm>

#include "ledger/personal.h"
#include "ledger/records.h"
#include "ledger/rules/calendar.h"
#include "node/cli/batches.h"
#include "node/cli/catalogue.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kBatchColumns[] = {
    {"LEAF", "leaf"},         {"PROVIDER", "provider"}, {"BATCH", "batch"},
    {"SCENARIO", "scenario"}, {"TIME", "time"},         {"RECORDS", "records"},
    {"GRAMS", "credited_g"},  {"REVERSED", "reversed"}, {"REVERSED-GRAMS", "reversed_g"},
};
constexpr Column kScenarioColumns[] = {
    {"SCENARIO", "scenario"}, {"RECORDS", "records"}, {"GRAMS", "grams"}};

// What the flags say about a file of records.
struct Source {
  BatchFile file;
  std::string scenario;
  std::string methodology_file;
  std::string methodology_code;
  std::vector<InputColumn> layout;
};

Result<InputColumn> parse_input_column(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() == 1 && !parts[0].empty()) return InputColumn{std::string(parts[0]), 0};
  const auto scale = parse_number(parts.back());
  if (parts.size() != 2 || parts[0].empty() || !scale || *scale > kScaleMax)
    return fail(ErrorCode::INVALID_ARGUMENT, "an input is written NAME:DECIMAL_PLACES");
  return InputColumn{std::string(parts[0]), static_cast<unsigned>(*scale)};
}

void add_scenario(CLI::App& app, std::string& scenario) {
  app.add_option("--scenario", scenario, "scenario the acts belong to")->required();
}

std::shared_ptr<Source> add_records(CLI::App& app) {
  auto source = std::make_shared<Source>();
  add_file(app, source->file);
  add_scenario(app, source->scenario);
  auto* inputs =
      add_values(
          app, "--input", parse_input_column,
          [source](InputColumn input) { source->layout.push_back(std::move(input)); },
          "NAME:DECIMAL_PLACES of an input, in the methodology's order; repeat for several")
          ->allow_extra_args(false);
  auto* file = app.add_option("--methodology-file", source->methodology_file,
                              "JSON file to take the inputs from instead")
                   ->excludes(inputs);
  app.add_option("--methodology", source->methodology_code, "its code in that file")->needs(file);
  return source;
}

std::shared_ptr<Source> add_source(CLI::App& app) {
  auto source = add_records(app);
  add_batch(app, source->file);
  return source;
}

Result<std::vector<InputColumn>> read_layout(const Source& source) {
  if (source.methodology_file.empty()) return source.layout;
  const auto bytes = read_file(source.methodology_file);
  if (!bytes) return tl::make_unexpected(bytes.error());
  const auto methodologies = read_methodologies(*bytes, {});
  if (!methodologies) return tl::make_unexpected(methodologies.error());
  for (const auto& methodology : *methodologies) {
    const bool meant = source.methodology_code.empty()
                           ? methodologies->size() == 1
                           : methodology.code() == source.methodology_code;
    if (meant) return layout_of(methodology);
  }
  return fail(ErrorCode::NOT_FOUND, "a single methodology in " + source.methodology_file +
                                        ": name it with --methodology");
}

Result<std::vector<Attachment>> read_attachments(const Source& source) {
  const auto layout = read_layout(source);
  if (!layout) return tl::make_unexpected(layout.error());
  return attachments_of(source.file, [&layout](std::string_view text, RecordFormat format) {
    return read_records(text, format, *layout);
  });
}

Result<std::vector<Draft>> read_drafts(const Source& source) {
  auto attachments = read_attachments(source);
  if (!attachments) return tl::make_unexpected(attachments.error());
  v1::SubmitBehaviourBatch action;
  action.set_scenario(source.scenario);
  return drafts_of(source.file, std::move(*attachments), action,
                   &v1::Payload::mutable_submit_behaviour_batch);
}

Run declare_submit(CLI::App& app) {
  return [source = add_source(app)](Session& session) -> Result<Exit> {
    auto drafts = read_drafts(*source);
    if (!drafts) return tl::make_unexpected(drafts.error());
    return submit(session, std::move(*drafts));
  };
}

Result<Exit> build(Session& session, const Source& source, const std::string& folder) {
  auto drafts = read_drafts(source);
  if (!drafts) return tl::make_unexpected(drafts.error());
  if (auto filled = fill_in(session, *drafts); !filled) return tl::make_unexpected(filled.error());
  const auto keys = session.signing_keys();
  if (!keys) return tl::make_unexpected(keys.error());
  if (auto made = make_folder(folder); !made) return tl::make_unexpected(made.error());
  for (const auto& draft : *drafts) {
    const auto submission = sign(draft, *keys);
    if (!submission) return tl::make_unexpected(submission.error());
    const auto& batch = draft.payload.submit_behaviour_batch();
    auto name = batch.batch();
    std::ranges::replace(name, '/', '_');
    const auto path = folder + "/" + name + ".submission";
    if (auto written = write_new_file(path, encode_submission_file(*submission)); !written)
      return tl::make_unexpected(written.error());
    session.print(Fields{{"file", path},
                         {"records", std::to_string(batch.records().count())},
                         {"bytes", std::to_string(batch.records().size())}});
  }
  return Exit::ok;
}

Run declare_build(CLI::App& app) {
  auto source = add_source(app);
  auto folder = std::make_shared<std::string>();
  app.add_option("--folder", *folder, "where the submission files go")->required();
  return [source, folder](Session& session) { return build(session, *source, *folder); };
}

Result<Exit> print_claims(Session& session, const Source& source) {
  const auto attachments = read_attachments(source);
  if (!attachments) return tl::make_unexpected(attachments.error());
  for (const auto& attachment : *attachments) {
    const auto records = ledger::split_records(attachment.bytes);
    if (!records) return tl::make_unexpected(records.error());
    for (const auto bytes : *records) {
      const auto record = ledger::read_record(bytes, source.scenario);
      if (!record) return tl::make_unexpected(record.error());
      session.print(Fields{{"account", ledger::personal_id(record->pseudonym())},
                           {"day", ledger::date_text(record->day)},
                           {"slot", std::to_string(record->slot)},
                           {"claim", record->claim.hex()}});
    }
  }
  return Exit::ok;
}

Run declare_claims(CLI::App& app) {
  return [source = add_records(app)](Session& session) { return print_claims(session, *source); };
}

struct Reversal {
  BatchFile file;
  v1::ReverseRecords action;
};

Run declare_reverse(CLI::App& app) {
  auto reversal = std::make_shared<Reversal>();
  add_file(app, reversal->file);
  add_scenario(app, *reversal->action.mutable_scenario());
  add_batch(app, reversal->file);
  app.add_option("--reason", *reversal->action.mutable_reason(), "why they are taken back")
      ->required();
  return [reversal](Session& session) -> Result<Exit> {
    auto attachments = attachments_of(reversal->file, read_acts);
    if (!attachments) return tl::make_unexpected(attachments.error());
    return submit(session, drafts_of(reversal->file, std::move(*attachments), reversal->action,
                                     &v1::Payload::mutable_reverse_records));
  };
}

Run declare_batches(CLI::App& app) {
  return lists<v1::BehaviourBatchList>(app, "behaviour-batches", kBatchColumns);
}

Run declare_scenarios(CLI::App& app) {
  return lists<v1::ScenarioTotalsList>(app, "scenarios", kScenarioColumns);
}

// An act, or any of its day: then it has no account.
struct ActAsked {
  std::string scenario;
  std::int64_t day = 0;
  v1::BehaviourRecord act;
};

// The claim of the act as the ledger computes it.
Result<Query> claim_of(const ActAsked& asked) {
  if (asked.act.account().empty()) return Query{};
  auto act = asked.act;
  act.set_day(static_cast<std::int32_t>(asked.day));
  const auto record = ledger::read_record(act.SerializeAsString(), asked.scenario);
  if (!record) return tl::make_unexpected(record.error());
  return Query{{"slot", std::to_string(act.slot())}, {"claim", record->claim.hex()}};
}

Result<Exit> print_act(Session& session, const ActAsked& asked) {
  auto query = claim_of(asked);
  if (!query) return tl::make_unexpected(query.error());
  const auto state = session.get<v1::ActState>(
      {"v1", "scenarios", asked.scenario, std::to_string(asked.day)}, std::move(*query));
  if (!state) return tl::make_unexpected(state.error());
  constexpr std::string_view kPrefix = "ACT_";
  const std::string_view standing = v1::ActStanding_Name(state->standing());
  if (!standing.starts_with(kPrefix)) return fail(ErrorCode::CORRUPT, "how the act stands");
  session.print(
      Fields{{"act", spell_enum(standing.substr(kPrefix.size()))},
             {"day", ledger::date_text(state->day())},
             {"claimable from", ledger::date_text(state->first_day())},
             {"claimable until", ledger::date_text(state->last_day())},
             {"today", ledger::date_text(state->today())},
             {"methodology", state->methodology().code() + " " + state->methodology().version()}});
  return Exit::ok;
}

Result<std::uint32_t> parse_slot(std::string_view text) {
  const auto slot = parse_number(text);
  if (!slot) return tl::make_unexpected(slot.error());
  if (*slot > UINT32_MAX) return fail(ErrorCode::INVALID_ARGUMENT, "no slot of a day");
  return static_cast<std::uint32_t>(*slot);
}

Run declare_act(CLI::App& app) {
  auto asked = std::make_shared<ActAsked>();
  app.add_option("scenario", asked->scenario, "scenario the act belongs to")->required();
  add_value(
      app, "day", parse_day, [asked](std::int64_t day) { asked->day = day; },
      "YYYY-MM-DD of the act")
      ->required();
  auto* account = add_value(
      app, "--account", parse_pseudonym,
      [asked](std::string bytes) { asked->act.set_account(std::move(bytes)); },
      "p-… of whose act; with it, whether this act was credited (operator's --client-cert)");
  auto* slot = add_value(
      app, "--slot", parse_slot, [asked](std::uint32_t number) { asked->act.set_slot(number); },
      "its slot of the day");
  auto* carrier = add_value(
      app, "--carrier-tag", [](std::string_view text) { return parse_hex(text); },
      [asked](std::string bytes) { asked->act.set_carrier_tag(std::move(bytes)); },
      "its carrier tag, in hex");
  account->needs(slot)->needs(carrier);
  slot->needs(account);
  carrier->needs(account);
  return [asked](Session& session) { return print_act(session, *asked); };
}

constexpr Command kCommands[] = {
    {"behaviour", "submit", "Signs records in batches and sends them.",
     "puhui behaviour submit rides.csv --batch rides-20250301 --scenario shared-bike "
     "--party bike-co --key bike-co.key\n"
     "puhui behaviour submit power.ndjson --batch dr-7 --scenario household-power "
     "--methodology-file catalogue.json --methodology WH-DR-2023 --party grid --key grid.key",
     declare_submit},
    {"behaviour", "build", "Writes signed submission files, without sending them.",
     "puhui behaviour build rides.csv --batch rides-20250301 --scenario shared-bike "
     "--folder out --city WUHAN --party bike-co --key bike-co.key --valid-for 6d\n"
     "puhui event submit out/*.submission",
     declare_build},
    {"behaviour", "claims", "Shows the claim key of each record, without a network.",
     "puhui behaviour claims ride.csv --scenario shared-bike\n"
     "puhui proof claim 2026-01-15 32 "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a",
     declare_claims},
    {"behaviour", "reverse", "Takes back what was credited for acts; signed by who sent them.",
     "puhui behaviour reverse taken-back.csv --batch back-20250309 --scenario shared-bike "
     "--reason \"a lock that counted twice\" --party bike-co --key bike-co.key",
     declare_reverse},
    {"behaviour", "batches", "Lists batches of acts that were credited.",
     "puhui behaviour batches --all --client-cert operator.pem --client-key operator-tls.key",
     declare_batches},
    {"scenario", "act", "Shows when an act of a day may be claimed, and how it stands today.",
     "puhui scenario act shared-bike 2026-03-01\n"
     "puhui scenario act shared-bike 2026-03-01 --account p-000102030405060708090a0b0c0d0e0f "
     "--slot 31 --carrier-tag 5f21a0c37d9e4b6815f2c0d4a7b8e913 --client-cert operator.pem "
     "--client-key operator-tls.key",
     declare_act},
    {"scenario", "list", "Lists scenarios with all their acts, counted and summed up.",
     "puhui scenario list", declare_scenarios},
};

}  // namespace

std::span<const Command> behaviour_commands() { return kCommands; }

}  // namespace puhui::node::cli
