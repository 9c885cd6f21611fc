// Agreements between cities, and how they stand.
#include <algorithm>

#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

using Steps = std::map<v1::Standing, std::set<v1::Standing>>;
const Steps kSteps{{v1::IN_FORCE, {v1::STANDING_SUSPENDED, v1::CLOSED}},
                   {v1::STANDING_SUSPENDED, {v1::IN_FORCE, v1::CLOSED}}};

// Who closes it again gives up the partner's list.
bool can_follow(const v1::AgreementRecord& record, v1::Standing next) {
  if (record.standing() == v1::CLOSED) return next == v1::CLOSED && record.awaits_list();
  const auto* steps = find(kSteps, record.standing());
  return steps != nullptr && steps->contains(next);
}

Verdict unsound(const std::string& what) { return refused(ErrorCode::AGREEMENT_MALFORMED, what); }

crypto::VerifierKey log_of(const v1::CitySide& side) {
  return crypto::parse_policy(side.policy())->logs[0].key;
}

// A key in force of a party that acts as the city's authority.
bool is_own_authority(const Case& at, const v1::Key& encoded) {
  const auto id = crypto::PublicKey::decode(encoded.public_key())->key_id();
  const auto* record = find(at.books.keys, std::string(id.view()));
  if (record == nullptr || record->ended_at() != 0) return false;
  const auto* party = find(at.books.parties, record->party());
  return party != nullptr && acts_for_city(*party, v1::AUTHORITY, at.now);
}

// This city is what its own ledger says of it; or as it was in an epoch before, if what was filed
// then is lost.
Verdict check_own_side(const Case& at, const v1::CitySide& side) {
  if (side.lineage() != at.books.lineage) return unsound("lineage of " + side.city());
  const auto logs = own_logs(at.books);
  if (std::ranges::count(logs, log_of(side)) == 0) return unsound("policy of " + side.city());
  if (log_of(side) != logs.back()) return {};
  const auto is_own = [&](const v1::Key& key) { return is_own_authority(at, key); };
  if (std::ranges::all_of(side.authority(), is_own)) return {};
  return unsound("authority of " + side.city());
}

Verdict need_same_city(const v1::PartnerLog& log, const v1::CitySide& side) {
  if (side.city() != log.side().city()) return unsound("another city");
  return side.lineage() == log.side().lineage() ? Verdict() : unsound("another lineage");
}

Verdict need_same_log(const v1::PartnerLog& log, const v1::CitySide& side) {
  if (auto bad = need_same_city(log, side)) return bad;
  return log_of(side).name == log.origin() ? Verdict() : unsound("another log");
}

bool was_before(const v1::PartnerLog& log, const std::string& origin) {
  return std::ranges::count(log.origins(), origin) > 0;
}

// The same log, or the next epoch under an origin that is new.
Verdict check_epoch(const v1::PartnerLog& log, const v1::SideRenewal& renewal) {
  if (renewal.epoch() == log.epoch()) return need_same_log(log, renewal.side());
  if (renewal.epoch() != log.epoch() + 1) return unsound("epoch");
  const auto origin = log_of(renewal.side()).name;
  if (origin == log.origin() || was_before(log, origin)) return unsound("an origin of before");
  return need_same_city(log, renewal.side());
}

// An origin and a lineage are one city's for ever.
Verdict need_own_names(const Case& at, const v1::CitySide& partner) {
  const auto origin = log_of(partner).name;
  const auto* city = find(at.books.cities_of_origins, origin);
  if (is_own_origin(at.books, origin) || (city != nullptr && *city != partner.city()))
    return unsound("origin of another city");
  city = find(at.books.cities_of_lineages, partner.lineage());
  if (partner.lineage() == at.books.lineage || (city != nullptr && *city != partner.city()))
    return unsound("lineage of another city");
  return {};
}

// The epoch whose log the first version names; what came of one of an epoch before may be lost.
void begin_record(Case& at, v1::AgreementRecord& record, const v1::CitySide& own) {
  const auto logs = own_logs(at.books);
  const auto epoch = std::ranges::find(logs, log_of(own)) - logs.begin();
  record.set_first_epoch(static_cast<std::uint32_t>(epoch));
  if (log_of(own) != logs.back()) await_list(at, record);
}

// What the new log kept of the one before is what its checkpoints go on from.
void begin_epoch(Case& at, v1::PartnerLog& log, const v1::SideRenewal& renewal) {
  const auto kept = renewal.kept_leaves();
  log.add_origins(log.origin());
  log.set_origin(log_of(renewal.side()).name);
  log.add_kept_leaves(kept);
  // It may have lost more of any epoch before: all is stated anew.
  log.clear_stated_epoch();
  log.clear_stated_to();
  if (log.size() > kept) {
    crypto::TreeHead last;
    for (const auto& [place, root] : at.books.partner_roots) {
      const auto& [city, epoch, size] = place;
      if (city == log.side().city() && epoch == log.epoch() && size <= kept) last = {size, root};
    }
    log.set_size(last.size);
    log.set_root(std::string(last.root.view()));
  }
  log.clear_forked_to();
  log.set_epoch(renewal.epoch());
  // From there on leaves come anew, and their tags with them.
  if (auto* tags = find(at.books.tags, log.side().city()))
    tags->noted = std::min(tags->noted, kept);
}

// The partner is as this says from now on.
void put_side(Case& at, v1::PartnerLog& log, const v1::CitySide& side) {
  *log.mutable_side() = side;
  changed(at, log);
  at.books.cities_of_origins[log.origin()] = side.city();
  at.books.cities_of_lineages[side.lineage()] = side.city();
}

// It is taken as it is, and accused of nothing.
void forgive(Case& at, v1::PartnerLog& log) {
  log.clear_evidence_sha256();
  log.clear_accused_at();
  changed(at, log);
}

void put_partner(Case& at, const v1::CitySide& side) {
  const auto [known, is_new] = at.books.partners.try_emplace(side.city());
  auto& log = known->second;
  if (is_new) {
    log.set_origin(log_of(side).name);
    log.set_root(std::string(crypto::empty_root().view()));
    log.set_accepted_time(at.now);
  }
  put_side(at, log, side);
  forgive(at, log);
}

}  // namespace

Verdict find_agreement(Case& at, const std::string& partner, v1::AgreementRecord*& record) {
  record = find(at.books.agreements, partner);
  return record != nullptr ? Verdict() : refused(ErrorCode::AGREEMENT_UNKNOWN, partner);
}

const v1::Agreement* last_begun(const Case& at, const std::string& partner) {
  const v1::Agreement* begun = nullptr;
  const auto& versions = at.books.agreement_versions;
  for (auto each = versions.lower_bound({partner, 0});
       each != versions.end() && each->first.first == partner; ++each)
    if (each->second.effective_from() <= at.now) begun = &each->second;
  return begun;
}

Verdict need_in_force(const Case& at, const std::string& partner,
                      const v1::AgreementRecord& record) {
  if (auto bad = need_list(record)) return bad;
  const auto* begun = last_begun(at, partner);
  const auto& agreement = begun != nullptr ? *begun : record.agreement();
  if (record.standing() != v1::IN_FORCE)
    return refused(ErrorCode::AGREEMENT_STANDING, agreement.agreement(), "in force",
                   v1::Standing_Name(record.standing()));
  if (agreement.effective_from() <= at.now && at.now < agreement.effective_to()) return {};
  return refused(ErrorCode::AGREEMENT_STANDING, agreement.agreement(),
                 std::to_string(agreement.effective_from()) + " to " +
                     std::to_string(agreement.effective_to()),
                 std::to_string(at.now));
}

Verdict need_gone(const Case& at, const v1::AgreementRecord& record, const v1::PartnerLog& log) {
  const auto dead_after = record.agreement().dead_after();
  // What was heard before leaves were lost is not known.
  const auto opened = at.books.epoch ? at.books.epoch->opened_time() : 0;
  const auto since = std::max({record.standing_time(), log.accepted_time(), opened});
  if (record.standing() == v1::CLOSED && dead_after > 0 && at.now - since > dead_after) return {};
  return refused(ErrorCode::PARTNER_PRESENT, log.side().city(),
                 "closed and silent for more than " + std::to_string(dead_after),
                 v1::Standing_Name(record.standing()) + ", " + std::to_string(at.now - since));
}

Verdict need_version(std::uint32_t wanted, std::uint32_t found) {
  if (wanted == found) return {};
  return refused(ErrorCode::AGREEMENT_VERSION, {}, std::to_string(wanted), std::to_string(found));
}

Verdict find_version(const Case& at, const std::string& partner, std::uint32_t version,
                     const v1::Agreement*& agreement) {
  agreement = find(at.books.agreement_versions, {partner, version});
  if (agreement != nullptr) return {};
  return refused(ErrorCode::AGREEMENT_VERSION, partner, "a version filed here",
                 std::to_string(version));
}

void set_standing_of(Case& at, const std::string& partner, v1::Standing standing,
                     const std::string& reason) {
  auto& record = at.books.agreements.at(partner);
  record.set_standing(standing);
  record.set_standing_at(as_leaf(at));
  record.set_standing_time(at.now);
  record.set_reason(reason);
  at.books.changed(stored('1', partner), record);
}

Verdict file_agreement(Case& at, const v1::FileAgreement& action) {
  v1::Agreement agreement;
  if (auto bad = read_treaty(action.agreement(), agreement)) return bad;
  const auto* own = side_of(agreement, at.books.genesis.city());
  if (own == nullptr) return unsound("not of this city");
  if (auto bad = check_own_side(at, *own)) return bad;
  const auto& partner = agreement.sides(own == &agreement.sides(0) ? 1 : 0);
  const auto* before = find(at.books.agreements, partner.city());
  const bool is_first = before == nullptr;
  const auto next = is_first ? 1 : before->agreement().version() + 1;
  if (auto bad = need_version(next, agreement.version())) return bad;
  if (auto bad = need_own_names(at, partner)) return bad;
  const auto* log = find(at.books.partners, partner.city());
  // What is heard of the partner since a version that was lost stands.
  const bool is_late = log != nullptr && was_before(*log, log_of(partner).name);
  if (log != nullptr)
    if (auto bad = is_late ? need_same_city(*log, partner) : need_same_log(*log, partner))
      return bad;
  if (auto bad = need_authority(log != nullptr ? log->side() : partner, kAgreementWord,
                                action.agreement(), action.partner_signatures()))
    return bad;
  need_signers(at, "agreement.file", {.citywide = true});
  put_partner(at, is_late ? v1::CitySide(log->side()) : partner);
  at.books.agreement_versions[{partner.city(), agreement.version()}] = agreement;
  auto& record = at.books.agreements[partner.city()];
  if (is_first) begin_record(at, record, *own);
  *record.mutable_agreement() = agreement;
  record.set_filed_at(as_leaf(at));
  record.set_event_sha256(std::string(at.leaf.sha256.view()));
  set_standing_of(at, partner.city(), v1::IN_FORCE, {});
  return {};
}

Verdict set_agreement(Case& at, const v1::SetAgreement& action) {
  if (action.reason().empty() || action.reason().size() > kTextMax) return malformed("reason");
  if (!is_document_or_none(action.has_decision(), action.decision())) return malformed("decision");
  v1::AgreementRecord* record = nullptr;
  if (auto bad = find_agreement(at, action.partner(), record)) return bad;
  if (!can_follow(*record, action.standing()))
    return refused(ErrorCode::STANDING_INVALID, "from " + v1::Standing_Name(record->standing()), {},
                   v1::Standing_Name(action.standing()));
  need_signers(at, "agreement.set", {.citywide = true});
  if (record->standing() == v1::CLOSED) {
    if (auto bad = give_up_list(at, action.partner(), *record)) return bad;
    at.books.changed(stored('1', action.partner()), *record);
    return {};
  }
  if (action.standing() == v1::IN_FORCE) forgive(at, at.books.partners.at(action.partner()));
  set_standing_of(at, action.partner(), action.standing(), action.reason());
  return {};
}

Verdict renew_partner(Case& at, const v1::RenewPartner& action) {
  v1::SideRenewal renewal;
  if (auto bad = read_treaty(action.renewal(), renewal)) return bad;
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, renewal.side().city(), log)) return bad;
  if (auto bad = need_version(log->sequence() + 1, renewal.sequence())) return bad;
  if (auto bad = check_epoch(*log, renewal)) return bad;
  if (auto bad = need_own_names(at, renewal.side())) return bad;
  if (auto bad =
          need_authority(log->side(), kRenewalWord, action.renewal(), action.partner_signatures()))
    return bad;
  if (renewal.epoch() != log->epoch()) begin_epoch(at, *log, renewal);
  log->set_sequence(renewal.sequence());
  log->set_accepted_time(at.now);
  put_side(at, *log, renewal.side());
  return {};
}

}  // namespace puhui::node::audit
