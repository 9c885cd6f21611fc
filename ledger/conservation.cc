#include "ledger/conservation.h"

#include <cstdint>
#include <initializer_list>

namespace puhui::ledger {
namespace {

// A sum of an asset, positive where it comes from and negative where it is.
struct Sum {
  const char* name;
  std::int64_t amount;
};
// How these do not cancel out; empty if they do.
std::string imbalance(const char* asset, std::initializer_list<Sum> sums) {
  std::int64_t rest = 0;
  bool fits = true;
  std::string text = asset;
  for (const auto& [name, amount] : sums) {
    fits = fits && !__builtin_add_overflow(rest, amount, &rest);
    text += " " + std::string(name) + " " + std::to_string(amount);
  }
  return fits && rest == 0 ? std::string() : text;
}

}  // namespace

std::string imbalance_of(const v1::Totals& t) {
  auto wrong = imbalance("units, kg:", {{"issued", t.units_issued_kg()},
                                        {"imported", t.units_imported_kg()},
                                        {"held", -t.units_held_kg()},
                                        {"retired", -t.units_retired_kg()},
                                        {"cancelled", -t.units_cancelled_kg()},
                                        {"expired", -t.units_expired_kg()},
                                        {"exported", -t.units_exported_kg()}});
  if (!wrong.empty()) return wrong;
  return imbalance("credits, g:", {{"credited", t.credits_credited_g()},
                                   {"owed", t.credits_owed_g()},
                                   {"held", -t.credits_held_g()},
                                   {"converted", -t.credits_converted_g()},
                                   {"reversed", -t.credits_reversed_g()},
                                   {"cancelled", -t.credits_cancelled_g()}});
}

}  // namespace puhui::ledger
