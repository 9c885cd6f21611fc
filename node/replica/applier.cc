#include "node/replica/applier.h"

namespace puhui::node {

Applier::Applier(LedgerSlot& slot, ApplierOptions options, ApplierHooks hooks)
    : slot_(slot), options_(options), hooks_(std::move(hooks)), thread_([this] { run(); }) {}

Applier::~Applier() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Applier::push(WorkPtr work) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  changed_.notify_all();
}

void Applier::drain() {
  std::unique_lock lock(mutex_);
  queue_.clear();
  changed_.wait(lock, [this] { return !busy_; });
}

void Applier::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const auto work = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    apply(*work);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void Applier::apply(Work& work) {
  work.checks_left.wait();
  auto answers = slot_.get()->apply(work.block, work.checked, {work.index, work.term});
  const bool applied = answers.has_value();
  if (!applied) hooks_.stopped(answers.error().detail);
  answer(work, std::move(answers));
  if (!applied) return;
  sync_now_and_then(work);
  hooks_.applied(work.index);
}

void Applier::answer(Work& work, Result<std::vector<ledger::Answer>> answers) {
  if (work.pending.empty()) return;
  for (std::size_t i = 0; i < work.pending.size(); ++i) {
    if (answers) {
      work.pending[i]->answer = std::move((*answers)[i]);
    } else {
      work.pending[i]->answer.code = answers.error().code;
      work.pending[i]->answer.detail = answers.error().detail;
    }
  }
  hooks_.answered(std::move(work.pending));
  work.pending.clear();
}

void Applier::sync_now_and_then(const Work& work) {
  ++blocks_since_sync_;
  bytes_since_sync_ += work.bytes->size();
  const bool due = !synced_once_ || blocks_since_sync_ >= options_.sync_blocks ||
                   bytes_since_sync_ >= options_.sync_bytes;
  if (!due) return;
  const auto ledger = slot_.get();
  ledger->sync();
  hooks_.synced(ledger->applied(), std::make_shared<ledger::View>(ledger->view()));
  blocks_since_sync_ = bytes_since_sync_ = 0;
  synced_once_ = true;
}

}  // namespace puhui::node
