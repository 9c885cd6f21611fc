// A copy follows a log from a folder that lies, shrinks, forks, loses files and comes back.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>

#include "node/mirror/follower.h"
#include "node/mirror/site.h"
#include "tests/crypto/growing_log.h"
#include "tests/ledger/city.h"

namespace puhui::node {
namespace {

namespace fs = std::filesystem;
using crypto::Tile;
using crypto::testing::GrowingLog;
using ledger::testing::Folder;

constexpr const char* kOrigin = "city.example/ledger";

void put(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Everything a log of this size serves, in place of what was there.
void serve(const GrowingLog& log, std::uint64_t size, const fs::path& folder) {
  fs::remove_all(folder);
  put(folder / "checkpoint", log.checkpoint(size));
  for (unsigned level = 0; (size >> (crypto::kTileHeight * level)) > 0; ++level) {
    const auto [full, partial_width] = crypto::tiles_at(level, size);
    for (std::uint64_t index = 0; index < full + (partial_width > 0 ? 1 : 0); ++index) {
      const auto width = index < full ? crypto::kTileWidth : partial_width;
      std::string hashes, bundle;
      for (unsigned i = 0; i < width; ++i) {
        const auto node = index * crypto::kTileWidth + i;
        hashes += log.nodes()(crypto::kTileHeight * level, node).view();
        if (level == 0) crypto::append_to_bundle(bundle, log.entry(node));
      }
      put(folder / crypto::tile_path({Tile::Kind::hashes, level, index, width}), hashes);
      if (level == 0)
        put(folder / crypto::tile_path({Tile::Kind::entries, 0, index, width}), bundle);
    }
  }
}

// The files below a folder that readers see, by name.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& found : fs::recursive_directory_iterator(folder)) {
    const auto name = fs::relative(found.path(), folder).string();
    if (found.is_regular_file() && (name == "checkpoint" || name.starts_with("tile/")))
      files[name] = *read_file(found.path().string());
  }
  return files;
}

struct Mirrored {
  Folder folder;
  GrowingLog log{kOrigin, 'l'}, fork{kOrigin, 'l', "forked "}, other{"other.example", 'o'};
  fs::path source = folder.file("source");
  Copy copy = std::move(*Copy::open(folder.file("copy")));
  std::unique_ptr<Follower> follower = start();

  [[nodiscard]] crypto::Policy policy() const {
    crypto::Policy policy;
    policy.logs = {{log.key(), ""}, {other.key(), ""}};
    return policy;
  }
  std::unique_ptr<Follower> start() {
    FollowOptions options{{source.string(), {}, {}}, policy(), 3, {}, {}};
    return std::move(*Follower::start(copy, std::move(options)));
  }
  ErrorCode follow() {
    const auto round = follower->follow();
    return round ? ErrorCode::OK : round.error().code;
  }
  // All that this log serves at this size lies in the copy.
  void expect_whole(const GrowingLog& of, std::uint64_t size) const {
    EXPECT_EQ(copy.head(), (crypto::TreeHead{size, of.root(size)}));
    const auto held = files_of(copy.folder());
    for (const auto& [name, bytes] : files_of(source)) {
      ASSERT_TRUE(held.contains(name)) << name;
      EXPECT_EQ(held.at(name), bytes) << name;
    }
  }
  [[nodiscard]] crypto::Fork evidence(std::uint64_t size) const {
    const auto file = *read_file(copy.folder() + "/evidence/" + std::to_string(size));
    return crypto::verify_evidence(*crypto::parse_evidence(file), std::vector{log.key()}).value();
  }
};

struct Mirror : ::testing::Test, Mirrored {};

TEST_F(Mirror, FollowsALogAsItGrows) {
  for (const std::uint64_t size : {1, 5, 255, 256, 257, 600, 768, 1000}) {
    serve(log, size, source);
    ASSERT_EQ(follow(), ErrorCode::OK) << size;
    expect_whole(log, size);
    const auto again = follower->follow();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->entries, 0u);
  }
  // Parts of what is full now are gone.
  for (const auto* name : {"000.p", "001.p", "002.p"})
    for (const auto* kind : {"0", "entries"})
      EXPECT_FALSE(fs::exists(copy.folder() + "/tile/" + kind + "/" + name)) << kind << name;
}

TEST_F(Mirror, ACopyIsASourceItself) {
  serve(log, 600, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  Copy second = std::move(*Copy::open(folder.file("second")));
  const auto second_follower =
      std::move(*Follower::start(second, {{copy.folder(), {}, {}}, policy(), 1, {}, {}}));
  ASSERT_TRUE(second_follower->follow());
  EXPECT_EQ(files_of(second.folder()), files_of(copy.folder()));
}

TEST_F(Mirror, GoesOnWhereItBrokeOff) {
  serve(log, 1000, source);
  const auto missing = source / crypto::tile_path({Tile::Kind::entries, 0, 2, 256});
  const auto bytes = *read_file(missing.string());
  fs::remove(missing);
  ASSERT_EQ(follow(), ErrorCode::NOT_FOUND);
  EXPECT_EQ(copy.head().size, 0u) << "nothing is accepted by halves";
  put(missing, bytes);
  // What had arrived is not fetched again: the source may have lost it meanwhile.
  ASSERT_TRUE(fs::exists(copy.folder() + "/tile/entries/000"));
  fs::remove(source / "tile/entries/000");
  ASSERT_EQ(follow(), ErrorCode::OK);
  EXPECT_EQ(copy.head().size, 1000u);
}

TEST_F(Mirror, RemembersAcrossRestarts) {
  serve(log, 300, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  const std::string path = copy.folder();
  { const auto gone = std::move(copy); }
  EXPECT_EQ(Copy::open(path)->head(), (crypto::TreeHead{300, log.root(300)}));
  put(path + "/checkpoint", "not a checkpoint");
  EXPECT_EQ(Copy::open(path).error().code, ErrorCode::CORRUPT);
}

TEST_F(Mirror, IsLockedWhileOpen) {
  EXPECT_EQ(Copy::open(copy.folder()).error().code, ErrorCode::LOCKED);
}

TEST_F(Mirror, AForkIsKeptAsEvidenceAndNotFollowed) {
  struct Case {
    std::uint64_t held, shown;
  };
  for (const auto [held, shown] :
       {Case{300, 700}, {256, 512}, {300, 310}, {300, 300}, {300, 200}}) {
    Mirrored at;
    serve(at.log, held, at.source);
    ASSERT_EQ(at.follow(), ErrorCode::OK);
    const auto before = files_of(at.copy.folder());
    serve(at.fork, shown, at.source);
    ASSERT_EQ(at.follow(), ErrorCode::CHECKPOINT_INCONSISTENT) << held << " " << shown;
    const auto shown_fork = at.evidence(shown);
    EXPECT_EQ(shown_fork.smaller.size, std::min(held, shown));
    EXPECT_EQ(shown_fork.larger.size, std::max(held, shown));
    EXPECT_EQ(at.copy.head(), (crypto::TreeHead{held, at.log.root(held)}));
    auto after = files_of(at.copy.folder());
    for (const auto& [name, bytes] : before) EXPECT_EQ(after[name], bytes) << name;
    serve(at.log, 900, at.source);
    EXPECT_EQ(at.follow(), ErrorCode::CHECKPOINT_INCONSISTENT) << "a convicted log";
    fs::remove_all(at.copy.folder() + "/evidence");
    EXPECT_EQ(at.follow(), ErrorCode::OK) << "what was held is still good";
    at.expect_whole(at.log, 900);
  }
}

TEST_F(Mirror, AnOlderCheckpointChangesNothing) {
  serve(log, 300, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  for (const std::uint64_t size : {299, 256, 1}) {
    serve(log, size, source);
    EXPECT_EQ(follow(), ErrorCode::UNAVAILABLE) << size;
    EXPECT_EQ(copy.head().size, 300u);
  }
  EXPECT_FALSE(fs::exists(copy.folder() + "/evidence"));
}

// Rot on our own disk accuses nobody.
TEST_F(Mirror, ADamagedCopyIsNoEvidence) {
  serve(log, 600, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  const auto tile = fs::path(copy.folder()) / "tile/0/000";
  auto bytes = *read_file(tile.string());
  bytes[5] = static_cast<char>(bytes[5] ^ 1);
  put(tile, bytes);
  serve(log, 200, source);
  EXPECT_EQ(follow(), ErrorCode::CORRUPT);
  EXPECT_FALSE(copy.has_evidence());
}

TEST_F(Mirror, ADamagedUpperTileIsHadAnew) {
  serve(log, 70'000, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  const auto tile = fs::path(copy.folder()) / "tile/1/000";
  const auto good = *read_file(tile.string());
  put(tile, std::string(good.size(), 'x'));
  serve(log, 70'001, source);
  EXPECT_EQ(follow(), ErrorCode::OK);
  EXPECT_EQ(*read_file(tile.string()), good);
}

TEST_F(Mirror, EndsWhenAsked) {
  serve(log, 1000, source);
  FollowOptions options{{source.string(), {}, {}}, policy(), 1, {}, [] { return true; }};
  const auto stopping = std::move(*Follower::start(copy, std::move(options)));
  EXPECT_EQ(stopping->follow().error().code, ErrorCode::UNAVAILABLE);
  EXPECT_EQ(copy.head().size, 0u);
}

TEST_F(Mirror, AnotherLogIsNotFollowed) {
  serve(log, 10, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  serve(other, 20, source);
  EXPECT_EQ(follow(), ErrorCode::WRONG_CITY);
  serve(GrowingLog(kOrigin, 'x'), 20, source);
  EXPECT_EQ(follow(), ErrorCode::NOTE_UNVERIFIED);
  put(source / "checkpoint", "garbage");
  EXPECT_EQ(follow(), ErrorCode::NOTE_MALFORMED);
  EXPECT_EQ(copy.head().size, 10u);
}

// Any byte of any file of the source, changed, cut off or added: the round fails and nothing is
// accepted, or the change was without effect and the copy is the log.
RC_GTEST_FIXTURE_PROP(Mirror, AChangedSourceIsNoticed, ()) {
  serve(log, 300, source);
  RC_ASSERT(follow() == ErrorCode::OK);
  serve(log, 700, source);
  const auto files = files_of(source);
  const auto victim =
      std::next(files.begin(), *rc::gen::inRange<long>(0, static_cast<long>(files.size())));
  auto bytes = victim->second;
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
      break;
    case 1:
      bytes.resize(at);
      break;
    default:
      bytes += bytes.substr(at);
  }
  put(source / victim->first, bytes);
  const auto code = follow();
  const std::uint64_t size = code == ErrorCode::OK ? 700 : 300;
  RC_ASSERT((copy.head() == crypto::TreeHead{size, log.root(size)}));
  RC_ASSERT(code != ErrorCode::CHECKPOINT_INCONSISTENT);
  const auto accepted = copy.checkpoint();
  serve(log, 700, source);
  RC_ASSERT(follow() == ErrorCode::OK);
  // A checkpoint that was accepted with its line twice is kept as it came.
  if (code == ErrorCode::OK && victim->first == "checkpoint") put(source / "checkpoint", accepted);
  expect_whole(log, 700);
}

TEST_F(Mirror, AnAcceptedCheckpointIsKeptAsItCame) {
  serve(log, 700, source);
  auto doubled = log.checkpoint(700);
  doubled += doubled.substr(doubled.find("\n\n") + 2);
  put(source / "checkpoint", doubled);
  ASSERT_EQ(follow(), ErrorCode::OK);
  serve(log, 700, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  EXPECT_EQ(copy.checkpoint(), doubled);
}

TEST_F(Mirror, ServesWhatItAccepted) {
  serve(log, 600, source);
  ASSERT_EQ(follow(), ErrorCode::OK);
  Site site(copy, nullptr, nullptr);
  const auto get = [&site](const std::string& path) {
    http::Request request{"GET", path, {}, {}, {}, {}, {}, {}};
    http::Response answer;
    site.handle(request, [&answer](http::Response response) { answer = std::move(response); });
    return answer;
  };
  const auto body = [](const http::Response& answer) { return std::get<std::string>(answer.body); };
  EXPECT_EQ(get("/checkpoint").status, 503);
  site.publish(copy.head(), copy.checkpoint());
  for (const auto& [name, bytes] : files_of(source)) {
    const auto answer = get("/" + name);
    EXPECT_EQ(answer.status, 200) << name;
    EXPECT_EQ(body(answer), bytes) << name;
  }
  // Tiles of sizes in between are parts of what is there.
  const auto whole = *read_file((source / "tile/0/001").string());
  EXPECT_EQ(body(get("/tile/0/001.p/7")), whole.substr(0, 7 * 32));
  const auto bundle = body(get("/tile/entries/002.p/3"));
  ASSERT_EQ(crypto::parse_bundle(bundle, 3)->at(2), log.entry(514));
  for (const auto* path : {"/tile/0/003", "/tile/0/002", "/tile/0/002.p/89", "/tile/9/000",
                           "/tile/../checkpoint", "/status.json", "/attachments/000"})
    EXPECT_EQ(get(path).status, 404) << path;
}

}  // namespace
}  // namespace puhui::node
