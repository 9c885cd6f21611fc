#include "node/cli/catalogue.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <optional>

#include "ledger/formula/rational.h"
#include "ledger/rules/filing/programs.h"
#include "node/cli/text.h"
#include "node/cli/values.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;
using ledger::formula::Rational;

tl::unexpected<Error> malformed(std::string_view field, std::string_view what) {
  return fail(ErrorCode::METHODOLOGY_MALFORMED, std::string(field) + " " + std::string(what));
}

// Reads the fields of one JSON object; remembers the first thing that is not as it must be.
class Reader {
 public:
  explicit Reader(const Struct& object) : object_(object) {}

  const Value* find(const std::string& name) const {
    const auto found = object_.fields().find(name);
    const bool absent =
        found == object_.fields().end() || found->second.kind_case() == Value::kNullValue;
    return absent ? nullptr : &found->second;
  }
  std::string text(const std::string& name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (value->kind_case() == Value::kStringValue) return value->string_value();
    note(name + " must be a string");
    return {};
  }
  std::uint32_t count(const std::string& name, std::uint32_t otherwise) {
    const auto* value = find(name);
    if (value == nullptr) return otherwise;
    constexpr double kCountMax = 1'000'000;
    const double number = value->number_value();
    const bool sound = value->kind_case() == Value::kNumberValue && number >= 0 &&
                       number <= kCountMax &&
                       number == static_cast<double>(static_cast<std::uint32_t>(number));
    if (sound) return static_cast<std::uint32_t>(number);
    note(name + " must be a small whole number");
    return otherwise;
  }
  // An amount: exact, so a string.
  std::int64_t grams(const std::string& name, std::int64_t otherwise) {
    if (find(name) == nullptr) return otherwise;
    const auto number = parse_scaled(text(name), 0);
    if (number && *number >= 0) return *number;
    note(name + " must be a string of whole grams");
    return otherwise;
  }
  std::int64_t day(const std::string& name) {
    const auto date = text(name);
    if (date.empty()) return 0;
    const auto parsed = parse_day(date);
    if (!parsed) note(name + ": " + parsed.error().detail);
    return parsed.value_or(0);
  }
  std::vector<std::string> texts(const std::string& name) {
    std::vector<std::string> values;
    for (const auto& element : elements(name)) {
      if (element.kind_case() != Value::kStringValue) note(name + " must hold strings");
      values.push_back(element.string_value());
    }
    return values;
  }
  std::vector<Struct> objects(const std::string& name) {
    std::vector<Struct> values;
    for (const auto& element : elements(name)) {
      if (element.kind_case() != Value::kStructValue) note(name + " must hold objects");
      values.push_back(element.struct_value());
    }
    return values;
  }
  // The fields of an object; none if it is absent.
  const Struct& object(const std::string& name) {
    const auto* value = find(name);
    if (value == nullptr) return Struct::default_instance();
    if (value->kind_case() != Value::kStructValue) note(name + " must be an object");
    return value->struct_value();
  }
  // One of the words, as the number that stands beside it.
  template <class Enum>
  Enum word(const std::string& name,
            std::initializer_list<std::pair<std::string_view, Enum>> words) {
    const auto given = text(name);
    for (const auto& [spelling, value] : words)
      if (spelling == given) return value;
    note(name + " is \"" + given + "\"");
    return Enum{};
  }
  void note(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }
  const std::string& fault() const { return fault_; }

 private:
  google::protobuf::RepeatedPtrField<Value> elements(const std::string& name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (value->kind_case() == Value::kListValue) return value->list_value().values();
    note(name + " must be a list");
    return {};
  }

  const Struct& object_;
  std::string fault_;
};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string scenario_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      name += static_cast<char>(c - 'A' + 'a');
    } else if (is_letter_or_digit(c)) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (name.ends_with('-')) name.pop_back();
  return name;
}

std::string issuer_code(const std::string& issuer,
                        const std::map<std::string, std::string>& codes) {
  if (const auto found = codes.find(issuer); found != codes.end()) return found->second;
  std::string code;
  for (const char c : issuer) {
    if (!is_letter_or_digit(c)) continue;
    code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return code;
}

void read_inputs(Reader& entry, v1::Methodology& methodology) {
  for (const auto& object : entry.objects("inputs")) {
    Reader input(object);
    auto& added = *methodology.add_inputs();
    added.set_name(input.text("name"));
    added.set_unit(input.text("unit"));
    added.set_min(input.text("min"));
    added.set_max(input.text("max"));
    added.set_scale(input.count("scale", 0));
    added.set_role(input.word<v1::InputRole>(
        "role", {{"monitored", v1::MONITORED}, {"parameter", v1::PARAMETER}}));
    if (!input.fault().empty()) entry.note("input " + added.name() + ": " + input.fault());
  }
}

void read_constants(Reader& entry, v1::Methodology& methodology) {
  for (const auto& object : entry.objects("constants")) {
    Reader constant(object);
    auto& added = *methodology.add_constants();
    added.set_name(constant.text("name"));
    added.set_value(constant.text("value"));
    added.set_unit(constant.text("unit"));
    added.set_source(constant.text("source"));
    if (!constant.fault().empty()) entry.note("constant " + added.name() + ": " + constant.fault());
  }
}

void read_program(Reader& entry, v1::Methodology& methodology) {
  read_inputs(entry, methodology);
  read_constants(entry, methodology);
  methodology.set_formula(entry.text("formula"));
  for (auto& guard : entry.texts("guards")) methodology.add_guards(std::move(guard));
  for (auto& check : entry.texts("checks")) methodology.add_registry_checks(std::move(check));
  methodology.set_result_unit(entry.word<v1::ResultUnit>(
      "result_unit", {{"g", v1::GRAM}, {"kg", v1::KILOGRAM}, {"t", v1::TONNE}}));
  methodology.set_rounding(
      entry.word<v1::Rounding>("rounding", {{"floor", v1::FLOOR}, {"half_up", v1::HALF_UP}}));
}

// How acts are claimed, and what they are worth: as an entry says, or the catalogue for all.
struct Claims {
  std::uint32_t slots_per_day = kRideSlotsPerDay;
  std::uint32_t opens_days = 0, window_days = kClaimWindowDays;
  std::vector<v1::EvidenceTier> tiers;
  std::int64_t day_cap_g = 0, year_cap_g = 0;
  std::uint32_t day_cap_records = 0;
};

std::vector<v1::EvidenceTier> listed_tiers(Reader& from) {
  std::vector<v1::EvidenceTier> tiers;
  for (const auto& object : from.objects("tiers")) {
    Reader tier(object);
    auto& added = tiers.emplace_back();
    added.set_name(tier.text("name"));
    added.set_factor(tier.text("factor"));
    if (!tier.fault().empty()) from.note("tier " + added.name() + ": " + tier.fault());
  }
  return tiers;
}

// Records name a tier by its place, and an object has no order: the best evidence comes first.
std::vector<v1::EvidenceTier> ranked_tiers(Reader& from) {
  using Ranked = std::pair<Rational, v1::EvidenceTier>;
  const auto& factors = from.object("evidence_tiers");
  Reader values(factors);
  std::vector<Ranked> ranked;
  for (const auto& [name, ignored] : factors.fields()) {
    auto& [rank, tier] = ranked.emplace_back();
    tier.set_name(name);
    tier.set_factor(values.text(name));
    const auto factor = Rational::parse(tier.factor());
    if (factor)
      rank = *factor;
    else
      from.note("tier " + name + ": factor must be a string of a number");
  }
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    return a.first == b.first ? a.second.name() < b.second.name() : b.first < a.first;
  });
  std::vector<v1::EvidenceTier> tiers;
  for (auto& [rank, tier] : ranked) tiers.push_back(std::move(tier));
  return tiers;
}

Claims read_claims(Reader& from, Claims claims) {
  if (from.find("claim_slot") != nullptr)
    claims.slots_per_day = from.text("claim_slot").ends_with("day") ? 1 : kRideSlotsPerDay;
  claims.slots_per_day = from.count("slots_per_day", claims.slots_per_day);
  Reader window(from.object("claim_window"));
  claims.opens_days = window.count("visible_after_days", claims.opens_days);
  claims.window_days = window.count("collect_within_days", claims.window_days);
  if (!window.fault().empty()) from.note("claim_window: " + window.fault());
  claims.opens_days = from.count("claim_opens_days", claims.opens_days);
  claims.window_days = from.count("claim_window_days", claims.window_days);
  if (from.find("evidence_tiers") != nullptr) claims.tiers = ranked_tiers(from);
  if (from.find("tiers") != nullptr) claims.tiers = listed_tiers(from);
  claims.day_cap_g = from.grams("day_cap_g", claims.day_cap_g);
  claims.year_cap_g = from.grams("year_cap_g", claims.year_cap_g);
  claims.day_cap_records = from.count("records_per_person_per_day", claims.day_cap_records);
  return claims;
}

void set_claims(Claims claims, v1::Methodology& methodology) {
  for (auto& tier : claims.tiers) *methodology.add_tiers() = std::move(tier);
  if (methodology.kind() != v1::BEHAVIOUR) return;
  methodology.set_slots_per_day(claims.slots_per_day);
  methodology.set_claim_opens_days(claims.opens_days);
  methodology.set_claim_window_days(claims.window_days);
  methodology.set_day_cap_g(claims.day_cap_g);
  methodology.set_year_cap_g(claims.year_cap_g);
  methodology.set_day_cap_records(claims.day_cap_records);
}

using Remainders = std::map<v1::MethodologyKind, v1::Remainder>;

std::optional<v1::Remainder> remainder_of(std::string_view word) {
  if (word == "carried") return v1::REMAINDER_CARRIED;
  if (word == "dropped") return v1::REMAINDER_DROPPED;
  return std::nullopt;
}

// "carried for projects, dropped for behaviour"; a word alone is for projects.
Remainders read_remainders(Reader& from) {
  Remainders remainders;
  const auto text = from.text("remainder");
  for (std::string_view rest = text; !rest.empty();) {
    const auto part = rest.substr(0, rest.find(", "));
    rest.remove_prefix(std::min(rest.size(), part.size() + 2));
    const auto word = remainder_of(part.substr(0, part.find(' ')));
    const auto whose = part.substr(std::min(part.size(), std::size_t{7}));
    const bool of_projects = whose.empty() || whose == " for projects";
    if (!word || !(of_projects || whose == " for behaviour"))
      from.note("remainder is \"" + text + "\"");
    else
      remainders[of_projects ? v1::PROJECT : v1::BEHAVIOUR] = *word;
  }
  return remainders;
}

struct Catalogue {
  const std::map<std::string, std::string>& issuer_codes;
  Claims claims;  // of behaviours
  Remainders remainders;
};

v1::Remainder read_remainder(Reader& entry, v1::MethodologyKind kind, const Remainders& defaults) {
  if (entry.find("remainder") != nullptr)
    return entry.word<v1::Remainder>(
        "remainder", {{"carried", v1::REMAINDER_CARRIED}, {"dropped", v1::REMAINDER_DROPPED}});
  const auto found = defaults.find(kind);
  return found == defaults.end() ? v1::REMAINDER_UNSPECIFIED : found->second;
}

Result<v1::Methodology> read_entry(const Struct& object, const Catalogue& catalogue) {
  Reader entry(object);
  v1::Methodology methodology;
  methodology.set_code(entry.text("code"));
  methodology.set_version(entry.text("version"));
  methodology.set_kind(entry.word<v1::MethodologyKind>(
      "kind", {{"project", v1::PROJECT}, {"behaviour", v1::BEHAVIOUR}}));
  methodology.set_scenario(scenario_name(entry.text("scenario")));
  methodology.set_name_zh(entry.text("name_zh"));
  methodology.set_name_en(entry.text("name"));
  methodology.set_issued_by(issuer_code(entry.text("issued_by"), catalogue.issuer_codes));
  methodology.set_serial_code(entry.text("serial_code"));
  methodology.set_effective_from(entry.day("effective_from"));
  methodology.set_effective_to(entry.day("effective_to"));
  methodology.set_grade(entry.text("grade"));
  methodology.set_note(entry.text("note"));
  read_program(entry, methodology);
  methodology.set_remainder(read_remainder(entry, methodology.kind(), catalogue.remainders));
  const bool is_behaviour = methodology.kind() == v1::BEHAVIOUR;
  set_claims(read_claims(entry, is_behaviour ? catalogue.claims : Claims{}), methodology);
  if (!entry.fault().empty()) return malformed(methodology.code() + ":", entry.fault());
  return methodology;
}

Result<std::vector<v1::Methodology>> read_catalogue(
    const Struct& file, const std::map<std::string, std::string>& issuer_codes) {
  Reader reader(file);
  Reader defaults(reader.object("defaults"));
  const Catalogue catalogue{issuer_codes, read_claims(defaults, {}), read_remainders(defaults)};
  if (!defaults.fault().empty()) return malformed("defaults:", defaults.fault());
  std::vector<v1::Methodology> methodologies;
  for (const auto& object : reader.objects("methodologies")) {
    auto methodology = read_entry(object, catalogue);
    if (!methodology) return tl::make_unexpected(methodology.error());
    methodologies.push_back(std::move(*methodology));
  }
  if (!reader.fault().empty()) return malformed("the catalogue:", reader.fault());
  return methodologies;
}

// The message forms; which one it is was seen from the fields of the file.
Result<std::vector<v1::Methodology>> read_messages(std::string_view json, const Struct& file) {
  std::vector<v1::Methodology> methodologies;
  Result<void> read;
  if (file.fields().contains("items")) {
    v1::MethodologyList list;
    read = from_json(json, list, true);
    for (const auto& record : list.items()) methodologies.push_back(record.methodology());
  } else if (file.fields().contains("methodology")) {
    v1::MethodologyRecord record;
    read = from_json(json, record, true);
    methodologies.push_back(record.methodology());
  } else {
    read = from_json(json, methodologies.emplace_back(), false);
  }
  if (!read) return tl::make_unexpected(read.error());
  return methodologies;
}

}  // namespace

Result<std::vector<v1::Methodology>> read_methodologies(
    std::string_view json, const std::map<std::string, std::string>& issuer_codes) {
  Struct file;
  if (auto read = from_json(json, file, false); !read) return tl::make_unexpected(read.error());
  auto methodologies = file.fields().contains("methodologies") ? read_catalogue(file, issuer_codes)
                                                               : read_messages(json, file);
  if (!methodologies) return methodologies;
  for (const auto& methodology : *methodologies) {
    if (const auto program = ledger::build_program(methodology); !program)
      return fail(program.error().code, methodology.code() + ": " + program.error().detail);
  }
  return methodologies;
}

}  // namespace puhui::node::cli
