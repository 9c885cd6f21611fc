// Peer messages on the wire: puhui.v1.PeerMessage, see proto/puhui/v1/consensus.proto.
//
// The bytes come from an authenticated but possibly broken peer: decoding is bounded in size,
// count and depth and refuses what it does not know. What a message means is for the gate to judge.
// All functions are pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "consensus/core.h"

namespace puhui::consensus {

// The largest PeerMessage: one block and its frame.
inline constexpr std::size_t kMaxMessageBytes = kMaxBlockBytes + (1u << 20);

// A leader that wants to serve a read asks its peers whether it still leads in `term`…
struct ReadProbe {
  Term term = 0;
  std::uint64_t round = 0;
};
// … and a peer whose own durable term is that one says yes. Any other peer is silent.
struct ReadProbeResult {
  Term term = 0;
  std::uint64_t round = 0;
};
// A follower asks the leader for an index that covers all that is committed now…
struct ReadRequest {
  std::uint64_t id = 0;
};
// … and gets it, or 0 if the server asked cannot say.
struct ReadResult {
  std::uint64_t id = 0;
  Index index = 0;
};

using Message = std::variant<CoreMessage, ReadProbe, ReadProbeResult, ReadRequest, ReadResult>;

// The PeerMessage with this consensus content.
[[nodiscard]] std::string encode(const Message& message);

// The consensus content of a PeerMessage. Errors: MESSAGE_MALFORMED, TOO_LARGE.
[[nodiscard]] Result<Message> decode_message(std::string_view bytes);

// The owner's own messages travel in the same envelope: `wrap` puts one in, `unwrap` takes it out
// without copying; nullopt if the bytes are no such message (then they are the driver's).
[[nodiscard]] std::string wrap(std::string_view app);
[[nodiscard]] std::optional<std::string_view> unwrap(std::string_view bytes);

// puhui.v1.RaftSnapshot, as the log stores it. Errors: MESSAGE_MALFORMED.
[[nodiscard]] std::string encode(const Snapshot& snapshot);
[[nodiscard]] Result<Snapshot> decode_snapshot(std::string_view bytes);

}  // namespace puhui::consensus
