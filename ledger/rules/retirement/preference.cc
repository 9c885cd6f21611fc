#include <algorithm>
#include <cassert>

#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

using Areas = google::protobuf::RepeatedPtrField<std::string>;

// The place of a block's area in the order of preference; as many as there are for none of them.
int rank_of(const Context& context, const v1::UnitBlock& block, const Areas& areas) {
  const auto area = area_of(context, block);
  for (int rank = 0; rank < areas.size(); ++rank)
    if (area.starts_with(areas[rank])) return rank;
  return areas.size();
}

// The first blocks an account holds free, as many as one event may touch, by preference and then by
// serial.
std::vector<std::pair<int, v1::UnitBlock>> ranked(const Context& context,
                                                  const std::string& account, const Areas& areas) {
  std::vector<std::pair<int, v1::UnitBlock>> blocks;
  const auto prefix = key::holdings(account);
  for (auto at = context.state.at_or_after(prefix, prefix); at && blocks.size() < kRangesMax;
       at = context.state.at_or_after(prefix, at->key + '\0')) {
    auto block = block_of(context.state, crypto::read_u64(at->value));
    assert(block && "a holding names a block that is not stored");
    const auto rank = rank_of(context, *block, areas);
    blocks.emplace_back(rank, std::move(*block));
  }
  std::ranges::stable_sort(blocks, {}, &std::pair<int, v1::UnitBlock>::first);
  return blocks;
}

// Nothing that goes before the worst of these pieces is left free.
Ruling need_none_better(const Context& context, const std::string& account,
                        const std::vector<v1::UnitBlock>& pieces, const Areas& areas) {
  int worst = 0;
  for (const auto& piece : pieces) worst = std::max(worst, rank_of(context, piece, areas));
  const auto left = ranked(context, account, areas);
  if (left.empty() || left.front().first >= worst) return {};
  const auto& [rank, block] = left.front();
  return refuse(ErrorCode::AREA_FIRST, "rules.areas_first", areas[rank],
                std::to_string(block.start()) + "-" + std::to_string(block.end()), account);
}

}  // namespace

std::string area_of(const Context& context, const v1::UnitBlock& block) {
  const auto batch = context.state.find<v1::UnitBatch>(key::batch(block.batch()));
  assert(batch && "a block names a batch that is not stored");
  if (batch->has_mirrored()) return batch->mirrored().area();
  const auto project = context.state.find<v1::Project>(key::project(batch->project()));
  return project ? project->filing().area() : std::string();
}

tl::expected<std::vector<v1::UnitBlock>, Refusal> take_preferring(Context& context,
                                                                  const std::string& account,
                                                                  const SerialRanges& serials,
                                                                  std::int64_t amount_kg,
                                                                  const Areas& areas) {
  if (areas.empty()) return take(context, account, serials, amount_kg);
  if (!serials.empty()) {
    auto pieces = take(context, account, serials, 0);
    if (!pieces) return pieces;
    if (auto first = need_none_better(context, account, *pieces, areas); !first)
      return tl::make_unexpected(first.error());
    return pieces;
  }
  SerialRanges chosen;
  auto left = amount_kg;
  for (const auto& [rank, block] : ranked(context, account, areas)) {
    if (left == 0) break;
    const auto taken = std::min(left, count(block));
    auto* range = chosen.Add();
    range->set_start(block.start());
    range->set_end(block.start() + static_cast<std::uint64_t>(taken) - 1);
    left -= taken;
  }
  if (left > 0) return take(context, account, {}, amount_kg);  // says what lacks
  return take(context, account, chosen, 0);
}

}  // namespace puhui::ledger
