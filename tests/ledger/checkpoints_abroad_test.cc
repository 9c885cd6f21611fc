// What a city accepts of a partner's log, and what happens when that log forks.
#include <gtest/gtest.h>

#include "crypto/evidence.h"
#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct PartnersLog : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    recognise();  // each has accepted a checkpoint of the other
    grow();
  }
  // Something new in the other city.
  void grow() { PUHUI_ACCEPTED(open_account(b, "owner-" + std::to_string(++grown_), "owner")); }
  Answer accept(const std::string& note) {
    return a.send(checkpoint_event(b, a, note), {"operator"});
  }
  // Another tree than the log's, of its size.
  [[nodiscard]] crypto::Checkpoint forged() const {
    auto checkpoint = b.tree();
    checkpoint.root = crypto::sha256("another tree");
    return checkpoint;
  }
  [[nodiscard]] std::string evidence() const {
    return crypto::format_evidence({{}, {}, b.signed_note(b.tree()), b.signed_note(forged())});
  }
  static v1::Payload accusation(SovereignCity& at, const City& partner,
                                const std::string& evidence) {
    auto payload = at.event("operator");
    payload.mutable_accuse_partner()->set_partner(partner.code());
    payload.mutable_accuse_partner()->set_evidence(evidence);
    return payload;
  }
  Answer accuse(const std::string& evidence) {
    return a.send(accusation(a, b, evidence), {"operator"});
  }

 private:
  int grown_ = 0;
};

// ---- Checkpoints ----

TEST_F(PartnersLog, IsFollowedByCheckpoints) {
  const auto accepted = carry_checkpoint(b, a);
  PUHUI_ACCEPTED(accepted);
  const auto log = *log_at(a, b);
  EXPECT_EQ(log.size(), b.head().size);
  EXPECT_EQ(log.root(), b.head().root.view());
  EXPECT_EQ(log.accepted_at(), static_cast<std::int64_t>(accepted.leaf));
  EXPECT_EQ(log.accepted_time(), accepted.time);
  const auto known =
      *stored<v1::AcceptedCheckpoint>(a, key::partner_checkpoint("XIANGYANG", 0, log.size()));
  EXPECT_EQ(known.root(), log.root());
  EXPECT_EQ(known.accepted_at(), log.accepted_at());
  for (int i = 0; i < 9; ++i) {
    grow();
    PUHUI_ACCEPTED(carry_checkpoint(b, a));
  }
  // Proofs under any of them hold.
  PUHUI_REFUSED(note_recall(a, b.proven(0, log.size())), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_recall(a, b.proven(0, b.head().size)), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_recall(a, b.proven(0, log.size() - 2)), CHECKPOINT_NOT_ACCEPTED);
}

TEST_F(PartnersLog, OnlyGrows) {
  const auto before = b.tree();
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  PUHUI_REFUSED(carry_checkpoint(b, a), CHECKPOINT_STALE);
  PUHUI_REFUSED(accept(b.signed_note(before, 3)), CHECKPOINT_STALE);
  PUHUI_REFUSED(accept(b.signed_note(forged())), CHECKPOINT_STALE);
  auto smaller = before;
  smaller.size -= 1;
  PUHUI_REFUSED(accept(b.signed_note(smaller)), CHECKPOINT_STALE);
  smaller.size = 0;
  PUHUI_REFUSED(accept(b.signed_note(smaller)), CHECKPOINT_STALE);
}

TEST_F(PartnersLog, IsConsistent) {
  PUHUI_REFUSED(accept(b.signed_note(forged())), PROOF_INVALID);
  auto event = checkpoint_event(b, a, b.signed_note(b.tree()));
  auto& action = *event.mutable_accept_checkpoint();
  ASSERT_GT(action.proof_size(), 0);
  const auto with_proof = [&](const auto& change) {
    auto payload = a.event("operator");
    *payload.mutable_accept_checkpoint() = action;
    change(*payload.mutable_accept_checkpoint()->mutable_proof());
    return a.send(payload, {"operator"});
  };
  PUHUI_REFUSED(with_proof([](auto& hashes) { hashes.Clear(); }), PROOF_INVALID);
  PUHUI_REFUSED(with_proof([](auto& hashes) { hashes.RemoveLast(); }), PROOF_INVALID);
  PUHUI_REFUSED(with_proof([](auto& hashes) { *hashes.Add() = std::string(32, 'x'); }),
                PROOF_INVALID);
  PUHUI_REFUSED(with_proof([](auto& hashes) { hashes.Mutable(0)->pop_back(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with_proof([](auto& hashes) {
                  while (hashes.size() < 65) *hashes.Add() = std::string(32, 'x');
                }),
                EVENT_MALFORMED);
  PUHUI_ACCEPTED(with_proof([](auto&) {}));
}

// There is nothing to be consistent with at first.
TEST_F(PartnersLog, BeginsWithAnyTree) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(a, c, agreement_between(a, c));
  auto payload = checkpoint_event(c, a, c.signed_note(c.tree()));
  EXPECT_EQ(payload.accept_checkpoint().proof_size(), 0);
  payload.mutable_accept_checkpoint()->add_proof(std::string(32, 'x'));
  PUHUI_REFUSED(a.send(payload, {"operator"}), PROOF_INVALID);
  PUHUI_ACCEPTED(carry_checkpoint(c, a));
}

TEST_F(PartnersLog, IsSignedAsItsPolicyAsks) {
  PUHUI_REFUSED(accept(b.signed_note(b.tree(), 0)), POLICY_UNMET);
  PUHUI_REFUSED(accept(b.signed_note(b.tree(), 1)), POLICY_UNMET);
  const auto text = crypto::format_checkpoint(b.tree());
  const auto signed_by = [&](const std::string& name, const crypto::SecretKey& key) {
    return crypto::format_note({text, {*crypto::sign_note(text, name, key)}});
  };
  PUHUI_REFUSED(accept(signed_by(b.origin(), a.secret("log"))), NOTE_UNVERIFIED);
  PUHUI_REFUSED(accept(signed_by(a.origin(), a.secret("log"))), NOTE_UNVERIFIED);
  PUHUI_REFUSED(accept(signed_by(b.origin(), b.secret("log"))), POLICY_UNMET);
  // A cosignature of another tree's head spoils the note.
  auto other = *crypto::parse_note(b.signed_note(forged()));
  auto note = *crypto::parse_note(b.signed_note(b.tree()));
  note.signatures.back() = other.signatures.back();
  PUHUI_REFUSED(accept(crypto::format_note(note)), NOTE_UNVERIFIED);
  // Of one node twice it is one.
  note = *crypto::parse_note(b.signed_note(b.tree()));
  note.signatures.back() = note.signatures[1];
  PUHUI_REFUSED(accept(crypto::format_note(note)), POLICY_UNMET);
  PUHUI_ACCEPTED(accept(b.signed_note(b.tree(), 3)));
}

TEST_F(PartnersLog, IsOfItsOrigin) {
  auto elsewhere = b.tree();
  elsewhere.origin = a.origin();
  PUHUI_REFUSED(accept(b.signed_note(elsewhere)), CHECKPOINT_ORIGIN);
  PUHUI_REFUSED(accept(a.signed_note(a.tree())), NOTE_UNVERIFIED);
  auto unknown = checkpoint_event(b, a, b.signed_note(b.tree()));
  unknown.mutable_accept_checkpoint()->set_partner("YICHANG");
  PUHUI_REFUSED(a.send(unknown, {"operator"}), AGREEMENT_UNKNOWN);
  for (const auto* city : {"", "xiangyang", "WUHAN"}) {
    auto payload = checkpoint_event(b, a, b.signed_note(b.tree()));
    payload.mutable_accept_checkpoint()->set_partner(city);
    PUHUI_REFUSED(a.send(payload, {"operator"}), AGREEMENT_UNKNOWN);
  }
}

TEST_F(PartnersLog, IsReadInItsForm) {
  PUHUI_REFUSED(accept(""), NOTE_MALFORMED);
  PUHUI_REFUSED(accept("x"), NOTE_MALFORMED);
  PUHUI_REFUSED(accept(crypto::format_checkpoint(b.tree())), NOTE_MALFORMED);
  const std::string text = b.origin() + "\nmany\n" + b.tree().root.base64() + "\n";
  PUHUI_REFUSED(
      accept(crypto::format_note({text, {*crypto::sign_note(text, b.origin(), b.secret("log"))}})),
      CHECKPOINT_MALFORMED);
}

// ---- A fork ----

TEST_F(PartnersLog, ThatForkedSuspendsTheAgreement) {
  PUHUI_ACCEPTED(b.issue_kg(20));
  const auto sent = export_units(b, a, {{{1, 20}}});
  const auto proof = carry(b, a, sent.leaf);
  const auto accused = accuse(evidence());
  PUHUI_ACCEPTED(accused);
  const auto record = *agreement_at(a, b);
  EXPECT_EQ(record.standing(), v1::STANDING_SUSPENDED);
  EXPECT_NE(record.reason(), "");
  EXPECT_EQ(log_at(a, b)->accused_at(), static_cast<std::int64_t>(accused.leaf));
  EXPECT_EQ(log_at(a, b)->evidence_sha256(), crypto::sha256(evidence()).view());
  PUHUI_REFUSED(import_units(a, proof), AGREEMENT_STANDING);
  PUHUI_REFUSED(refuse_import(a, proof, "agreement.standing"), AGREEMENT_STANDING);
  PUHUI_REFUSED(export_units(a, b, {{{1, 10}}}), AGREEMENT_STANDING);
  PUHUI_REFUSED(carry_checkpoint(b, a), AGREEMENT_STANDING);
  PUHUI_REFUSED(accuse(evidence()), AGREEMENT_STANDING);
  EXPECT_EQ(agreement_at(b, a)->standing(), v1::IN_FORCE);
  // What must end, ends by what was accepted before.
  a.now = sent.time + kAnswerWithin;
  const auto voided = void_import(a, proof);
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, voided.leaf)));
}

TEST_F(PartnersLog, ThatForkedIsTrustedAgainByGovernanceAlone) {
  PUHUI_ACCEPTED(accuse(evidence()));
  auto by_operator = a.event("operator");
  by_operator.mutable_set_agreement()->set_partner("XIANGYANG");
  by_operator.mutable_set_agreement()->set_standing(v1::IN_FORCE);
  by_operator.mutable_set_agreement()->set_reason("it was a mistake");
  PUHUI_FAILED(a.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  PUHUI_REFUSED(carry_checkpoint(b, a), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  EXPECT_EQ(log_at(a, b)->accused_at(), 0);
  EXPECT_EQ(log_at(a, b)->evidence_sha256(), "");
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  // Or by the next version.
  grow();
  PUHUI_ACCEPTED(accuse(evidence()));
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  grow();
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
}

// Whoever keeps the two roots of a size can show them in many ways.
TEST_F(PartnersLog, ThatForkedIsNotAccusedOfWhatWasForgiven) {
  const auto fork = forged();
  const auto shown = b.signed_note(fork), kept = b.signed_note(b.tree());
  PUHUI_ACCEPTED(accuse(evidence()));
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  PUHUI_REFUSED(accuse(evidence()), RETIREMENT_STATED);
  PUHUI_REFUSED(accuse(crypto::format_evidence({{}, {}, shown, kept})), RETIREMENT_STATED);
  PUHUI_REFUSED(accuse(crypto::format_evidence({{}, {}, b.signed_note(fork, 3), kept})),
                RETIREMENT_STATED);
  grow();
  auto view = b.view();
  PUHUI_REFUSED(accuse(crypto::format_evidence({view.root_at(fork.size),
                                                view.consistency_proof(fork.size, b.head().size),
                                                shown, b.signed_note(b.tree())})),
                RETIREMENT_STATED);
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::IN_FORCE);
  // Nor is it of any other root of that size, or of less; but of what it signs since.
  auto third = fork;
  third.root = crypto::sha256("a third tree");
  PUHUI_REFUSED(accuse(crypto::format_evidence({{}, {}, b.signed_note(third), kept})),
                RETIREMENT_STATED);
  PUHUI_ACCEPTED(accuse(evidence()));
  EXPECT_EQ(log_at(a, b)->forked_to(), b.head().size);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  PUHUI_REFUSED(accuse(crypto::format_evidence({{}, {}, shown, kept})), RETIREMENT_STATED);
}

TEST_F(PartnersLog, ThatWasSuspendedBeforeIsAccusedAllTheSame) {
  PUHUI_ACCEPTED(set_agreement(a, b, v1::STANDING_SUSPENDED));
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  PUHUI_ACCEPTED(accuse(evidence()));
  EXPECT_EQ(agreement_at(a, b)->reason(), "an inspection");
  grow();
  PUHUI_REFUSED(carry_checkpoint(b, a), AGREEMENT_STANDING);
}

TEST_F(PartnersLog, IsAccusedByEvidenceAlone) {
  const auto note = b.signed_note(b.tree());
  const auto of = [](const std::string& one, const std::string& other) {
    return crypto::format_evidence({{}, {}, one, other});
  };
  PUHUI_REFUSED(accuse(""), PROOF_MALFORMED);
  PUHUI_REFUSED(accuse("puhui-evidence/v1\n"), PROOF_MALFORMED);
  PUHUI_REFUSED(accuse(of(note, note)), PROOF_INVALID);
  auto by_another = forged();
  PUHUI_REFUSED(accuse(of(note, a.signed_note(by_another))), NOTE_UNVERIFIED);
  by_another.origin = a.origin();
  PUHUI_REFUSED(accuse(of(note, b.signed_note(by_another))), CHECKPOINT_ORIGIN);
  PUHUI_REFUSED(accuse(of(a.signed_note(a.tree()), note)), NOTE_UNVERIFIED);
  // An older head of the same tree contradicts nothing.
  const auto size = log_at(a, b)->size();
  auto view = b.view();
  const crypto::Checkpoint older{b.origin(), size, view.root_at(size), {}};
  PUHUI_REFUSED(accuse(crypto::format_evidence({view.root_at(size),
                                                view.consistency_proof(size, view.head().size),
                                                b.signed_note(older), note})),
                PROOF_INVALID);
  PUHUI_REFUSED(a.send(accusation(a, a, evidence()), {"operator"}), AGREEMENT_UNKNOWN);
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::IN_FORCE);
}

}  // namespace
}  // namespace puhui::ledger::testing
