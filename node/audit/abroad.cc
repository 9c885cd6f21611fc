// What cities tell each other of units that went from one to the other, and of projects.
#include <algorithm>

#include "crypto/merkle.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

Verdict told_before(const std::string& city, std::uint64_t leaf) {
  return refused(ErrorCode::RETIREMENT_STATED, city + " leaf " + std::to_string(leaf), "once");
}

v1::SerialRange range_of(std::uint64_t start, std::uint64_t end) {
  v1::SerialRange range;
  range.set_start(start);
  range.set_end(end);
  return range;
}

std::string text(const v1::SerialRange& range) {
  return std::to_string(range.start()) + "-" + std::to_string(range.end());
}

std::int64_t kilograms_of(const Ranges& ranges) { return kilograms({ranges, 0}); }

// ---- Retirements --------------------------------------------------------------------------------

// What of a retirement a city issued, as it numbers it; ranges that meet are one.
Ranges issued_by(const Books& books, const v1::Retirement& retirement, const std::string& city) {
  Ranges ranges;
  for (const auto& range : retirement.serials())
    for (auto serial = range.start(); serial <= range.end();) {
      const auto& block = books.blocks.lower_bound(serial)->second;
      const auto& batch = books.batches.at(block.batch());
      const auto end = std::min(range.end(), block.end());
      const auto theirs = at_home(batch, serial, end);
      serial = end + 1;
      if (batch.mirrored().city() != city) continue;
      if (!ranges.empty() && ranges.rbegin()->end() + 1 == theirs.start())
        ranges.rbegin()->set_end(theirs.end());
      else
        *ranges.Add() = theirs;
    }
  return ranges;
}

bool are_same(const Ranges& a, const Ranges& b) {
  return std::ranges::equal(a, b, [](const v1::SerialRange& one, const v1::SerialRange& other) {
    return one.start() == other.start() && one.end() == other.end();
  });
}

// What one event may note of a retirement: from this serial on; then `next` is where the rest
// begins, or 0 if nothing is left.
struct Noting {
  std::uint64_t next = 0;
  Pieces pieces = {};
  std::size_t told = 0;  // pieces that another statement told of
};

// All of it went to that city.
Verdict plan_retired(const Case& at, const v1::StateRetirement& statement, const std::string& city,
                     Noting& noting) {
  std::map<std::uint64_t, v1::SerialRange> in_order;
  for (const auto& range : statement.serials()) in_order[range.start()] = range;
  std::size_t seen = 0;
  for (const auto& [start, range] : in_order)
    for (auto serial = std::max(start, noting.next); serial <= range.end();) {
      if (seen++ == kPiecesMax) {
        noting.next = serial;
        return {};
      }
      const auto found = at.books.blocks.lower_bound(serial);
      const bool is_there = found != at.books.blocks.end() && found->second.start() <= serial;
      if (!is_there || !is_away(at.books, found->second, city))
        return refused(ErrorCode::TRANSFER_STATE_WRONG, text(range), "exported to " + city,
                       is_there ? v1::UnitState_Name(found->second.state()) : "not issued");
      auto piece = found->second;
      piece.set_start(serial);
      piece.set_end(std::min(piece.end(), range.end()));
      serial = piece.end() + 1;
      if (piece.retired_abroad_at() != 0)
        ++noting.told;
      else
        noting.pieces.push_back(piece);
    }
  noting.next = 0;
  return {};
}

Verdict retire_there(Case& at, Pieces& pieces) {
  std::map<std::string, std::int64_t> recalled_kg;  // by batch
  auto& totals = at.books.totals;
  for (auto& piece : pieces) {
    take_part(at, piece);
    piece.set_retired_abroad_at(as_leaf(at));
    put_back(at, piece);
    if (piece.recalled_at() != 0) recalled_kg[piece.batch()] += size_of(piece);
    totals.set_units_retired_abroad_kg(totals.units_retired_abroad_kg() + size_of(piece));
  }
  for (const auto& [batch, amount_kg] : recalled_kg)
    if (auto bad = cover_recalled(at, batch, amount_kg)) return bad;
  return {};
}

// ---- Recalls ------------------------------------------------------------------------------------

bool is_freezable(const v1::UnitBlock& block) {
  return block.recalled_at() == 0 && (block.state() == v1::HELD || block.state() == v1::RETIRED);
}

// What of these serials there, in their order, is to be frozen, from `next` on and as much as one
// event may look at. Then `next` is where the rest begins, or 0 if nothing is left.
Pieces plan_freeze(const Books& books, const std::string& city, const Ranges& recalled,
                   std::uint64_t& next) {
  Pieces pieces;
  std::size_t seen = 0;
  for (auto range : recalled) {
    range.set_start(std::max(range.start(), next));
    for (auto& part : parts_here(books, city, range, kPiecesMax - seen + 1)) {
      if (seen++ == kPiecesMax) {
        next = part.there;
        return pieces;
      }
      if (is_freezable(part.units)) pieces.push_back(std::move(part.units));
    }
  }
  next = 0;
  return pieces;
}

// What is held lies bound, whatever bound it before; what is on its way home goes on.
void freeze(Case& at, const std::string& city, v1::UnitBlock piece) {
  take_part(at, piece);
  if (piece.state() != v1::HELD) return mark_recalled(at, piece);
  const bool is_leaving = is_locked(piece);
  const auto bond = is_leaving ? piece.bound_by() : freeze_of(city);
  if (!is_leaving) note_recalled(at, piece.bound_by(), size_of(piece));
  piece.set_recalled_at(as_leaf(at));
  const auto account = piece.account();
  give(at, std::move(piece), account, bond);
}

// ---- Projects -----------------------------------------------------------------------------------

// What a filing says of a project: at once, or by a draft that is under this notice or was
// completed without one.
const v1::FileProject* project_of(const v1::Payload& filing, const v1::Payload* notice) {
  if (notice == nullptr) return filing.has_file_project() ? &filing.file_project() : nullptr;
  const auto& draft = filing.draft_filing();
  const auto& name = notice->has_open_notice() ? notice->open_notice().about().filing()
                                               : notice->complete_filing().filing();
  const bool is_noticed = !name.empty() && name == draft.filing();
  return is_noticed && draft.subject().has_project() ? &draft.subject().project() : nullptr;
}

bool meet(const v1::FileProject& project, std::int64_t from, std::int64_t to) {
  return from < to && from < project.crediting_to() && to > project.crediting_from();
}

// The project of this city that has one of its keys for some of its days; empty if none has.
std::string own_claim(const Books& books, const v1::FileProject& project) {
  for (const auto& meter : project.keys()) {
    const auto* claimed = find(books.claimed, meter);
    if (claimed == nullptr) continue;
    for (const auto& [from, stretch] : *claimed)
      if (meet(project, from, stretch.to)) return stretch.whose;
  }
  return {};
}

// The draft that ended unfiled; empty if none did.
std::string ended_in(const v1::Payload& end) {
  if (end.has_withdraw_filing()) return end.withdraw_filing().filing();
  const auto& decision = end.decide_objection();
  return decision.upheld() ? decision.about().filing() : std::string();
}

// The project goes no further there.
bool is_over(const v1::Payload& end, const std::string& project) {
  const auto& step = end.set_standing();
  if (!step.has_project() || step.project() != project) return false;
  return step.standing() == v1::CLOSED || step.standing() == v1::REVOKED;
}

Verdict read_filing(Case& at, const v1::NoteFiling& action, ForeignEvent& filing,
                    v1::FileProject& project) {
  const auto& leaf = action.filing();
  ForeignEvent notice;
  if (auto bad = prove(at, leaf, filing)) return bad;
  if (action.has_notice()) {
    if (auto bad = prove(at, action.notice(), notice)) return bad;
    if (action.notice().city() != leaf.city()) return unexpected(leaf, "a notice of it");
  }
  const auto* found = project_of(filing.payload, action.has_notice() ? &notice.payload : nullptr);
  if (found == nullptr || !is_code(found->project()))
    return unexpected(leaf, "a project, filed or under notice");
  project = *found;
  return {};
}

// A project that its city lost may be filed there anew; of one whose units came, enough is here.
Verdict forget_lost(Case& at, const std::pair<std::string, std::string>& name) {
  const auto& [city, project] = name;
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, city, log)) return bad;
  const auto* noted = find(at.books.foreign_projects, name);
  if (noted == nullptr) return refused(ErrorCode::PROJECT_ABROAD, city + " " + project);
  if (noted->has_come() || !is_lost(*log, noted->epoch(), noted->shown_by()))
    return refused(ErrorCode::LEAF_UNEXPECTED, city + " " + project,
                   "a project that was lost, and none of its units here");
  at.books.foreign_projects.erase(name);
  return {};
}

// An end that its city has lost is none.
bool has_ended(const Books& books, const std::pair<std::string, std::string>& draft) {
  const auto* end = find(books.drafts_ended, draft);
  return end != nullptr && !is_lost(books.partners.at(draft.first), end->first, end->second);
}

// ---- Purposes -----------------------------------------------------------------------------------

std::map<std::string, std::int64_t> by_issuer(const Books& books, const Pieces& pieces) {
  std::map<std::string, std::int64_t> kilograms;
  for (const auto& piece : pieces) {
    const auto& batch = books.batches.at(piece.batch());
    if (batch.has_mirrored()) kilograms[batch.mirrored().city()] += size_of(piece);
  }
  return kilograms;
}

// By which this city takes that partner's units now, of the last version that has begun; null if it
// takes none.
const v1::RecognitionTerms* own_terms(const Case& at, const std::string& city) {
  const auto* agreement = last_begun(at, city);
  return agreement == nullptr ? nullptr : terms_of(*agreement, at.books.genesis.city());
}

std::tuple<std::string, std::string, std::uint32_t> purpose_of(const Case& at,
                                                               const std::string& city,
                                                               const std::string& purpose) {
  return {city, purpose, static_cast<std::uint32_t>(year_of(day_of(at.now)))};
}

}  // namespace

bool is_away(const Books& books, const v1::UnitBlock& block, const std::string& city) {
  return block.state() == v1::EXPORTED && block.exported_to() == city &&
         !books.batches.at(block.batch()).has_mirrored();
}

std::string freeze_of(const std::string& city) { return "recall/" + city; }

std::uint64_t origin_end(const v1::ExportedRun& run) {
  return run.origin_start() + (run.end() - run.start());
}

v1::SerialRange at_home(const v1::UnitBatch& batch, std::uint64_t start, std::uint64_t end) {
  if (!batch.has_mirrored()) return range_of(start, end);
  const auto first = batch.mirrored().origin_start() + (start - batch.start());
  return range_of(first, first + (end - start));
}

v1::SerialRange origins_of(const v1::ExportedRun& run) {
  return range_of(run.origin_start(), origin_end(run));
}

Verdict need_none_recalled(const Case& at, const std::string& city, const v1::ExportedRun& run) {
  if (!is_recalled_there(at.books, city, origins_of(run))) return {};
  return refused(ErrorCode::UNITS_RECALLED, city + " " + run.batch(), "units not recalled",
                 text(origins_of(run)));
}

Verdict need_none_returning(const Case& at, const std::string& city, const v1::ExportedRun& run) {
  const auto here = parts_here(at.books, city, origins_of(run), 1);
  if (here.empty()) return {};
  const auto& units = here.front().units;
  if (is_locked(units))
    return refused(ErrorCode::TRANSFER_STATE_WRONG, std::to_string(units.start()),
                   "their return concluded", units.bound_by());
  return refused(ErrorCode::UNITS_FOREIGN, std::to_string(units.start()), "in one city at a time",
                 units.batch());
}

Verdict need_project_noted(const Case& at, const std::string& city, const std::string& project) {
  const auto* noted = find(at.books.foreign_projects, {city, project});
  if (noted == nullptr) return refused(ErrorCode::PROJECT_ABROAD, city + " " + project);
  if (noted->conflict().empty()) return {};
  return refused(ErrorCode::PERIOD_ABROAD, city + " " + project, "one project per key and day",
                 noted->conflict());
}

Verdict need_none_abroad(const Case& at, const v1::FileProject& project) {
  for (const auto& [name, noted] : at.books.foreign_projects) {
    if (!meet(project, noted.from(), noted.to())) continue;
    for (const auto& meter : noted.keys())
      if (std::ranges::count(project.keys(), meter) > 0)
        return refused(ErrorCode::PERIOD_ABROAD, "key " + meter, "days of no other project",
                       noted.city() + " " + noted.project());
  }
  return {};
}

Verdict state_retirement(Case& at, const v1::StateRetirement& action) {
  if (!is_code(action.home())) return malformed("home");
  const auto* retirement = find(at.books.retirements, action.retirement());
  if (retirement == nullptr)
    return refused(ErrorCode::RETIREMENT_UNKNOWN, std::to_string(action.retirement()));
  v1::AgreementRecord* agreement = nullptr;
  if (auto bad = find_agreement(at, action.home(), agreement)) return bad;
  if (auto bad = need_list(*agreement)) return bad;
  const std::pair stated{action.home(), action.retirement()};
  if (at.books.stated.contains(stated)) return told_before(action.home(), action.retirement());
  const auto serials = issued_by(at.books, *retirement, action.home());
  const auto& retired = retirement->retirement();
  if (serials.empty() || !are_same(serials, action.serials()) ||
      action.purpose() != retired.purpose() || action.beneficiary() != retired.beneficiary())
    return refused(ErrorCode::RUN_DIFFERS, "retirement " + std::to_string(action.retirement()),
                   std::to_string(kilograms_of(serials)) + " kg, " + retired.purpose(),
                   action.purpose());
  at.books.stated.insert(stated);
  return {};
}

Verdict note_retirement(Case& at, const v1::NoteRetirement& action) {
  const auto& leaf = action.statement();
  ForeignEvent event;
  if (auto bad = prove(at, leaf, event)) return bad;
  const auto& statement = event.payload.state_retirement();
  const auto& own = at.books.genesis.city();
  if (!event.payload.has_state_retirement() || statement.home() != own ||
      check_quantity({statement.serials(), 0}))
    return unexpected(leaf, "a retirement of units of " + own);
  // Whatever else became of them, and was lost, came before.
  if (auto bad = need_list(at.books.agreements.at(leaf.city()))) return bad;
  const auto epoch = epoch_begun(at.books.partners.at(leaf.city()), leaf);
  const std::tuple place{leaf.city(), epoch, leaf.index()};
  // Kept with those of recalls, which are other leaves.
  const auto* open = find(at.books.recalls_open, place);
  const bool is_first = open == nullptr;
  Noting noting{is_first ? 0 : *open};
  if (auto bad = plan_retired(at, statement, leaf.city(), noting)) return bad;
  auto& stated = at.books.transfers_by_leaf[leaf.city()];
  const std::tuple told{epoch, leaf.index(), std::string(crypto::leaf_hash(leaf.entry()).view())};
  // Only of what takes parts, a part may have been told.
  if (is_first && (stated.contains(told) || (noting.told > 0 && noting.next == 0)))
    return told_before(leaf.city(), leaf.index());
  if (auto bad = retire_there(at, noting.pieces)) return bad;
  if (noting.next != 0)
    at.books.recalls_open[place] = noting.next;
  else
    at.books.recalls_open.erase(place);
  if (is_first) stated[told] = at.position;
  return {};
}

Verdict note_recall(Case& at, const v1::NoteRecall& action) {
  const auto& leaf = action.recall();
  ForeignEvent event;
  if (auto bad = prove(at, leaf, event)) return bad;
  const auto& recall = event.payload.recall();
  auto named = recall.serials();
  if (!event.payload.has_recall() || check_quantity({named, 0}))
    return unexpected(leaf, "a recall");
  const auto* record = find(at.books.agreements, leaf.city());
  if (record == nullptr) return refused(ErrorCode::AGREEMENT_UNKNOWN, leaf.city());
  if (auto bad = need_list(*record)) return bad;
  const std::tuple place{leaf.city(), epoch_begun(at.books.partners.at(leaf.city()), leaf),
                         leaf.index()};
  if (at.books.recalls_noted.contains(place)) return told_before(leaf.city(), leaf.index());
  const auto [open, is_new] = at.books.recalls_open.try_emplace(place, 0);
  if (is_new) note_recalled_there(at.books, leaf.city(), named);
  std::ranges::sort(named, {}, [](const v1::SerialRange& range) { return range.start(); });
  for (auto& piece : plan_freeze(at.books, leaf.city(), named, open->second))
    freeze(at, leaf.city(), std::move(piece));
  if (open->second != 0) return {};
  at.books.recalls_open.erase(open);
  at.books.recalls_noted.insert(place);
  return {};
}

Verdict note_filing(Case& at, const v1::NoteFiling& action) {
  ForeignEvent filing;
  v1::FileProject project;
  if (auto bad = read_filing(at, action, filing, project)) return bad;
  const auto& leaf = action.filing();
  const std::pair name{leaf.city(), project.project()};
  const auto& draft = filing.payload.draft_filing().filing();
  if (!draft.empty() && !is_name(draft)) return unexpected(leaf, "a draft that has a name");
  if (at.books.foreign_projects.contains(name) || has_ended(at.books, {leaf.city(), draft}))
    return told_before(leaf.city(), leaf.index());
  auto& noted = at.books.foreign_projects[name];
  noted.set_city(leaf.city());
  noted.set_project(project.project());
  *noted.mutable_keys() = project.keys();
  noted.set_from(project.crediting_from());
  noted.set_to(project.crediting_to());
  noted.set_partner_leaf(leaf.index());
  noted.set_noted_at(as_leaf(at));
  noted.set_conflict(own_claim(at.books, project));
  noted.set_filing(draft);
  const auto& shown = action.has_notice() ? action.notice() : leaf;
  noted.set_shown_by(shown.index());
  noted.set_epoch(shown.epoch());
  // What a list brought may be of it.
  noted.set_has_come(at.books.epoch.has_value());
  return {};
}

Verdict note_filing_end(Case& at, const v1::NoteFilingEnd& action) {
  const auto& leaf = action.ended();
  if (leaf.entry().empty()) return forget_lost(at, {leaf.city(), action.project()});
  ForeignEvent event;
  if (auto bad = prove(at, leaf, event)) return bad;
  const auto noted = at.books.foreign_projects.find({leaf.city(), action.project()});
  if (noted == at.books.foreign_projects.end())
    return refused(ErrorCode::PROJECT_ABROAD, leaf.city() + " " + action.project());
  if (is_over(event.payload, action.project())) {
    auto& project = noted->second;
    const auto free_from = std::max(project.from(), day_of(event.time) + 1);
    if (project.to() <= free_from) return told_before(leaf.city(), leaf.index());
    project.set_to(free_from);
    return {};
  }
  const auto ended = ended_in(event.payload);
  if (ended.empty() || ended != noted->second.filing())
    return unexpected(leaf, "the end of the draft " + noted->second.filing());
  at.books.drafts_ended[{leaf.city(), ended}] = {
      epoch_begun(at.books.partners.at(leaf.city()), leaf), leaf.index()};
  at.books.foreign_projects.erase(noted);
  return {};
}

Verdict check_purpose_caps(const Case& at, const Pieces& pieces, const std::string& purpose) {
  for (const auto& [city, amount_kg] : by_issuer(at.books, pieces)) {
    const auto* terms = own_terms(at, city);
    if (terms == nullptr) continue;
    const auto* used = find(at.books.retired_of, purpose_of(at, city, purpose));
    const Whole sum = Whole(used != nullptr ? *used : 0) + amount_kg;
    for (const auto& cap : terms->purpose_caps())
      if (cap.purpose() == purpose && sum > cap.max_kg())
        return refused(ErrorCode::CAP_EXCEEDED, purpose + " with units of " + city,
                       std::to_string(cap.max_kg()) + " kg", sum.str() + " kg");
  }
  return {};
}

void note_purpose(Case& at, const Pieces& pieces, const std::string& purpose) {
  for (const auto& [city, amount_kg] : by_issuer(at.books, pieces))
    at.books.retired_of[purpose_of(at, city, purpose)] += amount_kg;
}

}  // namespace puhui::node::audit
