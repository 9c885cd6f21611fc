#include <algorithm>

#include "ledger/personal.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/holding/actions.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kNoteSizeMax = 256;

tl::expected<v1::Account, Refusal> need_account(const Context& context, const std::string& name) {
  if (is_personal_id(name))
    return refuse(ErrorCode::ACCOUNT_KIND, "account.known", "an account that holds units", {},
                  name);
  // Only names are looked up: a personal account's key is stored in the same family.
  if (is_name(name))
    if (auto account = context.state.find<v1::Account>(key::account(name)))
      return std::move(*account);
  return refuse(ErrorCode::ACCOUNT_UNKNOWN, "account.known", {}, {}, name);
}

// The holder, from whose accounts something may leave.
tl::expected<Subject, Refusal> need_holder(const Context& context, const v1::Account& account,
                                           std::int64_t amount_kg) {
  Subject subject;
  subject.holder = account.owner();
  subject.amount_kg = amount_kg;
  const auto party = context.state.find<v1::Party>(key::party(account.owner()));
  if (!party) return subject;
  if (auto free = need_unrestrained(*party); !free) return tl::make_unexpected(free.error());
  subject.area = party->area();
  return subject;
}

std::int64_t quantity(const google::protobuf::RepeatedPtrField<v1::SerialRange>& serials,
                      std::int64_t amount_kg) {
  return serials.empty() ? amount_kg : kilograms(serials);
}

std::string listed(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Ruling check_retirement_form(const Context& context, const v1::Retire& action) {
  const auto& purposes = context.rules.purposes();
  if (std::ranges::find(purposes, action.purpose()) == purposes.end())
    return refuse(ErrorCode::PURPOSE_INVALID, "retirement.purposes", listed(purposes), {},
                  action.purpose());
  if (action.beneficiary().empty() || action.beneficiary().size() > kNoteSizeMax)
    return refuse(ErrorCode::BENEFICIARY_MISSING, "retirement.beneficiary");
  if (action.note().size() > kNoteSizeMax) return refuse(ErrorCode::EVENT_MALFORMED, "form.note");
  const bool has_period = action.from() != 0 || action.to() != 0;
  if (has_period &&
      (!is_day(action.from()) || !is_day(action.to()) || action.to() <= action.from()))
    return refuse(ErrorCode::PERIOD_INVALID, "retirement.period");
  return check_quantity(action.serials(), action.amount_kg());
}

// A buffer is for reversals alone.
Ruling need_no_buffer(const v1::Account& account) {
  if (account.kind() != v1::ACCOUNT_BUFFER) return {};
  return refuse(ErrorCode::ACCOUNT_KIND, "account.kind", "no buffer", {}, account.account());
}

Ruling need_all_serving(const Context& context, const std::vector<v1::UnitBlock>& pieces,
                        const std::string& purpose) {
  if (context.rules.vintages().empty()) return {};
  for (const auto& piece : pieces) {
    const auto batch = need_batch(context, piece.batch());
    if (!batch) return tl::make_unexpected(batch.error());
    if (auto serves = need_serving(context, *batch, purpose); !serves) return serves;
  }
  return {};
}

}  // namespace

Ruling transfer(Context& context, const v1::Transfer& action) {
  const auto from = need_account(context, action.from());
  if (!from) return tl::make_unexpected(from.error());
  if (const auto to = need_account(context, action.to()); !to)
    return tl::make_unexpected(to.error());
  if (action.from() == action.to())
    return refuse(ErrorCode::INVALID_ARGUMENT, "transfer.accounts", "two different accounts", {},
                  action.from());
  if (auto quantity = check_quantity(action.serials(), action.amount_kg()); !quantity)
    return quantity;
  if (action.has_trade() && (action.trade().price_cents_per_tonne() < 0 ||
                             action.trade().reference().size() > kNoteSizeMax))
    return refuse(ErrorCode::EVENT_MALFORMED, "form.trade");
  const auto subject = need_holder(context, *from, quantity(action.serials(), action.amount_kg()));
  if (!subject) return tl::make_unexpected(subject.error());
  const auto* line = from->kind() == v1::ACCOUNT_BUFFER ? "transfer.buffer"
                     : action.has_trade()               ? "transfer.trade"
                                                        : "transfer";
  if (auto met = require_signers(context, line, *subject); !met) return met;
  auto pieces = take(context, action.from(), action.serials(), action.amount_kg());
  if (!pieces) return tl::make_unexpected(pieces.error());
  for (const auto& piece : *pieces) {
    give(context, piece, action.to());
    record_move(context, piece, v1::MOVE_TRANSFER, action.from(), action.to());
  }
  return {};
}

Ruling retire(Context& context, const v1::Retire& action) {
  const auto account = need_account(context, action.account());
  if (!account) return tl::make_unexpected(account.error());
  if (auto kind = need_no_buffer(*account); !kind) return kind;
  if (auto form = check_retirement_form(context, action); !form) return form;
  const auto subject =
      need_holder(context, *account, quantity(action.serials(), action.amount_kg()));
  if (!subject) return tl::make_unexpected(subject.error());
  const auto own_line = "retire." + action.purpose();
  if (auto met = require_signers(context, has_line(context.rules, own_line) ? own_line : "retire",
                                 *subject);
      !met)
    return met;
  auto pieces = take(context, action.account(), action.serials(), action.amount_kg());
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (auto serve = need_all_serving(context, *pieces, action.purpose()); !serve) return serve;

  v1::Retirement retirement;
  *retirement.mutable_retirement() = action;
  retirement.set_retired_at(static_cast<std::int64_t>(context.leaf));
  retirement.set_time(context.now);
  for (const auto& piece : *pieces) {
    put_ended(context, piece, action.account(), v1::RETIRED);
    record_move(context, piece, v1::MOVE_RETIRE, action.account(), "");
  }
  *retirement.mutable_serials() = context.outcome.serials();
  retirement.set_amount_kg(kilograms(retirement.serials()));
  context.state.put(key::retirement(context.leaf), retirement);
  context.fact("retired_kg", std::to_string(retirement.amount_kg()));
  return {};
}

Ruling cancel(Context& context, const v1::Cancel& action) {
  const auto account = need_account(context, action.account());
  if (!account) return tl::make_unexpected(account.error());
  if (auto kind = need_no_buffer(*account); !kind) return kind;
  if (action.reason().empty() || action.reason().size() > kTextSizeMax) return malformed("reason");
  if (auto form = check_quantity(action.serials(), action.amount_kg()); !form) return form;
  const auto subject =
      need_holder(context, *account, quantity(action.serials(), action.amount_kg()));
  if (!subject) return tl::make_unexpected(subject.error());
  if (auto met = require_signers(context, "cancel", *subject); !met) return met;
  const auto pieces = take(context, action.account(), action.serials(), action.amount_kg());
  if (!pieces) return tl::make_unexpected(pieces.error());
  for (const auto& piece : *pieces) {
    put_ended(context, piece, action.account(), v1::CANCELLED);
    record_move(context, piece, v1::MOVE_CANCEL, action.account(), "");
  }
  context.fact("cancelled_kg", std::to_string(kilograms(context.outcome.serials())));
  return {};
}

}  // namespace puhui::ledger
