// Units that come from another city: the one answer that each export gets.
#include <algorithm>
#include <limits>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr auto kSerialMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// An export to this city without an answer, and what the last version of the agreement makes of it.
struct Incoming {
  v1::TransferRecord record;
  const v1::AgreementRecord* agreement = nullptr;
  Recognised part;

  [[nodiscard]] const v1::Export& exported() const { return record.export_(); }
  [[nodiscard]] const std::string& city() const { return record.city(); }
};

std::string hex(const std::string& transfer) { return crypto::Digest::from_bytes(transfer)->hex(); }

std::string dispute_of(const std::string& transfer) { return "dispute/" + hex(transfer); }

const v1::RecognitionTerms* own_terms(const Case& at, const Incoming& incoming) {
  return terms_of(incoming.agreement->agreement(), at.books.genesis.city());
}

Verdict find_export(Case& at, const v1::ProvenLeaf& leaf, ForeignEvent& event) {
  if (auto bad = prove(at, leaf, event)) return bad;
  const auto& own = at.books.genesis.city();
  if (!event.payload.has_export_() || event.payload.export_().partner() != own)
    return unexpected(leaf, "an export to " + own);
  if (check_runs(event.payload.export_())) return unexpected(leaf, "runs that can be");
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
  const v1::Agreement* sent_under = nullptr;
  if (auto bad = find_version(at, leaf.city(), exported.agreement_version(), sent_under))
    return bad;
  auto& record = incoming.record;
  record.set_transfer(transfer);
  *record.mutable_export_() = exported;
  record.set_city(leaf.city());
  record.set_party(event.payload.party());
  record.set_exported_time(event.time);
  record.set_deadline(event.time + sent_under->answer_within());
  record.set_partner_leaf(leaf.index());
  record.set_amount_kg(kilograms(exported));
  incoming.agreement = &at.books.agreements.at(leaf.city());
  incoming.part = recognised(exported, incoming.agreement->agreement());
  return {};
}

Verdict need_in_time(const Case& at, const v1::TransferRecord& record) {
  if (at.now < record.deadline()) return {};
  return refused(ErrorCode::TRANSFER_DEADLINE_PASSED, hex(record.transfer()),
                 "before " + std::to_string(record.deadline()), std::to_string(at.now));
}

std::pair<std::string, std::uint32_t> quota_of(const Case& at, const Incoming& incoming) {
  return {incoming.city(), static_cast<std::uint32_t>(year_of(day_of(at.now)))};
}

Verdict need_quota(const Case& at, const Incoming& incoming) {
  const auto quota_kg = own_terms(at, incoming)->year_quota_kg();
  const auto* used = find(at.books.recognised, quota_of(at, incoming));
  const auto used_kg = used != nullptr ? *used : 0;
  if (Whole(used_kg) + incoming.part.kg <= quota_kg) return {};
  return refused(ErrorCode::QUOTA_EXCEEDED, incoming.city(), std::to_string(quota_kg) + " kg",
                 std::to_string(used_kg) + " kg and " + std::to_string(incoming.part.kg) + " kg");
}

// The serials of own units that come home.
Ranges coming_home(const Incoming& incoming) {
  Ranges ranges;
  for (const auto& run : incoming.exported().runs()) {
    auto* range = ranges.Add();
    range->set_start(run.origin_start());
    range->set_end(origin_end(run));
  }
  return ranges;
}

// They went there, and were not retired there.
Verdict need_all_away(const Case& at, const Incoming& incoming) {
  std::size_t pieces = 0;
  for (const auto& range : coming_home(incoming))
    for (auto serial = range.start(); serial <= range.end();) {
      const auto found = at.books.blocks.lower_bound(serial);
      const bool is_there = found != at.books.blocks.end();
      if (!is_there || !is_away(at.books, found->second, incoming.city()) ||
          found->second.retired_abroad_at() != 0)
        return refused(ErrorCode::UNITS_FOREIGN, std::to_string(serial),
                       "exported to " + incoming.city(),
                       is_there ? v1::UnitState_Name(found->second.state()) : "not issued");
      if (++pieces > kPiecesMax) return refused(ErrorCode::TOO_LARGE, "pieces of serials");
      serial = found->second.end() + 1;
    }
  return {};
}

Verdict need_recognisable(const Case& at, const Incoming& incoming) {
  if (auto bad = check_terms(incoming.exported(), incoming.agreement->agreement())) return bad;
  if (auto bad = need_quota(at, incoming)) return bad;
  for (const auto& run : incoming.exported().runs()) {
    if (auto bad = need_project_noted(at, incoming.city(), run.project())) return bad;
    if (auto bad = need_none_recalled(at, incoming.city(), run)) return bad;
  }
  if (static_cast<std::uint64_t>(incoming.part.kg) <= kSerialMax - at.books.next_serial) return {};
  return refused(ErrorCode::SERIAL_EXHAUSTED);
}

// What stands against taking it; for this it may be refused.
Verdict check_import(const Case& at, const Incoming& incoming) {
  if (auto bad = need_in_force(at, *incoming.agreement)) return bad;
  const auto& to = incoming.exported().to();
  if (auto bad = find_no_buffer(at, to)) return bad;
  if (auto bad = need_room(at, to, incoming.part.kg)) return bad;
  return incoming.exported().is_return() ? need_all_away(at, incoming)
                                         : need_recognisable(at, incoming);
}

void put_answer(Case& at, v1::TransferRecord& record, v1::TransferState state) {
  record.set_state(state);
  record.set_recorded_at(as_leaf(at));
  record.set_ended_at(as_leaf(at));
  keep(at, record);
}

// The account holds it; bound while it may be disputed.
void give_imported(Case& at, Incoming& incoming, const v1::UnitBlock& piece) {
  const bool is_bound = incoming.record.bound_until() > at.now;
  give(at, piece, incoming.exported().to(),
       is_bound ? dispute_of(incoming.record.transfer()) : std::string());
}

// The first units of a run, by numbers of this city and by the name their issuer gives them.
v1::UnitBatch mirror_of(const Case& at, const Incoming& incoming, int index,
                        std::int64_t amount_kg) {
  const auto& run = incoming.exported().runs(index);
  const auto& terms = *own_terms(at, incoming);
  const auto more = static_cast<std::uint64_t>(amount_kg) - 1;
  const auto leaf = std::to_string(at.position);
  v1::UnitBatch batch;
  batch.set_batch(incoming.city() + "." + run.batch() + "." + leaf + "." + std::to_string(index));
  batch.set_methodology(equivalent(terms, run)->recognised_as());
  batch.set_serial_code(run.serial_code());
  batch.set_vintage(run.vintage());
  batch.set_start(at.books.next_serial);
  batch.set_end(at.books.next_serial + more);
  batch.set_issued_at(as_leaf(at));
  batch.set_registered_at(as_leaf(at));
  batch.set_serial(incoming.city() + "-CPH-" + run.serial_code() + "-" + run.project() + "-" +
                   std::to_string(run.vintage()) + "-" + run.batch() + "-" +
                   std::to_string(run.origin_start()) + "-" +
                   std::to_string(run.origin_start() + more));
  auto& issued = *batch.mutable_mirrored();
  issued.set_city(incoming.city());
  issued.set_transfer(incoming.record.transfer());
  issued.set_batch(run.batch());
  issued.set_origin_start(run.origin_start());
  issued.set_area(run.area());
  issued.set_methodology(run.methodology());
  issued.set_methodology_version(run.methodology_version());
  issued.set_project(run.project());
  issued.set_priority(terms.priority());
  return batch;
}

void add_serials(v1::TransferRecord& record, const v1::UnitBlock& piece) {
  auto* range = record.add_serials();
  range->set_start(piece.start());
  range->set_end(piece.end());
}

void put_mirror(Case& at, Incoming& incoming, const v1::UnitBatch& batch) {
  changed(at, batch);
  at.books.batches[batch.batch()] = batch;
  at.books.next_serial = batch.end() + 1;
  at.books.mirrors[{incoming.city(), batch.mirrored().batch()}][batch.start()] = batch.batch();
  v1::UnitBlock piece;
  piece.set_start(batch.start());
  piece.set_end(batch.end());
  piece.set_batch(batch.batch());
  piece.set_batch_start(batch.start());
  give_imported(at, incoming, piece);
  add_serials(incoming.record, piece);
}

void mirror(Case& at, Incoming& incoming) {
  auto left_kg = incoming.part.kg;
  for (int i = 0; left_kg > 0; ++i) {
    const auto kept_kg = std::min(left_kg, kilograms(incoming.exported().runs(i)));
    put_mirror(at, incoming, mirror_of(at, incoming, i, kept_kg));
    left_kg -= kept_kg;
  }
  auto& totals = at.books.totals;
  totals.set_units_imported_kg(totals.units_imported_kg() + incoming.part.kg);
  at.books.recognised[quota_of(at, incoming)] += incoming.part.kg;
}

// What was recalled while it was away ends here.
void bring_home(Case& at, Incoming& incoming, const v1::UnitBlock& part) {
  auto& totals = at.books.totals;
  take_part(at, part);
  totals.set_units_exported_kg(totals.units_exported_kg() - size_of(part));
  if (part.recalled_at() == 0)
    give_imported(at, incoming, part);
  else
    end_units(at, part, incoming.exported().to(), v1::CANCELLED);
  add_serials(incoming.record, part);
}

void keep_for_dispute(Case& at, Incoming& incoming) {
  if (incoming.exported().is_return()) return;
  const auto window = own_terms(at, incoming)->dispute_window();
  if (window == 0) return;
  auto& record = incoming.record;
  record.set_bound_until(at.now + window);
  schedule(at, record.bound_until(), DueKind::transfer, stored('3', record.transfer()));
}

}  // namespace

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
  const auto version = incoming.agreement->agreement().version();
  if (auto bad = need_version(version, action.agreement_version())) return bad;
  if (auto bad = need_stated(incoming.part, action)) return bad;
  Pieces home;
  if (incoming.exported().is_return())
    if (auto bad = parts_of(at, coming_home(incoming), home)) return bad;
  auto& record = incoming.record;
  record.set_recognised_kg(incoming.part.kg);
  *record.mutable_discounted() = incoming.part.discounted;
  keep_for_dispute(at, incoming);
  for (const auto& part : home) bring_home(at, incoming, part);
  if (!incoming.exported().is_return()) mirror(at, incoming);
  put_answer(at, record, v1::TRANSFER_IMPORTED);
  return {};
}

Verdict refuse_import(Case& at, const v1::RefuseImport& action) {
  Incoming incoming;
  if (auto bad = find_unanswered(at, action.export_(), incoming)) return bad;
  if (incoming.agreement->standing() == v1::STANDING_SUSPENDED)
    return need_in_force(at, *incoming.agreement);
  if (auto bad = need_in_time(at, incoming.record)) return bad;
  const auto reason = check_import(at, incoming);
  if (!reason || reason->code != action.code())
    return refused(ErrorCode::TRANSFER_ACCEPTABLE, hex(incoming.record.transfer()),
                   reason ? reason->code : "no reason", action.code());
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
