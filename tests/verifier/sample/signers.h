// Who signs the sample logs: one log key and three cosigners, made from their names, so that every
// machine writes the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "crypto/checkpoint.h"
#include "crypto/key.h"
#include "crypto/policy.h"

namespace puhui::verifier_sample {

inline constexpr std::string_view kOrigin = "ledger.city.example";
inline constexpr int kCosigners = 3;

// Ends the process: a sample that cannot be written is a wrong call.
[[noreturn]] void stop(const std::string& reason);

crypto::SecretKey key_of(std::string_view name);

// The log, and two of the three cosigners.
crypto::Policy city_policy();

struct Signers {
  std::string_view log = "log";  // Name of the log's key; nothing: the log does not sign.
  int cosigners = kCosigners;    // The first ones of the policy's.
  // The others sign too, with keys that the policy does not know: under their own names and under
  // names that nobody knows.
  bool strangers = false;
};

// Cosigners first and the log last, as a city signs.
std::string sign_head(const crypto::Checkpoint& head, const Signers& signers);

// Changes one bit.
void spoil(std::string& bytes, std::size_t at);

void put_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace puhui::verifier_sample
