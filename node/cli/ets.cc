// The yearly list of firms that surrender allowances: published in parts, read again.
#include <algorithm>
#include <set>

#include "node/cli/command.h"
#include "node/cli/csv.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

constexpr Column kYearColumns[] = {{"YEAR", "year"}, {"FIRMS", "firms"}, {"LEAF", "complete_at"}};
constexpr Column kFirmColumns[] = {
    {"ENTITY", "legal_entity"},
    {"BAND", "energy_band"},
    {"DUE-KG", "allowances_due_kg"},
    {"EMITTED-KG", "verified_emissions_kg"},
    {"KEYS", "keys"},
};

// Of one event: what the ledger takes at once, and what leaves room in it for every signature.
constexpr int kFirmsOfPartMax = 1'000;
constexpr std::size_t kBytesOfPartMax = 60'000;

using Firms = google::protobuf::RepeatedPtrField<v1::EtsFirm>;

tl::unexpected<Error> invalid(const std::string& what) {
  return fail(ErrorCode::INVALID_ARGUMENT, what);
}

Result<std::int64_t> kilograms(const std::string& text) {
  if (text.empty()) return 0;
  const auto number = parse_number(text);
  if (!number || *number > INT64_MAX) return invalid("\"" + text + "\": whole kilograms");
  return static_cast<std::int64_t>(*number);
}

Result<void> set_cell(v1::EtsFirm& firm, const std::string& title, const std::string& cell) {
  if (title == "legal_entity") {
    firm.set_legal_entity(cell);
  } else if (title == "energy_band") {
    firm.set_energy_band(cell);
  } else if (title == "keys") {
    for (const auto key : split(cell, ' '))
      if (!key.empty()) firm.add_keys(std::string(key));
  } else if (title == "allowances_due_kg" || title == "verified_emissions_kg") {
    const auto amount = kilograms(cell);
    if (!amount) return tl::make_unexpected(amount.error());
    if (title == "allowances_due_kg")
      firm.set_allowances_due_kg(*amount);
    else
      firm.set_verified_emissions_kg(*amount);
  } else {
    return invalid(
        "a list has legal_entity, energy_band, allowances_due_kg, "
        "verified_emissions_kg and keys, not " +
        title);
  }
  return {};
}

Result<v1::EtsFirm> read_firm(const CsvReader& csv, std::string_view line) {
  const auto row = csv.read(line);
  if (!row) return tl::make_unexpected(row.error());
  v1::EtsFirm firm;
  for (const auto& [title, cell] : *row)
    if (auto set = set_cell(firm, title, cell); !set) return tl::make_unexpected(set.error());
  return firm;
}

Result<Firms> read_csv(std::string_view text) {
  text = without_mark(text);
  CsvReader csv;
  std::size_t line = 1;
  const auto at_line = [&line](const Error& error) {
    return invalid("line " + std::to_string(line) + ": " + error.detail);
  };
  if (auto read = csv.read_titles(take_text_line(text)); !read) return at_line(read.error());
  Firms firms;
  while (!text.empty()) {
    ++line;
    const auto content = take_text_line(text);
    if (content.empty()) continue;
    auto firm = read_firm(csv, content);
    if (!firm) return at_line(firm.error());
    *firms.Add() = std::move(*firm);
  }
  return firms;
}

Result<Firms> read_json(std::string_view text) {
  v1::EtsFirmList list;
  if (auto read = from_json(text, list, false); !read) return tl::make_unexpected(read.error());
  return std::move(*list.mutable_items());
}

// In parts, a firm that is there twice would replace itself.
Result<void> check_firms(const Firms& firms) {
  if (firms.empty()) return invalid("no firm is listed");
  std::set<std::string> entities;
  for (const auto& firm : firms) {
    if (firm.legal_entity().empty()) return invalid("a firm without a legal_entity");
    if (!entities.insert(firm.legal_entity()).second)
      return invalid(firm.legal_entity() + " is listed twice");
  }
  return {};
}

Result<Firms> read_firms(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto firms = path.ends_with(".json") ? read_json(*bytes) : read_csv(*bytes);
  if (!firms) return invalid(path + ": " + firms.error().detail);
  if (auto sound = check_firms(*firms); !sound) return invalid(path + ": " + sound.error().detail);
  return firms;
}

struct Publication {
  std::string path;
  v1::PublishEtsList part;  // what all parts have in common
  bool is_last = false;
};

// The firms in order, in as few events as their limits allow.
std::vector<Draft> split_up(const Publication& publication, Firms& firms) {
  std::vector<Draft> drafts;
  std::size_t bytes = 0;
  v1::PublishEtsList* part = nullptr;
  for (auto& firm : firms) {
    const auto size = firm.ByteSizeLong() + 4;  // with its tag and length
    if (part == nullptr || part->firms_size() == kFirmsOfPartMax ||
        bytes + size > kBytesOfPartMax) {
      part = drafts.emplace_back().payload.mutable_publish_ets_list();
      *part = publication.part;
      bytes = 0;
    }
    bytes += size;
    *part->add_firms() = std::move(firm);
  }
  part->set_is_last_part(publication.is_last);
  return drafts;
}

Run declare_publish(CLI::App& app) {
  auto publication = std::make_shared<Publication>();
  app.add_option("file", publication->path, "CSV, or JSON as the list is answered")->required();
  app.add_option_function<std::uint32_t>(
         "--year", [publication](std::uint32_t year) { publication->part.set_year(year); },
         "year of the list")
      ->required()
      ->check(CLI::Range(2000u, 9999u))
      ->type_name("YEAR");
  app.add_flag("--last-part", publication->is_last,
               "nothing follows: the list is in force from now on");
  add_value(
      app, "--document", read_document_sha256,
      [publication](std::string digest) {
        publication->part.set_document_sha256(std::move(digest));
      },
      "the paper behind it: a file, or its SHA-256 in hex");
  return [publication](Session& session) -> Result<Exit> {
    auto firms = read_firms(publication->path);
    if (!firms) return tl::make_unexpected(firms.error());
    return submit_in_turn(session, split_up(*publication, *firms));
  };
}

Run declare_list(CLI::App& app) { return lists<v1::EtsYearList>(app, "ets", kYearColumns); }

Run declare_show(CLI::App& app) {
  auto year = std::make_shared<std::uint32_t>();
  app.add_option("year", *year, "year of the list")->required();
  auto flags = add_list_flags(app);
  return [year, flags](Session& session) {
    return show_list<v1::EtsFirmList>(session, {"v1", "ets", std::to_string(*year)}, *flags,
                                      kFirmColumns);
  };
}

constexpr Command kCommands[] = {
    {"ets", "publish", "Publishes firms that surrender allowances; a long list in several events.",
     "puhui ets publish firms-2025.csv --year 2025 --last-part --party ets --key ets.key\n"
     "puhui ets show 2025 --all -o json > firms.json",
     declare_publish},
    {"ets", "list", "Lists the years; without a leaf, the last part of a list is still to come.",
     "puhui ets list", declare_list},
    {"ets", "show", "Lists the firms of a year.", "puhui ets show 2025 --all", declare_show},
};

}  // namespace

std::span<const Command> ets_commands() { return kCommands; }

}  // namespace puhui::node::cli
