// Acts compared with a partner city, by the commands and the files that travel.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "crypto/bytes.h"
#include "node/cli/attachment.h"
#include "node/cli/values.h"
#include "tests/identity/desk.h"

namespace puhui::node::identity {
namespace {

using cli::contains;
using cli::Exit;
using cli::Words;

// Two programs, each with the other's city as a partner, and a ride of one person.
struct TagsRun : ::testing::Test {
  Desk wuhan, xiangyang;
  std::string rides;

  void SetUp() override {
    wuhan.init();
    xiangyang.init();
    (void)wuhan.good({"tags", "make", "--partner", "XIANGYANG", "--city", "WUHAN"});
    (void)xiangyang.good(
        {"tags", "make", "--partner", "WUHAN", "--city", "XIANGYANG", "--per-day", "1"});
    rides = wuhan.scratch.write("rides.csv", "account,day,slot,carrier,distance\n" +
                                                 wuhan.enrol(kZhang) +
                                                 ",2025-03-01,33,WH-0012345,900\n");
  }
  static Words asking(const std::string& file, const std::string& out) {
    return {"tags",        "ask",    file,   "--partner", "XIANGYANG", "--scenario",
            "shared-bike", "--kind", "bike", "--out",     out};
  }
  [[nodiscard]] std::string ask(const std::string& name) const {
    const auto out = wuhan.scratch.path(name);
    (void)wuhan.good(asking(rides, out));
    return out;
  }
  [[nodiscard]] cli::Ran answer(const std::string& question, const std::string& out) const {
    return xiangyang.run({"tags", "answer", question, "--partner", "WUHAN", "--out", out});
  }
};

TEST_F(TagsRun, RecordsComeOutThatMayBeSubmitted) {
  const auto question = ask("question"), reply = xiangyang.scratch.path("answer");
  const auto answered = answer(question, reply);
  ASSERT_EQ(answered.exit, Exit::ok) << answered.err;
  EXPECT_TRUE(contains(answered.out, "opening  2")) << answered.out;
  const auto records = wuhan.scratch.path("records.csv");
  EXPECT_TRUE(contains(wuhan.good({"tags", "take", reply, "--out", records}), "acts     1"));
  struct stat status {};
  ASSERT_EQ(::stat(records.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  const auto read =
      cli::read_records(wuhan.scratch.read("records.csv"), cli::RecordFormat::csv, {});
  ASSERT_TRUE(read) << describe(read.error());
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().tags(0).partner(), "XIANGYANG");
  EXPECT_EQ(read->front().inputs(0), 900);
  const auto tag = wuhan.good({"tag", "bike", "WH-0012345"});
  EXPECT_TRUE(contains(tag, crypto::hex_encode(read->front().carrier_tag())));
  EXPECT_EQ(wuhan.run({"tags", "take", reply, "--out", wuhan.scratch.path("again")}).exit,
            Exit::usage)
      << "it was taken";
}

TEST_F(TagsRun, AnswersAreLimitedLoggedAndShown) {
  const auto first = ask("1"), second = ask("2");
  ASSERT_EQ(answer(first, xiangyang.scratch.path("a1")).exit, Exit::ok);
  // What could not be written is not counted: it is known before.
  EXPECT_EQ(answer(second, xiangyang.scratch.path("a1")).exit, Exit::usage);
  const auto busy = answer(second, xiangyang.scratch.path("a2"));
  EXPECT_EQ(busy.exit, Exit::unreachable);
  EXPECT_TRUE(contains(busy.err, "WUHAN has asked 1 of the 1 points of a day")) << busy.err;
  (void)xiangyang.good({"tags", "limit", "--partner", "WUHAN", "--per-day", "2"});
  ASSERT_EQ(answer(second, xiangyang.scratch.path("a2")).exit, Exit::ok);
  const auto log = xiangyang.good({"openings", "-o", "json"});
  EXPECT_TRUE(contains(log, "\"partner\": \"WUHAN\"")) << log;
  EXPECT_TRUE(contains(xiangyang.good({"openings"}), "WUHAN"));
  const auto list = xiangyang.good({"tags", "list", "-o", "json"});
  EXPECT_TRUE(contains(list, "\"asked_today\": 2")) << list;
  EXPECT_FALSE(contains(list, "\"exponent\"")) << list;
  EXPECT_TRUE(contains(wuhan.good({"tags", "list", "-o", "json"}), "\"questions_open\": 2"));
}

TEST_F(TagsRun, SaysWhatIsWrong) {
  const auto out = wuhan.scratch.path("out");
  EXPECT_TRUE(contains(wuhan.good({"tags", "--help"}), "answer"));
  auto car = asking(rides, out);
  car[8] = "car";
  EXPECT_EQ(wuhan.run(car).exit, Exit::usage);
  auto nameless = asking(rides, out);
  nameless[6] = "Shared Bike";
  EXPECT_EQ(wuhan.run(nameless).exit, Exit::usage);
  EXPECT_EQ(wuhan.run(asking(wuhan.scratch.path("none"), out)).exit, Exit::usage);
  const auto bad = wuhan.scratch.write("bad.csv", "account,day,slot,carrier\nx,2025-03-01,1,A\n");
  const auto refused = wuhan.run(asking(bad, out));
  EXPECT_EQ(refused.exit, Exit::usage);
  EXPECT_TRUE(contains(refused.err, "bad.csv: line 2: ")) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(out));
  (void)wuhan.good({"tags", "wipe", "--partner", "XIANGYANG"});
  EXPECT_EQ(wuhan.run(asking(rides, out)).exit, Exit::usage);
  EXPECT_TRUE(contains(wuhan.good({"tags", "list"}), "no"));
}

}  // namespace
}  // namespace puhui::node::identity
