#include <algorithm>
#include <cassert>
#include <set>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/rules/signers.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

constexpr int kLostMax = 100;  // epochs at once

bool is_log_form(const Context& context, const std::string& origin, const std::string& key) {
  return crypto::is_key_name(origin) && crypto::PublicKey::decode(key) &&
         context.genesis.has_demo_clock() == origin.starts_with("demo.");
}

// Of epochs that began after the leaves kept: none that is known here, none twice.
Ruling need_lost_logs(const Context& context, const v1::OpenEpoch& action) {
  if (action.lost_size() > kLostMax)
    return refuse(ErrorCode::TOO_LARGE, "epoch.lost", std::to_string(kLostMax));
  std::set<std::string> origins = {action.origin()};
  for (const auto& lost : action.lost()) {
    if (!is_log_form(context, lost.origin(), lost.log_key()) || lost.kept_leaves() != 0)
      return malformed("lost");
    if (is_own_origin(context, lost.origin()) || !origins.insert(lost.origin()).second)
      return epoch_invalid("lost", {}, lost.origin());
  }
  return {};
}

// The log that ended when leaves were lost.
crypto::VerifierKey last_log(const Context& context, const v1::OpenEpoch& action) {
  if (action.lost().empty()) return own_log(context);
  const auto& last = *action.lost().rbegin();
  return {last.origin(), crypto::NoteKeyType::ed25519, *crypto::PublicKey::decode(last.log_key())};
}

// Signed by the last log before, and of leaves that are not here.
Ruling need_lost(const Context& context, const v1::OpenEpoch& action) {
  const auto log = last_log(context, action);
  const auto checkpoint = signed_by_any({log}, action.last_checkpoint());
  if (!checkpoint) return epoch_invalid("last_checkpoint", log.name, {});
  if (checkpoint->size > action.kept_leaves()) return {};
  return epoch_invalid("last_checkpoint", "more than " + std::to_string(action.kept_leaves()),
                       std::to_string(checkpoint->size));
}

// Of all partners, also of those whose agreement was closed: it may be the close that is old.
void await_lists(Context& context) {
  for (auto at = context.state.at_or_after(key::kAgreements, key::kAgreements); at;
       at = context.state.at_or_after(key::kAgreements, at->key + '\0')) {
    auto record = *context.state.find<v1::AgreementRecord>(at->key);
    await_list(context, record);
    context.state.put(at->key, record);
  }
}

}  // namespace

std::uint32_t own_epoch_of(const Context& context, std::uint64_t leaf) {
  const auto record = context.state.find<v1::EpochRecord>(key::epoch());
  auto epoch = record ? record->past_size() : 0;
  while (epoch > 0 && leaf < record->past(epoch - 1).kept_leaves()) --epoch;
  return static_cast<std::uint32_t>(epoch);
}

std::vector<crypto::VerifierKey> past_logs(const Context& context) {
  std::vector<crypto::VerifierKey> logs;
  if (const auto epoch = context.state.find<v1::EpochRecord>(key::epoch()))
    for (const auto& past : epoch->past())
      logs.push_back({past.origin(), crypto::NoteKeyType::ed25519,
                      *crypto::PublicKey::decode(past.log_key())});
  return logs;
}

std::vector<crypto::VerifierKey> own_logs(const Context& context) {
  auto logs = past_logs(context);
  logs.push_back(own_log(context));
  return logs;
}

bool is_own_origin(const Context& context, const std::string& origin) {
  const auto logs = own_logs(context);
  return std::ranges::find(logs, origin, &crypto::VerifierKey::name) != logs.end();
}

std::optional<crypto::Checkpoint> signed_by_any(const std::vector<crypto::VerifierKey>& logs,
                                                std::string_view bytes) {
  const auto note = crypto::parse_note(bytes);
  if (!note) return std::nullopt;
  auto checkpoint = crypto::parse_checkpoint(note->text);
  if (!checkpoint) return std::nullopt;
  const auto log = std::ranges::find(logs, checkpoint->origin, &crypto::VerifierKey::name);
  if (log == logs.end() || !crypto::verify_note(*note, std::span(&*log, 1))) return std::nullopt;
  return std::move(*checkpoint);
}

v1::EpochRecord epoch_of(const Context& context) {
  auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  assert(epoch && "a list is awaited in an epoch");
  return std::move(*epoch);
}

void end_list(Context& context, v1::AgreementRecord& record) {
  record.set_awaits_list(false);
  auto epoch = epoch_of(context);
  epoch.set_lists_awaited(epoch.lists_awaited() - 1);
  context.state.put(key::epoch(), epoch);
}

Ruling epoch_invalid(std::string_view what, std::string limit, std::string asked) {
  return refuse(ErrorCode::EPOCH_INVALID, "epoch." + std::string(what), std::move(limit), {},
                std::move(asked));
}

void await_list(Context& context, v1::AgreementRecord& record) {
  auto epoch = epoch_of(context);
  if (!record.awaits_list()) epoch.set_lists_awaited(epoch.lists_awaited() + 1);
  context.state.put(key::epoch(), epoch);
  record.set_awaits_list(true);
  record.clear_list_epoch();
  record.clear_list_from();
}

Ruling give_up_list(Context& context, const std::string& partner, v1::AgreementRecord& record) {
  const auto& agreement = record.agreement();
  const auto patience = std::max(agreement.dead_after(), agreement.answer_within());
  const auto waited =
      context.now - std::max(record.standing_time(), epoch_of(context).opened_time());
  if (waited <= patience)
    return refuse(ErrorCode::PARTNER_PRESENT, "epoch.lists", std::to_string(patience),
                  std::to_string(waited));
  // What has begun to move moves as a whole, or it would be in both cities.
  if (auto made = make_part(context, partner, record); !made) return made;
  if (!record.has_list_part()) end_list(context, record);
  context.fact("is_given_up", record.awaits_list() ? "false" : "true");
  return {};
}

Ruling need_all_lists(const Context& context) {
  const auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  if (!epoch || epoch->lists_awaited() == 0) return {};
  return refuse(ErrorCode::EPOCH_LISTS_PENDING, "epoch.lists", "0",
                std::to_string(epoch->lists_awaited()));
}

Ruling open_epoch(Context& context, const v1::OpenEpoch& action) {
  const auto before = context.state.find<v1::EpochRecord>(key::epoch());
  const auto next = (before ? before->opening().epoch() : 0) + 1 +
                    static_cast<std::uint32_t>(std::min(action.lost_size(), kLostMax));
  if (!action.has_decision() || !is_document(action.decision())) return malformed("decision");
  if (!is_log_form(context, action.origin(), action.log_key())) return malformed("origin");
  if (action.epoch() != next)
    return epoch_invalid("number", std::to_string(next), std::to_string(action.epoch()));
  if (action.kept_leaves() != context.leaf)
    return epoch_invalid("kept_leaves", std::to_string(context.leaf),
                         std::to_string(action.kept_leaves()));
  if (is_own_origin(context, action.origin())) return epoch_invalid("origin", {}, action.origin());
  if (auto logs = need_lost_logs(context, action); !logs) return logs;
  if (const auto least = next_serial(context.state);
      action.first_serial() < least || action.first_serial() > kSerialMax)
    return epoch_invalid("first_serial",
                         std::to_string(least) + " to " + std::to_string(kSerialMax),
                         std::to_string(action.first_serial()));
  if (auto lost = need_lost(context, action); !lost) return lost;
  if (auto met = require_signers(context, "epoch.open", the_city()); !met) return met;
  const auto log = own_log(context);
  auto record = before.value_or(v1::EpochRecord());
  *record.mutable_opening() = action;
  record.set_opened_at(static_cast<std::int64_t>(context.leaf));
  record.set_opened_time(context.now);
  auto* past = record.add_past();
  past->set_origin(log.name);
  past->set_log_key(log.key.encode());
  past->set_kept_leaves(action.kept_leaves());
  for (const auto& lost : action.lost()) {
    past = record.add_past();
    *past = lost;
    past->set_kept_leaves(action.kept_leaves());
  }
  context.state.put(key::epoch(), record);
  put_number(context.state, key::next_serial(), action.first_serial());
  await_lists(context);
  return {};
}

}  // namespace puhui::ledger
