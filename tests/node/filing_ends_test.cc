// Projects that were noted abroad as drafts, and came to nothing at home.
#include "node/relay/bundle.h"
#include "tests/node/relays.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the cities are theirs
using testing::Relays;

struct FilingEnds : Relays {
  void SetUp() override {
    auto rules = recognition_rules("by procedure");
    add_procedure(rules, v1::FILING_PROJECT, {2, 3});
    PUHUI_ACCEPTED(file_rules(a, rules));
    agree(a, b, agreement_between(a, b));
  }
  // A draft of project P9, under notice.
  void publicise(const std::string& filing) {
    auto project = pv_project("P9");
    *project.mutable_keys(0) = "meter-9";
    PUHUI_ACCEPTED(draft(a, filing, subject_of(project)));
    for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(a, filing, by));
    PUHUI_ACCEPTED(open_notice(a, filing_named(filing)));
  }
  // The draft by which the other city knows it.
  [[nodiscard]] std::string noted() const {
    const auto project = b.view().foreign_project("WUHAN", "P9");
    return project ? project->filing() : "none";
  }
  v1::Bundle made() {
    auto bundle = relay::make_bundle(asked_a, "XIANGYANG", {accepted_size(b, a), 0});
    EXPECT_TRUE(bundle) << describe(bundle.error());
    return bundle ? bundle->bundle : v1::Bundle();
  }
  // "note_filing done, …"
  std::string taken(const v1::Bundle& bundle) {
    EXPECT_TRUE(relay::check_bundle(bundle));
    const auto receipt = relay::take_bundle(asked_b, bundle);
    EXPECT_TRUE(receipt) << describe(receipt.error());
    std::string text;
    if (receipt)
      for (const auto& leaf : receipt->leaves())
        text += (text.empty() ? "" : ", ") + leaf.action() + " " + leaf.outcome();
    return text;
  }
};

TEST_F(FilingEnds, FreeWhatWasNoted) {
  publicise("first");
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_EQ(noted(), "first");
  PUHUI_ACCEPTED(withdraw(a, "first"));
  EXPECT_TRUE(run().is_all_done());
  EXPECT_TRUE(has_told("WUHAN note_filing_end done")) << ::testing::PrintToString(told);
  EXPECT_EQ(noted(), "none");
  relay::Relay another(relay::Pairs{{&asked_a, &asked_b}});
  run(another);
  EXPECT_EQ(told, std::vector<std::string>());
}

TEST_F(FilingEnds, MakeRoomForTheNextDraft) {
  publicise("first");
  run();
  PUHUI_ACCEPTED(withdraw(a, "first"));
  publicise("second");
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_EQ(noted(), "second");
}

TEST_F(FilingEnds, TravelInFiles) {
  publicise("first");
  EXPECT_EQ(taken(made()), "note_filing done, note_filing done") << "and the project P1";
  EXPECT_EQ(noted(), "first");
  PUHUI_ACCEPTED(withdraw(a, "first"));
  publicise("second");
  const auto bundle = made();
  EXPECT_EQ(taken(bundle), "note_filing_end done, note_filing known, note_filing done");
  EXPECT_EQ(noted(), "second");
  EXPECT_EQ(taken(bundle), "note_filing_end known, note_filing known, note_filing known");
}

TEST_F(FilingEnds, OfProjectsTravelInFilesToo) {
  EXPECT_EQ(taken(made()), "note_filing done");
  const auto before = b.view().foreign_project("WUHAN", "P1")->to();
  PUHUI_ACCEPTED(stand(a, "P1", v1::CLOSED));
  const auto bundle = made();
  EXPECT_EQ(taken(bundle), "note_filing known, note_filing_end done");
  EXPECT_LT(b.view().foreign_project("WUHAN", "P1")->to(), before);
  EXPECT_EQ(taken(bundle), "note_filing known, note_filing_end known");
}

TEST_F(FilingEnds, OfWhatWasNeverNotedAreNothing) {
  publicise("first");
  PUHUI_ACCEPTED(withdraw(a, "first"));
  EXPECT_TRUE(run().is_all_done());
  EXPECT_EQ(std::ranges::count(told, "WUHAN note_filing done"), 1) << "of P1";
  EXPECT_EQ(noted(), "none");
}

}  // namespace
}  // namespace puhui::node
