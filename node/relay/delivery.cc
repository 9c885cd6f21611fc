#include "node/relay/delivery.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "ledger/records.h"
#include "ledger/rules/recognition/recognition.h"

namespace puhui::node::relay {
namespace {

// Somebody else was there before.
constexpr std::array kDoneBefore = {ErrorCode::TRANSFER_ANSWERED, ErrorCode::CHECKPOINT_STALE,
                                    ErrorCode::RETIREMENT_STATED};
// Time, or another step, may mend it.
constexpr std::array kMayMend = {ErrorCode::CHECKPOINT_NOT_ACCEPTED,
                                 ErrorCode::AGREEMENT_STANDING,
                                 ErrorCode::AGREEMENT_VERSION,
                                 ErrorCode::TRANSFER_DEADLINE_PASSED,
                                 ErrorCode::TRANSFER_DEADLINE_RUNNING,
                                 ErrorCode::TRANSFER_ACCEPTABLE,
                                 ErrorCode::PROJECT_ABROAD,
                                 ErrorCode::DISCOUNT_DIFFERS,
                                 ErrorCode::EPOCH_LISTS_PENDING};
// Of one recall or retirement, in one go.
constexpr int kPartsMax = 64;
// Says nothing about the units: no reason to refuse an import.
constexpr std::array kNoReason = {
    ErrorCode::CHECKPOINT_NOT_ACCEPTED, ErrorCode::AGREEMENT_VERSION, ErrorCode::AGREEMENT_UNKNOWN,
    ErrorCode::TRANSFER_ANSWERED,       ErrorCode::PROJECT_ABROAD,    ErrorCode::DISCOUNT_DIFFERS,
    ErrorCode::PROOF_INVALID,           ErrorCode::LEAF_UNEXPECTED,   ErrorCode::EVENT_MALFORMED,
    ErrorCode::EPOCH_LISTS_PENDING};

bool is_one_of(std::span<const ErrorCode> codes, ErrorCode code) {
  return std::ranges::find(codes, code) != codes.end();
}

std::string hex(std::string_view bytes) { return crypto::hex_encode(bytes); }

Carried known(std::string action) { return {std::move(action), Came::known, {}, 0}; }
Carried waiting(std::string action, ErrorCode code) {
  return {std::move(action), Came::waits, std::string(code_name(code)), 0};
}

template <class Action>
Result<Carried> send(City& to, std::string name, Action action, Action* (v1::Payload::*field)(),
                     std::string attachment = {}) {
  v1::Payload payload;
  *(payload.*field)() = std::move(action);
  return carried(std::move(name), to.submit(std::move(payload), std::move(attachment)));
}

// ---- Exports ----

Result<ledger::Micros> time_in(City& city) {
  const auto status = city.get<v1::Status>({"v1", "status"});
  if (!status) return tl::make_unexpected(status.error());
  return std::max(status->time(), status->now());
}

Result<Carried> make_void(City& to, const v1::ProvenLeaf& leaf) {
  v1::VoidImport action;
  *action.mutable_export_() = leaf;
  return send(to, "void_import", std::move(action), &v1::Payload::mutable_void_import);
}

// What cannot be imported is refused with the reason why. While the agreement is suspended it can
// be neither.
Result<Carried> refuse(City& to, const v1::ProvenLeaf& leaf, const std::string& code) {
  v1::RefuseImport action;
  *action.mutable_export_() = leaf;
  action.set_code(code);
  auto done = send(to, "refuse_import", std::move(action), &v1::Payload::mutable_refuse_import);
  if (done && done->came == Came::done) done->code = code;
  return done;
}

Result<Carried> import_or_refuse(City& to, const v1::ProvenLeaf& leaf) {
  auto action = import_of(to, leaf);
  if (!action) return tl::make_unexpected(action.error());
  auto done = send(to, "import", std::move(*action), &v1::Payload::mutable_import);
  if (!done || done->came == Came::done || done->came == Came::known) return done;
  const auto code = code_from_name(done->code);
  if (code == ErrorCode::TRANSFER_DEADLINE_PASSED) return make_void(to, leaf);
  if (is_one_of(kNoReason, code)) return done;
  auto refused = refuse(to, leaf, done->code);
  if (!refused || refused->came != Came::waits) return refused;
  done->came = Came::waits;
  return done;
}

Result<Carried> answer_export(City& to, const v1::ProvenLeaf& leaf,
                              const ledger::ForeignEvent& event) {
  if (!ledger::check_export(event.payload.export_()))
    return fail(ErrorCode::LEAF_UNEXPECTED, "no export");
  const auto id = transfer_of(to, leaf);
  if (!id) return tl::make_unexpected(id.error());
  const auto answered = to.find<v1::TransferRecord>({"v1", "transfers", hex(*id)});
  if (!answered) return tl::make_unexpected(answered.error());
  if (*answered) return known("import");
  const auto now = time_in(to);
  if (!now) return tl::make_unexpected(now.error());
  const auto deadline = event.time + event.payload.export_().answer_within();
  return *now >= deadline ? make_void(to, leaf) : import_or_refuse(to, leaf);
}

// ---- What is brought home, and noted ----

Result<Carried> conclude(City& to, const v1::ProvenLeaf& leaf, const v1::Payload& answer) {
  const auto side = to.get<v1::CitySide>({"v1", "side"});
  if (!side) return tl::make_unexpected(side.error());
  const auto id = ledger::answered_transfer(answer, {side->city(), side->lineage()});
  if (!id) return tl::make_unexpected(id.error());
  const auto record = to.find<v1::TransferRecord>({"v1", "transfers", hex(*id)});
  if (!record) return tl::make_unexpected(record.error());
  if (*record && (*record)->state() != v1::TRANSFER_LOCKED) return known("conclude_transfer");
  v1::ConcludeTransfer action;
  *action.mutable_answer() = leaf;
  auto done =
      send(to, "conclude_transfer", std::move(action), &v1::Payload::mutable_conclude_transfer);
  if (done && done->code == code_name(ErrorCode::TRANSFER_STATE_WRONG)) done->came = Came::known;
  return done;
}

// The same proof again, part by part, until all of it is noted, once the leaf of `to` that noted
// the last part is applied.
template <class IsDone, class Send>
Result<Carried> send_in_parts(const std::string& name, IsDone is_done, Send send) {
  auto last = known(name);
  for (int parts = 0; parts < kPartsMax; ++parts) {
    const auto done = is_done(last.position);
    if (!done) return tl::make_unexpected(done.error());
    if (*done) return last;
    auto sent = send();
    if (!sent || sent->came != Came::done) return sent;
    last = std::move(*sent);
  }
  return waiting(name, ErrorCode::TOO_LARGE);
}

Result<Carried> note_retirement(City& to, const v1::ProvenLeaf& leaf,
                                const v1::StateRetirement& statement) {
  if (statement.serials().empty())
    return fail(ErrorCode::LEAF_UNEXPECTED, "a retirement of nothing");
  const auto is_done = [&](std::int64_t at_least) {
    return is_retirement_noted(to, statement, at_least);
  };
  return send_in_parts("note_retirement", is_done, [&] {
    v1::NoteRetirement action;
    *action.mutable_statement() = leaf;
    auto sent =
        send(to, "note_retirement", std::move(action), &v1::Payload::mutable_note_retirement);
    // The way there is not concluded yet.
    if (sent && sent->code == code_name(ErrorCode::TRANSFER_STATE_WRONG)) sent->came = Came::waits;
    return sent;
  });
}

// Whether all that it recalls is frozen, once that leaf of `to` is applied: a recall is listed when
// its last part is noted, by the epoch in which its leaf came. Not in one that `to` knows not of.
Result<bool> is_recall_done(City& to, const v1::ProvenLeaf& leaf, std::int64_t at_least) {
  const auto log = to.find<v1::PartnerLog>({"v1", "partners", leaf.city()});
  if (!log) return tl::make_unexpected(log.error());
  if (!*log || std::cmp_greater(leaf.epoch(), (*log)->kept_leaves_size())) return false;
  const auto epoch = ledger::epoch_of_leaf(**log, leaf.epoch(), leaf.index());
  std::string before;
  crypto::append_u32(before, epoch);
  if (leaf.index() > 0) crypto::append_u64(before, leaf.index() - 1);
  const auto noted = to.get<v1::NotedLeafList>(
      {"v1", "partners", leaf.city(), "recalls"},
      {{"limit", "1"}, {"at_least", std::to_string(at_least)}, {"after", hex(before)}});
  if (!noted) return tl::make_unexpected(noted.error());
  return !noted->items().empty() && noted->items(0).epoch() == epoch &&
         noted->items(0).leaf() == leaf.index();
}

Result<Carried> note_recall(City& to, const v1::ProvenLeaf& leaf) {
  const auto is_done = [&](std::int64_t at_least) { return is_recall_done(to, leaf, at_least); };
  return send_in_parts("note_recall", is_done, [&] {
    v1::NoteRecall action;
    *action.mutable_recall() = leaf;
    return send(to, "note_recall", std::move(action), &v1::Payload::mutable_note_recall);
  });
}

// Each from where the one before ended; another relay may have brought it meanwhile.
Result<Carried> note_tags(City& to, const Delivery& delivery, const v1::PublishTags& published) {
  const auto& leaf = delivery.leaf;
  if (published.partner() != to.code())
    return fail(ErrorCode::LEAF_UNEXPECTED, "tags for " + published.partner());
  const auto noted = to.get<v1::TagsNoted>({"v1", "partners", leaf.city(), "tags"});
  if (!noted) return tl::make_unexpected(noted.error());
  if (published.to() <= noted->to()) return known("note_tags");
  if (published.from() > noted->to()) return waiting("note_tags", ErrorCode::RUN_DIFFERS);
  auto named = tags_named(leaf, delivery.attachment);
  if (!named)
    return Carried{"note_tags", Came::refused, std::string(code_name(named.error().code)), 0};
  v1::NoteTags action;
  *action.mutable_published() = leaf;
  *action.mutable_tags() = std::move(*named);
  auto done = send(to, "note_tags", std::move(action), &v1::Payload::mutable_note_tags,
                   delivery.attachment);
  if (done && done->code == code_name(ErrorCode::RUN_DIFFERS)) done->came = Came::known;
  return done;
}

Result<Carried> note_filing(City& to, const Delivery& delivery, const v1::FileProject& project) {
  const auto noted = to.find<v1::ForeignProject>(
      {"v1", "partners", delivery.leaf.city(), "projects", project.project()});
  if (!noted) return tl::make_unexpected(noted.error());
  if (*noted) return known("note_filing");
  v1::NoteFiling action;
  *action.mutable_filing() = delivery.leaf;
  if (delivery.notice) *action.mutable_notice() = *delivery.notice;
  return send(to, "note_filing", std::move(action), &v1::Payload::mutable_note_filing);
}

// The project that is noted by this draft; empty if none is.
Result<std::string> noted_by(City& to, const std::string& city, const std::string& filing) {
  Items<v1::ForeignProjectList> projects(to, {"v1", "partners", city, "projects"});
  for (;;) {
    const auto noted = projects.next();
    if (!noted) return tl::make_unexpected(noted.error());
    if (*noted == nullptr) return std::string();
    if ((*noted)->filing() == filing) return (*noted)->project();
  }
}

Result<Carried> note_filing_end(City& to, const v1::ProvenLeaf& leaf, const std::string& filing) {
  if (filing.empty()) return fail(ErrorCode::LEAF_UNEXPECTED, "no draft has ended");
  auto project = noted_by(to, leaf.city(), filing);
  if (!project) return tl::make_unexpected(project.error());
  if (project->empty()) return known("note_filing_end");
  v1::NoteFilingEnd action;
  action.set_project(std::move(*project));
  *action.mutable_ended() = leaf;
  auto done = send(to, "note_filing_end", std::move(action), &v1::Payload::mutable_note_filing_end);
  // Another relay has brought it meanwhile.
  if (done && done->code == code_name(ErrorCode::PROJECT_ABROAD)) done->came = Came::known;
  return done;
}

// A project that is not noted claims nothing.
Result<Carried> note_closing(City& to, const v1::ProvenLeaf& leaf,
                             const ledger::ForeignEvent& event) {
  auto project = ledger::closed_project(event.payload);
  if (project.empty()) return fail(ErrorCode::LEAF_UNEXPECTED, "no project was closed");
  const auto noted =
      to.find<v1::ForeignProject>({"v1", "partners", leaf.city(), "projects", project});
  if (!noted) return tl::make_unexpected(noted.error());
  if (!*noted || (*noted)->to() <= ledger::claim_end(**noted, event.time))
    return known("note_filing_end");
  v1::NoteFilingEnd action;
  action.set_project(std::move(project));
  *action.mutable_ended() = leaf;
  return send(to, "note_filing_end", std::move(action), &v1::Payload::mutable_note_filing_end);
}

// The version that the units were sent under; nothing where the city has not filed it.
Result<std::optional<v1::Agreement>> version_of(City& to, const v1::ProvenLeaf& leaf,
                                                const v1::Export& exported) {
  Items<v1::AgreementVersionList> versions(to, {"v1", "agreements", leaf.city(), "versions"});
  for (;;) {
    const auto version = versions.next();
    if (!version) return tl::make_unexpected(version.error());
    if (*version == nullptr) return std::optional<v1::Agreement>();
    if ((*version)->version() == exported.agreement_version()) return std::optional(**version);
  }
}

}  // namespace

std::string_view word_of(Came came) {
  constexpr std::string_view kWords[] = {"done", "known", "refused", "waits"};
  return kWords[static_cast<int>(came)];
}

Result<Carried> carried(std::string action, const Result<v1::SubmissionResult>& result) {
  if (!result) return tl::make_unexpected(result.error());
  if (result->decision() == v1::ACCEPTED)
    return Carried{std::move(action), Came::done, {}, result->position()};
  const auto code = code_from_name(result->code());
  if (result->decision() == v1::FAILED) return fail(code, action + ": " + result->detail());
  auto came = Came::refused;
  if (is_one_of(kDoneBefore, code)) came = Came::known;
  if (is_one_of(kMayMend, code)) came = Came::waits;
  return Carried{std::move(action), came, result->code(), 0};
}

Result<ledger::ForeignEvent> event_of(const v1::ProvenLeaf& leaf) {
  return ledger::read_foreign(leaf.entry(), leaf.city());
}

Result<std::string> transfer_of(City& to, const v1::ProvenLeaf& exported) {
  const auto event = event_of(exported);
  if (!event) return tl::make_unexpected(event.error());
  const auto log = to.get<v1::PartnerLog>({"v1", "partners", exported.city()});
  if (!log) return tl::make_unexpected(log.error());
  return std::string(ledger::transfer_id(log->side().lineage(), event->payload).view());
}

Result<bool> is_retirement_noted(City& to, const v1::StateRetirement& statement,
                                 std::int64_t at_least) {
  std::uint64_t last = 0;
  for (const auto& range : statement.serials()) last = std::max(last, range.end());
  const auto block = to.find<v1::UnitBlock>({"v1", "serials", std::to_string(last)},
                                            {{"at_least", std::to_string(at_least)}});
  if (!block) return tl::make_unexpected(block.error());
  return *block && (*block)->retired_abroad_at() != 0;
}

Result<std::string> attachment_of(City& from, const v1::ProvenLeaf& leaf) {
  const auto event = event_of(leaf);
  if (!event || !event->payload.has_publish_tags()) return std::string();
  auto tags = from.fetch("/v1/attachments/" + std::to_string(leaf.index()));
  if (!tags)
    tags.error().detail.insert(0, "the tags of leaf " + std::to_string(leaf.index()) + ": ");
  return tags;
}

Result<v1::AttachmentRef> tags_named(const v1::ProvenLeaf& leaf, std::string_view tags) {
  const auto event = event_of(leaf);
  if (!event) return tl::make_unexpected(event.error());
  if (!event->payload.has_publish_tags())
    return fail(ErrorCode::LEAF_UNEXPECTED, "the leaf is not of tags that were published");
  const auto& named = event->payload.publish_tags().tags();
  const auto records = ledger::split_records(tags);
  if (!records) return tl::make_unexpected(records.error());
  if (ledger::attachment_root(*records).view() != named.root())
    return fail(ErrorCode::ATTACHMENT_MISMATCH, "these are not the tags that the leaf names");
  return named;
}

bool has_ended_unfiled(const v1::Filing& filing) {
  return filing.state() == v1::FILING_WITHDRAWN || filing.state() == v1::FILING_TURNED_DOWN;
}

Result<v1::Import> import_of(City& to, const v1::ProvenLeaf& exported) {
  const auto event = event_of(exported);
  if (!event) return tl::make_unexpected(event.error());
  const auto& units = event->payload.export_();
  if (!event->payload.has_export_() || !ledger::check_export(units))
    return fail(ErrorCode::LEAF_UNEXPECTED, "no export");
  const auto version = version_of(to, exported, units);
  if (!version) return tl::make_unexpected(version.error());
  const auto part = *version ? ledger::recognised(units, **version) : ledger::Recognised();
  v1::Import action;
  *action.mutable_export_() = exported;
  action.set_recognised_kg(part.kg);
  *action.mutable_discounted() = part.discounted;
  return action;
}

Result<Carried> deliver(City& to, const Delivery& delivery) {
  const auto& leaf = delivery.leaf;
  const auto event = event_of(leaf);
  if (!event) return tl::make_unexpected(event.error());
  const auto& payload = event->payload;
  switch (payload.action_case()) {
    case v1::Payload::kExport:
      return answer_export(to, leaf, *event);
    case v1::Payload::kImport:
    case v1::Payload::kRefuseImport:
    case v1::Payload::kVoidImport:
    case v1::Payload::kSettleTransfer:
      return conclude(to, leaf, payload);
    case v1::Payload::kStateRetirement:
      return note_retirement(to, leaf, payload.state_retirement());
    case v1::Payload::kRecall:
      return note_recall(to, leaf);
    case v1::Payload::kWithdrawFiling:
    case v1::Payload::kDecideObjection:
      return note_filing_end(to, leaf, ledger::filing_ended(payload));
    case v1::Payload::kSetStanding:
      return note_closing(to, leaf, *event);
    case v1::Payload::kPublishTags:
      return note_tags(to, delivery, payload.publish_tags());
    case v1::Payload::kFileProject:
      return note_filing(to, delivery, payload.file_project());
    case v1::Payload::kDraftFiling:
      return note_filing(to, delivery, payload.draft_filing().subject().project());
    default:
      return fail(ErrorCode::LEAF_UNEXPECTED, "calls for nothing in another city");
  }
}

}  // namespace puhui::node::relay
