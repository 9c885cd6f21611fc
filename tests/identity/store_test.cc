#include "node/identity/store.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "crypto/bytes.h"
#include "node/identity/erasure.h"
#include "node/identity/lines.h"
#include "tests/identity/desk.h"

namespace puhui::node::identity {
namespace {

namespace fs = std::filesystem;

const std::string kLi = "420106198512120011";

TEST(Lines, AreTrimmedAndBoundedAndNeverRepeated) {
  EXPECT_EQ(clean_line(" \t张三 420106\r").value(), "张三 420106");
  EXPECT_EQ(clean_line("\xE3\x80\x80 张三\xE3\x80\x80").value(), "张三");
  for (const std::string bad : {"", " ", "a\x1b[2Jb", "a\nb", "\xff\xfe"}) {
    const auto line = clean_line(bad);
    EXPECT_EQ(line.error().code, ErrorCode::INVALID_ARGUMENT);
    EXPECT_EQ(line.error().detail.find("\x1b"), std::string::npos);
  }
  EXPECT_TRUE(clean_line(std::string(kLineSizeMax, 'a')));
  EXPECT_EQ(clean_line(std::string(kLineSizeMax + 1, 'a')).error().code, ErrorCode::TOO_LARGE);
}

TEST(Lines, ComeFromWordsOrFromTheStream) {
  std::istringstream in("one\n two \n");
  EXPECT_EQ(read_lines({}, in, 2).value(), (std::vector<std::string>{"one", "two"}));
  std::istringstream unread("three");
  EXPECT_EQ(read_lines({"four"}, unread, 1).value(), std::vector<std::string>{"four"});
  std::istringstream many("1\n2\n3");
  EXPECT_EQ(read_lines({}, many, 2).error().code, ErrorCode::TOO_LARGE);
  std::istringstream gap("secret\n\nsecret");
  const auto refused = read_lines({}, gap, 9);
  EXPECT_EQ(refused.error().code, ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(refused.error().detail.find("line 2: "), 0u);
  EXPECT_EQ(refused.error().detail.find("secret"), std::string::npos);
  std::istringstream nothing("");
  EXPECT_EQ(read_lines({}, nothing, 9).error().code, ErrorCode::INVALID_ARGUMENT);
}

TEST(People, OneIdentityHasOnePseudonym) {
  const Place place;
  const auto first = place.enrol({kZhang, kLi, kZhang});
  EXPECT_EQ(first[0].size(), 16u);
  EXPECT_EQ(first[0], first[2]);
  EXPECT_NE(first[0], first[1]);
  EXPECT_EQ(place.enrol({kLi, kZhang}), (std::vector<std::string>{first[1], first[0]}));
  const auto again =
      place.open()->people().enrol(std::vector{kZhang, std::string("new")}, {}, kNow);
  EXPECT_FALSE(again.value()[0].is_new);
  EXPECT_TRUE(again.value()[1].is_new);
  EXPECT_EQ(place.open()->people().person(first[1]).value().identity(), kLi);
  EXPECT_EQ(place.open()->people().person(std::string(16, 'x')).error().code, ErrorCode::NOT_FOUND);
}

TEST(People, OtherStoresGiveOtherPseudonyms) {
  const Place one, two;
  EXPECT_NE(one.enrol({kZhang}), two.enrol({kZhang}));
}

TEST(People, AGuardiansConfirmationIsKept) {
  const Place place;
  const auto guardian = crypto::sha256("yes");
  const auto store = place.open();
  const auto child = store->people().enrol(std::vector{kZhang}, {guardian}, kNow).value()[0];
  EXPECT_TRUE(store->people().person(child.pseudonym).value().minor());
  EXPECT_EQ(store->people().person(child.pseudonym).value().guardian_sha256(), guardian.view());
  // A mark comes to those known too; none takes nothing away.
  const auto adult = store->people().enrol(std::vector{kLi}, {}, kNow).value()[0].pseudonym;
  EXPECT_FALSE(store->people().person(adult).value().minor());
  ASSERT_TRUE(store->people().enrol(std::vector{kLi}, {guardian}, kNow));
  ASSERT_TRUE(store->people().enrol(std::vector{kLi}, {}, kNow));
  EXPECT_TRUE(store->people().person(adult).value().minor());
}

TEST(People, ManyInOneBucketAreToldApart) {
  const Place place;
  std::vector<std::string> identities;
  for (int i = 0; i < 3000; ++i) identities.push_back("person " + std::to_string(i));
  const auto first = place.enrol(identities);
  EXPECT_EQ(place.enrol(identities), first);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), identities.size());
  EXPECT_EQ(place.open()->people().count().value().people, identities.size());
}

TEST(Confirmations, AreWhatTheyCommitTo) {
  const Place place;
  const auto accounts = place.enrol({kZhang, kLi});
  const auto store = place.open();
  auto& people = store->people();
  const auto commitment = people.confirm(accounts[0], "200 g for a voucher", kNow).value();
  EXPECT_NE(people.confirm(accounts[0], "200 g for a voucher", kNow).value(), commitment);
  const auto kept = people.confirmation(accounts[0], commitment).value();
  EXPECT_EQ(kept.salt().size(), kSaltSize);
  EXPECT_EQ(kept.text(), "200 g for a voucher");
  EXPECT_EQ(crypto::sha256(kept.salt() + kept.text()), commitment);
  EXPECT_EQ(people.confirmation(accounts[1], commitment).error().code, ErrorCode::NOT_FOUND);
  EXPECT_EQ(people.confirmation(accounts[0], crypto::sha256("")).error().code,
            ErrorCode::NOT_FOUND);
  EXPECT_EQ(people.confirm(std::string(16, 'x'), "text", kNow).error().code, ErrorCode::NOT_FOUND);
  EXPECT_EQ(people.count().value().confirmations, 2u);
}

TEST(Tags, TwoReportsOfOneCarrierMeet) {
  const Place place, other;
  const auto keys = read_keys(place.folder, std::nullopt).value();
  const auto again = read_keys(place.folder, std::nullopt).value();
  const auto foreign = read_keys(other.folder, std::nullopt).value();
  const auto tag = carrier_tag(keys, CarrierKind::bike, "WH-1");
  EXPECT_EQ(carrier_tag(again, CarrierKind::bike, "WH-1"), tag);
  EXPECT_NE(carrier_tag(keys, CarrierKind::bike, "WH-2"), tag);
  EXPECT_NE(carrier_tag(keys, CarrierKind::gate, "WH-1"), tag);
  EXPECT_NE(carrier_tag(foreign, CarrierKind::bike, "WH-1"), tag);
  EXPECT_EQ(parse_carrier_kind("car").error().code, ErrorCode::INVALID_ARGUMENT);
}

TEST(Store, OpensWithItsPassphraseAlone) {
  const cli::Scratch scratch;
  const auto folder = scratch.path("store");
  { ASSERT_TRUE(Store::make(folder, "right")); }
  EXPECT_EQ(Store::open(folder, "wrong").error().code, ErrorCode::KEY_PASSPHRASE);
  EXPECT_EQ(Store::open(folder, std::nullopt).error().code, ErrorCode::KEY_PASSPHRASE);
  EXPECT_TRUE(Store::open(folder, "right"));
}

TEST(Store, IsMadeInAnEmptyFolderOnlyAndUsedByOne) {
  const Place place;
  EXPECT_EQ(Store::make(place.folder, std::nullopt).error().code, ErrorCode::LOCKED);
  EXPECT_EQ(Store::open(place.scratch.path("none"), std::nullopt).error().code,
            ErrorCode::NOT_FOUND);
  const auto store = place.open();
  EXPECT_EQ(Store::open(place.folder, std::nullopt).error().code, ErrorCode::LOCKED);
  EXPECT_TRUE(read_keys(place.folder, std::nullopt));
}

TEST(Store, AnotherStoresKeyDoesNotOpenIt) {
  const Place place, other;
  fs::copy_file(other.folder + "/store.key", place.folder + "/store.key",
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(Store::open(place.folder, std::nullopt).error().code, ErrorCode::CORRUPT);
}

TEST(Store, DamagedRecordsAreRefused) {
  const Place place;
  const auto account = place.enrol({kZhang}).front();
  auto pairs = raw_pairs(place.table);
  for (auto& [name, value] : pairs) {
    if (!name.starts_with("a")) continue;
    const auto whole = value;
    value.back() = static_cast<char>(value.back() ^ 1);
    write_raw(place.table, {{name, value}});
    EXPECT_EQ(place.open()->people().person(account).error().code, ErrorCode::CORRUPT);
    write_raw(place.table, {{name, whole}});
  }
  EXPECT_EQ(place.open()->people().person(account).value().identity(), kZhang);
}

TEST(Store, FilesTellNothingWithoutTheKeys) {
  const Place place;
  const auto account = place.enrol({kZhang}).front();
  const auto commitment = place.open()->people().confirm(account, "200 g for a voucher", kNow);
  const auto digest = crypto::sha256(kZhang);
  for (const auto bytes :
       {std::string_view(kZhang), std::string_view(account), digest.view(), commitment->view(),
        std::string_view("200 g for a voucher"), std::string_view("judicial")})
    EXPECT_FALSE(on_disk(place.table, bytes)) << crypto::hex_encode(bytes);
  EXPECT_FALSE(on_disk(place.table, crypto::hex_encode(account)));
}

}  // namespace
}  // namespace puhui::node::identity
