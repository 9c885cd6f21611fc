// A witness across restarts, and the evidence it keeps.

#include "node/witness/witness.h"

#include <gtest/gtest.h>

#include <fstream>

#include "crypto/cosignature.h"
#include "tests/crypto/growing_log.h"
#include "tests/ledger/city.h"

namespace puhui::node {
namespace {

using crypto::Witnessing;
using crypto::testing::GrowingLog;
using ledger::testing::Folder;

constexpr std::uint64_t kTime = 1'700'000'000;

struct WitnessFolder : ::testing::Test {
  Folder folder;
  GrowingLog log{"city.example/ledger", 'l'};
  GrowingLog fork{"city.example/ledger", 'l', "forked "};

  [[nodiscard]] Result<std::unique_ptr<Witness>> try_open() const {
    return Witness::open({folder.file("w"),
                          "witness.example/1",
                          *crypto::SecretKey::from_seed(std::string(32, 'w')),
                          {log.key()}});
  }
  [[nodiscard]] std::unique_ptr<Witness> open() const { return std::move(*try_open()); }
  static WitnessAnswer ask(Witness& witness, const crypto::AddCheckpoint& request) {
    return witness.add_checkpoint(crypto::format_add_checkpoint(request), kTime);
  }
  [[nodiscard]] std::string file(const std::string& suffix) const {
    return folder.file("w") + "/" + crypto::sha256(log.origin).hex() + suffix;
  }
};

TEST_F(WitnessFolder, AnswersWithItsCosignature) {
  const auto witness = open();
  const auto answer = ask(*witness, log.request(0, 5));
  ASSERT_EQ(answer.status, Witnessing::cosign);
  const auto lines = crypto::parse_signature_lines(answer.body).value();
  ASSERT_EQ(lines.size(), 1u);
  const auto text = crypto::parse_note(log.checkpoint(5))->text;
  EXPECT_EQ(crypto::verify_cosignature(text, lines.front(), witness->key()).value(), kTime);

  const auto newest = witness->newest(crypto::sha256(log.origin).hex()).value();
  EXPECT_EQ(newest, log.checkpoint(5) + answer.body);
  EXPECT_FALSE(witness->newest(crypto::sha256("other").hex()));
}

TEST_F(WitnessFolder, RemembersWhatItCosigned) {
  ASSERT_EQ(ask(*open(), log.request(0, 5)).status, Witnessing::cosign);
  const auto witness = open();
  const auto stale = ask(*witness, log.request(0, 7));
  EXPECT_EQ(stale.status, Witnessing::stale);
  EXPECT_EQ(stale.body, "5\n");
  EXPECT_EQ(ask(*witness, fork.request(5, 7)).status, Witnessing::inconsistent);
  EXPECT_EQ(ask(*witness, log.request(5, 7)).status, Witnessing::cosign);
  ASSERT_EQ(witness->followed().size(), 1u);
  EXPECT_EQ(witness->followed()[0].head, (crypto::TreeHead{7, log.root(7)}));
}

// The checkpoint file is written after the record: losing it loses no promise, but the record
// cannot be lost unnoticed.
TEST_F(WitnessFolder, TheRecordAloneDecides) {
  ASSERT_EQ(ask(*open(), log.request(0, 5)).status, Witnessing::cosign);
  std::filesystem::remove(file(".checkpoint"));
  const auto witness = open();
  EXPECT_FALSE(witness->newest(crypto::sha256(log.origin).hex()));
  EXPECT_EQ(ask(*witness, fork.request(0, 5)).status, Witnessing::stale);
  EXPECT_EQ(ask(*witness, log.request(5, 6)).status, Witnessing::cosign);
  std::filesystem::remove(file(".head"));
  EXPECT_EQ(try_open().error().code, ErrorCode::CORRUPT);
}

// Anybody can add lines to a note; they must not fill ours, nor disarm the evidence.
TEST_F(WitnessFolder, LinesOfStrangersAreNotKept) {
  const auto witness = open();
  auto note = *crypto::parse_note(log.checkpoint(5));
  while (note.signatures.size() < crypto::kNoteSignaturesMax)
    note.signatures.push_back({"stranger", 7, std::string(1000, 'x')});
  const auto answer = ask(*witness, {0, {}, crypto::format_note(note)});
  ASSERT_EQ(answer.status, Witnessing::cosign);
  EXPECT_EQ(witness->newest(crypto::sha256(log.origin).hex()), log.checkpoint(5) + answer.body);
  EXPECT_EQ(ask(*witness, fork.request(5, 5)).status, Witnessing::inconsistent);
  EXPECT_TRUE(witness->followed()[0].forked);
}

TEST_F(WitnessFolder, ADamagedRecordIsNotForgotten) {
  ASSERT_EQ(ask(*open(), log.request(0, 5)).status, Witnessing::cosign);
  std::ofstream(file(".head"), std::ios::trunc) << std::string(1024, 'x');
  EXPECT_EQ(try_open().error().code, ErrorCode::CORRUPT);
}

TEST_F(WitnessFolder, AnotherRootOfTheSameSizeIsKeptAsEvidence) {
  const auto witness = open();
  ASSERT_EQ(ask(*witness, log.request(0, 5)).status, Witnessing::cosign);
  ASSERT_EQ(ask(*witness, fork.request(5, 5)).status, Witnessing::inconsistent);
  EXPECT_EQ(ask(*witness, log.request(5, 6)).status, Witnessing::inconsistent)
      << "a convicted log is not cosigned any more";
  EXPECT_EQ(witness->followed()[0].forked, true);
  const auto evidence = crypto::parse_evidence(*read_file(file(".evidence"))).value();
  const auto shown = crypto::verify_evidence(evidence, std::vector{log.key()}).value();
  EXPECT_EQ(shown.log.name, log.origin);
  EXPECT_EQ(shown.smaller.size, 5u);
  const auto hex = crypto::sha256(log.origin).hex();
  EXPECT_EQ(witness->evidence(hex), *read_file(file(".evidence")));
  EXPECT_EQ(open()->evidence(hex), witness->evidence(hex)) << "after a restart too";
  EXPECT_FALSE(witness->evidence(crypto::sha256("other").hex()));
}

// A wrong proof may be a mistake of whoever asks: it accuses nobody.
TEST_F(WitnessFolder, ABadProofIsNoEvidence) {
  const auto witness = open();
  ASSERT_EQ(ask(*witness, log.request(0, 5)).status, Witnessing::cosign);
  ASSERT_EQ(ask(*witness, {5, {}, log.checkpoint(7)}).status, Witnessing::inconsistent);
  EXPECT_FALSE(witness->followed()[0].forked);
  EXPECT_FALSE(witness->evidence(crypto::sha256(log.origin).hex()));
}

// A partner's log is followed while there is an agreement; what was cosigned binds for longer.
TEST_F(WitnessFolder, LogsAreFollowedAndLeftWhileItRuns) {
  const auto witness = open();
  const GrowingLog partner{"partner.example/ledger", 'p'}, renewed{"partner.example/ledger", 'r'};
  EXPECT_EQ(ask(*witness, partner.request(0, 3)).status, Witnessing::unknown_log);
  witness->follow({partner.key()});
  EXPECT_EQ(ask(*witness, partner.request(0, 3)).status, Witnessing::cosign);
  EXPECT_EQ(ask(*witness, log.request(0, 5)).status, Witnessing::cosign) << "besides its own ones";
  EXPECT_EQ(witness->followed().size(), 2u);

  witness->follow({renewed.key()});
  EXPECT_EQ(ask(*witness, partner.request(3, 4)).status, Witnessing::not_signed);
  EXPECT_EQ(ask(*witness, renewed.request(3, 4)).status, Witnessing::cosign);

  witness->follow({});
  EXPECT_EQ(ask(*witness, renewed.request(4, 5)).status, Witnessing::unknown_log);
  EXPECT_EQ(ask(*witness, log.request(5, 6)).status, Witnessing::cosign);
  ASSERT_EQ(witness->followed().size(), 1u);
  EXPECT_EQ(witness->followed()[0].origin, log.origin);
  EXPECT_TRUE(witness->newest(crypto::sha256(partner.origin).hex())) << "what it cosigned stays";

  witness->follow({renewed.key()});
  const auto stale = ask(*witness, renewed.request(0, 6));
  EXPECT_EQ(stale.status, Witnessing::stale);
  EXPECT_EQ(stale.body, "4\n");
}

TEST_F(WitnessFolder, ADamagedRecordOfOnePartnerConcernsNoOther) {
  const GrowingLog damaged{"damaged.example", 'd'}, partner{"partner.example", 'p'};
  ASSERT_TRUE(make_folder(folder.file("w")));
  std::ofstream(folder.file("w") + "/" + crypto::sha256(damaged.origin).hex() + ".head")
      << std::string(1024, 'x');
  const auto witness = open();
  witness->follow({damaged.key(), partner.key()});
  EXPECT_EQ(ask(*witness, damaged.request(0, 3)).status, Witnessing::unknown_log);
  EXPECT_EQ(ask(*witness, partner.request(0, 3)).status, Witnessing::cosign);
}

TEST_F(WitnessFolder, ItsNameMustBeAKeyName) {
  const auto opened = Witness::open(
      {folder.file("w"), "two words", *crypto::SecretKey::from_seed(std::string(32, 'w')), {}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::KEY_MALFORMED);
}

}  // namespace
}  // namespace puhui::node
