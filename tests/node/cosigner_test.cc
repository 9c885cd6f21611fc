// What a node refuses to sign, also after a restart, and records that survive torn writes.

#include "node/replica/cosigner.h"

#include <gtest/gtest.h>

#include <fstream>

#include "crypto/cosignature.h"
#include "tests/ledger/city.h"

namespace puhui::node {
namespace {

using ledger::testing::Folder;

constexpr const char* kOrigin = "test.example";

CosignerKeys keys() {
  return {kOrigin, "test.example/node-1",
          *crypto::SecretKey::from_seed(crypto::sha256("cosigner").view()),
          *crypto::SecretKey::from_seed(crypto::sha256("log").view())};
}

// A ledger with a genesis and some accounts, so that roots of several sizes exist.
class CosignerTest : public ::testing::Test {
 protected:
  std::string body(std::uint64_t size) {
    auto view = city_.ledger().view();
    return crypto::format_checkpoint({kOrigin, size, view.root_at(size), {}});
  }
  Result<crypto::NoteSignature> cosign(Cosigner& cosigner, const std::string& text) {
    auto view = city_.ledger().view();
    return cosigner.cosign(view, text, 1'700'000'000);
  }
  void grow(int leaves) {
    for (int i = 0; i < leaves; ++i)
      ASSERT_EQ(open_account(city_, "a" + std::to_string(++count_), "owner").decision,
                v1::ACCEPTED);
  }

  Folder folder_;
  ledger::testing::City city_;
  int count_ = 0;
};

TEST_F(CosignerTest, SignsItsOwnRootsAsTheyGrow) {
  auto cosigner = Cosigner::open(folder_.file(""), keys());
  ASSERT_TRUE(cosigner);
  grow(3);
  const auto first = body(2);
  const auto signature = cosign(*cosigner, first);
  ASSERT_TRUE(signature) << describe(signature.error());
  const auto own = keys();
  EXPECT_TRUE(crypto::verify_cosignature(
      first, *signature, {own.name, crypto::NoteKeyType::cosignature, own.cosigner.public_key()}));
  EXPECT_TRUE(cosign(*cosigner, first)) << "the same again is no contradiction";
  EXPECT_TRUE(cosign(*cosigner, body(3)));
}

TEST_F(CosignerTest, RefusesWhatItHasNotAppliedOrDoesNotKnow) {
  auto cosigner = Cosigner::open(folder_.file(""), keys());
  grow(1);
  const auto size = city_.ledger().view().head().size;
  const auto ahead = crypto::format_checkpoint({kOrigin, size + 1, crypto::sha256("x"), {}});
  EXPECT_EQ(cosign(*cosigner, ahead).error().code, ErrorCode::UNAVAILABLE);
  const auto other = crypto::format_checkpoint({kOrigin, size, crypto::sha256("x"), {}});
  EXPECT_EQ(cosign(*cosigner, other).error().code, ErrorCode::CHECKPOINT_INCONSISTENT);
  const auto foreign = crypto::format_checkpoint({"other.example", size, crypto::sha256("x"), {}});
  EXPECT_EQ(cosign(*cosigner, foreign).error().code, ErrorCode::CHECKPOINT_ORIGIN);
  EXPECT_EQ(cosign(*cosigner, "garbage").error().code, ErrorCode::CHECKPOINT_MALFORMED);
}

TEST_F(CosignerTest, RemembersWhatItSignedAcrossRestarts) {
  grow(4);
  {
    auto cosigner = Cosigner::open(folder_.file(""), keys());
    ASSERT_TRUE(cosign(*cosigner, body(4)));
  }
  auto reopened = Cosigner::open(folder_.file(""), keys());
  ASSERT_TRUE(reopened);
  EXPECT_EQ(cosign(*reopened, body(3)).error().code, ErrorCode::BUSY);
  EXPECT_TRUE(cosign(*reopened, body(4)));
}

TEST_F(CosignerTest, RefusesATreeThatNoLongerExtendsWhatItSigned) {
  grow(4);
  {
    auto cosigner = Cosigner::open(folder_.file(""), keys());
    ASSERT_TRUE(cosign(*cosigner, body(3)));
    auto view = city_.ledger().view();
    ASSERT_TRUE(cosigner->sign_log(view, body(3)));
  }
  // Another history of the same city under the same signing records.
  ledger::testing::City other;
  for (int i = 0; i < 6; ++i) (void)open_account(other, "b" + std::to_string(i), "owner");
  auto cosigner = Cosigner::open(folder_.file(""), keys());
  auto view = other.ledger().view();
  const auto text = crypto::format_checkpoint({kOrigin, 6, view.root_at(6), {}});
  EXPECT_EQ(cosigner->cosign(view, text, 1).error().code, ErrorCode::CHECKPOINT_INCONSISTENT);
  EXPECT_EQ(cosigner->sign_log(view, text).error().code, ErrorCode::CHECKPOINT_INCONSISTENT);
}

class DurableRecordTest : public ::testing::Test {
 protected:
  // Damages one byte of the slot that holds the value with this sequence number.
  void damage(int sequence) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(sequence % 2 * 512 + 12);
    file.put('?');
  }
  std::string value() {
    auto record = DurableRecord::open(path_);
    return record ? record->value() : describe(record.error());
  }
  Folder folder_;
  std::string path_ = folder_.file("record");
};

TEST_F(DurableRecordTest, KeepsTheNewestValue) {
  EXPECT_EQ(value(), "");
  auto record = DurableRecord::open(path_);
  record->store("one");
  EXPECT_EQ(value(), "one");
  record->store("two");
  EXPECT_EQ(value(), "two");
  record->store(std::string(DurableRecord::kValueSizeMax, 'x'));
  EXPECT_EQ(value().size(), DurableRecord::kValueSizeMax);
}

TEST_F(DurableRecordTest, ATornWriteLeavesTheValueBefore) {
  {
    auto record = DurableRecord::open(path_);
    record->store("one");
    record->store("two");
  }
  damage(2);
  EXPECT_EQ(value(), "one");
  damage(1);
  EXPECT_NE(value().find("corrupt"), std::string::npos);
}

}  // namespace
}  // namespace puhui::node
