#include "node/cli/runs.h"

#include <algorithm>
#include <map>

#include "ledger/recognition.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {
namespace {

using Runs = google::protobuf::RepeatedPtrField<v1::ExportedRun>;

constexpr int kPartsMax = 10'000;

// Describes units batch by batch; asks for each batch once.
class Describer {
 public:
  Describer(Session& session, std::string issuer) : session_(session), issuer_(std::move(issuer)) {}

  // What the ledger says of these units of a batch; nothing if another city issued them.
  Result<std::optional<v1::ExportedRun>> run(const std::string& code, std::uint64_t start,
                                             std::uint64_t end) {
    const auto batch = batch_of(code);
    if (!batch) return tl::make_unexpected(batch.error());
    const auto& [known, area] = **batch;
    if (known.mirrored().city() != issuer_) return std::optional<v1::ExportedRun>();
    v1::SerialRange here;
    here.set_start(start);
    here.set_end(end);
    return std::optional(ledger::run_of(known, here, area));
  }

 private:
  // A batch, and the area of its project if it was issued here.
  using Known = std::pair<v1::UnitBatch, std::string>;

  Result<const Known*> batch_of(const std::string& code) {
    if (const auto known = batches_.find(code); known != batches_.end()) return &known->second;
    auto batch = session_.get<v1::UnitBatch>({"v1", "batches", code});
    if (!batch) return tl::make_unexpected(batch.error());
    std::string area;
    if (!batch->has_mirrored() && issuer_.empty()) {
      const auto project = session_.get<v1::Project>({"v1", "projects", batch->project()});
      if (!project) return tl::make_unexpected(project.error());
      area = project->filing().area();
    }
    return &batches_.emplace(code, Known(std::move(*batch), std::move(area))).first->second;
  }

  Session& session_;
  const std::string issuer_;  // empty: this city
  std::map<std::string, Known> batches_;
};

Result<void> append(const v1::ExportedRun& run, Runs& runs) {
  auto* last = runs.empty() ? nullptr : runs.Mutable(runs.size() - 1);
  if (last != nullptr && last->batch() == run.batch() && last->end() + 1 == run.start() &&
      last->origin_start() + (last->end() - last->start()) + 1 == run.origin_start()) {
    last->set_end(run.end());
    return {};
  }
  if (runs.size() == ledger::kRunsMax)
    return fail(ErrorCode::TOO_LARGE, "more than " + std::to_string(ledger::kRunsMax) +
                                          " runs of serials: send them in parts");
  *runs.Add() = run;
  return {};
}

// Hands the free blocks of an account to `take`, lowest serials first, until it has enough.
template <class Take>
Result<void> each_block(Session& session, const std::string& account, Take take) {
  std::string after;
  for (int part = 0; part < kPartsMax; ++part) {
    Query query{{"limit", "1000"}};
    if (!after.empty()) query.emplace_back("after", after);
    const auto list =
        session.get<v1::UnitBlockList>({"v1", "accounts", account, "units"}, std::move(query));
    if (!list) return tl::make_unexpected(list.error());
    for (const auto& block : list->items()) {
      const Result<bool> goes_on = take(block);
      if (!goes_on) return tl::make_unexpected(goes_on.error());
      if (!*goes_on) return {};
    }
    after = list->next();
    if (after.empty()) return {};
  }
  return fail(ErrorCode::CORRUPT, "the list the node answers has no end");
}

tl::unexpected<Error> not_held(const UnitsSent& sent, std::int64_t lacking_kg) {
  return fail(ErrorCode::INVALID_ARGUMENT, sent.account + " holds " + std::to_string(lacking_kg) +
                                               " kg too little of such units that are free to go");
}

// The lowest serials that may go.
Result<Runs> runs_of_amount(Session& session, const UnitsSent& sent, Describer& describer) {
  Runs runs;
  auto left_kg = sent.amount_kg;
  auto read = each_block(session, sent.account, [&](const v1::UnitBlock& block) -> Result<bool> {
    const auto held_kg = static_cast<std::int64_t>(block.end() - block.start() + 1);
    const auto taken_kg = std::min(left_kg, held_kg);
    const auto run = describer.run(block.batch(), block.start(),
                                   block.start() + static_cast<std::uint64_t>(taken_kg) - 1);
    if (!run) return tl::make_unexpected(run.error());
    if (!*run) return true;
    if (auto added = append(**run, runs); !added) return tl::make_unexpected(added.error());
    left_kg -= taken_kg;
    return left_kg > 0;
  });
  if (!read) return tl::make_unexpected(read.error());
  if (left_kg > 0) return not_held(sent, left_kg);
  return runs;
}

// Just these serials, block by block.
Result<Runs> runs_of_serials(Session& session, const UnitsSent& sent, Describer& describer) {
  auto ranges = sent.serials;
  std::ranges::sort(ranges, {}, &v1::SerialRange::start);
  Runs runs;
  for (const auto& range : ranges)
    for (auto serial = range.start(); serial <= range.end();) {
      const auto block = session.get<v1::UnitBlock>({"v1", "serials", std::to_string(serial)});
      if (!block) return tl::make_unexpected(block.error());
      if (block->start() > serial || block->end() < serial)
        return fail(ErrorCode::CORRUPT, "the node answers another serial");
      const auto end = std::min(range.end(), block->end());
      const auto run = describer.run(block->batch(), serial, end);
      if (!run) return tl::make_unexpected(run.error());
      if (!*run)
        return fail(ErrorCode::INVALID_ARGUMENT,
                    std::to_string(serial) + " was issued by another city, or by this one");
      if (auto added = append(**run, runs); !added) return tl::make_unexpected(added.error());
      serial = end + 1;
    }
  return runs;
}

}  // namespace

Result<Runs> runs_of(Session& session, const UnitsSent& sent, const v1::Export& action) {
  Describer describer(session, action.is_return() ? action.partner() : std::string());
  return sent.serials.empty() ? runs_of_amount(session, sent, describer)
                              : runs_of_serials(session, sent, describer);
}

}  // namespace puhui::node::cli
