#include "tests/verifier/sample/signers.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "crypto/cosignature.h"

namespace puhui::verifier_sample {

using namespace crypto;

namespace {

constexpr std::uint64_t kFirstTimeS = 1'700'000'000;

std::string cosigner_name(int number) { return "node" + std::to_string(number) + ".city.example"; }

NoteSignature cosigned(const Note& note, const Checkpoint& head, int number,
                       std::string_view name_of_key) {
  const auto time_s = kFirstTimeS + head.size + static_cast<std::uint64_t>(number);
  return cosign(note.text, cosigner_name(number), key_of(name_of_key), time_s).value();
}

}  // namespace

void stop(const std::string& reason) {
  std::fprintf(stderr, "%s\n", reason.c_str());
  std::exit(2);
}

SecretKey key_of(std::string_view name) {
  return SecretKey::from_seed(sha256(std::string("seed of ") + std::string(name)).view()).value();
}

Policy city_policy() {
  Policy made;
  made.logs = {{{std::string(kOrigin), NoteKeyType::ed25519, key_of("log").public_key()}, ""}};
  PolicyGroup group{"nodes", kCosigners / 2 + 1, {}};
  for (int i = 1; i <= kCosigners; ++i) {
    const auto name = cosigner_name(i);
    made.witnesses.push_back({"node" + std::to_string(i),
                              {name, NoteKeyType::cosignature, key_of(name).public_key()},
                              ""});
    group.members.push_back(made.witnesses.back().name);
  }
  made.groups = {group};
  made.quorum = group.name;
  return made;
}

std::string sign_head(const Checkpoint& head, const Signers& signers) {
  Note note{format_checkpoint(head), {}};
  for (int i = 1; i <= signers.cosigners; ++i)
    note.signatures.push_back(cosigned(note, head, i, cosigner_name(i)));
  for (int i = signers.cosigners + 1; signers.strangers && i <= 2 * kCosigners; ++i)
    note.signatures.push_back(cosigned(note, head, i, "stranger " + std::to_string(i)));
  if (!signers.log.empty())
    note.signatures.push_back(sign_note(note.text, kOrigin, key_of(signers.log)).value());
  return format_note(note);
}

void spoil(std::string& bytes, std::size_t at) { bytes.at(at) = static_cast<char>(bytes[at] ^ 1); }

void put_file(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) stop("cannot write " + path.string());
}

}  // namespace puhui::verifier_sample
