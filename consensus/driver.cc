#include "consensus/driver.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace puhui::consensus {
namespace {

// Blocks proposed and not yet applied, whatever their size.
constexpr std::size_t kMaxUnappliedBlocks = 65'536;
constexpr std::uint32_t kMaxInflight = 1024;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Driver::Driver(const Options& options, Log& log, LogWriter& writer, Transport& transport,
               StateMachine& machine, std::unique_ptr<Gate> gate)
    : options_(options),
      log_(log),
      writer_(writer),
      transport_(transport),
      machine_(machine),
      gate_(std::move(gate)),
      view_(log, options.cache_bytes),
      // Numbers of an earlier life must not be taken for this one's.
      next_read_(std::uint64_t{options.seed} << 32) {
  assert(options.self != 0);
  assert(options.max_inflight >= 1 && options.max_inflight <= kMaxInflight);
  assert(options.heartbeat_ms > 0 && options.heartbeat_ms < options.election_timeout_ms);
}

Driver::~Driver() = default;

// ---- Life ----

Result<void> Driver::bootstrap(Log& log, const Configuration& configuration) {
  if (auto ok = check(configuration); !ok) return ok;
  const LogState state = log.load();
  // A bootstrap cut short between its two writes may be repeated.
  if (state.term > 1 || state.voted_for != 0 || !state.heads.empty() || state.snapshot) {
    return fail(v1::INVALID_ARGUMENT, "the log is not empty");
  }
  log.write_vote(1, 0);
  const Bytes bytes = std::make_shared<const std::string>(encode(configuration));
  const LogOp op = AppendOp{1, {{1, EntryKind::kConfiguration, bytes}}};
  log.write({&op, 1});
  return {};
}

Result<void> Driver::start(Index applied, std::uint64_t now_ms) {
  assert(core_ == nullptr);
  now_ms_ = now_ms;
  LogState state = log_.load();
  if (state.fetching) {
    // The machine switched durably before it said so; whether it did decides what the log is.
    const bool switched = applied >= state.fetching->index;
    const LogOp op = switched ? LogOp(InstallOp{*state.fetching}) : LogOp(FetchOp{});
    log_.write({&op, 1});
    state = log_.load();
  }
  const Index last = state.first + state.heads.size() - 1;
  const Index snapshot = state.snapshot ? state.snapshot->index : 0;
  if (applied < snapshot || applied > last) {
    return fail(v1::CORRUPT, "the machine is at " + std::to_string(applied) + ", the log holds " +
                                 std::to_string(snapshot + 1) + " to " + std::to_string(last));
  }
  if (!state.heads.empty() && state.heads.back().term > state.term) {
    return fail(v1::CORRUPT, "the log holds a later term than the vote");
  }
  applied_ = applied;
  stopped_ = false;
  auto started = start_core(state);
  settle();
  return started;
}

void Driver::stop() {
  if (stopped_) return;
  stopped_ = true;
  fail_leader_reads();
  for (auto& [id, read] : std::exchange(asked_reads_, {})) {
    std::vector<Read> one;
    one.push_back(std::move(read));
    fail_reads(std::move(one));
  }
  fail_reads(std::exchange(indexed_reads_, {}));
  if (change_) finish_change(fail(v1::UNAVAILABLE, "the server stops"));
  settle();
}

void Driver::break_down(Error error) {
  if (stopped_) return;
  stop();
  announce([this, error = std::move(error)] { machine_.broken(error); });
}

// ---- Time, disk, machine ----

void Driver::advance(std::uint64_t now_ms) { now_ms_ = std::max(now_ms_, now_ms); }

std::uint64_t Driver::deadline_ms() const {
  if (stopped_) return kNever;
  std::uint64_t deadline = std::min(core_->timeout_ms(), read_deadline_ms());
  if (change_) deadline = std::min(deadline, change_->deadline_ms);
  return std::max(deadline, now_ms_ + 1);
}

void Driver::tick(std::uint64_t now_ms) {
  if (stopped_) return;
  advance(now_ms);
  if (now_ms_ >= core_->timeout_ms()) drive(Tick{});
  tick_reads();
  settle();
}

void Driver::log_written(Ticket ticket, std::uint64_t now_ms) {
  if (stopped_) return;
  advance(now_ms);
  while (!writes_.empty() && writes_.front().ticket <= ticket) {
    durable_ = std::max(durable_, gate_->durable(writes_.front().extent));
    writes_.pop_front();
  }
  pursue_install(ticket);
  settle();
}

void Driver::applied(Index index, std::uint64_t now_ms) {
  if (stopped_) return;
  advance(now_ms);
  applied_ = std::max(applied_, index);
  while (!unapplied_.empty() && unapplied_.front().index <= applied_) {
    unapplied_bytes_ -= unapplied_.front().bytes;
    unapplied_.pop_front();
  }
  settle();
}

// ---- Clients ----

Result<Index> Driver::propose(Bytes block, std::uint64_t now_ms) {
  return propose(std::span<const Bytes>(&block, 1), now_ms);
}

Result<Index> Driver::propose(std::span<const Bytes> blocks, std::uint64_t now_ms) {
  if (stopped_) return fail(v1::UNAVAILABLE);
  advance(now_ms);
  if (blocks.empty() || blocks.size() > kMaxEntriesPerMessage) {
    return fail(v1::INVALID_ARGUMENT, "no blocks, or too many");
  }
  if (!leads()) return fail(v1::NOT_LEADER);
  std::uint64_t bytes = 0;
  Submit submit;
  for (const Bytes& block : blocks) {
    if (block->size() > kMaxBlockBytes) return fail(v1::TOO_LARGE, "a block");
    bytes += block->size();
    submit.entries.push_back({core_->term(), EntryKind::kBlock, block});
  }
  const std::uint64_t waiting = view_.bytes_after(delivered_) + unapplied_bytes_;
  const std::size_t count = (view_.last() - delivered_) + unapplied_.size();
  if (waiting > 0 && waiting + bytes > options_.max_unapplied_bytes) return fail(v1::BUSY);
  if (count + blocks.size() > kMaxUnappliedBlocks) return fail(v1::BUSY);
  if (core_->transferee() != 0) return fail(v1::BUSY, "leadership is being handed over");
  const Index first = view_.last() + 1;
  proposing_ = true;
  auto done = step(std::move(submit));
  proposing_ = false;
  settle();
  if (!done) return tl::make_unexpected(done.error());
  return first;
}

Result<void> Driver::transfer(NodeId to, std::uint64_t now_ms) {
  if (stopped_) return fail(v1::UNAVAILABLE);
  advance(now_ms);
  if (!leads()) return fail(v1::NOT_LEADER);
  if (core_->transferee() != 0) return fail(v1::BUSY, "leadership is being handed over");
  if (to == 0) return fail(v1::INVALID_ARGUMENT, "no server named");
  auto done = step(Transfer{to});
  settle();
  return done;
}

Status Driver::status() const {
  Status status;
  if (core_ == nullptr) return status;
  status.standing = core_->standing();
  status.term = core_->term();
  status.leader = core_->leader();
  status.first = view_.first();
  status.last = view_.last();
  status.stored = core_->stored();
  status.commit = commit_;
  status.delivered = delivered_;
  status.applied = effective_applied();
  status.snapshot = view_.snapshot() ? view_.snapshot()->index : 0;
  status.installing = core_->installing();
  status.changing = change_.has_value() || core_->uncommitted_configuration() != 0;
  status.transferee = core_->transferee();
  status.configuration = core_->configuration();
  for (const Server& server : status.configuration.servers) {
    if (server.id == options_.self) continue;
    const auto peer = peers_.find(server.id);
    const std::uint64_t heard = peer == peers_.end() ? 0 : peer->second.heard_ms;
    status.peers.push_back({server.id, core_->match(server.id), now_ms_ - heard});
  }
  return status;
}

// ---- The step and its effects ----

Result<void> Driver::step(decltype(Event::what) what) {
  auto update = core_->step({now_ms_, std::move(what)});
  if (!update) {
    if (update.error().code == v1::CORRUPT) break_down(update.error());
    return tl::make_unexpected(update.error());
  }
  carry_out(std::move(*update));
  return {};
}

// For events the core refuses only when all is lost.
void Driver::drive(decltype(Event::what) what) {
  if (auto done = step(std::move(what)); !done && !stopped_) break_down(done.error());
}

void Driver::carry_out(Update update) {
  if (update.vote_changed) log_.write_vote(core_->term(), core_->voted_for());
  if (update.append) take_append(*update.append);
  if (update.fetch) begin_install(std::move(*update.fetch));
  for (const Update::Outgoing& outgoing : update.messages) send(outgoing);
  note_standing();
}

void Driver::take_append(const Update::Append& append) {
  if (append.first < view_.first() || append.first > view_.last() + 1) {
    break_down({v1::CORRUPT, "the engine appends at " + std::to_string(append.first)});
    return;
  }
  for (const auto& [index, entry] : view_.append(append.first, append.entries)) {
    if (entry.kind != EntryKind::kBlock) continue;
    announce([this, i = index, block = entry.data] { machine_.lost(i, block); });
  }
  for (QueuedWrite& write : writes_) {
    write.extent.intact = std::min(write.extent.intact, append.first - 1);
  }
  durable_ = std::min(durable_, append.first - 1);
  const Index last = append.first + append.entries.size() - 1;
  enqueue(AppendOp{append.first, append.entries}, {append.first, last, last});
  if (proposing_) return;
  Index index = append.first;
  for (const Entry& entry : append.entries) {
    if (entry.kind == EntryKind::kBlock) {
      announce([this, index, block = entry.data] { machine_.received(index, block); });
    }
    ++index;
  }
}

Ticket Driver::enqueue(LogOp op, WriteExtent extent) {
  writes_.push_back({++last_ticket_, extent});
  writer_.enqueue(last_ticket_, std::move(op));
  return last_ticket_;
}

void Driver::note_standing() {
  const bool leads_now = leads();
  if (leads_now == led_ && (!leads_now || core_->term() == led_term_)) return;
  led_ = leads_now;
  led_term_ = core_->term();
  if (leads_now) {
    last_at_election_ = view_.last();
    for (auto& [id, peer] : peers_) peer.told_commit = 0;
  } else {
    fail_leader_reads();
  }
  announce([this, leads_now, term = led_term_] { machine_.leadership(leads_now, term); });
}

void Driver::note_configuration() {
  if (told_configuration_ == view_.configuration_version()) return;
  told_configuration_ = view_.configuration_version();
  const auto* newest = view_.configuration_at(view_.last());
  if (newest == nullptr) return;
  announce([this, in_force = newest->configuration] { machine_.configuration(in_force); });
}

// A candidate has no writes under way as far as the engine knows; it is told when that is settled.
void Driver::note_durable() {
  if (core_->installing() || core_->standing() == Standing::kCandidate) return;
  const Index upto = std::min(durable_, view_.last());
  if (upto > core_->stored()) drive(Stored{upto});
}

void Driver::deliver() {
  while (!stopped_ && !core_->installing()) {
    commit_ = std::max(commit_, core_->commit());
    const Index limit = gate_->deliverable(commit_, core_->stored());
    if (delivered_ >= limit) break;
    if (!unapplied_.empty() && (unapplied_bytes_ >= options_.max_unapplied_bytes ||
                                unapplied_.size() >= kMaxUnappliedBlocks)) {
      break;
    }
    deliver_one(delivered_ + 1);
  }
  view_.release(std::min(delivered_, core_->stored()));
}

void Driver::deliver_one(Index index) {
  if (index < view_.first() || index > view_.last()) {
    break_down({v1::CORRUPT, "entry " + std::to_string(index) + " is committed and not held"});
    return;
  }
  delivered_ = index;
  if (view_.is_configuration(index)) {
    drive(ConfigurationCommitted{index, view_.configuration_at(index)->configuration});
    return;
  }
  if (index <= restored_) return;
  const Entry entry = view_.entry(index);
  if (entry.kind != EntryKind::kBlock) return;
  last_block_ = index;
  unapplied_.push_back({index, entry.data->size()});
  unapplied_bytes_ += entry.data->size();
  announce([this, index, entry] { machine_.committed(index, entry.term, entry.data); });
}

Index Driver::effective_applied() const {
  return applied_ >= last_block_ ? std::max(applied_, delivered_) : applied_;
}

// Everything that follows from a step but is not part of it, until nothing more follows.
void Driver::settle() {
  if (!stopped_) note_durable();
  if (!stopped_) deliver();
  if (!stopped_) pursue_change();
  if (!stopped_) {
    note_configuration();
    send_commit();
    start_round();
    serve_reads();
  }
  if (announcing_) return;
  announcing_ = true;
  while (!announcements_.empty()) {
    auto next = std::move(announcements_.front());
    announcements_.pop_front();
    next();
  }
  announcing_ = false;
}

void Driver::announce(std::function<void()> callback) {
  announcements_.push_back(std::move(callback));
}

Sight Driver::sight() const {
  const auto& snapshot = view_.snapshot();
  return {options_.self,
          core_->standing(),
          core_->term(),
          core_->commit(),
          core_->stored(),
          view_.first(),
          view_.last(),
          snapshot ? snapshot->index : 0,
          snapshot ? snapshot->term : 0,
          core_->installing()};
}

const Configuration& Driver::in_force() const {
  static const Configuration none;
  const auto* newest = view_.configuration_at(view_.last());
  return newest == nullptr ? none : newest->configuration;
}

}  // namespace puhui::consensus
