// Methodologies: convert, file, read, and compute by hand.
#include <algorithm>
#include <optional>

#include "ledger/rules/filing/programs.h"
#include "node/cli/catalogue.h"
#include "node/cli/command.h"
#include "node/files/folder.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kColumns[] = {
    {"CODE", "methodology.code"},
    {"VERSION", "methodology.version"},
    {"KIND", "methodology.kind"},
    {"SCENARIO", "methodology.scenario"},
    {"FROM", "methodology.effective_from"},
    {"TO", "methodology.effective_to"},
    {"SAMPLE", "sample"},
    {"STANDING", "standing"},
    {"LEAF", "filed_at"},
    {"NAME", "methodology.name_zh"},
};

// A file of methodologies, and which of them are meant.
struct Source {
  std::string path;
  std::vector<std::string> codes;
  std::map<std::string, std::string> issuer_codes;
};

std::shared_ptr<Source> add_source(CLI::App& app) {
  auto source = std::make_shared<Source>();
  app.add_option("file", source->path, "JSON of a methodology, a list of them, or a catalogue")
      ->required();
  app.add_option("--code", source->codes, "only this methodology; repeat for several")
      ->allow_extra_args(false);
  add_values(
      app, "--issuer-code", parse_named_value,
      [source](const v1::NamedValue& map) { source->issuer_codes[map.name()] = map.value(); },
      "NAME=CODE: city code of an issuer's name in a catalogue (its letters in upper case)")
      ->allow_extra_args(false);
  return source;
}

Result<std::vector<v1::Methodology>> read(const Source& source) {
  const auto bytes = read_file(source.path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto methodologies = read_methodologies(*bytes, source.issuer_codes);
  if (!methodologies)
    return fail(methodologies.error().code, source.path + ": " + methodologies.error().detail);
  const auto named = [&](const std::string& code) {
    return std::ranges::any_of(*methodologies,
                               [&](const v1::Methodology& m) { return m.code() == code; });
  };
  for (const auto& code : source.codes)
    if (!named(code)) return fail(ErrorCode::NOT_FOUND, code + " in " + source.path);
  if (!source.codes.empty())
    std::erase_if(*methodologies, [&](const v1::Methodology& m) {
      return std::ranges::find(source.codes, m.code()) == source.codes.end();
    });
  if (methodologies->empty()) return fail(ErrorCode::NOT_FOUND, "a methodology in " + source.path);
  return methodologies;
}

Run declare_import(CLI::App& app) {
  return [source = add_source(app)](Session& session) -> Result<Exit> {
    const auto methodologies = read(*source);
    if (!methodologies) return tl::make_unexpected(methodologies.error());
    if (methodologies->size() == 1) {
      auto delivered = session.deliver(to_json(methodologies->front()));
      if (!delivered) return tl::make_unexpected(delivered.error());
      return Exit::ok;
    }
    v1::MethodologyList list;
    for (const auto& methodology : *methodologies)
      *list.add_items()->mutable_methodology() = methodology;
    if (auto delivered = session.deliver(to_json(list)); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

// A version is what follows the last slash.
Result<v1::MethodologyVersion> parse_version(const std::string& text) {
  const auto slash = text.rfind('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size())
    return fail(ErrorCode::INVALID_ARGUMENT, "\"" + text + "\": CODE/VERSION is expected");
  v1::MethodologyVersion version;
  version.set_code(text.substr(0, slash));
  version.set_version(text.substr(slash + 1));
  return version;
}

Run declare_file(CLI::App& app) {
  auto source = add_source(app);
  auto superseded = std::make_shared<std::optional<v1::MethodologyVersion>>();
  add_value(
      app, "--supersedes", parse_version,
      [superseded](v1::MethodologyVersion version) { *superseded = std::move(version); },
      "the version in force that ends where this one begins")
      ->type_name("CODE/VERSION");
  return [source, superseded](Session& session) -> Result<Exit> {
    const auto methodologies = read(*source);
    if (!methodologies) return tl::make_unexpected(methodologies.error());
    if (*superseded && methodologies->size() > 1)
      return fail(ErrorCode::INVALID_ARGUMENT,
                  "--supersedes names one version, and the file holds several: give --code");
    std::vector<Draft> drafts;
    for (const auto& methodology : *methodologies) {
      auto& action = *drafts.emplace_back().payload.mutable_file_methodology();
      *action.mutable_methodology() = methodology;
      if (*superseded) *action.mutable_supersedes() = **superseded;
    }
    return submit(session, std::move(drafts));
  };
}

struct Calculation {
  std::vector<v1::NamedValue> inputs;
  std::size_t tier = 0;
};

Result<std::vector<std::string>> explain(const v1::Methodology& methodology,
                                         const Calculation& calculation) {
  const auto program = ledger::build_program(methodology);
  if (!program) return tl::make_unexpected(program.error());
  std::vector<ledger::formula::NamedInput> named;
  for (const auto& input : calculation.inputs) named.push_back({input.name(), input.value()});
  const auto values = program->read_named(named);
  if (!values) return tl::make_unexpected(values.error());
  return program->explain(*values, calculation.tier);
}

Run declare_compute(CLI::App& app) {
  auto source = add_source(app);
  auto calculation = std::make_shared<Calculation>();
  add_values(
      app, "--input", parse_named_value,
      [calculation](v1::NamedValue input) { calculation->inputs.push_back(std::move(input)); },
      "NAME=VALUE; one for each input")
      ->allow_extra_args(false);
  app.add_option("--tier", calculation->tier, "index of the evidence tier");
  return [source, calculation](Session& session) -> Result<Exit> {
    const auto methodologies = read(*source);
    if (!methodologies) return tl::make_unexpected(methodologies.error());
    if (methodologies->size() != 1)
      return fail(ErrorCode::INVALID_ARGUMENT, "the file holds several methodologies: give --code");
    const auto lines = explain(methodologies->front(), *calculation);
    if (!lines) return tl::make_unexpected(lines.error());
    for (const auto& line : *lines) session.world().out << printable(line) << "\n";
    return Exit::ok;
  };
}

Run declare_list(CLI::App& app) {
  return lists<v1::MethodologyList>(app, "methodologies", kColumns);
}

Run declare_show(CLI::App& app) {
  auto name = std::make_shared<std::pair<std::string, std::string>>();
  app.add_option("code", name->first, "methodology code")->required();
  app.add_option("version", name->second, "its version")->required();
  return [name](Session& session) {
    return show<v1::MethodologyRecord>(session, {"v1", "methodologies", name->first, name->second});
  };
}

constexpr Command kCommands[] = {
    {"methodology", "import",
     "Converts a catalogue into methodologies as they are filed, without a node.",
     "puhui methodology import catalogue.json --code WH-PV-2023\n"
     "puhui methodology import catalogue.json --issuer-code Wuhan=WH --out methodologies.json",
     declare_import},
    {"methodology", "file", "Files one or several methodologies from a JSON file.",
     "puhui methodology file catalogue.json --code WH-BIKE-2024 --party drafter "
     "--key drafter.key --key expert.key --key operator.key\n"
     "puhui methodology file bus-2026.json --supersedes WH-BUS-2023/V01 --draft bus-2026 "
     "--enclose study.pdf --party expert-1 --key expert-1.key",
     declare_file},
    {"methodology", "compute", "Computes a result step by step, without a node.",
     "puhui methodology compute catalogue.json --code WH-BIKE-2024 --input distance=900",
     declare_compute},
    {"methodology", "list", "Lists the methodologies filed.", "puhui methodology list --all",
     declare_list},
    {"methodology", "show", "Shows a methodology version.", "puhui methodology show WH-PV-2023 V01",
     declare_show},
};

}  // namespace

std::span<const Command> methodology_commands() { return kCommands; }

}  // namespace puhui::node::cli
