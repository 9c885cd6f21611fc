#include <algorithm>
#include <set>

#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/governance/governance.h"
#include "ledger/rules/votes.h"

namespace puhui::ledger {
namespace {

constexpr int kDocumentsMax = 64;

// How the signer table writes a kind.
std::string word(v1::FilingKind kind) {
  switch (kind) {
    case v1::FILING_METHODOLOGY:
      return "methodology";
    case v1::FILING_SCENARIO:
      return "scenario";
    case v1::FILING_PROJECT:
      return "project";
    case v1::FILING_INSTITUTION:
      return "institution";
    case v1::FILING_DATA_PROVIDER:
      return "data_provider";
    default:
      return "unknown";
  }
}

// The one kind that all these roles are filed as: a filing gives no other role.
std::optional<v1::FilingKind> kind_of(
    const google::protobuf::RepeatedPtrField<v1::RoleGrant>& grants) {
  std::optional<v1::FilingKind> kind;
  for (const auto& grant : grants) {
    const auto its = filing_kind(grant.role());
    if (!its || (kind && *its != *kind)) return std::nullopt;
    kind = its;
  }
  return kind;
}

std::optional<v1::FilingKind> kind_of(const v1::FilingSubject& subject) {
  switch (subject.subject_case()) {
    case v1::FilingSubject::kMethodology:
      return subject.methodology().methodology().kind() == v1::BEHAVIOUR ? v1::FILING_SCENARIO
                                                                         : v1::FILING_METHODOLOGY;
    case v1::FilingSubject::kProject:
      return v1::FILING_PROJECT;
    case v1::FilingSubject::kParty:
      return kind_of(subject.party().roles());
    case v1::FilingSubject::kRole:
      return filing_kind(subject.role().grant().role());
    case v1::FilingSubject::SUBJECT_NOT_SET:
      break;
  }
  return std::nullopt;
}

// What the subject would be refused for, signers apart.
Ruling check_subject(const Context& context, const v1::FilingSubject& subject) {
  switch (subject.subject_case()) {
    case v1::FilingSubject::kMethodology:
      return check_methodology(context, subject.methodology());
    case v1::FilingSubject::kProject:
      return check_project(context, subject.project());
    case v1::FilingSubject::kParty:
      return check_party(context, subject.party());
    case v1::FilingSubject::kRole:
      return check_role(context, subject.role());
    case v1::FilingSubject::SUBJECT_NOT_SET:
      break;
  }
  return malformed("subject");
}

void put_subject(Context& context, const v1::Filing& filing) {
  const auto& subject = filing.subject();
  switch (subject.subject_case()) {
    case v1::FilingSubject::kMethodology:
      return put_methodology(context, subject.methodology(), filing.event_sha256());
    case v1::FilingSubject::kProject:
      return put_project(context, subject.project());
    case v1::FilingSubject::kParty:
      return put_party(context, subject.party());
    case v1::FilingSubject::kRole:
      return put_role(context, subject.role());
    case v1::FilingSubject::SUBJECT_NOT_SET:
      break;
  }
}

Subject about_subject(const Context& context, const v1::FilingSubject& subject) {
  switch (subject.subject_case()) {
    case v1::FilingSubject::kMethodology:
      return about(subject.methodology().methodology());
    case v1::FilingSubject::kProject:
      return about(context, subject.project());
    default:
      break;
  }
  Subject party;
  party.party = subject.has_party() ? subject.party().party() : subject.role().party();
  const auto known = context.state.find<v1::Party>(key::party(party.party));
  party.area = known ? known->area() : subject.party().area();
  return party;
}

// Whose filing it is: the legal entities that may not review it.
std::set<std::string> interested(const Context& context, const v1::Filing& filing) {
  const auto& subject = filing.subject();
  std::set<std::string> entities;
  for (const auto& signer : filing.signers()) entities.insert(legal_entity(context, signer));
  if (subject.has_project()) entities.insert(legal_entity(context, subject.project().owner()));
  if (subject.has_party()) entities.insert(subject.party().legal_entity());
  if (subject.has_role()) entities.insert(legal_entity(context, subject.role().party()));
  return entities;
}

// Of a methodology that supersedes another, those of both.
Ruling need_signers(const Context& context, const std::string& line,
                    const v1::FilingSubject& subject) {
  if (subject.has_methodology())
    return need_methodology_signers(context, line, subject.methodology());
  return require_signers(context, line, about_subject(context, subject));
}

Ruling need_reviewer(const Context& context, const v1::Filing& filing) {
  const auto& acting = context.event.payload.party();
  if (!reaches(context, acting, filing.procedure().reviewers(), about(context, filing)))
    return refuse(ErrorCode::ROLE_MISSING, "procedure.reviewers",
                  v1::Role_Name(filing.procedure().reviewers()), {}, acting);
  const auto entity = legal_entity(context, acting);
  const auto reviewed_already = [&](const v1::CastVote& review) {
    return review.party() != acting && legal_entity(context, review.party()) == entity;
  };
  const auto refusal = [&](const char* limit) {
    return refuse(ErrorCode::REVIEW_INDEPENDENCE, "procedure.independence", limit, entity, acting);
  };
  if (is_interested(context, filing, entity)) return refusal("a legal entity without interest");
  if (std::ranges::any_of(filing.reviews(), reviewed_already))
    return refusal("one review of each legal entity");
  return {};
}

}  // namespace

bool is_interested(const Context& context, const v1::Filing& filing, const std::string& entity) {
  return interested(context, filing).contains(entity);
}

std::optional<v1::FilingKind> filing_kind(v1::Role role) {
  switch (role) {
    case v1::VERIFIER:
    case v1::SERVICE_INSTITUTION:
      return v1::FILING_INSTITUTION;
    case v1::DATA_PROVIDER:
      return v1::FILING_DATA_PROVIDER;
    default:
      return std::nullopt;
  }
}

Ruling need_no_procedure(const Context& context, v1::FilingKind kind) {
  if (context.mandated) return {};
  const auto& procedures = context.rules.procedures();
  if (std::ranges::find(procedures, kind, &v1::FilingProcedure::kind) == procedures.end())
    return {};
  return refuse(ErrorCode::FILING_REQUIRED, "rules.procedures", "draft." + word(kind), {},
                "rule set " + context.rules.version());
}

Subject about(const Context& context, const v1::Filing& filing) {
  return about_subject(context, filing.subject());
}

Ruling need_same_procedure(const Context& context, const v1::Filing& filing) {
  const auto& procedures = context.rules.procedures();
  const auto now = std::ranges::find(procedures, filing.kind(), &v1::FilingProcedure::kind);
  if (now != procedures.end() && now->SerializeAsString() == filing.procedure().SerializeAsString())
    return {};
  return refuse(ErrorCode::FILING_STATE, "filing.procedure",
                "the procedure of rule set " + context.rules.version(), "that of its draft",
                filing.filing());
}

tl::expected<v1::Filing, Refusal> need_filing(const Context& context, const std::string& name) {
  auto filing = is_name(name) ? context.state.find<v1::Filing>(key::filing(name)) : std::nullopt;
  if (filing) return std::move(*filing);
  return refuse(ErrorCode::FILING_UNKNOWN, "filing.known", {}, {}, name);
}

Refusal wrong_state(const v1::Filing& filing, std::string wanted) {
  return refuse(ErrorCode::FILING_STATE, "filing.state", std::move(wanted),
                v1::FilingState_Name(filing.state()), filing.filing())
      .value();
}

void put_filing(Context& context, const v1::Filing& filing) {
  context.state.put(key::filing(filing.filing()), filing);
}

void end_unfiled(Context& context, v1::Filing& filing, v1::FilingState state) {
  if (filing.has_notice() && filing.subject().has_project())
    free_periods(context, filing.subject().project());
  filing.set_state(state);
  filing.set_ended_at(static_cast<std::int64_t>(context.leaf));
  put_filing(context, filing);
}

Ruling draft_filing(Context& context, const v1::DraftFiling& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.filing())) return malformed("filing");
  const auto kind = kind_of(action.subject());
  if (!kind) return malformed(action.subject().has_party() ? "subject.roles" : "subject");
  if (action.documents_size() > kDocumentsMax ||
      !std::ranges::all_of(action.documents(), is_document))
    return malformed("documents");
  if (context.state.has(key::filing(action.filing())))
    return refuse(ErrorCode::FILING_EXISTS, "filing.new", {}, action.filing());
  const auto& procedures = context.rules.procedures();
  const auto procedure = std::ranges::find(procedures, *kind, &v1::FilingProcedure::kind);
  if (procedure == procedures.end())
    return refuse(ErrorCode::FILING_NO_PROCEDURE, "rules.procedures",
                  "rule set " + context.rules.version(), {}, word(*kind));
  if (auto sound = check_subject(context, action.subject()); !sound) return sound;
  if (auto met = need_signers(context, "draft." + word(*kind), action.subject()); !met) return met;
  v1::Filing filing;
  filing.set_filing(action.filing());
  filing.set_kind(*kind);
  filing.set_drafter(context.event.payload.party());
  *filing.mutable_subject() = action.subject();
  *filing.mutable_documents() = action.documents();
  *filing.mutable_procedure() = *procedure;
  filing.set_state(procedure->approvals() > 0 ? v1::FILING_DRAFTED : v1::FILING_REVIEWED);
  for (const auto& [signer, keys] : context.signers) filing.add_signers(signer);
  filing.set_drafted_at(static_cast<std::int64_t>(context.leaf));
  filing.set_event_sha256(std::string(context.event.sha256.view()));
  put_filing(context, filing);
  context.fact("state", v1::FilingState_Name(filing.state()));
  return {};
}

Ruling review_filing(Context& context, const v1::ReviewFiling& action) {
  if (!is_document_or_none(action.has_opinion(), action.opinion())) return malformed("opinion");
  auto filing = need_filing(context, action.filing());
  if (!filing) return tl::make_unexpected(filing.error());
  if (filing->state() != v1::FILING_DRAFTED)
    return tl::make_unexpected(wrong_state(*filing, v1::FilingState_Name(v1::FILING_DRAFTED)));
  if (auto allowed = need_reviewer(context, *filing); !allowed) return allowed;
  if (auto done = cast(context, *filing->mutable_reviews(), action.approve()); !done) return done;
  if (action.has_opinion())
    *filing->mutable_reviews()->rbegin()->mutable_opinion() = action.opinion();
  const auto& procedure = filing->procedure();
  const auto subject = about(context, *filing);
  const auto votes =
      count_votes(filing->reviews(), action.approve(), [&](const std::string& party) {
        return reaches(context, party, procedure.reviewers(), subject);
      });
  if (action.approve() && votes >= procedure.approvals())
    filing->set_state(v1::FILING_REVIEWED);
  else if (!action.approve() && procedure.rejections() > 0 && votes >= procedure.rejections())
    end_unfiled(context, *filing, v1::FILING_TURNED_DOWN);
  put_filing(context, *filing);
  context.fact("state", v1::FilingState_Name(filing->state()));
  context.fact("votes", std::to_string(votes));
  return {};
}

Ruling withdraw_filing(Context& context, const v1::WithdrawFiling& action) {
  if (action.reason().size() > kTextSizeMax) return malformed("reason");
  auto filing = need_filing(context, action.filing());
  if (!filing) return tl::make_unexpected(filing.error());
  if (filing->ended_at() != 0)
    return tl::make_unexpected(wrong_state(*filing, "before it is completed"));
  if (context.event.payload.party() != filing->drafter())
    if (auto met = require_signers(context, "filing.withdraw", about(context, *filing)); !met)
      return met;
  filing->set_reason(action.reason());
  end_unfiled(context, *filing, v1::FILING_WITHDRAWN);
  return {};
}

Ruling complete_filing(Context& context, const v1::CompleteFiling& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  auto filing = need_filing(context, action.filing());
  if (!filing) return tl::make_unexpected(filing.error());
  const bool wants_notice = filing->procedure().notice().days() > 0;
  const auto wanted = wants_notice ? v1::FILING_NOTICE : v1::FILING_REVIEWED;
  if (filing->state() != wanted)
    return tl::make_unexpected(wrong_state(*filing, v1::FilingState_Name(wanted)));
  if (auto same = need_same_procedure(context, *filing); !same) return same;
  if (wants_notice)
    if (auto over = need_over(context, filing->notice()); !over) return over;
  const auto line = "complete." + word(filing->kind());
  if (auto met = need_signers(context, line, filing->subject()); !met) return met;
  context.mandated = true;
  const auto& subject = filing->subject();
  if (auto sound = check_subject(context, subject); !sound) return sound;
  if (!wants_notice && subject.has_project())
    if (auto claimed = claim_periods(context, subject.project()); !claimed) return claimed;
  put_subject(context, *filing);
  filing->set_state(v1::FILING_FILED);
  filing->set_ended_at(static_cast<std::int64_t>(context.leaf));
  put_filing(context, *filing);
  return {};
}

}  // namespace puhui::ledger
