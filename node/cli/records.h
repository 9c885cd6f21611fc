// What people agreed to, what they redeem and what meters measured, from text (rows.h).
//
//   consents     account,party,item,given,confirmation,minor,guardian
//                p-0001…0f,bike-co,data,yes,9c0b…5a,no,
//                item: data, whereabouts, pooling or statement; given and minor: yes or no; minor
//                and guardian may be left out
//   redemptions  account,quantity,confirmation
//                p-0001…0f,2,9c0b…5a
//   readings     day,value
//                2026-03-01,1204.5
//
// A confirmation is the SHA-256 that the custodian keeps, in hex; in NDJSON also an object, the
// Confirmation of whoever keeps the account's key, as `puhui person` prints it in a line of such a
// file. All functions are pure; faults name the line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/cli/rows.h"
#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

[[nodiscard]] Result<std::vector<v1::ConsentRecord>> read_consents(std::string_view text,
                                                                   RecordFormat format);
[[nodiscard]] Result<std::vector<v1::RedemptionRecord>> read_redemptions(std::string_view text,
                                                                         RecordFormat format);
// Values are scaled by 10^scale.
[[nodiscard]] Result<std::vector<v1::Reading>> read_readings(std::string_view text,
                                                             RecordFormat format, unsigned scale);

// 64 hex digits, or JSON of a Confirmation.
[[nodiscard]] Result<v1::Confirmation> parse_confirmation(std::string_view text);
// "data", "whereabouts", "pooling", "statement".
[[nodiscard]] Result<v1::ConsentItem> parse_consent_item(std::string_view text);

// Lines of NDJSON that the functions above read.
[[nodiscard]] std::string line_of(const v1::ConsentRecord& record);
[[nodiscard]] std::string line_of(const v1::RedemptionRecord& record);
// {"account": …, "confirmation": …}.
[[nodiscard]] std::string line_of(const v1::EraseAccount& erasure);
[[nodiscard]] Result<v1::EraseAccount> read_erasure(std::string_view line);

}  // namespace puhui::node::cli
