#include "crypto/ristretto.h"

#include <sodium.h>

#include <algorithm>
#include <cassert>

namespace puhui::crypto {
namespace {

constexpr std::string_view kDomain = "puhui-act/v1\n";

static_assert(Point::kSize == crypto_core_ristretto255_BYTES);
static_assert(Exponent::kSize == crypto_core_ristretto255_SCALARBYTES);
static_assert(crypto_hash_sha512_BYTES == crypto_core_ristretto255_HASHBYTES);

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Of no secret: all zero is the identity, and zero.
bool is_zero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
}

// A number as it is, reduced, is itself: it was below the order of the group.
bool is_reduced(std::string_view bytes) {
  std::array<unsigned char, crypto_core_ristretto255_NONREDUCEDSCALARBYTES> wide{};
  std::copy_n(raw(bytes), bytes.size(), wide.begin());
  std::array<unsigned char, Exponent::kSize> reduced{};
  crypto_core_ristretto255_scalar_reduce(reduced.data(), wide.data());
  const bool same = sodium_memcmp(reduced.data(), raw(bytes), bytes.size()) == 0;
  sodium_memzero(wide.data(), wide.size());
  sodium_memzero(reduced.data(), reduced.size());
  return same;
}

}  // namespace

Point Point::hash(std::string_view bytes) {
  // In pieces: what is hashed may be secret, and is not copied.
  crypto_hash_sha512_state state;
  std::array<unsigned char, crypto_hash_sha512_BYTES> wide{};
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, raw(kDomain), kDomain.size());
  crypto_hash_sha512_update(&state, raw(bytes), bytes.size());
  crypto_hash_sha512_final(&state, wide.data());
  Point point;
  crypto_core_ristretto255_from_hash(point.bytes_.data(), wide.data());
  sodium_memzero(&state, sizeof state);
  sodium_memzero(wide.data(), wide.size());
  return point;
}

Result<Point> Point::decode(std::string_view bytes) {
  if (bytes.size() != kSize || is_zero(bytes) ||
      crypto_core_ristretto255_is_valid_point(raw(bytes)) != 1)
    return fail(ErrorCode::KEY_MALFORMED, "not a point");
  Point point;
  std::copy_n(raw(bytes), kSize, point.bytes_.begin());
  return point;
}

std::string_view Point::view() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

Exponent Exponent::generate() {
  Exponent exponent;
  crypto_core_ristretto255_scalar_random(exponent.bytes_.data());
  return exponent;
}

Result<Exponent> Exponent::decode(std::string_view bytes) {
  if (bytes.size() != kSize || is_zero(bytes) || !is_reduced(bytes))
    return fail(ErrorCode::KEY_MALFORMED, "not an exponent");
  Exponent exponent;
  std::copy_n(raw(bytes), kSize, exponent.bytes_.begin());
  return exponent;
}

Exponent::Exponent(Exponent&& other) noexcept : bytes_(other.bytes_) {
  sodium_memzero(other.bytes_.data(), kSize);
}

Exponent& Exponent::operator=(Exponent&& other) noexcept {
  bytes_ = other.bytes_;
  if (this != &other) sodium_memzero(other.bytes_.data(), kSize);
  return *this;
}

Exponent::~Exponent() { sodium_memzero(bytes_.data(), kSize); }

Point Exponent::raise(const Point& point) const {
  Point power;
  const int done =
      crypto_scalarmult_ristretto255(power.bytes_.data(), bytes_.data(), point.bytes_.data());
  assert(done == 0 && "a point other than the identity, to a power other than 0");
  return done == 0 ? power : point;
}

std::string Exponent::encode() const {
  return {reinterpret_cast<const char*>(bytes_.data()), kSize};
}

}  // namespace puhui::crypto
