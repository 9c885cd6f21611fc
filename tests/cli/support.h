// What the tests of the command line client share: runs of it, scratch folders, a small ledger.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "crypto/tlog_proof.h"
#include "node/cli/run.h"
#include "puhui/v1/api.pb.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

// A folder that is removed with everything in it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  // The path of a file with these bytes.
  std::string write(const std::string& name, std::string_view bytes) const;
  [[nodiscard]] std::string read(const std::string& name) const;

 private:
  std::string folder_;
};

struct Ran {
  Exit exit = Exit::ok;
  std::string out, err;
};

// The client in a world of its own: an environment, and a clock that stands still.
struct Client {
  std::map<std::string, std::string> environment;
  std::int64_t now_us = 1'740'000'000'000'000;

  Ran run(std::vector<std::string> arguments) const;
};

using Words = std::vector<std::string>;

// Events as they would be signed: city WUHAN, party "a".
struct Desk {
  Scratch scratch;
  Client client;

  [[nodiscard]] Ran dry_run(Words words) const;
  [[nodiscard]] v1::Payload payload(const Words& words) const;
  // The same, signed by a new key and written to a file.
  [[nodiscard]] v1::Submission submission(Words words) const;
  // The path of a new key file.
  [[nodiscard]] std::string key(const std::string& name) const;
  // What is wrong with it, as it is told.
  [[nodiscard]] std::string fault(const Words& words) const;

 private:
  mutable int made_ = 0;
};

[[nodiscard]] std::string data_file(const std::string& name);

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline crypto::SecretKey key_of(char letter) {
  return crypto::SecretKey::from_seed(std::string(32, letter)).value();
}

// A log of these entries, signed by key 'l' and cosigned by key 'w' as "node1.example".
struct SmallLog {
  std::vector<std::string> entries;
  std::string origin = "city.example/ledger";

  [[nodiscard]] std::string receipt(std::uint64_t index) const;
  [[nodiscard]] crypto::Policy policy() const;
};

// The entry of a signed retirement by the party "buyer", whose key is 'b'.
[[nodiscard]] std::string retirement_entry();

}  // namespace puhui::node::cli
