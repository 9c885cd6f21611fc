#include "node/cli/attachment.h"

#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "crypto/merkle.h"
#include "ledger/event.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

const std::string kAccount = "p-000102030405060708090a0b0c0d0e0f";
// A carrier tag of the shortest form.
const std::string kTag = "5f21" + std::string(28, '0');
const std::string kHeader = "account,day,slot,carrier_tag,tier,distance\n";

std::string line(int number) {
  return kAccount + ",2025-03-01," + std::to_string(number % 96) + "," + kTag + ",0," +
         std::to_string(900 + number) + "\n";
}

TEST(Records, ReadFromCsv) {
  const auto records =
      read_records("\xEF\xBB\xBF" + kHeader + kAccount + ",2025-03-01,33," + kTag + ",1,900\r\n\n" +
                       kAccount + ",2025-03-02,0," + kTag + ",0,7",
                   RecordFormat::csv, {})
          .value();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].account().size(), ledger::kPseudonymSize);
  EXPECT_EQ(records[0].day(), 20'148);
  EXPECT_EQ(records[0].slot(), 33u);
  EXPECT_EQ(crypto::hex_encode(records[0].carrier_tag()), kTag);
  EXPECT_EQ(records[0].tier(), 1u);
  EXPECT_EQ(records[0].inputs(0), 900);
  EXPECT_EQ(records[1].inputs(0), 7);
}

TEST(Records, LayoutGivesOrderAndScale) {
  const auto records = read_records("actual,account,day,carrier_tag,baseline\n1.25," + kAccount +
                                        ",2025-03-01," + kTag + ",3.5\n",
                                    RecordFormat::csv, {{"baseline", 3}, {"actual", 3}})
                           .value();
  EXPECT_EQ(records[0].inputs(0), 3'500);
  EXPECT_EQ(records[0].inputs(1), 1'250);
}

TEST(Records, ReadFromNdjson) {
  const auto records = read_records("{\"account\": \"" + kAccount +
                                        "\", \"day\": \"2025-03-01\", \"slot\": 33, \"distance\": "
                                        "\"0.9\", \"carrier_tag\": \"" +
                                        kTag + "\"}\n",
                                    RecordFormat::ndjson, {{"distance", 3}})
                           .value();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].slot(), 33u);
  EXPECT_EQ(records[0].inputs(0), 900);
}

TEST(Records, BothFormsGiveTheSameBytes) {
  const auto csv = read_records(kHeader + line(4), RecordFormat::csv, {}).value();
  const auto json = read_records("{\"distance\":904,\"tier\":0,\"carrier_tag\":\"" + kTag +
                                     "\",\"slot\":\"4\","
                                     "\"day\":\"2025-03-01\",\"account\":\"" +
                                     kAccount + "\"}",
                                 RecordFormat::ndjson, {{"distance", 0}})
                        .value();
  EXPECT_EQ(csv[0].SerializeAsString(), json[0].SerializeAsString());
}

TEST(Records, FaultsNameTheLine) {
  const auto code_and_line = [](const std::string& text, RecordFormat format,
                                std::vector<InputColumn> layout, const char* start) {
    const auto records = read_records(text, format, std::move(layout));
    ASSERT_FALSE(records) << text;
    EXPECT_TRUE(records.error().detail.starts_with(start)) << records.error().detail;
  };
  const auto good = kHeader + line(1);
  for (const auto& bad :
       {std::string("x"), kAccount + ",2025-03-01,1," + kTag + ",0",
        kAccount + ",2025-02-29,1," + kTag + ",0,900",
        std::string("p-00,2025-03-01,1," + kTag + ",0,900"), kAccount + ",2025-03-01,-1,5f21,0,900",
        kAccount + ",2025-03-01,1,xyz,0,900",
        kAccount + ",2025-03-01,1," + kTag + ",4294967296,900",
        kAccount + ",2025-03-01,1," + kTag + ",0,0.9", kAccount + ",2025-03-01,1," + kTag + ",0,",
        kAccount + ",2025-03-01,1," + std::string(66, 'a') + ",0,900",
        "\"" + kAccount + "\",2025-03-01,1," + kTag + ",0,900"})
    code_and_line(good + bad + "\n", RecordFormat::csv, {}, "line 3: ");
  code_and_line("account,account\n", RecordFormat::csv, {}, "line 1: ");
  code_and_line("account,day,carrier_tag,speed\n" + kAccount + ",2025-03-01," + kTag + ",3\n",
                RecordFormat::csv, {{"distance", 0}}, "line 2: speed");
  code_and_line("account,day,carrier_tag\n" + kAccount + ",2025-03-01," + kTag + "\n",
                RecordFormat::csv, {{"distance", 0}}, "line 2: distance");
  code_and_line("\n{\"account\": 1.5}\n", RecordFormat::ndjson, {}, "line 2: ");
  code_and_line("{\"account\": [1]}\n", RecordFormat::ndjson, {}, "line 1: ");
  code_and_line("[]\n", RecordFormat::ndjson, {}, "line 1: ");
  EXPECT_EQ(read_records("account,day,a,b,c,d,e,f,g,h,i\n", RecordFormat::csv, {}).error().code,
            ErrorCode::INPUT_UNKNOWN);
}

TEST(Attachment, HasTheRootOfItsRecords) {
  std::string text = kHeader;
  for (int i = 0; i < 5; ++i) text += line(i);
  const auto records = read_records(text, RecordFormat::csv, {}).value();
  const auto attachments = build_attachments(records, 100).value();
  ASSERT_EQ(attachments.size(), 1u);
  const auto& [bytes, named] = attachments[0];
  EXPECT_EQ(named.count(), 5u);
  EXPECT_EQ(named.size(), bytes.size());
  std::vector<crypto::Digest> leaves;
  for (const auto& record : records)
    leaves.push_back(crypto::leaf_hash(record.SerializeAsString()));
  EXPECT_EQ(named.root(), crypto::root_of(leaves).view());
  const auto pieces = ledger::split_records(bytes).value();
  ASSERT_EQ(pieces.size(), 5u);
  EXPECT_EQ(pieces[3], records[3].SerializeAsString());
}

TEST(Attachment, SplitsAtItsLimits) {
  v1::BehaviourRecord record;
  record.set_account(std::string(ledger::kPseudonymSize, 'a'));
  record.set_carrier_tag(std::string(ledger::kCarrierTagSizeMax, 't'));
  for (int i = 0; i < 8; ++i) record.add_inputs(INT64_MAX);
  const std::vector<v1::BehaviourRecord> records(25'000, record);
  const auto by_count = build_attachments(std::span(records).first(25), 10).value();
  ASSERT_EQ(by_count.size(), 3u);
  EXPECT_EQ(by_count[2].named.count(), 5u);
  std::size_t count = 0;
  const auto by_size = build_attachments(records, ledger::kRecordsMax).value();
  for (const auto& attachment : by_size) {
    EXPECT_LE(attachment.bytes.size(), ledger::kAttachmentSizeMax);
    count += attachment.named.count();
  }
  EXPECT_GT(by_size.size(), 2u);
  EXPECT_EQ(count, records.size());
  EXPECT_EQ(pack_records({}, 10).error().code, ErrorCode::BATCH_EMPTY);
}

}  // namespace
}  // namespace puhui::node::cli
