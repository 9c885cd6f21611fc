// Asks witnesses outside the city to cosign its checkpoints, so that receipts can meet a policy
// stricter than the city's own majority.
//
// The policy names the witnesses and where they are asked; the city never waits for them. All are
// asked about one checkpoint at a time, so that their cosignatures meet on it: a round ends when
// its checkpoint meets the policy or everybody has answered or failed; the next one takes the
// newest checkpoint. Who failed is asked again after a pause that grows to kPauseMaxMs, and is not
// waited for before.
// Threads: at most kThreadsMax, which ask those first who answered last time; all functions from
// any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "crypto/policy.h"
#include "node/witness/complete.h"
#include "proto/error.h"

namespace puhui::node {

struct AskerOptions {
  crypto::Policy policy;                           // must list the city's log
  std::string authority_pem;                       // of the witnesses' HTTPS servers
  std::map<std::string, std::string> authorities;  // of those who have their own, by name
  std::uint32_t interval_ms = 0;                   // at least so long from round to round
};

class Asker {
 public:
  static constexpr std::uint32_t kPauseMaxMs = 30'000;
  static constexpr std::size_t kThreadsMax = 8;

  // The proof from one size of the city's tree to another; called from the asker's threads.
  using Prove =
      std::function<std::vector<crypto::Digest>(std::uint64_t old_size, std::uint64_t new_size)>;

  // Asks nobody yet.
  Asker(std::string origin, Prove prove);
  // Errors of `change`; CONFIG also if no witness has a URL.
  [[nodiscard]] static Result<std::unique_ptr<Asker>> start(AskerOptions options,
                                                            std::string origin, Prove prove);
  // Waits for requests under way, each bounded by a few seconds.
  ~Asker();

  // Asks by these options from now on, first about the newest checkpoint; what is known of
  // witnesses that stay is kept. CONFIG for a policy without the city's log or with a URL that is
  // not https, KEY_MALFORMED for bad PEM: then nothing changes.
  [[nodiscard]] Result<void> change(AskerOptions options);
  // Whether that witness of a policy could be asked; errors of `change`.
  [[nodiscard]] static Result<void> check(const crypto::PolicyWitness& witness,
                                          const std::string& authority_pem);

  // A checkpoint of the city is complete.
  void offer(CompletePtr checkpoint);

  [[nodiscard]] bool asks_anybody() const;
  [[nodiscard]] crypto::Policy policy() const;
  // The newest checkpoint that meets the policy, with all lines known; null before the first.
  [[nodiscard]] CompletePtr witnessed() const;
  // How many leaves who is asked has cosigned, as this asker knows: by name in the policy.
  [[nodiscard]] std::map<std::string, std::uint64_t> cosigned() const;
  // Why the checkpoint in question does not meet the policy: the names of who is missing. Empty if
  // it does.
  [[nodiscard]] std::string missing() const;

 private:
  struct Member;
  using MemberPtr = std::shared_ptr<Member>;
  using Clock = std::chrono::steady_clock;
  struct Round {
    CompletePtr checkpoint;
    Clock::time_point next_at;                           // not before then
    std::map<std::string, crypto::NoteSignature> lines;  // by name in the policy
    std::set<std::string> waiting;                       // for these
    bool met = false;
  };

  struct Question {
    MemberPtr member;
    CompletePtr checkpoint;
  };
  [[nodiscard]] static Result<MemberPtr> make_member(const crypto::PolicyWitness& witness,
                                                     const std::string& authority_pem);
  [[nodiscard]] Result<std::vector<MemberPtr>> members_of(const AskerOptions& options) const;
  void run();
  // Waits for something to ask; nothing when the asker stops.
  std::optional<Question> next();
  MemberPtr choose(Clock::time_point now, Clock::time_point& wake) const;
  [[nodiscard]] bool stops() const;
  Result<crypto::NoteSignature> ask(Member& member, const CompleteCheckpoint& checkpoint);
  void take(const Question& question, Result<crypto::NoteSignature> line);
  void go_on(Clock::time_point now);
  void judge();
  [[nodiscard]] std::string note_of(const Round& round) const;

  const std::string origin_;
  const Prove prove_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  AskerOptions options_;
  CompletePtr newest_, witnessed_;
  std::string missing_;
  Round round_;
  std::vector<MemberPtr> members_;
  std::vector<std::thread> threads_;
};

}  // namespace puhui::node
