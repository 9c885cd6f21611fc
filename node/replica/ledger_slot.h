// The ledger in use. It is replaced when a snapshot was installed; whoever holds the old one keeps
// it alive until done. Any thread.
#pragma once

#include <memory>
#include <mutex>

#include "ledger/ledger.h"

namespace puhui::node {

using LedgerPtr = std::shared_ptr<ledger::Ledger>;

class LedgerSlot {
 public:
  explicit LedgerSlot(LedgerPtr ledger) : ledger_(std::move(ledger)) {}
  [[nodiscard]] LedgerPtr get() const {
    std::lock_guard lock(mutex_);
    return ledger_;
  }
  void replace(LedgerPtr ledger) {
    std::lock_guard lock(mutex_);
    ledger_.swap(ledger);
  }

 private:
  mutable std::mutex mutex_;
  LedgerPtr ledger_;
};

}  // namespace puhui::node
