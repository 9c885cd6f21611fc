// Bytes from a peer that is authenticated and hostile: the codec, the gate, and a follower, a
// leader and the engine behind them. Whatever arrives, the driver refuses it or goes on.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "consensus/driver.h"

namespace {

using namespace puhui::consensus;

Configuration members(NodeId count) {
  Configuration configuration;
  for (NodeId id = 1; id <= count; ++id) {
    configuration.servers.push_back({id, std::to_string(id), Role::kVoter});
  }
  return configuration;
}

// A log that begins with one configuration and believes what it is told.
class Memory final : public Log, public LogWriter, public Transport, public StateMachine {
 public:
  explicit Memory(NodeId voters) {
    const Bytes bytes = std::make_shared<const std::string>(encode(members(voters)));
    state_.term = 1;
    state_.heads.push_back(
        {1, EntryKind::kConfiguration, static_cast<std::uint32_t>(bytes->size()), bytes});
  }
  LogState load() override { return state_; }
  void write(std::span<const LogOp>) override {}
  void write_vote(Term, NodeId) override {}
  Entry read(Index) override {
    return {1, EntryKind::kConfiguration, state_.heads[0].configuration};
  }
  void enqueue(Ticket ticket, LogOp) override { newest = ticket; }
  void send(NodeId, std::string message) override {
    if (!decode_message(message)) std::abort();
  }
  void received(Index, const Bytes&) override {}
  void committed(Index, Term, const Bytes&) override {}
  void lost(Index, const Bytes&) override {}
  void leadership(bool, Term) override {}
  void configuration(const Configuration&) override {}
  void install_snapshot(const Snapshot&, NodeId) override {}
  void broken(const puhui::Error&) override {}

  Ticket newest = 0;

 private:
  LogState state_;
};

void receive(NodeId voters, std::string_view bytes) {
  Memory memory(voters);
  Options options;
  options.self = 1;
  Driver driver(options, memory, memory, memory, memory);
  if (!driver.start(0, 1)) std::abort();
  // The same message twice, around a completed write: what it left behind meets it again.
  (void)driver.receive(2, bytes, 2);
  driver.log_written(memory.newest, 3);
  (void)driver.receive(2, bytes, 4);
  driver.tick(10'000);
  (void)driver.receive(3, bytes, 10'001);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)unwrap(bytes);
  (void)decode_configuration(bytes);
  (void)decode_snapshot(bytes);
  if (const auto message = decode_message(bytes)) {
    if (!decode_message(encode(*message))) std::abort();
  }
  receive(3, bytes);
  receive(1, bytes);
  return 0;
}
