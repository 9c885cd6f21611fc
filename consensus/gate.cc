#include "consensus/gate.h"

#include <algorithm>
#include <utility>

#include "consensus/overloaded.h"

namespace puhui::consensus {
namespace {

// Far beyond any log, far below overflow.
constexpr Index kMaxIndex = Index{1} << 62;
// A compacted log keeps this many times max_inflight entries (guard 8).
constexpr Index kTrailingPerInflight = 4;

tl::unexpected<Error> malformed(std::string why) {
  return fail(v1::MESSAGE_MALFORMED, std::move(why));
}

// A position is named by its index and term, both or neither of them 0.
bool is_position(Index index, Term term, Term limit) {
  return index <= kMaxIndex && (index == 0) == (term == 0) && term <= limit;
}

Result<void> check_entry(const Entry& entry, Term previous, Term limit) {
  if (entry.term == 0 || entry.term < previous || entry.term > limit) {
    return malformed("an entry's term is out of order");
  }
  if (entry.data->size() > kMaxBlockBytes) return malformed("an entry is too large");
  if (entry.kind == EntryKind::kBarrier && !entry.data->empty()) {
    return malformed("a barrier with content");
  }
  if (entry.kind != EntryKind::kConfiguration) return {};
  if (auto decoded = decode_configuration(*entry.data); !decoded) {
    return tl::make_unexpected(decoded.error());
  }
  return {};
}

Result<void> check_message(const AppendEntries& m) {
  if (!is_position(m.prev_index, m.prev_term, m.term)) return malformed("the previous entry");
  if (m.entries.size() > kMaxEntriesPerMessage) return malformed("too many entries");
  Term previous = m.prev_term;
  for (const Entry& entry : m.entries) {
    if (auto ok = check_entry(entry, previous, m.term); !ok) return ok;
    previous = entry.term;
  }
  if (m.prev_index == 0 && !m.entries.empty() && m.entries[0].kind != EntryKind::kConfiguration) {
    return malformed("a log that does not begin with a configuration");
  }
  return {};
}

Result<void> check_message(const AppendResult& m) {
  if (m.rejected > kMaxIndex || m.last_index > kMaxIndex) return malformed("an index");
  if (m.rejected > 0 && m.last_index >= m.rejected) return malformed("a rejection's hint");
  return {};
}

Result<void> check_message(const RequestVote& m) {
  if (!is_position(m.last_index, m.last_term, m.term)) return malformed("a candidate's last entry");
  return {};
}

Result<void> check_message(const VoteResult&) { return {}; }

Result<void> check_message(const InstallSnapshot& m) {
  const Snapshot& s = m.snapshot;
  if (s.index == 0 || !is_position(s.index, s.term, m.term)) return malformed("a snapshot's index");
  if (s.configuration_index == 0 || s.configuration_index > s.index) {
    return malformed("a snapshot's configuration index");
  }
  if (s.manifest.size() > kMaxManifestBytes) return malformed("a manifest is too large");
  if (auto ok = check(s.configuration); !ok) return malformed(ok.error().detail);
  return {};
}

Result<void> check_message(const TimeoutNow& m) {
  if (!is_position(m.last_index, m.last_term, m.term)) return malformed("a leader's last entry");
  return {};
}

Term term_of(const CoreMessage& message) {
  return std::visit([](const auto& m) { return m.term; }, message);
}

// The one server in which two configurations differ, as it is before and after (nullptr: absent).
struct Difference {
  const Server* before = nullptr;
  const Server* after = nullptr;
};

std::vector<Difference> differences(const Configuration& from, const Configuration& to) {
  std::vector<Difference> result;
  for (const Server& server : from.servers) {
    const Server* after = to.find(server.id);
    if (after == nullptr || !(*after == server)) result.push_back({&server, after});
  }
  for (const Server& server : to.servers) {
    if (from.find(server.id) == nullptr) result.push_back({nullptr, &server});
  }
  return result;
}

// What kind of change a leader may make at all.
Result<void> check_kind(const MembershipSight& sight, const Configuration& next) {
  if (auto ok = check(next); !ok) return ok;
  const auto changed = differences(sight.in_force, next);
  const auto refuse = [](std::string why) { return fail(v1::INVALID_ARGUMENT, std::move(why)); };
  if (changed.size() != 1) return refuse("one member changes at a time");
  const auto [before, after] = changed[0];
  if (before != nullptr && before->id == sight.self) {
    return refuse("the leader does not change itself; transfer leadership first");
  }
  if (before == nullptr && after->role == Role::kVoter) {
    return refuse("a new member begins as a learner");
  }
  if (before != nullptr && after != nullptr &&
      (before->role != Role::kLearner || before->address != after->address)) {
    return refuse("a member is promoted or removed, nothing else");
  }
  return {};
}

bool same_voters(const Configuration& a, const Configuration& b) {
  const auto contains = [](const Configuration& x, const Configuration& y) {
    return std::all_of(x.servers.begin(), x.servers.end(), [&](const Server& server) {
      return server.role != Role::kVoter || y.is_voter(server.id);
    });
  };
  return contains(a, b) && contains(b, a);
}

}  // namespace

Result<void> Gate::check(NodeId from, const CoreMessage& message) const {
  if (from == 0) return malformed("no sender");
  if (term_of(message) == 0) return malformed("no term");
  return std::visit([](const auto& m) { return check_message(m); }, message);
}

bool Gate::admits(const Sight& sight, const CoreMessage& message) const {
  const bool own_reign = sight.standing == Standing::kLeader && term_of(message) == sight.term;
  return std::visit(
      Overloaded{[&](const AppendEntries&) { return !own_reign; },
                 [&](const InstallSnapshot&) { return !own_reign && !sight.installing; },
                 // The engine reads the candidate's half of a union for this one.
                 [&](const VoteResult&) { return sight.standing == Standing::kCandidate; },
                 // A candidate has no writes under way.
                 [&](const TimeoutNow&) { return !sight.installing && sight.stored == sight.last; },
                 [](const auto&) { return true; }},
      message);
}

AppendEntries Gate::trim(const Sight& sight, AppendEntries message) const {
  if (message.prev_index >= sight.first || message.prev_index == sight.snapshot ||
      sight.snapshot == 0) {
    return message;
  }
  const Index covered = sight.snapshot - std::min(sight.snapshot, message.prev_index);
  const auto count = std::min<Index>(covered, message.entries.size());
  message.entries.erase(message.entries.begin(),
                        message.entries.begin() + static_cast<std::ptrdiff_t>(count));
  message.prev_index = sight.snapshot;
  message.prev_term = sight.snapshot_term;
  return message;
}

std::vector<AppendEntries> Gate::split(AppendEntries message) const {
  std::vector<AppendEntries> parts;
  AppendEntries part{message.term, message.prev_index, message.prev_term, message.commit, {}};
  for (Entry& entry : message.entries) {
    if (entry.kind == EntryKind::kConfiguration && !part.entries.empty()) {
      AppendEntries next{message.term,
                         part.prev_index + part.entries.size(),
                         part.entries.back().term,
                         message.commit,
                         {}};
      parts.push_back(std::exchange(part, std::move(next)));
    }
    part.entries.push_back(std::move(entry));
  }
  parts.push_back(std::move(part));
  return parts;
}

AppendEntries Gate::clamp(AppendEntries message) const {
  message.commit = std::min<Index>(message.commit, message.prev_index + message.entries.size());
  return message;
}

VoteResult Gate::correct(const Sight& sight, VoteResult result) const {
  if (result.pre_vote && !result.granted) result.term = std::max(result.term, sight.term);
  return result;
}

AppendResult Gate::correct(const Sight& sight, Index term_start, AppendResult result) const {
  if (result.rejected == 0) {
    result.last_index = std::min(result.last_index, sight.stored);
    return result;
  }
  result.last_index = std::min(result.last_index, result.rejected - 1);
  if (term_start > 0) {
    result.last_index = std::min(result.last_index, std::max(sight.commit, term_start - 1));
  }
  return result;
}

Index Gate::durable(const WriteExtent& write) const {
  return write.intact >= write.first ? write.intact : 0;
}

Index Gate::deliverable(Index commit, Index stored) const { return std::min(commit, stored); }

Index Gate::trailing(Index wanted, Index max_inflight) const {
  return std::max(wanted, kTrailingPerInflight * max_inflight);
}

Result<void> Gate::may_change(const MembershipSight& sight, const Configuration& next) const {
  if (auto ok = check_kind(sight, next); !ok) return ok;
  const auto wait = [](std::string why) { return fail(v1::MEMBERSHIP_BUSY, std::move(why)); };
  if (sight.uncommitted_configuration != 0) return wait("another change is not committed yet");
  if (sight.term_at_commit != sight.term) return wait("nothing of this term is committed yet");
  if (same_voters(sight.in_force, next)) return {};
  for (const Server& server : next.servers) {
    if (server.role != Role::kVoter || server.id == sight.self) continue;
    const auto match = sight.match.find(server.id);
    if (match == sight.match.end()) return wait("a voter is silent: " + server.address);
    if (match->second + sight.slack < sight.last || match->second < sight.configuration_index) {
      return wait("a voter is behind: " + server.address);
    }
  }
  return {};
}

bool Gate::learner_votes() const { return true; }

bool Gate::sole_voter_begins_term() const { return true; }

bool Gate::read_ready(Index commit, Index last_at_election) const {
  return commit >= last_at_election;
}

bool Gate::read_confirmed(std::size_t answers, std::size_t voters) const {
  return answers > voters / 2;
}

}  // namespace puhui::consensus
