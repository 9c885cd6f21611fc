// Messages as they lie in the table: sealed for the name they lie under, and wiped once used.
#pragma once

#include <google/protobuf/message_lite.h>

#include <string>
#include <string_view>

#include "crypto/seal.h"
#include "proto/error.h"

namespace puhui::node::identity {

[[nodiscard]] inline std::string seal_message(const crypto::SymmetricKey& key,
                                              std::string_view name,
                                              const google::protobuf::MessageLite& message) {
  auto bytes = message.SerializeAsString();
  auto sealed = key.seal(bytes, name);
  crypto::wipe(bytes);
  return sealed;
}

// CORRUPT if it does not open, or is another message.
template <class Message>
[[nodiscard]] Result<Message> open_message(const crypto::SymmetricKey& key, std::string_view name,
                                           std::string_view sealed) {
  auto bytes = key.open(sealed, name);
  if (!bytes) return tl::make_unexpected(bytes.error());
  Message message;
  const bool parsed = message.ParseFromString(*bytes);
  crypto::wipe(*bytes);
  if (!parsed) return fail(ErrorCode::CORRUPT, "a record of the store does not parse");
  return message;
}

}  // namespace puhui::node::identity
