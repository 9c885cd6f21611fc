// Certificates: of retirements, one each, and of how parties stand; of fields that can be shown one
// by one.
#include <gtest/gtest.h>

#include <limits>

#include "crypto/merkle.h"
#include "tests/ledger/market.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr auto kMaxPosition = std::numeric_limits<std::uint64_t>::max();

struct Certificates : Market {
  void SetUp() override {
    Market::SetUp();
    const auto done = retire(city, "owner-main", {{1, 45}});
    PUHUI_ACCEPTED(done);
    leaf = done.leaf;
  }
  Answer certify(const v1::Certify& action) { return act(city, action, {"exchange"}); }
  [[nodiscard]] v1::Certificate stored(const std::string& name) const {
    return city.view().certificate(name).value_or(v1::Certificate());
  }
  std::uint64_t leaf = 0;
};

TEST_F(Certificates, NameTheirRetirementAndAreNamedByIt) {
  const auto certified = certify(certificate("wh-2026-1", leaf));
  PUHUI_ACCEPTED(certified);
  EXPECT_EQ(stored("wh-2026-1").certificate().retirement(), static_cast<std::int64_t>(leaf));
  EXPECT_EQ(stored("wh-2026-1").certificate().fields(), 9U);
  EXPECT_EQ(stored("wh-2026-1").certified_at(), static_cast<std::int64_t>(certified.leaf));
  const auto retirements = city.view().retirements({});
  ASSERT_EQ(retirements.items_size(), 1);
  EXPECT_EQ(retirements.items(0).certificate(), "wh-2026-1");
  EXPECT_EQ(retirements.items(0).amount_kg(), 45);
  city.reopen();
  EXPECT_EQ(city.view().retirements({}).items(0).certificate(), "wh-2026-1");
}

TEST_F(Certificates, AreOnePerRetirementAndNumber) {
  const auto second = retire(city, "owner-main", {{46, 50}});
  PUHUI_ACCEPTED(second);
  PUHUI_ACCEPTED(certify(certificate("a", leaf)));
  const auto again = certify(certificate("b", leaf));
  PUHUI_REFUSED(again, CERTIFICATE_EXISTS);
  EXPECT_EQ(again.outcome.used(), "a");
  PUHUI_REFUSED(certify(certificate("a", second.leaf)), CERTIFICATE_EXISTS);
  PUHUI_ACCEPTED(certify(certificate("b", second.leaf)));
  EXPECT_EQ(stored("a").certificate().retirement(), static_cast<std::int64_t>(leaf));
}

TEST_F(Certificates, AreOfLeavesThatRetire) {
  for (const auto other : {std::uint64_t{0}, leaf - 1, leaf + 1, kMaxPosition})
    PUHUI_REFUSED(certify(certificate("a", other)), RETIREMENT_UNKNOWN);
  PUHUI_ACCEPTED(cancel("owner-main", {{50, 60}}));
  const auto cancelled = city.head().size - 1;
  PUHUI_REFUSED(certify(certificate("a", cancelled)), RETIREMENT_UNKNOWN);
}

TEST_F(Certificates, FormIsChecked) {
  const auto with = [this](auto change) {
    auto action = certificate("a", leaf);
    change(action);
    return certify(action);
  };
  using C = v1::Certify;
  PUHUI_REFUSED(with([](C& c) { c.set_certificate("No name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.clear_certificate(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.clear_fields_root(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.set_fields_root(std::string(31, 'r')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.set_fields_root(std::string(33, 'r')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.clear_fields(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.set_fields(257); }), EVENT_MALFORMED);
  PUHUI_ACCEPTED(with([](C& c) { c.set_fields(256); }));
}

TEST_F(Certificates, AreSignedByTheExchange) {
  PUHUI_FAILED(act(city, certificate("a", leaf), {"owner"}), SIGNATURE_MISSING);
  needs_all(certificate("a", leaf), {"exchange"});
}

TEST_F(Certificates, OfWhatWasRecalledStay) {
  PUHUI_ACCEPTED(certify(certificate("a", leaf)));
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 10}}));
  EXPECT_EQ(city.view().retirements({}).items(0).certificate(), "a");
  EXPECT_NE(city.view().serial(1)->recalled_at(), 0);
}

// Its holder shows one field, with the salt of that field and a path, and keeps the others.
TEST_F(Certificates, ShowOneFieldAndKeepTheRest) {
  const std::vector<std::string> fields = {"salt-0 beneficiary: a marathon", "salt-1 amount: 45 kg",
                                           "salt-2 purpose: voluntary"};
  std::vector<crypto::Digest> hashes;
  for (const auto& field : fields) hashes.push_back(crypto::leaf_hash(field));
  auto action = certificate("a", leaf);
  action.set_fields(3);
  action.set_fields_root(std::string(crypto::root_of(hashes).view()));
  PUHUI_ACCEPTED(certify(action));
  const auto root = stored("a").certificate().fields_root();
  const auto shows = [&](const std::string& field) {
    const auto leaf_hash = crypto::leaf_hash(field);
    const auto left = crypto::node_hash(hashes[0], leaf_hash);
    return crypto::node_hash(left, hashes[2]).view() == root;
  };
  EXPECT_TRUE(shows("salt-1 amount: 45 kg"));
  EXPECT_FALSE(shows("salt-1 amount: 4500 kg"));
  EXPECT_FALSE(shows("salt-9 amount: 45 kg"));
}

// ---- Statements for banks ----

struct BankStatements : Market {
  template <class Change>
  Answer state_with(Change change) {
    auto action = bank_statement("s");
    change(*action.mutable_statement());
    return act(city, action, kStatementSigners);
  }
};
using Told = v1::StatementSubject;

TEST_F(BankStatements, AreSignedByThePartyAndTheOperator) {
  PUHUI_FAILED(act(city, bank_statement("s"), {"bank", "operator"}), SIGNATURE_MISSING);
  needs_all(bank_statement("s"), kStatementSigners);
  const auto stored = *city.view().certificate("s");
  EXPECT_EQ(stored.certificate().SerializeAsString(), bank_statement("s").SerializeAsString());
  EXPECT_GT(stored.certified_at(), 0);
  EXPECT_EQ(stored.certificate().retirement(), 0);
  city.reopen();
  EXPECT_EQ(city.view().certificate("s")->certificate().statement().bank(), "bank");
}

// A table that asks nobody does not speak for the party.
TEST_F(BankStatements, AreNeverMadeWithoutTheParty) {
  auto rules = market_rules("no signers of statements");
  for (auto& line : *rules.mutable_signers())
    if (line.action() == "certify.statement") line.clear_all_of();
  PUHUI_ACCEPTED(file_rules(city, rules));
  const auto failed = act(city, bank_statement("s"), {"operator", "bank"});
  PUHUI_FAILED(failed, SIGNATURE_MISSING);
  PUHUI_ACCEPTED(act(city, bank_statement("s"), {"owner"}));
}

TEST_F(BankStatements, NeedALineOfTheTable) {
  auto rules = market_rules("no line");
  for (auto& line : *rules.mutable_signers())
    if (line.action() == "certify.statement") line.set_action("another");
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_REFUSED(act(city, bank_statement("s"), kStatementSigners), ROLE_MISSING);
}

TEST_F(BankStatements, AreForBanks) {
  const auto refused = state_with([](Told& s) { s.set_bank("buyer"); });
  PUHUI_REFUSED(refused, ROLE_MISSING);
  EXPECT_EQ(refused.outcome.rule(), "statement.bank");
  EXPECT_EQ(refused.outcome.limit(), "BANK");
  EXPECT_EQ(refused.outcome.asked(), "buyer");
  PUHUI_REFUSED(state_with([](Told& s) { s.set_bank("nobody"); }), PARTY_UNKNOWN);
  PUHUI_REFUSED(state_with([](Told& s) { s.clear_bank(); }), PARTY_UNKNOWN);
}

TEST_F(BankStatements, AreOfPartiesThatAreKnown) {
  PUHUI_REFUSED(state_with([](Told& s) { s.set_party("nobody"); }), PARTY_UNKNOWN);
  PUHUI_REFUSED(state_with([](Told& s) { s.clear_party(); }), PARTY_UNKNOWN);
  PUHUI_FAILED(state_with([](Told& s) { s.set_party("buyer"); }), SIGNATURE_MISSING);
}

TEST_F(BankStatements, AreOfAPositionThatIsPast) {
  const auto next = city.head().size;
  PUHUI_REFUSED(state_with([&](Told& s) { s.set_position(next); }), EVENT_MALFORMED);
  PUHUI_REFUSED(state_with([&](Told& s) { s.set_position(kMaxPosition); }), EVENT_MALFORMED);
  PUHUI_ACCEPTED(state_with([&](Told& s) { s.set_position(next - 1); }));
}

TEST_F(BankStatements, ShareTheNumbersOfCertificates) {
  const auto done = retire(city, "owner-main", {{1, 45}});
  PUHUI_ACCEPTED(act(city, bank_statement("s"), kStatementSigners));
  PUHUI_REFUSED(act(city, bank_statement("s"), kStatementSigners), CERTIFICATE_EXISTS);
  PUHUI_REFUSED(act(city, certificate("s", done.leaf), {"exchange"}), CERTIFICATE_EXISTS);
  PUHUI_ACCEPTED(act(city, certificate("a", done.leaf), {"exchange"}));
  PUHUI_REFUSED(act(city, bank_statement("a"), kStatementSigners), CERTIFICATE_EXISTS);
  auto nothing = bank_statement("b");
  nothing.clear_fields_root();
  PUHUI_REFUSED(act(city, nothing, kStatementSigners), EVENT_MALFORMED);
}

}  // namespace
}  // namespace puhui::ledger::testing
