// Files by which the identity services of two cities ask and answer: text, so that whoever carries
// one sees that it holds no act.
//
//   puhui-tags-question/v1          or puhui-tags-answer/v1
//   id <32 hex digits>              of the question, in the answer too
//   from <city that asks>
//   to <city that answers>
//   points <decimal>
//   <64 hex digits>                 for each point (crypto/ristretto.h), in order
//
// Each line ends in a newline, and nothing follows. All functions are pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/ristretto.h"
#include "proto/error.h"

namespace puhui::node::identity {

inline constexpr std::size_t kQuestionIdSize = 16;

enum class ExchangeKind { question, answer };

struct Exchange {
  ExchangeKind kind = ExchangeKind::question;
  std::string id;  // bytes
  std::string from, to;
  std::vector<crypto::Point> points;  // 1 to ledger::kRecordsMax
};

[[nodiscard]] std::string format_exchange(const Exchange& exchange);
// Reads hostile bytes. INVALID_ARGUMENT names the line, also for one that is no point.
[[nodiscard]] Result<Exchange> parse_exchange(std::string_view text, ExchangeKind kind);

}  // namespace puhui::node::identity
