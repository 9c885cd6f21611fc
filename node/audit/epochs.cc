// A log that begins anew after a restore that lost leaves, and the lists of partners that it awaits
// then.
#include <algorithm>
#include <limits>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr auto kSerialMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

constexpr int kLostEpochsMax = 100;

bool is_log(const Case& at, const std::string& origin, const std::string& log_key) {
  return crypto::is_key_name(origin) && crypto::PublicKey::decode(log_key) &&
         at.books.genesis.has_demo_clock() == origin.starts_with("demo.");
}

// Epochs that began after the leaves kept: logs that nobody here knows, each another one.
Verdict need_lost_epochs(const Case& at, const v1::OpenEpoch& action) {
  if (action.lost_size() > kLostEpochsMax)
    return refused(ErrorCode::TOO_LARGE, "lost epochs", std::to_string(kLostEpochsMax),
                   std::to_string(action.lost_size()));
  std::set<std::string> seen{action.origin()};
  for (const auto& log : own_logs(at.books)) seen.insert(log.name);
  for (const auto& log : action.lost()) {
    if (!is_log(at, log.origin(), log.log_key()) || log.kept_leaves() != 0)
      return malformed("lost");
    if (!seen.insert(log.origin()).second) return wrong_epoch("lost", "new", log.origin());
  }
  return {};
}

// No unit of before, kept or lost, has a number that is given from here on.
Verdict need_new_serials(const Case& at, const v1::OpenEpoch& action) {
  const auto first = action.first_serial();
  if (at.books.next_serial <= first && first <= kSerialMax) return {};
  return wrong_epoch("first serial", std::to_string(at.books.next_serial) + " or more",
                     std::to_string(first));
}

// Leaves that are not here were signed by the last log of before.
Verdict need_lost(const Case& at, const v1::OpenEpoch& action) {
  auto logs = own_logs(at.books);
  for (const auto& log : action.lost())
    logs.push_back(
        {log.origin(), crypto::NoteKeyType::ed25519, *crypto::PublicKey::decode(log.log_key())});
  const auto checkpoint = signed_by_one_of(std::span(logs).last(1), action.last_checkpoint());
  if (!checkpoint) return wrong_epoch("last_checkpoint", "signed by " + logs.back().name, {});
  if (checkpoint->size > action.kept_leaves()) return {};
  return wrong_epoch("last_checkpoint", "more than " + std::to_string(action.kept_leaves()),
                     std::to_string(checkpoint->size));
}

Verdict check_opening(const Case& at, const v1::OpenEpoch& action) {
  const auto before = at.books.epoch ? at.books.epoch->opening().epoch() : 0;
  const auto lost = std::min(action.lost_size(), kLostEpochsMax);
  const auto next = before + static_cast<std::uint32_t>(lost) + 1;
  if (!is_document(action.decision())) return malformed("decision");
  if (!is_log(at, action.origin(), action.log_key())) return malformed("origin");
  if (action.epoch() != next)
    return wrong_epoch("number", std::to_string(next), std::to_string(action.epoch()));
  if (action.kept_leaves() != at.position)
    return wrong_epoch("kept leaves", std::to_string(at.position),
                       std::to_string(action.kept_leaves()));
  if (is_own_origin(at.books, action.origin()))
    return wrong_epoch("origin", "new", action.origin());
  if (auto bad = need_lost_epochs(at, action)) return bad;
  if (auto bad = need_new_serials(at, action)) return bad;
  return need_lost(at, action);
}

void put_epoch(Case& at) { at.books.changed(stored('6', std::string_view()), *at.books.epoch); }

}  // namespace

Fault wrong_epoch(const std::string& what, const std::string& expected, const std::string& found) {
  return refused(ErrorCode::EPOCH_INVALID, what, expected, found);
}

Logs own_logs(const Books& books) {
  const auto log = [](const std::string& name, const std::string& wire) {
    return crypto::VerifierKey{name, crypto::NoteKeyType::ed25519,
                               *crypto::PublicKey::decode(wire)};
  };
  if (!books.epoch) return {log(books.genesis.origin(), books.genesis.log_key())};
  Logs logs;
  for (const auto& past : books.epoch->past()) logs.push_back(log(past.origin(), past.log_key()));
  logs.push_back(log(books.epoch->opening().origin(), books.epoch->opening().log_key()));
  return logs;
}

std::uint32_t own_epoch_begun(const Books& books, std::uint64_t leaf) {
  std::uint32_t begun = 0, epoch = 0;
  if (books.epoch)
    for (const auto& past : books.epoch->past()) {
      ++epoch;
      if (past.kept_leaves() <= leaf) begun = epoch;
    }
  return begun;
}

bool is_own_origin(const Books& books, const std::string& origin) {
  return std::ranges::any_of(own_logs(books), [&](const auto& log) { return log.name == origin; });
}

std::optional<crypto::Checkpoint> signed_by_one_of(std::span<const crypto::VerifierKey> logs,
                                                   std::string_view bytes) {
  const auto note = crypto::parse_note(bytes);
  if (!note) return std::nullopt;
  const auto checkpoint = crypto::parse_checkpoint(note->text);
  if (!checkpoint) return std::nullopt;
  for (const auto& log : logs) {
    if (log.name != checkpoint->origin) continue;
    if (!crypto::verify_note(*note, std::span(&log, 1))) return std::nullopt;
    return *checkpoint;
  }
  return std::nullopt;
}

void await_list(Case& at, v1::AgreementRecord& record) {
  auto& epoch = *at.books.epoch;
  if (!record.awaits_list()) epoch.set_lists_awaited(epoch.lists_awaited() + 1);
  put_epoch(at);
  record.set_awaits_list(true);
  record.clear_list_epoch();
  record.clear_list_from();
}

void end_list(Case& at, v1::AgreementRecord& record) {
  record.set_awaits_list(false);
  at.books.epoch->set_lists_awaited(at.books.epoch->lists_awaited() - 1);
  put_epoch(at);
}

Verdict give_up_list(Case& at, const std::string& partner, v1::AgreementRecord& record) {
  const auto& agreement = record.agreement();
  const auto patience = std::max(agreement.dead_after(), agreement.answer_within());
  const auto since = std::max(record.standing_time(), at.books.epoch->opened_time());
  if (at.now - since <= patience)
    return refused(ErrorCode::PARTNER_PRESENT, "the list of " + agreement.agreement(),
                   "awaited for more than " + std::to_string(patience),
                   std::to_string(at.now - since));
  // Not before what has begun to move is whole.
  if (auto bad = make_part(at, partner, record)) return bad;
  if (!record.has_list_part()) end_list(at, record);
  return {};
}

Verdict need_list(const v1::AgreementRecord& record) {
  if (!record.awaits_list()) return {};
  return refused(ErrorCode::EPOCH_LISTS_PENDING, record.agreement().agreement(),
                 "a list from leaf " + std::to_string(record.list_from()));
}

Verdict need_all_lists(const Case& at) {
  if (!at.books.epoch || at.books.epoch->lists_awaited() == 0) return {};
  return refused(ErrorCode::EPOCH_LISTS_PENDING, "lists of partners", "0",
                 std::to_string(at.books.epoch->lists_awaited()));
}

Verdict open_epoch(Case& at, const v1::OpenEpoch& action) {
  if (auto bad = check_opening(at, action)) return bad;
  need_signers(at, "epoch.open", {.citywide = true});
  const auto log = own_logs(at.books).back();
  auto record = at.books.epoch.value_or(v1::EpochRecord());
  *record.mutable_opening() = action;
  record.set_opened_at(as_leaf(at));
  record.set_opened_time(at.now);
  auto& past = *record.add_past();
  past.set_origin(log.name);
  past.set_log_key(log.key.encode());
  past.set_kept_leaves(action.kept_leaves());
  // None of those that were lost whole kept more.
  for (auto lost : action.lost()) {
    lost.set_kept_leaves(action.kept_leaves());
    *record.add_past() = lost;
  }
  at.books.epoch = std::move(record);
  put_epoch(at);
  at.books.next_serial = action.first_serial();
  // Of an agreement that is closed as well: that may be what is old.
  for (auto& [city, agreement] : at.books.agreements) {
    await_list(at, agreement);
    at.books.changed(stored('1', city), agreement);
  }
  return {};
}

}  // namespace puhui::node::audit
