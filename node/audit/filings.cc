#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

// Kinds as the signer table writes them.
const std::map<v1::FilingKind, std::string> kWords{{v1::FILING_METHODOLOGY, "methodology"},
                                                   {v1::FILING_SCENARIO, "scenario"},
                                                   {v1::FILING_PROJECT, "project"},
                                                   {v1::FILING_INSTITUTION, "institution"},
                                                   {v1::FILING_DATA_PROVIDER, "data_provider"}};
const std::map<int, v1::FilingKind> kFiledRoles{{v1::VERIFIER, v1::FILING_INSTITUTION},
                                                {v1::SERVICE_INSTITUTION, v1::FILING_INSTITUTION},
                                                {v1::DATA_PROVIDER, v1::FILING_DATA_PROVIDER}};

// What the subject is filed as; a party by its roles, all of which are filed and of one kind.
std::optional<v1::FilingKind> kind_of(const v1::FilingSubject& subject) {
  if (subject.has_methodology()) {
    const bool is_norm = subject.methodology().methodology().kind() == v1::BEHAVIOUR;
    return is_norm ? v1::FILING_SCENARIO : v1::FILING_METHODOLOGY;
  }
  if (subject.has_project()) return v1::FILING_PROJECT;
  std::vector<int> roles;
  if (subject.has_role()) roles.push_back(subject.role().grant().role());
  for (const auto& grant : subject.party().roles()) roles.push_back(grant.role());
  std::set<v1::FilingKind> kinds;
  for (const auto role : roles) {
    const auto* kind = find(kFiledRoles, role);
    if (kind == nullptr) return std::nullopt;
    kinds.insert(*kind);
  }
  if (kinds.size() != 1) return std::nullopt;
  return *kinds.begin();
}

const v1::FilingProcedure* procedure_for(const v1::RuleSet& rules, v1::FilingKind kind) {
  for (const auto& procedure : rules.procedures())
    if (procedure.kind() == kind) return &procedure;
  return nullptr;
}

Verdict check_subject(const Case& at, const v1::FilingSubject& subject) {
  if (subject.has_methodology()) return check_methodology(at, subject.methodology());
  if (subject.has_project()) return check_project(at, subject.project());
  if (subject.has_party()) return check_party(at, subject.party());
  if (subject.has_role()) return check_role(at, subject.role());
  return malformed("subject");
}

void put_subject(Case& at, const v1::Filing& filing) {
  const auto& subject = filing.subject();
  if (subject.has_methodology())
    put_methodology(at, subject.methodology(), filing.event_sha256());
  else if (subject.has_project())
    put_project(at, subject.project());
  else if (subject.has_party())
    put_party(at, subject.party());
  else
    put_role(at, subject.role());
}

Subject about_subject(const Case& at, const v1::FilingSubject& subject) {
  if (subject.has_methodology()) return about(subject.methodology().methodology());
  if (subject.has_project()) return about(at, subject.project());
  const auto& name = subject.has_party() ? subject.party().party() : subject.role().party();
  const auto* known = find(at.books.parties, name);
  return {.party = name, .area = known != nullptr ? known->area() : subject.party().area()};
}

// Of a version, those of the one it supersedes as well.
void need_subject_signers(Case& at, const std::string& line, const v1::FilingSubject& subject) {
  if (subject.has_methodology())
    need_methodology_signers(at, line, subject.methodology());
  else
    need_signers(at, line, about_subject(at, subject));
}

bool may_review(const Case& at, const v1::Filing& filing, const std::string& party) {
  return acts_for(at, party, filing.procedure().reviewers(), about(at, filing));
}

Verdict need_reviewer(const Case& at, const v1::Filing& filing) {
  const auto& acting = at.leaf.payload.party();
  if (!may_review(at, filing, acting))
    return refused(ErrorCode::ROLE_MISSING, "reviewers of " + filing.filing(),
                   v1::Role_Name(filing.procedure().reviewers()), acting);
  auto entities = interested(at, filing);
  for (const auto& review : filing.reviews())
    if (review.party() != acting) entities.insert(legal_entity(at, review.party()));
  if (entities.contains(legal_entity(at, acting)))
    return refused(ErrorCode::REVIEW_INDEPENDENCE, filing.filing(), "another legal entity", acting);
  return {};
}

Verdict check_draft(const Case& at, const v1::DraftFiling& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.filing())) return malformed("filing");
  const auto kind = kind_of(action.subject());
  if (!kind) return malformed("subject");
  if (action.documents_size() > 64 || !std::ranges::all_of(action.documents(), is_document))
    return malformed("documents");
  if (at.books.filings.contains(action.filing()))
    return refused(ErrorCode::FILING_EXISTS, action.filing());
  if (procedure_for(at.rules, *kind) == nullptr)
    return refused(ErrorCode::FILING_NO_PROCEDURE, kWords.at(*kind));
  return check_subject(at, action.subject());
}

bool wants_notice(const v1::Filing& filing) { return filing.procedure().notice().days() > 0; }

}  // namespace

std::set<std::string> interested(const Case& at, const v1::Filing& filing) {
  const auto& subject = filing.subject();
  std::set<std::string> entities;
  for (const auto& signer : filing.signers()) entities.insert(legal_entity(at, signer));
  if (subject.has_project()) entities.insert(legal_entity(at, subject.project().owner()));
  if (subject.has_party()) entities.insert(subject.party().legal_entity());
  if (subject.has_role()) entities.insert(legal_entity(at, subject.role().party()));
  return entities;
}

Verdict need_no_procedure(const Case& at, v1::FilingKind kind) {
  if (at.mandated || procedure_for(at.rules, kind) == nullptr) return {};
  return refused(ErrorCode::FILING_REQUIRED, kWords.at(kind), "filed by its procedure");
}

Verdict need_no_procedure(const Case& at, v1::Role role) {
  const auto* kind = find(kFiledRoles, static_cast<int>(role));
  return kind != nullptr ? need_no_procedure(at, *kind) : Verdict();
}

Verdict find_filing(Case& at, const std::string& name, v1::Filing*& filing) {
  filing = find(at.books.filings, name);
  return filing != nullptr ? Verdict() : refused(ErrorCode::FILING_UNKNOWN, name);
}

Verdict wrong_state(const v1::Filing& filing, const std::string& wanted) {
  return refused(ErrorCode::FILING_STATE, filing.filing(), wanted,
                 v1::FilingState_Name(filing.state()));
}

Verdict need_same_procedure(const Case& at, const v1::Filing& filing) {
  const auto* wanted = procedure_for(at.rules, filing.kind());
  if (wanted != nullptr && wanted->SerializeAsString() == filing.procedure().SerializeAsString())
    return {};
  return refused(ErrorCode::FILING_STATE, filing.filing(), "the procedure of " + at.rules.version(),
                 "that of its draft");
}

void changed(Case& at, const v1::Filing& filing) {
  at.books.changed(stored('f', filing.filing()), filing);
}

void end_unfiled(Case& at, v1::Filing& filing, v1::FilingState state) {
  if (filing.has_notice() && filing.subject().has_project())
    free_periods(at, filing.subject().project());
  filing.set_state(state);
  filing.set_ended_at(as_leaf(at));
}

Subject about(const Case& at, const v1::Filing& filing) {
  return about_subject(at, filing.subject());
}

Verdict draft_filing(Case& at, const v1::DraftFiling& action) {
  if (auto bad = check_draft(at, action)) return bad;
  const auto kind = *kind_of(action.subject());
  need_subject_signers(at, "draft." + kWords.at(kind), action.subject());
  v1::Filing filing;
  filing.set_filing(action.filing());
  filing.set_kind(kind);
  filing.set_drafter(at.leaf.payload.party());
  *filing.mutable_subject() = action.subject();
  *filing.mutable_documents() = action.documents();
  *filing.mutable_procedure() = *procedure_for(at.rules, kind);
  const bool is_reviewed = filing.procedure().approvals() == 0;
  filing.set_state(is_reviewed ? v1::FILING_REVIEWED : v1::FILING_DRAFTED);
  for (const auto& [signer, keys] : at.signers) filing.add_signers(signer);
  filing.set_drafted_at(as_leaf(at));
  filing.set_event_sha256(std::string(at.leaf.sha256.view()));
  changed(at, filing);
  at.books.filings[action.filing()] = std::move(filing);
  return {};
}

Verdict review_filing(Case& at, const v1::ReviewFiling& action) {
  if (action.has_opinion() && !is_document(action.opinion())) return malformed("opinion");
  v1::Filing* filing = nullptr;
  if (auto bad = find_filing(at, action.filing(), filing)) return bad;
  if (filing->state() != v1::FILING_DRAFTED) return wrong_state(*filing, "FILING_DRAFTED");
  if (auto bad = need_reviewer(at, *filing)) return bad;
  if (auto bad = may_cast(at, filing->reviews())) return bad;
  auto& review = cast(at, *filing->mutable_reviews(), action.approve());
  if (action.has_opinion()) *review.mutable_opinion() = action.opinion();
  std::uint32_t alike = 0;
  for (const auto& each : filing->reviews())
    if (each.approve() == action.approve() && may_review(at, *filing, each.party())) ++alike;
  const auto rejections = filing->procedure().rejections();
  if (action.approve() && alike >= filing->procedure().approvals())
    filing->set_state(v1::FILING_REVIEWED);
  if (!action.approve() && rejections != 0 && alike >= rejections)
    end_unfiled(at, *filing, v1::FILING_TURNED_DOWN);
  changed(at, *filing);
  return {};
}

Verdict withdraw_filing(Case& at, const v1::WithdrawFiling& action) {
  if (action.reason().size() > kTextMax) return malformed("reason");
  v1::Filing* filing = nullptr;
  if (auto bad = find_filing(at, action.filing(), filing)) return bad;
  if (filing->ended_at() != 0) return wrong_state(*filing, "before it ends");
  const bool by_drafter = filing->drafter() == at.leaf.payload.party();
  if (!by_drafter) need_signers(at, "filing.withdraw", about(at, *filing));
  filing->set_reason(action.reason());
  end_unfiled(at, *filing, v1::FILING_WITHDRAWN);
  changed(at, *filing);
  return {};
}

Verdict complete_filing(Case& at, const v1::CompleteFiling& action) {
  if (auto bad = need_rules(at)) return bad;
  v1::Filing* filing = nullptr;
  if (auto bad = find_filing(at, action.filing(), filing)) return bad;
  const auto wanted = wants_notice(*filing) ? v1::FILING_NOTICE : v1::FILING_REVIEWED;
  if (filing->state() != wanted) return wrong_state(*filing, v1::FilingState_Name(wanted));
  if (auto bad = need_same_procedure(at, *filing)) return bad;
  if (wants_notice(*filing))
    if (auto bad = need_over(at, filing->notice())) return bad;
  need_subject_signers(at, "complete." + kWords.at(filing->kind()), filing->subject());
  at.mandated = true;
  const auto& subject = filing->subject();
  if (auto bad = check_subject(at, subject)) return bad;
  // With a notice, its project has had its periods since then.
  if (subject.has_project() && !wants_notice(*filing)) {
    if (auto bad = check_periods(at, subject.project())) return bad;
    claim_periods(at, subject.project());
  }
  put_subject(at, *filing);
  filing->set_state(v1::FILING_FILED);
  filing->set_ended_at(as_leaf(at));
  changed(at, *filing);
  return {};
}

}  // namespace puhui::node::audit
