// A replica's snapshots: offering its own, and switching to one it fetched.
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <filesystem>

#include "node/files/folder.h"
#include "node/replica/replica.h"

namespace puhui::node {

namespace asio = boost::asio;

void Replica::on_synced(ledger::AppliedAt at, std::shared_ptr<ledger::View> view) {
  snapshots_.pin(at, std::move(view));
}

void Replica::install(const consensus::Snapshot& snapshot, std::uint64_t from) {
  v1::SnapshotManifest manifest;
  if (!manifest.ParseFromString(snapshot.manifest) || manifest.index() != snapshot.index) {
    asio::post(strand_, [this, index = snapshot.index] {
      ordering_.snapshot_failed(index, slot_.get()->applied().index);
    });
    return;
  }
  spdlog::info("fetching a snapshot of {} leaves from node {}", manifest.size(), from);
  if (fetcher_) fetcher_->abandon();
  auto store = options_.store;
  store.folder = options_.folder + "/ledger-" + std::to_string(manifest.index());
  FetcherHooks hooks;
  hooks.send = [this, from](const v1::FetchRequest& request) {
    v1::NodeMessage message;
    *message.mutable_fetch_request() = request;
    send(from, message);
  };
  hooks.policy = [this] { return policy_now(); };
  hooks.done = [this, index = snapshot.index](Result<void> outcome) {
    asio::post(strand_, [this, index, outcome = std::move(outcome)] { installed(outcome, index); });
  };
  fetcher_ = std::make_shared<Fetcher>(std::move(manifest), std::move(store),
                                       strand_.get_executor(), pool_, std::move(hooks));
  asio::post(strand_, [fetcher = fetcher_] { fetcher->begin(); });
}

void Replica::installed(const Result<void>& outcome, std::uint64_t index) {
  if (!fetcher_ || fetcher_->index() != index) return;
  const auto folder = fetcher_->folder();
  fetcher_.reset();
  auto opened = outcome ? switch_ledger(folder) : tl::make_unexpected(outcome.error());
  if (opened) {
    spdlog::info("snapshot installed: {} leaves", slot_.get()->view().head().size);
    return ordering_.snapshot_installed(index);
  }
  spdlog::warn("snapshot not installed: {}", describe(opened.error()));
  ordering_.snapshot_failed(index, slot_.get()->applied().index);
}

Result<void> Replica::switch_ledger(const std::string& folder) {
  auto store = options_.store;
  store.folder = folder;
  auto opened = ledger::Ledger::open(store);
  if (!opened) return tl::make_unexpected(opened.error());
  const auto name = std::filesystem::path(folder).filename().string();
  if (auto named = write_file(options_.folder + "/current", name, Mode::shared); !named)
    return named;
  applier_->drain();
  snapshots_.clear();
  slot_.replace(LedgerPtr(std::move(*opened)));
  positions_.reached(slot_.get()->view().head().size);
  checkpoints_.applied();
  return {};
}

}  // namespace puhui::node
