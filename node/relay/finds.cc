// What of one city is open in the other: each search walks lists of both, and names the leaves.
#include "crypto/bytes.h"
#include "ledger/recognition.h"
#include "node/relay/way.h"

namespace puhui::node::relay {
namespace {

std::uint64_t leaf_of(std::int64_t position) { return static_cast<std::uint64_t>(position); }

// How a list by leaf names the place after this one.
std::string cursor_of(std::uint64_t leaf) {
  std::string bytes;
  crypto::append_u64(bytes, leaf);
  return crypto::hex_encode(bytes);
}

std::pair<std::uint32_t, std::uint64_t> place_of(const v1::NotedLeaf& noted) {
  return {noted.epoch(), noted.leaf()};
}

Query locked_to(const std::string& partner) { return {{"state", "locked"}, {"partner", partner}}; }

}  // namespace

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
    if (filing->has_notice() && !has_ended_unfiled(*filing) &&
        filing->subject().project().project() == project)
      return Open{leaf_of(filing->drafted_at()), leaf_of(filing->notice().opened_at())};
  }
}

// Of a project noted there, whose keys are not free there yet.
Result<void> Way::find_closing(const v1::Project& project, const v1::ForeignProject& noted,
                               std::vector<Open>& open) {
  const auto leaf = leaf_of(project.standing_at());
  if (!ledger::is_closed(project.standing()) || closings_.contains(leaf)) return {};
  const auto entry = from_.get<v1::EntryView>({"v1", "entries", std::to_string(leaf)});
  if (!entry) return tl::make_unexpected(entry.error());
  if (ledger::closed_project(entry->payload()).empty() ||
      noted.to() <= ledger::claim_end(noted, entry->time()))
    closings_.insert(leaf);
  else
    add({leaf, {}}, open);
  return {};
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
    if (*known != nullptr && (*known)->project() == code) {
      if (auto found = find_closing(**project, **known, open); !found) return found;
      continue;
    }
    const auto leaves = leaves_of(**project);
    if (leaves)
      add(*leaves, open);
    else if (leaves.error().code != ErrorCode::LEAF_UNEXPECTED)
      return tl::make_unexpected(leaves.error());
  }
  return {};
}

// Filings of projects that are under notice, and no project yet; and those that ended unfiled,
// where they are noted still.
Result<void> Way::find_notices(std::vector<Open>& open) {
  Items<v1::FilingList> filings(from_, {"v1", "filings"});
  while (open.size() < kOpenMax) {
    const auto item = filings.next();
    if (!item) return tl::make_unexpected(item.error());
    if (*item == nullptr) break;
    const auto& filing = **item;
    const bool is_under_notice = filing.state() == v1::FILING_NOTICE;
    if (!is_under_notice && !has_ended_unfiled(filing)) continue;
    if (!filing.has_notice() || !filing.subject().has_project()) continue;
    const auto noted = to_.find<v1::ForeignProject>(
        {"v1", "partners", from_.code(), "projects", filing.subject().project().project()});
    if (!noted) return tl::make_unexpected(noted.error());
    if (is_under_notice && !*noted)
      add({leaf_of(filing.drafted_at()), leaf_of(filing.notice().opened_at())}, open);
    if (!is_under_notice && *noted && (*noted)->filing() == filing.filing())
      add({leaf_of(filing.ended_at()), {}}, open);
  }
  return {};
}

// Both lists come in the order of the leaves there, by the epochs in which they came; a recall is
// on the second when all its parts are noted, and stays on it when its leaf is lost there.
Result<void> Way::find_recalls(std::vector<Open>& open) {
  const auto log = known();
  if (!log) return tl::make_unexpected(log.error());
  const auto epoch = static_cast<std::uint32_t>(log->kept_leaves_size());
  Items<v1::RecallRecordList> recalls(from_, {"v1", "recalls"});
  Items<v1::NotedLeafList> noted(to_, {"v1", "partners", from_.code(), "recalls"});
  auto next = noted.next();
  while (open.size() < kOpenMax) {
    const auto record = recalls.next();
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr) break;
    if (!(*record)->has_recall()) continue;
    const auto leaf = leaf_of((*record)->leaf());
    const std::pair place{ledger::epoch_of_leaf(*log, epoch, leaf), leaf};
    while (next && *next != nullptr && place_of(**next) < place) next = noted.next();
    if (!next) return tl::make_unexpected(next.error());
    if (*next == nullptr || place_of(**next) != place) add({leaf, {}}, open);
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
  const auto stated = carried("state_retirement", from_.submit(std::move(payload), {}));
  if (!stated) return tl::make_unexpected(stated.error());
  count(*stated, item.statement().retirement(), told, pass);
  if (stated->came == Came::known) ++pass.waits;  // the next pass sees the leaf
  return stated->position;
}

Result<void> Way::find_retirements(std::vector<Open>& open, const Told& told, Pass& pass) {
  Items<v1::ForeignRetirementList> retired(from_, {"v1", "partners", to_.code(), "retirements"}, {},
                                           retirements_after_);
  bool is_first_open = true;
  while (open.size() < kOpenMax) {
    const auto item = retired.next();
    if (!item) return tl::make_unexpected(item.error());
    if (*item == nullptr) break;
    const bool is_stated = (*item)->stated_at() != 0 && !(*item)->statement().serials().empty();
    const auto noted =
        is_stated ? is_retirement_noted(to_, (*item)->statement()) : Result<bool>(false);
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

// Publications from where the last one ended that is noted there; one that was given up keeps back
// those behind it.
Result<void> Way::find_tags(std::vector<Open>& open) {
  const auto noted = to_.find<v1::TagsNoted>({"v1", "partners", from_.code(), "tags"});
  if (!noted) return tl::make_unexpected(noted.error());
  const auto to = *noted ? (*noted)->to() : 0;
  Items<v1::EntryList> published(from_, {"v1", "tags", to_.code(), "published"}, {}, tags_after_);
  while (open.size() < kOpenMax) {
    const auto item = published.next();
    if (!item && item.error().code == ErrorCode::NOT_FOUND) break;  // a node that has no such list
    if (!item) return tl::make_unexpected(item.error());
    if (*item == nullptr) break;
    const auto leaf = leaf_of((*item)->position());
    if ((*item)->payload().publish_tags().to() <= to) {
      tags_after_ = cursor_of(leaf);
    } else if (given_up_.contains(leaf)) {
      break;
    } else {
      open.push_back({leaf, {}});
    }
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
  if (auto found = find_tags(open); !found) return tl::make_unexpected(found.error());
  return open;
}

}  // namespace puhui::node::relay
