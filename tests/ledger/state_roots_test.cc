// State roots: what they say follows from the views alone, whatever blocks and restarts there were.
#include "ledger/store/state_roots.h"

#include <gtest/gtest.h>
#include <leveldb/write_batch.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "crypto/bytes.h"
#include "ledger/store/keys.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

using Views = std::map<std::string, std::string>;

// A state and its roots over a store, as the ledger keeps them.
class Rooted {
 public:
  Rooted() { open(); }
  void put(const std::string& key, const std::string& value) {
    state_->put(key, value);
    views_[key] = value;
  }
  void erase(const std::string& key) {
    state_->erase(key);
    views_.erase(key);
  }
  void accept() { roots_->accept(*state_, state_->accept()); }
  StateRoot root() { return last_ = roots_->root(*state_); }
  void write() {
    leveldb::WriteBatch batch;
    state_->write_to(batch);
    roots_->write_to(batch);
    store_->write(batch);
  }
  void reopen() {
    roots_.reset();
    state_.reset();
    store_.reset();
    open();
  }
  Store& store() { return *store_; }
  StateRoots& roots() { return *roots_; }
  [[nodiscard]] const StateRoot& last() const { return last_; }
  [[nodiscard]] const Views& views() const { return views_; }
  // The root by its definition.
  [[nodiscard]] crypto::Digest expected() const {
    std::vector<crypto::MapLeaf> leaves;
    for (const auto& [key, value] : views_)
      if (map_of(key) == StateMap::open && is_mapped(key, value))
        leaves.push_back(crypto::map_leaf(key, value));
    std::ranges::sort(leaves);
    return crypto::map_root(leaves);
  }

 private:
  void open() {
    StoreOptions options;
    options.folder = folder_.file("s");
    options.cache_bytes = options.write_buffer_bytes = std::size_t{1} << 20;
    store_ = std::move(*Store::open(options));
    state_ = std::make_unique<State>(*store_);
    roots_ = std::make_unique<StateRoots>(std::move(*StateRoots::load(*store_)));
  }

  Folder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<State> state_;
  std::unique_ptr<StateRoots> roots_;
  StateRoot last_;
  Views views_;
};

TEST(StateRoots, BytesAreOneSpelling) {
  StateRoot root;
  root.open_map.bytes[0] = 7;
  root.personal_map.bytes[31] = 6;
  root.families['A'].bytes[1] = 8;
  root.families['U'].bytes[2] = 9;
  const auto bytes = encode_state_root(root);
  EXPECT_EQ(bytes.size(), 1U + 2 * 32 + 2 * 33);
  EXPECT_EQ(*decode_state_root(bytes), root);
  EXPECT_FALSE(decode_state_root(""));
  EXPECT_FALSE(decode_state_root(bytes.substr(1)));
  EXPECT_FALSE(decode_state_root(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(decode_state_root(bytes + "B"));
  EXPECT_FALSE(decode_state_root(bytes + bytes.substr(65, 33))) << "families out of order";
  EXPECT_FALSE(decode_state_root("\x01" + bytes.substr(1)));
}

// As a chain has it.
std::string change(const std::string& name, const std::optional<std::string>& value) {
  std::string bytes;
  crypto::append_u32(bytes, static_cast<std::uint32_t>(name.size()));
  bytes += name;
  bytes += value ? '\1' : '\0';
  if (!value) return bytes;
  crypto::append_u32(bytes, static_cast<std::uint32_t>(value->size()));
  return bytes + *value;
}

TEST(StateRoots, WhatFollowsFromAttachmentsIsOneChain) {
  Rooted rooted;
  for (const auto* name : {"vg1", "vA2", "vk1", "vq1", "vp1", "vy1", "vg2"})
    rooted.put(name, "value");
  rooted.accept();
  const auto zero = std::string(crypto::Digest().view());
  std::string of_persons = zero;
  for (const auto* name : {"vg1", "vg2", "vk1", "vp1", "vq1", "vy1"})
    of_persons += change(name, "value");
  const FamilyDigests expected{{'A', crypto::sha256(zero + change("vA2", "value"))},
                               {'C', crypto::sha256(of_persons)}};
  EXPECT_EQ(rooted.root().families, expected);
  EXPECT_EQ(chain_of("vA\1pseudonym"), 'C');
  EXPECT_EQ(chain_of("vC1"), 'C');
  EXPECT_EQ(chain_of("vx1"), 'x');
}

TEST(StateRoots, AChainPerFamilyInKeyOrder) {
  Rooted rooted;
  rooted.put("vA2", "two");
  rooted.put("vA1", "one");
  rooted.put("vH1", "held");
  rooted.accept();
  rooted.erase("vA1");
  rooted.accept();
  const auto zero = std::string(crypto::Digest().view());
  const auto first = crypto::sha256(zero + change("vA1", "one") + change("vA2", "two"));
  const FamilyDigests expected{
      {'A', crypto::sha256(std::string(first.view()) + change("vA1", std::nullopt))},
      {'H', crypto::sha256(zero + change("vH1", "held"))}};
  EXPECT_EQ(rooted.root().families, expected);
  EXPECT_EQ(rooted.roots().digest(), crypto::sha256(encode_families(expected)));
}

TEST(StateRoots, FamiliesOutsideTheMapDoNotMoveItsRoot) {
  Rooted rooted;
  rooted.put("vH1", "held");
  rooted.put("vC1", "claimed");
  rooted.accept();
  EXPECT_EQ(rooted.root().open_map, crypto::Digest());
}

// Random changes, state roots, blocks and restarts; few keys, so that they meet in pages.
RC_GTEST_PROP(StateRoots, TheMapFollowsFromTheViewsAlone, ()) {
  Rooted rooted;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 12), rc::gen::inRange(0, 300)));
  for (const auto& [what, which] : steps) {
    const auto key = std::string(which % 3 == 0 ? "vU" : "vA") + std::to_string(which % 100);
    if (what < 6) rooted.put(key, std::to_string(what));
    if (what == 6 || what == 7) rooted.erase(key);
    if (what == 8) rooted.accept();
    if (what >= 9) rooted.accept();
    if (what == 9) RC_ASSERT(rooted.root().open_map == rooted.expected());
    if (what >= 10) rooted.write();
    if (what == 11) rooted.reopen();
  }
  rooted.accept();
  RC_ASSERT(rooted.root().open_map == rooted.expected());
  rooted.write();
  const auto reader = rooted.store().reader();
  RC_ASSERT(stored_map_root(*reader, StateMap::open) == rooted.expected());
  RC_ASSERT(check_map(*reader, StateMap::open, rooted.expected()).has_value());
  for (int i = 0; i < 100; ++i) {
    const auto key = "vA" + std::to_string(i);
    const auto found = rooted.views().find(key);
    const auto value = found == rooted.views().end()
                           ? std::nullopt
                           : std::optional<std::string_view>(found->second);
    RC_ASSERT(
        crypto::verify_map({key, value}, stored_map_proof(*reader, key), rooted.last().open_map)
            .has_value());
  }
}

TEST(StateRoots, ThousandsOfKeysGoInAndOut) {
  Rooted rooted;
  for (int i = 0; i < 5000; ++i) rooted.put("vA" + std::to_string(i), "1");
  rooted.accept();
  EXPECT_EQ(rooted.root().open_map, rooted.expected());
  rooted.write();
  rooted.reopen();
  for (int i = 0; i < 4998; ++i) rooted.erase("vA" + std::to_string(i));
  rooted.accept();
  EXPECT_EQ(rooted.root().open_map, rooted.expected());
  rooted.write();
  int pages = 0;
  rooted.store().reader()->scan("h", "h", [&pages](auto, auto) { return ++pages > 0; });
  EXPECT_EQ(pages, 1) << "what is stored follows from the pairs alone";
}

struct Checking : ::testing::Test {
  Rooted rooted;
  void SetUp() override {
    for (int i = 0; i < 1000; ++i) rooted.put("vA" + std::to_string(i), "1");
    rooted.accept();
    rooted.root();
    rooted.put("vA7", "changed since");
    rooted.put("vP1", "new since");
    rooted.erase("vA8");
    rooted.accept();
    rooted.write();
  }
  void overwrite(const std::string& key, const std::optional<std::string>& value) {
    leveldb::WriteBatch batch;
    if (value) {
      batch.Put(key, *value);
    } else {
      batch.Delete(key);
    }
    rooted.store().write(batch);
  }
  [[nodiscard]] std::string complaint() {
    const auto checked =
        check_map(*rooted.store().reader(), StateMap::open, rooted.last().open_map);
    return checked ? "" : checked.error().detail;
  }
};

TEST_F(Checking, ViewsAsTheMapSaysAreWell) { EXPECT_EQ(complaint(), ""); }

TEST_F(Checking, AChangedViewIsNamed) {
  overwrite("vA5", "2");
  EXPECT_EQ(complaint(), "view vA/5");
}

TEST_F(Checking, AViewTooManyIsNamed) {
  overwrite("vB5", "2");
  EXPECT_EQ(complaint(), "view vB/5");
}

TEST_F(Checking, AViewTooFewIsNoticed) {
  overwrite("vA9", std::nullopt);
  EXPECT_EQ(complaint(), "the map holds 1 keys that no view has");
}

TEST_F(Checking, AChangedNoteIsNamed) {
  auto row = *rooted.store().get(key::changed("vA8"));
  row.back() ^= 1;
  overwrite(key::changed("vA8"), row);
  EXPECT_NE(complaint(), "");
}

TEST_F(Checking, ADamagedPageIsNamed) {
  auto page = *rooted.store().get(key::map_page(StateMap::open, "\x04\x02"));
  page[3] ^= 1;
  overwrite(key::map_page(StateMap::open, "\x04\x02"), page);
  EXPECT_EQ(complaint(), "page of the open map '42'");
  overwrite(key::map_page(StateMap::open, "\x04\x02"), std::nullopt);
  EXPECT_EQ(complaint(), "page of the open map '42'");
}

// A later change of the keys under it would take it up.
TEST_F(Checking, APageTooManyIsNoticed) {
  overwrite(key::map_page(StateMap::open, std::string("\x04\x02\x01\x0f\x07", 5)),
            encode_page({{3, false, crypto::map_leaf("vAx", "1"), {}}}));
  EXPECT_NE(complaint().find("pages are stored"), std::string::npos) << complaint();
}

// Where two such slots meet in the last level of a page, its hash is the same.
TEST(MapCheck, APageOfOneLeafIsNoticed) {
  const auto leaf_of = [](std::uint8_t digit) {
    for (int i = 0;; ++i) {
      const auto name = "vA" + std::to_string(i);
      if (digit_of(crypto::sha256(name), 0) == digit) return name;
    }
  };
  Rooted rooted;
  const auto left = leaf_of(2), right = leaf_of(3);
  rooted.put(left, "1");
  rooted.put(right, "1");
  rooted.accept();
  const auto root = rooted.root().open_map;
  rooted.write();
  const auto check = [&] { return check_map(*rooted.store().reader(), StateMap::open, root); };
  ASSERT_TRUE(check());
  const auto alone = crypto::map_leaf(left, "1");
  const MapPage below = {{digit_of(alone.key, 1), false, alone, {}}};
  const MapPage top = {{2, true, {}, page_hash(below)},
                       {3, false, crypto::map_leaf(right, "1"), {}}};
  ASSERT_EQ(page_hash(top), root);
  leveldb::WriteBatch batch;
  batch.Put(key::map_page(StateMap::open, ""), encode_page(top));
  batch.Put(key::map_page(StateMap::open, "\x02"), encode_page(below));
  rooted.store().write(batch);
  EXPECT_FALSE(check());
}

TEST_F(Checking, DamagedNotesAreRefusedAtStart) {
  overwrite(key::changed("vA8"), "\3");
  EXPECT_EQ(complaint(), "note that view vA/8 changed");
  EXPECT_FALSE(StateRoots::load(rooted.store()));
}

}  // namespace
}  // namespace puhui::ledger::testing
