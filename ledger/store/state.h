// The views while a block is being applied: what it changes, over the store.
//
// Changes of the event at hand are folded into the block's by `accept`, or forgotten by `drop`;
// nothing reaches the store before `write_to`. So a refused event changes nothing, and a block is
// one atomic write. That write may be under way while the next block is applied (store.h): its
// changes are kept until then.
// Threads: used by the applying thread only.
#pragma once

#include <google/protobuf/message_lite.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/store/changes.h"
#include "ledger/store/recent_claims.h"
#include "ledger/store/store.h"

namespace puhui::ledger {

class State {
 public:
  explicit State(const Store& store) : store_(store), claims_(store) {}

  [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
  // The same, valid until this state is asked or changed again.
  [[nodiscard]] std::optional<std::string_view> look(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return look(key).has_value(); }
  void put(std::string_view key, std::string_view value) { changes_->put(key, value); }
  void erase(std::string_view key) { changes_->put(key, std::nullopt); }

  // A stored message. A value that does not parse means the store is corrupt: the process stops.
  template <class M>
  [[nodiscard]] std::optional<M> find(std::string_view key) const {
    const auto bytes = look(key);
    if (!bytes) return std::nullopt;
    M message;
    const bool parsed = message.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()));
    assert(parsed && "a stored view does not parse");
    return parsed ? std::optional<M>(std::move(message)) : std::nullopt;
  }
  void put(std::string_view key, const google::protobuf::MessageLite& message) {
    put(key, message.SerializeAsString());
  }

  // First key at or above `key`, last key below it, of those that start with `prefix`, which must
  // name a family that changes.h keeps in order (asserted).
  [[nodiscard]] std::optional<Found> at_or_after(std::string_view prefix,
                                                 std::string_view key) const;
  [[nodiscard]] std::optional<Found> before(std::string_view prefix, std::string_view key) const;

  // Calls `visit` for the keys of a family from `from` up to `to` (not included), in order. No
  // event may be at hand (asserted), and `visit` must not change the family.
  void scan(std::string_view family, std::string_view from, std::string_view to,
            const std::function<void(std::string_view key)>& visit) const;

  // Answers what the event changed, in key order, until the next call.
  const Changes::List& accept() { return changes_->accept(); }
  // The value before the event that `accept` folded last, of a change it answered.
  [[nodiscard]] std::optional<std::string> replaced(const Changes::Change& change) const;
  void drop() { changes_->drop(); }

  // Moves the block's changes into `batch`, to be written before the next call, and remembers hot
  // values for the next blocks.
  void write_to(leveldb::WriteBatch& batch);

 private:
  // Of the block at hand, or else of the one before; or null.
  [[nodiscard]] const Changes::Change* changed(std::string_view key) const;
  // The value in the store or in what is remembered of it.
  [[nodiscard]] std::optional<std::string> stored(std::string_view key) const;
  void remember(std::string_view key, std::string_view value) const;

  const Store& store_;
  // Of the block at hand, and of the one before.
  std::unique_ptr<Changes> changes_ = std::make_unique<Changes>();
  std::unique_ptr<Changes> before_ = std::make_unique<Changes>();
  // Values as last written, for look-ups only (never iterated).
  mutable boost::unordered_flat_map<std::string, std::string, KeyHash, std::equal_to<>> hot_;
  // The last answer of `look` that is kept nowhere else.
  mutable std::optional<std::string> looked_;
  mutable RecentClaims claims_;
};

}  // namespace puhui::ledger
