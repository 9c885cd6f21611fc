// What the stored unit blocks add up to, beside what accounts and totals say.
#pragma once

#include <map>
#include <string>

#include "ledger/store/keys.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// Kilograms, read off the blocks one after the other.
struct Blocks {
  struct Share {
    std::int64_t held = 0, bound = 0;
    bool operator==(const Share&) const = default;
  };
  std::map<v1::UnitState, std::int64_t> in_state;
  std::map<std::string, Share> of_account;
  std::map<std::string, std::int64_t> recalled_of_batch;  // of those that stay retired
  std::int64_t retired_abroad = 0;
  bool contiguous = true;  // from serial 1 on, none twice; nor missing but where leaves were lost
  bool merged = true;      // held neighbours that are alike are one block
};

inline bool could_be_one(const v1::UnitBlock& a, const v1::UnitBlock& b) {
  return a.state() == v1::HELD && b.state() == v1::HELD && a.account() == b.account() &&
         a.batch() == b.batch() && a.bound_by() == b.bound_by() &&
         a.recalled_at() == b.recalled_at();
}

inline Blocks blocks_of(const View& view) {
  Blocks sums;
  v1::UnitBlock before;
  const bool may_miss = view.reader().get(key::epoch()).has_value();
  view.reader().scan("vU", "vU", [&](std::string_view, std::string_view value) {
    v1::UnitBlock block;
    sums.contiguous &= block.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                       block.start() > before.end() && block.end() >= block.start() &&
                       (may_miss || block.start() == before.end() + 1);
    sums.merged &= before.end() == 0 || !could_be_one(before, block);
    const auto kilograms = static_cast<std::int64_t>(block.end() - block.start() + 1);
    sums.in_state[block.state()] += kilograms;
    if (block.recalled_at() != 0) sums.recalled_of_batch[block.batch()] += kilograms;
    if (block.retired_abroad_at() != 0) sums.retired_abroad += kilograms;
    if (block.state() == v1::HELD) {
      auto& share = sums.of_account[block.account()];
      share.held += kilograms;
      if (!block.bound_by().empty()) share.bound += kilograms;
    }
    before = std::move(block);
    return true;
  });
  return sums;
}

// How accounts or totals differ from the blocks; empty while all is well.
inline std::string drift_of(const View& view, const std::vector<std::string>& accounts) {
  const auto sums = blocks_of(view);
  const auto totals = view.totals();
  std::string wrong;
  const auto differs = [&wrong](const std::string& what, std::int64_t says, std::int64_t is) {
    if (says != is)
      wrong += what + " " + std::to_string(says) + ", not " + std::to_string(is) + "; ";
  };
  const auto in_state = [&sums](v1::UnitState state) {
    const auto found = sums.in_state.find(state);
    return found == sums.in_state.end() ? 0 : found->second;
  };
  if (!sums.contiguous) wrong += "serials are missing or twice; ";
  if (!sums.merged) wrong += "neighbours are not merged; ";
  differs("held", totals.units_held_kg(), in_state(v1::HELD));
  differs("retired", totals.units_retired_kg(), in_state(v1::RETIRED));
  differs("cancelled", totals.units_cancelled_kg(), in_state(v1::CANCELLED));
  differs("expired", totals.units_expired_kg(), in_state(v1::EXPIRED));
  differs("exported", totals.units_exported_kg(), in_state(v1::EXPORTED));
  differs("retired abroad", totals.units_retired_abroad_kg(), sums.retired_abroad);
  differs("issued or imported", totals.units_issued_kg() + totals.units_imported_kg(),
          in_state(v1::HELD) + in_state(v1::RETIRED) + in_state(v1::CANCELLED) +
              in_state(v1::EXPIRED) + in_state(v1::EXPORTED));
  std::int64_t held = 0;
  for (const auto& name : accounts) {
    const auto account = view.account(name);
    const auto found = sums.of_account.find(name);
    const auto share = found == sums.of_account.end() ? Blocks::Share{} : found->second;
    differs("held by " + name, account->units_held_kg(), share.held);
    differs("bound in " + name, account->units_bound_kg(), share.bound);
    held += share.held;
  }
  differs("held in all", totals.units_held_kg(), held);
  return wrong;
}

}  // namespace puhui::ledger::testing
