// What a node tells of acts and persons, as the client asks for it and shows it.
#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "fake_node.h"
#include "ledger/records.h"

namespace puhui::node::cli {
namespace {

const std::string kAccount = "p-000102030405060708090a0b0c0d0e0f";

TEST(Acts, AreToldByTheirDay) {
  const Caller caller;
  http::Request seen;
  const FakeNode node([&seen](http::Request request, const http::Respond& respond) {
    v1::ActState state;
    state.set_standing(request.query.empty() ? v1::ACT_RECEIVED : v1::ACT_CREDITED);
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
  for (const auto* told : {"received", "2026-01-17", "2026-01-22", "2026-01-16"})
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

}  // namespace
}  // namespace puhui::node::cli
