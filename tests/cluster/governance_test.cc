// A city that governs itself by vote, from the command line.

#include <gtest/gtest.h>

#include "tests/cluster/cli.h"

namespace puhui::testing {
namespace {

// Two authorities vote on restraints; nothing is locked for long.
std::string rules_with_a_ballot() {
  auto rules = test_rules();
  const std::string ballot =
      "\"ballots\":[{\"action\":\"party.restrain\",\"voters\":\"AUTHORITY\",\"approvals\":2,"
      "\"voting\":3600000000,\"execution\":3600000000,\"proposers\":[\"OPERATOR\"]}],";
  return rules.insert(1, ballot);
}

TEST(Governance, APartyIsSuspendedByVote) {
  City city({PUHUI_PUHUID, 1, {}, {}, rules_with_a_ballot()});
  city.start(1);
  (void)city.leader();
  issue_units(city, 1'000);
  auto client = city.client();
  ASSERT_EQ(send(client, sign(city, register_party(city, "second", {v1::AUTHORITY}), {"authority"}))
                .decision(),
            v1::ACCEPTED);
  const auto as = [&](const std::string& party, const Words& words) {
    return cli(city, party, words);
  };
  const auto proposed =
      as("operator", {"party", "suspend", "buyer", "--reason", "case 7", "--propose", "buyer-out"});
  ASSERT_EQ(proposed.status, 0) << proposed.output;
  EXPECT_EQ(as("operator", {"account", "open", "x", "--propose", "x"}).status, 2)
      << "no vote resolves that";
  EXPECT_EQ(as("operator", {"proposal", "vote", "buyer-out", "for"}).status, 1);
  EXPECT_EQ(as("authority", {"proposal", "execute", "buyer-out"}).status, 1) << "not yet";
  for (const auto* voter : {"authority", "second"}) {
    const auto voted = as(voter, {"proposal", "vote", "buyer-out", "for"});
    EXPECT_EQ(voted.status, 0) << voted.output;
  }
  const auto list = as("operator", {"proposal", "list"});
  EXPECT_NE(list.output.find("carried-by-vote"), std::string::npos) << list.output;
  const auto done = as("operator", {"proposal", "execute", "buyer-out"});
  ASSERT_EQ(done.status, 0) << done.output;
  const auto party = as("operator", {"party", "show", "buyer"});
  EXPECT_NE(party.output.find("case 7"), std::string::npos) << party.output;
  const auto refused =
      send(client, sign(city, transfer("buyer", "buyer", "owner", 1), {"buyer"}), true);
  EXPECT_EQ(refused.code(), "party.restrained");
}

}  // namespace
}  // namespace puhui::testing
