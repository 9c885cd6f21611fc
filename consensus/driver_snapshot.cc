// Snapshots: taken behind a synced machine, and installed when the log no longer reaches back.
#include <algorithm>
#include <utility>

#include "consensus/driver.h"

namespace puhui::consensus {
namespace {

constexpr std::uint32_t kSeedStep = 0x9E3779B9;
constexpr WriteExtent kNoEntries{1, 0, 0};

}  // namespace

Result<void> Driver::ledger_synced(Index index, std::string manifest, std::uint64_t now_ms) {
  if (stopped_) return fail(v1::UNAVAILABLE);
  advance(now_ms);
  if (index > applied_) return fail(v1::INVALID_ARGUMENT, "not applied yet");
  if (manifest.size() > kMaxManifestBytes) return fail(v1::INVALID_ARGUMENT, "manifest too large");
  const Index newest = view_.snapshot() ? view_.snapshot()->index : 0;
  if (core_->installing() || index <= newest || index > delivered_) return {};
  const auto* configured = view_.configuration_at(index);
  if (configured == nullptr) return {};
  Snapshot snapshot{index, view_.term(index), configured->configuration, configured->index,
                    std::move(manifest)};
  const Index trailing = gate_->trailing(
      view_.entries_within(index, options_.trailing_bytes, options_.trailing_entries),
      options_.max_inflight);
  // The engine drops the same entries; it keeps all if it has not that many.
  const bool drops = index > trailing && view_.first() <= index - trailing;
  const Index first = drops ? index - trailing + 1 : view_.first();
  drive(SnapshotTaken{snapshot, trailing});
  view_.compact(snapshot, first);
  enqueue(SnapshotOp{std::move(snapshot), first}, kNoEntries);
  settle();
  return {};
}

// The engine has dropped its log in favour of a snapshot the leader offers. Nothing on disk changes
// but a note of what is being fetched, until the machine has switched to it.
void Driver::begin_install(Snapshot snapshot) {
  for (const auto& [index, entry] : view_.cached_from(delivered_ + 1)) {
    if (entry.kind != EntryKind::kBlock) continue;
    announce([this, i = index, block = entry.data] { machine_.lost(i, block); });
  }
  view_.reset(snapshot);
  for (QueuedWrite& write : writes_) write.extent = kNoEntries;
  durable_ = 0;
  install_ = {InstallPhase::kRecording, 0, std::move(snapshot), 0};
  install_.ticket = enqueue(FetchOp{install_.snapshot}, kNoEntries);
}

void Driver::snapshot_installed(Index index, std::uint64_t now_ms) {
  if (stopped_ || install_.phase != InstallPhase::kFetching || install_.snapshot.index != index) {
    return;
  }
  advance(now_ms);
  install_.phase = InstallPhase::kInstalling;
  install_.ticket = enqueue(InstallOp{install_.snapshot}, kNoEntries);
  settle();
}

void Driver::snapshot_failed(Index index, Index applied, std::uint64_t now_ms) {
  if (stopped_ || install_.phase != InstallPhase::kFetching || install_.snapshot.index != index) {
    return;
  }
  advance(now_ms);
  install_.phase = InstallPhase::kAbandoning;
  install_.applied = applied;
  install_.ticket = enqueue(FetchOp{}, kNoEntries);
  settle();
}

void Driver::pursue_install(Ticket written) {
  if (install_.phase == InstallPhase::kNone || install_.ticket > written) return;
  switch (install_.phase) {
    case InstallPhase::kRecording:
      install_.phase = InstallPhase::kFetching;
      announce([this, snapshot = install_.snapshot, from = core_->leader()] {
        machine_.install_snapshot(snapshot, from);
      });
      return;
    case InstallPhase::kInstalling:
      return finish_install();
    case InstallPhase::kAbandoning: {
      // The engine knows no way back from an installation: begin again with what is on disk.
      applied_ = install_.applied;
      install_ = {};
      if (auto started = start_core(log_.load()); !started) break_down(started.error());
      return;
    }
    case InstallPhase::kFetching:
    case InstallPhase::kNone:
      return;
  }
}

void Driver::finish_install() {
  const Snapshot snapshot = std::exchange(install_, {}).snapshot;
  applied_ = delivered_ = last_block_ = restored_ = snapshot.index;
  commit_ = std::max(commit_, snapshot.index);
  unapplied_.clear();
  unapplied_bytes_ = 0;
  drive(SnapshotInstalled{snapshot});
}

// The machine is at `applied_`; what the log holds up to there was delivered in an earlier life.
Result<void> Driver::start_core(const LogState& state) {
  core_ = make_core({options_.self, options_.election_timeout_ms, options_.heartbeat_ms,
                     options_.max_inflight, options_.install_snapshot_timeout_ms,
                     options_.seed + kSeedStep * cores_++, gate_->sole_voter_begins_term()});
  view_.load(state);
  commit_ = 0;
  delivered_ = state.snapshot ? state.snapshot->index : 0;
  restored_ = last_block_ = applied_;
  durable_ = 0;
  unapplied_.clear();
  unapplied_bytes_ = 0;
  return step(Start{state.term, state.voted_for, state.snapshot, state.first, state.heads});
}

}  // namespace puhui::consensus
