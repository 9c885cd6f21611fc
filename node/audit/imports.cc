// Units that come from another city: the one answer that each export gets.
#include <algorithm>
#include <limits>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr auto kSerialMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// An export to this city without an answer.
struct Incoming {
  v1::TransferRecord record;
  const v1::AgreementRecord* agreement = nullptr;
  const v1::Agreement* version = nullptr;  // that it was sent under, once it was looked up

  [[nodiscard]] const v1::Export& exported() const { return record.export_(); }
  [[nodiscard]] const std::string& city() const { return record.city(); }
};

std::string hex(const std::string& transfer) { return crypto::Digest::from_bytes(transfer)->hex(); }

std::string dispute_of(const std::string& transfer) { return "dispute/" + hex(transfer); }

const v1::RecognitionTerms* own_terms(const Case& at, const Incoming& incoming) {
  return terms_of(*incoming.version, at.books.genesis.city());
}

Verdict find_export(Case& at, const v1::ProvenLeaf& leaf, ForeignEvent& event) {
  if (auto bad = prove(at, leaf, event)) return bad;
  const auto& own = at.books.genesis.city();
  if (!event.payload.has_export_() || event.payload.export_().partner() != own)
    return unexpected(leaf, "an export to " + own);
  if (check_export(event.payload.export_())) return unexpected(leaf, "an export that can be");
  return {};
}

Verdict find_unanswered(Case& at, const v1::ProvenLeaf& leaf, Incoming& incoming) {
  ForeignEvent event;
  if (auto bad = find_export(at, leaf, event)) return bad;
  const auto& exported = event.payload.export_();
  const auto& lineage = at.books.partners.at(leaf.city()).side().lineage();
  const auto transfer = transfer_id(lineage, event.payload);
  if (const auto* known = find(at.books.transfers, transfer))
    return refused(
        ErrorCode::TRANSFER_ANSWERED, hex(transfer), "one answer",
        v1::TransferState_Name(known->state()) + " at leaf " + std::to_string(known->ended_at()));
  auto& record = incoming.record;
  record.set_transfer(transfer);
  *record.mutable_export_() = exported;
  record.set_city(leaf.city());
  record.set_party(event.payload.party());
  record.set_exported_time(event.time);
  record.set_deadline(event.time + exported.answer_within());
  record.set_partner_leaf(leaf.index());
  record.set_partner_epoch(epoch_begun(at.books.partners.at(leaf.city()), leaf));
  record.set_amount_kg(kilograms(exported));
  incoming.agreement = &at.books.agreements.at(leaf.city());
  return need_list(*incoming.agreement);
}

Verdict need_in_time(const Case& at, const v1::TransferRecord& record) {
  if (at.now < record.deadline()) return {};
  return refused(ErrorCode::TRANSFER_DEADLINE_PASSED, hex(record.transfer()),
                 "before " + std::to_string(record.deadline()), std::to_string(at.now));
}

std::pair<std::string, std::uint32_t> quota_of(const Case& at, const std::string& city) {
  return {city, static_cast<std::uint32_t>(year_of(day_of(at.now)))};
}

Verdict need_quota(const Case& at, const Incoming& incoming) {
  const auto quota_kg = own_terms(at, incoming)->year_quota_kg();
  const auto* used = find(at.books.recognised, quota_of(at, incoming.city()));
  const auto used_kg = used != nullptr ? *used : 0;
  const auto more_kg = incoming.record.recognised_kg();
  if (Whole(used_kg) + more_kg <= quota_kg) return {};
  return refused(ErrorCode::QUOTA_EXCEEDED, incoming.city(), std::to_string(quota_kg) + " kg",
                 std::to_string(used_kg) + " kg and " + std::to_string(more_kg) + " kg");
}

// The serials of own units that come home.
Ranges coming_home(const v1::Export& exported) {
  Ranges ranges;
  for (const auto& run : exported.runs()) {
    auto* range = ranges.Add();
    range->set_start(run.origin_start());
    range->set_end(origin_end(run));
  }
  return ranges;
}

// What the leaf of a transfer must find of the units that it brings home.
enum class Home { sent, listed };

// It went there, and was not retired there; of what is listed, the way there may not have ended.
Verdict need_there(const Case& at, const v1::UnitBlock& block, const std::string& city, Home home) {
  const bool is_coming = home == Home::listed && is_on_its_way(at.books, block, city);
  if (is_coming) return {};
  if (is_locked(block))
    return refused(ErrorCode::TRANSFER_STATE_WRONG, std::to_string(block.start()),
                   "the way there concluded", block.bound_by());
  if (is_away(at.books, block, city) && block.retired_abroad_at() == 0) return {};
  return refused(ErrorCode::UNITS_FOREIGN, std::to_string(block.start()), "exported to " + city,
                 v1::UnitState_Name(block.state()));
}

// What is left of a return that comes home, and of how much of it one event may look at.
struct Homeward {
  Ranges pieces;
  int run = 0;  // where the rest begins, and the serial of it; 0 if nothing is left
  std::uint64_t next = 0;
};

// From a serial of one of its runs on.
Verdict plan_home(const Case& at, const v1::TransferRecord& record, Home home, Homeward& way) {
  const auto ranges = coming_home(record.export_());
  for (; way.run < ranges.size(); ++way.run, way.next = 0)
    for (auto serial = std::max(way.next, ranges[way.run].start());
         serial <= ranges[way.run].end();) {
      way.next = serial;
      if (way.pieces.size() == int{kPiecesMax}) return {};
      const auto found = at.books.blocks.lower_bound(serial);
      if (found == at.books.blocks.end() || found->second.start() > serial)
        return refused(ErrorCode::UNITS_FOREIGN, std::to_string(serial),
                       "exported to " + record.city(), "not issued");
      if (auto bad = need_there(at, found->second, record.city(), home)) return bad;
      auto& piece = *way.pieces.Add();
      piece.set_start(serial);
      piece.set_end(std::min(found->second.end(), ranges[way.run].end()));
      serial = piece.end() + 1;
    }
  return {};
}

Verdict plan_whole(const Case& at, const v1::TransferRecord& record, Homeward& way) {
  if (auto bad = plan_home(at, record, Home::sent, way)) return bad;
  if (way.next != 0) return refused(ErrorCode::TOO_LARGE, "pieces of serials");
  return {};
}

Verdict need_serials(const Case& at, std::int64_t amount_kg) {
  if (static_cast<std::uint64_t>(amount_kg) <= kSerialMax - at.books.next_serial) return {};
  return refused(ErrorCode::SERIAL_EXHAUSTED);
}

Verdict need_recognisable(const Case& at, const Incoming& incoming) {
  if (auto bad = check_terms(incoming.exported(), *incoming.version)) return bad;
  if (auto bad = need_quota(at, incoming)) return bad;
  for (const auto& run : incoming.exported().runs()) {
    if (auto bad = need_project_noted(at, incoming.city(), run.project())) return bad;
    if (auto bad = need_none_recalled(at, incoming.city(), run)) return bad;
    if (auto bad = need_none_returning(at, incoming.city(), run)) return bad;
  }
  return need_serials(at, incoming.record.recognised_kg());
}

// What time mends is no reason to refuse a transfer for ever.
bool lasts(const Verdict& reason) {
  if (!reason) return false;
  const auto is = [&](ErrorCode code) { return reason->code == code_name(code); };
  return !is(ErrorCode::PROJECT_ABROAD) && !is(ErrorCode::POSITION_LIMIT_REACHED) &&
         !is(ErrorCode::TRANSFER_STATE_WRONG) && !is(ErrorCode::AGREEMENT_VERSION);
}

// Where none is in force, an agreement that begins later will be one by which it may come.
bool begins_later(const Case& at, const v1::AgreementRecord& record, const Fault& reason) {
  return reason.code == code_name(ErrorCode::AGREEMENT_STANDING) &&
         record.standing() == v1::IN_FORCE && record.agreement().effective_from() > at.now;
}

// What stands against taking it now, by the version it was sent under; fills in what that
// recognises.
Verdict check_import(const Case& at, Incoming& incoming) {
  if (auto bad = need_in_force(at, incoming.record.city(), *incoming.agreement)) return bad;
  auto& record = incoming.record;
  if (auto bad = fill_recognised(at, incoming.city(), record, incoming.version)) return bad;
  const auto& to = incoming.exported().to();
  if (auto bad = find_no_buffer(at, to)) return bad;
  if (auto bad = need_room(at, to, record.recognised_kg())) return bad;
  Homeward way;
  return incoming.exported().is_return() ? plan_whole(at, record, way)
                                         : need_recognisable(at, incoming);
}

void put_answer(Case& at, v1::TransferRecord& record, v1::TransferState state) {
  record.set_state(state);
  record.set_recorded_at(as_leaf(at));
  record.set_ended_at(as_leaf(at));
  keep_told(at, record.city(), record);
}

// The account holds it; bound while it may be disputed.
void give_imported(Case& at, const v1::TransferRecord& record, const v1::UnitBlock& piece) {
  const bool is_bound = record.bound_until() > at.now;
  give(at, piece, record.export_().to(), is_bound ? dispute_of(record.transfer()) : std::string());
}

// One leaf may make more than one of a batch.
std::string new_name(const Books& books, const std::string& stem, int index) {
  auto name = stem + std::to_string(index);
  while (books.batches.contains(name)) name = stem + std::to_string(++index);
  return name;
}

// The first units of a run, by numbers of this city and by the name their issuer gives them.
v1::UnitBatch mirror_of(const Case& at, const v1::TransferRecord& record,
                        const v1::RecognitionTerms& terms, int index) {
  const auto& run = record.export_().runs(index);
  const auto* as = equivalent(terms, run);
  const auto stem = record.city() + "." + run.batch() + "." + std::to_string(at.position) + ".";
  v1::UnitBatch batch;
  batch.set_batch(new_name(at.books, stem, index));
  batch.set_methodology(as != nullptr ? as->recognised_as() : run.methodology());
  batch.set_serial_code(run.serial_code());
  batch.set_vintage(run.vintage());
  batch.set_start(at.books.next_serial);
  batch.set_issued_at(as_leaf(at));
  batch.set_registered_at(as_leaf(at));
  auto& issued = *batch.mutable_mirrored();
  issued.set_city(record.city());
  issued.set_transfer(record.transfer());
  issued.set_batch(run.batch());
  issued.set_origin_start(run.origin_start());
  issued.set_area(run.area());
  issued.set_methodology(run.methodology());
  issued.set_methodology_version(run.methodology_version());
  issued.set_project(run.project());
  issued.set_priority(terms.priority());
  return batch;
}

v1::SerialRange put_mirror(Case& at, const v1::TransferRecord& record, v1::UnitBatch batch,
                           std::int64_t amount_kg) {
  batch.set_end(batch.start() + static_cast<std::uint64_t>(amount_kg) - 1);
  const auto theirs = at_home(batch, batch.start(), batch.end());
  const auto& issued = batch.mirrored();
  batch.set_serial(issued.city() + "-CPH-" + batch.serial_code() + "-" + issued.project() + "-" +
                   std::to_string(batch.vintage()) + "-" + issued.batch() + "-" +
                   std::to_string(theirs.start()) + "-" + std::to_string(theirs.end()));
  changed(at, batch);
  at.books.batches[batch.batch()] = batch;
  at.books.next_serial = batch.end() + 1;
  note_here(at.books, batch);
  const auto project = at.books.foreign_projects.find({issued.city(), issued.project()});
  if (project != at.books.foreign_projects.end()) project->second.set_has_come(true);
  v1::UnitBlock piece;
  piece.set_start(batch.start());
  piece.set_end(batch.end());
  piece.set_batch(batch.batch());
  piece.set_batch_start(batch.start());
  give_imported(at, record, piece);
  v1::SerialRange range;
  range.set_start(piece.start());
  range.set_end(piece.end());
  return range;
}

void mirror(Case& at, const v1::TransferRecord& record, const v1::RecognitionTerms& terms,
            Ranges& serials) {
  auto left_kg = record.recognised_kg();
  for (int i = 0; left_kg > 0; ++i) {
    const auto kept_kg = std::min(left_kg, kilograms(record.export_().runs(i)));
    *serials.Add() = put_mirror(at, record, mirror_of(at, record, terms, i), kept_kg);
    left_kg -= kept_kg;
  }
  auto& totals = at.books.totals;
  totals.set_units_imported_kg(totals.units_imported_kg() + record.recognised_kg());
  at.books.recognised[quota_of(at, record.city())] += record.recognised_kg();
}

// What was recalled while it was away ends here.
void bring_home(Case& at, const v1::TransferRecord& record, v1::UnitBlock part) {
  auto& totals = at.books.totals;
  take_part(at, part);
  if (part.state() == v1::EXPORTED)
    totals.set_units_exported_kg(totals.units_exported_kg() - size_of(part));
  if (part.recalled_at() == 0) return give_imported(at, record, part);
  part.clear_exported_to();
  end_units(at, std::move(part), record.export_().to(), v1::CANCELLED);
}

void bring_home(Case& at, const v1::TransferRecord& record, const Ranges& pieces) {
  for (const auto& range : pieces) {
    auto part = at.books.blocks.lower_bound(range.start())->second;
    part.set_start(range.start());
    part.set_end(range.end());
    bring_home(at, record, part);
  }
}

}  // namespace

void keep_for_dispute(Case& at, v1::TransferRecord& record, Micros answered,
                      const v1::Agreement& agreement) {
  if (record.export_().is_return()) return;
  const auto window = terms_of(agreement, at.books.genesis.city())->dispute_window();
  if (answered + window <= at.now) return;
  record.set_bound_until(answered + window);
  schedule(at, record.bound_until(), DueKind::transfer, stored('3', record.transfer()));
}

Verdict need_takable(const Case& at, const v1::TransferRecord& record,
                     const v1::Agreement& agreement) {
  if (terms_of(agreement, at.books.genesis.city()) == nullptr)
    return refused(ErrorCode::AGREEMENT_STANDING, record.city(), "terms by which it was taken");
  return need_serials(at, record.recognised_kg());
}

Ranges take_in(Case& at, const v1::TransferRecord& record, const v1::Agreement& agreement) {
  Ranges serials;
  if (!record.export_().is_return()) {
    mirror(at, record, *terms_of(agreement, at.books.genesis.city()), serials);
    return serials;
  }
  Homeward way;
  // It was planned before.
  static_cast<void>(plan_whole(at, record, way));
  bring_home(at, record, way.pieces);
  return way.pieces;
}

Verdict come_home(Case& at, v1::ListPart& listed) {
  auto& record = *listed.mutable_transfer();
  Homeward way{{}, listed.run(), listed.next()};
  if (auto bad = plan_home(at, record, Home::listed, way)) return bad;
  bring_home(at, record, way.pieces);
  record.mutable_serials()->MergeFrom(way.pieces);
  listed.set_run(way.run);
  listed.set_next(way.next);
  return {};
}

void end_dispute(Books& books, const std::string& key, std::uint64_t position) {
  const auto& record = books.transfers.at(key.substr(2));
  loosen(books, static_cast<std::int64_t>(position), dispute_of(record.transfer()),
         record.recognised_kg());
}

Verdict import_units(Case& at, const v1::Import& action) {
  Incoming incoming;
  if (auto bad = find_unanswered(at, action.export_(), incoming)) return bad;
  if (auto bad = need_in_time(at, incoming.record)) return bad;
  if (auto bad = check_import(at, incoming)) return bad;
  auto& record = incoming.record;
  if (auto bad = need_stated(record, action)) return bad;
  keep_for_dispute(at, record, at.now, *incoming.version);
  *record.mutable_serials() = take_in(at, record, *incoming.version);
  put_answer(at, record, v1::TRANSFER_IMPORTED);
  return {};
}

Verdict refuse_import(Case& at, const v1::RefuseImport& action) {
  Incoming incoming;
  if (auto bad = find_unanswered(at, action.export_(), incoming)) return bad;
  if (incoming.agreement->standing() == v1::STANDING_SUSPENDED)
    return need_in_force(at, incoming.record.city(), *incoming.agreement);
  if (auto bad = need_in_time(at, incoming.record)) return bad;
  auto tried = incoming;
  const auto reason = check_import(at, tried);
  const bool is_final = lasts(reason) && !begins_later(at, *incoming.agreement, *reason);
  if (!is_final || reason->code != action.code())
    return refused(ErrorCode::TRANSFER_ACCEPTABLE, hex(incoming.record.transfer()),
                   is_final ? reason->code : "no reason that lasts", action.code());
  incoming.record.set_code(action.code());
  put_answer(at, incoming.record, v1::TRANSFER_REFUSED);
  return {};
}

Verdict void_import(Case& at, const v1::VoidImport& action) {
  Incoming incoming;
  if (auto bad = find_unanswered(at, action.export_(), incoming)) return bad;
  auto& record = incoming.record;
  if (at.now < record.deadline())
    return refused(ErrorCode::TRANSFER_DEADLINE_RUNNING, hex(record.transfer()),
                   std::to_string(record.deadline()) + " or later", std::to_string(at.now));
  put_answer(at, record, v1::TRANSFER_VOID);
  return {};
}

}  // namespace puhui::node::audit
