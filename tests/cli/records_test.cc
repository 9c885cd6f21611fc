#include "node/cli/records.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/bytes.h"
#include "ledger/personal.h"
#include "ledger/records.h"
#include "node/cli/attachment.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

const std::string kAccount = "p-000102030405060708090a0b0c0d0e0f";
const std::string kHash(64, 'a');
constexpr auto kCsv = RecordFormat::csv;
constexpr auto kNdjson = RecordFormat::ndjson;

// A Confirmation whose signature nobody has checked.
v1::Confirmation own_confirmation() {
  v1::Confirmation confirmation;
  confirmation.set_nonce(std::string(ledger::kNonceSize, 'n'));
  confirmation.set_valid_until(1);
  confirmation.mutable_key()->set_public_key(key_of('h').public_key().encode());
  confirmation.set_signature("signature");
  return confirmation;
}

template <class R>
std::string fault_of_text(const Result<std::vector<R>>& read) {
  EXPECT_FALSE(read);
  return read ? "" : read.error().detail;
}

TEST(Consents, ReadFromCsv) {
  const auto read =
      read_consents("account,party,item,given,confirmation,minor,guardian\n" + kAccount +
                        ",bike-co,data,yes," + kHash + ",no,\r\n\n" + kAccount +
                        ",bike-co,whereabouts,no," + kHash + ",yes," + kHash + "\n",
                    kCsv)
          .value();
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(ledger::personal_id(read[0].account()), kAccount);
  EXPECT_EQ(read[0].party(), "bike-co");
  EXPECT_EQ(read[0].item(), v1::CONSENT_DATA);
  EXPECT_TRUE(read[0].is_given());
  EXPECT_EQ(crypto::hex_encode(read[0].confirmation().sha256()), kHash);
  EXPECT_FALSE(read[0].is_minor());
  EXPECT_EQ(read[1].item(), v1::CONSENT_WHEREABOUTS);
  EXPECT_FALSE(read[1].is_given());
  EXPECT_TRUE(read[1].is_minor());
  EXPECT_EQ(read[1].guardian_sha256().size(), crypto::Digest::kSize);
}

TEST(Consents, ItemsAreWords) {
  EXPECT_EQ(parse_consent_item("pooling"), v1::CONSENT_POOLING);
  EXPECT_EQ(parse_consent_item("statement"), v1::CONSENT_STATEMENT);
  EXPECT_FALSE(parse_consent_item("item-unspecified"));
  EXPECT_FALSE(parse_consent_item(""));
}

TEST(Consents, FaultsNameTheLine) {
  const std::string header = "account,party,item,given,confirmation\n";
  const auto fault = [&header](const std::string& row) {
    return fault_of_text(read_consents(header + row + "\n", kCsv));
  };
  const auto good = kAccount + ",bike-co,data,yes," + kHash;
  ASSERT_TRUE(read_consents(header + good, kCsv));
  EXPECT_TRUE(contains(fault(kAccount + ",bike-co,data,true," + kHash), "line 2: given"));
  EXPECT_TRUE(contains(fault(kAccount + ",Bike Co,data,yes," + kHash), "line 2: party"));
  EXPECT_TRUE(contains(fault(kAccount + ",bike-co,all,yes," + kHash), "line 2: \"all\""));
  EXPECT_TRUE(contains(fault("p-00,bike-co,data,yes," + kHash), "line 2: "));
  EXPECT_TRUE(contains(fault(kAccount + ",bike-co,data,yes,"), "line 2: confirmation"));
  EXPECT_TRUE(contains(fault(good + ",x"), "line 2: "));
  EXPECT_TRUE(contains(fault_of_text(read_consents("account,party\n" + kAccount + ",a\n", kCsv)),
                       "line 2: item must be there"));
  EXPECT_TRUE(contains(fault_of_text(read_consents(R"({"accuont": "x"})", kNdjson)),
                       "line 1: \"accuont\""));
}

TEST(Redemptions, ReadFromBothForms) {
  const auto csv =
      read_redemptions("account,quantity,confirmation\n" + kAccount + ",2," + kHash, kCsv).value();
  ASSERT_EQ(csv.size(), 1u);
  EXPECT_EQ(csv[0].quantity(), 2);
  const auto json = read_redemptions(R"({"quantity": 2, "confirmation": ")" + kHash +
                                         R"(", "account": ")" + kAccount + "\"}\n",
                                     kNdjson)
                        .value();
  EXPECT_EQ(csv[0].SerializeAsString(), json[0].SerializeAsString());
  for (const auto* quantity : {"0", "-1", "", "1.5", "9223372036854775808"})
    EXPECT_TRUE(contains(
        fault_of_text(read_redemptions(
            "account,quantity,confirmation\n" + kAccount + "," + quantity + "," + kHash, kCsv)),
        "line 2: quantity"))
        << quantity;
}

TEST(Redemptions, CarryTheHoldersOwnConfirmation) {
  v1::RedemptionRecord record;
  record.set_account(ledger::pseudonym_of(kAccount));
  record.set_quantity(3);
  *record.mutable_confirmation() = own_confirmation();
  const auto line = line_of(record);
  EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
  const auto read = read_redemptions(line + line, kNdjson).value();
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].SerializeAsString(), record.SerializeAsString());
  EXPECT_TRUE(contains(
      fault_of_text(read_redemptions(
          R"({"account": ")" + kAccount + R"(", "quantity": 1, "confirmation": {"nonse": "x"}})",
          kNdjson)),
      "line 1: "));
}

TEST(Redemptions, AreNoDeepObjects) {
  const auto fault = [](const std::string& confirmation) {
    return fault_of_text(read_redemptions(R"({"account": ")" + kAccount +
                                              R"(", "quantity": 1, "confirmation": )" +
                                              confirmation + "}",
                                          kNdjson));
  };
  for (const std::string wrong :
       {"{}", "[]", "null", "1.5", R"({"sha256": "YQ=="})", R"({"key": {"public_key": [1]}})",
        R"({"key": {"public_key": {"a": {"b": {}}}}})"})
    EXPECT_TRUE(fault(wrong).starts_with("line 1: ")) << wrong;
  std::string deep = "1";
  for (int i = 0; i < 90; ++i) deep = R"({"a": )" + deep + "}";
  EXPECT_TRUE(fault(deep).starts_with("line 1: "));
}

TEST(Records, LinesAreReadAsTheyWereWritten) {
  v1::ConsentRecord consent;
  consent.set_account(ledger::pseudonym_of(kAccount));
  consent.set_party("bike-co");
  consent.set_item(v1::CONSENT_POOLING);
  consent.set_is_given(true);
  consent.set_is_minor(true);
  consent.set_guardian_sha256(std::string(32, 'g'));
  *consent.mutable_confirmation() = own_confirmation();
  const auto read = read_consents(line_of(consent), kNdjson).value();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].SerializeAsString(), consent.SerializeAsString());
  v1::EraseAccount erasure;
  erasure.set_account(consent.account());
  *erasure.mutable_confirmation() = own_confirmation();
  EXPECT_EQ(read_erasure(line_of(erasure)).value().SerializeAsString(),
            erasure.SerializeAsString());
  EXPECT_FALSE(read_erasure(""));
  EXPECT_FALSE(read_erasure(line_of(erasure) + line_of(erasure)));
  EXPECT_FALSE(read_erasure(line_of(consent)));
}

TEST(Readings, AreScaledExactly) {
  const auto read = read_readings("value,day\n1204.5,2026-03-01\n0,2026-03-02\n", kCsv, 2).value();
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].value(), 120'450);
  EXPECT_EQ(read[0].day(), 20'513);
  EXPECT_EQ(read[1].value(), 0);
  for (const auto* row :
       {"2026-03-01,1.234", "2026-03-01,-1", "2026-02-30,1", "1970-01-01,0", "2026-03-01,"})
    EXPECT_TRUE(contains(
        fault_of_text(read_readings(std::string("day,value\n") + row + "\n", kCsv, 2)), "line 2: "))
        << row;
}

TEST(Acts, AreNamedWithoutInputsAndTier) {
  const std::string tag(32, '5');
  const auto read =
      read_acts("account,day,slot,carrier_tag,tier\n" + kAccount + ",2026-03-01,4," + tag + ",1\n",
                kCsv)
          .value();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].slot(), 4u);
  EXPECT_EQ(read[0].tier(), 0u);
  EXPECT_EQ(read[0].inputs_size(), 0);
  EXPECT_TRUE(contains(
      fault_of_text(read_acts(
          "account,day,carrier_tag,distance\n" + kAccount + ",2026-03-01," + tag + ",900\n", kCsv)),
      "line 2: distance"));
}

TEST(Records, NoneIsEmptyOrTooLong) {
  const std::string long_one(65'536, 'x');
  EXPECT_EQ(pack_records(std::vector<std::string>{""}, 10).error().code,
            ErrorCode::RECORD_MALFORMED);
  EXPECT_EQ(pack_records(std::vector<std::string>{long_one}, 10).error().code,
            ErrorCode::RECORD_MALFORMED);
  EXPECT_TRUE(pack_records(std::vector<std::string>{long_one.substr(1)}, 10));
}

}  // namespace
}  // namespace puhui::node::cli
