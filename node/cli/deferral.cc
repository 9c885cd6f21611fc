#include "node/cli/deferral.h"

#include "node/cli/documents.h"

namespace puhui::node::cli {
namespace {

// Puts the payload's action into the field of `subject` that is of its kind; false if none is.
bool put_action(const v1::Payload& payload, google::protobuf::Message& subject) {
  const auto& reflection = *payload.GetReflection();
  const auto* action = reflection.GetOneofFieldDescriptor(
      payload, payload.GetDescriptor()->FindOneofByName("action"));
  if (action == nullptr) return false;
  const auto& kinds = *subject.GetDescriptor();
  for (int i = 0; i < kinds.field_count(); ++i) {
    if (kinds.field(i)->message_type() != action->message_type()) continue;
    subject.GetReflection()
        ->MutableMessage(&subject, kinds.field(i))
        ->CopyFrom(reflection.GetMessage(payload, action));
    return true;
  }
  return false;
}

Result<void> propose(const RunFlags& flags, v1::Payload& payload) {
  v1::Propose propose;
  propose.set_proposal(flags.proposal);
  if (!put_action(payload, *propose.mutable_resolution()))
    return fail(ErrorCode::INVALID_ARGUMENT, "--propose: no vote resolves this action");
  *payload.mutable_propose() = std::move(propose);
  return {};
}

Result<void> draft(const RunFlags& flags, v1::Payload& payload) {
  v1::DraftFiling draft;
  draft.set_filing(flags.filing);
  if (!put_action(payload, *draft.mutable_subject()))
    return fail(ErrorCode::INVALID_ARGUMENT,
                "--draft: filed are methodologies, projects, parties and roles");
  for (const auto& enclosure : flags.enclosures) {
    auto document = read_document(enclosure);
    if (!document) return tl::make_unexpected(document.error());
    *draft.add_documents() = std::move(*document);
  }
  *payload.mutable_draft_filing() = std::move(draft);
  return {};
}

}  // namespace

Result<void> defer(const RunFlags& flags, v1::Payload& payload) {
  if (!flags.proposal.empty() && !flags.filing.empty())
    return fail(ErrorCode::INVALID_ARGUMENT, "either --propose or --draft");
  if (flags.filing.empty() && !flags.enclosures.empty())
    return fail(ErrorCode::INVALID_ARGUMENT, "--enclose: documents go with a --draft");
  if (!flags.proposal.empty()) return propose(flags, payload);
  if (!flags.filing.empty()) return draft(flags, payload);
  return {};
}

}  // namespace puhui::node::cli
