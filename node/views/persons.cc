#include "node/views/persons.h"

#include "ledger/personal.h"
#include "ledger/records.h"

namespace puhui::node::views {
namespace {

// Attachments: the operator, auditors, and the party that sent it; tags for a partner city also
// whoever acts for one. No register says which: tags for another tell nobody anything.
bool sees_attachment(const Reading& reading, std::uint64_t leaf) {
  if (sees_persons(reading)) return true;
  if (!reading.caller) return false;
  const auto payload = reading.view.entry_view(leaf).payload();
  return payload.party() == reading.caller->party() ||
         (payload.has_publish_tags() && caller_is(reading, v1::PARTNER_CITY));
}

Result<ledger::ClaimAsked> claim_of(const Arguments& words) {
  const auto day = number(words[0]), slot = number(words[1]);
  const auto claim = crypto::Digest::from_hex(words[2]);
  if (!day || !slot || !claim || *day > INT32_MAX || *slot > UINT32_MAX)
    return fail(ErrorCode::INVALID_ARGUMENT, "a day, a slot, and a claim key of 64 hex digits");
  return ledger::ClaimAsked{static_cast<std::int32_t>(*day), static_cast<std::uint32_t>(*slot),
                            *claim};
}

template <class M>
Response answered(const Reading& reading, const Result<M>& answer) {
  return answer ? message(reading.request, *answer) : problem(answer.error());
}

}  // namespace

Response account(Reading& reading, const Arguments& arguments) {
  if (ledger::is_personal_id(arguments[0]))
    if (auto seen = see_person(reading, arguments[0]); !seen) return problem(seen.error());
  return found(reading.request, reading.view.account(arguments[0]));
}

Response credits(Reading& reading, const Arguments& arguments) {
  if (auto seen = see_person(reading, arguments[0]); !seen) return problem(seen.error());
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  return answered(reading, reading.view.credits(arguments[0], *page));
}

Response summary(Reading& reading, const Arguments& arguments) {
  if (auto seen = see_person(reading, arguments[0]); !seen) return problem(seen.error());
  return answered(reading, reading.view.summary(arguments[0]));
}

Response consents(Reading& reading, const Arguments& arguments) {
  if (auto seen = see_person(reading, arguments[0]); !seen) return problem(seen.error());
  return message(reading.request, reading.view.consents(arguments[0]));
}

Response behaviour_batches(Reading& reading, const Arguments&) {
  if (!sees_persons(reading)) return not_permitted("batches of acts answer the operator");
  return list(reading, &ledger::View::behaviour_batches);
}

Response attachment(Reading& reading, const Arguments& arguments) {
  const auto leaf = leaf_of(reading, arguments[0]);
  if (!leaf) return problem(leaf.error());
  if (!sees_attachment(reading, *leaf)) return not_permitted("attachments hold personal data");
  auto stored = reading.view.attachment(*leaf);
  if (!stored) return problem({ErrorCode::NOT_FOUND, "the leaf has no attachment"});
  return bytes(std::move(*stored));
}

Response record(Reading& reading, const Arguments& arguments) {
  const auto leaf = leaf_of(reading, arguments[0]);
  const auto index = number(arguments[1]);
  if (!leaf) return problem(leaf.error());
  if (!index) return problem(index.error());
  if (!sees_attachment(reading, *leaf)) return not_permitted("records hold personal data");
  if (*index > ledger::kRecordsMax) return problem({ErrorCode::NOT_FOUND, "record"});
  auto proof = reading.view.record_proof(*leaf, static_cast<std::uint32_t>(*index));
  if (!proof) return problem({ErrorCode::NOT_FOUND, "record"});
  auto tlog_proof = receipt_of(reading, *leaf);
  if (!tlog_proof) return problem(tlog_proof.error());
  proof->set_receipt(std::move(*tlog_proof));
  return message(reading.request, *proof);
}

Response act_state(Reading& reading, const Arguments& arguments) {
  const auto& query = reading.request.query;
  const auto slot = query.find("slot"), claim = query.find("claim");
  if (slot == query.end() && claim == query.end()) {
    const auto day = number(arguments[1]);
    if (!day || *day > INT32_MAX) return problem({ErrorCode::INVALID_ARGUMENT, "a day"});
    return answered(reading, reading.view.act_state(arguments[0], static_cast<std::int64_t>(*day)));
  }
  if (!sees_persons(reading)) return not_permitted("claims answer the operator");
  if (slot == query.end() || claim == query.end())
    return problem({ErrorCode::INVALID_ARGUMENT, "slot and claim go together"});
  const auto asked = claim_of({arguments[1], slot->second, claim->second});
  if (!asked) return problem(asked.error());
  return answered(reading, reading.view.act_state(arguments[0], *asked));
}

Response claim(Reading& reading, const Arguments& words) {
  if (!sees_persons(reading)) return not_permitted("claims answer the operator");
  const auto asked = claim_of(words);
  if (!asked) return problem(asked.error());
  auto receipt = receipt_of_root(reading);
  if (!receipt) return problem(receipt.error());
  auto proof = reading.view.claim_proof(*asked);
  if (!proof) return problem(proof.error());
  proof->mutable_closed()->set_receipt(std::move(*receipt));
  return message(reading.request, *proof);
}

}  // namespace puhui::node::views
