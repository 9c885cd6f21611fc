// One leaf made ready for judgement: whatever follows from its bytes alone, and from keys and
// methodologies known when it was read. Any number of threads may prepare leaves ahead.
//
//   entry: u64-BE time ‖ u8 kind ‖ body, at most 65 535 bytes
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "crypto/envelope.h"
#include "crypto/hash.h"
#include "node/audit/finding.h"
#include "node/audit/program.h"

namespace puhui::node::audit {

using Micros = std::int64_t;
inline constexpr Micros kTimeMax = 253'402'300'799'999'999;  // end of the year 9999
inline constexpr std::size_t kPseudonymSize = 16;
inline constexpr std::size_t kRecordInputsMax = 8;

enum class LeafKind : std::uint8_t { event = 1, state_root = 2, tick = 3 };

// By which a partner city knows an act: the bytes of a point.
inline constexpr std::size_t kTagSize = 32;
struct PartnerTag {
  std::string partner, tag;
};
// An act, or the reversal of one.
struct Record {
  std::string account;  // pseudonym
  std::int32_t day = 0;
  std::uint32_t slot = 0, tier = 0;
  std::size_t input_count = 0;
  std::array<std::int64_t, kRecordInputsMax> inputs{};
  crypto::Digest claim;
  std::vector<PartnerTag> tags;
};
// That a person wants it: the hash of what the custodian of the account keeps, or of what the key
// of a self-held one signed.
struct Confirmed {
  crypto::Digest sha256;
  std::string key;               // encoded; empty: a custodian keeps it
  std::int64_t valid_until = 0;  // of a key
};
struct Redemption {
  std::string account;
  std::int64_t quantity = 0;
  Confirmed confirmed;
};
struct Consent {
  std::string account, party;
  int item = 0;
  bool is_given = false, lacks_guardian = false;
  Confirmed confirmed;
};
// What a meter measured on a day.
struct MeterReading {
  std::int32_t day = 0;
  std::int64_t value = 0;
};
// What a methodology gives for a record; no grams unless its code is OK.
struct Score {
  ErrorCode code = ErrorCode::OK;
  std::int64_t grams = 0;
};

// Keys and methodologies as far as they are known; a look ahead may be behind, never wrong, for a
// key id names one key for ever and a line is compared before it is relied on.
class Known {
 public:
  void add_key(const crypto::Digest& id, const crypto::PublicKey& key);
  void set_line(const std::string& scenario, std::shared_ptr<const Line> line);
  [[nodiscard]] std::optional<crypto::PublicKey> key(const crypto::Digest& id) const;
  [[nodiscard]] std::shared_ptr<const Line> line(const std::string& scenario) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<crypto::Digest, crypto::PublicKey> keys_;
  std::map<std::string, std::shared_ptr<const Line>> lines_;
};

struct Leaf {
  std::string bytes;
  crypto::Digest hash;
  Micros time = 0;
  LeafKind kind = LeafKind::tick;
  Verdict fault;  // of its form; nothing below is filled in then

  // Of an event.
  crypto::Digest sha256;  // of PAE(type, payload)
  crypto::Envelope envelope;
  v1::Payload payload;
  std::vector<std::optional<bool>> verdicts;  // per signature; nothing: key not known then

  std::optional<Confirmed> confirmation;  // of an erasure

  // Of one with an attachment: records of one kind.
  bool attachment_missing = false;
  crypto::Digest attachment_sha256;
  std::vector<Record> records;
  std::vector<Redemption> redemptions;
  std::vector<Consent> consents;
  std::vector<MeterReading> readings;
  std::vector<std::string> tags;

  // Of a behaviour batch.
  std::shared_ptr<const Line> line;  // what the scores were computed with
  std::vector<Score> scores;

  [[nodiscard]] std::size_t record_count() const {
    return records.size() + redemptions.size() + consents.size() + readings.size() + tags.size();
  }
  [[nodiscard]] std::string_view body() const { return std::string_view(bytes).substr(9); }
};

struct RawLeaf {
  std::string entry;
  std::optional<std::string> attachment;
  // Where to look for the attachment of an event that has one when it is not given; may be empty.
  std::function<std::optional<std::string>()> find_attachment = {};
};
// `verified` says that an earlier run verified the signatures of these very bytes.
[[nodiscard]] Leaf prepare(RawLeaf raw, const Known& known, bool verified = false);

[[nodiscard]] Score score(const Line& line, const Record& record);

inline constexpr std::size_t kEventIdSize = 16;
// [a-z0-9][a-z0-9._/-]{0,63} and [A-Z0-9]{1,32}.
[[nodiscard]] bool is_name(std::string_view text);
[[nodiscard]] bool is_code(std::string_view text);

}  // namespace puhui::node::audit
