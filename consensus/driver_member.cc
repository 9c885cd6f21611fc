// Membership changes, one server and one change at a time (Ongaro 2014, chapter 4).
#include <algorithm>
#include <utility>

#include "consensus/driver.h"

namespace puhui::consensus {
namespace {

void sort(Configuration& configuration) {
  std::sort(configuration.servers.begin(), configuration.servers.end(),
            [](const Server& a, const Server& b) { return a.id < b.id; });
}

}  // namespace

void Driver::add_learner(NodeId id, std::string address, ChangeDone done, std::uint64_t now_ms) {
  advance(now_ms);
  Configuration next = in_force();
  if (next.find(id) != nullptr) {
    return request_change(fail(v1::INVALID_ARGUMENT, "already a member"), std::move(done));
  }
  next.servers.push_back({id, std::move(address), Role::kLearner});
  sort(next);
  request_change(std::move(next), std::move(done));
}

void Driver::promote(NodeId id, ChangeDone done, std::uint64_t now_ms) {
  advance(now_ms);
  Configuration next = in_force();
  for (Server& server : next.servers) {
    if (server.id != id || server.role != Role::kLearner) continue;
    server.role = Role::kVoter;
    return request_change(std::move(next), std::move(done));
  }
  request_change(fail(v1::INVALID_ARGUMENT, "not a learner"), std::move(done));
}

void Driver::remove(NodeId id, ChangeDone done, std::uint64_t now_ms) {
  advance(now_ms);
  Configuration next = in_force();
  if (std::erase_if(next.servers, [id](const Server& server) { return server.id == id; }) == 0) {
    return request_change(fail(v1::INVALID_ARGUMENT, "not a member"), std::move(done));
  }
  request_change(std::move(next), std::move(done));
}

void Driver::request_change(Result<Configuration> next, ChangeDone done) {
  Result<void> refusal;
  if (stopped_) {
    refusal = fail(v1::UNAVAILABLE);
  } else if (!leads()) {
    refusal = fail(v1::NOT_LEADER);
  } else if (change_) {
    refusal = fail(v1::MEMBERSHIP_BUSY, "another change is under way");
  } else if (!next) {
    refusal = tl::make_unexpected(next.error());
  }
  if (refusal) {
    change_ = Change{std::move(*next), std::move(done), core_->term(),
                     now_ms_ + options_.request_timeout_ms, 0};
  } else {
    announce([done = std::move(done), refusal] { done(refusal); });
  }
  settle();
}

void Driver::pursue_change() {
  if (!change_) return;
  if (!leads() || core_->term() != change_->term) {
    return finish_change(fail(v1::NOT_LEADER, "leadership was lost; the change may yet happen"));
  }
  if (change_->submitted != 0) {
    if (delivered_ >= change_->submitted) return finish_change({});
  } else {
    submit_change();
  }
  if (change_ && now_ms_ >= change_->deadline_ms) {
    finish_change(fail(v1::MEMBERSHIP_BUSY, change_->submitted == 0
                                                ? "a voter is behind or silent"
                                                : "not committed yet; the change may yet happen"));
  }
}

void Driver::submit_change() {
  const auto allowed = gate_->may_change(membership_sight(), change_->next);
  if (!allowed && allowed.error().code != v1::MEMBERSHIP_BUSY) return finish_change(allowed);
  if (core_->transferee() != 0) return;
  Entry entry{core_->term(), EntryKind::kBarrier, std::make_shared<const std::string>()};
  if (allowed) {
    entry.kind = EntryKind::kConfiguration;
    entry.data = std::make_shared<const std::string>(encode(change_->next));
  } else if (view_.term(view_.last()) == core_->term()) {
    return;  // Something of this term is on its way to being committed.
  }
  Submit submit;
  submit.entries.push_back(std::move(entry));
  const auto done = step(std::move(submit));
  if (!done && done.error().code != v1::MEMBERSHIP_BUSY) return finish_change(done);
  if (done && allowed && change_) change_->submitted = view_.last();
}

void Driver::finish_change(Result<void> outcome) {
  Change change = std::move(*change_);
  change_.reset();
  announce([done = std::move(change.done), outcome = std::move(outcome)] { done(outcome); });
}

MembershipSight Driver::membership_sight() const {
  MembershipSight sight;
  sight.self = options_.self;
  sight.term = core_->term();
  sight.term_at_commit = view_.term(core_->commit());
  sight.last = view_.last();
  sight.uncommitted_configuration = core_->uncommitted_configuration();
  sight.in_force = in_force();
  if (const auto* newest = view_.configuration_at(view_.last())) {
    sight.configuration_index = newest->index;
  }
  sight.slack = options_.max_inflight;
  for (const auto& [id, peer] : peers_) {
    if (now_ms_ < peer.heard_ms + options_.election_timeout_ms) {
      sight.match[id] = core_->match(id);
    }
  }
  return sight;
}

}  // namespace puhui::consensus
