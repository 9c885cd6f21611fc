// The auditor's fold against a real ledger: nothing to find in an honest log, and the first bad
// leaf in a dishonest one.
#include "tests/audit/story.h"

namespace puhui::node::audit::testing {
namespace {

// One city for all tests here: what they tamper with is a copy of its log.
Story& story() {
  static Story story;
  return story;
}

// The last event of a kind.
std::size_t last_of(const std::vector<RawLeaf>& log, LeafKind kind) {
  auto at = log.size();
  while (at-- > 0)
    if (static_cast<LeafKind>(log[at].entry[8]) == kind) return at;
  return 0;
}
std::size_t first_with_attachment(const std::vector<RawLeaf>& log) {
  std::size_t at = 0;
  while (!log[at].attachment) ++at;
  return at;
}

TEST(Audit, FindsNothingInAnHonestLog) {
  const auto audit = audited(story().log);
  EXPECT_EQ(told(audit), "");
  EXPECT_EQ(audit.size(), story().head().size);
  EXPECT_EQ(audit.root(), story().head().root);
  EXPECT_EQ(audit.books().totals.DebugString(), story().totals().DebugString());
  EXPECT_GE(audit.counts().state_roots_compared, 4U);
  EXPECT_EQ(audit.counts().state_roots_compared, audit.counts().state_roots);
  EXPECT_EQ(audit.counts().ticks, 1U);
  EXPECT_EQ(audit.counts().attachments, 3U);
  EXPECT_EQ(audit.counts().records, 11U);
  EXPECT_FALSE(audit.first_missing());
}

TEST(Audit, FindsAChangedStateRoot) {
  auto log = story().log;
  const auto at = last_of(log, LeafKind::state_root);
  log[at].entry[12] ^= 1;
  const auto audit = audited(log);
  EXPECT_EQ(audit.first_bad(), at);
  EXPECT_EQ(audit.findings()[0].fault.code, "state_root.mismatch");
}

TEST(Audit, FindsAMissingAndASurplusStateRoot) {
  auto log = story().log;
  // One that a leaf follows: what may still come is not missing.
  const auto at = last_of({log.begin(), log.end() - 1}, LeafKind::state_root);
  const auto root = log[at];
  log.erase(log.begin() + static_cast<std::ptrdiff_t>(at));
  const auto missing = audited(log);
  EXPECT_EQ(missing.first_bad(), at);
  EXPECT_EQ(missing.findings()[0].fault.code, "state_root.missing");
  log = story().log;
  log.push_back(leaf_at(time_of(log.back()) + 1, LeafKind::state_root,
                        std::string_view(root.entry).substr(9)));
  EXPECT_EQ(audited(log).findings()[0].fault.code, "state_root.unexpected");
}

TEST(Audit, FindsTimeThatDoesNotIncrease) {
  auto log = story().log;
  auto& last = log.back();
  last = leaf_at(time_of(log[log.size() - 2]), static_cast<LeafKind>(last.entry[8]),
                 last.entry.substr(9));
  const auto audit = audited(log);
  EXPECT_EQ(audit.first_bad(), log.size() - 1);
  EXPECT_EQ(audit.findings()[0].fault.code, "entry.time");
}

TEST(Audit, FindsATickWithoutReasonAndBytesThatAreNoEntry) {
  auto log = story().log;
  log.push_back(leaf_at(time_of(log.back()) + 1, LeafKind::tick, ""));
  EXPECT_EQ(told(audited(log)), std::to_string(log.size() - 1) + " tick.nothing_due  [] []\n");
  log.back().entry[8] = 9;
  EXPECT_EQ(audited(log).findings()[0].fault.code, "entry.malformed");
  log.back().entry[8] = 1;
  EXPECT_EQ(audited(log).findings()[0].fault.code, "envelope.malformed");
  EXPECT_EQ(audited({{"123456789", {}}}).findings()[0].fault.code, "entry.malformed");
  EXPECT_EQ(audited({leaf_at(1, LeafKind::tick, "")}).findings()[0].fault.code, "genesis.missing");
}

TEST(Audit, FindsAForgedSignature) {
  auto log = story().log;
  const auto at = last_of(log, LeafKind::event);
  auto envelope = *crypto::decode_envelope(std::string_view(log[at].entry).substr(9));
  envelope.signatures[0].signature[5] ^= 1;
  log[at] = leaf_at(time_of(log[at]), LeafKind::event, *crypto::encode_envelope(envelope));
  const auto audit = audited(log);
  EXPECT_EQ(audit.first_bad(), at);
  EXPECT_EQ(audit.findings()[0].fault.code, "signature.invalid");
}

TEST(Audit, FindsAChangedAttachment) {
  auto log = story().log;
  const auto at = first_with_attachment(log);
  (*log[at].attachment)[20] ^= 1;
  const auto audit = audited(log);
  EXPECT_EQ(audit.first_bad(), at);
  EXPECT_EQ(audit.findings()[0].fault.code, "attachment.mismatch");
  log = story().log;
  log[at].attachment->pop_back();
  EXPECT_EQ(audited(log).findings()[0].fault.code, "record.malformed");
}

TEST(Audit, GoesOnWithoutAttachments) {
  auto log = story().log;
  const auto at = first_with_attachment(log);
  for (auto& leaf : log) leaf.attachment.reset();
  const auto audit = audited(log);
  EXPECT_EQ(told(audit), "");
  EXPECT_EQ(audit.first_missing(), at);
  EXPECT_EQ(audit.counts().attachments_missing, 3U);
  EXPECT_LT(audit.counts().state_roots_compared, audit.counts().state_roots);
}

// ---- Events that the rules refuse, in a log all the same ----

struct Bad {
  const char* what;
  const char* code;
  Sent sent;
};

v1::Payload transfers(const Move& move, std::int64_t amount_kg, const std::string& party) {
  auto payload = transfer_event(story(), move, party);
  payload.mutable_transfer()->set_amount_kg(amount_kg);
  return payload;
}
v1::Payload transfers(const Move& move, const SerialRanges& ranges) {
  auto payload = transfer_event(story(), move, "owner");
  add_serials(*payload.mutable_transfer(), ranges);
  return payload;
}
v1::Payload retires(const SerialRanges& ranges) {
  auto payload = retire_event(story(), "owner-side", "owner");
  add_serials(*payload.mutable_retire(), ranges);
  return payload;
}
v1::Payload reports(const std::string& name, Period period, const std::string& mwh) {
  auto payload = story().event("owner");
  *payload.mutable_submit_report() = pv_report(name, "P1", period, mwh);
  return payload;
}

std::vector<Bad> bad_holdings() {
  const Move out{"owner-main", "buyer-main"};
  auto both = transfers(out, {{1602, 1603}});
  both.mutable_transfer()->set_amount_kg(3);
  auto no_purpose = retires({{2100, 2100}});
  no_purpose.mutable_retire()->set_purpose("vanity");
  return {
      {"spends twice", "serial.not_owned", sign(transfers(out, {{1, 10}}), {"owner"})},
      {"serials never issued", "serial.not_owned",
       sign(transfers(out, {{9'000'000, 9'000'001}}), {"owner"})},
      {"reuses a retired serial", "serial.retired",
       sign(transfers({"owner-side", "owner-main"}, {{2490, 2510}}), {"owner"})},
      {"retires again", "serial.retired", sign(retires({{2700, 2700}}), {"owner"})},
      {"more than held", "balance.insufficient",
       sign(transfers(out, 100'000'000, "owner"), {"owner"})},
      {"nothing", "amount.zero", sign(transfers(out, 0, "owner"), {"owner"})},
      {"serials and an amount", "event.malformed", sign(both, {"owner"})},
      {"overlapping ranges", "serial.overlap",
       sign(transfers(out, {{1602, 1610}, {1605, 1620}}), {"owner"})},
      {"of another", "signature.missing",
       sign(transfers({"buyer-main", "owner-main"}, 1, "owner"), {"owner"})},
      {"to nobody", "account.unknown",
       sign(transfers({"owner-main", "moon"}, 1, "owner"), {"owner"})},
      {"no such purpose", "purpose.invalid", sign(no_purpose, {"owner"})},
  };
}

v1::Payload personal_by_provider() {
  auto payload = open_personal_event(story(), 50, 1);
  payload.set_party("provider");
  return payload;
}
v1::Payload methodology_by_one() {
  auto payload = story().event("operator");
  auto* m = payload.mutable_file_methodology()->mutable_methodology();
  *m = pv_methodology();
  m->set_code("WH-PV-2026");
  return payload;
}

std::vector<Bad> bad_signers() {
  const Move out{"owner-main", "owner-side"};
  auto late = transfers(out, 1, "owner");
  late.set_valid_until(kNoon);
  auto far = transfers(out, 1, "owner");
  far.set_valid_until(far.valid_until() + 30 * kMicrosPerDay);
  auto stranger = transfers(out, 1, "owner");
  stranger.set_city("SHENZHEN");
  auto grant = story().event("operator");
  grant.mutable_grant_role()->set_party("verifier");
  grant.mutable_grant_role()->mutable_grant()->set_role(v1::OPERATOR);
  return {
      {"a revoked key", "signature.revoked_key", sign(transfers(out, 1, "owner"), {"owner#2"})},
      {"a rotated key", "signature.unknown_key",
       sign(transfers({"buyer-main", "owner-main"}, 1, "buyer"), {"buyer"})},
      {"a stranger's key", "signature.unknown_key",
       sign(transfers(out, 1, "owner"), {"owner", "mallory"})},
      {"not signed by the acting party", "signature.missing",
       sign(transfers(out, 1, "operator"), {"owner"})},
      {"a role that is missing", "signature.missing", sign(personal_by_provider(), {"provider"})},
      {"too few experts", "signature.missing", sign(methodology_by_one(), {"operator", "expert1"})},
      {"a role conflict", "role.conflict", sign(grant, {"operator", "bureau"})},
      {"expired", "event_expired", sign(late, {"owner"})},
      {"too far ahead", "event.too_far_ahead", sign(far, {"owner"})},
      {"another city's", "wrong_city", sign(stranger, {"owner"})},
  };
}

std::vector<Bad> bad_reports() {
  auto outside = reports("out", {19'990, 20'010}, "1");
  auto party = story().event("bureau");
  *party.mutable_register_party() = founding_party("owner", {});
  auto project = story().event("operator");
  *project.mutable_file_project() = pv_project("P1");
  auto methodology = story().event("operator");
  *methodology.mutable_file_methodology()->mutable_methodology() = pv_methodology();
  methodology.mutable_file_methodology()->mutable_methodology()->set_version("V02");
  auto genesis = story().event("bureau");
  *genesis.mutable_genesis() = story_genesis();
  const auto nothing = attachment_with({{1, 900}});
  return {
      {"a period twice", "report.period_overlap",
       sign(reports("twice", {20'217, 20'219}, "1"), {"owner"})},
      {"outside the crediting period", "report.outside_crediting_period", sign(outside, {"owner"})},
      {"more than the bound", "input.out_of_bounds",
       sign(reports("much", {20'400, 20'410}, "1000000.001"), {"owner"})},
      {"a report twice", "report.exists", sign(reports("r1", {20'400, 20'410}, "1"), {"owner"})},
      {"verifies by the owner", "report.state", sign(verify_event(story(), "r1"), {"verifier"})},
      {"issues again", "report.state",
       sign(issue_event(story(), "r1", "X"), {"operator", "bureau"})},
      {"issues what is carried", "report.state",
       sign(issue_event(story(), "tiny", "X"), {"operator", "bureau"})},
      {"a party twice", "party.exists", sign(party, {"bureau"})},
      {"a project twice", "project.exists", sign(project, {"operator", "owner"})},
      {"versions that overlap", "methodology.overlap",
       sign(methodology, {"operator", "expert1", "expert2"})},
      {"a second genesis", "genesis.duplicate", sign(genesis, {"bureau"})},
      {"a claim twice", "claim.duplicate",
       sign_with(batch_event(story(), nothing), {"provider"}, nothing)},
  };
}

std::vector<Bad> bad_filings() {
  const auto start = story().view().batch("Q1")->start();
  const Move out{"owner-main", "owner-side"};
  const auto by_bureau = [](const v1::Payload& payload) { return sign(payload, {"bureau"}); };
  auto draft = draft_event(story(), "new", a_project("P7"));
  auto closed = standing_event(story(), "P2", v1::WITHDRAWN);
  auto version = pv_methodology();
  version.set_version("V02");
  version.set_effective_from(20'300);
  auto superseding = story().event("operator");
  *superseding.mutable_file_methodology()->mutable_methodology() = version;
  superseding.mutable_file_methodology()->mutable_supersedes()->set_code(version.code());
  superseding.mutable_file_methodology()->mutable_supersedes()->set_version("V01");
  return {
      {"drafts without a procedure", "filing.no_procedure", sign(draft, {"operator"})},
      {"reviews what is decided", "filing.state",
       sign(review_event(story(), "p2", "expert1", true), {"expert1"})},
      {"withdraws what never was", "filing.unknown",
       sign(withdraw_event(story(), "p8", "operator"), {"operator"})},
      {"completes what was withdrawn", "filing.state", by_bureau(complete_event(story(), "role"))},
      {"objects to what is issued", "report.state",
       sign(objection_event(story(), report_named("q1"), "o"), {"exchange"})},
      {"withdraws a project", "standing.invalid", by_bureau(closed)},
      {"registers again", "batch.state", sign(register_event(story(), "Q1"), {"operator"})},
      {"moves what was recalled", "serial.ended",
       sign(transfers(out, {{start, start}}), {"owner"})},
      {"recalls by nobody's rule", "role.missing", by_bureau(recall_event(story(), "Q1", {}))},
      {"reports days to come", "period.invalid",
       sign(reports("soon", {20'460, 20'500}, "1"), {"owner"})},
      {"supersedes what is past", "methodology.supersedes",
       sign(superseding, {"operator", "expert1", "expert2"})},
  };
}

TEST(Audit, FindsEventsThatTheRulesRefuse) {
  for (const auto& family : {bad_holdings(), bad_signers(), bad_reports(), bad_filings()})
    for (const auto& bad : family) {
      auto log = story().log;
      append(log, bad.sent);
      const auto audit = audited(log);
      ASSERT_FALSE(audit.findings().empty()) << bad.what;
      EXPECT_EQ(audit.findings()[0].fault.code, bad.code) << bad.what << "\n" << told(audit);
      EXPECT_EQ(audit.first_bad(), log.size() - 1) << bad.what;
    }
}

TEST(Audit, FindsAnEventThatIsThereTwice) {
  auto log = story().log;
  const auto at = last_of(log, LeafKind::event);
  append(log, Sent{log[at].entry.substr(9), {}, false});
  EXPECT_EQ(audited(log).findings()[0].fault.code, "event.duplicate");
  log.pop_back();
  auto other = transfers({"owner-main", "owner-side"}, 1, "owner");
  append(log, sign(other, {"owner"}));
  other.mutable_transfer()->set_amount_kg(2);
  if (log.size() % kInterval == kInterval - 1) return;
  append(log, sign(other, {"owner"}));
  const auto audit = audited(log);
  EXPECT_EQ(audit.first_bad(), log.size() - 1);
  EXPECT_EQ(audit.findings()[0].fault.code, "event.conflict");
}

TEST(Audit, KeepsABoundedNumberOfFindings) {
  Audit audit;
  for (std::size_t i = 0; i < kFindingsMax + 7; ++i) audit.next(RawLeaf{"x", {}});
  EXPECT_EQ(audit.findings().size(), kFindingsMax);
  EXPECT_EQ(audit.counts().findings_dropped, 7U);
}

TEST(Audit, EveryCodeHasItsMeaningInBothLanguages) {
  for (const auto* code : {"entry.malformed", "tile.mismatch", "event.duplicate", "serial.retired",
                           "checkpoint.origin_of_genesis", "state_root.mismatch"}) {
    EXPECT_FALSE(meaning_en(code).empty()) << code;
    EXPECT_FALSE(meaning_zh(code).empty()) << code;
  }
}

}  // namespace
}  // namespace puhui::node::audit::testing
