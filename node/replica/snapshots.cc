#include "node/replica/snapshots.h"

#include <boost/asio/post.hpp>

namespace puhui::node {
namespace {

constexpr std::size_t kHeldMax = 2;

// The newest complete checkpoint, and the proof that the snapshot's tree is its prefix.
void add_proof(const v1::SnapshotManifest& manifest, const CompletePtr& checkpoint,
               const LedgerPtr& ledger, v1::FetchAnswer& answer) {
  if (!checkpoint || checkpoint->size < manifest.size()) return answer.set_gone(true);
  answer.set_bytes(checkpoint->note);
  auto view = ledger->view();
  for (const auto& hash : view.consistency_proof(manifest.size(), checkpoint->size))
    answer.add_path(std::string(hash.view()));
}

Result<std::string> piece_of(const ledger::SnapshotSource& source,
                             const v1::FetchRequest& request) {
  switch (request.piece_case()) {
    case v1::FetchRequest::kDigests:
      return source.digests();
    case v1::FetchRequest::kSegment:
      return source.segment(request.segment());
    case v1::FetchRequest::kEntriesFrom:
      return source.entries(request.entries_from());
    case v1::FetchRequest::kAttachment:
      return source.attachment(request.attachment());
    default:
      return fail(ErrorCode::MESSAGE_MALFORMED, "fetch request");
  }
}

}  // namespace

void Snapshots::pin(ledger::AppliedAt at, std::shared_ptr<ledger::View> view) {
  {
    std::lock_guard lock(mutex_);
    if (making_) return;
    making_ = true;
  }
  boost::asio::post(pool_, [this, at, view = std::move(view)]() mutable {
    auto held = std::make_shared<Held>();
    held->source = std::make_unique<ledger::SnapshotSource>(std::move(view), at);
    const auto manifest = held->source->manifest();
    {
      std::lock_guard lock(mutex_);
      held_.push_back(std::move(held));
      if (held_.size() > kHeldMax) held_.pop_front();
      making_ = false;
    }
    made_(manifest);
  });
}

void Snapshots::clear() {
  std::lock_guard lock(mutex_);
  held_.clear();
}

std::shared_ptr<Snapshots::Held> Snapshots::find(std::uint64_t index) const {
  std::lock_guard lock(mutex_);
  for (const auto& held : held_)
    if (held->source->manifest().index() == index) return held;
  return nullptr;
}

v1::FetchAnswer Snapshots::answer(const v1::FetchRequest& request, const CompletePtr& checkpoint,
                                  const LedgerPtr& ledger) {
  v1::FetchAnswer answer;
  answer.set_id(request.id());
  const auto held = find(request.index());
  if (!held) {
    answer.set_gone(true);
    return answer;
  }
  std::lock_guard lock(held->mutex);
  if (request.has_proof()) {
    add_proof(held->source->manifest(), checkpoint, ledger, answer);
  } else if (auto piece = piece_of(*held->source, request)) {
    answer.set_bytes(std::move(*piece));
  } else {
    answer.set_gone(true);
  }
  return answer;
}

}  // namespace puhui::node
