#include "ledger/rules/checks.h"
#include "ledger/rules/retirement/actions.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

constexpr std::uint32_t kFieldsMax = 256;

// The case a certified retirement was the last step of.
void note_in_case(Context& context, const std::string& name) {
  if (name.empty()) return;
  const auto stored = key::retirement_case(name);
  auto of_case = context.state.find<v1::Case>(stored);
  if (!of_case) return;
  of_case->set_state(v1::CASE_CERTIFIED);
  context.state.put(stored, *of_case);
}

}  // namespace

Ruling certify(Context& context, const v1::Certify& action) {
  if (!is_name(action.certificate())) return malformed("certificate");
  if (action.fields_root().size() != crypto::Digest::kSize || action.fields() == 0 ||
      action.fields() > kFieldsMax)
    return malformed("fields");
  const auto stored = key::retirement(static_cast<std::uint64_t>(action.retirement()));
  auto retirement = context.state.find<v1::Retirement>(stored);
  if (!retirement)
    return refuse(ErrorCode::RETIREMENT_UNKNOWN, "retirement.known", {}, {},
                  std::to_string(action.retirement()));
  const auto name = key::certificate(action.certificate());
  if (context.state.has(name) || !retirement->certificate().empty())
    return refuse(ErrorCode::CERTIFICATE_EXISTS, "certificate.new", {}, retirement->certificate(),
                  action.certificate());
  Subject subject;
  subject.amount_kg = retirement->amount_kg();
  if (auto met = require_signers(context, "certify", subject); !met) return met;
  v1::Certificate certificate;
  *certificate.mutable_certificate() = action;
  certificate.set_certified_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(name, certificate);
  retirement->set_certificate(action.certificate());
  context.state.put(stored, *retirement);
  note_in_case(context, retirement->retirement().case_());
  return {};
}

}  // namespace puhui::ledger
