#include "node/http/client.h"

#include <cassert>
#include <map>
#include <utility>

#include "node/http/connection.h"

namespace puhui::node::http {

namespace beast = boost::beast;

class Client::State {
 public:
  State(ClientOptions options, std::vector<Address> bases, tls::Context context)
      : options_(std::move(options)), bases_(std::move(bases)), context_(std::move(context)) {}

  Result<ClientResponse> request(OutgoingRequest request, std::string_view target);

  std::uint64_t connections() const { return connections_; }
  const ClientOptions& options() const { return options_; }

 private:
  Result<ClientResponse> follow(OutgoingRequest& request, Address address, std::string target);
  Result<ClientResponse> exchange(OutgoingRequest& request, const Address& address,
                                  const std::string& target);
  Result<Connection*> connection_to(const Address& address);
  Result<ClientResponse> exchange_once(OutgoingRequest& request, const Address& address,
                                       bool& may_be_stale);

  const ClientOptions options_;
  const std::vector<Address> bases_;
  const tls::Context context_;
  std::map<std::string, std::unique_ptr<Connection>> open_;  // By authority.
  std::uint64_t connections_ = 0;
  std::size_t answered_ = 0;  // The base address that answered last: the next request begins there.
};

namespace {

// Sending it again cannot do harm (RFC 9110 §9.2.1).
bool is_safe(const OutgoingRequest& request) {
  return request.method() == beast::http::verb::get || request.method() == beast::http::verb::head;
}

// Another address may do better.
bool may_go_on(const Error& error, const OutgoingRequest& request) {
  return error.code == ErrorCode::UNREACHABLE ||
         (error.code == ErrorCode::OUTCOME_UNKNOWN && is_safe(request));
}

// Where a redirect leads: the address, and the target there.
Result<std::pair<Address, std::string>> redirected(const Address& from, std::string_view location) {
  if (location.starts_with('/') && !location.starts_with("//")) {
    return std::pair(from, std::string(location));
  }
  auto address = parse_https(location);
  if (!address) {
    return fail(ErrorCode::INVALID_ARGUMENT, "a redirect to '" + std::string(location) + "'");
  }
  std::string target = address->path.empty() ? "/" : std::exchange(address->path, "");
  return std::pair(std::move(*address), std::move(target));
}

}  // namespace

Result<ClientResponse> Client::State::request(OutgoingRequest request, std::string_view target) {
  Error last{ErrorCode::UNREACHABLE, {}};
  const auto first = answered_;
  for (std::size_t i = 0; i < bases_.size(); ++i) {
    const auto at = (first + i) % bases_.size();
    auto response = follow(request, bases_[at], std::string(target));
    if (response) answered_ = at;
    if (response || !may_go_on(response.error(), request)) return response;
    last = std::move(response.error());
  }
  return tl::make_unexpected(std::move(last));
}

Result<ClientResponse> Client::State::follow(OutgoingRequest& request, Address address,
                                             std::string target) {
  for (std::size_t redirects = 0; redirects <= options_.redirects_max; ++redirects) {
    auto response = exchange(request, address, target);
    if (!response || response->status != 307 || options_.redirects_max == 0) return response;
    auto next = redirected(address, find_header(response->headers, "Location"));
    if (!next) return tl::make_unexpected(std::move(next.error()));
    std::tie(address, target) = std::move(*next);
  }
  return fail(ErrorCode::UNAVAILABLE, "too many redirects");
}

Result<ClientResponse> Client::State::exchange(OutgoingRequest& request, const Address& address,
                                               const std::string& target) {
  if (auto parsed = parse_target(target); !parsed) {
    return tl::make_unexpected(std::move(parsed.error()));
  }
  request.target(target);
  request.set(beast::http::field::host, address.authority());
  bool may_be_stale = false;
  auto response = exchange_once(request, address, may_be_stale);
  // The server may have ended an idle connection in the moment we took it up again.
  const bool stale = !response && may_be_stale &&
                     response.error().code == ErrorCode::OUTCOME_UNKNOWN && is_safe(request);
  return stale ? exchange_once(request, address, may_be_stale) : response;
}

Result<Connection*> Client::State::connection_to(const Address& address) {
  auto& slot = open_[address.authority()];
  if (slot != nullptr && slot->reusable()) return slot.get();
  slot = std::make_unique<Connection>(context_);
  ++connections_;
  if (auto opened = slot->open(address, options_.connect_ms); !opened) {
    open_.erase(address.authority());
    return tl::make_unexpected(std::move(opened.error()));
  }
  return slot.get();
}

Result<ClientResponse> Client::State::exchange_once(OutgoingRequest& request,
                                                    const Address& address, bool& may_be_stale) {
  const std::uint64_t before = connections_;
  const auto connection = connection_to(address);
  if (!connection) return tl::make_unexpected(connection.error());
  auto response = (*connection)->exchange(request, options_);
  // One that said nothing for so long would not say more when asked again.
  may_be_stale = connections_ == before && !(*connection)->timed_out();
  if (!response) {
    open_.erase(address.authority());
    response.error().detail = address.authority() + ": " + response.error().detail;
  }
  return response;
}

Result<Client> Client::create(ClientOptions options) {
  if (options.base_urls.empty()) return fail(ErrorCode::INVALID_ARGUMENT, "no base address");
  std::vector<Address> bases;
  for (const std::string& url : options.base_urls) {
    auto address = parse_https(url);
    if (!address) return tl::make_unexpected(std::move(address.error()));
    if (!address->path.empty() && address->path != "/") {
      return fail(ErrorCode::INVALID_ARGUMENT, "'" + url + "' has a path");
    }
    address->path.clear();
    bases.push_back(std::move(*address));
  }
  auto context = tls::client_context(options.authority_pem, options.certificate);
  if (!context) return tl::make_unexpected(std::move(context.error()));
  return Client(std::make_unique<State>(std::move(options), std::move(bases), std::move(*context)));
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<ClientResponse> Client::request(std::string_view method, std::string_view target,
                                       std::string_view body, std::string_view content_type,
                                       const Headers& more) {
  OutgoingRequest request;
  request.version(11);
  request.method_string(method);
  for (const auto* headers : {&state_->options().headers, &more})
    for (const auto& [name, value] : *headers) request.set(name, value);
  if (!content_type.empty()) request.set(beast::http::field::content_type, content_type);
  request.body() = body;
  request.prepare_payload();
  return state_->request(std::move(request), target);
}

std::uint64_t Client::connections() const { return state_->connections(); }

}  // namespace puhui::node::http
