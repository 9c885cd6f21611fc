#include "node/replica/ordering.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>

namespace puhui::node {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kChecksPerTask = 16;
constexpr std::size_t kBlockItemsMax = 4096;

// Splits [0, count) into tasks for the pool and runs them; answers how many there are.
template <class Task>
void each_task(asio::thread_pool& pool, std::size_t count, const Task& task) {
  for (std::size_t from = 0; from < count; from += kChecksPerTask) {
    const auto to = std::min(count, from + kChecksPerTask);
    asio::post(pool, [task, from, to] { task(from, to); });
  }
}

std::size_t tasks_for(std::size_t count) { return (count + kChecksPerTask - 1) / kChecksPerTask; }

std::size_t size_of(const Pending& event) { return ledger::block_item_size(event.item); }

// None of its signatures is by a key that was registered when it was checked.
bool is_by_nobody(const PendingPtr& event) {
  const auto& checked = *event->checked;
  return checked && !checked->payload.has_genesis() &&
         std::ranges::none_of(checked->verdicts,
                              [](const auto& known) { return known.has_value(); });
}

// An error that no later position can mend, found ahead of ordering.
std::optional<Error> hopeless(const PendingPtr& event) {
  if (!*event->checked) return event->checked->error();
  if (!is_by_nobody(event)) return std::nullopt;
  return Error{ErrorCode::SIGNATURE_UNKNOWN_KEY, "no key id of the envelope is registered"};
}

}  // namespace

struct Ordering::Checking {
  std::vector<PendingPtr> events;
  bool is_current;
  std::atomic<std::size_t> tasks_left;
};

Ordering::Ordering(OrderingOptions options, asio::io_context& strand, asio::thread_pool& pool,
                   LedgerSlot& slot, OrderingHooks hooks)
    : options_(std::move(options)),
      strand_(strand),
      pool_(pool),
      slot_(slot),
      hooks_(std::move(hooks)),
      clock_(options_.consensus.self),
      timer_(strand),
      block_timer_(strand) {}

Ordering::~Ordering() = default;

void Ordering::connect(consensus::Log& log, consensus::LogWriter& writer, Applier& applier) {
  applier_ = &applier;
  driver_ = std::make_unique<consensus::Driver>(options_.consensus, log, writer, *this, *this);
}

Result<void> Ordering::start(consensus::Index applied) {
  auto started = driver_->start(applied, steady_clock_ms());
  if (started) settle();
  return started;
}

void Ordering::stop() {
  stopped_ = true;
  driver_->stop();
  timer_.cancel();
  block_timer_.cancel();
  fail({queue_.begin(), queue_.end()}, ErrorCode::OUTCOME_UNKNOWN, "the node stops");
  queue_.clear();
  for (auto& [bytes, work] : works_)
    fail(std::exchange(work->pending, {}), ErrorCode::OUTCOME_UNKNOWN, "the node stops");
  works_.clear();
}

// ---- Submissions -------------------------------------------------------------------------------

void Ordering::submit(std::vector<PendingPtr> events) {
  std::size_t bytes = 0;
  for (const auto& event : events) bytes += size_of(*event);
  const auto count = events.size();
  if (admitted_events_.fetch_add(count) + count > options_.queue_events_max ||
      admitted_bytes_.fetch_add(bytes) + bytes > options_.queue_bytes_max) {
    admitted_events_ -= count;
    admitted_bytes_ -= bytes;
    for (const auto& event : events)
      event->done(ledger::failed_result({ErrorCode::BUSY, "the queue is full"}));
    return;
  }
  check(std::move(events), false);
}

// `is_current`: the ledger here has applied all that was accepted before the events came.
void Ordering::check(std::vector<PendingPtr> events, bool is_current) {
  const auto count = events.size();
  const std::shared_ptr<Checking> checking(
      new Checking{std::move(events), is_current, tasks_for(count)});
  each_task(pool_, count, [this, checking](std::size_t from, std::size_t to) {
    const auto ledger = slot_.get();
    for (auto i = from; i < to; ++i) {
      auto& event = checking->events[i];
      if (!event->checked || is_by_nobody(event)) event->checked = ledger->check(event->item);
    }
    if (--checking->tasks_left == 0) checked(std::move(checking->events), checking->is_current);
  });
}

void Ordering::checked(std::vector<PendingPtr> events, bool is_current) {
  if (!is_current && std::ranges::any_of(events, is_by_nobody)) {
    asio::post(strand_, [this, events = std::move(events)]() mutable {
      check_when_current(std::move(events));
    });
    return;
  }
  std::vector<PendingPtr> sound;
  sound.reserve(events.size());
  for (auto& event : events) {
    if (const auto error = hopeless(event)) {
      release(*event);
      event->done(ledger::failed_result(*error));
    } else {
      sound.push_back(std::move(event));
    }
  }
  if (sound.empty()) return;
  asio::post(strand_, [this, sound = std::move(sound)]() mutable { enqueue(std::move(sound)); });
}

// The key may be registered in what is not applied here yet: by the leader of before, or of now.
// All wait, so that they stay in their order.
void Ordering::check_when_current(std::vector<PendingPtr> events) {
  if (stopped_) return turn_away(events, ErrorCode::OUTCOME_UNKNOWN, "the node stops");
  if (!leads_) return turn_away(events, ErrorCode::NOT_LEADER, "");
  read([this, events = std::move(events)](const Result<consensus::Index>& current) {
    if (current) return check(events, true);
    turn_away(events, current.error().code, current.error().detail);
  });
}

void Ordering::release(const Pending& event) {
  --admitted_events_;
  admitted_bytes_ -= size_of(event);
}

void Ordering::turn_away(const std::vector<PendingPtr>& events, ErrorCode code,
                         const std::string& detail) {
  for (const auto& event : events) release(*event);
  fail(events, code, detail);
}

void Ordering::enqueue(std::vector<PendingPtr> events) {
  if (stopped_ || !leads_)
    return turn_away(events, stopped_ ? ErrorCode::OUTCOME_UNKNOWN : ErrorCode::NOT_LEADER, "");
  if (queue_.empty()) oldest_queued_ms_ = steady_clock_ms();
  for (auto& event : events) {
    queue_bytes_ += size_of(*event);
    queue_.push_back(std::move(event));
  }
  pump();
}

bool Ordering::may_propose() const {
  if (!leads_ || stopped_ || queue_.empty() || in_flight_ >= options_.blocks_in_flight_max)
    return false;
  if (!clock_.heard_majority()) return false;
  return in_flight_ == 0 || queue_bytes_ >= options_.block_bytes ||
         oldest_queued_ms_ + options_.block_wait_ms <= steady_clock_ms();
}

void Ordering::pump() {
  if (leads_ && !stopped_ && clock_.heard_majority()) propose_genesis();
  while (may_propose()) propose(next_block());
  if (!leads_ || stopped_ || queue_.empty() || in_flight_ >= options_.blocks_in_flight_max) return;
  block_timer_.expires_after(std::chrono::milliseconds(options_.block_wait_ms));
  block_timer_.async_wait([this](const auto& error) {
    if (!error) pump();
  });
}

std::vector<PendingPtr> Ordering::next_block() {
  std::vector<PendingPtr> events;
  std::size_t bytes = 0;
  while (!queue_.empty() && bytes < options_.block_bytes && events.size() < kBlockItemsMax) {
    const auto size = size_of(*queue_.front());
    if (!events.empty() && bytes + size > consensus::kMaxBlockBytes / 2) break;
    bytes += size;
    events.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queue_bytes_ -= bytes;
  admitted_bytes_ -= bytes;
  admitted_events_ -= events.size();
  oldest_queued_ms_ = steady_clock_ms();
  return events;
}

consensus::Bytes Ordering::block_of(std::span<const ledger::BlockItem> items) const {
  return std::make_shared<const std::string>(ledger::encode_block(clock_.now(), items));
}

void Ordering::propose(std::vector<PendingPtr> events) {
  std::vector<ledger::BlockItem> items;
  items.reserve(events.size());
  for (const auto& event : events) items.push_back(event->item);
  const auto bytes = block_of(items);
  auto block = ledger::decode_block(*bytes);
  assert(block && "our own block decodes");
  auto work = std::make_shared<Work>(bytes, std::move(*block), 0);
  for (std::size_t i = 0; i < events.size(); ++i) work->checked[i] = events[i]->checked;
  work->pending = std::move(events);
  works_[bytes.get()] = work;
  ++in_flight_;
  const auto proposed = driver_->propose(bytes, steady_clock_ms());
  if (proposed) return settle();
  works_.erase(bytes.get());
  --in_flight_;
  fail(work->pending, proposed.error().code, proposed.error().detail);
}

void Ordering::propose_genesis() {
  if (genesis_proposed_) return;
  const auto item = hooks_.genesis();
  if (!item) return;
  genesis_proposed_ = true;
  const ledger::BlockItem items[] = {*item};
  if (!driver_->propose(block_of(items), steady_clock_ms())) genesis_proposed_ = false;
  settle();
}

void Ordering::tick() {
  const bool idle = leads_ && !stopped_ && queue_.empty() && in_flight_ == 0 && !tick_proposed_;
  if (!idle || !clock_.heard_majority() || clock_.now() < slot_.get()->next_due()) return;
  tick_proposed_ = driver_->propose(block_of({}), steady_clock_ms()).has_value();
  settle();
}

void Ordering::fail(const std::vector<PendingPtr>& events, ErrorCode code,
                    const std::string& detail) {
  for (const auto& event : events) event->done(ledger::failed_result({code, detail}));
}

// ---- Into the driver ---------------------------------------------------------------------------

void Ordering::receive(std::uint64_t from, std::string_view message) {
  if (stopped_) return;
  // A malformed message changes nothing; the peer is authenticated, so it is a fault, not an
  // attack.
  (void)driver_->receive(from, message, steady_clock_ms());
  settle();
}

void Ordering::log_written(consensus::Ticket ticket) {
  if (stopped_) return;
  driver_->log_written(ticket, steady_clock_ms());
  settle();
}

void Ordering::applied(consensus::Index index) {
  if (stopped_) return;
  tick_proposed_ = false;
  driver_->applied(index, steady_clock_ms());
  settle();
  pump();
}

void Ordering::ledger_synced(consensus::Index index, std::string manifest) {
  if (stopped_) return;
  (void)driver_->ledger_synced(index, std::move(manifest), steady_clock_ms());
  settle();
}

void Ordering::snapshot_installed(consensus::Index index) {
  driver_->snapshot_installed(index, steady_clock_ms());
  settle();
}

void Ordering::snapshot_failed(consensus::Index index, consensus::Index applied) {
  driver_->snapshot_failed(index, applied, steady_clock_ms());
  settle();
}

void Ordering::clock_heard(std::uint64_t voter, Micros offset_us) {
  const bool could_stamp = clock_.heard_majority();
  clock_.heard(voter, offset_us);
  if (!could_stamp && clock_.heard_majority()) pump();
}

void Ordering::read(consensus::Driver::ReadDone done) {
  driver_->read(std::move(done), steady_clock_ms());
  settle();
}

void Ordering::settle() {
  if (stopped_) return;
  arm();
}

void Ordering::arm() {
  const auto due_ms = driver_->deadline_ms();
  if (due_ms == armed_for_ms_) return;
  armed_for_ms_ = due_ms;
  const auto now_ms = steady_clock_ms();
  timer_.expires_after(std::chrono::milliseconds(due_ms > now_ms ? due_ms - now_ms : 0));
  timer_.async_wait([this](const auto& error) {
    if (error || stopped_) return;
    armed_for_ms_ = 0;
    driver_->tick(steady_clock_ms());
    settle();
  });
}

// ---- Out of the driver -------------------------------------------------------------------------

void Ordering::send(consensus::NodeId to, std::string message) {
  hooks_.send(to, std::move(message));
}

WorkPtr Ordering::prepare(consensus::Index index, const consensus::Bytes& block) {
  // A block that does not decode comes from a broken leader; all replicas see the same bytes and
  // take it for an empty one.
  auto decoded = ledger::decode_block(*block).value_or(ledger::Block{});
  const auto count = decoded.items.size();
  auto work = std::make_shared<Work>(block, std::move(decoded),
                                     static_cast<std::ptrdiff_t>(tasks_for(count)));
  work->index = index;
  each_task(pool_, count, [this, work](std::size_t from, std::size_t to) {
    const auto ledger = slot_.get();
    for (auto i = from; i < to; ++i) work->checked[i] = ledger->check(work->block.items[i]);
    work->checks_left.count_down();
  });
  return work;
}

void Ordering::received(consensus::Index index, const consensus::Bytes& block) {
  works_[block.get()] = prepare(index, block);
}

void Ordering::committed(consensus::Index index, consensus::Term term,
                         const consensus::Bytes& block) {
  const auto known = works_.find(block.get());
  auto work = known == works_.end() ? prepare(index, block) : known->second;
  if (known != works_.end()) works_.erase(known);
  if (!work->pending.empty()) --in_flight_;
  work->index = index;
  work->term = term;
  applier_->push(std::move(work));
}

void Ordering::lost(consensus::Index, const consensus::Bytes& block) {
  const auto known = works_.find(block.get());
  if (known == works_.end()) return;
  const auto work = known->second;
  works_.erase(known);
  if (work->pending.empty()) return;
  --in_flight_;
  fail(std::exchange(work->pending, {}), ErrorCode::OUTCOME_UNKNOWN, "leadership was lost");
}

void Ordering::leadership(bool leads, consensus::Term) {
  leads_ = leads;
  clock_.begin_reign();
  genesis_proposed_ = tick_proposed_ = false;
  hooks_.leadership(leads);
  if (leads) {
    asio::post(strand_, [this] { pump(); });
    return;
  }
  // What was queued was never proposed; what was proposed may yet be committed by the next leader.
  turn_away({queue_.begin(), queue_.end()}, ErrorCode::NOT_LEADER, "");
  queue_.clear();
  queue_bytes_ = 0;
  for (auto& [bytes, work] : works_) {
    if (work->pending.empty()) continue;
    --in_flight_;
    fail(std::exchange(work->pending, {}), ErrorCode::OUTCOME_UNKNOWN, "leadership was lost");
  }
}

void Ordering::configuration(const consensus::Configuration& in_force) {
  std::set<std::uint64_t> voters;
  for (const auto& server : in_force.servers)
    if (server.role == consensus::Role::kVoter) voters.insert(server.id);
  clock_.set_voters(voters);
  hooks_.configuration(in_force);
}

void Ordering::install_snapshot(const consensus::Snapshot& snapshot, consensus::NodeId from) {
  hooks_.install_snapshot(snapshot, from);
}

void Ordering::broken(const Error& error) { hooks_.broken(error); }

}  // namespace puhui::node
