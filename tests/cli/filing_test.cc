// What the commands of filing, notices, standing, recalls and ETS lists put into their events.
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "node/cli/documents.h"
#include "node/cli/text.h"
#include "puhui/v1/event.pb.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

Words project(const Words& more) {
  Words words{"project",    "file",
              "PV001",      "--owner",
              "a",          "--area",
              "420100",     "--meter",
              "m-1",        "--methodology",
              "WH-PV",      "--account",
              "a/pv",       "--crediting-from",
              "2024-01-01", "--crediting-to",
              "2034-01-01"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Documents, AreNamedByWhatTheyAre) {
  const Scratch scratch;
  const auto path = scratch.write("Study 7.PDF", "bytes");
  const auto study = read_document(path).value();
  EXPECT_EQ(study.name(), "Study 7.PDF");
  EXPECT_EQ(study.sha256(), crypto::sha256("bytes").view());
  EXPECT_EQ(study.media_type(), "application/pdf");
  EXPECT_EQ(study.size(), 5);
  EXPECT_EQ(read_document(path + "=text/plain").value().media_type(), "text/plain");
  const auto odd = scratch.write("a=b.csv", "x");
  EXPECT_EQ(read_document(odd).value().media_type(), "text/csv") << "it exists as it stands";
  EXPECT_EQ(read_document(odd + "=text/plain").value().name(), "a=b.csv");
  EXPECT_TRUE(contains(describe(read_document(scratch.write("plan", "x")).error()), "MEDIA/TYPE"));
  EXPECT_TRUE(contains(describe(read_document(scratch.write("no.pdf", "")).error()), "empty"));
  EXPECT_EQ(read_document(scratch.path("none.pdf")).error().code, ErrorCode::NOT_FOUND);
}

TEST(Drafts, CarryTheActionAndItsDocuments) {
  const Desk desk;
  const auto design = desk.scratch.write("design.pdf", "panels");
  const auto plan = desk.scratch.write("plan.dwg", "a roof");
  const auto words = project({"--not-in", "CCER", "--not-in", "green-power"});
  const auto plain = desk.payload(words);
  EXPECT_EQ(plain.file_project().not_in_schemes_size(), 2);
  auto drafted = words;
  for (const auto& more : {std::string("--draft"), std::string("pv001"), std::string("--enclose"),
                           design, std::string("--enclose"), plan + "=image/vnd.dwg"})
    drafted.push_back(more);
  const auto draft = desk.payload(drafted).draft_filing();
  EXPECT_EQ(draft.filing(), "pv001");
  EXPECT_EQ(draft.subject().project().SerializeAsString(),
            plain.file_project().SerializeAsString());
  ASSERT_EQ(draft.documents_size(), 2);
  EXPECT_EQ(draft.documents(0).name(), "design.pdf");
  EXPECT_EQ(draft.documents(1).media_type(), "image/vnd.dwg");
}

TEST(Drafts, AreOfWhatIsFiled) {
  const Desk desk;
  const auto file = data_file("methodologies.json");
  const auto one = desk.payload({"methodology", "file", file, "--code", "WH-BIKE-2024",
                                 "--supersedes", "WH/BIKE/V01", "--draft", "bike"});
  const auto& methodology = one.draft_filing().subject().methodology();
  EXPECT_EQ(methodology.methodology().code(), "WH-BIKE-2024");
  EXPECT_EQ(methodology.supersedes().code(), "WH/BIKE");
  EXPECT_EQ(methodology.supersedes().version(), "V01");
  const auto key = desk.scratch.path("k");
  ASSERT_EQ(desk.client.run({"key", "new", key}).exit, Exit::ok);
  EXPECT_TRUE(desk.payload({"party", "register", "t", "--public-key", key, "--role", "verifier",
                            "--draft", "t"})
                  .draft_filing()
                  .subject()
                  .has_party());
  EXPECT_TRUE(desk.payload({"role", "grant", "t", "data-provider", "--draft", "t"})
                  .draft_filing()
                  .subject()
                  .has_role());
  EXPECT_TRUE(contains(
      desk.fault({"cancel", "--account", "a", "--amount", "1t", "--reason", "x", "--draft", "d"}),
      "--draft"));
  EXPECT_TRUE(contains(desk.fault({"methodology", "file", file, "--draft", "all"}), "several"));
  EXPECT_TRUE(contains(desk.fault({"methodology", "file", file, "--propose", "all"}), "several"));
  EXPECT_TRUE(contains(desk.fault({"methodology", "file", file, "--supersedes", "A/1"}), "--code"));
  EXPECT_TRUE(
      contains(desk.fault({"methodology", "file", file, "--code", "FOREST", "--supersedes", "A"}),
               "CODE/VERSION"));
  EXPECT_TRUE(contains(desk.fault(project({"--draft", "a", "--propose", "b"})), "either"));
  EXPECT_TRUE(contains(desk.fault(project({"--enclose", key + "=text/plain"})), "--draft"));
}

TEST(Restraints, AreReleasedByTheirLeaf) {
  const Desk desk;
  const auto released = desk.payload({"party", "release", "acme", "4711"}).release_party();
  EXPECT_EQ(released.party(), "acme");
  EXPECT_EQ(released.restrained_at(), 4711);
  EXPECT_TRUE(contains(desk.fault({"party", "release", "acme"}), "leaf"));
}

TEST(Filings, AreReviewedPublicisedAndDecided) {
  const Desk desk;
  const auto letter = desk.scratch.write("letter.txt", "no");
  const auto review =
      desk.payload({"filing", "review", "f", "against", "--opinion", letter}).review_filing();
  EXPECT_EQ(review.filing(), "f");
  EXPECT_FALSE(review.approve());
  EXPECT_EQ(review.opinion().size(), 2);
  EXPECT_TRUE(desk.payload({"filing", "review", "f", "for"}).review_filing().approve());
  EXPECT_EQ(desk.payload({"filing", "publicise", "f"}).open_notice().about().filing(), "f");
  EXPECT_EQ(desk.payload({"report", "publicise", "r"}).open_notice().about().report(), "r");
  const auto objection =
      desk.payload({"filing", "object", "f", "o-1", "--grounds", letter}).raise_objection();
  EXPECT_EQ(objection.about().filing(), "f");
  EXPECT_EQ(objection.objection(), "o-1");
  EXPECT_EQ(objection.grounds().name(), "letter.txt");
  const auto decided =
      desk.payload({"report", "decide", "r", "o-1", "upheld", "--decision", letter})
          .decide_objection();
  EXPECT_EQ(decided.about().report(), "r");
  EXPECT_TRUE(decided.upheld());
  EXPECT_EQ(decided.decision().name(), "letter.txt");
  EXPECT_EQ(desk.payload({"filing", "withdraw", "f", "--reason", "x"}).withdraw_filing().reason(),
            "x");
  EXPECT_EQ(desk.payload({"filing", "complete", "f"}).complete_filing().filing(), "f");
  EXPECT_TRUE(contains(desk.fault({"filing", "review", "f", "perhaps"}), "review"));
  EXPECT_TRUE(contains(desk.fault({"filing", "object", "f", "o"}), "--grounds"));
}

TEST(Standings, AreSetWithAReason) {
  const Desk desk;
  const auto decision = desk.scratch.write("no-3.pdf", "x");
  const auto withdrawn = desk.payload({"methodology", "withdraw", "C", "V01", "--reason", "old",
                                       "--decision", decision})
                             .set_standing();
  EXPECT_EQ(withdrawn.methodology().code(), "C");
  EXPECT_EQ(withdrawn.methodology().version(), "V01");
  EXPECT_EQ(withdrawn.standing(), v1::WITHDRAWN);
  EXPECT_EQ(withdrawn.reason(), "old");
  EXPECT_EQ(withdrawn.decision().name(), "no-3.pdf");
  const std::map<std::string, v1::Standing> verbs{{"suspend", v1::STANDING_SUSPENDED},
                                                  {"resume", v1::IN_FORCE},
                                                  {"close", v1::CLOSED},
                                                  {"revoke", v1::REVOKED}};
  for (const auto& [verb, standing] : verbs) {
    const auto set = desk.payload({"project", verb, "P1", "--reason", "x"}).set_standing();
    EXPECT_EQ(set.project(), "P1");
    EXPECT_EQ(set.standing(), standing) << verb;
  }
  EXPECT_TRUE(contains(desk.fault({"project", "close", "P1"}), "--reason"));
}

TEST(Recalls, NameSerialsAmountsAndPapers) {
  const Desk desk;
  const auto paper = desk.scratch.write("no-9.pdf", "x");
  EXPECT_EQ(desk.payload({"batch", "register", "B1"}).register_batch().batch(), "B1");
  const auto recall = desk.payload({"batch", "recall", "B1", "--serials", "1-10", "--serials", "12",
                                    "--reason", "x", "--decision", paper})
                          .recall();
  ASSERT_EQ(recall.serials_size(), 2);
  EXPECT_EQ(recall.serials(1).end(), 12u);
  EXPECT_EQ(recall.decision().name(), "no-9.pdf");
  EXPECT_EQ(desk.payload({"batch", "expire", "B1"}).expire().serials_size(), 0);
  const auto reversed = desk.payload({"project", "reverse", "P1", "--amount", "1.5t", "--reason",
                                      "fire", "--statement", paper})
                            .reverse();
  EXPECT_EQ(reversed.amount_kg(), 1'500);
  EXPECT_EQ(reversed.statement().name(), "no-9.pdf");
  const auto cancelled =
      desk.payload({"cancel", "--account", "a", "--serials", "5-6", "--reason", "x"}).cancel();
  EXPECT_EQ(cancelled.serials(0).start(), 5u);
  EXPECT_TRUE(contains(desk.fault({"batch", "recall", "B1", "--reason", "x"}), "--decision"));
  EXPECT_FALSE(desk.fault({"cancel", "--account", "a", "--reason", "x"}).empty());
}

// ---- ETS lists --------------------------------------------------------------------------------

constexpr const char* kTitles =
    "legal_entity,energy_band,allowances_due_kg,verified_emissions_kg,keys\n";

Words publish(const std::string& file, const Words& more = {}) {
  Words words{"ets", "publish", file, "--year", "2025"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(EtsLists, AreReadFromTablesAndFromAnswers) {
  const Desk desk;
  const auto table = desk.scratch.write(
      "firms.csv", std::string(kTitles) + "E1,over 10 000 t,1000,990,m-1 m-2\r\n\nE2,,,,\n");
  const auto list = desk.payload(publish(table, {"--last-part"})).publish_ets_list();
  EXPECT_EQ(list.year(), 2025u);
  EXPECT_TRUE(list.is_last_part());
  ASSERT_EQ(list.firms_size(), 2);
  EXPECT_EQ(list.firms(0).legal_entity(), "E1");
  EXPECT_EQ(list.firms(0).energy_band(), "over 10 000 t");
  EXPECT_EQ(list.firms(0).allowances_due_kg(), 1'000);
  EXPECT_EQ(list.firms(0).verified_emissions_kg(), 990);
  ASSERT_EQ(list.firms(0).keys_size(), 2);
  EXPECT_EQ(list.firms(0).keys(1), "m-2");
  v1::EtsFirm bare;
  bare.set_legal_entity("E2");
  EXPECT_EQ(list.firms(1).SerializeAsString(), bare.SerializeAsString());
  const auto answer = desk.scratch.write(
      "firms.json", R"({"items": [{"legal_entity": "E1", "keys": ["m-1"]}], "next": ""})");
  const auto again = desk.payload(publish(answer)).publish_ets_list();
  EXPECT_FALSE(again.is_last_part());
  EXPECT_EQ(again.firms(0).keys(0), "m-1");
}

TEST(EtsLists, LongOnesAreSeveralEvents) {
  const Desk desk;
  const auto parts = [&](int firms, int keys) {
    std::string text = kTitles;
    for (int i = 0; i < firms; ++i) {
      text += "E" + std::to_string(i) + ",,,,";
      for (int k = 0; k < keys; ++k)
        text += "meter-" + std::to_string(i) + "-" + std::to_string(k) + " ";
      text += "\n";
    }
    const auto ran = desk.dry_run(publish(desk.scratch.write("f.csv", text), {"--last-part"}));
    EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
    std::pair<int, int> found{0, 0};  // parts, and last ones among them
    for (std::size_t at = 0; (at = ran.out.find("\"is_last_part\": ", at)) != std::string::npos;
         ++at) {
      ++found.first;
      found.second += ran.out.compare(at, 20, "\"is_last_part\": true") == 0 ? 1 : 0;
    }
    return found;
  };
  EXPECT_EQ(parts(1'000, 0), std::pair(1, 1));
  EXPECT_EQ(parts(1'001, 0), std::pair(2, 1));
  EXPECT_EQ(parts(100, 64).second, 1);
  EXPECT_GT(parts(100, 64).first, 1) << "an event is bounded in bytes, too";
}

TEST(EtsLists, FaultsNameTheLine) {
  const Desk desk;
  const auto fault = [&](const std::string& text) {
    return desk.fault(publish(desk.scratch.write("f.csv", text)));
  };
  EXPECT_TRUE(contains(fault(std::string(kTitles) + "E1,,1,,\nE2,,1t,,\n"), "line 3: \"1t\""));
  EXPECT_TRUE(contains(fault(std::string(kTitles) + "E1,,1\n"), "line 2: 3 cells"));
  EXPECT_TRUE(contains(fault("legal_entity,size\nE1,4\n"), "not size"));
  EXPECT_TRUE(contains(fault(std::string(kTitles) + "E1,,,,\nE1,,,,\n"), "E1 is listed twice"));
  EXPECT_TRUE(contains(fault(std::string(kTitles) + ",,,,\n"), "without a legal_entity"));
  EXPECT_TRUE(contains(fault(kTitles), "no firm"));
}

}  // namespace
}  // namespace puhui::node::cli
