// Acts as two cities name them alike, each by itself: who did what, when, on what.
//
//   u8 n ‖ scenario[n] ‖ u16-BE n ‖ identity[n] ‖ i32-BE day ‖ u32-BE slot ‖ u8 kind ‖
//   u16-BE n ‖ carrier[n]
//
//   scenario   its name as both cities agreed on, whatever each of them calls its own
//   identity   the person's number, as `spelling` writes it
//   day        Beijing civil day, from 1970-01-01
//   slot       of the day; both cities divide it alike
//   kind       01 bike, 02 gate, 03 meter
//   carrier    the number on it, as `spelling` writes it
//
// These bytes are hashed behind the domain "puhui-act/v1\n" (crypto/ristretto.h), and nothing else
// is ever done with them: whoever has them knows who did what. All functions are pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/ristretto.h"
#include "node/identity/keys.h"
#include "proto/error.h"

namespace puhui::node::identity {

// Of a clean line (lines.h), however it was typed: full-width forms as ASCII, small letters as
// capitals, without spaces and hyphens; other letters stay. INVALID_ARGUMENT if nothing is left.
[[nodiscard]] Result<std::string> spelling(std::string_view line);

struct Act {
  std::string_view scenario;  // a name
  std::string_view identity;  // spelled
  std::int32_t day = 0;
  std::uint32_t slot = 0;
  CarrierKind kind = CarrierKind::bike;
  std::string_view carrier;  // spelled
};
// Wipe them.
[[nodiscard]] std::string act_bytes(const Act& act);

// The point of an act.
[[nodiscard]] crypto::Point point_of(const Act& act);

}  // namespace puhui::node::identity
