// Pools of credits: what they hold, owe and convert into reports.
#include <algorithm>

#include "node/audit/citizens.h"

namespace puhui::node::audit {
namespace {

constexpr std::int64_t kConvertedKgMax = std::int64_t{1} << 50;

v1::SubmitReport submission_of(const v1::ConvertCredits& action) {
  v1::SubmitReport submission;
  submission.set_report(action.report());
  submission.set_project(action.project());
  submission.set_from(action.from());
  submission.set_to(action.to());
  submission.set_document_sha256(action.document().sha256());
  return submission;
}

// Grams leave a pool as converted; fewer than none come back.
void convert(Case& at, v1::Account& pool, std::int64_t grams) {
  if (at.credits_unknown) return;
  add_credits(at, pool, -grams);
  auto& totals = at.books.totals;
  totals.set_credits_converted_g(totals.credits_converted_g() + grams);
}

Verdict check_conversion(Case& at, const v1::ConvertCredits& action, v1::Account*& pool) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.report())) return malformed("report");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  if (action.amount_kg() <= 0 || action.amount_kg() > kConvertedKgMax)
    return refused(ErrorCode::AMOUNT_ZERO, action.report(), "1 kg or more",
                   std::to_string(action.amount_kg()) + " kg");
  if (auto bad = need_pool(at, action.account(), pool)) return bad;
  if (auto bad = need_unrestrained(at.books, pool->owner())) return bad;
  const auto grams = action.amount_kg() * kGramsPerKilogram;
  if (at.credits_unknown || pool->credits_held_g() >= grams) return {};
  return refused(ErrorCode::BALANCE_INSUFFICIENT, action.account(), std::to_string(grams) + " g",
                 std::to_string(pool->credits_held_g()) + " g");
}

}  // namespace

void changed(Case& at, const v1::Account& account) {
  at.books.changed(stored('A', account.account()), account);
}

void add_credits(Case& at, v1::Account& account, std::int64_t grams) {
  const auto held = account.credits_held_g(), owed = account.credits_owed_g();
  const auto net = held - owed + grams;
  account.set_credits_held_g(std::max<std::int64_t>(net, 0));
  account.set_credits_owed_g(std::max<std::int64_t>(-net, 0));
  changed(at, account);
  auto& totals = at.books.totals;
  totals.set_credits_held_g(totals.credits_held_g() + account.credits_held_g() - held);
  totals.set_credits_owed_g(totals.credits_owed_g() + account.credits_owed_g() - owed);
}

v1::Account* find_pool(Case& at, const std::string& name) {
  auto* account = find(at.books.accounts, name);
  return account != nullptr && account->kind() == v1::ACCOUNT_POOL ? account : nullptr;
}

Verdict need_pool(Case& at, const std::string& name, v1::Account*& pool) {
  if (!at.books.accounts.contains(name)) return refused(ErrorCode::ACCOUNT_UNKNOWN, name);
  pool = find_pool(at, name);
  if (pool != nullptr) return {};
  return refused(ErrorCode::ACCOUNT_KIND, name, v1::AccountKind_Name(v1::ACCOUNT_POOL));
}

void take_from_pool(Case& at, const std::string& name, std::int64_t grams) {
  auto& pool = at.books.accounts.at(name);
  const auto recalled = std::min(grams, pool.credits_recalled_g());
  pool.set_credits_recalled_g(pool.credits_recalled_g() - recalled);
  auto& totals = at.books.totals;
  totals.set_credits_converted_g(totals.credits_converted_g() - recalled);
  add_credits(at, pool, recalled - grams);
}

Verdict convert_credits(Case& at, const v1::ConvertCredits& action) {
  v1::Account* pool = nullptr;
  if (auto bad = check_conversion(at, action, pool)) return bad;
  const auto submission = submission_of(action);
  const Version* version = nullptr;
  if (auto bad = check_submission(at, submission, Reports::pooled_credits, version)) return bad;
  const auto& filing = at.books.projects.at(action.project()).filing();
  auto subject = about(filing, version->methodology);
  subject.holder = pool->owner();
  subject.amount_kg = action.amount_kg();
  need_signers(at, "credits.convert", subject);
  const auto grams = action.amount_kg() * kGramsPerKilogram;
  convert(at, *pool, grams);
  auto report = report_of(at, submission, *version);
  report.set_exact_result(std::to_string(action.amount_kg()));
  report.set_result_g(grams);
  report.set_pool(action.account());
  put_report(at, std::move(report));
  return {};
}

Verdict take_back_credits(Case& at, const v1::TakeBackCredits& action) {
  if (auto bad = need_rules(at)) return bad;
  auto* report = find(at.books.reports, action.report());
  if (report == nullptr) return refused(ErrorCode::REPORT_UNKNOWN, action.report());
  if (report->pool().empty())
    return refused(ErrorCode::PROJECT_POOL, action.report(), "a conversion of pooled credits");
  static const std::set<v1::ReportState> kWaiting{v1::COMPUTED, v1::VERIFIED, v1::PUBLICISED};
  if (!kWaiting.contains(report->state()))
    return refused(ErrorCode::REPORT_STATE, action.report(), "not issued, rejected or recalled",
                   v1::ReportState_Name(report->state()));
  const auto& methodology =
      at.books.methodologies.at({report->methodology(), report->methodology_version()});
  if (project_of(at, *report).standing() != v1::REVOKED && methodology.standing() != v1::WITHDRAWN)
    return refused(ErrorCode::REPORT_STATE, action.report(), "one that can never be issued");
  const auto& pool = at.books.accounts.at(report->pool());
  if (auto bad = need_unrestrained(at.books, pool.owner())) return bad;
  auto subject = about(at, *report);
  subject.holder = pool.owner();
  subject.amount_kg = report->result_g() / kGramsPerKilogram;
  need_signers(at, "credits.convert", subject);
  reject(at, *report);
  changed(at, *report);
  return {};
}

void give_back(Case& at, const v1::Report& report) {
  if (!report.pool().empty()) convert(at, at.books.accounts.at(report.pool()), -report.result_g());
}

void recalled_from(Case& at, const v1::Report& report, std::int64_t recalled_kg) {
  if (report.pool().empty() || at.credits_unknown) return;
  auto& pool = at.books.accounts.at(report.pool());
  const auto grams = recalled_kg * kGramsPerKilogram;
  const auto paid = std::min(pool.credits_owed_g(), grams);
  pool.set_credits_recalled_g(pool.credits_recalled_g() + grams - paid);
  auto& totals = at.books.totals;
  totals.set_credits_converted_g(totals.credits_converted_g() - paid);
  add_credits(at, pool, paid);
}

}  // namespace puhui::node::audit
