// Lists of what was lost: what a partner states, and what a restored city takes of it.
#include <gtest/gtest.h>

#include "tests/ledger/epochs.h"
#include "tests/ledger/lying_log.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// ---- What is stated ----

struct Lists : LosingCities {
  // Three transfers there, all of them lost here; answers their exports.
  std::vector<Answer> lose_three() {
    const Backup backup(a);
    std::vector<Answer> exported;
    for (const auto& range : SerialRanges{{1, 10}, {11, 20}, {21, 30}})
      exported.push_back(take(a, b, {range}));
    lose_since(backup);
    EXPECT_EQ(renew_epoch(a, b).decision, v1::ACCEPTED);
    return exported;
  }
  template <class Change>
  Answer state_with(Change change) {
    auto payload = transfers_event(b, a);
    change(*payload.mutable_state_transfers());
    return b.send(payload, {"operator"});
  }
  [[nodiscard]] std::uint64_t list_from() const { return agreement_at(a, b)->list_from(); }
  [[nodiscard]] bool is_awaited() const { return agreement_at(a, b)->awaits_list(); }
};

TEST_F(Lists, StateAllThatWasAnsweredSinceTheFewestLeavesKept) {
  using List = v1::StateTransfers;
  PUHUI_REFUSED(state_transfers(b, a), EPOCH_INVALID);  // of no epoch
  lose_three();
  PUHUI_REFUSED(state_with([](List& l) { l.set_home("JINGZHOU"); }), AGREEMENT_UNKNOWN);
  PUHUI_REFUSED(state_with([](List& l) { l.set_epoch(0); }), EPOCH_INVALID);
  PUHUI_REFUSED(state_with([](List& l) { l.set_epoch(2); }), EPOCH_INVALID);
  PUHUI_REFUSED(state_with([](List& l) { l.clear_transfers(); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { l.mutable_transfers()->RemoveLast(); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { *l.add_transfers() = l.transfers(2); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { l.mutable_transfers()->SwapElements(0, 1); }),
                RUN_DIFFERS);
  const auto first = [this](auto change) {
    return state_with([&](List& l) { change(*l.mutable_transfers(0)); });
  };
  using Listed = v1::ListedTransfer;
  PUHUI_REFUSED(first([](Listed& l) { l.set_state(v1::LISTED_NOT_TAKEN); }), RUN_DIFFERS);
  PUHUI_REFUSED(first([](Listed& l) { l.set_lost_leaf(l.lost_leaf() + 1); }), RUN_DIFFERS);
  PUHUI_REFUSED(first([](Listed& l) { l.set_leaf(l.leaf() + 1); }), RUN_DIFFERS);
  PUHUI_REFUSED(first([](Listed& l) { l.set_lost_epoch(1); }), RUN_DIFFERS);
  PUHUI_REFUSED(first([](Listed& l) { l.set_leaf_epoch(1); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { l.set_is_last(false); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { l.set_from(l.from() + 1); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { l.set_from_epoch(1); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { l.set_to_epoch(0); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) { l.set_to(1); }), RUN_DIFFERS);
  PUHUI_REFUSED(state_with([](List& l) {
                  while (l.transfers_size() <= 200) *l.add_transfers() = l.transfers(0);
                }),
                TOO_LARGE);
  bring_list(b, a);
  EXPECT_EQ(log_at(b, a)->stated_epoch(), 1u);
  EXPECT_EQ(log_at(b, a)->stated_to(), 0u);
  PUHUI_REFUSED(state_transfers(b, a), RUN_DIFFERS);  // nothing is left
}

TEST_F(Lists, MayBeStatedInParts) {
  const auto exported = lose_three();
  PUHUI_REFUSED(state_with([&](v1::StateTransfers& l) {
                  l.set_to_epoch(0);
                  l.set_to(exported[1].leaf);
                  l.mutable_transfers()->DeleteSubrange(1, 2);
                }),
                RUN_DIFFERS);  // as if it were the last part
  const auto first = state_transfers(b, a, LostPlace{0, exported[1].leaf});
  PUHUI_ACCEPTED(first);
  const auto second = state_transfers(b, a);
  PUHUI_ACCEPTED(second);
  const auto first_part = carry(b, a, first.leaf), second_part = carry(b, a, second.leaf);
  PUHUI_REFUSED(note_transfers(a, b, second_part), RUN_DIFFERS);
  PUHUI_ACCEPTED(note_transfers(a, b, first_part));
  EXPECT_EQ(list_from(), exported[1].leaf);
  EXPECT_TRUE(is_awaited());
  PUHUI_REFUSED(note_transfers(a, b, first_part), RUN_DIFFERS);
  PUHUI_ACCEPTED(note_transfers(a, b, second_part));
  EXPECT_FALSE(is_awaited());
  PUHUI_REFUSED(note_transfers(a, b, second_part), RUN_DIFFERS);
  EXPECT_EQ(held_text(a, "owner-main"), "31-100");
}

TEST_F(Lists, MayBeNotedInParts) {
  const auto exported = lose_three();
  const auto proof = carry(b, a, state_transfers(b, a).leaf);
  PUHUI_ACCEPTED(note_transfers(a, b, proof, 1));
  EXPECT_EQ(held_text(a, "owner-main"), "11-100");
  EXPECT_EQ(list_from(), exported[1].leaf);
  EXPECT_TRUE(is_awaited());
  PUHUI_REFUSED(retire(a, "owner-main", {{11, 11}}), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(note_transfers(a, b, proof, 0), RUN_DIFFERS);  // some are still to be proved
  PUHUI_ACCEPTED(note_transfers(a, b, proof, 2));
  EXPECT_FALSE(is_awaited());
  EXPECT_EQ(held_text(a, "owner-main"), "31-100");
}

TEST_F(Lists, NeedNoReceiptsOfWhatIsKnown) {
  {
    const Backup backup(a);
    take(a, b, {{1, 10}});
    lose_since(backup);
    reconcile(a, b);
  }
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{11, 20}}));
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = state_transfers(b, a);
  PUHUI_ACCEPTED(stated);
  EXPECT_EQ(b.payload_at(stated.leaf).state_transfers().transfers_size(), 1);
  PUHUI_ACCEPTED(a.send(noting_event(a, carry(b, a, stated.leaf), {}), {"operator"}));
  EXPECT_FALSE(is_awaited());
}

TEST_F(Lists, MayBeEmpty) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{11, 20}}));
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto part = state_transfers(b, a, LostPlace{0, 5});
  PUHUI_ACCEPTED(part);
  PUHUI_ACCEPTED(a.send(noting_event(a, carry(b, a, part.leaf), {}), {"operator"}));
  EXPECT_FALSE(is_awaited());
}

TEST_F(Lists, AreOfNothingElse) {
  PUHUI_REFUSED(a.send(noting_event(a, carry(b, a, 3), {}), {"operator"}), LEAF_UNEXPECTED);
  lose_three();
  const auto stated = state_transfers(b, a);
  PUHUI_REFUSED(a.send(noting_event(a, carry(b, a, 3), {}), {"operator"}), LEAF_UNEXPECTED);
  auto doctored = carry(b, a, stated.leaf);
  doctored.mutable_entry()->back() ^= 1;
  PUHUI_REFUSED(a.send(noting_event(a, doctored, {}), {"operator"}), PROOF_INVALID);
  doctored = carry(b, a, stated.leaf);
  doctored.set_tree_size(doctored.tree_size() + 1);
  PUHUI_REFUSED(a.send(noting_event(a, doctored, {}), {"operator"}), CHECKPOINT_NOT_ACCEPTED);
  PUHUI_ACCEPTED(note_transfers(a, b, carry(b, a, stated.leaf)));
}

// ---- What is taken of them ----

// A partner that lists what it likes, for a city that has lost its leaves from `kept` on.
struct LyingLists : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    agree(a, b, agreement_between(a, b));
    before = a.origin();
    const Backup backup(a);
    PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{91, 100}}));
    PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
    kept = a.epoch()->opening().kept_leaves();
  }
  // What it lists is in no ledger of its own.
  void TearDown() override {
    EXPECT_EQ(drift_of(a.view(), unit_accounts()), "");
    EXPECT_EQ(a.ledger().read_only_reason(), "");
  }
  [[nodiscard]] static std::string entry_of(const SovereignCity& city, const v1::Payload& payload) {
    return encode_entry(kNoon, EntryKind::event, city.sealed(payload, {"operator"}).envelope);
  }
  // A leaf as a log has it of which nothing else is known.
  [[nodiscard]] static v1::ProvenLeaf shown(const City& city, const std::string& entry,
                                            std::uint64_t index) {
    v1::ProvenLeaf leaf;
    leaf.set_city(city.code());
    leaf.set_entry(entry);
    leaf.set_index(index);
    leaf.set_tree_size(index + 1);
    const auto leaves = leaves_of(entry, index);
    const auto nodes = [&leaves](unsigned level, std::uint64_t at) {
      return crypto::root_of(std::span(leaves).subspan(at << level, std::size_t{1} << level));
    };
    for (const auto& hash : crypto::inclusion_proof(index, index + 1, nodes))
      leaf.add_path(std::string(hash.view()));
    return leaf;
  }
  static std::vector<crypto::Digest> leaves_of(const std::string& entry, std::uint64_t index) {
    std::vector<crypto::Digest> leaves(index, crypto::leaf_hash("kept"));
    leaves.push_back(crypto::leaf_hash(entry));
    return leaves;
  }
  // A checkpoint whose last leaf is this entry.
  [[nodiscard]] std::string note(const std::string& entry, std::uint64_t index,
                                 const std::string& origin, const crypto::SecretKey& key) const {
    const auto root = crypto::root_of(leaves_of(entry, index));
    const auto text = crypto::format_checkpoint({origin, index + 1, root, {}});
    return crypto::format_note({text, {*crypto::sign_note(text, origin, key)}});
  }
  [[nodiscard]] v1::LostReceipt lost(const std::string& entry, std::uint64_t index) const {
    v1::LostReceipt receipt;
    *receipt.mutable_leaf() = shown(a, entry, index);
    receipt.set_checkpoint(note(entry, index, before, a.secret("log")));
    return receipt;
  }
  [[nodiscard]] v1::LostReceipt lost(const v1::Payload& payload) const {
    return lost(entry_of(a, payload), lost_at());
  }
  [[nodiscard]] std::uint64_t lost_at() const { return kept + 3; }

  // ---- What one tells of ----
  [[nodiscard]] v1::Payload export_of(SovereignCity& from, const City& to) const {
    auto payload = from.event("owner");
    auto& action = *payload.mutable_export_();
    action.set_partner(to.code());
    action.set_from("owner-main");
    action.set_to("owner-main");
    action.set_agreement_version(1);
    action.set_answer_within(kAnswerWithin);
    *action.mutable_runs() = a.runs({{1, 10}});
    return payload;
  }
  [[nodiscard]] static std::string id(const SovereignCity& sender, const v1::Payload& exported) {
    return std::string(transfer_id(sender.lineage(), exported).view());
  }
  // That units came from the partner by this export.
  v1::Payload import_of(const v1::Payload& exported) {
    auto payload = a.event("operator");
    *payload.mutable_import()->mutable_export_() = shown(b, entry_of(b, exported), 7);
    return payload;
  }
  v1::Payload void_of(const v1::Payload& exported) {
    auto payload = a.event("operator");
    *payload.mutable_void_import()->mutable_export_() = shown(b, entry_of(b, exported), 7);
    return payload;
  }

  // ---- Noting ----
  // A list of one transfer; its lost leaf is `lost_at`.
  Answer note_listed(v1::ListedAs state, const std::string& transfer,
                     const std::vector<v1::LostReceipt>& receipts) {
    auto statement = b.event("operator");
    auto& list = *statement.mutable_state_transfers();
    list.set_home(a.code());
    list.set_epoch(1);
    list.set_to_epoch(1);
    list.set_is_last(true);
    auto& listed = *list.add_transfers();
    listed.set_transfer(transfer);
    listed.set_state(state);
    listed.set_lost_leaf(lost_at());
    listed.set_leaf(4);
    return a.send(noting_event(a, log.show(a, statement), receipts), {"operator"});
  }
  Answer note_listed(v1::ListedAs state, const std::string& transfer,
                     const v1::LostReceipt& receipt) {
    return note_listed(state, transfer, std::vector{receipt});
  }

  LyingLog log{b};
  std::string before;  // origin of the log that lost them
  std::uint64_t kept = 0;
};

TEST_F(LyingLists, NeedAReceiptOfTheLogOfBefore) {
  const auto exported = export_of(a, b);
  const auto transfer = id(a, exported);
  const auto entry = entry_of(a, exported);
  const auto good = lost(entry, lost_at());
  const auto with = [&](auto change) {
    auto receipt = good;
    change(receipt);
    return note_listed(v1::LISTED_TAKEN, transfer, receipt);
  };
  using Receipt = v1::LostReceipt;
  const auto signed_by = [&](const std::string& origin, const crypto::SecretKey& key) {
    return with([&](Receipt& r) { r.set_checkpoint(note(entry, lost_at(), origin, key)); });
  };
  PUHUI_REFUSED(with([](Receipt& r) { r.clear_checkpoint(); }), PROOF_INVALID);
  PUHUI_REFUSED(with([](Receipt& r) { r.set_checkpoint("no note"); }), PROOF_INVALID);
  PUHUI_REFUSED(signed_by(before, a.secret("node1")), PROOF_INVALID);
  PUHUI_REFUSED(signed_by(before, b.secret("log")), PROOF_INVALID);
  PUHUI_REFUSED(signed_by(a.origin(), a.secret("log")), PROOF_INVALID);  // the log that goes on
  PUHUI_REFUSED(signed_by(b.origin(), b.secret("log")), PROOF_INVALID);
  PUHUI_REFUSED(signed_by(before + "/9", a.secret("log")), PROOF_INVALID);
  // Another root: under the signature of this one, or signed as it is.
  const auto other = note("another entry", lost_at(), before, a.secret("log"));
  const auto right = good.checkpoint();
  const auto cut = right.find("\n\n");
  PUHUI_REFUSED(with([&](Receipt& r) {
                  r.set_checkpoint(other.substr(0, other.find("\n\n")) + right.substr(cut));
                }),
                PROOF_INVALID);
  PUHUI_REFUSED(with([&](Receipt& r) { r.set_checkpoint(other); }), PROOF_INVALID);
  // Another leaf, or another way to it.
  PUHUI_REFUSED(with([](Receipt& r) { r.clear_leaf(); }), LEAF_UNEXPECTED);
  PUHUI_REFUSED(with([](Receipt& r) { (*r.mutable_leaf()->mutable_path(0))[0] ^= 1; }),
                PROOF_INVALID);
  PUHUI_REFUSED(with([](Receipt& r) { r.mutable_leaf()->mutable_path()->RemoveLast(); }),
                PROOF_INVALID);
  PUHUI_REFUSED(with([](Receipt& r) { r.mutable_leaf()->add_path("short"); }), PROOF_INVALID);
  PUHUI_REFUSED(with([](Receipt& r) { r.mutable_leaf()->set_index(0); }), PROOF_INVALID);
  PUHUI_REFUSED(with([](Receipt& r) { r.mutable_leaf()->set_tree_size(9); }), LEAF_UNEXPECTED);
  PUHUI_REFUSED(with([&](Receipt& r) { r.mutable_leaf()->set_city(b.code()); }), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_listed(v1::LISTED_TAKEN, transfer, lost(entry, lost_at() + 1)),
                LEAF_UNEXPECTED);
  // None, which is said once and changes nothing; and one too many.
  PUHUI_ACCEPTED(note_listed(v1::LISTED_TAKEN, transfer, std::vector<Receipt>()));
  PUHUI_REFUSED(note_listed(v1::LISTED_TAKEN, transfer, std::vector<Receipt>()), RUN_DIFFERS);
  PUHUI_REFUSED(note_listed(v1::LISTED_TAKEN, transfer, {good, good}), RUN_DIFFERS);
  EXPECT_FALSE(transfer_at(a, transfer));
  PUHUI_ACCEPTED(note_listed(v1::LISTED_TAKEN, transfer, good));
  EXPECT_EQ(a.held("owner-main"), 90);
}

TEST_F(LyingLists, AreBorneOutByAnExportThatWasSentThere) {
  const auto exported = export_of(a, b);
  const auto transfer = id(a, exported);
  const auto taken = [&](const v1::LostReceipt& receipt) {
    return note_listed(v1::LISTED_TAKEN, transfer, receipt);
  };
  PUHUI_REFUSED(taken(lost(encode_entry(kNoon, EntryKind::tick, ""), lost_at())), LEAF_UNEXPECTED);
  PUHUI_REFUSED(taken(lost("no entry", lost_at())), LEAF_UNEXPECTED);
  PUHUI_REFUSED(taken(lost(entry_of(b, export_of(b, a)), lost_at())), LEAF_UNEXPECTED);
  PUHUI_REFUSED(taken(lost(export_of(a, b))), LEAF_UNEXPECTED);  // another event
  PUHUI_REFUSED(taken(lost(import_of(export_of(b, a)))), LEAF_UNEXPECTED);
  PUHUI_REFUSED(taken(lost(a.event("owner"))), LEAF_UNEXPECTED);
  const auto listed_by_itself = [&](auto change) {
    auto other = export_of(a, b);
    change(*other.mutable_export_());
    return note_listed(v1::LISTED_NOT_TAKEN, id(a, other), lost(other));
  };
  PUHUI_REFUSED(listed_by_itself([](v1::Export& e) { e.set_partner("JINGZHOU"); }),
                LEAF_UNEXPECTED);
  PUHUI_REFUSED(listed_by_itself([&](v1::Export& e) { e.set_partner(a.code()); }), LEAF_UNEXPECTED);
  PUHUI_REFUSED(listed_by_itself([](v1::Export& e) { e.clear_runs(); }), LEAF_UNEXPECTED);
  PUHUI_REFUSED(listed_by_itself([](v1::Export& e) { e.mutable_runs(0)->set_end(0); }),
                LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_listed(v1::LISTED_TAKEN, id(b, exported), lost(exported)), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(listed_by_itself([](v1::Export&) {}));
  EXPECT_EQ(a.held("owner-main"), 100);
}

TEST_F(LyingLists, AreBorneOutByAnAnswerThatWasGiven) {
  const auto exported = export_of(b, a);
  const auto transfer = id(b, exported);
  const auto gone = [&](const v1::Payload& told) {
    return note_listed(v1::LISTED_GONE, transfer, lost(told));
  };
  const auto freed = [&](const v1::Payload& told) {
    return note_listed(v1::LISTED_FREED, transfer, lost(told));
  };
  PUHUI_REFUSED(gone(void_of(exported)), LEAF_UNEXPECTED);
  PUHUI_REFUSED(freed(import_of(exported)), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_listed(v1::LISTED_UNSPECIFIED, transfer, lost(import_of(exported))),
                LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_listed(v1::LISTED_TAKEN, transfer, lost(import_of(exported))),
                LEAF_UNEXPECTED);
  PUHUI_REFUSED(gone(import_of(export_of(b, a))), LEAF_UNEXPECTED);  // to another export
  PUHUI_REFUSED(gone(exported), LEAF_UNEXPECTED);
  auto of_another_city = import_of(exported);
  *of_another_city.mutable_import()->mutable_export_() = shown(b, entry_of(a, export_of(a, b)), 7);
  PUHUI_REFUSED(gone(of_another_city), LEAF_UNEXPECTED);
  auto to_another_city = export_of(b, a);
  to_another_city.mutable_export_()->set_partner("JINGZHOU");
  PUHUI_REFUSED(
      note_listed(v1::LISTED_GONE, id(b, to_another_city), lost(import_of(to_another_city))),
      LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(freed(void_of(exported)));
  EXPECT_EQ(transfer_state(a, transfer), v1::TRANSFER_VOID);
}

TEST_F(LyingLists, AreBorneOutByASettlementOfThatTransfer) {
  const auto exported = export_of(b, a);
  const auto transfer = id(b, exported);
  const auto settled = [&](const std::string& settlement) {
    return lost(settling_event(a, settlement, {}));
  };
  const auto good = settled(settlement_of(exported));
  PUHUI_REFUSED(note_listed(v1::LISTED_GONE, transfer, good), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_listed(v1::LISTED_TAKEN, transfer, good), LEAF_UNEXPECTED);
  const auto freed = [&](const v1::LostReceipt& receipt) {
    return note_listed(v1::LISTED_FREED, transfer, receipt);
  };
  PUHUI_REFUSED(freed(settled(settlement_of_none(b))), LEAF_UNEXPECTED);
  auto of_this_city = exported;
  of_this_city.set_city(a.code());
  PUHUI_REFUSED(freed(settled(settlement_of(of_this_city))), LEAF_UNEXPECTED);
  PUHUI_REFUSED(freed(settled("no settlement")), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(freed(good));
  EXPECT_EQ(transfer_state(a, transfer), v1::TRANSFER_VOID);
  EXPECT_EQ(transfer_at(a, transfer)->city(), b.code());
}

}  // namespace
}  // namespace puhui::ledger::testing
