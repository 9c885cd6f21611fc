// What enterprises emit: sources, meters and their readings, factors, footprints, targets.
#include "ledger/records.h"
#include "node/cli/batches.h"
#include "node/cli/factors.h"
#include "node/cli/records.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

// Months count from year 0.
std::string month_text(const google::protobuf::Message& element) {
  const auto month = dynamic_cast<const v1::MonthOfReadings&>(element).month();
  return format_month(month / 12, month % 12 + 1);
}

std::string period_text(const google::protobuf::Message& element) {
  const auto& report = dynamic_cast<const v1::Footprint&>(element).report();
  return report.month() == 0 ? std::to_string(report.year())
                             : format_month(report.year(), report.month());
}

constexpr Column kSourceColumns[] = {
    {"SOURCE", "filing.source"}, {"PARTY", "filing.party"}, {"AREA", "filing.area"},
    {"FACTOR", "filing.factor"}, {"UNIT", "filing.unit"},   {"PLACES", "filing.scale"},
    {"FROM", "filing.from"},     {"TO", "filing.to"},       {"LEAF", "filed_at"},
    {"NAME", "filing.name_zh"},
};
constexpr Column kMonthColumns[] = {{"MONTH", "", month_text},
                                    {"SUM", "value"},
                                    {"DAYS", "days"},
                                    {"JUMPS", "jumps"},
                                    {"DUPLICATES", "duplicates"}};
constexpr Column kFactorColumns[] = {
    {"FACTOR", "factor.name"},
    {"UNIT", "factor.unit"},
    {"KG-PER-UNIT", "factor.kg_per_unit"},
    {"FROM", "from"},
    {"TO", "to"},
    {"TABLE", "table"},
    {"LEAF", "filed_at"},
    {"SOURCE", "factor.source"},
};
constexpr Column kFootprintColumns[] = {
    {"FOOTPRINT", "report.footprint"},
    {"PARTY", "report.party"},
    {"PERIOD", "", period_text},
    {"STATE", "state"},
    {"KG", "amount_kg"},
    {"VERIFIER", "verifier"},
    {"LEAF", "reported_at"},
};

// Signs and sends an action about an enterprise: the acting party, unless it names one.
template <class Action>
Run submits_of_party(CLI::App& app, std::shared_ptr<Action> action,
                     Action* (v1::Payload::*field)()) {
  app.add_option("--enterprise", *action->mutable_party(), "party that emits (the acting party)");
  return [action, field](Session& session) {
    v1::Payload payload;
    auto& filled = *(payload.*field)();
    filled = *action;
    if (filled.party().empty()) filled.set_party(session.settings().party);
    return submit(session, std::move(payload));
  };
}

template <class Action>
void add_source(CLI::App& app, const std::shared_ptr<Action>& action, const char* help) {
  app.add_option("source", *action->mutable_source(), help)->required();
}

template <class Action>
void add_device(CLI::App& app, const std::shared_ptr<Action>& action) {
  add_value(
      app, "--device", read_public_key,
      [action](const crypto::PublicKey& key) {
        action->mutable_device()->set_public_key(key.encode());
      },
      "public key of its meter, in hex, or a key file")
      ->required();
}

template <class Action>
CLI::Option* add_year(CLI::App& app, const std::shared_ptr<Action>& action) {
  return app
      .add_option_function<std::uint32_t>(
          "--year", [action](std::uint32_t year) { action->set_year(year); }, "calendar year")
      ->required()
      ->check(CLI::Range(2000u, 9999u))
      ->type_name("YEAR");
}

// ---- Sources and readings ---------------------------------------------------------------------

Run declare_source_file(CLI::App& app) {
  auto action = std::make_shared<v1::FileSource>();
  add_source(app, action, "name of the source, new");
  app.add_option("--area", *action->mutable_area(), "GB/T 2260 area code")->required();
  app.add_option("--name-zh", *action->mutable_name_zh(), "Chinese name");
  app.add_option("--name-en", *action->mutable_name_en(), "English name");
  app.add_option("--factor", *action->mutable_factor(), "emission factor of its readings")
      ->required();
  app.add_option("--unit", *action->mutable_unit(), "unit of its readings, that of the factor")
      ->required();
  app.add_option_function<std::uint32_t>(
         "--scale", [action](std::uint32_t scale) { action->set_scale(scale); },
         "decimal places of its readings (0)")
      ->check(CLI::Range(0u, kScaleMax))
      ->type_name("PLACES");
  add_device(app, action);
  add_day(app, "--from", action, &v1::FileSource::set_from, "first day")->required();
  add_day(app, "--to", action, &v1::FileSource::set_to, "day after the last (open)");
  return submits_of_party(app, action, &v1::Payload::mutable_file_source);
}

Run declare_replace_device(CLI::App& app) {
  auto action = std::make_shared<v1::ReplaceDevice>();
  add_source(app, action, "source with a new meter");
  add_device(app, action);
  return submits(action, &v1::Payload::mutable_replace_device);
}

Run declare_source_list(CLI::App& app) {
  return lists<v1::EmissionSourceList>(app, "sources", kSourceColumns);
}
Run declare_source_show(CLI::App& app) {
  return shows<v1::EmissionSource>(app, "sources", "source");
}

Run declare_months(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("source", *name, "source")->required();
  auto flags = add_list_flags(app);
  return [name, flags](Session& session) {
    return show_list<v1::MonthOfReadingsList>(session, {"v1", "sources", *name, "months"}, *flags,
                                              kMonthColumns);
  };
}

struct Readings {
  BatchFile file;
  v1::SubmitReadings action;
  std::string device_key;
  std::optional<unsigned> scale;
};

Result<crypto::SecretKey> device_key(const Session& session, const std::string& path) {
  auto secret = session.passphrase();
  if (!secret) return tl::make_unexpected(secret.error());
  auto key = read_key(path, *secret);
  if (*secret) crypto::wipe(**secret);
  if (!key) return fail(key.error().code, path + ": " + key.error().detail);
  return key;
}

// As the flag says, or else as the city filed the source.
Result<unsigned> scale_of(Session& session, const Readings& readings) {
  if (readings.scale) return *readings.scale;
  if (!session.has_url())
    return fail(ErrorCode::CONFIG, "how many decimal places? Give --scale, or --url to ask");
  const auto source = session.get<v1::EmissionSource>({"v1", "sources", readings.action.source()});
  if (!source) return tl::make_unexpected(source.error());
  if (source->filing().scale() > kScaleMax)
    return fail(ErrorCode::CORRUPT, "the node's answer: a scale beyond 18");
  return source->filing().scale();
}

// The device signs each part by itself.
Result<std::vector<Draft>> sign_readings(Session& session, const Readings& readings,
                                         std::vector<Attachment> attachments) {
  const auto key = device_key(session, readings.device_key);
  if (!key) return tl::make_unexpected(key.error());
  const auto city = city_of(session);
  if (!city) return tl::make_unexpected(city.error());
  std::vector<Draft> drafts;
  for (auto& attachment : attachments) {
    auto& draft = drafts.emplace_back();
    auto& action = *draft.payload.mutable_submit_readings();
    action = readings.action;
    *action.mutable_records() = std::move(attachment.named);
    action.mutable_device()->set_public_key(key->public_key().encode());
    action.set_signature(key->sign(ledger::readings_bytes(*city, action)));
    draft.attachments.push_back(std::move(attachment.bytes));
  }
  return drafts;
}

Result<Exit> submit_readings(Session& session, const Readings& readings) {
  const auto scale = scale_of(session, readings);
  if (!scale) return tl::make_unexpected(scale.error());
  auto attachments =
      attachments_of(readings.file, [&scale](std::string_view text, RecordFormat format) {
        return read_readings(text, format, *scale);
      });
  if (!attachments) return tl::make_unexpected(attachments.error());
  auto drafts = sign_readings(session, readings, std::move(*attachments));
  if (!drafts) return tl::make_unexpected(drafts.error());
  return submit(session, std::move(*drafts));
}

Run declare_readings(CLI::App& app) {
  auto readings = std::make_shared<Readings>();
  app.add_option("source", *readings->action.mutable_source(), "source that was measured")
      ->required();
  add_file(app, readings->file);
  add_records_max(app, readings->file);
  app.add_option("--device-key", readings->device_key, "key file of the meter")
      ->required()
      ->type_name("KEYFILE");
  app.add_option("--scale", readings->scale, "decimal places of its readings (asked of the city)")
      ->check(CLI::Range(0u, kScaleMax))
      ->type_name("PLACES");
  return [readings](Session& session) { return submit_readings(session, *readings); };
}

// ---- Factors ----------------------------------------------------------------------------------

struct FactorFile {
  std::string path;
  v1::FileFactors action;  // what the flags say of the table
};

Run declare_factors(CLI::App& app) {
  auto file = std::make_shared<FactorFile>();
  const std::shared_ptr<v1::FileFactors> action(file, &file->action);
  app.add_option("file", file->path, "CSV name,unit,kg_per_unit,source; or JSON of FileFactors")
      ->required();
  app.add_option("--table", *action->mutable_table(), "name of the table, new");
  add_day(app, "--from", action, &v1::FileFactors::set_from, "first day it is in force");
  add_day(app, "--to", action, &v1::FileFactors::set_to, "day after the last");
  add_value(
      app, "--document", read_document_sha256,
      [file](std::string digest) { file->action.set_document_sha256(std::move(digest)); },
      "the paper behind it: a file, or its SHA-256 in hex");
  return [file](Session& session) -> Result<Exit> {
    auto factors = read_factors(file->path);
    if (!factors) return tl::make_unexpected(factors.error());
    factors->MergeFrom(file->action);
    if (factors->table().empty() || factors->from() == 0 || factors->to() == 0)
      return fail(ErrorCode::INVALID_ARGUMENT, "give --table, --from and --to");
    v1::Payload payload;
    *payload.mutable_file_factors() = std::move(*factors);
    return submit(session, std::move(payload));
  };
}

Run declare_factor_list(CLI::App& app) {
  return lists<v1::FactorList>(app, "factors", kFactorColumns);
}

// ---- Footprints and targets -------------------------------------------------------------------

Run declare_report(CLI::App& app) {
  auto action = std::make_shared<v1::ReportFootprint>();
  app.add_option("footprint", *action->mutable_footprint(), "name of the footprint, new")
      ->required();
  add_year(app, action);
  app.add_option_function<std::uint32_t>(
         "--month", [action](std::uint32_t month) { action->set_month(month); },
         "month of it (the whole year)")
      ->check(CLI::Range(1u, 12u))
      ->type_name("MONTH");
  return submits_of_party(app, action, &v1::Payload::mutable_report_footprint);
}

Run declare_verify(CLI::App& app) {
  auto action = std::make_shared<v1::VerifyFootprint>();
  app.add_option("footprint", *action->mutable_footprint(), "footprint that was verified")
      ->required();
  add_choice(app, "verdict", "positive", "negative",
             [action](bool is_positive) { action->set_is_positive(is_positive); });
  add_paper(
      app, "--statement",
      [action](v1::Document statement) { *action->mutable_statement() = std::move(statement); },
      "the verification statement")
      ->required();
  return submits(action, &v1::Payload::mutable_verify_footprint);
}

Run declare_footprint_list(CLI::App& app) {
  return lists<v1::FootprintList>(app, "footprints", kFootprintColumns);
}
Run declare_footprint_show(CLI::App& app) {
  return shows<v1::Footprint>(app, "footprints", "footprint");
}

Run declare_target(CLI::App& app) {
  auto action = std::make_shared<v1::SetTarget>();
  add_year(app, action);
  add_value(
      app, "--max", parse_amount_kg, [action](std::int64_t most) { action->set_max_kg(most); },
      "the most it means to emit: 2000t, 1448.5t or 500kg")
      ->required()
      ->type_name("AMOUNT");
  add_paper(
      app, "--document",
      [action](v1::Document document) { *action->mutable_document() = std::move(document); },
      "the plan behind it");
  return submits_of_party(app, action, &v1::Payload::mutable_set_target);
}

Run declare_enterprise(CLI::App& app) {
  auto party = std::make_shared<std::string>();
  auto year = std::make_shared<std::uint32_t>();
  app.add_option("party", *party, "enterprise")->required();
  app.add_option("year", *year, "calendar year")->required();
  return [party, year](Session& session) {
    return show<v1::EnterpriseYear>(session, {"v1", "enterprises", *party, std::to_string(*year)});
  };
}

constexpr Command kCommands[] = {
    {"source", "file", "Files something that emits, with the meter that measures it.",
     "puhui source file acme/power --area 420100 --factor grid-power --unit kWh --scale 1 "
     "--device meter.key --from 2026-01-01 --party acme --key acme.key",
     declare_source_file},
    {"source", "replace-device", "Gives a source another meter.",
     "puhui source replace-device acme/power --device meter-2.key --party acme --key acme.key",
     declare_replace_device},
    {"source", "show", "Shows an emission source.", "puhui source show acme/power",
     declare_source_show},
    {"source", "list", "Lists emission sources.", "puhui source list --all", declare_source_list},
    {"source", "months", "Lists what a source's readings come to, month by month.",
     "puhui source months acme/power --client-cert acme.pem --client-key acme-tls.key",
     declare_months},
    {"reading", "submit", "Signs readings with the meter's key and sends them.",
     "puhui reading submit acme/power 2026-03.csv --device-key meter.key --party acme "
     "--key acme.key",
     declare_readings},
    {"factor", "file", "Files a table of emission factors.",
     "puhui factor file factors.csv --table national-2026 --from 2026-01-01 --to 2027-01-01 "
     "--document notice.pdf --party city-authority --key authority.key",
     declare_factors},
    {"factor", "list", "Lists emission factors and the days they are in force.",
     "puhui factor list --all", declare_factor_list},
    {"footprint", "report",
     "Reports what was emitted in a year or a month; the ledger computes it.",
     "puhui footprint report acme-2026 --year 2026 --party acme --key acme.key\n"
     "puhui footprint report acme-2026-03 --year 2026 --month 3 --party acme --key acme.key",
     declare_report},
    {"footprint", "verify", "Records a verifier's statement on a footprint.",
     "puhui footprint verify acme-2026 positive --statement statement.pdf --party tester "
     "--key tester.key",
     declare_verify},
    {"footprint", "show", "Shows a footprint, source by source.", "puhui footprint show acme-2026",
     declare_footprint_show},
    {"footprint", "list", "Lists footprints.", "puhui footprint list --all",
     declare_footprint_list},
    {"target", "set", "Sets the most that an enterprise means to emit in a year.",
     "puhui target set --year 2026 --max 800t --document plan.pdf --party acme --key acme.key",
     declare_target},
    {"enterprise", "show", "Shows how an enterprise stands in a year: footprint, target, units.",
     "puhui enterprise show acme 2026", declare_enterprise},
};

}  // namespace

std::span<const Command> emission_commands() { return kCommands; }

}  // namespace puhui::node::cli
