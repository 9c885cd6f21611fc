// Tags of acts that two cities can compare and neither can guess alone: points of the ristretto255
// group (RFC 9496), T = H(act)^(a·b) with a secret exponent of each city.
//
//   one city     x = hash_to_point(act)^a     asks with it; it tells nothing about the act
//   the other    T = x^b                       answers; it learns nothing, and can count questions
// Whoever knows a and b both can test guesses; a ledger that sees T cannot tell whether it is true.
// All functions may be called from any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "proto/error.h"

namespace puhui::crypto {

// A point in its one encoding of 32 bytes; never the identity.
class Point {
 public:
  static constexpr std::size_t kSize = 32;

  // RFC 9496 §4.3.4 over SHA-512("puhui-act/v1\n" ‖ bytes).
  [[nodiscard]] static Point hash(std::string_view bytes);
  // KEY_MALFORMED unless these are the bytes of a point other than the identity.
  [[nodiscard]] static Result<Point> decode(std::string_view bytes);

  [[nodiscard]] std::string_view view() const;
  bool operator==(const Point&) const = default;

 private:
  friend class Exponent;
  std::array<unsigned char, kSize> bytes_{};
};

// A secret exponent, wiped when it goes.
class Exponent {
 public:
  static constexpr std::size_t kSize = 32;

  [[nodiscard]] static Exponent generate();
  // KEY_MALFORMED unless these are 32 bytes of a number below the order of the group, not 0.
  [[nodiscard]] static Result<Exponent> decode(std::string_view bytes);
  Exponent(Exponent&& other) noexcept;
  Exponent& operator=(Exponent&& other) noexcept;
  Exponent(const Exponent&) = delete;
  Exponent& operator=(const Exponent&) = delete;
  ~Exponent();

  // The point to this power.
  [[nodiscard]] Point raise(const Point& point) const;
  // The secret itself, to be stored: the caller's to wipe.
  [[nodiscard]] std::string encode() const;

 private:
  Exponent() = default;
  std::array<unsigned char, kSize> bytes_{};
};

}  // namespace puhui::crypto
