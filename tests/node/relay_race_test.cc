// Another relay is quicker: no failure, and no refusal.

#include <gtest/gtest.h>

#include "node/relay/relay.h"
#include "tests/node/asked_city.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the cities are theirs

// Something happens once its checkpoint was fetched.
class Overtaken : public testing::AskedCity {
 public:
  using AskedCity::AskedCity;
  std::function<void()> meanwhile;

  Result<std::string> fetch(const std::string& path) override {
    auto answer = AskedCity::fetch(path);
    if (path == "/checkpoint" && meanwhile) std::exchange(meanwhile, nullptr)();
    return answer;
  }
};

struct RelayRace : TwoCities {};

TEST_F(RelayRace, AnotherCheckpointAcceptedMeanwhileIsNoRefusal) {
  PUHUI_ACCEPTED(a.issue_kg(100));
  agree(a, b, agreement_between(a, b));
  const auto smaller = checkpoint_event(a, b, a.signed_note(a.tree()));
  const auto exported = export_units(a, b, {{{1, 100}}});
  ASSERT_EQ(exported.decision, v1::ACCEPTED);
  Overtaken asked_a(a);
  testing::AskedCity asked_b(b);
  asked_a.meanwhile = [&] { PUHUI_ACCEPTED(b.send(smaller, {"operator"})); };
  relay::Relay relay(relay::Pairs{{&asked_a, &asked_b}});
  std::string refused;
  const auto round = relay.round(
      {[&](const auto&, const auto&, auto, const relay::Carried& carried) {
         if (carried.came == relay::Came::refused) refused += carried.action + " " + carried.code;
       },
       [&](const auto&, const auto&, const Error& error) { refused += describe(error); }},
      true);
  EXPECT_TRUE(round.is_all_done());
  EXPECT_EQ(refused, "");
  EXPECT_EQ(transfer_state(a, id_of(a, exported.leaf)), v1::TRANSFER_CONCLUDED);
}

}  // namespace
}  // namespace puhui::node
