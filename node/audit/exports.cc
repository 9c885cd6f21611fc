// Units that leave for another city, and what the terms make of them.
#include <algorithm>
#include <limits>

#include "crypto/bytes.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

const std::string kLocks = "transfer/";
constexpr int kRunsMax = 100;
constexpr auto kSerialMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::string text(const v1::ExportedRun& run) {
  return std::to_string(run.start()) + "-" + std::to_string(run.end());
}

// Serials that exist, and words that can be stored.
bool is_run(const v1::ExportedRun& run) {
  if (run.end() < run.start() || run.end() > kSerialMax) return false;
  if (run.origin_start() == 0 || run.origin_start() > kSerialMax - (run.end() - run.start()))
    return false;
  if (run.batch_start() > run.start()) return false;
  return is_code(run.batch()) && is_code(run.project()) && is_code(run.serial_code()) &&
         is_area(run.area()) && is_label(run.methodology()) && is_label(run.methodology_version());
}

// The batch of all units of a run, which were issued.
const v1::UnitBatch* batch_of(const Books& books, const v1::ExportedRun& run) {
  const auto& first = books.blocks.lower_bound(run.start())->second.batch();
  const auto& last = books.blocks.lower_bound(run.end())->second.batch();
  return first == last ? find(books.batches, first) : nullptr;
}

// The run as this city's books tell it.
v1::ExportedRun as_known(const Books& books, const v1::UnitBatch& batch,
                         const v1::ExportedRun& asked) {
  v1::ExportedRun run;
  run.set_start(asked.start());
  run.set_end(asked.end());
  run.set_origin_start(at_home(batch, asked.start(), asked.end()).start());
  run.set_serial_code(batch.serial_code());
  run.set_vintage(batch.vintage());
  const auto& issued = batch.mirrored();
  const bool is_own = !batch.has_mirrored();
  run.set_batch_start(is_own ? batch.start() : 0);
  run.set_batch(is_own ? batch.batch() : issued.batch());
  run.set_project(is_own ? batch.project() : issued.project());
  run.set_area(is_own ? books.projects.at(batch.project()).filing().area() : issued.area());
  run.set_methodology(is_own ? batch.methodology() : issued.methodology());
  run.set_methodology_version(is_own ? batch.methodology_version() : issued.methodology_version());
  return run;
}

Verdict check_run(const Books& books, const v1::Export& action, const v1::ExportedRun& run) {
  const auto* batch = batch_of(books, run);
  if (batch == nullptr) return refused(ErrorCode::RUN_DIFFERS, text(run), "units of one batch");
  const auto& own = books.genesis.city();
  const auto& issuer = batch->has_mirrored() ? batch->mirrored().city() : own;
  const auto& wanted = action.is_return() ? action.partner() : own;
  if (issuer != wanted)
    return refused(ErrorCode::UNITS_FOREIGN, text(run), "issued by " + wanted,
                   "issued by " + issuer);
  const auto known = as_known(books, *batch, run);
  if (known.SerializeAsString() == run.SerializeAsString()) return {};
  return refused(ErrorCode::RUN_DIFFERS, text(run), known.ShortDebugString(),
                 run.ShortDebugString());
}

Verdict may_leave(Case& at, const v1::Export& action) {
  v1::AgreementRecord* record = nullptr;
  if (auto bad = find_agreement(at, action.partner(), record)) return bad;
  if (auto bad = need_in_force(at, action.partner(), *record)) return bad;
  // Units issued here may have gone to any partner, as its list will tell.
  if (!action.is_return())
    if (auto bad = need_all_lists(at)) return bad;
  const auto& agreement = *last_begun(at, action.partner());
  if (auto bad = need_version(agreement.version(), action.agreement_version())) return bad;
  if (action.answer_within() != agreement.answer_within())
    return refused(ErrorCode::AGREEMENT_VERSION, "answer_within",
                   std::to_string(agreement.answer_within()),
                   std::to_string(action.answer_within()));
  if (!is_name(action.to())) return malformed("to");
  if (auto bad = check_export(action)) return bad;
  if (auto bad = find_no_buffer(at, action.from())) return bad;
  return need_unrestrained(at.books, at.books.accounts.at(action.from()).owner());
}

v1::TransferRecord lock(const Case& at, const v1::Export& action) {
  const auto& payload = at.leaf.payload;
  v1::TransferRecord record;
  record.set_transfer(transfer_id(at.books.lineage, payload));
  record.set_state(v1::TRANSFER_LOCKED);
  *record.mutable_export_() = action;
  record.set_city(at.books.genesis.city());
  record.set_party(payload.party());
  record.set_exported_time(at.now);
  record.set_deadline(at.now + action.answer_within());
  record.set_recorded_at(as_leaf(at));
  record.set_amount_kg(kilograms(action));
  return record;
}

}  // namespace

std::string transfer_id(const std::string& lineage, const v1::Payload& exporting) {
  return std::string(crypto::sha256(lineage + exporting.party() + exporting.event_id()).view());
}

std::string transfer_id(const std::string& lineage, const v1::TransferSettlement& settlement) {
  return std::string(crypto::sha256(lineage + settlement.party() + settlement.event_id()).view());
}

std::string lock_of(const std::string& transfer) {
  return kLocks + crypto::Digest::from_bytes(transfer)->hex();
}

bool is_locked(const v1::UnitBlock& block) { return block.bound_by().starts_with(kLocks); }

bool is_on_its_way(const Books& books, const v1::UnitBlock& block, const std::string& city) {
  if (block.state() != v1::HELD || !is_locked(block)) return false;
  const auto id = crypto::hex_decode(block.bound_by().substr(std::string_view(kLocks).size()));
  return books.transfers.at(*id).export_().partner() == city;
}

std::int64_t kilograms(const v1::ExportedRun& run) {
  return static_cast<std::int64_t>(run.end() - run.start() + 1);
}

std::int64_t kilograms(const v1::Export& exported) {
  std::int64_t sum = 0;
  for (const auto& run : exported.runs()) sum += kilograms(run);
  return sum;
}

Verdict check_export(const v1::Export& exported) {
  const auto& runs = exported.runs();
  if (exported.answer_within() < 1 || exported.answer_within() > kAgreedMax)
    return malformed("answer_within");
  if (runs.empty()) return malformed("no runs");
  if (runs.size() > kRunsMax)
    return refused(ErrorCode::TOO_LARGE, "runs", std::to_string(kRunsMax),
                   std::to_string(runs.size()));
  std::uint64_t last = 0;
  std::map<std::uint64_t, std::uint64_t> at_issuer;  // start → end
  for (const auto& run : runs) {
    if (!is_run(run) || run.start() <= last) return malformed("runs");
    if (!exported.is_return() && run.origin_start() != run.start())
      return refused(ErrorCode::UNITS_FOREIGN, "units issued here", std::to_string(run.start()),
                     std::to_string(run.origin_start()));
    if (!at_issuer.emplace(run.origin_start(), origin_end(run)).second) return malformed("runs");
    last = run.end();
  }
  last = 0;
  for (const auto& [start, end] : at_issuer) {
    if (start <= last) return malformed("runs that meet");
    last = end;
  }
  return {};
}

const v1::Equivalence* equivalent(const v1::RecognitionTerms& terms, const v1::ExportedRun& run) {
  for (const auto& each : terms.methodologies()) {
    if (each.methodology() != run.methodology()) continue;
    const auto& versions = each.versions();
    const auto is_meant = [&](const std::string& some) {
      return is_of(some, run.methodology_version());
    };
    const bool is_covered = versions.empty() || std::ranges::any_of(versions, is_meant);
    return is_covered ? &each : nullptr;
  }
  return nullptr;
}

Recognised recognised(const v1::Export& exported, const v1::Agreement& agreement) {
  const auto sent_kg = kilograms(exported);
  if (exported.is_return()) return {sent_kg, {}};
  Recognised part;
  if (const auto* terms = terms_of(agreement, exported.partner()))
    if (const auto exact = multiply(*read_number(terms->discount()), Exact(sent_kg)))
      part.kg = static_cast<std::int64_t>(floor_of(*exact));
  auto passed_kg = std::int64_t{0};
  for (const auto& run : exported.runs()) {
    const auto kept_kg = std::clamp<std::int64_t>(part.kg - passed_kg, 0, kilograms(run));
    passed_kg += kilograms(run);
    if (kept_kg == kilograms(run)) continue;
    auto* rest = part.discounted.Add();
    rest->set_start(run.origin_start() + static_cast<std::uint64_t>(kept_kg));
    rest->set_end(origin_end(run));
  }
  return part;
}

Verdict fill_recognised(const Case& at, const std::string& partner, v1::TransferRecord& record,
                        const v1::Agreement*& version) {
  const auto& exported = record.export_();
  if (auto bad = find_version(at, partner, exported.agreement_version(), version)) return bad;
  const auto part = recognised(exported, *version);
  record.set_recognised_kg(part.kg);
  *record.mutable_discounted() = part.discounted;
  return {};
}

Verdict need_stated(const v1::TransferRecord& record, const v1::Import& answer) {
  const auto same = [](const v1::SerialRange& a, const v1::SerialRange& b) {
    return a.start() == b.start() && a.end() == b.end();
  };
  if (answer.recognised_kg() == record.recognised_kg() &&
      std::ranges::equal(answer.discounted(), record.discounted(), same))
    return {};
  return refused(ErrorCode::DISCOUNT_DIFFERS, "recognised",
                 std::to_string(record.recognised_kg()) + " kg",
                 std::to_string(answer.recognised_kg()) + " kg");
}

Verdict check_terms(const v1::Export& exported, const v1::Agreement& agreement) {
  if (exported.is_return()) return {};
  const auto* terms = terms_of(agreement, exported.partner());
  if (terms == nullptr)
    return refused(ErrorCode::AGREEMENT_STANDING, exported.partner(), "terms by which it takes",
                   "none");
  for (const auto& run : exported.runs()) {
    if (equivalent(*terms, run) == nullptr)
      return refused(ErrorCode::METHODOLOGY_NOT_EQUIVALENT, text(run), "one of the agreement",
                     run.methodology() + " " + run.methodology_version());
    if (run.vintage() < terms->vintage_from() || run.vintage() > terms->vintage_to())
      return refused(
          ErrorCode::VINTAGE_NOT_RECOGNISED, text(run),
          std::to_string(terms->vintage_from()) + " to " + std::to_string(terms->vintage_to()),
          std::to_string(run.vintage()));
  }
  if (recognised(exported, agreement).kg > 0) return {};
  return refused(ErrorCode::DISCOUNT_ZERO, terms->discount(), "1 kg or more",
                 std::to_string(kilograms(exported)) + " kg sent");
}

Verdict export_units(Case& at, const v1::Export& action) {
  if (auto bad = may_leave(at, action)) return bad;
  need_signers(at, "export", holder_of(at, action.from(), kilograms(action)));
  Ranges ranges;
  for (const auto& run : action.runs()) {
    auto* range = ranges.Add();
    range->set_start(run.start());
    range->set_end(run.end());
  }
  Pieces pieces;
  if (auto bad = plan(at, action.from(), {ranges, 0}, pieces)) return bad;
  if (pieces.size() > static_cast<std::size_t>(kRunsMax))
    return refused(ErrorCode::TOO_LARGE, "pieces of serials", std::to_string(kRunsMax));
  const auto transfer = lock(at, action);
  if (const auto* known = find(at.books.transfers, transfer.transfer()))
    return refused(ErrorCode::TRANSFER_STATE_WRONG, "sent before it was lost", "a new one",
                   v1::TransferState_Name(known->state()));
  for (const auto& run : action.runs())
    if (auto bad = check_run(at.books, action, run)) return bad;
  if (auto bad = check_terms(action, *last_begun(at, action.partner()))) return bad;
  for (const auto& piece : pieces) take_part(at, piece);
  for (const auto& piece : pieces) give(at, piece, action.from(), lock_of(transfer.transfer()));
  keep(at, transfer);
  return {};
}

}  // namespace puhui::node::audit
