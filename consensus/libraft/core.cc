#include "consensus/core.h"

#include <cassert>
#include <cstring>
#include <string>
#include <utility>

#include "consensus/libraft/rc.h"
#include "consensus/overloaded.h"

// The guards in gate.h are written for the defects of exactly this version.
static_assert(RAFT_VERSION_NUMBER == 2201, "libraft 0.22.1 is required");

namespace puhui::consensus {
namespace {

constexpr unsigned char kAppendEntriesVersion = 0;
constexpr unsigned char kAppendResultVersion = 2;
constexpr unsigned char kRequestVoteVersion = 2;
constexpr unsigned char kVoteResultVersion = 2;
constexpr unsigned char kInstallSnapshotVersion = 0;
constexpr unsigned char kTimeoutNowVersion = 0;

// The flags are unparenthesised shifts in raft.h.
constexpr bool has(unsigned flags, unsigned flag) { return (flags & flag) != 0; }
constexpr unsigned kTermFlag = (RAFT_UPDATE_CURRENT_TERM);
constexpr unsigned kVoteFlag = (RAFT_UPDATE_VOTED_FOR);
constexpr unsigned kEntriesFlag = (RAFT_UPDATE_ENTRIES);
constexpr unsigned kSnapshotFlag = (RAFT_UPDATE_SNAPSHOT);
constexpr unsigned kMessagesFlag = (RAFT_UPDATE_MESSAGES);

void check_layout() {
  const rc_layout layout = rc_sizes();
  assert(layout.event == sizeof(raft_event));
  assert(layout.update == sizeof(raft_update));
  assert(layout.message == sizeof(raft_message));
  assert(layout.entry == sizeof(raft_entry));
  assert(layout.metadata == sizeof(raft_snapshot_metadata));
  assert(layout.version == RAFT_VERSION_NUMBER);
}

void* allocate(std::size_t bytes) {
  void* memory = raft_malloc(bytes == 0 ? 1 : bytes);
  assert(memory != nullptr);
  return memory;
}

// The caller owns the result; most events take it over.
raft_configuration to_raft(const Configuration& configuration) {
  raft_configuration result;
  raft_configuration_init(&result);
  for (const Server& server : configuration.servers) {
    const int role = server.role == Role::kVoter ? RAFT_VOTER : RAFT_STANDBY;
    const int rv = raft_configuration_add(&result, server.id, server.address.c_str(), role);
    assert(rv == 0);
  }
  return result;
}

Configuration from_raft(const raft_configuration& configuration) {
  Configuration result;
  for (unsigned i = 0; i < configuration.n; ++i) {
    const raft_server& server = configuration.servers[i];
    result.servers.push_back(
        {server.id, server.address, server.role == RAFT_VOTER ? Role::kVoter : Role::kLearner});
  }
  return result;
}

raft_snapshot_metadata to_raft(const Snapshot& snapshot) {
  return {snapshot.index, snapshot.term, to_raft(snapshot.configuration),
          snapshot.configuration_index};
}

raft_entry_type to_raft(EntryKind kind) {
  switch (kind) {
    case EntryKind::kBlock:
      return RAFT_COMMAND;
    case EntryKind::kBarrier:
      return RAFT_BARRIER;
    case EntryKind::kConfiguration:
      return RAFT_CHANGE;
  }
  assert(false);
  return RAFT_COMMAND;
}

std::string raft_encoding(const Bytes& bytes) {
  auto configuration = decode_configuration(*bytes);
  assert(configuration.has_value());
  raft_configuration raft = to_raft(*configuration);
  raft_buffer buffer;
  const int rv = raft_configuration_encode(&raft, &buffer);
  assert(rv == 0);
  std::string encoded(static_cast<const char*>(buffer.base), buffer.len);
  raft_free(buffer.base);
  raft_configuration_close(&raft);
  return encoded;
}

// Entries in the library's form. It reads only terms, kinds and configurations, so the bytes of a
// block never enter it: they stay where our own entries point. The one batch is raft_malloc'ed.
class RaftEntries {
 public:
  void add(Term term, EntryKind kind, const Bytes& configuration) {
    std::string bytes;
    if (kind == EntryKind::kConfiguration) bytes = raft_encoding(configuration);
    heads_.push_back({term, to_raft(kind), {nullptr, bytes.size()}, nullptr});
    total_ += padded(bytes.size());
    payloads_.push_back(std::move(bytes));
  }

  // Lays out the batch; the array is valid as long as this object, the batch until `release`.
  raft_entry* finish() {
    if (heads_.empty()) return nullptr;
    batch_ = allocate(total_);
    char* cursor = static_cast<char*>(batch_);
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      std::memcpy(cursor, payloads_[i].data(), payloads_[i].size());
      heads_[i].buf.base = cursor;
      heads_[i].batch = batch_;
      cursor += padded(payloads_[i].size());
    }
    return heads_.data();
  }

  [[nodiscard]] unsigned size() const { return static_cast<unsigned>(heads_.size()); }

  // Where in this array `entry` points, if it does.
  [[nodiscard]] std::optional<std::size_t> position(const raft_entry* entry) const {
    if (entry < heads_.data() || entry >= heads_.data() + heads_.size()) return std::nullopt;
    return static_cast<std::size_t>(entry - heads_.data());
  }

  void release() { raft_free(std::exchange(batch_, nullptr)); }

 private:
  static std::size_t padded(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

  std::vector<raft_entry> heads_;
  std::vector<std::string> payloads_;
  std::size_t total_ = 0;
  void* batch_ = nullptr;
};

const Bytes& no_bytes() {
  static const Bytes empty = std::make_shared<const std::string>();
  return empty;
}

class RaftCore final : public Core {
 public:
  explicit RaftCore(const CoreOptions& options) : fresh_term_(options.fresh_term) {
    check_layout();
    const rc_options raft_options{
        options.self,         options.election_timeout_ms,         options.heartbeat_ms,
        options.max_inflight, options.install_snapshot_timeout_ms, options.seed};
    raft_ = rc_new(&raft_options);
    assert(raft_ != nullptr);
  }
  ~RaftCore() override { rc_free(raft_); }
  RaftCore(const RaftCore&) = delete;
  RaftCore& operator=(const RaftCore&) = delete;

  Result<Update> step(Event event) override {
    raft_event raft{};
    raft.time = event.now_ms;
    raft.capacity = 0xffff;
    return std::visit([&](auto& what) { return take(raft, what); }, event.what);
  }

  Standing standing() const override {
    switch (raft_state(raft_)) {
      case RAFT_LEADER:
        return Standing::kLeader;
      case RAFT_CANDIDATE:
        return Standing::kCandidate;
      default:
        return Standing::kFollower;
    }
  }
  Term term() const override { return raft_current_term(raft_); }
  NodeId voted_for() const override { return raft_voted_for(raft_); }
  NodeId leader() const override {
    raft_id id = 0;
    const char* address = nullptr;
    raft_leader(raft_, &id, &address);
    return id;
  }
  Index commit() const override { return raft_commit_index(raft_); }
  Index stored() const override { return rc_last_stored(raft_); }
  bool installing() const override { return rc_installing(raft_); }
  Configuration configuration() const override { return from_raft(*rc_configuration(raft_)); }
  Index uncommitted_configuration() const override {
    return rc_configuration_uncommitted_index(raft_);
  }
  NodeId transferee() const override { return raft_transferee(raft_); }
  Index match(NodeId server) const override {
    raft_index index = 0;
    return raft_match_index(raft_, server, &index) == 0 ? index : 0;
  }
  std::uint64_t timeout_ms() const override { return raft_timeout(raft_); }

 private:
  Result<Update> take(raft_event& event, const Start& start) {
    event.type = RAFT_START;
    event.start.term = start.term;
    event.start.voted_for = start.voted_for;
    event.start.start_index = start.first;
    raft_snapshot_metadata metadata;
    if (start.snapshot) {
      metadata = to_raft(*start.snapshot);
      event.start.metadata = &metadata;
    }
    RaftEntries entries;
    for (const EntryHead& head : start.entries)
      entries.add(head.term, head.kind, head.configuration);
    event.start.entries = entries.finish();
    event.start.n_entries = entries.size();
    auto update = run(event, nullptr, nullptr);
    entries.release();
    return update;
  }

  Result<Update> take(raft_event& event, Receive& receive) {
    raft_message message{};
    const std::string address = std::to_string(receive.from);
    message.server_id = receive.from;
    message.server_address = address.c_str();
    event.type = RAFT_RECEIVE;
    event.receive.message = &message;
    as_voter_ = receive.as_voter;
    return std::visit([&](auto& what) { return take(event, message, what); }, receive.message);
  }

  Result<Update> take(raft_event& event, const Stored& stored) {
    event.type = RAFT_PERSISTED_ENTRIES;
    event.persisted_entries.index = stored.index;
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, const SnapshotInstalled& installed) {
    event.type = RAFT_PERSISTED_SNAPSHOT;
    event.persisted_snapshot.metadata = to_raft(installed.snapshot);
    event.persisted_snapshot.last = true;
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, const SnapshotTaken& taken) {
    event.type = RAFT_SNAPSHOT;
    event.snapshot.metadata = to_raft(taken.snapshot);
    event.snapshot.trailing = static_cast<unsigned>(taken.trailing);
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, const ConfigurationCommitted& committed) {
    event.type = RAFT_CONFIGURATION;
    event.configuration.index = committed.index;
    event.configuration.conf = to_raft(committed.configuration);
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, const Tick&) {
    event.type = RAFT_TIMEOUT;
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, Submit& submit) {
    event.type = RAFT_SUBMIT;
    RaftEntries entries;
    for (const Entry& entry : submit.entries) entries.add(entry.term, entry.kind, entry.data);
    event.submit.entries = entries.finish();
    event.submit.n = entries.size();
    auto update = run(event, &entries, &submit.entries);
    entries.release();  // Accepted or not, the batch is ours again.
    return update;
  }

  Result<Update> take(raft_event& event, const Transfer& transfer) {
    event.type = RAFT_TRANSFER;
    event.transfer.server_id = transfer.to;
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, raft_message& message, const AppendEntries& append) {
    RaftEntries entries;
    for (const Entry& entry : append.entries) entries.add(entry.term, entry.kind, entry.data);
    message.type = RAFT_APPEND_ENTRIES;
    message.append_entries = {kAppendEntriesVersion, append.term,   append.prev_index,
                              append.prev_term,      append.commit, entries.finish(),
                              entries.size()};
    auto update = run(event, &entries, &append.entries);
    // The library frees the batch itself unless it hands entries out (or failed, which is final).
    if (update && update->append) entries.release();
    return update;
  }

  Result<Update> take(raft_event& event, raft_message& message, const AppendResult& result) {
    message.type = RAFT_APPEND_ENTRIES_RESULT;
    message.append_entries_result = {kAppendResultVersion, result.term, result.rejected,
                                     result.last_index,    0,           0xffff};
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, raft_message& message, const RequestVote& request) {
    message.type = RAFT_REQUEST_VOTE;
    message.request_vote = {kRequestVoteVersion, request.term,      message.server_id,
                            request.last_index,  request.last_term, request.disrupt_leader,
                            request.pre_vote};
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, raft_message& message, const VoteResult& result) {
    message.type = RAFT_REQUEST_VOTE_RESULT;
    message.request_vote_result = {kVoteResultVersion, result.term, result.granted,
                                   result.pre_vote,    0,           0xffff};
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, raft_message& message, const InstallSnapshot& install) {
    message.type = RAFT_INSTALL_SNAPSHOT;
    message.install_snapshot = {kInstallSnapshotVersion,
                                install.term,
                                install.snapshot.index,
                                install.snapshot.term,
                                to_raft(install.snapshot.configuration),
                                install.snapshot.configuration_index,
                                {allocate(1), 1}};
    manifest_ = install.snapshot.manifest;
    return run(event, nullptr, nullptr);
  }

  Result<Update> take(raft_event& event, raft_message& message, const TimeoutNow& call) {
    message.type = RAFT_TIMEOUT_NOW;
    message.timeout_now = {kTimeoutNowVersion, call.term, call.last_index, call.last_term};
    return run(event, nullptr, nullptr);
  }

  // `source` and `entries`: what the event carried, for handing back what of it is new.
  Result<Update> run(raft_event& event, const RaftEntries* source,
                     const std::vector<Entry>* entries) {
    raft_update raft{};
    const int rv = rc_step(raft_, &event, &raft, {as_voter_, fresh_term_});
    if (rv != 0) return failure(event, rv);
    Update update;
    update.vote_changed = has(raft.flags, kTermFlag | kVoteFlag);
    if (has(raft.flags, kEntriesFlag)) update.append = appended(raft, source, entries);
    if (has(raft.flags, kSnapshotFlag)) update.fetch = fetched(raft);
    if (has(raft.flags, kMessagesFlag)) {
      for (unsigned i = 0; i < raft.messages.n; ++i) {
        update.messages.push_back(outgoing(raft.messages.batch[i]));
      }
    }
    return update;
  }

  Result<Update> failure(const raft_event& event, int rv) const {
    const bool asked = event.type == RAFT_SUBMIT || event.type == RAFT_TRANSFER;
    if (asked && rv == RAFT_NOTLEADER) return fail(v1::NOT_LEADER);
    if (asked && rv == RAFT_CANTCHANGE) return fail(v1::MEMBERSHIP_BUSY);
    if (asked && (rv == RAFT_BADID || rv == RAFT_NOTFOUND)) {
      return fail(v1::INVALID_ARGUMENT, "no voter to hand leadership to");
    }
    return fail(v1::CORRUPT, "the engine refused event " + std::to_string(event.type) + ": " +
                                 raft_strerror(rv));
  }

  Update::Append appended(const raft_update& raft, const RaftEntries* source,
                          const std::vector<Entry>* entries) const {
    Update::Append append{raft.entries.index, {}};
    if (source != nullptr) {
      if (const auto position = source->position(raft.entries.batch)) {
        const auto begin = entries->begin() + static_cast<std::ptrdiff_t>(*position);
        append.entries.assign(begin, begin + raft.entries.n);
        return append;
      }
    }
    // The engine's own entry: the barrier of a new leader.
    for (unsigned i = 0; i < raft.entries.n; ++i) {
      const raft_entry& entry = raft.entries.batch[i];
      assert(entry.type == RAFT_BARRIER);
      append.entries.push_back({entry.term, EntryKind::kBarrier, no_bytes()});
    }
    raft_free(raft.entries.batch[0].batch);
    return append;
  }

  Snapshot fetched(raft_update& raft) {
    raft_snapshot_metadata& metadata = raft.snapshot.metadata;
    Snapshot snapshot{metadata.index, metadata.term, from_raft(metadata.configuration),
                      metadata.configuration_index, std::move(manifest_)};
    raft_configuration_close(&metadata.configuration);
    raft_free(raft.snapshot.chunk.base);
    return snapshot;
  }

  static Update::Outgoing outgoing(const raft_message& message) {
    switch (message.type) {
      case RAFT_APPEND_ENTRIES: {
        const auto& m = message.append_entries;
        return {message.server_id,
                AppendEntries{m.term, m.prev_log_index, m.prev_log_term, m.leader_commit, {}},
                m.n_entries};
      }
      case RAFT_APPEND_ENTRIES_RESULT: {
        const auto& m = message.append_entries_result;
        return {message.server_id, AppendResult{m.term, m.rejected, m.last_log_index}, 0};
      }
      case RAFT_REQUEST_VOTE: {
        const auto& m = message.request_vote;
        return {
            message.server_id,
            RequestVote{m.term, m.last_log_index, m.last_log_term, m.disrupt_leader, m.pre_vote},
            0};
      }
      case RAFT_REQUEST_VOTE_RESULT: {
        const auto& m = message.request_vote_result;
        return {message.server_id, VoteResult{m.term, m.vote_granted, m.pre_vote}, 0};
      }
      case RAFT_INSTALL_SNAPSHOT: {
        const auto& m = message.install_snapshot;
        InstallSnapshot install{m.term, {}};
        install.snapshot.index = m.last_index;
        install.snapshot.term = m.last_term;
        return {message.server_id, std::move(install), 0};
      }
      case RAFT_TIMEOUT_NOW: {
        const auto& m = message.timeout_now;
        return {message.server_id, TimeoutNow{m.term, m.last_log_index, m.last_log_term}, 0};
      }
    }
    assert(false);
    return {};
  }

  struct raft* raft_ = nullptr;
  const bool fresh_term_;
  bool as_voter_ = true;
  std::string manifest_;
};

}  // namespace

std::unique_ptr<Core> make_core(const CoreOptions& options) {
  assert(options.self != 0);
  return std::make_unique<RaftCore>(options);
}

}  // namespace puhui::consensus
