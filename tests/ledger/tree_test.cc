// The stored tree: the right edge at many sizes, proofs out of tiles, the bytes of tiles.
#include "ledger/store/tree.h"
#include "ledger/store/tile_nodes.h"

#include <gtest/gtest.h>
#include <leveldb/write_batch.h>

#include "crypto/tiles.h"
#include "ledger/store/keys.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

crypto::Digest leaf(std::uint64_t index) {
  return crypto::leaf_hash("leaf " + std::to_string(index));
}

struct Stored : ::testing::Test {
  Folder folder;
  std::unique_ptr<Store> store;
  std::vector<crypto::Digest> leaves;
  std::vector<crypto::Digest> roots = {crypto::empty_root()};  // by size

  void SetUp() override {
    StoreOptions options;
    options.folder = folder.file("store");
    store = std::move(*Store::open(options));
  }
  // Appends in blocks of a few leaves each, as apply does.
  void grow(Tree& tree, std::uint64_t size) {
    std::uint64_t block = 1;
    while (tree.size() < size) {
      for (std::uint64_t i = 0; i < block && tree.size() < size; ++i) {
        leaves.push_back(leaf(tree.size()));
        tree.append(leaves.back());
        roots.push_back(tree.root());
      }
      leveldb::WriteBatch batch;
      tree.write_to(batch);
      store->write(batch);
      block = block % 7 + 1;
    }
  }
};

TEST_F(Stored, LoadsAtEverySize) {
  auto tree = *Tree::load(*store, 0);
  EXPECT_EQ(tree.root(), crypto::empty_root());
  grow(tree, 1100);
  for (std::uint64_t size = 0; size <= 1100; ++size) {
    auto loaded = Tree::load(*store, size);
    ASSERT_TRUE(loaded) << size;
    ASSERT_EQ(loaded->size(), size);
    ASSERT_EQ(loaded->root(), roots[size]) << size;
    ASSERT_EQ(roots[size], crypto::root_of(std::span(leaves).first(size))) << size;
  }
}

TEST_F(Stored, GoesOnAfterEveryLoad) {
  for (std::uint64_t size = 0; size < 600; size += 1 + size % 5) {
    auto tree = *Tree::load(*store, roots.size() - 1);
    grow(tree, size);
    ASSERT_EQ(tree.root(), crypto::root_of(leaves));
  }
}

TEST_F(Stored, ProofsAtEveryIndexAndSize) {
  auto tree = *Tree::load(*store, 0);
  grow(tree, 600);
  const auto reader = store->reader();
  TileNodes tiles(*reader, std::make_shared<TileCache>());
  const auto nodes = tiles.nodes();
  for (std::uint64_t size = 1; size <= 600; size += (size > 40 && size < 240) ? 13 : 1) {
    ASSERT_EQ(crypto::root_at(size, nodes), roots[size]);
    for (std::uint64_t index = 0; index < size; index += (size > 20 && index % 16 < 12) ? 5 : 1) {
      const auto path = crypto::inclusion_proof(index, size, nodes);
      ASSERT_TRUE(crypto::verify_inclusion({index, size, leaves[index], roots[size]}, path))
          << index << " of " << size;
      const auto older = crypto::consistency_proof(index, size, nodes);
      ASSERT_TRUE(crypto::verify_consistency({index, size, roots[index], roots[size]}, older))
          << index << " to " << size;
    }
  }
}

TEST_F(Stored, ReadersShareWhatGrows) {
  auto tree = *Tree::load(*store, 0);
  const auto cache = std::make_shared<TileCache>();
  for (std::uint64_t size = 1; size < 1'000; size += 1 + size / 7) {
    grow(tree, size);
    const auto reader = store->reader();
    TileNodes tiles(*reader, cache);
    const auto nodes = tiles.nodes();
    ASSERT_EQ(crypto::root_at(size, nodes), roots[size]);
    for (const auto index : {std::uint64_t{0}, size / 2, size - 1}) {
      const auto path = crypto::inclusion_proof(index, size, nodes);
      ASSERT_TRUE(crypto::verify_inclusion({index, size, leaves[index], roots[size]}, path));
    }
  }
}

TEST_F(Stored, AcrossThreeLevelsOfTiles) {
  auto tree = *Tree::load(*store, 0);
  grow(tree, 65'536 + 300);
  const auto reader = store->reader();
  TileNodes tiles(*reader, std::make_shared<TileCache>());
  const auto nodes = tiles.nodes();
  for (const std::uint64_t size : {65'535, 65'536, 65'537, 65'791, 65'792, 65'793, 65'836}) {
    const auto loaded = Tree::load(*store, size);
    ASSERT_TRUE(loaded);
    ASSERT_EQ(loaded->root(), roots[size]) << size;
    ASSERT_EQ(crypto::root_at(size, nodes), roots[size]) << size;
    for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256},
                                      std::uint64_t{40'000}, std::uint64_t{65'534}, size - 1}) {
      const auto path = crypto::inclusion_proof(index, size, nodes);
      ASSERT_TRUE(crypto::verify_inclusion({index, size, leaves[index], roots[size]}, path));
      const auto older = crypto::consistency_proof(index, size, nodes);
      ASSERT_TRUE(crypto::verify_consistency({index, size, roots[index], roots[size]}, older));
    }
  }
  EXPECT_EQ(crypto::root_of(leaves), tree.root());
}

TEST_F(Stored, MissingOrShortTilesAreCorrupt) {
  auto tree = *Tree::load(*store, 0);
  grow(tree, 300);
  EXPECT_EQ(Tree::load(*store, 301).error().code, ErrorCode::CORRUPT);
  EXPECT_EQ(Tree::load(*store, 70'000).error().code, ErrorCode::CORRUPT);
  leveldb::WriteBatch batch;
  batch.Delete(key::tile(0, 1));
  store->write(batch);
  EXPECT_EQ(Tree::load(*store, 300).error().code, ErrorCode::CORRUPT);
  EXPECT_TRUE(Tree::load(*store, 256));
}

TEST(Tiles, AreServedAsC2spNamesThem) {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(1 << 20);
  City city(genesis);
  std::vector<Sent> opens;
  for (int i = 0; i < 299; ++i)
    opens.push_back(sign(account_event(city, "a" + std::to_string(i), "owner"), {"owner"}));
  city.apply(opens);
  auto view = city.view();
  ASSERT_EQ(view.head().size, 300U);
  using Kind = crypto::Tile::Kind;
  const auto full = view.tile({Kind::hashes, 0, 0, 256});
  ASSERT_TRUE(full);
  EXPECT_EQ(full->size(), 256U * 32);
  const auto edge = view.tile({Kind::hashes, 0, 1, 44});
  ASSERT_TRUE(edge);
  EXPECT_EQ(edge->size(), 44U * 32);
  EXPECT_EQ(edge->substr(43 * 32), crypto::leaf_hash(view.entry(299)).view());
  EXPECT_EQ(view.tile({Kind::hashes, 0, 1, 7}), edge->substr(0, 7 * 32));
  EXPECT_FALSE(view.tile({Kind::hashes, 0, 1, 45}));
  EXPECT_FALSE(view.tile({Kind::hashes, 0, 1, 256}));
  EXPECT_FALSE(view.tile({Kind::hashes, 0, 2, 1}));
  EXPECT_FALSE(view.tile({Kind::hashes, 2, 0, 1}));
  EXPECT_FALSE(view.tile({Kind::hashes, 63, 0, 1}));
  const auto top = view.tile({Kind::hashes, 1, 0, 1});
  ASSERT_TRUE(top);
  std::vector<crypto::Digest> hashes;
  for (std::size_t i = 0; i < 256; ++i)
    hashes.push_back(*crypto::Digest::from_bytes(full->substr(i * 32, 32)));
  EXPECT_EQ(*top, crypto::root_of(hashes).view());
  const auto bundle = view.tile({Kind::entries, 0, 1, 44});
  ASSERT_TRUE(bundle);
  const auto entries = crypto::parse_bundle(*bundle, 44);
  ASSERT_TRUE(entries);
  EXPECT_EQ((*entries)[0], view.entry(256));
  EXPECT_FALSE(view.tile({Kind::entries, 0, 1, 45}));
  EXPECT_EQ(view.root_at(300), view.head().root);
  const auto path = view.inclusion_proof(17, 299);
  EXPECT_TRUE(crypto::verify_inclusion(
      {17, 299, crypto::leaf_hash(view.entry(17)), view.root_at(299)}, path));
}

}  // namespace
}  // namespace puhui::ledger::testing
