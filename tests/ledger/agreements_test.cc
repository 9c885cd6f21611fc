// Agreements of recognition: their form, versions, signatures, standing, and renewed keys.
#include <gtest/gtest.h>

#include <functional>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

using Change = std::function<void(v1::Agreement&)>;

struct Agreements : TwoCities {
  // As agreed, but for this, and signed as it is.
  Answer with(const Change& change) {
    auto agreement = agreement_between(a, b);
    change(agreement);
    return file_agreement(a, b, agreement);
  }
  static v1::RecognitionTerms& terms(v1::Agreement& agreement) {
    return *agreement.mutable_terms(0);
  }
  // A side whose policy is this.
  static void set_policy(v1::CitySide& side, const crypto::Policy& policy) {
    side.set_policy(crypto::format_policy(policy));
  }
};

TEST_F(Agreements, AreOnBothLedgers) {
  const auto agreement = agreement_between(a, b);
  agree(a, b, agreement);
  for (const auto* city : {&a, &b}) {
    const auto record = *agreement_at(*city, city == &a ? b : a);
    EXPECT_EQ(record.agreement().SerializeAsString(), agreement.SerializeAsString());
    EXPECT_EQ(record.standing(), v1::IN_FORCE);
    EXPECT_EQ(record.standing_at(), record.filed_at());
  }
  const auto log = *log_at(a, b);
  EXPECT_EQ(log.side().SerializeAsString(), b.side().SerializeAsString());
  EXPECT_EQ(log.origin(), "log.example/XIANGYANG");
  EXPECT_EQ(log.size(), 0);
  EXPECT_EQ(log.sequence(), 0);
}

// ---- Form ----

TEST_F(Agreements, HaveAForm) {
  using A = v1::Agreement;
  const std::vector<Change> faults = {
      [](A& g) { g.clear_agreement(); },
      [](A& g) { g.set_agreement("Mutual Recognition"); },
      [](A& g) { g.set_version(0); },
      [](A& g) { g.mutable_sides()->RemoveLast(); },
      [](A& g) { *g.add_sides() = g.sides(1); },
      [](A& g) { g.mutable_sides()->SwapElements(0, 1); },
      [](A& g) { *g.mutable_sides(1) = g.sides(0); },
      [](A& g) { g.mutable_sides(1)->set_city("xiangyang"); },
      [](A& g) { g.mutable_sides(1)->mutable_lineage()->pop_back(); },
      [](A& g) { g.mutable_sides(1)->clear_policy(); },
      [](A& g) { g.mutable_sides(1)->set_policy("log\nquorum none\n"); },
      [](A& g) { g.mutable_sides(1)->mutable_policy()->append(16 * 1024, '\n'); },
      [](A& g) { g.mutable_sides(1)->clear_authority(); },
      [](A& g) { g.mutable_sides(1)->mutable_authority(0)->set_public_key("x"); },
      [](A& g) { *g.mutable_sides(1)->mutable_authority(0) = g.sides(1).authority(1); },
      [](A& g) { g.mutable_sides(1)->set_authority_keys(0); },
      [](A& g) { g.mutable_sides(1)->set_authority_keys(3); },
      [](A& g) { terms(g).set_taker("YICHANG"); },
      [](A& g) { terms(g).set_taker(g.terms(1).taker()); },
      [](A& g) { terms(g).mutable_methodologies(0)->clear_methodology(); },
      [](A& g) { terms(g).mutable_methodologies(0)->clear_recognised_as(); },
      [](A& g) { terms(g).mutable_methodologies(0)->add_versions(""); },
      [](A& g) { terms(g).mutable_methodologies(0)->add_versions("V10..V9"); },
      [](A& g) { terms(g).mutable_methodologies(0)->add_versions("V1.."); },
      [](A& g) { *terms(g).add_methodologies() = g.terms(0).methodologies(0); },
      [](A& g) { terms(g).set_vintage_from(2027); },
      [](A& g) { terms(g).set_year_quota_kg(0); },
      [](A& g) { terms(g).set_year_quota_kg(-1); },
      [](A& g) { terms(g).add_purpose_caps()->set_max_kg(1); },
      [](A& g) { terms(g).set_dispute_window(-1); },
      [](A& g) { terms(g).set_dispute_window(3'654 * kMicrosPerDay); },
      [](A& g) { g.clear_effective_to(); },
      [](A& g) { g.set_effective_from(g.effective_to()); },
      [](A& g) { g.set_effective_from(-1); },
      [](A& g) { g.set_effective_to(kTimeMax + 1); },
      [](A& g) { g.set_dead_after(-1); },
      [](A& g) { g.set_dead_after(3'654 * kMicrosPerDay); },
      [](A& g) { g.set_answer_within(0); },
      [](A& g) { g.set_answer_within(3'654 * kMicrosPerDay); },
      [](A& g) { g.set_document_sha256("x"); },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    SCOPED_TRACE(i);
    PUHUI_REFUSED(with(faults[i]), AGREEMENT_MALFORMED);
  }
  for (const auto* discount : {"", "0", "0.0", "-1", "1.1", "11/10", "x", "1/0", "0,9"}) {
    SCOPED_TRACE(discount);
    PUHUI_REFUSED(with([&](A& g) { terms(g).set_discount(discount); }), AGREEMENT_MALFORMED);
  }
  EXPECT_FALSE(agreement_at(a, b));
}

TEST_F(Agreements, AreOfBoundedSize) {
  using A = v1::Agreement;
  PUHUI_REFUSED(with([](A& g) {
                  for (int i = 0; i < 200; ++i) {
                    auto* added = terms(g).add_methodologies();
                    added->set_methodology("M" + std::to_string(i));
                    added->set_recognised_as("M");
                  }
                }),
                AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with([](A& g) {
                  for (int i = 0; i < 33; ++i)
                    terms(g).mutable_methodologies(0)->add_versions("V" + std::to_string(i));
                }),
                AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with([](A& g) {
                  for (int i = 0; i < 33; ++i)
                    terms(g).add_purpose_caps()->set_purpose("p" + std::to_string(i));
                }),
                AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with([](A& g) {
                  for (int i = 0; i < 15; ++i)
                    g.mutable_sides(1)->add_authority()->set_public_key(
                        key_of("key " + std::to_string(i)).public_key().encode());
                }),
                AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with([](A& g) {
                  for (const auto* purpose : {"voluntary", "neutrality", "voluntary"})
                    terms(g).add_purpose_caps()->set_purpose(purpose);
                }),
                AGREEMENT_MALFORMED);
}

TEST_F(Agreements, AreTheOneEncodingOfTheirParts) {
  const auto bytes = agreement_between(a, b).SerializeAsString();
  const auto with_bytes = [this](const std::string& these) {
    return a.send(agreement_event(a, b, these), {"bureau"});
  };
  PUHUI_REFUSED(with_bytes(""), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with_bytes("x"), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with_bytes(bytes.substr(1)), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with_bytes(bytes + bytes), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with_bytes(bytes + std::string("\xfa\x3f\x01x", 4)), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with_bytes(std::string(kAgreementSizeMax + 1, '\0')), AGREEMENT_MALFORMED);
  PUHUI_ACCEPTED(with_bytes(bytes));
}

TEST_F(Agreements, NameOneLogOfEachSide) {
  auto two_logs = b.policy();
  two_logs.logs.push_back(
      {{"log.example/OTHER", crypto::NoteKeyType::ed25519, key_of("another log").public_key()},
       ""});
  PUHUI_REFUSED(with([&](auto& g) { set_policy(*g.mutable_sides(1), two_logs); }),
                AGREEMENT_MALFORMED);
  auto no_log = b.policy();
  no_log.logs.clear();
  PUHUI_REFUSED(with([&](auto& g) { set_policy(*g.mutable_sides(1), no_log); }),
                AGREEMENT_MALFORMED);
}

// ---- Whose it is ----

TEST_F(Agreements, SayOfThisCityWhatItsLedgerSays) {
  PUHUI_REFUSED(with([](auto& g) { g.mutable_sides(0)->set_lineage(std::string(32, 'x')); }),
                AGREEMENT_MALFORMED);
  auto other_key = a.policy();
  other_key.logs.front().key.key = key_of("another log").public_key();
  PUHUI_REFUSED(with([&](auto& g) { set_policy(*g.mutable_sides(0), other_key); }),
                AGREEMENT_MALFORMED);
  auto other_origin = a.policy();
  other_origin.logs.front().key.name = "log.example/OTHER";
  PUHUI_REFUSED(with([&](auto& g) { set_policy(*g.mutable_sides(0), other_origin); }),
                AGREEMENT_MALFORMED);
  for (const auto* name : {"operator", "nobody"})
    PUHUI_REFUSED(with([&](auto& g) {
                    auto* key = g.mutable_sides(0)->mutable_authority(1);
                    key->set_public_key(a.public_key(name));
                  }),
                  AGREEMENT_MALFORMED);
  auto revoked = a.event("bureau");
  revoked.mutable_revoke_key()->set_party("bureau");
  revoked.mutable_revoke_key()->set_key_id(
      std::string(a.secret("bureau#2").public_key().key_id().view()));
  revoked.mutable_revoke_key()->set_reason("lost");
  PUHUI_ACCEPTED(a.send(revoked, {"bureau"}));
  PUHUI_REFUSED(with([](auto&) {}), AGREEMENT_MALFORMED);
}

TEST_F(Agreements, OfOtherCitiesAreNotFiledHere) {
  SovereignCity c{{"YICHANG", "P3"}};
  PUHUI_REFUSED(file_agreement(a, b, agreement_between(b, c)), AGREEMENT_MALFORMED);
}

// ---- Signatures ----

TEST_F(Agreements, AreSignedByTheOtherAuthority) {
  const auto bytes = agreement_between(a, b).SerializeAsString();
  const auto with_signatures = [&](const AuthoritySignatures& signatures) {
    auto payload = agreement_event(a, b, bytes);
    *payload.mutable_file_agreement()->mutable_partner_signatures() = signatures;
    return a.send(payload, {"bureau"});
  };
  PUHUI_REFUSED(with_signatures({}), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with_signatures(a.by_authority(kAgreementWord, bytes)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with_signatures(b.signed_by({"bureau"}, kAgreementWord, bytes)),
                AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with_signatures(b.signed_by({"bureau", "bureau"}, kAgreementWord, bytes)),
                AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with_signatures(b.signed_by({"bureau", "operator"}, kAgreementWord, bytes)),
                AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with_signatures(b.by_authority(kRenewalWord, bytes)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with_signatures(b.by_authority(kAgreementWord, bytes + "x")), AGREEMENT_SIGNATURE);
  auto swapped = b.by_authority(kAgreementWord, bytes);
  swapped.Mutable(0)->mutable_signature()->swap(*swapped.Mutable(1)->mutable_signature());
  PUHUI_REFUSED(with_signatures(swapped), AGREEMENT_SIGNATURE);
  // Others beside them do not count, and do no harm.
  PUHUI_ACCEPTED(
      with_signatures(b.signed_by({"owner", "bureau", "bureau#2"}, kAgreementWord, bytes)));
}

TEST_F(Agreements, AreFiledByTheAuthority) {
  auto payload = agreement_event(a, b, agreement_between(a, b).SerializeAsString());
  payload.set_party("operator");
  PUHUI_FAILED(a.send(payload, {"operator"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(a.send(payload, {"operator", "bureau"}));
}

TEST_F(Agreements, MayBeFiledByVote) {
  auto rules = recognition_rules("by vote");
  auto& ballot = *rules.add_ballots();
  ballot.set_action("agreement.file");
  ballot.set_voters(v1::AUTHORITY);
  ballot.set_approvals(1);
  ballot.set_voting(kMicrosPerDay);
  ballot.set_execution(kMicrosPerDay);
  ballot.add_proposers(v1::OPERATOR);
  PUHUI_ACCEPTED(file_rules(a, rules));
  auto proposed = a.event("operator");
  proposed.mutable_propose()->set_proposal("recognise");
  const auto bytes = agreement_between(a, b).SerializeAsString();
  *proposed.mutable_propose()->mutable_resolution()->mutable_file_agreement() =
      agreement_event(a, b, bytes).file_agreement();
  PUHUI_ACCEPTED(a.send(proposed, {"operator"}));
  auto vote = a.event("bureau");
  vote.mutable_vote()->set_proposal("recognise");
  vote.mutable_vote()->set_approve(true);
  PUHUI_ACCEPTED(a.send(vote, {"bureau"}));
  auto executed = a.event("operator");
  executed.mutable_execute()->set_proposal("recognise");
  PUHUI_ACCEPTED(a.send(executed, {"operator"}));
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::IN_FORCE);
}

// ---- Versions ----

TEST_F(Agreements, FollowOneAnother) {
  PUHUI_REFUSED(file_agreement(a, b, agreement_between(a, b, 2)), AGREEMENT_VERSION);
  agree(a, b, agreement_between(a, b));
  PUHUI_REFUSED(file_agreement(a, b, agreement_between(a, b, 1)), AGREEMENT_VERSION);
  PUHUI_REFUSED(file_agreement(a, b, agreement_between(a, b, 3)), AGREEMENT_VERSION);
  auto next = agreement_between(a, b, 2);
  terms_of_taker(next, b).set_discount("1/3");
  agree(a, b, next);
  EXPECT_EQ(agreement_at(a, b)->agreement().version(), 2);
  for (const std::uint32_t version : {1, 2})
    EXPECT_EQ(stored<v1::Agreement>(a, key::agreement_version("XIANGYANG", version))->version(),
              version);
}

TEST_F(Agreements, KeepToOneLog) {
  agree(a, b, agreement_between(a, b));
  const auto next = [this](const std::function<void(v1::CitySide&)>& change) {
    auto agreement = agreement_between(a, b, 2);
    change(*agreement.mutable_sides(1));
    return file_agreement(a, b, agreement);
  };
  PUHUI_REFUSED(next([](auto& side) { side.set_lineage(std::string(32, 'x')); }),
                AGREEMENT_MALFORMED);
  auto other_origin = b.policy();
  other_origin.logs.front().key.name = "log.example/OTHER";
  PUHUI_REFUSED(next([&](auto& side) { set_policy(side, other_origin); }), AGREEMENT_MALFORMED);
  // Its keys may change, signed by those known before.
  auto other_key = b.policy();
  other_key.logs.front().key.key = key_of("another log").public_key();
  PUHUI_ACCEPTED(next([&](auto& side) { set_policy(side, other_key); }));
}

// Or what one sends could have the name of what another sent.
TEST_F(Agreements, AreOfOneLineageEach) {
  agree(a, b, agreement_between(a, b));
  SovereignCity c{{"JINGZHOU", "P3"}};
  for (const auto& lineage : {a.lineage(), b.lineage()}) {
    auto agreement = agreement_between(a, c);
    for (auto& side : *agreement.mutable_sides())
      if (side.city() == c.code()) side.set_lineage(std::string(lineage));
    PUHUI_REFUSED(file_agreement(a, c, agreement), AGREEMENT_MALFORMED);
  }
  PUHUI_ACCEPTED(file_agreement(a, c, agreement_between(a, c)));
}

TEST_F(Agreements, WithSeveralCitiesStandApart) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(a, b, agreement_between(a, b));
  agree(a, c, agreement_between(a, c));
  PUHUI_ACCEPTED(set_agreement(a, c, v1::CLOSED));
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::IN_FORCE);
  EXPECT_EQ(agreement_at(a, c)->standing(), v1::CLOSED);
}

// ---- Standing ----

TEST_F(Agreements, AreSuspendedResumedAndClosed) {
  PUHUI_REFUSED(set_agreement(a, b, v1::STANDING_SUSPENDED), AGREEMENT_UNKNOWN);
  agree(a, b, agreement_between(a, b));
  PUHUI_REFUSED(set_agreement(a, b, v1::IN_FORCE), STANDING_INVALID);
  PUHUI_REFUSED(set_agreement(a, b, v1::WITHDRAWN), STANDING_INVALID);
  PUHUI_REFUSED(set_agreement(a, b, v1::STANDING_UNSPECIFIED), STANDING_INVALID);
  const auto suspended = set_agreement(a, b, v1::STANDING_SUSPENDED);
  PUHUI_ACCEPTED(suspended);
  const auto record = *agreement_at(a, b);
  EXPECT_EQ(record.standing(), v1::STANDING_SUSPENDED);
  EXPECT_EQ(record.standing_at(), static_cast<std::int64_t>(suspended.leaf));
  EXPECT_EQ(record.standing_time(), suspended.time);
  EXPECT_EQ(record.reason(), "an inspection");
  EXPECT_EQ(agreement_at(b, a)->standing(), v1::IN_FORCE) << "each city decides for itself";
  PUHUI_REFUSED(set_agreement(a, b, v1::STANDING_SUSPENDED), STANDING_INVALID);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  PUHUI_ACCEPTED(set_agreement(a, b, v1::STANDING_SUSPENDED));
  PUHUI_ACCEPTED(set_agreement(a, b, v1::CLOSED));
  PUHUI_REFUSED(set_agreement(a, b, v1::IN_FORCE), STANDING_INVALID);
  PUHUI_REFUSED(set_agreement(a, b, v1::STANDING_SUSPENDED), STANDING_INVALID);
  PUHUI_REFUSED(set_agreement(a, b, v1::CLOSED), STANDING_INVALID);
  // A new version is a new agreement.
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::IN_FORCE);
}

TEST_F(Agreements, ChangeTheirStandingByTheAuthorityWithAReason) {
  agree(a, b, agreement_between(a, b));
  v1::SetAgreement action;
  action.set_partner("XIANGYANG");
  action.set_standing(v1::STANDING_SUSPENDED);
  auto payload = a.event("operator");
  *payload.mutable_set_agreement() = action;
  PUHUI_REFUSED(a.send(payload, {"operator"}), EVENT_MALFORMED);
  payload = a.event("operator");
  *payload.mutable_set_agreement() = action;
  payload.mutable_set_agreement()->set_reason("an inspection");
  PUHUI_FAILED(a.send(payload, {"operator"}), SIGNATURE_MISSING);
  payload.mutable_set_agreement()->mutable_decision()->set_name("no hash");
  PUHUI_REFUSED(a.send(payload, {"operator", "bureau"}), EVENT_MALFORMED);
}

TEST_F(Agreements, HoldInTheirTime) {
  PUHUI_ACCEPTED(a.issue_kg(10));
  auto agreement = agreement_between(a, b);
  agreement.set_effective_from(kNoon + kMicrosPerDay);
  agreement.set_effective_to(kNoon + 2 * kMicrosPerDay);
  agree(a, b, agreement);
  a.now = agreement.effective_from() - 1;
  PUHUI_REFUSED(export_units(a, b, {{{1, 5}}}), AGREEMENT_STANDING);
  a.now = agreement.effective_from();
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 5}}}));
  a.now = agreement.effective_to();
  PUHUI_REFUSED(export_units(a, b, {{{6, 10}}}), AGREEMENT_STANDING);
}

// ---- Renewal of keys ----

struct Renewals : TwoCities {
  void SetUp() override { agree(a, b, agreement_between(a, b)); }

  // The other city with another node and other keys of its authority.
  [[nodiscard]] v1::CitySide renewed() const {
    auto policy = b.policy();
    policy.witnesses.front().key.key = b.secret("node9").public_key();
    auto side = b.side();
    side.set_policy(crypto::format_policy(policy));
    side.clear_authority();
    side.add_authority()->set_public_key(b.public_key("bureau#3"));
    side.set_authority_keys(1);
    return side;
  }
  Answer renew(const v1::CitySide& side, std::uint32_t sequence, const Signers& signers) {
    v1::SideRenewal renewal;
    *renewal.mutable_side() = side;
    renewal.set_sequence(sequence);
    return renew(renewal.SerializeAsString(), signers);
  }
  Answer renew(const std::string& bytes, const Signers& signers) {
    auto payload = a.event("operator");
    auto& action = *payload.mutable_renew_partner();
    action.set_renewal(bytes);
    *action.mutable_partner_signatures() = b.signed_by(signers, kRenewalWord, bytes);
    return a.send(payload, {"operator"});
  }
  const Signers old_keys = {"bureau", "bureau#2"};
};

TEST_F(Renewals, AreSignedByTheKeysKnownUntilThen) {
  PUHUI_REFUSED(renew(renewed(), 1, {"bureau#3"}), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(renew(renewed(), 1, {"bureau", "bureau#3"}), AGREEMENT_SIGNATURE);
  PUHUI_ACCEPTED(renew(renewed(), 1, old_keys));
  EXPECT_EQ(log_at(a, b)->sequence(), 1);
  EXPECT_EQ(log_at(a, b)->side().authority_size(), 1);
  PUHUI_REFUSED(renew(b.side(), 2, old_keys), AGREEMENT_SIGNATURE);
  PUHUI_ACCEPTED(renew(b.side(), 2, {"bureau#3"}));
  // So is the next version of the agreement.
  PUHUI_ACCEPTED(renew(renewed(), 3, old_keys));
  auto next = agreement_between(a, b, 2);
  *next.mutable_sides(1) = renewed();
  PUHUI_REFUSED(file_agreement(a, b, next), AGREEMENT_SIGNATURE);
  const auto bytes = next.SerializeAsString();
  auto payload = agreement_event(a, b, bytes);
  *payload.mutable_file_agreement()->mutable_partner_signatures() =
      b.signed_by({"bureau#3"}, kAgreementWord, bytes);
  PUHUI_ACCEPTED(a.send(payload, {"bureau"}));
}

TEST_F(Renewals, FollowOneAnother) {
  PUHUI_REFUSED(renew(renewed(), 0, old_keys), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(renew(renewed(), 2, old_keys), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(renew(renewed(), 1, old_keys));
  PUHUI_REFUSED(renew(renewed(), 1, {"bureau#3"}), AGREEMENT_VERSION);
  PUHUI_REFUSED(renew(renewed(), 3, {"bureau#3"}), AGREEMENT_VERSION);
}

TEST_F(Renewals, KeepToOneCityAndLog) {
  auto side = renewed();
  side.set_lineage(std::string(32, 'x'));
  PUHUI_REFUSED(renew(side, 1, old_keys), AGREEMENT_MALFORMED);
  side = renewed();
  side.set_city("YICHANG");
  PUHUI_REFUSED(renew(side, 1, old_keys), AGREEMENT_UNKNOWN);
  side = renewed();
  auto policy = b.policy();
  policy.logs.front().key.name = "log.example/OTHER";
  side.set_policy(crypto::format_policy(policy));
  PUHUI_REFUSED(renew(side, 1, old_keys), AGREEMENT_MALFORMED);
  side = renewed();
  side.clear_policy();
  PUHUI_REFUSED(renew(side, 1, old_keys), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(renew("", old_keys), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(renew("x", old_keys), AGREEMENT_MALFORMED);
}

TEST_F(Renewals, DecideWhoseCosignaturesCount) {
  PUHUI_ACCEPTED(renew(renewed(), 1, old_keys));
  // Of the first two nodes, the one that is not known any more does not count.
  PUHUI_REFUSED(carry_checkpoint(b, a), POLICY_UNMET);
  PUHUI_ACCEPTED(a.send(checkpoint_event(b, a, b.signed_note(b.tree(), 3)), {"operator"}));
}

}  // namespace
}  // namespace puhui::ledger::testing
