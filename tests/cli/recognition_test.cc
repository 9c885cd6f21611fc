// What the commands between cities make, ask and show.
#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "crypto/policy.h"
#include "fake_node.h"
#include "ledger/recognition.h"
#include "node/cli/submission.h"
#include "node/files/folder.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

// ---- What authorities sign --------------------------------------------------------------------

v1::CitySide side_of(const std::string& city, const crypto::SecretKey& authority) {
  crypto::Policy policy;
  policy.logs = {
      {{"log.example/" + city, crypto::NoteKeyType::ed25519, key_of('l').public_key()}, ""}};
  v1::CitySide side;
  side.set_city(city);
  side.set_lineage(std::string(32, city[0]));
  side.set_policy(crypto::format_policy(policy));
  side.add_authority()->set_public_key(authority.public_key().encode());
  side.set_authority_keys(1);
  return side;
}

// The sides stand in any order.
v1::Agreement an_agreement(const crypto::SecretKey& authority) {
  v1::Agreement agreement;
  agreement.set_agreement("mutual");
  agreement.set_version(1);
  *agreement.add_sides() = side_of("WUHAN", key_of('a'));
  *agreement.add_sides() = side_of("HEFEI", authority);
  auto* terms = agreement.add_terms();
  terms->set_taker("WUHAN");
  terms->set_vintage_from(2024);
  terms->set_vintage_to(2026);
  terms->set_discount("9/10");
  terms->set_year_quota_kg(1'000'000);
  agreement.set_effective_from(1'740'000'000'000'000);
  agreement.set_effective_to(1'840'000'000'000'000);
  agreement.set_answer_within(86'400'000'000);
  return agreement;
}

struct SigningDesk : ::testing::Test {
  [[nodiscard]] crypto::SecretKey partner() const {
    return read_key(partner_key, std::nullopt).value();
  }
  // The path of what a command wrote.
  [[nodiscard]] std::string made(Words words, const std::string& name) const {
    words.insert(words.end(), {"--out", desk.scratch.path(name)});
    const auto ran = desk.client.run(words);
    EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
    return desk.scratch.path(name);
  }
  Desk desk;
  std::string partner_key = desk.key("hefei.key");
};

TEST_F(SigningDesk, AgreementsAreExactBytesWithSignaturesBesideThem) {
  const auto json = desk.scratch.write("a.json", to_json(an_agreement(partner())));
  const auto drafted = made({"agreement", "draft", json}, "a.agreement");
  const auto signature = made({"agreement", "sign", drafted, "--key", partner_key}, "a.signature");
  const auto filed =
      desk.payload({"agreement", "file", drafted, "--signature", signature}).file_agreement();
  const auto agreement = ledger::read_agreement(filed.agreement());
  ASSERT_TRUE(agreement);
  EXPECT_EQ(agreement->sides(0).city(), "HEFEI") << "in order";
  EXPECT_TRUE(ledger::is_signed_by(agreement->sides(0), ledger::kAgreementWord, filed.agreement(),
                                   filed.partner_signatures()));
  EXPECT_FALSE(ledger::is_signed_by(agreement->sides(1), ledger::kAgreementWord, filed.agreement(),
                                    filed.partner_signatures()));
}

TEST_F(SigningDesk, WhatIsNoAgreementIsNotSigned) {
  auto wrong = an_agreement(partner());
  wrong.set_effective_to(0);
  const auto json = desk.scratch.write("w.json", to_json(wrong));
  const auto ran = desk.client.run({"agreement", "draft", json, "--out", desk.scratch.path("w")});
  EXPECT_NE(ran.exit, Exit::ok);
  EXPECT_TRUE(contains(ran.err, "effective")) << ran.err;
  const auto file = desk.scratch.write("x", "no agreement");
  EXPECT_NE(desk.client.run({"agreement", "sign", file, "--key", partner_key}).exit, Exit::ok);
  EXPECT_TRUE(contains(desk.fault({"agreement", "set", "HEFEI", "over", "--reason", "r"}),
                       "\"over\": an agreement is suspended"));
}

TEST_F(SigningDesk, StandingsAreWords) {
  const auto standing = [&](const std::string& word) {
    return desk.payload({"agreement", "set", "HEFEI", word, "--reason", "r"})
        .set_agreement()
        .standing();
  };
  EXPECT_EQ(standing("suspended"), v1::STANDING_SUSPENDED);
  EXPECT_EQ(standing("in-force"), v1::IN_FORCE);
  EXPECT_EQ(standing("closed"), v1::CLOSED);
}

TEST_F(SigningDesk, ALostProjectIsNamedWithItsCityAlone) {
  const auto action =
      desk.payload({"project", "lost", "HFPV1", "--partner", "HEFEI"}).note_filing_end();
  EXPECT_EQ(action.project(), "HFPV1");
  EXPECT_EQ(action.ended().city(), "HEFEI");
  EXPECT_TRUE(action.ended().entry().empty());
  EXPECT_NE(desk.client.run({"project", "lost", "HFPV1"}).exit, Exit::ok);
}

TEST_F(SigningDesk, RenewalsAreSignedByTheCityThatTheyAreOf) {
  const auto side = desk.scratch.write("side.json", to_json(side_of("HEFEI", partner())));
  const auto drafted = made({"partner", "draft", side, "--sequence", "3"}, "h.renewal");
  const auto signature = made({"partner", "sign", drafted, "--key", partner_key}, "h.signature");
  const auto action =
      desk.payload({"partner", "renew", drafted, "--signature", signature}).renew_partner();
  const auto renewal = ledger::read_renewal(action.renewal());
  ASSERT_TRUE(renewal);
  EXPECT_EQ(renewal->sequence(), 3u);
  EXPECT_TRUE(ledger::is_signed_by(renewal->side(), ledger::kRenewalWord, action.renewal(),
                                   action.partner_signatures()));
}

// ---- A node that answers ----------------------------------------------------------------------

// Of a transfer that this leaf of the node has recorded.
struct SettledTransfers : SigningDesk {
  Ran draft(const v1::Payload& leaf) {
    v1::TransferRecord record;
    record.set_city("WUHAN");
    record.set_recorded_at(12);
    v1::EntryView entry;
    *entry.mutable_payload() = leaf;
    const FakeNode node(
        answering({{"transfers " + id, to_json(record)}, {"entries 12", to_json(entry)}}));
    const auto decision = desk.scratch.write("no-1.pdf", "a decision");
    const Caller caller;
    return caller.run(node.url(),
                      {"crossing", "draft", id, "freed", "--decision", decision, "--out", drafted});
  }
  const std::string id = std::string(64, '7'), drafted = desk.scratch.path("t.settlement");
};

TEST_F(SettledTransfers, SayHowATransferEndsAsItsExportNamesIt) {
  v1::Payload exported;
  exported.set_city("WUHAN");
  exported.set_party("owner");
  exported.set_event_id(std::string(16, 'e'));
  exported.mutable_export_();
  const auto ran = draft(exported);
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  const auto action = desk.payload({"crossing", "settle", drafted}).settle_transfer();
  const auto settlement = ledger::read_settlement(action.settlement());
  ASSERT_TRUE(settlement);
  EXPECT_EQ(settlement->sender(), "WUHAN");
  EXPECT_EQ(settlement->party(), "owner");
  EXPECT_EQ(settlement->event_id(), exported.event_id());
  EXPECT_FALSE(settlement->is_recognised());
  EXPECT_TRUE(action.partner_signatures().empty()) << "the partner is gone";
}

TEST_F(SettledTransfers, AreDraftedWhereTheUnitsWereSentFrom) {
  v1::Payload imported;
  imported.mutable_import();
  const auto ran = draft(imported);
  EXPECT_NE(ran.exit, Exit::ok);
  EXPECT_TRUE(contains(ran.err, "WUHAN")) << ran.err;
}

TEST_F(SigningDesk, ASideIsTheCityWithItsPolicy) {
  const Caller caller;
  auto side = side_of("WUHAN", partner());
  const auto policy = side.policy();
  side.clear_policy();
  side.clear_authority_keys();
  const FakeNode node(answering({{"side", to_json(side)}, {"policy", policy}}));
  const auto ran = caller.run(node.url(), {"agreement", "side", "--authority-keys", "2"});
  v1::CitySide shown;
  EXPECT_TRUE(from_json(ran.out, shown, false)) << ran.out << ran.err;
  EXPECT_EQ(shown.policy(), policy);
  EXPECT_EQ(shown.authority_keys(), 2u);
  EXPECT_EQ(shown.lineage(), side.lineage());
}

TEST(AgreementVersions, SayAllThatBindsAnOperator) {
  const Caller caller;
  v1::AgreementVersionList list;
  auto& version = *list.add_items();
  version.set_version(2);
  version.set_answer_within(604'800'000'000);
  auto& here = *version.add_terms();
  here.set_taker("HEFEI");
  here.set_vintage_from(2023);
  here.set_vintage_to(2026);
  here.set_dispute_window(5'400'000'000);
  auto& known = *here.add_methodologies();
  known.set_methodology("WH-PV");
  known.add_versions("1");
  known.add_versions("2");
  known.set_recognised_as("PV");
  auto& cap = *here.add_purpose_caps();
  cap.set_purpose("offset");
  cap.set_max_kg(20);
  auto& there = *version.add_terms();
  there = here;
  there.set_taker("WUHAN");
  there.set_dispute_window(0);
  there.clear_purpose_caps();
  there.mutable_methodologies(0)->clear_versions();
  const FakeNode node(answering({{"agreements HEFEI versions", to_json(list)}}));
  const auto shown = caller.run(node.url(), {"agreement", "show", "HEFEI", "--versions"});
  EXPECT_EQ(shown.exit, Exit::ok) << shown.err;
  for (const auto* part : {"ANSWER-WITHIN", "7d", "HEFEI,WUHAN", "2023-2026,2023-2026", "90m,-",
                           "WH-PV@1/2>PV,WH-PV>PV", "offset=20,-"})
    EXPECT_TRUE(contains(shown.out, part)) << part << "\n" << shown.out;
}

TEST(PartnerPolicy, IsPrintedAsTheFileThatToolsRead) {
  const Caller caller;
  const auto policy = side_of("HEFEI", key_of('h')).policy();
  const FakeNode node(answering({{"partners HEFEI policy", policy}}));
  const auto ran = caller.run(node.url(), {"partner", "policy", "HEFEI"});
  EXPECT_EQ(ran.out, policy) << ran.err;
  const auto file = caller.scratch.path("hefei.policy");
  EXPECT_EQ(caller.run(node.url(), {"partner", "policy", "HEFEI", "--out", file}).exit, Exit::ok);
  EXPECT_EQ(caller.scratch.read("hefei.policy"), policy);
  EXPECT_EQ(caller.run(node.url(), {"partner", "policy", "NOWHERE"}).exit, Exit::usage);
}

TEST_F(SigningDesk, ASideNamesTheNodesThatAnswerAsWitnesses) {
  const Caller caller;
  auto side = side_of("WUHAN", partner());
  Answers answers{{"policy", side.policy()}, {"servers-authority", "the PEM"}};
  side.clear_policy();
  answers["side"] = to_json(side);
  v1::Status status;
  status.set_witness_vkey("the vkey");
  status.set_witness_url("https://node-1.example/witness");
  answers["status"] = to_json(status);
  const auto shared = std::make_shared<Answers>(answers);
  const FakeNode node([shared](const http::Request& request, const http::Respond& respond) {
    answering (*shared)(request, respond);
  });
  v1::NodeList nodes;
  for (const auto& address : {node.url().substr(8), std::string("127.0.0.1:1")}) {
    nodes.add_items()->set_client_address(address);
    nodes.mutable_items()->rbegin()->set_node_id(static_cast<std::uint64_t>(nodes.items_size()));
  }
  (*shared)["nodes"] = to_json(nodes);
  const auto ran = caller.run(node.url(), {"agreement", "side"});
  v1::CitySide shown;
  ASSERT_TRUE(from_json(ran.out, shown, false)) << ran.out << ran.err;
  EXPECT_EQ(shown.servers_authority(), "the PEM");
  ASSERT_EQ(shown.witnesses_size(), 1);
  EXPECT_EQ(shown.witnesses(0).vkey(), "the vkey");
  EXPECT_EQ(shown.witnesses(0).url(), "https://node-1.example/witness");
  EXPECT_NE(ran.err.find("node 2 is not named"), std::string::npos) << ran.err;
}

// ---- Exports ----------------------------------------------------------------------------------

std::string batch_of(const std::string& code, std::uint64_t start, std::uint64_t end,
                     const std::string& issued_by = {}) {
  v1::UnitBatch batch;
  batch.set_batch(code);
  batch.set_start(start);
  batch.set_end(end);
  batch.set_project("P1");
  batch.set_methodology("PV");
  batch.set_methodology_version("V01");
  batch.set_serial_code("PV23");
  batch.set_vintage(2024);
  if (!issued_by.empty()) {
    batch.mutable_mirrored()->set_city(issued_by);
    batch.mutable_mirrored()->set_batch("H7");
    batch.mutable_mirrored()->set_project("HP");
    batch.mutable_mirrored()->set_origin_start(900);
  }
  return to_json(batch);
}

// An account that holds 1-10 and 21-30 of its own batch, and 31-40 that HEFEI issued.
Answers of_holdings() {
  v1::UnitBlockList units;
  const auto add = [&units](const std::string& batch, std::uint64_t start, std::uint64_t end) {
    auto* block = units.add_items();
    block->set_batch(batch);
    block->set_start(start);
    block->set_end(end);
  };
  add("B1", 1, 10);
  add("B1", 21, 30);
  add("M1", 31, 40);
  v1::AgreementRecord record;
  record.mutable_agreement()->set_version(4);
  record.mutable_agreement()->set_answer_within(86'400'000'000);
  v1::Project project;
  project.mutable_filing()->set_area("420111");
  return {
      {"status", city_named("WUHAN")},           {"agreements HEFEI", to_json(record)},
      {"accounts a/main units", to_json(units)}, {"serials 33", to_json(units.items(2))},
      {"batches B1", batch_of("B1", 1, 30)},     {"batches M1", batch_of("M1", 31, 40, "HEFEI")},
      {"projects P1", to_json(project)}};
}

// ---- Votes ------------------------------------------------------------------------------------

// What was resolved of a transfer is said once more by the event that carries it out.
TEST(Resolved, SettlementsAreSaidOnceMore) {
  const Caller caller;
  v1::Proposal settled, other;
  settled.mutable_resolution()->mutable_settle_transfer()->set_settlement("bytes");
  other.mutable_resolution()->mutable_set_agreement()->set_partner("HEFEI");
  const FakeNode node(answering({{"status", city_named("WUHAN")},
                                 {"proposals settle", to_json(settled)},
                                 {"proposals close", to_json(other)}}));
  const auto executed = [&](const std::string& name) {
    const auto ran =
        caller.run(node.url(), {"proposal", "execute", name, "--party", "a", "--dry-run"});
    EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
    v1::Payload payload;
    EXPECT_TRUE(from_json(ran.out, payload, false)) << ran.out;
    return payload.execute();
  };
  EXPECT_EQ(executed("settle").resolution().settle_transfer().settlement(), "bytes");
  EXPECT_EQ(executed("close").proposal(), "close");
  EXPECT_FALSE(executed("close").has_resolution());
}

// ---- Recalls ----------------------------------------------------------------------------------

TEST(WholeRecalls, NameTheSerialsThatTheNodeKnows) {
  const Caller caller;
  const auto paper = caller.scratch.write("no-9.pdf", "x");
  const FakeNode node(
      answering({{"status", city_named("WUHAN")}, {"batches B1", batch_of("B1", 7, 30)}}));
  const auto recall = [&](const std::string& batch) {
    return caller.run(node.url(), {"batch", "recall", batch, "--reason", "x", "--decision", paper,
                                   "--party", "a", "--dry-run"});
  };
  const auto ran = recall("B1");
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  v1::Payload payload;
  ASSERT_TRUE(from_json(ran.out, payload, false)) << ran.out;
  ASSERT_EQ(payload.recall().serials_size(), 1);
  EXPECT_EQ(payload.recall().serials(0).start(), 7U);
  EXPECT_EQ(payload.recall().serials(0).end(), 30U);
  EXPECT_NE(recall("B9").exit, Exit::ok);
}

// ---- Exports ----------------------------------------------------------------------------------

struct Exports : ::testing::Test {
  v1::Export exported(Words words, Exit exit = Exit::ok) {
    words.insert(words.begin(), {"crossing", "export", "HEFEI", "--from", "a/main", "--to", "b"});
    words.insert(words.end(), {"--party", "a", "--dry-run"});
    const auto ran = caller.run(node.url(), words);
    EXPECT_EQ(ran.exit, exit) << ran.err;
    err = ran.err;
    v1::Payload payload;
    EXPECT_EQ(from_json(ran.out, payload, false).has_value(), exit == Exit::ok) << ran.out;
    return payload.export_();
  }
  Caller caller;
  FakeNode node{answering(of_holdings())};
  std::string err;
};

TEST_F(Exports, SayOfTheUnitsWhatTheLedgerSays) {
  const auto action = exported({"--amount", "15kg"});
  EXPECT_EQ(action.agreement_version(), 4u);
  EXPECT_EQ(action.answer_within(), 86'400'000'000);
  ASSERT_EQ(action.runs_size(), 2);
  EXPECT_EQ(action.runs(0).end(), 10u);
  EXPECT_EQ(action.runs(1).start(), 21u);
  EXPECT_EQ(action.runs(1).end(), 25u);
  EXPECT_EQ(action.runs(1).origin_start(), 21u);
  EXPECT_EQ(action.runs(1).batch_start(), 1u);
  EXPECT_EQ(action.runs(0).area(), "420111");
  EXPECT_EQ(action.runs(0).methodology(), "PV");
  EXPECT_EQ(action.runs(0).serial_code(), "PV23");
  EXPECT_EQ(action.runs(0).vintage(), 2024);
}

TEST_F(Exports, OfAPartnersUnitsGoHomeUnderTheirOwnNumbers) {
  const auto action = exported({"--amount", "4kg", "--return"});
  EXPECT_TRUE(action.is_return());
  ASSERT_EQ(action.runs_size(), 1);
  EXPECT_EQ(action.runs(0).start(), 31u);
  EXPECT_EQ(action.runs(0).end(), 34u);
  EXPECT_EQ(action.runs(0).origin_start(), 900u);
  EXPECT_EQ(action.runs(0).batch(), "H7");
  EXPECT_EQ(action.runs(0).batch_start(), 0u) << "its issuer knows";
  const auto some = exported({"--serials", "33-35", "--return"});
  EXPECT_EQ(some.runs(0).origin_start(), 902u);
}

TEST_F(Exports, TakeNoMoreThanMayGo) {
  exported({"--amount", "21kg"}, Exit::usage);
  EXPECT_TRUE(contains(err, "1 kg too little")) << err;
  exported({"--serials", "33-35"}, Exit::usage);
  EXPECT_TRUE(contains(err, "issued by another city")) << err;
}

// ---- Lineage ----------------------------------------------------------------------------------

TEST(Lineage, IsAskedOfEachCity) {
  const Caller caller;
  const std::string id(32, '\x07');
  v1::UnitLineage home, abroad;
  home.set_city("WUHAN");
  home.set_serial(12);
  home.set_issued_by("WUHAN");
  home.set_origin_serial(12);
  home.set_printed("WUHAN-CPH-PV23-P1-2024-B1-12-12");
  auto* lock = home.add_steps();
  lock->mutable_move()->set_kind(v1::MOVE_LOCK);
  lock->mutable_move()->set_to("HEFEI");
  lock->set_transfer(id);
  abroad = home;
  abroad.set_city("HEFEI");
  abroad.set_serial(502);
  abroad.mutable_steps(0)->mutable_move()->set_kind(v1::MOVE_IMPORT);
  v1::TransferRecord transfer;
  transfer.set_state(v1::TRANSFER_IMPORTED);
  auto* run = transfer.mutable_export_()->add_runs();
  run->set_start(11);
  run->set_end(20);
  run->set_origin_start(11);
  auto* serials = transfer.add_serials();
  serials->set_start(501);
  serials->set_end(509);
  const FakeNode wuhan(answering({{"status", city_named("WUHAN")}, {"lineage 12", to_json(home)}}));
  const FakeNode hefei(answering({{"status", city_named("HEFEI")},
                                  {"lineage 502", to_json(abroad)},
                                  {"transfers " + crypto::hex_encode(id), to_json(transfer)}}));
  const auto from_home =
      caller.run(wuhan.url(), {"lineage", "12", "--city-url", "HEFEI=" + hefei.url()});
  EXPECT_EQ(from_home.exit, Exit::ok) << from_home.err;
  EXPECT_TRUE(contains(from_home.out, "WUHAN serial 12: ")) << from_home.out;
  EXPECT_TRUE(contains(from_home.out, "HEFEI serial 502: ")) << from_home.out;
  const auto from_abroad =
      caller.run(hefei.url(), {"lineage", "502", "--city-url", "WUHAN=" + wuhan.url()});
  EXPECT_EQ(from_abroad.out, from_home.out) << from_abroad.err;
  const auto alone = caller.run(hefei.url(), {"lineage", "502"});
  EXPECT_FALSE(contains(alone.out, "WUHAN serial 12")) << alone.out;
  const auto wrong =
      caller.run(wuhan.url(), {"lineage", "12", "--city-url", "HEFEI=" + wuhan.url()});
  EXPECT_TRUE(contains(wrong.err, "wrong_city")) << wrong.err;
}

}  // namespace
}  // namespace puhui::node::cli
