// Bonds, transfers, retirements, recalls and time, against a model that remembers of every kilogram
// whose it is and what binds it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/ledger/market.h"
#include "tests/ledger/random_units.h"

namespace puhui::ledger::testing {
namespace {

const std::vector<std::string> kOwned = {"owner-main", "owner-side"};
const std::vector<std::string> kTakers = {"owner-more", "buyer-main"};
const std::vector<std::string> kAll = {"owner-main", "owner-side", "owner-more", "buyer-main"};

struct Kilogram {
  std::string account = "owner-main";
  std::string bond;  // empty: free
  v1::UnitState state = v1::HELD;
  bool recalled = false;  // though it stays retired

  [[nodiscard]] bool is_bound() const { return !bond.empty(); }
};

struct ModelBond {
  v1::BondState state = v1::BOUND;
  std::int64_t posted = 0, released = 0, recalled = 0;
  Micros expires_at = 0;
};

// Serial 1 first.
struct Model {
  std::vector<Kilogram> kilograms;
  std::map<std::string, ModelBond> bonds;

  // The lowest that are held by an account and bound by this, or free; all of them unless an amount
  // is given. Fewer where there are not enough.
  [[nodiscard]] std::vector<std::size_t> lowest(const std::string& account, const std::string& bond,
                                                std::int64_t amount) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < kilograms.size(); ++i) {
      const auto& kilogram = kilograms[i];
      if (static_cast<std::int64_t>(found.size()) == amount) break;
      if (kilogram.state == v1::HELD && kilogram.bond == bond &&
          (account.empty() || kilogram.account == account))
        found.push_back(i);
    }
    return found;
  }
  [[nodiscard]] std::int64_t bound(const std::string& bond) const {
    return std::ranges::count_if(kilograms, [&bond](const Kilogram& kilogram) {
      return kilogram.state == v1::HELD && kilogram.bond == bond;
    });
  }
  // Why so much may not be taken out of a bond.
  [[nodiscard]] ErrorCode why_not_part(const std::string& bond, std::int64_t amount) const {
    const auto found = bonds.find(bond);
    if (found == bonds.end()) return ErrorCode::BOND_UNKNOWN;
    if (found->second.state != v1::BOUND) return ErrorCode::BOND_STATE_WRONG;
    return amount <= bound(bond) ? ErrorCode::OK : ErrorCode::BOND_INSUFFICIENT;
  }
  // The last of a bond says how it ended.
  void note_end(const std::string& bond, v1::BondState state) {
    if (bound(bond) == 0) bonds[bond].state = state;
  }
  void free(const std::string& bond, const std::vector<std::size_t>& which, v1::BondState state) {
    for (const auto i : which) kilograms[i].bond.clear();
    bonds[bond].released += static_cast<std::int64_t>(which.size());
    note_end(bond, state);
  }
  void pass(Micros now) {
    for (auto& [name, bond] : bonds)
      if (bond.state == v1::BOUND && bond.expires_at != 0 && bond.expires_at <= now)
        free(name, lowest({}, name, bound(name)), v1::BOND_EXPIRED);
  }
  void post(const std::string& bond, std::int64_t amount, const std::string& to) {
    for (const auto i : lowest({}, bond, amount)) {
      kilograms[i].bond.clear();
      kilograms[i].account = to;
    }
    bonds[bond].posted += amount;
    note_end(bond, v1::POSTED);
  }
  // How many it takes back or marks.
  std::int64_t recall(const std::vector<std::size_t>& which) {
    return std::ranges::count_if(which, [this](std::size_t i) { return recall(kilograms[i]); });
  }
  bool recall(Kilogram& kilogram) {
    if (kilogram.state == v1::RETIRED) return !std::exchange(kilogram.recalled, true);
    if (kilogram.state != v1::HELD) return false;
    kilogram.state = v1::CANCELLED;
    const auto bond = std::exchange(kilogram.bond, {});
    if (bond.empty()) return true;
    ++bonds[bond].recalled;
    note_end(bond, v1::RELEASED);
    return true;
  }
};

// A step as it is sent, and what is left of the model if it is accepted.
struct Step {
  Sent sent;
  Model after;
  ErrorCode expected = ErrorCode::OK;

  [[nodiscard]] bool is_accepted() const { return expected == ErrorCode::OK; }
};

class World {
 public:
  World() {
    const auto issued = *rc::gen::inRange<std::int64_t>(20, 80);
    RC_ASSERT(city.issue_kg(issued).decision == v1::ACCEPTED);
    model.kilograms.resize(static_cast<std::size_t>(issued));
  }

  void random_step() {
    city.now += *rc::gen::inRange<Micros>(0, 3) * kSecond;
    if (*rc::gen::inRange(0, 8) == 0) return tick();
    auto step = random_event();
    const auto answer = city.submit(step.sent);
    assert_code(answer, step.expected);
    // A refusal carries nothing out, not even what time did.
    if (step.is_accepted()) model = std::move(step.after);
  }

  KilogramCity city{market_rules()};
  Model model;

 private:
  void tick() {
    model.pass(city.now);
    city.apply({});
  }
  Step random_event() {
    Step step;
    step.after = model;
    step.after.pass(city.now);
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
      case 1:
        bind(step);
        break;
      case 2:
      case 3:
        release(step);
        break;
      case 4:
      case 5:
        post(step);
        break;
      case 6:
        retire(step);
        break;
      case 7:
        recall(step);
        break;
      default:
        transfer(step);
    }
    return step;
  }

  // An amount or ranges of an account, written into the action. Answers which kilograms are meant,
  // and tells the step why they may not leave it.
  template <class Action>
  std::vector<std::size_t> choose(Step& step, Action& action, const std::string& account) {
    if (*rc::gen::arbitrary<bool>()) {
      const auto amount = *rc::gen::inRange<std::int64_t>(1, 15);
      action.set_amount_kg(amount);
      auto which = step.after.lowest(account, {}, amount);
      if (static_cast<std::int64_t>(which.size()) != amount)
        step.expected = ErrorCode::BALANCE_INSUFFICIENT;
      return which;
    }
    const auto ranges = some_ranges(model.kilograms.size() + 2);
    add_serials(action, ranges);
    step.expected = why_not(step.after.kilograms, account, ranges);
    return named(ranges);
  }
  // By index; that of serial 0 is beyond all others.
  static std::vector<std::size_t> named(const SerialRanges& ranges) {
    std::vector<std::size_t> which;
    for (const auto& [start, end] : ranges)
      for (auto serial = start; serial <= end; ++serial)
        which.push_back(static_cast<std::size_t>(serial - 1));
    return which;
  }
  // A bond that there is, or is not.
  std::string any_bond() {
    return "b" + std::to_string(*rc::gen::inRange<std::size_t>(0, model.bonds.size() + 1));
  }

  void bind(Step& step) {
    const auto account = *rc::gen::elementOf(kOwned);
    const auto name = any_bond();
    auto action = binding(name, v1::RESERVATION, 0);
    action.set_account(account);
    const auto which = choose(step, action, account);
    const auto seconds = *rc::gen::inRange<Micros>(0, 20);
    if (seconds > 0) action.set_expires_at(city.now + seconds * kSecond);
    if (step.after.bonds.contains(name)) step.expected = ErrorCode::BOND_EXISTS;
    if (step.is_accepted()) {
      step.after.bonds[name].expires_at = action.expires_at();
      for (const auto i : which) step.after.kilograms[i].bond = name;
    }
    step.sent = signed_action(city, action, {"owner"});
  }
  // Part of a bond, or all of it.
  std::int64_t choose_part(Step& step, const std::string& bond) {
    const auto amount = *rc::gen::inRange<std::int64_t>(0, 12);
    step.expected = step.after.why_not_part(bond, amount);
    return amount;
  }
  void release(Step& step) {
    const auto name = any_bond();
    const auto amount = choose_part(step, name);
    const auto wanted = amount == 0 ? step.after.bound(name) : amount;
    if (step.is_accepted())
      step.after.free(name, step.after.lowest({}, name, wanted), v1::RELEASED);
    step.sent = signed_action(city, releasing(name, amount), {"exchange"});
  }
  void post(Step& step) {
    const auto name = any_bond();
    const auto to = *rc::gen::elementOf(kTakers);
    const auto amount = choose_part(step, name);
    if (step.is_accepted())
      step.after.post(name, amount == 0 ? step.after.bound(name) : amount, to);
    const bool as_leg = amount > 0 && *rc::gen::arbitrary<bool>();
    step.sent = as_leg
                    ? signed_action(city, settlement({leg_of_bond(name, amount, to)}), {"exchange"})
                    : signed_action(city, posting(name, amount, to), {"exchange"});
  }
  void retire(Step& step) {
    const auto account = *rc::gen::elementOf(kOwned);
    auto payload = retire_event(city, account, "owner");
    const auto which = choose(step, *payload.mutable_retire(), account);
    if (step.is_accepted())
      for (const auto i : which) step.after.kilograms[i].state = v1::RETIRED;
    step.sent = sign(payload, {"owner"});
  }
  void recall(Step& step) {
    const auto ranges = some_ranges(model.kilograms.size() + 2);
    const auto which = named(ranges);
    const bool are_issued =
        std::ranges::all_of(which, [&](std::size_t i) { return i < step.after.kilograms.size(); });
    if (!are_issued)
      step.expected = ErrorCode::SERIAL_NOT_OWNED;
    else if (step.after.recall(which) == 0)
      step.expected = ErrorCode::RECALL_NOTHING;
    step.sent = sign(recall_event(city, "B1", ranges), {"bureau"});
  }
  void transfer(Step& step) {
    const auto from = *rc::gen::elementOf(kOwned);
    const std::string to = from == "owner-main" ? "owner-side" : "owner-main";
    auto payload = transfer_event(city, {from, to}, "owner");
    const auto which = choose(step, *payload.mutable_transfer(), from);
    if (step.is_accepted())
      for (const auto i : which) step.after.kilograms[i].account = to;
    step.sent = sign(payload, {"owner"});
  }
};

void compare_kilograms(const View& view, const Model& model) {
  for (std::uint64_t serial = 1; serial <= model.kilograms.size();) {
    const auto block = view.serial(serial);
    RC_ASSERT(block.has_value());
    RC_ASSERT(block->start() == serial);
    for (; serial <= block->end(); ++serial) {
      RC_ASSERT(serial <= model.kilograms.size());
      const auto& kilogram = model.kilograms[serial - 1];
      RC_ASSERT(block->state() == kilogram.state);
      RC_ASSERT(block->account() == kilogram.account);
      RC_ASSERT(block->bound_by() == (kilogram.bond.empty() ? "" : "bond/" + kilogram.bond));
      RC_ASSERT((block->recalled_at() != 0) == kilogram.recalled);
    }
  }
}

void compare_bonds(const City& city, const Model& model) {
  for (const auto& [name, bond] : model.bonds) {
    const auto stored = bond_named(city, name);
    RC_ASSERT(stored.state() == bond.state);
    RC_ASSERT(stored.bound_kg() == model.bound(name));
    RC_ASSERT(stored.posted_kg() == bond.posted);
    RC_ASSERT(stored.released_kg() == bond.released);
    RC_ASSERT(stored.recalled_kg() == bond.recalled);
    RC_ASSERT(stored.retired_kg() == 0);
  }
  const auto listed = city.view().bonds({}).items_size();
  RC_ASSERT(static_cast<std::size_t>(listed) == model.bonds.size());
}

void compare(const World& world) {
  const auto view = world.city.view();
  const auto& model = world.model;
  compare_kilograms(view, model);
  compare_bonds(world.city, model);
  RC_ASSERT(drift_of(view, kAll) == "");
  RC_ASSERT(drift_of_bonds(view) == "");
  for (const auto& name : kAll) {
    std::int64_t held = 0, bound = 0;
    for (const auto& kilogram : model.kilograms) {
      if (kilogram.state != v1::HELD || kilogram.account != name) continue;
      ++held;
      bound += kilogram.bond.empty() ? 0 : 1;
    }
    RC_ASSERT(world.city.held(name) == held);
    RC_ASSERT(world.city.bound(name) == bound);
    const auto free = view.units(name, {});
    const auto lowest = model.lowest(name, {}, 1);
    RC_ASSERT(free.items().empty() == lowest.empty());
    if (!lowest.empty()) RC_ASSERT(free.items(0).start() == lowest.front() + 1);
  }
}

RC_GTEST_PROP(BondsOfUnits, AgreeWithAModelOfEveryKilogram, ()) {
  World world;
  const auto steps = *rc::gen::inRange(5, 50);
  for (int i = 0; i < steps; ++i) {
    world.random_step();
    compare(world);
    if (*rc::gen::inRange(0, 12) == 0) world.city.reopen();
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
