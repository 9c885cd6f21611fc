#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/rules/checks.h"
#include "ledger/rules/due.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

// What binds units that came until the dispute window ends.
std::string dispute_of(std::string_view transfer) {
  return "dispute/" + crypto::Digest::from_bytes(transfer)->hex();
}

// An export of a partner to this city that has no answer yet.
struct Incoming {
  v1::TransferRecord record;  // its answer is still to be filled in
  v1::AgreementRecord agreement;

  [[nodiscard]] const v1::Export& exported() const { return record.export_(); }
  [[nodiscard]] const std::string& city() const { return record.city(); }
};

// Order: proof; not answered; nothing is awaited of the partner.
tl::expected<Incoming, Refusal> need_unanswered(const Context& context,
                                                const v1::ProvenLeaf& leaf) {
  const auto event = prove(context, leaf);
  if (!event) return tl::make_unexpected(event.error());
  const auto& payload = event->payload;
  if (!payload.has_export_() || payload.export_().partner() != context.genesis.city())
    return unexpected_leaf("an export to " + context.genesis.city(), leaf);
  if (!check_export(payload.export_())) return unexpected_leaf("an export", leaf);
  const auto log = need_partner(context, leaf.city());
  Incoming incoming;
  auto& record = incoming.record;
  record.set_transfer(std::string(transfer_id(log->side().lineage(), payload).view()));
  if (const auto answered = transfer_of(context, record.transfer()))
    return refuse(ErrorCode::TRANSFER_ANSWERED, "transfer.answered", {},
                  v1::TransferState_Name(answered->state()) + " at leaf " +
                      std::to_string(answered->ended_at()));
  *record.mutable_export_() = payload.export_();
  record.set_city(leaf.city());
  record.set_party(payload.party());
  record.set_exported_time(event->time);
  record.set_deadline(event->time + payload.export_().answer_within());
  record.set_partner_leaf(leaf.index());
  record.set_partner_epoch(epoch_of_leaf(*log, leaf.epoch(), leaf.index()));
  record.set_amount_kg(kilograms(record.export_().runs()));
  incoming.agreement = *need_agreement(context, leaf.city());
  if (auto listed = need_lists(incoming.agreement); !listed)
    return tl::make_unexpected(listed.error());
  return incoming;
}

Ruling need_in_time(const Context& context, const v1::TransferRecord& record) {
  if (context.now < record.deadline()) return {};
  return refuse(ErrorCode::TRANSFER_DEADLINE_PASSED, "transfer.deadline",
                time_text(record.deadline()), {}, time_text(context.now));
}

std::string quota_of(const Context& context, const std::string& city) {
  return key::recognised_in(city, static_cast<std::uint32_t>(year_of_day(day_of(context.now))));
}

Ruling need_quota(const Context& context, const v1::TransferRecord& record,
                  const v1::RecognitionTerms& terms) {
  const auto used = amount_at(context.state, quota_of(context, record.city()));
  if (record.recognised_kg() <= terms.year_quota_kg() - used) return {};
  return refuse(ErrorCode::QUOTA_EXCEEDED, "agreement.year_quota",
                std::to_string(terms.year_quota_kg()) + " kg", std::to_string(used) + " kg",
                std::to_string(record.recognised_kg()) + " kg");
}

Ruling need_serials(const Context& context, std::int64_t kilograms) {
  const auto next = next_serial(context.state);
  if (static_cast<std::uint64_t>(kilograms) <= kSerialMax - next) return {};
  return refuse(ErrorCode::SERIAL_EXHAUSTED, "import.serials");
}

// That a serial of this city's is with that one and was not retired there. What a list brings home
// may be on its way there still: it was concluded once.
Ruling need_there(const Context& context, const std::optional<v1::UnitBlock>& block,
                  const std::string& city, std::uint64_t serial, bool is_listed) {
  if (is_listed && block && is_locked_to(context, *block, city)) return {};
  if (block && block->state() == v1::HELD && is_lock(block->bound_by()))
    return refuse(ErrorCode::TRANSFER_STATE_WRONG, "return.concluded",
                  "the way there concluded first", block->bound_by(), std::to_string(serial));
  if (block && is_away(context, *block, city) && block->retired_abroad_at() == 0) return {};
  return refuse(ErrorCode::UNITS_FOREIGN, "return.serials", "exported to " + city,
                block ? v1::UnitState_Name(block->state()) : "not issued", std::to_string(serial));
}

// Where a return goes on: a run of it, and a serial there at home; 0 = from the first on.
struct Place {
  int run = 0;
  std::uint64_t next = 0;
};

// Own units that come home, from there on in as many pieces as one event may touch; `place` is then
// where the rest begins: behind the last run, if nothing is left.
tl::expected<SerialRanges, Refusal> coming_home(const Context& context,
                                                const v1::TransferRecord& record, bool is_listed,
                                                Place& place) {
  SerialRanges pieces;
  for (; place.run < record.export_().runs_size(); ++place.run) {
    const auto& run = record.export_().runs(place.run);
    for (auto serial = std::max(run.origin_start(), place.next); serial <= origin_end(run);) {
      place.next = serial;
      if (pieces.size() == static_cast<int>(kRangesMax)) return pieces;
      const auto block = block_of(context.state, serial);
      if (auto there = need_there(context, block, record.city(), serial, is_listed); !there)
        return tl::make_unexpected(there.error());
      auto* piece = pieces.Add();
      piece->set_start(serial);
      piece->set_end(std::min(origin_end(run), block->end()));
      serial = piece->end() + 1;
    }
    place.next = 0;
  }
  return pieces;
}

// All of them. TOO_LARGE.
tl::expected<SerialRanges, Refusal> all_coming_home(const Context& context,
                                                    const v1::TransferRecord& record) {
  Place place;
  auto pieces = coming_home(context, record, false, place);
  if (pieces && place.next != 0)
    return refuse(ErrorCode::TOO_LARGE, "return.pieces", std::to_string(kRangesMax));
  return pieces;
}

Ruling need_recognisable(const Context& context, const Incoming& incoming,
                         const v1::Agreement& agreement) {
  if (auto terms = check_terms(incoming.exported(), agreement); !terms) return terms;
  const auto& terms = *terms_of(agreement, context.genesis.city());
  if (auto quota = need_quota(context, incoming.record, terms); !quota) return quota;
  for (const auto& run : incoming.exported().runs()) {
    if (auto noted = need_project_noted(context, incoming.city(), run.project()); !noted)
      return noted;
    if (auto clear = need_none_recalled(context, incoming.city(), run); !clear) return clear;
    if (auto ended = need_none_returning(context, incoming.city(), run); !ended) return ended;
  }
  return need_serials(context, incoming.record.recognised_kg());
}

// Time mends these: no reasons to refuse a transfer for ever.
bool passes(ErrorCode code) {
  return code == ErrorCode::PROJECT_ABROAD || code == ErrorCode::POSITION_LIMIT_REACHED ||
         code == ErrorCode::TRANSFER_STATE_WRONG || code == ErrorCode::AGREEMENT_VERSION;
}

// So it does where no version is in force, and the one filed last has not begun.
bool is_to_begin(const Context& context, const v1::AgreementRecord& record, ErrorCode code) {
  return code == ErrorCode::AGREEMENT_STANDING && record.standing() == v1::IN_FORCE &&
         context.now < record.agreement().effective_from();
}

// Whatever stands against taking it now, by the version it was sent under.
Ruling check_taking(const Context& context, const Incoming& incoming,
                    const v1::Agreement& agreement) {
  const auto account = need_account(context, incoming.exported().to());
  if (!account) return tl::make_unexpected(account.error());
  if (auto kind = need_no_buffer(*account); !kind) return kind;
  const auto kg = incoming.record.recognised_kg();
  if (auto limit = need_room(context, account->account(), kg); !limit) return limit;
  if (!incoming.exported().is_return()) return need_recognisable(context, incoming, agreement);
  const auto pieces = all_coming_home(context, incoming.record);
  return pieces ? Ruling{} : tl::make_unexpected(pieces.error());
}

// The same once the agreement is in force; fills in what is recognised, and answers that version.
tl::expected<v1::Agreement, Refusal> check_import(const Context& context, Incoming& incoming) {
  if (auto in_force = need_in_force(context, incoming.city(), incoming.agreement); !in_force)
    return in_force;
  auto agreement = fill_recognised(context, incoming.city(), incoming.record);
  if (!agreement) return agreement;
  if (auto takes = check_taking(context, incoming, *agreement); !takes)
    return tl::make_unexpected(takes.error());
  return agreement;
}

Ruling put_answer(Context& context, Incoming& incoming, v1::TransferState state) {
  auto& record = incoming.record;
  record.set_state(state);
  record.set_recorded_at(static_cast<std::int64_t>(context.leaf));
  record.set_ended_at(record.recorded_at());
  put_transfer(context, record);
  note_partner_leaf(context, record.city(), record);
  context.fact("transfer", crypto::Digest::from_bytes(record.transfer())->hex());
  return {};
}

// A list makes many transfers at one leaf, maybe of one batch.
std::string name_of_mirror(const Context& context, const v1::TransferRecord& record, int index) {
  const auto stem = record.city() + "." + record.export_().runs(index).batch() + "." +
                    std::to_string(context.leaf) + ".";
  while (context.state.has(key::batch(stem + std::to_string(index)))) ++index;
  return stem + std::to_string(index);
}

// The first units of a run under numbers of this city's own, named as their issuer names them.
v1::UnitBatch mirror_of(const Context& context, const v1::TransferRecord& record,
                        const v1::RecognitionTerms& terms, int index) {
  const auto& run = record.export_().runs(index);
  const auto* as = equivalent(terms, run);
  v1::UnitBatch batch;
  batch.set_batch(name_of_mirror(context, record, index));
  batch.set_methodology(as == nullptr ? run.methodology() : as->recognised_as());
  batch.set_serial_code(run.serial_code());
  batch.set_vintage(run.vintage());
  batch.set_issued_at(static_cast<std::int64_t>(context.leaf));
  batch.set_registered_at(batch.issued_at());
  auto* mirrored = batch.mutable_mirrored();
  mirrored->set_city(record.city());
  mirrored->set_transfer(record.transfer());
  mirrored->set_batch(run.batch());
  mirrored->set_origin_start(run.origin_start());
  mirrored->set_area(run.area());
  mirrored->set_methodology(run.methodology());
  mirrored->set_methodology_version(run.methodology_version());
  mirrored->set_project(run.project());
  mirrored->set_priority(terms.priority());
  return batch;
}

// Numbers the batch, and answers its units: nobody holds them yet.
v1::UnitBlock number(Context& context, v1::UnitBatch& batch, const v1::ExportedRun& run,
                     std::int64_t kilograms) {
  batch.set_start(next_serial(context.state));
  batch.set_end(batch.start() + static_cast<std::uint64_t>(kilograms) - 1);
  batch.set_serial(printed_serial(batch.mirrored().city(), run, kilograms));
  context.state.put(key::batch(batch.batch()), batch);
  put_number(context.state, key::next_serial(), batch.end() + 1);
  put_mirrored(context, batch);
  v1::UnitBlock piece;
  piece.set_start(batch.start());
  piece.set_end(batch.end());
  piece.set_batch(batch.batch());
  piece.set_batch_start(batch.start());
  return piece;
}

// Gives a piece to the account, bound until the dispute window ends.
void give_imported(Context& context, const v1::TransferRecord& record, const v1::UnitBlock& piece,
                   v1::UnitMoveKind kind) {
  const auto& to = record.export_().to();
  if (record.bound_until() > context.now)
    give_bound(context, piece, to, dispute_of(record.transfer()));
  else
    give(context, piece, to);
  record_move(context, piece, kind, record.city(), to);
}

void mirror(Context& context, const v1::TransferRecord& record, const v1::RecognitionTerms& terms) {
  auto left_kg = record.recognised_kg();
  for (int i = 0; i < record.export_().runs_size() && left_kg > 0; ++i) {
    const auto& run = record.export_().runs(i);
    const auto kept_kg = std::min(left_kg, kilograms(run));
    left_kg -= kept_kg;
    auto batch = mirror_of(context, record, terms, i);
    give_imported(context, record, number(context, batch, run, kept_kg), v1::MOVE_IMPORT);
    note_come(context, record.city(), run.project());
  }
  auto& totals = context.totals;
  totals.set_units_imported_kg(totals.units_imported_kg() + record.recognised_kg());
  const auto quota = quota_of(context, record.city());
  put_amount(context.state, quota, amount_at(context.state, quota) + record.recognised_kg());
}

// Own units are what they were, but for those recalled meanwhile.
void bring_home(Context& context, const v1::TransferRecord& record, const SerialRanges& pieces) {
  for (const auto& range : pieces) {
    const auto block = block_of(context.state, range.start());
    auto piece = take_piece(context, *block, range.start(), range.end());
    auto& totals = context.totals;
    if (block->state() == v1::EXPORTED)
      totals.set_units_exported_kg(totals.units_exported_kg() - count(piece));
    if (piece.recalled_at() == 0) {
      give_imported(context, record, piece, v1::MOVE_RETURN);
    } else {
      piece.clear_exported_to();
      put_ended(context, piece, record.export_().to(), v1::CANCELLED);
      record_move(context, piece, v1::MOVE_RECALL, record.city(), "");
    }
  }
}

// What the outcome says of serials since then is of this transfer.
void note_serials(const Context& context, int since, v1::TransferRecord& record) {
  const auto& serials = context.outcome.serials();
  record.mutable_serials()->Add(serials.begin() + since, serials.end());
}

}  // namespace

void keep_for_dispute(Context& context, v1::TransferRecord& record, Micros answered,
                      const v1::Agreement& agreement) {
  if (record.export_().is_return()) return;
  const auto until = answered + terms_of(agreement, context.genesis.city())->dispute_window();
  if (until <= context.now) return;
  record.set_bound_until(until);
  schedule(context, {0, until}, DueKind::transfer, key::transfer(record.transfer()));
}

Ruling need_stated(const v1::TransferRecord& record, const v1::Import& answer) {
  if (record.recognised_kg() == answer.recognised_kg() &&
      std::ranges::equal(record.discounted(), answer.discounted(), same_range))
    return {};
  return refuse(ErrorCode::DISCOUNT_DIFFERS, "agreement.discount",
                std::to_string(record.recognised_kg()) + " kg, the first ones", {},
                std::to_string(answer.recognised_kg()) + " kg");
}

Ruling need_takable(const Context& context, const v1::TransferRecord& record,
                    const v1::Agreement& agreement) {
  if (terms_of(agreement, context.genesis.city()) == nullptr)
    return refuse(ErrorCode::AGREEMENT_STANDING, "agreement.terms", {}, {}, record.city());
  return need_serials(context, record.recognised_kg());
}

void take_in(Context& context, v1::TransferRecord& record, const v1::Agreement& agreement) {
  const auto since = context.outcome.serials_size();
  if (record.export_().is_return())
    bring_home(context, record, *all_coming_home(context, record));
  else
    mirror(context, record, *terms_of(agreement, context.genesis.city()));
  note_serials(context, since, record);
}

Ruling bring_part(Context& context, v1::ListPart& part) {
  auto& record = *part.mutable_transfer();
  Place place{part.run(), part.next()};
  const auto pieces = coming_home(context, record, true, place);
  if (!pieces) return tl::make_unexpected(pieces.error());
  const auto since = context.outcome.serials_size();
  bring_home(context, record, *pieces);
  note_serials(context, since, record);
  context.state.put(key::transfer(record.transfer()), record);
  part.set_run(place.run);
  part.set_next(place.next);
  return {};
}

void transfer_due(State& state, std::string_view stored, std::uint64_t leaf) {
  const auto record = state.find<v1::TransferRecord>(stored);
  assert(record && "a transfer falls due that is not recorded");
  loosen(state, leaf, dispute_of(record->transfer()), record->recognised_kg());
}

Ruling import_units(Context& context, const v1::Import& action) {
  auto incoming = need_unanswered(context, action.export_());
  if (!incoming) return tl::make_unexpected(incoming.error());
  if (auto in_time = need_in_time(context, incoming->record); !in_time) return in_time;
  const auto agreement = check_import(context, *incoming);
  if (!agreement) return tl::make_unexpected(agreement.error());
  auto& record = incoming->record;
  if (auto stated = need_stated(record, action); !stated) return stated;
  keep_for_dispute(context, record, context.now, *agreement);
  take_in(context, record, *agreement);
  context.fact("recognised_kg", std::to_string(record.recognised_kg()));
  return put_answer(context, *incoming, v1::TRANSFER_IMPORTED);
}

Ruling refuse_import(Context& context, const v1::RefuseImport& action) {
  auto incoming = need_unanswered(context, action.export_());
  if (!incoming) return tl::make_unexpected(incoming.error());
  if (incoming->agreement.standing() == v1::STANDING_SUSPENDED)
    return tl::make_unexpected(
        need_in_force(context, incoming->city(), incoming->agreement).error());
  if (auto in_time = need_in_time(context, incoming->record); !in_time) return in_time;
  auto tried = *incoming;
  const auto takes = check_import(context, tried);
  const bool lasts = !takes && !passes(takes.error().code) &&
                     !is_to_begin(context, incoming->agreement, takes.error().code);
  const auto reason = lasts ? std::string(code_name(takes.error().code)) : std::string("none");
  if (!lasts || reason != action.code())
    return refuse(ErrorCode::TRANSFER_ACCEPTABLE, "transfer.reason", reason, {}, action.code());
  incoming->record.set_code(action.code());
  return put_answer(context, *incoming, v1::TRANSFER_REFUSED);
}

Ruling void_import(Context& context, const v1::VoidImport& action) {
  auto incoming = need_unanswered(context, action.export_());
  if (!incoming) return tl::make_unexpected(incoming.error());
  if (context.now < incoming->record.deadline())
    return refuse(ErrorCode::TRANSFER_DEADLINE_RUNNING, "transfer.deadline",
                  time_text(incoming->record.deadline()), {}, time_text(context.now));
  return put_answer(context, *incoming, v1::TRANSFER_VOID);
}

}  // namespace puhui::ledger
