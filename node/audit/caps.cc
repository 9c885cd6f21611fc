// How much a purpose may take, of what, and which areas' units go first.
#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

bool is_of_firm(const v1::CapRule& cap) {
  return cap.base() == v1::ALLOWANCES_DUE || cap.base() == v1::VERIFIED_EMISSIONS;
}
bool is_of_firms(const v1::PurposeRule& rule) {
  return std::ranges::any_of(rule.caps(), is_of_firm);
}
bool is_of_all(const v1::PurposeRule& rule) { return cap_by(rule, v1::GLOBAL_YEAR) != nullptr; }

// On the list that holds now.
const v1::EtsFirm* listed(const Case& at, const std::string& firm) {
  const auto* list = find(at.books.ets_lists, ets_list_now(at));
  return list == nullptr ? nullptr : find(*list, firm);
}

Whole share_of(const v1::CapRule& cap, std::int64_t base_kg) {
  return floor_of(read_number(cap.share()).value() * Exact(base_kg));
}

// What is counted: a firm's use in the year of a list, and everybody's in a year.
std::int64_t& of_firm(Books& books, const v1::Case& of_case) {
  return books.capped[{of_case.opening().purpose(), of_case.list_year(), of_case.firm()}];
}
std::int64_t& of_all(Books& books, const v1::Case& of_case) {
  return books.capped[{of_case.opening().purpose(), of_case.global_year(), ""}];
}

Verdict need_within(const v1::CapRule& cap, const Whole& most_kg, std::int64_t used_kg,
                    std::int64_t asked_kg) {
  if (Whole(used_kg) + asked_kg <= most_kg) return {};
  return refused(ErrorCode::CAP_EXCEEDED, v1::CapBase_Name(cap.base()), most_kg.str() + " kg",
                 std::to_string(used_kg) + " kg and " + std::to_string(asked_kg) + " kg");
}

// What a cap by firm allows this one.
Whole allowed(const v1::CapRule& cap, const v1::EtsFirm& firm) {
  return share_of(cap, cap.base() == v1::ALLOWANCES_DUE ? firm.allowances_due_kg()
                                                        : firm.verified_emissions_kg());
}

Verdict check_cap(Case& at, const v1::Case& of_case, const v1::CapRule& cap,
                  std::int64_t amount_kg) {
  if (cap.base() == v1::GLOBAL_YEAR)
    return need_within(cap, cap.max_kg(), of_all(at.books, of_case) - of_case.reserved_kg(),
                       amount_kg);
  if (!is_of_firm(cap)) return {};
  return need_within(cap, allowed(cap, *listed(at, of_case.firm())), of_firm(at.books, of_case),
                     amount_kg);
}

std::uint32_t this_year(const Case& at) {
  return static_cast<std::uint32_t>(year_of(day_of(at.now)));
}

// ---- Areas that go first ----

using Areas = google::protobuf::RepeatedPtrField<std::string>;

const std::string& area_of(const Books& books, const v1::UnitBlock& block) {
  const auto& batch = books.batches.at(block.batch());
  if (batch.has_mirrored()) return batch.mirrored().area();
  return books.projects.at(batch.project()).filing().area();
}

// The place of its area among these; the last place is that of all others.
int place_of(const Books& books, const v1::UnitBlock& block, const Areas& areas) {
  const auto& area = area_of(books, block);
  int place = 0;
  while (place < areas.size() && !area.starts_with(areas[place])) ++place;
  return place;
}

// What a block keeps when these pieces are taken out of it.
Pieces rest_of(const v1::UnitBlock& block, const std::map<std::uint64_t, std::uint64_t>& taken) {
  Pieces rest;
  auto next = block.start();
  for (auto each = taken.lower_bound(next); each != taken.end() && each->first <= block.end();
       ++each) {
    if (each->first > next) {
      rest.push_back(block);
      rest.back().set_start(next);
      rest.back().set_end(each->first - 1);
    }
    next = each->second + 1;
  }
  if (next > block.end()) return rest;
  rest.push_back(block);
  rest.back().set_start(next);
  return rest;
}

// The first blocks an account holds free, as many as an event may touch, without these pieces.
Pieces first_free(const Books& books, const std::string& account, const Pieces& without) {
  std::map<std::uint64_t, std::uint64_t> taken;
  for (const auto& piece : without) taken.emplace(piece.start(), piece.end());
  Pieces blocks;
  const auto* held = find(books.held, account);
  if (held == nullptr) return blocks;
  for (const auto& [start, end] : *held)
    for (auto& rest : rest_of(books.blocks.at(end), taken)) {
      if (blocks.size() == kPiecesMax) return blocks;
      blocks.push_back(std::move(rest));
    }
  return blocks;
}

Verdict need_none_before(const Case& at, const std::string& account, const Pieces& pieces,
                         const Areas& areas) {
  int worst = 0;
  for (const auto& piece : pieces) worst = std::max(worst, place_of(at.books, piece, areas));
  for (const auto& block : first_free(at.books, account, pieces))
    if (place_of(at.books, block, areas) < worst)
      return refused(ErrorCode::AREA_FIRST, account, "areas that go first",
                     std::to_string(block.start()) + "-" + std::to_string(block.end()) + " of " +
                         area_of(at.books, block));
  return {};
}

// The city's area without the zeros that stand for everything below it.
std::string own_area(const Books& books) {
  auto area = books.genesis.area();
  while (area.ends_with("00")) area.resize(area.size() - 2);
  return area;
}

// What is from outside the city, unless some of it is of an area the rule does not let in.
Verdict add_up_outside(const Books& books, const v1::PurposeRule& rule, const Pieces& pieces,
                       std::int64_t& outside_kg) {
  const auto home = own_area(books);
  for (const auto& piece : pieces) {
    if (area_of(books, piece).starts_with(home)) continue;
    const auto& others = rule.outside_areas();
    if (!others.empty() && place_of(books, piece, others) == others.size())
      return refused(ErrorCode::AREA_EXCLUDED, rule.purpose(), "areas the rule lets in",
                     std::to_string(piece.start()) + "-" + std::to_string(piece.end()) + " of " +
                         area_of(books, piece));
    outside_kg += size_of(piece);
  }
  return {};
}

Verdict use_outside_of_year(Case& at, const v1::Case& of_case, const v1::CapRule& cap,
                            std::int64_t outside_kg) {
  const auto* list = find(at.books.ets_lists, of_case.list_year());
  const auto* firm = list == nullptr ? nullptr : find(*list, of_case.firm());
  if (firm == nullptr)
    return refused(ErrorCode::CAP_BASE_UNKNOWN, of_case.firm(), "a firm of the list of its case");
  std::optional<Whole> least;
  for (const auto& of_firm : of_case.rule().caps())
    if (is_of_firm(of_firm))
      least = least ? std::min(*least, allowed(of_firm, *firm)) : allowed(of_firm, *firm);
  const auto most_kg = floor_of(read_number(cap.share()).value() * Exact(least.value_or(0)));
  auto& used_kg =
      at.books.outside[{of_case.opening().purpose(), of_case.list_year(), of_case.firm()}];
  if (auto bad = need_within(cap, most_kg, used_kg, outside_kg)) return bad;
  used_kg += outside_kg;
  return {};
}

}  // namespace

const v1::CapRule* cap_by(const v1::PurposeRule& rule, v1::CapBase base) {
  for (const auto& cap : rule.caps())
    if (cap.base() == base) return &cap;
  return nullptr;
}

Verdict plan_preferring(const Case& at, const v1::Case& of_case, const Quantity& quantity,
                        Pieces& pieces) {
  const auto& account = of_case.opening().account();
  const auto& areas = of_case.rule().areas_first();
  if (areas.empty() || !quantity.serials.empty()) {
    if (auto bad = plan(at, account, quantity, pieces)) return bad;
    return areas.empty() ? Verdict() : need_none_before(at, account, pieces, areas);
  }
  std::map<int, Pieces> by_place;
  for (auto& block : first_free(at.books, account, {}))
    by_place[place_of(at.books, block, areas)].push_back(std::move(block));
  auto left = quantity.amount_kg;
  for (auto& [place, blocks] : by_place)
    for (auto& block : blocks) {
      const auto taken = std::min(left, size_of(block));
      if (taken == 0) break;
      block.set_end(block.start() + static_cast<std::uint64_t>(taken) - 1);
      left -= taken;
      pieces.push_back(std::move(block));
    }
  if (left == 0) return {};
  pieces.clear();
  return plan(at, account, quantity, pieces);  // says what lacks
}

Verdict need_cap_bases(const Case& at, const v1::PurposeRule& rule, const std::string& firm) {
  if (!is_of_firms(rule) || listed(at, firm) != nullptr) return {};
  return refused(ErrorCode::CAP_BASE_UNKNOWN, firm, "a firm of the list in force");
}

Verdict reserve_caps(Case& at, v1::Case& of_case) {
  const auto* cap = cap_by(of_case.rule(), v1::GLOBAL_YEAR);
  const auto estimate_kg = of_case.opening().estimate_kg();
  if (cap == nullptr || of_case.until() == 0 || estimate_kg == 0) return {};
  of_case.set_global_year(this_year(at));
  if (auto bad = need_within(*cap, cap->max_kg(), of_all(at.books, of_case), estimate_kg))
    return bad;
  of_all(at.books, of_case) += estimate_kg;
  of_case.set_reserved_kg(estimate_kg);
  return {};
}

Verdict use_caps(Case& at, v1::Case& of_case, std::int64_t amount_kg) {
  const auto& rule = of_case.rule();
  if (auto bad = need_cap_bases(at, rule, of_case.firm())) return bad;
  of_case.set_list_year(ets_list_now(at));
  if (of_case.reserved_kg() == 0) of_case.set_global_year(this_year(at));
  for (const auto& cap : rule.caps())
    if (auto bad = check_cap(at, of_case, cap, amount_kg)) return bad;
  if (is_of_firms(rule)) of_firm(at.books, of_case) += amount_kg;
  if (is_of_all(rule)) of_all(at.books, of_case) += amount_kg - of_case.reserved_kg();
  of_case.set_capped_kg(amount_kg);
  of_case.set_reserved_kg(0);
  return {};
}

void return_caps(Books& books, v1::Case& of_case) {
  const auto counted_kg = of_case.capped_kg();
  if (is_of_firms(of_case.rule()) && counted_kg > 0) of_firm(books, of_case) -= counted_kg;
  if (is_of_all(of_case.rule()) && counted_kg + of_case.reserved_kg() > 0)
    of_all(books, of_case) -= counted_kg + of_case.reserved_kg();
  of_case.set_capped_kg(0);
  of_case.set_reserved_kg(0);
}

Verdict use_outside(Case& at, const v1::Case& of_case, const Pieces& pieces) {
  const auto& rule = of_case.rule();
  const auto* of_one = cap_by(rule, v1::OUTSIDE_SHARE);
  const auto* of_year = cap_by(rule, v1::OUTSIDE_SHARE_OF_YEAR);
  if (of_one == nullptr && of_year == nullptr && rule.outside_areas().empty()) return {};
  if (at.books.genesis.area().empty())
    return refused(ErrorCode::CAP_BASE_UNKNOWN, "area of the city");
  std::int64_t outside_kg = 0;
  if (auto bad = add_up_outside(at.books, rule, pieces, outside_kg)) return bad;
  if (of_one != nullptr)
    if (auto bad = need_within(*of_one, share_of(*of_one, total_kg(pieces)), 0, outside_kg))
      return bad;
  if (of_year == nullptr || outside_kg == 0) return {};
  return use_outside_of_year(at, of_case, *of_year, outside_kg);
}

}  // namespace puhui::node::audit
