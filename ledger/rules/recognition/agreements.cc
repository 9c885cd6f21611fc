#include <algorithm>

#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

Ruling wrong(std::string_view what, std::string asked = {}) {
  return refuse(ErrorCode::AGREEMENT_MALFORMED, "agreement." + std::string(what), {}, {},
                std::move(asked));
}

// Each key that is to sign for this city is one of its authority's.
bool is_own_authority(const Context& context, const v1::CitySide& side) {
  return std::ranges::all_of(side.authority(), [&](const v1::Key& encoded) {
    const auto key = crypto::PublicKey::decode(encoded.public_key());
    const auto record =
        key ? context.state.find<v1::KeyRecord>(key::public_key(key->key_id().view()))
            : std::nullopt;
    if (!record || record->ended_at() != 0) return false;
    const auto party = context.state.find<v1::Party>(key::party(record->party()));
    return party && acts_for_city(*party, v1::AUTHORITY, context.now);
  });
}

Ruling check_own_side(const Context& context, const v1::CitySide& side) {
  if (side.lineage() != own_lineage(context)) return wrong("lineage", side.city());
  const auto policy = crypto::parse_policy(side.policy());
  if (policy->logs[0].key.name != context.genesis.origin() ||
      policy->logs[0].key.key.encode() != context.genesis.log_key())
    return wrong("policy", side.city());
  return is_own_authority(context, side) ? Ruling{} : wrong("authority", side.city());
}

const v1::CitySide& other_side(const v1::Agreement& agreement, const v1::CitySide& own) {
  return agreement.sides(own.city() == agreement.sides(0).city() ? 1 : 0);
}

std::string origin_of(const v1::CitySide& side) {
  return crypto::parse_policy(side.policy())->logs[0].key.name;
}

Ruling need_version(std::uint32_t wanted, std::uint32_t asked) {
  if (wanted == asked) return {};
  return refuse(ErrorCode::AGREEMENT_VERSION, "agreement.version", std::to_string(wanted), {},
                std::to_string(asked));
}

// The same city and log as before, however its keys have changed.
Ruling need_same_log(const v1::PartnerLog& log, const v1::CitySide& side) {
  if (side.city() != log.side().city()) return wrong("city", side.city());
  if (side.lineage() != log.side().lineage()) return wrong("lineage", side.city());
  return origin_of(side) == log.origin() ? Ruling{} : wrong("origin", origin_of(side));
}

Ruling need_partner_signatures(const v1::CitySide& known, std::string_view word,
                               std::string_view bytes, const AuthoritySignatures& signatures) {
  if (is_signed_by(known, word, bytes, signatures)) return {};
  return refuse(
      ErrorCode::AGREEMENT_SIGNATURE, "agreement.signatures",
      std::to_string(known.authority_keys()) + " keys of the authority of " + known.city());
}

void put_partner(Context& context, std::optional<v1::PartnerLog> known, const v1::CitySide& side) {
  auto log = known.value_or(v1::PartnerLog());
  if (!known) {
    log.set_origin(origin_of(side));
    log.set_root(std::string(crypto::empty_root().view()));
    log.set_accepted_time(context.now);
  }
  *log.mutable_side() = side;
  log.clear_evidence_sha256();
  log.clear_accused_at();
  context.state.put(key::partner(side.city()), log);
}

bool can_follow(v1::Standing now, v1::Standing next) {
  if (next == v1::CLOSED || next == v1::STANDING_SUSPENDED)
    return now == v1::IN_FORCE || (next == v1::CLOSED && now == v1::STANDING_SUSPENDED);
  return next == v1::IN_FORCE && now == v1::STANDING_SUSPENDED;
}

}  // namespace

std::string own_lineage(const Context& context) { return *context.state.get(key::lineage()); }

tl::expected<v1::AgreementRecord, Refusal> need_agreement(const Context& context,
                                                          const std::string& partner) {
  auto record = context.state.find<v1::AgreementRecord>(key::agreement(partner));
  if (record) return std::move(*record);
  return refuse(ErrorCode::AGREEMENT_UNKNOWN, "agreement.known", {}, {}, partner);
}

Ruling need_in_force(const Context& context, const v1::AgreementRecord& record) {
  const auto& agreement = record.agreement();
  if (record.standing() != v1::IN_FORCE)
    return refuse(ErrorCode::AGREEMENT_STANDING, "agreement.standing",
                  v1::Standing_Name(v1::IN_FORCE), v1::Standing_Name(record.standing()),
                  record.reason());
  if (context.now >= agreement.effective_from() && context.now < agreement.effective_to())
    return {};
  return refuse(ErrorCode::AGREEMENT_STANDING, "agreement.effective",
                std::to_string(agreement.effective_from()) + " to " +
                    std::to_string(agreement.effective_to()),
                {}, std::to_string(context.now));
}

tl::expected<v1::Agreement, Refusal> agreement_of(const Context& context,
                                                  const std::string& partner,
                                                  std::uint32_t version) {
  auto agreement = context.state.find<v1::Agreement>(key::agreement_version(partner, version));
  if (agreement) return std::move(*agreement);
  return refuse(ErrorCode::AGREEMENT_VERSION, "agreement.version", "a version filed here", {},
                std::to_string(version));
}

void put_standing(Context& context, v1::AgreementRecord& record, v1::Standing standing,
                  const std::string& reason) {
  record.set_standing(standing);
  record.set_standing_at(static_cast<std::int64_t>(context.leaf));
  record.set_reason(reason);
  const auto& agreement = record.agreement();
  const auto* own = side_of(agreement, context.genesis.city());
  context.state.put(key::agreement(other_side(agreement, *own).city()), record);
}

Ruling file_agreement(Context& context, const v1::FileAgreement& action) {
  auto agreement = read_agreement(action.agreement());
  if (!agreement) return wrong("form", agreement.error().detail);
  const auto* own = side_of(*agreement, context.genesis.city());
  if (own == nullptr) return wrong("sides", context.genesis.city());
  if (auto sound = check_own_side(context, *own); !sound) return sound;
  const auto& partner = other_side(*agreement, *own);
  const auto before = context.state.find<v1::AgreementRecord>(key::agreement(partner.city()));
  if (auto next =
          need_version(before ? before->agreement().version() + 1 : 1, agreement->version());
      !next)
    return next;
  const auto known = context.state.find<v1::PartnerLog>(key::partner(partner.city()));
  if (known)
    if (auto same = need_same_log(*known, partner); !same) return same;
  if (auto signed_there = need_partner_signatures(known ? known->side() : partner, kAgreementWord,
                                                  action.agreement(), action.partner_signatures());
      !signed_there)
    return signed_there;
  if (auto met = require_signers(context, "agreement.file", the_city()); !met) return met;
  put_partner(context, known, partner);
  context.state.put(key::agreement_version(partner.city(), agreement->version()), *agreement);
  v1::AgreementRecord record;
  *record.mutable_agreement() = std::move(*agreement);
  record.set_filed_at(static_cast<std::int64_t>(context.leaf));
  record.set_event_sha256(std::string(context.event.sha256.view()));
  put_standing(context, record, v1::IN_FORCE, {});
  return {};
}

Ruling set_agreement(Context& context, const v1::SetAgreement& action) {
  if (action.reason().empty() || action.reason().size() > kTextSizeMax) return malformed("reason");
  if (!is_document_or_none(action.has_decision(), action.decision())) return malformed("decision");
  auto record = need_agreement(context, action.partner());
  if (!record) return tl::make_unexpected(record.error());
  if (!can_follow(record->standing(), action.standing()))
    return refuse(ErrorCode::STANDING_INVALID, "agreement.standing", {},
                  v1::Standing_Name(record->standing()), v1::Standing_Name(action.standing()));
  if (auto met = require_signers(context, "agreement.set", the_city()); !met) return met;
  if (action.standing() == v1::IN_FORCE) {
    auto log = context.state.find<v1::PartnerLog>(key::partner(action.partner()));
    const auto side = log->side();
    put_partner(context, std::move(log), side);
  }
  put_standing(context, *record, action.standing(), action.reason());
  return {};
}

Ruling renew_partner(Context& context, const v1::RenewPartner& action) {
  const auto renewal = read_renewal(action.renewal());
  if (!renewal) return wrong("form", renewal.error().detail);
  auto log = need_partner(context, renewal->side().city());
  if (!log) return tl::make_unexpected(log.error());
  if (auto next = need_version(log->sequence() + 1, renewal->sequence()); !next) return next;
  if (auto same = need_same_log(*log, renewal->side()); !same) return same;
  if (auto signed_there = need_partner_signatures(log->side(), kRenewalWord, action.renewal(),
                                                  action.partner_signatures());
      !signed_there)
    return signed_there;
  log->set_sequence(renewal->sequence());
  *log->mutable_side() = renewal->side();
  context.state.put(key::partner(renewal->side().city()), *log);
  return {};
}

}  // namespace puhui::ledger
