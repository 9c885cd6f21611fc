#include "crypto/tiles.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

namespace puhui::crypto {
namespace {

constexpr auto kHashes = Tile::Kind::hashes;
constexpr auto kEntries = Tile::Kind::entries;

TEST(TilePath, SpecificationExamples) {
  EXPECT_EQ(tile_path({kHashes, 0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({kHashes, 0, 1000, 256}), "tile/0/x001/000");
  EXPECT_EQ(tile_path({kHashes, 1, 0, 17}), "tile/1/000.p/17");
  EXPECT_EQ(tile_path({kEntries, 0, 273, 112}), "tile/entries/273.p/112");
  EXPECT_EQ(tile_path({kHashes, 63, ~0ull, 1}), "tile/63/x018/x446/x744/x073/x709/x551/615.p/1");
}

TEST(TilePath, RoundTrips) {
  EXPECT_TRUE(rc::check("every tile has one path", [] {
    const auto kind = *rc::gen::element(kHashes, kEntries);
    const auto level = kind == kEntries ? 0u : *rc::gen::inRange(0u, kTileLevelMax + 1);
    const auto shift = *rc::gen::inRange(0, 64);
    const Tile tile{kind, level, *rc::gen::arbitrary<std::uint64_t>() >> shift,
                    *rc::gen::inRange(1u, kTileWidth + 1)};
    RC_ASSERT(parse_tile_path(tile_path(tile)).value() == tile);
  }));
}

TEST(TilePath, RefusesEveryOtherSpelling) {
  for (const char* bad : {"",
                          "tile",
                          "tile/",
                          "tile/0",
                          "tile/0/",
                          "/tile/0/000",
                          "tile/0/0",
                          "tile/0/00",
                          "tile/0/0000",
                          "tile/00/000",
                          "tile/64/000",
                          "tile/-1/000",
                          "tile/01/000",
                          "tile/0/000/",
                          "tile/0/x000/000",
                          "tile/0/x000/001",
                          "tile/0/x01/000",
                          "tile/0/001/000",
                          "tile/0/x001",
                          "tile/0/xx01/000",
                          "tile/0/x001/x000",
                          "tile/0/000.p/0",
                          "tile/0/000.p/256",
                          "tile/0/000.p/01",
                          "tile/0/000.p/",
                          "tile/0/000.p",
                          "tile/0/000.p/1/",
                          "tile/0/000.p/1.p/2",
                          "tile/0/000p/1",
                          "tile/entries",
                          "tile/entries/0",
                          "tile/entries/000/",
                          "tile/Entries/000",
                          "tile/8/0/000",
                          "tile/0/../000",
                          "tile/0/ 00",
                          "tile/0/+00",
                          "tile/0//000",
                          "tile/0/x018/x446/x744/x073/x709/x551/616",
                          "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
                          "tile/0/a00",
                          "tile/0/000?x",
                          "tile/data/000"}) {
    const auto tile = parse_tile_path(bad);
    ASSERT_FALSE(tile) << bad;
    EXPECT_EQ(tile.error().code, ErrorCode::INVALID_ARGUMENT);
  }
}

TEST(Tiles, CountsOfTheSpecification) {
  EXPECT_EQ(tiles_at(0, 70000), (LevelTiles{273, 112}));
  EXPECT_EQ(tiles_at(1, 70000), (LevelTiles{1, 17}));
  EXPECT_EQ(tiles_at(2, 70000), (LevelTiles{0, 1}));
  EXPECT_EQ(tiles_at(3, 70000), (LevelTiles{0, 0}));
  EXPECT_EQ(tiles_at(0, 256), (LevelTiles{1, 0}));
  EXPECT_EQ(tiles_at(1, 256), (LevelTiles{0, 1}));
  EXPECT_EQ(tiles_at(0, 0), (LevelTiles{}));
  EXPECT_EQ(tiles_at(7, kTreeSizeMax), (LevelTiles{0, 127}));
  EXPECT_EQ(tiles_at(8, kTreeSizeMax), (LevelTiles{}));
  EXPECT_EQ(tiles_at(63, kTreeSizeMax), (LevelTiles{}));
}

TEST(Tiles, Existence) {
  EXPECT_TRUE(tile_exists({kHashes, 0, 272, 256}, 70000));
  EXPECT_FALSE(tile_exists({kHashes, 0, 273, 256}, 70000));
  EXPECT_TRUE(tile_exists({kHashes, 0, 273, 112}, 70000));
  EXPECT_TRUE(tile_exists({kEntries, 0, 273, 1}, 70000));
  EXPECT_FALSE(tile_exists({kEntries, 0, 273, 113}, 70000));
  EXPECT_TRUE(tile_exists({kHashes, 0, 3, 5}, 70000));
  EXPECT_FALSE(tile_exists({kHashes, 2, 0, 2}, 70000));
  EXPECT_FALSE(tile_exists({kHashes, 0, 274, 1}, 70000));
  EXPECT_FALSE(tile_exists({kHashes, 0, 0, 0}, 70000));
}

TEST(Tiles, EveryNodeIsFoundInItsTile) {
  constexpr std::uint64_t kSize = 600;
  std::map<std::pair<unsigned, std::uint64_t>, Digest> nodes;
  std::map<Tile, std::string> tiles;
  Frontier frontier;
  for (std::uint64_t i = 0; i < kSize; ++i) {
    frontier.append(leaf_hash(std::to_string(i)), [&](unsigned level, auto index, const Digest& h) {
      nodes[{level, index}] = h;
      if (level % kTileHeight == 0) tiles[tile_of_node(level, index)] += h.view();
    });
  }
  EXPECT_EQ(tiles.size(), 4u);
  for (const auto& [at, hash] : nodes) {
    const auto [level, index] = at;
    const auto found = node_in_tile(tiles.at(tile_of_node(level, index)), level, index);
    ASSERT_TRUE(found) << level << " " << index;
    EXPECT_EQ(*found, hash);
  }
  const auto& narrow = tiles.at({kHashes, 0, 2, 256});
  EXPECT_EQ(narrow.size(), 88 * Digest::kSize);
  EXPECT_EQ(node_in_tile(narrow, 0, 600).error().code, ErrorCode::PROOF_MALFORMED);
  EXPECT_FALSE(node_in_tile(narrow, 4, 37));
  EXPECT_FALSE(node_in_tile(narrow.substr(1), 0, 512));
  EXPECT_FALSE(node_in_tile(std::string(257 * 32, 'x'), 0, 0));
  EXPECT_FALSE(node_in_tile("", 0, 0));
}

TEST(Bundle, RoundTrips) {
  EXPECT_TRUE(rc::check("entries survive", [](const std::vector<std::string>& entries) {
    RC_PRE(!entries.empty() && entries.size() <= kTileWidth);
    std::string bundle;
    for (const auto& entry : entries) append_to_bundle(bundle, entry);
    const auto parsed = parse_bundle(bundle, static_cast<unsigned>(entries.size())).value();
    RC_ASSERT(std::vector<std::string>(parsed.begin(), parsed.end()) == entries);
    for (std::size_t cut = 0; cut < bundle.size(); ++cut) {
      RC_ASSERT(!parse_bundle(std::string_view(bundle).substr(0, cut),
                              static_cast<unsigned>(entries.size())));
    }
  }));
}

TEST(Bundle, Borders) {
  std::string bundle;
  append_to_bundle(bundle, std::string(kEntrySizeMax, 'e'));
  append_to_bundle(bundle, "");
  EXPECT_EQ(bundle.substr(0, 2), "\xff\xff");
  EXPECT_EQ(parse_bundle(bundle, 2)->at(0).size(), kEntrySizeMax);
  EXPECT_FALSE(parse_bundle(bundle, 1));
  EXPECT_FALSE(parse_bundle(bundle, 3));
  EXPECT_FALSE(parse_bundle("", 0));
  EXPECT_FALSE(parse_bundle("", 1));
  EXPECT_FALSE(parse_bundle("", 257));
}

TEST(BundleDeathTest, RefusesAnOversizedEntry) {
  std::string bundle;
  EXPECT_DEATH(append_to_bundle(bundle, std::string(kEntrySizeMax + 1, 'e')), "kEntrySizeMax");
}

}  // namespace
}  // namespace puhui::crypto
