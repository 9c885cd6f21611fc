// What is answered about enterprises, and to whom.
#include <gtest/gtest.h>

#include "node/views/answer.h"
#include "tests/ledger/enterprises.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the city is theirs

struct AskedOfEnterprises : Enterprises {
  http::Response ask(std::vector<std::string> segments, const std::string& party = {}) {
    http::Request request;
    request.method = "GET";
    request.path = "/as/sent";
    request.segments = std::move(segments);
    auto view = city.view(), current = city.view();
    views::Reading reading{
        request, view, current, *view.genesis(), nullptr, nullptr, nullptr, view.party(party), 0};
    return views::answer_read(reading);
  }
  int status(std::vector<std::string> segments, const std::string& party = {}) {
    return ask(std::move(segments), party).status;
  }
};

TEST_F(AskedOfEnterprises, MonthsAnswerTheEnterpriseTheOperatorAndAuditors) {
  PUHUI_ACCEPTED(read(city, {{kYear2025, 10}}));
  v1::RoleGrant auditor;
  auditor.set_role(v1::AUDITOR);
  PUHUI_ACCEPTED(grant(city, "expert1", auditor));
  const std::vector<std::string> months{"v1", "sources", "grid", "months"};
  for (const auto* party : {"owner", "operator", "expert1"}) EXPECT_EQ(status(months, party), 200);
  for (const auto* party : {"", "buyer", "verifier", "bureau"})
    EXPECT_EQ(status(months, party), 403) << party;
  EXPECT_EQ(status({"v1", "sources", "none", "months"}, "operator"), 404);
  const auto answer = ask(months, "owner");
  EXPECT_NE(std::get<std::string>(answer.body).find("24300"), std::string::npos) << "2025 × 12";
}

TEST_F(AskedOfEnterprises, SourcesFactorsAndFootprintsAnswerEverybody) {
  PUHUI_ACCEPTED(file_factors(city, a_table("t", {kYear2025, kYear2026}, "1")));
  PUHUI_ACCEPTED(report(city, a_footprint()));
  for (const std::string list : {"sources", "factors", "footprints"})
    EXPECT_EQ(status({"v1", list}), 200) << list;
  EXPECT_EQ(status({"v1", "sources", "grid"}), 200);
  EXPECT_EQ(status({"v1", "footprints", "f"}), 200);
  EXPECT_EQ(status({"v1", "footprints", "g"}), 404);
  EXPECT_EQ(status({"v1", "sources", "none"}), 404);
}

TEST_F(AskedOfEnterprises, YearsAreThoseOfTheCalendar) {
  EXPECT_EQ(status({"v1", "enterprises", "owner", "2025"}), 200);
  EXPECT_EQ(status({"v1", "enterprises", "nobody", "2025"}), 404);
  EXPECT_EQ(status({"v1", "enterprises", "owner", "99999"}), 404);
  EXPECT_EQ(status({"v1", "enterprises", "owner", "99999999999"}), 404);
  EXPECT_EQ(status({"v1", "enterprises", "owner", "last"}), 400);
}

}  // namespace
}  // namespace puhui::node
