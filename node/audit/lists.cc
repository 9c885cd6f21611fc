// What became of transfers of which a city lost a leaf: listed by its partner, and made once more
// there by receipts of what was lost.
#include <algorithm>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr int kListedMax = 200;

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
  transfer.set_lost_leaf(record.partner_leaf());
  const auto recorded_at = static_cast<std::uint64_t>(record.recorded_at());
  transfer.set_leaf(record.lost_leaf() != 0 ? record.lost_leaf() : recorded_at);
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

// ---- What a receipt shows -----------------------------------------------------------------------

// An event that this ledger had, and lost.
Verdict read_lost(const Case& at, const v1::LostReceipt& receipt, ForeignEvent& lost) {
  const auto& leaf = receipt.leaf();
  const auto logs = own_logs(at.books);
  const auto past = std::span(logs).first(logs.size() - 1);
  const auto checkpoint = signed_by_one_of(past, receipt.checkpoint());
  if (!checkpoint)
    return refused(ErrorCode::PROOF_INVALID, "receipt of leaf " + std::to_string(leaf.index()),
                   "signed by this city's log of before");
  if (leaf.city() != at.books.genesis.city() || leaf.tree_size() != checkpoint->size)
    return unexpected(leaf, "a leaf of that checkpoint");
  if (auto bad = need_included(leaf, checkpoint->root)) return bad;
  return read_foreign(leaf.entry(), leaf.city(), lost);
}

bool was_sent_from_here(const v1::ListedTransfer& listed) {
  return listed.state() == v1::LISTED_TAKEN || listed.state() == v1::LISTED_NOT_TAKEN;
}

// A listed transfer, with what is shown of it.
struct Shown {
  const v1::ListedTransfer& listed;
  const v1::LostReceipt& receipt;
  const v1::CitySide& partner;

  [[nodiscard]] const v1::ProvenLeaf& leaf() const { return receipt.leaf(); }
};

// The lost leaf tells of that transfer, which can have become what is listed.
Verdict need_listed_leaf(const Case& at, const Shown& shown, const v1::Payload& lost) {
  const auto& [listed, receipt, partner] = shown;
  const auto& leaf = shown.leaf();
  std::string transfer;
  if (was_sent_from_here(listed)) {
    if (!lost.has_export_()) return unexpected(leaf, "an export");
    transfer = transfer_id(at.books.lineage, lost);
  } else {
    if (lost.has_import() != (listed.state() == v1::LISTED_GONE))
      return unexpected(leaf, "the answer that is listed");
    const Sender sender{partner.city(), partner.lineage()};
    if (auto bad = read_answered(leaf, lost, sender, transfer)) return bad;
  }
  if (leaf.index() == listed.lost_leaf() && transfer == listed.transfer()) return {};
  return unexpected(leaf, "leaf " + std::to_string(listed.lost_leaf()) + " of what is listed");
}

// The lost export, or the one that a lost answer is about.
Verdict read_sent(const Case& at, const Shown& shown, const ForeignEvent& lost,
                  ForeignEvent& sent) {
  sent = lost;
  if (const auto* about = export_of(lost.payload))
    if (auto bad = read_foreign(about->entry(), shown.partner.city(), sent)) return bad;
  const bool is_own = was_sent_from_here(shown.listed);
  const auto& to = is_own ? shown.partner.city() : at.books.genesis.city();
  const auto& exported = sent.payload.export_();
  if (sent.payload.has_export_() && exported.partner() == to && !check_export(exported)) return {};
  return unexpected(shown.leaf(), "an export to " + to);
}

v1::TransferState state_of(v1::ListedAs listed) {
  if (listed == v1::LISTED_TAKEN) return v1::TRANSFER_CONCLUDED;
  if (listed == v1::LISTED_NOT_TAKEN) return v1::TRANSFER_FREED;
  return listed == v1::LISTED_GONE ? v1::TRANSFER_IMPORTED : v1::TRANSFER_VOID;
}

// The record as an export tells it.
v1::TransferRecord record_of(const Case& at, const v1::ListedTransfer& listed,
                             const ForeignEvent& sent) {
  const auto& exported = sent.payload.export_();
  v1::TransferRecord record;
  record.set_transfer(listed.transfer());
  record.set_state(state_of(listed.state()));
  *record.mutable_export_() = exported;
  record.set_city(sent.payload.city());
  record.set_party(sent.payload.party());
  record.set_exported_time(sent.time);
  record.set_recorded_at(as_leaf(at));
  record.set_ended_at(as_leaf(at));
  record.set_amount_kg(kilograms(exported));
  return record;
}

// The record of what is shown; in a settlement there is no export.
Verdict read_shown(const Case& at, const Shown& shown, v1::TransferRecord& record) {
  ForeignEvent lost, sent;
  if (auto bad = read_lost(at, shown.receipt, lost)) return bad;
  if (auto bad = need_listed_leaf(at, shown, lost.payload)) return bad;
  if (lost.payload.has_settle_transfer()) {
    v1::TransferSettlement settlement;
    if (auto bad = read_treaty(lost.payload.settle_transfer().settlement(), settlement)) return bad;
    record = settled(at, settlement);
  } else {
    if (auto bad = read_sent(at, shown, lost, sent)) return bad;
    record = record_of(at, shown.listed, sent);
  }
  record.set_partner_leaf(shown.listed.leaf());
  record.set_lost_leaf(shown.listed.lost_leaf());
  return {};
}

// ---- What is made again -------------------------------------------------------------------------

v1::UnitBatch batch_of(const Case& at, const v1::ExportedRun& run) {
  v1::UnitBatch batch;
  batch.set_batch(run.batch());
  batch.set_project(run.project());
  batch.set_methodology(run.methodology());
  batch.set_methodology_version(run.methodology_version());
  batch.set_serial_code(run.serial_code());
  batch.set_vintage(run.vintage());
  batch.set_issued_at(as_leaf(at));
  batch.set_registered_at(as_leaf(at));
  batch.set_start(run.batch_start());
  return batch;
}

// Units of a batch whose issuance was lost are issued once more, and owed by their project.
Verdict issue_again(Case& at, const v1::ExportedRun& run) {
  auto* project = find(at.books.projects, run.project());
  if (project == nullptr) return refused(ErrorCode::PROJECT_UNKNOWN, run.project());
  auto& batch = at.books.batches.try_emplace(run.batch(), batch_of(at, run)).first->second;
  batch.set_end(std::max(batch.end(), run.end()));
  batch.set_serial(at.books.genesis.city() + "-CPH-" + run.serial_code() + "-" + run.project() +
                   "-" + std::to_string(run.vintage()) + "-" + run.batch() + "-" +
                   std::to_string(batch.start()) + "-" + std::to_string(batch.end()));
  changed(at, batch);
  at.books.next_serial = std::max(at.books.next_serial, run.end() + 1);
  project->set_issued_kg(project->issued_kg() + kilograms(run));
  project->set_owed_kg(project->owed_kg() + kilograms(run));
  changed(at, *project);
  auto& totals = at.books.totals;
  totals.set_units_issued_kg(totals.units_issued_kg() + kilograms(run));
  return {};
}

// A held part is taken from its holder, whatever bound it.
void take_held(Case& at, const v1::UnitBlock& part, Pieces& pieces) {
  note_recalled(at, part.bound_by(), size_of(part));
  take_part(at, part);
  pieces.push_back(part);
}

// From this serial on, which nobody has, to the next that somebody has.
Verdict take_lost(Case& at, const v1::ExportedRun& run, std::uint64_t serial, Pieces& pieces) {
  const auto next = at.books.blocks.lower_bound(serial);
  auto lost = run;
  lost.set_start(serial);
  if (next != at.books.blocks.end()) lost.set_end(std::min(run.end(), next->second.start() - 1));
  if (auto bad = issue_again(at, lost)) return bad;
  auto& piece = pieces.emplace_back();
  piece.set_start(lost.start());
  piece.set_end(lost.end());
  piece.set_batch(run.batch());
  piece.set_batch_start(run.batch_start());
  return {};
}

// What of a run lies in this block; if that has ended here, its project owes it.
Verdict take_known(Case& at, v1::UnitBlock part, Pieces& pieces) {
  if (at.books.batches.at(part.batch()).has_mirrored())
    return refused(ErrorCode::UNITS_FOREIGN, std::to_string(part.start()), "issued here",
                   part.batch());
  if (part.state() != v1::HELD) return cover_recalled(at, part.batch(), size_of(part));
  take_held(at, part, pieces);
  return {};
}

// Own units that went away.
Verdict take_away(Case& at, const v1::ExportedRun& run, Pieces& pieces) {
  for (auto serial = run.start(); serial <= run.end();) {
    if (pieces.size() > kPiecesMax) return refused(ErrorCode::TOO_LARGE, "pieces of serials");
    const auto found = at.books.blocks.lower_bound(serial);
    if (found == at.books.blocks.end() || found->second.start() > serial) {
      if (auto bad = take_lost(at, run, serial, pieces)) return bad;
      serial = pieces.back().end() + 1;
      continue;
    }
    auto part = found->second;
    part.set_start(serial);
    part.set_end(std::min(part.end(), run.end()));
    serial = part.end() + 1;
    if (auto bad = take_known(at, std::move(part), pieces)) return bad;
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
  const auto& exported = record.export_();
  for (const auto& run : exported.runs()) {
    Pieces pieces;
    if (auto bad =
            exported.is_return() ? take_home(at, partner, run, pieces) : take_away(at, run, pieces))
      return bad;
    end_recognised(at, pieces, record);
  }
  return {};
}

Verdict take_in_again(Case& at, const v1::TransferRecord& record, const v1::Agreement& agreement) {
  if (auto bad = find_account(at, record.export_().to())) return bad;
  if (auto bad = need_takable(at, record, agreement)) return bad;
  take_in(at, record, agreement);
  return {};
}

Verdict make_again(Case& at, const std::string& partner, v1::TransferRecord& record) {
  const bool is_gone = record.state() == v1::TRANSFER_CONCLUDED;
  if (is_gone || record.state() == v1::TRANSFER_IMPORTED) {
    const v1::Agreement* version = nullptr;
    if (auto bad = fill_recognised(at, partner, record, version)) return bad;
    if (auto bad = is_gone ? take_gone(at, partner, record) : take_in_again(at, record, *version))
      return bad;
  }
  keep_told(at, partner, record);
  return {};
}

// Makes of the list, from a leaf on, as much as there are receipts; then the rest is listed from
// `from` on.
Verdict make_listed(Case& at, const v1::StateTransfers& list, const v1::NoteTransfers& action,
                    std::uint64_t& from) {
  const auto& city = action.statement().city();
  const auto& partner = at.books.partners.at(city).side();
  const auto wrong = [](std::uint64_t leaf) {
    return refused(ErrorCode::RUN_DIFFERS, "leaf " + std::to_string(leaf),
                   "a receipt of each transfer that is not known");
  };
  auto receipt = action.receipts().begin();
  for (const auto& listed : list.transfers()) {
    if (listed.lost_leaf() < from || at.books.transfers.contains(listed.transfer())) continue;
    if (receipt == action.receipts().end()) {
      from = listed.lost_leaf();
      return action.receipts().empty() ? Verdict(wrong(from)) : Verdict();
    }
    v1::TransferRecord record;
    if (auto bad = read_shown(at, {listed, *receipt++, partner}, record)) return bad;
    if (auto bad = make_again(at, city, record)) return bad;
  }
  from = list.to();
  return receipt == action.receipts().end() ? Verdict() : Verdict(wrong(from));
}

}  // namespace

Verdict state_transfers(Case& at, const v1::StateTransfers& action) {
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, action.home(), log)) return bad;
  if (log->epoch() == 0 || action.epoch() != log->epoch())
    return wrong_epoch("number", std::to_string(log->epoch()), std::to_string(action.epoch()));
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
  auto& record = at.books.agreements.at(leaf.city());
  // Counted from the first epoch that the partner has seen.
  const auto epoch = at.books.epoch ? at.books.epoch->opening().epoch() - record.first_epoch() : 0;
  if (!event.payload.has_state_transfers() || list.home() != at.books.genesis.city() ||
      !at.books.epoch || list.epoch() != epoch)
    return unexpected(leaf, "transfers of this epoch");
  auto from = record.list_from();
  if (!record.awaits_list() || list.from() > from || list.to() <= from)
    return refused(ErrorCode::RUN_DIFFERS, "leaves", "from " + std::to_string(from),
                   std::to_string(list.from()) + " to " + std::to_string(list.to()));
  if (auto bad = make_listed(at, list, action, from)) return bad;
  record.set_list_from(from);
  if (list.is_last() && from == list.to()) end_list(at, record);
  at.books.changed(stored('1', leaf.city()), record);
  return {};
}

}  // namespace puhui::node::audit
