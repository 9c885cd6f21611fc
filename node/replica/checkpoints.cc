#include "node/replica/checkpoints.h"

#include <boost/asio/post.hpp>

#include "crypto/cosignature.h"
#include "ledger/state_root.h"
#include "node/replica/clock.h"

namespace puhui::node {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kRoundTimeoutMs = 1'000;
constexpr std::uint64_t kReminderMs = 1'000;

std::string differing_roots(ledger::View& view, std::uint64_t size, const crypto::Digest& theirs) {
  return "diverged: the city's root of " + std::to_string(size) + " leaves is " + theirs.base64() +
         ", here " + view.root_at(size).base64();
}

std::uint64_t now_s() { return static_cast<std::uint64_t>(wall_clock_us() / 1'000'000); }

}  // namespace

Checkpoints::Checkpoints(std::uint64_t self, LedgerSlot& slot, Cosigner cosigner,
                         asio::any_io_executor strand, asio::any_io_executor signing,
                         CheckpointHooks hooks)
    : self_(self),
      slot_(slot),
      cosigner_(std::move(cosigner)),
      strand_(std::move(strand)),
      signing_(std::move(signing)),
      hooks_(std::move(hooks)) {}

void Checkpoints::set_members(std::set<std::uint64_t> voters, std::set<std::uint64_t> others) {
  voters_ = std::move(voters);
  others_ = std::move(others);
}

void Checkpoints::leadership(bool leads) {
  leads_ = leads;
  complete_in_reign_ = false;
  round_.reset();
  ++round_number_;
  start_round();
}

void Checkpoints::applied() {
  start_round();
  answer_request();
}

void Checkpoints::start_round() {
  if (!leads_ || round_) return;
  tried_ms_ = steady_clock_ms();
  auto view = slot_.get()->view();
  const auto& head = view.head();
  if (head.size == 0 || (complete_in_reign_ && newest_->size >= head.size)) return;
  const auto genesis = view.genesis();
  round_.emplace();
  ++round_number_;
  round_->size = head.size;
  round_->body = crypto::format_checkpoint({genesis->origin(), head.size, head.root, {}});
  v1::NodeMessage message;
  message.mutable_cosign_request()->set_checkpoint(round_->body);
  for (const auto voter : voters_)
    if (voter != self_) hooks_.send(voter, message);
  cosign_own();
}

void Checkpoints::cosign_own() {
  asio::post(signing_, [this, body = round_->body, round = round_number_] {
    auto view = slot_.get()->view();
    auto signature = cosigner_.cosign(view, body, now_s());
    asio::post(strand_, [this, signature = std::move(signature), round] {
      if (!round_ || round != round_number_) return;
      if (!signature) return hooks_.alarm(signature.error());
      add(self_, *signature);
    });
  });
}

std::optional<crypto::VerifierKey> Checkpoints::key_of(std::uint64_t voter) const {
  const auto policy = hooks_.policy();
  if (!policy) return std::nullopt;
  const auto name = "node-" + std::to_string(voter);
  for (const auto& witness : policy->witnesses)
    if (witness.name == name) return witness.key;
  return std::nullopt;
}

bool Checkpoints::majority() const {
  std::size_t have = 0;
  for (const auto& [voter, signature] : round_->signatures) have += voters_.count(voter);
  return 2 * have > voters_.size();
}

void Checkpoints::add(std::uint64_t voter, crypto::NoteSignature signature) {
  round_->signatures[voter] = std::move(signature);
  if (majority() && !std::exchange(round_->log_signing, true)) sign_log();
}

void Checkpoints::receive(std::uint64_t from, const v1::Cosigned& cosigned) {
  if (!round_ || cosigned.checkpoint() != round_->body || !voters_.contains(from)) return;
  if (!cosigned.other_root().empty()) return contradict(from, cosigned.other_root());
  const auto lines = crypto::parse_signature_lines(cosigned.signature_line());
  const auto key = key_of(from);
  if (!lines || lines->size() != 1 || !key) return;
  if (!crypto::verify_cosignature(round_->body, lines->front(), *key))
    return hooks_.alarm(
        {ErrorCode::SIGNATURE_INVALID, "cosignature of node " + std::to_string(from)});
  add(from, lines->front());
}

// The leader alone cannot see that it is the odd one out: no checkpoint of the others exists.
void Checkpoints::contradict(std::uint64_t voter, const std::string& root) {
  const auto theirs = crypto::Digest::from_bytes(root);
  if (!theirs) return;
  auto& voters = round_->other_roots[root];
  voters.insert(voter);
  if (2 * voters.size() <= voters_.size()) return;
  auto view = slot_.get()->view();
  hooks_.diverged(differing_roots(view, round_->size, *theirs) + "; puhui scrub names the key");
}

void Checkpoints::sign_log() {
  asio::post(signing_, [this, body = round_->body, round = round_number_] {
    auto view = slot_.get()->view();
    auto signature = cosigner_.sign_log(view, body);
    asio::post(strand_, [this, signature = std::move(signature), round] {
      if (!round_ || round != round_number_) return;
      if (!signature) return hooks_.alarm(signature.error());
      finish(*signature);
    });
  });
}

void Checkpoints::finish(const crypto::NoteSignature& log_signature) {
  crypto::Note note{round_->body, {}};
  for (const auto& [voter, signature] : round_->signatures) note.signatures.push_back(signature);
  note.signatures.push_back(log_signature);
  round_.reset();
  v1::CompleteCheckpoint complete;
  complete.set_note(crypto::format_note(note));
  publish(complete);
  // Not so if voters changed meanwhile, or this node's keys are not those the ledger knows.
  if (!newest_ || newest_->note != complete.note()) return;
  complete_in_reign_ = true;
  tell_others();
  start_round();
}

void Checkpoints::receive(const v1::CompleteCheckpoint& complete) { publish(complete); }

void Checkpoints::publish(const v1::CompleteCheckpoint& complete) {
  const auto& note = complete.note();
  if (newest_ && newest_->note == note) return;
  const auto policy = hooks_.policy();
  if (!policy) return;
  const auto verified = crypto::verify_checkpoint(*policy, note);
  if (!verified) return hooks_.alarm(verified.error());
  const auto& checkpoint = verified->checkpoint;
  auto view = slot_.get()->view();
  if (checkpoint.size > view.head().size) return;  // comes again when we have caught up
  if (newest_ && checkpoint.size < newest_->size) return;
  if (view.root_at(checkpoint.size) != checkpoint.root)
    return say_diverged(view, checkpoint, complete);
  newest_ = std::make_shared<const CompleteCheckpoint>(
      CompleteCheckpoint{note, checkpoint.size, checkpoint.root});
  hooks_.complete(newest_);
}

void Checkpoints::say_diverged(ledger::View& view, const crypto::Checkpoint& checkpoint,
                               const v1::CompleteCheckpoint& complete) const {
  auto why = differing_roots(view, checkpoint.size, checkpoint.root);
  const auto leaf = complete.state_root_leaf();
  const auto theirs_entry = ledger::decode_entry(complete.state_root());
  if (leaf < view.head().size && theirs_entry) {
    const auto own_bytes = view.entry(leaf);
    const auto own = ledger::decode_state_root(ledger::decode_entry(own_bytes)->body);
    const auto theirs = ledger::decode_state_root(theirs_entry->body);
    const auto differs = own && theirs ? ledger::difference(*own, *theirs) : std::string();
    why += "; state root at leaf " + std::to_string(leaf) + ": " +
           (differs.empty() ? "the same" : differs);
  }
  hooks_.diverged(why + "; puhui scrub names the key");
}

void Checkpoints::receive(std::uint64_t from, const v1::CosignRequest& request) {
  const auto checkpoint = crypto::parse_checkpoint(request.checkpoint());
  if (!checkpoint) return hooks_.alarm(checkpoint.error());
  asked_ = Asked{from, request.checkpoint(), checkpoint->size, checkpoint->root};
  answer_request();
}

void Checkpoints::answer_request() {
  if (!asked_ || slot_.get()->view().head().size < asked_->size) return;
  asio::post(signing_, [this, asked = *std::exchange(asked_, std::nullopt)] {
    auto view = slot_.get()->view();
    const auto own_root = view.root_at(asked.size);
    auto signature = cosigner_.cosign(view, asked.body, now_s());
    asio::post(strand_, [this, asked, own_root, signature = std::move(signature)] {
      v1::NodeMessage message;
      message.mutable_cosigned()->set_checkpoint(asked.body);
      if (signature)
        message.mutable_cosigned()->set_signature_line(crypto::format_signature_line(*signature));
      else if (own_root != asked.root)
        message.mutable_cosigned()->set_other_root(std::string(own_root.view()));
      if (!signature) hooks_.alarm(signature.error());
      if (signature || own_root != asked.root) hooks_.send(asked.from, message);
    });
  });
}

void Checkpoints::tick(std::uint64_t now_ms) {
  if (!leads_) return;
  if (tried_ms_ + kRoundTimeoutMs < now_ms) {
    round_.reset();
    start_round();
  }
  if (!newest_ || reminded_ms_ + kReminderMs > now_ms) return;
  reminded_ms_ = now_ms;
  tell_others();
}

void Checkpoints::tell_others() {
  if (!newest_) return;
  v1::NodeMessage message;
  auto& complete = *message.mutable_complete_checkpoint();
  complete.set_note(newest_->note);
  const auto view = slot_.get()->view();
  if (const auto leaf = view.state_root_before(newest_->size)) {
    complete.set_state_root_leaf(*leaf);
    complete.set_state_root(view.entry(*leaf));
  }
  for (const auto other : others_) hooks_.send(other, message);
}

}  // namespace puhui::node
