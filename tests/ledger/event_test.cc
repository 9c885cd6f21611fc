// Checking an event ahead of time: hostile bytes, signatures, attachments.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

std::optional<crypto::PublicKey> no_keys(const crypto::Digest&) { return std::nullopt; }

std::optional<crypto::PublicKey> bureau_key(const crypto::Digest& id) {
  const auto& key = key_of("bureau").public_key();
  if (key.key_id() != id) return std::nullopt;
  return key;
}

v1::Payload some_payload() {
  v1::Payload payload;
  payload.set_city("WUHAN");
  payload.set_party("bureau");
  payload.set_event_id(std::string(16, 'i'));
  payload.set_valid_until(kNoon);
  payload.mutable_open_account()->set_account("a");
  return payload;
}

Result<CheckedEvent> check(const Sent& sent, const KeySource& keys = bureau_key) {
  return check_event(sent.item(), keys);
}

// Payload bytes as they are, signed by the bureau.
Sent sign_bytes(std::string_view payload) {
  const std::array keys = {&key_of("bureau")};
  const auto envelope = crypto::sign_envelope(payload, crypto::kEventPayloadType, keys);
  return {*crypto::encode_envelope(*envelope), {}, false};
}

#define EXPECT_CODE(expression, expected)                                        \
  do {                                                                           \
    const auto checked_ = (expression);                                          \
    ASSERT_FALSE(checked_) << #expression;                                       \
    EXPECT_EQ(code_name(checked_.error().code), code_name(ErrorCode::expected)); \
  } while (false)

TEST(CheckEvent, JudgesSignaturesOfKnownKeys) {
  const auto sent = sign(some_payload(), {"bureau", "operator"});
  const auto checked = check(sent);
  ASSERT_TRUE(checked) << describe(checked.error());
  ASSERT_EQ(checked->verdicts.size(), 2U);
  ASSERT_TRUE(checked->verdicts[0]);
  EXPECT_TRUE(checked->verdicts[0]->valid);
  EXPECT_EQ(checked->verdicts[0]->key, key_of("bureau").public_key());
  EXPECT_FALSE(checked->verdicts[1]);
  EXPECT_EQ(checked->sha256,
            crypto::event_digest(crypto::kEventPayloadType, some_payload().SerializeAsString()));
}

TEST(CheckEvent, SignaturesAreNotPartOfTheBytes) {
  const auto one = check(sign(some_payload(), {"bureau"}));
  const auto two = check(sign(some_payload(), {"bureau", "operator"}));
  EXPECT_EQ(one->sha256, two->sha256);
}

TEST(CheckEvent, RefusesUnsignedAndForged) {
  v1::Payload payload = some_payload();
  std::string wire;
  {
    // Field 1 (payload) and field 2 (type) without any signature.
    const auto bytes = payload.SerializeAsString();
    wire += '\x0a';
    wire += static_cast<char>(bytes.size());
    wire += bytes;
    wire += '\x12';
    wire += static_cast<char>(crypto::kEventPayloadType.size());
    wire += crypto::kEventPayloadType;
    ASSERT_LT(bytes.size(), 128U);
  }
  EXPECT_CODE(check({wire, {}, false}), ENVELOPE_UNSIGNED);
  auto forged = *crypto::decode_envelope(sign(payload, {"bureau"}).envelope);
  forged.signatures[0].signature = key_of("operator").sign(crypto::pae(forged));
  EXPECT_CODE(check({*crypto::encode_envelope(forged), {}, false}), SIGNATURE_INVALID);
  forged.signatures[0].signature = "short";
  EXPECT_CODE(check({*crypto::encode_envelope(forged), {}, false}), SIGNATURE_INVALID);
  EXPECT_TRUE(check({*crypto::encode_envelope(forged), {}, false}, no_keys));
}

TEST(CheckEvent, RefusesEveryTruncation) {
  const auto sent = sign(some_payload(), {"bureau"});
  for (std::size_t size = 0; size < sent.envelope.size(); ++size)
    EXPECT_FALSE(check({sent.envelope.substr(0, size), {}, false})) << size;
}

TEST(CheckEvent, RefusesPayloadsThatAreNoEvent) {
  EXPECT_CODE(check(sign_bytes("garbage")), EVENT_MALFORMED);
  EXPECT_CODE(check(sign_bytes(std::string(1000, '\xff'))), EVENT_MALFORMED);
  const auto whole = some_payload().SerializeAsString();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto checked = check(sign_bytes(whole.substr(0, size)));
    EXPECT_FALSE(checked) << size;
  }
}

TEST(CheckEvent, RefusesFieldsItDoesNotKnow) {
  // Whoever signs a field that this version does not know is told so, rather than half obeyed.
  EXPECT_CODE(check(sign_bytes(some_payload().SerializeAsString() + "\xfa\x3f\x01x")),
              EVENT_MALFORMED);
  auto payload = some_payload();
  auto* grant = payload.mutable_grant_role();
  grant->set_party("x");
  grant->mutable_grant()
      ->GetReflection()
      ->MutableUnknownFields(grant->mutable_grant())
      ->AddVarint(99, 1);
  EXPECT_CODE(check(sign(payload, {"bureau"})), EVENT_MALFORMED);
}

TEST(CheckEvent, RefusesFieldsGivenTwice) {
  // The last one counts; the first would be carried wherever the event is.
  const auto padding = some_payload();
  v1::Payload twice;
  twice.set_event_id(std::string(40'000, 'x'));
  EXPECT_CODE(check(sign_bytes(twice.SerializeAsString() + padding.SerializeAsString())),
              EVENT_MALFORMED);
  twice.set_event_id(padding.event_id());
  EXPECT_CODE(check(sign_bytes(twice.SerializeAsString() + padding.SerializeAsString())),
              EVENT_MALFORMED);
}

TEST(CheckEvent, RefusesBadNames) {
  const auto with = [](auto change) {
    auto payload = some_payload();
    change(payload);
    return check(sign(payload, {"bureau"}));
  };
  EXPECT_CODE(with([](auto& p) { p.clear_action(); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_city("wuhan"); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_city(std::string(33, 'A')); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_party("Bureau"); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_party(""); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_party(std::string("a\0b", 3)); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_event_id(std::string(15, 'i')); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_event_id(std::string(17, 'i')); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_valid_until(0); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.set_valid_until(-1); }), EVENT_MALFORMED);
  EXPECT_CODE(with([](auto& p) { p.mutable_submit_behaviour_batch()->set_scenario("A b"); }),
              EVENT_MALFORMED);
}

TEST(CheckEvent, KeepsTheEntryWithin65535Bytes) {
  auto payload = some_payload();
  const auto spare = kEnvelopeInEntryMax - sign(payload, {"bureau"}).envelope.size();
  const auto grown = [&payload](std::size_t more) {
    payload.mutable_open_account()->set_owner(std::string(more, 'o'));
    return sign(payload, {"bureau"});
  };
  // Some bytes go into the longer length prefixes.
  std::size_t more = spare;
  while (grown(more).envelope.size() > kEnvelopeInEntryMax) --more;
  const auto largest = grown(more);
  EXPECT_TRUE(check(largest));
  EXPECT_EQ(encode_entry(1, EntryKind::event, largest.envelope).size(), kEntrySizeMax);
  EXPECT_CODE(check(grown(more + 1)), EVENT_TOO_LARGE);
  EXPECT_CODE(check({std::string(std::size_t{1} << 21, 'x'), {}, false}), EVENT_TOO_LARGE);
}

struct Attached : ::testing::Test {
  City city;
  std::string attachment = attachment_with({{1, 1000}, {2, 2000}, {3, 3000}});
  v1::Payload payload = batch_event(city, attachment);
  v1::AttachmentRef& named() {
    return *payload.mutable_submit_behaviour_batch()->mutable_records();
  }
  Result<CheckedEvent> check_with(const std::string& bytes) {
    return check(sign_with(payload, {"provider"}, bytes));
  }
};

TEST_F(Attached, ReadsRecordsAndClaimKeys) {
  const auto checked = check_with(attachment);
  ASSERT_TRUE(checked) << describe(checked.error());
  ASSERT_EQ(checked->records.acts.size(), 3U);
  const auto& second = checked->records.acts[1];
  EXPECT_EQ(second.pseudonym(), pseudonym(2));
  EXPECT_EQ(second.day, kToday);
  EXPECT_EQ(second.slot, 8U);
  EXPECT_EQ(second.input_count, 1U);
  EXPECT_EQ(second.inputs[0], 2000);
  std::string claim = "puhui-claim/v1" + pseudonym(2) +
                      "\x04"
                      "bike";
  crypto::append_u32(claim, static_cast<std::uint32_t>(kToday));
  crypto::append_u32(claim, 8);
  claim += "bike-1..........";
  EXPECT_EQ(second.claim, crypto::sha256(claim));
  EXPECT_EQ(second.claim_leaf, crypto::leaf_hash(second.claim.view()));
}

TEST_F(Attached, MissingOrUnasked) {
  EXPECT_CODE(check(sign(payload, {"provider"})), ATTACHMENT_MISSING);
  auto plain = sign(some_payload(), {"bureau"});
  plain.attachment = attachment;
  plain.has_attachment = true;
  EXPECT_CODE(check(plain), ATTACHMENT_MISMATCH);
  const auto sent = sign_with(payload, {"provider"}, attachment);
  auto item = sent.item();
  item.attachments.push_back(sent.attachment);
  EXPECT_CODE(check_event(item, bureau_key), ATTACHMENT_MISMATCH);
}

TEST_F(Attached, Mismatched) {
  auto other = attachment;
  other.back() ^= 1;
  EXPECT_CODE(check_with(other), ATTACHMENT_MISMATCH);
  EXPECT_CODE(check_with(attachment.substr(0, attachment.size() - 1)), ATTACHMENT_MISMATCH);
  EXPECT_CODE(check_with(attachment + "x"), ATTACHMENT_MISMATCH);
  named().set_count(2);
  EXPECT_CODE(check_with(attachment), ATTACHMENT_MISMATCH);
  named().set_count(3);
  named().set_root(std::string(32, 'r'));
  EXPECT_CODE(check_with(attachment), ATTACHMENT_MISMATCH);
  named().set_root("short");
  EXPECT_CODE(check_with(attachment), ATTACHMENT_MISMATCH);
}

TEST_F(Attached, EmptyAndOversized) {
  named().set_count(0);
  named().set_size(0);
  EXPECT_CODE(check_with(""), BATCH_EMPTY);
  named().set_count(1);
  named().set_size(kAttachmentSizeMax + 1);
  EXPECT_CODE(check_with(std::string(kAttachmentSizeMax + 1, 'x')), ATTACHMENT_TOO_LARGE);
}

TEST_F(Attached, RefusesBrokenFraming) {
  const auto reframed = [this](std::string bytes, std::uint32_t count) {
    named().set_size(static_cast<std::uint32_t>(bytes.size()));
    named().set_count(count);
    return check_with(bytes);
  };
  EXPECT_CODE(reframed(attachment.substr(0, attachment.size() - 1), 3), RECORD_MALFORMED);
  EXPECT_CODE(reframed(attachment + '\0', 3), RECORD_MALFORMED);
  EXPECT_CODE(reframed(std::string(2, '\0'), 1), RECORD_MALFORMED);
  std::string many;
  for (std::size_t i = 0; i <= kRecordsMax; ++i) append_record(many, "x");
  EXPECT_CODE(reframed(many, kRecordsMax + 1), RECORD_MALFORMED);
}

TEST_F(Attached, RefusesRecordsThatAreNone) {
  const auto with = [this](const std::string& record) {
    std::string bytes;
    append_record(bytes, record);
    name_attachment(named(), bytes);
    return check_with(bytes);
  };
  EXPECT_CODE(with("garbage"), RECORD_MALFORMED);
  auto record = record_of({1});
  EXPECT_TRUE(with(record.SerializeAsString()));
  record.set_account(std::string(15, 'a'));
  EXPECT_CODE(with(record.SerializeAsString()), RECORD_MALFORMED);
  record = record_of({1});
  for (const auto size : {0, 15, 33}) {
    record.set_carrier_tag(std::string(static_cast<std::size_t>(size), 't'));
    EXPECT_CODE(with(record.SerializeAsString()), RECORD_MALFORMED);
  }
  record = record_of({1});
  for (int i = 0; i < 8; ++i) record.add_inputs(1);
  EXPECT_CODE(with(record.SerializeAsString()), RECORD_MALFORMED);
  record = record_of({1});
  EXPECT_CODE(with(record.SerializeAsString() + "\xf8\x3f\x01"), RECORD_MALFORMED);
}

RC_GTEST_PROP(CheckEvent, MutatedBytesNeverPassAsSigned, (std::uint16_t at, std::uint8_t change)) {
  const auto sent = sign(some_payload(), {"bureau"});
  auto mutated = sent;
  mutated.envelope[at % sent.envelope.size()] ^= static_cast<char>(change);
  const auto checked = check(mutated);
  if (!checked || mutated.envelope == sent.envelope) return;
  // Only the key id may have changed, which makes it another, unknown key.
  RC_ASSERT(!checked->verdicts[0]);
}

}  // namespace
}  // namespace puhui::ledger::testing
