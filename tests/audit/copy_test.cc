// Audits of copies on disk: tiles, bundles, checkpoints, threads, interruptions, reports.
#include "crypto/tlog_proof.h"
#include "node/audit/report.h"
#include "node/audit/saved.h"
#include "node/files/folder.h"
#include "tests/audit/copies.h"
#include "tests/audit/story.h"

namespace puhui::node::audit::testing {
namespace {

namespace fs = std::filesystem;

// The story, and then transfers until there are more than two bundles.
struct LongStory : Story {
  LongStory() { live(); }
  void live() {
    for (int i = 0; head().size < 600; ++i)
      PUHUI_ACCEPTED(transfer(*this, {"owner-main", "owner-side"}, 1 + i % 3));
    PUHUI_ACCEPTED(ride(*this, {{8, 900}}));
    write_copy(*this, folder.file("copy"));
  }
  Folder folder;
};
LongStory& story() {
  static LongStory story;
  return story;
}

struct Copy : ::testing::Test {
  Copy() { fs::copy(story().folder.file("copy"), path, fs::copy_options::recursive); }
  Folder folder;
  const std::string path = folder.file("copy");

  [[nodiscard]] Options options() const {
    Options options;
    options.folder = path;
    options.policy = log_policy();
    options.threads = 3;
    return options;
  }
  // "position code" of the first finding.
  std::string first() {
    const auto audited = run(options());
    if (!audited) return std::string(code_name(audited.error().code));
    const auto report = make_report(*audited);
    const auto position = audited->audit.first_bad();
    if (!position) return "clean";
    const auto found = std::ranges::find(audited->audit.findings(), *position, &Finding::position);
    return std::to_string(*position) + " " + found->fault.code;
  }
  void flip(const std::string& file, std::size_t at) const {
    auto bytes = *read_file(path + "/" + file);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    put(path + "/" + file, bytes);
  }
};

TEST_F(Copy, IsClean) {
  const auto audited = run(options());
  ASSERT_TRUE(audited);
  EXPECT_EQ(told(audited->audit), "");
  EXPECT_EQ(audited->audit.root(), story().head().root);
  EXPECT_EQ(audited->audit.counts().attachments, 4U);
  EXPECT_EQ(audited->tiles, 1U);
  EXPECT_GT(audited->audit.counts().signatures, audited->audit.counts().events);
}

TEST_F(Copy, FindsAFlippedByteOfABundle) {
  // Inside the last entry of the second bundle.
  const auto size = fs::file_size(path + "/tile/entries/001");
  flip("tile/entries/001", size - 5);
  EXPECT_EQ(first().substr(0, 4), "511 ");
}

TEST_F(Copy, FindsABundleThatDoesNotParse) {
  flip("tile/entries/001", 0);
  EXPECT_EQ(first(), "256 bundle.malformed");
}

TEST_F(Copy, FindsMissingAndDamagedTiles) {
  fs::remove(path + "/tile/0/001");
  EXPECT_EQ(first(), "256 tile.missing");
  fs::copy_file(story().folder.file("copy") + "/tile/0/001", path + "/tile/0/001");
  flip("tile/0/001", 32 * 17 + 3);
  EXPECT_EQ(first(), "273 tile.mismatch");
  flip("tile/0/001", 32 * 17 + 3);
  flip("tile/1/000.p/2", 40);
  EXPECT_EQ(first(), "256 tile.mismatch");
  fs::remove(path + "/tile/1/000.p/2");
  EXPECT_EQ(first(), "0 tile.missing");
}

TEST_F(Copy, FindsAMissingBundleAndSaysWhatWasNotRead) {
  fs::remove(path + "/tile/entries/001");
  EXPECT_EQ(first(), "256 bundle.missing");
  const auto report = make_report(*run(options()));
  EXPECT_NE(report.markdown.find("leaves after a bundle that cannot be read"), std::string::npos);
}

TEST_F(Copy, WantsACheckpointUnderThePolicy) {
  flip("checkpoint", 30);
  EXPECT_TRUE(first() == "note.unverified" || first() == "checkpoint.malformed") << first();
}

TEST_F(Copy, FindsARootThatIsNotThatOfTheEntries) {
  const auto size = story().head().size;
  put(path + "/checkpoint", checkpoint_of(size, crypto::sha256("other")));
  EXPECT_EQ(first(), std::to_string(size - 1) + " root.mismatch");
}

TEST_F(Copy, GoesOnWithoutAttachments) {
  fs::remove_all(path + "/attachments");
  const auto audited = run(options());
  ASSERT_TRUE(audited);
  EXPECT_EQ(told(audited->audit), "");
  EXPECT_EQ(audited->audit.counts().attachments_missing, 4U);
  EXPECT_NE(make_report(*audited).json.find("attachments are missing"), std::string::npos);
}

TEST_F(Copy, GivesTheSameReportHoweverManyThreadsAndInterruptions) {
  flip("tile/0/001", 32 * 17 + 3);
  auto alone = options();
  alone.threads = 1;
  const auto whole = run(alone);
  ASSERT_TRUE(whole);
  auto broken = options();
  broken.state_file = folder.file("state");
  broken.stops = [] { return true; };
  for (int i = 0; i < 2; ++i) {
    const auto stopped = run(broken);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::UNAVAILABLE);
    if (i > 0) break;
    int asked = 0;
    broken.stops = [asked]() mutable { return ++asked == 2; };
  }
  const auto saved = parse_saved(*read_file(broken.state_file));
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->position, 512U);
  EXPECT_EQ(saved->findings.size(), 1U);
  broken.stops = {};
  const auto resumed = run(broken);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->resumed_from, 512U);
  EXPECT_EQ(make_report(*resumed).json, make_report(*whole).json);
  EXPECT_EQ(make_report(*resumed).markdown, make_report(*whole).markdown);
  EXPECT_EQ(make_report(*run(broken)).json, make_report(*whole).json);
}

TEST_F(Copy, BelievesNoStateOfOtherLeaves) {
  auto kept = options();
  kept.state_file = folder.file("state");
  ASSERT_TRUE(run(kept));
  auto saved = *parse_saved(*read_file(kept.state_file));
  saved.read = crypto::sha256("others");
  put(kept.state_file, format_saved(saved));
  const auto anew = run(kept);
  ASSERT_TRUE(anew);
  EXPECT_EQ(anew->resumed_from, 0U);
  EXPECT_EQ(told(anew->audit), "");
  put(kept.state_file, "rubbish");
  EXPECT_EQ(run(kept)->resumed_from, 0U);
}

TEST_F(Copy, StateFilesAreReadBackOrNotAtAll) {
  Saved saved{"origin", 7, crypto::sha256("a"), crypto::sha256("b"), {}, {}};
  saved.counts.signatures = 3;
  saved.findings = {{1, fault("entry.time", "x y\n", "", "中")}, {6, fault("tile.missing")}};
  const auto text = format_saved(saved);
  EXPECT_EQ(parse_saved(text), saved);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto bent = text;
    bent[i] = static_cast<char>(bent[i] ^ 2);
    EXPECT_FALSE(parse_saved(bent)) << i;
  }
}

TEST_F(Copy, StateFilesHaveOneSpelling) {
  const auto text = format_saved({"origin", 7, {}, {}, {}, {}});
  const auto body = text.substr(0, text.rfind("sha256 "));
  const auto sealed = [](const std::string& lines) {
    return lines + "sha256 " + crypto::sha256(lines).hex() + "\n";
  };
  EXPECT_TRUE(parse_saved(sealed(body)));
  EXPECT_FALSE(parse_saved(sealed(body + "position 8\n"))) << "a line twice";
  EXPECT_FALSE(parse_saved(sealed(body.substr(0, body.find("counts"))))) << "a line missing";
}

// A log of one leaf has the same bytes for ever; so has the report on it.
TEST(Report, IsAsItWasEver) {
  City city(story_genesis());
  Folder folder;
  write_copy(city, folder.file("copy"));
  auto log = log_of(city);
  Options options;
  options.folder = folder.file("copy");
  options.policy = log_policy();
  const auto clean = run(options);
  ASSERT_TRUE(clean);
  const auto report = make_report(*clean);
  const std::string golden =
      "# Audit of wuhan.example/log · 审计报告\n\n"
      "**Verdict: clean. Nothing was found. 结论：未发现问题。**\n\n"
      "| | | |\n|---|---|---|\n"
      "| size | 大小 | 1 |\n"
      "| root | 根 | `" +
      clean->audit.root().base64() +
      "` |\n"
      "| log key | 日志公钥 | `" +
      crypto::format_vkey(log_key()) +
      "` |\n"
      "\n## What was checked · 已检查\n\n| | | |\n|---|---|---:|\n"
      "| entries | 条目 | 1 |\n| events | 事件 | 1 |\n| ticks | 时钟条目 | 0 |\n"
      "| signatures | 签名 | 1 |\n| formulas | 公式计算 | 0 |\n| records | 附件记录 | 0 |\n";
  EXPECT_EQ(report.markdown.substr(0, golden.size()), golden);
  for (const auto* part :
       {"{\n  \"format\": \"puhui-audit-report/v1\",\n  \"origin\": \"wuhan.example/log\",\n",
        "\"verdict\": \"clean\",\n  \"first_bad\": null,\n  \"checked\": {\n    \"entries\": \"1\"",
        "\"findings\": []\n}\n"})
    EXPECT_NE(report.json.find(part), std::string::npos) << part << "\n" << report.json;
  ASSERT_TRUE(write_report(folder.file("report"), report));
  EXPECT_EQ(*read_file(folder.file("report") + "/audit.md"), report.markdown);
}

TEST_F(Copy, FindingsComeWithWhatAThirdPersonNeeds) {
  const auto file = fs::directory_iterator(path + "/attachments")->path();
  auto stated = *read_file(file.string());
  stated[20] = static_cast<char>(stated[20] ^ 1);
  put(file, stated);
  const auto audited = run(options());
  ASSERT_TRUE(audited);
  ASSERT_TRUE(audited->audit.first_bad());
  const auto proof = tlog_proof(audited->source, *audited->audit.first_bad());
  ASSERT_TRUE(proof);
  const auto parsed = crypto::parse_tlog_proof(*proof);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(crypto::verify_tlog_proof(*parsed, *parsed->extra, options().policy));
  const auto json = make_report(*audited).json;
  for (const auto* name : {"\"entry\": ", "\"key_ids\": [", "c2sp.org/tlog-proof@v1",
                           "\"verdict\": \"findings\"", "attachment.mismatch"})
    EXPECT_NE(json.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace puhui::node::audit::testing
