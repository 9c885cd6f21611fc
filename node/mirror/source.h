// Where a log is read from: the HTTPS server of a node or a mirror, or a folder laid out like one.
//
// Whatever comes from there is hostile: bounded here, believed only by those who verify it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "node/tls/context.h"
#include "proto/error.h"

namespace puhui::node {

struct SourceOptions {
  std::string where;                             // "https://host:port[/prefix]" or a folder
  std::string authority_pem;                     // of the server; not used for a folder
  std::optional<tls::CertifiedKey> certificate;  // of the party that reads
};

// Reads one path, as in URLs, without a leading slash: "checkpoint", "tile/0/x001/234". NOT_FOUND,
// NOT_PERMITTED, TOO_LARGE; UNREACHABLE or UNAVAILABLE where another try may do better. Blocks, for
// a bounded time; one thread at a time.
using Fetch = std::function<Result<std::string>(const std::string& path)>;

// A reader of its own connection. INVALID_ARGUMENT for an address that is neither form,
// KEY_MALFORMED for bad PEM. Dials nothing yet.
[[nodiscard]] Result<Fetch> open_source(const SourceOptions& options);

// The path of a leaf's attachment: at a server, and in a folder ("attachments/x001/234" of leaf
// 1234).
[[nodiscard]] std::string attachment_path(const SourceOptions& options, std::uint64_t leaf);
[[nodiscard]] std::string attachment_file(std::uint64_t leaf);

}  // namespace puhui::node
