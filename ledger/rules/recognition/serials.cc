// Serials as the partner that issued them numbers them: which of them are here, and which of them
// it has recalled. Both are stored as stretches that do not meet, by their last serial, so that one
// look-up finds the first of them in any range.
#include <algorithm>
#include <cassert>

#include "ledger/rules/recognition/recognition.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

struct Stretch {
  std::uint64_t start = 0, end = 0;
  // Of what is here: by how much a serial here is more than there, modulo 2^64.
  std::uint64_t ahead = 0;
};

std::string key_of(const std::string& prefix, std::uint64_t end) {
  auto stored = prefix;
  crypto::append_u64(stored, end);
  return stored;
}

void put(State& state, const std::string& prefix, const Stretch& stretch) {
  std::string value;
  crypto::append_u64(value, stretch.start);
  crypto::append_u64(value, stretch.ahead);
  state.put(key_of(prefix, stretch.end), value);
}

// The first that ends at this serial or after it.
std::optional<Stretch> first_from(const State& state, const std::string& prefix,
                                  std::uint64_t serial) {
  const auto found = state.at_or_after(prefix, key_of(prefix, serial));
  if (!found) return std::nullopt;
  const std::string_view value = found->value;
  return Stretch{crypto::read_u64(value),
                 crypto::read_u64(std::string_view(found->key).substr(prefix.size())),
                 crypto::read_u64(value.substr(8))};
}

// Cuts the range out of those stretches that `goes` is true of.
template <class Goes>
void cut(State& state, const std::string& prefix, const v1::SerialRange& range, Goes goes) {
  for (auto known = first_from(state, prefix, range.start()); known && known->start <= range.end();
       known = first_from(state, prefix, known->end + 1)) {
    if (!goes(*known)) continue;
    state.erase(key_of(prefix, known->end));
    if (known->start < range.start())
      put(state, prefix, {known->start, range.start() - 1, known->ahead});
    if (known->end > range.end()) put(state, prefix, {range.end() + 1, known->end, known->ahead});
  }
}

// In place of whatever is known of the range.
void put_over(State& state, const std::string& prefix, const v1::SerialRange& range,
              std::uint64_t ahead) {
  cut(state, prefix, range, [](const Stretch&) { return true; });
  put(state, prefix, {range.start(), range.end(), ahead});
}

}  // namespace

void put_mirrored(Context& context, const v1::UnitBatch& batch) {
  const auto there = at_home(batch, batch.start(), batch.end());
  put_over(context.state, key::mirrored_of(batch.mirrored().city()), there,
           batch.start() - there.start());
}

void end_mirrored(Context& context, const v1::UnitBlock& piece) {
  const auto batch = context.state.find<v1::UnitBatch>(key::batch(piece.batch()));
  assert(batch && batch->has_mirrored() && "only what came from a partner goes home to it");
  const auto there = at_home(*batch, piece.start(), piece.end());
  // They may have come once more, before it was known here that this return had concluded.
  cut(context.state, key::mirrored_of(batch->mirrored().city()), there,
      [&](const Stretch& known) { return known.ahead == piece.start() - there.start(); });
}

std::optional<MirroredPiece> next_mirrored(const Context& context, const std::string& city,
                                           std::uint64_t first, std::uint64_t last) {
  const auto known = first_from(context.state, key::mirrored_of(city), first);
  if (!known || std::max(first, known->start) > last) return std::nullopt;
  MirroredPiece piece;
  piece.origin_start = std::max(first, known->start);
  piece.start = piece.origin_start + known->ahead;
  piece.block = *block_of(context.state, piece.start);
  piece.end = std::min(std::min(last, known->end) + known->ahead, piece.block.end());
  return piece;
}

void put_recalled(Context& context, const std::string& city, const SerialRanges& serials) {
  for (const auto& range : serials) put_over(context.state, key::recalled_of(city), range, 0);
}

std::optional<v1::SerialRange> next_recalled(const Context& context, const std::string& city,
                                             std::uint64_t first, std::uint64_t last) {
  const auto known = first_from(context.state, key::recalled_of(city), first);
  if (!known || known->start > last) return std::nullopt;
  v1::SerialRange range;
  range.set_start(known->start);
  range.set_end(known->end);
  return range;
}

}  // namespace puhui::ledger
