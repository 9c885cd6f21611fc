// Erasures and openings: on the ledger's word alone.
#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "ledger/personal.h"
#include "node/identity/erasure.h"
#include "tests/identity/desk.h"

namespace puhui::node::identity {
namespace {

const std::string kLi = "420106198512120011";

// Receipts that allow nothing with this account, and why.
struct Unfit {
  std::string receipt;
  ErrorCode code;
};

std::vector<Unfit> unfit(const v1::Payload& right, v1::Payload another_account) {
  v1::Payload another_event;
  another_event.mutable_retire()->set_account("a");
  auto changed = receipt_of(right);
  changed[changed.find("index 1") + 6] = '2';
  return {{receipt_of(another_event), ErrorCode::PROOF_INVALID},
          {receipt_of(std::move(another_account)), ErrorCode::PROOF_INVALID},
          {receipt_of_state_root(), ErrorCode::PROOF_INVALID},
          {changed, ErrorCode::PROOF_INVALID},
          {"", ErrorCode::PROOF_MALFORMED}};
}

TEST(Erase, NeedsTheReceiptOfJustThisErasure) {
  const Place place;
  const auto accounts = place.enrol({kZhang, kLi});
  const auto store = place.open();
  auto cases = unfit(erasure_of(accounts[0]), erasure_of(accounts[1]));
  cases.push_back({receipt_of(opening_of(accounts[0])), ErrorCode::PROOF_INVALID});
  for (const auto& [receipt, code] : cases)
    EXPECT_EQ(store->erase(accounts[0], receipt, kNow).error().code, code);
  EXPECT_EQ(store->people().person(accounts[0]).value().identity(), kZhang);
  EXPECT_EQ(store->erasure(accounts[0]).error().code, ErrorCode::NOT_FOUND);
  const std::string nobody(16, 'x');
  EXPECT_EQ(store->erase(nobody, receipt_of(erasure_of(nobody)), kNow).error().code,
            ErrorCode::NOT_FOUND);
}

TEST(Erase, NeedsAPolicyThatBelievesTheLog) {
  const cli::Scratch scratch;
  const auto store = Store::make(scratch.path("store"), std::nullopt).value();
  const auto account =
      store->people().enrol(std::vector{kZhang}, {}, kNow).value().front().pseudonym;
  const auto receipt = receipt_of(erasure_of(account));
  EXPECT_EQ(store->erase(account, receipt, kNow).error().code, ErrorCode::CONFIG);
  auto stranger = cli::SmallLog().policy();
  stranger.logs[0].key.key = cli::key_of('x').public_key();
  ASSERT_TRUE(store->trust(crypto::format_policy(stranger), kNow));
  EXPECT_EQ(store->erase(account, receipt, kNow).error().code, ErrorCode::NOTE_UNVERIFIED);
  EXPECT_EQ(store->trust("no policy", kNow).error().code, ErrorCode::POLICY_MALFORMED);
  ASSERT_TRUE(store->trust(policy_text(), kNow));
  EXPECT_TRUE(store->erase(account, receipt, kNow));
}

TEST(Erase, LeavesNoByteOfThePersonOnDisk) {
  const Place place;
  const auto accounts = place.enrol({kZhang, kLi});
  (void)place.enrol({"one", "two", "three"});
  (void)place.open()->people().confirm(accounts[0], "200 g for a voucher", kNow).value();
  (void)place.open()->people().confirm(accounts[1], "300 g for a voucher", kNow).value();
  const auto before = raw_pairs(place.table);
  ASSERT_TRUE(place.open()->erase(accounts[0], receipt_of(erasure_of(accounts[0])), kNow));
  const auto after = raw_pairs(place.table);
  int values = 0, names = 0;
  for (const auto& [name, value] : before) {
    const auto kept = after.find(name);
    if (kept == after.end()) {
      ++names;
      EXPECT_FALSE(on_disk(place.folder, name));
    }
    if (kept != after.end() && kept->second == value) continue;
    ++values;
    EXPECT_FALSE(on_disk(place.folder, value)) << crypto::hex_encode(name);
  }
  EXPECT_EQ(names, 3);   // The person's key, record and confirmation.
  EXPECT_EQ(values, 4);  // And the part of the index that named the person.
  for (const auto& bytes : {kZhang, accounts[0], crypto::hex_encode(accounts[0])})
    EXPECT_FALSE(on_disk(place.folder, bytes));
  EXPECT_EQ(place.open()->people().person(accounts[1]).value().identity(), kLi);
  EXPECT_EQ(place.open()->people().count().value().confirmations, 1u);
}

// Values lie there as they are, so that a search that finds none means something.
TEST(Erase, TheSearchWouldFindThem) {
  const Place place;
  (void)place.enrol({kZhang});
  for (const auto& [name, value] : raw_pairs(place.table))
    EXPECT_TRUE(on_disk(place.table, value)) << crypto::hex_encode(name);
}

TEST(Erase, ThePersonIsAStrangerAfterwards) {
  const Place place;
  const auto account = place.enrol({kZhang}).front();
  const auto commitment = place.open()->people().confirm(account, "text", kNow).value();
  ASSERT_TRUE(place.open()->erase(account, receipt_of(erasure_of(account)), kNow));
  const auto store = place.open();
  EXPECT_EQ(store->people().person(account).error().code, ErrorCode::NOT_FOUND);
  EXPECT_EQ(store->people().confirmation(account, commitment).error().code, ErrorCode::NOT_FOUND);
  EXPECT_EQ(store->open(account, receipt_of(opening_of(account)), kNow).error().code,
            ErrorCode::NOT_FOUND);
  const auto again = store->people().enrol(std::vector{kZhang}, {}, kNow).value().front();
  EXPECT_TRUE(again.is_new);
  EXPECT_NE(again.pseudonym, account);
}

TEST(Erase, TheReceiptIsSignedAndStays) {
  const Place place;
  const auto account = place.enrol({kZhang}).front();
  (void)place.open()->people().confirm(account, "text", kNow).value();
  const auto receipt = receipt_of(erasure_of(account));
  const auto note = place.open()->erase(account, receipt, kNow).value();
  const auto store = place.open();
  EXPECT_EQ(store->erase(account, receipt, kNow + 1).value(), note);
  EXPECT_EQ(store->erasure(account).value(), note);
  const auto key = verifier_of(store->keys());
  const auto said = verify_erasure(note, key).value();
  const std::map<std::string, std::string> fields(said.begin(), said.end());
  EXPECT_EQ(fields.at("account"), ledger::personal_id(account));
  EXPECT_EQ(fields.at("leaf"), "1");
  EXPECT_EQ(fields.at("origin"), "city.example/ledger");
  EXPECT_EQ(fields.at("erased_at"), "2025-10-09T08:53:20.000000Z");
  EXPECT_NE(fields.at("destroyed").find("1 confirmations"), std::string::npos);
  EXPECT_EQ(note.find(kZhang), std::string::npos);

  auto changed = note;
  changed[changed.find("p-") + 2] ^= 1;
  EXPECT_EQ(verify_erasure(changed, key).error().code, ErrorCode::NOTE_UNVERIFIED);
  auto stranger = key;
  stranger.key = cli::key_of('x').public_key();
  EXPECT_EQ(verify_erasure(note, stranger).error().code, ErrorCode::NOTE_UNVERIFIED);
}

TEST(Erase, OtherNotesOfTheKeyAreNoErasureReceipts) {
  const Place place;
  const auto store = place.open();
  const auto key = verifier_of(store->keys());
  for (const std::string text : {"{}\n", "no JSON\n", "{\"statement\": \"other\"}\n"}) {
    const crypto::Note note{text,
                            {crypto::sign_note(text, kSignerName, store->keys().signer).value()}};
    EXPECT_EQ(verify_erasure(crypto::format_note(note), key).error().code,
              ErrorCode::NOTE_MALFORMED);
  }
}

TEST(Open, NeedsTheReceiptOfJustThisOpening) {
  const Place place;
  const auto accounts = place.enrol({kZhang, kLi});
  const auto store = place.open();
  auto cases = unfit(opening_of(accounts[0]), opening_of(accounts[1]));
  cases.push_back({receipt_of(erasure_of(accounts[0])), ErrorCode::PROOF_INVALID});
  for (const auto& [receipt, code] : cases)
    EXPECT_EQ(store->open(accounts[0], receipt, kNow).error().code, code);
  EXPECT_EQ(store->openings().read().value().items_size(), 1) << "only the policy stands there";
}

TEST(Open, RevealsAndIsLogged) {
  const Place place;
  const auto accounts = place.enrol({kZhang, kLi});
  const auto store = place.open();
  const auto zhang = store->open(accounts[0], receipt_of(opening_of(accounts[0])), kNow).value();
  EXPECT_EQ(zhang.person.identity(), kZhang);
  const auto li = store->open(accounts[1], receipt_of(opening_of(accounts[1])), kNow).value();
  EXPECT_EQ(li.person.identity(), kLi);
  const auto links = store->openings().read().value();
  ASSERT_EQ(links.items_size(), 3);
  EXPECT_EQ(links.items(0).policy(), policy_text());
  EXPECT_EQ(links.items(1).account(), ledger::personal_id(accounts[0]));
  EXPECT_EQ(links.items(1).reason(), "judicial inquiry");
  EXPECT_EQ(links.items(1).reference(), "case 17");
  EXPECT_EQ(links.items(1).leaf(), 1u);
  EXPECT_EQ(links.items(1).hash(), zhang.link.hash());
  EXPECT_EQ(links.items(2).previous(), zhang.link.hash());
  EXPECT_EQ(links.items(2).number(), 3u);
  EXPECT_EQ(links.DebugString().find(kZhang), std::string::npos);
}

std::string link_name(char number) { return "o" + std::string(7, '\0') + number; }

TEST(Open, ABrokenLogOpensNothing) {
  const Place place;
  const auto account = place.enrol({kZhang}).front();
  const auto receipt = receipt_of(opening_of(account));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(place.open()->open(account, receipt, kNow));
  const auto whole = raw_pairs(place.table);
  const auto older = [&] {
    auto pairs = whole;
    std::swap(pairs[link_name(2)], pairs[link_name(3)]);
    return pairs;
  }();
  auto changed = whole.at(link_name(3));
  changed.back() = static_cast<char>(changed.back() ^ 1);
  const std::map<std::string, std::string> breaks[] = {
      {{link_name(4), ""}},
      {{link_name(2), ""}},
      {{link_name(1), ""}},
      {{"h", ""}},
      {{link_name(3), changed}},
      {{link_name(5), whole.at(link_name(4))}},
      {{link_name(2), older.at(link_name(2))}, {link_name(3), older.at(link_name(3))}}};
  for (const auto& broken : breaks) {
    write_raw(place.table, broken);
    EXPECT_EQ(place.open()->openings().read().error().code, ErrorCode::CORRUPT);
    EXPECT_EQ(place.open()->open(account, receipt, kNow).error().code, ErrorCode::CORRUPT);
    EXPECT_EQ(place.open()->erase(account, receipt, kNow).error().code, ErrorCode::CORRUPT);
    auto mended = broken;
    for (auto& [name, value] : mended) value = whole.contains(name) ? whole.at(name) : "";
    write_raw(place.table, mended);
    ASSERT_TRUE(place.open()->openings().read());
  }
}

}  // namespace
}  // namespace puhui::node::identity
