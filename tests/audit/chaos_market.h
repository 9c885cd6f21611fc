// Hands that send random bonds, settlements, trades, cases, certificates, statements for banks and
// loans: some that the rules accept, and many that they refuse.
#pragma once

#include "tests/audit/chaos.h"

namespace puhui::node::audit::testing {

inline v1::Payload payload_of(const Sent& sent) {
  v1::Payload payload;
  payload.ParseFromString(crypto::decode_envelope(sent.envelope)->payload);
  return payload;
}

// Two or three tonnes of "owner" lie about, 0.7 of them from elsewhere; there is a bank.
class MarketHands : public PvCity {
 public:
  explicit MarketHands(const v1::Genesis& genesis) : PvCity(genesis) {
    file(*this, bike_methodology());
    must(open_personal_event(*this, 0, 10), {"operator"});
    issue_mwh("3");
    issue_in(*this, "440305", 1);
    auto bank = event("bureau");
    *bank.mutable_register_party() = founding_party("bank", {v1::BANK});
    must(bank, {"bureau"});
  }

 protected:
  // What later events may name.
  void note(const Sent& sent, std::uint64_t leaf) {
    if (payload_of(sent).has_retire()) retirements_.push_back(leaf);
  }

  // Signed by these, or now and then by others.
  Sent by(v1::Payload payload, Signers signers) {
    if (chance(8)) signers.push_back(one_of(kKeyNames));
    if (chance(5)) signers.back() = one_of(kKeyNames);
    if (chance(2)) payload.set_valid_until(now - 1);
    if (chance(2)) payload.set_event_id(std::string(16, 'x'));
    std::ranges::sort(signers);
    signers.erase(std::unique(signers.begin(), signers.end()), signers.end());
    return sign(payload, signers);
  }
  static std::string owner_of(const std::string& account) {
    if (account == "buffer") return "operator";
    return account == "nowhere" ? "owner" : account.substr(0, account.find('-'));
  }
  template <class Action>
  void choose_serials(Action& action) {
    if (chance(50)) return action.set_amount_kg(number(chance(10) ? -1 : 1, 900));
    for (int i = 0; i < number(1, 4); ++i) {
      const auto start = static_cast<std::uint64_t>(number(0, 2'800));
      add_serials(action,
                  {{start, start + static_cast<std::uint64_t>(number(chance(3) ? -1 : 0, 80))}});
    }
  }
  v1::Trade some_trade() {
    auto trade = trade_at(number(chance(3) ? -1 : 0, 9'000));
    trade.set_reference("T-" + std::to_string(number(0, 12)));
    if (chance(30))
      trade.set_traded_at(now - number(chance(10) ? -1 : 0, 9) * ledger::kMicrosPerDay);
    return trade;
  }

  // An event of the first signer.
  template <class Action>
  Sent acting(const Action& action, const Signers& signers) {
    auto payload = event(signers.front());
    set_action(payload, action);
    return by(payload, signers);
  }

  Sent market() {
    const auto kind = number(0, 12);
    if (kind <= 2) return binding_of();
    if (kind == 3) return release_of();
    if (kind == 4) return post_of();
    if (kind == 5) return settlement_of();
    if (kind == 6) return loan_of();
    if (kind == 7) return certificate_of();
    return step_of_case();
  }

 private:
  // ---- Bonds ----

  static Signers signers_of(const v1::Bind& action) {
    auto signers = binders(action);
    for (auto& signer : signers)
      if (signer == ledger::testing::owner_of(action.account()))
        signer = owner_of(action.account());
    return signers;
  }
  Sent binding_of() {
    const auto kind = static_cast<v1::BondKind>(number(chance(3) ? 0 : 1, 6));
    auto action = binding(one_of(kBondNames), kind, 0);
    action.set_account(chance(60) ? "owner-main" : one_of(kAccountNames));
    choose_serials(action);
    if (chance(30)) action.set_expires_at(now + number(chance(5) ? -5 : 1, 300) * kSecond);
    if (chance(15)) action.set_to(one_of(kAccountNames));
    if (chance(10)) action.set_beneficiary(one_of({"buyer", "bank", "nobody", ""}));
    if (chance(5)) action.set_case_(one_of(kCaseNames));
    return acting(action, signers_of(action));
  }
  v1::BondKind kind_of(const std::string& bond) const {
    return bond_named(*this, bond).binding().kind();
  }
  Sent release_of() {
    const auto bond = one_of(kBondNames);
    auto action = releasing(bond, chance(40) ? 0 : number(-1, 400));
    if (chance(3)) action.set_reason(std::string(513, 'r'));
    return acting(action, releasers(kind_of(bond)));
  }
  Sent post_of() {
    const auto bond = one_of(kBondNames);
    const auto to = chance(60) ? std::string("buyer-main") : one_of(kAccountNames);
    auto action = posting(bond, chance(40) ? 0 : number(-1, 400), chance(90) ? to : "");
    if (chance(25)) *action.mutable_trade() = some_trade();
    return acting(action, posters(kind_of(bond)));
  }

  // ---- Settlements and loans ----

  v1::Leg leg_from_bond(Signers& signers) {
    const auto bond = one_of(kBondNames);
    const auto beneficiary = bond_named(*this, bond).binding().beneficiary();
    if (!beneficiary.empty()) signers.push_back(beneficiary);
    return leg_of_bond(bond, number(chance(5) ? -1 : 1, 200));
  }
  v1::Leg leg_from_account(Signers& signers) {
    const auto from = one_of(kAccountNames);
    signers.push_back(owner_of(from));
    auto leg = leg_of_account({from, "buyer-main"}, 0);
    choose_serials(leg);
    return leg;
  }
  Sent settlement_of() {
    Signers signers{"exchange"};
    std::vector<v1::Leg> legs;
    for (auto left = number(1, 4); left > 0; --left) {
      legs.push_back(chance(60) ? leg_from_bond(signers) : leg_from_account(signers));
      if (chance(30)) legs.back().set_to(one_of(kAccountNames));
      if (chance(20)) *legs.back().mutable_trade() = some_trade();
    }
    auto action = settlement(legs);
    action.set_instruction("s" + std::to_string(number(0, 12)));
    return acting(action, signers);
  }
  Sent loan_of() {
    v1::ReferLoan action;
    action.set_loan("l" + std::to_string(number(0, 5)));
    action.set_account(one_of(kAccountNames));
    action.set_bank(chance(80) ? "bank" : one_of(kPartyNames));
    action.set_rate_table_sha256(std::string(crypto::sha256("rates").view()));
    if (chance(5)) action.clear_rate_table_sha256();
    action.set_quantity_kg(number(0, chance(70) ? 300 : 4'000));
    action.set_until(ledger::day_of(now) + number(chance(10) ? -2 : 0, 300));
    return acting(action, {owner_of(action.account()), "bank"});
  }

  // ---- Cases and certificates ----

  Sent opening_of(const std::string& name) {
    auto action = opening(name, one_of(kPurposes));
    action.set_account(chance(60) ? "owner-main" : one_of(kAccountNames));
    action.set_estimate_kg(number(chance(3) ? -1 : 0, 500));
    if (chance(3)) action.clear_beneficiary();
    if (chance(3)) action.set_to(action.from());
    return acting(action, {owner_of(action.account())});
  }
  // Mostly all of it, if it is there.
  void choose_footprint(v1::ConfirmCase& action) {
    action.set_footprint(one_of(kFootprintNames));
    const auto footprint = view().footprint(action.footprint());
    if (footprint && chance(80)) action.set_amount_kg(footprint->amount_kg());
  }
  Sent confirmation_of(const v1::OpenCase& opened) {
    const auto name = opened.case_();
    auto action = chance(85) ? confirmation(name, number(0, 300)) : rejection(name);
    if (chance(3)) action.clear_document();
    if (chance(3)) action.set_frozen_cents(-1);
    if (chance(15)) choose_footprint(action);
    return acting(action, confirmers(opened.purpose()));
  }
  Sent binding_for(const v1::Case& of_case) {
    const auto kind = chance(90) ? of_case.rule().bond() : v1::PLEDGE;
    auto action = binding(one_of(kBondNames), kind, 0);
    action.set_account(chance(95) ? of_case.opening().account() : "owner-side");
    action.set_case_(of_case.opening().case_());
    choose_serials(action);
    if (chance(20)) action.set_expires_at(now + number(1, 300) * kSecond);
    return acting(action, signers_of(action));
  }
  Sent retirement_of(const v1::Case& of_case) {
    const auto confirmed_kg = of_case.confirmation().amount_kg();
    const auto amount_kg = confirmed_kg > 0 && chance(85) ? confirmed_kg : number(0, 300);
    auto action = retiring(of_case.opening(), amount_kg);
    if (chance(25)) {
      action.clear_amount_kg();
      choose_serials(action);
    }
    if (chance(5)) action.set_beneficiary("another");
    if (chance(5)) action.clear_case_();
    return acting(action, {owner_of(action.account())});
  }
  // The next step of a case, or any.
  Sent step_of_case() {
    const auto name = one_of(kCaseNames);
    const auto of_case = case_named(*this, name);
    const auto& opened = of_case.opening();
    if (opened.case_().empty() || chance(8)) return opening_of(name);
    const bool wants_bond = of_case.rule().bond() != v1::BOND_KIND_UNSPECIFIED;
    if (chance(8)) {
      const auto signers = opened.account() == "buffer" ? Signers{"operator"} : voiders(opened);
      return acting(voiding(name), signers);
    }
    if (wants_bond && (of_case.bonds().empty() ? chance(70) : chance(15)))
      return binding_for(of_case);
    const bool is_unconfirmed = of_case.rule().is_confirmed() && of_case.confirmed_at() == 0;
    if (is_unconfirmed ? chance(85) : chance(10)) return confirmation_of(opened);
    return retirement_of(of_case);
  }
  Sent statement_of() {
    auto action = bank_statement("n" + std::to_string(number(0, 8)));
    auto& told = *action.mutable_statement();
    told.set_position(static_cast<std::uint64_t>(number(0, 200)));
    if (chance(30)) told.set_party(one_of(kPartyNames));
    if (chance(15)) told.set_bank(one_of(kPartyNames));
    if (chance(3)) told.set_party("nobody");
    if (chance(3)) action.clear_fields_root();
    return acting(action, {chance(90) ? told.party() : "owner", "operator"});
  }
  Sent certificate_of() {
    if (chance(40)) return statement_of();
    std::uint64_t leaf = static_cast<std::uint64_t>(number(0, 200));
    if (!retirements_.empty() && chance(80))
      leaf = retirements_[static_cast<std::size_t>(
          number(0, static_cast<std::int64_t>(retirements_.size())))];
    auto action = certificate("n" + std::to_string(number(0, 8)), leaf);
    if (chance(5)) action.set_fields(chance(50) ? 0 : 257);
    return acting(action, {"exchange"});
  }

  std::vector<std::uint64_t> retirements_;
};

}  // namespace puhui::node::audit::testing
