// What the commands of citizens' accounts, consents, confirmations, offers and pools make.
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/bytes.h"
#include "ledger/personal.h"
#include "ledger/records.h"
#include "node/cli/submission.h"
#include "node/cli/text.h"
#include "node/cli/values.h"
#include "node/files/folder.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

const std::string kAccount = "p-000102030405060708090a0b0c0d0e0f";
const std::string kOther = "p-ff0102030405060708090a0b0c0d0e0f";
const std::string kHash(64, 'a');

v1::Payload payload_of(const v1::Submission& submission) {
  return open(submission).value().payload;
}

// The records that a submission carries, as the ledger reads them: their confirmations hold.
ledger::Records records_of(const v1::Submission& submission) {
  const auto payload = payload_of(submission);
  EXPECT_EQ(submission.attachments_size(), 1);
  const auto pieces = ledger::split_records(submission.attachments(0)).value();
  auto records = ledger::read_records(payload, pieces);
  EXPECT_TRUE(records) << describe(records.error());
  return records.value_or(ledger::Records());
}

std::string key_in_hex(const std::string& path) {
  return crypto::hex_encode(read_public_key(path).value().encode());
}

// ---- Accounts ---------------------------------------------------------------------------------

TEST(Citizens, HoldersOfKeysOpenAccountsToo) {
  const Desk desk;
  const auto key = key_in_hex(desk.key("mine"));
  const auto holders =
      desk.scratch.write("holders", kAccount + " " + key + "\n" + kOther + " " + key + "\r\n");
  const auto pseudonyms = desk.scratch.write("names", kOther.substr(2) + "\n");
  const auto action =
      desk.payload({"account", "open-personal", "--self-held", holders, "--pseudonyms", pseudonyms})
          .open_personal_accounts();
  ASSERT_EQ(action.self_held_size(), 2);
  EXPECT_EQ(ledger::personal_id(action.self_held(1).pseudonym()), kOther);
  EXPECT_EQ(crypto::hex_encode(action.self_held(1).key().public_key()), key);
  EXPECT_EQ(action.pseudonyms().size(), ledger::kPseudonymSize);
  for (const auto& line : {kAccount, kAccount + " 01", kAccount + " x", kAccount + "  " + key,
                           kAccount + "," + key, "p-00 " + key}) {
    const auto file = desk.scratch.write("bad", kAccount + " " + key + "\n" + line + "\n");
    EXPECT_TRUE(contains(desk.fault({"account", "open-personal", "--self-held", file}), "bad:2: "))
        << line;
  }
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += kAccount + " " + key + "\n";
  EXPECT_TRUE(contains(
      desk.fault({"account", "open-personal", "--self-held", desk.scratch.write("many", many)}),
      "too_large"));
  EXPECT_TRUE(contains(desk.fault({"account", "open-personal"}), "--self-held FILE"));
  EXPECT_TRUE(contains(desk.fault({"account", "open-personal", "--count", "3"}), "--keep-in"));
}

TEST(Citizens, AreErasedAtTheirWish) {
  const Desk desk;
  const auto custodial =
      desk.payload({"account", "erase", kAccount, "--confirmation", kHash}).erase_account();
  EXPECT_EQ(ledger::personal_id(custodial.account()), kAccount);
  EXPECT_EQ(crypto::hex_encode(custodial.confirmation().sha256()), kHash);

  const auto mine = desk.key("mine"), wish = desk.scratch.path("erase.json");
  const auto made = desk.client.run(
      {"person", "confirm-erasure", kAccount, "--city", "WUHAN", "--key", mine, "--out", wish});
  ASSERT_EQ(made.exit, Exit::ok) << made.err;
  const auto own =
      desk.payload({"account", "erase", kAccount, "--confirmation", wish}).erase_account();
  const auto confirmed =
      ledger::read_confirmation(own.confirmation(), "WUHAN", own.account(), ledger::kErasureWords);
  ASSERT_TRUE(confirmed) << describe(confirmed.error());
  EXPECT_EQ(confirmed->key, read_public_key(mine).value());
  EXPECT_FALSE(
      ledger::read_confirmation(own.confirmation(), "OTHER", own.account(), ledger::kErasureWords));
  EXPECT_TRUE(contains(desk.fault({"account", "erase", kOther, "--confirmation", wish}),
                       "of another account"));
  EXPECT_FALSE(desk.fault({"account", "erase", kAccount}).empty());
  EXPECT_TRUE(contains(
      desk.fault({"account", "erase", kAccount, "--confirmation", desk.scratch.write("x", "{}")}),
      "account must be there"));
}

// ---- Records ----------------------------------------------------------------------------------

TEST(Citizens, ConfirmWithTheirOwnKey) {
  const Desk desk;
  const auto mine = desk.key("mine");
  const Words signing{"--city", "WUHAN", "--key", mine};
  const auto line = [&](Words words) {
    words.insert(words.end(), signing.begin(), signing.end());
    const auto ran = desk.client.run(std::move(words));
    EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
    return ran.out;
  };
  const Words redeem{"person", "confirm-redemption", kAccount, "--offer", "tea", "--quantity", "2"};
  EXPECT_NE(line(redeem), line(redeem)) << "a nonce is used once";
  const auto tea = desk.scratch.write("tea.ndjson", line(redeem) + line(redeem));
  const auto redeemed =
      records_of(desk.submission({"offer", "redeem", "tea", tea, "--batch", "b1"})).redemptions;
  ASSERT_EQ(redeemed.size(), 2u);
  EXPECT_EQ(redeemed[0].quantity, 2);
  EXPECT_EQ(redeemed[0].confirmed.key, read_public_key(mine).value());
  EXPECT_NE(redeemed[0].confirmed.sha256, redeemed[1].confirmed.sha256);

  const auto given = line({"person", "confirm-consent", kAccount, "data", "given", "--to", "bike"});
  const auto taken = line({"person", "confirm-consent", kAccount, "pooling", "withdrawn", "--to",
                           "bike", "--minor", "--guardian", kHash});
  const auto consents =
      records_of(desk.submission({"consent", "submit",
                                  desk.scratch.write("c.ndjson", given + taken), "--batch", "b2"}))
          .consents;
  ASSERT_EQ(consents.size(), 2u);
  EXPECT_EQ(consents[0].item, v1::CONSENT_DATA);
  EXPECT_TRUE(consents[0].is_given);
  EXPECT_EQ(consents[1].item, v1::CONSENT_POOLING);
  EXPECT_FALSE(consents[1].is_given);
  EXPECT_FALSE(consents[1].lacks_guardian);
}

TEST(Citizens, ConfirmWithOneKeyInAKnownCity) {
  const Desk desk;
  const auto mine = desk.key("mine"), other = desk.key("other");
  const auto fault = [&](Words more) {
    Words words{"person", "confirm-erasure", kAccount};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = desk.client.run(std::move(words));
    EXPECT_EQ(ran.exit, Exit::usage) << ran.out;
    return ran.err;
  };
  EXPECT_TRUE(contains(fault({"--city", "WUHAN"}), "no key"));
  EXPECT_TRUE(contains(fault({"--city", "WUHAN", "--key", mine, "--key", other}), "one key"));
  EXPECT_TRUE(contains(fault({"--key", mine}), "no city"));
}

TEST(Citizens, RecordsGoInPartsOfAFew) {
  const Desk desk;
  std::string text = "account,quantity,confirmation\n";
  for (int i = 0; i < 5; ++i) text += kAccount + ",1," + kHash + "\n";
  const auto file = desk.scratch.write("tea.csv", text);
  const auto ran =
      desk.dry_run({"offer", "redeem", "tea", file, "--batch", "b", "--records-per-batch", "2"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  for (const auto* name : {"\"b-1\"", "\"b-2\"", "\"b-3\""})
    EXPECT_TRUE(contains(ran.out, name)) << ran.out;
  EXPECT_FALSE(contains(ran.out, "\"b-4\""));
  const auto whole = desk.payload({"offer", "redeem", "tea", file, "--batch", "b"}).redeem();
  EXPECT_EQ(whole.batch(), "b");
  EXPECT_EQ(whole.offer(), "tea");
  EXPECT_EQ(whole.records().count(), 5u);
  const auto fault = desk.dry_run(
      {"offer", "redeem", "tea", desk.scratch.write("bad.csv", text + "x\n"), "--batch", "b"});
  EXPECT_EQ(fault.exit, Exit::usage);
  EXPECT_TRUE(contains(fault.err, "bad.csv: line 7")) << fault.err;
  const auto none =
      desk.dry_run({"consent", "submit", desk.scratch.write("none.csv", ""), "--batch", "b"});
  EXPECT_EQ(none.exit, Exit::usage);
  EXPECT_TRUE(contains(none.err, "batch.empty")) << none.err;
}

TEST(Citizens, ActsAreReversedByWhatTellsThemApart) {
  const Desk desk;
  const auto file =
      desk.scratch.write("acts.csv", "account,day,slot,carrier_tag\n" + kAccount +
                                         ",2025-02-01,3," + std::string(32, '5') + "\n");
  const auto submission =
      desk.submission({"behaviour", "reverse", file, "--batch", "back", "--scenario", "shared-bike",
                       "--reason", "a lock that counted twice"});
  const auto action = payload_of(submission).reverse_records();
  EXPECT_EQ(action.batch(), "back");
  EXPECT_EQ(action.scenario(), "shared-bike");
  EXPECT_EQ(action.reason(), "a lock that counted twice");
  const auto acts = records_of(submission).acts;
  ASSERT_EQ(acts.size(), 1u);
  EXPECT_EQ(acts[0].slot, 3u);
  EXPECT_EQ(acts[0].input_count, 0u);
  EXPECT_FALSE(
      desk.fault({"behaviour", "reverse", file, "--batch", "b", "--scenario", "s"}).empty());
}

TEST(Citizens, OpeningsNameTheirDecision) {
  const Desk desk;
  const auto order = desk.scratch.write("order.pdf", "an order");
  const auto action = desk.payload({"pseudonym", "open", kAccount, "--reason", "inheritance",
                                    "--reference", "No. 4", "--decision", order})
                          .open_pseudonym();
  EXPECT_EQ(ledger::personal_id(action.account()), kAccount);
  EXPECT_EQ(action.reason(), "inheritance");
  EXPECT_EQ(action.reference(), "No. 4");
  EXPECT_EQ(action.decision().name(), "order.pdf");
  EXPECT_FALSE(
      desk.fault({"pseudonym", "open", kAccount, "--reason", "r", "--reference", "n"}).empty());
}

// ---- Offers and pools -------------------------------------------------------------------------

TEST(Offers, AreOpenedChangedClosedAndSettled) {
  const Desk desk;
  const Words open{"offer",
                   "open",
                   "tea",
                   "--sponsor",
                   "bike/pool",
                   "--price",
                   "0.5kg",
                   "--stock",
                   "1000",
                   "--per-person",
                   "2",
                   "--to",
                   "2026-07-01T00:00:00Z",
                   "--value",
                   "12.5",
                   "--name-zh",
                   "奶茶券"};
  const auto offer = desk.payload(open).open_offer();
  EXPECT_EQ(offer.offer(), "tea");
  EXPECT_EQ(offer.merchant(), "a") << "the acting party";
  EXPECT_EQ(offer.sponsor(), "bike/pool");
  EXPECT_EQ(offer.price_g(), 500);
  EXPECT_EQ(offer.stock(), 1'000);
  EXPECT_EQ(offer.per_person(), 2);
  EXPECT_EQ(offer.from(), 0);
  EXPECT_EQ(offer.to(), 1'782'864'000'000'000);
  EXPECT_EQ(offer.value_cents(), 1'250);
  EXPECT_FALSE(offer.has_terms());
  const auto spoilt = [&](const std::string& flag, const std::string& value) {
    auto words = open;
    *(std::ranges::find(words, flag) + 1) = value;
    return desk.fault(words);
  };
  EXPECT_TRUE(contains(spoilt("--price", "500"), "names its unit"));
  EXPECT_FALSE(spoilt("--stock", "0").empty());
  EXPECT_FALSE(spoilt("--to", "2026-07-01").empty());

  const auto more = desk.payload({"offer", "change", "tea", "--add", "500"}).change_offer();
  EXPECT_EQ(more.stock_added(), 500);
  EXPECT_FALSE(more.is_closed());
  const auto closed = desk.payload({"offer", "close", "tea"}).change_offer();
  EXPECT_EQ(closed.stock_added(), 0);
  EXPECT_TRUE(closed.is_closed());
  EXPECT_FALSE(desk.fault({"offer", "change", "tea"}).empty());

  const auto settled = desk.payload({"offer", "settle", "tea-03", "--offer", "tea", "--quantity",
                                     "120", "--amount", "60kg", "--value", "1500"})
                           .settle_offer();
  EXPECT_EQ(settled.settlement(), "tea-03");
  EXPECT_EQ(settled.quantity(), 120);
  EXPECT_EQ(settled.amount_g(), 60'000);
  EXPECT_EQ(settled.value_cents(), 150'000);
}

TEST(Pools, HaveProjectsOfAScenarioAndNoMeters) {
  const Desk desk;
  const Words project{"project",    "file",           "RIDES1",    "--owner",
                      "bike",       "--account",      "bike/u",    "--crediting-from",
                      "2026-01-01", "--crediting-to", "2031-01-01"};
  const auto with = [&project](const Words& more) {
    auto words = project;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const auto pooled = desk.payload(with({"--scenario", "shared-bike"})).file_project();
  EXPECT_EQ(pooled.scenario(), "shared-bike");
  EXPECT_TRUE(pooled.methodology().empty());
  EXPECT_EQ(pooled.keys_size(), 0);
  const auto metered =
      desk.payload(with({"--methodology", "PV", "--meter", "m1", "--parameter", "a=1"}))
          .file_project();
  EXPECT_EQ(metered.methodology(), "PV");
  EXPECT_EQ(metered.keys(0), "m1");
  EXPECT_EQ(metered.parameters_size(), 1);
  for (const Words& wrong :
       {Words{}, Words{"--methodology", "PV"}, Words{"--meter", "m1"},
        Words{"--scenario", "s", "--meter", "m1"}, Words{"--scenario", "s", "--parameter", "a=1"},
        Words{"--scenario", "s", "--methodology", "PV", "--meter", "m1"}})
    EXPECT_FALSE(desk.fault(with(wrong)).empty());
}

TEST(Pools, AreConvertedByTheKilogram) {
  const Desk desk;
  const auto action =
      desk.payload({"credits", "convert", "bike/pool", "--project", "RIDES1", "--report",
                    "rides-q1", "--amount", "12t", "--from", "2026-01-01", "--to", "2026-04-01"})
          .convert_credits();
  EXPECT_EQ(action.account(), "bike/pool");
  EXPECT_EQ(action.project(), "RIDES1");
  EXPECT_EQ(action.report(), "rides-q1");
  EXPECT_EQ(action.amount_kg(), 12'000);
  EXPECT_EQ(action.to() - action.from(), 90);
  const auto back = desk.payload({"credits", "take-back", "rides-q1"}).take_back_credits();
  EXPECT_EQ(back.report(), "rides-q1");
}

}  // namespace
}  // namespace puhui::node::cli
