// What lies between this city and its partners: agreements, their logs, transfers, what was noted
// of them; the life of a unit across cities; units in the order in which they are offered.
#include "ledger/recognition.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/signers.h"
#include "ledger/views/stored.h"

namespace puhui::ledger {
namespace {

std::string own_lineage(const Reader& reader) {
  return reader.get(key::lineage()).value_or(std::string());
}

// ---- Transfers that a leaf is about ----

// The id of an export in this city's own ledger, by its entry.
std::string own_transfer(const View& view, std::string_view entry) {
  const auto event = read_foreign(entry, view.genesis()->city());
  if (!event || !event->payload.has_export_()) return {};
  return std::string(transfer_id(own_lineage(view.reader()), event->payload).view());
}

std::string partners_transfer(const View& view, const v1::ProvenLeaf& leaf) {
  const auto log = view.partner(leaf.city());
  const auto event = read_foreign(leaf.entry(), leaf.city());
  if (!log || !event) return {};
  return std::string(transfer_id(log->side().lineage(), event->payload).view());
}

std::string concluded_transfer(const View& view, const v1::ConcludeTransfer& action) {
  const auto answer = answer_of(action);
  if (!answer) return {};
  const auto lineage = own_lineage(view.reader());
  return answered_transfer(answer->payload, {view.genesis()->city(), lineage})
      .value_or(std::string());
}

// The transfer between cities that the leaf moved units for; empty if there is none.
std::string transfer_at(const View& view, std::uint64_t leaf) {
  const auto shown = view.entry_view(leaf);
  const auto& payload = shown.payload();
  if (const auto* action = settlement_in(payload); action != nullptr) {
    // It moves units where they were sent from.
    const auto settlement = read_settlement(action->settlement());
    if (!settlement) return {};
    return std::string(transfer_id(own_lineage(view.reader()), *settlement).view());
  }
  switch (payload.action_case()) {
    case v1::Payload::kExport:
      return own_transfer(view, shown.entry());
    case v1::Payload::kImport:
      return partners_transfer(view, payload.import().export_());
    case v1::Payload::kConcludeTransfer:
      return concluded_transfer(view, payload.conclude_transfer());
    default:
      return {};
  }
}

// ---- Retirements of a partner's units ----

// The serials of a retirement that the city issued, as it numbers them.
SerialRanges retired_of(const View& view, const v1::Retirement& retirement, std::string_view city) {
  return issued_by(
      city, retirement.serials(), [&view](std::uint64_t serial) { return view.serial(serial); },
      [&view](const std::string& batch) { return view.batch(batch); });
}

// Whether something of this retirement is the city's; then the item says what.
bool describe_retired(const View& view, const v1::Retirement& retirement, const std::string& city,
                      v1::ForeignRetirement& item) {
  const auto serials = retired_of(view, retirement, city);
  if (serials.empty()) return false;
  const auto leaf = static_cast<std::uint64_t>(retirement.retired_at());
  auto& statement = *item.mutable_statement();
  statement.set_home(city);
  statement.set_retirement(leaf);
  *statement.mutable_serials() = serials;
  statement.set_purpose(retirement.retirement().purpose());
  statement.set_beneficiary(retirement.retirement().beneficiary());
  item.set_time(retirement.time());
  if (const auto stated = view.reader().get(key::stated(city, leaf)))
    item.set_stated_at(static_cast<std::int64_t>(crypto::read_u64(*stated)));
  return true;
}

// ---- Units as they are offered ----

struct Offered {
  std::string order;  // rank of its area ‖ priority class ‖ first serial, big-endian
  v1::UnitBlock block;
};

std::string order_of(const v1::UnitBlock& block, const v1::UnitBatch& batch, const Areas& areas) {
  std::uint32_t rank = 0;
  while (rank < areas.size() && !block.area().starts_with(areas[rank])) ++rank;
  std::string order;
  crypto::append_u32(order, rank);
  crypto::append_u32(order, batch.has_mirrored() ? batch.mirrored().priority() : 0);
  crypto::append_u64(order, block.start());
  return order;
}

}  // namespace

std::string printed_units(const v1::UnitBatch& batch, std::uint64_t start, std::uint64_t end) {
  std::string_view named = batch.serial();
  for (int i = 0; i < 2; ++i) named = named.substr(0, named.rfind('-'));
  const auto range = at_home(batch, start, end);
  return std::string(named) + "-" + std::to_string(range.start()) + "-" +
         std::to_string(range.end());
}

v1::UnitBlock View::described(v1::UnitBlock block) const {
  const auto batch = this->batch(block.batch());
  assert(batch && "a block names a batch that is not stored");
  block.set_printed(printed_units(*batch, block.start(), block.end()));
  if (batch->has_mirrored()) {
    block.set_area(batch->mirrored().area());
  } else if (const auto project = this->project(batch->project())) {
    block.set_area(project->filing().area());
  }
  return block;
}

Result<v1::UnitBlockList> View::units_by_area(std::string_view account, const Areas& areas,
                                              const Page& page) const {
  v1::UnitBlockList list;
  const auto after = crypto::hex_decode(page.after);
  if (!after) return fail(ErrorCode::INVALID_ARGUMENT, "after");
  if (!is_name(account)) return list;
  std::vector<Offered> offered;
  auto visits_left = kPageVisitsMax;
  reader_->scan(key::holdings(account), key::holdings(account), [&](auto, std::string_view end) {
    auto stored = find<v1::UnitBlock>(*reader_, key::block(crypto::read_u64(end)));
    assert(stored && "a holding names a block that is not stored");
    auto block = described(std::move(*stored));
    auto order = order_of(block, *batch(block.batch()), areas);
    if (order > *after) offered.push_back({std::move(order), std::move(block)});
    return --visits_left > 0;
  });
  std::ranges::sort(offered, {}, &Offered::order);
  const auto limit = std::clamp<std::size_t>(page.limit, 1, kPageLimitMax);
  for (std::size_t i = 0; i < std::min(limit, offered.size()); ++i)
    *list.add_items() = std::move(offered[i].block);
  if (offered.size() > limit) list.set_next(crypto::hex_encode(offered[limit - 1].order));
  return list;
}

v1::CitySide View::side() const {
  v1::CitySide side;
  const auto genesis = this->genesis();
  if (!genesis) return side;
  side.set_city(genesis->city());
  side.set_lineage(own_lineage(*reader_));
  reader_->scan("vP", "vP", [&](auto, std::string_view stored) {
    const auto party = parse<v1::Party>(stored);
    if (!acts_for_city(party, v1::AUTHORITY, head_.time)) return true;
    for (const auto& id : party.key_ids())
      if (const auto known = key(id)) side.add_authority()->set_public_key(known->public_key());
    return true;
  });
  return side;
}

std::optional<v1::AgreementRecord> View::agreement(std::string_view city) const {
  return find<v1::AgreementRecord>(*reader_, key::agreement(city));
}

v1::AgreementList View::agreements(const Page& page) const {
  return list_of<v1::AgreementList>(*reader_, key::agreement(""), page);
}

v1::AgreementVersionList View::agreement_versions(std::string_view city, const Page& page) const {
  return list_of<v1::AgreementVersionList>(*reader_, key::agreement_versions(city), page);
}

std::optional<v1::PartnerLog> View::partner(std::string_view city) const {
  return find<v1::PartnerLog>(*reader_, key::partner(city));
}

v1::PartnerLogList View::partners(const Page& page) const {
  return list_of<v1::PartnerLogList>(*reader_, key::partner(""), page);
}

std::optional<v1::TransferRecord> View::transfer(std::string_view id) const {
  return find<v1::TransferRecord>(*reader_, key::transfer(id));
}

v1::TransferList View::transfers(const TransferFilter& filter, const Page& page) const {
  v1::TransferList list;
  list.set_next(
      page_of(*reader_, key::transfer(""), page, [&](const std::string&, std::string_view stored) {
        auto record = parse<v1::TransferRecord>(stored);
        const bool is_between = filter.partner.empty() || record.city() == filter.partner ||
                                record.export_().partner() == filter.partner;
        const bool is_so =
            filter.state == v1::TRANSFER_STATE_UNSPECIFIED || record.state() == filter.state;
        if (!is_between || !is_so) return false;
        *list.add_items() = std::move(record);
        return true;
      }));
  return list;
}

std::optional<v1::ForeignProject> View::foreign_project(std::string_view city,
                                                        std::string_view project) const {
  return find<v1::ForeignProject>(*reader_, key::foreign_project(city, project));
}

v1::ForeignProjectList View::foreign_projects(std::string_view city, const Page& page) const {
  return list_of<v1::ForeignProjectList>(*reader_, key::foreign_projects(city), page);
}

v1::NotedLeafList View::recalls_noted(std::string_view city, const Page& page) const {
  v1::NotedLeafList list;
  const auto add = [&list](std::string_view leaf, std::string_view noted_at) {
    auto* item = list.add_items();
    item->set_epoch(crypto::read_u32(leaf));
    item->set_leaf(crypto::read_u64(leaf.substr(4)));
    item->set_noted_at(static_cast<std::int64_t>(crypto::read_u64(noted_at)));
    return true;
  };
  list.set_next(page_of(*reader_, key::recalls_noted(city), page, add));
  return list;
}

v1::ForeignRetirementList View::foreign_retirements(const std::string& city,
                                                    const Page& page) const {
  v1::ForeignRetirementList list;
  list.set_next(page_of(*reader_, "vZ", page, [&](const std::string&, std::string_view stored) {
    v1::ForeignRetirement item;
    if (!describe_retired(*this, parse<v1::Retirement>(stored), city, item)) return false;
    *list.add_items() = std::move(item);
    return true;
  }));
  return list;
}

std::optional<v1::UnitLineage> View::lineage(std::uint64_t serial, const Page& page) const {
  auto history = this->history(serial, page);
  if (!history) return std::nullopt;
  v1::UnitLineage lineage;
  auto block = this->serial(serial);
  const auto batch = this->batch(block->batch());
  lineage.set_city(genesis()->city());
  lineage.set_serial(serial);
  lineage.set_printed(history->printed());
  lineage.set_issued_by(batch->has_mirrored() ? batch->mirrored().city() : lineage.city());
  lineage.set_origin_serial(at_home(*batch, serial, serial).start());
  if (batch->has_mirrored()) *lineage.mutable_mirrored() = batch->mirrored();
  *lineage.mutable_now() = std::move(*block);
  for (auto& move : *history->mutable_moves()) {
    auto* step = lineage.add_steps();
    step->set_transfer(transfer_at(*this, static_cast<std::uint64_t>(move.leaf())));
    *step->mutable_move() = std::move(move);
  }
  lineage.set_next(history->next());
  return lineage;
}

}  // namespace puhui::ledger
