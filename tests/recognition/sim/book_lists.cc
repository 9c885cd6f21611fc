// A ledger that comes back shorter, and what the lists of partners make of it again.
#include <algorithm>

#include "tests/recognition/sim/book.h"

namespace puhui::ledger::testing::sim {
namespace {

std::string text(const Written& place) {
  return "epoch " + std::to_string(place.epoch) + " leaf " + std::to_string(place.leaf);
}

// Whether any later epoch has kept fewer leaves.
bool is_lost(const Written& place, const std::vector<std::uint64_t>& kept) {
  const auto later = std::min<std::size_t>(place.epoch, kept.size());
  return std::any_of(kept.begin() + static_cast<std::ptrdiff_t>(later), kept.end(),
                     [&](std::uint64_t leaves) { return place.leaf >= leaves; });
}

}  // namespace

void Book::restored(int index, const CityBook& saved, const std::set<int>& awaited,
                    std::uint64_t next_serial) {
  if (is_mutant("forget-restore")) return;
  city(index) = saved;
  city(index).next_serial = next_serial;
  city(index).awaited.clear();
  for (const int partner : awaited) city(index).awaited[partner] = {};
}

std::vector<Listed> Book::list(int at_city, int home,
                               const std::vector<std::uint64_t>& kept) const {
  std::vector<Listed> list;
  for (const auto& [id, known] : at(at_city).transfers) {
    const auto& journey = journeys_.at(id);
    const bool is_of_both = (journey.from == at_city && journey.to == home) ||
                            (journey.from == home && journey.to == at_city);
    // Of what was settled without an answer, no leaf of the other city tells.
    if (is_of_both && known.state != v1::TRANSFER_LOCKED && known.told.leaf != 0)
      list.push_back({id, known});
  }
  for (const auto& [id, stated] : at(at_city).retired_abroad)
    if (statements_.at(id).city == home)
      list.push_back({id, {v1::TRANSFER_STATE_UNSPECIFIED, stated, 0}, true});
  std::erase_if(list, [&](const Listed& listed) { return !is_lost(listed.known.told, kept); });
  std::ranges::sort(list, {},
                    [](const Listed& listed) { return std::pair(listed.known.told, listed.id); });
  return list;
}

void Book::owe(int home, std::uint64_t origin) {
  ++city(home).owed_kg;
  excused_.insert({home, origin});
}

// Serials that a partner has: out of whatever they are in at home.
void Book::take_away(const Journey& journey, std::int64_t kg) {
  auto& book = city(journey.from);
  for (std::size_t i = 0; i < journey.serials.size(); ++i) {
    const auto serial = journey.serials[i];
    const bool is_gone = static_cast<std::int64_t>(i) < kg;
    auto found = book.units.find(serial);
    if (found == book.units.end()) {
      found = book.units.emplace(serial, Kilogram{}).first;
      found->second.home = journey.from;
      found->second.origin = serial;
      found->second.batch = journey.batches[i];
      book.next_serial = std::max(book.next_serial, serial + 1);
      ++book.issued_kg;
      ++book.owed_kg;
    } else if (found->second.state != v1::HELD) {
      owe(journey.from, serial);
      continue;
    }
    auto& kilogram = found->second;
    kilogram.lock.clear();
    kilogram.disputed_until = 0;
    kilogram.state = is_gone ? v1::EXPORTED : v1::CANCELLED;
    if (is_gone) kilogram.exported_to = journey.to;
  }
}

// What is held of units that had gone home: from whoever has them.
void Book::take_home(const Journey& journey) {
  for (auto* kilogram : came_last(journey.from, journey.to, journey.origins)) {
    if (kilogram->state != v1::HELD) continue;
    kilogram->lock.clear();
    kilogram->is_frozen = false;
    kilogram->disputed_until = 0;
    kilogram->state = v1::EXPORTED;
    kilogram->exported_to = journey.to;
  }
}

void Book::retire_again(int index, const std::string& id, std::int64_t time) {
  const auto& statement = statements_.at(id);
  city(index).stated.insert(id);
  for (auto* kilogram : came_last(index, statement.home, statement.origins)) {
    if (kilogram->state != v1::HELD) continue;
    kilogram->lock.clear();
    kilogram->is_frozen = false;
    kilogram->disputed_until = 0;
    kilogram->state = v1::RETIRED;
    ++city(index).used_kg[{kilogram->home, year_of(time)}];
  }
}

bool Book::knows(int index, const Listed& listed) const {
  if (listed.is_statement) return at(index).stated.contains(listed.id);
  return state(index, listed.id) != v1::TRANSFER_STATE_UNSPECIFIED;
}

void Book::remake(int home, const Listed& listed, std::int64_t time) {
  if (listed.is_statement) return retire_again(home, listed.id, time);
  if (knows(home, listed)) return;
  const auto& journey = journeys_.at(listed.id);
  auto& known = city(home).transfers[listed.id];
  known.version = listed.known.version;
  known.told = listed.own;
  const auto kg = recognised(journey, listed.known.version);
  switch (listed.known.state) {
    case v1::TRANSFER_IMPORTED:
      known.state = v1::TRANSFER_CONCLUDED;
      return journey.is_return ? take_home(journey) : take_away(journey, kg);
    case v1::TRANSFER_CONCLUDED:
      known.state = v1::TRANSFER_IMPORTED;
      return journey.is_return ? bring_home(journey, true)
                               : take_in(journey, kg, time, listed.disputed_until);
    case v1::TRANSFER_FREED:
      known.state = v1::TRANSFER_VOID;
      return;
    default:
      known.state = v1::TRANSFER_FREED;
  }
}

void Book::list_noted(const Noting& noting) {
  if (is_mutant("forget-list")) return;
  for (const auto& listed : noting.made) {
    for (const auto& [other, place] : at(noting.home).awaited)
      if (other != noting.partner && place < listed.known.told)
        complain("LISTED before what others may tell: " + text(listed.known.told));
    remake(noting.home, listed, noting.time);
  }
}

void Book::list_told(int home, int partner, const std::vector<Listed>& list, const Window& window) {
  auto& awaited = city(home).awaited;
  const auto place = awaited.find(partner);
  if (place == awaited.end() || !window.covers(place->second))
    return complain("LISTED, and not awaited: part to " + text(window.to));
  const auto next = std::ranges::find_if(list, [&](const Listed& listed) {
    return listed.known.told >= place->second && !knows(home, listed);
  });
  place->second = next == list.end() ? window.to : next->known.told;
  for (const auto& listed : list)
    if (listed.known.told < place->second && !knows(home, listed))
      complain("LISTED, and passed over: " + text(listed.known.told));
  if (next == list.end() && window.is_last) awaited.erase(place);
}

void Book::list_given_up(int home, int partner) {
  if (city(home).awaited.erase(partner) == 0) return;
  given_up_.insert(std::minmax(home, partner));
  for (const auto& [id, journey] : journeys_) {
    const bool is_of_both = (journey.from == partner && journey.to == home) ||
                            (journey.from == home && journey.to == partner);
    if (!is_of_both) continue;
    const int issuer = journey.is_return ? journey.to : journey.from;
    for (const auto origin : journey.origins) excused_.insert({issuer, origin});
  }
}

}  // namespace puhui::ledger::testing::sim
