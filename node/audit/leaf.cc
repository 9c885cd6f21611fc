#include "node/audit/leaf.h"

#include <algorithm>
#include <mutex>

#include "crypto/bytes.h"
#include "crypto/merkle.h"
#include "crypto/tiles.h"
#include "node/audit/records.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kHeadSize = 9;

bool small_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

Verdict read_head(Leaf& leaf) {
  const auto& bytes = leaf.bytes;
  if (bytes.size() < kHeadSize || bytes.size() > crypto::kEntrySizeMax)
    return fault("entry.malformed", "size", "9 to 65535 bytes", std::to_string(bytes.size()));
  leaf.time = static_cast<Micros>(crypto::read_u64(bytes));
  const auto kind = static_cast<std::uint8_t>(bytes[8]);
  if (leaf.time < 0 || leaf.time > kTimeMax)
    return fault("entry.malformed", "time", {}, std::to_string(leaf.time));
  if (kind < 1 || kind > 3)
    return fault("entry.malformed", "kind", "1, 2 or 3", std::to_string(kind));
  leaf.kind = static_cast<LeafKind>(kind);
  if (leaf.kind == LeafKind::tick && bytes.size() != kHeadSize)
    return fault("entry.malformed", "a tick has no body");
  return {};
}

Verdict check_payload(v1::Payload& payload, std::size_t size) {
  const auto bad = [](const char* what) { return refused(ErrorCode::EVENT_MALFORMED, what); };
  payload.DiscardUnknownFields();
  if (payload.ByteSizeLong() != size) return bad("a field that is not known, or one twice");
  if (payload.action_case() == v1::Payload::ACTION_NOT_SET) return bad("no action");
  if (!is_code(payload.city())) return bad("city");
  if (!is_name(payload.party())) return bad("party");
  if (payload.event_id().size() != kEventIdSize) return bad("event_id");
  if (payload.valid_until() <= 0) return bad("valid_until");
  if (payload.has_submit_behaviour_batch() && !is_name(payload.submit_behaviour_batch().scenario()))
    return bad("scenario");
  if (payload.has_reverse_records() && !is_name(payload.reverse_records().scenario()))
    return bad("scenario");
  if (payload.has_redeem() && !is_name(payload.redeem().offer())) return bad("offer");
  if (payload.has_submit_readings() && !is_name(payload.submit_readings().source()))
    return bad("source");
  if (payload.has_erase_account() && payload.erase_account().account().size() != kPseudonymSize)
    return bad("account");
  return {};
}

Verdict read_event(Leaf& leaf) {
  auto envelope = crypto::decode_envelope(leaf.body());
  if (!envelope) return refused(envelope.error().code, envelope.error().detail);
  leaf.envelope = std::move(*envelope);
  leaf.sha256 = crypto::event_digest(leaf.envelope);
  if (!leaf.payload.ParseFromString(leaf.envelope.payload))
    return refused(ErrorCode::EVENT_MALFORMED, "the payload does not parse");
  return check_payload(leaf.payload, leaf.envelope.payload.size());
}

void verify(Leaf& leaf, const Known& known, bool verified) {
  std::string covered;
  for (const auto& signature : leaf.envelope.signatures) {
    auto& verdict = leaf.verdicts.emplace_back();
    if (verified) {
      verdict = true;
      continue;
    }
    const auto key = known.key(signature.key_id);
    if (!key) continue;
    if (covered.empty()) covered = crypto::pae(leaf.envelope);
    verdict = crypto::verify(*key, covered, signature.signature);
  }
}

Verdict read_attachment(Leaf& leaf, RawLeaf& raw) {
  auto& attachment = raw.attachment;
  const auto* named = attachment_of(leaf.payload);
  if (named == nullptr) {
    if (!attachment) return {};
    return refused(ErrorCode::ATTACHMENT_MISMATCH, "this action takes no attachment");
  }
  if (!attachment && raw.find_attachment) attachment = raw.find_attachment();
  leaf.attachment_missing = !attachment;
  if (!attachment) return {};
  leaf.attachment_sha256 = crypto::sha256(*attachment);
  return read_records(leaf, *named, *attachment);
}

void score_all(Leaf& leaf, const Known& known) {
  if (!leaf.payload.has_submit_behaviour_batch() || leaf.records.empty()) return;
  leaf.line = known.line(leaf.payload.submit_behaviour_batch().scenario());
  if (!leaf.line) return;
  leaf.scores.reserve(leaf.records.size());
  for (const auto& record : leaf.records) leaf.scores.push_back(score(*leaf.line, record));
}

}  // namespace

void Known::add_key(const crypto::Digest& id, const crypto::PublicKey& key) {
  std::unique_lock lock(mutex_);
  keys_.emplace(id, key);
}
void Known::set_line(const std::string& scenario, std::shared_ptr<const Line> line) {
  std::unique_lock lock(mutex_);
  lines_[scenario] = std::move(line);
}
std::optional<crypto::PublicKey> Known::key(const crypto::Digest& id) const {
  std::shared_lock lock(mutex_);
  const auto found = keys_.find(id);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}
std::shared_ptr<const Line> Known::line(const std::string& scenario) const {
  std::shared_lock lock(mutex_);
  const auto found = lines_.find(scenario);
  return found == lines_.end() ? nullptr : found->second;
}

Score score(const Line& line, const Record& record) {
  const auto* version = version_on(line, record.day);
  if (version == nullptr) return {ErrorCode::METHODOLOGY_NOT_IN_FORCE, 0};
  const auto& m = version->methodology;
  if (record.slot >= m.slots_per_day()) return {ErrorCode::SLOT_MALFORMED, 0};
  const auto computed =
      version->program.compute(std::span(record.inputs.data(), record.input_count), record.tier);
  if (!computed) return {computed.error().code, 0};
  if (computed->exact < 0) return {ErrorCode::RESULT_NEGATIVE, 0};
  if (computed->grams == 0) return {ErrorCode::AMOUNT_ZERO, 0};
  return {ErrorCode::OK, computed->grams};
}

Leaf prepare(RawLeaf raw, const Known& known, bool verified) {
  Leaf leaf;
  leaf.bytes = std::move(raw.entry);
  leaf.hash = crypto::leaf_hash(leaf.bytes);
  leaf.fault = read_head(leaf);
  if (leaf.fault || leaf.kind != LeafKind::event) return leaf;
  leaf.fault = read_event(leaf);
  if (leaf.fault) return leaf;
  verify(leaf, known, verified);
  leaf.fault = read_inner_signatures(leaf);
  if (!leaf.fault) leaf.fault = read_attachment(leaf, raw);
  if (!leaf.fault) score_all(leaf, known);
  return leaf;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && small_or_digit(text[0]) &&
         std::ranges::all_of(text, [](char c) {
           return small_or_digit(c) || std::string_view("._/-").find(c) != std::string_view::npos;
         });
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

}  // namespace puhui::node::audit
