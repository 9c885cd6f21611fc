// What `puhuid init` leaves behind: a ledger takes the genesis as it is.
#include "node/daemon/init.h"

#include <gtest/gtest.h>

#include "node/files/folder.h"
#include "tests/ledger/city.h"

namespace puhui::node::daemon {
namespace {

using ledger::testing::City;
using ledger::testing::Folder;

struct Init : ::testing::Test {
  Folder folder;
  InitOptions options;

  Init() {
    options.folder = folder.file("city");
    options.city = std::string(ledger::testing::kCityCode);
    options.nodes = {{"127.0.0.1:7444", "127.0.0.1:7443"}};
    options.authority = {"bureau", "a bureau", "某局", "A bureau"};
    options.operator_party = {"company", "a company", "", ""};
    options.demo_start = ledger::testing::kNoon;
  }
  // A ledger that was founded by it.
  std::unique_ptr<City> founded() {
    const auto done = init_city(options);
    EXPECT_TRUE(done) << describe(done.error());
    auto city = City::bare();
    city->now += ledger::testing::kSecond;
    const auto answer =
        city->submit({read_file(options.folder + "/genesis.envelope").value(), {}, false});
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code) << answer.detail;
    return city;
  }
  bool has(const std::string& file) const { return exists(options.folder + "/" + file); }
};

TEST_F(Init, TwoPartiesFoundACity) {
  const auto city = founded();
  EXPECT_EQ(city->totals().parties(), 2);
  for (const std::string name : {"bureau", "company"}) {
    EXPECT_EQ(city->view().party(name)->roles_size(), 1) << name;
    EXPECT_TRUE(has("keys/" + name + ".key"));
    EXPECT_TRUE(has("clients/" + name + ".pem"));
  }
}

TEST_F(Init, OnePartyFoundsACity) {
  options.operator_party = {"bureau", "", "", ""};
  const auto city = founded();
  EXPECT_EQ(city->totals().parties(), 1);
  const auto bureau = city->view().party("bureau");
  ASSERT_TRUE(bureau);
  EXPECT_EQ(bureau->legal_entity(), "a bureau");
  EXPECT_EQ(bureau->name_zh(), "某局");
  ASSERT_EQ(bureau->roles_size(), 2);
  EXPECT_EQ(bureau->roles(0).role(), v1::AUTHORITY);
  EXPECT_EQ(bureau->roles(1).role(), v1::OPERATOR);
  EXPECT_EQ(bureau->key_ids_size(), 1);
  EXPECT_TRUE(has("keys/bureau.key"));
  EXPECT_TRUE(has("clients/bureau-key.pem"));
  EXPECT_TRUE(has("node-1/node.toml"));
}

TEST_F(Init, OnePartyIsOfTheEntityThatEitherRoleNames) {
  options.authority.legal_entity.clear();
  options.operator_party = {"bureau", "a company", "", ""};
  EXPECT_EQ(founded()->view().party("bureau")->legal_entity(), "a company");
}

TEST_F(Init, OnePartyIsOfOneEntity) {
  options.operator_party = {"bureau", "a company", "", ""};
  const auto refused = init_city(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::INVALID_ARGUMENT);
  EXPECT_FALSE(has("genesis.envelope"));
  options.operator_party.legal_entity = "a bureau";
  EXPECT_EQ(founded()->view().party("bureau")->legal_entity(), "a bureau");
}

TEST_F(Init, EntitiesThatNobodyNamesAreCalledByTheRoles) {
  options.authority.legal_entity.clear();
  options.operator_party.legal_entity.clear();
  const auto city = founded();
  EXPECT_EQ(city->view().party("bureau")->legal_entity(), "authority");
  EXPECT_EQ(city->view().party("company")->legal_entity(), "operator");
}

TEST_F(Init, OnePartyHasOneName) {
  options.operator_party = {"bureau", "a bureau", "", "A company"};
  const auto refused = init_city(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::INVALID_ARGUMENT);
  EXPECT_FALSE(has("genesis.envelope"));
}

}  // namespace
}  // namespace puhui::node::daemon
