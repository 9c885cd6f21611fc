// A log that begins anew after a restore that lost leaves, and what partners list for it.
#include <algorithm>

#include "crypto/checkpoint.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr int kListedMax = 200;

Verdict invalid(const std::string& what, const std::string& expected, const std::string& found) {
  return refused(ErrorCode::EPOCH_INVALID, what, expected, found);
}

// Leaves that are not here were signed by the log of before.
Verdict need_lost(const Case& at, const v1::OpenEpoch& action) {
  const auto log = own_log(at.books);
  const auto bad = [&] { return invalid("last_checkpoint", "signed by " + log.name, {}); };
  const auto note = crypto::parse_note(action.last_checkpoint());
  if (!note || !crypto::verify_note(*note, std::span(&log, 1))) return bad();
  const auto checkpoint = crypto::parse_checkpoint(note->text);
  if (!checkpoint || checkpoint->origin != log.name) return bad();
  if (checkpoint->size > action.kept_leaves()) return {};
  return invalid("last_checkpoint", "more than " + std::to_string(action.kept_leaves()),
                 std::to_string(checkpoint->size));
}

Verdict check_opening(const Case& at, const v1::OpenEpoch& action) {
  const auto next = at.books.epoch ? at.books.epoch->opening().epoch() + 1 : 1;
  if (!is_document(action.decision())) return malformed("decision");
  if (!crypto::is_key_name(action.origin()) || !crypto::PublicKey::decode(action.log_key()) ||
      at.books.genesis.has_demo_clock() != action.origin().starts_with("demo."))
    return malformed("origin");
  if (action.epoch() != next)
    return invalid("number", std::to_string(next), std::to_string(action.epoch()));
  if (action.kept_leaves() != at.position)
    return invalid("kept leaves", std::to_string(at.position),
                   std::to_string(action.kept_leaves()));
  if (action.origin() == own_log(at.books).name) return invalid("origin", "new", action.origin());
  return need_lost(at, action);
}

// All partners of agreements that are not closed list what they know.
std::uint32_t await_lists(Case& at, std::uint64_t from) {
  std::uint32_t awaited = 0;
  for (auto& [city, record] : at.books.agreements) {
    if (record.standing() == v1::CLOSED) continue;
    record.set_awaits_list(true);
    record.set_list_from(from);
    at.books.changed(stored('1', city), record);
    ++awaited;
  }
  return awaited;
}

void put_epoch(Case& at) { at.books.changed(stored('6', std::string_view()), *at.books.epoch); }

// ---- What is listed -----------------------------------------------------------------------------

const std::map<v1::TransferState, v1::ListedAs> kListedAs{
    {v1::TRANSFER_IMPORTED, v1::LISTED_TAKEN},
    {v1::TRANSFER_CONCLUDED, v1::LISTED_GONE},
    {v1::TRANSFER_FREED, v1::LISTED_FREED},
    {v1::TRANSFER_REFUSED, v1::LISTED_NOT_TAKEN},
    {v1::TRANSFER_VOID, v1::LISTED_NOT_TAKEN}};

v1::ListedTransfer listed(const v1::TransferRecord& record) {
  v1::ListedTransfer transfer;
  transfer.set_transfer(record.transfer());
  transfer.set_state(kListedAs.at(record.state()));
  *transfer.mutable_export_() = record.export_();
  transfer.set_agreement_version(record.agreement_version());
  transfer.set_lost_leaf(record.partner_leaf());
  transfer.set_party(record.party());
  transfer.set_exported_time(record.exported_time());
  return transfer;
}

// All of these leaves in their order, and whether anything lies beyond.
Verdict need_listed(const Case& at, const v1::StateTransfers& action) {
  std::vector<std::string> known, told;
  bool is_more = false;
  if (const auto* all = find(at.books.transfers_by_leaf, action.home()))
    for (const auto& [leaf, id] : *all) {
      is_more = is_more || leaf >= action.to();
      if (leaf >= action.from() && leaf < action.to())
        known.push_back(listed(at.books.transfers.at(id)).SerializeAsString());
    }
  for (const auto& transfer : action.transfers()) told.push_back(transfer.SerializeAsString());
  if (known == told && action.is_last() != is_more) return {};
  return refused(ErrorCode::RUN_DIFFERS, "transfers listed for " + action.home(),
                 std::to_string(known.size()), std::to_string(told.size()));
}

// ---- What is made again -------------------------------------------------------------------------

v1::TransferState state_of(v1::ListedAs listed) {
  if (listed == v1::LISTED_TAKEN) return v1::TRANSFER_CONCLUDED;
  if (listed == v1::LISTED_NOT_TAKEN) return v1::TRANSFER_FREED;
  return listed == v1::LISTED_GONE ? v1::TRANSFER_IMPORTED : v1::TRANSFER_VOID;
}

v1::TransferRecord record_of(const Case& at, const v1::ListedTransfer& listed,
                             const std::string& partner) {
  const bool is_own = listed.state() == v1::LISTED_TAKEN || listed.state() == v1::LISTED_NOT_TAKEN;
  v1::TransferRecord record;
  record.set_transfer(listed.transfer());
  *record.mutable_export_() = listed.export_();
  record.set_city(is_own ? at.books.genesis.city() : partner);
  record.set_party(listed.party());
  record.set_exported_time(listed.exported_time());
  record.set_recorded_at(as_leaf(at));
  record.set_ended_at(as_leaf(at));
  record.set_amount_kg(kilograms(listed.export_()));
  record.set_state(state_of(listed.state()));
  return record;
}

// Units of a batch whose issuance was lost are issued once more, and owed by their project.
Verdict issue_again(Case& at, const v1::ExportedRun& run, Pieces& pieces) {
  auto* project = find(at.books.projects, run.project());
  if (project == nullptr) return refused(ErrorCode::PROJECT_UNKNOWN, run.project());
  const auto [place, is_new] = at.books.batches.try_emplace(run.batch());
  auto& batch = place->second;
  if (is_new) {
    batch.set_batch(run.batch());
    batch.set_project(run.project());
    batch.set_methodology(run.methodology());
    batch.set_methodology_version(run.methodology_version());
    batch.set_serial_code(run.serial_code());
    batch.set_vintage(run.vintage());
    batch.set_issued_at(as_leaf(at));
    batch.set_registered_at(as_leaf(at));
    batch.set_start(run.start());
  }
  batch.set_end(std::max(batch.end(), run.end()));
  batch.set_serial(at.books.genesis.city() + "-CPH-" + run.serial_code() + "-" + run.project() +
                   "-" + std::to_string(run.vintage()) + "-" + run.batch() + "-" +
                   std::to_string(run.start()) + "-" + std::to_string(run.end()));
  changed(at, batch);
  at.books.next_serial = std::max(at.books.next_serial, run.end() + 1);
  project->set_issued_kg(project->issued_kg() + kilograms(run));
  project->set_owed_kg(project->owed_kg() + kilograms(run));
  changed(at, *project);
  auto& totals = at.books.totals;
  totals.set_units_issued_kg(totals.units_issued_kg() + kilograms(run));
  auto& piece = pieces.emplace_back();
  piece.set_start(run.start());
  piece.set_end(run.end());
  piece.set_batch(run.batch());
  piece.set_batch_start(batch.start());
  return {};
}

// A held part is taken from its holder, whatever bound it.
void take_held(Case& at, const v1::UnitBlock& part, Pieces& pieces) {
  note_recalled(at, part.bound_by(), size_of(part));
  take_part(at, part);
  pieces.push_back(part);
}

// Own units that went away; what has ended here since is owed by its project.
Verdict take_away(Case& at, const v1::ExportedRun& run, Pieces& pieces) {
  for (auto serial = run.start(); serial <= run.end();) {
    if (pieces.size() > kPiecesMax) return refused(ErrorCode::TOO_LARGE, "pieces of serials");
    const auto found = at.books.blocks.lower_bound(serial);
    if (found == at.books.blocks.end() || found->second.start() > serial) {
      auto rest = run;
      rest.set_start(serial);
      rest.set_origin_start(serial);
      return issue_again(at, rest, pieces);
    }
    auto part = found->second;
    if (at.books.batches.at(part.batch()).has_mirrored())
      return refused(ErrorCode::UNITS_FOREIGN, std::to_string(serial), "issued here", part.batch());
    part.set_start(serial);
    part.set_end(std::min(part.end(), run.end()));
    serial = part.end() + 1;
    if (part.state() == v1::HELD)
      take_held(at, part, pieces);
    else if (auto bad = cover_recalled(at, part.batch(), size_of(part)))
      return bad;
  }
  return {};
}

// A partner's units that had gone home, by their serials there.
Verdict take_home(Case& at, const std::string& partner, const v1::ExportedRun& run,
                  Pieces& pieces) {
  const auto* mirrors = find(at.books.mirrors, {partner, run.batch()});
  if (mirrors == nullptr) return {};
  for (const auto& [first, name] : *mirrors) {
    const auto& batch = at.books.batches.at(name);
    const auto theirs = at_home(batch, batch.start(), batch.end());
    const auto from = std::max(theirs.start(), run.origin_start());
    const auto to = std::min(theirs.end(), origin_end(run));
    if (from > to) continue;
    const auto stop = batch.start() + (to - theirs.start());
    for (auto serial = batch.start() + (from - theirs.start()); serial <= stop;) {
      auto part = at.books.blocks.lower_bound(serial)->second;
      part.set_start(serial);
      part.set_end(std::min(part.end(), stop));
      serial = part.end() + 1;
      if (part.state() == v1::HELD) take_held(at, part, pieces);
    }
    if (pieces.size() > kPiecesMax) return refused(ErrorCode::TOO_LARGE, "pieces of serials");
  }
  return {};
}

Verdict take_gone(Case& at, const std::string& partner, const v1::TransferRecord& record) {
  Pieces pieces;
  const auto& exported = record.export_();
  for (const auto& run : exported.runs())
    if (auto bad =
            exported.is_return() ? take_home(at, partner, run, pieces) : take_away(at, run, pieces))
      return bad;
  end_recognised(at, pieces, record);
  return {};
}

Verdict take_in_again(Case& at, const v1::TransferRecord& record, const v1::Agreement& agreement) {
  if (auto bad = find_account(at, record.export_().to())) return bad;
  if (auto bad = need_takable(at, record, agreement)) return bad;
  take_in(at, record, agreement);
  return {};
}

Verdict make_again(Case& at, const std::string& partner, const v1::ListedTransfer& listed) {
  if (at.books.transfers.contains(listed.transfer())) return {};
  if (check_runs(listed.export_())) return malformed("transfers");
  auto record = record_of(at, listed, partner);
  if (listed.state() == v1::LISTED_TAKEN || listed.state() == v1::LISTED_GONE) {
    const v1::Agreement* agreement = nullptr;
    if (auto bad = find_version(at, partner, listed.agreement_version(), agreement)) return bad;
    const auto part = recognised(listed.export_(), *agreement);
    record.set_agreement_version(listed.agreement_version());
    record.set_recognised_kg(part.kg);
    *record.mutable_discounted() = part.discounted;
    if (auto bad = listed.state() == v1::LISTED_TAKEN ? take_gone(at, partner, record)
                                                      : take_in_again(at, record, *agreement))
      return bad;
  }
  keep(at, record);
  return {};
}

}  // namespace

crypto::VerifierKey own_log(const Books& books) {
  const auto& name = books.epoch ? books.epoch->opening().origin() : books.genesis.origin();
  const auto& wire = books.epoch ? books.epoch->opening().log_key() : books.genesis.log_key();
  return {name, crypto::NoteKeyType::ed25519, *crypto::PublicKey::decode(wire)};
}

Verdict need_list(const v1::AgreementRecord& record) {
  if (!record.awaits_list()) return {};
  return refused(ErrorCode::EPOCH_LISTS_PENDING, record.agreement().agreement(),
                 "a list from leaf " + std::to_string(record.list_from()));
}

Verdict need_all_lists(const Case& at) {
  if (!at.books.epoch || at.books.epoch->lists_awaited() == 0) return {};
  return refused(ErrorCode::EPOCH_LISTS_PENDING, "lists of partners", "0",
                 std::to_string(at.books.epoch->lists_awaited()));
}

void end_list(Case& at, v1::AgreementRecord& record) {
  record.set_awaits_list(false);
  at.books.epoch->set_lists_awaited(at.books.epoch->lists_awaited() - 1);
  put_epoch(at);
}

Verdict open_epoch(Case& at, const v1::OpenEpoch& action) {
  if (auto bad = check_opening(at, action)) return bad;
  need_signers(at, "epoch.open", {.citywide = true});
  const auto kept = action.kept_leaves();
  v1::EpochRecord record;
  *record.mutable_opening() = action;
  record.set_opened_at(as_leaf(at));
  record.set_listed_from(at.books.epoch ? std::min(at.books.epoch->listed_from(), kept) : kept);
  record.set_lists_awaited(await_lists(at, record.listed_from()));
  at.books.epoch = std::move(record);
  put_epoch(at);
  return {};
}

Verdict state_transfers(Case& at, const v1::StateTransfers& action) {
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, action.home(), log)) return bad;
  if (log->epoch() == 0 || action.epoch() != log->epoch())
    return invalid("number", std::to_string(log->epoch()), std::to_string(action.epoch()));
  if (action.transfers_size() > kListedMax)
    return refused(ErrorCode::TOO_LARGE, "transfers", std::to_string(kListedMax));
  if (action.from() != log->stated_to() || action.to() <= action.from())
    return refused(ErrorCode::RUN_DIFFERS, "leaves", "from " + std::to_string(log->stated_to()),
                   "from " + std::to_string(action.from()));
  if (auto bad = need_listed(at, action)) return bad;
  log->set_stated_to(action.to());
  changed(at, *log);
  return {};
}

Verdict note_transfers(Case& at, const v1::NoteTransfers& action) {
  const auto& leaf = action.statement();
  ForeignEvent event;
  if (auto bad = prove(at, leaf, event)) return bad;
  const auto& list = event.payload.state_transfers();
  if (!event.payload.has_state_transfers() || list.home() != at.books.genesis.city() ||
      !at.books.epoch || list.epoch() != at.books.epoch->opening().epoch())
    return unexpected(leaf, "transfers of this epoch");
  auto& record = at.books.agreements.at(leaf.city());
  if (!record.awaits_list() || list.from() != record.list_from())
    return refused(ErrorCode::RUN_DIFFERS, "leaves", "from " + std::to_string(record.list_from()),
                   "from " + std::to_string(list.from()));
  for (const auto& transfer : list.transfers())
    if (auto bad = make_again(at, leaf.city(), transfer)) return bad;
  record.set_list_from(list.to());
  if (list.is_last()) end_list(at, record);
  at.books.changed(stored('1', leaf.city()), record);
  return {};
}

}  // namespace puhui::node::audit
