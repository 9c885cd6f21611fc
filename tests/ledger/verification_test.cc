// Who verifies a monitoring report.
#include <gtest/gtest.h>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

TEST(Verification, IsBySomebodyElse) {
  PvCity city;
  send(city, pv_report("a", "P1", {20'100, 20'200}, "10"));
  PUHUI_REFUSED(verify(city, "x"), ErrorCode::REPORT_UNKNOWN);
  auto sister = city.event("bureau");
  *sister.mutable_register_party() = founding_party("sister", {v1::VERIFIER});
  sister.mutable_register_party()->set_legal_entity("entity of owner");
  city.must(sister, {"bureau"});
  auto payload = city.event("sister");
  payload.mutable_verify_report()->set_report("a");
  payload.mutable_verify_report()->set_positive(true);
  PUHUI_REFUSED(city.send(payload, {"sister"}), ErrorCode::SIGNER_INDEPENDENCE);
  auto with_operator = city.event("verifier");
  *with_operator.mutable_verify_report() = payload.verify_report();
  PUHUI_REFUSED(city.send(with_operator, {"verifier", "operator"}), ErrorCode::SIGNER_INDEPENDENCE);
  auto by_owner = city.event("owner");
  *by_owner.mutable_verify_report() = payload.verify_report();
  PUHUI_FAILED(city.send(by_owner, {"owner"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(city.send(by_owner, {"owner", "verifier"}));
  EXPECT_EQ(city.view().report("a")->verifier(), "verifier");
}

TEST(Verification, IsByAVerifierOfTheRightScope) {
  PvCity city;
  send(city, pv_report("a", "P1", {20'100, 20'200}, "10"));
  const auto verifier = [&city](const char* name, const char* methodology, const char* area) {
    auto payload = city.event("bureau");
    *payload.mutable_register_party() = founding_party(name, {v1::VERIFIER});
    auto& scope = *payload.mutable_register_party()->mutable_roles(0)->mutable_scope();
    scope.set_methodology(methodology);
    scope.set_area(area);
    city.must(payload, {"bureau"});
  };
  verifier("wind-lab", "WH-WIND-2023", "");
  verifier("far-lab", "WH-PV-2023", "420102");
  verifier("near-lab", "WH-PV-2023", "420111");
  const auto by = [&city](const std::string& name, const Signers& signers) {
    auto payload = city.event(name);
    payload.mutable_verify_report()->set_report("a");
    payload.mutable_verify_report()->set_positive(true);
    return city.send(payload, signers);
  };
  PUHUI_REFUSED(by("wind-lab", {"wind-lab"}), ErrorCode::ROLE_OUT_OF_SCOPE);
  PUHUI_REFUSED(by("far-lab", {"far-lab", "wind-lab"}), ErrorCode::ROLE_OUT_OF_SCOPE);
  // Who is named is the one whose role reaches, not who sent it or comes first.
  PUHUI_ACCEPTED(by("far-lab", {"far-lab", "near-lab", "wind-lab"}));
  EXPECT_EQ(city.view().report("a")->verifier(), "near-lab");
}

// Whoever prepared a report does not judge it.
TEST(Verification, IsByAnotherThanWhoSentTheReport) {
  PvCity city;
  for (const auto& [name, entity] : {std::pair{"adviser", "lab group"}, {"lab", "lab group"}}) {
    auto payload = city.event("bureau");
    *payload.mutable_register_party() = founding_party(name, {v1::VERIFIER});
    payload.mutable_register_party()->set_legal_entity(entity);
    city.must(payload, {"bureau"});
  }
  auto report = city.event("adviser");
  *report.mutable_submit_report() = pv_report("a", "P1", {20'100, 20'200}, "10");
  PUHUI_ACCEPTED(city.send(report, {"adviser", "owner"}));
  EXPECT_EQ(city.view().report("a")->submitter(), "adviser");
  for (const std::string by : {"adviser", "lab"}) {
    auto payload = city.event(by);
    payload.mutable_verify_report()->set_report("a");
    PUHUI_REFUSED(city.send(payload, {by}), ErrorCode::SIGNER_INDEPENDENCE);
    PUHUI_REFUSED(city.send(verify_event(city, "a"), {"verifier", by}),
                  ErrorCode::SIGNER_INDEPENDENCE);
  }
  PUHUI_ACCEPTED(verify(city, "a"));
}

TEST(Verification, IsByAnotherThanThoseWhoSignedTheReport) {
  PvCity city;
  for (const auto& [name, entity] : {std::pair{"adviser", "lab group"}, {"lab", "lab group"}}) {
    auto payload = city.event("bureau");
    *payload.mutable_register_party() = founding_party(name, {v1::VERIFIER});
    payload.mutable_register_party()->set_legal_entity(entity);
    city.must(payload, {"bureau"});
  }
  auto report = city.event("owner");
  *report.mutable_submit_report() = pv_report("a", "P1", {20'100, 20'200}, "10");
  PUHUI_ACCEPTED(city.send(report, {"owner", "adviser"}));
  for (const std::string by : {"adviser", "lab"})
    PUHUI_REFUSED(city.send(verify_event(city, "a"), {"verifier", by}),
                  ErrorCode::SIGNER_INDEPENDENCE);
  PUHUI_ACCEPTED(verify(city, "a"));
}

}  // namespace
}  // namespace puhui::ledger::testing
