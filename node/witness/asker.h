// Asks witnesses outside the city to cosign its checkpoints, so that receipts can meet a policy
// stricter than the city's own majority.
//
// The policy names the witnesses and where they are asked; the city never waits for them. All are
// asked about one checkpoint at a time, so that their cosignatures meet on it: a round ends when
// its checkpoint meets the policy or everybody has answered or failed; the next one takes the
// newest checkpoint. Who failed is asked again after a pause that grows to kPauseMaxMs.
// Threads: one per witness that has a URL; all functions from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "crypto/policy.h"
#include "node/witness/complete.h"
#include "proto/error.h"

namespace puhui::node {

struct AskerOptions {
  crypto::Policy policy;      // must list the city's log
  std::string authority_pem;  // of the witnesses' HTTPS servers
};

class Asker {
 public:
  static constexpr std::uint32_t kPauseMaxMs = 30'000;

  // The proof from one size of the city's tree to another; called from the asker's threads.
  using Prove =
      std::function<std::vector<crypto::Digest>(std::uint64_t old_size, std::uint64_t new_size)>;

  // CONFIG for a policy without this origin, without a URL, or with one that is not https;
  // KEY_MALFORMED for bad PEM.
  [[nodiscard]] static Result<std::unique_ptr<Asker>> start(AskerOptions options,
                                                            const std::string& origin, Prove prove);
  // Waits for requests under way, each bounded by a few seconds.
  ~Asker();

  // A checkpoint of the city is complete.
  void offer(CompletePtr checkpoint);

  // The newest checkpoint that meets the policy, with all lines known; null before the first.
  [[nodiscard]] CompletePtr witnessed() const;
  // Why the checkpoint in question does not meet the policy: the names of who is missing. Empty if
  // it does.
  [[nodiscard]] std::string missing() const;

 private:
  struct Member;
  struct Round {
    CompletePtr checkpoint;
    std::map<std::string, crypto::NoteSignature> lines;  // by name in the policy
    std::set<std::string> waiting;                       // for these
    bool met = false;
  };

  Asker(AskerOptions options, Prove prove);
  void run(Member& member);
  // Waits for something to ask; null when the asker stops.
  CompletePtr next(Member& member);
  [[nodiscard]] bool stops() const;
  Result<crypto::NoteSignature> ask(Member& member, const CompleteCheckpoint& checkpoint);
  void take(Member& member, const CompletePtr& asked, Result<crypto::NoteSignature> line);
  void go_on();
  void judge();
  [[nodiscard]] std::string note_of(const Round& round) const;

  const AskerOptions options_;
  const Prove prove_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  CompletePtr newest_, witnessed_;
  std::string missing_ = "no checkpoint was offered to witnesses yet";
  Round round_;
  std::vector<std::unique_ptr<Member>> members_;  // not changed after start
  std::vector<std::thread> threads_;
};

}  // namespace puhui::node
