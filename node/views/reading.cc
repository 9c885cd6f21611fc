#include "node/views/reading.h"

#include <limits>

#include "ledger/rules/signers.h"
#include "node/views/own_key.h"
#include "node/views/receipt.h"

namespace puhui::node::views {

bool caller_is(const Reading& reading, v1::Role role) {
  return reading.caller && ledger::holds_role(*reading.caller, role, reading.current.head().time);
}

bool sees_persons(const Reading& reading) {
  return caller_is(reading, v1::OPERATOR) || caller_is(reading, v1::AUDITOR);
}

Result<void> see_person(const Reading& reading, const std::string& account) {
  if (sees_persons(reading)) return {};
  if (reading.caller &&
      reading.current.has_consent(account, reading.caller->party(), v1::CONSENT_STATEMENT))
    return {};
  if (reading.now_us != 0 && is_by_own_key(reading.request)) return check_own_key(reading);
  return fail(ErrorCode::NOT_PERMITTED, kOfPersons);
}

bool sees_entries(const Reading& reading) {
  return !reading.genesis.entries_for_members_only() || reading.caller.has_value();
}

Result<std::uint64_t> serial_of(const std::string& text) {
  const auto serial = number(text);
  if (serial && *serial == std::numeric_limits<std::uint64_t>::max())
    return fail(ErrorCode::NOT_FOUND, text);
  return serial;
}

Result<std::uint64_t> leaf_of(const Reading& reading, const std::string& text) {
  const auto leaf = number(text);
  if (!leaf) return leaf;
  const auto size = reading.view.head().size;
  if (*leaf >= size)
    return fail(ErrorCode::NOT_FOUND, "leaf " + text + "; this node holds " + std::to_string(size) +
                                          " leaves (at_least=" + text + " waits for it)");
  return leaf;
}

Result<std::string> receipt_of(Reading& reading, std::uint64_t leaf) {
  if (!reading.checkpoint || reading.checkpoint->size <= leaf)
    return fail(ErrorCode::UNAVAILABLE, "no complete checkpoint covers this leaf yet");
  return make_receipt(reading.current, leaf, *reading.checkpoint);
}

Result<std::string> receipt_of_root(Reading& reading) {
  const auto root = reading.view.last_state_root();
  if (!root) return fail(ErrorCode::UNAVAILABLE, "there is no state root yet");
  return receipt_of(reading, *root);
}

}  // namespace puhui::node::views
