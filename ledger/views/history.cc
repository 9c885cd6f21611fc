// What became of a serial, a batch, an account, a party, a project; when tags were published.
#include "crypto/merkle.h"
#include "ledger/event.h"
#include "ledger/personal.h"
#include "ledger/store/keys.h"
#include "ledger/views/stored.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kPlaceSize = 12;

// Leaves that concern the subject with this key, as one page of entries.
v1::EntryList entries_about(const View& view, const std::string& subject, const Page& page) {
  v1::EntryList list;
  const Page part{page.after, std::min(page.limit, kHistoryPageMax)};
  const auto prefix = key::touches(subject);
  list.set_next(page_of(view.reader(), prefix, part, [&](std::string_view leaf, auto) {
    *list.add_items() = view.entry_view(crypto::read_u64(leaf));
    return true;
  }));
  return list;
}

// Moves of a batch's serials: of all, or of one.
void add_moves(const Reader& reader, const v1::UnitBatch& batch,
               const std::optional<std::uint64_t>& serial, const Page& page,
               v1::UnitHistory& history) {
  history.set_next(page_of(reader, key::moves(batch.start()), page,
                           [&](const std::string&, std::string_view value) {
                             auto move = parse<v1::UnitMove>(value);
                             if (serial && (*serial < move.start() || *serial > move.end()))
                               return false;
                             *history.add_moves() = std::move(move);
                             return true;
                           }));
}

std::string text_of(const RecordPlace& place) {
  std::string bytes;
  crypto::append_u64(bytes, place.leaf);
  crypto::append_u32(bytes, place.record);
  return crypto::hex_encode(bytes);
}

std::optional<RecordPlace> place_of(std::string_view text) {
  const auto bytes = crypto::hex_decode(text);
  if (!bytes || bytes->size() != kPlaceSize) return std::nullopt;
  return RecordPlace{crypto::read_u64(*bytes),
                     crypto::read_u32(std::string_view(*bytes).substr(8))};
}

// A movement of a personal account: where it stands, and where the one before does.
struct Found {
  v1::Credit credit;
  RecordPlace place, previous;
};

void describe_act(v1::Credit& credit, const std::string& scenario, const Record& record) {
  credit.set_scenario(scenario);
  credit.set_day(record.day);
  credit.set_slot(record.slot);
}

std::optional<Claimed> claim_of(const View& view, const Record& record) {
  const auto stored =
      view.reader().get(key::claim(record.day, record.slot, record.claim_leaf.view()));
  if (!stored) return std::nullopt;
  return Claimed::decode(*stored);
}

std::optional<Found> credited(const View& view, const Record& record, const std::string& scenario) {
  const auto claimed = claim_of(view, record);
  if (!claimed) return std::nullopt;
  Found found{{}, claimed->place, claimed->previous};
  describe_act(found.credit, scenario, record);
  found.credit.set_kind(v1::CREDITED);
  found.credit.set_grams(claimed->grams - claimed->pooled_g);
  found.credit.set_pooled_g(claimed->pooled_g);
  found.credit.set_pool(claimed->pool);
  found.credit.set_claim(std::string(record.claim.view()));
  return found;
}

// One that is kept under its name.
std::optional<Found> moved(const View& view, const crypto::Digest& name, v1::CreditKind kind) {
  const auto stored = view.reader().get(key::moved(crypto::leaf_hash(name.view()).view()));
  if (!stored) return std::nullopt;
  const auto known = Moved::decode(*stored);
  Found found{{}, known.place, known.previous};
  found.credit.set_kind(kind);
  found.credit.set_grams(known.grams);
  found.credit.set_claim(std::string(name.view()));
  return found;
}

std::optional<Found> reversed(const View& view, const Record& record, const std::string& scenario) {
  auto found = moved(view, reversal_of(record.claim), v1::CREDIT_REVERSED);
  if (!found) return found;
  describe_act(found->credit, scenario, record);
  if (const auto claimed = claim_of(view, record)) {
    found->credit.set_pooled_g(-claimed->pooled_g);
    found->credit.set_pool(claimed->pool);
  }
  return found;
}

std::optional<Found> spent(const View& view, const Redemption& redemption,
                           const std::string& offer) {
  auto found = moved(view, redemption.confirmed.sha256, v1::CREDIT_SPENT);
  if (!found) return found;
  found->credit.set_offer(offer);
  found->credit.set_quantity(redemption.quantity);
  return found;
}

// What the record of an attachment did to this account.
std::optional<Found> movement_by(const View& view, const v1::Payload& payload,
                                 std::string_view pseudonym, std::string_view record) {
  if (payload.has_redeem()) {
    const auto redemption = read_redemption(record, payload.city(), payload.redeem().offer());
    if (!redemption || redemption->pseudonym() != pseudonym) return std::nullopt;
    return spent(view, *redemption, payload.redeem().offer());
  }
  const bool is_credit = payload.has_submit_behaviour_batch();
  if (!is_credit && !payload.has_reverse_records()) return std::nullopt;
  const auto& scenario = is_credit ? payload.submit_behaviour_batch().scenario()
                                   : payload.reverse_records().scenario();
  const auto act = read_record(record, scenario);
  if (!act || act->pseudonym() != pseudonym) return std::nullopt;
  return is_credit ? credited(view, *act, scenario) : reversed(view, *act, scenario);
}

std::optional<Found> erased(const View& view, const v1::Payload& payload,
                            std::string_view pseudonym) {
  const auto& erasure = payload.erase_account();
  const auto confirmed =
      read_confirmation(erasure.confirmation(), payload.city(), erasure.account(), kErasureWords);
  if (!confirmed || erasure.account() != pseudonym) return std::nullopt;
  return moved(view, confirmed->sha256, v1::CREDIT_ERASED);
}

std::optional<Found> movement_at(const View& view, std::string_view pseudonym,
                                 const RecordPlace& place) {
  if (place.leaf >= view.head().size) return std::nullopt;
  const auto entry = view.entry_view(place.leaf);
  const auto attachment = view.attachment(place.leaf);
  std::optional<Found> found;
  if (entry.payload().has_erase_account()) {
    found = erased(view, entry.payload(), pseudonym);
  } else if (attachment) {
    const auto records = split_records(*attachment);
    if (!records || place.record >= records->size()) return std::nullopt;
    found = movement_by(view, entry.payload(), pseudonym, (*records)[place.record]);
  }
  // The act or confirmation may have counted elsewhere.
  if (!found || found->place != place) return std::nullopt;
  found->credit.set_leaf(static_cast<std::int64_t>(place.leaf));
  found->credit.set_record(place.record);
  found->credit.set_time(entry.time());
  return found;
}

}  // namespace

std::optional<v1::UnitHistory> View::history(std::uint64_t serial, const Page& page) const {
  const auto block = this->serial(serial);
  if (!block) return std::nullopt;
  const auto batch = this->batch(block->batch());
  assert(batch && "a block names a batch that is not stored");
  v1::UnitHistory history;
  history.set_serial(serial);
  history.set_printed(printed_units(*batch, serial, serial));
  add_moves(*reader_, *batch, serial, page, history);
  return history;
}

std::optional<v1::UnitHistory> View::batch_history(std::string_view batch, const Page& page) const {
  const auto known = this->batch(batch);
  if (!known) return std::nullopt;
  v1::UnitHistory history;
  history.set_printed(known->serial());
  add_moves(*reader_, *known, std::nullopt, page, history);
  return history;
}

std::optional<v1::EntryList> View::account_history(std::string_view account,
                                                   const Page& page) const {
  if (!this->account(account)) return std::nullopt;
  return entries_about(*this, key::account(account), page);
}

std::optional<v1::EntryList> View::party_history(std::string_view party, const Page& page) const {
  if (!this->party(party)) return std::nullopt;
  return entries_about(*this, key::party(party), page);
}

std::optional<v1::EntryList> View::project_history(std::string_view project,
                                                   const Page& page) const {
  if (!this->project(project)) return std::nullopt;
  return entries_about(*this, key::project(project), page);
}

v1::EntryList View::tag_publications(std::string_view partner, const Page& page) const {
  return entries_about(*this, key::tags_published(partner), page);
}

Result<v1::CreditHistory> View::credits(std::string_view account, const Page& page) const {
  const auto pseudonym = pseudonym_of(account);
  const auto stored = pseudonym.empty() ? std::nullopt : reader_->get(key::personal(pseudonym));
  if (!stored) return fail(ErrorCode::NOT_FOUND, std::string(account));
  auto place = PersonalBalance::decode(*stored).last;
  if (!page.after.empty()) {
    const auto asked = place_of(page.after);
    if (!asked || !movement_at(*this, pseudonym, *asked))
      return fail(ErrorCode::INVALID_ARGUMENT, "after: no movement of this account is there");
    place = *asked;
  }
  v1::CreditHistory history;
  const auto limit = static_cast<int>(std::clamp<std::size_t>(page.limit, 1, kHistoryPageMax));
  while (!place.is_none() && history.items_size() < limit) {
    auto found = movement_at(*this, pseudonym, place);
    if (!found)
      return fail(ErrorCode::CORRUPT, "no movement is at leaf " + std::to_string(place.leaf));
    *history.add_items() = std::move(found->credit);
    place = found->previous;
  }
  if (!place.is_none()) history.set_next(text_of(place));
  return history;
}

}  // namespace puhui::ledger
