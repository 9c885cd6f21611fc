// What people type in: identities, carriers, texts. Bounded, trimmed, without control characters;
// what is refused is never repeated in the error.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"

namespace puhui::node::identity {

inline constexpr std::size_t kLineSizeMax = 256;
inline constexpr std::size_t kTextSizeMax = 4096;
inline constexpr std::size_t kInputSizeMax = std::size_t{8} << 20;

// Without the white space around it. INVALID_ARGUMENT if nothing is left, if it is no UTF-8 or has
// control characters; TOO_LARGE beyond kLineSizeMax bytes. Two spellings are two lines: letters
// keep their case.
[[nodiscard]] Result<std::string> clean_line(std::string_view text);

// A text of several lines, as it is. INVALID_ARGUMENT if it is empty, no UTF-8 or has control
// characters beyond newline and tab; TOO_LARGE beyond kTextSizeMax bytes.
[[nodiscard]] Result<void> check_text(std::string_view text);

// The words if there are any, else the lines of the stream: each cleaned, 1 to `lines_max`. Errors
// name the number of the line; TOO_LARGE beyond kInputSizeMax bytes.
[[nodiscard]] Result<std::vector<std::string>> read_lines(std::vector<std::string> words,
                                                          std::istream& in, std::size_t lines_max);

// All of the stream. TOO_LARGE beyond `size_max`.
[[nodiscard]] Result<std::string> read_all(std::istream& in, std::size_t size_max);

}  // namespace puhui::node::identity
