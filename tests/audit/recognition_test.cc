// Agreements of cities that recognise each other, proofs, and what comes by them, judged again.
#include "crypto/evidence.h"
#include "tests/audit/judged_cities.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

struct AuditedRecognition : AuditedCities {
  v1::Payload renewing(std::uint32_t sequence, const v1::CitySide& side, std::uint32_t epoch = 0,
                       std::uint64_t kept_leaves = 0) {
    v1::SideRenewal renewal;
    renewal.set_sequence(sequence);
    renewal.set_epoch(epoch);
    renewal.set_kept_leaves(kept_leaves);
    *renewal.mutable_side() = side;
    auto payload = a.event("operator");
    auto& action = *payload.mutable_renew_partner();
    action.set_renewal(renewal.SerializeAsString());
    *action.mutable_partner_signatures() = b.by_authority(kRenewalWord, action.renewal());
    return payload;
  }
  // Two trees of one size, both signed.
  v1::Payload accusing() {
    crypto::Evidence evidence;
    evidence.smaller = b.signed_note({b.origin(), 7, crypto::sha256("one"), {}});
    evidence.larger = b.signed_note({b.origin(), 7, crypto::sha256("other"), {}});
    auto payload = a.event("operator");
    payload.mutable_accuse_partner()->set_partner(b.code());
    payload.mutable_accuse_partner()->set_evidence(crypto::format_evidence(evidence));
    return payload;
  }
};

// ---- Agreements ---------------------------------------------------------------------------------

TEST_F(AuditedRecognition, HowAgreementsStand) {
  recognise();
  PUHUI_ACCEPTED(set_agreement(a, b, v1::STANDING_SUSPENDED));
  refuses(export_event(a, b, {{{1, 10}}}), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  auto renewed = b.side();
  renewed.set_authority_keys(1);
  PUHUI_ACCEPTED(a.send(renewing(1, renewed), {"operator"}));
  refuses(renewing(1, renewed), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  PUHUI_ACCEPTED(a.send(accusing(), {"operator"}));
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::STANDING_SUSPENDED);
  refuses(accusing(), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  refuses(accusing(), RETIREMENT_STATED);
  PUHUI_ACCEPTED(b.issue_kg(1));
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  PUHUI_ACCEPTED(a.send(closing(), {"bureau"}));
  refuses(closing(), STANDING_INVALID);
  expect_clean(a);
}

TEST_F(AuditedRecognition, AreSetByGovernance) {
  recognise();
  auto rules = recognition_rules("votes");
  auto& ballot = *rules.add_ballots();
  ballot.set_action("agreement.set");
  ballot.set_voters(v1::AUTHORITY);
  ballot.set_approvals(1);
  ballot.set_voting(kMicrosPerDay);
  ballot.set_execution(kMicrosPerDay);
  PUHUI_ACCEPTED(file_rules(a, rules));
  v1::Propose proposal;
  proposal.set_proposal("suspend");
  auto& action = *proposal.mutable_resolution()->mutable_set_agreement();
  action.set_partner(b.code());
  action.set_standing(v1::STANDING_SUSPENDED);
  action.set_reason("decided");
  PUHUI_ACCEPTED(act(a, proposal, {"bureau"}));
  v1::Vote vote;
  vote.set_proposal("suspend");
  vote.set_approve(true);
  PUHUI_ACCEPTED(act(a, vote, {"bureau"}));
  v1::Execute execution;
  execution.set_proposal("suspend");
  auto repeated = a.event("bureau");
  *repeated.mutable_execute() = execution;
  *repeated.mutable_execute()->mutable_resolution() = proposal.resolution();
  refuses(repeated, EVENT_MALFORMED);
  PUHUI_ACCEPTED(act(a, execution, {"bureau"}));
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::STANDING_SUSPENDED);
  expect_clean(a);
}

TEST_F(AuditedRecognition, FindsAgreementsThatNobodySigned) {
  auto agreement = agreement_between(a, b);
  auto bytes = agreement.SerializeAsString();
  auto alone = agreement_event(a, b, bytes);
  alone.mutable_file_agreement()->mutable_partner_signatures()->DeleteSubrange(1, 1);
  refuses(alone, AGREEMENT_SIGNATURE);
  refuses(agreement_event(a, b, bytes + std::string("\xf8\x07\x01")), AGREEMENT_MALFORMED);
  agreement.set_version(2);
  refuses(agreement_event(a, b, agreement.SerializeAsString()), AGREEMENT_VERSION);
  agreement.set_version(1);
  terms_of_taker(agreement, b).set_discount("1.1");
  refuses(agreement_event(a, b, agreement.SerializeAsString()), AGREEMENT_MALFORMED);
  terms_of_taker(agreement, b).set_discount("0.9");
  agreement.set_dead_after(agreement.answer_within());
  refuses(agreement_event(a, b, agreement.SerializeAsString()), AGREEMENT_MALFORMED);
  agreement.set_dead_after(kDeadAfter);
  agreement.mutable_sides(0)->set_lineage(b.lineage());  // this city's side
  refuses(agreement_event(a, b, agreement.SerializeAsString()), AGREEMENT_MALFORMED);
  const auto unsigned_here = agreement_event(a, b, bytes);
  auto by_operator = unsigned_here;
  by_operator.set_party("operator");
  expect_failed(a.sealed(by_operator, {"operator"}), SIGNATURE_MISSING);
}

// ---- Proofs -------------------------------------------------------------------------------------

TEST_F(AuditedRecognition, FindsCheckpointsThatDoNotFollow) {
  recognise();
  const auto checkpoint = b.tree();
  refuses(checkpoint_event(b, a, b.signed_note(checkpoint)), CHECKPOINT_STALE);
  PUHUI_ACCEPTED(b.issue_kg(1));
  refuses(checkpoint_event(b, a, b.signed_note(b.tree(), 1)), POLICY_UNMET);
  auto forked = b.tree();
  forked.root = crypto::sha256("another");
  refuses(checkpoint_event(b, a, b.signed_note(forked)), PROOF_INVALID);
  refuses(checkpoint_event(a, a, b.signed_note(b.tree())), AGREEMENT_UNKNOWN);
}

TEST_F(AuditedRecognition, FindsWhatIsNotProved) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  auto other = proof;
  other.set_tree_size(proof.tree_size() + 1);
  refuses(import_event(a, other), CHECKPOINT_NOT_ACCEPTED);
  other = proof;
  other.set_index(proof.index() - 1);
  refuses(import_event(a, other), PROOF_INVALID);
  other = proof;
  other.set_entry(b.view().entry(proof.index() - 1));
  refuses(import_event(a, other), PROOF_INVALID);
  other = b.proven(proof.index() - 1, proof.tree_size());
  refuses(voiding(other), LEAF_UNEXPECTED);
  refuses(concluding(proof), LEAF_UNEXPECTED);
}

TEST_F(AuditedRecognition, FindsEntriesThatALaterEpochLost) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  auto policy = b.policy();
  policy.logs.front().key.name += "/2";
  auto side = b.side();
  side.set_policy(crypto::format_policy(policy));
  refuses(renewing(1, side), AGREEMENT_MALFORMED);
  refuses(renewing(1, side, 2, proof.index()), AGREEMENT_MALFORMED);
  PUHUI_ACCEPTED(a.send(renewing(1, side, 1, proof.index()), {"operator"}));
  refuses(import_event(a, proof), LEAF_LOST);
  expect_clean(a);
}

// ---- Imports ------------------------------------------------------------------------------------

TEST_F(AuditedRecognition, FindsImportsOfWhatWasNotRecognised) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  auto more = import_event(a, proof);
  more.mutable_import()->set_recognised_kg(10);
  more.mutable_import()->clear_discounted();
  refuses(more, DISCOUNT_DIFFERS);
  auto others = import_event(a, proof);
  others.mutable_import()->mutable_discounted(0)->set_start(1);
  others.mutable_import()->mutable_discounted(0)->set_end(1);
  refuses(others, DISCOUNT_DIFFERS);
  refuses(refusing(proof, QUOTA_EXCEEDED), TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(import_units(a, proof));
  expect_clean(a);
}

// What was sent under a version is taken by its terms, whatever was agreed since; where that one is
// not filed yet, it will be.
TEST_F(AuditedRecognition, FindsUnitsThatAreTakenByAnotherVersion) {
  recognise();
  const auto first = sent_here({{1, 10}});
  auto next = agreement_between(a, b, 2);
  terms_of_taker(next, a).set_discount("0.5");
  next.set_answer_within(kMicrosPerDay);
  PUHUI_ACCEPTED(file_agreement(b, a, next));
  const auto later = sent_here({{11, 20}});
  refuses(import_event(a, later), AGREEMENT_VERSION);
  refuses(refusing(later, AGREEMENT_VERSION), TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  auto half = import_event(a, first);
  half.mutable_import()->set_recognised_kg(5);
  half.mutable_import()->mutable_discounted(0)->set_start(6);
  refuses(half, DISCOUNT_DIFFERS);
  PUHUI_ACCEPTED(import_units(a, first));
  EXPECT_EQ(a.held("owner-main"), 109);
  const auto imported = import_units(a, later);
  PUHUI_ACCEPTED(imported);
  EXPECT_EQ(a.held("owner-main"), 114);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  expect_all_clean();
}

TEST_F(AuditedRecognition, FindsRefusalsBecauseAVersionBeginsLater) {
  auto first = agreement_between(a, b);
  first.set_effective_to(a.now + kMicrosPerDay);
  recognise(first);
  const auto proof = sent_here({{1, 10}});
  auto next = agreement_between(a, b, 2);
  next.set_effective_from(first.effective_to() + kMicrosPerDay);
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  a.now = first.effective_to();
  refuses(import_event(a, proof), AGREEMENT_STANDING);
  refuses(refusing(proof, AGREEMENT_STANDING), TRANSFER_ACCEPTABLE);
  a.now = next.effective_from();
  PUHUI_ACCEPTED(import_units(a, proof));
  expect_clean(a);
}

TEST_F(AuditedRecognition, FindsASecondAnswer) {
  recognise();
  const auto taken = sent_here({{1, 10}});
  PUHUI_ACCEPTED(import_units(a, taken));
  refuses(import_event(a, taken), TRANSFER_ANSWERED);
  a.now += kAnswerWithin;
  refuses(voiding(taken), TRANSFER_ANSWERED);
  const auto left = sent_here({{11, 20}});
  a.now += kAnswerWithin;
  PUHUI_ACCEPTED(a.send(voiding(left), {"operator"}));
  refuses(import_event(a, left), TRANSFER_ANSWERED);
}

TEST_F(AuditedRecognition, FindsAnswersOnTheWrongSideOfTheDeadline) {
  recognise();
  const auto exported = export_units(b, a, {{{1, 10}}});
  const auto proof = carry(b, a, exported.leaf);
  a.now = exported.time + kAnswerWithin - 1;
  refuses(voiding(proof), TRANSFER_DEADLINE_RUNNING);
  a.now = exported.time + kAnswerWithin;
  refuses(import_event(a, proof), TRANSFER_DEADLINE_PASSED);
  PUHUI_ACCEPTED(a.send(voiding(proof), {"operator"}));
  expect_clean(a);
}

TEST_F(AuditedRecognition, FindsMoreThanTheQuota) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, a).set_year_quota_kg(20);
  recognise(agreement);
  PUHUI_ACCEPTED(import_units(a, sent_here({{1, 12}})));  // 10
  const auto over = sent_here({{13, 25}});                // 11
  refuses(import_event(a, over), QUOTA_EXCEEDED);
  PUHUI_ACCEPTED(import_units(a, sent_here({{26, 37}})));  // 10
  PUHUI_ACCEPTED(a.send(refusing(over, QUOTA_EXCEEDED), {"operator"}));
  expect_clean(a);
}

}  // namespace
}  // namespace puhui::node::audit::testing
