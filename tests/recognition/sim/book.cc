#include "tests/recognition/sim/book.h"

#include <algorithm>
#include <chrono>

namespace puhui::ledger::testing::sim {

int year_of(std::int64_t time) {
  using namespace std::chrono;
  const sys_time<microseconds> there{microseconds(time) + hours(8)};
  return static_cast<int>(year_month_day(floor<days>(there)).year());
}

v1::TransferState Book::state(int city, const std::string& id) const {
  const auto& known = at(city).transfers;
  const auto found = known.find(id);
  return found == known.end() ? v1::TRANSFER_STATE_UNSPECIFIED : found->second.state;
}

std::int64_t Book::recognised(const Journey& journey, std::uint32_t version) const {
  const auto sent = static_cast<std::int64_t>(journey.serials.size());
  if (journey.is_return || is_mutant("forget-discount")) return sent;
  const auto* agreed = deal(journey.to, journey.from, version);
  return agreed == nullptr ? 0 : sent * agreed->share.part / agreed->share.whole;
}

const Deal* Book::deal(int taker, int sender, std::uint32_t version) const {
  const auto found = deals_.find({{taker, sender}, version});
  return found == deals_.end() ? nullptr : &found->second;
}

// How much more of the sender's units may be taken in the year.
std::int64_t Book::left_kg(const Journey& journey, std::uint32_t version, std::int64_t time) const {
  const auto& taken = at(journey.to).taken_kg;
  const auto before = taken.find({journey.from, year_of(time)});
  const auto* agreed = deal(journey.to, journey.from, version);
  return (agreed == nullptr ? 0 : agreed->quota_kg) - (before == taken.end() ? 0 : before->second);
}

Sums Book::sums(int city) const {
  Sums sums;
  for (const auto& [serial, kilogram] : at(city).units) {
    sums.held += kilogram.state == v1::HELD;
    sums.retired += kilogram.state == v1::RETIRED;
    sums.cancelled += kilogram.state == v1::CANCELLED;
    sums.exported += kilogram.state == v1::EXPORTED;
    sums.retired_abroad += kilogram.is_retired_abroad;
  }
  return sums;
}

Kilogram& Book::unit(int index, std::uint64_t serial) {
  auto& units = city(index).units;
  const auto found = units.find(serial);
  if (found != units.end()) return found->second;
  complain("a serial moved that the book does not know: " + std::to_string(serial));
  return units[serial];
}

void Book::agreed(int taker, int sender, std::uint32_t version, const Deal& deal) {
  deals_[{{taker, sender}, version}] = deal;
}

void Book::issued(int index, std::int64_t kg, const std::string& batch,
                  const std::string& account) {
  auto& book = city(index);
  const auto owed = std::min(book.owed_kg, kg);
  for (std::int64_t i = 0; i < kg; ++i) {
    const auto serial = book.next_serial++;
    auto& made = book.units[serial];
    made.home = index;
    made.origin = serial;
    made.batch = batch;
    made.account = account;
    if (i >= kg - owed) made.state = v1::CANCELLED;
  }
  book.issued_kg += kg;
  book.owed_kg -= owed;
}

void Book::moved(int index, const Serials& serials, const std::string& to) {
  for (const auto serial : serials) unit(index, serial).account = to;
}

void Book::retired(int index, const Serials& serials, const std::map<int, std::uint32_t>& versions,
                   std::int64_t time) {
  if (is_mutant("forget-retirement")) return;
  for (const auto serial : serials) {
    auto& kilogram = unit(index, serial);
    kilogram.state = v1::RETIRED;
    if (kilogram.home == index) continue;
    const auto used_kg = ++city(index).used_kg[{kilogram.home, year_of(time)}];
    const auto* agreed = deal(index, kilogram.home, versions.at(kilogram.home));
    if (agreed != nullptr && agreed->retired_max_kg >= 0 && used_kg > agreed->retired_max_kg)
      complain("RETIRED beyond the cap of the purpose: serial " + std::to_string(serial));
  }
}

void Book::locked(const Journey& journey) {
  journeys_.emplace(journey.id, journey);
  auto& known = city(journey.from).transfers[journey.id];
  if (known.state != v1::TRANSFER_STATE_UNSPECIFIED)
    complain("EXACTLY ONCE: a transfer was sent again that is " +
             v1::TransferState_Name(known.state));
  known.state = v1::TRANSFER_LOCKED;
  for (const auto serial : journey.serials) {
    auto& kilogram = unit(journey.from, serial);
    if (!kilogram.is_free(INT64_MAX)) complain("LOCKED what was not free");
    kilogram.lock = journey.id;
  }
}

void Book::add_mirrors(const Journey& journey, std::int64_t kg, std::int64_t disputed_until) {
  auto& book = city(journey.to);
  for (std::size_t i = 0; i < static_cast<std::size_t>(kg); ++i) {
    auto& made = book.units[book.next_serial++];
    made.home = journey.from;
    made.origin = journey.origins[i];
    made.batch = journey.batches[i];
    made.account = journey.to_account;
    made.disputed_until = disputed_until;
    made.is_recalled = made.is_frozen = book.recalled.contains({made.home, made.origin});
    if (made.is_frozen) made.disputed_until = 0;
  }
  book.imported_kg += kg;
}

// Whether a kilogram that was issued here is on its way to that city, as far as is known here.
bool Book::is_leaving(const Kilogram& kilogram, int to) const {
  return kilogram.state == v1::HELD && !kilogram.lock.empty() && journey(kilogram.lock).to == to;
}

void Book::take_in(const Journey& journey, std::int64_t kg, std::int64_t time,
                   std::int64_t disputed_until) {
  add_mirrors(journey, kg, disputed_until);
  city(journey.to).taken_kg[{journey.from, year_of(time)}] += kg;
}

// What a list brings home may have gone there by a transfer whose end is not known here any more.
void Book::bring_home(const Journey& journey, bool is_listed) {
  for (const auto origin : journey.origins) {
    auto& kilogram = unit(journey.to, origin);
    const bool is_away = kilogram.state == v1::EXPORTED && !kilogram.is_retired_abroad &&
                         kilogram.exported_to == journey.from;
    if (!is_away && !(is_listed && is_leaving(kilogram, journey.from)))
      complain("RETURNED what was not away: " + std::to_string(origin));
    kilogram.lock.clear();
    kilogram.state = kilogram.is_recalled ? v1::CANCELLED : v1::HELD;
    kilogram.account = journey.to_account;
    kilogram.exported_to = -1;
  }
}

void Book::imported(const Import& import) {
  const auto& journey = journeys_.at(import.id);
  auto& known = city(journey.to).transfers[import.id];
  if (known.state != v1::TRANSFER_STATE_UNSPECIFIED)
    complain("EXACTLY ONCE: a transfer was imported that is " +
             v1::TransferState_Name(known.state));
  known = {v1::TRANSFER_IMPORTED, import.exported, import.version};
  const auto kg = recognised(journey, import.version);
  if (!journey.is_return && kg > left_kg(journey, import.version, import.time))
    complain("TAKEN beyond the quota of the year");
  if (journey.is_return)
    bring_home(journey, false);
  else
    take_in(journey, kg, import.time, import.disputed_until);
  if (is_mutant("import-twice")) add_mirrors(journey, kg, import.disputed_until);
}

void Book::over_quota(const std::string& id, std::uint32_t version, std::int64_t time) {
  const auto& journey = journeys_.at(id);
  if (recognised(journey, version) <= left_kg(journey, version, time))
    complain("REFUSED by a quota that is not used up");
}

void Book::answered(const std::string& id, v1::TransferState state, const Written& exported) {
  auto& known = city(journeys_.at(id).to).transfers[id];
  if (known.state != v1::TRANSFER_STATE_UNSPECIFIED)
    complain("EXACTLY ONCE: a transfer was answered that is " +
             v1::TransferState_Name(known.state));
  known = {state, exported, 0};
}

// What was taken from the sender: gone the first so many, cancelled the rest.
void Book::send_away(const Journey& journey, std::int64_t kg) {
  for (std::size_t i = 0; i < journey.serials.size(); ++i) {
    auto& kilogram = unit(journey.from, journey.serials[i]);
    if (kilogram.lock != journey.id) continue;  // a list has taken it away
    kilogram.lock.clear();
    const bool is_gone = static_cast<std::int64_t>(i) < kg;
    kilogram.state = is_gone ? v1::EXPORTED : v1::CANCELLED;
    if (is_gone) kilogram.exported_to = journey.to;
  }
}

void Book::concluded(const std::string& id, bool is_recognised, std::uint32_t version,
                     const Written& answer) {
  if (is_mutant("drop-conclude")) return;
  const auto& journey = journeys_.at(id);
  auto& known = city(journey.from).transfers[id];
  if (known.state != v1::TRANSFER_LOCKED)
    complain("EXACTLY ONCE: a transfer was concluded that is " +
             v1::TransferState_Name(known.state));
  known = {is_recognised ? v1::TRANSFER_CONCLUDED : v1::TRANSFER_FREED, answer, version};
  if (is_recognised) return send_away(journey, recognised(journey, version));
  for (const auto serial : journey.serials) {
    auto& kilogram = unit(journey.from, serial);
    if (kilogram.lock != id) continue;
    kilogram.lock.clear();
    if (!kilogram.is_recalled) continue;
    if (kilogram.home == journey.from)
      kilogram.state = v1::CANCELLED;
    else
      kilogram.is_frozen = true;
  }
}

void Book::stated(const std::string& id, const Statement& statement) {
  statements_.emplace(id, statement);
  city(statement.city).stated.insert(id);
}

void Book::retirement_noted(const std::string& id, std::size_t letter, const Written& stated) {
  const auto& statement = statements_.at(id);
  auto& book = city(statement.home);
  book.noted.insert(letter);
  book.retired_abroad[id] = stated;
  for (const auto origin : statement.origins) {
    auto& kilogram = unit(statement.home, origin);
    if (kilogram.is_retired_abroad) complain("RETIRED twice: serial " + std::to_string(origin));
    kilogram.is_retired_abroad = true;
    if (kilogram.is_recalled) ++book.owed_kg;
  }
}

void Book::recalled(int index, const Serials& serials) {
  auto& book = city(index);
  std::int64_t cancelled = 0, retired = 0, abroad = 0;
  for (const auto serial : serials) {
    auto& kilogram = unit(index, serial);
    if (kilogram.is_recalled || kilogram.state == v1::CANCELLED) continue;
    if (kilogram.state == v1::RETIRED || kilogram.is_retired_abroad)
      ++retired;
    else if (kilogram.state == v1::EXPORTED || !kilogram.lock.empty())
      ++abroad;
    else
      ++cancelled;
    if (kilogram.state == v1::HELD && kilogram.lock.empty())
      kilogram.state = v1::CANCELLED;
    else
      kilogram.is_recalled = true;
  }
  const auto left = book.issued_kg - book.taken_back_kg;
  book.taken_back_kg += std::min(left, cancelled + retired + abroad);
  book.owed_kg += std::clamp<std::int64_t>(left - cancelled - abroad, 0, retired);
}

std::vector<Kilogram*> Book::came_last(int index, int home, const Serials& origins) {
  std::map<std::uint64_t, Kilogram*> last;
  for (auto& [serial, kilogram] : city(index).units)
    if (kilogram.home == home && std::ranges::find(origins, kilogram.origin) != origins.end())
      last[kilogram.origin] = &kilogram;
  std::vector<Kilogram*> all;
  for (const auto& [origin, kilogram] : last) all.push_back(kilogram);
  return all;
}

void Book::recall_noted(int index, int home, std::size_t letter, const Serials& origins) {
  auto& book = city(index);
  book.noted.insert(letter);
  for (const auto origin : origins) book.recalled.insert({home, origin});
  for (auto* kilogram : came_last(index, home, origins)) {
    if (kilogram->is_recalled) continue;
    if (kilogram->state != v1::HELD && kilogram->state != v1::RETIRED) continue;
    kilogram->is_recalled = true;
    if (kilogram->state != v1::HELD || !kilogram->lock.empty()) continue;
    kilogram->is_frozen = true;
    kilogram->disputed_until = 0;
  }
}

// ---- Acts ----

void Book::credited(int index, std::uint64_t act, std::uint64_t leaf) {
  auto& book = city(index);
  if (!book.credited.emplace(leaf, act).second) complain("CREDITED twice at a leaf");
  const auto same = [act](const auto& known) { return known.second == act; };
  if (std::ranges::count_if(book.credited, same) > 1)
    complain("CREDITED twice: act " + std::to_string(act));
  if (std::ranges::any_of(book.tagged, same))
    complain("CREDITED here, and known of a partner: act " + std::to_string(act));
}

Serials Book::acts_in(int index, std::uint64_t from, std::uint64_t to) const {
  Serials acts;
  for (const auto& [leaf, act] : at(index).credited)
    if (leaf >= from && leaf < to) acts.push_back(act);
  return acts;
}

bool Book::can_note_tags(int index, int partner, std::uint64_t from, std::uint64_t to) const {
  const auto& noted = at(index).tags_to;
  const auto known = noted.find(partner);
  const auto next = known == noted.end() ? 0 : known->second;
  return from <= next && to > next;
}

void Book::tags_noted(int index, int partner, std::uint64_t to, const Serials& acts) {
  auto& book = city(index);
  book.tags_to[partner] = to;
  for (const auto act : acts) {
    book.tagged.insert({partner, act});
    const bool is_of_both = std::ranges::any_of(
        book.credited, [act](const auto& known) { return known.second == act; });
    if (is_of_both) book.of_both.insert({partner, act});
  }
}

// ---- Forks ----

bool Book::is_judged(int index, int partner, std::uint64_t size) const {
  const auto judged = at(index).forked_to.find(partner);
  return judged != at(index).forked_to.end() && size <= judged->second;
}

void Book::accused(int index, int partner, std::uint64_t size) {
  if (is_judged(index, partner, size)) complain("ACCUSED of a fork that was judged before");
  city(index).forked_to[partner] = size;
}

void Book::begun(int index, int partner) { city(index).forked_to.erase(partner); }

}  // namespace puhui::ledger::testing::sim
