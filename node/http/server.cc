#include "node/http/server.h"

#include "node/http/core.h"

namespace puhui::node::http {

Result<std::unique_ptr<Server>> Server::start(boost::asio::io_context& io, ServerOptions options,
                                              Handler handler) {
  auto core = std::make_shared<Core>(io, std::move(options), std::move(handler));
  if (auto listening = core->listen(); !listening) return tl::make_unexpected(listening.error());
  core->run();
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

Server::Server(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Server::~Server() { static_cast<void>(core_->stop(0)); }

std::uint16_t Server::port() const { return core_->port(); }

ServerCounters Server::counters() const { return core_->counters(); }

std::future<void> Server::stop(std::uint32_t bound_ms) { return core_->stop(bound_ms); }

}  // namespace puhui::node::http
