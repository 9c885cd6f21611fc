// What a state root proves, asked of a running city and verified without it.

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/random.h"
#include "node/files/folder.h"
#include "tests/cluster/city.h"

namespace puhui::testing {
namespace {

class StateProofs : public ::testing::Test {
 protected:
  StateProofs() {
    city_.start(1);
    (void)city_.leader();
    issue_units(city_, 1'000);
    pass_a_root();
    EXPECT_EQ(city_.fetch_policy(), file("policy"));
  }

  // Past the next state root, which comes with every 16th leaf.
  void pass_a_root() {
    auto client = city_.client();
    for (std::int64_t before = city_.status(1).size(), moved = 1;
         city_.status(1).size() / 16 == before / 16; ++moved)
      EXPECT_EQ(
          send(client, sign(city_, transfer("owner", "owner", "buyer", moved), {"owner"}), true)
              .decision(),
          v1::ACCEPTED);
  }

  [[nodiscard]] std::string file(const std::string& name) const {
    return city_.folder() + "/" + name;
  }
  [[nodiscard]] Ran ask(const Words& what) const {
    return run(Words{PUHUI_CLI} + what +
               Words{"--url", city_.url(1), "--ca", city_.folder() + "/city/authority.pem"});
  }
  [[nodiscard]] Ran prove(const Words& what, const std::string& out) const {
    return ask(Words{"proof"} + what + Words{"--out", file(out)});
  }
  [[nodiscard]] Ran verify(const std::string& proof, const Words& of = {}) const {
    return run(Words{PUHUI_CLI, "proof", "verify", file(proof), "--policy", file("policy")} + of);
  }

  City city_{{PUHUI_PUHUID, 1, {}, {}, {}}};
};

TEST_F(StateProofs, BalancesSerialsAndAbsencesVerifyOffline) {
  struct Case {
    Words what;
    std::string shows;
  };
  const Case cases[] = {{{"balance", "buyer"}, "account buyer"},
                        {{"state", "serial", "1"}, "serials up to"},
                        {{"state", "party", "buyer"}, "party buyer"},
                        {{"absence", "account", "nobody"}, "absent"},
                        {{"absence", "serial", "999999999"}, "totals"}};
  for (const auto& [what, shows] : cases) {
    const auto name = what.front() + "-" + what[1] + ".proof";
    const auto proved = prove(what, name);
    ASSERT_EQ(proved.status, 0) << proved.output;
    const auto verified = verify(name);
    EXPECT_EQ(verified.status, 0) << verified.output;
    EXPECT_NE(verified.output.find(shows), std::string::npos) << verified.output;
  }
  EXPECT_EQ(prove({"absence", "party", "buyer"}, "wrong").status, 2);
  EXPECT_EQ(prove({"state", "party", "nobody"}, "wrong").status, 2);
  EXPECT_EQ(prove({"state", "wizard", "nobody"}, "wrong").status, 2);

  auto changed = node::read_file(file("balance-buyer.proof")).value();
  const auto at = changed.find("\"value\":") + 12;
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  ASSERT_TRUE(node::write_file(file("changed.proof"), changed, node::Mode::shared));
  EXPECT_EQ(verify("changed.proof").status, 3);
}

// What is personal answers the operator alone, and verifies like all else.
TEST_F(StateProofs, APersonsBalanceAndCreditsAnswerTheOperator) {
  const std::vector<std::string> persons{crypto::random_bytes(16), crypto::random_bytes(16)};
  const auto person = "p-" + crypto::hex_encode(persons[0]);
  open_citizens(city_, persons);
  auto client = city_.client();
  for (std::uint32_t slot = 1; slot <= 3; ++slot)
    ASSERT_EQ(send(client, ride_batch(city_, "rides-" + std::to_string(slot), persons, slot), true)
                  .decision(),
              v1::ACCEPTED);
  pass_a_root();
  EXPECT_EQ(prove({"balance", person}, "person.proof").status, 5) << "without a certificate";
  const auto operators = city_.folder() + "/city/clients/operator";
  const Words as_operator{"--client-cert", operators + ".pem", "--client-key",
                          operators + "-key.pem"};
  const auto proved = prove(Words{"balance", person} + as_operator, "person.proof");
  ASSERT_EQ(proved.status, 0) << proved.output;
  const auto verified = verify("person.proof");
  EXPECT_EQ(verified.status, 0) << verified.output;
  EXPECT_NE(verified.output.find("account " + person), std::string::npos) << verified.output;
  EXPECT_NE(verified.output.find("trail"), std::string::npos) << verified.output;

  const auto history = ask(Words{"account", "history", person} + as_operator);
  ASSERT_EQ(history.status, 0) << history.output;
  EXPECT_EQ(std::ranges::count(history.output, '\n'), 1 + 3) << history.output;
  EXPECT_EQ(ask({"account", "history", person}).status, 5);
  const Words policy{"--policy", file("policy")};
  const auto complete = ask(Words{"account", "history", person} + as_operator + policy);
  EXPECT_EQ(complete.status, 0) << complete.output;
  EXPECT_NE(complete.output.find("3 credits verified: claims and sum are those of account p-"),
            std::string::npos)
      << complete.output;

  const std::string claim(64, 'a');
  EXPECT_EQ(prove(Words{"claim", "2020-01-01", "3", claim}, "claim").status, 5);
  const auto long_ago = prove(Words{"claim", "2020-01-01", "3", claim} + as_operator, "claim");
  ASSERT_EQ(long_ago.status, 0) << long_ago.output;
  EXPECT_EQ(verify("claim").status, 2) << "of which claim?";
  EXPECT_EQ(verify("claim", {"--claim", "2020-01-01", "4", claim}).status, 3);
  const auto never = verify("claim", {"--claim", "2020-01-01", "3", claim});
  EXPECT_EQ(never.status, 0) << never.output;
  EXPECT_NE(never.output.find("never claimed"), std::string::npos) << never.output;
}

// Persons have names of their own form; others may begin alike.
TEST_F(StateProofs, AnAccountThatIsNobodysIsAbsent) {
  ASSERT_EQ(prove({"absence", "account", "p-nobody"}, "nobody.proof").status, 0);
  const auto verified = verify("nobody.proof");
  EXPECT_EQ(verified.status, 0) << verified.output;
  EXPECT_NE(verified.output.find("absent"), std::string::npos) << verified.output;
  EXPECT_EQ(verified.output.find("never credited"), std::string::npos) << verified.output;
}

TEST_F(StateProofs, HistoriesSayWhatBecameOfEachSubject) {
  const auto account = ask({"account", "history", "buyer"});
  ASSERT_EQ(account.status, 0) << account.output;
  EXPECT_NE(account.output.find("open_account"), std::string::npos) << account.output;
  EXPECT_NE(account.output.find("transfer"), std::string::npos) << account.output;
  EXPECT_EQ(account.output.find("register_party"), std::string::npos) << account.output;
  const auto party = ask({"party", "history", "owner"});
  ASSERT_EQ(party.status, 0) << party.output;
  EXPECT_NE(party.output.find("submit_report"), std::string::npos) << party.output;
  const auto batches = ask({"batch", "list", "-o", "json"});
  const auto at = batches.output.find("\"batch\": \"") + 10;
  const auto batch = batches.output.substr(at, batches.output.find('"', at) - at);
  const auto moves = ask({"batch", "history", batch});
  ASSERT_EQ(moves.status, 0) << moves.output;
  EXPECT_NE(moves.output.find("move-issue"), std::string::npos) << moves.output;
  EXPECT_NE(moves.output.find("move-transfer"), std::string::npos) << moves.output;
  EXPECT_EQ(ask({"account", "history", "nobody"}).status, 2);
}

}  // namespace
}  // namespace puhui::testing
