// The life of a unit across cities, each city asked for what its own ledger proves.
#include <map>

#include "crypto/bytes.h"
#include "ledger/recognition.h"
#include "node/cli/cities.h"

namespace puhui::node::cli {
namespace {

constexpr Column kStepColumns[] = {
    {"LEAF", "move.leaf"}, {"TIME", "move.time"}, {"MOVE", "move.kind"},
    {"FROM", "move.from"}, {"TO", "move.to"},     {"TRANSFER", "transfer"},
};
constexpr int kPartsMax = 10'000;

struct LineageFlags {
  std::uint64_t serial = 0;
  std::map<std::string, std::string> cities;  // by code: address or profile
};

using CityPtr = std::unique_ptr<relay::City>;

// The cities that can be asked, by code.
class Atlas {
 public:
  Atlas(Session& session, const std::map<std::string, std::string>& named)
      : session_(session), named_(named) {}

  // The city this run asks by its own settings.
  Result<relay::City*> own() {
    auto city = own_city(session_);
    if (!city) return tl::make_unexpected(city.error());
    return keep(std::move(*city));
  }
  // Null if nothing says how to ask it. WRONG_CITY if its node is of another.
  Result<relay::City*> find(const std::string& code) {
    if (const auto known = open_.find(code); known != open_.end()) return known->second.get();
    const auto where = named_.find(code);
    if (where == named_.end()) return nullptr;
    auto city = open_city(session_, where->second);
    if (!city) return tl::make_unexpected(city.error());
    if ((*city)->code() == code) return keep(std::move(*city));
    return fail(ErrorCode::WRONG_CITY, where->second + " is of " + (*city)->code());
  }

 private:
  relay::City* keep(CityPtr city) {
    const auto code = city->code();
    return (open_[code] = std::move(city)).get();
  }

  Session& session_;
  const std::map<std::string, std::string>& named_;
  std::map<std::string, CityPtr> open_;
};

// All steps of a serial in one city.
Result<v1::UnitLineage> lineage_in(relay::City& city, std::uint64_t serial) {
  v1::UnitLineage whole;
  std::string after;
  for (int part = 0; part < kPartsMax; ++part) {
    relay::Query query{{"limit", "1000"}};
    if (!after.empty()) query.emplace_back("after", after);
    auto lineage =
        city.get<v1::UnitLineage>({"v1", "lineage", std::to_string(serial)}, std::move(query));
    if (!lineage) return lineage;
    if (part == 0)
      whole = *lineage;
    else
      whole.mutable_steps()->MergeFrom(lineage->steps());
    after = lineage->next();
    whole.clear_next();
    if (after.empty()) return whole;
  }
  return fail(ErrorCode::CORRUPT, "the history the node answers has no end");
}

// Which kilogram of an export the serial is, as the city that issued it numbers it.
std::optional<std::uint64_t> place_in(const v1::Export& exported, std::uint64_t origin_serial) {
  std::uint64_t before = 0;
  for (const auto& run : exported.runs()) {
    const auto count = run.end() - run.start() + 1;
    if (origin_serial >= run.origin_start() && origin_serial - run.origin_start() < count)
      return before + (origin_serial - run.origin_start());
    before += count;
  }
  return std::nullopt;
}

// The serial under which the other city holds the unit; nothing if it did not recognise it. Units
// that come are numbered in the order of the export.
std::optional<std::uint64_t> serial_there(const v1::TransferRecord& there,
                                          std::uint64_t origin_serial) {
  if (there.state() != v1::TRANSFER_IMPORTED || there.export_().is_return()) return std::nullopt;
  auto place = place_in(there.export_(), origin_serial);
  if (!place) return std::nullopt;
  for (const auto& range : there.serials()) {
    const auto count = range.end() - range.start() + 1;
    if (*place < count) return range.start() + *place;
    *place -= count;
  }
  return std::nullopt;
}

// What became of the unit in the cities that the home city sent it to.
Result<void> follow_abroad(Atlas& atlas, const v1::UnitLineage& home, v1::UnitLineageList& found) {
  for (const auto& step : home.steps()) {
    if (step.move().kind() != v1::MOVE_LOCK || step.transfer().empty()) continue;
    const auto city = atlas.find(step.move().to());
    if (!city) return tl::make_unexpected(city.error());
    if (*city == nullptr) continue;
    const auto there =
        (*city)->find<v1::TransferRecord>({"v1", "transfers", crypto::hex_encode(step.transfer())});
    if (!there) return tl::make_unexpected(there.error());
    const auto serial =
        *there ? serial_there(**there, home.origin_serial()) : std::optional<std::uint64_t>();
    if (!serial) continue;
    auto abroad = lineage_in(**city, *serial);
    if (!abroad) return tl::make_unexpected(abroad.error());
    *found.add_items() = std::move(*abroad);
  }
  return {};
}

void print(Session& session, const v1::UnitLineageList& found) {
  auto& out = session.world().out;
  if (session.json()) {
    out << to_json(found);
    return;
  }
  for (const auto& lineage : found.items()) {
    out << printable(lineage.city()) << " serial " << lineage.serial() << ": "
        << printable(lineage.printed()) << ", issued by " << printable(lineage.issued_by()) << "\n"
        << list_table(lineage, kStepColumns, "steps");
    if (&lineage != &found.items(found.items_size() - 1)) out << "\n";
  }
}

// From home on, if home can be asked; else what is known here.
Result<Exit> show_lineage(Session& session, const LineageFlags& flags) {
  Atlas atlas(session, flags.cities);
  const auto own = atlas.own();
  if (!own) return tl::make_unexpected(own.error());
  auto lineage = lineage_in(**own, flags.serial);
  if (!lineage) return tl::make_unexpected(lineage.error());
  v1::UnitLineageList found;
  if (lineage->issued_by() != lineage->city()) {
    const auto home = atlas.find(lineage->issued_by());
    if (!home) return tl::make_unexpected(home.error());
    if (*home == nullptr) {
      *found.add_items() = std::move(*lineage);
      print(session, found);
      return Exit::ok;
    }
    lineage = lineage_in(**home, lineage->origin_serial());
    if (!lineage) return tl::make_unexpected(lineage.error());
  }
  *found.add_items() = *lineage;
  if (auto followed = follow_abroad(atlas, *lineage, found); !followed)
    return tl::make_unexpected(followed.error());
  print(session, found);
  return Exit::ok;
}

Result<std::pair<std::string, std::string>> parse_city(const std::string& text) {
  const auto equals = text.find('=');
  if (equals != std::string::npos && equals > 0 && equals + 1 < text.size())
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
  return fail(ErrorCode::INVALID_ARGUMENT, "\"" + text + "\": a city is CODE=URL or CODE=PROFILE");
}

Run declare_lineage(CLI::App& app) {
  auto flags = std::make_shared<LineageFlags>();
  add_value(
      app, "serial", parse_number, [flags](std::uint64_t number) { flags->serial = number; },
      "serial number in the city that is asked")
      ->required();
  add_values(
      app, "--city-url", parse_city,
      [flags](std::pair<std::string, std::string> city) { flags->cities.insert(std::move(city)); },
      "another city and its node, or a profile for it; repeat for several")
      ->type_name("CODE=URL|PROFILE")
      ->allow_extra_args(false);
  return [flags](Session& session) { return show_lineage(session, *flags); };
}

constexpr Command kCommands[] = {
    {"lineage", nullptr, "Shows the life of a unit across cities, each by its own ledger.",
     "puhui lineage 90017 --city-url WUHAN=wuhan.toml --city-url HEFEI=https://10.1.0.1:7443",
     declare_lineage},
};

}  // namespace

std::span<const Command> lineage_commands() { return kCommands; }

}  // namespace puhui::node::cli
