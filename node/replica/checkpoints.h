// The checkpoint protocol: a tree head becomes complete when a majority of the voters has cosigned
// it and, last, the log key has signed.
//
// The leader has one round in flight, over all leaves it has applied. Every voter cosigns only its
// own applied root, after its own durable compare-and-set (cosigner.h), so a leader alone can
// neither complete a checkpoint nor make two that contradict. Complete ones go to all nodes, each
// of which verifies the majority before it serves them. Threads: everything on the ordering strand,
// except `newest` of Receipts; signing (which syncs the disk) runs on an executor of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "node/replica/city.h"
#include "node/replica/cosigner.h"
#include "node/replica/ledger_slot.h"
#include "node/replica/receipts.h"
#include "puhui/v1/peer.pb.h"

namespace puhui::node {

struct CheckpointHooks {
  std::function<void(std::uint64_t to, const v1::NodeMessage& message)> send;
  std::function<void(CompletePtr checkpoint)> complete;
  // Something that must not happen: another root than ours, a signature refused.
  std::function<void(const Error& error)> alarm;
  // A majority of the voters went another way: their complete checkpoint contradicts our ledger, or
  // they all have the same other root.
  std::function<void(const std::string& why)> diverged;
  // The policy of the voters in force.
  std::function<Result<crypto::Policy>()> policy;
};

// A tree head on its way to completion.
struct CheckpointRound {
  std::string body;
  std::uint64_t size = 0;
  std::map<std::uint64_t, crypto::NoteSignature> signatures;   // by voter
  std::map<std::string, std::set<std::uint64_t>> other_roots;  // voters that have another one
  bool log_signing = false;
};

class Checkpoints {
 public:
  Checkpoints(std::uint64_t self, LedgerSlot& slot, Cosigner cosigner,
              boost::asio::any_io_executor strand, boost::asio::any_io_executor signing,
              CheckpointHooks hooks);

  // Who cosigns, and who is told of complete checkpoints (all members, this node aside).
  void set_members(std::set<std::uint64_t> voters, std::set<std::uint64_t> others);
  void leadership(bool leads);
  // The ledger grew, or may have.
  void applied();
  void receive(std::uint64_t from, const v1::CosignRequest& request);
  void receive(std::uint64_t from, const v1::Cosigned& cosigned);
  void receive(const v1::CompleteCheckpoint& complete);
  // Starts a round again that is stuck or came to nothing, and reminds others of the newest
  // complete checkpoint.
  void tick(std::uint64_t now_ms);

 private:
  void start_round();
  void cosign_own();
  void add(std::uint64_t voter, crypto::NoteSignature signature);
  void contradict(std::uint64_t voter, const std::string& root);
  void sign_log();
  void finish(const crypto::NoteSignature& log_signature);
  void publish(const v1::CompleteCheckpoint& complete);
  void say_diverged(ledger::View& view, const crypto::Checkpoint& checkpoint,
                    const v1::CompleteCheckpoint& complete) const;
  void tell_others();
  void answer_request();
  [[nodiscard]] std::optional<crypto::VerifierKey> key_of(std::uint64_t voter) const;
  [[nodiscard]] bool majority() const;

  const std::uint64_t self_;
  LedgerSlot& slot_;
  Cosigner cosigner_;  // on the signing executor only
  boost::asio::any_io_executor strand_, signing_;
  const CheckpointHooks hooks_;
  std::set<std::uint64_t> voters_, others_;
  bool leads_ = false;
  bool complete_in_reign_ = false;
  std::optional<CheckpointRound> round_;
  std::uint64_t round_number_ = 0;
  CompletePtr newest_;
  std::uint64_t tried_ms_ = 0, reminded_ms_ = 0;
  // The newest request this node has not answered yet.
  struct Asked {
    std::uint64_t from = 0;
    std::string body;
    std::uint64_t size = 0;
    crypto::Digest root;
  };
  std::optional<Asked> asked_;
};

}  // namespace puhui::node
