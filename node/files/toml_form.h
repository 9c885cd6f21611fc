// The part of TOML that settings are written in, seen before toml++ 3.3 sees them. There are texts
// at which that parser stops the process, or does anything, where whoever wrote them wants to hear
// which line is wrong; none of them has this form:
//
//   name = "text"                  names of A-Z a-z 0-9 _ -; one pair on a line
//   name = 'text'                  strings end on their line
//   name = -12                     whole numbers, also as 0x40 or 1_000
//   name = true                    or false
//   name = ["text", 'text',]       on one line or several; of either kind of value
//   [name]                         tables: known here, so that errors can name them
//   # comment                      also after any of these
//
// A byte order mark may stand before it all, as some editors leave one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace puhui::node {

// The first line that does not have the form.
[[nodiscard]] std::optional<std::uint32_t> toml_fault(std::string_view toml);
inline constexpr std::string_view kTomlFault =
    "neither name = value nor a comment; values are \"text\", whole numbers, true, false and "
    "[\"text\", …]";

}  // namespace puhui::node
