#include "tests/recognition/sim/world.h"

#include <algorithm>
#include <cstdio>

namespace puhui::ledger::testing::sim {
namespace {

constexpr int kMeters = 10;  // named by the last digits of projects: partners have others
constexpr std::size_t kTraced = 40, kCopies = 3;
constexpr std::uint64_t kSerialsBetween = 10'000'000;  // of epochs
std::string text(std::uint64_t number) { return std::to_string(number); }

std::string project_of(int city) { return "P" + text(static_cast<std::uint64_t>(city)); }

void copy_folder(const std::string& from, const std::string& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

std::string ranges_text(const Serials& serials) {
  std::string said;
  for (const auto& [start, end] : ranges_of(serials))
    said += (said.empty() ? "" : " ") + text(start) + "-" + text(end);
  return said;
}

}  // namespace

void Counters::add(const Counters& other) {
  seeds += other.seeds;
  steps += other.steps;
  events += other.events;
  transfers += other.transfers;
  imports += other.imports;
  concluded += other.concluded;
  crashes += other.crashes;
  copies += other.copies;
  restores += other.restores;
  restores_again += other.restores_again;
  lists += other.lists;
  lost_leaves += other.lost_leaves;
  recalls += other.recalls;
  excused_kg += other.excused_kg;
  for (const auto& [code, count] : other.refused) refused[code] += count;
}

World::World(const Plan& plan) : random(plan.seed), book(plan.cities, plan.mutant), plan_(plan) {
  found();
}

void World::found() {
  const auto count = static_cast<std::size_t>(plan_.cities);
  partners_.resize(count);
  ghosts_.resize(count);
  renewals_.resize(count);
  told_.resize(count);
  copies_.resize(count);
  for (int index = 0; index < plan_.cities; ++index) {
    codes_.push_back("C" + text(static_cast<std::uint64_t>(index)));
    cities_.push_back(
        std::make_unique<SovereignCity>(testing::Place{codes_.back(), project_of(index)}, rules()));
    if (plan_.acts) open_to_riders(index);
    told_[static_cast<std::size_t>(index)].push_back(renewal_of(city(index)));
  }
  for (int index = 1; index < plan_.cities; ++index) befriend(index - 1, index);
  const int more = plan_.cities * (plan_.partners - 2) / 2;
  for (int i = 0; i < more; ++i)
    befriend(static_cast<int>(random.below(count)), static_cast<int>(random.below(count)));
  for (int index = 0; index < plan_.cities; ++index) issue(index);
}

void World::befriend(int a, int b) {
  if (a % kMeters == b % kMeters || agreed_.contains(std::minmax(a, b))) return;
  partners_[static_cast<std::size_t>(a)].push_back(b);
  partners_[static_cast<std::size_t>(b)].push_back(a);
  agree(a, b);
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)})
    if (!done(to, "notes the project of " + code(from), note_project(city(from), city(to))))
      throw Violation("a project is not noted");
}

bool World::done(int index, const std::string& what, const Answer& answer) {
  ++counters.events;
  touched_.insert(index);
  const bool is_accepted = answer.decision == v1::ACCEPTED;
  if (is_accepted)
    ++accepted_;
  else
    ++counters.refused[std::string(code_name(answer.code))];
  tell(code(index) + " " + what + ": " +
       (is_accepted ? "leaf " + text(answer.leaf) : std::string(code_name(answer.code))));
  return is_accepted;
}

void World::tell(const std::string& said) {
  trace_.push_back(said);
  if (trace_.size() > kTraced) trace_.pop_front();
  if (plan_.trace) std::printf("%s\n", said.c_str());
}

// ---- In one city ----

void World::issue(int index) {
  const auto kg = 1 + static_cast<std::int64_t>(random.below(30));
  const auto answer = city(index).issue_kg(kg);
  if (done(index, "issues " + std::to_string(kg) + " kg", answer))
    book.issued(index, kg, city(index).last_batch(), "owner-main");
}

// Some free serials of an account, in order: of those that a city issued, or of any (-1).
Serials World::some_free(int index, const std::string& account, int home) {
  Serials free;
  for (const auto& [serial, kilogram] : book.at(index).units)
    if (kilogram.account == account && kilogram.is_free(city(index).head().time) &&
        (home < 0 || kilogram.home == home))
      free.push_back(serial);
  if (free.empty()) return free;
  free.erase(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(random.below(free.size())));
  free.resize(std::min<std::size_t>(free.size(), 1 + random.below(15)));
  return free;
}

void World::move(int index) {
  const auto from = random.below(2);
  const auto serials = some_free(index, kAccounts[from], -1);
  if (serials.empty() || !may_use(index)) return;
  const auto& to = kAccounts[1 - from];
  const auto answer = transfer(city(index), {kAccounts[from], to}, ranges_of(serials));
  if (done(index, "moves " + ranges_text(serials), answer)) book.moved(index, serials, to);
}

void World::retire(int index) {
  const auto& account = kAccounts[random.below(2)];
  const auto serials = some_free(index, account, -1);
  if (serials.empty() || !may_use(index)) return;
  const auto answer = testing::retire(city(index), account, ranges_of(serials));
  if (!done(index, "retires " + ranges_text(serials), answer)) return;
  Retired retired{index, answer.leaf, {}};
  for (const auto serial : serials) {
    const auto& kilogram = book.at(index).units.at(serial);
    if (kilogram.home != index) retired.origins[kilogram.home].push_back(kilogram.origin);
  }
  book.retired(index, serials, versions(index), answer.time);
  if (!retired.origins.empty()) retired_.push_back(retired);
}

void World::recall(int index) {
  const auto& units = book.at(index).units;
  Serials own;
  for (const auto& [serial, kilogram] : units)
    if (kilogram.home == index) own.push_back(serial);
  if (own.empty() || !may_use(index)) return;
  const auto batch = units.at(own[random.below(own.size())]).batch;
  std::erase_if(own, [&](std::uint64_t serial) { return units.at(serial).batch != batch; });
  const bool is_whole = random.chance(0.2);
  Serials named;
  if (!is_whole) {
    own.erase(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(random.below(own.size())));
    own.resize(std::min<std::size_t>(own.size(), 1 + random.below(8)));
    named = own;
  }
  const auto answer = testing::recall(city(index), batch, ranges_of(named));
  if (!done(index, "recalls " + ranges_text(own) + " of " + batch, answer)) return;
  ++counters.recalls;
  book.recalled(index, own);
  Letter letter{Tells::recalled, index, 0, epoch(index), answer.leaf};
  const auto span = *city(index).view().batch(batch);
  if (!is_whole) letter.serials = own;
  for (auto serial = span.start(); is_whole && serial <= span.end(); ++serial)
    letter.serials.push_back(serial);
  for (const int partner : partners(index)) {
    letter.to = partner;
    post(letter);
  }
}

void World::crash(int index) {
  city(index).reopen();
  touched_.insert(index);
  ++counters.crashes;
  tell(code(index) + " crashes and comes back");
}

void World::wait(int index, Micros time) { city(index).now += time; }
void World::wait_all(Micros time) {
  for (auto& each : cities_) each->now += time;
}

// ---- Copies, and what they bring back ----

void World::copy(int index) {
  auto& copies = copies_[static_cast<std::size_t>(index)];
  if (copies.size() == kCopies)
    copies.erase(copies.begin() + static_cast<std::ptrdiff_t>(random.below(kCopies)));
  Copy made{std::make_unique<Folder>(), book.at(index), city(index).head().size, epoch(index)};
  city(index).close();
  copy_folder(city(index).folder(), made.folder->file("ledger"));
  city(index).open();
  copies.push_back(std::move(made));
  ++counters.copies;
  tell(code(index) + " is copied at " + text(copies.back().size) + " leaves");
}

bool World::can_restore(int index) const {
  const auto& copies = copies_[static_cast<std::size_t>(index)];
  return !copies.empty() && copies.front().size < city(index).head().size;
}

bool World::can_restore_again(int index) const {
  const auto& copies = copies_[static_cast<std::size_t>(index)];
  return can_restore(index) && std::ranges::any_of(copies, &Copy::is_used);
}

// Often one that it went on from before: leaves of two epochs then had the same places. They are
// in order of their sizes, and each begins the log as it is.
std::size_t World::some_copy(int index) {
  const auto head = city(index).head().size;
  const auto& copies = copies_[static_cast<std::size_t>(index)];
  const auto used = std::ranges::find_if(copies, &Copy::is_used);
  if (used != copies.end() && used->size < head && random.chance(0.6))
    return static_cast<std::size_t>(used - copies.begin());
  const auto shorter =
      std::ranges::count_if(copies, [head](const Copy& copy) { return copy.size < head; });
  return random.below(static_cast<std::uint64_t>(shorter));
}

// The logs of the epochs after one: a copy from before them knows none.
std::vector<v1::OwnLog> World::logs_since(int index, std::uint32_t known) const {
  std::vector<v1::OwnLog> logs;
  for (auto later = known + 1; later <= epoch(index); ++later) {
    auto& log = logs.emplace_back(own_log(city(index)));
    log.set_origin(city(index).view().genesis()->origin() + "/" + text(later));
  }
  return logs;
}

// The end of its log is lost: it goes on from a copy, in a new epoch, whichever one that is of.
void World::restore(int index) {
  auto& copies = copies_[static_cast<std::size_t>(index)];
  auto& restored = city(index);
  const auto head = restored.head().size;
  auto& from = copies[some_copy(index)];
  counters.restores_again += from.is_used ? 1 : 0;
  from.is_used = true;
  const auto size = from.size;
  ask_stranger(index);
  const auto note = restored.signed_note(restored.tree());
  const auto lost = logs_since(index, from.epoch);
  const auto first_serial = next_serial(restored) + kSerialsBetween;
  restored.close();
  ghosts_[static_cast<std::size_t>(index)].push_back(
      std::make_unique<Ghost>(restored.folder(), note));
  copy_folder(from.folder->file("ledger"), restored.folder());
  restored.open();
  tell(code(index) + " is restored at " + text(size) + " leaves of epoch " + text(from.epoch) +
       ", without " + text(head - size));
  ++counters.restores;
  counters.lost_leaves += head - size;
  const std::set<int> awaited(partners(index).begin(), partners(index).end());
  if (!done(index, "opens an epoch", open(restored, note, lost, first_serial)))
    throw Violation("the epoch of a restored city is refused");
  book.restored(index, from.book, awaited, first_serial);
  renewals_[static_cast<std::size_t>(index)].push_back(renewal_of(restored));
  told_[static_cast<std::size_t>(index)].push_back(renewal_of(restored));
  // What goes on where the log does not any more is no copy of it.
  std::erase_if(copies, [size](const Copy& copy) { return copy.size > size; });
}

}  // namespace puhui::ledger::testing::sim
