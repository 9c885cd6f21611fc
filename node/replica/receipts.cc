#include "node/replica/receipts.h"

#include <boost/asio/post.hpp>

#include "node/replica/clock.h"
#include "node/views/receipt.h"

namespace puhui::node {
namespace {

constexpr std::size_t kReceiptsPerTask = 64;

v1::SubmissionResult result_of(const ledger::Answer& answer) {
  switch (answer.decision) {
    case v1::ACCEPTED:
      return ledger::accepted_result(answer.outcome, answer.leaf, answer.time);
    case v1::REFUSED:
      return ledger::refused_result(answer.outcome);
    default:
      return ledger::failed_result({answer.code, answer.detail});
  }
}

}  // namespace

void Receipts::answer(std::vector<PendingPtr> answered) {
  std::vector<PendingPtr> ready;
  CompletePtr checkpoint;
  {
    std::lock_guard lock(mutex_);
    checkpoint = newest_;
    const auto provable = checkpoint ? checkpoint->size : 0;
    const auto now_ms = steady_clock_ms();
    for (auto& pending : answered) {
      const auto& answer = pending->answer;
      const bool waits =
          answer.decision == v1::ACCEPTED && pending->wants_receipt && answer.leaf >= provable;
      if (waits) {
        waiting_.emplace(answer.leaf, Waiting{std::move(pending), now_ms});
      } else {
        ready.push_back(std::move(pending));
      }
    }
  }
  send(std::move(ready), checkpoint);
}

void Receipts::provable(CompletePtr checkpoint) {
  std::vector<PendingPtr> ready;
  {
    std::lock_guard lock(mutex_);
    newest_ = checkpoint;
    const auto end = waiting_.lower_bound(checkpoint->size);
    for (auto it = waiting_.begin(); it != end; ++it)
      ready.push_back(std::move(it->second.pending));
    waiting_.erase(waiting_.begin(), end);
  }
  send(std::move(ready), checkpoint);
}

void Receipts::give_up(std::uint64_t now_ms, std::uint64_t bound_ms) {
  std::vector<PendingPtr> late;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](auto& entry) {
      if (entry.second.since_ms + bound_ms > now_ms) return false;
      late.push_back(std::move(entry.second.pending));
      return true;
    });
  }
  for (const auto& pending : late)
    pending->done(ledger::failed_result({ErrorCode::OUTCOME_UNKNOWN, "not provable in time"}));
}

CompletePtr Receipts::newest() const {
  std::lock_guard lock(mutex_);
  return newest_;
}

void Receipts::send(std::vector<PendingPtr> ready, CompletePtr checkpoint) {
  for (std::size_t from = 0; from < ready.size(); from += kReceiptsPerTask) {
    const auto to = std::min(ready.size(), from + kReceiptsPerTask);
    std::vector<PendingPtr> part(std::make_move_iterator(ready.begin() + static_cast<long>(from)),
                                 std::make_move_iterator(ready.begin() + static_cast<long>(to)));
    boost::asio::post(pool_, [this, part = std::move(part), checkpoint] {
      const auto ledger = slot_.get();
      auto view = ledger->view();
      for (const auto& pending : part) {
        auto result = result_of(pending->answer);
        if (pending->answer.decision == v1::ACCEPTED && pending->wants_receipt && checkpoint)
          result.set_receipt(make_receipt(view, pending->answer.leaf, *checkpoint));
        pending->done(std::move(result));
      }
    });
  }
}

}  // namespace puhui::node
