// Entries and blocks: the bytes of the ledger's leaves, and of what consensus agrees on.
//
// Entry (a leaf of the tree, at most 65 535 bytes):
//   u64-BE time ‖ u8 kind ‖ body
//   kind 1 event       body: the envelope bytes exactly as received
//   kind 2 state_root  body: what it says of the views (state_root.h)
//   kind 3 tick        no body: something fell due and no event came
// Time is UTC microseconds, strictly increasing from leaf to leaf.
//
// Block (agreed at once by consensus, never hashed); one without items is a proposed tick:
//   u8 version (1) ‖ i64-BE stamp ‖ u32-BE count ‖ count × item
//   item: u32-BE length ‖ envelope ‖ u8 n ‖ n × (u32-BE length ‖ attachment)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "proto/error.h"

namespace puhui::ledger {

using Micros = std::int64_t;  // UTC microseconds since 1970

// No time on a ledger lies outside [0, kTimeMax]: the end of the year 9999. So sums of times and
// durations in rules cannot overflow, whatever stamp a block carries.
inline constexpr Micros kTimeMax = 253'402'300'799'999'999;

inline constexpr std::size_t kEntrySizeMax = 65535;
inline constexpr std::size_t kEntryHeadSize = 9;
inline constexpr std::size_t kEnvelopeInEntryMax = kEntrySizeMax - kEntryHeadSize;
inline constexpr std::size_t kAttachmentSizeMax = std::size_t{1} << 20;
inline constexpr std::size_t kAttachmentsMax = 1;
inline constexpr std::size_t kBlockItemsMax = 65536;

enum class EntryKind : std::uint8_t { event = 1, state_root = 2, tick = 3 };
// "event", "state_root", "tick"; nothing for other numbers.
[[nodiscard]] std::string_view kind_name(EntryKind kind);

struct Entry {
  Micros time = 0;
  EntryKind kind = EntryKind::event;
  std::string_view body;  // into the bytes that were decoded
};

[[nodiscard]] std::string encode_entry(Micros time, EntryKind kind, std::string_view body);
// CORRUPT unless the bytes are an entry of a known kind within the limits of size and time; a tick
// has no body.
[[nodiscard]] Result<Entry> decode_entry(std::string_view bytes);

// One event on its way, as views into bytes someone else owns.
struct BlockItem {
  std::string_view envelope;
  std::vector<std::string_view> attachments;
};

struct Block {
  Micros stamp = 0;
  std::vector<BlockItem> items;
};

// The items must lie within the limits above (asserted); what is written here always decodes.
[[nodiscard]] std::string encode_block(Micros stamp, std::span<const BlockItem> items);
// EVENT_MALFORMED for anything but exactly one block within the limits. Views point into `bytes`.
[[nodiscard]] Result<Block> decode_block(std::string_view bytes);
// Bytes an item takes inside a block.
[[nodiscard]] std::size_t block_item_size(const BlockItem& item);

}  // namespace puhui::ledger
