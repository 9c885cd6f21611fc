// Cities on real ledgers, and all that ever was about between them: leaves, lost logs, old copies.
// Nothing travels by itself, and nothing that was written is ever out of reach again: what is never
// carried is lost, what is carried again is duplicated, and order is whatever comes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/consensus/sim/random.h"
#include "tests/recognition/sim/book.h"
#include "tests/recognition/sim/hands.h"

namespace puhui::ledger::testing::sim {

using consensus::sim::Random;

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Says what is wrong with the log of a city, or nothing. Asked when a log has come to its end, lost
// or with all that there is: it may be gone on with, as long as no units move.
using Stranger = std::function<std::string(SovereignCity&)>;

struct Plan {
  std::uint64_t seed = 1;
  std::uint64_t steps = 200;
  int cities = 3;
  int partners = 3;  // of a city, about
  bool restores = true, recalls = true, renegotiation = true, closing = true, retries = true;
  bool settlements = true;  // by both authorities
  bool gone = true;         // a city may be gone for good
  bool quotas = true;       // of a year, and caps of what is retired, that are soon used up
  bool rotation = true;     // nodes and authorities get other keys
  bool forks = true;        // logs are proved to have forked
  bool acts = true;         // are credited, and their tags published
  bool waits = true;        // a restored city uses nothing before all lists are noted
  std::string mutant = "none";
  bool trace = false;
  Stranger stranger = nullptr;  // may be empty
};

struct Counters {
  std::uint64_t seeds = 0, steps = 0, events = 0, transfers = 0, imports = 0, concluded = 0,
                crashes = 0, copies = 0, restores = 0, lists = 0, lost_leaves = 0, recalls = 0;
  std::uint64_t restores_again = 0;  // from a copy that was gone on from before
  std::uint64_t excused_kg = 0;
  std::map<std::string, std::uint64_t> refused;
  void add(const Counters& other);
};

// A leaf that tells another city something.
enum class Tells { exported, answered, retired, recalled, listed, tagged };
struct Letter {
  Tells tells = Tells::exported;
  int from = 0, to = 0;
  std::uint32_t epoch = 0;
  std::uint64_t leaf = 0;
  std::string id = {};  // of the transfer, or of the statement
  v1::TransferState answer = v1::TRANSFER_STATE_UNSPECIFIED;
  std::uint32_t version = 0;  // by which it was recognised
  Micros deadline = 0;
  // Retired or recalled, as the city that issued them has them; or acts that were credited.
  Serials serials = {};
  std::vector<Listed> list = {};
  Window window = {};
  std::uint64_t tags_from = 0, tags_to = 0;  // leaves
  // Of an answer that was lost, and made again by the leaf: by which receipt, and where it was.
  std::optional<std::uint32_t> receipt = {};
  Written lost = {};

  [[nodiscard]] Written written() const { return receipt ? lost : Written{epoch, leaf}; }
};

enum class Answering { import, refuse, annul };

class World {
 public:
  explicit World(const Plan& plan);

  // ---- In one city ----
  void issue(int city);
  void move(int city);
  void retire(int city);
  void recall(int city);
  void ride(int city);
  void crash(int city);
  void copy(int city);
  void restore(int city);
  void wait(int city, Micros time);
  void wait_all(Micros time);

  // ---- Between two ----
  void send(int from, int to, bool is_return);
  void retry(int city);
  void deliver(std::size_t letter, Answering answering);
  void state_retirement();
  void carry_checkpoint(int from, int to);
  void renegotiate(int a, int b);
  // What the other city has filed and this one has not, or not any more.
  void file_late(int at, int other);
  void set_standing(int at, int partner, v1::Standing standing);
  void renew(int city, int at);
  // Its nodes get other keys, which partners have to be told.
  void rotate(int city);
  void rotate_authority(int city);
  // By proof of a fork: what the partner signs is not taken until governance takes it as it is.
  void accuse(int at, int partner);
  void state_list(int at, int home);
  void publish(int city, int partner);

  void stop(int city);
  void settle(std::size_t letter);
  void give_up_all();
  void close_with_gone();
  void give_up_lists();

  [[nodiscard]] bool is_gone(int city) const { return gone_.contains(city); }
  // Whether a letter is of leaves that the other city knows as lost.
  [[nodiscard]] bool is_lost(const Letter& letter) const;
  // Whether a letter can still change anything.
  [[nodiscard]] bool is_open(const Letter& letter) const;
  [[nodiscard]] bool may_use(int city) const {
    return !plan_.waits || book.at(city).awaited.empty();
  }
  [[nodiscard]] bool is_behind(int city, int at) const;
  [[nodiscard]] bool owes_list(int at, int home) const;
  [[nodiscard]] bool can_restore(int city) const;
  // Whether it went on before from a copy that it has still.
  [[nodiscard]] bool can_restore_again(int city) const;
  [[nodiscard]] v1::Standing standing(int at, int partner) const;

  // Each ledger touched since is as the book has it; and all of them together.
  void check_touched();
  void check_all();
  // When nothing is left to be carried.
  void check_rest();

  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] int size() const { return static_cast<int>(cities_.size()); }
  [[nodiscard]] const std::vector<int>& partners(int city) const {
    return partners_[static_cast<std::size_t>(city)];
  }
  [[nodiscard]] const std::vector<Letter>& letters() const { return letters_; }
  [[nodiscard]] const std::vector<std::string>& codes() const { return codes_; }
  [[nodiscard]] const std::deque<std::string>& trace() const { return trace_; }
  [[nodiscard]] Micros now(int index) const { return city(index).now; }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }

  Random random;
  Book book;
  Counters counters;

 private:
  struct Copy {
    std::unique_ptr<Folder> folder;
    CityBook book;
    std::uint64_t size = 0;
    std::uint32_t epoch = 0;
    bool is_used = false;  // its city went on from it before
  };
  struct Retired {
    int city = 0;
    std::uint64_t leaf = 0;
    std::map<int, Serials> origins;  // by the city that issued them
  };
  // What one event makes again of a list.
  struct Part {
    std::vector<v1::LostReceipt> receipts;
    std::vector<Listed> made;
  };
  struct Exported {
    Sent sent;
    Journey journey;
  };
  struct Agreed {
    std::uint32_t version = 0;
    std::map<std::uint32_t, Terms> terms;  // by version
  };

  void ask_stranger(int index);
  SovereignCity& city(int index) { return *cities_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const SovereignCity& city(int index) const {
    return *cities_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] std::uint32_t epoch(int index) const {
    return static_cast<std::uint32_t>(ghosts_[static_cast<std::size_t>(index)].size());
  }
  [[nodiscard]] const std::string& code(int index) const {
    return codes_[static_cast<std::size_t>(index)];
  }
  void found();
  [[nodiscard]] static v1::RuleSet rules();
  void open_to_riders(int city);
  [[nodiscard]] std::vector<std::string> tagged_acts(const Serials& acts, int a, int b) const;
  [[nodiscard]] std::vector<std::string> named_in_acts(int city) const;
  Answer note_tags(const Letter& letter, const v1::ProvenLeaf& shown);
  void befriend(int a, int b);
  void agree(int a, int b);
  [[nodiscard]] std::uint32_t version(int at, int other) const;
  Agreed& agreed(int a, int b) { return agreed_[std::minmax(a, b)]; }
  Serials some_free(int city, const std::string& account, int home);
  void put_lock(const Journey& journey, const Answer& answer);
  void post(Letter letter);
  [[nodiscard]] Log log_of(int city, std::uint32_t epoch) const;
  [[nodiscard]] bool is_in(const Letter& letter, std::uint32_t epoch) const;
  [[nodiscard]] std::uint32_t epoch_known(int city, int at) const;
  [[nodiscard]] std::size_t followed(int city, int at) const;
  [[nodiscard]] std::map<int, std::uint32_t> versions(int at) const;
  v1::ProvenLeaf proof(const Letter& letter, std::uint32_t epoch, bool carried);
  Answer answer(const Letter& letter, const v1::ProvenLeaf& proof, Answering answering);
  void answered(const Letter& letter, const Answer& answer, Answering answering);
  void take(std::size_t letter, const Answer& answer, Answering answering);
  Answer conclude_or_note(const Letter& letter, const v1::ProvenLeaf& proof);
  [[nodiscard]] v1::LostReceipt lost_receipt(int home, int partner,
                                             const v1::ListedTransfer& listed) const;
  [[nodiscard]] Listed made_again(const Letter& letter, const v1::ListedTransfer& listed,
                                  const v1::LostReceipt& receipt);
  Part part_of(const Letter& letter, const v1::ProvenLeaf& statement);
  void note_list(const Letter& letter, const v1::ProvenLeaf& statement, const std::string& what);
  void note_out_of_turn(const Letter& letter, const v1::ProvenLeaf& statement);
  void post_again(const Letter& letter, const Part& part, std::uint64_t leaf);
  // How many leaves the epochs after the first kept, as far as the other city knows.
  [[nodiscard]] std::vector<std::uint64_t> kept_known(int city, int at) const;
  void need_stated(const Letter& letter) const;
  [[nodiscard]] std::size_t some_copy(int city);
  [[nodiscard]] std::vector<v1::OwnLog> logs_since(int city, std::uint32_t epoch) const;
  // Notes what came of an event; whether it was accepted.
  bool done(int city, const std::string& what, const Answer& answer);
  void tell(const std::string& text);

  const Plan plan_;
  std::vector<std::unique_ptr<SovereignCity>> cities_;
  std::vector<std::string> codes_;
  std::vector<std::vector<int>> partners_;
  std::vector<Micros> leaf_time_;
  std::vector<std::vector<std::unique_ptr<Ghost>>> ghosts_;  // by epoch
  std::vector<std::vector<v1::SideRenewal>> renewals_;       // to the epochs from 1 on
  // All that partners have to be told of a city in order: its epochs, and its keys.
  std::vector<std::vector<v1::SideRenewal>> told_;
  std::vector<std::vector<Copy>> copies_;
  std::map<std::pair<int, int>, Agreed> agreed_;
  std::vector<Letter> letters_;
  std::vector<Retired> retired_;
  std::vector<Exported> exported_;
  std::set<int> touched_, gone_;
  std::deque<std::string> trace_;
  std::uint64_t accepted_ = 0, acts_ = 0;
};

}  // namespace puhui::ledger::testing::sim
