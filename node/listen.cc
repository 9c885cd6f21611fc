#include "node/listen.h"

namespace puhui::node {

namespace asio = boost::asio;

Result<std::uint16_t> listen(asio::ip::tcp::acceptor& acceptor, const std::string& host,
                             std::uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return fail(ErrorCode::INVALID_ARGUMENT, "'" + host + "'");
  const asio::ip::tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return acceptor.local_endpoint().port();
  return fail(ErrorCode::UNAVAILABLE,
              "listening on " + host + " port " + std::to_string(port) + ": " + error.message());
}

}  // namespace puhui::node
