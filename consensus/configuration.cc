#include <algorithm>
#include <set>

#include "consensus/core.h"

namespace puhui::consensus {

const Server* Configuration::find(NodeId id) const {
  const auto found = std::find_if(servers.begin(), servers.end(),
                                  [id](const Server& server) { return server.id == id; });
  return found == servers.end() ? nullptr : &*found;
}

std::size_t Configuration::voters() const {
  return static_cast<std::size_t>(
      std::count_if(servers.begin(), servers.end(),
                    [](const Server& server) { return server.role == Role::kVoter; }));
}

bool Configuration::is_voter(NodeId id) const {
  const Server* server = find(id);
  return server != nullptr && server->role == Role::kVoter;
}

Result<void> check(const Configuration& configuration) {
  const auto refuse = [](std::string why) { return fail(v1::INVALID_ARGUMENT, std::move(why)); };
  if (configuration.servers.size() > kMaxServers) return refuse("more than 32 members");
  const std::size_t voters = configuration.voters();
  if (voters == 0) return refuse("no voter");
  if (voters > kMaxVoters) return refuse("more than 9 voters");
  NodeId previous = 0;
  std::set<std::string_view> addresses;
  for (const Server& server : configuration.servers) {
    if (server.id <= previous) return refuse("ids are not positive and ascending");
    previous = server.id;
    if (server.address.empty() || server.address.size() > kMaxAddressBytes ||
        server.address.find('\0') != std::string::npos) {
      return refuse("an address is empty, too long, or holds a zero byte");
    }
    if (!addresses.insert(server.address).second) return refuse("an address is used twice");
  }
  return {};
}

}  // namespace puhui::consensus
