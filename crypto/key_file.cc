#include <sodium.h>

#include <array>
#include <cassert>
#include <utility>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace puhui::crypto {
namespace {

constexpr std::string_view kMagic = "puhui-key/v1";
constexpr std::string_view kCipher = "xchacha20-poly1305";
constexpr std::size_t kNonceSize = SymmetricKey::kNonceSize;
constexpr std::size_t kSaltSize = crypto_pwhash_argon2id_SALTBYTES;

tl::unexpected<Error> malformed(const char* detail) {
  return fail(ErrorCode::KEY_MALFORMED, detail);
}

unsigned char* data_of(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// The parts of a key file, not yet decrypted.
struct KeyFile {
  std::string_view head;  // All before the secret line: the associated data of the cipher.
  PublicKey claimed;
  bool encrypted = false;
  KdfCost cost;
  std::string salt;
  std::string nonce;
  std::string secret;  // The seed, or its ciphertext.
};

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t end; (end = line.find(' ')) != std::string_view::npos;) {
    words.push_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  words.push_back(line);
  return words;
}

std::string comment_line(const PublicKey& key) {
  std::string line = "# ";
  line += algorithm_name(key.algorithm);
  return line + " public " + base64_encode(key.encode()) + " id " + key.key_id().hex();
}

std::string kdf_line(KdfCost cost, std::string_view salt) {
  return "kdf argon2id " + std::to_string(cost.operations) + " " + std::to_string(cost.memory_kib) +
         " " + base64_encode(salt);
}

bool is_bearable(KdfCost cost) {
  return cost.operations >= 1 && cost.operations <= kKdfOperationsMax &&
         cost.memory_kib >= kKdfMemoryMinKib && cost.memory_kib <= kKdfMemoryMaxKib;
}

Result<PublicKey> parse_comment(std::string_view line) {
  const auto words = split_words(line);
  if (words.size() != 6) return malformed("the comment line does not name the key");
  const auto wire = base64_decode(words[3]);
  if (!wire) return malformed("the comment line does not name the key");
  auto key = PublicKey::decode(*wire);
  if (key && comment_line(*key) != line) return malformed("the comment line contradicts itself");
  return key;
}

Result<void> parse_kdf(std::string_view line, KeyFile& file) {
  const auto words = split_words(line);
  if (words.size() != 5 || words[0] != "kdf" || words[1] != "argon2id") {
    return malformed("unknown key derivation");
  }
  const auto operations = parse_decimal(words[2]), memory_kib = parse_decimal(words[3]);
  auto salt = base64_decode(words[4]);
  if (!operations || !memory_kib || !salt || salt->size() != kSaltSize) {
    return malformed("key derivation parameters");
  }
  file.cost = {*operations, *memory_kib};
  if (!is_bearable(file.cost)) return malformed("key derivation parameters beyond the limits");
  file.salt = std::move(*salt);
  return {};
}

Result<void> parse_secret(std::string_view line, KeyFile& file) {
  const auto words = split_words(line);
  if (words[0] != "secret" || words.size() != (file.encrypted ? 4u : 2u)) {
    return malformed("no secret line");
  }
  auto secret = base64_decode(words.back());
  if (!secret || secret->empty()) return malformed("the secret is not base64");
  file.secret = std::move(*secret);
  if (!file.encrypted) return {};
  auto nonce = base64_decode(words[2]);
  if (words[1] != kCipher || !nonce || nonce->size() != kNonceSize) {
    return malformed("unknown cipher");
  }
  if (file.secret.size() <= SymmetricKey::kMacSize) return malformed("the ciphertext is too short");
  file.nonce = std::move(*nonce);
  return {};
}

Result<KeyFile> parse(std::string_view bytes) {
  if (bytes.size() > kKeyFileSizeMax) return malformed("too long for a key file");
  KeyFile file;
  std::string_view rest = bytes;
  if (take_line(rest) != kMagic) return malformed("not a key file");
  const auto comment = take_line(rest);
  if (!comment) return malformed("no comment line");
  auto claimed = parse_comment(*comment);
  if (!claimed) return tl::make_unexpected(std::move(claimed.error()));
  file.claimed = std::move(*claimed);
  file.encrypted = rest.starts_with("kdf ");
  if (file.encrypted) {
    const auto line = take_line(rest);
    if (!line) return malformed("truncated");
    if (auto parsed = parse_kdf(*line, file); !parsed) {
      return tl::make_unexpected(std::move(parsed.error()));
    }
  }
  file.head = bytes.substr(0, bytes.size() - rest.size());
  const auto line = take_line(rest);
  if (!line || !rest.empty()) return malformed("truncated, or more than one key");
  if (auto parsed = parse_secret(*line, file); !parsed) {
    wipe(file.secret);
    return tl::make_unexpected(std::move(parsed.error()));
  }
  return file;
}

Result<SymmetricKey> derive(std::string_view passphrase, KdfCost cost, std::string_view salt) {
  init();
  std::string bytes(SymmetricKey::kSize, '\0');
  if (crypto_pwhash_argon2id(data_of(bytes), bytes.size(), passphrase.data(), passphrase.size(),
                             data_of(salt), cost.operations, cost.memory_kib * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::TOO_LARGE,
                "deriving the key needs " + std::to_string(cost.memory_kib) + " KiB of memory");
  }
  auto key = SymmetricKey::from_bytes(bytes);
  wipe(bytes);
  return key;
}

// Turns file.secret from ciphertext into the seed.
Result<void> open(KeyFile& file, std::string_view passphrase) {
  const auto key = derive(passphrase, file.cost, file.salt);
  if (!key) return tl::make_unexpected(key.error());
  auto seed = key->open(file.nonce + file.secret, file.head);
  if (!seed) return fail(ErrorCode::KEY_PASSPHRASE);
  file.secret = std::move(*seed);
  return {};
}

}  // namespace

Result<std::string> encode_key_file(const SecretKey& key,
                                    std::optional<std::string_view> passphrase, KdfCost cost) {
  std::string text = std::string(kMagic) + "\n" + comment_line(key.public_key()) + "\n";
  text.reserve(kKeyFileSizeMax);  // So that growing leaves no copy of the secret behind.
  if (!passphrase) {
    std::string seed = base64_encode(key.seed());
    text.append("secret ").append(seed).append("\n");
    wipe(seed);
    return text;
  }
  if (passphrase->empty()) return fail(ErrorCode::INVALID_ARGUMENT, "an empty passphrase");
  if (!is_bearable(cost)) return fail(ErrorCode::INVALID_ARGUMENT, "key derivation cost");
  const auto salt = random_bytes(kSaltSize);
  const auto derived = derive(*passphrase, cost, salt);
  if (!derived) return tl::make_unexpected(derived.error());
  text += kdf_line(cost, salt) + "\n";
  const auto sealed = derived->seal(key.seed(), text);
  text.append("secret ").append(kCipher).append(" ");
  text.append(base64_encode(std::string_view(sealed).substr(0, kNonceSize))).append(" ");
  text.append(base64_encode(std::string_view(sealed).substr(kNonceSize))).append("\n");
  assert(text.size() <= kKeyFileSizeMax);
  return text;
}

Result<SecretKey> decode_key_file(std::string_view bytes,
                                  std::optional<std::string_view> passphrase) {
  auto file = parse(bytes);
  if (!file) return tl::make_unexpected(std::move(file.error()));
  if (file->encrypted) {
    if (!passphrase) return fail(ErrorCode::KEY_PASSPHRASE, "no passphrase given");
    if (auto opened = open(*file, *passphrase); !opened) {
      return tl::make_unexpected(std::move(opened.error()));
    }
  }
  auto key = SecretKey::from_seed(file->secret);
  wipe(file->secret);
  if (key && key->public_key() != file->claimed) {
    return malformed("the comment line names another key");
  }
  return key;
}

Result<bool> is_encrypted(std::string_view bytes) {
  auto file = parse(bytes);
  if (!file) return tl::make_unexpected(std::move(file.error()));
  wipe(file->secret);
  return file->encrypted;
}

Result<PublicKey> claimed_public_key(std::string_view bytes) {
  auto file = parse(bytes);
  if (!file) return tl::make_unexpected(std::move(file.error()));
  wipe(file->secret);
  return std::move(file->claimed);
}

}  // namespace puhui::crypto
