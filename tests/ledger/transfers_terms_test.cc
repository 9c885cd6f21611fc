// What an agreement allows of units that go to another city, and what the export itself must be.
#include <gtest/gtest.h>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// The first day of 2027, in Beijing; tests begin in January 2026.
constexpr std::int64_t kNextYear = 20'819;

struct TransferTerms : TwoCities {
  // 100 kg of the one city, and 50 kg of the other, so that numbers here and there differ.
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
  }
};

// ---- Terms of the agreement ----

TEST_F(TransferTerms, AreWithinTheQuotaOfACalendarYear) {
  auto agreement = agreement_between(a, b);
  agreement.set_answer_within(400 * kMicrosPerDay);
  agreement.set_dead_after(0);
  terms_of_taker(agreement, b).set_year_quota_kg(55);
  recognise(agreement);
  cross(a, b, {{{1, 50}}});  // 45 kg
  const auto over = export_units(a, b, {{{51, 63}}});
  const auto proof = carry(a, b, over.leaf);
  PUHUI_REFUSED(import_units(b, proof), QUOTA_EXCEEDED);  // 11 kg
  cross(a, b, {{{64, 75}}});                              // 10 kg
  cross(b, a, {{{51, 60}}, "owner-main", "owner-main", true});
  const auto more = export_units(a, b, {{{76, 77}}});
  const auto more_proof = carry(a, b, more.leaf);
  PUHUI_REFUSED(import_units(b, more_proof), QUOTA_EXCEEDED);  // what returned leaves no room
  b.now = time_of_day(kNextYear) - 1;
  PUHUI_REFUSED(import_units(b, proof), QUOTA_EXCEEDED);
  b.now = time_of_day(kNextYear);
  PUHUI_ACCEPTED(import_units(b, proof));
  PUHUI_ACCEPTED(import_units(b, more_proof));
}

TEST_F(TransferTerms, AreHeldToThePurposeCapsWhenTheyAreRetired) {
  auto agreement = agreement_between(a, b);
  auto* cap = terms_of_taker(agreement, b).add_purpose_caps();
  cap->set_purpose("voluntary");
  cap->set_max_kg(15);
  recognise(agreement);
  cross(a, b, {{{1, 100}}});
  PUHUI_ACCEPTED(retire(b, "owner-main", {{1, 20}, {51, 60}}));  // own ones do not count
  PUHUI_REFUSED(retire(b, "owner-main", {{21, 21}, {61, 66}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire(b, "owner-main", {{61, 65}}));
  PUHUI_REFUSED(retire(b, "owner-main", {{66, 66}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire(b, "owner-main", {{21, 30}}));
  auto other = retire_event(b, "owner-main", "owner");
  other.mutable_retire()->set_purpose("neutrality");
  add_serials(*other.mutable_retire(), {{66, 85}});
  PUHUI_ACCEPTED(b.send(other, {"owner"}));
  b.now = time_of_day(kNextYear);
  PUHUI_ACCEPTED(retire(b, "owner-main", {{86, 100}}));
  PUHUI_REFUSED(retire(b, "owner-main", {{101, 101}}), CAP_EXCEEDED);
}

TEST_F(TransferTerms, AreOfVintagesInTheWindow) {
  struct Window {
    std::int32_t from, to;
    bool is_recognised;
  };
  std::uint32_t version = 0;
  const std::vector<Window> windows = {
      {2025, 2030, false}, {2000, 2023, false}, {2024, 2024, true}};
  for (const auto& [from, to, is_recognised] : windows) {
    auto agreement = agreement_between(a, b, ++version);
    terms_of_taker(agreement, b).set_vintage_from(from);
    terms_of_taker(agreement, b).set_vintage_to(to);
    agree(a, b, agreement);
    const auto answer = export_units(a, b, {{{1, 10}}});
    if (is_recognised)
      PUHUI_ACCEPTED(answer);
    else
      PUHUI_REFUSED(answer, VINTAGE_NOT_RECOGNISED);
  }
}

// ---- The export itself ----

TEST_F(TransferTerms, AreSignedByTheHolder) {
  recognise();
  auto payload = export_event(a, b, {{{1, 10}}});
  payload.set_party("buyer");
  PUHUI_FAILED(a.send(payload, {"buyer"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(a.send(payload, {"buyer", "owner"}));
}

TEST_F(TransferTerms, OfABufferOrToOneAreRefused) {
  recognise();
  auto payload = export_event(a, b, {{{1, 10}}});
  payload.mutable_export_()->set_from("buffer");
  PUHUI_REFUSED(a.send(payload, {"owner"}), ACCOUNT_KIND);
  payload = export_event(a, b, {{{1, 10}}});
  payload.mutable_export_()->set_from("nobody");
  PUHUI_REFUSED(a.send(payload, {"owner"}), ACCOUNT_UNKNOWN);
  const auto to_buffer = export_units(a, b, {{{1, 10}}, "owner-main", "buffer"});
  const auto to_nobody = export_units(a, b, {{{11, 20}}, "owner-main", "nobody"});
  PUHUI_REFUSED(import_units(b, carry(a, b, to_buffer.leaf)), ACCOUNT_KIND);
  PUHUI_REFUSED(import_units(b, carry(a, b, to_nobody.leaf)), ACCOUNT_UNKNOWN);
  PUHUI_ACCEPTED(refuse_import(b, carry(a, b, to_nobody.leaf), "account.unknown"));
}

TEST_F(TransferTerms, LeaveNoMoreThanThePositionLimitAllows) {
  auto rules = recognition_rules("limited");
  auto* limit = rules.add_position_limits();
  limit->set_kind(v1::ACCOUNT_ENTERPRISE);
  limit->set_max_kg(100);
  recognise();
  PUHUI_ACCEPTED(file_rules(b, rules));
  const auto exported = export_units(a, b, {{{1, 57}}});  // 51 kg, where 50 are
  PUHUI_REFUSED(import_units(b, carry(a, b, exported.leaf)), POSITION_LIMIT_REACHED);
  const auto fewer = export_units(a, b, {{{61, 95}}});
  PUHUI_ACCEPTED(import_units(b, carry(a, b, fewer.leaf)));
}

}  // namespace
}  // namespace puhui::ledger::testing
