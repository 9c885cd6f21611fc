#include "node/relay/bundle.h"

#include <algorithm>
#include <map>
#include <set>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "node/relay/fork.h"

namespace puhui::node::relay {
namespace {

using Hashes = google::protobuf::RepeatedPtrField<std::string>;

tl::unexpected<Error> malformed(std::string what) {
  return fail(ErrorCode::PROOF_MALFORMED, std::move(what));
}

bool are_hashes(const Hashes& hashes) {
  return hashes.size() <= static_cast<int>(crypto::kProofHashesMax) &&
         std::ranges::all_of(
             hashes, [](const std::string& hash) { return hash.size() == crypto::Digest::kSize; });
}

std::vector<crypto::Digest> digests(const Hashes& hashes) {
  std::vector<crypto::Digest> path;
  for (const auto& hash : hashes) path.push_back(*crypto::Digest::from_bytes(hash));
  return path;
}

Result<crypto::Checkpoint> checkpoint_of(const v1::Bundle& bundle) {
  const auto note = crypto::parse_note(bundle.checkpoint());
  if (!note) return tl::make_unexpected(note.error());
  return crypto::parse_checkpoint(note->text);
}

// Empty if nothing is wrong.
std::string wrong_in(const v1::Bundle& bundle) {
  if (!are_hashes(bundle.consistency())) return "consistency";
  if (bundle.leaves_size() > kBundleLeavesMax) return "leaves";
  std::set<std::uint64_t> seen;
  for (const auto& leaf : bundle.leaves()) {
    const auto name = "leaf " + std::to_string(leaf.index());
    if (leaf.entry().empty() || leaf.entry().size() > crypto::kEntrySizeMax) return name;
    if (leaf.attachment().size() > ledger::kAttachmentSizeMax) return name + ": attachment";
    if (!are_hashes(leaf.path()) || !seen.insert(leaf.index()).second) return name;
    if (leaf.has_notice() && leaf.notice() >= static_cast<std::uint32_t>(bundle.leaves_size()))
      return name + ": notice";
  }
  return {};
}

// The tree that a checkpoint is of.
struct TreeAt {
  std::uint64_t size = 0;
  std::uint32_t epoch = 0;
};

v1::ProvenLeaf proven(const v1::Bundle& bundle, const TreeAt& at, const v1::BundleLeaf& leaf) {
  v1::ProvenLeaf shown;
  shown.set_city(bundle.from());
  shown.set_entry(leaf.entry());
  shown.set_index(leaf.index());
  shown.set_tree_size(at.size);
  shown.set_epoch(at.epoch);
  *shown.mutable_path() = leaf.path();
  return shown;
}

}  // namespace

std::string encode_bundle(const v1::Bundle& bundle) {
  return std::string(kBundleHead) + bundle.SerializeAsString();
}

Result<v1::Bundle> parse_bundle(std::string_view bytes) {
  if (bytes.size() > kBundleSizeMax) return fail(ErrorCode::TOO_LARGE, "a bundle has 32 MiB");
  if (!bytes.starts_with(kBundleHead)) return malformed("not a bundle");
  const auto body = bytes.substr(kBundleHead.size());
  v1::Bundle bundle;
  if (!bundle.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return malformed("does not parse");
  auto sound = bundle;
  sound.DiscardUnknownFields();
  if (sound.SerializeAsString() != body) return malformed("encoding");
  if (const auto wrong = wrong_in(bundle); !wrong.empty()) return malformed(wrong);
  return bundle;
}

Result<void> check_bundle(const v1::Bundle& bundle) {
  const auto checkpoint = checkpoint_of(bundle);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  for (const auto& leaf : bundle.leaves()) {
    const crypto::Inclusion claim{leaf.index(), checkpoint->size, crypto::leaf_hash(leaf.entry()),
                                  checkpoint->root};
    if (!crypto::verify_inclusion(claim, digests(leaf.path())))
      return fail(ErrorCode::PROOF_INVALID, "leaf " + std::to_string(leaf.index()));
    if (leaf.attachment().empty()) continue;
    const auto named = tags_named(proven(bundle, {checkpoint->size, 0}, leaf), leaf.attachment());
    if (!named) return fail(named.error().code, "leaf " + std::to_string(leaf.index()));
  }
  return {};
}

// ---- Making one ---------------------------------------------------------------------------------

namespace {

// In the order in which they are taken there: once a draft has ended, another of its project may be
// noted.
enum class Sort { ended, filing, closing, recall, exported, answer, retirement, tags };

using Wanted = std::map<std::pair<Sort, std::uint64_t>, Open>;

std::optional<Sort> sort_of(const v1::Payload& payload, const std::string& to) {
  if (const auto* about = ledger::answered_export(payload))
    return about->city() == to ? std::optional(Sort::answer) : std::nullopt;
  if (const auto* action = ledger::settlement_in(payload); action != nullptr) {
    const auto settled = ledger::read_settlement(action->settlement());
    return settled && settled->sender() == to ? std::optional(Sort::answer) : std::nullopt;
  }
  if (payload.has_file_project()) return Sort::filing;
  if (!ledger::closed_project(payload).empty()) return Sort::closing;
  if (payload.has_recall()) return Sort::recall;
  if (payload.has_export_() && payload.export_().partner() == to) return Sort::exported;
  if (payload.has_state_retirement() && payload.state_retirement().home() == to)
    return Sort::retirement;
  if (payload.has_publish_tags() && payload.publish_tags().partner() == to) return Sort::tags;
  return std::nullopt;
}

// What a leaf tells of a filing. A notice brings the draft that it is about, where that is of a
// project; where there is no notice, its completion does. The end of a draft that was under notice
// is told alone.
Result<std::optional<std::pair<Sort, Open>>> told_of_filing(City& from,
                                                            const v1::EntryView& entry) {
  const std::optional<std::pair<Sort, Open>> none;
  const auto& payload = entry.payload();
  const auto ended = ledger::filing_ended(payload);
  auto name = ended;
  if (payload.has_open_notice()) name = payload.open_notice().about().filing();
  if (payload.has_complete_filing()) name = payload.complete_filing().filing();
  if (name.empty()) return none;
  const auto filing = from.get<v1::Filing>({"v1", "filings", name});
  if (!filing) return tl::make_unexpected(filing.error());
  const auto leaf = static_cast<std::uint64_t>(entry.position());
  // A completed filing that was under notice was told by that; of one that has ended, the end is.
  const bool is_told = payload.has_complete_filing() ? !filing->has_notice() : filing->has_notice();
  if (!filing->subject().has_project() || !is_told) return none;
  if (!ended.empty()) return std::optional(std::pair(Sort::ended, Open{leaf, {}}));
  if (has_ended_unfiled(*filing)) return none;
  const Open draft{static_cast<std::uint64_t>(filing->drafted_at()), leaf};
  return std::optional(std::pair(Sort::filing, draft));
}

Result<void> add(City& from, const std::string& to, const v1::EntryView& entry, Wanted& wanted) {
  const auto leaf = static_cast<std::uint64_t>(entry.position());
  if (const auto sort = sort_of(entry.payload(), to)) {
    wanted.emplace(std::pair(*sort, leaf), Open{leaf, {}});
    return {};
  }
  const auto told = told_of_filing(from, entry);
  if (!told) return tl::make_unexpected(told.error());
  if (*told) wanted.emplace(std::pair((*told)->first, (*told)->second.leaf), (*told)->second);
  return {};
}

// What concerns `to` among the leaves from `leaf` on, below `size`; answers where it stopped.
Result<std::uint64_t> look(City& from, const std::string& to, std::uint64_t leaf,
                           std::uint64_t size, Wanted& wanted) {
  // Each may bring a notice as well.
  constexpr std::size_t kWantedMax = kBundleLeavesMax / 2;
  while (leaf < size) {
    const auto part = from.get<v1::EntryList>({"v1", "changes"},
                                              {{"from", std::to_string(leaf)}, {"limit", "500"}});
    if (!part) return tl::make_unexpected(part.error());
    if (part->items().empty())
      return fail(ErrorCode::UNAVAILABLE, "the node has no leaf " + std::to_string(leaf) + " yet");
    for (const auto& entry : part->items()) {
      if (leaf == size || wanted.size() == kWantedMax) return leaf;
      if (static_cast<std::uint64_t>(entry.position()) != leaf)
        return fail(ErrorCode::CORRUPT, "the node answers other leaves");
      if (auto added = add(from, to, entry, wanted); !added)
        return tl::make_unexpected(added.error());
      ++leaf;
    }
  }
  return leaf;
}

// What leaves of a city are proved from, and how much of them still fits.
struct Proofs {
  City& from;
  Prover prover;
  std::uint64_t size = 0;
  std::size_t bytes_left = 0;
};

void put(v1::Bundle& bundle, const v1::ProvenLeaf& leaf) {
  auto* added = bundle.add_leaves();
  added->set_entry(leaf.entry());
  added->set_index(leaf.index());
  *added->mutable_path() = leaf.path();
}

// A leaf with its attachment, and behind it the notice it goes with; as far as the file holds them.
Result<bool> put(Proofs& proofs, const Open& open, v1::Bundle& bundle) {
  v1::Bundle part;
  for (const auto leaf : {std::optional(open.leaf), open.notice}) {
    if (!leaf) continue;
    const auto proof = proofs.prover.prove(*leaf, proofs.size);
    if (!proof) return tl::make_unexpected(proof.error());
    put(part, *proof);
    auto attachment = attachment_of(proofs.from, *proof);
    if (!attachment) return tl::make_unexpected(attachment.error());
    part.mutable_leaves()->rbegin()->set_attachment(std::move(*attachment));
  }
  auto& bytes_left = proofs.bytes_left;
  const auto bytes = part.ByteSizeLong() + 16;
  if (bytes > bytes_left) return false;
  bytes_left -= bytes;
  if (open.notice)
    part.mutable_leaves(0)->set_notice(static_cast<std::uint32_t>(bundle.leaves_size()) + 1);
  bundle.MergeFrom(part);
  return true;
}

}  // namespace

Result<MadeBundle> make_bundle(City& from, const std::string& to, const BundleFrom& since) {
  MadeBundle made;
  auto& bundle = made.bundle;
  bundle.set_from(from.code());
  bundle.set_to(to);
  bundle.set_old_size(since.size);
  auto note = from.fetch("/checkpoint");
  if (!note) return tl::make_unexpected(note.error());
  bundle.set_checkpoint(std::move(*note));
  const auto checkpoint = checkpoint_of(bundle);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  const auto size = checkpoint->size;
  if (size < since.size)
    return fail(ErrorCode::CHECKPOINT_STALE, "the node shows " + std::to_string(size) + " leaves");
  Proofs proofs{from, Prover(from), size, 0};
  const auto consistency = proofs.prover.consistency(since.size, size);
  if (!consistency) return tl::make_unexpected(consistency.error());
  for (const auto& hash : *consistency) bundle.add_consistency(std::string(hash.view()));
  Wanted wanted;
  const auto stopped = look(from, to, since.leaf, size, wanted);
  if (!stopped) return tl::make_unexpected(stopped.error());
  auto next = *stopped;
  proofs.bytes_left = kBundleSizeMax - bundle.ByteSizeLong() - kBundleHead.size();
  for (const auto& [key, open] : wanted) {
    const auto fits = put(proofs, open, bundle);
    if (!fits) return tl::make_unexpected(fits.error());
    // What is left out is looked for again, with all that came after it.
    if (!*fits) next = std::min(next, open.notice.value_or(open.leaf));
  }
  made.next_leaf = next < size ? next : 0;
  return made;
}

// ---- Taking one ---------------------------------------------------------------------------------

namespace {

Result<v1::PartnerLog> log_at(City& to, const std::string& from) {
  auto log = to.find<v1::PartnerLog>({"v1", "partners", from});
  if (!log) return tl::make_unexpected(log.error());
  if (*log) return std::move(**log);
  return fail(ErrorCode::AGREEMENT_UNKNOWN, to.code() + " has none with " + from);
}

// A checkpoint that contradicts the one that was accepted convicts the log that signed both.
// CHECKPOINT_INCONSISTENT.
Result<void> need_no_fork(City& to, const v1::Bundle& bundle, const v1::PartnerLog& log) {
  if (log.accused_at() != 0) return {};
  const auto fork = fork_shown(to, log, bundle.checkpoint(), nullptr);
  if (!fork) return tl::make_unexpected(fork.error());
  if (!*fork) return {};
  const auto came = accuse(to, bundle.from(), **fork);
  if (!came) return tl::make_unexpected(came.error());
  return fail(ErrorCode::CHECKPOINT_INCONSISTENT,
              "the log of " + bundle.from() + " has forked, which " + to.code() + " has recorded");
}

// The checkpoint is accepted now, or was before.
Result<void> accept(City& to, const v1::Bundle& bundle, const v1::PartnerLog& log,
                    std::uint64_t size) {
  if (log.size() >= size) return {};
  if (log.size() != bundle.old_size())
    return fail(ErrorCode::CHECKPOINT_NOT_ACCEPTED,
                "the bundle goes on from size " + std::to_string(bundle.old_size()) + ", and " +
                    to.code() + " has " + std::to_string(log.size()));
  v1::Payload payload;
  auto& action = *payload.mutable_accept_checkpoint();
  action.set_partner(bundle.from());
  action.set_checkpoint(bundle.checkpoint());
  *action.mutable_proof() = bundle.consistency();
  const auto came = carried("accept_checkpoint", to.submit(std::move(payload), {}));
  if (!came) return tl::make_unexpected(came.error());
  if (came->came == Came::done || came->came == Came::known) return {};
  return fail(code_from_name(came->code), "the checkpoint of " + bundle.from());
}

Result<Carried> take(City& to, const v1::Bundle& bundle, const TreeAt& at, int index) {
  const auto& leaf = bundle.leaves(index);
  Delivery delivery{proven(bundle, at, leaf), {}, leaf.attachment()};
  if (leaf.has_notice())
    delivery.notice = proven(bundle, at, bundle.leaves(static_cast<int>(leaf.notice())));
  auto came = deliver(to, delivery);
  if (came || came.error().code != ErrorCode::LEAF_UNEXPECTED) return came;
  return Carried{"carry", Came::refused, std::string(code_name(ErrorCode::LEAF_UNEXPECTED)), 0};
}

}  // namespace

Result<v1::BundleReceipt> take_bundle(City& to, const v1::Bundle& bundle) {
  if (bundle.to() != to.code())
    return fail(ErrorCode::WRONG_CITY, "the bundle is for " + bundle.to());
  const auto checkpoint = checkpoint_of(bundle);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  auto log = log_at(to, bundle.from());
  if (!log) return tl::make_unexpected(log.error());
  if (auto sound = need_no_fork(to, bundle, *log); !sound)
    return tl::make_unexpected(sound.error());
  if (auto accepted = accept(to, bundle, *log, checkpoint->size); !accepted)
    return tl::make_unexpected(accepted.error());
  std::set<std::uint32_t> notices;  // carried with their drafts
  for (const auto& leaf : bundle.leaves())
    if (leaf.has_notice()) notices.insert(leaf.notice());
  v1::BundleReceipt receipt;
  receipt.set_city(to.code());
  receipt.set_from(bundle.from());
  for (int i = 0; i < bundle.leaves_size(); ++i) {
    if (notices.contains(static_cast<std::uint32_t>(i))) continue;
    auto came = take(to, bundle, {checkpoint->size, log->epoch()}, i);
    if (!came) return tl::make_unexpected(came.error());
    auto* leaf = receipt.add_leaves();
    leaf->set_index(bundle.leaves(i).index());
    leaf->set_action(std::move(came->action));
    leaf->set_outcome(std::string(word_of(came->came)));
    leaf->set_code(std::move(came->code));
    leaf->set_position(came->position);
  }
  log = log_at(to, bundle.from());
  if (!log) return tl::make_unexpected(log.error());
  receipt.set_accepted_size(log->size());
  return receipt;
}

BundleFrom next_after(const v1::BundleReceipt& receipt) {
  BundleFrom since{receipt.accepted_size(), receipt.accepted_size()};
  for (const auto& leaf : receipt.leaves())
    if (leaf.outcome() == word_of(Came::waits)) since.leaf = std::min(since.leaf, leaf.index());
  return since;
}

}  // namespace puhui::node::relay
