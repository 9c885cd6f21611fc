// What enterprises emit, and how they stand in a year.
#include <algorithm>
#include <map>
#include <set>

#include "ledger/rules/enterprises/enterprises.h"
#include "ledger/store/keys.h"
#include "ledger/views/stored.h"

namespace puhui::ledger {
namespace {

// Each month and the year (month 0) by the newest footprint that was not rejected.
std::map<std::uint32_t, v1::Footprint> footprints_in(const Reader& reader, std::string_view party,
                                                     std::uint32_t year) {
  std::map<std::uint32_t, v1::Footprint> newest;
  const auto prefix = key::footprints_of(party);
  reader.scan(prefix, prefix, [&](std::string_view stored, std::string_view) {
    auto footprint = find<v1::Footprint>(reader, key::footprint(stored.substr(prefix.size())));
    assert(footprint && "a party has a footprint that was never reported");
    const auto& report = footprint->report();
    if (report.year() != year || footprint->state() == v1::FOOTPRINT_REJECTED) return true;
    auto& known = newest[report.month()];
    if (footprint->reported_at() > known.reported_at()) known = std::move(*footprint);
    return true;
  });
  return newest;
}

// Fills in what its accounts hold; answers their names.
std::set<std::string> add_holdings(const Reader& reader, v1::EnterpriseYear& standing) {
  std::set<std::string> own;
  reader.scan("vA", "vA\x02", [&](std::string_view, std::string_view value) {
    const auto account = parse<v1::Account>(value);
    if (account.owner() != standing.party()) return true;
    own.insert(account.account());
    standing.set_held_kg(standing.held_kg() + account.units_held_kg());
    standing.set_bound_kg(standing.bound_kg() + account.units_bound_kg());
    return true;
  });
  return own;
}

// What keeps units of its accounts from moving, by kind.
void add_bound(const Reader& reader, const std::set<std::string>& own,
               v1::EnterpriseYear& standing) {
  std::map<v1::BondKind, std::int64_t> kilograms;
  reader.scan("vh", "vh", [&](std::string_view, std::string_view value) {
    const auto bond = parse<v1::Bond>(value);
    if (bond.bound_kg() > 0 && own.contains(bond.binding().account()))
      kilograms[bond.binding().kind()] += bond.bound_kg();
    return true;
  });
  for (const auto& [kind, amount_kg] : kilograms) {
    auto& bound = *standing.add_bound();
    bound.set_kind(kind);
    bound.set_amount_kg(amount_kg);
  }
}

void add_loans(const Reader& reader, const std::set<std::string>& own,
               v1::EnterpriseYear& standing) {
  reader.scan("vo", "vo", [&](std::string_view, std::string_view value) {
    auto loan = parse<v1::LoanReference>(value);
    if (own.contains(loan.loan().account()) && loan.loan().until() >= day_of(standing.time()))
      *standing.add_loans() = std::move(loan);
    return true;
  });
}

// Whether it was for a footprint, which is the holder's own (a case names no other), by a purpose
// that counts.
bool is_for_neutrality(const Reader& reader, const v1::Retire& retirement) {
  if (retirement.case_().empty()) return false;
  const auto of_case = find<v1::Case>(reader, key::retirement_case(retirement.case_()));
  return of_case && of_case->rule().counts_for_neutrality() &&
         !of_case->confirmation().footprint().empty();
}

// What was retired and not recalled since.
std::int64_t lasting_kg(const Reader& reader, const v1::Retirement& retired) {
  auto left_kg = retired.amount_kg();
  for (const auto& range : retired.serials())
    reader.scan("vU", key::block(range.start()), [&](std::string_view, std::string_view value) {
      const auto block = parse<v1::UnitBlock>(value);
      if (block.recalled_at() != 0 && block.start() <= range.end())
        left_kg -= static_cast<std::int64_t>(std::min(block.end(), range.end()) -
                                             std::max(block.start(), range.start()) + 1);
      return block.end() < range.end();
    });
  return left_kg;
}

void add_retired(const Reader& reader, const std::set<std::string>& own,
                 v1::EnterpriseYear& standing) {
  v1::ReportFootprint of_year;
  of_year.set_year(standing.year());
  const auto days = days_of(of_year);
  std::map<std::string, std::int64_t> kilograms;
  reader.scan("vZ", "vZ", [&](std::string_view, std::string_view value) {
    const auto retired = parse<v1::Retirement>(value);
    const auto& retirement = retired.retirement();
    const bool is_of_year =
        retirement.to() != 0 && retirement.from() >= days.from && retirement.from() < days.to;
    if (!is_of_year || !own.contains(retirement.account())) return true;
    kilograms[retirement.purpose()] += retired.amount_kg();
    if (is_for_neutrality(reader, retirement))
      standing.set_neutralised_kg(standing.neutralised_kg() + lasting_kg(reader, retired));
    return true;
  });
  for (const auto& [purpose, amount_kg] : kilograms) {
    auto& of_purpose = *standing.add_retired();
    of_purpose.set_purpose(purpose);
    of_purpose.set_amount_kg(amount_kg);
    standing.set_retired_kg(standing.retired_kg() + amount_kg);
  }
}

// What follows from the year's footprint, its target and what was retired for it.
void compare(v1::EnterpriseYear& standing) {
  if (!standing.has_footprint()) return;
  const auto& footprint = standing.footprint();
  const bool is_verified = footprint.state() == v1::FOOTPRINT_VERIFIED;
  standing.set_meets_target(is_verified && standing.has_target() &&
                            footprint.amount_kg() <= standing.target().target().max_kg());
  standing.set_net_kg(footprint.amount_kg() - standing.neutralised_kg());
  standing.set_is_neutral(is_verified && standing.net_kg() <= 0);
}

}  // namespace

std::optional<v1::EmissionSource> View::source(std::string_view source) const {
  return find<v1::EmissionSource>(*reader_, key::source(source));
}

v1::EmissionSourceList View::sources(const Page& page) const {
  return list_of<v1::EmissionSourceList>(*reader_, "va", page);
}

v1::MonthOfReadingsList View::months(std::string_view source, const Page& page) const {
  return list_of<v1::MonthOfReadingsList>(*reader_, key::months(source), page);
}

v1::FactorList View::factors(const Page& page) const {
  return list_of<v1::FactorList>(*reader_, "vi", page);
}

std::optional<v1::Footprint> View::footprint(std::string_view footprint) const {
  return find<v1::Footprint>(*reader_, key::footprint(footprint));
}

v1::FootprintList View::footprints(const Page& page) const {
  return list_of<v1::FootprintList>(*reader_, "vm", page);
}

std::optional<v1::EnterpriseYear> View::enterprise_year(std::string_view party,
                                                        std::uint32_t year) const {
  if (!this->party(party) || !is_year(year)) return std::nullopt;
  v1::EnterpriseYear standing;
  standing.set_party(std::string(party));
  standing.set_year(year);
  standing.set_position(static_cast<std::int64_t>(head_.size) - 1);
  standing.set_time(head_.time);
  for (auto& [month, footprint] : footprints_in(*reader_, party, year))
    *(month == 0 ? standing.mutable_footprint() : standing.add_months()) = footprint;
  if (auto target = find<v1::EmissionTarget>(*reader_, key::target(party, year)))
    *standing.mutable_target() = std::move(*target);
  const auto own = add_holdings(*reader_, standing);
  add_bound(*reader_, own, standing);
  add_loans(*reader_, own, standing);
  add_retired(*reader_, own, standing);
  compare(standing);
  return standing;
}

}  // namespace puhui::ledger
