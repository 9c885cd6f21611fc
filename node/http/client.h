// A blocking HTTPS client for the command line, load generators and tests.
//
// It trusts the city's authority alone, checks that the certificate names the host it dialled,
// keeps connections open between requests, follows 307 redirects to the leader and goes on to the
// next base address when one cannot be reached. A request begins at the address that answered last.
// One thread at a time; use one client per thread.
//
// Two failures are told apart, because they ask for different things:
//   UNREACHABLE      nothing was sent, or what was sent cannot have been taken for a request
//   OUTCOME_UNKNOWN  the request was sent and no whole answer came; it may have taken effect.
//                    An event may be sent again with the same bytes.
// GET and HEAD have no effect, so after such a failure they are tried on the next address; other
// methods are sent again only when nothing was sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/http/message.h"
#include "node/tls/context.h"
#include "proto/error.h"

namespace puhui::node::http {

inline constexpr std::size_t kRedirectsMax = 5;
inline constexpr std::size_t kResponseHeaderBytesMax = 64u << 10;

struct ClientOptions {
  std::vector<std::string> base_urls;  // "https://host:port", tried in turn, the first one first.
  std::string authority_pem;
  std::optional<tls::CertifiedKey> certificate;
  Headers headers;                   // Sent with every request.
  std::uint32_t connect_ms = 5'000;  // Resolving, connecting and TLS, per address.
  std::uint32_t answer_ms = 65'000;  // Sending a request and receiving its whole answer.
  std::size_t response_bytes_max = 256u << 20;
  std::size_t redirects_max = kRedirectsMax;  // 0: a redirect is an answer
};

struct ClientResponse {
  int status = 0;
  std::string content_type;
  Headers headers;
  std::string body;
};

class Client {
 public:
  // INVALID_ARGUMENT for a base URL that is not https, KEY_MALFORMED for bad PEM. Dials nothing.
  [[nodiscard]] static Result<Client> create(ClientOptions options);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Sends one request, with `more` headers of its own, and returns the answer, whatever its status.
  // `target` is an origin-form target, percent-encoded. UNREACHABLE and OUTCOME_UNKNOWN as above,
  // from the last address tried; NOT_PERMITTED if the server refused our certificate; TOO_LARGE for
  // an answer beyond the limit; INVALID_ARGUMENT for a malformed target or a redirect that is not
  // to https; UNAVAILABLE for more than redirects_max redirects.
  [[nodiscard]] Result<ClientResponse> request(std::string_view method, std::string_view target,
                                               std::string_view body = {},
                                               std::string_view content_type = {},
                                               const Headers& more = {});

  // Connections made so far; shows whether they are reused.
  std::uint64_t connections() const;

 private:
  class State;
  explicit Client(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace puhui::node::http
