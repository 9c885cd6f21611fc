// A partner's log that has forked: who finds out records it, and no person is needed.
#include "crypto/evidence.h"
#include "node/relay/bundle.h"
#include "tests/node/relays.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the cities are theirs
using testing::Relays;

struct Forks : Relays {
  void SetUp() override {
    Relays::SetUp();
    agree(a, b, agreement_between(a, b));
    run();
  }
  // As many leaves as the other city has accepted, and others.
  [[nodiscard]] crypto::Checkpoint other_tree() const {
    return {b.origin(), accepted_size(a, b), crypto::sha256("another"), {}};
  }
  // What the first city has accepted.
  [[nodiscard]] std::string accepted_note() const {
    return a.payload_at(static_cast<std::uint64_t>(log_at(a, b)->accepted_at()))
        .accept_checkpoint()
        .checkpoint();
  }
  [[nodiscard]] std::string evidence() const {
    return crypto::format_evidence({{}, {}, accepted_note(), b.signed_note(other_tree())});
  }
  [[nodiscard]] std::string path() const {
    return "/witness/" + crypto::sha256(b.origin()).hex() + "/evidence";
  }
  [[nodiscard]] bool is_suspended() const {
    return agreement_at(a, b)->standing() == v1::STANDING_SUSPENDED;
  }
  // By a relay that remembers nothing, after another leaf.
  void run_anew() {
    PUHUI_ACCEPTED(a.issue_kg(1));
    relay::Relay another(relay::Pairs{{&asked_a, &asked_b}});
    run(another);
  }
  [[nodiscard]] auto accusations() const {
    return std::ranges::count(told, "XIANGYANG accuse_partner done");
  }
};

TEST_F(Forks, AreShownByACheckpointOfTheSameSize) {
  asked_b.shown = b.signed_note(other_tree());
  run_anew();
  EXPECT_EQ(accusations(), 1) << ::testing::PrintToString(told);
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(log_at(a, b)->evidence_sha256(), crypto::sha256(evidence()).view());
  EXPECT_EQ(agreement_at(b, a)->standing(), v1::IN_FORCE);
}

// The city accepts what was signed for it alone; then the log shows the tree that all others see.
TEST_F(Forks, AreShownByATreeThatBeginsOtherwise) {
  SovereignCity c{{"YICHANG", "P3"}};
  testing::AskedCity asked_c{c};
  PUHUI_ACCEPTED(c.issue_kg(10));
  agree(a, c, agreement_between(a, c));
  const crypto::Checkpoint for_it{c.origin(), 3, crypto::sha256("for it alone"), {}};
  PUHUI_ACCEPTED(a.send(checkpoint_event(c, a, c.signed_note(for_it)), {"operator"}));
  relay::Relay between(relay::Pairs{{&asked_a, &asked_c}});
  run(between);
  EXPECT_TRUE(has_told("YICHANG accuse_partner done")) << ::testing::PrintToString(told);
  EXPECT_EQ(agreement_at(a, c)->standing(), v1::STANDING_SUSPENDED);
  // However much larger it grows, it is the same fork.
  PUHUI_ACCEPTED(set_agreement(a, c, v1::IN_FORCE));
  PUHUI_ACCEPTED(c.issue_kg(1));
  relay::Relay another(relay::Pairs{{&asked_a, &asked_c}});
  run(another);
  EXPECT_FALSE(has_told("YICHANG accuse_partner done"));
  EXPECT_EQ(agreement_at(a, c)->standing(), v1::IN_FORCE);
}

TEST_F(Forks, ThatGovernanceForgaveAreNotAccusedAgain) {
  asked_b.shown = b.signed_note(other_tree());
  run_anew();
  ASSERT_TRUE(is_suspended());
  run_anew();
  EXPECT_EQ(accusations(), 0);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  run_anew();
  EXPECT_EQ(accusations(), 0);
  EXPECT_FALSE(is_suspended());
  PUHUI_ACCEPTED(b.issue_kg(1));
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  asked_b.shown = b.signed_note(other_tree());
  run_anew();
  EXPECT_EQ(accusations(), 1) << "what it signs since is another matter";
}

TEST_F(Forks, AreSeenByTheCitysOwnWitnesses) {
  asked_a.witnessed[path()] = evidence();
  asked_b.is_away = true;
  run_anew();
  EXPECT_EQ(accusations(), 1) << "whether the log's city answers or not";
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(failures, std::vector<std::string>(2, "unreachable"));
}

TEST_F(Forks, AreNoneWithoutEvidence) {
  auto text = crypto::format_checkpoint(other_tree());
  const auto by_another =
      crypto::format_note({text, {*crypto::sign_note(text, b.origin(), a.secret("log"))}});
  for (const auto& shown : {by_another, std::string("rubbish"), accepted_note()}) {
    asked_b.shown = shown;
    run_anew();
  }
  asked_b.shown.clear();
  for (const auto& kept :
       {std::string("rubbish"), crypto::format_evidence({{}, {}, accepted_note(), accepted_note()}),
        crypto::format_evidence({{}, {}, accepted_note(), by_another})}) {
    asked_a.witnessed[path()] = kept;
    run_anew();
  }
  const auto older = crypto::Checkpoint{b.origin(), 2, crypto::sha256("older"), {}};
  asked_b.shown = b.signed_note(older);
  run_anew();
  EXPECT_FALSE(is_suspended());
  EXPECT_EQ(log_at(a, b)->accused_at(), 0);
}

TEST_F(Forks, AreFoundInAFileToo) {
  asked_b.shown = b.signed_note(other_tree());
  const auto bundle =
      relay::make_bundle(asked_b, "WUHAN", {accepted_size(a, b), accepted_size(a, b)});
  ASSERT_TRUE(bundle) << describe(bundle.error());
  const auto taken = relay::take_bundle(asked_a, bundle->bundle);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::CHECKPOINT_INCONSISTENT);
  EXPECT_TRUE(is_suspended());
}

}  // namespace
}  // namespace puhui::node
