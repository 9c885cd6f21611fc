// Cities that lose leaves, and what they and their partners do then.
#pragma once

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {

// The ledger as it is now, to be put back.
class Backup {
 public:
  explicit Backup(SovereignCity& city) : city_(city) {
    city.close();
    copy(city.folder(), folder_.file("ledger"));
    city.open();
  }
  // Leaves since are lost; answers the last checkpoint that was signed of them.
  [[nodiscard]] std::string restore() const {
    auto note = city_.signed_note(city_.tree());
    city_.close();
    std::filesystem::remove_all(city_.folder());
    copy(folder_.file("ledger"), city_.folder());
    city_.open();
    return note;
  }

 private:
  static void copy(const std::string& from, const std::string& to) {
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }
  SovereignCity& city_;
  Folder folder_;
};

inline std::uint64_t next_serial(const City& city) {
  const auto bytes = city.view().reader().get(key::next_serial());
  return bytes ? crypto::read_u64(*bytes) : 1;
}
// With the logs of epochs that began after the leaves kept: nothing here tells of them.
inline v1::Payload epoch_event(SovereignCity& at, const std::string& last_checkpoint,
                               const std::vector<v1::OwnLog>& lost = {}) {
  const auto before = at.epoch();
  const auto next =
      (before ? before->opening().epoch() : 0) + 1 + static_cast<std::uint32_t>(lost.size());
  auto payload = at.event("bureau");
  auto& action = *payload.mutable_open_epoch();
  action.set_epoch(next);
  action.set_origin(at.view().genesis()->origin() + "/" + std::to_string(next));
  action.set_log_key(at.public_key("log"));
  action.set_kept_leaves(at.head().size);
  action.set_last_checkpoint(last_checkpoint);
  action.set_first_serial(next_serial(at) + 10'000'000);
  for (const auto& log : lost) *action.add_lost() = log;
  auto& decision = *action.mutable_decision();
  decision.set_name("restored");
  decision.set_sha256(std::string(32, 'r'));
  decision.set_media_type("application/pdf");
  decision.set_size(1);
  return payload;
}
inline Answer open_epoch(SovereignCity& at, const std::string& last_checkpoint,
                         const std::vector<v1::OwnLog>& lost = {}) {
  return at.send(epoch_event(at, last_checkpoint, lost), {"bureau"});
}
// The log of the epoch that a city is in, as it is named once that epoch is lost whole.
inline v1::OwnLog own_log(const SovereignCity& city) {
  v1::OwnLog log;
  log.set_origin(city.origin());
  log.set_log_key(city.public_key("log"));
  return log;
}
// How an epoch is told to partners, which see one after the other.
struct EpochSide {
  v1::CitySide side;
  std::uint64_t kept_leaves = 0;
};
inline EpochSide epoch_side(const SovereignCity& city) {
  return {city.side(), city.epoch()->opening().kept_leaves()};
}
// One that it would begin behind so many leaves, under another name.
inline EpochSide next_epoch(const SovereignCity& city, std::uint64_t kept_leaves) {
  auto policy = city.policy();
  policy.logs.front().key.name += "/2";
  EpochSide next{city.side(), kept_leaves};
  next.side.set_policy(crypto::format_policy(policy));
  return next;
}
inline Answer renew_epoch(const SovereignCity& city, SovereignCity& at, const EpochSide& epoch) {
  const auto log = *log_at(at, city);
  v1::SideRenewal renewal;
  *renewal.mutable_side() = epoch.side;
  renewal.set_sequence(log.sequence() + 1);
  renewal.set_epoch(log.epoch() + 1);
  renewal.set_kept_leaves(epoch.kept_leaves);
  auto payload = at.event("operator");
  auto& action = *payload.mutable_renew_partner();
  action.set_renewal(renewal.SerializeAsString());
  *action.mutable_partner_signatures() = city.by_authority(kRenewalWord, action.renewal());
  return at.send(payload, {"operator"});
}

inline Answer renew_epoch(const SovereignCity& city, SovereignCity& at) {
  return renew_epoch(city, at, epoch_side(city));
}

// Moves a kilogram from this serial on per leaf, until there are so many leaves.
inline void fill_up(SovereignCity& city, std::uint64_t leaves, std::uint64_t serial) {
  ASSERT_LE(city.head().size, leaves);
  for (; city.head().size < leaves; ++serial)
    PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, {{serial, serial}}));
}

// ---- Lists ----

// A leaf of a city, after the epoch in which it came.
using LostPlace = std::pair<std::uint32_t, std::uint64_t>;

inline std::uint32_t own_epoch_of(const SovereignCity& city, std::uint64_t leaf) {
  const auto record = city.epoch();
  auto epoch = record ? record->past_size() : 0;
  while (epoch > 0 && leaf < record->past(epoch - 1).kept_leaves()) --epoch;
  return static_cast<std::uint32_t>(epoch);
}
// What a row of key::transfers_by_leaf names, without the name of the city: a transfer, or a
// retirement with the leaf that noted it.
inline v1::ListedTransfer listed(const SovereignCity& at, const City& home, std::string_view row,
                                 std::string_view noted) {
  v1::ListedTransfer listed;
  listed.set_lost_epoch(crypto::read_u32(row));
  listed.set_lost_leaf(crypto::read_u64(row.substr(4)));
  listed.set_transfer(std::string(row.substr(12)));
  if (!noted.empty()) {
    listed.set_state(v1::LISTED_RETIRED);
    listed.set_leaf(crypto::read_u64(noted));
    return listed;
  }
  const auto record = *transfer_at(at, listed.transfer());
  listed.set_state(record.state() == v1::TRANSFER_IMPORTED    ? v1::LISTED_TAKEN
                   : record.state() == v1::TRANSFER_CONCLUDED ? v1::LISTED_GONE
                   : record.state() == v1::TRANSFER_FREED     ? v1::LISTED_FREED
                                                              : v1::LISTED_NOT_TAKEN);
  const auto recorded_at = static_cast<std::uint64_t>(record.recorded_at());
  const bool is_again = record.lost_leaf() != 0;
  listed.set_leaf(is_again ? record.lost_leaf() : recorded_at);
  const auto epoch = is_again ? record.lost_epoch() : own_epoch_of(at, recorded_at);
  listed.set_leaf_epoch(epoch - std::min(epoch, agreement_at(at, home)->first_epoch()));
  return listed;
}
inline LostPlace place_of(const v1::ListedTransfer& listed) {
  return {listed.lost_epoch(), listed.lost_leaf()};
}
inline bool is_lost(const v1::PartnerLog& log, const LostPlace& place) {
  for (auto later = static_cast<int>(place.first); later < log.kept_leaves_size(); ++later)
    if (place.second >= log.kept_leaves(later)) return true;
  return false;
}
// What it knows of transfers and retirements that the other city has lost, from where it stated the
// last part up to `to`, or all the rest.
inline v1::Payload transfers_event(SovereignCity& at, const City& home,
                                   std::optional<LostPlace> to = std::nullopt) {
  const auto log = *log_at(at, home);
  const LostPlace from{log.stated_epoch(), log.stated_to()},
      end = to.value_or(LostPlace{log.epoch(), 0});
  auto payload = at.event("operator");
  auto& action = *payload.mutable_state_transfers();
  action.set_home(home.code());
  action.set_epoch(log.epoch());
  action.set_from_epoch(from.first);
  action.set_from(from.second);
  action.set_to_epoch(end.first);
  action.set_to(end.second);
  action.set_is_last(true);
  const auto prefix = key::transfers_by_leaf(home.code());
  const auto view = at.view();
  view.reader().scan(prefix, prefix, [&](std::string_view name, std::string_view noted) {
    const auto transfer = listed(at, home, name.substr(prefix.size()), noted);
    const auto place = place_of(transfer);
    if (place < from || !is_lost(log, place)) return true;
    action.set_is_last(place < end);
    if (action.is_last()) *action.add_transfers() = transfer;
    return action.is_last();
  });
  return payload;
}
inline Answer state_transfers(SovereignCity& at, const City& home,
                              std::optional<LostPlace> to = std::nullopt) {
  return at.send(transfers_event(at, home, to), {"operator"});
}

// A leaf as the city's log has it now: what anybody keeps of it, should it be lost.
inline v1::LostReceipt kept_receipt(const SovereignCity& city, std::uint64_t leaf) {
  v1::LostReceipt receipt;
  receipt.set_checkpoint(city.signed_note(city.tree()));
  *receipt.mutable_leaf() = city.proven(leaf, city.head().size);
  return receipt;
}
// What the partner was shown of a leaf that the home city lost.
inline v1::ProvenLeaf shown_of(const SovereignCity& partner, const v1::ListedTransfer& listed) {
  const bool is_retired = listed.state() == v1::LISTED_RETIRED;
  const auto told_at =
      is_retired ? listed.leaf()
                 : static_cast<std::uint64_t>(transfer_at(partner, listed.transfer())->ended_at());
  const auto told = partner.payload_at(told_at);
  if (is_retired) return told.note_retirement().statement();
  const auto* exported = answered_export(told);
  return exported != nullptr ? *exported : told.conclude_transfer().answer();
}
// The same, with the checkpoint by which it was accepted.
inline v1::LostReceipt receipt_of(const SovereignCity& partner, const City& home,
                                  const v1::ListedTransfer& listed) {
  v1::LostReceipt receipt;
  *receipt.mutable_leaf() = shown_of(partner, listed);
  const auto& leaf = receipt.leaf();
  const auto accepted = stored<v1::AcceptedCheckpoint>(
      partner, key::partner_checkpoint(home.code(), leaf.epoch(), leaf.tree_size()));
  const auto event = partner.payload_at(static_cast<std::uint64_t>(accepted->accepted_at()));
  receipt.set_checkpoint(event.accept_checkpoint().checkpoint());
  return receipt;
}

// The list that a leaf of the partner states, with these receipts.
inline v1::Payload noting_event(SovereignCity& home, const v1::ProvenLeaf& statement,
                                const std::vector<v1::LostReceipt>& receipts) {
  auto payload = home.event("operator");
  auto& action = *payload.mutable_note_transfers();
  *action.mutable_statement() = statement;
  for (const auto& receipt : receipts) *action.add_receipts() = receipt;
  return payload;
}
// Whether what is listed is known at home, or was made again there.
inline bool is_known(const City& home, const v1::ListedTransfer& listed) {
  if (listed.state() != v1::LISTED_RETIRED) return transfer_at(home, listed.transfer()).has_value();
  return home.view().reader().get(key::retired_again(listed.transfer())).has_value();
}
// A place in the list of a partner, by the epochs of the home city.
inline LostPlace own_place(LostPlace place, const v1::AgreementRecord& record) {
  return {place.first + record.first_epoch(), place.second};
}
inline LostPlace list_place(const v1::AgreementRecord& record) {
  return {record.list_epoch(), record.list_from()};
}
// The first place from which lists of others may tell of something.
inline LostPlace place_of_others(const City& home, const City& partner) {
  LostPlace first{std::numeric_limits<std::uint32_t>::max(), 0};
  const auto view = home.view();
  view.reader().scan(key::kAgreements, key::kAgreements,
                     [&](std::string_view name, std::string_view bytes) {
                       v1::AgreementRecord other;
                       other.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
                       if (other.awaits_list() && name != key::agreement(partner.code()))
                         first = std::min(first, own_place(list_place(other), other));
                       return true;
                     });
  return first;
}
// What one part of the list may make: as many as that, nothing after a retirement, and nothing that
// lists of others may tell of before; nothing new while the last one is not whole.
inline std::vector<v1::ListedTransfer> next_of_list(const City& home, const City& partner,
                                                    const v1::ProvenLeaf& statement,
                                                    std::size_t most) {
  std::vector<v1::ListedTransfer> next;
  const auto record = agreement_at(home, partner);
  if (record->has_list_part()) return next;
  const auto others = place_of_others(home, partner);
  const auto stating = read_foreign(statement.entry(), partner.code());
  for (const auto& listed : stating->payload.state_transfers().transfers()) {
    if (place_of(listed) < list_place(*record) || is_known(home, listed)) continue;
    if (own_place(place_of(listed), *record) > others) break;
    if (next.size() < most) next.push_back(listed);
    if (listed.state() == v1::LISTED_RETIRED) break;
  }
  return next;
}
// Receipts of what it lists and is not known at home, at most so many.
inline std::vector<v1::LostReceipt> receipts_for(const SovereignCity& home,
                                                 const SovereignCity& partner,
                                                 const v1::ProvenLeaf& statement,
                                                 std::size_t receipts_max = 200) {
  std::vector<v1::LostReceipt> receipts;
  for (const auto& listed : next_of_list(home, partner, statement, receipts_max))
    receipts.push_back(receipt_of(partner, home, listed));
  return receipts;
}
inline Answer note_transfers(SovereignCity& home, const SovereignCity& partner,
                             const v1::ProvenLeaf& statement, std::size_t receipts_max = 200) {
  const auto receipts = receipts_for(home, partner, statement, receipts_max);
  return home.send(noting_event(home, statement, receipts), {"operator"});
}
// The lists of all these partners, whole, once they know of the epoch; in as many parts as it
// takes.
inline void bring_lists(const std::vector<SovereignCity*>& partners, SovereignCity& home) {
  std::vector<v1::ProvenLeaf> statements;
  for (auto* partner : partners) {
    const auto stated = state_transfers(*partner, home);
    PUHUI_ACCEPTED(stated);
    statements.push_back(carry(*partner, home, stated.leaf));
  }
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (std::size_t i = 0; i < partners.size(); ++i)
      if (agreement_at(home, *partners[i])->awaits_list())
        goes_on |= note_transfers(home, *partners[i], statements[i]).decision == v1::ACCEPTED;
  }
  for (const auto* partner : partners)
    EXPECT_FALSE(agreement_at(home, *partner)->awaits_list()) << partner->code();
}
inline void bring_list(SovereignCity& partner, SovereignCity& home) {
  bring_lists({&partner}, home);
}
// All that two cities do after a restore of the first.
inline void reconcile(SovereignCity& home, SovereignCity& partner) {
  PUHUI_ACCEPTED(renew_epoch(home, partner));
  bring_list(partner, home);
}

// Two cities that recognise each other; the first one loses leaves.
struct LosingCities : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
    recognise();
  }
  // Loses what happened since the copy was made, and begins a new epoch.
  void lose_since(const Backup& backup) { PUHUI_ACCEPTED(open_epoch(a, backup.restore())); }
  // Units that are sent and taken.
  static Answer take(SovereignCity& from, SovereignCity& to, const SerialRanges& ranges) {
    const auto exported = export_units(from, to, {ranges});
    EXPECT_EQ(exported.decision, v1::ACCEPTED) << code_name(exported.code);
    const auto imported = import_units(to, carry(from, to, exported.leaf));
    EXPECT_EQ(imported.decision, v1::ACCEPTED) << code_name(imported.code);
    return exported;
  }
};

}  // namespace puhui::ledger::testing
