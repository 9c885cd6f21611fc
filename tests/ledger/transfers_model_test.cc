// Two cities that send units to one another, against a model that remembers every kilogram by
// itself. What is carried between them comes late, twice, in any order, or not at all.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

constexpr Micros kMinute = 60 * kSecond;
constexpr Micros kAnswerSoon = 120 * kMinute;
const std::vector<std::string> kOwned = {"owner-main", "owner-side"};

using Serials = std::vector<std::uint64_t>;

// One in a ledger: of those issued there, and of those that came.
struct Kilogram {
  int home = 0;              // city that issued it
  std::uint64_t origin = 0;  // its serial there
  std::string account;
  v1::UnitState state = v1::HELD;
  bool is_locked = false, is_retired_abroad = false;

  [[nodiscard]] bool is_free(const std::string& of) const {
    return state == v1::HELD && !is_locked && account == of;
  }
};

struct Journey {
  int from = 0;
  bool is_return = false, is_imported = false, is_open = true;
  std::string to;
  Serials serials, origins;  // there where it was sent; there where it was issued
  std::uint64_t exported = 0;
  Micros deadline = 0;
  std::optional<std::uint64_t> answer;

  [[nodiscard]] int taker() const { return 1 - from; }
  [[nodiscard]] std::size_t recognised() const {
    return is_return ? serials.size() : serials.size() * 9 / 10;
  }
};

struct Retired {
  int city = 0;
  std::uint64_t leaf = 0;
  Serials origins;  // of the other city's
  std::optional<std::uint64_t> stated;
};

SerialRanges ranges_of(const Serials& serials) {
  SerialRanges ranges;
  for (const auto serial : serials)
    if (!ranges.empty() && ranges.back().second + 1 == serial)
      ranges.back().second = serial;
    else
      ranges.emplace_back(serial, serial);
  return ranges;
}

bool is_accepted(const Answer& answer) { return answer.decision == v1::ACCEPTED; }

// Chooses what happens next, does it, and knows what is to come of it.
class World {
 public:
  World() {
    auto agreement = agreement_between(at(0), at(1));
    agreement.set_answer_within(kAnswerSoon);
    agree(at(0), at(1), agreement);
    for (const int city : {0, 1}) {
      RC_ASSERT(is_accepted(note_project(at(city), at(1 - city))));
      issue(city);
    }
  }

  void step() {
    const auto city = *rc::gen::inRange(0, 2);
    switch (*rc::gen::inRange(0, 14)) {
      case 0:
        return issue(city);
      case 1:
        return move(city);
      case 2:
        return retire_some(city);
      case 3:
      case 4:
        return send(city, false);
      case 5:
        return send(city, true);
      case 6:
        return state_one();
      case 7:
        return note_one();
      case 8:
        at(city).now += *rc::gen::inRange<Micros>(0, 60) * kMinute;
        return;
      case 9:
        return at(city).reopen();
      case 10:
      case 11:
        return conclude_one();
      default:
        return answer_one();
    }
  }

  SovereignCity& at(int city) { return *cities_[static_cast<std::size_t>(city)]; }
  [[nodiscard]] const std::vector<Kilogram>& kilograms(int city) const {
    return kilograms_[static_cast<std::size_t>(city)];
  }

 private:
  Kilogram& one(int city, std::uint64_t serial) {
    return kilograms_[static_cast<std::size_t>(city)][serial - 1];
  }
  void put(int city, const Kilogram& kilogram) {
    kilograms_[static_cast<std::size_t>(city)].push_back(kilogram);
  }
  // Some free serials of an account, in order: of those that a city issued, or of any.
  Serials some(int city, const std::string& account, std::optional<int> home) {
    Serials free;
    for (std::uint64_t serial = 1; serial <= kilograms(city).size(); ++serial) {
      const auto& kilogram = one(city, serial);
      if (kilogram.is_free(account) && kilogram.home == home.value_or(kilogram.home))
        free.push_back(serial);
    }
    if (free.empty()) return free;
    const auto first = *rc::gen::inRange<std::size_t>(0, free.size());
    free.erase(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(first));
    free.resize(std::min(free.size(), *rc::gen::inRange<std::size_t>(1, 15)));
    return free;
  }

  // ---- In one city ----
  void issue(int city) {
    const auto amount = *rc::gen::inRange<std::int64_t>(1, 30);
    RC_ASSERT(is_accepted(at(city).issue_kg(amount)));
    for (std::int64_t i = 0; i < amount; ++i)
      put(city, {city, kilograms(city).size() + 1, "owner-main"});
  }
  void move(int city) {
    const auto from = *rc::gen::elementOf(kOwned);
    const auto to = from == "owner-main" ? "owner-side" : "owner-main";
    const auto serials = some(city, from, {});
    if (serials.empty()) return;
    RC_ASSERT(is_accepted(transfer(at(city), {from, to}, ranges_of(serials))));
    for (const auto serial : serials) one(city, serial).account = to;
  }
  void retire_some(int city) {
    const auto from = *rc::gen::elementOf(kOwned);
    const auto serials = some(city, from, {});
    if (serials.empty()) return;
    const auto answer = retire(at(city), from, ranges_of(serials));
    RC_ASSERT(is_accepted(answer));
    Retired retired{city, answer.leaf, {}, {}};
    for (const auto serial : serials) {
      auto& kilogram = one(city, serial);
      kilogram.state = v1::RETIRED;
      if (kilogram.home != city) retired.origins.push_back(kilogram.origin);
    }
    retired_.push_back(retired);
  }

  // ---- From one to the other ----
  void send(int from, bool is_return) {
    const auto account = *rc::gen::elementOf(kOwned);
    Journey sent;
    sent.from = from;
    sent.is_return = is_return;
    sent.to = *rc::gen::inRange(0, 6) == 0 ? "nobody" : *rc::gen::elementOf(kOwned);
    sent.serials = some(from, account, is_return ? sent.taker() : from);
    if (sent.serials.empty()) return;
    const auto answer = export_units(at(from), at(sent.taker()),
                                     {ranges_of(sent.serials), account, sent.to, is_return});
    RC_ASSERT(is_accepted(answer) == (sent.recognised() > 0));
    if (!is_accepted(answer)) return;
    sent.exported = answer.leaf;
    sent.deadline = answer.time + kAnswerSoon;
    for (const auto serial : sent.serials) {
      one(from, serial).is_locked = true;
      sent.origins.push_back(one(from, serial).origin);
    }
    sent_.push_back(sent);
  }
  // The code of what stands against taking it in, or nothing.
  std::string obstacle(const Journey& sent) {
    if (sent.to == "nobody") return "account.unknown";
    const auto is_away = [&](std::uint64_t origin) {
      const auto& kilogram = one(sent.taker(), origin);
      return kilogram.state == v1::EXPORTED && !kilogram.is_retired_abroad;
    };
    if (sent.is_return && !std::ranges::all_of(sent.origins, is_away)) return "units.foreign";
    return {};
  }
  void take_in(const Journey& sent) {
    if (!sent.is_return) {
      for (std::size_t i = 0; i < sent.recognised(); ++i)
        put(sent.taker(), {sent.from, sent.origins[i], sent.to});
      return;
    }
    for (const auto origin : sent.origins) {
      one(sent.taker(), origin).state = v1::HELD;
      one(sent.taker(), origin).account = sent.to;
    }
  }
  void answer_one() {
    if (sent_.empty()) return;
    auto& sent = sent_[*rc::gen::inRange<std::size_t>(0, sent_.size())];
    auto& taker = at(sent.taker());
    const auto proof = carry(at(sent.from), taker, sent.exported);
    const bool in_time = taker.now < sent.deadline;
    const auto against = obstacle(sent);
    Answer answer;
    bool expected = !sent.answer;
    const auto way = *rc::gen::inRange(0, 5);
    if (way == 0) {
      answer = void_import(taker, proof);
      expected = expected && !in_time;
    } else if (way == 1) {
      const std::vector<std::string> codes = {against, "quota.exceeded", "none"};
      const auto code = *rc::gen::elementOf(codes);
      answer = refuse_import(taker, proof, code);
      expected = expected && in_time && !against.empty() && code == against;
    } else {
      answer = import_units(taker, proof);
      expected = expected && in_time && against.empty();
    }
    RC_ASSERT(is_accepted(answer) == expected);
    if (!expected) return;
    sent.answer = answer.leaf;
    sent.is_imported = way > 1;
    if (sent.is_imported) take_in(sent);
  }
  void conclude_one() {
    if (sent_.empty()) return;
    auto& sent = sent_[*rc::gen::inRange<std::size_t>(0, sent_.size())];
    if (!sent.answer) return;
    const auto proof = carry(at(sent.taker()), at(sent.from), *sent.answer);
    RC_ASSERT(is_accepted(conclude(at(sent.from), proof)) == sent.is_open);
    if (!std::exchange(sent.is_open, false)) return;
    for (std::size_t i = 0; i < sent.serials.size(); ++i) {
      auto& kilogram = one(sent.from, sent.serials[i]);
      kilogram.is_locked = false;
      if (sent.is_imported) kilogram.state = i < sent.recognised() ? v1::EXPORTED : v1::CANCELLED;
    }
  }

  // ---- Retirements abroad ----
  void state_one() {
    if (retired_.empty()) return;
    auto& retired = retired_[*rc::gen::inRange<std::size_t>(0, retired_.size())];
    const auto answer = state_retirement(at(retired.city), at(1 - retired.city), retired.leaf,
                                         ranges_of(retired.origins));
    RC_ASSERT(is_accepted(answer) == (!retired.origins.empty() && !retired.stated));
    if (is_accepted(answer)) retired.stated = answer.leaf;
  }
  void note_one() {
    if (retired_.empty()) return;
    const auto& retired = retired_[*rc::gen::inRange<std::size_t>(0, retired_.size())];
    if (!retired.stated) return;
    const int home = 1 - retired.city;
    const auto proof = carry(at(retired.city), at(home), *retired.stated);
    const auto is_new = [&](std::uint64_t origin) {
      const auto& kilogram = one(home, origin);
      return kilogram.state == v1::EXPORTED && !kilogram.is_retired_abroad;
    };
    const bool expected = std::ranges::all_of(retired.origins, is_new);
    RC_ASSERT(is_accepted(note_retirement(at(home), proof)) == expected);
    if (!expected) return;
    for (const auto origin : retired.origins) one(home, origin).is_retired_abroad = true;
  }

  std::array<std::unique_ptr<SovereignCity>, 2> cities_ = {
      std::make_unique<SovereignCity>(Place{"WUHAN", "P1"}),
      std::make_unique<SovereignCity>(Place{"XIANGYANG", "P2"})};
  std::array<std::vector<Kilogram>, 2> kilograms_;
  std::vector<Journey> sent_;
  std::vector<Retired> retired_;
};

void compare_city(const View& view, const std::vector<Kilogram>& kilograms) {
  for (std::uint64_t serial = 1; serial <= kilograms.size();) {
    const auto block = view.serial(serial);
    RC_ASSERT(block.has_value());
    RC_ASSERT(block->start() == serial);
    for (; serial <= block->end(); ++serial) {
      RC_ASSERT(serial <= kilograms.size());
      const auto& kilogram = kilograms[serial - 1];
      RC_ASSERT(block->state() == kilogram.state);
      RC_ASSERT(block->account() == kilogram.account);
      RC_ASSERT(block->bound_by().starts_with("transfer/") == kilogram.is_locked);
      RC_ASSERT((block->retired_abroad_at() != 0) == kilogram.is_retired_abroad);
      RC_ASSERT(block->exported_to().empty() == (kilogram.state != v1::EXPORTED));
    }
  }
  RC_ASSERT(!view.serial(kilograms.size() + 1));
}

void compare(World& world) {
  for (const int city : {0, 1}) {
    const auto view = world.at(city).view();
    compare_city(view, world.kilograms(city));
    RC_ASSERT(drift_of(view, unit_accounts()) == "");
    RC_ASSERT(world.at(city).ledger().read_only_reason() == "");
  }
  RC_ASSERT(drift_between(world.at(0), world.at(1)) == "");
}

RC_GTEST_PROP(TransfersBetweenCities, AgreeWithAModelOfEveryKilogram, ()) {
  World world;
  compare(world);
  const auto steps = *rc::gen::inRange(10, 50);
  for (int i = 0; i < steps; ++i) {
    world.step();
    compare(world);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
