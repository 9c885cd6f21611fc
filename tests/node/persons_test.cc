// What is answered about persons and their acts, and to whom.
#include <gtest/gtest.h>

#include "node/views/answer.h"
#include "node/views/own_key.h"
#include "tests/ledger/citizens.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the city is theirs

constexpr std::uint64_t kHolder = 25, kOther = 26;  // have accounts with keys of their own
constexpr std::int64_t kNow = 1'770'000'000'000'000;
constexpr std::int64_t kMinute = 60'000'000;

struct AskedOfPersons : Citizens {
  void SetUp() override {
    city.must(open_self_held_event(city, {kHolder, kOther}), {"operator"});
    for (const std::uint64_t citizen : {std::uint64_t{1}, kHolder, kOther}) city.earn(citizen, 700);
  }
  static http::Request get(std::vector<std::string> segments) {
    http::Request request;
    request.method = "GET";
    request.path = "/as/sent";
    request.segments = std::move(segments);
    return request;
  }
  static std::vector<std::string> account_of(std::uint64_t citizen, const std::string& view = {}) {
    std::vector<std::string> segments{"v1", "accounts", id_of_citizen(citizen)};
    if (!view.empty()) segments.push_back(view);
    return segments;
  }
  static ledger::OwnReading reading_of(std::uint64_t citizen, const std::string& view) {
    return {std::string(kCityCode), pseudonym(citizen), view, kNow + kMinute};
  }
  // Signed by that citizen's key.
  static std::string header_of(const ledger::OwnReading& reading, std::uint64_t signer) {
    const auto signature = holder_of(signer).sign(ledger::own_reading_digest(reading).view());
    return reading.city + " " + std::to_string(reading.valid_until) + " " +
           crypto::hex_encode(signature);
  }

  http::Response ask(const http::Request& request, const std::string& party = {}) {
    auto view = city.view(), current = city.view();
    views::Reading reading{
        request, view, current, *view.genesis(), nullptr, nullptr, nullptr, view.party(party), now};
    return views::answer_read(reading);
  }
  // "200", or the code of the problem.
  std::string told(const http::Request& request, const std::string& party = {}) {
    const auto response = ask(request, party);
    if (response.status == 200) return "200";
    const auto& body = std::get<std::string>(response.body);
    const std::string name = "\"code\":\"";
    const auto at = body.find(name) + name.size();
    return body.substr(at, body.find('"', at) - at);
  }
  std::string told(std::vector<std::string> segments, const std::string& header) {
    auto request = get(std::move(segments));
    request.headers = {{"puhui-own-key", header}};
    return told(request);
  }

  std::int64_t now = kNow;
};

TEST_F(AskedOfPersons, TheOperatorAuditorsAndWhomThePersonLets) {
  PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_STATEMENT, "bank")}));
  for (const auto* view : {"", "summary", "history", "consents"}) {
    const auto request = get(account_of(1, view));
    EXPECT_EQ(told(request, "operator"), "200") << view;
    EXPECT_EQ(told(request, "bank"), "200") << view;
    for (const auto* party : {"", "provider", "owner"})
      EXPECT_EQ(told(request, party), "not_permitted") << view << party;
  }
}

// ---- By the account's own key ----

TEST_F(AskedOfPersons, TheirOwnKeyReadsTheirOwnAccount) {
  for (const std::string view : {"account", "summary", "history", "consents"}) {
    const auto segments = account_of(kHolder, view == "account" ? "" : view);
    const auto header = header_of(reading_of(kHolder, view), kHolder);
    EXPECT_EQ(told(segments, header), "200") << view;
    EXPECT_EQ(told(get(segments)), "not_permitted") << "without the header";
  }
  auto request = get(account_of(kHolder, "history"));
  request.headers = {{"Puhui-Own-Key", header_of(reading_of(kHolder, "history"), kHolder)}};
  request.query["limit"] = "1";
  const auto answer = ask(request);
  EXPECT_NE(std::get<std::string>(answer.body).find("700"), std::string::npos);
}

TEST_F(AskedOfPersons, ProofsAnswerTheirOwnKeyToo) {
  const std::vector<std::string> segments{"v1", "proofs", "account", id_of_citizen(kHolder)};
  const auto header = header_of(reading_of(kHolder, "proof"), kHolder);
  EXPECT_EQ(told(segments, header), "unavailable") << "seen, and no state root is proved yet";
  EXPECT_EQ(told(get(segments)), "not_permitted");
  EXPECT_EQ(told({"v1", "proofs", "account", id_of_citizen(kOther)}, header), "signature.invalid");
}

TEST_F(AskedOfPersons, ASignatureIsForOneViewOfOneAccountInOneCity) {
  const auto segments = account_of(kHolder, "summary");
  const auto told_of = [&](const ledger::OwnReading& reading, std::uint64_t signer = kHolder) {
    return told(segments, header_of(reading, signer));
  };
  const auto sound = reading_of(kHolder, "summary");
  EXPECT_EQ(told_of(sound), "200");
  EXPECT_EQ(told_of(sound, kOther), "signature.invalid");
  EXPECT_EQ(told_of(reading_of(kOther, "summary")), "signature.invalid");
  EXPECT_EQ(told_of(reading_of(kOther, "summary"), kOther), "signature.invalid");
  EXPECT_EQ(told_of(reading_of(kHolder, "history")), "signature.invalid");
  auto elsewhere = sound;
  elsewhere.city = "BEIJING";
  EXPECT_EQ(told_of(elsewhere), "wrong_city");
  const auto header = header_of(elsewhere, kHolder);
  EXPECT_EQ(told(segments, std::string(kCityCode) + header.substr(header.find(' '))),
            "signature.invalid");
  EXPECT_EQ(told(account_of(kOther, "summary"), header_of(sound, kHolder)), "signature.invalid");
  // What was signed to confirm something signs no reading.
  const auto wish = self_signed_until(kHolder, ledger::kErasureWords, sound.valid_until,
                                      std::string(ledger::kNonceSize, 'n'));
  EXPECT_EQ(told(segments, std::string(kCityCode) + " " + std::to_string(wish.valid_until()) + " " +
                               crypto::hex_encode(wish.signature())),
            "signature.invalid");
}

TEST_F(AskedOfPersons, ASignatureIsGoodForMinutes) {
  const auto told_until = [&](std::int64_t until) {
    auto reading = reading_of(kHolder, "summary");
    reading.valid_until = until;
    return told(account_of(kHolder, "summary"), header_of(reading, kHolder));
  };
  EXPECT_EQ(told_until(kNow - 1), "event_expired");
  EXPECT_EQ(told_until(kNow), "event_expired");
  EXPECT_EQ(told_until(kNow + 1), "200");
  EXPECT_EQ(told_until(kNow + views::kOwnReadingAheadMax), "200");
  EXPECT_EQ(told_until(kNow + views::kOwnReadingAheadMax + 1), "event.too_far_ahead");
  now = 0;
  EXPECT_EQ(told_until(kNow + 1), "not_permitted") << "where no citizen reads";
}

TEST_F(AskedOfPersons, AccountsWithoutAKeyOrErasedAnswerNobodyElse) {
  EXPECT_EQ(told(account_of(1, "summary"), header_of(reading_of(1, "summary"), 1)),
            "not_permitted");
  EXPECT_EQ(told(account_of(99, "summary"), header_of(reading_of(99, "summary"), 99)),
            "not_permitted");
  PUHUI_ACCEPTED(
      act(city, erasure(kHolder, self_signed(kHolder, ledger::kErasureWords)), {"operator"}));
  EXPECT_EQ(
      told(account_of(kHolder, "summary"), header_of(reading_of(kHolder, "summary"), kHolder)),
      "account.erased");
  EXPECT_EQ(told(get(account_of(kHolder, "summary")), "operator"), "200");
}

TEST_F(AskedOfPersons, TheHeaderHasThreeWords) {
  const auto sound = header_of(reading_of(kHolder, "summary"), kHolder);
  const std::string city_code(kCityCode);
  for (const auto& header :
       {std::string("x"), city_code + " 17", sound + " more", sound + "0", " " + sound,
        city_code + " -1 00", city_code + " 99999999999999999999 00", city_code + " 1 zz"})
    EXPECT_EQ(told(account_of(kHolder, "summary"), header), "invalid_argument") << header;
  EXPECT_EQ(told(account_of(kHolder, "summary"), ""), "not_permitted");
}

TEST_F(AskedOfPersons, WhatIsSignedIsReadSlowly) {
  auto request = get(account_of(kHolder));
  EXPECT_FALSE(views::is_slow(request));
  request.headers = {{"Puhui-Own-Key", "x"}};
  EXPECT_TRUE(views::is_slow(request));
  request.segments = {"v1", "accounts", "owner-main"};
  EXPECT_FALSE(views::is_slow(request));
}

// ---- Acts ----

TEST_F(AskedOfPersons, ActsOfADayAnswerEverybodyAndOneActTheOperator) {
  const auto taken = city.earn(1, 50);
  const auto claim = ledger::read_record(record_of(taken).SerializeAsString(), "bike")->claim.hex();
  auto request = get({"v1", "scenarios", "bike", std::to_string(taken.day)});
  const auto any = ask(request);
  EXPECT_NE(std::get<std::string>(any.body).find("ACT_CLAIMABLE"), std::string::npos);
  request.query = {{"slot", std::to_string(taken.slot)}, {"claim", claim}};
  EXPECT_EQ(told(request), "not_permitted");
  EXPECT_EQ(told(request, "provider"), "not_permitted");
  const auto one = ask(request, "operator");
  EXPECT_NE(std::get<std::string>(one.body).find("ACT_CREDITED"), std::string::npos);
  request.query.erase("slot");
  EXPECT_EQ(told(request, "operator"), "invalid_argument");
  EXPECT_EQ(told(get({"v1", "scenarios", "bike", "-1"})), "invalid_argument");
  EXPECT_EQ(told(get({"v1", "scenarios", "bike", std::to_string(kToday + 1)})), "claim.window");
  EXPECT_EQ(told(get({"v1", "scenarios", "swim", std::to_string(kToday)})),
            "methodology.not_in_force");
}

}  // namespace
}  // namespace puhui::node
