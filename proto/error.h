// Errors: the one list of codes and the Result every room answers with.
//
// An operating failure is a `Result<T>`; a rule's refusal is a replicated `v1::Outcome` that uses
// the same codes; a broken invariant stops the process (see `assert`, kept in every build).
// All functions here are thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "puhui/v1/error.pb.h"

namespace puhui {

using v1::ErrorCode;

// A code and, in English, what exactly was wrong (names, positions, sizes). Never secret bytes.
struct Error {
  ErrorCode code;
  std::string detail;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string detail = {}) {
  return tl::make_unexpected(Error{code, std::move(detail)});
}

// The stable name of a code ("report.period_overlap"), its texts and its HTTP status.
// A number outside the list is described as "unknown".
[[nodiscard]] std::string_view code_name(ErrorCode code);
[[nodiscard]] std::string_view code_text_en(ErrorCode code);
[[nodiscard]] std::string_view code_text_zh(ErrorCode code);
[[nodiscard]] int code_http(ErrorCode code);
// The code with this stable name; INVALID_ARGUMENT for one that is not in the list.
[[nodiscard]] ErrorCode code_from_name(std::string_view name);

// "report.period_overlap: the period overlaps … (detail)"
[[nodiscard]] std::string describe(const Error& error);

}  // namespace puhui
