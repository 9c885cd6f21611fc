// What the simulator's cities say to one another, and how it is proved: the one place that builds
// messages between cities, from the hands of the ledger's tests.
#pragma once

#include <filesystem>
#include <memory>

#include "crypto/evidence.h"
#include "tests/ledger/epochs.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing::sim {

inline constexpr Micros kHour = 3'600 * kSecond;
// Accounts between which units move, here and abroad.
inline const std::vector<std::string> kAccounts = {"owner-main", "owner-side"};
// What all units are retired for.
inline const std::string kPurpose = "voluntary";
// Exports are sent again by impatient holders for so long.
inline constexpr Micros kValidFor = 6 * kMicrosPerDay;

inline SerialRanges ranges_of(const std::vector<std::uint64_t>& serials) {
  SerialRanges ranges;
  for (const auto serial : serials)
    if (!ranges.empty() && ranges.back().second + 1 == serial)
      ranges.back().second = serial;
    else
      ranges.emplace_back(serial, serial);
  return ranges;
}

// A city as another one knows it; as it is, to one that does not.
inline v1::CitySide known_side(const City& at, const SovereignCity& city) {
  const auto log = log_at(at, city);
  return log ? log->side() : city.side();
}

// ---- A log as it can be shown ----

// What is about of a city's log in one epoch: as it is, or as it was when its end was lost.
struct Log {
  std::uint32_t epoch = 0;
  std::string code;
  Ledger* ledger = nullptr;
  std::string note;  // the largest checkpoint of it, signed and cosigned
};

// A ledger that was lost, and can be shown still.
class Ghost {
 public:
  // Takes over the folder.
  Ghost(const std::string& folder, std::string note) : note_(std::move(note)) {
    std::filesystem::rename(folder, folder_.file("ledger"));
    auto options = city_options();
    options.folder = folder_.file("ledger");
    ledger_ = std::move(*Ledger::open(options));
  }
  [[nodiscard]] Log log(std::uint32_t epoch, const std::string& code) const {
    return {epoch, code, ledger_.get(), note_};
  }

 private:
  Folder folder_;
  std::unique_ptr<Ledger> ledger_;
  const std::string note_;
};

// Largest size of that epoch's log that was accepted there; 0 if none was.
inline std::uint64_t accepted_size(const City& at, const Log& log) {
  std::uint64_t size = 0;
  const auto prefix = key::partner_checkpoints(log.code, log.epoch);
  const auto view = at.view();
  view.reader().scan(prefix, prefix, [&](std::string_view name, std::string_view) {
    size = crypto::read_u64(name.substr(prefix.size()));
    return true;
  });
  return size;
}

inline v1::Payload checkpoint_event(const Log& log, SovereignCity& to) {
  auto payload = to.event("operator");
  auto& action = *payload.mutable_accept_checkpoint();
  action.set_partner(log.code);
  action.set_checkpoint(log.note);
  auto view = log.ledger->view();
  const auto known = stored<v1::PartnerLog>(to, key::partner(log.code));
  const auto size = view.head().size;
  if (!known || known->size() > size) return payload;
  for (const auto& hash : view.consistency_proof(known->size(), size))
    action.add_proof(std::string(hash.view()));
  return payload;
}

inline v1::ProvenLeaf proven(const Log& log, std::uint64_t leaf, std::uint64_t size) {
  auto view = log.ledger->view();
  v1::ProvenLeaf proof;
  proof.set_city(log.code);
  proof.set_entry(view.entry(leaf));
  proof.set_index(leaf);
  proof.set_tree_size(size);
  proof.set_epoch(log.epoch);
  for (const auto& hash : view.inclusion_proof(leaf, size))
    proof.add_path(std::string(hash.view()));
  return proof;
}

// ---- What was lost ----

// Whether an entry of a city's log is what a partner lists: leaves of several epochs may have had
// the same place.
inline bool tells_of(const SovereignCity& home, const SovereignCity& partner,
                     const std::string& entry, const v1::ListedTransfer& listed) {
  if (listed.state() == v1::LISTED_RETIRED)
    return crypto::leaf_hash(entry).view() == listed.transfer();
  const auto event = read_foreign(entry, home.code());
  if (!event) return false;
  if (event->payload.has_export_())
    return transfer_id(home.lineage(), event->payload).view() == listed.transfer();
  if (event->payload.has_import() != (listed.state() == v1::LISTED_GONE)) return false;
  const auto lineage = partner.lineage();
  const auto answered = answered_transfer(event->payload, {partner.code(), lineage});
  return answered && *answered == listed.transfer();
}
// A leaf as whoever keeps the whole log can show it.
inline v1::LostReceipt receipt_in(const Log& log, std::uint64_t leaf) {
  v1::LostReceipt receipt;
  receipt.set_checkpoint(log.note);
  *receipt.mutable_leaf() = proven(log, leaf, log.ledger->view().head().size);
  return receipt;
}

// An answer that was lost, and made again by a list: by the receipt of it.
inline Answer conclude_by(SovereignCity& at, const v1::ProvenLeaf& noted, std::uint32_t receipt) {
  auto payload = at.event("operator");
  auto& action = *payload.mutable_conclude_transfer();
  *action.mutable_answer() = noted;
  action.set_receipt(receipt);
  return at.send(payload, {"operator"});
}

// ---- Epochs ----

// Serials go on from far above those of what was lost.
inline Answer open(SovereignCity& at, const std::string& last_checkpoint,
                   const std::vector<v1::OwnLog>& lost, std::uint64_t first_serial) {
  auto payload = epoch_event(at, last_checkpoint, lost);
  payload.mutable_open_epoch()->set_first_serial(first_serial);
  return at.send(payload, {"bureau"});
}
// The renewal by which partners learn of a city's epoch, and of its keys, as they are now.
inline v1::SideRenewal renewal_of(const SovereignCity& city) {
  v1::SideRenewal renewal;
  *renewal.mutable_side() = city.side();
  if (const auto epoch = city.epoch()) {
    renewal.set_epoch(epoch->opening().epoch());
    renewal.set_kept_leaves(epoch->opening().kept_leaves());
  }
  return renewal;
}
inline Answer renew(const SovereignCity& city, v1::SideRenewal renewal, SovereignCity& at) {
  renewal.set_sequence(log_at(at, city)->sequence() + 1);
  auto payload = at.event("operator");
  auto& action = *payload.mutable_renew_partner();
  action.set_renewal(renewal.SerializeAsString());
  *action.mutable_partner_signatures() =
      city.by_authority(kRenewalWord, action.renewal(), known_side(at, city));
  return at.send(payload, {"operator"});
}

// ---- Forks ----

// Two trees of one size, both of which the log of that origin has signed.
inline std::string fork_of(const SovereignCity& city, const std::string& origin,
                           std::uint64_t size) {
  const auto note = [&](const std::string& tree) {
    const auto text = crypto::format_checkpoint({origin, size, crypto::sha256(tree), {}});
    return crypto::format_note({text, {*crypto::sign_note(text, origin, city.secret("log"))}});
  };
  return crypto::format_evidence({{}, {}, note("a tree"), note("another tree")});
}
inline Answer accuse(SovereignCity& at, const SovereignCity& partner, std::uint64_t size) {
  auto payload = at.event("operator");
  auto& action = *payload.mutable_accuse_partner();
  action.set_partner(partner.code());
  action.set_evidence(fork_of(partner, log_at(at, partner)->origin(), size));
  return at.send(payload, {"operator"});
}

// ---- Settlement ----

// Of what is locked there, as its export says.
inline std::string settlement_of(const SovereignCity& sender, const std::string& id) {
  const auto locked = transfer_at(sender, id);
  return testing::settlement_of(sender, static_cast<std::uint64_t>(locked->recorded_at()));
}
inline Answer settle_at_taker(SovereignCity& taker, const SovereignCity& sender,
                              const std::string& id) {
  const auto bytes = settlement_of(sender, id);
  const auto signatures = sender.by_authority(kSettlementWord, bytes, known_side(taker, sender));
  return taker.send(settling_event(taker, bytes, signatures), {"bureau"});
}

// ---- Agreements ----

struct Terms {
  std::string discount;  // of both takers
  Micros answer_within = kAnswerWithin, dispute_window = 0;
  std::int64_t quota_kg = 1'000'000;  // taken of the other's units in a year
  std::int64_t retired_max_kg = -1;   // of those, by retirement in a year; -1 = any
};
inline Answer file(SovereignCity& at, const SovereignCity& other, const v1::Agreement& agreement) {
  auto payload = at.event("bureau");
  auto& action = *payload.mutable_file_agreement();
  action.set_agreement(agreement.SerializeAsString());
  *action.mutable_partner_signatures() =
      other.by_authority(kAgreementWord, action.agreement(), known_side(at, other));
  return at.send(payload, {"bureau"});
}
inline v1::Agreement agreement_with(const SovereignCity& a, const SovereignCity& b,
                                    std::uint32_t version, const Terms& said) {
  auto agreement = agreement_between(a, b, version);
  agreement.set_answer_within(said.answer_within);
  for (auto& terms : *agreement.mutable_terms()) {
    terms.set_discount(said.discount);
    terms.set_dispute_window(said.dispute_window);
    terms.set_year_quota_kg(said.quota_kg);
    if (said.retired_max_kg < 0) continue;
    auto* cap = terms.add_purpose_caps();
    cap->set_purpose(kPurpose);
    cap->set_max_kg(said.retired_max_kg);
  }
  return agreement;
}

}  // namespace puhui::ledger::testing::sim
