#include "crypto/note.h"

#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "crypto/cosignature.h"

namespace puhui::crypto {
namespace {

// The example of Go's golang.org/x/mod/sumdb/note.
constexpr const char* kPeterKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* kPeterText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr const char* kPeterLine =
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
    "E6RyyBwJnAM=\n";
constexpr const char* kEnochLine =
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd"
    "1RvMc+QQ=\n";

// Made with Go's crypto/ed25519 from the seed 00 01 … 1f over the checkpoint of an empty log.
constexpr const char* kSeedKey1 =
    "witness.example/w1+3218362d+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
constexpr const char* kSeedKey4 =
    "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
constexpr const char* kSeedLine1 =
    "— witness.example/w1 "
    "Mhg2LXIShRBLxRBEZXqVdy1Nkx+1zbp9Y0+6j7NZG/kHjr9NfsYnV9EfS77h9cSpgRjjZDwPKs"
    "8Cs27wuiMjKxk9QgE=\n";
constexpr const char* kSeedLine4 =
    "— witness.example/w1 "
    "519lMgAAAABkGFDLEvYiddNaFn0OWsWYThsgI90s4WT4B/akqN3IhncG3YBMjFARTmpSCSgEX4c"
    "o4S6XNHk9KEgkq2GUQ+/2pcT2Cg==\n";
constexpr const char* kEmptyLog =
    "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
constexpr std::uint64_t kTime_s = 1679315147;

SecretKey counting_key() {
  std::string seed;
  for (char i = 0; i < 32; ++i) seed.push_back(i);
  return SecretKey::from_seed(seed).value();
}

std::string peter_note() { return std::string(kPeterText) + "\n" + kPeterLine; }

ErrorCode refusal(const std::string& bytes) {
  const auto note = parse_note(bytes);
  return note ? ErrorCode::OK : note.error().code;
}

TEST(Vkey, ParsesAndFormatsExamples) {
  for (const char* text : {kPeterKey, kSeedKey1, kSeedKey4}) {
    EXPECT_EQ(format_vkey(parse_vkey(text).value()), text);
  }
  const auto peter = parse_vkey(kPeterKey).value();
  EXPECT_EQ(peter.name, "PeterNeumann");
  EXPECT_EQ(peter.id(), 0xc74f20a3u);
  EXPECT_EQ(peter.type, NoteKeyType::ed25519);
  EXPECT_EQ(parse_vkey(kSeedKey4)->type, NoteKeyType::cosignature);
  EXPECT_EQ(parse_vkey(kSeedKey4)->key, counting_key().public_key());
}

TEST(Vkey, RefusesOtherForms) {
  const std::string key = base64_encode("\x01" + std::string(32, 'k'));
  for (const auto& bad : std::vector<std::string>{
           std::string(), std::string("name"), std::string("name+00000000"),
           std::string("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
           std::string("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
           std::string("PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
           "+00000000+" + key, "a b+00000000+" + key, kPeterKey + std::string("\n"),
           "name+00000000+" + base64_encode("\x06" + std::string(32, 'k')),
           "name+00000000+" + base64_encode("\x01" + std::string(31, 'k')),
           std::string("name+00000000+"), std::string(256, 'n') + "+00000000+" + key}) {
    const auto parsed = parse_vkey(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::KEY_MALFORMED);
  }
}

TEST(KeyName, SpacesOfAnyScriptAndPlusAreBarred) {
  for (const char* good : {"a", "example.com/log42", "普惠.example", "–", "a-b_c"}) {
    EXPECT_TRUE(is_key_name(good)) << good;
  }
  for (const char* bad : {"", " ", "a b", "a+b", "a\tb", "a\nb", "a\xc2\xa0", "\xe3\x80\x80z",
                          "a\xe2\x80\x83z", "a\xc2\x85", "\xff", "a\xe2\x80\xa8"}) {
    EXPECT_FALSE(is_key_name(bad)) << hex_encode(bad);
  }
  EXPECT_TRUE(is_key_name(std::string(kKeyNameSizeMax, 'n')));
  EXPECT_FALSE(is_key_name(std::string(kKeyNameSizeMax + 1, 'n')));
}

TEST(Note, GoExampleVerifies) {
  const auto note = parse_note(peter_note()).value();
  EXPECT_EQ(note.text, kPeterText);
  EXPECT_EQ(format_note(note), peter_note());
  const VerifierKey keys[] = {parse_vkey(kSeedKey1).value(), parse_vkey(kPeterKey).value()};
  const auto matches = verify_note(note, keys).value();
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].signature_index, 0u);
  EXPECT_EQ(matches[0].key_index, 1u);
}

TEST(Note, UnknownLinesAreIgnoredButNotEnough) {
  const auto both = parse_note(peter_note() + kEnochLine).value();
  const VerifierKey peter = parse_vkey(kPeterKey).value();
  EXPECT_EQ(verify_note(both, {&peter, 1})->size(), 1u);
  EXPECT_EQ(format_note(both), peter_note() + kEnochLine);
  const auto only_enoch = parse_note(std::string(kPeterText) + "\n" + kEnochLine).value();
  EXPECT_EQ(verify_note(only_enoch, {&peter, 1}).error().code, ErrorCode::NOTE_UNVERIFIED);
  EXPECT_FALSE(verify_note(both, {}));
  // Same name, other id: unknown, whatever it says.
  auto renamed = both;
  renamed.signatures[1] = {"PeterNeumann", 0x01020304, "garbage"};
  EXPECT_TRUE(verify_note(renamed, {&peter, 1}));
}

TEST(Note, KnownKeyWithBadSignatureSpoilsTheWhole) {
  auto note = parse_note(peter_note()).value();
  const VerifierKey peter = parse_vkey(kPeterKey).value();
  auto bad = note.signatures[0];
  bad.signature[10] = static_cast<char>(bad.signature[10] ^ 1);
  note.signatures.push_back(bad);
  EXPECT_EQ(verify_note(note, {&peter, 1}).error().code, ErrorCode::NOTE_UNVERIFIED);
  auto other_text = parse_note(peter_note()).value();
  other_text.text += "more\n";
  EXPECT_FALSE(verify_note(other_text, {&peter, 1}));
}

TEST(Note, SplitsAtTheLastEmptyLine) {
  const auto text = std::string("first\n\nsecond\n");
  const auto key = counting_key();
  const Note note{text, {sign_note(text, "n.example", key).value()}};
  const auto parsed = parse_note(format_note(note)).value();
  EXPECT_EQ(parsed.text, text);
  const VerifierKey verifier{"n.example", NoteKeyType::ed25519, key.public_key()};
  EXPECT_TRUE(verify_note(parsed, {&verifier, 1}));
}

TEST(Note, AcceptsSixteenAndRefusesTooMany) {
  auto bytes = peter_note();
  for (std::size_t i = 1; i < kNoteSignaturesMax; ++i) bytes += kEnochLine;
  EXPECT_EQ(parse_note(bytes)->signatures.size(), kNoteSignaturesMax);
  EXPECT_EQ(refusal(bytes + kEnochLine), ErrorCode::NOTE_MALFORMED);
}

TEST(Note, RefusesMalformed) {
  const std::string text = std::string(kPeterText) + "\n", line = kPeterLine;
  EXPECT_EQ(refusal(text + line), ErrorCode::OK);
  for (const auto& bad :
       std::vector<std::string>{std::string(),
                                std::string("\n\n"),
                                text,
                                line,
                                text + "\n",
                                text + line + "\n",
                                text + line + "x",
                                text + line.substr(0, line.size() - 1),
                                kPeterText + line,
                                "tab\t" + text + line,
                                "cr\r\n" + text + line,
                                std::string("nul\0\n", 5) + text + line,
                                "\xff\n" + text + line,
                                text + "- PeterNeumann AAAAAAA=\n",
                                text + "— PeterNeumann\n",
                                text + "— PeterNeumann AAAAAA==\n",
                                text + "— PeterNeumann  AAAAAAA=\n",
                                text + "— PeterNeumann AAAAAAA\n",
                                text + "— PeterNeumann AAAAAAB=\n",
                                text + "—  AAAAAAA=\n",
                                text + "— Peter+Neumann AAAAAAA=\n",
                                text + "— Peter\xc2\xa0Neumann AAAAAAA=\n",
                                text + "—PeterNeumann AAAAAAA=\n",
                                text + "— PeterNeumann AAAAAAA= \n",
                                std::string(kNoteSizeMax, 'x') + "\n" + text + line}) {
    EXPECT_EQ(refusal(bad), ErrorCode::NOTE_MALFORMED) << bad.substr(0, 300);
  }
  EXPECT_EQ(refusal(text + "— PeterNeumann AAAAAAA=\n"), ErrorCode::OK);
}

TEST(SignatureLines, StandAlone) {
  const auto lines = parse_signature_lines(std::string(kPeterLine) + kEnochLine).value();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(format_signature_line(lines[1]), kEnochLine);
  EXPECT_TRUE(parse_signature_lines("")->empty());
  EXPECT_FALSE(parse_signature_lines("\n"));
  EXPECT_FALSE(parse_signature_lines(std::string(kPeterLine) + "tail"));
}

TEST(SignNote, MakesTheSameBytesAsGo) {
  const auto line = sign_note(kEmptyLog, "witness.example/w1", counting_key()).value();
  EXPECT_EQ(format_signature_line(line), kSeedLine1);
  EXPECT_EQ(sign_note("no newline", "n", counting_key()).error().code, ErrorCode::NOTE_MALFORMED);
  EXPECT_EQ(sign_note("a\rb\n", "n", counting_key()).error().code, ErrorCode::NOTE_MALFORMED);
  EXPECT_EQ(sign_note("a\n", "n+n", counting_key()).error().code, ErrorCode::KEY_MALFORMED);
}

TEST(Cosignature, MakesTheSameBytesAsGo) {
  const auto line = cosign(kEmptyLog, "witness.example/w1", counting_key(), kTime_s).value();
  EXPECT_EQ(format_signature_line(line), kSeedLine4);
  EXPECT_EQ(line.signature.size(), 72u);
  EXPECT_EQ(cosigned_message(kEmptyLog, kTime_s),
            std::string("cosignature/v1\ntime 1679315147\n") + kEmptyLog);
}

TEST(Cosignature, VerifiesAndTellsTheTime) {
  const auto line = parse_signature_lines(kSeedLine4)->at(0);
  const auto key = parse_vkey(kSeedKey4).value();
  EXPECT_EQ(verify_cosignature(kEmptyLog, line, key).value(), kTime_s);
  EXPECT_TRUE(verify_note_signature(kEmptyLog, line, key));
  EXPECT_FALSE(verify_cosignature("example.com/other\n", line, key));
  EXPECT_FALSE(verify_cosignature(kEmptyLog, line, parse_vkey(kSeedKey1).value()));
  EXPECT_FALSE(verify_note_signature(kEmptyLog, line, parse_vkey(kSeedKey1).value()));
  for (std::size_t i = 0; i < line.signature.size(); ++i) {
    auto bad = line;
    bad.signature[i] = static_cast<char>(bad.signature[i] ^ 1);
    EXPECT_FALSE(verify_cosignature(kEmptyLog, bad, key)) << i;
  }
  auto cut = line;
  for (cut.signature.pop_back(); !cut.signature.empty(); cut.signature.pop_back()) {
    EXPECT_EQ(verify_cosignature(kEmptyLog, cut, key).error().code, ErrorCode::NOTE_UNVERIFIED);
  }
}

TEST(Cosignature, SignsOnlyCheckpointsAndTimesInRange) {
  const auto key = counting_key();
  EXPECT_EQ(cosign("text\n", "n", key, 1).error().code, ErrorCode::CHECKPOINT_MALFORMED);
  EXPECT_EQ(cosign(kEmptyLog, "n n", key, 1).error().code, ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(cosign(kEmptyLog, "n", key, kCosignatureTimeMaxS + 1).error().code,
            ErrorCode::INVALID_ARGUMENT);
  const auto latest = cosign(kEmptyLog, "n", key, kCosignatureTimeMaxS).value();
  EXPECT_EQ(
      verify_cosignature(kEmptyLog, latest, {"n", NoteKeyType::cosignature, key.public_key()}),
      kCosignatureTimeMaxS);
  // A correct signature over a time beyond the maximum is still refused.
  auto beyond = latest;
  beyond.signature = std::string(8, '\xff') + key.sign(cosigned_message(kEmptyLog, ~0ull));
  EXPECT_FALSE(
      verify_cosignature(kEmptyLog, beyond, {"n", NoteKeyType::cosignature, key.public_key()}));
}

}  // namespace
}  // namespace puhui::crypto
