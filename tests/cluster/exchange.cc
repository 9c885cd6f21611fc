#include "tests/cluster/exchange.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "crypto/bytes.h"
#include "ledger/event.h"
#include "node/files/folder.h"
#include "tests/cluster/entries.h"

namespace puhui::testing {
namespace {

std::string text(std::int64_t kilograms) { return std::to_string(kilograms) + "kg"; }

std::string must_read(const std::string& path) {
  const auto bytes = node::read_file(path);
  EXPECT_TRUE(bytes) << path;
  return bytes.value_or(std::string());
}

void write(const std::string& path, const std::string& bytes) {
  ASSERT_TRUE(node::write_file(path, bytes, node::Mode::shared));
}

}  // namespace

// ---- The cities ----

// A leader's end is noticed soon.
std::vector<std::string> Exchange::run_flags() {
  return {"--election-timeout-ms", "500", "--heartbeat-ms", "50"};
}

std::string Exchange::rules() {
  auto rules = test_rules();
  const std::string signers = "\"signers\":[";
  rules.insert(rules.find(signers) + signers.size(),
               "{\"action\":\"agreement.file\",\"all_of\":[{\"role\":\"AUTHORITY\"}]},"
               "{\"action\":\"export\",\"all_of\":[{\"relation\":\"HOLDER\"}]},");
  return rules;
}

Exchange::Exchange() {
  for (auto* city : {&home_, &away_}) {
    for (unsigned node = 1; node <= city->nodes(); ++node) city->start(node);
    (void)city->leader();
    clients_.emplace(city->code(), city->client());
  }
  issue_units(home_, kIssuedKg);
  must_send(away_, sign(away_, register_party(away_, "buyer", {v1::ENTERPRISE}), {"authority"}));
  must_send(away_, sign(away_, open_account("buyer", "buyer"), {"buyer"}));
  for (auto* city : {&home_, &away_}) {
    std::vector<std::string> urls;
    for (unsigned node = 1; node <= city->nodes(); ++node) urls.push_back(city->url(node));
    (void)profile_at(*city, city->code(), urls);
  }
}

std::string Exchange::made(City& city, const std::string& party, const Words& words) {
  const auto path = file("made-" + std::to_string(++files_));
  const auto ran = cli(city, party, words + Words{"--out", path});
  EXPECT_EQ(ran.status, 0) << ::testing::PrintToString(words) << ": " << ran.output;
  return path;
}

std::int64_t Exchange::must_send(City& city, const v1::Submission& event) {
  const auto result = send_until_decided(clients_.at(city.code()), event);
  EXPECT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
  return result.position();
}

std::int64_t Exchange::must_do(City& city, const std::string& party, const Words& words) {
  v1::Submission event;
  event.set_envelope(must_read(made(city, party, words)));
  return must_send(city, event);
}

std::string Exchange::profile(City& city) { return file(city.code() + ".toml"); }

std::string Exchange::profile_at(City& city, const std::string& name,
                                 const std::vector<std::string>& urls) {
  std::string list;
  for (const auto& url : urls) list += (list.empty() ? "\"" : ", \"") + url + "\"";
  const auto path = file(name + ".toml");
  write(path, "url = [" + list + "]\nca = \"" + city.folder() +
                  "/city/authority.pem\"\nparty = \"operator\"\nkey = [\"" +
                  key_file(city, "operator") + "\"]\n");
  return path;
}

void Exchange::crash(City& city, unsigned node) {
  city.process(node).kill9();
  revive(city, node);
}

void Exchange::revive(City& city, unsigned node) {
  city.start(node);
  const auto is_level = [&city] {
    const auto leader = city.status(city.leader());
    for (unsigned i = 1; i <= city.nodes(); ++i) {
      const auto status = city.status(i);
      if (status.size() != leader.size() || status.provable_size() != leader.size()) return false;
    }
    return true;
  };
  EXPECT_TRUE(City::wait(is_level)) << city.log_of(node);
}

std::uint64_t Exchange::known(City& city) {
  return ask<v1::PartnerLog>(city, "/v1/partners/" + other(city).code()).size();
}

v1::TransferRecord Exchange::transfer(City& city, const std::string& id) {
  return ask<v1::TransferRecord>(city, "/v1/transfers/" + id);
}

v1::ForeignRetirement Exchange::retirement(std::int64_t leaf) {
  const auto list = ask<v1::ForeignRetirementList>(
      away_, std::string("/v1/partners/") + kHome + "/retirements?limit=500");
  for (const auto& item : list.items())
    if (static_cast<std::int64_t>(item.statement().retirement()) == leaf) return item;
  return {};
}

// ---- The agreement ----

void Exchange::draft_agreement() {
  v1::Agreement agreement;
  agreement.set_agreement("mutual");
  agreement.set_version(1);
  for (auto* city : {&home_, &away_}) {
    const auto side = must_read(made(*city, "authority", {"agreement", "side"}));
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(side, agreement.add_sides()).ok());
  }
  auto& terms = *agreement.add_terms();
  terms.set_taker(kAway);
  auto& methodology = *terms.add_methodologies();
  methodology.set_methodology("UNITS");
  methodology.set_recognised_as("UNITS-ABROAD");
  terms.set_vintage_from(2020);
  terms.set_vintage_to(2030);
  terms.set_discount("0.9");
  terms.set_year_quota_kg(kIssuedKg);
  agreement.set_effective_from(1);
  agreement.set_effective_to(ledger::kTimeMax);
  agreement.set_answer_within(std::int64_t{3'600} * 1'000'000);
  std::string json;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(agreement, &json).ok());
  write(file("agreement.json"), json);
  const auto drafted =
      cli(home_, "authority",
          {"agreement", "draft", file("agreement.json"), "--out", file("exchange.agreement")});
  ASSERT_EQ(drafted.status, 0) << drafted.output;
  for (auto* city : {&home_, &away_}) {
    const auto ran = cli(*city, "authority",
                         {"agreement", "sign", file("exchange.agreement"), "--out",
                          file(city->code() + ".signature")});
    ASSERT_EQ(ran.status, 0) << ran.output;
  }
}

Words Exchange::filing_words(City& city) {
  return {"agreement", "file", file("exchange.agreement"), "--signature",
          file(other(city).code() + ".signature")};
}

void Exchange::agree() {
  draft_agreement();
  for (auto* city : {&home_, &away_}) (void)must_do(*city, "authority", filing_words(*city));
}

// ---- Journeys ----

Exchange::Departure Exchange::departure(Journey journey) {
  switch (journey) {
    case Journey::there:
      return {home_,
              "owner",
              {"crossing", "export", kAway, "--from", "owner", "--to", "buyer", "--amount",
               text(kThereKg)}};
    case Journey::back:
      return {away_,
              "buyer",
              {"crossing", "export", kHome, "--from", "buyer", "--to", "owner", "--amount",
               text(kBackKg), "--return"}};
    case Journey::retirement:
      return {away_,
              "buyer",
              {"retire", "--account", "buyer", "--purpose", "voluntary_offset", "--beneficiary",
               "a firm", "--amount", text(kRetiredKg)}};
  }
  return {home_, {}, {}};
}

Steps Exchange::depart(Journey journey) {
  const auto [city, party, words] = departure(journey);
  const auto leaf = must_do(city, party, words);
  ++begun_[journey];
  return steps_after(journey, leaf);
}

Steps Exchange::steps_after(Journey journey, std::int64_t leaf) {
  if (journey == Journey::retirement) return retirement_steps(leaf);
  return crossing_steps(journey == Journey::there ? home_ : away_, leaf);
}

std::string Exchange::transfer_at(City& city, std::int64_t leaf) {
  std::string id;
  EXPECT_TRUE(City::wait([&] {
    const auto list = ask<v1::TransferList>(city, "/v1/transfers?limit=500");
    for (const auto& transfer : list.items())
      if (transfer.recorded_at() == leaf) id = crypto::hex_encode(transfer.transfer());
    return !id.empty();
  })) << "leaf "
      << leaf << " of " << city.code();
  return id;
}

Steps Exchange::crossing_steps(City& from, std::int64_t leaf) {
  const auto id = transfer_at(from, leaf);
  auto* const sender = &from;
  auto* const taker = &other(from);
  const auto is_known = [this](City* city, std::int64_t place) {
    return place > 0 && known(*city) > static_cast<std::uint64_t>(place);
  };
  return {
      {"sent", [] { return true; }},
      {"known there", [=] { return is_known(taker, leaf); }},
      {"imported", [=, this] { return transfer(*taker, id).state() == v1::TRANSFER_IMPORTED; }},
      {"known here", [=, this] { return is_known(sender, transfer(*taker, id).ended_at()); }},
      {"concluded", [=, this] { return transfer(*sender, id).state() == v1::TRANSFER_CONCLUDED; }}};
}

Steps Exchange::retirement_steps(std::int64_t leaf) {
  return {{"retired", [] { return true; }},
          {"stated", [=, this] { return retirement(leaf).stated_at() != 0; }},
          {"known at home",
           [=, this] {
             const auto stated = retirement(leaf).stated_at();
             return stated != 0 && known(home_) > static_cast<std::uint64_t>(stated);
           }},
          {"noted at home", [=, this] {
             const auto statement = retirement(leaf).statement();
             if (statement.serials().empty()) return false;
             const auto first = std::to_string(statement.serials(0).start());
             return ask<v1::UnitBlock>(home_, "/v1/serials/" + first).retired_abroad_at() != 0;
           }}};
}

void Exchange::expect_recorded(const Steps& steps) {
  for (const auto& step : steps) EXPECT_TRUE(City::wait(step.is_recorded)) << step.name;
}

// ---- Relays ----

Process Exchange::relay(const std::string& log) { return relay(profile(away_), log); }

Process Exchange::relay(const std::string& to, const std::string& log) {
  return Process({PUHUI_CLI, "relay", "run", "--from", profile(home_), "--to", to, "--every", "1"},
                 file(log));
}

std::string Exchange::said(const std::string& log) const { return must_read(file(log)); }

void Exchange::expect_nothing_left() {
  const auto ran =
      run({PUHUI_CLI, "relay", "run", "--from", profile(home_), "--to", profile(away_), "--once"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "");
}

// ---- The books ----

void Exchange::expect_books_kept() {
  for (auto* city : {&home_, &away_}) {
    const auto leader = city->leader();
    for (unsigned node = 1; node <= city->nodes(); ++node)
      EXPECT_TRUE(City::wait([&] {
        return city->status(node).state_digest() == city->status(leader).state_digest();
      })) << city->code()
          << " " << node;
  }
  expect_totals();
  expect_transfers();
  expect_leaves();
  expect_serials();
}

void Exchange::expect_totals() {
  const std::int64_t there = begun_[Journey::there], back = begun_[Journey::back],
                     retired = begun_[Journey::retirement];
  const auto at_home = ask<v1::Totals>(home_, "/v1/totals");
  EXPECT_EQ(at_home.units_issued_kg(), kIssuedKg);
  EXPECT_EQ(at_home.units_held_kg(), kIssuedKg - there * kThereKg + back * kBackKg);
  EXPECT_EQ(at_home.units_cancelled_kg(), there * (kThereKg - kRecognisedKg));
  EXPECT_EQ(at_home.units_exported_kg(), there * kRecognisedKg - back * kBackKg);
  EXPECT_EQ(at_home.units_retired_abroad_kg(), retired * kRetiredKg);
  const auto owner = ask<v1::Account>(home_, "/v1/accounts/owner");
  EXPECT_EQ(owner.units_held_kg(), at_home.units_held_kg());
  EXPECT_EQ(owner.units_bound_kg(), 0);

  const auto abroad = ask<v1::Totals>(away_, "/v1/totals");
  EXPECT_EQ(abroad.units_issued_kg(), 0);
  EXPECT_EQ(abroad.units_imported_kg(), there * kRecognisedKg);
  EXPECT_EQ(abroad.units_exported_kg(), back * kBackKg);
  EXPECT_EQ(abroad.units_retired_kg(), retired * kRetiredKg);
  EXPECT_EQ(abroad.units_held_kg(), there * kRecognisedKg - back * kBackKg - retired * kRetiredKg);
  const auto buyer = ask<v1::Account>(away_, "/v1/accounts/buyer");
  EXPECT_EQ(buyer.units_held_kg(), abroad.units_held_kg());
  EXPECT_EQ(buyer.units_bound_kg(), 0);
}

// Both say the same of each: whoever sent it that it is over, whoever took it that it is here.
void Exchange::expect_transfers() {
  for (auto* city : {&home_, &away_}) {
    const auto list = ask<v1::TransferList>(*city, "/v1/transfers?limit=500");
    EXPECT_EQ(list.items_size(), begun_[Journey::there] + begun_[Journey::back]);
    for (const auto& one : list.items()) {
      const auto id = crypto::hex_encode(one.transfer());
      EXPECT_EQ(one.state(),
                one.city() == city->code() ? v1::TRANSFER_CONCLUDED : v1::TRANSFER_IMPORTED)
          << city->code() << " " << id;
      const auto there = transfer(other(*city), id);
      EXPECT_EQ(there.city(), one.city());
      EXPECT_EQ(there.recognised_kg(), one.recognised_kg());
    }
  }
}

void Exchange::expect_leaves() {
  using Action = v1::Payload::ActionCase;
  const auto there = begun_[Journey::there], back = begun_[Journey::back],
             retired = begun_[Journey::retirement];
  const std::map<std::string, std::map<Action, int>> expected{{kHome,
                                                               {{Action::kExport, there},
                                                                {Action::kConcludeTransfer, there},
                                                                {Action::kImport, back},
                                                                {Action::kNoteRetirement, retired},
                                                                {Action::kFileAgreement, 1}}},
                                                              {kAway,
                                                               {{Action::kNoteFiling, 1},
                                                                {Action::kImport, there},
                                                                {Action::kExport, back},
                                                                {Action::kConcludeTransfer, back},
                                                                {Action::kRetire, retired},
                                                                {Action::kStateRetirement, retired},
                                                                {Action::kFileAgreement, 1}}}};
  for (auto* city : {&home_, &away_}) {
    std::map<Action, int> counted;
    for (const auto& entry : entries_of(*city, city->leader()))
      if (entry.kind() == "event") ++counted[entry.payload().action_case()];
    for (const auto& [action, count] : expected.at(city->code()))
      EXPECT_EQ(counted[action], count) << city->code() << " " << action;
  }
}

std::vector<v1::UnitBlock> Exchange::blocks(City& city) {
  std::vector<v1::UnitBlock> all;
  for (std::uint64_t next = 1;; next = all.back().end() + 1) {
    auto block = ask<v1::UnitBlock>(city, "/v1/serials/" + std::to_string(next));
    if (block.end() == 0) return all;
    all.push_back(std::move(block));
  }
}

// Each serial that home issued is held there, or cancelled there, or in the other city once.
void Exchange::expect_serials() {
  std::vector<int> places(kIssuedKg + 1), gone(kIssuedKg + 1);
  for (const auto& block : blocks(home_)) {
    EXPECT_EQ(block.bound_by(), "") << block.start();
    const bool is_gone = block.state() == v1::EXPORTED;
    for (auto serial = block.start(); serial <= block.end(); ++serial) {
      places[serial] += is_gone ? 0 : 1;
      gone[serial] = is_gone ? 1 : 0;
    }
  }
  for (const auto& block : blocks(away_)) {
    const auto batch = ask<v1::UnitBatch>(away_, "/v1/batches/" + block.batch());
    const auto first = batch.mirrored().origin_start() + (block.start() - batch.start());
    if (block.state() == v1::EXPORTED) continue;
    for (auto serial = first; serial <= first + (block.end() - block.start()); ++serial) {
      EXPECT_EQ(gone[serial], 1) << serial;
      ++places[serial];
    }
  }
  EXPECT_EQ(std::ranges::count(places, 1), kIssuedKg);
}

}  // namespace puhui::testing
