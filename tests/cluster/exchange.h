// Two cities of real processes that exchange units: what they may do, who carries it, and where
// every unit is afterwards.
//
// "home" has three nodes and issues the units; "away" has one. What belongs to one crossing is a
// journey: what its owner does first, and the steps by which it ends, each of them a leaf.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "puhui/v1/view.pb.h"
#include "tests/cluster/city.h"
#include "tests/cluster/cli.h"

namespace puhui::testing {

enum class Journey { there, back, retirement };
inline constexpr Journey kJourneys[] = {Journey::there, Journey::back, Journey::retirement};

struct Step {
  std::string name;
  std::function<bool()> is_recorded;
};
using Steps = std::vector<Step>;

class Exchange : public ::testing::Test {
 protected:
  static constexpr const char* kHome = "HOME";
  static constexpr const char* kAway = "AWAY";
  static constexpr std::int64_t kIssuedKg = 100'000;
  // Of each journey; nine tenths of what goes there are recognised.
  static constexpr std::int64_t kThereKg = 1'000, kRecognisedKg = 900, kBackKg = 70,
                                kRetiredKg = 30;

  // Both run; parties, accounts and units are there, and no agreement.
  Exchange();

  // ---- The cities ----
  static std::vector<std::string> run_flags();
  static std::string rules();
  [[nodiscard]] City& other(City& city) { return &city == &home_ ? away_ : home_; }
  [[nodiscard]] std::string file(const std::string& name) const {
    return home_.folder() + "/" + name;
  }
  // A file that a command of the client makes; it must not exist yet.
  [[nodiscard]] std::string made(City& city, const std::string& party, const Words& words);
  // Records an event, or what a command says; answers the leaf.
  std::int64_t must_send(City& city, const v1::Submission& event);
  std::int64_t must_do(City& city, const std::string& party, const Words& words);
  // The profile by which a relay or a partner's clerk reaches a city.
  [[nodiscard]] std::string profile(City& city);
  [[nodiscard]] std::string profile_at(City& city, const std::string& name,
                                       const std::vector<std::string>& urls);
  // Starts a node that was killed; answers when the city is up and all its nodes say the same.
  void revive(City& city, unsigned node);
  // Kills a node, and starts it again at once.
  void crash(City& city, unsigned node);

  template <class M>
  [[nodiscard]] M ask(City& city, const std::string& target) {
    return get<M>(clients_.at(city.code()), target);
  }
  // Of the partner's log, the leaves that a city knows.
  [[nodiscard]] std::uint64_t known(City& city);
  [[nodiscard]] v1::TransferRecord transfer(City& city, const std::string& id);
  [[nodiscard]] v1::ForeignRetirement retirement(std::int64_t leaf);

  // ---- The agreement ----
  // Drafted, and signed by both authorities; the words by which a city's own files it.
  void draft_agreement();
  [[nodiscard]] Words filing_words(City& city);
  void agree();

  // ---- Journeys ----
  // Who begins it, where, and by which words.
  struct Departure {
    City& city;
    std::string party;
    Words words;
  };
  [[nodiscard]] Departure departure(Journey journey);
  // Begins it; answers its steps, from the one that is recorded by that on.
  [[nodiscard]] Steps depart(Journey journey);
  // The steps of one that began by this leaf.
  [[nodiscard]] Steps steps_after(Journey journey, std::int64_t leaf);
  // The id of the transfer that this leaf began.
  [[nodiscard]] std::string transfer_at(City& city, std::int64_t leaf);
  static void expect_recorded(const Steps& steps);

  // ---- Relays ----
  // Between these profiles; what it says is in its log.
  [[nodiscard]] Process relay(const std::string& log = "relay.log");
  [[nodiscard]] Process relay(const std::string& to, const std::string& log);
  [[nodiscard]] std::string said(const std::string& log) const;
  // One round: nothing is left.
  void expect_nothing_left();

  // ---- The books ----
  // Every unit is where the journeys took it, once; no leaf says a thing twice.
  void expect_books_kept();

  City home_{{PUHUI_PUHUID, 3, {"--origin", "home.example"}, run_flags(), rules(), kHome}};
  City away_{{PUHUI_PUHUID, 1, {"--origin", "away.example"}, run_flags(), rules(), kAway}};
  std::map<Journey, int> begun_;  // how often

 private:
  void expect_totals();
  void expect_transfers();
  void expect_leaves();
  void expect_serials();
  [[nodiscard]] Steps crossing_steps(City& from, std::int64_t leaf);
  [[nodiscard]] Steps retirement_steps(std::int64_t leaf);
  [[nodiscard]] std::vector<v1::UnitBlock> blocks(City& city);

  std::map<std::string, node::http::Client> clients_;  // by city
  int files_ = 0;
};

}  // namespace puhui::testing
