#include "ledger/rules/checks.h"
#include "ledger/rules/enterprises/enterprises.h"
#include "ledger/rules/retirement/actions.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

constexpr std::uint32_t kFieldsMax = 256;

Ruling check_form(const Context& context, const v1::Certify& action) {
  if (!is_name(action.certificate())) return malformed("certificate");
  if (action.fields_root().size() != crypto::Digest::kSize || action.fields() == 0 ||
      action.fields() > kFieldsMax)
    return malformed("fields");
  if (action.has_statement() && action.statement().position() >= context.leaf)
    return malformed("position");
  return {};
}

// `held` is the one that the retirement has.
Ruling need_new(const Context& context, const v1::Certify& action, const std::string& held = {}) {
  if (!context.state.has(key::certificate(action.certificate())) && held.empty()) return {};
  return refuse(ErrorCode::CERTIFICATE_EXISTS, "certificate.new", {}, held, action.certificate());
}

void put_certificate(Context& context, const v1::Certify& action) {
  v1::Certificate certificate;
  *certificate.mutable_certificate() = action;
  certificate.set_certified_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::certificate(action.certificate()), certificate);
}

// The case a certified retirement was the last step of.
void note_in_case(Context& context, const std::string& name) {
  if (name.empty()) return;
  const auto stored = key::retirement_case(name);
  auto of_case = context.state.find<v1::Case>(stored);
  if (!of_case) return;
  of_case->set_state(v1::CASE_CERTIFIED);
  context.state.put(stored, *of_case);
}

Ruling certify_retirement(Context& context, const v1::Certify& action) {
  const auto stored = key::retirement(static_cast<std::uint64_t>(action.retirement()));
  auto retirement = context.state.find<v1::Retirement>(stored);
  if (!retirement)
    return refuse(ErrorCode::RETIREMENT_UNKNOWN, "retirement.known", {}, {},
                  std::to_string(action.retirement()));
  if (auto fresh = need_new(context, action, retirement->certificate()); !fresh) return fresh;
  Subject subject;
  subject.amount_kg = retirement->amount_kg();
  if (auto met = require_signers(context, "certify", subject); !met) return met;
  put_certificate(context, action);
  retirement->set_certificate(action.certificate());
  context.state.put(stored, *retirement);
  note_in_case(context, retirement->retirement().case_());
  return {};
}

Ruling certify_statement(Context& context, const v1::Certify& action) {
  constexpr std::string_view kAction = "certify.statement";
  const auto& statement = action.statement();
  if (auto fresh = need_new(context, action); !fresh) return fresh;
  const auto party = need_enterprise(context, statement.party());
  if (!party) return tl::make_unexpected(party.error());
  if (auto bank = need_bank(context, statement.bank(), "statement.bank"); !bank) return bank;
  // Whatever the table says: nobody tells how a party stands without it.
  if (auto agreed = require_party(context, kAction, statement.party()); !agreed) return agreed;
  if (auto met = require_signers(context, kAction, about(*party)); !met) return met;
  put_certificate(context, action);
  return {};
}

}  // namespace

Ruling certify(Context& context, const v1::Certify& action) {
  if (auto formed = check_form(context, action); !formed) return formed;
  return action.has_statement() ? certify_statement(context, action)
                                : certify_retirement(context, action);
}

}  // namespace puhui::ledger
