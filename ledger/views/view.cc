#include "ledger/views/view.h"

#include <algorithm>
#include <cassert>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "ledger/event.h"
#include "ledger/personal.h"
#include "ledger/store/keys.h"
#include "ledger/store/map_pages.h"
#include "ledger/views/stored.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kHeadSize = 16 + 2 * crypto::Digest::kSize;

}  // namespace

std::string encode_head(const Head& head) {
  std::string bytes;
  crypto::append_u64(bytes, head.size);
  crypto::append_u64(bytes, static_cast<std::uint64_t>(head.time));
  bytes += head.root.view();
  bytes += head.digest.view();
  return bytes;
}

Result<Head> decode_head(const std::optional<std::string>& stored) {
  if (!stored) return Head{0, crypto::empty_root(), 0, {}};
  if (stored->size() != kHeadSize) return fail(ErrorCode::CORRUPT, "head");
  const std::string_view bytes = *stored;
  return Head{crypto::read_u64(bytes),
              *crypto::Digest::from_bytes(bytes.substr(16, crypto::Digest::kSize)),
              static_cast<Micros>(crypto::read_u64(bytes.substr(8))),
              *crypto::Digest::from_bytes(bytes.substr(16 + crypto::Digest::kSize))};
}

View::View(std::unique_ptr<Reader> reader, const Head& head, std::shared_ptr<TileCache> tiles)
    : reader_(std::move(reader)), head_(head), nodes_(*reader_, std::move(tiles)) {}

std::string View::entry(std::uint64_t leaf) const {
  auto bytes = reader_->get(key::entry(leaf));
  assert(leaf < head_.size && bytes && "an entry below the size is missing");
  assert(nodes_.nodes()(0, leaf) == crypto::leaf_hash(*bytes) &&
         "an entry is not the one its hash tile names: see puhui scrub and puhui repair");
  return std::move(*bytes);
}

std::optional<std::string> View::attachment(std::uint64_t leaf) const {
  return reader_->get(key::attachment(leaf));
}

v1::EntryView View::entry_view(std::uint64_t leaf) const {
  v1::EntryView shown;
  shown.set_position(static_cast<std::int64_t>(leaf));
  shown.set_entry(entry(leaf));
  const auto decoded = decode_entry(shown.entry());
  assert(decoded && "a stored entry does not decode");
  shown.set_time(decoded->time);
  shown.set_kind(std::string(kind_name(decoded->kind)));
  if (decoded->kind != EntryKind::event) return shown;
  const auto envelope = crypto::decode_envelope(decoded->body);
  assert(envelope && "a stored envelope does not decode");
  *shown.mutable_payload() = parse<v1::Payload>(envelope->payload);
  for (const auto& signature : envelope->signatures) shown.add_signers(signature.key_id.hex());
  return shown;
}

std::optional<std::string> View::tile(const crypto::Tile& tile) const {
  if (!crypto::tile_exists(tile, head_.size)) return std::nullopt;
  if (tile.kind == crypto::Tile::Kind::hashes) {
    auto bytes = reader_->get(key::tile(tile.level, tile.index));
    assert(bytes && bytes->size() >= tile.width * crypto::Digest::kSize);
    bytes->resize(tile.width * crypto::Digest::kSize);
    return bytes;
  }
  std::string bundle;
  for (unsigned i = 0; i < tile.width; ++i)
    crypto::append_to_bundle(bundle, entry(tile.index * crypto::kTileWidth + i));
  return bundle;
}

crypto::Digest View::root_at(std::uint64_t size) {
  assert(size <= head_.size);
  return size == head_.size ? head_.root : crypto::root_at(size, nodes_.nodes());
}

std::vector<crypto::Digest> View::inclusion_proof(std::uint64_t leaf, std::uint64_t size) {
  assert(leaf < size && size <= head_.size);
  return crypto::inclusion_proof(leaf, size, nodes_.nodes());
}

std::vector<crypto::Digest> View::consistency_proof(std::uint64_t old_size,
                                                    std::uint64_t new_size) {
  assert(old_size <= new_size && new_size <= head_.size);
  return crypto::consistency_proof(old_size, new_size, nodes_.nodes());
}

std::optional<v1::RecordProof> View::record_proof(std::uint64_t leaf, std::uint32_t record) const {
  const auto bytes = attachment(leaf);
  if (!bytes) return std::nullopt;
  const auto records = split_records(*bytes);
  assert(records && "a stored attachment does not split");
  if (record >= records->size()) return std::nullopt;
  std::vector<crypto::Digest> leaves;
  leaves.reserve(records->size());
  for (const auto one : *records) leaves.push_back(crypto::leaf_hash(one));
  const auto nodes = [&leaves](unsigned level, std::uint64_t index) {
    const auto width = std::size_t{1} << level;
    return crypto::root_of(std::span(leaves).subspan(index * width, width));
  };
  v1::RecordProof proof;
  proof.set_record(std::string((*records)[record]));
  proof.set_index(record);
  proof.set_count(static_cast<std::uint32_t>(leaves.size()));
  proof.set_root(std::string(crypto::root_of(leaves).view()));
  for (const auto& hash : crypto::inclusion_proof(record, leaves.size(), nodes))
    proof.add_path(std::string(hash.view()));
  proof.set_leaf(static_cast<std::int64_t>(leaf));
  return proof;
}

std::optional<std::uint64_t> View::gap() const {
  const auto stored = reader_->get(key::meta("gap"));
  return stored ? std::optional(crypto::read_u64(*stored)) : std::nullopt;
}

std::optional<std::uint64_t> View::last_state_root() const {
  return gap() ? std::nullopt : state_root_before(head_.size);
}

std::optional<std::uint64_t> View::state_root_before(std::uint64_t size) const {
  const auto genesis = this->genesis();
  if (!genesis || size < genesis->state_root_interval()) return std::nullopt;
  return size - size % genesis->state_root_interval() - 1;
}

v1::StateProof View::state_proof(std::string_view key) const {
  v1::StateProof proof;
  proof.set_key(std::string(key));
  const auto noted = value_at_root(*reader_, key);
  const auto value = noted ? *noted : reader_->get(key);
  if (value && is_mapped(key, *value)) proof.set_value(*value);
  const auto path = stored_map_proof(*reader_, key);
  for (const auto& sibling : path.siblings) proof.add_siblings(std::string(sibling.view()));
  if (path.other) {
    proof.set_other_key(std::string(path.other->key.view()));
    proof.set_other_value(std::string(path.other->value.view()));
  }
  return proof;
}

std::optional<std::string> View::state_key_of_serial(std::uint64_t serial) const {
  const auto from = key::block(serial);
  std::optional<Found> block;
  reader_->scan("vU", from, [&](std::string_view key, std::string_view value) {
    if (reader_->get(key::changed(key))) return true;
    block = Found{std::string(key), std::string(value)};
    return false;
  });
  const auto read = read_notes(*reader_, from, [&block](const Note& note) {
    const bool comes_first = note.key.starts_with("vU") && (!block || note.key < block->key);
    if (!comes_first || !note.value) return comes_first;
    block = Found{std::string(note.key), std::string(*note.value)};
    return false;
  });
  assert(read && "stored notes of changed keys do not decode");
  if (!block || parse<v1::UnitBlock>(block->value).start() > serial) return std::nullopt;
  return std::move(block->key);
}

std::optional<v1::Genesis> View::genesis() const {
  return find<v1::Genesis>(*reader_, key::genesis());
}

v1::Totals View::totals() const {
  return find<v1::Totals>(*reader_, key::totals()).value_or(v1::Totals());
}

v1::RuleSetList View::rules(const Page& page) const {
  return list_of<v1::RuleSetList>(*reader_, "vR", page);
}

std::optional<v1::Proposal> View::proposal(std::string_view proposal) const {
  return find<v1::Proposal>(*reader_, key::proposal(proposal));
}

v1::ProposalList View::proposals(const Page& page) const {
  return list_of<v1::ProposalList>(*reader_, "vV", page);
}

std::optional<v1::Filing> View::filing(std::string_view filing) const {
  return find<v1::Filing>(*reader_, key::filing(filing));
}

v1::FilingList View::filings(const Page& page) const {
  return list_of<v1::FilingList>(*reader_, "vf", page);
}

v1::EtsYearList View::ets_years(const Page& page) const {
  return list_of<v1::EtsYearList>(*reader_, key::ets_years(), page);
}

v1::EtsFirmList View::ets_firms(std::uint32_t year, const Page& page) const {
  return list_of<v1::EtsFirmList>(*reader_, key::ets_firm(year, ""), page);
}

std::optional<v1::RecallRecord> View::recall(std::uint64_t leaf) const {
  return find<v1::RecallRecord>(*reader_, key::recall(leaf));
}

v1::RecallRecordList View::recalls(const Page& page) const {
  return list_of<v1::RecallRecordList>(*reader_, "vl", page);
}

std::optional<v1::Bond> View::bond(std::string_view bond) const {
  return find<v1::Bond>(*reader_, key::bond(bond));
}

v1::BondList View::bonds(const Page& page) const {
  return list_of<v1::BondList>(*reader_, "vh", page);
}

std::optional<v1::Case> View::retirement_case(std::string_view name) const {
  return find<v1::Case>(*reader_, key::retirement_case(name));
}

v1::CaseList View::retirement_cases(const Page& page) const {
  return list_of<v1::CaseList>(*reader_, "vc", page);
}

std::optional<v1::Certificate> View::certificate(std::string_view certificate) const {
  return find<v1::Certificate>(*reader_, key::certificate(certificate));
}

std::optional<v1::LoanReference> View::loan(std::string_view loan) const {
  return find<v1::LoanReference>(*reader_, key::loan(loan));
}

v1::TradeDayList View::trade_days(const Page& page) const {
  auto days = list_of<v1::TradeDayList>(*reader_, "vt", page);
  for (auto& day : *days.mutable_items()) {
    // Cents per tonne × kilograms, over the kilograms; a day is stored with its first trade.
    const auto whole = day.turnover_millicents() / day.volume_kg();
    const auto rest = day.turnover_millicents() % day.volume_kg();
    day.set_average_cents_per_tonne(whole + (rest >= day.volume_kg() - rest ? 1 : 0));
  }
  return days;
}

std::optional<v1::Party> View::party(std::string_view party) const {
  return find<v1::Party>(*reader_, key::party(party));
}

v1::PartyList View::parties(const Page& page) const {
  return list_of<v1::PartyList>(*reader_, "vP", page);
}

std::optional<v1::KeyRecord> View::key(std::string_view key_id) const {
  return find<v1::KeyRecord>(*reader_, key::public_key(key_id));
}

v1::NodeList View::nodes(const Page& page) const {
  return list_of<v1::NodeList>(*reader_, "vN", page);
}

std::optional<v1::MethodologyRecord> View::methodology(std::string_view code,
                                                       std::string_view version) const {
  return find<v1::MethodologyRecord>(*reader_, key::methodology(code, version));
}

v1::MethodologyList View::methodologies(const Page& page) const {
  return list_of<v1::MethodologyList>(*reader_, "vM", page);
}

std::optional<v1::Project> View::project(std::string_view project) const {
  return find<v1::Project>(*reader_, key::project(project));
}

v1::ProjectList View::projects(const Page& page) const {
  return list_of<v1::ProjectList>(*reader_, "vJ", page);
}

std::optional<v1::Report> View::report(std::string_view report) const {
  return find<v1::Report>(*reader_, key::report(report));
}

v1::ReportList View::reports(const Page& page) const {
  return list_of<v1::ReportList>(*reader_, "vW", page);
}

std::optional<v1::UnitBatch> View::batch(std::string_view batch) const {
  return find<v1::UnitBatch>(*reader_, key::batch(batch));
}

v1::UnitBatchList View::batches(const Page& page) const {
  return list_of<v1::UnitBatchList>(*reader_, "vB", page);
}

std::optional<v1::Account> View::account(std::string_view account) const {
  const auto pseudonym = pseudonym_of(account);
  if (pseudonym.empty())
    return is_name(account) ? find<v1::Account>(*reader_, key::account(account)) : std::nullopt;
  const auto stored = reader_->get(key::personal(pseudonym));
  if (!stored) return std::nullopt;
  const auto balance = PersonalBalance::decode(*stored);
  v1::Account shown;
  shown.set_account(std::string(account));
  shown.set_kind(v1::ACCOUNT_PERSONAL);
  shown.set_opened_at(static_cast<std::int64_t>(balance.opened_at));
  shown.set_credits_held_g(std::max<std::int64_t>(0, balance.grams));
  shown.set_credits_owed_g(std::max<std::int64_t>(0, -balance.grams));
  return shown;
}

v1::UnitBlockList View::units(std::string_view account, const Page& page) const {
  v1::UnitBlockList list;
  if (!is_name(account)) return list;
  list.set_next(page_of(
      *reader_, key::holdings(account), page, [&](const std::string&, std::string_view end) {
        const auto block = find<v1::UnitBlock>(*reader_, key::block(crypto::read_u64(end)));
        assert(block && "a holding names a block that is not stored");
        *list.add_items() = described(*block);
        return true;
      }));
  return list;
}

std::optional<v1::UnitBlock> View::serial(std::uint64_t serial) const {
  std::optional<v1::UnitBlock> block;
  reader_->scan("vU", key::block(serial), [&block](std::string_view, std::string_view value) {
    block = parse<v1::UnitBlock>(value);
    return false;
  });
  if (block && block->start() > serial) return std::nullopt;
  return block;
}

v1::RetirementList View::retirements(const Page& page) const {
  return list_of<v1::RetirementList>(*reader_, "vZ", page);
}

std::optional<v1::SubmissionResult> View::outcome(std::string_view party,
                                                  std::string_view event_id) const {
  if (const auto accepted = find<v1::AcceptedOutcome>(*reader_, key::accepted(party, event_id)))
    return accepted_result(accepted->outcome(), static_cast<std::uint64_t>(accepted->leaf()),
                           accepted->time());
  const auto refused = find<v1::RefusedOutcome>(*reader_, key::refused(party, event_id));
  if (refused && refused->valid_until() >= head_.time) return refused_result(refused->outcome());
  return std::nullopt;
}

namespace {

v1::SubmissionResult result_of(v1::Decision decision, ErrorCode code) {
  v1::SubmissionResult result;
  result.set_decision(decision);
  result.set_code(std::string(code_name(code)));
  result.set_message_en(std::string(code_text_en(code)));
  result.set_message_zh(std::string(code_text_zh(code)));
  return result;
}

}  // namespace

v1::SubmissionResult accepted_result(const v1::Outcome& outcome, std::uint64_t leaf, Micros time) {
  auto result = result_of(v1::ACCEPTED, ErrorCode::OK);
  *result.mutable_outcome() = outcome;
  result.set_position(static_cast<std::int64_t>(leaf));
  result.set_time(time);
  return result;
}

v1::SubmissionResult refused_result(const v1::Outcome& outcome) {
  auto result = result_of(v1::REFUSED, outcome.code());
  *result.mutable_outcome() = outcome;
  return result;
}

v1::SubmissionResult failed_result(const Error& error) {
  auto result = result_of(v1::FAILED, error.code);
  result.set_detail(error.detail);
  return result;
}

}  // namespace puhui::ledger
