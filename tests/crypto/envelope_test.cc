#include "crypto/envelope.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "puhui/v1/envelope.pb.h"

namespace puhui::crypto {
namespace {

SecretKey key_of(char letter) { return SecretKey::from_seed(std::string(32, letter)).value(); }

Envelope signed_by_two() {
  const auto a = key_of('a'), b = key_of('b');
  const SecretKey* keys[] = {&a, &b};
  return sign_envelope("payload", kEventPayloadType, keys).value();
}

v1::Envelope message_of(const Envelope& envelope) {
  v1::Envelope message;
  EXPECT_TRUE(message.ParseFromString(encode_envelope(envelope).value()));
  return message;
}

ErrorCode refusal(const std::string& bytes) {
  const auto decoded = decode_envelope(bytes);
  return decoded ? ErrorCode::OK : decoded.error().code;
}

// The example of the DSSE specification.
TEST(Pae, DsseExample) {
  EXPECT_EQ(pae("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(pae("", ""), "DSSEv1 0  0 ");
}

TEST(Pae, DigestIsOfThePaeWithoutSignatures) {
  auto envelope = signed_by_two();
  const auto digest = event_digest(envelope);
  EXPECT_EQ(digest, sha256(pae(envelope)));
  EXPECT_EQ(digest, event_digest(kEventPayloadType, "payload"));
  envelope.signatures.pop_back();
  EXPECT_EQ(event_digest(envelope), digest);
  envelope.payload += "!";
  EXPECT_NE(event_digest(envelope), digest);
}

TEST(Envelope, RoundTripAndSignatures) {
  const auto envelope = signed_by_two();
  const auto bytes = encode_envelope(envelope).value();
  const auto decoded = decode_envelope(bytes).value();
  EXPECT_EQ(decoded, envelope);
  ASSERT_EQ(decoded.signatures.size(), 2u);
  EXPECT_EQ(decoded.signatures[1].key_id, key_of('b').public_key().key_id());
  EXPECT_TRUE(verify(key_of('a').public_key(), pae(decoded), decoded.signatures[0].signature));
  EXPECT_FALSE(verify(key_of('b').public_key(), pae(decoded), decoded.signatures[0].signature));
}

TEST(Envelope, OneSignaturePerKeyAndAtMostSixteen) {
  auto envelope = signed_by_two();
  const auto before = envelope;
  EXPECT_EQ(add_signature(envelope, key_of('a')).error().code, ErrorCode::ENVELOPE_MALFORMED);
  EXPECT_EQ(envelope, before);
  for (char letter = 'c'; letter < 'c' + 14; ++letter) {
    ASSERT_TRUE(add_signature(envelope, key_of(letter)));
  }
  EXPECT_TRUE(decode_envelope(encode_envelope(envelope).value()));
  EXPECT_FALSE(add_signature(envelope, key_of('z')));
  const auto a = key_of('a');
  const SecretKey* twice[] = {&a, &a};
  EXPECT_FALSE(sign_envelope("p", kEventPayloadType, twice));
}

TEST(Envelope, SizeLimitIsExact) {
  const auto key = key_of('a');
  const SecretKey* keys[] = {&key};
  const auto overhead =
      encode_envelope(sign_envelope(std::string(60000, 'p'), kEventPayloadType, keys).value())
          ->size() -
      60000;
  const auto largest = kEnvelopeSizeMax - overhead;
  const auto fits =
      encode_envelope(sign_envelope(std::string(largest, 'p'), kEventPayloadType, keys).value());
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->size(), kEnvelopeSizeMax);
  EXPECT_TRUE(decode_envelope(*fits));
  EXPECT_FALSE(encode_envelope(
      sign_envelope(std::string(largest + 1, 'p'), kEventPayloadType, keys).value()));
}

TEST(Envelope, RefusesWhatTheHeaderLists) {
  const auto good = message_of(signed_by_two());
  using Change = void (*)(v1::Envelope&);
  const Change changes[] = {
      [](auto& m) { m.set_payload_type("application/json"); },
      [](auto& m) { m.clear_payload_type(); },
      [](auto& m) { m.clear_payload(); },
      [](auto& m) { m.mutable_signatures(0)->set_key_id("short"); },
      [](auto& m) { m.mutable_signatures(0)->set_key_id(std::string(33, 'k')); },
      [](auto& m) { m.mutable_signatures(0)->set_key_id(m.signatures(1).key_id()); },
      [](auto& m) { m.mutable_signatures(0)->set_signature(std::string(129, 's')); },
      [](auto& m) { m.mutable_signatures(0)->clear_signature(); },
      [](auto& m) { m.set_payload(std::string(kEnvelopeSizeMax, 'p')); },
      [](auto& m) { m.GetReflection()->MutableUnknownFields(&m)->AddVarint(9, 1); },
      [](auto& m) {
        auto* s = m.mutable_signatures(1);
        s->GetReflection()->MutableUnknownFields(s)->AddLengthDelimited(7, "x");
      },
      [](auto& m) {
        for (int i = 0; i < 15; ++i) {
          m.add_signatures()->set_key_id(std::string(32, static_cast<char>(i)));
          m.mutable_signatures(m.signatures_size() - 1)->set_signature("s");
        }
      }};
  EXPECT_EQ(refusal(good.SerializeAsString()), ErrorCode::OK);
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    auto message = good;
    changes[i](message);
    EXPECT_EQ(refusal(message.SerializeAsString()), ErrorCode::ENVELOPE_MALFORMED) << i;
  }
  auto unsigned_message = good;
  unsigned_message.clear_signatures();
  EXPECT_EQ(refusal(unsigned_message.SerializeAsString()), ErrorCode::ENVELOPE_UNSIGNED);
}

TEST(Envelope, RefusesRepeatedAndPaddedFields) {
  const auto bytes = encode_envelope(signed_by_two()).value();
  EXPECT_EQ(refusal("\x0a\x05"
                    "first" +
                    bytes),
            ErrorCode::ENVELOPE_MALFORMED);
  // Field 1 with its length 7 written in two bytes.
  ASSERT_EQ(bytes.substr(0, 2), "\x0a\x07");
  EXPECT_EQ(refusal("\x0a\x87" + std::string(1, '\0') + bytes.substr(2)),
            ErrorCode::ENVELOPE_MALFORMED);
}

TEST(Envelope, LengthLimitOfSignaturesIsExact) {
  auto message = message_of(signed_by_two());
  message.mutable_signatures(0)->set_signature(std::string(kEnvelopeSignatureSizeMax, 's'));
  EXPECT_EQ(refusal(message.SerializeAsString()), ErrorCode::OK);
}

TEST(Envelope, SurvivesTruncationAndGarbage) {
  const auto bytes = encode_envelope(signed_by_two()).value();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto decoded = decode_envelope(bytes.substr(0, cut));
    // A cut between fields is a shorter envelope; it must not be taken for the whole.
    EXPECT_LT(decoded ? decoded->signatures.size() : 0u, 2u) << cut;
  }
  EXPECT_TRUE(rc::check("garbage never decodes to something that encodes otherwise",
                        [](const std::string& garbage) {
                          if (auto decoded = decode_envelope(garbage)) {
                            RC_ASSERT(encode_envelope(*decoded).has_value());
                          }
                        }));
}

}  // namespace
}  // namespace puhui::crypto
