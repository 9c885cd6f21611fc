#include "node/identity/ground.h"

#include "node/cli/receipt.h"

namespace puhui::node::identity {
namespace {

struct Proved {
  v1::Payload payload;
  Ground ground;
};

Result<Proved> prove(std::string_view receipt, const crypto::Policy& policy) {
  auto verified = cli::verify_receipt(receipt, policy, {});
  if (!verified) return tl::make_unexpected(verified.error());
  if (!verified->payload) return fail(ErrorCode::PROOF_INVALID, "the receipt is not of an event");
  return Proved{
      std::move(*verified->payload),
      {verified->checkpoint.checkpoint.origin, verified->position, verified->event_sha256, {}, {}}};
}

tl::unexpected<Error> another_event(const char* expected) {
  return fail(ErrorCode::PROOF_INVALID, std::string("the receipt is not of ") + expected);
}
tl::unexpected<Error> another_account() {
  return fail(ErrorCode::PROOF_INVALID, "the event of the receipt names another account");
}

}  // namespace

Result<Ground> ground_of_erasure(std::string_view receipt, const crypto::Policy& policy,
                                 std::string_view pseudonym) {
  auto proved = prove(receipt, policy);
  if (!proved) return tl::make_unexpected(proved.error());
  if (!proved->payload.has_erase_account()) return another_event("an erasure");
  if (proved->payload.erase_account().account() != pseudonym) return another_account();
  return std::move(proved->ground);
}

Result<Ground> ground_of_opening(std::string_view receipt, const crypto::Policy& policy,
                                 std::string_view pseudonym) {
  auto proved = prove(receipt, policy);
  if (!proved) return tl::make_unexpected(proved.error());
  if (!proved->payload.has_open_pseudonym()) return another_event("the opening of a pseudonym");
  const auto& opening = proved->payload.open_pseudonym();
  if (opening.account() != pseudonym) return another_account();
  proved->ground.reason = opening.reason();
  proved->ground.reference = opening.reference();
  return std::move(proved->ground);
}

}  // namespace puhui::node::identity
