#include "ledger/rules/due.h"

#include <algorithm>
#include <cassert>

#include "crypto/bytes.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/retirement/retirement.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kDueAt = 2;
constexpr std::size_t kKindAt = kDueAt + 8;
constexpr std::size_t kRecordAt = kKindAt + 1;
constexpr std::size_t kNameAt = 2;  // in a record's key, after its family

Micros due_of(std::string_view item) {
  return static_cast<Micros>(crypto::read_u64(item.substr(kDueAt)) ^ key::kSignBit);
}

void rule_set_due(State& state, std::string_view record_key, Micros now, std::uint64_t leaf) {
  auto record = state.find<v1::RuleSetRecord>(record_key);
  assert(record && "a rule set falls due that was never filed");
  note_window(*record, now, leaf);
  state.put(record_key, *record);
}

void role_window_due(State& state, std::string_view record_key, Micros now) {
  auto party = state.find<v1::Party>(record_key);
  assert(party && "the role of an unknown party falls due");
  auto* roles = party->mutable_roles();
  roles->erase(std::remove_if(roles->begin(), roles->end(),
                              [now](const auto& grant) { return has_ended(grant, now); }),
               roles->end());
  state.put(record_key, *party);
}

void proposal_due(State& state, std::string_view record_key, Micros now, std::uint64_t leaf) {
  auto proposal = state.find<v1::Proposal>(record_key);
  assert(proposal && "a proposal falls due that was never made");
  if (!has_lapsed(*proposal, now)) return;
  proposal->set_state(v1::LAPSED);
  proposal->set_ended_at(static_cast<std::int64_t>(leaf));
  state.put(record_key, *proposal);
}

}  // namespace

bool has_lapsed(const v1::Proposal& proposal, Micros now) {
  return (proposal.state() == v1::OPEN && now >= proposal.voting_until()) ||
         (proposal.state() == v1::CARRIED_BY_VOTE && now >= proposal.executable_until());
}

void schedule(Context& context, const Window& window, DueKind kind, std::string_view record_key) {
  for (const auto due : {window.from, window.to}) {
    if (due <= context.now) continue;
    context.state.put(key::due(due, static_cast<std::uint8_t>(kind), record_key), std::string());
    context.next_due = std::min(context.next_due, due);
  }
}

void run_due(State& state, Micros now, std::uint64_t leaf) {
  for (int i = 0; i < kDuePerLeafMax; ++i) {
    const auto item = state.at_or_after("vD", "vD");
    if (!item || due_of(item->key) > now) return;
    const auto record_key = std::string_view(item->key).substr(kRecordAt);
    switch (static_cast<DueKind>(item->key[kKindAt])) {
      case DueKind::rule_set:
        rule_set_due(state, record_key, now, leaf);
        break;
      case DueKind::role_window:
        role_window_due(state, record_key, now);
        break;
      case DueKind::proposal:
        proposal_due(state, record_key, now, leaf);
        break;
      case DueKind::bond:
        release_all(state, leaf, record_key.substr(kNameAt), v1::BOND_EXPIRED);
        break;
      case DueKind::retirement_case:
        case_due(state, record_key, now, leaf);
        break;
      case DueKind::transfer:
        transfer_due(state, record_key, leaf);
        break;
    }
    state.erase(item->key);
  }
}

Micros first_due(const State& state) {
  const auto item = state.at_or_after("vD", "vD");
  return item ? due_of(item->key) : kTimeMax;
}

void note_window(v1::RuleSetRecord& record, Micros now, std::uint64_t leaf) {
  const auto& rules = record.rules();
  const auto at = static_cast<std::int64_t>(leaf);
  if (!record.has_began_at() && now >= rules.effective_from()) record.set_began_at(at);
  if (rules.effective_to() == 0 || now < rules.effective_to()) return;
  if (!record.has_ended_at()) record.set_ended_at(at);
}

}  // namespace puhui::ledger
