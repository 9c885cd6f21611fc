// A simulated disk under a driver: the log seam with latency, and with memory lost in a crash.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "consensus/driver.h"
#include "sim/random.h"

namespace puhui::consensus::sim {

// A property the protocol promises does not hold.
struct Violation {
  std::string what;
};
[[noreturn]] inline void violate(std::string what) { throw Violation{std::move(what)}; }

// A log as plain data.
struct Image {
  Term term = 0;
  NodeId voted_for = 0;
  std::optional<Snapshot> snapshot;
  std::optional<Snapshot> fetching;
  Index first = 1;
  std::deque<Entry> entries;

  [[nodiscard]] Index last() const { return first + entries.size() - 1; }
  [[nodiscard]] const Entry* at(Index index) const;
  void apply(const LogOp& op);
};

// How a disk may be broken on purpose.
struct DiskFaults {
  bool lies = false;           // Says "written" before it is.
  bool forgets_votes = false;  // Keeps the term and loses the vote in a crash.
};

class Disk final : public Log, public LogWriter {
 public:
  explicit Disk(DiskFaults faults) : faults_(faults) {}

  // Log.
  LogState load() override;
  void write(std::span<const LogOp> ops) override;
  void write_vote(Term term, NodeId voted_for) override;
  Entry read(Index index) override;

  // LogWriter: operations wait for the next batch. `on_work` is called when there is something to
  // do and no batch is under way.
  void enqueue(Ticket ticket, LogOp op) override;
  std::function<void()> on_work;

  // Starts writing all that waits; then the batch is under way until `finish`. False if nothing
  // waits or a batch is under way already.
  bool begin();
  // The batch is durable; the ticket to report.
  Ticket finish();
  [[nodiscard]] Ticket newest_ticket() const { return newest_; }

  // Power fails: what waits is lost, and of the batch under way all but some first part.
  void crash(Random& random);

  [[nodiscard]] const Image& durable() const { return durable_; }
  // With everything queued carried out: what the driver believes.
  [[nodiscard]] const Image& logical() const { return logical_; }
  // Puts a log there, before a driver starts on it.
  void prepare(Image image) { durable_ = logical_ = std::move(image); }
  [[nodiscard]] bool lies() const { return faults_.lies; }

 private:
  struct Queued {
    Ticket ticket;
    LogOp op;
  };
  DiskFaults faults_;
  Image durable_;
  Image logical_;
  std::deque<Queued> waiting_;
  std::deque<Queued> batch_;
  bool busy_ = false;
  Ticket newest_ = 0;
};

}  // namespace puhui::consensus::sim
