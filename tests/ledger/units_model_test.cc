// Issuance, registration, transfers, and all that ends units, against a model that remembers every
// kilogram by itself.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "tests/ledger/beside.h"
#include "tests/ledger/blocks.h"
#include "tests/ledger/random_units.h"
#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

const std::vector<std::string> kOwned = {"owner-main", "owner-side", "owner-more"};
const std::vector<std::string> kAll = {"owner-main", "owner-side", "owner-more", "buyer-main",
                                       "buffer"};
constexpr std::int64_t kBufferTenths = 2;

struct Kilogram {
  std::string batch;
  std::string account;  // holder, or who held it last
  v1::UnitState state = v1::HELD;
  bool bound = false, recalled = false;

  [[nodiscard]] bool is_bound() const { return bound; }
  [[nodiscard]] bool is_free(const std::string& of) const {
    return state == v1::HELD && !bound && account == of;
  }
};

// Serial 1 first.
struct Model {
  std::vector<Kilogram> kilograms;
  std::int64_t owed = 0, taken_back = 0;

  Kilogram& at(std::uint64_t serial) { return kilograms[serial - 1]; }

  // The lowest free serials, as ranges of one each; fewer where there are not enough.
  [[nodiscard]] SerialRanges lowest(const std::string& account, std::int64_t amount) const {
    SerialRanges ranges;
    for (std::uint64_t serial = 1; serial <= kilograms.size() && amount > 0; ++serial) {
      if (!kilograms[serial - 1].is_free(account)) continue;
      ranges.emplace_back(serial, serial);
      --amount;
    }
    return ranges;
  }
  [[nodiscard]] bool are_of(const std::string& batch, const SerialRanges& ranges) const {
    for (const auto& [start, end] : ranges)
      for (auto serial = start; serial <= end; ++serial)
        if (serial == 0 || serial > kilograms.size() || kilograms[serial - 1].batch != batch)
          return false;
    return true;
  }
  template <class Change>
  void each(const SerialRanges& ranges, Change change) {
    for (const auto& [start, end] : ranges)
      for (auto serial = start; serial <= end; ++serial) change(at(serial));
  }
  void end(const SerialRanges& ranges, v1::UnitState state) {
    each(ranges, [state](Kilogram& kilogram) { kilogram.state = state; });
  }

  void issue(const std::string& batch, std::int64_t amount, bool bound) {
    const auto buffered = amount * kBufferTenths / 10;
    const auto covering = std::min(owed, amount - buffered);
    owed -= covering;
    for (std::int64_t i = 0; i < amount; ++i) {
      Kilogram kilogram{batch, "owner-main", v1::HELD, bound};
      const auto own = amount - buffered - covering;
      if (i >= own && i < own + buffered) kilogram.account = "buffer";
      if (i >= own + buffered) kilogram.state = v1::CANCELLED;
      kilograms.push_back(kilogram);
    }
  }
  void cover(std::int64_t amount) {
    const auto from_buffer = lowest("buffer", amount);
    end(from_buffer, v1::CANCELLED);
    owed += amount - static_cast<std::int64_t>(from_buffer.size());
  }
  // How many it takes back; nothing changes if none.
  std::int64_t recall(const SerialRanges& ranges) {
    std::int64_t cancelled = 0, retired = 0;
    each(ranges, [&](Kilogram& kilogram) {
      if (kilogram.state == v1::HELD) {
        kilogram.state = v1::CANCELLED;
        ++cancelled;
      } else if (kilogram.state == v1::RETIRED && !kilogram.recalled) {
        kilogram.recalled = true;
        ++retired;
      }
    });
    // Kilogram by kilogram: those still held first, and none that was taken back before.
    const auto left = static_cast<std::int64_t>(kilograms.size()) - taken_back;
    for (std::int64_t i = cancelled; i < cancelled + retired; ++i)
      if (i < left) cover(1);
    taken_back += std::min(left, cancelled + retired);
    return cancelled + retired;
  }
  // No more than was issued and is not taken back.
  bool reverse(std::int64_t amount) {
    if (taken_back + amount > static_cast<std::int64_t>(kilograms.size())) return false;
    taken_back += amount;
    cover(amount);
    return true;
  }
  void register_batch(const std::string& batch) {
    for (auto& kilogram : kilograms)
      if (kilogram.batch == batch) kilogram.bound = false;
  }
  // Some of it is to be registered still.
  [[nodiscard]] bool is_waiting(const std::string& batch) const {
    return std::ranges::any_of(kilograms, [&batch](const Kilogram& kilogram) {
      return kilogram.batch == batch && kilogram.state == v1::HELD && kilogram.bound;
    });
  }
  [[nodiscard]] SerialRanges whole(const std::string& batch) const {
    SerialRanges ranges;
    for (std::uint64_t serial = 1; serial <= kilograms.size(); ++serial)
      if (kilograms[serial - 1].batch == batch) ranges.emplace_back(serial, serial);
    return ranges;
  }
  [[nodiscard]] Blocks::Share share_of(const std::string& account) const {
    Blocks::Share share;
    for (const auto& kilogram : kilograms) {
      if (kilogram.state != v1::HELD || kilogram.account != account) continue;
      ++share.held;
      if (kilogram.bound) ++share.bound;
    }
    return share;
  }
};

v1::RuleSet model_rules(bool registers) {
  auto rules = registry_rules("model");
  rules.set_registers_batches(registers);
  auto& buffer = *rules.add_buffers();
  buffer.set_share("0." + std::to_string(kBufferTenths));
  buffer.set_account("buffer");
  return rules;
}

struct Step {
  Sent sent;
  ErrorCode expected;
};

// Chooses events and tells the model what they are to do.
class World {
 public:
  explicit World(bool registers) : city(model_rules(registers)), registers_(registers) {}

  std::vector<Step> issue() {
    const auto amount = *rc::gen::inRange<std::int64_t>(1, 40);
    std::vector<Step> steps;
    for (auto& sent : city.issuance(amount)) steps.push_back({std::move(sent), ErrorCode::OK});
    batches_.push_back(city.last_batch());
    model.issue(city.last_batch(), amount, registers_);
    unregistered_[city.last_batch()] = registers_;
    return steps;
  }
  Step random_step() {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        return retire();
      case 1:
        return cancel();
      case 2:
        return recall();
      case 3:
        return reverse();
      case 4:
        return register_batch();
      default:
        return transfer();
    }
  }

  KilogramCity city;
  Model model;

 private:
  // An amount or ranges of an account, written into the action; the serials that are meant, and
  // why they may not leave it.
  struct Quantity {
    SerialRanges ranges;
    ErrorCode code;

    [[nodiscard]] bool may_leave() const { return code == ErrorCode::OK; }
  };
  template <class Action>
  Quantity choose(Action& action, const std::string& account) {
    if (*rc::gen::arbitrary<bool>()) {
      const auto amount = *rc::gen::inRange<std::int64_t>(1, 12);
      action.set_amount_kg(amount);
      auto ranges = model.lowest(account, amount);
      const bool enough = static_cast<std::int64_t>(ranges.size()) == amount;
      return {std::move(ranges), enough ? ErrorCode::OK : ErrorCode::BALANCE_INSUFFICIENT};
    }
    auto ranges = some_ranges(model.kilograms.size() + 2);
    add_serials(action, ranges);
    const auto code = why_not(model.kilograms, account, ranges);
    return {std::move(ranges), code};
  }
  Step transfer() {
    const auto from = *rc::gen::elementOf(kOwned);
    auto to = *rc::gen::elementOf(kAll);
    if (to == from) to = "buyer-main";
    const std::string by = to == "buffer" ? "bureau" : "owner";
    auto payload = transfer_event(city, {from, to}, by);
    const auto quantity = choose(*payload.mutable_transfer(), from);
    if (quantity.may_leave())
      model.each(quantity.ranges, [&](Kilogram& kilogram) { kilogram.account = to; });
    return {sign(payload, {by}), quantity.code};
  }
  Step retire() {
    const auto from = *rc::gen::elementOf(kOwned);
    auto payload = retire_event(city, from, "owner");
    const auto quantity = choose(*payload.mutable_retire(), from);
    if (quantity.may_leave()) model.end(quantity.ranges, v1::RETIRED);
    return {sign(payload, {"owner"}), quantity.code};
  }
  Step cancel() {
    const auto from = *rc::gen::elementOf(kOwned);
    auto payload = cancel_event(city, from);
    const auto quantity = choose(*payload.mutable_cancel(), from);
    if (quantity.may_leave()) model.end(quantity.ranges, v1::CANCELLED);
    return {sign(payload, {"owner"}), quantity.code};
  }
  Step recall() {
    const auto batch = *rc::gen::elementOf(batches_);
    const bool in_parts = *rc::gen::inRange(0, 4) != 0;
    const auto meant = in_parts ? some_ranges(model.kilograms.size() + 2) : model.whole(batch);
    const auto sent = sign(recall_event(city, batch, meant), {"bureau"});
    if (!model.are_of(batch, meant)) return {sent, ErrorCode::SERIAL_NOT_OWNED};
    if (model.recall(meant) == 0) return {sent, ErrorCode::RECALL_NOTHING};
    recalled_.insert(batch);
    return {sent, ErrorCode::OK};
  }
  Step reverse() {
    const auto amount = *rc::gen::inRange<std::int64_t>(1, 15);
    const bool may_be = model.reverse(amount);
    return {sign(reverse_event(city, "P1", amount), {"bureau"}),
            may_be ? ErrorCode::OK : ErrorCode::BALANCE_INSUFFICIENT};
  }
  Step register_batch() {
    const auto batch = *rc::gen::elementOf(batches_);
    const bool may_be =
        unregistered_[batch] && (!recalled_.contains(batch) || model.is_waiting(batch));
    if (may_be) model.register_batch(batch);
    if (may_be) unregistered_[batch] = false;
    return {sign(register_event(city, batch), {"operator"}),
            may_be ? ErrorCode::OK : ErrorCode::BATCH_STATE};
  }

  const bool registers_;
  std::vector<std::string> batches_;
  std::map<std::string, bool> unregistered_;
  std::set<std::string> recalled_;
};

void compare_serials(const View& view, const Model& model) {
  for (std::uint64_t serial = 1; serial <= model.kilograms.size();) {
    const auto block = view.serial(serial);
    RC_ASSERT(block.has_value());
    RC_ASSERT(block->start() == serial);
    for (; serial <= block->end(); ++serial) {
      RC_ASSERT(serial <= model.kilograms.size());
      const auto& kilogram = model.kilograms[serial - 1];
      RC_ASSERT(block->state() == kilogram.state);
      RC_ASSERT(block->account() == kilogram.account);
      RC_ASSERT(block->batch() == kilogram.batch);
      const bool bound = kilogram.state == v1::HELD && kilogram.bound;
      RC_ASSERT(block->bound_by() == (bound ? "batch/" + kilogram.batch : ""));
      RC_ASSERT((block->recalled_at() != 0) == kilogram.recalled);
    }
  }
  RC_ASSERT(!view.serial(model.kilograms.size() + 1));
}

void compare(const World& world) {
  const auto view = world.city.view();
  compare_serials(view, world.model);
  RC_ASSERT(drift_of(view, kAll) == "");
  for (const auto& name : kAll) {
    const auto share = world.model.share_of(name);
    RC_ASSERT(view.account(name)->units_held_kg() == share.held);
    RC_ASSERT(view.account(name)->units_bound_kg() == share.bound);
    // What is listed is what may move.
    std::int64_t listed = 0;
    const auto units = view.units(name, {});
    for (const auto& block : units.items())
      listed += static_cast<std::int64_t>(block.end() - block.start() + 1);
    RC_ASSERT(units.next() != "" || listed == share.held - share.bound);
  }
  RC_ASSERT(view.project("P1")->owed_kg() == world.model.owed);
  RC_ASSERT(view.project("P1")->taken_back_kg() == world.model.taken_back);
  RC_ASSERT(view.totals().units_issued_kg() ==
            static_cast<std::int64_t>(world.model.kilograms.size()));
}

RC_GTEST_PROP(UnitsOfARegistry, AgreeWithAModelOfEveryKilogram, ()) {
  const AllBeside all_beside;
  World world(*rc::gen::arbitrary<bool>());
  const auto blocks = *rc::gen::inRange(3, 10);
  for (int i = 0; i < blocks; ++i) {
    std::vector<Step> steps;
    if (i == 0 || *rc::gen::inRange(0, 3) == 0) steps = world.issue();
    const auto more = *rc::gen::inRange(1, 8);
    for (int k = 0; k < more; ++k) steps.push_back(world.random_step());
    std::vector<Sent> block;
    for (const auto& step : steps) block.push_back(step.sent);
    const auto answers = world.city.apply(block);
    for (std::size_t k = 0; k < answers.size(); ++k) assert_code(answers[k], steps[k].expected);
    compare(world);
    if (*rc::gen::inRange(0, 4) == 0) world.city.reopen();
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
