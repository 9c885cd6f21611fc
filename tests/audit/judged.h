// A city whose log is judged again: what the ledger accepted is clean, and what it refuses would
// be found.
#pragma once

#include "tests/audit/log.h"
#include "tests/ledger/market.h"

namespace puhui::node::audit::testing {

template <class Base>
struct Judged : Base {
  using Base::Base;
  using Base::city;

  static void expect_clean(City& of) {
    audit::testing::reach_a_state_root(of);
    const auto judged = audited(log_of(of));
    EXPECT_EQ(audit::testing::told(judged), "");
    EXPECT_GE(judged.counts().state_roots_compared, 1U);
    EXPECT_EQ(judged.root(), of.view().head().root);
    EXPECT_EQ(judged.books().totals.DebugString(), of.totals().DebugString());
  }
  void reach_a_state_root() { audit::testing::reach_a_state_root(city); }
  void expect_clean() { expect_clean(city); }

  // What an auditor says of the log with one more leaf now.
  [[nodiscard]] std::string told_with(Micros time, LeafKind kind, std::string_view body,
                                      std::optional<std::string> attachment = std::nullopt) {
    auto log = log_of(city);
    log.push_back(leaf_at(std::max(time, time_of(log.back()) + 1), kind, body));
    log.back().attachment = std::move(attachment);
    const auto judged = audited(log);
    std::string codes;
    for (const auto& [position, fault] : judged.findings()) {
      EXPECT_EQ(position, log.size() - 1) << audit::testing::told(judged);
      codes += (codes.empty() ? "" : " ") + fault.code;
    }
    return codes;
  }
  [[nodiscard]] std::string told_with(const Sent& sent) {
    return told_with(city.now, LeafKind::event, sent.envelope,
                     sent.has_attachment ? std::optional(sent.attachment) : std::nullopt);
  }
  // The ledger refuses it, and it is all that an auditor finds where it is in the log all the same.
  void expect_refused(const Sent& sent, ErrorCode code) {
    EXPECT_EQ(told_with(sent), code_name(code));
    PUHUI_REFUSED(city.submit(sent), code);
  }
  // It fails, and leaves no trace.
  void expect_failed(const Sent& sent, ErrorCode code) {
    EXPECT_EQ(told_with(sent), code_name(code));
    PUHUI_FAILED(city.submit(sent), code);
  }
  template <class Action>
  void expect_refused(const Action& action, const Signers& signers, ErrorCode code) {
    expect_refused(signed_action(city, action, signers), code);
  }
  template <class Action>
  void expect_unsigned(const Action& action, const Signers& signers) {
    expect_failed(signed_action(city, action, signers), ErrorCode::SIGNATURE_MISSING);
  }
};

}  // namespace puhui::node::audit::testing
