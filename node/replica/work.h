// What travels through the replica: one submission, and one block with everything known about it.
#pragma once

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "consensus/core.h"
#include "ledger/ledger.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node {

// One event on its way to an answer. `done` is called exactly once, from any thread.
struct Pending {
  v1::Submission submission;
  ledger::BlockItem item;  // views into `submission`
  ledger::Checked checked;
  bool wants_receipt = true;
  ledger::Answer answer;
  std::function<void(v1::SubmissionResult)> done;
};
using PendingPtr = std::shared_ptr<Pending>;

// One block between its arrival here and its application. The checks of its items run ahead on the
// verification pool; `checks_left` reaches zero when all are there.
struct Work {
  Work(consensus::Bytes from, ledger::Block decoded, std::ptrdiff_t checks)
      : bytes(std::move(from)),
        block(std::move(decoded)),
        checked(block.items.size()),
        checks_left(checks) {}

  consensus::Bytes bytes;  // what `block` points into
  ledger::Block block;
  std::vector<ledger::Checked> checked;
  std::latch checks_left;
  std::vector<PendingPtr> pending;  // of the node that proposed it; empty elsewhere
  consensus::Index index = 0;
  consensus::Term term = 0;
};
using WorkPtr = std::shared_ptr<Work>;

}  // namespace puhui::node
