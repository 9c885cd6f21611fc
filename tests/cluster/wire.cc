#include "tests/cluster/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace puhui::testing {
namespace {

constexpr int kLookEveryMs = 20;  // whether it is cut, or over

sockaddr_in loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int new_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

}  // namespace

Wire::Wire(unsigned port) : target_(port), listener_(new_socket()) {
  auto address = loopback(0);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    std::abort();
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { carry(); });
}

Wire::~Wire() {
  is_over_ = true;
  thread_.join();
  ::close(listener_);
}

void Wire::close_pair(const Pair& pair) {
  ::close(pair.near);
  ::close(pair.far);
}

void Wire::take() {
  Pair pair{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), new_socket()};
  const auto address = loopback(target_);
  if (is_cut_ ||
      ::connect(pair.far, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    close_pair(pair);
  else
    pairs_.push_back(pair);
}

// What there is to read; false at the end of the connection.
bool Wire::pass(int from, int to) {
  std::array<char, 16'384> bytes;
  const auto got = ::recv(from, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  for (ssize_t sent = 0; sent < got;) {
    const auto some =
        ::send(to, bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
    if (some <= 0) return false;
    sent += some;
  }
  return true;
}

void Wire::carry() {
  while (!is_over_) {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    for (const auto& [near, far] : pairs_) {
      watched.push_back({near, POLLIN, 0});
      watched.push_back({far, POLLIN, 0});
    }
    if (::poll(watched.data(), watched.size(), kLookEveryMs) < 0) std::abort();
    std::vector<Pair> open;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const auto& pair = pairs_[i];
      bool lasts = !is_cut_;
      if (lasts && watched[2 * i + 1].revents != 0) lasts = pass(pair.near, pair.far);
      if (lasts && watched[2 * i + 2].revents != 0) lasts = pass(pair.far, pair.near);
      if (lasts)
        open.push_back(pair);
      else
        close_pair(pair);
    }
    pairs_ = std::move(open);
    if (watched[0].revents != 0) take();
  }
  for (const auto& pair : pairs_) close_pair(pair);
}

}  // namespace puhui::testing
