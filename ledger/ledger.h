// The ledger: open, check, apply, view.
//
//   check   any thread, ahead of time: bytes, bounds, signatures. Knows no rule.
//   apply   one thread, in the agreed order: a pure fold of blocks into leaves and views. The same
//           leaves give the same bytes on every replica: no clock, no randomness, no float.
//   follow  instead of apply: the leaves another ledger of this city appended.
//   view    any thread: a consistent reading of one moment.
//
// What apply decides for an event, in this order (design of identity and idempotency):
//   1. `check` finds fault with its bytes, or it belongs to another city
//                                                                    error, nothing recorded
//   2. its id is known with the same bytes and was accepted          the first answer again
//      its id is known with other bytes                              error event.conflict
//   3. valid_until has passed, or lies too far ahead                 error
//   4. its id is known with the same bytes and was refused           the refusal again
//   5. a signature is unknown, revoked, invalid; the acting party's or a required one is missing
//                                                                    error, the id stays free
//   6. a rule refuses                                                refusal, kept until
//   valid_until
//   7. otherwise                                                     a leaf, for ever
// Only 7 changes views. Bytes are the SHA-256 of PAE(type, payload); signatures are not part of
// them.
//
// What falls due by the time of a leaf is carried out before it (rules/due.h). A block without
// items appends a tick if something is due at its stamp, and else nothing. Every K-th leaf
// (genesis.state_root_interval; leaves K-1, 2K-1, …) is a state root that apply appends itself.
// Conservation is checked after every leaf; when it fails, nothing of the block is written and the
// ledger stays readable but applies no more.
//
// Durability: one atomic write per block, not synced; `sync` makes all of it durable. After a power
// cut a prefix of the blocks is there (store.h), and `applied` says which to apply again. Where the
// store may write beside (StoreOptions), a large block is written while the next one is applied.
//
// Threads: `apply`, `follow`, `pass` belong to one thread; all else may be called from any thread
// at any time. A view shows every block whose answers were given, and waits for no more than the
// block being written.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/event.h"
#include "ledger/rules/context.h"
#include "ledger/rules/filing/programs.h"
#include "ledger/store/refusals.h"
#include "ledger/store/state.h"
#include "ledger/store/state_roots.h"
#include "ledger/store/store.h"
#include "ledger/store/tree.h"
#include "ledger/views/view.h"
#include "puhui/v1/api.pb.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

// Where consensus stood when a block was applied; opaque here.
struct AppliedAt {
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  bool operator==(const AppliedAt&) const = default;
};

// As stored: u64-BE index ‖ u64-BE term ‖ u64-BE leaves the ledger had then.
[[nodiscard]] std::string encode_applied(const AppliedAt& at, std::uint64_t size);
// CORRUPT unless the bytes are of a ledger with `size` leaves.
[[nodiscard]] Result<AppliedAt> decode_applied(std::string_view stored, std::uint64_t size);

// What became of one event.
struct Answer {
  v1::Decision decision = v1::FAILED;
  ErrorCode code = ErrorCode::OK;
  std::string detail;      // of FAILED
  v1::Outcome outcome;     // of ACCEPTED and REFUSED
  std::uint64_t leaf = 0;  // of ACCEPTED
  Micros time = 0;         // of its entry
};

// The result of `check`, shared between the threads that wait for it.
using Checked = std::shared_ptr<const Result<CheckedEvent>>;

class Ledger {
 public:
  // Errors of Store::open; CORRUPT if the stored parts do not belong together (the tree's root is
  // computed anew and compared).
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(const StoreOptions& options);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  [[nodiscard]] Checked check(const BlockItem& item,
                              Attachments attachments = Attachments::needed) const;

  // Applies a block. `checked` holds one result per item, each of exactly that item's bytes; a null
  // one is made here. Answers one per item. READ_ONLY once conservation has failed.
  [[nodiscard]] Result<std::vector<Answer>> apply(const Block& block,
                                                  const std::vector<Checked>& checked,
                                                  AppliedAt at);

  // Appends leaves that another ledger of this city appended, without deciding anything: each must
  // be exactly what this one would append itself at that time, or CORRUPT names the leaf that is
  // not, nothing of the call is written, and the ledger only reads from then on. `checked` holds
  // `check_leaf` of each, or is empty.
  // A behaviour batch without its attachment is followed all the same, but credits nobody: from
  // then on (`View::gap`) personal balances, claims and totals of credits are unknown here, and
  // state roots are taken as they come.
  struct Leaf {
    std::string_view entry;
    std::optional<std::string_view> attachment;
  };
  [[nodiscard]] Result<void> follow(std::span<const Leaf> leaves,
                                    const std::vector<Checked>& checked = {});
  // Of an event what `check` answers, ahead of time and on any thread; null of other leaves.
  [[nodiscard]] Checked check_leaf(const Leaf& leaf) const;

  // Consensus passed a position without a block for the ledger.
  void pass(AppliedAt at);

  // From now on this ledger only reads, because of `why`. From any thread.
  void halt(const std::string& why);

  [[nodiscard]] View view() const;
  void sync() { store_->sync(); }

  [[nodiscard]] AppliedAt applied() const;
  // When something falls due next; kTimeMax when nothing waits.
  [[nodiscard]] Micros next_due() const;
  // Why nothing is applied any more; empty while all is well.
  [[nodiscard]] std::string read_only_reason() const;

 private:
  explicit Ledger(std::unique_ptr<Store> store);
  Result<void> load();
  void reload_rules();
  [[nodiscard]] std::optional<crypto::PublicKey> known_key(const crypto::Digest& key_id) const;

  // One event, from "known?" to leaf. See the list above.
  Answer apply_event(const BlockItem& item, const Result<CheckedEvent>& checked, Micros stamp);
  std::optional<Answer> known_outcome(const CheckedEvent& event, const std::string& accepted_key,
                                      Micros now) const;
  Answer decide_event(const BlockItem& item, const CheckedEvent& event, Micros now);
  // The parties that signed, with how many of their keys in force, or the error.
  Result<std::map<std::string, std::uint32_t>> signers(const CheckedEvent& event) const;
  Ruling decide_genesis(Context& context);
  Answer refuse_event(const Context& context, const Refusal& refusal);
  Answer accept_event(const BlockItem& item, Context& context);
  void tick(Micros stamp);
  void append_leaf(Micros time, EntryKind kind, std::string_view body);
  void accept_changes();
  void append_state_root();
  // What the views say when a state root is due, after closing days by the time of the last leaf.
  [[nodiscard]] StateRoot state_root();
  Result<void> follow_leaf(const Leaf& leaf, const Checked& checked);
  Result<void> follow_event(const Leaf& leaf, const Entry& entry, const Checked& checked);
  Result<void> follow_state_root(const Entry& entry);
  [[nodiscard]] bool state_root_is_next() const;
  // The refusal kept for this identity at `now`, whatever its bytes.
  std::optional<v1::RefusedOutcome> kept_refusal(const v1::Payload& payload, Micros now) const;
  std::optional<v1::RefusedOutcome> refusal_at(const std::string& name) const;
  void drop_expired();
  // The rule set in force; or else the last one that was, or the last one filed.
  const v1::RuleSet& rules_at(Micros now, bool& in_force) const;
  void publish(AppliedAt at);

  std::unique_ptr<Store> store_;
  // What the block at hand writes; empty between blocks, kept for its memory.
  std::unique_ptr<leveldb::WriteBatch> batch_;
  std::unique_ptr<State> state_;
  std::unique_ptr<StateRoots> roots_;
  std::unique_ptr<Tree> tree_;
  const std::shared_ptr<TileCache> tiles_ = std::make_shared<TileCache>();
  Programs programs_;
  v1::Genesis genesis_;
  std::vector<v1::RuleSet> rules_;  // in order of filing
  v1::Totals totals_;
  Micros time_ = 0;
  Micros next_due_ = kTimeMax;
  // Refusals of the block at hand, by their key.
  std::map<std::string, v1::RefusedOutcome> refused_;
  bool refusals_changed_ = false;  // by the block at hand
  // Whether leaves come from elsewhere, state roots included; and the first without attachment.
  bool follows_ = false;
  std::optional<std::uint64_t> gap_;
  // No refusal in the store ends before this; saves a search in every block.
  Micros refusals_end_from_ = 0;
  RefusalSum refusal_sum_;

  mutable std::mutex status_mutex_;
  AppliedAt applied_;
  Micros published_due_ = kTimeMax;
  std::string read_only_reason_;

  mutable std::shared_mutex keys_mutex_;
  mutable std::unordered_map<std::string, crypto::PublicKey> keys_;  // look-ups only
};

}  // namespace puhui::ledger
