// What the commands of bonds, settlements, cases, loans and certificates make.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "crypto/bytes.h"
#include "crypto/map.h"
#include "crypto/policy.h"
#include "ledger/entry.h"
#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "node/cli/bank_statement.h"
#include "node/cli/certificate.h"
#include "node/cli/text.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

// ---- Bonds ------------------------------------------------------------------------------------

TEST(Bonds, KindsAreWords) {
  const Desk desk;
  const auto kind = [&](const std::string& word) {
    return desk
        .payload({"bond", "bind", "b1", "--kind", word, "--account", "a/pv", "--amount", "5t"})
        .bind()
        .kind();
  };
  EXPECT_EQ(kind("reservation"), v1::RESERVATION);
  EXPECT_EQ(kind("judicial"), v1::JUDICIAL);
  EXPECT_EQ(kind("pledge"), v1::PLEDGE);
  EXPECT_EQ(kind("escrow"), v1::ESCROW);
  EXPECT_EQ(kind("event"), v1::EVENT_RESERVATION);
  EXPECT_TRUE(contains(
      desk.fault({"bond", "bind", "b1", "--kind", "loan", "--account", "a", "--amount", "5t"}),
      "\"loan\": a bond is"));
  EXPECT_FALSE(desk.fault({"bond", "bind", "b1", "--kind", "escrow", "--account", "a"}).empty());
}

TEST(Bonds, SayWhatIsBoundAndForWhom) {
  const Desk desk;
  const auto order = desk.scratch.write("order.pdf", "an order");
  const auto bind =
      desk.payload(
              {"bond",        "bind",          "b1",         "--kind",       "pledge",
               "--account",   "a/pv",          "--serials",  "1-5",          "--to",
               "bank/main",   "--beneficiary", "bank",       "--expires-at", "2026-03-01T00:00:00Z",
               "--reference", "loan 3",        "--document", order,          "--case",
               "c1"})
          .bind();
  EXPECT_EQ(bind.bond(), "b1");
  EXPECT_EQ(bind.serials(0).end(), 5u);
  EXPECT_EQ(bind.to(), "bank/main");
  EXPECT_EQ(bind.beneficiary(), "bank");
  EXPECT_EQ(bind.expires_at(), 1'772'323'200'000'000);
  EXPECT_EQ(bind.document().name(), "order.pdf");
  EXPECT_EQ(bind.case_(), "c1");
  const auto release = desk.payload({"bond", "release", "b1", "--reason", "paid"}).release();
  EXPECT_EQ(release.amount_kg(), 0) << "all of it";
  EXPECT_EQ(release.reason(), "paid");
  const auto post = desk.payload({"bond", "post", "b1", "--amount", "2t", "--to", "b", "--trade",
                                  "T-1", "--price", "43.5", "--traded-at", "1700000000000000"})
                        .post();
  EXPECT_EQ(post.amount_kg(), 2'000);
  EXPECT_EQ(post.trade().price_cents_per_tonne(), 4'350);
  EXPECT_EQ(post.trade().traded_at(), 1'700'000'000'000'000);
  EXPECT_FALSE(desk.fault({"bond", "post", "b1", "--price", "43.5"}).empty()) << "of no trade";
}

TEST(Settlements, AreAFileOrOneLeg) {
  const Desk desk;
  const auto file = desk.scratch.write(
      "legs.json", R"({"instruction": "S1", "legs": [{"bond": "b1", "to": "b", "amount_kg": "7"},
                      {"from": "c", "to": "d", "serials": [{"start": "1", "end": "9"}]}]})");
  const auto both = desk.payload({"settle", file}).settle();
  EXPECT_EQ(both.instruction(), "S1");
  ASSERT_EQ(both.legs_size(), 2);
  EXPECT_EQ(both.legs(1).serials(0).end(), 9u);
  const Words leg{"settle", "--instruction", "S2", "--bond", "b1", "--to", "b", "--amount", "7kg"};
  const auto one = desk.payload(leg).settle();
  ASSERT_EQ(one.legs_size(), 1);
  EXPECT_EQ(one.legs(0).bond(), "b1");
  EXPECT_EQ(one.legs(0).amount_kg(), 7);
  auto mixed = leg;
  mixed.push_back(file);
  EXPECT_TRUE(contains(desk.fault(mixed), "a settlement is"));
  auto two_sources = leg;
  two_sources.insert(two_sources.end(), {"--from", "c"});
  EXPECT_TRUE(contains(desk.fault(two_sources), "a settlement is"));
  EXPECT_TRUE(contains(desk.fault({"settle", "--instruction", "S3"}), "a settlement is"));
  EXPECT_TRUE(
      contains(desk.fault({"settle", desk.scratch.write("x.json", R"({"leg": 1})")}), "x.json: "));
}

// ---- Cases and loans --------------------------------------------------------------------------

TEST(Cases, GoThroughTheirSteps) {
  const Desk desk;
  const auto paper = desk.scratch.write("paper.pdf", "a paper");
  const auto open = desk.payload({"case", "open", "c1", "--purpose", "event_neutrality",
                                  "--account", "a", "--beneficiary", "us", "--from", "2025-01-01",
                                  "--to", "2025-01-03", "--estimate", "8t", "--document", paper})
                        .open_case();
  EXPECT_EQ(open.case_(), "c1");
  EXPECT_EQ(open.to() - open.from(), 2);
  EXPECT_EQ(open.estimate_kg(), 8'000);
  EXPECT_EQ(open.document().name(), "paper.pdf");
  const auto accepted =
      desk.payload({"case", "confirm", "c1", "accepted", "--amount", "7t", "--reference", "No. 4",
                    "--frozen", "5400.5", "--document", paper})
          .confirm_case();
  EXPECT_TRUE(accepted.accepted());
  EXPECT_EQ(accepted.amount_kg(), 7'000);
  EXPECT_EQ(accepted.frozen_cents(), 540'050);
  const auto refused =
      desk.payload({"case", "confirm", "c1", "refused", "--document", paper}).confirm_case();
  EXPECT_FALSE(refused.accepted());
  EXPECT_FALSE(desk.fault({"case", "confirm", "c1", "maybe", "--document", paper}).empty());
  EXPECT_TRUE(contains(desk.fault({"case", "confirm", "c1", "accepted"}), "--document"));
  EXPECT_EQ(desk.payload({"case", "void", "c1", "--reason", "off"}).void_case().reason(), "off");
  EXPECT_EQ(desk.payload({"retire", "--account", "a", "--amount", "7t", "--purpose",
                          "event_neutrality", "--beneficiary", "us", "--case", "c1"})
                .retire()
                .case_(),
            "c1");
}

TEST(Loans, NameTheRateTableByItsHash) {
  const Desk desk;
  const auto rates = desk.scratch.write("rates.pdf", "steps");
  const auto loan =
      desk.payload({"loan", "refer", "l1", "--account", "a", "--bank", "bank", "--rate-table",
                    rates, "--amount", "500t", "--until", "2027-03-01"})
          .refer_loan();
  EXPECT_EQ(loan.rate_table_sha256(), crypto::sha256("steps").view());
  EXPECT_EQ(loan.quantity_kg(), 500'000);
  EXPECT_EQ(loan.bank(), "bank");
}

// ---- Certificates -----------------------------------------------------------------------------

constexpr const char* kFields =
    R"({"holder": "武汉马拉松", "amount": "731.2 t", "price": "43.5", "seller": "acme", "note": ""})";

v1::CertificateFile file_of(const char* fields = kFields) {
  return make_certificate("C-1", read_fields(fields).value()).value();
}

v1::Certificate certified(const v1::CertificateFile& file) {
  v1::Certificate certificate;
  auto& action = *certificate.mutable_certificate();
  action.set_certificate(file.certificate());
  action.set_retirement(1200);
  action.set_fields(static_cast<std::uint32_t>(file.fields_size()));
  action.set_fields_root(std::string(certificate_root(file).view()));
  return certificate;
}

v1::CertificateProof shown(const v1::CertificateFile& file, const Words& names) {
  return disclose(file, names).value();
}

TEST(Certificates, AreTreesOverSaltedFields) {
  v1::CertificateFile file;
  auto& field = *file.add_fields();
  field.set_name("ab");
  field.set_value("c");
  field.set_salt("0123456789abcdef");
  using namespace std::string_literals;
  EXPECT_EQ(certificate_root(file), crypto::sha256("\0"s + "0123456789abcdef\0\2abc"s));
}

TEST(Certificates, AreSaltedAnewEachTime) {
  const auto file = file_of();
  EXPECT_EQ(file.fields_size(), 5);
  for (const auto& field : file.fields()) EXPECT_EQ(field.salt().size(), kSaltSize);
  EXPECT_NE(certificate_root(file), certificate_root(file_of()));
  EXPECT_EQ(parse_certificate(to_json(file)).value().SerializeAsString(), file.SerializeAsString());
  EXPECT_FALSE(make_certificate("C-1", {}));
  EXPECT_FALSE(make_certificate("", {{"a", "x"}}));
  EXPECT_FALSE(make_certificate("C-1", {{"", "x"}}));
  EXPECT_FALSE(make_certificate("C-1", {{"a", "x"}, {"a", "y"}}));
  EXPECT_FALSE(read_fields(R"({"a": 1})"));
  auto twice = file;
  twice.mutable_fields(1)->set_name(twice.fields(0).name());
  EXPECT_FALSE(parse_certificate(to_json(twice)));
}

TEST(Certificates, AnySomeOfTheFieldsAreProved) {
  const Words all{"amount", "holder", "note", "price", "seller"};
  const auto file = file_of();
  for (unsigned set = 1; set < 1u << all.size(); ++set) {
    Words names;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((set >> i & 1) != 0) names.push_back(all[i]);
    const auto proof = shown(file, names);
    EXPECT_EQ(static_cast<std::size_t>(proof.disclosed_size()), names.size());
    EXPECT_TRUE(verify_disclosure(proof, certified(file))) << set;
  }
  const auto text = to_json(shown(file, {"holder"}));
  EXPECT_FALSE(contains(text, "acme")) << "what is kept is not in the proof";
  EXPECT_EQ(disclose(file, Words{"buyer"}).error().code, ErrorCode::NOT_FOUND);
}

TEST(Certificates, NothingElseIsProved) {
  const auto file = file_of();
  const auto good = shown(file, {"holder", "amount"});
  const auto fails = [&](const auto& change) {
    auto proof = good;
    change(proof);
    const auto holds = verify_disclosure(proof, certified(file));
    return !holds && (holds.error().code == ErrorCode::PROOF_INVALID ||
                      holds.error().code == ErrorCode::PROOF_MALFORMED);
  };
  using Proof = v1::CertificateProof;
  EXPECT_TRUE(
      fails([](Proof& p) { p.mutable_disclosed(0)->mutable_field()->set_value("1000 t"); }));
  EXPECT_TRUE(fails([](Proof& p) { p.mutable_disclosed(0)->mutable_field()->set_name("volume"); }));
  EXPECT_TRUE(fails([](Proof& p) { p.mutable_disclosed(0)->mutable_field()->set_salt("short"); }));
  EXPECT_TRUE(fails([](Proof& p) { p.mutable_disclosed(0)->set_index(77); }));
  EXPECT_TRUE(fails([](Proof& p) { p.mutable_disclosed(0)->add_path("x"); }));
  EXPECT_TRUE(fails([](Proof& p) { p.mutable_disclosed(0)->clear_path(); }));
  EXPECT_TRUE(fails([](Proof& p) { *p.add_disclosed() = p.disclosed(0); }));
  EXPECT_TRUE(fails([](Proof& p) { p.clear_disclosed(); }));
  EXPECT_TRUE(fails([](Proof& p) { p.set_certificate("C-2"); }));
  EXPECT_TRUE(fails([](Proof& p) { p.set_fields(6); }));
  EXPECT_FALSE(verify_disclosure(good, certified(file_of()))) << "other salts";
}

// A name and a value never pass for a longer name and a shorter value.
TEST(Certificates, NamesEndWhereTheyEnd) {
  const auto file = file_of(R"({"ab": "c", "x": "y"})");
  auto proof = shown(file, {"ab"});
  proof.mutable_disclosed(0)->mutable_field()->set_name("a");
  proof.mutable_disclosed(0)->mutable_field()->set_value("bc");
  EXPECT_FALSE(verify_disclosure(proof, certified(file)));
}

// A log whose state root proves this certificate alone.
v1::StateProof state_proof(SmallLog& log, const v1::Certificate& certificate) {
  const auto key = ledger::key::certificate(certificate.certificate().certificate());
  const auto value = certificate.SerializeAsString();
  const auto leaf = crypto::map_leaf(key, value);
  ledger::StateRoot root;
  root.open_map = crypto::map_root({&leaf, 1});
  log.entries.assign(2, ledger::encode_entry(1000, ledger::EntryKind::state_root,
                                             ledger::encode_state_root(root)));
  v1::StateProof proof;
  proof.set_key(key);
  proof.set_value(value);
  proof.set_receipt(log.receipt(1));
  return proof;
}

TEST(Certificates, AreMadeShownAndVerifiedFromFiles) {
  const Desk desk;
  const auto& scratch = desk.scratch;
  const auto made = desk.client.run({"certificate", "make", scratch.write("fields.json", kFields),
                                     "--number", "C-1", "--out", scratch.path("c1.json")});
  ASSERT_EQ(made.exit, Exit::ok) << made.err;
  const auto file = parse_certificate(scratch.read("c1.json")).value();
  EXPECT_TRUE(contains(made.out, certificate_root(file).hex())) << made.out;
  struct stat status {};
  ASSERT_EQ(::stat(scratch.path("c1.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u) << "salts are secret";
  const auto action =
      desk.payload({"certificate", "certify", scratch.path("c1.json"), "--retirement", "1200"})
          .certify();
  EXPECT_EQ(action.SerializeAsString(), certified(file).certificate().SerializeAsString());
  const auto disclosed =
      desk.client.run({"certificate", "disclose", scratch.path("c1.json"), "--field", "holder",
                       "--field", "amount", "--out", scratch.path("shown.json")});
  ASSERT_EQ(disclosed.exit, Exit::ok) << disclosed.err;
  SmallLog log;
  scratch.write("state.json", to_json(state_proof(log, certified(file))));
  scratch.write("policy", crypto::format_policy(log.policy()));
  const Words words{"certificate",
                    "verify",
                    scratch.path("shown.json"),
                    "--state",
                    scratch.path("state.json"),
                    "--policy",
                    scratch.path("policy")};
  const auto verified = desk.client.run(words);
  EXPECT_EQ(verified.exit, Exit::ok) << verified.err;
  EXPECT_TRUE(contains(verified.out, "731.2 t")) << verified.out;
  scratch.write("state.json", to_json(state_proof(log, certified(file_of()))));
  EXPECT_EQ(desk.client.run(words).exit, Exit::unverified);
}

// ---- Statements for banks ---------------------------------------------------------------------

v1::EnterpriseYear standing() {
  v1::EnterpriseYear year;
  year.set_party("acme");
  year.set_year(2026);
  year.set_position(1'700);
  year.set_time(1'740'000'000'000'000);
  year.set_held_kg(5'000);
  year.set_bound_kg(900);
  year.add_bound()->set_kind(v1::PLEDGE);
  year.mutable_bound(0)->set_amount_kg(900);
  year.set_retired_kg(40);
  year.add_retired()->set_purpose("voluntary_offset");
  year.mutable_retired(0)->set_amount_kg(40);
  year.mutable_target()->mutable_target()->set_max_kg(330'000);
  auto& loan = *year.add_loans()->mutable_loan();
  loan.set_loan("loan-3");
  loan.set_bank("bank");
  loan.set_quantity_kg(500);
  loan.set_until(20'513);
  return year;
}

v1::CertificateFile statement_file() {
  auto file = make_certificate("s-1", statement_fields(standing(), "WUHAN", "bank")).value();
  file.mutable_statement()->set_party("acme");
  file.mutable_statement()->set_bank("bank");
  file.mutable_statement()->set_position(1'700);
  return file;
}

TEST(BankStatements, TellWhatTheNodeAnswered) {
  const Fields expected{{"city", "WUHAN"},
                        {"party", "acme"},
                        {"bank", "bank"},
                        {"year", "2026"},
                        {"position", "1700"},
                        {"time", "2025-02-19T21:20:00.000000Z"},
                        {"held_kg", "5000"},
                        {"bound_kg", "900"},
                        {"bound_kg.pledge", "900"},
                        {"retired_kg", "40"},
                        {"retired_kg.voluntary_offset", "40"},
                        {"target_kg", "330000"},
                        {"loan.loan-3", "500 kg, bank, until 2026-03-01"}};
  EXPECT_EQ(statement_fields(standing(), "WUHAN", "bank"), expected);
}

TEST(BankStatements, TellOfNoFootprintThatNobodyVerified) {
  auto year = standing();
  year.mutable_footprint()->set_state(v1::FOOTPRINT_COMPUTED);
  year.mutable_footprint()->set_amount_kg(327'300);
  const auto computed = statement_fields(year, "WUHAN", "bank").size();
  EXPECT_EQ(computed, statement_fields(standing(), "WUHAN", "bank").size());
  year.mutable_footprint()->set_state(v1::FOOTPRINT_VERIFIED);
  year.mutable_footprint()->set_verifier("tester");
  year.set_neutralised_kg(40);
  year.set_net_kg(327'260);
  const auto fields = statement_fields(year, "WUHAN", "bank");
  for (const auto& [name, value] : Fields{{"footprint_kg", "327300"},
                                          {"footprint_verifier", "tester"},
                                          {"neutralised_kg", "40"},
                                          {"net_kg", "327260"}})
    EXPECT_EQ(std::ranges::count(fields, std::pair(name, value)), 1) << name;
}

TEST(BankStatements, SayOnTheLedgerWhoseForWhomAndWhen) {
  const Desk desk;
  const auto path = desk.scratch.write("s1.json", to_json(statement_file()));
  const auto action = desk.payload({"certificate", "certify", path}).certify();
  EXPECT_TRUE(action.has_statement());
  EXPECT_EQ(action.statement().SerializeAsString(),
            statement_file().statement().SerializeAsString());
  EXPECT_EQ(action.fields(), 13u);
  EXPECT_TRUE(contains(desk.fault({"certificate", "certify", path, "--retirement", "1200"}),
                       "the file is a statement"));
  const auto plain = desk.scratch.write("c1.json", to_json(file_of()));
  EXPECT_TRUE(contains(desk.fault({"certificate", "certify", plain}), "--retirement"));
}

TEST(BankStatements, AreCheckedFieldByField) {
  const auto expected = statement_fields(standing(), "WUHAN", "bank");
  EXPECT_TRUE(check_fields(statement_file(), expected));
  const auto fault = [&](auto change) {
    auto fields = expected;
    change(fields);
    const auto checked = check_fields(make_certificate("s-1", fields).value(), expected);
    EXPECT_FALSE(checked);
    return checked ? "" : std::string(code_name(checked.error().code)) + checked.error().detail;
  };
  EXPECT_TRUE(contains(fault([](Fields& f) { f[6].second = "9000"; }), "the node 5000"));
  EXPECT_TRUE(contains(fault([](Fields& f) { f.pop_back(); }), "leaves out loan.loan-3"));
  EXPECT_TRUE(contains(fault([](Fields& f) { f.emplace_back("gold", "1"); }), "no gold"));
  EXPECT_TRUE(
      contains(fault([](Fields& f) { f.clear(), f.emplace_back("a", "b"); }), "proof.invalid"));
  const Desk desk;
  const auto plain = desk.scratch.write("c1.json", to_json(file_of()));
  const auto ran = desk.client.run({"certificate", "check", plain});
  EXPECT_EQ(ran.exit, Exit::usage);
  EXPECT_TRUE(contains(ran.err, "no statement")) << ran.err;
}

TEST(BankStatements, NeedAFileAndAParty) {
  const Client client;
  Words words{"certificate", "statement", "--number", "s-1", "--bank", "bank", "--year", "2026"};
  const auto fault = [&] {
    const auto ran = client.run(words);
    EXPECT_EQ(ran.exit, Exit::usage);
    return ran.err;
  };
  EXPECT_TRUE(contains(fault(), "--out"));
  words.insert(words.end(), {"--out", "s1.json"});
  EXPECT_TRUE(contains(fault(), "--party"));
}

TEST(BankStatements, ShowWhatTheLedgerSaysOfThemToo) {
  const auto file = statement_file();
  auto stored = certified(file);
  *stored.mutable_certificate()->mutable_statement() = file.statement();
  const auto proof = shown(file, {"party", "bank", "position", "held_kg"});
  EXPECT_TRUE(verify_disclosure(proof, stored));
  stored.mutable_certificate()->mutable_statement()->set_bank("another");
  EXPECT_EQ(verify_disclosure(proof, stored).error().code, ErrorCode::PROOF_INVALID);
  EXPECT_TRUE(verify_disclosure(shown(file, {"held_kg"}), stored)) << "nobody is named in it";
  const Fields expected{{"party", "acme"}, {"bank", "another"}, {"position", "1700"}};
  EXPECT_EQ(subject_fields(stored.certificate()), expected);
}

}  // namespace
}  // namespace puhui::node::cli
