// Cases of a purpose with caps and a deadline, against a model that adds up what was confirmed anew
// at every question.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/ledger/market.h"
#include "tests/ledger/random_units.h"

namespace puhui::ledger::testing {
namespace {

const std::vector<std::string> kFirms = {"owner", "buyer"};
constexpr std::uint32_t kListYear = 2025, kYear = 2026;
constexpr std::int64_t kThirdOfDue = 3, kMostOfYear = 60;
constexpr Micros kDeadline = 20 * kSecond;

v1::RuleSet limited_rules() {
  auto rules = market_rules("limited");
  auto& rule = steps_of(rules, "limited");
  rule.set_is_confirmed(true);
  rule.set_deadline(kDeadline);
  add_cap(rule, v1::ALLOWANCES_DUE, "1/" + std::to_string(kThirdOfDue));
  add_cap_of_year(rule, kMostOfYear);
  RuleTable(rules)
      .relation("open.limited", v1::HOLDER)
      .roles("confirm.limited", {v1::VERIFIER})
      .relation("void.limited", v1::HOLDER);
  return rules;
}

struct ModelCase {
  std::string firm = "owner";
  v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;
  std::int64_t amount = 0;  // that was confirmed
  Micros until = 0;

  [[nodiscard]] bool is_pending() const {
    return state == v1::CASE_OPEN || state == v1::CASE_CONFIRMED;
  }
  [[nodiscard]] bool uses_caps() const {
    return state == v1::CASE_CONFIRMED || state == v1::CASE_RETIRED;
  }
};

struct Model {
  std::map<std::string, ModelCase> cases;
  std::map<std::string, std::int64_t> held, due;

  // Of a firm, or of all.
  [[nodiscard]] std::int64_t used(const std::string& firm = {}) const {
    std::int64_t sum = 0;
    for (const auto& [name, of_case] : cases)
      if (of_case.uses_caps() && (firm.empty() || of_case.firm == firm)) sum += of_case.amount;
    return sum;
  }
  [[nodiscard]] std::int64_t retired() const {
    std::int64_t sum = 0;
    for (const auto& [name, of_case] : cases)
      if (of_case.state == v1::CASE_RETIRED) sum += of_case.amount;
    return sum;
  }
  void pass(Micros now) {
    for (auto& [name, of_case] : cases)
      if (of_case.is_pending() && of_case.until <= now) of_case.state = v1::CASE_VOID;
  }
  // An empty one where there is none.
  [[nodiscard]] ModelCase named(const std::string& name) const {
    const auto found = cases.find(name);
    return found == cases.end() ? ModelCase() : found->second;
  }
  // Why a step of a case may not be taken from another state than one of these.
  [[nodiscard]] ErrorCode why_not(const std::string& name,
                                  std::initializer_list<v1::CaseState> states) const {
    if (!cases.contains(name)) return ErrorCode::CASE_UNKNOWN;
    const bool is_one = std::ranges::find(states, named(name).state) != states.end();
    return is_one ? ErrorCode::OK : ErrorCode::CASE_STATE_WRONG;
  }
  [[nodiscard]] bool is_within(const std::string& firm, std::int64_t amount) const {
    return used(firm) + amount <= due.at(firm) / kThirdOfDue && used() + amount <= kMostOfYear;
  }
};

// A step as it is sent, and what is left of the model if it is accepted.
struct Step {
  Sent sent;
  Model after;
  ErrorCode expected = ErrorCode::OK;

  [[nodiscard]] bool is_accepted() const { return expected == ErrorCode::OK; }
};

class World {
 public:
  World() {
    RC_ASSERT(city.issue_kg(100).decision == v1::ACCEPTED);
    RC_ASSERT(transfer(city, kToBuyer, 40).decision == v1::ACCEPTED);
    model.held = {{"owner", 60}, {"buyer", 40}};
    for (const auto& firm : kFirms) publish(firm);
  }
  void random_step() {
    city.now += *rc::gen::inRange<Micros>(0, 3) * kSecond;
    const auto kind = *rc::gen::inRange(0, 12);
    if (kind == 0) return tick();
    if (kind == 1) return publish(*rc::gen::elementOf(kFirms));
    Step step;
    step.after = model;
    step.after.pass(city.now);
    choose(kind, step);
    assert_code(city.submit(step.sent), step.expected);
    // A refusal carries nothing out, not even what time did.
    if (step.is_accepted()) model = std::move(step.after);
  }

  KilogramCity city{limited_rules()};
  Model model;

 private:
  void tick() {
    model.pass(city.now);
    city.apply({});
  }
  // Lists a firm again with other allowances, even less than it used.
  void publish(const std::string& firm) {
    auto listed = ets_firm("entity of " + firm);
    listed.set_allowances_due_kg(*rc::gen::inRange<std::int64_t>(0, 150));
    model.pass(city.now);
    RC_ASSERT(publish_ets(city, kListYear, {listed}).decision == v1::ACCEPTED);
    model.due[firm] = listed.allowances_due_kg();
  }
  void choose(int kind, Step& step) {
    switch (kind) {
      case 2:
      case 3:
      case 4:
        return open(step);
      case 5:
      case 6:
      case 7:
        return confirm(step);
      case 8:
        return turn_down(step);
      case 9:
        return give_up(step);
      default:
        return retire(step);
    }
  }
  // One that there is, or is not.
  std::string any_case() {
    return "c" + std::to_string(*rc::gen::inRange<std::size_t>(0, model.cases.size() + 1));
  }
  static v1::OpenCase opening_of(const std::string& name, const std::string& firm) {
    auto action = opening(name, "limited");
    action.set_account(firm + "-main");
    return action;
  }

  void open(Step& step) {
    const auto name = any_case();
    const auto firm = *rc::gen::elementOf(kFirms);
    if (step.after.cases.contains(name))
      step.expected = ErrorCode::CASE_EXISTS;
    else
      step.after.cases[name] = {firm, v1::CASE_OPEN, 0, city.now + kDeadline};
    step.sent = signed_action(city, opening_of(name, firm), {firm});
  }
  void confirm(Step& step) {
    const auto name = any_case();
    const auto amount = *rc::gen::inRange<std::int64_t>(1, 30);
    step.expected = step.after.why_not(name, {v1::CASE_OPEN});
    if (step.is_accepted() && !step.after.is_within(step.after.named(name).firm, amount))
      step.expected = ErrorCode::CAP_EXCEEDED;
    if (step.is_accepted()) {
      step.after.cases[name].state = v1::CASE_CONFIRMED;
      step.after.cases[name].amount = amount;
    }
    step.sent = signed_action(city, confirmation(name, amount), {"verifier"});
  }
  void turn_down(Step& step) {
    const auto name = any_case();
    step.expected = step.after.why_not(name, {v1::CASE_OPEN});
    if (step.is_accepted()) step.after.cases[name].state = v1::CASE_VOID;
    step.sent = signed_action(city, rejection(name), {"verifier"});
  }
  void give_up(Step& step) {
    const auto name = any_case();
    step.expected = step.after.why_not(name, {v1::CASE_OPEN, v1::CASE_CONFIRMED});
    if (step.is_accepted()) step.after.cases[name].state = v1::CASE_VOID;
    step.sent = signed_action(city, voiding(name), {step.after.named(name).firm});
  }
  // What was confirmed, most often.
  void retire(Step& step) {
    const auto name = any_case();
    const auto of_case = step.after.named(name);
    const auto more = *rc::gen::inRange(0, 4) == 0 ? 1 : 0;
    const auto amount = std::max<std::int64_t>(1, of_case.amount + more);
    step.expected = step.after.why_not(name, {v1::CASE_CONFIRMED});
    if (step.is_accepted() && amount != of_case.amount) step.expected = ErrorCode::CASE_AMOUNT;
    auto& held = step.after.held[of_case.firm];
    if (step.is_accepted() && amount > held) step.expected = ErrorCode::BALANCE_INSUFFICIENT;
    if (step.is_accepted()) {
      held -= amount;
      step.after.cases[name].state = v1::CASE_RETIRED;
    }
    step.sent =
        signed_action(city, retiring(opening_of(name, of_case.firm), amount), {of_case.firm});
  }
};

void compare(const World& world) {
  const auto& [city, model] = std::tie(world.city, world.model);
  for (const auto& [name, of_case] : model.cases) {
    const auto stored = case_named(city, name);
    RC_ASSERT(stored.state() == of_case.state);
    RC_ASSERT(stored.capped_kg() == (of_case.uses_caps() ? of_case.amount : 0));
  }
  for (const auto& firm : kFirms) {
    RC_ASSERT(city.held(firm + "-main") == model.held.at(firm));
    RC_ASSERT(cap_used(city, "limited", kListYear, "entity of " + firm) == model.used(firm));
  }
  RC_ASSERT(cap_used(city, "limited", kYear) == model.used());
  RC_ASSERT(city.totals().units_retired_kg() == model.retired());
}

RC_GTEST_PROP(CasesWithCaps, AgreeWithAModelThatAddsUpAnew, ()) {
  World world;
  const auto steps = *rc::gen::inRange(5, 60);
  for (int i = 0; i < steps; ++i) {
    world.random_step();
    compare(world);
    if (*rc::gen::inRange(0, 12) == 0) world.city.reopen();
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
