// What became of transfers and retirements whose leaf another city has lost: stated for it there,
// and noted here, by receipts of what was lost.
#include <algorithm>
#include <cassert>
#include <limits>

#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

constexpr int kListedMax = 200;  // in one part

// ---- What a partner's epoch may have lost of transfers ----

v1::ListedAs listed_as(v1::TransferState state) {
  switch (state) {
    case v1::TRANSFER_IMPORTED:
      return v1::LISTED_TAKEN;
    case v1::TRANSFER_CONCLUDED:
      return v1::LISTED_GONE;
    case v1::TRANSFER_FREED:
      return v1::LISTED_FREED;
    default:
      return v1::LISTED_NOT_TAKEN;
  }
}

// An own epoch, as the partner counts: from the first that it has seen on.
std::uint32_t as_seen(std::uint32_t epoch, const v1::AgreementRecord& agreed) {
  return epoch - std::min(epoch, agreed.first_epoch());
}

// What a row of transfers_by_leaf names: a transfer, or a retirement with the leaf that noted it.
v1::ListedTransfer listed(const Context& context, const v1::AgreementRecord& agreed,
                          std::string_view row, std::string_view noted) {
  v1::ListedTransfer listed;
  listed.set_lost_epoch(crypto::read_u32(row));
  listed.set_lost_leaf(crypto::read_u64(row.substr(4)));
  listed.set_transfer(std::string(row.substr(12)));
  if (!noted.empty()) {
    listed.set_state(v1::LISTED_RETIRED);
    listed.set_leaf(crypto::read_u64(noted));
    return listed;
  }
  const auto record = transfer_of(context, listed.transfer());
  assert(record && "a transfer is listed that is not recorded");
  listed.set_state(listed_as(record->state()));
  const auto recorded_at = static_cast<std::uint64_t>(record->recorded_at());
  const bool is_again = record->lost_leaf() != 0;
  listed.set_leaf(is_again ? record->lost_leaf() : recorded_at);
  listed.set_leaf_epoch(
      as_seen(is_again ? record->lost_epoch() : own_epoch_of(context, recorded_at), agreed));
  return listed;
}

// The fewest leaves that any later epoch has kept of this one's log.
std::uint64_t first_lost(const v1::PartnerLog& log, std::uint32_t epoch) {
  return *std::min_element(log.kept_leaves().begin() + epoch, log.kept_leaves().end());
}

// Calls `visit(row, value)` for what is known here by leaves that the partner has lost, from this
// one on, until it answers false.
template <class Visit>
void visit_lost(const Context& context, const v1::PartnerLog& log, EpochLeaf from, Visit visit) {
  const auto& city = log.side().city();
  const auto prefix = key::transfers_by_leaf(city);
  for (; from.epoch < log.epoch(); from = {from.epoch + 1, 0}) {
    const auto first = std::max(from.leaf, first_lost(log, from.epoch));
    auto at = context.state.at_or_after(prefix, key::transfer_by_leaf(city, from.epoch, first, ""));
    for (; at; at = context.state.at_or_after(prefix, at->key + '\0')) {
      const auto row = std::string_view(at->key).substr(prefix.size());
      if (crypto::read_u32(row) != from.epoch) break;
      if (!visit(row, at->value)) return;
    }
  }
}

EpochLeaf place_of(const v1::ListedTransfer& listed) {
  return {listed.lost_epoch(), listed.lost_leaf()};
}
EpochLeaf begin_of(const v1::StateTransfers& list) { return {list.from_epoch(), list.from()}; }
EpochLeaf end_of(const v1::StateTransfers& list) { return {list.to_epoch(), list.to()}; }
// From which the partner's list is awaited.
EpochLeaf next_of(const v1::AgreementRecord& agreed) {
  return {agreed.list_epoch(), agreed.list_from()};
}

// Whether the list is that of all that was lost in [from, to).
Ruling need_list(const Context& context, const v1::PartnerLog& log,
                 const v1::StateTransfers& action) {
  const auto agreed = *need_agreement(context, action.home());
  int count = 0;
  bool is_more = false, differs = false;
  visit_lost(context, log, begin_of(action), [&](std::string_view row, std::string_view noted) {
    const auto known = listed(context, agreed, row, noted);
    is_more = place_of(known) >= end_of(action);
    differs =
        !is_more && (count == action.transfers_size() ||
                     known.SerializeAsString() != action.transfers(count).SerializeAsString());
    if (!is_more && !differs) ++count;
    return !is_more && !differs;
  });
  if (!differs && count == action.transfers_size() && is_more != action.is_last()) return {};
  return refuse(ErrorCode::RUN_DIFFERS, "epoch.transfers", std::to_string(count), {},
                std::to_string(action.transfers_size()));
}

// ---- What receipts show ----

Ruling wrong_receipts(std::uint64_t leaf) {
  return refuse(ErrorCode::RUN_DIFFERS, "epoch.receipts", "one of each lost leaf", {},
                "leaf " + std::to_string(leaf));
}

// A lost leaf of this ledger.
tl::expected<ForeignEvent, Refusal> prove_lost(const Context& context,
                                               const v1::LostReceipt& receipt) {
  const auto& leaf = receipt.leaf();
  const auto checkpoint = signed_by_any(past_logs(context), receipt.checkpoint());
  if (!checkpoint)
    return refuse(ErrorCode::PROOF_INVALID, "epoch.receipt", "signed by a log of before");
  if (leaf.city() != context.genesis.city() || leaf.tree_size() != checkpoint->size)
    return unexpected_leaf("a leaf of that checkpoint", leaf);
  if (auto shown = need_included(leaf, checkpoint->root); !shown)
    return tl::make_unexpected(shown.error());
  return event_of(leaf);
}

v1::TransferState state_of(v1::ListedAs listed) {
  switch (listed) {
    case v1::LISTED_TAKEN:
      return v1::TRANSFER_CONCLUDED;
    case v1::LISTED_NOT_TAKEN:
      return v1::TRANSFER_FREED;
    case v1::LISTED_GONE:
      return v1::TRANSFER_IMPORTED;
    default:
      return v1::TRANSFER_VOID;
  }
}

bool is_sent_from_here(v1::ListedAs listed) {
  return listed == v1::LISTED_TAKEN || listed == v1::LISTED_NOT_TAKEN;
}

// The transfer that a lost leaf tells of, if it can have become what is listed.
Result<std::string> told_by(const Context& context, const v1::Payload& lost, v1::ListedAs listed,
                            const v1::CitySide& partner) {
  const auto otherwise = fail(ErrorCode::LEAF_UNEXPECTED, "not what is listed");
  if (is_sent_from_here(listed)) {
    if (!lost.has_export_()) return otherwise;
    return std::string(transfer_id(own_lineage(context), lost).view());
  }
  if (lost.has_import() != (listed == v1::LISTED_GONE)) return otherwise;
  return answered_transfer(lost, {partner.city(), partner.lineage()});
}

v1::TransferRecord sent_record(const Context& context, const v1::ListedTransfer& listed,
                               const ForeignEvent& sent) {
  v1::TransferRecord record;
  record.set_transfer(listed.transfer());
  record.set_state(state_of(listed.state()));
  *record.mutable_export_() = sent.payload.export_();
  record.set_city(sent.payload.city());
  record.set_party(sent.payload.party());
  record.set_exported_time(sent.time);
  record.set_recorded_at(static_cast<std::int64_t>(context.leaf));
  record.set_ended_at(record.recorded_at());
  record.set_amount_kg(kilograms(sent.payload.export_().runs()));
  return record;
}

// What a list tells, and what shows it.
struct Shown {
  const v1::ListedTransfer& listed;
  const v1::LostReceipt& receipt;
  const v1::CitySide& partner;
};

tl::expected<Told, Refusal> told_of(const Context& context, const Shown& shown) {
  const auto& [listed, receipt, partner] = shown;
  const auto& leaf = receipt.leaf();
  auto lost = prove_lost(context, receipt);
  if (!lost) return tl::make_unexpected(lost.error());
  const auto told = told_by(context, lost->payload, listed.state(), partner);
  if (leaf.index() != listed.lost_leaf() || !told || *told != listed.transfer())
    return unexpected_leaf("the transfer that is listed", leaf);
  if (lost->payload.has_settle_transfer())
    return Told{settled_record(context, partner.lineage(),
                               *read_settlement(lost->payload.settle_transfer().settlement())),
                lost->time};
  const auto* about = answered_export(lost->payload);
  const auto sent =
      about == nullptr ? Result<ForeignEvent>(*lost) : read_foreign(about->entry(), partner.city());
  const auto& to = about == nullptr ? partner.city() : context.genesis.city();
  if (!sent || !sent->payload.has_export_() || sent->payload.export_().partner() != to ||
      !check_export(sent->payload.export_()))
    return unexpected_leaf("an export to " + to, leaf);
  return Told{sent_record(context, listed, *sent), lost->time};
}

// The statement of it, which names serials of the partner's.
tl::expected<v1::StateRetirement, Refusal> lost_retirement(const Context& context,
                                                           const Shown& shown) {
  const auto& [listed, receipt, partner] = shown;
  const auto lost = prove_lost(context, receipt);
  if (!lost) return tl::make_unexpected(lost.error());
  const auto& leaf = receipt.leaf();
  const auto& statement = lost->payload.state_retirement();
  if (leaf.index() != listed.lost_leaf() || statement.home() != partner.city() ||
      crypto::leaf_hash(leaf.entry()).view() != listed.transfer())
    return unexpected_leaf("the retirement that is listed", leaf);
  return statement;
}

// ---- What is noted ----

// A lost leaf of this ledger, from its first log on, by how the partner counts.
EpochLeaf own_place(EpochLeaf place, const v1::AgreementRecord& agreed) {
  return {place.epoch + agreed.first_epoch(), place.leaf};
}

Ruling make_retired(Context& context, const Shown& shown) {
  const auto lost = lost_retirement(context, shown);
  if (!lost) return tl::make_unexpected(lost.error());
  // Else the same receipt goes on with it: what is retired by then is met no more.
  if (retire_again(context, shown.partner.city(), *lost))
    context.state.put(key::retired_again(shown.listed.transfer()), std::string());
  return {};
}

Ruling make_transfer(Context& context, const Shown& shown, v1::AgreementRecord& agreed) {
  auto told = told_of(context, shown);
  if (!told) return tl::make_unexpected(told.error());
  told->record.set_partner_leaf(shown.listed.leaf());
  told->record.set_partner_epoch(shown.listed.leaf_epoch());
  told->record.set_lost_leaf(shown.listed.lost_leaf());
  told->record.set_lost_epoch(own_place(place_of(shown.listed), agreed).epoch);
  return make_again(context, shown.partner.city(), std::move(*told), agreed);
}

bool is_known(const Context& context, const v1::ListedTransfer& listed) {
  return listed.state() == v1::LISTED_RETIRED
             ? context.state.has(key::retired_again(listed.transfer()))
             : transfer_of(context, listed.transfer()).has_value();
}

// What lists of other partners may still tell was not written before this: it is made after that.
EpochLeaf told_by_others(const Context& context, const std::string& partner) {
  EpochLeaf first{std::numeric_limits<std::uint32_t>::max(), 0};
  for (auto at = context.state.at_or_after(key::kAgreements, key::kAgreements); at;
       at = context.state.at_or_after(key::kAgreements, at->key + '\0')) {
    const auto other = *context.state.find<v1::AgreementRecord>(at->key);
    if (other.awaits_list() && at->key != key::agreement(partner))
      first = std::min(first, own_place(next_of(other), other));
  }
  return first;
}

// What is listed lies between the ends of the list, in its order, in epochs that there were.
bool is_in_order(const v1::StateTransfers& list) {
  auto last = begin_of(list);
  for (const auto& listed : list.transfers()) {
    if (place_of(listed) < last) return false;
    last = place_of(listed);
  }
  return end_of(list) <= EpochLeaf{list.epoch(), 0} &&
         (list.transfers().empty() || last < end_of(list));
}

Ruling need_turn(EpochLeaf place, EpochLeaf others) {
  if (place <= others) return {};
  return refuse(ErrorCode::EPOCH_LISTS_PENDING, "epoch.order",
                "lists of others from leaf " + std::to_string(others.leaf), {},
                std::to_string(place.leaf));
}

void go_on_from(v1::AgreementRecord& record, EpochLeaf place) {
  record.set_list_epoch(place.epoch);
  record.set_list_from(place.leaf);
}

// Makes what the list names from where it went on, as far as there are receipts, and room.
Ruling make_listed(Context& context, const v1::StateTransfers& list,
                   const v1::NoteTransfers& action, v1::AgreementRecord& record) {
  const auto partner = *need_partner(context, action.statement().city());
  const auto others = told_by_others(context, partner.side().city());
  const auto from = next_of(record);
  const bool went_on = record.has_list_part();
  if (auto made = make_part(context, partner.side().city(), record); !made) return made;
  auto receipt = action.receipts().begin();
  bool is_full = record.has_list_part();
  for (const auto& listed : list.transfers()) {
    const auto place = place_of(listed);
    if (place < from || is_known(context, listed)) continue;
    if (receipt == action.receipts().end() || is_full) {
      // What is not whole yet comes before all that others may tell of later.
      if (!record.has_list_part()) go_on_from(record, place);
      const bool is_some = went_on || place > from || !action.receipts().empty();
      return is_some && receipt == action.receipts().end() ? Ruling{} : wrong_receipts(place.leaf);
    }
    if (auto turn = need_turn(own_place(place, record), others); !turn) return turn;
    const Shown shown{listed, *receipt++, partner.side()};
    const bool is_retired = listed.state() == v1::LISTED_RETIRED;
    if (auto made =
            is_retired ? make_retired(context, shown) : make_transfer(context, shown, record);
        !made)
      return made;
    if (is_retired && !is_known(context, listed)) {
      go_on_from(record, place);
      return receipt == action.receipts().end() ? Ruling{} : wrong_receipts(place.leaf);
    }
    is_full = is_retired || record.has_list_part();
  }
  if (!record.has_list_part()) go_on_from(record, end_of(list));
  return receipt == action.receipts().end() ? Ruling{} : wrong_receipts(list.to());
}

}  // namespace

Ruling state_transfers(Context& context, const v1::StateTransfers& action) {
  auto log = need_partner(context, action.home());
  if (!log) return tl::make_unexpected(log.error());
  if (log->epoch() == 0 || action.epoch() != log->epoch())
    return epoch_invalid("number", std::to_string(log->epoch()), std::to_string(action.epoch()));
  if (action.transfers_size() > kListedMax)
    return refuse(ErrorCode::TOO_LARGE, "epoch.transfers", std::to_string(kListedMax));
  const EpochLeaf from{log->stated_epoch(), log->stated_to()}, last{log->epoch(), 0};
  if (begin_of(action) != from || end_of(action) <= from || end_of(action) > last)
    return refuse(ErrorCode::RUN_DIFFERS, "epoch.leaves",
                  "from " + std::to_string(log->stated_to()), {}, std::to_string(action.from()));
  if (auto all = need_list(context, *log, action); !all) return all;
  log->set_stated_epoch(action.to_epoch());
  log->set_stated_to(action.to());
  context.state.put(key::partner(action.home()), *log);
  return {};
}

Ruling note_transfers(Context& context, const v1::NoteTransfers& action) {
  const auto& leaf = action.statement();
  const auto event = prove(context, leaf);
  if (!event) return tl::make_unexpected(event.error());
  const auto& list = event->payload.state_transfers();
  const auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  auto record = need_agreement(context, leaf.city());
  if (!record) return tl::make_unexpected(record.error());
  // The partner counts epochs from the first that it has seen.
  if (!event->payload.has_state_transfers() || list.home() != context.genesis.city() || !epoch ||
      list.epoch() != epoch->opening().epoch() - record->first_epoch() || !is_in_order(list))
    return unexpected_leaf("transfers of this epoch of " + context.genesis.city(), leaf);
  const auto from = next_of(*record);
  if (!record->awaits_list() || begin_of(list) > from || end_of(list) <= from)
    return refuse(ErrorCode::RUN_DIFFERS, "epoch.leaves",
                  record->awaits_list() ? "from " + std::to_string(record->list_from()) : "none",
                  {}, std::to_string(list.from()));
  if (auto made = make_listed(context, list, action, *record); !made) return made;
  if (list.is_last() && next_of(*record) == end_of(list)) end_list(context, *record);
  context.state.put(key::agreement(leaf.city()), *record);
  context.fact("transfers", std::to_string(action.receipts_size()));
  return {};
}

}  // namespace puhui::ledger
