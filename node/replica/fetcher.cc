#include "node/replica/fetcher.h"

#include <boost/asio/post.hpp>
#include <filesystem>

#include "crypto/merkle.h"
#include "node/replica/clock.h"

namespace puhui::node {
namespace {

constexpr std::uint64_t kAnswerTimeoutMs = 2'000;

}  // namespace

Fetcher::Fetcher(v1::SnapshotManifest manifest, ledger::StoreOptions store,
                 boost::asio::any_io_executor strand, boost::asio::thread_pool& pool,
                 FetcherHooks hooks)
    : manifest_(std::move(manifest)),
      store_(std::move(store)),
      strand_(std::move(strand)),
      pool_(pool),
      hooks_(std::move(hooks)) {}

void Fetcher::begin() {
  std::error_code error;
  std::filesystem::remove_all(store_.folder, error);
  auto sink = ledger::SnapshotSink::create(store_, manifest_);
  if (!sink) return end(tl::make_unexpected(sink.error()));
  sink_ = std::move(*sink);
  ask();
}

v1::FetchRequest Fetcher::next_request() {
  v1::FetchRequest request;
  request.set_id(request_.id() + 1);
  request.set_index(manifest_.index());
  if (!have_digests_) {
    request.set_digests(true);
  } else if (sink_->next_entry() < manifest_.size()) {
    request.set_entries_from(sink_->next_entry());
  } else if (attachments_ < sink_->attachments_wanted().size()) {
    request.set_attachment(sink_->attachments_wanted()[attachments_]);
  } else if (segments_ < manifest_.segments()) {
    request.set_segment(segments_);
  } else {
    request.set_proof(true);
  }
  return request;
}

void Fetcher::ask() {
  request_ = next_request();
  asked_ms_ = steady_clock_ms();
  hooks_.send(request_);
}

void Fetcher::tick(std::uint64_t now_ms) {
  if (finished_ || working_ || asked_ms_ + kAnswerTimeoutMs > now_ms) return;
  asked_ms_ = now_ms;
  hooks_.send(request_);
}

void Fetcher::receive(v1::FetchAnswer answer) {
  if (finished_ || working_ || answer.id() != request_.id()) return;
  if (answer.gone())
    return end(fail(ErrorCode::SNAPSHOT_INVALID, "the peer no longer holds this snapshot"));
  working_ = true;
  // The policy is the strand's to know.
  const auto policy = hooks_.policy();
  if (!policy) return end(tl::make_unexpected(policy.error()));
  boost::asio::post(pool_, [self = shared_from_this(), answer = std::move(answer), policy] {
    auto taken = self->take(answer, *policy);
    boost::asio::post(self->strand_, [self, taken = std::move(taken)] {
      self->working_ = false;
      if (self->finished_) return;
      if (!taken || self->request_.has_proof()) return self->end(taken);
      self->ask();
    });
  });
}

Result<void> Fetcher::take(const v1::FetchAnswer& answer, const crypto::Policy& policy) {
  switch (request_.piece_case()) {
    case v1::FetchRequest::kDigests:
      have_digests_ = true;
      return sink_->add_digests(answer.bytes());
    case v1::FetchRequest::kEntriesFrom:
      return sink_->add_entries(answer.bytes());
    case v1::FetchRequest::kAttachment:
      ++attachments_;
      return sink_->add_attachment(request_.attachment(), answer.bytes());
    case v1::FetchRequest::kSegment:
      ++segments_;
      return sink_->add_segment(request_.segment(), answer.bytes());
    default:
      break;
  }
  if (auto proved = check_proof(answer, policy); !proved) return proved;
  auto finished = sink_->finish();
  sink_.reset();
  return finished;
}

Result<void> Fetcher::check_proof(const v1::FetchAnswer& answer, const crypto::Policy& policy) {
  const auto verified = crypto::verify_checkpoint(policy, answer.bytes());
  if (!verified) return tl::make_unexpected(verified.error());
  const auto root = crypto::Digest::from_bytes(manifest_.root());
  if (!root) return tl::make_unexpected(root.error());
  std::vector<crypto::Digest> path;
  for (const auto& bytes : answer.path()) {
    const auto hash = crypto::Digest::from_bytes(bytes);
    if (!hash) return tl::make_unexpected(hash.error());
    path.push_back(*hash);
  }
  return crypto::verify_consistency(
      {manifest_.size(), verified->checkpoint.size, *root, verified->checkpoint.root}, path);
}

void Fetcher::end(Result<void> outcome) {
  if (std::exchange(finished_, true)) return;
  sink_.reset();
  hooks_.done(std::move(outcome));
}

}  // namespace puhui::node
