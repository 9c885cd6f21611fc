// Credits, consents, pools, reversals, offers, conversions and erasures against a model that keeps
// grams in maps and knows nothing of leaves.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "tests/ledger/beside.h"
#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;
using Codes = std::vector<ErrorCode>;

constexpr std::uint64_t kPeople = 5;  // one more has no account
constexpr std::int64_t kThreshold = 1'500;
const std::vector<std::string> kOffers = {"tea", "cake"};

v1::RuleSet model_rules() {
  auto rules = pooling(v1::CREDIT_DAY, kThreshold);
  add_consents(rules, "", {v1::CONSENT_DATA});
  return rules;
}

// ---- The model ----

struct Act {
  Ride ride;
  std::int64_t grams = 0, pooled = 0, credited_on = 0;
  bool is_reversed = false;
};
struct Pool {
  std::int64_t net = 0;  // negative: owed
  std::int64_t recalled = 0;
};
std::int64_t held(std::int64_t net) { return std::max<std::int64_t>(0, net); }
std::int64_t owed(std::int64_t net) { return held(-net); }
struct Sale {
  std::int64_t price = 0, left = 0, per_person = 0, sold = 0;
  std::string sponsor;
  std::map<std::uint64_t, std::int64_t> got = {};
};
struct Issued {
  std::int64_t kilograms = 0;
  std::uint64_t start = 0;
  std::set<std::uint64_t> left = {};
};
struct Sums {
  std::int64_t credited = 0, reversed = 0, converted = 0, cancelled = 0, spent = 0;
};

struct Model {
  std::map<std::uint64_t, std::int64_t> grams;
  std::set<std::uint64_t> erased;
  std::set<std::pair<std::uint64_t, int>> consents;
  std::set<std::pair<std::uint64_t, std::string>> used;  // confirmations, each of one person
  std::vector<Act> acts;
  std::map<std::pair<std::uint64_t, std::int64_t>, std::int64_t> kept;  // by person and day
  std::map<std::string, Pool> pools;
  std::map<std::string, Sale> sales;
  std::map<std::string, std::int64_t> computed;  // kilograms of reports
  std::map<std::string, Issued> issued;
  std::uint64_t next_serial = 1;
  Sums sums;

  Model() {
    for (std::uint64_t person = 0; person < kPeople; ++person) grams[person] = 0;
    sales["tea"] = {100, 12, 3, 0, "bank-pool"};
    sales["cake"] = {250, 100, 0, 0, "provider-pool"};
  }
  [[nodiscard]] ErrorCode account(std::uint64_t person) const {
    if (!grams.contains(person)) return ACCOUNT_UNKNOWN;
    return erased.contains(person) ? ACCOUNT_ERASED : OK;
  }
  Act* find(const Ride& ride) {
    const auto is_it = [&ride](const Act& act) {
      return act.ride.citizen == ride.citizen && act.ride.slot == ride.slot &&
             act.ride.day == ride.day;
    };
    const auto found = std::ranges::find_if(acts, is_it);
    return found == acts.end() ? nullptr : &*found;
  }

  ErrorCode credit(const Ride& ride, std::int64_t today) {
    if (const auto code = account(ride.citizen); code != OK) return code;
    if (!consents.contains({ride.citizen, v1::CONSENT_DATA})) return CONSENT_MISSING;
    if (find(ride) != nullptr) return CLAIM_DUPLICATE;
    Act act{ride, ride.metres, 0, today};
    if (consents.contains({ride.citizen, v1::CONSENT_POOLING})) {
      auto& before = kept[{ride.citizen, today}];
      act.pooled = std::min(act.grams, kThreshold - before);
      before += act.pooled;
    }
    pools["provider-pool"].net += act.pooled;
    grams[ride.citizen] += act.grams - act.pooled;
    sums.credited += act.grams;
    acts.push_back(act);
    return OK;
  }
  ErrorCode reverse(const Ride& ride, bool is_sender, std::int64_t today) {
    auto* act = find(ride);
    if (act == nullptr) return CLAIM_UNKNOWN;
    if (!is_sender) return CLAIM_UNKNOWN;
    if (today > act->credited_on + kReversalDays) return REVERSAL_WINDOW;
    if (act->is_reversed) return CLAIM_REVERSED;
    act->is_reversed = true;
    grams[ride.citizen] -= act->grams - act->pooled;
    auto& pool = pools["provider-pool"];
    const auto recalled = std::min(pool.recalled, act->pooled);
    pool.recalled -= recalled;
    pool.net -= act->pooled - recalled;
    sums.converted -= recalled;
    sums.reversed += act->grams;
    return OK;
  }
  ErrorCode confirm(std::uint64_t person, const std::string& confirmation) const {
    if (const auto code = account(person); code != OK) return code;
    return used.contains({person, confirmation}) ? CONFIRMATION_USED : OK;
  }
  ErrorCode redeem(std::uint64_t person, std::int64_t quantity, const std::string& confirmation,
                   const std::string& offer) {
    if (const auto code = confirm(person, confirmation); code != OK) return code;
    auto& sale = sales[offer];
    if (quantity > sale.left) return OFFER_STOCK;
    if (sale.per_person > 0 && sale.got[person] + quantity > sale.per_person) return OFFER_LIMIT;
    const auto cost = quantity * sale.price;
    if (cost > grams[person]) return BALANCE_INSUFFICIENT;
    used.insert({person, confirmation});
    grams[person] -= cost;
    sale.got[person] += quantity;
    sale.left -= quantity;
    sale.sold += quantity;
    sums.spent += cost;
    // The sponsor has it once all records are judged: nobody can spend it before.
    pools[sale.sponsor].net += cost;
    return OK;
  }
  ErrorCode agree(std::uint64_t person, int item, bool is_given, const std::string& confirmation) {
    if (const auto code = confirm(person, confirmation); code != OK) return code;
    used.insert({person, confirmation});
    if (is_given)
      consents.insert({person, item});
    else
      consents.erase({person, item});
    return OK;
  }
  ErrorCode erase(std::uint64_t person, const std::string& confirmation) {
    if (const auto code = confirm(person, confirmation); code != OK) return code;
    used.insert({person, confirmation});
    const auto left = held(grams[person]);
    grams[person] -= left;
    sums.cancelled += left;
    erased.insert(person);
    std::erase_if(consents, [person](const auto& given) { return given.first == person; });
    return OK;
  }
  ErrorCode convert(const std::string& report, std::int64_t kilograms) {
    auto& pool = pools["provider-pool"];
    if (pool.net < kilograms * 1'000) return BALANCE_INSUFFICIENT;
    pool.net -= kilograms * 1'000;
    sums.converted += kilograms * 1'000;
    computed[report] = kilograms;
    return OK;
  }
  void reject(const std::string& report) {
    pools["provider-pool"].net += computed[report] * 1'000;
    sums.converted -= computed[report] * 1'000;
    computed.erase(report);
  }
  void issue(const std::string& report) {
    Issued batch{computed[report], next_serial};
    for (std::int64_t i = 0; i < batch.kilograms; ++i) batch.left.insert(next_serial++);
    issued["B" + report.substr(1)] = batch;
    computed.erase(report);
  }
  ErrorCode recall(const std::string& name, bool is_whole) {
    auto& batch = issued[name];
    const auto before = batch.left.size();
    if (is_whole)
      batch.left.clear();
    else
      batch.left.erase(batch.start);
    const auto recalled = static_cast<std::int64_t>(before - batch.left.size());
    if (recalled == 0) return RECALL_NOTHING;
    auto& pool = pools["provider-pool"];
    const auto paid = std::min(owed(pool.net), recalled * 1'000);
    pool.net += paid;
    pool.recalled += recalled * 1'000 - paid;
    sums.converted -= paid;
    return OK;
  }
  // Over all persons and pools.
  [[nodiscard]] std::int64_t sum_of(std::int64_t (*part)(std::int64_t)) const {
    std::int64_t sum = 0;
    for (const auto& [person, own] : grams) sum += part(own);
    for (const auto& [name, pool] : pools) sum += part(pool.net);
    return sum;
  }
};

// ---- Steps ----

struct Step {
  Sent sent;
  Codes codes;  // of the records, or of the event
  bool has_records = false;
};

// Chooses events and tells the model what they are to do.
class World {
 public:
  World() : city(model_rules()) {
    for (const auto& name : kOffers) {
      const auto& sale = model.sales[name];
      auto action = offering(name, sale.price);
      action.set_stock(sale.left);
      action.set_per_person(sale.per_person);
      action.set_sponsor(sale.sponsor);
      EXPECT_EQ(open_offer(city, action).decision, v1::ACCEPTED);
    }
    std::vector<v1::ConsentRecord> records;
    for (std::uint64_t person = 0; person < kPeople; ++person)
      for (const auto item : {v1::CONSENT_DATA, v1::CONSENT_POOLING})
        if (person % 2 == 0 || item == v1::CONSENT_DATA) {
          records.push_back(consent_of(person, item));
          model.consents.insert({person, item});
        }
    EXPECT_EQ(consent(city, records).outcome.records_accepted(), records.size());
  }
  std::vector<Step> random_steps() {
    switch (*rc::gen::inRange(0, 12)) {
      case 0:
      case 1:
        return {reverse()};
      case 2:
      case 3:
        return {redeem()};
      case 4:
        return {agree()};
      case 5:
      case 6:
        return {convert()};
      case 7:
        return decide();
      case 8:
        return recall();
      case 9:
        return *rc::gen::inRange(0, 4) == 0 ? std::vector<Step>{erase()} : std::vector<Step>{};
      case 10:
        return *rc::gen::inRange(0, 3) == 0 ? revoke() : std::vector<Step>{credit()};
      default:
        return {credit()};
    }
  }
  CitizenCity city;
  Model model;

 private:
  static std::uint64_t somebody() { return *rc::gen::inRange<std::uint64_t>(0, kPeople + 1); }
  // Account 5 would be one of the city's: the unknown one is another.
  static std::uint64_t number_of(std::uint64_t person) { return person == kPeople ? 99 : person; }
  [[nodiscard]] std::int64_t today() const { return day_of(city.now); }
  std::string new_name(const std::string& kind) { return kind + std::to_string(++names_); }
  // Mostly a new one.
  std::string confirmation() {
    if (!confirmations_.empty() && *rc::gen::inRange(0, 6) == 0)
      return *rc::gen::elementOf(confirmations_);
    confirmations_.push_back(new_name("wish "));
    return confirmations_.back();
  }
  Step credit() {
    Step step{{}, {}, true};
    std::vector<Ride> rides;
    const auto count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      const Ride taken{number_of(somebody()), *rc::gen::inRange<std::int64_t>(1, 900),
                       *rc::gen::inRange<std::uint32_t>(0, 6), today()};
      rides.push_back(taken);
      step.codes.push_back(model.credit(taken, today()));
    }
    const auto attachment = attachment_with(rides);
    step.sent = sign_with(batch_event(city, attachment), {"provider"}, attachment);
    return step;
  }
  Ride some_ride() {
    if (model.acts.empty() || *rc::gen::inRange(0, 8) == 0)
      return {number_of(somebody()), 1, 23, today()};
    return (*rc::gen::elementOf(model.acts)).ride;
  }
  Step reverse() {
    Step step{{}, {}, true};
    const bool is_sender = *rc::gen::inRange(0, 8) != 0;
    std::vector<Ride> rides;
    const auto count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      rides.push_back(some_ride());
      step.codes.push_back(model.reverse(rides.back(), is_sender, today()));
    }
    step.sent = signed_reversal(city, rides, is_sender ? "provider" : "provider2");
    return step;
  }
  Step redeem() {
    Step step{{}, {}, true};
    const auto offer = *rc::gen::elementOf(kOffers);
    std::vector<v1::RedemptionRecord> records;
    const auto count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      const auto person = number_of(somebody());
      const auto quantity = *rc::gen::inRange<std::int64_t>(1, 4);
      const auto wish = confirmation();
      records.push_back(redemption(person, quantity, kept(wish)));
      step.codes.push_back(model.redeem(person, quantity, wish, offer));
    }
    step.sent = signed_redemptions(city, offer, records);
    return step;
  }
  Step agree() {
    Step step{{}, {}, true};
    std::vector<v1::ConsentRecord> records;
    const auto count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      const auto person = number_of(somebody());
      const auto item = *rc::gen::element(v1::CONSENT_DATA, v1::CONSENT_POOLING);
      const bool is_given = *rc::gen::inRange(0, 3) != 0;
      const auto wish = confirmation();
      auto record = consent_of(person, item);
      record.set_is_given(is_given);
      *record.mutable_confirmation() = kept(wish);
      records.push_back(record);
      step.codes.push_back(model.agree(person, item, is_given, wish));
    }
    step.sent = signed_consents(city, records);
    return step;
  }
  Step erase() {
    const auto person = number_of(somebody());
    const auto wish = confirmation();
    return {signed_action(city, erasure(person, kept(wish)), {"operator"}),
            {model.erase(person, wish)}};
  }
  Step convert() {
    const auto report = new_name("r");
    const auto kilograms = *rc::gen::inRange<std::int64_t>(1, 3);
    auto action = conversion(report, kilograms);
    action.set_project(project_);
    return {signed_action(city, action, {"provider"}), {model.convert(report, kilograms)}};
  }
  // The project ends, and what waits for it can only be taken back; another takes its place.
  std::vector<Step> revoke() {
    for (const auto& [report, kilograms] : model.computed) ended_.insert(report);
    auto revoked = standing_event(city, v1::REVOKED);
    revoked.mutable_set_standing()->set_project(project_);
    project_ = "POOL" + std::to_string(++names_);
    return {{sign(revoked, {"bureau"}), {OK}},
            {signed_action(city, pooled_project(project_), {"operator", "provider"}), {OK}}};
  }
  Step take_back(const std::string& report) {
    v1::TakeBackCredits action;
    action.set_report(report);
    const bool is_ended = ended_.contains(report);
    if (is_ended) model.reject(report);
    return {signed_action(city, action, {"provider"}), {is_ended ? OK : REPORT_STATE}};
  }
  // A report is turned down, issued, or taken back.
  std::vector<Step> decide() {
    if (model.computed.empty()) return {};
    const auto report = model.computed.begin()->first;
    if (ended_.contains(report) || *rc::gen::inRange(0, 4) == 0) return {take_back(report)};
    const bool is_positive = *rc::gen::inRange(0, 3) != 0;
    std::vector<Step> steps;
    steps.push_back({sign(verify_event(city, report, is_positive), {"verifier"}), {OK}});
    if (!is_positive) {
      model.reject(report);
      return steps;
    }
    steps.push_back(
        {sign(issue_event(city, report, "B" + report.substr(1)), {"operator", "bureau"}), {OK}});
    model.issue(report);
    return steps;
  }
  std::vector<Step> recall() {
    if (model.issued.empty()) return {};
    const auto count = static_cast<std::ptrdiff_t>(model.issued.size());
    const auto& [name, batch] =
        *std::next(model.issued.begin(), *rc::gen::inRange<std::ptrdiff_t>(0, count));
    const bool is_whole = *rc::gen::arbitrary<bool>();
    const auto last = batch.start + (is_whole ? batch.kilograms - 1 : 0);
    const SerialRanges ranges{{batch.start, last}};
    auto sent = sign(recall_event(city, name, ranges), {"bureau"});
    return {{std::move(sent), {model.recall(name, is_whole)}}};
  }

  int names_ = 1;
  std::string project_ = "POOL1";
  std::set<std::string> ended_;  // reports of projects that were revoked
  std::vector<std::string> confirmations_;
};

// ---- Comparing ----

// Nothing is accepted of a batch without a good record: its first record's refusal is the batch's.
void compare(const Answer& answer, const Step& step) {
  const bool is_accepted = std::ranges::find(step.codes, OK) != step.codes.end();
  RC_ASSERT(answer.decision == (is_accepted ? v1::ACCEPTED : v1::REFUSED));
  RC_ASSERT(code_name(answer.code) == code_name(is_accepted ? OK : step.codes.front()));
  if (!is_accepted || !step.has_records) return;
  std::string expected;
  for (std::size_t i = 0; i < step.codes.size(); ++i)
    if (step.codes[i] != OK)
      expected += std::to_string(i) + " " + std::string(code_name(step.codes[i])) + "; ";
  RC_ASSERT(refusals_of(answer) == expected);
  RC_ASSERT(answer.outcome.records_accepted() ==
            static_cast<std::uint32_t>(std::ranges::count(step.codes, OK)));
}

void compare(const World& world) {
  const auto view = world.city.view();
  const auto& model = world.model;
  for (const auto& [person, grams] : model.grams) {
    RC_ASSERT(world.city.grams(person) == grams);
    RC_ASSERT(drift_of_person(view, person) == "");
    for (const auto item : {v1::CONSENT_DATA, v1::CONSENT_POOLING})
      RC_ASSERT(view.has_consent(id_of_citizen(person), "provider", item) ==
                model.consents.contains({person, item}));
  }
  for (const auto& [name, pool] : model.pools) {
    RC_ASSERT(world.city.pool(name).credits_held_g() == held(pool.net));
    RC_ASSERT(world.city.pool(name).credits_owed_g() == owed(pool.net));
    RC_ASSERT(world.city.pool(name).credits_recalled_g() == pool.recalled);
  }
  for (const auto& [name, sale] : model.sales) {
    RC_ASSERT(world.city.offer(name).redeemed() == sale.sold);
    RC_ASSERT(world.city.offer(name).redeemed_g() == sale.sold * sale.price);
  }
  const auto totals = view.totals();
  RC_ASSERT(totals.credits_credited_g() == model.sums.credited);
  RC_ASSERT(totals.credits_reversed_g() == model.sums.reversed);
  RC_ASSERT(totals.credits_converted_g() == model.sums.converted);
  RC_ASSERT(totals.credits_cancelled_g() == model.sums.cancelled);
  RC_ASSERT(totals.credits_spent_g() == model.sums.spent);
  RC_ASSERT(totals.credits_held_g() == model.sum_of(held));
  RC_ASSERT(totals.credits_owed_g() == model.sum_of(owed));
  RC_ASSERT(drift_of_credits(view) == "");
}

RC_GTEST_PROP(CreditsOfCitizens, AgreeWithAModelOfEveryGram, ()) {
  const AllBeside all_beside;
  World world;
  const auto blocks = *rc::gen::inRange(4, 14);
  for (int i = 0; i < blocks; ++i) {
    std::vector<Step> steps;
    const auto more = *rc::gen::inRange(2, 8);
    for (int k = 0; k < more; ++k)
      for (auto& step : world.random_steps()) steps.push_back(std::move(step));
    std::vector<Sent> block;
    for (const auto& step : steps) block.push_back(step.sent);
    const auto answers = world.city.apply(block);
    for (std::size_t k = 0; k < answers.size(); ++k) compare(answers[k], steps[k]);
    compare(world);
    if (*rc::gen::inRange(0, 4) == 0) world.city.reopen();
    if (*rc::gen::inRange(0, 2) == 0) world.city.now += kMicrosPerDay;
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
