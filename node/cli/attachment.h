// Behaviour records from text, and attachments from records.
//
// A record is one act: account, day, slot, carrier tag, evidence tier and the inputs of its
// methodology. As text (rows.h):
//
//   CSV     account,day,slot,carrier_tag,tier,distance
//           p-000102030405060708090a0b0c0d0e0f,2025-03-01,33,5f21,0,900
//   NDJSON  {"account": "0001…0f", "day": "2025-03-01", "slot": 33, "distance": "0.9"}
//
// `account`, `day` and `carrier_tag` (hex) must be there; slot and tier may be left out, and
// `tags`, by which partner cities know the act: "XIANGYANG:5f21…" of each, with semicolons, as
// `puhui-identity tags take` writes them. Every other name is an input; its decimals are scaled by
// the layout. All functions are pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/rows.h"
#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

// An input of the methodology, in declared order.
struct InputColumn {
  std::string name;
  unsigned scale = 0;  // decimal places
};

// The inputs of a methodology, as records carry them.
[[nodiscard]] std::vector<InputColumn> layout_of(const v1::Methodology& methodology);

// INVALID_ARGUMENT, RECORD_MALFORMED and INPUT_* name the line. With an empty layout the inputs are
// the other names in the order of the CSV header, whole numbers; NDJSON needs a layout then.
[[nodiscard]] Result<std::vector<v1::BehaviourRecord>> read_records(
    std::string_view text, RecordFormat format, std::vector<InputColumn> layout);
// Acts that were credited, by what tells them from others: no inputs, no tier, no tags.
[[nodiscard]] Result<std::vector<v1::BehaviourRecord>> read_acts(std::string_view text,
                                                                 RecordFormat format);

struct Attachment {
  std::string bytes;        // (u16-BE length ‖ record) for each
  v1::AttachmentRef named;  // what the signed payload says of them
};

// Of records as bytes; see build_attachments.
[[nodiscard]] Result<std::vector<Attachment>> pack_records(std::span<const std::string> records,
                                                           std::size_t records_max);

// Records in order, in as few attachments as their limits allow: `records_max` records (at most
// ledger::kRecordsMax) and ledger::kAttachmentSizeMax bytes each. BATCH_EMPTY for no record;
// RECORD_MALFORMED for one that is empty or too long. A record is a message that attachments hold.
template <class Records>
[[nodiscard]] Result<std::vector<Attachment>> build_attachments(const Records& records,
                                                                std::size_t records_max) {
  std::vector<std::string> encoded;
  encoded.reserve(records.size());
  for (const auto& record : records) encoded.push_back(record.SerializeAsString());
  return pack_records(encoded, records_max);
}

}  // namespace puhui::node::cli
