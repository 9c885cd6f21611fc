// What the identity service of another city sends: a question or an answer that is read is written
// back byte for byte; anything else is an error that names the line.
#include "node/identity/exchange.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "ledger/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::node::identity;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {ExchangeKind::question, ExchangeKind::answer}) {
    const auto exchange = parse_exchange(text, kind);
    if (!exchange) {
      assert(exchange.error().detail.starts_with("line "));
      continue;
    }
    assert(format_exchange(*exchange) == text);
    assert(exchange->id.size() == kQuestionIdSize && !exchange->points.empty());
    assert(exchange->points.size() <= puhui::ledger::kRecordsMax);
  }
  return 0;
}
