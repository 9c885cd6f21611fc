// One run of the command line client: its settings, its streams and its connection to the city.
//
// The connection is made when something first asks for it, so commands that work offline never
// need an address. Not thread-safe; one session per run.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/key.h"
#include "node/cli/exit.h"
#include "node/cli/profile.h"
#include "node/cli/text.h"
#include "node/files/folder.h"
#include "node/http/client.h"
#include "proto/error.h"

namespace puhui::node::cli {

// The process around the client; tests put another in its place.
struct World {
  std::ostream& out;
  std::ostream& err;
  Environment environment;
  std::function<std::int64_t()> now_us;  // UTC microseconds since 1970.
  std::function<void(std::uint32_t ms)> sleep_ms;
};

// Flags that concern this run alone and never stand in a profile.
struct RunFlags {
  std::string receipt_file;
  std::string event_id;     // Hex; a new random one if empty.
  std::string valid_until;  // Instead of now and valid-for.
  std::string out_file;
  bool dry_run = false;
  std::string proposal;                   // Put the action to the vote under this name instead.
  std::string filing;                     // Draft the action as a filing of this name instead.
  std::vector<std::string> enclosures;    // Documents of that filing.
  std::optional<std::uint64_t> at_least;  // Read a state that includes this position.
  bool linearizable = false;
  std::optional<std::uint64_t> at;  // Read the state right after this position.
  std::string own_key;              // Key file of a citizen's account, to read that.
  // How long a node may take to answer; to be reached, it takes no longer either.
  std::uint32_t answer_ms = http::ClientOptions().answer_ms;
};

using Query = std::vector<std::pair<std::string, std::string>>;

// "/v1/parties/a%2Fb" of {"v1", "parties", "a/b"}; "?name=value&…" when there is a query.
[[nodiscard]] std::string target_of(std::initializer_list<std::string_view> parts,
                                    const Query& query = {});

class Session {
 public:
  Session(World world, Settings settings, RunFlags flags);

  [[nodiscard]] const World& world() const { return world_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const RunFlags& flags() const { return flags_; }
  [[nodiscard]] bool json() const { return settings_.output == "json"; }
  [[nodiscard]] bool has_url() const { return !settings_.urls.empty(); }

  // Every key file named by --key, opened with the passphrase if need be. CONFIG if there is none;
  // errors of read_key name the file.
  [[nodiscard]] Result<std::vector<crypto::SecretKey>> signing_keys() const;
  // First line of the passphrase file; nothing if none is named.
  [[nodiscard]] Result<std::optional<std::string>> passphrase() const;

  // One request. An answer with a status of 400 or more becomes the error its problem names, with
  // the problem's detail. CONFIG if no URL or authority is set; else errors of http::Client.
  [[nodiscard]] Result<http::ClientResponse> request(std::string_view method,
                                                     const std::string& target,
                                                     std::string_view body = {},
                                                     std::string_view content_type = {},
                                                     const http::Headers& more = {});
  // Body of a GET. Reads under /v1/ carry --at-least, --linearizable and --at; those of a citizen's
  // account are signed with --own-key.
  [[nodiscard]] Result<std::string> fetch(std::initializer_list<std::string_view> parts,
                                          Query query = {});
  // The same, read as JSON of this message. Fields unknown here are skipped.
  template <class Message>
  [[nodiscard]] Result<Message> get(std::initializer_list<std::string_view> parts,
                                    Query query = {}) {
    Message message;
    if (auto read = read_message(parts, std::move(query), message); !read)
      return tl::make_unexpected(read.error());
    return message;
  }

  // An answer, as JSON or a table.
  void print(const google::protobuf::Message& message) const;
  void print(const Fields& fields) const;
  // Fields and, beneath, the message that they are about. As JSON: one object, the message in it
  // under `name`.
  void print_proved(const Fields& fields, const std::string& name,
                    const google::protobuf::Message* message) const;
  // A list; says on the error stream how to get the rest, if there is more.
  void print_list(const google::protobuf::Message& list, std::span<const Column> columns) const;
  // Text for --out, or the output stream without it. LOCKED rather than replacing a file.
  [[nodiscard]] Result<void> deliver(std::string_view bytes) const;

 private:
  [[nodiscard]] Result<void> connect();
  [[nodiscard]] Result<void> read_message(std::initializer_list<std::string_view> parts,
                                          Query query, google::protobuf::Message& message);

  World world_;
  Settings settings_;
  RunFlags flags_;
  std::optional<http::Client> client_;
};

}  // namespace puhui::node::cli
