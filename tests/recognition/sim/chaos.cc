#include "tests/recognition/sim/chaos.h"

#include <algorithm>
#include <set>

namespace puhui::ledger::testing::sim {
namespace {

constexpr int kRounds = 60;  // of carrying all there is; each must get something done

class Storm {
 public:
  explicit Storm(const Plan& plan) : world_(plan), random_(world_.random) {}

  void run() {
    world_.check_all();
    const auto steps = world_.plan().steps;
    // All cities together are looked at often enough to find the step, seldom where there are many.
    const auto every = static_cast<std::uint64_t>(2 + 2 * world_.size());
    for (std::uint64_t step = 1; step <= steps; ++step) {
      ++world_.counters.steps;
      act();
      world_.check_touched();
      if (step % every == 0) world_.check_all();
    }
    rest();
  }

  World& world() { return world_; }

 private:
  int any() { return static_cast<int>(random_.below(static_cast<std::uint64_t>(world_.size()))); }
  std::optional<int> partner_of(int city) {
    const auto& partners = world_.partners(city);
    if (partners.empty()) return std::nullopt;
    return partners[random_.below(partners.size())];
  }

  void act() {
    const auto kind = random_.below(100);
    const int city = any();
    if (world_.is_gone(city)) return;
    if (kind < 5) return world_.issue(city);
    if (kind < 9) return world_.move(city);
    if (kind < 13) return world_.retire(city);
    if (kind < 15) return world_.plan().recalls ? world_.recall(city) : world_.retire(city);
    if (kind < 19) return world_.wait(city, static_cast<Micros>(random_.below(48)) * kHour);
    if (kind < 21) return world_.crash(city);
    if (kind < 25) return lose(city);
    if (kind < 28) return world_.state_retirement();
    if (kind < 30) return world_.plan().retries ? world_.retry(city) : world_.issue(city);
    if (const auto partner = partner_of(city)) between(city, *partner, kind);
  }

  // A copy now, or what a copy of an earlier step brings back.
  void lose(int city) {
    if (!world_.plan().restores) return world_.crash(city);
    const auto often = world_.can_restore_again(city) ? 0.6 : 0.35;
    if (world_.can_restore(city) && random_.chance(often)) return world_.restore(city);
    world_.copy(city);
  }

  void between(int city, int partner, std::uint64_t kind) {
    if (kind < 42) return world_.send(city, partner, false);
    if (kind < 48) return world_.send(city, partner, true);
    if (kind < 51) return stand(city, partner);
    if (kind < 53 && world_.plan().renegotiation) return world_.renegotiate(city, partner);
    if (kind < 54) return end(city, partner);
    if (kind < 57) return world_.carry_checkpoint(city, partner);
    if (kind < 61) return reconcile(city, partner);
    if (kind < 63) return distrust(city, partner);
    if (kind < 66) return count_acts(city, partner);
    carry();
  }

  void count_acts(int city, int partner) {
    if (!world_.plan().acts) return carry();
    if (random_.chance(0.5)) return world_.ride(city);
    world_.publish(city, partner);
  }

  void distrust(int city, int partner) {
    if (world_.plan().forks && random_.chance(0.3)) return world_.accuse(city, partner);
    if (world_.plan().rotation && random_.chance(0.5))
      return random_.chance(0.5) ? world_.rotate(city) : world_.rotate_authority(city);
    reconcile(city, partner);
  }

  void stand(int city, int partner) {
    const auto now = world_.standing(city, partner);
    if (now == v1::IN_FORCE && world_.plan().closing && random_.chance(0.05))
      return world_.set_standing(city, partner, v1::CLOSED);
    world_.set_standing(city, partner, now == v1::IN_FORCE ? v1::STANDING_SUSPENDED : v1::IN_FORCE);
  }

  // What happens seldom.
  void end(int city, int partner) {
    const auto& letters = world_.letters();
    if (world_.plan().gone && !has_gone_ && random_.chance(0.05)) {
      has_gone_ = true;
      return world_.stop(city);
    }
    if (world_.plan().settlements && !letters.empty())
      return world_.settle(letters.size() - 1 -
                           random_.below(std::min<std::size_t>(letters.size(), 20)));
    if (!world_.is_gone(partner)) world_.file_late(city, partner);
  }

  // Of a city that began an epoch, its partner learns; and says what it knows.
  void reconcile(int city, int partner) {
    if (world_.is_gone(partner)) return;
    if (world_.is_behind(city, partner)) return world_.renew(city, partner);
    if (world_.owes_list(partner, city)) return world_.state_list(partner, city);
  }

  // Some leaf that was ever written: mostly one that matters still, and lately written.
  void carry() {
    const auto& letters = world_.letters();
    if (letters.empty()) return;
    auto at = random_.below(letters.size());
    for (int tries = 0; tries < 8 && random_.chance(0.9) && !world_.is_open(letters[at]); ++tries)
      at = letters.size() - 1 - random_.below(std::min<std::size_t>(letters.size(), 40));
    const auto& letter = letters[at];
    const bool is_late = world_.now(letter.to) >= letter.deadline;
    auto way = is_late ? Answering::annul : Answering::import;
    if (random_.chance(0.2)) way = random_.chance(0.7) ? Answering::refuse : Answering::import;
    if (random_.chance(0.05)) way = Answering::annul;
    world_.deliver(at, way);
  }

  // ---- Nothing new happens any more ----

  void rest() {
    for (int city = 0; city < world_.size(); ++city)
      for (const int partner : world_.partners(city))
        if (!world_.is_gone(city) && world_.standing(city, partner) == v1::STANDING_SUSPENDED)
          world_.set_standing(city, partner, v1::IN_FORCE);
    world_.close_with_gone();
    for (int deadline = 0; deadline < 2; ++deadline) {
      carry_all();
      world_.wait_all(9 * kMicrosPerDay);
    }
    carry_all();
    world_.wait_all(kDeadAfter);
    world_.give_up_lists();
    carry_all();
    world_.wait_all(9 * kMicrosPerDay);
    carry_all();
    world_.give_up_all();
    need_nothing_refused();
    world_.check_rest();
  }

  // What is refused now, when all is carried that changes anything, is refused for ever: no more
  // than what was known before.
  void need_nothing_refused() {
    static const std::set<std::string> told = {"retirement.stated", "transfer.state"};
    auto before = world_.counters.refused;
    carry_all();
    for (const auto& [code, count] : world_.counters.refused)
      if (count > before[code] && !told.contains(code))
        throw Violation("AT REST: something is refused for ever: " + code);
  }

  void reconcile_all(int city, int partner) {
    auto before = world_.accepted();
    for (reconcile(city, partner); world_.accepted() != before; reconcile(city, partner))
      before = world_.accepted();
  }

  // One part of each in turn: what is made next of one may have to wait for all others.
  void note_lists() {
    for (auto before = world_.accepted() + 1; world_.accepted() != before;) {
      before = world_.accepted();
      for (std::size_t at = 0; at < world_.letters().size(); ++at) {
        const auto& letter = world_.letters()[at];
        if (letter.tells != Tells::listed || !world_.is_open(letter) || world_.is_lost(letter))
          continue;
        world_.deliver(at, Answering::import);
        world_.check_touched();
      }
    }
  }

  void carry_all() {
    for (int round = 0; round < kRounds; ++round) {
      const auto before = world_.accepted();
      for (int city = 0; city < world_.size(); ++city)
        for (const int partner : world_.partners(city)) {
          reconcile_all(city, partner);
          if (!world_.is_gone(city) && !world_.is_gone(partner)) world_.file_late(city, partner);
        }
      note_lists();
      for (std::size_t at = 0; at < world_.letters().size(); ++at) {
        const auto& letter = world_.letters()[at];
        if (!world_.is_open(letter) || world_.is_lost(letter)) continue;
        const bool is_late = world_.now(letter.to) >= letter.deadline;
        world_.deliver(at, is_late ? Answering::annul : Answering::import);
        world_.check_touched();
      }
      if (world_.accepted() == before) return;
    }
    throw Violation("AT REST: there is always something more to carry");
  }

  World world_;
  Random& random_;
  bool has_gone_ = false;
};

}  // namespace

Outcome run(const Plan& plan) {
  Outcome outcome;
  Storm storm(plan);
  try {
    storm.run();
  } catch (const std::exception& error) {
    outcome.violation = error.what();
    const auto& trace = storm.world().trace();
    outcome.last_steps.assign(trace.begin(), trace.end());
  }
  outcome.counters = storm.world().counters;
  outcome.counters.seeds = 1;
  return outcome;
}

}  // namespace puhui::ledger::testing::sim
