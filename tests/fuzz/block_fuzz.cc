// Blocks and what is in them: decoding is bounded, what decodes encodes to the same bytes, and
// every item is checked like one that came from a client.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "ledger/entry.h"
#include "ledger/event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ledger = puhui::ledger;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto block = ledger::decode_block(bytes);
  if (!block) return 0;
  assert(ledger::encode_block(block->stamp, block->items) == bytes);
  for (const auto& item : block->items) {
    const auto checked = ledger::check_event(item, [](const auto&) { return std::nullopt; });
    assert(!checked || checked->verdicts.size() == checked->envelope.signatures.size());
  }
  return 0;
}
