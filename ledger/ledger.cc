#include "ledger/ledger.h"

#include <leveldb/write_batch.h>

#include <algorithm>
#include <cassert>

#include "crypto/merkle.h"
#include "ledger/conservation.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/rules/due.h"
#include "ledger/rules/governance/actions.h"
#include "ledger/rules/rules.h"
#include "ledger/rules/signers.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

constexpr Micros kValidAheadDefault = 7 * kMicrosPerDay;
constexpr int kExpiredPerBlockMax = 1000;
constexpr std::size_t kKnownKeysMax = 1 << 20;

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

Answer failed(const Error& error) { return {v1::FAILED, error.code, error.detail, {}, 0, 0}; }

v1::Outcome outcome_of(const Refusal& refusal) {
  v1::Outcome outcome;
  outcome.set_code(refusal.code);
  outcome.set_rule(refusal.rule);
  outcome.set_limit(refusal.limit);
  outcome.set_used(refusal.used);
  outcome.set_asked(refusal.asked);
  return outcome;
}

// Whose histories are kept: parties, named accounts, batches, projects, and the tags published for
// a partner.
constexpr std::string_view kSubjectFamilies = "ABJP";
bool is_subject(std::string_view key) {
  if (key::is_tags_published(key)) return true;
  return kSubjectFamilies.find(key[1]) != std::string_view::npos && map_of(key) == StateMap::open;
}

}  // namespace

std::string encode_applied(const AppliedAt& at, std::uint64_t size) {
  std::string bytes;
  crypto::append_u64(bytes, at.index);
  crypto::append_u64(bytes, at.term);
  crypto::append_u64(bytes, size);
  return bytes;
}

Result<AppliedAt> decode_applied(std::string_view stored, std::uint64_t size) {
  if (stored.size() != 24 || crypto::read_u64(stored.substr(16)) != size)
    return fail(ErrorCode::CORRUPT, "applied");
  return AppliedAt{crypto::read_u64(stored), crypto::read_u64(stored.substr(8))};
}

Ledger::Ledger(std::unique_ptr<Store> store)
    : store_(std::move(store)), batch_(std::make_unique<leveldb::WriteBatch>()) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const StoreOptions& options) {
  auto store = Store::open(options);
  if (!store) return tl::make_unexpected(store.error());
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(*store)));
  if (auto loaded = ledger->load(); !loaded) return tl::make_unexpected(loaded.error());
  return ledger;
}

Result<void> Ledger::load() {
  const auto head = decode_head(store_->get(key::meta("head")));
  if (!head) return tl::make_unexpected(head.error());
  time_ = head->time;
  if (const auto at = store_->get(key::meta("applied"))) {
    const auto applied = decode_applied(*at, head->size);
    if (!applied) return tl::make_unexpected(applied.error());
    applied_ = *applied;
  }
  auto refusals = RefusalSum::load(*store_->reader());
  if (!refusals) return tl::make_unexpected(refusals.error());
  refusal_sum_ = *refusals;
  auto tree = Tree::load(*store_, head->size);
  if (!tree) return tl::make_unexpected(tree.error());
  tree_ = std::make_unique<Tree>(std::move(*tree));
  if (tree_->root() != head->root) return fail(ErrorCode::CORRUPT, "the tree has another root");
  state_ = std::make_unique<State>(*store_);
  auto roots = StateRoots::load(*store_);
  if (!roots) return tl::make_unexpected(roots.error());
  roots_ = std::make_unique<StateRoots>(std::move(*roots));
  if (head->size > 0 && roots_->digest() != head->digest)
    return fail(ErrorCode::CORRUPT, "the views have another digest");
  if (head->size > 0) {
    const auto genesis = state_->find<v1::Genesis>(key::genesis());
    const auto totals = state_->find<v1::Totals>(key::totals());
    if (!genesis || !totals) return fail(ErrorCode::CORRUPT, "genesis or totals are missing");
    genesis_ = *genesis;
    totals_ = *totals;
  }
  if (const auto gap = store_->get(key::meta("gap"))) {
    if (gap->size() != 8) return fail(ErrorCode::CORRUPT, "gap");
    gap_ = crypto::read_u64(*gap);
  }
  reload_rules();
  next_due_ = published_due_ = first_due(*state_);
  return {};
}

void Ledger::reload_rules() {
  rules_.clear();
  for (auto at = state_->at_or_after("vR", "vR"); at;
       at = state_->at_or_after("vR", at->key + '\0')) {
    v1::RuleSetRecord record;
    const bool parsed = record.ParseFromString(at->value);
    assert(parsed && "a stored rule set does not parse");
    (void)parsed;
    rules_.push_back(record.rules());
  }
}

const v1::RuleSet& Ledger::rules_at(Micros now, bool& in_force) const {
  static const v1::RuleSet none;
  for (auto rules = rules_.rbegin(); rules != rules_.rend(); ++rules) {
    if (now < rules->effective_from()) continue;
    if (rules->effective_to() != 0 && now >= rules->effective_to()) continue;
    in_force = true;
    return *rules;
  }
  in_force = false;
  if (rules_.empty()) return none;
  // All that have begun have ended.
  const auto end = [now](const v1::RuleSet& rules) {
    return now < rules.effective_from() ? Micros{0} : rules.effective_to();
  };
  auto last = rules_.begin();
  for (auto rules = rules_.begin(); rules != rules_.end(); ++rules)
    if (end(*rules) >= end(*last)) last = rules;
  return *last;
}

std::optional<crypto::PublicKey> Ledger::known_key(const crypto::Digest& key_id) const {
  const std::string id(key_id.view());
  {
    std::shared_lock lock(keys_mutex_);
    if (const auto found = keys_.find(id); found != keys_.end()) return found->second;
  }
  const auto stored = store_->peek(key::public_key(id));
  v1::KeyRecord record;
  if (!stored || !record.ParseFromString(*stored)) return std::nullopt;
  auto key = crypto::PublicKey::decode(record.public_key());
  if (!key) return std::nullopt;
  std::unique_lock lock(keys_mutex_);
  if (keys_.size() >= kKnownKeysMax) keys_.clear();
  keys_.emplace(id, *key);
  return std::move(*key);
}

Checked Ledger::check(const BlockItem& item, Attachments attachments) const {
  return std::make_shared<const Result<CheckedEvent>>(check_event(
      item, [this](const crypto::Digest& key_id) { return known_key(key_id); }, attachments));
}

Result<std::vector<Answer>> Ledger::apply(const Block& block, const std::vector<Checked>& checked,
                                          AppliedAt at) {
  assert(checked.size() == block.items.size());
  if (const auto reason = read_only_reason(); !reason.empty())
    return fail(ErrorCode::READ_ONLY, reason);
  std::vector<Answer> answers;
  answers.reserve(block.items.size());
  for (std::size_t i = 0; i < block.items.size(); ++i) {
    const auto& item = block.items[i];
    const auto known = checked[i] ? checked[i] : check(item);
    answers.push_back(apply_event(item, *known, block.stamp));
    if (const auto wrong = imbalance_of(totals_); !wrong.empty()) {
      halt("conservation fails at leaf " + std::to_string(tree_->size() - 1) + ": " + wrong);
      return fail(ErrorCode::READ_ONLY, read_only_reason());
    }
  }
  if (block.items.empty()) tick(block.stamp);
  drop_expired();
  publish(at);
  return answers;
}

void Ledger::halt(const std::string& why) {
  std::lock_guard lock(status_mutex_);
  read_only_reason_ = why;
}

void Ledger::pass(AppliedAt at) {
  if (!read_only_reason().empty()) return;
  publish(at);
}

void Ledger::publish(AppliedAt at) {
  state_->write_to(*batch_);
  tree_->write_to(*batch_);
  roots_->write_to(*batch_);
  batch_->Put(slice(key::meta("head")),
              slice(encode_head({tree_->size(), tree_->root(), time_, roots_->digest()})));
  const auto applied = encode_applied(at, tree_->size());
  batch_->Put(slice(key::meta("applied")), slice(applied));
  batch_->Put(slice(key::meta("refusals")), slice(refusal_sum_.encode(applied)));
  if (gap_) {
    std::string gap;
    crypto::append_u64(gap, *gap_);
    batch_->Put(slice(key::meta("gap")), slice(gap));
  }
  // What is known of refusals is looked up past a write under way.
  if (refusals_changed_) {
    store_->write(*batch_);
    batch_->Clear();
  } else {
    store_->begin_write(batch_);
  }
  refused_.clear();
  refusals_changed_ = false;
  std::lock_guard lock(status_mutex_);
  applied_ = at;
  published_due_ = next_due_;
}

Answer Ledger::apply_event(const BlockItem& item, const Result<CheckedEvent>& checked,
                           Micros stamp) {
  if (!checked) return failed(checked.error());
  const auto& event = *checked;
  const auto& payload = event.payload;
  const bool is_first = tree_->size() == 0;
  if (is_first && !payload.has_genesis())
    return failed({ErrorCode::UNAVAILABLE, "the ledger has no genesis yet"});
  if (!is_first && payload.city() != genesis_.city())
    return failed({ErrorCode::WRONG_CITY, payload.city()});
  const auto now = std::max(stamp, time_ + 1);
  const auto accepted_key = key::accepted(payload.party(), payload.event_id());
  if (auto known = known_outcome(event, accepted_key, now)) return std::move(*known);
  auto answer = decide_event(item, event, now);
  if (answer.decision != v1::ACCEPTED) state_->drop();
  return answer;
}

std::optional<Answer> Ledger::known_outcome(const CheckedEvent& event,
                                            const std::string& accepted_key, Micros now) const {
  const auto& payload = event.payload;
  const auto conflict = [&payload] {
    return failed({ErrorCode::EVENT_CONFLICT, crypto::hex_encode(payload.event_id())});
  };
  if (auto accepted = state_->find<v1::AcceptedOutcome>(accepted_key)) {
    if (accepted->event_sha256() != event.sha256.view()) return conflict();
    const auto leaf = static_cast<std::uint64_t>(accepted->leaf());
    return Answer{v1::ACCEPTED, ErrorCode::OK, {}, accepted->outcome(), leaf, accepted->time()};
  }
  const auto refused = kept_refusal(payload, now);
  if (refused && refused->event_sha256() != event.sha256.view()) return conflict();
  // Founding a city takes as long as it takes: nodes may start days after the genesis was signed.
  if (tree_->size() == 0) return std::nullopt;
  if (payload.valid_until() < now)
    return failed({ErrorCode::EVENT_EXPIRED, std::to_string(payload.valid_until())});
  bool in_force = false;
  const auto ahead = rules_at(now, in_force).valid_ahead_max();
  if (payload.valid_until() - now > (ahead == 0 ? kValidAheadDefault : ahead))
    return failed({ErrorCode::EVENT_TOO_FAR_AHEAD, std::to_string(payload.valid_until())});
  if (!refused) return std::nullopt;
  return Answer{v1::REFUSED, refused->outcome().code(), {}, refused->outcome(), 0, refused->time()};
}

std::optional<v1::RefusedOutcome> Ledger::refusal_at(const std::string& name) const {
  if (const auto recent = refused_.find(name); recent != refused_.end()) return recent->second;
  const auto stored = store_->peek(name);
  if (!stored) return std::nullopt;
  v1::RefusedOutcome refused;
  const bool parsed = refused.ParseFromString(*stored);
  assert(parsed && "a stored refusal does not parse");
  return parsed ? std::optional(std::move(refused)) : std::nullopt;
}

std::optional<v1::RefusedOutcome> Ledger::kept_refusal(const v1::Payload& payload,
                                                       Micros now) const {
  auto refused = refusal_at(key::refused(payload.party(), payload.event_id()));
  if (refused && refused->valid_until() < now) return std::nullopt;
  return refused;
}

Result<std::map<std::string, std::uint32_t>> Ledger::signers(const CheckedEvent& event) const {
  std::map<std::string, std::uint32_t> parties;
  std::string signed_bytes;
  for (std::size_t i = 0; i < event.envelope.signatures.size(); ++i) {
    const auto& signature = event.envelope.signatures[i];
    const auto record = state_->find<v1::KeyRecord>(key::public_key(signature.key_id.view()));
    if (!record || (record->ended_at() != 0 && !record->revoked()))
      return fail(ErrorCode::SIGNATURE_UNKNOWN_KEY, "key id " + signature.key_id.hex());
    if (record->revoked())
      return fail(ErrorCode::SIGNATURE_REVOKED_KEY, "key id " + signature.key_id.hex());
    const auto key = crypto::PublicKey::decode(record->public_key());
    assert(key && "a registered key does not decode");
    const auto& verdict = event.verdicts[i];
    bool is_valid = verdict && verdict->valid;
    if (!verdict || verdict->key != *key) {
      if (signed_bytes.empty()) signed_bytes = crypto::pae(event.envelope);
      is_valid = crypto::verify(*key, signed_bytes, signature.signature);
    }
    if (!is_valid) return fail(ErrorCode::SIGNATURE_INVALID, "key id " + signature.key_id.hex());
    ++parties[record->party()];
  }
  if (!parties.contains(event.payload.party()))
    return fail(ErrorCode::SIGNATURE_MISSING, "acting party " + event.payload.party());
  return parties;
}

Ruling Ledger::decide_genesis(Context& context) {
  if (auto founded = found(context, context.event.payload.genesis()); !founded) return founded;
  auto parties = signers(context.event);
  if (!parties)
    return tl::make_unexpected(
        Refusal{parties.error().code, "signers.genesis", {}, {}, parties.error().detail, false});
  for (const auto& [signer, keys] : *parties) {
    const auto party = state_->find<v1::Party>(key::party(signer));
    if (party && holds_role(*party, v1::AUTHORITY, context.now)) return {};
  }
  return tl::make_unexpected(
      Refusal{ErrorCode::SIGNATURE_MISSING, "signers.genesis", "AUTHORITY x1", "0", {}, false});
}

Answer Ledger::decide_event(const BlockItem& item, const CheckedEvent& event, Micros now) {
  if (now >= next_due_) run_due(*state_, now, tree_->size());
  bool in_force = false;
  const auto& rules = rules_at(now, in_force);
  Context context{*state_, programs_, event,         genesis_, rules, in_force,
                  {},      now,       tree_->size(), totals_,  {},    next_due_};
  context.credits_unknown = gap_ || event.records_missing;
  Ruling ruling;
  if (tree_->size() == 0) {
    ruling = decide_genesis(context);
  } else {
    auto parties = signers(event);
    if (!parties) return failed(parties.error());
    context.signers = std::move(*parties);
    ruling = drop_suspended(context);
    if (ruling) ruling = decide(context);
  }
  if (ruling) return accept_event(item, context);
  const auto& refusal = ruling.error();
  if (!refusal.recorded)
    return failed({refusal.code, refusal.rule + " needs " + refusal.limit + ", has " +
                                     refusal.used + " " + refusal.asked});
  return refuse_event(context, refusal);
}

Answer Ledger::refuse_event(const Context& context, const Refusal& refusal) {
  const auto& payload = context.event.payload;
  v1::RefusedOutcome refused;
  refused.set_event_sha256(std::string(context.event.sha256.view()));
  refused.set_valid_until(payload.valid_until());
  refused.set_time(context.now);
  auto& outcome = *refused.mutable_outcome();
  outcome = outcome_of(refusal);
  outcome.set_records_refused(context.outcome.records_refused());
  *outcome.mutable_record_refusals() = context.outcome.record_refusals();
  const auto name = key::refused(payload.party(), payload.event_id());
  const auto bytes = refused.SerializeAsString();
  if (const auto before = refusal_at(name)) refusal_sum_.remove(name, before->SerializeAsString());
  refusal_sum_.add(name, bytes);
  batch_->Put(slice(name), slice(bytes));
  batch_->Put(slice(key::refused_end(payload.valid_until(), name)), leveldb::Slice());
  Answer answer{v1::REFUSED, refusal.code, {}, refused.outcome(), 0, context.now};
  refusals_end_from_ = std::min(refusals_end_from_, payload.valid_until());
  refused_[name] = std::move(refused);
  refusals_changed_ = true;
  return answer;
}

Answer Ledger::accept_event(const BlockItem& item, Context& context) {
  const auto& payload = context.event.payload;
  v1::AcceptedOutcome accepted;
  accepted.set_event_sha256(std::string(context.event.sha256.view()));
  accepted.set_leaf(static_cast<std::int64_t>(context.leaf));
  accepted.set_time(context.now);
  *accepted.mutable_outcome() = context.outcome;
  state_->put(key::accepted(payload.party(), payload.event_id()), accepted);
  state_->put(key::totals(), context.totals);
  accept_changes();
  batch_->Put(slice(key::touched(key::party(payload.party()), context.leaf)), leveldb::Slice());
  totals_ = context.totals;
  next_due_ = context.now < next_due_ ? context.next_due : first_due(*state_);
  if (!item.attachments.empty())
    batch_->Put(slice(key::attachment(context.leaf)), slice(item.attachments.front()));
  if (payload.has_genesis()) genesis_ = payload.genesis();
  if (context.rules_filed) reload_rules();
  if (context.programs_changed) programs_.forget();
  append_leaf(context.now, EntryKind::event, item.envelope);
  append_state_root();
  return {v1::ACCEPTED, ErrorCode::OK, {}, std::move(context.outcome), context.leaf, context.now};
}

void Ledger::tick(Micros stamp) {
  const auto now = std::max(stamp, time_ + 1);
  if (tree_->size() == 0 || now < next_due_) return;
  run_due(*state_, now, tree_->size());
  accept_changes();
  next_due_ = first_due(*state_);
  append_leaf(now, EntryKind::tick, {});
  append_state_root();
}

void Ledger::append_leaf(Micros time, EntryKind kind, std::string_view body) {
  const auto entry = encode_entry(time, kind, body);
  batch_->Put(slice(key::entry(tree_->size())), slice(entry));
  tree_->append(crypto::leaf_hash(entry));
  time_ = time;
}

bool Ledger::state_root_is_next() const {
  const auto interval = genesis_.state_root_interval();
  return tree_->size() % interval == interval - 1;
}

void Ledger::append_state_root() {
  if (follows_ || !state_root_is_next()) return;
  append_leaf(time_ + 1, EntryKind::state_root, encode_state_root(state_root()));
}

StateRoot Ledger::state_root() {
  close_days(*state_, time_);
  accept_changes();
  return roots_->root(*state_);
}

void Ledger::accept_changes() {
  const auto& changes = state_->accept();
  roots_->accept(*state_, changes);
  for (std::size_t step = 0; step != changes.size(); ++step) {
    Changes::fetch_ahead(changes, step);
    const auto& key = changes[step]->key;
    if (is_subject(key)) batch_->Put(slice(key::touched(key, tree_->size())), leveldb::Slice());
  }
}

void Ledger::drop_expired() {
  if (time_ <= refusals_end_from_) return;
  int dropped = 0;
  auto next = kTimeMax;
  store_->reader()->scan("x", key::refused_end(refusals_end_from_, ""),
                         [&](std::string_view order, std::string_view) {
                           const auto end = key::refusal_end(order);
                           if (end >= time_ || dropped++ == kExpiredPerBlockMax) {
                             next = std::min(next, end);
                             return false;
                           }
                           batch_->Delete(slice(order));
                           refusals_changed_ = true;
                           // The same identity may have been refused again since, with another
                           // valid_until.
                           const std::string name(key::refusal_name(order));
                           const auto refused = refusal_at(name);
                           if (refused && refused->valid_until() == end) {
                             refusal_sum_.remove(name, refused->SerializeAsString());
                             batch_->Delete(slice(name));
                           }
                           return true;
                         });
  for (const auto& [name, refused] : refused_) next = std::min(next, refused.valid_until());
  refusals_end_from_ = next;
}

View Ledger::view() const {
  auto reader = store_->reader();
  const auto head = decode_head(reader->get(key::meta("head")));
  assert(head && "the stored head does not decode");
  return View(std::move(reader), *head, tiles_);
}

AppliedAt Ledger::applied() const {
  std::lock_guard lock(status_mutex_);
  return applied_;
}

Micros Ledger::next_due() const {
  std::lock_guard lock(status_mutex_);
  return published_due_;
}

std::string Ledger::read_only_reason() const {
  std::lock_guard lock(status_mutex_);
  return read_only_reason_;
}

}  // namespace puhui::ledger
