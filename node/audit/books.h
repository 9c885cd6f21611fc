// Everything the auditor derives from leaves: plain maps of what the words of view.proto say, in
// memory. No database, no cache; whoever changes something says under which stored key it lies, so
// that the next state root can be computed.
//
// Stored keys are 'v', a family and names or numbers in big-endian; a name inside a key ends in a
// zero byte. In the open map of state roots are the families 1 2 3 6 A B J K M N P R T U V W Z a c
// f h j l m n o x z; in the personal map are accounts of persons who have been credited ('A', 0x01,
// pseudonym), which days are closed to claims ('L'), and the claims of each slot of those ('L',
// day, slot).
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "node/audit/leaf.h"
#include "node/audit/map.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::audit {

inline constexpr Micros kMicrosPerDay = Micros{86'400} * 1'000'000;

// ---- Stored keys --------------------------------------------------------------------------------

[[nodiscard]] std::string stored(char family, std::string_view name);
[[nodiscard]] std::string stored(char family, std::uint64_t number);
[[nodiscard]] std::string stored(char family, std::string_view name, std::string_view rest);

// Days up to `to`, and the report or project they belong to.
struct Stretch {
  std::int64_t to = 0;
  std::string whose;
};
using Stretches = std::map<std::int64_t, Stretch>;  // by first day
enum class DueKind : std::uint8_t {
  rule_set = 1,
  role_window = 2,
  proposal = 3,
  bond = 4,
  retirement_case = 5,
  transfer = 6,
};
// When, what, and the stored key of the record it changes; carried out in this order.
using Due = std::tuple<Micros, DueKind, std::string>;

struct DigestHash {
  std::size_t operator()(const crypto::Digest& digest) const {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest.bytes[i];
    return value;
  }
};

// An act that was credited: by which batch, how much, and how much of that the batch's pool keeps.
struct Claim {
  std::uint64_t leaf = 0;
  std::int64_t grams = 0, pooled_g = 0;
};
using Claims = std::unordered_map<crypto::Digest, Claim, DigestHash>;  // by claim key
// A batch that credited something; what of it is reversed goes by these.
struct BehaviourBatch {
  std::string provider;
  Micros time = 0;
  std::string pool;  // account; empty where its provider has none
};

// A personal account. `trail` is a SHA-256 chain over the names of its movements: the claims of
// credits, what follows from them of reversals (records.h), and what the person confirmed.
struct Person {
  std::int64_t grams = 0;  // negative: owed
  std::uint64_t opened_at = 0, last_leaf = 0;
  std::uint32_t last_record = 0;
  crypto::Digest trail;
  bool is_self_held = false, is_erased = false;
};

struct ClosedDays {
  std::int32_t last = std::numeric_limits<std::int32_t>::min();
  std::uint32_t widest_window = 0;
};

// Where an act was credited: leaf, and record of its attachment.
using PlaceOfAct = std::pair<std::uint64_t, std::uint32_t>;
// Tags of acts credited here, with where they were; up to which leaf they were published. Those
// that the partner published, with where it credited them; up to which leaf there they are known.
struct PartnerTags {
  std::unordered_map<std::string, PlaceOfAct> own;
  std::map<PlaceOfAct, std::string> in_order;
  std::uint64_t published = 0;
  std::unordered_map<std::string, PlaceOfAct> theirs;
  std::uint64_t noted = 0;
};

// What a meter measured on a day, whether that is far from the day before it, and how many readings
// more of it there were.
struct Measured {
  std::int64_t value = 0;
  bool jumps = false;
  std::uint32_t duplicates = 0;
};

// What was traded on a day: kilograms, and cents per tonne times kilograms.
struct Traded {
  Whole kilograms = 0, turnover = 0;
};

// What a person was credited for some time.
struct Credited {
  std::int64_t grams = 0;
  std::uint32_t records = 0;
};

struct Books {
  bool is_founded = false;
  v1::Genesis genesis;
  std::string lineage;  // of this city: digest of the genesis event of its first ledger
  std::map<std::string, v1::Party> parties;
  std::map<std::string, v1::KeyRecord> keys;  // by key id
  std::map<std::uint64_t, v1::Node> nodes;
  std::map<std::uint64_t, v1::RuleSetRecord> rules;  // by leaf: in order of filing
  std::map<std::string, v1::Proposal> proposals;
  std::set<Due> due;

  std::map<std::pair<std::string, std::string>, v1::MethodologyRecord> methodologies;
  std::map<std::string, std::shared_ptr<const Line>> project_lines;    // by code
  std::map<std::string, std::shared_ptr<const Line>> behaviour_lines;  // by scenario
  std::map<std::string, v1::Project> projects;
  std::map<std::string, v1::Report> reports;
  std::map<std::string, Stretches> periods;  // of accepted reports, by meter key
  std::map<std::string, Stretches> claimed;  // crediting periods of projects, by meter key
  std::map<std::string, v1::Filing> filings;
  std::map<std::uint32_t, std::map<std::string, v1::EtsFirm>> ets_lists;  // by year, legal entity
  std::set<std::uint32_t> ets_complete;  // years whose lists were published to the last part

  std::map<std::string, v1::UnitBatch> batches;
  std::uint64_t next_serial = 1;
  std::map<std::string, v1::Account> accounts;
  std::map<std::uint64_t, v1::UnitBlock> blocks;  // by last serial
  // What may move: account, first serial → last.
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>> held;
  // What is bound: by what, first serial → last.
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>> bound;
  std::map<std::string, v1::Bond> bonds;
  std::set<std::string> trades, settlements;  // by reference, by instruction
  std::map<std::int64_t, Traded> traded;      // by day
  std::map<std::string, v1::LoanReference> loans;

  std::map<std::string, v1::Case> cases;
  // Kilograms counted against caps: purpose, year, legal entity; that of all firms is empty.
  std::map<std::tuple<std::string, std::uint32_t, std::string>, std::int64_t> capped;
  std::map<std::tuple<std::string, std::uint32_t, std::string>, std::int64_t> outside;  // of it
  std::map<std::uint64_t, v1::Retirement> retirements;                                  // by leaf
  std::map<std::string, v1::Certificate> certificates;

  // Partner cities, by code.
  std::map<std::string, v1::AgreementRecord> agreements;
  std::map<std::pair<std::string, std::uint32_t>, v1::Agreement> agreement_versions;
  std::map<std::string, v1::PartnerLog> partners;
  // Accepted, by epoch and size.
  std::map<std::tuple<std::string, std::uint32_t, std::uint64_t>, crypto::Digest> partner_roots;
  std::map<std::string, std::string> cities_of_origins, cities_of_lineages;
  std::map<std::string, v1::TransferRecord> transfers;  // by id
  // Of a partner: transfers by its leaf that tells of them, after the epoch in which that came, and
  // id; and retirements that it stated, by the leaf hash of the statement, with the leaf here that
  // noted it (0: a transfer).
  using Told = std::map<std::tuple<std::uint32_t, std::uint64_t, std::string>, std::uint64_t>;
  std::map<std::string, Told> transfers_by_leaf;
  std::set<std::string> retired_again;   // by the leaf hash of the statement that was lost
  std::optional<v1::EpochRecord> epoch;  // of this city, if it is not the first
  // Kilograms of a partner's units that were recognised in a year, and retired: partner, purpose,
  // year.
  std::map<std::pair<std::string, std::uint32_t>, std::int64_t> recognised;
  std::map<std::tuple<std::string, std::string, std::uint32_t>, std::int64_t> retired_of;
  // Of a partner, by the serials that it gave: what of its units is here, and from which serial
  // here on; what it recalled. By first serial there, up to the last; no two meet.
  struct Stretch {
    std::uint64_t last = 0, here = 0;
  };
  using Mirrored = std::map<std::uint64_t, Stretch>;
  std::map<std::string, Mirrored> mirrored;
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>> recalled_abroad;
  // Retirements here that a city was told of, by leaf.
  std::set<std::pair<std::string, std::uint64_t>> stated;
  // Recalls there, by city, epoch in which the leaf came, and leaf; of those that are noted in part
  // the serial there that is next.
  using LeafThere = std::tuple<std::string, std::uint32_t, std::uint64_t>;
  std::set<LeafThere> recalls_noted;
  std::map<LeafThere, std::uint64_t> recalls_open;
  std::map<std::pair<std::string, std::string>, v1::ForeignProject> foreign_projects;
  // Drafts of projects there that have ended: the epoch in which its leaf came, and that, by city
  // and draft.
  std::map<std::pair<std::string, std::string>, std::pair<std::uint32_t, std::uint64_t>>
      drafts_ended;

  std::map<std::string, v1::EmissionSource> sources;
  std::map<std::string, std::map<std::int64_t, v1::FactorRecord>> factors;  // by name, first day
  std::set<std::string> factor_tables;
  std::map<std::string, std::map<std::int32_t, Measured>> readings;  // by source, day
  std::map<std::string, v1::Footprint> footprints;

  std::unordered_map<std::string, Person> personal;          // by pseudonym
  std::unordered_map<std::string, std::string> holder_keys;  // of self-held accounts: encoded
  // What a person has agreed to: pseudonym, party; and until when the last signed word was good.
  struct Agreed {
    std::set<int> items;
    std::int64_t until = 0;
  };
  std::map<std::pair<std::string, std::string>, Agreed> consents;
  // Names of what was confirmed and of what was reversed, each once.
  std::unordered_set<crypto::Digest, DigestHash> moved;
  ClosedDays closed;
  std::map<std::pair<std::int32_t, std::uint32_t>, Claims> claims;      // by day and slot
  std::unordered_map<std::uint64_t, BehaviourBatch> behaviour_batches;  // by leaf
  // What was credited by day or year, pseudonym and scenario, counted where there is a cap.
  using Capped = std::map<std::tuple<std::int64_t, std::string, std::string>, Credited>;
  Capped of_day, of_year;
  // What pools were given: day, month or year, which of them, pseudonym, platform.
  std::map<std::tuple<v1::CreditPeriod, std::int64_t, std::string, std::string>, std::int64_t>
      pooled;
  // Tags of acts, by partner city.
  std::map<std::string, PartnerTags> tags;
  std::map<std::string, v1::Offer> offers;
  // How many of an offer a person has got: offer, pseudonym.
  std::map<std::pair<std::string, std::string>, std::int64_t> redeemed;
  // What custodians debited a person on a day.
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> debited;
  std::set<std::string> offer_settlements;
  std::unordered_map<std::string, crypto::Digest> identities;  // party, 0, event id → event
  v1::Totals totals;

  // Tells the map that what lies under a stored key is now this, or is gone.
  void changed(std::string key, const google::protobuf::MessageLite& value) {
    changes_[std::move(key)] = value.SerializeAsString();
  }
  void gone(std::string key) { changes_[std::move(key)] = std::nullopt; }
  // The same of the personal map; of persons it is enough to say that they changed.
  void person_changed(const std::string& pseudonym) { changed_persons_.insert(pseudonym); }
  void closed_changed();
  // Days whose claims may no longer be made at this time get their lists.
  void close_days(Micros now);
  // The roots of the maps over all that was told.
  [[nodiscard]] crypto::Digest open_root();
  [[nodiscard]] crypto::Digest personal_root();

 private:
  std::unordered_map<std::string, std::optional<std::string>> changes_, personal_changes_;
  std::unordered_set<std::string> changed_persons_;
  MapTree open_, personal_;
};

}  // namespace puhui::node::audit
