// What two cities must read alike: agreements, signatures of their authorities, the names of
// transfers, what of a transfer is recognised, the epochs of leaves, and how claims of projects
// end.
//
// Pure functions of bytes. All may be called from any thread.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "ledger/entry.h"
#include "proto/error.h"
#include "puhui/v1/event.pb.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

inline constexpr std::size_t kAgreementSizeMax = 48 * 1024;
inline constexpr int kRunsMax = 100;  // of one export
// The longest that an agreement may give for anything: ten years.
inline constexpr std::int64_t kAgreedDurationMax = std::int64_t{3653} * 86'400'000'000;

// The name of a transfer, the same in every epoch of the city that sends: SHA-256 over
//   lineage[32] ‖ party ‖ event id[16] of the export
[[nodiscard]] crypto::Digest transfer_id(std::string_view lineage, const v1::Payload& exporting);
[[nodiscard]] crypto::Digest transfer_id(std::string_view lineage,
                                         const v1::TransferSettlement& settlement);

// What an authority signs: the word ‖ "/v1\n" ‖ SHA-256 of the bytes.
inline constexpr std::string_view kAgreementWord = "puhui-agreement";
inline constexpr std::string_view kRenewalWord = "puhui-renewal";
inline constexpr std::string_view kSettlementWord = "puhui-settlement";
[[nodiscard]] std::string authority_bytes(std::string_view word, std::string_view bytes);

using AuthoritySignatures = google::protobuf::RepeatedPtrField<v1::AuthoritySignature>;
// Whether as many of the side's authority keys as it asks signed this; other signatures do not
// count.
[[nodiscard]] bool is_signed_by(const v1::CitySide& side, std::string_view word,
                                std::string_view bytes, const AuthoritySignatures& signatures);

// AGREEMENT_MALFORMED, with what is wrong, unless the bytes are the one encoding of a message whose
// parts are within their limits.
[[nodiscard]] Result<v1::Agreement> read_agreement(std::string_view bytes);
[[nodiscard]] Result<v1::SideRenewal> read_renewal(std::string_view bytes);
[[nodiscard]] Result<v1::TransferSettlement> read_settlement(std::string_view bytes);

// The side of a city, and the terms by which it takes; null if there are none.
[[nodiscard]] const v1::CitySide* side_of(const v1::Agreement& agreement, std::string_view city);
[[nodiscard]] const v1::RecognitionTerms* terms_of(const v1::Agreement& agreement,
                                                   std::string_view taker);
// By which a methodology of the other city serves; null if it does not.
[[nodiscard]] const v1::Equivalence* equivalent(const v1::RecognitionTerms& terms,
                                                const v1::ExportedRun& run);

using Runs = google::protobuf::RepeatedPtrField<v1::ExportedRun>;
using SerialRanges = google::protobuf::RepeatedPtrField<v1::SerialRange>;

[[nodiscard]] inline std::int64_t kilograms(const v1::ExportedRun& run) {
  return static_cast<std::int64_t>(run.end() - run.start() + 1);
}
// The last serial of a run as the city that issued it numbers it.
[[nodiscard]] inline std::uint64_t origin_end(const v1::ExportedRun& run) {
  return run.origin_start() + (run.end() - run.start());
}
// Of well-formed runs.
[[nodiscard]] std::int64_t kilograms(const Runs& runs);

// The serials of [start, end] of a batch as the city that issued them has them.
[[nodiscard]] v1::SerialRange at_home(const v1::UnitBatch& batch, std::uint64_t start,
                                      std::uint64_t end);
// What a batch says of these units of it; `area` is that of the project of units issued here.
[[nodiscard]] v1::ExportedRun run_of(const v1::UnitBatch& batch, const v1::SerialRange& here,
                                     const std::string& area);
// Adds a range, to the last one where it goes on from there.
void append_range(SerialRanges& ranges, const v1::SerialRange& range);
// Those of serials here that a partner issued, as it numbers them. `block_at` and `batch_of` answer
// what the ledger has; all serials were issued (asserted).
template <class BlockAt, class BatchOf>
SerialRanges issued_by(std::string_view city, const SerialRanges& here, BlockAt block_at,
                       BatchOf batch_of) {
  SerialRanges ranges;
  for (const auto& range : here)
    for (auto serial = range.start(); serial <= range.end();) {
      const auto block = block_at(serial);
      assert(block && "serials that were issued");
      const auto end = std::min(range.end(), block->end());
      const auto batch = batch_of(block->batch());
      if (batch->has_mirrored() && batch->mirrored().city() == city)
        append_range(ranges, at_home(*batch, serial, end));
      serial = end + 1;
    }
  return ranges;
}

// The first so many kilograms of an export are recognised; the rest, by serials of the city that
// issued them, is not.
struct Recognised {
  std::int64_t kg = 0;
  SerialRanges discounted;
};
// All of a return; otherwise the discount of the taker's terms, floored.
[[nodiscard]] Recognised recognised(const v1::Export& exported, const v1::Agreement& agreement);

// An event in another city's ledger, as its entry has it.
struct ForeignEvent {
  Micros time = 0;
  crypto::Digest sha256;  // digest of the event
  v1::Payload payload;
};
// LEAF_UNEXPECTED unless the entry is an event of that city. Signatures are not looked at: that
// ledger did. A settlement that was carried out after a vote reads as the settlement itself.
[[nodiscard]] Result<ForeignEvent> read_foreign(std::string_view entry, std::string_view city);

// The epoch of a partner in which a leaf came that the log of `epoch` has: later ones may have kept
// it. It is known of all epochs up to that one how many leaves they kept (asserted).
[[nodiscard]] std::uint32_t epoch_of_leaf(const v1::PartnerLog& log, std::uint32_t epoch,
                                          std::uint64_t leaf);

// The settlement that an event is, or carries out after a vote; null for any other.
[[nodiscard]] const v1::SettleTransfer* settlement_in(const v1::Payload& payload);
// The export that an answer is about, or null: of Import, RefuseImport, VoidImport.
[[nodiscard]] const v1::ProvenLeaf* answered_export(const v1::Payload& answer);
// The transfer that an answer is about, of a city with this lineage: the id of the export answered,
// or the settled one, by which a taker never takes. LEAF_UNEXPECTED where it is no answer to
// an export of that city.
struct Sender {
  std::string_view city;
  std::string_view lineage;
};
[[nodiscard]] Result<std::string> answered_transfer(const v1::Payload& answer,
                                                    const Sender& sender);

// The answer that a proven leaf shows: itself, or one that the taker lost and made again by a
// receipt. LEAF_UNEXPECTED.
struct Answered {
  v1::Payload payload;
  std::uint64_t leaf = 0;
};
[[nodiscard]] Result<Answered> answer_of(const v1::ConcludeTransfer& action);

// The filing that an event has withdrawn, or turned down after notice; empty if it does neither.
[[nodiscard]] std::string filing_ended(const v1::Payload& payload);
// Closed or revoked: a project claims no day after the one on which it becomes so.
[[nodiscard]] bool is_closed(v1::Standing standing);
// The project that an event has closed or revoked; empty if it does neither.
[[nodiscard]] std::string closed_project(const v1::Payload& payload);
// The first day that a partner's project, as it is noted, does not claim if it was closed then.
[[nodiscard]] std::int64_t claim_end(const v1::ForeignProject& noted, Micros closed);

}  // namespace puhui::ledger
