// Closed days: their claims become lists, from which a claim is shown or shown never to have been.
#include "ledger/rules/behaviour/claims.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "crypto/merkle.h"
#include "ledger/store/keys.h"
#include "ledger/views/claim_proof.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

using crypto::Digest;

v1::Genesis root_every_4() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(4);
  return genesis;
}

Digest claim_of(const Ride& ride) {
  return read_record(record_of(ride).SerializeAsString(), "bike")->claim;
}

struct Claims : ::testing::Test {
  BikeCity city{root_every_4()};

  // Something happens until the next state root has passed.
  void to_next_root() {
    const auto before = city.head().size;
    while (city.head().size / 4 == before / 4)
      city.must(open_personal_event(city, next_citizen_++, 1), {"operator"});
  }
  void pass_days(int days) {
    city.now += days * kMicrosPerDay;
    to_next_root();
  }
  [[nodiscard]] Digest personal_root() const {
    const auto view = city.view();
    return decode_state_root(decode_entry(view.entry(*view.last_state_root()))->body)->personal_map;
  }
  [[nodiscard]] Result<v1::ClaimProof> ask(std::uint32_t slot, const Digest& claim) const {
    return city.view().claim_proof({static_cast<std::int32_t>(kToday), slot, claim});
  }
  // What a proof from the city says of a claim.
  [[nodiscard]] bool is_made(std::uint32_t slot, const Digest& claim) const {
    const auto proof = ask(slot, claim);
    EXPECT_TRUE(proof) << describe(proof.error());
    const auto made = verify_claim(*proof, personal_root());
    EXPECT_TRUE(made) << describe(made.error());
    return made && *made;
  }
  // A claim that nobody made, between two that were.
  [[nodiscard]] Digest never_made() const {
    for (std::uint64_t citizen = 50;; ++citizen) {
      const auto claim = claim_of({citizen});
      if (ask(8, claim)->places_size() == 2) return claim;
    }
  }

 private:
  std::uint64_t next_citizen_ = 1'000;
};

TEST_F(Claims, AClosedDayHasOneListPerSlot) {
  std::vector<Ride> rides;
  for (std::uint64_t citizen = 0; citizen < 40; ++citizen)
    rides.push_back({citizen, 1000, static_cast<std::uint32_t>(8 + citizen % 3)});
  ASSERT_EQ(ride(city, rides).decision, v1::ACCEPTED);
  pass_days(7);
  EXPECT_EQ(ask(8, claim_of(rides[0])).error().code, ErrorCode::NOT_FOUND)
      << "the last day on which it may be claimed";
  pass_days(1);
  std::map<std::uint32_t, std::vector<Digest>> expected;
  for (const auto& each : rides) expected[each.slot].push_back(claim_of(each));
  for (auto& [slot, claims] : expected) {
    const auto proof = ask(slot, claims.front());
    ASSERT_TRUE(proof);
    const auto list = ClaimList::decode(proof->list().value());
    ASSERT_TRUE(list);
    EXPECT_EQ(list->claims, claims.size());
    for (auto& claim : claims) claim = crypto::leaf_hash(claim.view());
    std::ranges::sort(claims);
    EXPECT_EQ(list->root, crypto::root_of(claims));
  }
  for (const auto& each : rides) {
    EXPECT_TRUE(is_made(each.slot, claim_of(each)));
    EXPECT_FALSE(is_made(each.slot == 8 ? 9 : 8, claim_of(each)));
    EXPECT_FALSE(is_made(20, claim_of(each))) << "a slot without claims";
  }
}

TEST_F(Claims, AbsenceIsShownByNeighboursAndAtBothEnds) {
  std::vector<Ride> rides;
  for (std::uint64_t citizen = 0; citizen < 9; ++citizen) rides.push_back({citizen});
  ASSERT_EQ(ride(city, rides).decision, v1::ACCEPTED);
  pass_days(8);
  std::set<std::vector<std::uint32_t>> neighbours;
  for (std::uint64_t citizen = 1'000; neighbours.size() < 10; ++citizen) {
    ASSERT_LT(citizen, 2'000U);
    const auto claim = claim_of({citizen});
    EXPECT_FALSE(is_made(8, claim));
    std::vector<std::uint32_t> indexes;
    const auto proof = ask(8, claim);
    for (const auto& place : proof->places()) indexes.push_back(place.index());
    neighbours.insert(indexes);
  }
  EXPECT_TRUE(neighbours.contains({0}));
  EXPECT_TRUE(neighbours.contains({3, 4}));
  EXPECT_TRUE(neighbours.contains({8}));
}

TEST_F(Claims, NoProofCanBeBentIntoAnother) {
  ASSERT_EQ(ride(city, {{0}, {1}, {2}, {3}, {4}}).decision, v1::ACCEPTED);
  pass_days(8);
  const auto root = personal_root();
  const auto good = *ask(8, never_made());
  ASSERT_TRUE(verify_claim(good, root));
  const auto refused = [&root](v1::ClaimProof proof) { return !verify_claim(proof, root); };
  auto bad = good;
  for (std::uint64_t citizen = 0; citizen < 5; ++citizen) {
    bad.set_claim(std::string(claim_of({citizen}).view()));
    EXPECT_TRUE(refused(bad)) << "absence of a claim that was made";
  }
  bad = good;
  bad.mutable_places()->RemoveLast();
  EXPECT_TRUE(refused(bad)) << "a neighbour is missing";
  bad = good;
  bad.clear_places();
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad.mutable_places(0)->set_index(bad.places(0).index() + 1);
  EXPECT_TRUE(refused(bad));
  bad = good;
  (*bad.mutable_places(0)->mutable_leaf())[3] ^= 1;
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad.set_slot(9);
  EXPECT_TRUE(refused(bad)) << "of another slot";
  bad = good;
  bad.set_day(bad.day() + 1);
  EXPECT_TRUE(refused(bad)) << "of another day";
  bad = good;
  *bad.mutable_list() = ask(9, claim_of({50}))->list();
  EXPECT_TRUE(refused(bad)) << "the list of another slot";
  bad = good;
  bad.mutable_list()->clear_value();
  EXPECT_TRUE(refused(bad));
  bad = good;
  (*bad.mutable_closed()->mutable_value())[0] ^= 1;
  EXPECT_TRUE(refused(bad));
  EXPECT_FALSE(verify_claim(good, Digest()));
}

TEST_F(Claims, ClaimsOfTheBlockAtHandAreInTheList) {
  // The block begins on the day's last moment; its later leaves lie on the day that closes it.
  city.now = (kToday + 8) * kMicrosPerDay - kBeijingOffset - 1;
  const Ride last{7, 1000, 8, kToday + 7};
  std::vector<Sent> block;
  const auto attachment = attachment_with({{6, 1000, 8, kToday}, last});
  block.push_back(sign_with(batch_event(city, attachment, "provider"), {"provider"}, attachment));
  for (std::uint64_t i = 0; i < 6; ++i)
    block.push_back(sign(open_personal_event(city, 2'000 + i, 1), {"operator"}));
  for (const auto& answer : city.apply(block)) ASSERT_EQ(answer.decision, v1::ACCEPTED);
  ASSERT_GE(city.head().time, (kToday + 8) * kMicrosPerDay - kBeijingOffset);
  EXPECT_TRUE(is_made(8, claim_of({6, 1000, 8, kToday})));
  EXPECT_EQ(city.view().claim_proof({kToday + 7, 8, claim_of(last)}).error().code,
            ErrorCode::NOT_FOUND);
}

TEST_F(Claims, AClosedDayNeverOpensAgain) {
  ASSERT_EQ(ride(city, {{0}}).decision, v1::ACCEPTED);
  pass_days(8);
  const auto before = *ask(8, claim_of({0}));
  auto wide = bike_methodology();
  wide.set_code("WH-WIDE-2026");
  wide.set_scenario("wide");
  wide.set_claim_window_days(60);
  file(city, wide);
  city.must(open_personal_event(city, 900, 1), {"operator"});
  PUHUI_REFUSED(ride(city, {{900}}, "provider", "wide"), ErrorCode::CLAIM_WINDOW);
  const auto today = day_of(city.now);
  EXPECT_EQ(ride(city, {{900, 1000, 8, today}}, "provider", "wide").decision, v1::ACCEPTED);
  pass_days(9);
  EXPECT_EQ(ask(8, claim_of({0}))->list().value(), before.list().value());
  EXPECT_EQ(city.view().claim_proof({static_cast<std::int32_t>(today), 8, {}}).error().code,
            ErrorCode::NOT_FOUND)
      << "the wider window holds the day open";
  pass_days(60);
  EXPECT_TRUE(city.view().claim_proof({static_cast<std::int32_t>(today), 8, {}}));
}

TEST(ClaimBytes, AreOneSpelling) {
  const ClosedDays closed{-3, 7};
  EXPECT_EQ(ClosedDays::decode(closed.encode()), closed);
  EXPECT_FALSE(ClosedDays::decode(closed.encode() + "x"));
  ClaimList list{5, {}};
  list.root.bytes[4] = 9;
  EXPECT_EQ(ClaimList::decode(list.encode()), list);
  EXPECT_FALSE(ClaimList::decode(list.encode().substr(1)));
}

}  // namespace
}  // namespace puhui::ledger::testing
