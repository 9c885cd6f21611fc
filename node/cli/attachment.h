// Behaviour records from text, and attachments from records.
//
// A record is one act: account, day, slot, carrier tag, evidence tier and the inputs of its
// methodology. As text:
//
//   CSV     a header and one line per record, separated by commas, without quotes
//             account,day,slot,carrier_tag,tier,distance
//             p-000102030405060708090a0b0c0d0e0f,2025-03-01,33,5f21,0,900
//   NDJSON  one object per line with the same names; values are strings, or whole numbers
//             {"account": "0001…0f", "day": "2025-03-01", "slot": 33, "distance": "0.9"}
//
// `account`, `day` and `carrier_tag` (hex) must be there; slot and tier may be left out. Every
// other name is an input; its decimals are scaled by the layout. All functions are pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

enum class RecordFormat { csv, ndjson };

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

struct Attachment {
  std::string bytes;        // (u16-BE length ‖ record) for each
  v1::AttachmentRef named;  // what the signed payload says of them
};

// Records in order, in as few attachments as their limits allow: `records_max` records (at most
// ledger::kRecordsMax) and ledger::kAttachmentSizeMax bytes each. BATCH_EMPTY for no record.
[[nodiscard]] Result<std::vector<Attachment>> build_attachments(
    std::span<const v1::BehaviourRecord> records, std::size_t records_max);

}  // namespace puhui::node::cli
