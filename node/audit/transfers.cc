// How what was sent to another city ends: by its answer, or as authorities settle it.
#include <algorithm>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

// Parts of a piece that are recognised, or not, from end to end.
Pieces parts_at(const v1::UnitBlock& piece, const Ranges& discounted) {
  std::set<std::uint64_t> starts{piece.start()};
  for (const auto& range : discounted)
    for (const auto start : {range.start(), range.end() + 1})
      if (start > piece.start() && start <= piece.end()) starts.insert(start);
  Pieces parts;
  for (const auto start : starts) {
    if (!parts.empty()) parts.back().set_end(start - 1);
    parts.push_back(piece);
    parts.back().set_start(start);
  }
  return parts;
}

void end_recognised(Case& at, const v1::UnitBlock& piece, const v1::TransferRecord& record) {
  for (auto& part : parts_at(piece, record.discounted())) {
    const auto& rest = record.discounted();
    const bool is_cancelled = std::ranges::any_of(rest, [&](const v1::SerialRange& range) {
      return range.start() <= part.start() && part.start() <= range.end();
    });
    if (!is_cancelled) part.set_exported_to(record.export_().partner());
    end_units(at, part, part.account(), is_cancelled ? v1::CANCELLED : v1::EXPORTED);
  }
}

// Free where it lies; what was recalled on its way is not.
void end_unrecognised(Case& at, const v1::UnitBlock& piece) {
  const auto& batch = at.books.batches.at(piece.batch());
  if (piece.recalled_at() == 0)
    give(at, piece, piece.account());
  else if (batch.has_mirrored())
    give(at, piece, piece.account(), freeze_of(batch.mirrored().city()));
  else
    end_units(at, piece, piece.account(), v1::CANCELLED);
}

// All that it locks, in however many pieces recalls have cut it.
Verdict end(Case& at, v1::TransferRecord record, bool is_recognised) {
  const auto pieces = all_bound(at.books, lock_of(record.transfer()));
  for (const auto& piece : pieces) take_part(at, piece);
  if (is_recognised) end_recognised(at, pieces, record);
  if (!is_recognised)
    for (const auto& piece : pieces) end_unrecognised(at, piece);
  record.set_state(is_recognised ? v1::TRANSFER_CONCLUDED : v1::TRANSFER_FREED);
  record.set_ended_at(as_leaf(at));
  keep(at, record);
  return {};
}

Verdict find_locked(const Case& at, const std::string& transfer, v1::TransferRecord& record) {
  const auto* known = find(at.books.transfers, transfer);
  if (known == nullptr || known->city() != at.books.genesis.city())
    return refused(ErrorCode::TRANSFER_UNKNOWN, "sent from here");
  if (known->state() != v1::TRANSFER_LOCKED)
    return refused(ErrorCode::TRANSFER_STATE_WRONG, crypto::Digest::from_bytes(transfer)->hex(),
                   "TRANSFER_LOCKED", v1::TransferState_Name(known->state()));
  record = *known;
  return {};
}

// What the leaf notes by this receipt: an answer that the partner lost, and made again.
Verdict read_remade(const v1::ConcludeTransfer& action, ForeignEvent& answer,
                    std::uint64_t& told_at) {
  const auto& leaf = action.answer();
  const auto noted = answer.payload.note_transfers();
  if (action.receipt() >= static_cast<std::uint32_t>(noted.receipts_size()))
    return unexpected(leaf, "a receipt of this number");
  const auto& lost = noted.receipts(static_cast<int>(action.receipt())).leaf();
  told_at = lost.index();
  return read_foreign(lost.entry(), leaf.city(), answer);
}

// The epoch of the partner in which its answer came; of one that it made again, as this city's list
// told it.
Verdict read_epoch(const Case& at, const v1::ConcludeTransfer& action, const std::string& transfer,
                   std::uint64_t told_at, std::uint32_t& epoch) {
  const auto& leaf = action.answer();
  epoch = epoch_begun(at.books.partners.at(leaf.city()), leaf);
  if (!action.has_receipt()) return {};
  ForeignEvent noting, list;
  if (auto bad = read_foreign(leaf.entry(), leaf.city(), noting)) return bad;
  const auto& statement = noting.payload.note_transfers().statement();
  if (!read_foreign(statement.entry(), at.books.genesis.city(), list))
    for (const auto& line : list.payload.state_transfers().transfers()) {
      if (line.transfer() != transfer || line.lost_leaf() != told_at) continue;
      epoch = line.lost_epoch();
      return {};
    }
  return unexpected(leaf, "what a list of this city told of");
}

Verdict find_answered(Case& at, const v1::ProvenLeaf& leaf, const v1::Payload& answer,
                      v1::TransferRecord& record) {
  std::string transfer;
  const Sender own{at.books.genesis.city(), at.books.lineage};
  if (auto bad = read_answered(leaf, answer, own, transfer)) return bad;
  if (auto bad = find_locked(at, transfer, record)) return bad;
  const auto& partner = record.export_().partner();
  return partner == leaf.city() ? Verdict() : unexpected(leaf, "an answer of " + partner);
}

// Both authorities signed, at home only of an agreement that is closed; or nobody is left there to
// sign that the units are free.
Verdict need_settled(Case& at, const v1::SettleTransfer& action,
                     const v1::TransferSettlement& settlement, const v1::TransferRecord& sent) {
  const bool is_own = settlement.sender() == at.books.genesis.city();
  const auto& partner = is_own ? sent.export_().partner() : settlement.sender();
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, partner, log)) return bad;
  v1::AgreementRecord* agreement = nullptr;
  if (auto bad = find_agreement(at, partner, agreement)) return bad;
  if (is_own && agreement->standing() != v1::CLOSED)
    return refused(ErrorCode::AGREEMENT_STANDING, agreement->agreement().agreement(), "closed",
                   v1::Standing_Name(agreement->standing()));
  if (!is_own)
    if (auto bad = need_list(*agreement)) return bad;
  if (is_own && !settlement.is_recognised() && action.partner_signatures().empty()) {
    if (at.now < sent.deadline())
      return refused(ErrorCode::PARTNER_PRESENT, partner,
                     "after " + std::to_string(sent.deadline()), std::to_string(at.now));
    return need_gone(at, *agreement, *log);
  }
  return need_authority(log->side(), kSettlementWord, action.settlement(),
                        action.partner_signatures());
}

Verdict settle_locked(Case& at, const v1::TransferSettlement& settlement,
                      v1::TransferRecord record) {
  const v1::Agreement* version = nullptr;
  if (settlement.is_recognised())
    if (auto bad = fill_recognised(at, record.export_().partner(), record, version)) return bad;
  return end(at, std::move(record), settlement.is_recognised());
}

// A partner's transfer that was not answered here is answered by this: it is not taken.
Verdict settle_unanswered(Case& at, const v1::TransferSettlement& settlement) {
  const auto& lineage = at.books.partners.at(settlement.sender()).side().lineage();
  const auto transfer = transfer_id(lineage, settlement);
  if (at.books.transfers.contains(transfer))
    return refused(ErrorCode::TRANSFER_ANSWERED, settlement.sender());
  if (settlement.is_recognised())
    return refused(ErrorCode::TRANSFER_UNKNOWN, settlement.sender(), "an import by its proof");
  keep(at, settled(at, settlement, transfer));
  return {};
}

}  // namespace

void end_recognised(Case& at, const Pieces& pieces, const v1::TransferRecord& record) {
  for (const auto& piece : pieces) {
    end_recognised(at, piece, record);
    if (record.export_().is_return()) note_gone(at.books, piece);
  }
}

const v1::ProvenLeaf* export_of(const v1::Payload& answer) {
  if (answer.has_import()) return &answer.import().export_();
  if (answer.has_refuse_import()) return &answer.refuse_import().export_();
  return answer.has_void_import() ? &answer.void_import().export_() : nullptr;
}

Verdict read_answered(const v1::ProvenLeaf& leaf, const v1::Payload& answer, const Sender& sender,
                      std::string& transfer) {
  if (answer.has_settle_transfer()) {
    v1::TransferSettlement settlement;
    if (read_treaty(answer.settle_transfer().settlement(), settlement) ||
        settlement.sender() != sender.city || settlement.is_recognised())
      return unexpected(leaf, "that a transfer of " + sender.city + " is not taken");
    transfer = transfer_id(sender.lineage, settlement);
    return {};
  }
  const auto* about = export_of(answer);
  if (about == nullptr) return unexpected(leaf, "an answer to an export");
  ForeignEvent exported;
  if (read_foreign(about->entry(), sender.city, exported))
    return unexpected(leaf, "an answer to an export of " + sender.city);
  transfer = transfer_id(sender.lineage, exported.payload);
  return {};
}

v1::TransferRecord settled(const Case& at, const v1::TransferSettlement& settlement,
                           const std::string& transfer) {
  v1::TransferRecord record;
  record.set_transfer(transfer);
  record.set_state(v1::TRANSFER_VOID);
  record.set_city(settlement.sender());
  record.set_party(settlement.party());
  record.set_recorded_at(as_leaf(at));
  record.set_ended_at(as_leaf(at));
  return record;
}

void keep(Case& at, const v1::TransferRecord& record) {
  at.books.changed(stored('3', record.transfer()), record);
  at.books.transfers[record.transfer()] = record;
}

void keep_told(Case& at, const std::string& partner, const v1::TransferRecord& record) {
  at.books.transfers_by_leaf[partner].try_emplace(
      {record.partner_epoch(), record.partner_leaf(), record.transfer()});
  keep(at, record);
}

Verdict conclude_transfer(Case& at, const v1::ConcludeTransfer& action) {
  const auto& leaf = action.answer();
  ForeignEvent answer;
  auto told_at = leaf.index();
  if (auto bad = prove(at, leaf, answer)) return bad;
  if (action.has_receipt())
    if (auto bad = read_remade(action, answer, told_at)) return bad;
  v1::TransferRecord record;
  if (auto bad = find_answered(at, leaf, answer.payload, record)) return bad;
  // The partner may have lost that answer, too, and this city not have heard of it.
  if (auto bad = need_list(at.books.agreements.at(leaf.city()))) return bad;
  const bool is_recognised = answer.payload.has_import();
  if (is_recognised) {
    const v1::Agreement* version = nullptr;
    if (auto bad = fill_recognised(at, leaf.city(), record, version)) return bad;
    if (auto bad = need_stated(record, answer.payload.import())) return bad;
  }
  const auto& code = answer.payload.refuse_import().code();
  if (code.size() > kTextMax) return unexpected(leaf, "a code");
  record.set_code(code);
  std::uint32_t epoch = 0;
  if (auto bad = read_epoch(at, action, record.transfer(), told_at, epoch)) return bad;
  record.set_partner_epoch(epoch);
  record.set_partner_leaf(told_at);
  at.books.transfers_by_leaf[leaf.city()].try_emplace({epoch, told_at, record.transfer()});
  return end(at, std::move(record), is_recognised);
}

Verdict settle_transfer(Case& at, const v1::SettleTransfer& action) {
  v1::TransferSettlement settlement;
  if (auto bad = read_treaty(action.settlement(), settlement)) return bad;
  const bool is_own = settlement.sender() == at.books.genesis.city();
  v1::TransferRecord record;
  if (is_own)
    if (auto bad = find_locked(at, transfer_id(at.books.lineage, settlement), record)) return bad;
  if (auto bad = need_settled(at, action, settlement, record)) return bad;
  need_signers(at, "transfer.settle", {.citywide = true});
  return is_own ? settle_locked(at, settlement, std::move(record))
                : settle_unanswered(at, settlement);
}

}  // namespace puhui::node::audit
