// The simulator's own book of every kilogram in every city, kept from what events were accepted,
// in words of its own: it shares nothing with the rules of the ledger.
//
// What a city knows (CityBook) is lost and comes back with its ledger; which transfers there ever
// were, and what agreements say, is known to the book for ever.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "puhui/v1/view.pb.h"

namespace puhui::ledger::testing::sim {

using Serials = std::vector<std::uint64_t>;

// One in a ledger, by its serial there.
struct Kilogram {
  int home = 0;              // city that issued it
  std::uint64_t origin = 0;  // its serial there
  std::string batch;         // of the city that issued it
  std::string account;
  v1::UnitState state = v1::HELD;
  std::string lock;  // transfer that binds it
  std::int64_t disputed_until = 0;
  bool is_frozen = false, is_recalled = false, is_retired_abroad = false;
  int exported_to = -1;

  [[nodiscard]] bool is_free(std::int64_t now) const {
    return state == v1::HELD && lock.empty() && !is_frozen && disputed_until <= now;
  }
};

// A transfer, the same in every epoch.
struct Journey {
  std::string id;
  int from = 0, to = 0;
  bool is_return = false;
  std::string account, to_account;
  Serials serials, origins;  // there where it was sent; there where it was issued
  std::vector<std::string> batches;
  std::uint32_t version = 0;  // of the agreement it was sent under
};

// A leaf of a city, after the epoch in which it was written; smaller is what was written before.
struct Written {
  std::uint32_t epoch = 0;
  std::uint64_t leaf = 0;
  auto operator<=>(const Written&) const = default;
};

struct Known {
  v1::TransferState state = v1::TRANSFER_STATE_UNSPECIFIED;
  // The partner's export, of one that came; its answer, of one that went; leaf 0 = none.
  Written told = {};
  std::uint32_t version = 0;  // by which it was recognised
};
// What a city said of units that it retired, to the city that issued them.
struct Statement {
  int city = 0, home = 0;
  Serials origins;
};
// What a partner says of a transfer, or of a statement, that the other city has lost.
struct Listed {
  std::string id;
  Known known;
  bool is_statement = false;
  Written own = {};                 // the partner's
  std::int64_t disputed_until = 0;  // of what comes once more
};
// What one part of a list covers of all that was lost.
struct Window {
  std::uint32_t epoch = 0;  // that the city has begun
  Written from, to;
  bool is_last = false;  // nothing was lost beyond

  [[nodiscard]] bool covers(const Written& place) const { return from <= place && place < to; }
};

// In China.
[[nodiscard]] int year_of(std::int64_t time);

// A partner, and a year as the city counts it.
using PartnerYear = std::pair<int, int>;

struct CityBook {
  std::map<std::uint64_t, Kilogram> units;
  std::map<std::string, Known> transfers;
  std::set<std::size_t> noted;                    // letters of recalls and retirements
  std::map<std::string, Written> retired_abroad;  // partners' statements, and where they are
  std::set<std::string> stated;                   // its own, as far as it knows
  // Partners whose lists are awaited since an epoch began, and from where on.
  std::map<int, Written> awaited;
  std::set<std::pair<int, std::uint64_t>> recalled;  // serials of partners', as far as it knows
  std::map<int, std::uint64_t> forked_to;  // sizes up to which forks of partners' logs were judged
  std::uint64_t next_serial = 1;
  std::int64_t issued_kg = 0, taken_back_kg = 0, owed_kg = 0, imported_kg = 0;
  std::map<PartnerYear, std::int64_t> taken_kg, used_kg;    // of its units: recognised, retired
  std::map<std::uint64_t, std::uint64_t> credited;          // acts by their leaves
  std::set<std::pair<int, std::uint64_t>> tagged, of_both;  // acts that a partner has published
  std::map<int, std::uint64_t> tags_to;                     // leaf of the partner
};

// Mistakes in keeping the book, each of which must be found, or the judge is worth nothing.
inline const std::vector<std::string>& mutants() {
  static const std::vector<std::string> all = {"import-twice",    "drop-conclude",
                                               "forget-discount", "forget-retirement",
                                               "forget-restore",  "forget-list"};
  return all;
}

struct Share {
  std::int64_t part = 1, whole = 1;
};
// What a taker grants a sender by one version.
struct Deal {
  Share share;
  std::int64_t quota_kg = 0;         // taken in a year
  std::int64_t retired_max_kg = -1;  // of it, in a year; -1 = any
};

// Kilograms by what they are in one city, or over all of them.
struct Sums {
  std::int64_t held = 0, retired = 0, cancelled = 0, exported = 0, retired_abroad = 0;
  bool operator==(const Sums&) const = default;
};

class Book {
 public:
  Book(int cities, std::string mutant) : cities_(cities), mutant_(std::move(mutant)) {}

  [[nodiscard]] const CityBook& at(int city) const {
    return cities_[static_cast<std::size_t>(city)];
  }
  [[nodiscard]] int size() const { return static_cast<int>(cities_.size()); }
  [[nodiscard]] const std::map<std::string, Journey>& journeys() const { return journeys_; }
  [[nodiscard]] const Journey& journey(const std::string& id) const { return journeys_.at(id); }
  [[nodiscard]] v1::TransferState state(int city, const std::string& id) const;
  // Of so many kilograms, how many the taker recognises.
  [[nodiscard]] std::int64_t recognised(const Journey& journey, std::uint32_t version) const;
  [[nodiscard]] Sums sums(int city) const;
  // What is wrong already: an event that should never have been accepted.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  void complain(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }
  // Kilograms that are in two cities or in none, as the design allows it: a project owes them, or
  // no list can tell of them.
  [[nodiscard]] bool is_excused(int home, std::uint64_t origin) const {
    return excused_.contains({home, origin});
  }
  [[nodiscard]] std::size_t excused() const { return excused_.size(); }
  // One of them closed the agreement before it knew what it had lost.
  [[nodiscard]] bool is_given_up(int a, int b) const {
    return given_up_.contains(std::minmax(a, b));
  }

  // ---- What was accepted ----
  void agreed(int taker, int sender, std::uint32_t version, const Deal& deal);
  void issued(int city, std::int64_t kg, const std::string& batch, const std::string& account);
  void moved(int city, const Serials& serials, const std::string& to);
  // By the versions of agreements that the city has filed last.
  void retired(int city, const Serials& serials, const std::map<int, std::uint32_t>& versions,
               std::int64_t time);
  void locked(const Journey& journey);
  struct Import {
    std::string id;
    std::uint32_t version = 0;
    Written exported;
    std::int64_t disputed_until = 0, time = 0;
  };
  void imported(const Import& import);
  // It was not taken for what had been taken before.
  void over_quota(const std::string& id, std::uint32_t version, std::int64_t time);
  void answered(const std::string& id, v1::TransferState state, const Written& exported);
  void concluded(const std::string& id, bool is_recognised, std::uint32_t version,
                 const Written& answer);
  // Statements have names of their own, as transfers have.
  void stated(const std::string& id, const Statement& statement);
  void retirement_noted(const std::string& id, std::size_t letter, const Written& statement);
  // Of those of a batch, all or some.
  void recalled(int city, const Serials& serials);
  void recall_noted(int city, int home, std::size_t letter, const Serials& origins);

  // ---- Acts ----
  void credited(int city, std::uint64_t act, std::uint64_t leaf);
  [[nodiscard]] Serials acts_in(int city, std::uint64_t from, std::uint64_t to) const;
  [[nodiscard]] bool can_note_tags(int city, int partner, std::uint64_t from,
                                   std::uint64_t to) const;
  void tags_noted(int city, int partner, std::uint64_t to, const Serials& acts);

  // ---- Forks ----
  // Of a partner's log as it is: a new epoch has another one.
  void accused(int city, int partner, std::uint64_t size);
  [[nodiscard]] bool is_judged(int city, int partner, std::uint64_t size) const;
  void begun(int city, int partner);

  // ---- A ledger that comes back shorter ----
  // Numbers go on from `next_serial`.
  void restored(int city, const CityBook& saved, const std::set<int>& awaited,
                std::uint64_t next_serial);
  // What a city knows of transfers from and to another one, and of its statements, by leaves that
  // the other one has lost: its epochs after the first kept so many. In the order they were
  // written.
  [[nodiscard]] std::vector<Listed> list(int at, int home,
                                         const std::vector<std::uint64_t>& kept) const;
  // Some of a part of it is made again: nothing that others may tell of something before.
  struct Noting {
    int home = 0, partner = 0;
    const std::vector<Listed>& made;
    std::int64_t time = 0;
  };
  void list_noted(const Noting& noting);
  // The list goes on from what is not known of that part, or where the part ends.
  void list_told(int home, int partner, const std::vector<Listed>& list, const Window& window);
  // The agreement was closed: its list will never be noted.
  void list_given_up(int home, int partner);

 private:
  CityBook& city(int index) { return cities_[static_cast<std::size_t>(index)]; }
  Kilogram& unit(int city, std::uint64_t serial);
  [[nodiscard]] bool is_mutant(std::string_view name) const { return mutant_ == name; }
  void add_mirrors(const Journey& journey, std::int64_t kg, std::int64_t disputed_until);
  [[nodiscard]] bool is_leaving(const Kilogram& kilogram, int to) const;
  void bring_home(const Journey& journey, bool is_listed);
  void send_away(const Journey& journey, std::int64_t kg);
  void remake(int home, const Listed& listed, std::int64_t time);
  [[nodiscard]] const Deal* deal(int taker, int sender, std::uint32_t version) const;
  [[nodiscard]] std::int64_t left_kg(const Journey& journey, std::uint32_t version,
                                     std::int64_t time) const;
  void take_in(const Journey& journey, std::int64_t kg, std::int64_t time,
               std::int64_t disputed_until);
  // The kilograms of a partner, as they came last: what came before is on its way home, and its
  // answer is not known yet.
  [[nodiscard]] std::vector<Kilogram*> came_last(int city, int home, const Serials& origins);
  void take_home(const Journey& journey);
  void retire_again(int city, const std::string& id, std::int64_t time);
  [[nodiscard]] bool knows(int city, const Listed& listed) const;
  void take_away(const Journey& journey, std::int64_t kg);
  void owe(int home, std::uint64_t origin);

  std::vector<CityBook> cities_;
  std::map<std::string, Journey> journeys_;
  std::map<std::string, Statement> statements_;
  std::map<std::pair<std::pair<int, int>, std::uint32_t>, Deal> deals_;  // taker, sender
  std::set<std::pair<int, std::uint64_t>> excused_;
  std::set<std::pair<int, int>> given_up_;
  std::string wrong_;
  const std::string mutant_;
};

}  // namespace puhui::ledger::testing::sim
