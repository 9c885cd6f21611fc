// How far an audit has come, kept in a file so that another run can go on from there.
//
//   puhui-audit/v1
//   origin <origin>
//   position <leaves read>
//   root <hex>                     of the tree of so many leaves
//   read <hex>                     hash over the entries and attachments read
//   counts <decimal> …             in the order of Counts
//   finding <position> <code> <detail> <expected> <found>    base64 but for the position; any
//   number sha256 <hex>                   of all lines before
//
// It is believed only for a source whose first leaves have this root and this hash; what it then
// saves is verifying their signatures again.
#pragma once

#include "node/audit/audit.h"

namespace puhui::node::audit {

struct Saved {
  std::string origin;
  std::uint64_t position = 0;
  crypto::Digest root, read;
  Counts counts;
  std::vector<Finding> findings;

  bool operator==(const Saved&) const = default;
};

[[nodiscard]] std::string format_saved(const Saved& saved);
// Nothing for any other bytes.
[[nodiscard]] std::optional<Saved> parse_saved(std::string_view bytes);

}  // namespace puhui::node::audit
