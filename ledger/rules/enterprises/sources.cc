#include <algorithm>
#include <cassert>

#include "ledger/formula/rational.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/enterprises/actions.h"
#include "ledger/rules/enterprises/enterprises.h"

namespace puhui::ledger {
namespace {

// An end that no day comes after stands for an open one.
constexpr std::int64_t kOpenEnd = kDayMax + 1;

Ruling check_form(const v1::FileSource& action) {
  if (!is_name(action.source())) return malformed("source");
  if (!is_name(action.factor())) return malformed("factor");
  if (!is_label(action.unit())) return malformed("unit");
  if (action.scale() > formula::kMaxScale) return malformed("scale");
  if (action.name_zh().size() > kTextSizeMax || action.name_en().size() > kTextSizeMax)
    return malformed("name");
  if (!is_area(action.area()))
    return refuse(ErrorCode::AREA_INVALID, "source.area", "GB/T 2260", {}, action.area());
  const bool has_end = action.to() != 0;
  if (!is_day(action.from()) || (has_end && (!is_day(action.to()) || action.to() <= action.from())))
    return refuse(ErrorCode::PERIOD_INVALID, "source.days", {}, {},
                  period_text(action.from(), action.to()));
  return {};
}

Ruling check_device(const v1::Key& device) {
  if (crypto::PublicKey::decode(device.public_key())) return {};
  return refuse(ErrorCode::KEY_MALFORMED, "source.device");
}

Ruling need_room(const Context& context, const std::string& party) {
  const auto prefix = key::sources_of(party);
  std::size_t count = 0;
  for (auto at = context.state.at_or_after(prefix, prefix); at;
       at = context.state.at_or_after(prefix, at->key + '\0'))
    ++count;
  if (count < kSourcesPerPartyMax) return {};
  return refuse(ErrorCode::TOO_LARGE, "source.count", std::to_string(kSourcesPerPartyMax),
                std::to_string(count), "1");
}

Ruling need_unit(const Context& context, const v1::FileSource& action) {
  const auto unit = unit_of(context.state, action.factor());
  if (!unit || *unit == action.unit()) return {};
  return refuse(ErrorCode::FACTOR_MALFORMED, "source.unit", *unit, {}, action.unit());
}

}  // namespace

Days Days::within(const Days& other) const {
  return {std::max(from, other.from), std::min(to, other.to)};
}

tl::expected<v1::EmissionSource, Refusal> need_source(const Context& context,
                                                      const std::string& name) {
  auto source =
      is_name(name) ? context.state.find<v1::EmissionSource>(key::source(name)) : std::nullopt;
  if (!source) return refuse(ErrorCode::SOURCE_UNKNOWN, "source.known", {}, {}, name);
  return std::move(*source);
}

tl::expected<v1::Party, Refusal> need_enterprise(const Context& context, const std::string& name) {
  auto party = is_name(name) ? context.state.find<v1::Party>(key::party(name)) : std::nullopt;
  if (!party) return refuse(ErrorCode::PARTY_UNKNOWN, "enterprise.known", {}, {}, name);
  return std::move(*party);
}

Subject about(const v1::Party& enterprise) {
  Subject subject;
  subject.party = enterprise.party();
  subject.area = enterprise.area();
  return subject;
}

Subject about(const v1::FileSource& source) {
  Subject subject;
  subject.party = source.party();
  subject.area = source.area();
  return subject;
}

std::vector<v1::FileSource> sources_of(const State& state, const std::string& party) {
  std::vector<v1::FileSource> sources;
  const auto prefix = key::sources_of(party);
  for (auto at = state.at_or_after(prefix, prefix); at;
       at = state.at_or_after(prefix, at->key + '\0')) {
    auto source = state.find<v1::EmissionSource>(key::source(at->key.substr(prefix.size())));
    assert(source && "a party has a source that was never filed");
    sources.push_back(std::move(*source->mutable_filing()));
  }
  return sources;
}

Days days_of(const v1::FileSource& source) {
  return {source.from(), source.to() == 0 ? kOpenEnd : source.to()};
}

Ruling file_source(Context& context, const v1::FileSource& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto form = check_form(action); !form) return form;
  if (auto device = check_device(action.device()); !device) return device;
  const auto stored = key::source(action.source());
  if (context.state.has(stored))
    return refuse(ErrorCode::SOURCE_EXISTS, "source.new", {}, action.source());
  const auto party = need_enterprise(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (auto room = need_room(context, action.party()); !room) return room;
  if (auto unit = need_unit(context, action); !unit) return unit;
  if (auto met = require_signers(context, "source.file", about(action)); !met) return met;
  const auto leaf = static_cast<std::int64_t>(context.leaf);
  v1::EmissionSource source;
  *source.mutable_filing() = action;
  source.set_filed_at(leaf);
  source.set_device_at(leaf);
  context.state.put(stored, source);
  context.state.put(key::source_of(action.party(), action.source()), std::string_view());
  return {};
}

Ruling replace_device(Context& context, const v1::ReplaceDevice& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto device = check_device(action.device()); !device) return device;
  auto source = need_source(context, action.source());
  if (!source) return tl::make_unexpected(source.error());
  if (auto met = require_signers(context, "source.device", about(source->filing())); !met)
    return met;
  *source->mutable_filing()->mutable_device() = action.device();
  source->set_device_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::source(action.source()), *source);
  return {};
}

}  // namespace puhui::ledger
