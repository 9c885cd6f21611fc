// What lies in attachments, and what persons and devices sign besides the envelope.
//
// An attachment is u16-BE length ‖ record, again and again. Hashes are SHA-256 over
//   "puhui-claim/v1" ‖ pseudonym[16] ‖ u8 n ‖ scenario[n] ‖ i32-BE day ‖ u32-BE slot ‖ carrier tag
//   "puhui-reversal/v1" ‖ claim[32]
//   "puhui-confirmation/v1" ‖ u8 n ‖ city[n] ‖ pseudonym[16] ‖ what ‖ nonce[16]
//     what: "R" ‖ u8 n ‖ offer[n] ‖ i64-BE quantity; "C" ‖ u8 n ‖ party[n] ‖ u8 item ‖ u8 is given;
//           "E"
// A device signs "puhui-readings/v1" ‖ u8 n ‖ city[n] ‖ u8 n ‖ source[n] ‖ root[32] ‖ u32-BE count.
//
// These signatures are verified again even where an earlier run did: an event is judged only if
// they hold.
#pragma once

#include "node/audit/leaf.h"

namespace puhui::node::audit {

// What the payload says of its attachment; null for an action without one.
[[nodiscard]] const v1::AttachmentRef* attachment_of(const v1::Payload& payload);
// Reads the records of an attachment that is the one named.
[[nodiscard]] Verdict read_records(Leaf& leaf, const v1::AttachmentRef& named,
                                   std::string_view bytes);
// Those of an erasure and of a meter's readings.
[[nodiscard]] Verdict read_inner_signatures(Leaf& leaf);
// What a trail calls the reversal of this claim.
[[nodiscard]] crypto::Digest reversal_of(const crypto::Digest& claim);

}  // namespace puhui::node::audit
