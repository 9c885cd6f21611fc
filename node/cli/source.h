// Logs that commands read: where from, with which certificates, and how far they are.
#pragma once

#include <ostream>
#include <string>

#include "node/cli/session.h"
#include "node/mirror/follower.h"

namespace puhui::node::cli {

// An https:// address with the session's authority and client certificate, or a folder. CONFIG
// without an authority; errors of read_file.
[[nodiscard]] Result<SourceOptions> source_of(const Session& session, const std::string& where);

// A file's bytes, or none for an empty path.
[[nodiscard]] Result<void> read_into(std::string& bytes, const std::string& path);

// "12.3 MB/s".
[[nodiscard]] std::string rate(std::uint64_t bytes, std::uint64_t ms);

// Says once a second how far a round is, and how fast.
class Teller {
 public:
  explicit Teller(std::ostream& err) : err_(err) {}
  void operator()(const Progress& progress);

 private:
  std::ostream& err_;
  std::uint64_t told_ms_ = 0;
};

}  // namespace puhui::node::cli
