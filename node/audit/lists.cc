// What became of transfers and retirements of which a city lost a leaf: listed by its partner, and
// noted there by receipts of what was lost.
#include <algorithm>

#include "crypto/merkle.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr int kListedMax = 200;

// An epoch of a city, and a leaf of it: in the order in which leaves were written there.
using Place = std::pair<std::uint32_t, std::uint64_t>;

std::string text(const Place& place) {
  return "leaf " + std::to_string(place.second) + " of epoch " + std::to_string(place.first);
}

Place begin_of(const v1::StateTransfers& list) { return {list.from_epoch(), list.from()}; }
Place end_of(const v1::StateTransfers& list) { return {list.to_epoch(), list.to()}; }
Place place_of(const v1::ListedTransfer& listed) {
  return {listed.lost_epoch(), listed.lost_leaf()};
}
// From which the partner's list is awaited.
Place next_of(const v1::AgreementRecord& agreed) {
  return {agreed.list_epoch(), agreed.list_from()};
}
void go_on(v1::AgreementRecord& agreed, const Place& next) {
  agreed.set_list_epoch(next.first);
  agreed.set_list_from(next.second);
}

// A partner counts the epochs of this city from the first that it saw; this city, from its first.
std::uint32_t as_partner_counts(const v1::AgreementRecord& agreed, std::uint32_t epoch) {
  return epoch < agreed.first_epoch() ? 0 : epoch - agreed.first_epoch();
}
Place as_here(const v1::AgreementRecord& agreed, const Place& place) {
  return {agreed.first_epoch() + place.first, place.second};
}

// ---- What is listed -----------------------------------------------------------------------------

const std::map<v1::TransferState, v1::ListedAs> kListedAs{
    {v1::TRANSFER_IMPORTED, v1::LISTED_TAKEN},
    {v1::TRANSFER_CONCLUDED, v1::LISTED_GONE},
    {v1::TRANSFER_FREED, v1::LISTED_FREED},
    {v1::TRANSFER_REFUSED, v1::LISTED_NOT_TAKEN},
    {v1::TRANSFER_VOID, v1::LISTED_NOT_TAKEN}};

v1::ListedTransfer listed(const Books& books, const v1::AgreementRecord& agreed,
                          const v1::TransferRecord& record) {
  v1::ListedTransfer transfer;
  transfer.set_transfer(record.transfer());
  transfer.set_state(kListedAs.at(record.state()));
  transfer.set_lost_epoch(record.partner_epoch());
  transfer.set_lost_leaf(record.partner_leaf());
  auto leaf = record.lost_leaf();
  auto epoch = record.lost_epoch();
  if (leaf == 0) {
    leaf = static_cast<std::uint64_t>(record.recorded_at());
    epoch = own_epoch_begun(books, leaf);
  }
  transfer.set_leaf(leaf);
  transfer.set_leaf_epoch(as_partner_counts(agreed, epoch));
  return transfer;
}

// A retirement that the other city stated, and that a leaf here has noted.
v1::ListedTransfer listed(const Books::Told::value_type& noted) {
  const auto& [epoch, stated_at, hash] = noted.first;
  v1::ListedTransfer retirement;
  retirement.set_transfer(hash);
  retirement.set_state(v1::LISTED_RETIRED);
  retirement.set_lost_epoch(epoch);
  retirement.set_lost_leaf(stated_at);
  retirement.set_leaf(noted.second);
  return retirement;
}

// All that was lost of these leaves in their order, and whether anything lost lies beyond.
Verdict need_listed(const Case& at, const v1::PartnerLog& log, const v1::StateTransfers& action) {
  const auto& agreed = at.books.agreements.at(action.home());
  std::vector<std::string> known, told;
  bool is_more = false;
  if (const auto* all = find(at.books.transfers_by_leaf, action.home()))
    for (const auto& each : *all) {
      const auto& [epoch, leaf, id] = each.first;
      const Place place{epoch, leaf};
      if (!is_lost(log, epoch, leaf) || place < begin_of(action)) continue;
      is_more = is_more || place >= end_of(action);
      if (is_more) break;
      const bool is_retired = each.second != 0;
      const auto line =
          is_retired ? listed(each) : listed(at.books, agreed, at.books.transfers.at(id));
      known.push_back(line.SerializeAsString());
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

// The transfer that is shown; in a settlement there is no export.
Verdict read_shown(const Case& at, const Shown& shown, Told& told) {
  ForeignEvent lost, sent;
  auto& record = told.record;
  if (auto bad = read_lost(at, shown.receipt, lost)) return bad;
  if (auto bad = need_listed_leaf(at, shown, lost.payload)) return bad;
  if (lost.payload.has_settle_transfer()) {
    v1::TransferSettlement settlement;
    if (auto bad = read_treaty(lost.payload.settle_transfer().settlement(), settlement)) return bad;
    record = settled(at, settlement, shown.listed.transfer());
  } else {
    if (auto bad = read_sent(at, shown, lost, sent)) return bad;
    record = record_of(at, shown.listed, sent);
  }
  record.set_partner_epoch(shown.listed.leaf_epoch());
  record.set_partner_leaf(shown.listed.leaf());
  record.set_lost_leaf(shown.listed.lost_leaf());
  told.time = lost.time;
  return {};
}

// The statement of a retirement: as such it is listed, by its very bytes.
Verdict read_retired(const Case& at, const Shown& shown, v1::StateRetirement& statement) {
  const auto& leaf = shown.leaf();
  ForeignEvent lost;
  if (auto bad = read_lost(at, shown.receipt, lost)) return bad;
  statement = lost.payload.state_retirement();
  const bool is_it = leaf.index() == shown.listed.lost_leaf() &&
                     crypto::leaf_hash(leaf.entry()).view() == shown.listed.transfer();
  if (is_it && statement.home() == shown.partner.city()) return {};
  return unexpected(leaf, "the retirement that is listed");
}

// ---- What is noted ------------------------------------------------------------------------------

bool is_retired(const v1::ListedTransfer& listed) { return listed.state() == v1::LISTED_RETIRED; }

bool is_known(const Books& books, const v1::ListedTransfer& listed) {
  return is_retired(listed) ? books.retired_again.contains(listed.transfer())
                            : books.transfers.contains(listed.transfer());
}

Verdict make_shown(Case& at, const Shown& shown, v1::AgreementRecord& agreed) {
  const auto& partner = shown.partner.city();
  if (!is_retired(shown.listed)) {
    Told told;
    if (auto bad = read_shown(at, shown, told)) return bad;
    told.record.set_lost_epoch(as_here(agreed, place_of(shown.listed)).first);
    return make_again(at, partner, std::move(told), agreed);
  }
  v1::StateRetirement statement;
  if (auto bad = read_retired(at, shown, statement)) return bad;
  if (retire_again(at, partner, statement)) at.books.retired_again.insert(shown.listed.transfer());
  return {};
}

// Who else still has to list may know of what was written before: that is made first.
Verdict need_turn(const Case& at, const std::string& partner, const Place& place) {
  for (const auto& [city, other] : at.books.agreements) {
    if (city == partner || !other.awaits_list()) continue;
    const auto awaited = as_here(other, next_of(other));
    if (awaited < place)
      return refused(ErrorCode::EPOCH_LISTS_PENDING, "the list of " + city,
                     "noted up to " + text(place), "up to " + text(awaited));
  }
  return {};
}

Verdict wrong_receipts(const Place& place) {
  return refused(ErrorCode::RUN_DIFFERS, text(place),
                 "a receipt of each that is not known, as many as one event may bring");
}

// First what is not whole yet; then of the list, from a leaf on, as much as there are receipts;
// what is known needs none. A retirement ends the event, and so does what is not whole: of a
// retirement, the next event brings the same receipt.
Verdict make_listed(Case& at, const v1::StateTransfers& list, const v1::NoteTransfers& action,
                    v1::AgreementRecord& agreed) {
  const auto& city = action.statement().city();
  const auto& partner = at.books.partners.at(city).side();
  const auto begin = next_of(agreed);
  const bool went_on = agreed.has_list_part();
  if (auto bad = make_part(at, city, agreed)) return bad;
  bool is_full = agreed.has_list_part();
  int used = 0;
  for (const auto& listed : list.transfers()) {
    const auto place = place_of(listed);
    if (place < begin || is_known(at.books, listed)) continue;
    const bool is_over = used == action.receipts_size();
    if (is_over || is_full) {
      // Other lists wait for what is not whole.
      if (!agreed.has_list_part()) go_on(agreed, place);
      const bool is_further = went_on || used > 0 || begin < place;
      return is_over && is_further ? Verdict() : wrong_receipts(place);
    }
    if (auto bad = need_turn(at, city, as_here(agreed, place))) return bad;
    if (auto bad = make_shown(at, {listed, action.receipts(used++), partner}, agreed)) return bad;
    if (is_retired(listed) && !is_known(at.books, listed)) {
      go_on(agreed, place);
      return used == action.receipts_size() ? Verdict() : wrong_receipts(place);
    }
    is_full = is_retired(listed) || agreed.has_list_part();
  }
  if (!agreed.has_list_part()) go_on(agreed, end_of(list));
  return used == action.receipts_size() ? Verdict() : wrong_receipts(end_of(list));
}

// Its lines are in order, between its ends, and those in the epochs that were lost.
bool is_sound(const v1::StateTransfers& list) {
  std::vector<Place> places{begin_of(list)};
  for (const auto& listed : list.transfers()) places.push_back(place_of(listed));
  const bool is_within = list.transfers().empty() || places.back() < end_of(list);
  return std::ranges::is_sorted(places) && is_within && end_of(list) <= Place{list.epoch(), 0};
}

}  // namespace

Verdict state_transfers(Case& at, const v1::StateTransfers& action) {
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, action.home(), log)) return bad;
  if (log->epoch() == 0 || action.epoch() != log->epoch())
    return wrong_epoch("number", std::to_string(log->epoch()), std::to_string(action.epoch()));
  if (action.transfers_size() > kListedMax)
    return refused(ErrorCode::TOO_LARGE, "transfers", std::to_string(kListedMax));
  // Of what the epoch that has begun wrote itself, nothing is lost.
  const Place begin{log->stated_epoch(), log->stated_to()}, last{log->epoch(), 0};
  const auto end = end_of(action);
  if (begin_of(action) != begin || end <= begin || last < end)
    return refused(ErrorCode::RUN_DIFFERS, "leaves",
                   text(begin) + ", to " + text(last) + " at most",
                   text(begin_of(action)) + ", to " + text(end));
  if (auto bad = need_listed(at, *log, action)) return bad;
  log->set_stated_epoch(end.first);
  log->set_stated_to(end.second);
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
      !at.books.epoch || list.epoch() != epoch || !is_sound(list))
    return unexpected(leaf, "transfers of this epoch");
  const auto next = next_of(record);
  if (!record.awaits_list() || next < begin_of(list) || end_of(list) <= next)
    return refused(ErrorCode::RUN_DIFFERS, "leaves", "from " + text(next),
                   text(begin_of(list)) + " to " + text(end_of(list)));
  if (auto bad = make_listed(at, list, action, record)) return bad;
  if (list.is_last() && next_of(record) == end_of(list)) end_list(at, record);
  at.books.changed(stored('1', leaf.city()), record);
  return {};
}

}  // namespace puhui::node::audit
