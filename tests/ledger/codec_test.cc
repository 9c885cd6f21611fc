// Entry and block bytes: what is written is read back; anything else is refused whole.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/bytes.h"
#include "ledger/entry.h"
#include "ledger/state_root.h"

namespace puhui::ledger {
namespace {

TEST(EntryCodec, WritesTimeKindBody) {
  const auto bytes = encode_entry(0x0102030405060708, EntryKind::state_root, "body");
  EXPECT_EQ(crypto::hex_encode(bytes), "010203040506070802626f6479");
  const auto entry = decode_entry(bytes);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->time, 0x0102030405060708);
  EXPECT_EQ(entry->kind, EntryKind::state_root);
  EXPECT_EQ(entry->body, "body");
}

TEST(EntryCodec, TheExampleOfTheReadme) {
  crypto::Digest open, personal, chain;
  open.bytes.fill(0xab);
  personal.bytes.fill(0xef);
  chain.bytes.fill(0xcd);
  const auto body = encode_state_root({open, personal, {{'A', chain}}});
  EXPECT_EQ(crypto::hex_encode(encode_entry(1'768'449'600'000'001, EntryKind::state_root, body))
                .substr(0, 22),
            "0006486542361001"
            "02"
            "03"
            "ab");
  EXPECT_EQ(crypto::hex_encode(body).substr(64, 4), "abef");
  EXPECT_EQ(crypto::hex_encode(body).substr(130, 4), "41cd");
}

TEST(EntryCodec, RefusesUnknownKindsAndWrongSizes) {
  auto bytes = encode_entry(1, EntryKind::event, "x");
  for (std::size_t size = 0; size < kEntryHeadSize; ++size)
    EXPECT_FALSE(decode_entry(bytes.substr(0, size)));
  for (const int kind : {0, 4, 5, 255}) {
    bytes[8] = static_cast<char>(kind);
    EXPECT_FALSE(decode_entry(bytes)) << kind;
  }
  EXPECT_TRUE(decode_entry(encode_entry(1, EntryKind::tick, {})));
  EXPECT_FALSE(decode_entry(encode_entry(1, EntryKind::tick, "x")));
  const std::string largest(kEnvelopeInEntryMax, 'x');
  EXPECT_TRUE(decode_entry(encode_entry(1, EntryKind::event, largest)));
  EXPECT_FALSE(decode_entry(encode_entry(1, EntryKind::event, largest) + "x"));
}

TEST(EntryCodec, RefusesTimesNoLedgerCanHold) {
  EXPECT_FALSE(decode_entry("\xff\xff\xff\xff\xff\xff\xff\xff\x01x"));
  EXPECT_TRUE(decode_entry(encode_entry(kTimeMax, EntryKind::event, "x")));
  EXPECT_FALSE(decode_entry(encode_entry(kTimeMax + 1, EntryKind::event, "x")));
}

TEST(BlockCodec, ReadsWhatItWrites) {
  const std::vector<BlockItem> items = {{"first", {}}, {"second", {"attached"}}, {"", {""}}};
  const auto bytes = encode_block(77, items);
  const auto block = decode_block(bytes);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->stamp, 77);
  ASSERT_EQ(block->items.size(), 3U);
  EXPECT_EQ(block->items[1].envelope, "second");
  ASSERT_EQ(block->items[1].attachments.size(), 1U);
  EXPECT_EQ(block->items[1].attachments[0], "attached");
  std::size_t size = 13;
  for (const auto& item : items) size += block_item_size(item);
  EXPECT_EQ(bytes.size(), size);
}

TEST(BlockCodec, WrittenExample) {
  const std::vector<BlockItem> items = {{"ab", {"c"}}};
  EXPECT_EQ(crypto::hex_encode(encode_block(1, items)),
            "01"
            "0000000000000001"
            "00000001"
            "00000002"
            "6162"
            "01"
            "00000001"
            "63");
}

TEST(BlockCodec, RefusesEveryTruncation) {
  const auto bytes = encode_block(77, std::vector<BlockItem>{{"first", {"attached"}}, {"s", {}}});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_block(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_block(bytes + '\0'));
}

TEST(BlockCodec, RefusesLyingLengthsAndLimits) {
  const auto bytes = encode_block(77, std::vector<BlockItem>{{"first", {"attached"}}});
  const auto with_u32 = [&bytes](std::size_t at, std::uint32_t value) {
    std::string number;
    crypto::append_u32(number, value);
    auto changed = bytes;
    changed.replace(at, 4, number);
    return changed;
  };
  EXPECT_TRUE(decode_block(with_u32(9, 1)));
  for (const auto count : {0U, 2U, 65536U, 65537U, 0xffffffffU})
    EXPECT_FALSE(decode_block(with_u32(9, count))) << count;
  for (const auto length : {0U, 4U, 6U, 65527U, 0xffffffffU})
    EXPECT_FALSE(decode_block(with_u32(13, length))) << length;
  for (const auto length : {7U, 9U, 1U << 20, (1U << 20) + 1, 0xffffffffU})
    EXPECT_FALSE(decode_block(with_u32(23, length))) << length;
  auto other_version = bytes;
  other_version[0] = 2;
  EXPECT_FALSE(decode_block(other_version));
  auto two_attachments = bytes;
  two_attachments[22] = 2;
  EXPECT_FALSE(decode_block(two_attachments));
}

TEST(BlockCodec, RefusesStampsNoLedgerCanHold) {
  EXPECT_TRUE(decode_block(encode_block(kTimeMax, {})));
  auto bytes = encode_block(kTimeMax, {});
  bytes[1] = '\x7f';
  EXPECT_FALSE(decode_block(bytes));
  bytes[1] = '\xff';
  EXPECT_FALSE(decode_block(bytes));
}

RC_GTEST_PROP(BlockCodec, GarbageNeverCrashes, (const std::string& garbage)) {
  std::string bytes = "\x01";
  bytes += std::string(8, '\0') + std::string(3, '\0') + '\x02' + garbage;
  const auto block = decode_block(bytes);
  if (block) RC_ASSERT(encode_block(block->stamp, block->items) == bytes);
}

RC_GTEST_PROP(BlockCodec, RoundTrip, (const std::vector<std::string>& envelopes, bool attached)) {
  std::vector<BlockItem> items;
  for (const auto& envelope : envelopes) {
    items.push_back({envelope, {}});
    if (attached) items.back().attachments.push_back(envelope);
  }
  const auto bytes = encode_block(9, items);
  const auto block = decode_block(bytes);
  RC_ASSERT(block.has_value());
  RC_ASSERT(encode_block(block->stamp, block->items) == bytes);
}

}  // namespace
}  // namespace puhui::ledger
