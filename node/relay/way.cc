#include "node/relay/way.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/checkpoint.h"
#include "crypto/policy.h"

namespace puhui::node::relay {
namespace {

constexpr std::size_t kGivenUpMax = 10'000;

std::uint64_t leaf_of(std::int64_t position) { return static_cast<std::uint64_t>(position); }

// How a list by leaf names the place after this one.
std::string cursor_of(std::uint64_t leaf) {
  std::string bytes;
  crypto::append_u64(bytes, leaf);
  return crypto::hex_encode(bytes);
}

Query locked_to(const std::string& partner) { return {{"state", "locked"}, {"partner", partner}}; }

}  // namespace

Result<v1::PartnerLog> Way::known(Query query) {
  auto log = to_.find<v1::PartnerLog>({"v1", "partners", from_.code()}, std::move(query));
  if (!log) return tl::make_unexpected(log.error());
  if (*log) return std::move(**log);
  return fail(ErrorCode::AGREEMENT_UNKNOWN, to_.code() + " has none with " + from_.code());
}

// ---- What is open ----

void Way::add(const Open& one, std::vector<Open>& open) const {
  if (!given_up_.contains(one.leaf)) open.push_back(one);
}

Result<Open> Way::leaves_of(const v1::Project& project) {
  const auto entry =
      from_.get<v1::EntryView>({"v1", "entries", std::to_string(project.filed_at())});
  if (!entry) return tl::make_unexpected(entry.error());
  if (entry->payload().has_file_project()) return Open{leaf_of(project.filed_at()), {}};
  const auto& name = entry->payload().complete_filing().filing();
  const auto filing = from_.get<v1::Filing>({"v1", "filings", name});
  if (!filing) return tl::make_unexpected(filing.error());
  const auto shown = filing->has_notice() ? filing->notice().opened_at() : project.filed_at();
  return Open{leaf_of(filing->drafted_at()), leaf_of(shown)};
}

Result<Open> Way::filing_of(const std::string& project) {
  const auto filed = from_.find<v1::Project>({"v1", "projects", project});
  if (!filed) return tl::make_unexpected(filed.error());
  if (*filed) return leaves_of(**filed);
  Items<v1::FilingList> filings(from_, {"v1", "filings"});
  for (;;) {
    const auto item = filings.next();
    if (!item) return tl::make_unexpected(item.error());
    const auto* filing = *item;
    if (filing == nullptr) return fail(ErrorCode::NOT_FOUND, "project " + project);
    if (filing->has_notice() && filing->subject().project().project() == project)
      return Open{leaf_of(filing->drafted_at()), leaf_of(filing->notice().opened_at())};
  }
}

// Both lists come in the order of the projects' codes.
Result<void> Way::find_projects(std::vector<Open>& open) {
  Items<v1::ProjectList> filed(from_, {"v1", "projects"});
  Items<v1::ForeignProjectList> noted(to_, {"v1", "partners", from_.code(), "projects"});
  auto known = noted.next();
  while (open.size() < kOpenMax) {
    const auto project = filed.next();
    if (!project) return tl::make_unexpected(project.error());
    if (*project == nullptr) break;
    const auto& code = (*project)->filing().project();
    while (known && *known != nullptr && (*known)->project() < code) known = noted.next();
    if (!known) return tl::make_unexpected(known.error());
    if (*known != nullptr && (*known)->project() == code) continue;
    const auto leaves = leaves_of(**project);
    if (leaves)
      add(*leaves, open);
    else if (leaves.error().code != ErrorCode::LEAF_UNEXPECTED)
      return tl::make_unexpected(leaves.error());
  }
  return {};
}

// Filings of projects that are under notice, and no project yet.
Result<void> Way::find_notices(std::vector<Open>& open) {
  Items<v1::FilingList> filings(from_, {"v1", "filings"});
  while (open.size() < kOpenMax) {
    const auto item = filings.next();
    if (!item) return tl::make_unexpected(item.error());
    const auto* filing = *item;
    if (filing == nullptr) break;
    if (filing->state() != v1::FILING_NOTICE || !filing->subject().has_project()) continue;
    const auto noted = to_.find<v1::ForeignProject>(
        {"v1", "partners", from_.code(), "projects", filing->subject().project().project()});
    if (!noted) return tl::make_unexpected(noted.error());
    if (!*noted) add({leaf_of(filing->drafted_at()), leaf_of(filing->notice().opened_at())}, open);
  }
  return {};
}

// Both lists come in the order of the leaves there.
Result<void> Way::find_recalls(std::vector<Open>& open) {
  Items<v1::RecallRecordList> recalls(from_, {"v1", "recalls"});
  Items<v1::NotedLeafList> noted(to_, {"v1", "partners", from_.code(), "recalls"});
  auto known = noted.next();
  while (open.size() < kOpenMax) {
    const auto record = recalls.next();
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr) break;
    if (!(*record)->has_recall()) continue;
    const auto leaf = leaf_of((*record)->leaf());
    while (known && *known != nullptr && (*known)->leaf() < leaf) known = noted.next();
    if (!known) return tl::make_unexpected(known.error());
    if (*known == nullptr || (*known)->leaf() != leaf) add({leaf, {}}, open);
  }
  return {};
}

Result<void> Way::find_exports(std::vector<Open>& open) {
  Items<v1::TransferList> locked(from_, {"v1", "transfers"}, locked_to(to_.code()));
  while (open.size() < kOpenMax) {
    const auto item = locked.next();
    if (!item) return tl::make_unexpected(item.error());
    if (*item == nullptr) break;
    const auto& transfer = **item;
    const auto answered =
        to_.find<v1::TransferRecord>({"v1", "transfers", crypto::hex_encode(transfer.transfer())});
    if (!answered) return tl::make_unexpected(answered.error());
    if (!*answered) add({leaf_of(transfer.recorded_at()), {}}, open);
  }
  return {};
}

Result<void> Way::find_answers(std::vector<Open>& open) {
  Items<v1::TransferList> locked(to_, {"v1", "transfers"}, locked_to(from_.code()));
  while (open.size() < kOpenMax) {
    const auto item = locked.next();
    if (!item) return tl::make_unexpected(item.error());
    if (*item == nullptr) break;
    const auto id = crypto::hex_encode((*item)->transfer());
    const auto answered = from_.find<v1::TransferRecord>({"v1", "transfers", id});
    if (!answered) return tl::make_unexpected(answered.error());
    if (*answered) add({leaf_of((*answered)->ended_at()), {}}, open);
  }
  return {};
}

// What was retired here is first stated here; answers the leaf that states it, 0 if it must wait.
Result<std::int64_t> Way::state(const v1::ForeignRetirement& item, const Told& told, Pass& pass) {
  if (item.stated_at() != 0) return item.stated_at();
  v1::Payload payload;
  *payload.mutable_state_retirement() = item.statement();
  const auto stated = carried("state_retirement", from_.submit(std::move(payload)));
  if (!stated) return tl::make_unexpected(stated.error());
  count(*stated, item.statement().retirement(), told, pass);
  if (stated->came == Came::known) ++pass.waits;  // the next pass sees the leaf
  return stated->position;
}

Result<bool> Way::is_retirement_noted(const v1::ForeignRetirement& item) {
  if (item.stated_at() == 0 || item.statement().serials().empty()) return false;
  const auto first = std::to_string(item.statement().serials(0).start());
  const auto block = to_.find<v1::UnitBlock>({"v1", "serials", first});
  if (!block) return tl::make_unexpected(block.error());
  return *block && (*block)->retired_abroad_at() != 0;
}

Result<void> Way::find_retirements(std::vector<Open>& open, const Told& told, Pass& pass) {
  Items<v1::ForeignRetirementList> retired(from_, {"v1", "partners", to_.code(), "retirements"}, {},
                                           retirements_after_);
  bool is_first_open = true;
  while (open.size() < kOpenMax) {
    const auto item = retired.next();
    if (!item) return tl::make_unexpected(item.error());
    if (*item == nullptr) break;
    const auto noted = is_retirement_noted(**item);
    if (!noted) return tl::make_unexpected(noted.error());
    if (*noted) {
      if (is_first_open) retirements_after_ = cursor_of((*item)->statement().retirement());
      continue;
    }
    is_first_open = false;
    const auto stated_at = state(**item, told, pass);
    if (!stated_at) return tl::make_unexpected(stated_at.error());
    if (*stated_at != 0) add({leaf_of(*stated_at), {}}, open);
  }
  return {};
}

Result<std::vector<Open>> Way::find_open(const Told& told, Pass& pass) {
  std::vector<Open> open;
  for (auto find : {&Way::find_projects, &Way::find_notices, &Way::find_recalls, &Way::find_exports,
                    &Way::find_answers})
    if (auto found = (this->*find)(open); !found) return tl::make_unexpected(found.error());
  if (auto found = find_retirements(open, told, pass); !found)
    return tl::make_unexpected(found.error());
  return open;
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
  auto came = carried("accept_checkpoint", to_.submit(std::move(payload)));
  if (!came) return tl::make_unexpected(came.error());
  const auto proved_from = log->size();
  // Another relay may have brought one meanwhile, which the proof does not go on from: the leader
  // knows.
  log = known(came->came == Came::refused ? Query{{"consistency", "linearizable"}} : Query{});
  if (!log) return tl::make_unexpected(log.error());
  if (came->came == Came::refused && log->size() != proved_from) came->came = Came::known;
  count(*came, log->size(), told, pass);
  return log->size();
}

Result<Delivery> Way::delivery_of(const Open& open, std::uint64_t size) {
  Delivery delivery;
  auto leaf = prover_.prove(open.leaf, size);
  if (!leaf) return tl::make_unexpected(leaf.error());
  delivery.leaf = std::move(*leaf);
  if (!open.notice) return delivery;
  auto notice = prover_.prove(*open.notice, size);
  if (!notice) return tl::make_unexpected(notice.error());
  delivery.notice = std::move(*notice);
  return delivery;
}

void Way::count(const Carried& carried, std::uint64_t leaf, const Told& told, Pass& pass) const {
  pass.done += carried.came == Came::done ? 1 : 0;
  pass.refused += carried.came == Came::refused ? 1 : 0;
  pass.waits += carried.came == Came::waits ? 1 : 0;
  if (carried.came != Came::known) told(from_, to_, leaf, carried);
}

Result<void> Way::carry(const Open& open, std::uint64_t size, const Told& told, Pass& pass) {
  const auto delivery = delivery_of(open, size);
  if (!delivery) return tl::make_unexpected(delivery.error());
  auto came = deliver(to_, *delivery);
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
  Pass pass;
  if (const auto log = known(); !log) return tl::make_unexpected(log.error());
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
