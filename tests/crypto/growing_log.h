// A log small enough to be hashed anew each time, for tests of what is built on checkpoints.
#pragma once

#include <string>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/evidence.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/witness.h"

namespace puhui::crypto::testing {

struct GrowingLog {
  std::string origin;
  SecretKey secret;
  std::string text;  // of every entry, before its number

  GrowingLog(std::string name, char seed, std::string entries = "entry ")
      : origin(std::move(name)),
        secret(SecretKey::from_seed(std::string(32, seed)).value()),
        text(std::move(entries)) {}

  [[nodiscard]] VerifierKey key() const {
    return {origin, NoteKeyType::ed25519, secret.public_key()};
  }
  [[nodiscard]] std::string entry(std::uint64_t index) const {
    return text + std::to_string(index);
  }
  [[nodiscard]] Digest range(std::uint64_t from, std::uint64_t to) const {
    std::vector<Digest> leaves;
    for (auto index = from; index < to; ++index) leaves.push_back(leaf_hash(entry(index)));
    return root_of(leaves);
  }
  [[nodiscard]] Digest root(std::uint64_t size) const { return range(0, size); }
  [[nodiscard]] NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t index) {
      return range(index << level, (index + 1) << level);
    };
  }
  [[nodiscard]] std::string signed_note(const Checkpoint& checkpoint) const {
    const auto body = format_checkpoint(checkpoint);
    return format_note({body, {sign_note(body, origin, secret).value()}});
  }
  [[nodiscard]] std::string checkpoint(std::uint64_t size) const {
    return signed_note({origin, size, root(size), {}});
  }
  [[nodiscard]] AddCheckpoint request(std::uint64_t old_size, std::uint64_t size) const {
    return {old_size, consistency_proof(old_size, size, nodes()), checkpoint(size)};
  }
};

}  // namespace puhui::crypto::testing
