#include "node/audit/audit.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "node/audit/recognition.h"
#include "node/audit/records.h"

namespace puhui::node::audit {
namespace {

constexpr Micros kValidAheadDefault = 7 * kMicrosPerDay;
constexpr std::size_t kDigestSize = crypto::Digest::kSize;

struct Roots {
  crypto::Digest open, personal;
};

bool is_family(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// u8 form (3) ‖ open map root[32] ‖ personal map root[32] ‖ n × (u8 family ‖ digest[32]), families
// in order.
std::optional<Roots> roots_of(std::string_view body) {
  if (body.size() < 1 + 2 * kDigestSize || body[0] != 3 ||
      (body.size() - 1 - 2 * kDigestSize) % (1 + kDigestSize) != 0)
    return std::nullopt;
  char before = 0;
  for (auto rest = body.substr(1 + 2 * kDigestSize); !rest.empty();
       rest.remove_prefix(1 + kDigestSize)) {
    if (rest[0] <= before || !is_family(rest[0])) return std::nullopt;
    before = rest[0];
  }
  return Roots{*crypto::Digest::from_bytes(body.substr(1, kDigestSize)),
               *crypto::Digest::from_bytes(body.substr(1 + kDigestSize, kDigestSize))};
}

}  // namespace

void Audit::note(std::uint64_t position, Fault fault) {
  if (findings_.size() == kFindingsMax) {
    ++counts_.findings_dropped;
    return;
  }
  findings_.push_back({position, std::move(fault)});
}

std::optional<std::uint64_t> Audit::first_bad() const {
  if (findings_.empty()) return std::nullopt;
  return std::ranges::min(findings_, {}, &Finding::position).position;
}

void Audit::recall(std::vector<Finding> findings, const Counts& counts) {
  findings_ = std::move(findings);
  counts_ = counts;
}

void Audit::next(const Leaf& leaf) {
  position_ = tree_.size();
  tree_.append(leaf.hash, completed_);
  read_ = crypto::Sha256()
              .update(read_.view())
              .update(leaf.hash.view())
              .update(leaf.attachment_sha256.view())
              .final();
  ++counts_.entries;
  if (leaf.fault && leaf.fault->code == "entry.malformed") return note(position_, *leaf.fault);
  if (position_ > 0 && leaf.time <= time_)
    note(position_,
         fault("entry.time", {}, "after " + std::to_string(time_), std::to_string(leaf.time)));
  const auto before = std::exchange(time_, leaf.time);
  if (position_ > 0 && !books_.is_founded) {
    ++counts_.unjudged;
    return;
  }
  check_place(leaf);
  if (leaf.kind == LeafKind::event) event(leaf);
  if (leaf.kind == LeafKind::tick) tick(leaf);
  if (leaf.kind == LeafKind::state_root) state_root(leaf, before);
  check_sums();
}

void Audit::check_place(const Leaf& leaf) {
  if (position_ == 0) {
    if (leaf.kind != LeafKind::event || (!leaf.fault && !leaf.payload.has_genesis()))
      note(0, fault("genesis.missing"));
    return;
  }
  const std::uint64_t interval = books_.genesis.state_root_interval();
  const bool belongs = position_ % interval == interval - 1;
  const bool is_one = leaf.kind == LeafKind::state_root;
  if (belongs && !is_one) note(position_, fault("state_root.missing"));
  if (!belongs && is_one) note(position_, fault("state_root.unexpected"));
}

void Audit::tick(const Leaf& leaf) {
  ++counts_.ticks;
  const auto& due = books_.due;
  if (due.empty() || std::get<Micros>(*due.begin()) > leaf.time)
    note(position_, fault("tick.nothing_due"));
  run_due(books_, leaf.time, position_);
}

void Audit::state_root(const Leaf& leaf, Micros before) {
  ++counts_.state_roots;
  if (leaf.time != before + 1)
    note(position_, fault("entry.time", "a state root follows at once", std::to_string(before + 1),
                          std::to_string(leaf.time)));
  const auto stated = roots_of(leaf.body());
  if (!stated) return note(position_, fault("state_root.malformed"));
  // What an attachment that is not there brought about is not known, nor is any root after it.
  if (first_missing_ || root_differed_) return;
  books_.close_days(before);
  ++counts_.state_roots_compared;
  compare_roots("open map", books_.open_root(), stated->open);
  compare_roots("personal map", books_.personal_root(), stated->personal);
}

void Audit::compare_roots(const char* map, const crypto::Digest& derived,
                          const crypto::Digest& stated) {
  if (derived == stated) return;
  root_differed_ = true;
  note(position_, fault("state_root.mismatch", map, derived.hex(), stated.hex()));
}

void Audit::event(const Leaf& leaf) {
  ++counts_.events;
  run_due(books_, leaf.time, position_);
  if (leaf.fault) return note(position_, *leaf.fault);
  if (leaf.attachment_missing) {
    ++counts_.attachments_missing;
    if (!first_missing_) first_missing_ = position_;
  } else if (attachment_of(leaf.payload) != nullptr) {
    ++counts_.attachments;
  }
  learn(leaf.payload);
  bool in_force = false;
  const auto& rules = rules_at(books_, leaf.time, in_force);
  Case at{books_, leaf, position_, leaf.time, rules, in_force, {}};
  at.credits_unknown = first_missing_.has_value();
  if (position_ == 0) return found_city(at);
  if (!check_identity(leaf)) return;
  check_validity(at);
  at.signers = signing_parties(at, counts_.signatures);
  if (auto wrong = decide(at)) at.faults.push_back(std::move(*wrong));
  count(at);
}

void Audit::count(const Case& at) {
  for (const auto& fault : at.faults) note(position_, fault);
  const auto& payload = at.leaf.payload;
  counts_.records += at.leaf.record_count();
  counts_.records_accepted += at.records_accepted;
  if (payload.has_submit_behaviour_batch()) counts_.formulas += at.leaf.records.size();
  if (payload.has_submit_report()) ++counts_.formulas;
  if (at.changed_scenario)
    known_->set_line(*at.changed_scenario, books_.behaviour_lines.at(*at.changed_scenario));
}

// The order of the founding: what genesis says, then who signed, by keys it has just brought.
void Audit::found_city(Case& at) {
  const auto& payload = at.leaf.payload;
  if (!payload.has_genesis()) return;
  if (auto wrong = found(at, payload.genesis())) return note(position_, std::move(*wrong));
  (void)check_identity(at.leaf);
  at.signers = signing_parties(at, counts_.signatures);
  const bool by_authority = std::ranges::any_of(at.signers, [&](const auto& signer) {
    const auto* party = find(books_.parties, signer.first);
    return party != nullptr && holds(*party, v1::AUTHORITY, at.now);
  });
  if (!by_authority)
    at.faults.push_back(
        refused(ErrorCode::SIGNATURE_MISSING, "signers of genesis", "AUTHORITY x1", "0"));
  count(at);
}

bool Audit::check_identity(const Leaf& leaf) {
  const auto& payload = leaf.payload;
  if (payload.city() != books_.genesis.city()) {
    note(position_, refused(ErrorCode::WRONG_CITY, {}, books_.genesis.city(), payload.city()));
    return false;
  }
  const auto id = payload.party() + '\0' + payload.event_id();
  const auto [known, is_new] = books_.identities.emplace(id, leaf.sha256);
  if (is_new) return true;
  const bool same = known->second == leaf.sha256;
  const auto text = payload.party() + " " + crypto::hex_encode(payload.event_id());
  note(position_, same ? fault("event.duplicate", text) : refused(ErrorCode::EVENT_CONFLICT, text));
  return !same;
}

void Audit::check_validity(const Case& at) {
  const auto until = at.leaf.payload.valid_until();
  if (until < at.now)
    note(position_, refused(ErrorCode::EVENT_EXPIRED, {}, "at " + std::to_string(at.now),
                            std::to_string(until)));
  const auto rule = at.rules.valid_ahead_max();
  const auto ahead = rule == 0 ? kValidAheadDefault : rule;
  if (until > at.now && until - at.now > ahead)
    note(position_, refused(ErrorCode::EVENT_TOO_FAR_AHEAD, {},
                            std::to_string(ahead) + " us or less", std::to_string(until - at.now)));
}

// Keys that this event names, for those who verify ahead.
void Audit::learn(const v1::Payload& payload) {
  const auto add = [this](const v1::Key& key) {
    if (const auto decoded = crypto::PublicKey::decode(key.public_key()))
      known_->add_key(decoded->key_id(), *decoded);
  };
  for (const auto& party : payload.genesis().parties())
    for (const auto& key : party.keys()) add(key);
  for (const auto& key : payload.register_party().keys()) add(key);
  for (const auto& key : payload.draft_filing().subject().party().keys()) add(key);
  if (payload.has_add_key()) add(payload.add_key().key());
  if (payload.has_rotate_key()) add(payload.rotate_key().new_key());
}

void Audit::check_sums() {
  const auto& t = books_.totals;
  const Whole came = Whole(t.units_issued_kg()) + t.units_imported_kg();
  const Whole units = Whole(t.units_held_kg()) + t.units_retired_kg() + t.units_cancelled_kg() +
                      t.units_expired_kg() + t.units_exported_kg();
  if (units != came) note(position_, fault("conservation.units", {}, came.str(), units.str()));
  const Whole brought = Whole(t.credits_credited_g()) + t.credits_owed_g();
  const Whole credits = Whole(t.credits_held_g()) + t.credits_converted_g() +
                        t.credits_reversed_g() + t.credits_cancelled_g();
  if (brought != credits)
    note(position_, fault("conservation.credits", {}, brought.str(), credits.str()));
}

void Audit::finish() {
  std::map<v1::UnitState, Whole> units;
  std::map<std::string, Whole> by_bond;  // by what binds them
  Whole of_accounts = 0, bound = 0, bound_of_accounts = 0, retired_abroad = 0;
  std::uint64_t next = 1;
  bool gapless = true;
  for (const auto& [end, block] : books_.blocks) {
    // Serials whose issuance was lost when an epoch began are not there.
    const bool follows = books_.epoch ? block.start() >= next : block.start() == next;
    gapless = gapless && follows && block.end() == end;
    next = end + 1;
    const auto size = Whole(block.end()) - Whole(block.start()) + 1;
    units[block.state()] += size;
    if (!block.bound_by().empty()) bound += size;
    by_bond[block.bound_by()] += size;
    if (block.retired_abroad_at() != 0) retired_abroad += size;
  }
  for (const auto& [name, account] : books_.accounts) {
    of_accounts += account.units_held_kg();
    bound_of_accounts += account.units_bound_kg();
  }
  const bool bonds_bind = std::ranges::all_of(books_.bonds, [&](const auto& bond) {
    return by_bond[binding_name(bond.second)] == bond.second.bound_kg();
  });
  const bool locks_bind = std::ranges::all_of(books_.transfers, [&](const auto& transfer) {
    const auto& [id, record] = transfer;
    const auto locked_kg = record.state() == v1::TRANSFER_LOCKED ? record.amount_kg() : 0;
    return books_.epoch || by_bond[lock_of(id)] == locked_kg;
  });
  const auto& t = books_.totals;
  const auto last = size() == 0 ? 0 : size() - 1;
  if (!gapless || (!books_.epoch && next != books_.next_serial) || units[v1::HELD] != of_accounts ||
      bound != bound_of_accounts || !bonds_bind || !locks_bind ||
      units[v1::HELD] != t.units_held_kg() || units[v1::RETIRED] != t.units_retired_kg() ||
      units[v1::CANCELLED] != t.units_cancelled_kg() ||
      units[v1::EXPIRED] != t.units_expired_kg() || units[v1::EXPORTED] != t.units_exported_kg() ||
      retired_abroad != t.units_retired_abroad_kg())
    note(last, fault("conservation.units", "serials, accounts and totals at the end",
                     std::to_string(t.units_issued_kg()) + " issued, " +
                         std::to_string(t.units_imported_kg()) + " imported",
                     units[v1::HELD].str() + " held"));
  check_credits(last);
}

void Audit::check_credits(std::uint64_t last) {
  Whole held = 0, owed = 0;
  for (const auto& [name, account] : books_.accounts) {
    held += account.credits_held_g();
    owed += account.credits_owed_g();
  }
  for (const auto& [name, person] : books_.personal)
    (person.grams < 0 ? owed : held) += person.grams < 0 ? -person.grams : person.grams;
  const auto& t = books_.totals;
  if (held != t.credits_held_g())
    note(last, fault("conservation.credits", "held by accounts at the end",
                     std::to_string(t.credits_held_g()), held.str()));
  if (owed != t.credits_owed_g())
    note(last, fault("conservation.credits", "owed by accounts at the end",
                     std::to_string(t.credits_owed_g()), owed.str()));
}

}  // namespace puhui::node::audit
