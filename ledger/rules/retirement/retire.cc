#include <algorithm>

#include "ledger/rules/checks.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/retirement/actions.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kNoteSizeMax = 256;

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

Ruling need_retirement_signers(const Context& context, const v1::Retire& action,
                               const Subject& subject) {
  const auto own_line = "retire." + action.purpose();
  return require_signers(context, has_line(context.rules, own_line) ? own_line : "retire", subject);
}

}  // namespace

void put_retirement(Context& context, const v1::Retire& action,
                    const std::vector<v1::UnitBlock>& pieces) {
  v1::Retirement retirement;
  *retirement.mutable_retirement() = action;
  retirement.set_retired_at(static_cast<std::int64_t>(context.leaf));
  retirement.set_time(context.now);
  for (const auto& piece : pieces) {
    const auto& account = piece.account();
    put_ended(context, piece, account, v1::RETIRED);
    record_move(context, piece, v1::MOVE_RETIRE, account, "");
    v1::SerialRange range;
    range.set_start(piece.start());
    range.set_end(piece.end());
    append_range(*retirement.mutable_serials(), range);
  }
  retirement.set_amount_kg(kilograms(retirement.serials()));
  context.state.put(key::retirement(context.leaf), retirement);
}

Ruling retire(Context& context, const v1::Retire& action) {
  if (auto listed = need_all_lists(context); !listed) return listed;
  const auto account = need_account(context, action.account());
  if (!account) return tl::make_unexpected(account.error());
  if (auto kind = need_no_buffer(*account); !kind) return kind;
  if (auto form = check_retirement_form(context, action); !form) return form;
  const auto subject =
      need_holder(context, *account, quantity(action.serials(), action.amount_kg()));
  if (!subject) return tl::make_unexpected(subject.error());
  auto of_case = case_of(context, action);
  if (!of_case) return tl::make_unexpected(of_case.error());
  if (auto met = need_retirement_signers(context, action, *subject); !met) return met;
  const auto pieces = *of_case
                          ? take_out_of(context, **of_case, action)
                          : take(context, action.account(), action.serials(), action.amount_kg());
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (auto serve = need_all_serving(context, *pieces, action.purpose()); !serve) return serve;
  if (auto within = use_purpose_caps(context, *pieces, action.purpose()); !within) return within;
  if (*of_case) {
    if (!(*of_case)->rule().is_confirmed())
      if (auto within = use_caps(context, **of_case, subject->amount_kg); !within) return within;
    if (auto within = use_outside(context, **of_case, *pieces); !within) return within;
    end_retired(context, **of_case);
  }
  put_retirement(context, action, *pieces);
  context.fact("retired_kg", std::to_string(kilograms(context.outcome.serials())));
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
