// The signed envelope of an event: DSSE (Dead Simple Signing Envelope), protobuf on the wire.
//
// A signature covers PAE(type, payload): the exact payload bytes, never a re-encoding of what they
// mean. The identity of an event's bytes is the SHA-256 of the same PAE, so adding signatures does
// not make it another event. Wire form: `puhui.v1.Envelope` in proto/puhui/v1/envelope.proto.
// All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "crypto/key.h"
#include "proto/error.h"

namespace puhui::crypto {

inline constexpr std::string_view kEventPayloadType = "application/vnd.puhui.event+protobuf";

// An envelope is part of an entry, and an entry's length is a u16 in C2SP bundles.
inline constexpr std::size_t kEnvelopeSizeMax = 65535;
inline constexpr std::size_t kEnvelopeSignaturesMax = 16;
inline constexpr std::size_t kEnvelopeSignatureSizeMax = 128;

struct EnvelopeSignature {
  Digest key_id;
  std::string signature;

  bool operator==(const EnvelopeSignature&) const = default;
};

struct Envelope {
  std::string payload;
  std::string payload_type;
  std::vector<EnvelopeSignature> signatures;  // No two with one key id.

  bool operator==(const Envelope&) const = default;
};

// "DSSEv1 " len(type) " " type " " len(payload) " " payload, lengths in ASCII decimal: what a
// signature covers. The second form is for one envelope.
std::string pae(std::string_view type, std::string_view payload);
std::string pae(const Envelope& envelope);

// SHA-256 of the PAE, computed without building it. Signatures have no part in it.
Digest event_digest(std::string_view type, std::string_view payload);
Digest event_digest(const Envelope& envelope);

// Reads hostile bytes. No signature is verified here.
// ENVELOPE_MALFORMED: not this protobuf message; more than kEnvelopeSizeMax bytes; a field that is
// unknown, repeated where it may stand once, or encoded longer than need be; another payload type;
// no payload; more than kEnvelopeSignaturesMax signatures; a key id that is not 32 bytes or occurs
// twice; a signature that is empty or longer than kEnvelopeSignatureSizeMax.
// ENVELOPE_UNSIGNED: well formed but without a signature.
[[nodiscard]] Result<Envelope> decode_envelope(std::string_view bytes);

// The wire bytes, which decode_envelope is sure to accept: the same limits give the same errors.
[[nodiscard]] Result<std::string> encode_envelope(const Envelope& envelope);

// A new envelope signed by each key in turn. Errors as add_signature.
[[nodiscard]] Result<Envelope> sign_envelope(std::string_view payload, std::string_view type,
                                             std::span<const SecretKey* const> keys);

// Adds one more signature over what the envelope holds. ENVELOPE_MALFORMED, and the envelope
// unchanged, if this key has signed already or kEnvelopeSignaturesMax is reached.
[[nodiscard]] Result<void> add_signature(Envelope& envelope, const SecretKey& key);

}  // namespace puhui::crypto
