#include "node/relay/way.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/checkpoint.h"
#include "crypto/policy.h"

namespace puhui::node::relay {
namespace {

constexpr std::size_t kGivenUpMax = 10'000;

}  // namespace

void Way::forget() {
  given_up_.clear();
  closings_.clear();
  retirements_after_.clear();
  tags_after_.clear();
}

// What is remembered is of leaves of one epoch.
void Way::begin(std::uint32_t epoch) {
  if (epoch == epoch_) return;
  epoch_ = epoch;
  prover_.forget();
  forget();
}

Result<v1::PartnerLog> Way::known(Query query) {
  auto log = to_.find<v1::PartnerLog>({"v1", "partners", from_.code()}, std::move(query));
  if (!log) return tl::make_unexpected(log.error());
  if (*log) {
    begin((*log)->epoch());
    return std::move(**log);
  }
  return fail(ErrorCode::AGREEMENT_UNKNOWN, to_.code() + " has none with " + from_.code());
}

// ---- Checkpoints and proofs ----

Result<std::optional<v1::AcceptCheckpoint>> Way::larger_checkpoint(const v1::PartnerLog& log) {
  const std::optional<v1::AcceptCheckpoint> none;
  auto note = from_.fetch("/checkpoint");
  if (!note) return tl::make_unexpected(note.error());
  const auto policy = crypto::parse_policy(log.side().policy());
  if (!policy) return tl::make_unexpected(policy.error());
  const auto verified = crypto::verify_checkpoint(*policy, *note);
  // Its witnesses may come later.
  if (!verified && verified.error().code == ErrorCode::POLICY_UNMET) return none;
  if (!verified) return tl::make_unexpected(verified.error());
  const auto size = verified->checkpoint.size;
  if (size <= log.size()) return none;
  const auto proof = prover_.consistency(log.size(), size);
  if (!proof) return tl::make_unexpected(proof.error());
  v1::AcceptCheckpoint action;
  action.set_partner(from_.code());
  action.set_checkpoint(std::move(*note));
  for (const auto& hash : *proof) action.add_proof(std::string(hash.view()));
  return std::optional(std::move(action));
}

// The size that `to` has accepted, after a larger checkpoint was offered if leaves below `wanted`
// are not covered.
Result<std::uint64_t> Way::accept(std::uint64_t wanted, const Told& told, Pass& pass) {
  auto log = known();
  if (!log) return tl::make_unexpected(log.error());
  if (log->size() >= wanted || log->accused_at() != 0) return log->size();
  auto action = larger_checkpoint(*log);
  if (!action) return tl::make_unexpected(action.error());
  if (!*action) return log->size();
  v1::Payload payload;
  *payload.mutable_accept_checkpoint() = std::move(**action);
  auto came = carried("accept_checkpoint", to_.submit(std::move(payload), {}));
  if (!came) return tl::make_unexpected(came.error());
  const auto proved_from = log->size();
  // Another relay may have brought one meanwhile, which the proof does not go on from: the leader
  // knows.
  log = known(came->came == Came::refused ? Query{{"consistency", "linearizable"}} : Query{});
  if (!log) return tl::make_unexpected(log.error());
  // Proofs that do not hold may be of tiles that are not served any more.
  if (came->came == Came::refused) prover_.forget();
  if (came->came == Came::refused && log->size() != proved_from) came->came = Came::known;
  count(*came, log->size(), told, pass);
  return log->size();
}

// Nothing of one that shows no checkpoint.
Result<std::optional<Fork>> Way::shown_fork(const v1::PartnerLog& log) {
  const auto note = from_.fetch("/checkpoint");
  if (!note) return std::optional<Fork>();
  return fork_shown(to_, log, *note, &prover_);
}

Result<Pass> Way::accuse(const Told& told, bool asks_it) {
  Pass pass;
  const auto log = known();
  if (!log) return tl::make_unexpected(log.error());
  if (log->accused_at() != 0) return pass;
  std::vector<Fork> forks;
  if (auto seen = fork_witnessed(to_, *log)) forks.push_back(std::move(*seen));
  if (asks_it) {
    auto shown = shown_fork(*log);
    if (!shown) return tl::make_unexpected(shown.error());
    if (*shown) forks.push_back(std::move(**shown));
  }
  for (const auto& fork : forks) {
    if (!accused_.insert(fork.event_id).second) continue;
    const auto came = relay::accuse(to_, from_.code(), fork);
    if (!came) return tl::make_unexpected(came.error());
    count(*came, log->size(), told, pass);
  }
  return pass;
}

Result<Delivery> Way::delivery_of(const Open& open, std::uint64_t size) {
  Delivery delivery;
  auto leaf = prover_.prove(open.leaf, size);
  if (!leaf) return tl::make_unexpected(leaf.error());
  delivery.leaf = std::move(*leaf);
  delivery.leaf.set_epoch(epoch_);
  if (!open.notice) return delivery;
  auto notice = prover_.prove(*open.notice, size);
  if (!notice) return tl::make_unexpected(notice.error());
  delivery.notice = std::move(*notice);
  delivery.notice->set_epoch(epoch_);
  return delivery;
}

void Way::count(const Carried& carried, std::uint64_t leaf, const Told& told, Pass& pass) const {
  pass.done += carried.came == Came::done ? 1 : 0;
  pass.refused += carried.came == Came::refused ? 1 : 0;
  pass.waits += carried.came == Came::waits ? 1 : 0;
  if (carried.came != Came::known) told(from_, to_, leaf, carried);
}

// What `from` does not hand out to this relay, it cannot bring.
Result<Carried> Way::attach_and_deliver(Delivery& delivery) {
  auto attachment = attachment_of(from_, delivery.leaf);
  if (attachment) {
    delivery.attachment = std::move(*attachment);
    return deliver(to_, delivery);
  }
  const auto code = attachment.error().code;
  if (code != ErrorCode::NOT_PERMITTED && code != ErrorCode::NOT_FOUND)
    return tl::make_unexpected(attachment.error());
  return Carried{"note_tags", Came::refused, std::string(code_name(code)), 0};
}

Result<void> Way::carry(const Open& open, std::uint64_t size, const Told& told, Pass& pass) {
  auto delivery = delivery_of(open, size);
  if (!delivery) return tl::make_unexpected(delivery.error());
  auto came = attach_and_deliver(*delivery);
  if (!came && came.error().code != ErrorCode::LEAF_UNEXPECTED)
    return tl::make_unexpected(came.error());
  // The other side ended it by a settlement, say: no relay can bring that.
  if (!came)
    came = Carried{"carry", Came::refused, std::string(code_name(ErrorCode::LEAF_UNEXPECTED)), 0};
  count(*came, open.leaf, told, pass);
  if (came->came != Came::refused) return {};
  if (given_up_.size() == kGivenUpMax) given_up_.clear();
  given_up_.insert(open.leaf);
  return {};
}

Result<Pass> Way::pass(const Told& told) {
  auto accused = accuse(told, true);
  if (!accused) return accused;
  auto& pass = *accused;
  const auto open = find_open(told, pass);
  if (!open) return tl::make_unexpected(open.error());
  std::uint64_t wanted = 0;
  for (const auto& one : *open)
    wanted = std::max({wanted, one.leaf + 1, one.notice.value_or(0) + 1});
  if (open->empty()) return pass;
  const auto size = accept(wanted, told, pass);
  if (!size) return tl::make_unexpected(size.error());
  for (const auto& one : *open) {
    if (std::max(one.leaf, one.notice.value_or(0)) >= *size) {
      ++pass.waits;
      continue;
    }
    if (auto carried = carry(one, *size, told, pass); !carried)
      return tl::make_unexpected(carried.error());
  }
  return pass;
}

}  // namespace puhui::node::relay
