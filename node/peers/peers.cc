#include "node/peers/peers.h"

#include "node/peers/core.h"

namespace puhui::node::peers {

Result<std::unique_ptr<Peers>> Peers::start(boost::asio::io_context& io,
                                            const boost::asio::any_io_executor& deliver,
                                            const tls::PeerIdentity& identity, Options options,
                                            OnMessage on_message) {
  auto core = std::make_shared<Core>(io, deliver, std::move(options), std::move(on_message));
  core->use_identity(identity);
  if (auto listening = core->listen(); !listening) return tl::make_unexpected(listening.error());
  core->run();
  return std::unique_ptr<Peers>(new Peers(std::move(core)));
}

Peers::Peers(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Peers::~Peers() { static_cast<void>(core_->stop()); }

std::uint16_t Peers::port() const { return core_->port(); }

Result<void> Peers::set_members(std::vector<Member> members) {
  return core_->set_members(std::move(members));
}

bool Peers::send(NodeId to, std::string message) {
  return core_->send(to, std::make_shared<const std::string>(std::move(message)));
}

bool Peers::send(NodeId to, std::shared_ptr<const std::string> message) {
  return core_->send(to, std::move(message));
}

Status Peers::status() const { return core_->status(); }

std::future<void> Peers::stop() { return core_->stop(); }

}  // namespace puhui::node::peers
