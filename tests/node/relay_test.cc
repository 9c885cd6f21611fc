// A relay between two real ledgers: what it carries, in which order, and what stops it.
#include "tests/ledger/epochs.h"
#include "tests/ledger/every_other.h"
#include "tests/node/relays.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the cities are theirs
using testing::Relays;

TEST_F(Relays, CarryAnExportThereAndItsAnswerHome) {
  agree(a, b, agreement_between(a, b));
  const auto id = send();
  const auto round = run();
  EXPECT_TRUE(round.is_all_done()) << ::testing::PrintToString(told);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
  EXPECT_EQ(b.held("owner-main"), 50 + 90);
  EXPECT_TRUE(has_told("WUHAN note_filing done"));
  EXPECT_TRUE(has_told("XIANGYANG note_filing done"));
  EXPECT_TRUE(has_told("WUHAN import done"));
  EXPECT_TRUE(has_told("XIANGYANG conclude_transfer done"));
}

TEST_F(Relays, FindNothingToDoAfterwards) {
  agree(a, b, agreement_between(a, b));
  send();
  run();
  const auto sent = asked_a.sent + asked_b.sent;
  relay::Relay another(relay::Pairs{{&asked_a, &asked_b}});
  EXPECT_TRUE(run(another).is_all_done());
  EXPECT_EQ(told, std::vector<std::string>());
  EXPECT_EQ(asked_a.sent + asked_b.sent, sent) << "no event is sent for what is done";
  run(another);
  const auto asked = asked_a.asked + asked_b.asked;
  run(another);
  EXPECT_EQ(asked_a.asked + asked_b.asked, asked + 4) << "no leaf came: only the sizes are asked";
}

TEST_F(Relays, BringUnitsHomeAgain) {
  agree(a, b, agreement_between(a, b));
  send();
  run();
  PUHUI_ACCEPTED(send_home(b, a, {{51, 80}}));
  EXPECT_TRUE(run().is_all_done());
  EXPECT_EQ(a.held("owner-main"), 30);
  EXPECT_EQ(b.held("owner-main"), 50 + 60);
}

TEST_F(Relays, RefuseWhatCannotBeTakenWithTheReason) {
  agree(a, b, agreement_between(a, b));
  const auto id = send({{{1, 100}}, "owner-main", "nobody"});
  EXPECT_TRUE(run().is_all_done());
  EXPECT_TRUE(has_told("WUHAN refuse_import done account.unknown"));
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_REFUSED);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(a.bound("owner-main"), 0);
}

TEST_F(Relays, VoidWhatComesTooLate) {
  agree(a, b, agreement_between(a, b));
  const auto id = send();
  b.now += kAnswerWithin + ledger::kMicrosPerDay;
  EXPECT_TRUE(run().is_all_done());
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_VOID);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
}

TEST_F(Relays, WaitWhileTheAgreementIsSuspended) {
  agree(a, b, agreement_between(a, b));
  const auto id = send();
  PUHUI_ACCEPTED(set_agreement(b, a, v1::STANDING_SUSPENDED));
  EXPECT_FALSE(run().is_all_done());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
  PUHUI_ACCEPTED(set_agreement(b, a, v1::IN_FORCE));
  EXPECT_TRUE(run().is_all_done());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
}

TEST_F(Relays, StateRetirementsAbroadAndBringThemHome) {
  agree(a, b, agreement_between(a, b));
  send();
  run();
  PUHUI_ACCEPTED(retire(b, "owner-main", {{45, 60}}));
  EXPECT_TRUE(run().is_all_done());
  EXPECT_TRUE(has_told("XIANGYANG state_retirement done"));
  EXPECT_TRUE(has_told("XIANGYANG note_retirement done"));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 10) << "51-60 there are 1-10 here";
  EXPECT_NE(a.view().serial(10)->retired_abroad_at(), 0);
  EXPECT_EQ(a.view().serial(11)->retired_abroad_at(), 0);
}

TEST_F(Relays, BringRecallsToWhereTheUnitsAre) {
  agree(a, b, agreement_between(a, b));
  send();
  run();
  PUHUI_ACCEPTED(recall(a, "B1", {{1, 5}}));
  EXPECT_TRUE(run().is_all_done());
  EXPECT_TRUE(has_told("WUHAN note_recall done"));
  EXPECT_EQ(b.view().serial(51)->bound_by(), "recall/WUHAN");
}

// Whose recalls are of so many pieces that all but the last event freeze a part.
class InParts : public testing::AskedCity {
 public:
  InParts(SovereignCity& city, int parts) : AskedCity(city), parts_left_(parts) {}
  int noted = 0;

  Result<v1::SubmissionResult> submit(v1::Payload payload, std::string attachment) override {
    if (payload.has_note_recall()) ++noted;
    if (!payload.has_note_recall() || --parts_left_ <= 0)
      return AskedCity::submit(std::move(payload), std::move(attachment));
    v1::SubmissionResult part;
    part.set_decision(v1::ACCEPTED);
    return part;
  }

 private:
  int parts_left_;
};

TEST_F(Relays, SendARecallUntilItsLastPartIsNoted) {
  agree(a, b, agreement_between(a, b));
  send();
  run();
  InParts few(b, 3), many(b, 200);
  PUHUI_ACCEPTED(recall(a, "B1", {{1, 5}}));
  relay::Relay of_few(relay::Pairs{{&asked_a, &few}});
  EXPECT_TRUE(run(of_few).is_all_done());
  EXPECT_EQ(few.noted, 3);
  EXPECT_EQ(std::ranges::count(told, "WUHAN note_recall done"), 1);
  EXPECT_EQ(b.view().serial(51)->bound_by(), "recall/WUHAN");
  // The rest another time.
  PUHUI_ACCEPTED(recall(a, "B1", {{6, 9}}));
  relay::Relay of_many(relay::Pairs{{&asked_a, &many}});
  EXPECT_FALSE(run(of_many).is_all_done());
  EXPECT_TRUE(has_told("WUHAN note_recall waits too_large"));
  for (int i = 0; i < 3 && !run(of_many).is_all_done(); ++i) continue;
  EXPECT_EQ(many.noted, 200);
}

// A recall has cut it at home into more pieces than one event may touch.
TEST_F(Relays, BringARetirementUntilItsLastPartIsNoted) {
  agree(a, b, agreement_between(a, b));
  PUHUI_ACCEPTED(a.issue_kg(1'300));
  send({{{101, 1'400}}});
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  PUHUI_ACCEPTED(retire(b, "owner-main", {{51, 1'220}}));  // 101-1270 at home
  PUHUI_ACCEPTED(recall(a, "B2", every_other(101, 1'270)));
  const auto sent = asked_a.sent;
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_EQ(std::ranges::count(told, "XIANGYANG note_retirement done"), 1);
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'170);
  EXPECT_GE(asked_a.sent, sent + 2);
  run();
  EXPECT_EQ(told, std::vector<std::string>());
}

TEST_F(Relays, GoOnInANewEpochOfACity) {
  agree(a, b, agreement_between(a, b));
  EXPECT_TRUE(run().is_all_done());
  const Backup backup(a);
  PUHUI_ACCEPTED(retire(a, "owner-main", {{1, 5}}));
  PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
  reconcile(a, b);
  const auto id = send();
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
}

TEST_F(Relays, WaitUntilTheListsOfACityAreNoted) {
  agree(a, b, agreement_between(a, b));
  send({{{1, 20}}});
  EXPECT_TRUE(run().is_all_done());
  const Backup backup(b);
  fill_up(b, b.head().size + 3, 1);
  const auto id = send({{{21, 100}}});
  PUHUI_ACCEPTED(recall(a, "B1", {{1, 2}}));
  PUHUI_ACCEPTED(open_epoch(b, backup.restore()));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  EXPECT_FALSE(run().is_all_done());
  EXPECT_TRUE(has_told("WUHAN import waits epoch.lists_pending")) << ::testing::PrintToString(told);
  EXPECT_TRUE(has_told("WUHAN note_recall waits epoch.lists_pending"))
      << ::testing::PrintToString(told);
  bring_list(a, b);
  run();
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
}

// A recall that is noted there and lost here says nothing of the one that is at its leaf now.
TEST_F(Relays, BringARecallAtALeafThatAnEpochLost) {
  agree(a, b, agreement_between(a, b));
  send({{{1, 20}}});
  EXPECT_TRUE(run().is_all_done());
  PUHUI_ACCEPTED(recall(a, "B1", {{1, 2}}));
  EXPECT_TRUE(run().is_all_done());
  const Backup backup(a);
  fill_up(a, a.head().size + 9, 41);
  const auto lost = recall(a, "B1", {{3, 5}});
  EXPECT_TRUE(run().is_all_done());
  EXPECT_EQ(b.bound("owner-main"), 5);
  PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
  reconcile(a, b);
  fill_up(a, lost.leaf, 41);
  EXPECT_EQ(recall(a, "B1", {{6, 9}}).leaf, lost.leaf);
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_TRUE(has_told("WUHAN note_recall done"));
  EXPECT_EQ(b.bound("owner-main"), 9);
  EXPECT_TRUE(run().is_all_done());
  EXPECT_EQ(told, std::vector<std::string>()) << "the one that was kept is noted";
  // One that looks for them for the first time finds nothing either.
  relay::Relay another(relay::Pairs{{&asked_a, &asked_b}});
  EXPECT_TRUE(run(another).is_all_done());
  EXPECT_EQ(told, std::vector<std::string>());
}

TEST_F(Relays, SayThatThereIsNoAgreement) {
  EXPECT_FALSE(run().is_all_done());
  EXPECT_EQ(failures, std::vector<std::string>(2, "agreement.unknown"));
  EXPECT_FALSE(run().is_all_done());
  EXPECT_EQ(failures, std::vector<std::string>()) << "told once";
}

TEST_F(Relays, CarryAsSoonAsThereIsAnAgreement) {
  const relay::Hearing deaf{[](const auto&, const auto&, auto, const auto&) {},
                            [](const auto&, const auto&, const Error&) {}};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(relay.round(deaf, false).failures, 0u);
  agree(a, b, agreement_between(a, b));
  const auto id = send();
  EXPECT_TRUE(relay.round(deaf, false).is_all_done());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
}

TEST_F(Relays, AskASilentCityOnceInARound) {
  agree(a, b, agreement_between(a, b));
  asked_b.is_away = true;
  EXPECT_EQ(run().failures, 2u);
  EXPECT_EQ(asked_b.unanswered, 1u);
}

TEST_F(Relays, TakeInACityLater) {
  agree(a, b, agreement_between(a, b));
  const auto id = send();
  relay::Relay later{relay::Pairs()};
  EXPECT_TRUE(run(later).is_all_done());
  later.add(asked_a, asked_b);
  EXPECT_TRUE(run(later).is_all_done());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
}

TEST_F(Relays, BringTheEndOfAProject) {
  agree(a, b, agreement_between(a, b));
  EXPECT_TRUE(run().is_all_done());
  const auto before = b.view().foreign_project("WUHAN", "P1")->to();
  PUHUI_ACCEPTED(stand(a, "P1", v1::CLOSED));
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_TRUE(has_told("WUHAN note_filing_end done")) << ::testing::PrintToString(told);
  EXPECT_LT(b.view().foreign_project("WUHAN", "P1")->to(), before);
  relay::Relay another(relay::Pairs{{&asked_a, &asked_b}});
  const auto sent = asked_b.sent;
  run(another);
  EXPECT_EQ(asked_b.sent, sent);
}

// What it was found to know before, it has lost with the leaves behind the copy.
TEST_F(Relays, BringOnceMoreWhatARestoredCityKnew) {
  agree(a, b, agreement_between(a, b));
  EXPECT_TRUE(run().is_all_done());
  const auto before = b.view().foreign_project("WUHAN", "P1")->to();
  const Backup backup(b);
  PUHUI_ACCEPTED(stand(a, "P1", v1::CLOSED));
  fill_up(b, b.head().size + 9, 1);
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  run();
  EXPECT_EQ(told, std::vector<std::string>());
  PUHUI_ACCEPTED(open_epoch(b, backup.restore()));
  EXPECT_EQ(b.view().foreign_project("WUHAN", "P1")->to(), before);
  reconcile(b, a);
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_TRUE(has_told("WUHAN note_filing_end done")) << ::testing::PrintToString(told);
  EXPECT_LT(b.view().foreign_project("WUHAN", "P1")->to(), before);
}

TEST_F(Relays, GoOnWhenACityAnswersAgain) {
  agree(a, b, agreement_between(a, b));
  const auto id = send();
  asked_b.is_away = true;
  EXPECT_FALSE(run().is_all_done());
  EXPECT_EQ(failures, std::vector<std::string>(2, "unreachable"));
  asked_b.is_away = false;
  EXPECT_TRUE(run().is_all_done());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
}

TEST_F(Relays, LeaveOutWaysThatFailEverLonger) {
  asked_b.is_away = true;
  std::vector<int> tried;
  for (int i = 0; i < 16; ++i) {
    bool is_tried = false;
    (void)relay.round({[](const auto&, const auto&, auto, const auto&) {},
                       [&](const auto&, const auto&, const Error&) { is_tried = true; }},
                      false);
    if (is_tried) tried.push_back(i);
  }
  EXPECT_EQ(tried, (std::vector<int>{0, 2, 6, 14}));
}

}  // namespace
}  // namespace puhui::node
