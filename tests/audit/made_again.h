// Cities of which one makes again what it lost, judged again.
#pragma once

#include "tests/audit/judged_cities.h"
#include "tests/ledger/every_other.h"

namespace puhui::node::audit::testing {

struct AuditedAgain : AuditedCities {
  static v1::Agreement agreed(const SovereignCity& one, const SovereignCity& other,
                              Micros window = 0) {
    auto agreement = agreement_between(one, other);
    for (auto& terms : *agreement.mutable_terms()) {
      terms.set_discount("1");
      terms.set_dispute_window(window);
    }
    return agreement;
  }
  void recognise_all(Micros window = 0) { recognise(agreed(a, b, window)); }
  ledger::Answer note(const v1::ProvenLeaf& list, const std::vector<v1::LostReceipt>& receipts) {
    return a.send(noting_event(a, list, receipts), {"operator"});
  }
  [[nodiscard]] bool awaits_list() const { return agreement_at(a, b)->awaits_list(); }
};

}  // namespace puhui::node::audit::testing
