#include "node/listen.h"

#include "crypto/bytes.h"

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

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto port = crypto::parse_decimal(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  return Endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace puhui::node
