// What a state root proves, asked of a running city and verified without it.

#include <gtest/gtest.h>

#include "node/files/folder.h"
#include "tests/cluster/city.h"

namespace puhui::testing {
namespace {

using Words = std::vector<std::string>;

class StateProofs : public ::testing::Test {
 protected:
  StateProofs() {
    city_.start(1);
    (void)city_.leader();
    issue_units(city_, 1'000);
    auto client = city_.client();
    // Past the next state root, which comes with every 16th leaf.
    for (std::int64_t before = city_.status(1).size(), moved = 1;
         city_.status(1).size() / 16 == before / 16; ++moved)
      EXPECT_EQ(
          send(client, sign(city_, transfer("owner", "owner", "buyer", moved), {"owner"}), true)
              .decision(),
          v1::ACCEPTED);
    EXPECT_EQ(city_.fetch_policy(), file("policy"));
  }

  [[nodiscard]] std::string file(const std::string& name) const {
    return city_.folder() + "/" + name;
  }
  [[nodiscard]] Ran prove(const Words& what, const std::string& out) const {
    Words command{PUHUI_CLI, "proof"};
    command.insert(command.end(), what.begin(), what.end());
    for (const auto& word :
         {std::string("--url"), city_.url(1), std::string("--ca"),
          city_.folder() + "/city/authority.pem", std::string("--out"), file(out)})
      command.push_back(word);
    return run(command);
  }
  [[nodiscard]] Ran verify(const std::string& proof) const {
    return run({PUHUI_CLI, "proof", "verify", file(proof), "--policy", file("policy")});
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

}  // namespace
}  // namespace puhui::testing
