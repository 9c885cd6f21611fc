// An exchange between two cities goes to its end whoever is killed at whichever step, and whatever
// carries it: every unit is where it should be, once.

#include <algorithm>
#include <chrono>
#include <csignal>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "node/files/folder.h"
#include "tests/cluster/exchange.h"
#include "tests/cluster/wire.h"
#include "tests/net/http_fixture.h"

namespace puhui::testing {
namespace {

std::size_t times(const std::string& text, const std::string& mark) {
  std::size_t count = 0;
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) ++count;
  return count;
}

unsigned port_of(const std::string& url) {
  return static_cast<unsigned>(std::stoul(url.substr(url.rfind(':') + 1)));
}

// ---- Nodes killed ------------------------------------------------------------------------------

// A signed event, and where to ask what became of it.
struct Event {
  v1::Submission submission;
  std::string outcome;
};

Event read_event(const std::string& path) {
  Event event;
  event.submission.set_envelope(node::read_file(path).value());
  const auto envelope = crypto::decode_envelope(event.submission.envelope()).value();
  v1::Payload payload;
  EXPECT_TRUE(payload.ParseFromString(envelope.payload));
  event.outcome = "/v1/outcomes/" + payload.party() + "/" + crypto::hex_encode(payload.event_id());
  return event;
}

class NodesKilled : public Exchange {
 protected:
  // Whether somebody else may have sent an event for the same.
  enum class Rivals { none, one };

  // The node that is to record an event is killed as soon as that is on its way, and again as soon
  // as it is recorded; nobody reads an answer. Answers the leaf, the one there is.
  std::int64_t record(City& city, const std::string& party, const Words& words, Rivals rivals) {
    SCOPED_TRACE(city.code() + ": " + words[0] + " " + words[1]);
    const auto event = read_event(made(city, party, words));
    std::optional<Event> rival;
    if (rivals == Rivals::one) rival = read_event(made(city, party, words));
    send_and_crash(city, event, [](unsigned) { return true; });
    send_and_crash(city, event, [&](unsigned node) {
      auto client = city.client_of(node);
      return get<v1::SubmissionResult>(client, event.outcome).decision() == v1::ACCEPTED;
    });
    auto client = city.client_of(city.leader());
    const auto known = get<v1::SubmissionResult>(client, event.outcome);
    if (rival) {
      const auto late = send(client, rival->submission);
      EXPECT_EQ(late.decision(), v1::REFUSED) << late.ShortDebugString();
    }
    const auto again = send(client, event.submission, true);
    EXPECT_EQ(again.decision(), v1::ACCEPTED) << again.ShortDebugString();
    EXPECT_EQ(again.position(), known.position());
    return again.position();
  }
  std::int64_t carry(City& city, const Words& words) {
    return record(city, "operator", words + Words{"--there", profile(other(city))}, Rivals::one);
  }
  // A journey begins.
  std::int64_t begin(Journey journey) {
    const auto [city, party, words] = departure(journey);
    ++begun_[journey];
    return record(city, party, words, Rivals::none);
  }

 private:
  void send_and_crash(City& city, const Event& event,
                      const std::function<bool(unsigned)>& is_time) {
    const auto leader = city.leader();
    const auto body = event.submission.SerializeAsString();
    node::testing::RawClient raw(city.authority_pem(),
                                 static_cast<std::uint16_t>(port_of(city.url(leader))));
    ASSERT_TRUE(
        raw.write("POST /v1/events?wait=receipt HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                  "Content-Type: application/vnd.puhui.submission\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body));
    ASSERT_TRUE(City::wait([&] { return is_time(leader); }));
    crash(city, leader);
  }
};

TEST_F(NodesKilled, AsTheyRecordAnyStepRecordItOnce) {
  draft_agreement();
  for (auto* city : {&home_, &away_}) record(*city, "authority", filing_words(*city), Rivals::one);
  carry(away_, {"partner", "checkpoint"});
  carry(away_, {"project", "note", "P1"});

  const auto sent = begin(Journey::there);
  const auto there = transfer_at(home_, sent);
  carry(away_, {"partner", "checkpoint"});
  carry(away_, {"crossing", "import", there});
  carry(home_, {"partner", "checkpoint"});
  carry(home_, {"crossing", "conclude", there});

  const auto returned = begin(Journey::back);
  const auto back = transfer_at(away_, returned);
  carry(home_, {"partner", "checkpoint"});
  carry(home_, {"crossing", "import", back});
  carry(away_, {"partner", "checkpoint"});
  carry(away_, {"crossing", "conclude", back});

  const auto retired = begin(Journey::retirement);
  const auto stated =
      record(away_, "operator", {"retirement", "state", std::to_string(retired), "--home", kHome},
             Rivals::one);
  carry(home_, {"partner", "checkpoint"});
  carry(home_, {"retirement", "note", std::to_string(stated)});

  expect_nothing_left();
  expect_books_kept();
}

// ---- Others killed -----------------------------------------------------------------------------

class Troubled : public Exchange {
 protected:
  static constexpr int kTriesMax = 9;

  struct Trouble {
    std::function<void()> before;  // the journey has begun
    std::function<void()> at_step;
    std::function<void()> after;  // the journey has ended
  };

  // One journey for each step at which there is trouble; another one where that came too late.
  void travel(const Trouble& trouble) {
    for (const auto journey : kJourneys) {
      for (std::size_t k = 0; k < steps_of(journey); ++k) {
        int tries = 1;
        while (!meets(journey, k, trouble) && tries < kTriesMax) ++tries;
        EXPECT_LT(tries, kTriesMax) << "step " << k;
      }
    }
  }

 private:
  [[nodiscard]] static std::size_t steps_of(Journey journey) {
    return journey == Journey::retirement ? 4 : 5;
  }
  // Trouble as soon as a step is recorded; whether the next one was not yet.
  bool meets(Journey journey, std::size_t k, const Trouble& trouble) {
    const auto steps = depart(journey);
    SCOPED_TRACE(steps.front().name + ", trouble when " + steps[k].name);
    trouble.before();
    EXPECT_TRUE(City::wait(steps[k].is_recorded)) << steps[k].name;
    const bool is_met = k + 1 == steps.size() || !steps[k + 1].is_recorded();
    trouble.at_step();
    expect_recorded(steps);
    trouble.after();
    return is_met;
  }
};

TEST_F(Troubled, ARelayKilledAtAnyStepIsReplacedByAnother) {
  agree();
  Process relay;
  const auto replace = [&] {
    relay.kill9();
    relay = this->relay();
  };
  travel({replace, replace, [&] { relay.kill9(); }});
  expect_nothing_left();
  expect_books_kept();
}

TEST_F(Troubled, ALeaderKilledAtAnyStepIsSucceeded) {
  agree();
  auto relay = this->relay();
  unsigned dead = 0;
  const auto kill = [&] {
    dead = home_.leader();
    home_.process(dead).kill9();
  };
  travel({[] {}, kill, [&] { revive(home_, dead); }});
  EXPECT_TRUE(relay.running());
  relay.kill9();
  expect_nothing_left();
  expect_books_kept();
}

// ---- The network cut ---------------------------------------------------------------------------

TEST_F(Exchange, ACutNetworkDelaysAndLosesNothing) {
  agree();
  Wire wire(port_of(away_.url(1)));
  const auto wired = profile_at(away_, "wired", {wire.url()});
  auto relay = this->relay(wired, "relay.log");
  expect_recorded(depart(Journey::there));

  wire.cut();
  auto late = this->relay(wired, "late.log");  // begins when nothing can be reached
  std::vector<Steps> waiting;
  for (const auto journey : kJourneys) waiting.push_back(depart(journey));
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> reported;
  for (std::size_t count = 1; count <= 3; ++count) {
    EXPECT_TRUE(City::wait([&] {
      return times(said("relay.log"), "AWAY to HOME: puhui") >= count;
    })) << said("relay.log");
    reported.push_back(Clock::now());
  }
  EXPECT_GT(reported[2] - reported[1], reported[1] - reported[0]) << "asked ever less often";
  EXPECT_TRUE(City::wait([&] { return times(said("late.log"), "puhui: ") >= 2; }));
  for (const auto& steps : waiting) EXPECT_FALSE(steps.back().is_recorded()) << "nothing is known";

  wire.mend();
  for (const auto& steps : waiting) expect_recorded(steps);
  EXPECT_TRUE(relay.running());
  EXPECT_TRUE(late.running());
  relay.kill9();
  late.kill9();
  expect_nothing_left();
  expect_books_kept();
}

// ---- A node stopped ----------------------------------------------------------------------------

// The machine of the stopped node still takes connections, and nobody answers on them.
TEST_F(Exchange, AStoppedPartnerKeepsNobodyWaiting) {
  agree();
  City third{{PUHUI_PUHUID, 1, {"--origin", "third.example"}, run_flags(), rules(), "THIRD"}};
  third.start(1);
  (void)third.leader();
  const auto begun = depart(Journey::there);
  Process relay(
      {PUHUI_CLI, "relay", "run", "--from", profile(home_), "--to", profile(away_), "--to",
       profile_at(third, "THIRD", {third.url(1)}), "--every", "1", "--answer-timeout", "2"},
      file("relay.log"));
  EXPECT_TRUE(
      City::wait([this] { return times(said("relay.log"), "accept_checkpoint done") > 0; }));

  away_.process(1).signal(SIGSTOP);  // asked for nothing here until it goes on
  const auto reports = [this](const std::string& text) { return times(said("relay.log"), text); };
  const auto before = reports("HOME to AWAY: puhui: ");
  EXPECT_TRUE(City::wait([&] { return reports("HOME to AWAY: puhui: ") >= before + 2; }))
      << said("relay.log");
  EXPECT_EQ(reports("HOME to THIRD: puhui: agreement.unknown"), 1U) << "there is none yet";

  away_.process(1).signal(SIGCONT);
  expect_recorded(begun);
  for (const auto journey : kJourneys) expect_recorded(depart(journey));
  EXPECT_TRUE(relay.running());
  relay.kill9();
  expect_nothing_left();
  expect_books_kept();
}

// ---- Several relays ----------------------------------------------------------------------------

TEST_F(Exchange, TwoRelaysRecordEachThingOnce) {
  agree();
  auto one = relay("one.log"), other = relay("other.log");
  constexpr std::size_t kTimes = 5;
  std::vector<Steps> all;
  for (std::size_t i = 0; i < kTimes; ++i) {
    for (const auto journey : kJourneys) {
      all.push_back(depart(journey));
      if (i == 0 && journey == Journey::there) expect_recorded(all.back());
    }
  }
  for (const auto& steps : all) expect_recorded(steps);
  const auto both = [this] { return said("one.log") + said("other.log"); };
  // What is recorded is told, once; nothing failed on the way.
  for (const auto* word : {": import done", ": conclude_transfer done"})
    EXPECT_TRUE(City::wait([&] { return times(both(), word) == 2 * kTimes; })) << both();
  for (const auto* word : {"refused", "puhui: "}) EXPECT_EQ(times(both(), word), 0u) << both();
  EXPECT_TRUE(one.running());
  EXPECT_TRUE(other.running());
  one.kill9();
  other.kill9();
  expect_nothing_left();
  expect_books_kept();
}

// ---- Files -------------------------------------------------------------------------------------

class Bundles : public Exchange {
 protected:
  static constexpr int kSent = 20;

  // What a city makes for the other, going on from a receipt if there is one.
  std::string bundle(City& from, const std::string& name, const std::string& receipt = {}) {
    const Words going_on = receipt.empty() ? Words{} : Words{"--receipt", receipt};
    const auto ran =
        cli(from, "operator",
            Words{"bundle", "export", other(from).code(), "--to", file(name)} + going_on);
    EXPECT_EQ(ran.status, 0) << ran.output;
    return file(name);
  }
  [[nodiscard]] Words taking(City& to, const std::string& bundle) {
    return Words{PUHUI_CLI, "bundle", "import", bundle, "--receipt", bundle + ".receipt"} +
           flags_of(to, "operator");
  }
  // Answers the receipt.
  std::string take(City& to, const std::string& bundle) {
    const auto ran = run(taking(to, bundle));
    EXPECT_EQ(ran.status, 0) << ran.output;
    return bundle + ".receipt";
  }
  // What a relay does unasked, before anything can be brought home: of the first one here.
  void state_retirement() {
    const auto list = ask<v1::ForeignRetirementList>(
        away_, std::string("/v1/partners/") + kHome + "/retirements?limit=1");
    ASSERT_EQ(list.items_size(), 1);
    const auto leaf = std::to_string(list.items(0).statement().retirement());
    (void)must_do(away_, "operator", {"retirement", "state", leaf, "--home", kHome});
  }
  [[nodiscard]] int imported(City& city) {
    const auto list = ask<v1::TransferList>(city, "/v1/transfers?limit=500&state=imported");
    return list.items_size();
  }
};

TEST_F(Bundles, InFilesGoOnWhereTheyWereStopped) {
  agree();
  std::vector<Steps> all;
  for (int i = 0; i < kSent; ++i) all.push_back(depart(Journey::there));
  const auto outward = bundle(home_, "1.bundle");
  // Killed in the middle: who carries it, and the next one's node.
  Process clerk(taking(away_, outward), file("clerk.log"));
  EXPECT_TRUE(City::wait([this] { return imported(away_) >= 2; }));
  clerk.kill9();
  const auto before = imported(away_);
  EXPECT_LT(before, kSent);
  clerk = Process(taking(away_, outward), file("clerk.log"));
  EXPECT_TRUE(City::wait([&] { return imported(away_) > before + 1; }));
  crash(away_, 1);
  EXPECT_EQ(clerk.wait(), 4) << said("clerk.log");
  EXPECT_LT(imported(away_), kSent);
  const auto first = take(away_, outward);
  EXPECT_EQ(imported(away_), kSent);
  EXPECT_NE(node::read_file(first).value().find("\"known\""), std::string::npos);
  EXPECT_NE(node::read_file(first).value().find("\"done\""), std::string::npos);

  for (const auto journey : {Journey::back, Journey::retirement}) all.push_back(depart(journey));
  state_retirement();
  const auto inward = take(home_, bundle(away_, "2.bundle"));
  const auto second = take(away_, bundle(home_, "3.bundle", first));
  (void)take(home_, bundle(away_, "4.bundle", inward));
  (void)take(away_, bundle(home_, "5.bundle", second));
  for (const auto& steps : all) expect_recorded(steps);
  expect_nothing_left();
  expect_books_kept();
}

}  // namespace
}  // namespace puhui::testing
