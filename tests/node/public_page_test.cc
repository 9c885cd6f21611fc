// The page for everybody, as a browser gets it.
#include "node/views/public_page.h"

#include <gtest/gtest.h>

#include "tests/ledger/founding.h"

namespace puhui::node::views {
namespace {

struct PublicPage : ::testing::Test {
  v1::Genesis city;
  v1::Statement statement;

  PublicPage() {
    city.set_city("WUHAN");
    city.set_name_zh("武汉市");
    city.set_name_en("Wuhan <city> & \"more\"");
    auto& plan = *statement.mutable_plan();
    plan.set_source("a plan");
    plan.set_until(ledger::testing::kToday);
    auto& target = *statement.add_targets();
    target.set_kind(v1::TARGET_TONNES);
    target.set_wanted(50);
    target.set_filed(7);
    statement.mutable_filed_in_all()->set_methodologies(9);
    statement.mutable_filed_in_all()->set_samples(14);
    statement.mutable_totals()->set_units_issued_kg(7'028'045);
  }
  [[nodiscard]] bool holds(const std::string& text) const {
    return public_page(city, statement, ledger::testing::kNoon).find(text) != std::string::npos;
  }
};

TEST_F(PublicPage, CountsAgainstThePlanSamplesApart) {
  EXPECT_TRUE(
      holds("Tonnes issued</td><td class=\"n\">50</td><td class=\"n\">7</td><td>否 no</td>"));
  EXPECT_TRUE(holds("norms of the city</td><td class=\"n\">9</td>"));
  EXPECT_TRUE(holds("外地示例(另计) Samples from elsewhere, apart</td><td class=\"n\">14</td>"));
  EXPECT_TRUE(holds("Issued, t</td><td class=\"n\">7028.045</td>"));
  EXPECT_TRUE(holds("2026-01-14")) << "the last day of the plan";
  statement.clear_plan();
  EXPECT_FALSE(holds("Targets"));
}

TEST_F(PublicPage, LoadsNothingAndRunsNothing) {
  EXPECT_TRUE(holds("武汉市 Wuhan &lt;city&gt; &amp; &quot;more&quot;"));
  for (const auto* none : {"<script", "src=", "href=", "url("}) EXPECT_FALSE(holds(none)) << none;
  EXPECT_FALSE(holds("DEMO CLOCK"));
  city.mutable_demo_clock()->set_rate(60);
  EXPECT_TRUE(holds("DEMO CLOCK"));
}

}  // namespace
}  // namespace puhui::node::views
