// Chaos between cities, judged by an auditor: every log that the simulator brings to an end, lost
// or whole, is clean and comes to the same; and what is changed in it is found where it was
// changed.
#include <functional>

#include "tests/audit/log.h"
#include "tests/recognition/sim/chaos.h"

namespace puhui::node::audit::testing {
namespace {

namespace sim = ledger::testing::sim;

// ---- Logs that the rules made -------------------------------------------------------------------

// What an auditor finds, or how he differs from the ledger about what all of it came to.
std::string judge(City& city, const std::vector<RawLeaf>& log) {
  const auto audit = audited(log);
  const auto& counts = audit.counts();
  const auto totals = city.totals().DebugString();
  if (!audit.findings().empty()) return told(audit);
  if (audit.root() != city.head().root) return "another tree";
  if (counts.state_roots == 0 || counts.state_roots_compared != counts.state_roots)
    return "a state root that was not compared";
  if (audit.books().totals.DebugString() != totals)
    return "totals " + audit.books().totals.DebugString() + ", not " + totals;
  return {};
}

struct OneLog {
  std::string code;
  std::vector<RawLeaf> leaves;
};
using Logs = std::vector<OneLog>;

// Runs a plan; every log that came to its end was judged, and is answered.
Logs judged_logs(sim::Plan plan) {
  Logs logs;
  plan.stranger = [&logs](SovereignCity& city) {
    reach_a_state_root(city);
    logs.push_back({city.code(), log_of(city)});
    return judge(city, logs.back().leaves);
  };
  const auto outcome = sim::run(plan);
  std::string steps;
  for (const auto& step : outcome.last_steps) steps += "\n  " + step;
  EXPECT_EQ(outcome.violation.value_or(""), "") << steps;
  EXPECT_EQ(logs.size(), static_cast<std::uint64_t>(plan.cities) + outcome.counters.restores);
  return logs;
}

sim::Plan plan_of(std::uint64_t seed) {
  sim::Plan plan;
  plan.seed = seed;
  return plan;
}

class JudgedCities : public ::testing::TestWithParam<std::uint64_t> {};
TEST_P(JudgedCities, AreClean) { judged_logs(plan_of(GetParam())); }
INSTANTIATE_TEST_SUITE_P(Seeds, JudgedCities, ::testing::Range<std::uint64_t>(1, 9));

class FiveJudgedCities : public ::testing::TestWithParam<std::uint64_t> {};
TEST_P(FiveJudgedCities, AreClean) {
  auto plan = plan_of(GetParam());
  plan.cities = 5;
  plan.steps = 400;
  judged_logs(plan);
}
INSTANTIATE_TEST_SUITE_P(Seeds, FiveJudgedCities, ::testing::Range<std::uint64_t>(1, 4));

// ---- Logs that somebody doctored ----------------------------------------------------------------

// Changes an event; whether there was something to be changed.
using Change = std::function<bool(v1::Payload&)>;

// An event with its party's signature, at the time of the leaf that it takes the place of.
RawLeaf leaf_of(const OneLog& log, const v1::Payload& payload, Micros time) {
  return leaf_at(time, LeafKind::event,
                 sign(payload, {keys_of(log.code) + payload.party()}).envelope);
}

// The codes found at the first bad leaf of a log, which has to be its last.
std::string found_at_end(const std::vector<RawLeaf>& log) {
  const auto audit = audited(log);
  EXPECT_EQ(audit.first_bad(), log.size() - 1) << told(audit);
  std::string codes;
  for (const auto& [position, fault] : audit.findings())
    if (position == log.size() - 1) codes += fault.code + " ";
  return codes;
}

struct DoctoredCities : ::testing::Test {
  static constexpr std::size_t kOften = 3;  // is enough of one kind

  // From a few seeds, once.
  static const Logs& logs() {
    static const Logs all = [] {
      Logs some;
      for (std::uint64_t seed = 1; seed < 7; ++seed)
        for (auto& log : judged_logs(plan_of(seed))) some.push_back(std::move(log));
      return some;
    }();
    return all;
  }
  // Every log that has such an event, up to the first of them.
  static void for_each(const Change& change,
                       const std::function<void(OneLog, v1::Payload)>& doctored) {
    std::size_t count = 0;
    for (const auto& log : logs())
      for (std::size_t i = 1; i < log.leaves.size() && count < kOften; ++i) {
        const auto event = ledger::read_foreign(log.leaves[i].entry, log.code);
        auto payload = event ? event->payload : v1::Payload();
        if (!event || !change(payload)) continue;
        ++count;
        doctored({log.code, {log.leaves.begin(), log.leaves.begin() + std::ptrdiff_t(i) + 1}},
                 payload);
        break;
      }
    EXPECT_GT(count, 0U) << "no log has such a leaf";
  }
  // Written otherwise than the ledger accepted it, and signed so, it is found for this.
  static void expect_found(ErrorCode code, const Change& change) {
    SCOPED_TRACE(code_name(code));
    for_each(change, [code](OneLog log, const v1::Payload& payload) {
      log.leaves.back() = leaf_of(log, payload, time_of(log.leaves.back()));
      EXPECT_NE(found_at_end(log.leaves).find(code_name(code)), std::string::npos);
    });
  }
  // Written as the ledger accepted it, and right after it once more, under another name.
  static void expect_found_twice(ErrorCode code, const Change& is_it) {
    SCOPED_TRACE(code_name(code));
    for_each(is_it, [code](OneLog log, v1::Payload payload) {
      payload.set_event_id(std::string(16, 'x'));
      log.leaves.push_back(leaf_of(log, payload, time_of(log.leaves.back()) + 1));
      EXPECT_NE(found_at_end(log.leaves).find(code_name(code)), std::string::npos);
    });
  }
};

TEST_F(DoctoredCities, AreFoundByAnswersThatAreOthers) {
  expect_found(ErrorCode::DISCOUNT_DIFFERS, [](v1::Payload& payload) {
    if (!payload.has_import()) return false;
    auto& import = *payload.mutable_import();
    import.set_recognised_kg(import.recognised_kg() + 1);
    return true;
  });
  // What was taken is said to have lapsed, before its time.
  expect_found(ErrorCode::TRANSFER_DEADLINE_RUNNING, [](v1::Payload& payload) {
    if (!payload.has_import()) return false;
    const auto exported = payload.import().export_();
    *payload.mutable_void_import()->mutable_export_() = exported;
    return true;
  });
  expect_found(ErrorCode::PROOF_INVALID, [](v1::Payload& payload) {
    if (!payload.has_conclude_transfer()) return false;
    payload.mutable_conclude_transfer()->mutable_answer()->mutable_entry()->back() ^= 1;
    return true;
  });
}

TEST_F(DoctoredCities, AreFoundByWhatIsDoneTwice) {
  expect_found_twice(ErrorCode::TRANSFER_ANSWERED,
                     [](v1::Payload& payload) { return payload.has_import(); });
  expect_found_twice(ErrorCode::TRANSFER_STATE_WRONG,
                     [](v1::Payload& payload) { return payload.has_conclude_transfer(); });
  expect_found_twice(ErrorCode::RETIREMENT_STATED,
                     [](v1::Payload& payload) { return payload.has_note_retirement(); });
  expect_found_twice(ErrorCode::EPOCH_INVALID,
                     [](v1::Payload& payload) { return payload.has_open_epoch(); });
  expect_found_twice(ErrorCode::RUN_DIFFERS,
                     [](v1::Payload& payload) { return payload.has_state_transfers(); });
}

TEST_F(DoctoredCities, AreFoundByListsThatAreOthers) {
  const auto lists = [](v1::Payload& payload) {
    return payload.has_state_transfers() && payload.state_transfers().transfers_size() > 0;
  };
  expect_found(ErrorCode::RUN_DIFFERS, [&](v1::Payload& payload) {
    if (!lists(payload)) return false;
    payload.mutable_state_transfers()->mutable_transfers()->RemoveLast();
    return true;
  });
  expect_found(ErrorCode::RUN_DIFFERS, [&](v1::Payload& payload) {
    if (!lists(payload)) return false;
    auto& listed = *payload.mutable_state_transfers()->mutable_transfers(0);
    listed.set_leaf(listed.leaf() + 1);
    return true;
  });
  expect_found(ErrorCode::PROOF_INVALID, [](v1::Payload& payload) {
    if (payload.note_transfers().receipts_size() == 0) return false;
    payload.mutable_note_transfers()->mutable_receipts(0)->mutable_checkpoint()->pop_back();
    return true;
  });
}

TEST_F(DoctoredCities, AreFoundByEpochsThatBeginOtherwise) {
  const auto opened = [](auto change) {
    return [change](v1::Payload& payload) {
      if (payload.has_open_epoch()) change(*payload.mutable_open_epoch());
      return payload.has_open_epoch();
    };
  };
  using Opening = v1::OpenEpoch;
  expect_found(ErrorCode::EPOCH_INVALID,
               opened([](Opening& o) { o.set_kept_leaves(o.kept_leaves() - 1); }));
  expect_found(ErrorCode::EPOCH_INVALID, opened([](Opening& o) { o.set_epoch(o.epoch() + 1); }));
  expect_found(ErrorCode::EPOCH_INVALID, opened([](Opening& o) { o.set_first_serial(1); }));
}

}  // namespace
}  // namespace puhui::node::audit::testing
