// A project's way from its draft to registered units, from the command line of every party to it.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "puhui/v1/view.pb.h"
#include "tests/cluster/cli.h"

namespace puhui::testing {
namespace {

// A day passes in six seconds, so that a notice of one day is over in twelve at most.
constexpr const char* kDemoRate = "14400";

void put_behind(std::string& text, const std::string& mark, const std::string& more) {
  const auto at = text.find(mark);
  ASSERT_NE(at, std::string::npos) << mark;
  text.insert(at + mark.size(), more);
}

// One expert reviews projects; they and the reports on them lie open for a day. The helpers sign
// for an hour of real time, which is years ahead here.
std::string rules_with_a_procedure() {
  auto rules = test_rules();
  std::string lines;
  const auto add = [&lines](const std::string& action, const std::string& need) {
    lines += "{\"action\":\"" + action + "\",\"all_of\":[" + need + "]},";
  };
  add("draft.project", "{\"relation\":\"OWNER\"}");
  add("complete.project", "{\"role\":\"OPERATOR\"}");
  add("notice.open", "{\"role\":\"OPERATOR\"}");
  add("notice.object", "");
  add("notice.decide", "{\"role\":\"EXPERT\"}");
  add("standing.project", "{\"role\":\"OPERATOR\"}");
  add("batch.register", "{\"role\":\"OPERATOR\"}");
  add("recall", "{\"role\":\"AUTHORITY\"}");
  add("ets.publish", "{\"role\":\"AUTHORITY\"}");
  put_behind(rules, "\"signers\":[", lines);
  put_behind(rules, "{",
             "\"valid_ahead_max\":\"3155760000000000\",\"registers_batches\":true,"
             "\"issuance_notice\":{\"days\":1},\"other_schemes\":[\"CCER\"],"
             "\"procedures\":[{\"kind\":\"FILING_PROJECT\",\"reviewers\":\"EXPERT\","
             "\"approvals\":1,\"rejections\":1,\"notice\":{\"days\":1}}],");
  return rules;
}

constexpr const char* kMethodology = R"({"code": "UNITS", "version": "V01", "kind": "PROJECT",
  "scenario": "units", "issued_by": "TEST", "serial_code": "UNIT",
  "inputs": [{"name": "amount", "unit": "kg", "min": "0", "max": "1000000", "role": "MONITORED"}],
  "constants": [{"name": "c", "value": "1", "unit": "1", "source": "test"}],
  "formula": "amount * c", "result_unit": "KILOGRAM", "rounding": "FLOOR"})";

class FilingCity : public ::testing::Test {
 protected:
  FilingCity() {
    city_.start(1);
    (void)city_.leader();
    join("owner", v1::ENTERPRISE);
    join("neighbour", v1::ENTERPRISE);
    join("expert", v1::EXPERT);
    join("verifier", v1::VERIFIER);
  }

  void join(const std::string& party, v1::Role role) {
    auto client = city_.client();
    const auto registered =
        send(client, sign(city_, register_party(city_, party, {role}), {"authority"}));
    EXPECT_EQ(registered.decision(), v1::ACCEPTED) << registered.code();
  }

  [[nodiscard]] std::string file(const std::string& name) const {
    return city_.folder() + "/" + name;
  }
  [[nodiscard]] std::string paper(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(node::write_file(file(name), text, node::Mode::shared));
    return file(name);
  }
  [[nodiscard]] Ran as(const std::string& party, const Words& words) {
    return cli(city_, party, words);
  }
  void does(const std::string& party, const Words& words) {
    const auto ran = as(party, words);
    EXPECT_EQ(ran.status, 0) << words[0] << " " << words[1] << ": " << ran.output;
  }
  void is_refused(const std::string& party, const Words& words, const std::string& code) {
    const auto ran = as(party, words);
    EXPECT_EQ(ran.status, 1) << words[0] << " " << words[1] << ": " << ran.output;
    EXPECT_NE(ran.output.find(code), std::string::npos) << ran.output;
  }
  template <class Message>
  [[nodiscard]] Message ask(const Words& words) {
    const auto ran = as("operator", words + Words{"-o", "json"});
    EXPECT_EQ(ran.status, 0) << ran.output;
    Message message;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(ran.output, &message).ok())
        << ran.output;
    return message;
  }
  // Until the city's clock says that the notice is over.
  void wait_for(const v1::Notice& notice) {
    ASSERT_GT(notice.until(), 0);
    ASSERT_TRUE(City::wait([&] { return city_.status(1).now() >= notice.until(); }));
  }
  // The words that file project P1, whose owner has an account.
  [[nodiscard]] Words filing_words() {
    does("operator", {"methodology", "file", paper("units.json", kMethodology)});
    does("owner", {"account", "open", "owner", "--kind", "project"});
    return {"project",   "file",      "P1",    "--owner",          "owner",      "--methodology",
            "UNITS",     "--account", "owner", "--meter",          "meter-1",    "--area",
            "420100",    "--not-in",  "CCER",  "--crediting-from", "2023-01-01", "--crediting-to",
            "2033-01-01"};
  }
  // From its draft to its public notice, and an objection to it.
  void publicise_project() {
    const auto filing = filing_words();
    is_refused("owner", filing, "filing.required");
    does("owner", filing + Words{"--draft", "p1", "--enclose", paper("design.pdf", "panels"),
                                 "--enclose", paper("site.survey", "a roof") + "=text/plain"});
    is_refused("operator", {"filing", "publicise", "p1"}, "filing.state");
    does("expert",
         {"filing", "review", "p1", "for", "--opinion", paper("opinion.txt", "it is sound")});
    does("operator", {"filing", "publicise", "p1"});
    is_refused("operator", {"filing", "complete", "p1"}, "notice.running");
    does("neighbour",
         {"filing", "object", "p1", "glare", "--grounds", paper("letter.txt", "it will glare")});
  }

  City city_{{PUHUI_PUHUID,
              1,
              {"--demo-start", "2024-01-08T08:00:00+08:00", "--demo-rate", kDemoRate},
              {},
              rules_with_a_procedure()}};
};

TEST_F(FilingCity, AProjectIsFiledByItsProcedureAndItsUnitsAreRegistered) {
  publicise_project();
  const auto filing = ask<v1::Filing>({"filing", "show", "p1"});
  EXPECT_EQ(filing.state(), v1::FILING_NOTICE);
  ASSERT_EQ(filing.documents_size(), 2);
  EXPECT_EQ(filing.documents(0).name(), "design.pdf");
  EXPECT_EQ(filing.documents(0).media_type(), "application/pdf");
  EXPECT_EQ(filing.documents(1).media_type(), "text/plain");
  EXPECT_EQ(filing.reviews(0).opinion().size(), 11);
  wait_for(filing.notice());
  is_refused("operator", {"filing", "complete", "p1"}, "objection.pending");
  does("expert", {"filing", "decide", "p1", "glare", "dismissed", "--decision",
                  paper("decision.txt", "it will not")});
  does("operator", {"filing", "complete", "p1"});
  EXPECT_EQ(ask<v1::Project>({"project", "show", "P1"}).standing(), v1::IN_FORCE);
  does("operator", {"project", "suspend", "P1", "--reason", "meter replaced"});
  const Words report{"report",     "submit",  "r1",         "--project",  "P1",
                     "--meter",    "meter-1", "--from",     "2023-01-01", "--to",
                     "2024-01-01", "--input", "amount=1000"};
  is_refused("owner", report, "project.standing");
  does("operator", {"project", "resume", "P1", "--reason", "meter calibrated"});

  does("owner", report);
  does("verifier", {"report", "verify", "r1", "--positive", "--statement",
                    paper("statement.txt", "as reported")});
  is_refused("authority", {"batch", "issue", "B1", "--report", "r1"}, "report.state");
  does("operator", {"report", "publicise", "r1"});
  wait_for(ask<v1::Report>({"report", "show", "r1"}).notice());
  does("authority", {"batch", "issue", "B1", "--report", "r1"});
  does("neighbour", {"account", "open", "neighbour", "--kind", "enterprise"});
  const Words sale{"transfer", "--from", "owner", "--to", "neighbour", "--serials", "1-400"};
  is_refused("owner", sale, "serial.bound");
  does("operator", {"batch", "register", "B1"});
  does("owner", sale);
  does("authority", {"batch", "recall", "B1", "--serials", "1-10", "--reason", "read twice",
                     "--decision", file("decision.txt")});
  const auto recalls = ask<v1::RecallRecordList>({"recall", "list"});
  ASSERT_EQ(recalls.items_size(), 1);
  EXPECT_EQ(recalls.items(0).cancelled_kg(), 10);
  EXPECT_EQ(ask<v1::RecallRecord>({"recall", "show", std::to_string(recalls.items(0).leaf())})
                .recall()
                .batch(),
            "B1");
}

TEST_F(FilingCity, WhatAnObjectionIsUpheldAgainstIsTurnedDown) {
  publicise_project();
  does("expert", {"filing", "decide", "p1", "glare", "upheld", "--decision",
                  paper("decision.txt", "it will")});
  const auto list = as("operator", {"filing", "list"});
  EXPECT_NE(list.output.find("filing-turned-down"), std::string::npos) << list.output;
  is_refused("owner", {"filing", "withdraw", "p1"}, "filing.state");
}

TEST_F(FilingCity, FirmsThatSurrenderAllowancesAreListed) {
  std::string firms = "legal_entity,energy_band,allowances_due_kg,verified_emissions_kg,keys\n";
  for (int i = 0; i < 1'001; ++i) {
    const auto number = std::to_string(i);
    firms += "E" + number + ",A,1000,,meter-" + number + " site-" + number + "\n";
  }
  const auto published = as(
      "authority", {"ets", "publish", paper("firms.csv", firms), "--year", "2024", "--last-part"});
  EXPECT_EQ(published.status, 0) << published.output;
  const auto years = ask<v1::EtsYearList>({"ets", "list"});
  ASSERT_EQ(years.items_size(), 1);
  EXPECT_EQ(years.items(0).year(), 2024u);
  EXPECT_GT(years.items(0).complete_at(), 0);
  EXPECT_EQ(years.items(0).firms(), 1'001u);
  EXPECT_EQ(ask<v1::EtsFirmList>({"ets", "show", "2024", "--all"}).items_size(), 1'001);
}

}  // namespace
}  // namespace puhui::testing
