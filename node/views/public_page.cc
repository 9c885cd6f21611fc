#include "node/views/public_page.h"

#include "ledger/rules/calendar.h"

namespace puhui::node::views {
namespace {

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>body{font-family:sans-serif;max-width:52em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4em;"
    "border-bottom:1px solid #ccc}td.n{text-align:right}footer{font-size:.8em;"
    "overflow-wrap:anywhere}</style>\n";

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

// Thousandths as a decimal: kilograms as tonnes.
std::string thousandths(std::int64_t number) {
  auto digits = std::to_string(number % 1'000);
  digits.insert(0, 3 - digits.size(), '0');
  return std::to_string(number / 1'000) + "." + digits;
}

std::string named(v1::TargetKind kind) {
  switch (kind) {
    case v1::TARGET_METHODOLOGIES:
      return "方法学与场景规范 Methodologies and scenario norms";
    case v1::TARGET_INSTITUTIONS:
      return "机构 Institutions";
    case v1::TARGET_PROJECTS_AND_SCENARIOS:
      return "项目与场景 Projects and scenarios";
    case v1::TARGET_ACCOUNTS:
      return "账户 Accounts";
    case v1::TARGET_TONNES:
      return "签发减排量(吨) Tonnes issued";
    default:
      return v1::TargetKind_Name(kind);
  }
}

std::string cell(const std::string& number) { return "<td class=\"n\">" + number + "</td>"; }

std::string row(const std::string& name, const std::string& number) {
  return "<tr><td>" + name + "</td>" + cell(number) + "</tr>\n";
}

std::string plan_of(const v1::Statement& statement) {
  if (!statement.has_plan()) return {};
  const auto& plan = statement.plan();
  std::string text = "<h2>目标 Targets</h2>\n<p>" + escaped(plan.source()) + " · 至 until " +
                     ledger::date_text(plan.until() - 1) +
                     "</p>\n<table>\n<tr><th>目标 Target</th><th>计划 Wanted</th>"
                     "<th>现有 So far</th><th>达成 Met</th></tr>\n";
  for (const auto& target : statement.targets())
    text += "<tr><td>" + named(target.kind()) + "</td>" + cell(std::to_string(target.wanted())) +
            cell(std::to_string(target.filed())) + "<td>" + (target.met() ? "是 yes" : "否 no") +
            "</td></tr>\n";
  return text + "</table>\n";
}

std::string counts_of(const v1::Statement& statement) {
  const auto& filed = statement.filed_in_all();
  const auto& totals = statement.totals();
  return "<h2>累计 In all</h2>\n<table>\n" +
         row("本市方法学与场景规范 Methodologies and scenario norms of the city",
             std::to_string(filed.methodologies())) +
         row("外地示例(另计) Samples from elsewhere, apart", std::to_string(filed.samples())) +
         row("项目 Projects", std::to_string(filed.projects())) +
         row("场景 Scenarios", std::to_string(totals.scenarios())) +
         row("主体 Parties", std::to_string(filed.parties())) +
         row("账户 Accounts", std::to_string(filed.accounts())) +
         row("个人账户 Personal accounts", std::to_string(filed.personal_accounts())) +
         row("签发(吨) Issued, t", thousandths(totals.units_issued_kg())) +
         row("核销(吨) Retired, t", thousandths(totals.units_retired_kg())) +
         row("个人减碳量(千克) Personal credits, kg", thousandths(totals.credits_credited_g())) +
         "</table>\n";
}

}  // namespace

std::string public_page(const v1::Genesis& city, const v1::Statement& statement,
                        ledger::Micros now) {
  const auto name = escaped(city.name_zh().empty() ? city.city() : city.name_zh()) +
                    (city.name_en().empty() ? "" : " " + escaped(city.name_en()));
  const std::string demo =
      city.has_demo_clock() ? "<p><strong>演示时钟 DEMO CLOCK</strong></p>\n" : "";
  return std::string(kHead) + "<title>" + name + " · 碳普惠</title>\n</head>\n<body>\n<h1>" + name +
         " · 碳普惠 Carbon inclusion</h1>\n" + demo + plan_of(statement) + counts_of(statement) +
         "<footer><p>截至 As of " + ledger::time_text(now) + " · " + escaped(statement.origin()) +
         " · " + std::to_string(statement.size()) + " 片叶子 leaves · 树根 root " +
         escaped(statement.root()) + "</p></footer>\n</body>\n</html>\n";
}

}  // namespace puhui::node::views
