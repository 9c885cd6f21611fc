#include "node/replica/cosigner.h"

#include "crypto/cosignature.h"
#include "crypto/merkle.h"

namespace puhui::node {

Cosigner::Cosigner(CosignerKeys keys, DurableRecord cosigned, DurableRecord logsigned)
    : keys_(std::move(keys)), cosigned_(std::move(cosigned)), logsigned_(std::move(logsigned)) {}

Result<Cosigner> Cosigner::open(const std::string& folder, CosignerKeys keys) {
  auto cosigned = DurableRecord::open(folder + "/cosigned");
  if (!cosigned) return tl::make_unexpected(cosigned.error());
  auto logsigned = DurableRecord::open(folder + "/logsigned");
  if (!logsigned) return tl::make_unexpected(logsigned.error());
  return Cosigner(std::move(keys), std::move(*cosigned), std::move(*logsigned));
}

Result<void> Cosigner::advance(DurableRecord& record, ledger::View& view, std::string_view body) {
  const auto checkpoint = crypto::parse_checkpoint(body);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  if (checkpoint->origin != keys_.origin)
    return fail(ErrorCode::CHECKPOINT_ORIGIN, checkpoint->origin);
  if (checkpoint->size > view.head().size)
    return fail(ErrorCode::UNAVAILABLE, "only " + std::to_string(view.head().size) + " applied");
  if (view.root_at(checkpoint->size) != checkpoint->root)
    return fail(ErrorCode::CHECKPOINT_INCONSISTENT,
                "root of " + std::to_string(checkpoint->size) + " leaves is another here");
  const auto value = crypto::TreeHead{checkpoint->size, checkpoint->root}.encode();
  if (record.value() == value) return {};
  if (!record.value().empty()) {
    const auto last = crypto::TreeHead::decode(record.value());
    if (!last) return tl::make_unexpected(last.error());
    if (checkpoint->size < last->size || view.head().size < last->size)
      return fail(ErrorCode::BUSY, "size " + std::to_string(last->size) + " is already signed");
    if (view.root_at(last->size) != last->root)
      return fail(ErrorCode::CHECKPOINT_INCONSISTENT,
                  "another root was signed for " + std::to_string(last->size) + " leaves");
  }
  record.store(value);
  return {};
}

Result<crypto::NoteSignature> Cosigner::cosign(ledger::View& view, std::string_view body,
                                               std::uint64_t time_s) {
  if (auto safe = advance(cosigned_, view, body); !safe) return tl::make_unexpected(safe.error());
  return crypto::cosign(body, keys_.name, keys_.cosigner, time_s);
}

Result<crypto::NoteSignature> Cosigner::sign_log(ledger::View& view, std::string_view body) {
  if (auto safe = advance(logsigned_, view, body); !safe) return tl::make_unexpected(safe.error());
  return crypto::sign_note(body, keys_.origin, keys_.log);
}

}  // namespace puhui::node
