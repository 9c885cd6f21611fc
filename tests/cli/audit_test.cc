// puhui audit run: a real city's log on disk, clean and tampered with.
#include <gtest/gtest.h>

#include "support.h"
#include "tests/audit/copies.h"

namespace puhui::node::cli {
namespace {

namespace fs = std::filesystem;

struct AuditRun : ::testing::Test {
  AuditRun() {
    ledger::testing::PvCity city;
    city.issue_mwh("100");
    audit::testing::write_copy(city, scratch.path("copy"));
    scratch.write("policy", crypto::format_policy(audit::testing::log_policy()));
  }
  [[nodiscard]] Ran audit(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"audit", "run", scratch.path("copy"), "--policy",
                                          scratch.path("policy")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Client().run(arguments);
  }
  Scratch scratch;
};

TEST_F(AuditRun, SaysThatAnHonestLogIsClean) {
  const auto ran = audit(
      {"--report", scratch.path("report"), "--state", scratch.path("state"), "--threads", "2"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_TRUE(contains(ran.out, "clean")) << ran.out;
  EXPECT_TRUE(contains(scratch.read("report/audit.json"), "\"verdict\": \"clean\""));
  EXPECT_TRUE(contains(scratch.read("report/audit.md"), "审计报告"));
  const auto again = audit({"--state", scratch.path("state"), "-o", "json"});
  EXPECT_EQ(again.exit, Exit::ok);
  EXPECT_TRUE(contains(again.err, "were verified by an earlier run")) << again.err;
  EXPECT_TRUE(contains(again.out, "\"verdict\"")) << again.out;
}

TEST_F(AuditRun, NamesTheFirstBadLeafAndEndsWithThree) {
  fs::path bundle;
  for (const auto& found : fs::recursive_directory_iterator(scratch.path("copy/tile/entries")))
    if (found.is_regular_file()) bundle = found.path();
  auto bytes = scratch.read("copy/" + fs::relative(bundle, scratch.path("copy")).string());
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  audit::testing::put(bundle, bytes);
  const auto ran = audit();
  EXPECT_EQ(ran.exit, Exit::unverified) << ran.err;
  EXPECT_TRUE(contains(ran.out, "tile.mismatch")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "first_bad")) << ran.out;
}

TEST_F(AuditRun, SaysWhatIsWrongWithItsUse) {
  EXPECT_EQ(Client().run({"audit", "run", scratch.path("copy")}).exit, Exit::usage);
  EXPECT_EQ(audit({"--threads", "0"}).exit, Exit::usage);
  const auto served =
      Client().run({"audit", "run", "https://127.0.0.1:1", "--policy", scratch.path("policy")});
  EXPECT_EQ(served.exit, Exit::usage);
  EXPECT_TRUE(contains(served.err, "--folder")) << served.err;
  scratch.write("copy/checkpoint", "no note");
  EXPECT_EQ(audit().exit, Exit::unverified);
}

}  // namespace
}  // namespace puhui::node::cli
