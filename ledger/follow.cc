// Ledger::follow: leaves that another ledger of this city appended.
#include <cassert>

#include "ledger/conservation.h"
#include "ledger/ledger.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

BlockItem item_of(const Ledger::Leaf& leaf, const Entry& entry) {
  BlockItem item{entry.body, {}};
  if (leaf.attachment) item.attachments.push_back(*leaf.attachment);
  return item;
}

tl::unexpected<Error> differs(std::string what) {
  return fail(ErrorCode::CORRUPT, std::move(what));
}

}  // namespace

Checked Ledger::check_leaf(const Leaf& leaf) const {
  const auto entry = decode_entry(leaf.entry);
  if (!entry || entry->kind != EntryKind::event) return nullptr;
  return check(item_of(leaf, *entry), Attachments::optional);
}

Result<void> Ledger::follow(std::span<const Leaf> leaves, const std::vector<Checked>& checked) {
  assert(checked.empty() || checked.size() == leaves.size());
  if (const auto reason = read_only_reason(); !reason.empty())
    return fail(ErrorCode::READ_ONLY, reason);
  follows_ = true;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const auto position = tree_->size();
    const bool is_checked = !checked.empty() && checked[i];
    auto followed = follow_leaf(leaves[i], is_checked ? checked[i] : check_leaf(leaves[i]));
    if (followed && tree_->size() == position + 1) continue;
    const auto why =
        "leaf " + std::to_string(position) + ": " +
        (followed ? "it does not follow from the leaves before" : describe(followed.error()));
    halt(why);
    return fail(ErrorCode::CORRUPT, why);
  }
  publish({tree_->size(), 0});
  return {};
}

Result<void> Ledger::follow_leaf(const Leaf& leaf, const Checked& checked) {
  const auto entry = decode_entry(leaf.entry);
  if (!entry) return tl::make_unexpected(entry.error());
  if (entry->time <= time_ && tree_->size() > 0) return differs("its time is not after the last");
  const bool is_first = tree_->size() == 0;
  const bool is_root = entry->kind == EntryKind::state_root;
  if (!is_first && is_root != state_root_is_next())
    return differs(is_root ? "no state root is due" : "a state root is due");
  if (is_root) return follow_state_root(*entry);
  if (entry->kind == EntryKind::event) return follow_event(leaf, *entry, checked);
  tick(entry->time);
  return {};
}

Result<void> Ledger::follow_event(const Leaf& leaf, const Entry& entry, const Checked& checked) {
  const auto position = tree_->size();
  const auto answer = apply_event(item_of(leaf, entry), *checked, entry.time);
  if (answer.decision == v1::FAILED) return fail(answer.code, answer.detail);
  if (answer.decision == v1::REFUSED)
    return fail(answer.code, answer.outcome.rule() + ": the rules refuse it");
  if (answer.leaf != position)
    return fail(ErrorCode::EVENT_CONFLICT, "it stands in the log already");
  if ((*checked)->records_missing && !gap_) gap_ = position;
  if (const auto wrong = imbalance_of(totals_); !wrong.empty())
    return differs("conservation fails: " + wrong);
  return {};
}

Result<void> Ledger::follow_state_root(const Entry& entry) {
  if (entry.time != time_ + 1) return differs("a state root comes right after the leaf before");
  const auto own = state_root();
  if (!gap_ && entry.body != encode_state_root(own)) {
    const auto theirs = decode_state_root(entry.body);
    return differs(theirs ? difference(own, *theirs) : describe(theirs.error()));
  }
  append_leaf(entry.time, EntryKind::state_root, entry.body);
  return {};
}

}  // namespace puhui::ledger
