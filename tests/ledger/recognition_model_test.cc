// Two cities that send units to one another, against a model that remembers every kilogram by
// itself. What is carried between them comes late, twice, in any order, or not at all.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/ledger/random_units.h"
#include "tests/ledger/recognition_model.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr Micros kMinute = 60 * kSecond;
constexpr Micros kAnswerSoon = 120 * kMinute;
const std::vector<std::string> kOwned = {"owner-main", "owner-side"};

struct Retired {
  int city = 0;
  std::uint64_t leaf = 0;
  Serials origins;  // of the other city's
  std::optional<std::uint64_t> stated;
};
struct Batch {
  std::string code;
  std::uint64_t start = 0, end = 0;
};

SerialRanges ranges_of(const Serials& serials) {
  SerialRanges ranges;
  for (const auto serial : serials)
    if (!ranges.empty() && ranges.back().second + 1 == serial)
      ranges.back().second = serial;
    else
      ranges.emplace_back(serial, serial);
  return ranges;
}

// Any number below, however small the case is: or else only big ones would come to an answer.
template <class Number>
Number below(Number end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Number>(0, end));
}
// One of these, for whoever wants to do something with it: most often one that still awaits it, if
// there is any. Null if there are none.
template <class T, class Awaits>
T* any_of(std::vector<T>& all, Awaits awaits) {
  std::vector<T*> some;
  const bool is_picky = below(4) > 0 && std::ranges::any_of(all, awaits);
  for (auto& one : all)
    if (!is_picky || awaits(one)) some.push_back(&one);
  return some.empty() ? nullptr : some[below(some.size())];
}

// Chooses what happens next, does it, and knows what is to come of it.
class World {
 public:
  World() {
    auto agreement = agreement_between(at(0), at(1));
    agreement.set_answer_within(kAnswerSoon);
    agree(at(0), at(1), agreement);
    for (const int city : {0, 1}) {
      assert_code(note_project(at(city), at(1 - city)), OK);
      issue(city);
    }
    for (const int city : {0, 1}) cross_some(city);
  }

  void step() {
    const auto city = below(2);
    switch (below(20)) {
      case 0:
        return issue(city);
      case 1:
        return move(city);
      case 2:
        return retire_some(city);
      case 3:
        at(city).now += below<Micros>(60) * kMinute;
        return;
      case 4:
        return at(city).reopen();
      case 5:
      case 6:
        return recall_some();
      case 7:
      case 8:
        return note_recall_of_one();
      case 9:
        return state_one();
      case 10:
        return note_one();
      case 11:
      case 12:
        return send(city, false);
      case 13:
      case 14:
        return send(city, true);
      case 15:
      case 16:
        return conclude_one();
      default:
        return answer_one();
    }
  }

  SovereignCity& at(int city) { return *cities_[static_cast<std::size_t>(city)]; }

  RecognitionModel model;
  std::vector<Journey> sent;

 private:
  // Some free serials of an account, in order: of those that a city issued, or of any.
  Serials some(int city, const std::string& account, std::optional<int> home) {
    Serials free;
    for (std::uint64_t serial = 1; serial <= model.kilograms(city).size(); ++serial) {
      const auto& kilogram = model.one(city, serial);
      if (kilogram.is_free(account) && kilogram.home == home.value_or(kilogram.home))
        free.push_back(serial);
    }
    if (free.empty()) return free;
    const auto first = below(free.size());
    free.erase(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(first));
    free.resize(std::min(free.size(), 1 + below<std::size_t>(15)));
    return free;
  }

  // ---- In one city ----
  void issue(int city) {
    const auto amount = 10 + below<std::int64_t>(30);
    assert_code(at(city).issue_kg(amount), OK);
    const auto before = model.kilograms(city).size();
    model.issue(city, at(city).last_batch(), amount);
    batches_.push_back({city, {at(city).last_batch(), before + 1, model.kilograms(city).size()}});
  }
  void move(int city) {
    const auto from = *rc::gen::elementOf(kOwned);
    const auto to = from == "owner-main" ? "owner-side" : "owner-main";
    const auto serials = some(city, from, {});
    if (serials.empty()) return;
    assert_code(transfer(at(city), {from, to}, ranges_of(serials)), OK);
    for (const auto serial : serials) model.one(city, serial).account = to;
  }
  void retire_some(int city) {
    const auto from = *rc::gen::elementOf(kOwned);
    const auto serials = some(city, from, {});
    if (serials.empty()) return;
    const auto answer = retire(at(city), from, ranges_of(serials));
    assert_code(answer, OK);
    Retired retired{city, answer.leaf, {}, {}};
    for (const auto serial : serials) {
      auto& kilogram = model.one(city, serial);
      kilogram.state = v1::RETIRED;
      if (kilogram.home != city) retired.origins.push_back(kilogram.origin);
    }
    retired_.push_back(retired);
  }
  // One or two ranges of a batch, in any order.
  void recall_some() {
    const auto& [city, batch] = batches_[below(batches_.size())];
    const auto in_batch = [&batch] { return batch.start + below(batch.end + 1 - batch.start); };
    const auto cut = in_batch();
    SerialRanges ranges = {{batch.start, batch.end}};
    if (*rc::gen::arbitrary<bool>()) ranges = {{in_batch(), batch.end}};
    if (ranges[0].first < cut) ranges = {{cut, batch.end}, {ranges[0].first, cut - 1}};
    if (*rc::gen::arbitrary<bool>()) ranges.pop_back();
    if (*rc::gen::arbitrary<bool>()) std::ranges::reverse(ranges);
    const auto answer = recall(at(city), batch.code, ranges);
    ModelRecall recalled{city, answer.leaf, {}, false};
    for (const auto& [start, end] : whole_or(ranges, batch))
      for (auto serial = start; serial <= end; ++serial) recalled.origins.push_back(serial);
    assert_code(answer, model.recall(recalled) > 0 ? OK : RECALL_NOTHING);
  }
  static SerialRanges whole_or(const SerialRanges& ranges, const Batch& batch) {
    return ranges.empty() ? SerialRanges{{batch.start, batch.end}} : ranges;
  }

  // ---- From one to the other ----
  void send(int from, bool is_return) {
    const auto account = *rc::gen::elementOf(kOwned);
    Journey next;
    next.from = from;
    next.is_return = is_return;
    next.to = below(6) == 0 ? "nobody" : *rc::gen::elementOf(kOwned);
    next.serials = some(from, account, is_return ? next.taker() : from);
    if (next.serials.empty()) return;
    const auto answer = export_units(at(from), at(next.taker()),
                                     {ranges_of(next.serials), account, next.to, is_return});
    assert_code(answer, next.recognised() > 0 ? OK : DISCOUNT_ZERO);
    if (next.recognised() == 0) return;
    next.exported = answer.leaf;
    next.deadline = answer.time + kAnswerSoon;
    for (const auto serial : next.serials) next.origins.push_back(model.one(from, serial).origin);
    model.lock(next);
    sent.push_back(next);
  }
  void answer_one() {
    auto* one = any_of(sent, [](const Journey& journey) { return !journey.answer; });
    if (one == nullptr) return;
    const auto proof = carry(at(one->from), at(one->taker()), one->exported);
    switch (below(8)) {
      case 0:
        return void_one(*one, proof);
      case 1:
      case 2:
        return refuse_one(*one, proof);
      case 3:
        return settle_one(*one);
      default:
        return import_one(*one, proof);
    }
  }
  // What an answer is refused for that may be given until the deadline.
  ErrorCode too_late(const Journey& one) {
    if (one.answer) return TRANSFER_ANSWERED;
    return at(one.taker()).now < one.deadline ? OK : TRANSFER_DEADLINE_PASSED;
  }
  static void answered(Journey& one, const Answer& answer, v1::TransferState state) {
    if (answer.decision != v1::ACCEPTED) return;
    one.answer = answer.leaf;
    one.there = state;
  }
  void import_one(Journey& one, const v1::ProvenLeaf& proof) {
    const auto late = too_late(one);
    const auto expected = late == OK ? model.against(one) : late;
    const auto answer = import_units(at(one.taker()), proof);
    assert_code(answer, expected);
    answered(one, answer, v1::TRANSFER_IMPORTED);
    if (expected == OK) model.take_in(one);
  }
  void refuse_one(Journey& one, const v1::ProvenLeaf& proof) {
    const auto late = too_late(one);
    const auto against = model.against(one);
    const bool lasts = against != OK && against != TRANSFER_STATE_WRONG;
    const std::vector<std::string> codes = {std::string(code_name(against)), "quota.exceeded",
                                            "none"};
    const auto code = *rc::gen::elementOf(codes);
    const bool is_reason = lasts && code == code_name(against);
    const auto answer = refuse_import(at(one.taker()), proof, code);
    assert_code(answer, late != OK ? late : is_reason ? OK : TRANSFER_ACCEPTABLE);
    answered(one, answer, v1::TRANSFER_REFUSED);
  }
  void void_one(Journey& one, const v1::ProvenLeaf& proof) {
    const auto late = too_late(one);
    const auto answer = void_import(at(one.taker()), proof);
    assert_code(answer, late == OK                         ? TRANSFER_DEADLINE_RUNNING
                        : late == TRANSFER_DEADLINE_PASSED ? OK
                                                           : late);
    answered(one, answer, v1::TRANSFER_VOID);
  }
  void settle_one(Journey& one) {
    auto& from = at(one.from);
    const auto answer = settle(at(one.taker()), from, settlement_of(from, one.exported));
    assert_code(answer, one.answer ? TRANSFER_ANSWERED : OK);
    answered(one, answer, v1::TRANSFER_VOID);
  }
  // There, so that something is there to begin with.
  void cross_some(int from) {
    send(from, false);
    if (sent.empty()) return;
    auto& one = sent.back();
    import_one(one, carry(at(one.from), at(one.taker()), one.exported));
    if (one.answer) conclude(one);
  }
  void conclude_one() {
    auto* one = any_of(sent, [](const auto& each) { return each.answer && each.is_open; });
    if (one == nullptr || !one->answer) return;
    conclude(*one);
  }
  void conclude(Journey& one) {
    const auto proof = carry(at(one.taker()), at(one.from), *one.answer);
    assert_code(testing::conclude(at(one.from), proof), one.is_open ? OK : TRANSFER_STATE_WRONG);
    if (std::exchange(one.is_open, false)) model.conclude(one);
  }

  // ---- What is told of units afterwards ----
  void state_one() {
    auto* retired =
        any_of(retired_, [](const Retired& each) { return !each.origins.empty() && !each.stated; });
    if (retired == nullptr) return;
    const auto answer = state_retirement(at(retired->city), at(1 - retired->city), retired->leaf,
                                         ranges_of(retired->origins));
    assert_code(answer, retired->stated            ? RETIREMENT_STATED
                        : retired->origins.empty() ? RUN_DIFFERS
                                                   : OK);
    if (answer.decision == v1::ACCEPTED) retired->stated = answer.leaf;
  }
  void note_one() {
    const auto* retired =
        any_of(retired_, [](const Retired& each) { return each.stated.has_value(); });
    if (retired == nullptr || !retired->stated) return;
    const int home = 1 - retired->city;
    const auto proof = carry(at(retired->city), at(home), *retired->stated);
    const auto expected = model.against_note(home, retired->origins);
    assert_code(note_retirement(at(home), proof), expected);
    if (expected == OK) model.note_retired(home, retired->origins);
  }
  void note_recall_of_one() {
    auto* recalled = any_of(model.recalls, [](const ModelRecall& each) { return !each.is_noted; });
    if (recalled == nullptr) return;
    auto& abroad = at(1 - recalled->home);
    const auto noted = note_recall(abroad, carry(at(recalled->home), abroad, recalled->leaf));
    assert_code(noted, recalled->is_noted ? RETIREMENT_STATED : OK);
    if (recalled->is_noted) return;
    const auto frozen = model.note_recall(*recalled);
    RC_ASSERT(noted.outcome.facts(0).value() == "true");
    RC_ASSERT(noted.outcome.facts(1).value() == std::to_string(frozen));
  }

  std::array<std::unique_ptr<SovereignCity>, 2> cities_ = {
      std::make_unique<SovereignCity>(Place{"WUHAN", "P1"}),
      std::make_unique<SovereignCity>(Place{"XIANGYANG", "P2"})};
  std::vector<std::pair<int, Batch>> batches_;
  std::vector<Retired> retired_;
};

// ---- The ledgers against the model ----

void compare_one(const v1::UnitBlock& block, const ModelKilogram& kilogram, const City& partner) {
  RC_ASSERT(block.state() == kilogram.state);
  RC_ASSERT(block.account() == kilogram.account);
  RC_ASSERT(block.bound_by().starts_with("transfer/") == kilogram.is_locked);
  RC_ASSERT((block.bound_by() == "recall/" + partner.code()) == kilogram.is_frozen);
  RC_ASSERT(block.bound_by().empty() == (!kilogram.is_locked && !kilogram.is_frozen));
  RC_ASSERT((block.recalled_at() != 0) == kilogram.is_recalled);
  RC_ASSERT((block.retired_abroad_at() != 0) == kilogram.is_retired_abroad);
  const bool is_away = kilogram.state == v1::EXPORTED;
  RC_ASSERT(block.exported_to() == (is_away ? partner.code() : ""));
}

void compare_city(World& world, int city) {
  const auto view = world.at(city).view();
  const auto& kilograms = world.model.kilograms(city);
  for (std::uint64_t serial = 1; serial <= kilograms.size();) {
    const auto block = view.serial(serial);
    RC_ASSERT(block.has_value());
    RC_ASSERT(block->start() == serial);
    for (; serial <= block->end(); ++serial) {
      RC_ASSERT(serial <= kilograms.size());
      compare_one(*block, kilograms[serial - 1], world.at(1 - city));
    }
  }
  RC_ASSERT(!view.serial(kilograms.size() + 1));
  const auto imported =
      std::ranges::count_if(kilograms, [city](const auto& one) { return one.home != city; });
  const auto totals = view.totals();
  RC_ASSERT(totals.units_imported_kg() == imported);
  RC_ASSERT(totals.units_issued_kg() + imported == static_cast<std::int64_t>(kilograms.size()));
  RC_ASSERT(world.at(city).owed() == world.model.owed(city));
  RC_ASSERT(drift_of(view, unit_accounts()) == "");
  RC_ASSERT(world.at(city).ledger().read_only_reason() == "");
}

void compare(World& world) {
  for (const int city : {0, 1}) compare_city(world, city);
  for (const auto& one : world.sent) {
    const auto id = id_of(world.at(one.from), one.exported);
    RC_ASSERT(transfer_state(world.at(one.from), id) == one.here());
    RC_ASSERT(transfer_state(world.at(one.taker()), id) == one.there);
  }
  RC_ASSERT(drift_between(world.at(0), world.at(1)) == "");
}

RC_GTEST_PROP(CitiesThatRecogniseEachOther, AgreeWithAModelOfEveryKilogram, ()) {
  World world;
  compare(world);
  const auto steps = 30 + below(31);
  for (int i = 0; i < steps; ++i) {
    world.step();
    compare(world);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
