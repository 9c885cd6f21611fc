// What the ledger answers to an event it has or has not seen, in the order ledger.h lists.
#include <gtest/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

v1::Payload open_event(City& city, const std::string& account) {
  auto payload = city.event("owner");
  payload.mutable_open_account()->set_account(account);
  payload.mutable_open_account()->set_kind(v1::ACCOUNT_ENTERPRISE);
  payload.mutable_open_account()->set_owner("owner");
  return payload;
}

// Refused as long as account "taken" is open.
v1::Payload refused_event(City& city) { return open_event(city, "taken"); }

TEST(Identity, SameBytesGiveTheFirstAnswerForEver) {
  City city;
  const auto payload = open_event(city, "a");
  const auto sent = sign(payload, {"owner"});
  const auto first = city.submit(sent);
  ASSERT_EQ(first.decision, v1::ACCEPTED);
  const auto size = city.head().size;
  const auto digest = city.head().digest;
  city.now += 30 * kMicrosPerDay;
  for (int i = 0; i < 3; ++i) {
    const auto again = city.submit(sent);
    EXPECT_EQ(again.decision, v1::ACCEPTED);
    EXPECT_EQ(again.leaf, first.leaf);
    EXPECT_EQ(again.time, first.time);
    EXPECT_EQ(again.outcome.SerializeAsString(), first.outcome.SerializeAsString());
    city.reopen();
  }
  EXPECT_EQ(city.head().size, size);
  EXPECT_EQ(city.head().digest, digest);
}

TEST(Identity, SameBytesUnderOtherSignaturesAreTheSameEvent) {
  City city;
  const auto payload = open_event(city, "a");
  const auto first = city.must(payload, {"owner"});
  EXPECT_EQ(city.send(payload, {"owner", "bureau"}).leaf, first.leaf);
  // A signature of nobody known changes nothing about what was decided.
  EXPECT_EQ(city.send(payload, {"stranger"}).decision, v1::ACCEPTED);
}

TEST(Identity, SameBytesAfterTheKeyIsRevoked) {
  City city;
  const auto sent = sign(open_event(city, "a"), {"owner"});
  const auto first = city.submit(sent);
  auto add = city.event("owner");
  add.mutable_add_key()->set_party("owner");
  add.mutable_add_key()->mutable_key()->set_public_key(key_of("owner#2").public_key().encode());
  city.must(add, {"owner"});
  auto revoke = city.event("bureau");
  revoke.mutable_revoke_key()->set_party("owner");
  revoke.mutable_revoke_key()->set_key_id(key_id("owner"));
  city.must(revoke, {"bureau"});
  const auto again = city.submit(sent);
  EXPECT_EQ(again.decision, v1::ACCEPTED);
  EXPECT_EQ(again.leaf, first.leaf);
  PUHUI_FAILED(city.submit(sign(open_event(city, "b"), {"owner"})),
               ErrorCode::SIGNATURE_REVOKED_KEY);
}

TEST(Identity, OtherBytesConflict) {
  City city;
  auto payload = open_event(city, "a");
  city.must(payload, {"owner"});
  payload.mutable_open_account()->set_account("b");
  const auto before = city.head();
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::EVENT_CONFLICT);
  EXPECT_EQ(city.head().root, before.root);
  EXPECT_EQ(city.head().digest, before.digest);
  EXPECT_FALSE(city.view().account("b"));
}

TEST(Identity, TheSameIdOfAnotherPartyIsAnotherEvent) {
  City city;
  auto payload = open_event(city, "a");
  city.must(payload, {"owner"});
  payload.set_party("buyer");
  payload.mutable_open_account()->set_account("b");
  payload.mutable_open_account()->set_owner("buyer");
  city.must(payload, {"buyer"});
}

TEST(Identity, DuplicatesWithinOneBlock) {
  City city;
  auto payload = open_event(city, "a");
  auto other = payload;
  other.mutable_open_account()->set_account("b");
  const auto one = sign(payload, {"owner"});
  const auto answers = city.apply({one, one, sign(other, {"owner"}), one});
  EXPECT_EQ(answers[0].decision, v1::ACCEPTED);
  EXPECT_EQ(answers[1].leaf, answers[0].leaf);
  EXPECT_EQ(answers[1].decision, v1::ACCEPTED);
  EXPECT_EQ(answers[2].code, ErrorCode::EVENT_CONFLICT);
  EXPECT_EQ(answers[3].leaf, answers[0].leaf);
  EXPECT_EQ(city.head().size, 2U);
}

TEST(Identity, RefusalsWithinOneBlock) {
  City city;
  open_account(city, "taken", "owner");
  auto payload = refused_event(city);
  auto other = payload;
  other.mutable_open_account()->set_account("free");
  const auto answers =
      city.apply({sign(payload, {"owner"}), sign(payload, {"owner"}), sign(other, {"owner"})});
  EXPECT_EQ(answers[0].decision, v1::REFUSED);
  EXPECT_EQ(answers[1].decision, v1::REFUSED);
  EXPECT_EQ(answers[1].time, answers[0].time);
  EXPECT_EQ(answers[2].code, ErrorCode::EVENT_CONFLICT);
}

TEST(Identity, ARefusalIsKeptUntilValidUntil) {
  City city;
  auto payload = open_event(city, "later");
  payload.mutable_open_account()->set_owner("newcomer");
  payload.set_valid_until(city.now + 10 * kSecond);
  const auto sent = sign(payload, {"owner"});
  const auto first = city.submit(sent);
  ASSERT_EQ(first.decision, v1::REFUSED);
  EXPECT_EQ(first.code, ErrorCode::PARTY_UNKNOWN);
  const auto digest = city.head().digest;
  EXPECT_EQ(city.head().size, 1U);
  EXPECT_EQ(city.view().outcome("owner", payload.event_id())->code(), "party.unknown");
  city.reopen();
  // The reason for the refusal is gone; the refusal is not.
  auto party = city.event("bureau");
  *party.mutable_register_party() = founding_party("newcomer", {});
  city.must(party, {"bureau"});
  const auto again = city.submit(sent);
  EXPECT_EQ(again.decision, v1::REFUSED);
  EXPECT_EQ(again.code, ErrorCode::PARTY_UNKNOWN);
  EXPECT_EQ(again.time, first.time);
  EXPECT_NE(city.head().digest, digest);
  city.now = payload.valid_until();
  EXPECT_EQ(city.submit(sent).decision, v1::REFUSED);
  city.now = payload.valid_until() + 1;
  PUHUI_FAILED(city.submit(sent), ErrorCode::EVENT_EXPIRED);
  open_account(city, "tick", "owner");
  PUHUI_FAILED(city.submit(sent), ErrorCode::EVENT_EXPIRED);
  EXPECT_FALSE(city.view().outcome("owner", payload.event_id()));
}

TEST(Identity, OtherBytesConflictWithAKeptRefusalEvenWhenExpired) {
  City city;
  open_account(city, "taken", "owner");
  auto payload = refused_event(city);
  ASSERT_EQ(city.send(payload, {"owner"}).decision, v1::REFUSED);
  payload.set_valid_until(city.now - 1);
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::EVENT_CONFLICT);
}

TEST(Identity, AnIdIsFreeAgainWhenItsRefusalEnds) {
  City city;
  open_account(city, "taken", "owner");
  auto payload = refused_event(city);
  payload.set_valid_until(city.now + 5 * kSecond);
  ASSERT_EQ(city.send(payload, {"owner"}).decision, v1::REFUSED);
  city.now += 10 * kSecond;
  payload.set_valid_until(city.now + kMicrosPerDay);
  // Refused again in the very block that forgets the first refusal: the second must stay.
  const auto tick = sign(open_event(city, "tick"), {"owner"});
  const auto answers = city.apply({tick, sign(payload, {"owner"})});
  ASSERT_EQ(answers[1].decision, v1::REFUSED);
  open_account(city, "tock", "owner");
  EXPECT_TRUE(city.view().outcome("owner", payload.event_id()));
  city.reopen();
  EXPECT_TRUE(city.view().outcome("owner", payload.event_id()));
  payload.set_valid_until(payload.valid_until() - 1);
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::EVENT_CONFLICT);
}

TEST(Identity, ManyRefusalsAreForgottenInBoundedSteps) {
  City city;
  open_account(city, "taken", "owner");
  std::vector<Sent> refused;
  std::vector<std::string> ids;
  for (int i = 0; i < 2500; ++i) {
    auto payload = refused_event(city);
    payload.set_valid_until(city.now + 5 * kSecond + i);
    ids.push_back(payload.event_id());
    refused.push_back(sign(payload, {"owner"}));
  }
  for (const auto& answer : city.apply(refused)) ASSERT_EQ(answer.decision, v1::REFUSED);
  city.now += 100 * kSecond;
  for (int block = 0; block < 4; ++block) {
    open_account(city, "tick" + std::to_string(block), "owner");
    if (block == 1) city.reopen();
  }
  for (const auto& id : ids) ASSERT_FALSE(city.view().outcome("owner", id));
}

TEST(Identity, ExpiryAndTooFarAhead) {
  City city;
  auto payload = open_event(city, "a");
  payload.set_valid_until(city.now - 1);
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::EVENT_EXPIRED);
  payload.set_valid_until(city.now + 7 * kMicrosPerDay + 1);
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::EVENT_TOO_FAR_AHEAD);
  payload.set_valid_until(std::numeric_limits<std::int64_t>::max());
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::EVENT_TOO_FAR_AHEAD);
  payload.set_valid_until(city.now + 7 * kMicrosPerDay);
  PUHUI_ACCEPTED(city.send(payload, {"owner"}));
}

TEST(Identity, ValidAheadComesFromTheRules) {
  auto genesis = default_genesis();
  genesis.mutable_rules()->set_valid_ahead_max(2 * kMicrosPerDay);
  City city(genesis);
  auto payload = open_event(city, "a");
  payload.set_valid_until(city.now + 2 * kMicrosPerDay + 1);
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::EVENT_TOO_FAR_AHEAD);
}

TEST(Identity, ErrorsOccupyNoId) {
  City city;
  const auto payload = open_event(city, "a");
  const auto digest = city.head().digest;
  PUHUI_FAILED(city.send(payload, {"stranger"}), ErrorCode::SIGNATURE_UNKNOWN_KEY);
  PUHUI_FAILED(city.send(payload, {"owner", "stranger"}), ErrorCode::SIGNATURE_UNKNOWN_KEY);
  PUHUI_FAILED(city.send(payload, {"bureau"}), ErrorCode::SIGNATURE_MISSING);
  auto forged = *crypto::decode_envelope(sign(payload, {"owner"}).envelope);
  forged.signatures[0].signature = std::string(64, 's');
  PUHUI_FAILED(city.submit({*crypto::encode_envelope(forged), {}, false}),
               ErrorCode::SIGNATURE_INVALID);
  EXPECT_EQ(city.head().digest, digest);
  PUHUI_ACCEPTED(city.send(payload, {"owner"}));
}

TEST(Identity, AMissingCosignerCanBeAddedLater) {
  City city;
  auto payload = city.event("operator");
  *payload.mutable_file_methodology()->mutable_methodology() = pv_methodology();
  PUHUI_FAILED(city.send(payload, {"operator"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_FAILED(city.send(payload, {"operator", "expert1"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(city.send(payload, {"operator", "expert1", "expert2"}));
}

TEST(Identity, EventsOfAnotherCity) {
  City city;
  auto payload = open_event(city, "a");
  payload.set_city("BEIJING");
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::WRONG_CITY);
}

TEST(Identity, GarbageInABlockIsAnErrorOfItsOwn) {
  City city;
  const auto answers =
      city.apply({{"garbage", {}, false}, sign(open_event(city, "a"), {"owner"}), {"", {}, false}});
  EXPECT_EQ(answers[0].code, ErrorCode::ENVELOPE_MALFORMED);
  EXPECT_EQ(answers[1].decision, v1::ACCEPTED);
  EXPECT_EQ(answers[2].decision, v1::FAILED);
}

TEST(Identity, AVerdictOfBeforeTheKeyWasKnownIsMadeAnew) {
  City city;
  auto add = city.event("owner");
  add.mutable_add_key()->set_party("owner");
  add.mutable_add_key()->mutable_key()->set_public_key(key_of("owner#2").public_key().encode());
  const auto added = sign(add, {"owner"});
  const auto uses = sign(open_event(city, "a"), {"owner#2"});
  auto forged_envelope =
      *crypto::decode_envelope(sign(open_event(city, "b"), {"owner#2"}).envelope);
  forged_envelope.signatures[0].signature = std::string(64, 's');
  const Sent forged{*crypto::encode_envelope(forged_envelope), {}, false};
  Block block;
  block.stamp = city.now;
  std::vector<Checked> checked;
  for (const auto* sent : {&added, &uses, &forged}) {
    block.items.push_back(sent->item());
    checked.push_back(city.ledger().check(block.items.back()));
    ASSERT_TRUE(*checked.back());
  }
  const auto answers = city.ledger().apply(block, checked, {9, 1});
  ASSERT_TRUE(answers);
  EXPECT_EQ((*answers)[0].decision, v1::ACCEPTED);
  EXPECT_EQ((*answers)[1].decision, v1::ACCEPTED);
  EXPECT_EQ((*answers)[2].code, ErrorCode::SIGNATURE_INVALID);
  EXPECT_EQ(city.ledger().applied(), (AppliedAt{9, 1}));
}

TEST(Identity, NothingButGenesisIsTakenFirst) {
  const auto city = City::bare();
  PUHUI_FAILED(open_account(*city, "a", "owner"), ErrorCode::UNAVAILABLE);
  PUHUI_ACCEPTED(city->found(default_genesis()));
  PUHUI_REFUSED(city->found(default_genesis()), ErrorCode::GENESIS_DUPLICATE);
  EXPECT_EQ(city->head().size, 1U);
}

}  // namespace
}  // namespace puhui::ledger::testing
