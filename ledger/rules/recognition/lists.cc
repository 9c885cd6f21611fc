// What became of transfers and retirements whose leaf another city has lost: stated for it there,
// and noted here, by receipts of what was lost.
#include <algorithm>
#include <cassert>

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

v1::ListedTransfer listed(const v1::TransferRecord& record) {
  v1::ListedTransfer transfer;
  transfer.set_transfer(record.transfer());
  transfer.set_state(listed_as(record.state()));
  transfer.set_lost_leaf(record.partner_leaf());
  transfer.set_leaf(record.lost_leaf() != 0 ? record.lost_leaf()
                                            : static_cast<std::uint64_t>(record.recorded_at()));
  return transfer;
}

// What a row of transfers_by_leaf names: a transfer, or a retirement with the leaf that noted it.
v1::ListedTransfer listed(const Context& context, std::string_view place, std::string_view noted) {
  const auto id = place.substr(8);
  if (noted.empty()) {
    const auto record = transfer_of(context, id);
    assert(record && "a transfer is listed that is not recorded");
    return listed(*record);
  }
  v1::ListedTransfer retirement;
  retirement.set_transfer(std::string(id));
  retirement.set_state(v1::LISTED_RETIRED);
  retirement.set_lost_leaf(crypto::read_u64(place));
  retirement.set_leaf(crypto::read_u64(noted));
  return retirement;
}

// Whether the list is that of the leaves [from, to) of the epoch before.
Ruling need_list(const Context& context, const v1::StateTransfers& action) {
  const auto prefix = key::transfers_by_leaf(action.home());
  int count = 0;
  auto at =
      context.state.at_or_after(prefix, key::transfer_by_leaf(action.home(), action.from(), ""));
  for (; at; at = context.state.at_or_after(prefix, at->key + '\0')) {
    const auto rest = std::string_view(at->key).substr(prefix.size());
    if (crypto::read_u64(rest) >= action.to()) break;
    const auto known = listed(context, rest, at->value);
    if (count == action.transfers_size() ||
        known.SerializeAsString() != action.transfers(count).SerializeAsString())
      return refuse(ErrorCode::RUN_DIFFERS, "epoch.transfers",
                    crypto::Digest::from_bytes(known.transfer())->hex(), {}, std::to_string(count));
    ++count;
  }
  if (count == action.transfers_size() && at.has_value() != action.is_last()) return {};
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
    return Told{
        settled_record(context, *read_settlement(lost->payload.settle_transfer().settlement())),
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

Ruling make_retired(Context& context, const Shown& shown) {
  const auto lost = lost_retirement(context, shown);
  if (!lost) return tl::make_unexpected(lost.error());
  retire_again(context, shown.partner.city(), *lost);
  context.state.put(key::retired_again(shown.listed.transfer()), std::string());
  return {};
}

Ruling make_transfer(Context& context, const Shown& shown, v1::AgreementRecord& agreed) {
  auto told = told_of(context, shown);
  if (!told) return tl::make_unexpected(told.error());
  told->record.set_partner_leaf(shown.listed.leaf());
  told->record.set_lost_leaf(shown.listed.lost_leaf());
  return make_again(context, shown.partner.city(), std::move(*told), agreed);
}

bool is_known(const Context& context, const v1::ListedTransfer& listed) {
  return listed.state() == v1::LISTED_RETIRED
             ? context.state.has(key::retired_again(listed.transfer()))
             : transfer_of(context, listed.transfer()).has_value();
}

// Makes what the list names from `record.list_from` on, as far as there are receipts, and room.
Ruling make_listed(Context& context, const v1::StateTransfers& list,
                   const v1::NoteTransfers& action, v1::AgreementRecord& record) {
  const auto partner = *need_partner(context, action.statement().city());
  const bool went_on = record.has_list_part();
  if (auto made = make_part(context, partner.side().city(), record); !made) return made;
  auto receipt = action.receipts().begin();
  bool is_full = record.has_list_part();
  for (const auto& listed : list.transfers()) {
    if (listed.lost_leaf() < record.list_from() || is_known(context, listed)) continue;
    if (receipt == action.receipts().end() || is_full) {
      record.set_list_from(listed.lost_leaf());
      const bool is_some = went_on || !action.receipts().empty();
      return is_some && receipt == action.receipts().end() ? Ruling{}
                                                           : wrong_receipts(listed.lost_leaf());
    }
    const Shown shown{listed, *receipt++, partner.side()};
    const bool is_retired = listed.state() == v1::LISTED_RETIRED;
    if (auto made =
            is_retired ? make_retired(context, shown) : make_transfer(context, shown, record);
        !made)
      return made;
    is_full = is_retired || record.has_list_part();
  }
  if (!record.has_list_part()) record.set_list_from(list.to());
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
  if (action.from() != log->stated_to() || action.to() <= action.from())
    return refuse(ErrorCode::RUN_DIFFERS, "epoch.leaves",
                  "from " + std::to_string(log->stated_to()), {}, std::to_string(action.from()));
  if (auto all = need_list(context, action); !all) return all;
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
      list.epoch() != epoch->opening().epoch() - record->first_epoch())
    return unexpected_leaf("transfers of this epoch of " + context.genesis.city(), leaf);
  if (!record->awaits_list() || list.from() > record->list_from() ||
      list.to() <= record->list_from())
    return refuse(ErrorCode::RUN_DIFFERS, "epoch.leaves",
                  record->awaits_list() ? "from " + std::to_string(record->list_from()) : "none",
                  {}, std::to_string(list.from()));
  if (auto made = make_listed(context, list, action, *record); !made) return made;
  if (list.is_last() && record->list_from() == list.to()) end_list(context, *record);
  context.state.put(key::agreement(leaf.city()), *record);
  context.fact("transfers", std::to_string(action.receipts_size()));
  return {};
}

}  // namespace puhui::ledger
