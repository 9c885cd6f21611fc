// A small city on a real ledger in a temporary folder: parties with keys, rules, and hands to sign
// and apply events. Time is what the test says; nothing here reads a clock.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/ledger.h"
#include "tests/ledger/founding.h"

namespace puhui::ledger::testing {

// How cities open their store from now on: small, so that tests are quick.
inline StoreOptions& city_options() {
  static StoreOptions options = [] {
    StoreOptions small;
    small.cache_bytes = std::size_t{8} << 20;
    small.write_buffer_bytes = std::size_t{1} << 20;
    return small;
  }();
  return options;
}

// One ledger under a folder, and the clock its blocks are stamped with.
class City {
 public:
  struct Founded {};
  City() : City(default_genesis()) {}
  explicit City(const v1::Genesis& genesis) : code_(genesis.city()) {
    open();
    const auto answer = found(genesis);
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << answer.detail << code_name(answer.code);
  }
  // Nothing founded yet.
  static std::unique_ptr<City> bare() { return std::unique_ptr<City>(new City(Founded{})); }

  Answer found(const v1::Genesis& genesis, const Signers& signers = {"bureau"}) {
    auto payload = event("bureau");
    *payload.mutable_genesis() = genesis;
    return send(payload, signers);
  }

  void open() {
    auto options = city_options();
    options.folder = folder();
    auto opened = Ledger::open(options);
    ASSERT_TRUE(opened) << describe(opened.error());
    ledger_ = std::move(*opened);
  }
  void close() { ledger_.reset(); }
  void reopen() {
    close();
    open();
  }
  [[nodiscard]] std::string folder() const { return folder_.file("ledger"); }
  [[nodiscard]] const std::string& code() const { return code_; }
  Ledger& ledger() { return *ledger_; }
  [[nodiscard]] View view() const { return ledger_->view(); }
  [[nodiscard]] Head head() const { return ledger_->view().head(); }
  [[nodiscard]] v1::Totals totals() const { return ledger_->view().totals(); }

  // A fresh event of `party`, valid for a day.
  v1::Payload event(std::string_view party) {
    v1::Payload payload;
    payload.set_city(code_);
    payload.set_party(std::string(party));
    std::string id(8, '\0');
    crypto::append_u64(id, ++events_);
    payload.set_event_id(std::move(id));
    payload.set_valid_until(now + kMicrosPerDay);
    return payload;
  }

  // Applies one block of these, each block a second after the one before.
  std::vector<Answer> apply(const std::vector<Sent>& sent) {
    auto answers = try_apply(sent);
    EXPECT_TRUE(answers) << (answers ? "" : describe(answers.error()));
    return answers ? *answers : std::vector<Answer>(sent.size());
  }
  Result<std::vector<Answer>> try_apply(const std::vector<Sent>& sent) {
    Block block;
    block.stamp = now;
    for (const auto& each : sent) block.items.push_back(each.item());
    now += kSecond;
    const std::vector<Checked> unchecked(sent.size());
    return ledger_->apply(block, unchecked, {++index, 1});
  }
  Answer submit(const Sent& sent) { return apply({sent}).front(); }
  // Signed with the keys of this city's parties.
  [[nodiscard]] Sent sealed(const v1::Payload& payload, Signers signers) const {
    for (auto& name : signers) name = keys_of(code_) + name;
    return sign(payload, signers);
  }
  Answer send(const v1::Payload& payload, const Signers& signers) {
    return submit(sealed(payload, signers));
  }
  // For steps of a test that must succeed.
  Answer must(const v1::Payload& payload, const Signers& signers) {
    auto answer = send(payload, signers);
    EXPECT_EQ(answer.decision, v1::ACCEPTED)
        << code_name(answer.code) << " " << answer.detail << " " << answer.outcome.DebugString();
    return answer;
  }

  Micros now = kNoon;
  std::uint64_t index = 0;

 private:
  explicit City(Founded) { open(); }

  const std::string code_{kCityCode};
  Folder folder_;
  std::unique_ptr<Ledger> ledger_;
  std::uint64_t events_ = 0;
};

// ---- Events that most tests need ----

inline v1::Methodology pv_methodology() {
  v1::Methodology m;
  m.set_code("WH-PV-2023");
  m.set_version("V01");
  m.set_kind(v1::PROJECT);
  m.set_scenario("clean-energy");
  m.set_issued_by(std::string(kCityCode));
  m.set_serial_code("PV23");
  m.set_effective_from(19'691);
  const auto input = [&m](const char* name, const char* unit, v1::InputRole role) {
    auto* added = m.add_inputs();
    added->set_name(name);
    added->set_unit(unit);
    added->set_min("0");
    added->set_max("1000000");
    added->set_role(role);
    added->set_scale(3);
  };
  input("generation", "MWh", v1::MONITORED);
  input("capacity", "MW", v1::PARAMETER);
  auto* ef = m.add_constants();
  ef->set_name("ef");
  ef->set_value("0.6945");
  ef->set_unit("t/MWh");
  ef->set_source("derived");
  m.set_formula("generation * ef");
  m.add_guards("capacity < 6");
  m.add_registry_checks("not_in_ets_boundary");
  m.set_result_unit(v1::TONNE);
  m.set_rounding(v1::FLOOR);
  return m;
}

inline v1::Methodology bike_methodology() {
  v1::Methodology m;
  m.set_code("WH-BIKE-2023");
  m.set_version("V01");
  m.set_kind(v1::BEHAVIOUR);
  m.set_scenario("bike");
  m.set_issued_by(std::string(kCityCode));
  m.set_serial_code("BK23");
  m.set_effective_from(19'000);
  auto* input = m.add_inputs();
  input->set_name("distance");
  input->set_unit("m");
  input->set_min("0");
  input->set_max("100000");
  input->set_role(v1::MONITORED);
  const auto constant = [&m](const char* name, const char* value, const char* unit) {
    auto* added = m.add_constants();
    added->set_name(name);
    added->set_value(value);
    added->set_unit(unit);
    added->set_source("published");
  };
  constant("ef", "93.3", "g/km");
  constant("m_per_km", "1000", "m/km");
  m.set_formula("distance / m_per_km * ef");
  m.set_result_unit(v1::GRAM);
  m.set_rounding(v1::HALF_UP);
  m.set_slots_per_day(24);
  m.set_claim_window_days(7);
  const auto tier = [&m](const char* name, const char* factor) {
    auto* added = m.add_tiers();
    added->set_name(name);
    added->set_factor(factor);
  };
  tier("ticket", "1");
  tier("self_declared", "1/2");
  return m;
}

inline Answer file(City& city, const v1::Methodology& methodology) {
  auto payload = city.event("operator");
  *payload.mutable_file_methodology()->mutable_methodology() = methodology;
  return city.send(payload, {"operator", "expert1", "expert2"});
}

inline Answer grant(City& city, const std::string& party, const v1::RoleGrant& grant) {
  auto payload = city.event("bureau");
  payload.mutable_grant_role()->set_party(party);
  *payload.mutable_grant_role()->mutable_grant() = grant;
  return city.send(payload, {"bureau"});
}

inline Answer file_rules(City& city, const v1::RuleSet& rules) {
  auto payload = city.event("bureau");
  *payload.mutable_file_rule_set()->mutable_rules() = rules;
  return city.send(payload, {"bureau"});
}

inline v1::Payload account_event(City& city, const std::string& account, const std::string& owner) {
  auto payload = city.event(owner);
  auto* action = payload.mutable_open_account();
  action->set_account(account);
  action->set_kind(v1::ACCOUNT_ENTERPRISE);
  action->set_owner(owner);
  return payload;
}

inline Answer open_account(City& city, const std::string& account, const std::string& owner) {
  return city.send(account_event(city, account, owner), {owner});
}

inline v1::FileProject pv_project(const std::string& project) {
  v1::FileProject action;
  action.set_project(project);
  action.set_owner("owner");
  action.set_methodology("WH-PV-2023");
  action.set_account("owner-main");
  action.set_area("420111");
  action.add_keys("meter-" + project.substr(project.size() - 1));
  auto* capacity = action.add_parameters();
  capacity->set_name("capacity");
  capacity->set_value("5.9");
  action.set_crediting_from(20'000);
  action.set_crediting_to(23'000);
  return action;
}

inline Answer file(City& city, const v1::FileProject& action) {
  auto payload = city.event("operator");
  *payload.mutable_file_project() = action;
  return city.send(payload, {"operator", action.owner()});
}

struct Period {
  std::int64_t from, to;
};

inline v1::SubmitReport pv_report(const std::string& report, const std::string& project,
                                  Period period, const std::string& generation) {
  v1::SubmitReport action;
  action.set_report(report);
  action.set_project(project);
  action.add_keys("meter-" + project.substr(project.size() - 1));
  action.set_from(period.from);
  action.set_to(period.to);
  auto* input = action.add_inputs();
  input->set_name("generation");
  input->set_value(generation);
  return action;
}

inline Answer send(City& city, const v1::SubmitReport& action) {
  auto payload = city.event("owner");
  *payload.mutable_submit_report() = action;
  return city.send(payload, {"owner"});
}

inline v1::Payload verify_event(City& city, const std::string& report, bool positive = true) {
  auto payload = city.event("verifier");
  payload.mutable_verify_report()->set_report(report);
  payload.mutable_verify_report()->set_positive(positive);
  return payload;
}

inline Answer verify(City& city, const std::string& report, bool positive = true) {
  return city.send(verify_event(city, report, positive), {"verifier"});
}

inline v1::Payload issue_event(City& city, const std::string& report, const std::string& batch) {
  auto payload = city.event("operator");
  payload.mutable_issue()->set_report(report);
  payload.mutable_issue()->set_batch(batch);
  return payload;
}

inline Answer issue(City& city, const std::string& report, const std::string& batch) {
  return city.send(issue_event(city, report, batch), {"operator", "bureau"});
}

#define PUHUI_ACCEPTED(expression)                                                                 \
  do {                                                                                             \
    const auto answer_ = (expression);                                                             \
    ASSERT_EQ(answer_.decision, ::puhui::v1::ACCEPTED)                                             \
        << #expression << ": " << ::puhui::code_name(answer_.code) << " " << answer_.detail << " " \
        << answer_.outcome.DebugString();                                                          \
  } while (false)

#define PUHUI_REFUSED(expression, expected)                                                   \
  do {                                                                                        \
    const auto answer_ = (expression);                                                        \
    EXPECT_EQ(answer_.decision, ::puhui::v1::REFUSED)                                         \
        << #expression << ": " << ::puhui::code_name(answer_.code) << " " << answer_.detail;  \
    EXPECT_EQ(::puhui::code_name(answer_.code), ::puhui::code_name(expected)) << #expression; \
  } while (false)

#define PUHUI_FAILED(expression, expected)                                    \
  do {                                                                        \
    const auto answer_ = (expression);                                        \
    EXPECT_EQ(answer_.decision, ::puhui::v1::FAILED) << #expression;          \
    EXPECT_EQ(::puhui::code_name(answer_.code), ::puhui::code_name(expected)) \
        << #expression << ": " << answer_.detail;                             \
  } while (false)

// A city where PV is filed, "P1" is a project of "owner", and four accounts are open.
class PvCity : public City {
 public:
  explicit PvCity(const v1::Genesis& genesis = default_genesis()) : City(genesis) {
    file(*this, pv_methodology());
    open_account(*this, "owner-main", "owner");
    open_account(*this, "owner-side", "owner");
    open_account(*this, "buyer-main", "buyer");
    open_account(*this, "exchange-pool", "exchange");
    const auto filed = file(*this, pv_project("P1"));
    EXPECT_EQ(filed.decision, v1::ACCEPTED) << code_name(filed.code);
  }
  // Issues floor(mwh × 0.6945) tonnes for the next month of P1.
  Answer issue_mwh(const std::string& mwh) {
    const auto name = std::to_string(++reports_);
    const Period period{20'000 + reports_ * 10, 20'010 + reports_ * 10};
    ledger::testing::send(*this, pv_report("r" + name, "P1", period, mwh));
    verify(*this, "r" + name);
    return issue(*this, "r" + name, "B" + name);
  }

 private:
  std::int64_t reports_ = 0;
};

struct Move {
  std::string from, to;
};
using SerialRanges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

template <class Action>
void add_serials(Action& action, const SerialRanges& ranges) {
  for (const auto& [start, end] : ranges) {
    auto* range = action.add_serials();
    range->set_start(start);
    range->set_end(end);
  }
}

inline v1::Payload transfer_event(City& city, const Move& move, const std::string& party) {
  auto payload = city.event(party);
  payload.mutable_transfer()->set_from(move.from);
  payload.mutable_transfer()->set_to(move.to);
  return payload;
}

inline Answer transfer(City& city, const Move& move, std::int64_t amount_kg,
                       const std::string& party = "owner") {
  auto payload = transfer_event(city, move, party);
  payload.mutable_transfer()->set_amount_kg(amount_kg);
  return city.send(payload, {party});
}

inline Answer transfer(City& city, const Move& move, const SerialRanges& ranges,
                       const std::string& party = "owner") {
  auto payload = transfer_event(city, move, party);
  add_serials(*payload.mutable_transfer(), ranges);
  return city.send(payload, {party});
}

inline v1::Payload retire_event(City& city, const std::string& account, const std::string& party) {
  auto payload = city.event(party);
  payload.mutable_retire()->set_account(account);
  payload.mutable_retire()->set_purpose("voluntary");
  payload.mutable_retire()->set_beneficiary("Citizens of Wuhan");
  return payload;
}

inline Answer retire(City& city, const std::string& account, const SerialRanges& ranges,
                     const std::string& party = "owner") {
  auto payload = retire_event(city, account, party);
  add_serials(*payload.mutable_retire(), ranges);
  return city.send(payload, {party});
}

// "start-end" of the blocks an account holds free to move.
inline std::string held_text(const City& city, const std::string& account) {
  std::string text;
  const auto units = city.view().units(account, {});
  for (const auto& block : units.items())
    text += (text.empty() ? "" : " ") + std::to_string(block.start()) + "-" +
            std::to_string(block.end());
  return text;
}

// ---- Behaviour ----

inline std::string pseudonym(std::uint64_t number) {
  return std::string(crypto::sha256("citizen " + std::to_string(number)).view().substr(0, 16));
}

inline v1::Payload open_personal_event(City& city, std::uint64_t first, std::uint64_t count) {
  auto payload = city.event("operator");
  auto* all = payload.mutable_open_personal_accounts()->mutable_pseudonyms();
  for (std::uint64_t i = 0; i < count; ++i) *all += pseudonym(first + i);
  return payload;
}

struct Ride {
  std::uint64_t citizen = 0;
  std::int64_t metres = 1000;
  std::uint32_t slot = 8;
  std::int64_t day = kToday;
  std::uint32_t tier = 0;
  std::string carrier = "bike-1";
};

inline v1::BehaviourRecord record_of(const Ride& ride) {
  v1::BehaviourRecord record;
  record.set_account(pseudonym(ride.citizen));
  record.set_day(static_cast<std::int32_t>(ride.day));
  record.set_slot(ride.slot);
  record.set_tier(ride.tier);
  record.set_carrier_tag(ride.carrier);
  if (ride.carrier.size() < kCarrierTagSizeMin)
    record.mutable_carrier_tag()->resize(kCarrierTagSizeMin, '.');
  record.add_inputs(ride.metres);
  return record;
}

inline void append_record(std::string& attachment, std::string_view record) {
  crypto::append_u16(attachment, static_cast<std::uint16_t>(record.size()));
  attachment += record;
}

inline std::string attachment_with(const std::vector<Ride>& rides) {
  std::string bytes;
  for (const auto& ride : rides) append_record(bytes, record_of(ride).SerializeAsString());
  return bytes;
}

// Fills in what the payload says about its attachment.
inline void name_attachment(v1::AttachmentRef& named, std::string_view attachment) {
  const auto records = split_records(attachment);
  ASSERT_TRUE(records);
  named.set_root(std::string(attachment_root(*records).view()));
  named.set_count(static_cast<std::uint32_t>(records->size()));
  named.set_size(static_cast<std::uint32_t>(attachment.size()));
}

inline v1::Payload batch_event(City& city, std::string_view attachment,
                               const std::string& provider = "provider",
                               const std::string& scenario = "bike") {
  auto payload = city.event(provider);
  auto* action = payload.mutable_submit_behaviour_batch();
  action->set_batch("batch-" + crypto::hex_encode(payload.event_id().substr(8)));
  action->set_scenario(scenario);
  name_attachment(*action->mutable_records(), attachment);
  return payload;
}

inline Sent sign_with(const v1::Payload& payload, const Signers& signers, std::string attachment) {
  auto sent = sign(payload, signers);
  sent.attachment = std::move(attachment);
  sent.has_attachment = true;
  return sent;
}

inline Answer ride(City& city, const std::vector<Ride>& rides,
                   const std::string& provider = "provider", const std::string& scenario = "bike") {
  auto attachment = attachment_with(rides);
  const auto payload = batch_event(city, attachment, provider, scenario);
  return city.submit(sign_with(payload, {provider}, std::move(attachment)));
}

// A city where bike rides earn credits and citizens 0…99 have accounts.
class BikeCity : public City {
 public:
  explicit BikeCity(const v1::Genesis& genesis = default_genesis()) : City(genesis) {
    file(*this, bike_methodology());
    must(open_personal_event(*this, 0, 100), {"operator"});
  }
  [[nodiscard]] std::int64_t grams(std::uint64_t citizen) const {
    const auto account = view().account("p-" + crypto::hex_encode(pseudonym(citizen)));
    return account ? account->credits_held_g() : -1;
  }
};

}  // namespace puhui::ledger::testing
