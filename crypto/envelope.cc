#include "crypto/envelope.h"

#include <algorithm>
#include <utility>

#include "puhui/v1/envelope.pb.h"

namespace puhui::crypto {
namespace {

tl::unexpected<Error> malformed(std::string detail) {
  return fail(ErrorCode::ENVELOPE_MALFORMED, std::move(detail));
}

std::string pae_head(std::string_view type, std::string_view payload) {
  std::string head = "DSSEv1 " + std::to_string(type.size()) + " ";
  head += type;
  head += " " + std::to_string(payload.size()) + " ";
  return head;
}

template <class Message>
bool has_unknown_fields(const Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

bool has_signed(const Envelope& envelope, const Digest& key_id) {
  return std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                     [&](const EnvelopeSignature& other) { return other.key_id == key_id; });
}

Result<void> check_size(std::size_t size) {
  if (size <= kEnvelopeSizeMax) return {};
  return malformed(std::to_string(size) + " bytes; at most " + std::to_string(kEnvelopeSizeMax));
}

Result<void> check(const Envelope& envelope) {
  if (envelope.payload_type != kEventPayloadType) return malformed("another payload type");
  if (envelope.payload.empty()) return malformed("no payload");
  if (envelope.signatures.empty()) return fail(ErrorCode::ENVELOPE_UNSIGNED);
  if (envelope.signatures.size() > kEnvelopeSignaturesMax) return malformed("too many signatures");
  for (const auto& each : envelope.signatures) {
    if (each.signature.empty() || each.signature.size() > kEnvelopeSignatureSizeMax) {
      return malformed("a signature of " + std::to_string(each.signature.size()) + " bytes");
    }
    const auto is_same = [&](const auto& other) { return other.key_id == each.key_id; };
    if (std::count_if(envelope.signatures.begin(), envelope.signatures.end(), is_same) != 1) {
      return malformed("two signatures of key " + each.key_id.hex());
    }
  }
  return {};
}

}  // namespace

std::string pae(std::string_view type, std::string_view payload) {
  std::string bytes = pae_head(type, payload);
  return bytes += payload;
}

std::string pae(const Envelope& envelope) { return pae(envelope.payload_type, envelope.payload); }

Digest event_digest(std::string_view type, std::string_view payload) {
  return Sha256().update(pae_head(type, payload)).update(payload).final();
}

Digest event_digest(const Envelope& envelope) {
  return event_digest(envelope.payload_type, envelope.payload);
}

Result<Envelope> decode_envelope(std::string_view bytes) {
  if (auto fits = check_size(bytes.size()); !fits) {
    return tl::make_unexpected(std::move(fits.error()));
  }
  v1::Envelope message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return malformed("not the protobuf message");
  }
  // The shortest encoding of what was read is as long as what was sent only if nothing was sent
  // twice, padded or unknown.
  if (message.ByteSizeLong() != bytes.size() || has_unknown_fields(message)) {
    return malformed("unknown, repeated or padded fields");
  }
  Envelope envelope;
  envelope.payload = std::move(*message.mutable_payload());
  envelope.payload_type = std::move(*message.mutable_payload_type());
  if (message.signatures_size() > static_cast<int>(kEnvelopeSignaturesMax)) {
    return malformed("too many signatures");
  }
  envelope.signatures.reserve(static_cast<std::size_t>(message.signatures_size()));
  for (auto& signature : *message.mutable_signatures()) {
    auto key_id = Digest::from_bytes(signature.key_id());
    if (!key_id) return malformed("a key id is not 32 bytes");
    if (has_unknown_fields(signature)) return malformed("an unknown field in a signature");
    envelope.signatures.push_back({*key_id, std::move(*signature.mutable_signature())});
  }
  if (auto valid = check(envelope); !valid) return tl::make_unexpected(std::move(valid.error()));
  return envelope;
}

Result<std::string> encode_envelope(const Envelope& envelope) {
  if (auto valid = check(envelope); !valid) return tl::make_unexpected(std::move(valid.error()));
  v1::Envelope message;
  message.set_payload(envelope.payload);
  message.set_payload_type(envelope.payload_type);
  for (const auto& [key_id, signature] : envelope.signatures) {
    auto* added = message.add_signatures();
    added->set_key_id(std::string(key_id.view()));
    added->set_signature(signature);
  }
  if (auto fits = check_size(message.ByteSizeLong()); !fits) {
    return tl::make_unexpected(std::move(fits.error()));
  }
  return message.SerializeAsString();
}

Result<Envelope> sign_envelope(std::string_view payload, std::string_view type,
                               std::span<const SecretKey* const> keys) {
  Envelope envelope{std::string(payload), std::string(type), {}};
  for (const auto* key : keys) {
    if (auto added = add_signature(envelope, *key); !added) {
      return tl::make_unexpected(std::move(added.error()));
    }
  }
  return envelope;
}

Result<void> add_signature(Envelope& envelope, const SecretKey& key) {
  const auto key_id = key.public_key().key_id();
  if (has_signed(envelope, key_id)) return malformed("already signed by key " + key_id.hex());
  if (envelope.signatures.size() >= kEnvelopeSignaturesMax) return malformed("too many signatures");
  envelope.signatures.push_back({key_id, key.sign(pae(envelope))});
  return {};
}

}  // namespace puhui::crypto
