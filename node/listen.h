// Addresses, and listening for connections, for clients and for peers alike.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/error.h"

namespace puhui::node {

// "host:port" or "[v6]:port"; nothing if it is neither.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

// Opens the acceptor on an IP address and a port; port 0 lets the system choose. Answers the port.
// INVALID_ARGUMENT for what is no IP address, UNAVAILABLE if the address cannot be had.
[[nodiscard]] Result<std::uint16_t> listen(boost::asio::ip::tcp::acceptor& acceptor,
                                           const std::string& host, std::uint16_t port);

}  // namespace puhui::node
