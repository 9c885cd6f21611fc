#include <algorithm>
#include <cassert>

#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/actions.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

constexpr std::int64_t kConvertedKgMax = std::int64_t{1} << 50;

tl::expected<v1::Account, Refusal> need_pool(const Context& context, const std::string& name,
                                             std::int64_t grams) {
  auto account = is_name(name) ? context.state.find<v1::Account>(key::account(name)) : std::nullopt;
  if (!account) return refuse(ErrorCode::ACCOUNT_UNKNOWN, "conversion.account", {}, {}, name);
  if (account->kind() != v1::ACCOUNT_POOL)
    return refuse(ErrorCode::ACCOUNT_KIND, "conversion.account",
                  v1::AccountKind_Name(v1::ACCOUNT_POOL), v1::AccountKind_Name(account->kind()),
                  name);
  const auto holder = need_holder(context, *account, 0);
  if (!holder) return tl::make_unexpected(holder.error());
  if (account->credits_held_g() < grams && !context.credits_unknown)
    return refuse(ErrorCode::BALANCE_INSUFFICIENT, "conversion.balance", {},
                  std::to_string(account->credits_held_g()) + " g", std::to_string(grams) + " g");
  return std::move(*account);
}

v1::SubmitReport submission_of(const v1::ConvertCredits& action) {
  v1::SubmitReport submission;
  submission.set_report(action.report());
  submission.set_project(action.project());
  submission.set_from(action.from());
  submission.set_to(action.to());
  submission.set_document_sha256(action.document().sha256());
  return submission;
}

// Grams leave a pool as converted, or come back to it.
void convert(Context& context, const v1::Account& pool, std::int64_t grams) {
  auto& totals = context.totals;
  if (context.credits_unknown) return;
  add_credits(context, pool, -grams);
  totals.set_credits_converted_g(totals.credits_converted_g() + grams);
}

// A report of pooled credits that waits to be verified, publicised or issued.
tl::expected<v1::Report, Refusal> need_waiting(const Context& context, const std::string& name) {
  auto report = is_name(name) ? context.state.find<v1::Report>(key::report(name)) : std::nullopt;
  if (!report) return refuse(ErrorCode::REPORT_UNKNOWN, "report.known", {}, {}, name);
  if (report->pool().empty())
    return refuse(ErrorCode::PROJECT_POOL, "conversion.report", "a report of pooled credits", {},
                  name);
  const auto state = report->state();
  if (state == v1::COMPUTED || state == v1::VERIFIED || state == v1::PUBLICISED)
    return std::move(*report);
  return refuse(ErrorCode::REPORT_STATE, "report.state", "COMPUTED, VERIFIED or PUBLICISED",
                v1::ReportState_Name(state), name);
}

// Both are for good.
Ruling need_never_issued(const Context& context, const v1::Report& report) {
  const auto project = project_of(context, report).standing();
  const auto methodology = methodology_of(context, report).standing();
  if (project == v1::REVOKED || methodology == v1::WITHDRAWN) return {};
  return refuse(ErrorCode::REPORT_STATE, "conversion.ended",
                "project REVOKED or methodology WITHDRAWN",
                v1::Standing_Name(project) + ", " + v1::Standing_Name(methodology),
                report.submission().report());
}

}  // namespace

Ruling convert_credits(Context& context, const v1::ConvertCredits& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.report())) return malformed("report");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  if (action.amount_kg() <= 0 || action.amount_kg() > kConvertedKgMax)
    return refuse(ErrorCode::AMOUNT_ZERO, "conversion.amount", "1 kg", {},
                  std::to_string(action.amount_kg()) + " kg");
  const auto grams = action.amount_kg() * kGramsPerKilogram;
  const auto pool = need_pool(context, action.account(), grams);
  if (!pool) return tl::make_unexpected(pool.error());
  const auto submission = submission_of(action);
  const auto reported = check_submission(context, submission, Reported::pools);
  if (!reported) return tl::make_unexpected(reported.error());
  const auto& [project, filed] = *reported;
  auto subject = about(project.filing(), filed->methodology);
  subject.holder = pool->owner();
  subject.amount_kg = action.amount_kg();
  if (auto met = require_signers(context, "credits.convert", subject); !met) return met;

  convert(context, *pool, grams);
  auto report = computed_report(context, submission, filed->methodology);
  report.set_exact_result(std::to_string(action.amount_kg()));
  report.set_result_g(grams);
  report.set_pool(action.account());
  put_report(context, report);
  context.fact("converted_g", std::to_string(grams));
  return {};
}

Ruling take_back_credits(Context& context, const v1::TakeBackCredits& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  auto report = need_waiting(context, action.report());
  if (!report) return tl::make_unexpected(report.error());
  if (auto ended = need_never_issued(context, *report); !ended) return ended;
  const auto pool = need_pool(context, report->pool(), 0);
  if (!pool) return tl::make_unexpected(pool.error());
  auto subject = about(context, *report);
  subject.holder = pool->owner();
  subject.amount_kg = report->result_g() / kGramsPerKilogram;
  if (auto met = require_signers(context, "credits.convert", subject); !met) return met;
  reject(context, *report);
  context.fact("returned_g", std::to_string(report->result_g()));
  return {};
}

void give_back(Context& context, const v1::Report& report) {
  if (report.pool().empty()) return;
  const auto pool = context.state.find<v1::Account>(key::account(report.pool()));
  assert(pool && "a conversion names a known pool");
  convert(context, *pool, -report.result_g());
}

void note_recalled_credits(Context& context, const v1::Report& report, std::int64_t recalled_kg) {
  if (report.pool().empty() || context.credits_unknown) return;
  auto pool = context.state.find<v1::Account>(key::account(report.pool()));
  assert(pool && "a conversion names a known pool");
  const auto grams = recalled_kg * kGramsPerKilogram;
  const auto paid = std::min(pool->credits_owed_g(), grams);
  pool->set_credits_recalled_g(pool->credits_recalled_g() + grams - paid);
  auto& totals = context.totals;
  totals.set_credits_converted_g(totals.credits_converted_g() - paid);
  add_credits(context, std::move(*pool), paid);
}

}  // namespace puhui::ledger
