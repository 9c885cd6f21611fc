// What attachments hold, byte for byte: acts, redemptions, consents, readings, and what confirms
// them.
#include "ledger/records.h"

#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

std::optional<crypto::PublicKey> no_keys(const crypto::Digest&) { return std::nullopt; }

#define EXPECT_CODE(expression, expected)                                        \
  do {                                                                           \
    const auto checked_ = (expression);                                          \
    ASSERT_FALSE(checked_) << #expression;                                       \
    EXPECT_EQ(code_name(checked_.error().code), code_name(ErrorCode::expected)); \
  } while (false)

// Payloads as anybody may send them; nothing is looked up.
v1::Payload payload_of(auto action) {
  v1::Payload payload;
  payload.set_city(std::string(kCityCode));
  payload.set_party("shop");
  payload.set_event_id(std::string(16, 'i'));
  payload.set_valid_until(kNoon);
  set_action(payload, action);
  return payload;
}
Result<CheckedEvent> check(const Sent& sent) { return check_event(sent.item(), no_keys); }

template <class Action, class Record>
Result<CheckedEvent> check(Action action, const std::vector<Record>& records) {
  const auto bytes = attached(records);
  name_attachment(*action.mutable_records(), bytes);
  return check(sign_with(payload_of(action), {"shop"}, bytes));
}

v1::Redeem redeem_action() {
  v1::Redeem action;
  action.set_batch("b");
  action.set_offer("tea");
  return action;
}
Result<CheckedEvent> check(const v1::RedemptionRecord& record) {
  return check(redeem_action(), std::vector{redemption(5), record});
}
v1::SubmitConsents consents_action() {
  v1::SubmitConsents action;
  action.set_batch("b");
  return action;
}
Result<CheckedEvent> check(const v1::ConsentRecord& record) {
  return check(consents_action(), std::vector{record});
}

// A confirmation spelled out here by hand, and by nobody's help.
std::string spelled(std::string_view what) {
  return "puhui-confirmation/v1\x05WUHAN" + pseudonym(1) + std::string(what);
}
constexpr std::int64_t kUntil = 5;
const std::string kNonce = "0123456789abcdef";
std::string spelled_by_key(std::string_view what) {
  auto bytes = spelled(what);
  crypto::append_u64(bytes, kUntil);
  return bytes + kNonce;
}
v1::Confirmation confirmed_by_hand(std::string_view what) {
  v1::Confirmation confirmation;
  const auto& key = holder_of(1);
  confirmation.set_nonce(kNonce);
  confirmation.set_valid_until(kUntil);
  confirmation.mutable_key()->set_public_key(key.public_key().encode());
  confirmation.set_signature(key.sign(crypto::sha256(spelled_by_key(what)).view()));
  return confirmation;
}
std::string three_teas() {
  std::string what = "R\x03tea";
  crypto::append_u64(what, 3);
  return what;
}

TEST(OwnReadings, AreSpelledLikeNothingElse) {
  auto spelled_out = "puhui-reading/v1\x05WUHAN" + pseudonym(1) + "\x07summary";
  crypto::append_u64(spelled_out, kUntil);
  EXPECT_EQ(own_reading_digest({"WUHAN", pseudonym(1), "summary", kUntil}),
            crypto::sha256(spelled_out));
}

TEST(RedemptionRecords, AreReadInOrder) {
  const auto own = confirmed_by_hand(three_teas());
  const auto checked = check(redemption(1, 3, own));
  ASSERT_TRUE(checked) << describe(checked.error());
  const auto& records = checked->records;
  EXPECT_TRUE(records.acts.empty() && records.consents.empty() && records.readings.empty());
  ASSERT_EQ(records.redemptions.size(), 2U);
  EXPECT_EQ(records.redemptions[0].pseudonym(), pseudonym(5));
  EXPECT_FALSE(records.redemptions[0].confirmed.key) << "the custodian keeps it";
  const auto& second = records.redemptions[1];
  EXPECT_EQ(second.pseudonym(), pseudonym(1));
  EXPECT_EQ(second.quantity, 3);
  EXPECT_EQ(second.confirmed.sha256, crypto::sha256(spelled_by_key(three_teas())));
  EXPECT_EQ(second.confirmed.leaf, crypto::leaf_hash(second.confirmed.sha256.view()));
  EXPECT_EQ(second.confirmed.key, holder_of(1).public_key());
  EXPECT_EQ(second.confirmed.valid_until, kUntil);
}

TEST(RedemptionRecords, OfTheCustodianNameAHashOfThisPerson) {
  const auto hash = crypto::sha256("salt and text");
  const auto checked = check(redemption(1, 1, kept("salt and text")));
  ASSERT_TRUE(checked);
  const auto& name = checked->records.redemptions[1].confirmed.sha256;
  EXPECT_EQ(name, crypto::sha256(spelled("H" + std::string(hash.view()))));
  EXPECT_EQ(name, name_of(1, kept("salt and text")));
  EXPECT_NE(name, name_of(2, kept("salt and text")));
}

TEST(RedemptionRecords, ThatAreNone) {
  EXPECT_TRUE(check(redemption(1)));
  auto record = redemption(1);
  for (const auto size : {0U, 15U, 17U}) {
    record.set_account(std::string(size, 'a'));
    EXPECT_CODE(check(record), RECORD_MALFORMED);
  }
  for (const std::int64_t quantity : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN})
    EXPECT_CODE(check(redemption(1, quantity)), RECORD_MALFORMED);
  EXPECT_TRUE(check(redemption(1, INT64_MAX)));
  record = redemption(1);
  record.clear_confirmation();
  EXPECT_CODE(check(record), RECORD_MALFORMED);
  record = redemption(1);
  record.GetReflection()->MutableUnknownFields(&record)->AddVarint(99, 1);
  EXPECT_CODE(check(record), RECORD_MALFORMED);
}

TEST(RedemptionRecords, AreNamedByTheirNumber) {
  const auto checked = check(redemption(1, 0));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail, "record 1");
}

TEST(Confirmations, HaveOneOfTwoForms) {
  const auto with = [](auto change) {
    auto record = redemption(1);
    change(*record.mutable_confirmation());
    return check(record);
  };
  EXPECT_CODE(with([](auto& c) { c.set_sha256(std::string(31, 'h')); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.set_sha256(std::string(33, 'h')); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.set_nonce(kNonce); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.set_signature("signature"); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.mutable_key(); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.set_valid_until(1); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.GetReflection()->MutableUnknownFields(&c)->AddVarint(99, 1); }),
              RECORD_MALFORMED);
}

TEST(Confirmations, OfAKeyAreWellFormed) {
  const auto with = [](auto change) {
    auto confirmation = confirmed_by_hand(three_teas());
    change(confirmation);
    return check(redemption(1, 3, confirmation));
  };
  EXPECT_TRUE(with([](auto&) {}));
  for (const auto size : {0U, 15U, 17U})
    EXPECT_CODE(with([size](auto& c) { c.set_nonce(std::string(size, 'n')); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.set_sha256(std::string(32, 'h')); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.clear_valid_until(); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.set_valid_until(-1); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.set_valid_until(kUntil + 1); }), SIGNATURE_INVALID);
  EXPECT_CODE(with([](auto& c) {
                auto& key = *c.mutable_key();
                key.GetReflection()->MutableUnknownFields(&key)->AddVarint(99, 1);
              }),
              RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.mutable_key()->clear_public_key(); }), KEY_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.mutable_key()->mutable_public_key()->pop_back(); }),
              KEY_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.mutable_key()->mutable_public_key()->at(0) = '\x7f'; }),
              KEY_MALFORMED);
  EXPECT_CODE(with([](auto& c) { c.clear_signature(); }), SIGNATURE_INVALID);
  EXPECT_CODE(with([](auto& c) { c.mutable_signature()->pop_back(); }), SIGNATURE_INVALID);
  EXPECT_CODE(with([](auto& c) { c.mutable_signature()->at(9) ^= 1; }), SIGNATURE_INVALID);
  EXPECT_CODE(
      with([](auto& c) { c.mutable_key()->set_public_key(holder_of(2).public_key().encode()); }),
      SIGNATURE_INVALID);
}

TEST(Confirmations, AreOfThisWishAlone) {
  const auto own = confirmed_by_hand(three_teas());
  EXPECT_TRUE(check(redemption(1, 3, own)));
  EXPECT_CODE(check(redemption(1, 4, own)), SIGNATURE_INVALID);
  EXPECT_CODE(check(redemption(2, 3, own)), SIGNATURE_INVALID);
  auto other = own;
  other.mutable_nonce()->at(0) ^= 1;
  EXPECT_CODE(check(redemption(1, 3, other)), SIGNATURE_INVALID);
  other = own;
  other.set_valid_until(kNoon + 1);
  EXPECT_CODE(check(redemption(1, 3, other)), SIGNATURE_INVALID);
  auto other_offer = redeem_action();
  other_offer.set_offer("te");
  EXPECT_CODE(check(other_offer, std::vector{redemption(1, 3, own)}), SIGNATURE_INVALID);
  auto payload = payload_of(redeem_action());
  payload.set_city("XIANGYANG");
  const auto bytes = attached(std::vector{redemption(1, 3, own)});
  name_attachment(*payload.mutable_redeem()->mutable_records(), bytes);
  EXPECT_CODE(check(sign_with(payload, {"shop"}, bytes)), SIGNATURE_INVALID);
  auto as_consent = consent_of(1, v1::CONSENT_DATA, "tea");
  *as_consent.mutable_confirmation() = own;
  EXPECT_CODE(check(as_consent), SIGNATURE_INVALID);
  EXPECT_CODE(check(sign(payload_of(erasure(1, own)), {"shop"})), SIGNATURE_INVALID);
}

TEST(ConsentRecords, SayWhatWasAgreedTo) {
  for (const bool is_given : {true, false}) {
    auto record = consent_of(1, v1::CONSENT_POOLING, "metro");
    record.set_is_given(is_given);
    const std::string what = std::string("C\x05metro\x03") + (is_given ? '\1' : '\0');
    *record.mutable_confirmation() = confirmed_by_hand(what);
    const auto checked = check(record);
    ASSERT_TRUE(checked) << describe(checked.error());
    ASSERT_EQ(checked->records.consents.size(), 1U);
    const auto& consent = checked->records.consents[0];
    EXPECT_EQ(consent.pseudonym(), pseudonym(1));
    EXPECT_EQ(consent.party, "metro");
    EXPECT_EQ(consent.item, v1::CONSENT_POOLING);
    EXPECT_EQ(consent.is_given, is_given);
    EXPECT_FALSE(consent.lacks_guardian);
    EXPECT_EQ(consent.confirmed.sha256, crypto::sha256(spelled_by_key(what)));
    record.set_is_given(!is_given);
    EXPECT_CODE(check(record), SIGNATURE_INVALID);
  }
}

TEST(ConsentRecords, OfMinorsNeedAGuardian) {
  auto record = consent_of(1, v1::CONSENT_DATA);
  record.set_is_minor(true);
  EXPECT_TRUE(check(record)->records.consents[0].lacks_guardian);
  record.set_guardian_sha256(std::string(32, 'g'));
  EXPECT_FALSE(check(record)->records.consents[0].lacks_guardian);
  record.set_guardian_sha256(std::string(31, 'g'));
  EXPECT_CODE(check(record), RECORD_MALFORMED);
}

TEST(ConsentRecords, ThatAreNone) {
  const auto with = [](auto change) {
    auto record = consent_of(1, v1::CONSENT_DATA);
    change(record);
    return check(record);
  };
  EXPECT_CODE(with([](auto& r) { r.set_account(std::string(15, 'a')); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& r) { r.set_party("Provider"); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& r) { r.clear_party(); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& r) { r.clear_item(); }), RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& r) { r.set_item(static_cast<v1::ConsentItem>(99)); }),
              RECORD_MALFORMED);
  EXPECT_CODE(with([](auto& r) { r.clear_confirmation(); }), RECORD_MALFORMED);
}

TEST(ErasureEvents, CarryTheirConfirmation) {
  const auto checked = check(sign(payload_of(erasure(1, confirmed_by_hand("E"))), {"shop"}));
  ASSERT_TRUE(checked) << describe(checked.error());
  ASSERT_TRUE(checked->confirmation);
  EXPECT_EQ(checked->confirmation->sha256, crypto::sha256(spelled_by_key("E")));
  EXPECT_EQ(checked->confirmation->key, holder_of(1).public_key());
  EXPECT_TRUE(check(sign(payload_of(erasure(1)), {"shop"})));
  auto action = erasure(1);
  action.clear_confirmation();
  EXPECT_CODE(check(sign(payload_of(action), {"shop"})), RECORD_MALFORMED);
  action = erasure(1);
  action.set_account(std::string(17, 'a'));
  EXPECT_CODE(check(sign(payload_of(action), {"shop"})), EVENT_MALFORMED);
}

TEST(ReversalRecords, HaveTheClaimsOfTheActs) {
  v1::ReverseRecords action;
  action.set_batch("b");
  action.set_scenario("bike");
  const auto record = record_of({1});
  auto bare = record;
  bare.clear_inputs();
  const auto reversed = check(action, std::vector{bare});
  ASSERT_TRUE(reversed);
  const auto act = read_record(record.SerializeAsString(), "bike");
  ASSERT_TRUE(act);
  const auto& claim = reversed->records.acts[0].claim;
  EXPECT_EQ(claim, act->claim);
  EXPECT_EQ(reversal_of(claim), crypto::sha256("puhui-reversal/v1" + std::string(claim.view())));
  action.set_scenario("Bike");
  EXPECT_CODE(check(action, std::vector{bare}), EVENT_MALFORMED);
}

// Signed by the device of "boiler".
v1::SubmitReadings readings_with(const std::vector<v1::Reading>& records) {
  v1::SubmitReadings action;
  action.set_source("boiler");
  name_attachment(*action.mutable_records(), attached(records));
  std::string bytes =
      "puhui-readings/v1\x05WUHAN\x06"
      "boiler" +
      action.records().root();
  crypto::append_u32(bytes, static_cast<std::uint32_t>(records.size()));
  action.mutable_device()->set_public_key(key_of("device").public_key().encode());
  action.set_signature(key_of("device").sign(bytes));
  return action;
}
v1::Reading reading(std::int32_t day, std::int64_t value) {
  v1::Reading record;
  record.set_day(day);
  record.set_value(value);
  return record;
}

TEST(ReadingRecords, AreSignedByADevice) {
  const std::vector records{reading(20'000, 17), reading(-1, 0)};
  const auto good = readings_with(records);
  const auto checked = check(good, records);
  ASSERT_TRUE(checked) << describe(checked.error());
  ASSERT_EQ(checked->records.readings.size(), 2U);
  EXPECT_EQ(checked->records.readings[0].day, 20'000);
  EXPECT_EQ(checked->records.readings[0].value, 17);
  EXPECT_EQ(checked->records.readings[1].day, -1);
  const auto with = [&](auto change) {
    auto action = good;
    change(action);
    return check(action, records);
  };
  EXPECT_CODE(with([](auto& a) { a.mutable_signature()->at(3) ^= 1; }), SIGNATURE_INVALID);
  EXPECT_CODE(with([](auto& a) { a.set_source("boile"); }), SIGNATURE_INVALID);
  EXPECT_CODE(with([](auto& a) { a.set_source("Boiler"); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& a) { a.clear_device(); }), KEY_MALFORMED);
  EXPECT_CODE(with([](auto& a) {
                a.mutable_device()->set_public_key(key_of("shop").public_key().encode());
              }),
              SIGNATURE_INVALID);
  EXPECT_CODE(check(good, std::vector{reading(20'000, 18)}), SIGNATURE_INVALID);
  const std::vector negative{reading(20'000, -1)};
  EXPECT_CODE(check(readings_with(negative), negative), RECORD_MALFORMED);
}

TEST(Attachments, BelongToTheirActions) {
  EXPECT_EQ(attachment_of(payload_of(erasure(1))), nullptr);
  EXPECT_EQ(attachment_of(payload_of(conversion("c", 1))), nullptr);
  EXPECT_CODE(check(sign(payload_of(redeem_action()), {"shop"})), ATTACHMENT_MISSING);
  EXPECT_CODE(check(sign(payload_of(consents_action()), {"shop"})), ATTACHMENT_MISSING);
  v1::ReverseRecords reversal;
  reversal.set_scenario("bike");
  EXPECT_CODE(check(sign(payload_of(reversal), {"shop"})), ATTACHMENT_MISSING);
  const auto bytes = attached(std::vector{redemption(1)});
  EXPECT_CODE(check(sign_with(payload_of(erasure(1)), {"shop"}, bytes)), ATTACHMENT_MISMATCH);
  auto nameless = redeem_action();
  nameless.set_offer("Tea");
  EXPECT_CODE(check(nameless, std::vector{redemption(1)}), EVENT_MALFORMED);
  EXPECT_CODE(check(consents_action(), std::vector{record_of({1})}), RECORD_MALFORMED);
}

}  // namespace
}  // namespace puhui::ledger::testing
