// The views of a mirror: the city's own, followed from the copy's leaves by the same rules.
//
// They lie in FOLDER/views of the copy and can be deleted while nobody has it open: they are built
// again. Where attachments are missing, personal views stay empty (Ledger::follow); once they are
// all there, the views begin anew.
// Threads: `follow` from one; the rest from any.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "node/history/history.h"
#include "node/http/message.h"
#include "node/mirror/leaves.h"
#include "node/views/slow_reads.h"
#include "node/witness/complete.h"

namespace puhui::node {

class MirrorViews {
 public:
  // Errors of Ledger::open. The copy outlives this.
  [[nodiscard]] static Result<std::unique_ptr<MirrorViews>> open(const Copy& copy,
                                                                 unsigned threads);
  ~MirrorViews();

  // Follows what the copy has accepted. Errors of replay; READ_ONLY once a leaf did not follow.
  [[nodiscard]] Result<void> follow(bool has_all_attachments);
  [[nodiscard]] std::uint64_t size() const;

  // GET below /v1. Nobody has a role here: what asks for one is refused.
  void handle(const http::Request& request, http::Respond respond, CompletePtr checkpoint);

 private:
  // One ledger and its past.
  struct Built {
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<History> history;
  };
  using BuiltPtr = std::shared_ptr<Built>;
  // What is asked about: a past, or now; and the checkpoint it is proved by.
  struct Moment {
    CompletePtr checkpoint;
    PastPtr past;
  };

  MirrorViews(const Copy& copy, unsigned threads);
  Result<void> build();
  [[nodiscard]] BuiltPtr built() const;
  void answer_read(const BuiltPtr& from, const http::Request& request, const http::Respond& respond,
                   const Moment& moment);

  const Copy& copy_;
  const std::string folder_;
  const unsigned threads_;
  CopyLeaves leaves_;
  boost::asio::thread_pool pool_;
  mutable std::mutex mutex_;
  BuiltPtr built_;
  views::SlowReads slow_reads_;
};

}  // namespace puhui::node
