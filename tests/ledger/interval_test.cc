// Interval algebra against a model that remembers every kilogram by itself.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ledger/store/keys.h"
#include "tests/ledger/random_units.h"
#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

const std::vector<std::string> kAccounts = {"owner-main", "owner-side", "owner-more"};

// Holder of each serial ("" once retired), serial 1 first.
struct Model {
  std::vector<std::string> holders;
  std::vector<std::string> batches;

  [[nodiscard]] bool holds(const std::string& account, const SerialRanges& ranges) const {
    for (const auto& [start, end] : ranges)
      for (auto serial = start; serial <= end; ++serial)
        if (serial == 0 || serial > holders.size() || holders[serial - 1] != account) return false;
    return true;
  }
  void move(const SerialRanges& ranges, const std::string& to) {
    for (const auto& [start, end] : ranges)
      for (auto serial = start; serial <= end; ++serial) holders[serial - 1] = to;
  }
  [[nodiscard]] std::int64_t balance(const std::string& account) const {
    return std::count(holders.begin(), holders.end(), account);
  }
  // The lowest serials, as ranges of one serial each.
  [[nodiscard]] SerialRanges lowest(const std::string& account, std::int64_t amount) const {
    SerialRanges ranges;
    for (std::uint64_t serial = 1; serial <= holders.size() && amount > 0; ++serial) {
      if (holders[serial - 1] != account) continue;
      ranges.emplace_back(serial, serial);
      --amount;
    }
    return ranges;
  }
};

struct Step {
  Sent sent;
  bool expected;
};

Step random_step(KilogramCity& city, Model& model) {
  const auto from = *rc::gen::elementOf(kAccounts);
  const auto by_amount = *rc::gen::arbitrary<bool>();
  const auto amount = *rc::gen::inRange<std::int64_t>(1, 12);
  const auto ranges =
      by_amount ? model.lowest(from, amount) : some_ranges(model.holders.size() + 2);
  const bool expected = by_amount ? model.balance(from) >= amount : model.holds(from, ranges);
  if (*rc::gen::inRange(0, 4) == 0) {
    auto payload = retire_event(city, from, "owner");
    if (by_amount) {
      payload.mutable_retire()->set_amount_kg(amount);
    } else {
      add_serials(*payload.mutable_retire(), ranges);
    }
    if (expected) model.move(ranges, "");
    return {sign(payload, {"owner"}), expected};
  }
  auto to = *rc::gen::elementOf(kAccounts);
  if (to == from) to = kAccounts[from == kAccounts[0] ? 1 : 0];
  auto payload = transfer_event(city, {from, to}, "owner");
  if (by_amount) {
    payload.mutable_transfer()->set_amount_kg(amount);
  } else {
    add_serials(*payload.mutable_transfer(), ranges);
  }
  if (expected) model.move(ranges, to);
  return {sign(payload, {"owner"}), expected};
}

// Blocks as stored: cover exactly what was issued, never overlap, are merged where they can be, and
// agree with the holdings index, the balances and the model.
void compare(KilogramCity& city, const Model& model) {
  const auto view = city.view();
  std::map<std::string, std::int64_t> held;
  std::uint64_t next = 1;
  std::optional<v1::UnitBlock> before;
  view.reader().scan("vU", "vU", [&](std::string_view, std::string_view value) {
    v1::UnitBlock block;
    RC_ASSERT(block.ParseFromArray(value.data(), static_cast<int>(value.size())));
    RC_ASSERT(block.start() == next);
    RC_ASSERT(block.end() >= block.start());
    for (auto serial = block.start(); serial <= block.end(); ++serial) {
      const auto& holder = model.holders[serial - 1];
      RC_ASSERT((block.state() == v1::RETIRED ? "" : block.account()) == holder);
      RC_ASSERT(block.batch() == model.batches[serial - 1]);
    }
    if (block.state() == v1::HELD) {
      held[block.account()] += static_cast<std::int64_t>(block.end() - block.start() + 1);
      const auto end = view.reader().get(key::holding(block.account(), block.start()));
      RC_ASSERT(end.has_value());
      RC_ASSERT(crypto::read_u64(*end) == block.end());
    }
    const bool could_be_one = before && before->state() == v1::HELD && block.state() == v1::HELD &&
                              before->account() == block.account() &&
                              before->batch() == block.batch();
    RC_ASSERT(!could_be_one);
    next = block.end() + 1;
    before = block;
    return true;
  });
  RC_ASSERT(next == model.holders.size() + 1);
  std::int64_t indexed = 0, sum = 0;
  view.reader().scan("vH", "vH", [&](std::string_view key, std::string_view value) {
    indexed += static_cast<std::int64_t>(crypto::read_u64(value) -
                                         crypto::read_u64(key.substr(key.size() - 8)) + 1);
    return true;
  });
  for (const auto& account : kAccounts) {
    RC_ASSERT(view.account(account)->units_held_kg() == model.balance(account));
    RC_ASSERT(held[account] == model.balance(account));
    sum += model.balance(account);
  }
  RC_ASSERT(indexed == sum);
  const auto totals = view.totals();
  RC_ASSERT(totals.units_held_kg() == sum);
  RC_ASSERT(totals.units_issued_kg() == static_cast<std::int64_t>(model.holders.size()));
  RC_ASSERT(totals.units_retired_kg() == model.balance(""));
}

RC_GTEST_PROP(Intervals, AgreeWithAModelOfEveryKilogram, ()) {
  KilogramCity city;
  Model model;
  const auto blocks = *rc::gen::inRange(3, 10);
  for (int i = 0; i < blocks; ++i) {
    std::vector<Sent> block;
    std::vector<bool> expected;
    if (i == 0 || *rc::gen::inRange(0, 3) == 0) {
      const auto kilograms = *rc::gen::inRange<std::int64_t>(1, 40);
      for (auto& sent : city.issuance(kilograms)) {
        block.push_back(std::move(sent));
        expected.push_back(true);
      }
      model.holders.resize(model.holders.size() + static_cast<std::size_t>(kilograms),
                           kAccounts[0]);
      model.batches.resize(model.holders.size(), city.last_batch());
    }
    const auto steps = *rc::gen::inRange(1, 8);
    for (int k = 0; k < steps; ++k) {
      auto step = random_step(city, model);
      block.push_back(std::move(step.sent));
      expected.push_back(step.expected);
    }
    const auto answers = city.apply(block);
    for (std::size_t k = 0; k < answers.size(); ++k)
      RC_ASSERT((answers[k].decision == v1::ACCEPTED) == expected[k]);
    compare(city, model);
    if (*rc::gen::inRange(0, 4) == 0) city.reopen();
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
