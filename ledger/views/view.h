// A consistent reading of the ledger at one moment: views, entries, tiles, proofs.
//
// A View is pinned to the state after some block; what it answers never changes. It is cheap to
// make; keep it for one request. Threads: one View belongs to one thread at a time; any number of
// Views may be used at once, also while blocks are being applied.
// "Nothing stored" is an empty optional; damaged storage stops the process (store.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/tiles.h"
#include "ledger/entry.h"
#include "ledger/store/store.h"
#include "ledger/store/tile_nodes.h"
#include "puhui/v1/api.pb.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

struct Head {
  std::uint64_t size = 0;  // leaves
  crypto::Digest root;     // of the tree
  Micros time = 0;         // of the last leaf
  crypto::Digest digest;   // over the chains of all view families (state_root.h)
};

// As stored: u64-BE size ‖ u64-BE time ‖ root[32] ‖ digest[32].
[[nodiscard]] std::string encode_head(const Head& head);
// CORRUPT for other bytes; the head of a ledger without genesis when nothing is stored.
[[nodiscard]] Result<Head> decode_head(const std::optional<std::string>& stored);

// Part of a list: what comes after `after` (the `next` of the part before, empty for the first).
struct Page {
  std::string after;
  std::size_t limit = 100;
};
inline constexpr std::size_t kPageLimitMax = 1000;
inline constexpr std::size_t kHistoryPageMax = 100;

// A claim that may have been made or not.
struct ClaimAsked {
  std::int32_t day = 0;  // since 1970-01-01
  std::uint32_t slot = 0;
  crypto::Digest claim;
};

// Which transfers between cities; what is not set does not matter.
struct TransferFilter {
  v1::TransferState state = v1::TRANSFER_STATE_UNSPECIFIED;
  std::string partner;
};

// Prefixes of area codes, in the order in which they go first.
using Areas = std::vector<std::string>;

// A leaf as it is stored.
struct StoredLeaf {
  std::string entry;
  std::optional<std::string> attachment;
};

class View {
 public:
  View(std::unique_ptr<Reader> reader, const Head& head, std::shared_ptr<TileCache> tiles);

  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] const Reader& reader() const { return *reader_; }
  // Differs between two views if the family of keys (store/keys.h) differs.
  [[nodiscard]] crypto::Digest chain_of(char family) const;

  // ---- Leaves, tiles, proofs. Positions must lie below the size (asserted). ----
  // Compared with its hash tile: an entry that was changed is never served, it stops the process.
  [[nodiscard]] std::string entry(std::uint64_t leaf) const;
  [[nodiscard]] std::optional<std::string> attachment(std::uint64_t leaf) const;
  [[nodiscard]] StoredLeaf leaf(std::uint64_t leaf) const {
    return {entry(leaf), attachment(leaf)};
  }
  // The entry decoded for people; without attachment.
  [[nodiscard]] v1::EntryView entry_view(std::uint64_t leaf) const;
  // Bytes of a tile or bundle as C2SP tlog-tiles defines them; nothing if it does not exist yet.
  [[nodiscard]] std::optional<std::string> tile(const crypto::Tile& tile) const;
  [[nodiscard]] crypto::Digest root_at(std::uint64_t size);
  [[nodiscard]] std::vector<crypto::Digest> inclusion_proof(std::uint64_t leaf, std::uint64_t size);
  [[nodiscard]] std::vector<crypto::Digest> consistency_proof(std::uint64_t old_size,
                                                              std::uint64_t new_size);
  // A record of a behaviour batch with its path to the attachment root; without receipt.
  [[nodiscard]] std::optional<v1::RecordProof> record_proof(std::uint64_t leaf,
                                                            std::uint32_t record) const;

  // The first leaf this ledger followed without its attachment: from there on personal balances,
  // claims and totals of credits are unknown here, and nothing of a state root is proved.
  [[nodiscard]] std::optional<std::uint64_t> gap() const;

  // ---- What the last state root proves (state_root.h); nothing before the first one. ----
  [[nodiscard]] std::optional<std::uint64_t> last_state_root() const;
  // The last state root among the first `size` leaves, whether or not it can be proved here.
  [[nodiscard]] std::optional<std::uint64_t> state_root_before(std::uint64_t size) const;
  // Of any key of a map (state_value.h), with its value at that root; without receipt.
  [[nodiscard]] v1::StateProof state_proof(std::string_view key) const;
  // Whether a claim was made for a slot of a closed day; without receipt. NOT_FOUND if the day was
  // open at that root. Reads all claims of the slot.
  [[nodiscard]] Result<v1::ClaimProof> claim_proof(const ClaimAsked& asked) const;
  // The key of the block that held this serial at that root; nothing if it was not issued.
  [[nodiscard]] std::optional<std::string> state_key_of_serial(std::uint64_t serial) const;

  // ---- What follows from the leaves ----
  [[nodiscard]] std::optional<v1::Genesis> genesis() const;
  [[nodiscard]] v1::Totals totals() const;
  [[nodiscard]] v1::RuleSetList rules(const Page& page) const;
  [[nodiscard]] std::optional<v1::Proposal> proposal(std::string_view proposal) const;
  [[nodiscard]] v1::ProposalList proposals(const Page& page) const;
  [[nodiscard]] std::optional<v1::Filing> filing(std::string_view filing) const;
  [[nodiscard]] v1::FilingList filings(const Page& page) const;
  [[nodiscard]] v1::EtsYearList ets_years(const Page& page) const;
  [[nodiscard]] v1::EtsFirmList ets_firms(std::uint32_t year, const Page& page) const;
  [[nodiscard]] std::optional<v1::Party> party(std::string_view party) const;
  [[nodiscard]] v1::PartyList parties(const Page& page) const;
  [[nodiscard]] std::optional<v1::KeyRecord> key(std::string_view key_id) const;
  [[nodiscard]] v1::NodeList nodes(const Page& page) const;
  [[nodiscard]] std::optional<v1::MethodologyRecord> methodology(std::string_view code,
                                                                 std::string_view version) const;
  [[nodiscard]] v1::MethodologyList methodologies(const Page& page) const;
  [[nodiscard]] std::optional<v1::Project> project(std::string_view project) const;
  [[nodiscard]] v1::ProjectList projects(const Page& page) const;
  [[nodiscard]] std::optional<v1::Report> report(std::string_view report) const;
  [[nodiscard]] v1::ReportList reports(const Page& page) const;
  [[nodiscard]] std::optional<v1::UnitBatch> batch(std::string_view batch) const;
  [[nodiscard]] v1::UnitBatchList batches(const Page& page) const;
  // Recalls and reversals, by leaf.
  [[nodiscard]] std::optional<v1::RecallRecord> recall(std::uint64_t leaf) const;
  [[nodiscard]] v1::RecallRecordList recalls(const Page& page) const;
  [[nodiscard]] std::optional<v1::Bond> bond(std::string_view bond) const;
  [[nodiscard]] v1::BondList bonds(const Page& page) const;
  [[nodiscard]] std::optional<v1::Case> retirement_case(std::string_view name) const;
  [[nodiscard]] v1::CaseList retirement_cases(const Page& page) const;
  [[nodiscard]] std::optional<v1::Certificate> certificate(std::string_view certificate) const;
  [[nodiscard]] std::optional<v1::LoanReference> loan(std::string_view loan) const;
  // Days on which something was traded, oldest first, with the average price.
  [[nodiscard]] v1::TradeDayList trade_days(const Page& page) const;
  // Named accounts, and personal ones by "p-" and 32 hex digits.
  [[nodiscard]] std::optional<v1::Account> account(std::string_view account) const;
  [[nodiscard]] v1::UnitBlockList units(std::string_view account, const Page& page) const;
  // The same as they are offered for a purpose: units of these areas first, in that order; then
  // by the priority class of the agreement they came by, own ones first; then by serial. Looks at
  // the first 10 000 blocks. INVALID_ARGUMENT for a page that no answer named.
  [[nodiscard]] Result<v1::UnitBlockList> units_by_area(std::string_view account,
                                                        const Areas& areas, const Page& page) const;
  [[nodiscard]] std::optional<v1::UnitBlock> serial(std::uint64_t serial) const;
  // Every step this serial took, oldest first, with the printed form of the one serial.
  [[nodiscard]] std::optional<v1::UnitHistory> history(std::uint64_t serial,
                                                       const Page& page) const;
  // Every move of the batch's serials, oldest first.
  [[nodiscard]] std::optional<v1::UnitHistory> batch_history(std::string_view batch,
                                                             const Page& page) const;
  // Leaves that changed a named account, a party (or that it sent), a project; oldest first, at
  // most kHistoryPageMax a page.
  [[nodiscard]] std::optional<v1::EntryList> account_history(std::string_view account,
                                                             const Page& page) const;
  [[nodiscard]] std::optional<v1::EntryList> party_history(std::string_view party,
                                                           const Page& page) const;
  [[nodiscard]] std::optional<v1::EntryList> project_history(std::string_view project,
                                                             const Page& page) const;
  // Movements of a personal account, newest first, at most kHistoryPageMax a page: each is read
  // from its leaf. NOT_FOUND; INVALID_ARGUMENT if the page begins at no movement of the account;
  // CORRUPT if one leads to none.
  [[nodiscard]] Result<v1::CreditHistory> credits(std::string_view account, const Page& page) const;
  // What the person has agreed to, by party.
  [[nodiscard]] v1::ConsentList consents(std::string_view account) const;
  [[nodiscard]] bool has_consent(std::string_view account, std::string_view party,
                                 v1::ConsentItem item) const;
  // Of a self-held account. NOT_FOUND if it has no key of its own; ACCOUNT_ERASED.
  [[nodiscard]] Result<crypto::PublicKey> holder_key(std::string_view account) const;
  // What a personal account did and could do, over its newest movements. NOT_FOUND, CORRUPT.
  [[nodiscard]] Result<v1::PersonalSummary> summary(std::string_view account) const;
  [[nodiscard]] v1::ScenarioTotalsList scenarios(const Page& page) const;
  // How an act of a scenario stands, by its day; and whether it was credited, by its claim.
  // METHODOLOGY_NOT_IN_FORCE, METHODOLOGY_STANDING; CLAIM_WINDOW of a day to come.
  [[nodiscard]] Result<v1::ActState> act_state(std::string_view scenario, std::int64_t day) const;
  [[nodiscard]] Result<v1::ActState> act_state(std::string_view scenario,
                                               const ClaimAsked& asked) const;
  [[nodiscard]] v1::BehaviourBatchList behaviour_batches(const Page& page) const;
  // Tags for a partner city of acts credited in leaves from this one on, or else since the last
  // publication; and acts that were credited in both cities. The partner is a code.
  [[nodiscard]] v1::ActTagList act_tags(std::string_view partner, std::optional<std::uint64_t> from,
                                        const Page& page) const;
  // Leaves that published tags for it, oldest first, at most kHistoryPageMax a page; and up to
  // where those that it published were noted here.
  [[nodiscard]] v1::EntryList tag_publications(std::string_view partner, const Page& page) const;
  [[nodiscard]] v1::TagsNoted tags_noted(std::string_view partner) const;
  [[nodiscard]] v1::ActOfBothList acts_of_both(std::string_view partner, const Page& page) const;
  [[nodiscard]] v1::PseudonymOpeningList openings(const Page& page) const;
  [[nodiscard]] std::optional<v1::Offer> offer(std::string_view offer) const;
  [[nodiscard]] v1::OfferList offers(const Page& page) const;
  [[nodiscard]] std::optional<v1::OfferSettlement> offer_settlement(std::string_view name) const;
  // Sources, factors and footprints of enterprises.
  [[nodiscard]] std::optional<v1::EmissionSource> source(std::string_view source) const;
  [[nodiscard]] v1::EmissionSourceList sources(const Page& page) const;
  [[nodiscard]] v1::MonthOfReadingsList months(std::string_view source, const Page& page) const;
  [[nodiscard]] v1::FactorList factors(const Page& page) const;
  [[nodiscard]] std::optional<v1::Footprint> footprint(std::string_view footprint) const;
  [[nodiscard]] v1::FootprintList footprints(const Page& page) const;
  // How a party stands in a year; nothing for one that is not known. Reads all named accounts,
  // bonds, loan references and retirements.
  [[nodiscard]] std::optional<v1::EnterpriseYear> enterprise_year(std::string_view party,
                                                                  std::uint32_t year) const;
  [[nodiscard]] v1::RetirementList retirements(const Page& page) const;
  // Those with whom there is an agreement that is not closed, by city.
  [[nodiscard]] std::vector<v1::PartnerLog> open_partners() const;

  // ---- Other cities ----
  // This city as an agreement names it, with all keys of its authority; without policy.
  [[nodiscard]] v1::CitySide side() const;
  [[nodiscard]] std::optional<v1::AgreementRecord> agreement(std::string_view city) const;
  [[nodiscard]] v1::AgreementList agreements(const Page& page) const;
  [[nodiscard]] v1::AgreementVersionList agreement_versions(std::string_view city,
                                                            const Page& page) const;
  [[nodiscard]] std::optional<v1::PartnerLog> partner(std::string_view city) const;
  [[nodiscard]] v1::PartnerLogList partners(const Page& page) const;
  [[nodiscard]] std::optional<v1::TransferRecord> transfer(std::string_view id) const;
  [[nodiscard]] v1::TransferList transfers(const TransferFilter& filter, const Page& page) const;
  // Projects and recalls of a partner that were noted here.
  [[nodiscard]] std::optional<v1::ForeignProject> foreign_project(std::string_view city,
                                                                  std::string_view project) const;
  [[nodiscard]] v1::ForeignProjectList foreign_projects(std::string_view city,
                                                        const Page& page) const;
  [[nodiscard]] v1::NotedLeafList recalls_noted(std::string_view city, const Page& page) const;
  // Retirements here of units that the city issued, oldest first. Reads all retirements.
  [[nodiscard]] v1::ForeignRetirementList foreign_retirements(const std::string& city,
                                                              const Page& page) const;
  // Every step of this serial, oldest first, with the transfers between cities behind them.
  [[nodiscard]] std::optional<v1::UnitLineage> lineage(std::uint64_t serial,
                                                       const Page& page) const;

  // The outcome of an event by its identity: accepted ones for ever, refused ones for a time.
  [[nodiscard]] std::optional<v1::SubmissionResult> outcome(std::string_view party,
                                                            std::string_view event_id) const;

 private:
  // With what its batch says of it.
  [[nodiscard]] v1::UnitBlock described(v1::UnitBlock block) const;

  std::unique_ptr<Reader> reader_;
  Head head_;
  mutable TileNodes nodes_;  // remembers tiles
};

// What an answer tells a client; `receipt` is left empty.
[[nodiscard]] v1::SubmissionResult accepted_result(const v1::Outcome& outcome, std::uint64_t leaf,
                                                   Micros time);
[[nodiscard]] v1::SubmissionResult refused_result(const v1::Outcome& outcome);
[[nodiscard]] v1::SubmissionResult failed_result(const Error& error);

}  // namespace puhui::ledger
