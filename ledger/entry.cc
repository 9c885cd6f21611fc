#include "ledger/entry.h"

#include <algorithm>
#include <cassert>

#include "crypto/bytes.h"

namespace puhui::ledger {
namespace {

constexpr char kBlockVersion = 1;
constexpr std::size_t kBlockHeadSize = 1 + 8 + 4;

bool is_time(Micros time) { return time >= 0 && time <= kTimeMax; }

// Takes lengths and pieces off the front of a block; answers false when it is too short.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}
  bool take(std::size_t size, std::string_view& piece) {
    if (rest_.size() < size) return false;
    piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool take_sized(std::size_t limit, std::string_view& piece) {
    std::string_view length;
    if (!take(4, length)) return false;
    const auto size = crypto::read_u32(length);
    return size <= limit && take(size, piece);
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool take_item(Cursor& cursor, BlockItem& item) {
  std::string_view count;
  if (!cursor.take_sized(kEnvelopeInEntryMax, item.envelope) || !cursor.take(1, count))
    return false;
  const auto attachments = static_cast<unsigned char>(count[0]);
  if (attachments > kAttachmentsMax) return false;
  item.attachments.resize(attachments);
  for (auto& attachment : item.attachments)
    if (!cursor.take_sized(kAttachmentSizeMax, attachment)) return false;
  return true;
}

bool is_within_limits(const BlockItem& item) {
  return item.envelope.size() <= kEnvelopeInEntryMax &&
         item.attachments.size() <= kAttachmentsMax &&
         std::ranges::all_of(item.attachments, [](std::string_view attachment) {
           return attachment.size() <= kAttachmentSizeMax;
         });
}

void append_sized(std::string& out, std::string_view bytes) {
  crypto::append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

}  // namespace

std::string encode_entry(Micros time, EntryKind kind, std::string_view body) {
  assert(body.size() + kEntryHeadSize <= kEntrySizeMax);
  std::string bytes;
  bytes.reserve(kEntryHeadSize + body.size());
  crypto::append_u64(bytes, static_cast<std::uint64_t>(time));
  bytes += static_cast<char>(kind);
  bytes += body;
  return bytes;
}

Result<Entry> decode_entry(std::string_view bytes) {
  if (bytes.size() < kEntryHeadSize || bytes.size() > kEntrySizeMax)
    return fail(ErrorCode::CORRUPT, "an entry of " + std::to_string(bytes.size()) + " bytes");
  const auto number = static_cast<std::uint8_t>(bytes[8]);
  const auto kind = static_cast<EntryKind>(number);
  const auto body = bytes.substr(kEntryHeadSize);
  if (kind_name(kind).empty() || (kind == EntryKind::tick && !body.empty()))
    return fail(ErrorCode::CORRUPT, "entry kind " + std::to_string(number));
  const auto time = static_cast<Micros>(crypto::read_u64(bytes));
  if (!is_time(time)) return fail(ErrorCode::CORRUPT, "entry time " + std::to_string(time));
  return Entry{time, kind, body};
}

std::string_view kind_name(EntryKind kind) {
  switch (kind) {
    case EntryKind::event:
      return "event";
    case EntryKind::state_root:
      return "state_root";
    case EntryKind::tick:
      return "tick";
  }
  return {};
}

std::size_t block_item_size(const BlockItem& item) {
  std::size_t size = 4 + item.envelope.size() + 1;
  for (const auto& attachment : item.attachments) size += 4 + attachment.size();
  return size;
}

std::string encode_block(Micros stamp, std::span<const BlockItem> items) {
  assert(is_time(stamp) && items.size() <= kBlockItemsMax);
  std::size_t size = kBlockHeadSize;
  for (const auto& item : items) size += block_item_size(item);
  std::string bytes;
  bytes.reserve(size);
  bytes += kBlockVersion;
  crypto::append_u64(bytes, static_cast<std::uint64_t>(stamp));
  crypto::append_u32(bytes, static_cast<std::uint32_t>(items.size()));
  for (const auto& item : items) {
    assert(is_within_limits(item));
    append_sized(bytes, item.envelope);
    bytes += static_cast<char>(item.attachments.size());
    for (const auto& attachment : item.attachments) append_sized(bytes, attachment);
  }
  return bytes;
}

Result<Block> decode_block(std::string_view bytes) {
  const auto malformed = [](const char* what) { return fail(ErrorCode::EVENT_MALFORMED, what); };
  if (bytes.size() < kBlockHeadSize || bytes[0] != kBlockVersion) return malformed("block head");
  Block block;
  block.stamp = static_cast<Micros>(crypto::read_u64(bytes.substr(1)));
  if (!is_time(block.stamp)) return malformed("block stamp");
  const auto count = crypto::read_u32(bytes.substr(9));
  if (count > kBlockItemsMax) return malformed("too many items in a block");
  Cursor cursor(bytes.substr(kBlockHeadSize));
  block.items.reserve(std::min<std::size_t>(count, bytes.size() / 5));
  for (std::uint32_t i = 0; i < count; ++i)
    if (!take_item(cursor, block.items.emplace_back())) return malformed("block item");
  if (!cursor.done()) return malformed("bytes after the last item of a block");
  return block;
}

}  // namespace puhui::ledger
