// What a relay carries, in one file: for cities whose networks do not meet.
//
// A bundle is "puhui-bundle/v1\n" and the one encoding of a Bundle (proto/puhui/v1/api.proto): a
// checkpoint of the city it comes from, with the proof that it goes on from the one the other city
// has; and leaves that call for something there, each proved by that checkpoint, published tags
// with their attachment. Taking one again does nothing twice. A file from outside is bounded and
// checked before anything is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/relay/way.h"

namespace puhui::node::relay {

inline constexpr std::string_view kBundleHead = "puhui-bundle/v1\n";
inline constexpr std::size_t kBundleSizeMax = std::size_t{32} << 20;
inline constexpr int kBundleLeavesMax = 2048;

[[nodiscard]] std::string encode_bundle(const v1::Bundle& bundle);
// Hostile bytes. TOO_LARGE; PROOF_MALFORMED names what is wrong: the head, another encoding, hashes
// that are none, leaves that repeat or name no notice. encode_bundle(*parse_bundle(b)) == b.
[[nodiscard]] Result<v1::Bundle> parse_bundle(std::string_view bytes);
// That each leaf is in the checkpoint, whoever signed that: the city judges it; and that
// attachments are those their leaves name. NOTE_MALFORMED, CHECKPOINT_MALFORMED; PROOF_INVALID and
// ATTACHMENT_MISMATCH name the leaf.
[[nodiscard]] Result<void> check_bundle(const v1::Bundle& bundle);

// What the other city has.
struct BundleFrom {
  std::uint64_t size = 0;  // of the checkpoint it has accepted; 0 = none
  std::uint64_t leaf = 0;  // leaves before are done there
};
struct MadeBundle {
  v1::Bundle bundle;
  std::uint64_t next_leaf = 0;  // the leaves from here on did not fit; 0 = all did
};
// Of what concerns a city, under the newest checkpoint. CHECKPOINT_STALE if that is smaller than
// what the other city has; errors of the city.
[[nodiscard]] Result<MadeBundle> make_bundle(City& from, const std::string& to,
                                             const BundleFrom& since);

// Carries all of a checked bundle. WRONG_CITY if it is for another; AGREEMENT_UNKNOWN;
// CHECKPOINT_NOT_ACCEPTED if it goes on from another checkpoint than the city has;
// CHECKPOINT_INCONSISTENT, and an accusation, if it contradicts that one; errors of the city, after
// which it may be taken again.
[[nodiscard]] Result<v1::BundleReceipt> take_bundle(City& to, const v1::Bundle& bundle);

// Where the next bundle begins, by the receipt of the last one.
[[nodiscard]] BundleFrom next_after(const v1::BundleReceipt& receipt);

}  // namespace puhui::node::relay
