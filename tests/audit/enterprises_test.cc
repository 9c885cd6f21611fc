// Enterprises' log judged again: sources, factors, readings, footprints, targets, and what is
// wrong.
#include <limits>

#include "tests/audit/judged.h"
#include "tests/ledger/enterprises.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
constexpr Period kYear{kYear2025, kYear2026};

struct AuditedEnterprises : Judged<Enterprises> {
  void factor(const std::string& table, const Period& days, const std::string& kg_per_unit) {
    PUHUI_ACCEPTED(file_factors(city, a_table(table, days, kg_per_unit)));
  }
  void expect_unread(const std::vector<ledger::testing::Measured>& days, ErrorCode code) {
    expect_refused(signed_readings(city, days), code);
  }
};

// ---- Clean ----

TEST_F(AuditedEnterprises, AreCleanForAYear) {
  factor("old", {kYear2025, kYear2025 + 15}, "0.3672");
  factor("new", {kYear2025 + 15, kYear2026}, "12/27");
  auto other = a_source("other");
  other.set_scale(3);
  other.set_to(kJuly2025);
  PUHUI_ACCEPTED(file_source(city, other));
  PUHUI_ACCEPTED(read(city, measured_daily({kJuly2025, kYear2026}, 12'345)));
  PUHUI_ACCEPTED(read(city, measured_daily({kYear2025, kJuly2025}, 5'432)));
  PUHUI_ACCEPTED(
      read(city, {{kYear2025, 7}, {kYear2025 + 2, 1}, {kYear2026, 1}}, {.source = "other"}));
  PUHUI_ACCEPTED(read(city, {{kYear2025 + 1, 2}}, {.source = "other"}));
  v1::ReplaceDevice device;
  device.set_source("other");
  *device.mutable_device() = device_key("new meter");
  PUHUI_ACCEPTED(act(city, device, {"owner", "operator"}));
  PUHUI_ACCEPTED(read(city, {{kYear2025 + 9, 3}}, {.source = "other", .device = "new meter"}));
  PUHUI_ACCEPTED(report(city, a_footprint()));
  for (const auto month : {1U, 7U})
    PUHUI_ACCEPTED(report(city, a_footprint("m" + std::to_string(month), month)));
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  PUHUI_ACCEPTED(verify_footprint(city, "m1", false));
  PUHUI_ACCEPTED(act(city, footprint_verdict("m7"), {"verifier", "buyer"}));
  v1::SetTarget target;
  target.set_party("owner");
  target.set_year(2025);
  PUHUI_ACCEPTED(act(city, target, {"owner"}));
  expect_clean();
}

TEST_F(AuditedEnterprises, AreCleanWhereDaysWereReadTwice) {
  factor("t", kYear, "1");
  PUHUI_ACCEPTED(read(city, measured_daily(kYear, 5)));
  PUHUI_ACCEPTED(read(city, {{kYear2025, 5}, {kYear2026, 5}, {kYear2025, 6}}));
  PUHUI_ACCEPTED(report(city, a_footprint()));
  EXPECT_EQ(footprint_named(city).lines(0).duplicates(), 2U);
  auto plain = footprint_verdict("f");
  plain.clear_statement();
  expect_refused(plain, {"verifier"}, INPUT_MISSING);
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  expect_clean();
}

TEST_F(AuditedEnterprises, AreCleanThroughACase) {
  factor("t", kYear, "1");
  PUHUI_ACCEPTED(read(city, {{kYear2025, 995}}));
  PUHUI_ACCEPTED(report(city, a_footprint()));
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  auto confirmed = confirmation("c", 100);
  confirmed.set_footprint("f");
  expect_refused(confirmed, {"verifier"}, FOOTPRINT_STATE_WRONG);
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  auto other = confirmed;
  other.set_footprint("g");
  expect_refused(other, {"verifier"}, FOOTPRINT_UNKNOWN);
  other = confirmed;
  other.set_amount_kg(99);
  expect_refused(other, {"verifier"}, CASE_AMOUNT);
  PUHUI_ACCEPTED(report(city, a_footprint("january", 1)));
  PUHUI_ACCEPTED(verify_footprint(city, "january"));
  other = confirmed;
  other.set_footprint("january");
  expect_refused(other, {"verifier"}, PERIOD_INVALID);
  auto turned_down = rejection("c");
  turned_down.set_footprint("f");
  expect_refused(turned_down, {"verifier"}, EVENT_MALFORMED);
  PUHUI_ACCEPTED(confirm_case(city, confirmed));
  PUHUI_ACCEPTED(retire_case(city, "c", 100));
  expect_clean();
}

TEST_F(AuditedEnterprises, AreJudgedAsFarAsTheirReadingsAreThere) {
  factor("t", kYear, "1");
  PUHUI_ACCEPTED(read(city, {{kYear2025, 995}}));
  PUHUI_ACCEPTED(report(city, a_footprint()));
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  auto confirmed = confirmation("c", 100);
  confirmed.set_footprint("f");
  PUHUI_ACCEPTED(confirm_case(city, confirmed));
  auto log = log_of(city);
  for (auto& leaf : log) leaf.attachment.reset();
  const auto judged = audited(log);
  EXPECT_EQ(audit::testing::told(judged), "");
  EXPECT_TRUE(judged.first_missing());
}

// ---- Found ----

TEST_F(AuditedEnterprises, FindsSourcesThatTheRulesRefuse) {
  const auto refused = [&](auto change, ErrorCode code) {
    auto action = a_source("other");
    change(action);
    expect_refused(action, {"owner"}, code);
  };
  factor("t", kYear, "1");
  refused([](auto& a) { a.set_source("grid"); }, SOURCE_EXISTS);
  refused([](auto& a) { a.set_source("Grid"); }, EVENT_MALFORMED);
  refused([](auto& a) { a.set_unit(""); }, EVENT_MALFORMED);
  refused([](auto& a) { a.set_scale(19); }, EVENT_MALFORMED);
  refused([](auto& a) { a.set_area("000000"); }, AREA_INVALID);
  refused([](auto& a) { a.set_to(a.from()); }, PERIOD_INVALID);
  refused([](auto& a) { a.clear_device(); }, KEY_MALFORMED);
  refused([](auto& a) { a.set_party("nobody"); }, PARTY_UNKNOWN);
  refused([](auto& a) { a.set_unit("MWh"); }, FACTOR_MALFORMED);
  expect_unsigned(a_source("other"), {"buyer"});
  v1::ReplaceDevice device;
  device.set_source("none");
  expect_refused(device, {"owner", "operator"}, KEY_MALFORMED);
  *device.mutable_device() = device_key("new meter");
  expect_refused(device, {"owner", "operator"}, SOURCE_UNKNOWN);
}

TEST_F(AuditedEnterprises, FindsTooManySources) {
  std::vector<Sent> block;
  for (int i = 1; i < 200; ++i)
    block.push_back(signed_action(city, a_source("s" + std::to_string(i)), {"owner"}));
  for (const auto& answer : city.apply(block)) PUHUI_ACCEPTED(answer);
  expect_refused(a_source("other"), {"owner"}, TOO_LARGE);
  expect_clean();
}

TEST_F(AuditedEnterprises, FindsFactorsThatTheRulesRefuse) {
  factor("t", {100, 200}, "1");
  const auto refused = [&](auto change, ErrorCode code) {
    auto action = a_table("table", {200, 300}, "1");
    change(action);
    expect_refused(action, {"bureau"}, code);
  };
  refused([](auto& t) { t.set_table("t"); }, FACTOR_EXISTS);
  refused([](auto& t) { t.clear_factors(); }, EVENT_MALFORMED);
  refused([](auto& t) { t.set_to(200); }, PERIOD_INVALID);
  refused([](auto& t) { t.set_from(199); }, FACTOR_OVERLAP);
  refused([](auto& t) { t.set_from(50), t.set_to(101); }, FACTOR_OVERLAP);
  refused([](auto& t) { t.mutable_factors(0)->set_unit("MWh"); }, FACTOR_MALFORMED);
  for (const auto* text : {"", "-1", "1/0", "1e3"})
    refused([&](auto& t) { t.mutable_factors(0)->set_kg_per_unit(text); }, FACTOR_MALFORMED);
  expect_unsigned(a_table("table", {200, 300}, "1"), {"owner"});
}

TEST_F(AuditedEnterprises, FindsReadingsThatTheRulesRefuse) {
  PUHUI_ACCEPTED(read(city, {{kYear2025, 1}, {kYear2025 + 1, kMax - 1}}));
  expect_unread({{kYear2025, 1}}, READING_DUPLICATE);
  expect_unread({{ledger::day_of(city.now), 1}}, READING_DAY);
  expect_unread({{19'999, 1}}, READING_DAY);
  expect_unread({{kYear2025 + 2, 1}}, AMOUNT_OVERFLOW);
  expect_refused(signed_readings(city, {{kYear2025 + 5, 1}}, {.device = "another meter"}),
                 DEVICE_SIGNATURE);
  expect_refused(signed_readings(city, {{kYear2025 + 5, 1}}, {.source = "none"}), SOURCE_UNKNOWN);
}

TEST_F(AuditedEnterprises, FindsReadingsThatNoDeviceSigned) {
  const auto sent = signed_readings(city, {{kYear2025, 1}});
  v1::Payload payload;
  ASSERT_TRUE(payload.ParseFromString(crypto::decode_envelope(sent.envelope)->payload));
  payload.mutable_submit_readings()->mutable_signature()->back() ^= 1;
  expect_failed(sign_with(payload, {"owner"}, sent.attachment), SIGNATURE_INVALID);
}

TEST_F(AuditedEnterprises, FindsFootprintsThatTheRulesRefuse) {
  factor("t", {kYear2025, kYear2025 + 31}, "2");
  expect_refused(a_footprint("F"), {"owner"}, EVENT_MALFORMED);
  expect_refused(a_footprint("f", 13), {"owner"}, EVENT_MALFORMED);
  expect_refused(a_footprint("f", 1, 1'969), {"owner"}, EVENT_MALFORMED);
  expect_refused(a_footprint("f", 1, 2'026), {"owner"}, PERIOD_INVALID);
  expect_refused(a_footprint("f", 2), {"owner"}, FACTOR_UNKNOWN);
  auto of_buyer = a_footprint("f", 1);
  of_buyer.set_party("buyer");
  expect_refused(of_buyer, {"buyer"}, SOURCE_UNKNOWN);
  expect_unsigned(a_footprint("f", 1), {"buyer"});
  PUHUI_ACCEPTED(report(city, a_footprint("f", 1)));
  expect_refused(a_footprint("f", 1), {"owner"}, FOOTPRINT_EXISTS);
  PUHUI_ACCEPTED(read(city, {{kYear2025, kMax}}));
  auto more = a_source("more");
  more.set_scale(0);
  PUHUI_ACCEPTED(file_source(city, more));
  PUHUI_ACCEPTED(read(city, {{kYear2025, kMax / 2}}, {.source = "more"}));
  expect_refused(a_footprint("g", 1), {"owner"}, RESULT_TOO_LARGE);
}

TEST_F(AuditedEnterprises, FindsSumsBeyondTheBoundOfFormulas) {
  const std::string ten_to_38 = "1" + std::string(37, '0');
  for (int day = 0; day < 5; ++day) {
    const auto name = std::to_string(2 * day + 1);
    factor("t" + name, {kYear2025 + day, kYear2025 + day + 1}, "1/" + ten_to_38 + name);
  }
  factor("rest", {kYear2025 + 5, kYear2026}, "1");
  PUHUI_ACCEPTED(read(city, measured_daily({kYear2025, kYear2025 + 5}, 10)));
  expect_refused(a_footprint("f", 1), {"owner"}, FORMULA_OVERFLOW);
}

TEST_F(AuditedEnterprises, FindsVerificationsThatTheRulesRefuse) {
  factor("t", kYear, "1");
  PUHUI_ACCEPTED(report(city, a_footprint()));
  auto plain = footprint_verdict("f");
  plain.clear_statement();
  expect_refused(plain, {"verifier"}, INPUT_MISSING);
  plain.mutable_statement();
  expect_refused(plain, {"verifier"}, EVENT_MALFORMED);
  expect_refused(footprint_verdict("g"), {"verifier"}, FOOTPRINT_UNKNOWN);
  expect_refused(footprint_verdict("f"), {"verifier", "operator"}, SIGNER_INDEPENDENCE);
  auto sister = city.event("bureau");
  *sister.mutable_register_party() = founding_party("sister", {v1::VERIFIER});
  sister.mutable_register_party()->set_legal_entity("entity of owner");
  city.must(sister, {"bureau"});
  expect_refused(footprint_verdict("f"), {"sister"}, SIGNER_INDEPENDENCE);
  expect_unsigned(footprint_verdict("f"), {"owner"});
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  expect_refused(footprint_verdict("f", false), {"verifier"}, FOOTPRINT_STATE_WRONG);
}

TEST_F(AuditedEnterprises, FindsTargetsThatTheRulesRefuse) {
  v1::SetTarget target;
  target.set_party("owner");
  target.set_year(2025);
  target.set_max_kg(-1);
  expect_refused(target, {"owner"}, EVENT_MALFORMED);
  target.set_max_kg(1);
  target.set_party("nobody");
  expect_refused(target, {"owner"}, PARTY_UNKNOWN);
  target.set_party("buyer");
  expect_unsigned(target, {"owner"});
}

}  // namespace
}  // namespace puhui::node::audit::testing
