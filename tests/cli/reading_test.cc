// What a node tells of acts and persons, as the client asks for it and shows it.
#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "fake_node.h"
#include "ledger/personal.h"
#include "ledger/records.h"
#include "node/cli/values.h"
#include "node/views/own_key.h"

namespace puhui::node::cli {
namespace {

const std::string kAccount = "p-000102030405060708090a0b0c0d0e0f";

TEST(Acts, AreToldByTheirDay) {
  const Caller caller;
  http::Request seen;
  const FakeNode node([&seen](http::Request request, const http::Respond& respond) {
    v1::ActState state;
    state.set_standing(request.query.empty() ? v1::ACT_NOT_OPEN : v1::ACT_CREDITED);
    state.set_day(20'468);
    state.set_first_day(20'470);
    state.set_last_day(20'475);
    state.set_today(20'469);
    seen = std::move(request);
    respond(json(state));
  });
  const auto day = caller.run(node.url(), {"scenario", "act", "bike", "2026-01-15"});
  EXPECT_EQ(day.exit, Exit::ok) << day.err;
  EXPECT_EQ(seen.path, "/v1/scenarios/bike/20468");
  for (const auto* told : {"not-open", "2026-01-17", "2026-01-22", "2026-01-16"})
    EXPECT_TRUE(contains(day.out, told)) << day.out;
  const std::string tag(32, 'a');
  const auto act = caller.run(node.url(), {"scenario", "act", "bike", "2026-01-15", "--account",
                                           kAccount, "--slot", "31", "--carrier-tag", tag});
  EXPECT_EQ(act.exit, Exit::ok) << act.err;
  EXPECT_TRUE(contains(act.out, "credited")) << act.out;
  v1::BehaviourRecord record;
  record.set_account(crypto::hex_decode(kAccount.substr(2)).value());
  record.set_day(20'468);
  record.set_slot(31);
  record.set_carrier_tag(crypto::hex_decode(tag).value());
  EXPECT_EQ(seen.query.at("slot"), "31");
  EXPECT_EQ(seen.query.at("claim"),
            ledger::read_record(record.SerializeAsString(), "bike")->claim.hex());
}

TEST(Acts, AreNamedWholeOrNotAtAll) {
  const Client client;
  for (const Words& more : std::vector<Words>{{"--account", kAccount},
                                              {"--account", kAccount, "--slot", "1"},
                                              {"--slot", "1"},
                                              {"--carrier-tag", "00"}}) {
    Words words{"scenario", "act", "bike", "2026-01-15", "--url", "https://127.0.0.1:1"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(client.run(words).exit, Exit::usage) << more.front();
  }
  EXPECT_EQ(client.run({"scenario", "act", "bike", "2026-02-30"}).exit, Exit::usage);
}

// ---- A citizen's own account ----

// The header of a request, if it is signed by this key.
std::string signed_view(const http::Request& request, const std::string& key_file) {
  const std::string header(http::find_header(request.headers, "Puhui-Own-Key"));
  const auto words = split(header, ' ');
  if (words.size() != 3) return "no header";
  const auto path = views::personal_path(request.segments);
  const ledger::OwnReading reading{std::string(words[0]), ledger::pseudonym_of(path.account),
                                   path.view, parse_time_us(words[1]).value()};
  const auto signature = crypto::hex_decode(words[2]).value();
  const auto key = read_public_key(key_file).value();
  if (!crypto::verify(key, ledger::own_reading_digest(reading).view(), signature)) return "forged";
  return reading.city + " " + reading.view + " " + std::to_string(reading.valid_until);
}

TEST(OwnKey, SignsEachViewOfTheAccount) {
  const Caller caller;
  std::vector<std::string> seen;
  const FakeNode node(city(caller.client, [&](http::Request request, const http::Respond& respond) {
    seen.push_back(signed_view(request, caller.key));
    if (request.segments.back() == "summary") return respond(json(v1::PersonalSummary()));
    if (request.segments.back() == "consents") return respond(json(v1::ConsentList()));
    if (request.segments.back() != "history") return respond(json(v1::Account()));
    v1::CreditHistory part;
    if (!request.query.contains("after")) part.set_next("00");
    respond(json(part));
  }));
  for (const auto& words :
       {Words{"account", "show", kAccount}, Words{"account", "summary", kAccount},
        Words{"account", "consents", kAccount}, Words{"account", "history", kAccount},
        Words{"account", "show", "acme/pv"}}) {
    auto arguments = words;
    arguments.insert(arguments.end(), {"--own-key", caller.key});
    const auto ran = caller.run(node.url(), std::move(arguments));
    EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  }
  const auto until = " " + std::to_string(caller.client.now_us + views::kOwnReadingAheadMax / 2);
  EXPECT_EQ(seen, (Words{"WUHAN account" + until, "WUHAN summary" + until, "WUHAN consents" + until,
                         "WUHAN history" + until, "WUHAN history" + until, "no header"}));
}

TEST(OwnKey, IsAKeyFile) {
  const Caller caller;
  const FakeNode node(city(caller.client, [](const http::Request&, const http::Respond& respond) {
    respond(json(v1::PersonalSummary()));
  }));
  const auto ran = caller.run(
      node.url(), {"account", "summary", kAccount, "--own-key", caller.scratch.path("missing")});
  EXPECT_NE(ran.exit, Exit::ok);
  EXPECT_TRUE(contains(ran.err, "missing")) << ran.err;
}

}  // namespace
}  // namespace puhui::node::cli
