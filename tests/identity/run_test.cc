#include "node/identity/run.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "crypto/bytes.h"
#include "node/cli/values.h"
#include "tests/identity/desk.h"

namespace puhui::node::identity {
namespace {

using cli::contains;
using cli::Exit;
using cli::Words;

const std::string kNobody = "p-" + std::string(32, '0');

std::string pseudonym_of(const std::string& account) {
  return cli::parse_pseudonym(account).value();
}

TEST(Run, HelpIsAnAnswerAndNonsenseIsNot) {
  const Desk desk;
  EXPECT_TRUE(contains(desk.good({"--help"}), "enrol"));
  EXPECT_TRUE(contains(desk.good({"erasure", "--help"}), "verify"));
  EXPECT_TRUE(contains(desk.good({"enrol", "--help"}), "--guardian"));
  EXPECT_TRUE(contains(desk.good({"--version"}), "puhui-identity "));
  for (const Words& words : {Words{},
                             {"fly"},
                             {"tag"},
                             {"tag", "car", "1"},
                             {"erase", kNobody},
                             {"confirm", "somebody", "text"},
                             {"stats", "-o", "xml"}})
    EXPECT_EQ(desk.run(words).exit, Exit::usage);
  EXPECT_EQ(desk.run({"stats"}).exit, Exit::usage) << "there is no store";
}

TEST(Run, AStoreIsMadeOnce) {
  const Desk desk;
  EXPECT_EQ(desk.run({"init", "--policy", desk.scratch.write("bad", "no policy")}).exit,
            Exit::unverified);
  EXPECT_FALSE(std::filesystem::exists(desk.folder));
  desk.init();
  const auto again = desk.run({"init"});
  EXPECT_EQ(again.exit, Exit::usage);
  EXPECT_TRUE(contains(again.err, "puhui-identity: locked")) << again.err;
  struct stat status {};
  ASSERT_EQ(::stat(desk.folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
}

TEST(Run, EnrolsFromTheStandardInput) {
  const Desk desk;
  desk.init();
  const auto file = desk.scratch.path("accounts");
  const auto out = desk.good({"enrol", "--out", file}, kZhang + "\n 李四 \n" + kZhang + "\n");
  EXPECT_TRUE(contains(out, "ACCOUNT")) << out;
  EXPECT_FALSE(contains(out, "李四"));
  const auto lines = cli::split(out, '\n');
  EXPECT_EQ(lines[1].substr(0, 34), lines[3].substr(0, 34));
  // Each line is what `puhui account open-personal --pseudonyms` reads, and each is new.
  const auto kept = desk.scratch.read("accounts");
  ASSERT_EQ(kept.size(), 2 * 35u);
  EXPECT_TRUE(cli::parse_pseudonym(kept.substr(0, 34)));
  EXPECT_EQ(kept.substr(0, 34), lines[1].substr(0, 34));
  EXPECT_EQ(desk.run({"enrol", "--out", file}, "王五").exit, Exit::usage) << "the file is there";

  const auto second = desk.scratch.path("second");
  const auto json = desk.good({"enrol", "-o", "json", "--out", second}, "李四");
  EXPECT_TRUE(contains(json, "\"is_new\": false")) << json;
  EXPECT_EQ(desk.scratch.read("second"), "");
  EXPECT_TRUE(contains(desk.good({"stats"}), "people         2"));
}

TEST(Run, ARefusedIdentityIsNotRepeated) {
  const Desk desk;
  desk.init();
  const auto refused = desk.run({"enrol"}, "fine\n" + kZhang + "\x1b[2J\n");
  EXPECT_EQ(refused.exit, Exit::usage);
  EXPECT_TRUE(contains(refused.err, "line 2: ")) << refused.err;
  EXPECT_EQ(desk.run({"confirm", kNobody, "text", kZhang}).exit, Exit::usage);
  EXPECT_TRUE(contains(desk.good({"stats"}), "people         0"));
}

TEST(Run, MinorsNeedAGuardian) {
  const Desk desk;
  desk.init();
  const auto paper = desk.scratch.write("consent.txt", "yes");
  EXPECT_EQ(desk.run({"enrol", "--minor"}, "child").exit, Exit::usage);
  EXPECT_EQ(desk.run({"enrol", "--guardian", paper}, "child").exit, Exit::usage);
  EXPECT_EQ(desk.run({"enrol", "--minor", "--guardian", "no file"}, "child").exit, Exit::usage);
  const auto out = desk.good({"enrol", "--minor", "--guardian", paper}, "child");
  const auto store = Store::open(desk.folder, std::nullopt).value();
  const auto child = store->people().person(pseudonym_of(out.substr(out.find("p-"), 34))).value();
  EXPECT_EQ(child.guardian_sha256(), crypto::sha256("yes").view());
}

TEST(Run, TagsCarriers) {
  const Desk desk;
  desk.init();
  const auto words = desk.good({"tag", "bike", "WH-1", "WH-2"});
  EXPECT_EQ(desk.good({"tag", "bike"}, " WH-1\nWH-2\n"), words);
  EXPECT_NE(desk.good({"tag", "gate", "WH-1", "WH-2"}), words);
  const auto lines = cli::split(words, '\n');
  EXPECT_EQ(lines[1].size(), 64u);
  EXPECT_NE(lines[1], lines[2]);
  EXPECT_TRUE(contains(desk.good({"tag", "bike", "WH-1", "-o", "json"}), lines[1]));
}

TEST(Run, KeepsAndShowsConfirmations) {
  const Desk desk;
  desk.init();
  const auto account = desk.enrol(kZhang);
  const auto out = desk.good({"confirm", account}, "200 g\nfor a voucher\n");
  const auto hash = out.substr(out.find("confirmation") + 14, 64);
  const auto shown = desk.good({"confirm", account, "--show", hash, "-o", "json"});
  EXPECT_TRUE(contains(shown, "200 g\\nfor a voucher\\n")) << shown;
  EXPECT_EQ(desk.run({"confirm", account}, "").exit, Exit::usage);
  EXPECT_EQ(desk.run({"confirm", account}, "a\x1b").exit, Exit::usage);
  EXPECT_EQ(desk.run({"confirm", account}, std::string(5000, 'a')).exit, Exit::usage);
  EXPECT_EQ(desk.run({"confirm", kNobody}, "text").exit, Exit::usage);
  EXPECT_EQ(desk.run({"confirm", account, "--show", std::string(64, '0')}).exit, Exit::usage);
}

TEST(Run, OpensOnTheLedgersWord) {
  const Desk desk;
  desk.init();
  const auto account = desk.enrol(kZhang);
  const auto right = desk.scratch.write("right", receipt_of(opening_of(pseudonym_of(account))));
  const auto wrong = desk.scratch.write("wrong", receipt_of(erasure_of(pseudonym_of(account))));
  const auto refused = desk.run({"open", account, "--receipt", wrong});
  EXPECT_EQ(refused.exit, Exit::unverified);
  EXPECT_EQ(refused.out, "");
  const auto out = desk.good({"open", account, "--receipt", right});
  EXPECT_TRUE(contains(out, kZhang)) << out;
  EXPECT_TRUE(contains(out, "case 17")) << out;
  const auto log = desk.good({"openings"});
  EXPECT_TRUE(contains(log, account)) << log;
  EXPECT_FALSE(contains(log, kZhang)) << log;
  EXPECT_EQ(desk.run({"open", account, "--receipt", desk.scratch.path("none")}).exit, Exit::usage);
}

TEST(Run, ErasesOnTheLedgersWordAndSaysSo) {
  const Desk desk;
  desk.init();
  const auto account = desk.enrol(kZhang);
  const auto right = desk.scratch.write("right", receipt_of(erasure_of(pseudonym_of(account))));
  const auto wrong = desk.scratch.write("wrong", receipt_of(opening_of(pseudonym_of(account))));
  EXPECT_EQ(desk.run({"erase", account, "--receipt", wrong}).exit, Exit::unverified);
  const auto note = desk.good({"erase", account, "--receipt", right});
  EXPECT_EQ(desk.good({"erasure", "show", account}), note);
  const auto stats = desk.good({"stats", "-o", "json"});
  const auto at = stats.find("puhui-identity+");
  const auto vkey = stats.substr(at, stats.find('"', at) - at);
  const auto file = desk.scratch.write("note", note);
  EXPECT_TRUE(contains(desk.good({"erasure", "verify", file, "--verifier-key", vkey}), account));
  auto changed = note;
  changed[changed.find(account) + 2] ^= 1;
  EXPECT_EQ(desk.run({"erasure", "verify", desk.scratch.write("changed", changed), "--verifier-key",
                      vkey})
                .exit,
            Exit::unverified);
  EXPECT_EQ(desk.run({"erasure", "show", kNobody}).exit, Exit::usage);
}

TEST(Run, NoPolicyNoWord) {
  const Desk desk;
  (void)desk.good({"init"});
  const auto account = desk.enrol(kZhang);
  const auto receipt = desk.scratch.write("r", receipt_of(opening_of(pseudonym_of(account))));
  EXPECT_EQ(desk.run({"open", account, "--receipt", receipt}).exit, Exit::usage);
  (void)desk.good({"trust", desk.scratch.write("policy", policy_text())});
  EXPECT_TRUE(contains(desk.good({"open", account, "--receipt", receipt}), kZhang));
}

}  // namespace
}  // namespace puhui::node::identity
