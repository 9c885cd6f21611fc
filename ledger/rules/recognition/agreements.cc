#include <algorithm>

#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/signers.h"
#include "ledger/store/numbers.h"

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

// The epoch of this ledger whose log the side names, if it is one of its logs.
std::optional<std::uint32_t> epoch_named(const Context& context, const v1::CitySide& side) {
  const auto logs = own_logs(context);
  const auto log = std::ranges::find(logs, crypto::parse_policy(side.policy())->logs[0].key);
  if (log == logs.end()) return std::nullopt;
  return static_cast<std::uint32_t>(log - logs.begin());
}

// An agreement of an earlier epoch, whose filing was lost, is filed as it was: by keys that may
// have ended since, or be lost as well.
Ruling check_own_side(const Context& context, const v1::CitySide& side) {
  if (side.lineage() != own_lineage(context)) return wrong("lineage", side.city());
  const auto epoch = epoch_named(context, side);
  if (!epoch) return wrong("policy", side.city());
  const bool is_now = *epoch + 1 == own_logs(context).size();
  return !is_now || is_own_authority(context, side) ? Ruling{} : wrong("authority", side.city());
}

const v1::CitySide& other_side(const v1::Agreement& agreement, const v1::CitySide& own) {
  return agreement.sides(own.city() == agreement.sides(0).city() ? 1 : 0);
}

std::string origin_of(const v1::CitySide& side) {
  return crypto::parse_policy(side.policy())->logs[0].key.name;
}

Ruling need_version(std::uint32_t wanted, std::uint32_t asked) {
  if (asked == wanted) return {};
  return refuse(ErrorCode::AGREEMENT_VERSION, "agreement.version", std::to_string(wanted), {},
                std::to_string(asked));
}

// The same city as before, however its keys have changed.
Ruling need_same_city(const v1::PartnerLog& log, const v1::CitySide& side) {
  if (side.city() != log.side().city()) return wrong("city", side.city());
  return side.lineage() == log.side().lineage() ? Ruling{} : wrong("lineage", side.city());
}

Ruling need_same_log(const v1::PartnerLog& log, const v1::CitySide& side) {
  if (auto same = need_same_city(log, side); !same) return same;
  return origin_of(side) == log.origin() ? Ruling{} : wrong("origin", origin_of(side));
}

// Of a version whose filing was lost: as the partner was before what was heard of it since.
bool is_of_before(const v1::PartnerLog& log, const v1::CitySide& side) {
  return std::ranges::find(log.origins(), origin_of(side)) != log.origins().end();
}

// Another log is another epoch, the next; its origin is new.
Ruling check_epoch(const v1::PartnerLog& log, const v1::SideRenewal& renewal) {
  if (renewal.epoch() == log.epoch()) return need_same_log(log, renewal.side());
  if (renewal.epoch() != log.epoch() + 1) return wrong("epoch", std::to_string(renewal.epoch()));
  const auto origin = origin_of(renewal.side());
  const bool is_new = origin != log.origin() && !is_of_before(log, renewal.side());
  return is_new ? need_same_city(log, renewal.side()) : wrong("origin", origin);
}

// The log of the new epoch begins with what it kept of the one before: what was accepted of that
// is what its checkpoints must be consistent with.
void begin_epoch(Context& context, v1::PartnerLog& log, const v1::SideRenewal& renewal) {
  const auto& city = log.side().city();
  const auto kept = renewal.kept_leaves();
  log.add_origins(log.origin());
  log.set_origin(origin_of(renewal.side()));
  log.add_kept_leaves(kept);
  log.clear_stated_epoch();
  log.clear_stated_to();
  if (log.size() > kept) {
    const auto prefix = key::partner_checkpoints(city, log.epoch());
    const auto last =
        context.state.before(prefix, key::partner_checkpoint(city, log.epoch(), kept + 1));
    const auto accepted =
        last ? context.state.find<v1::AcceptedCheckpoint>(last->key) : std::nullopt;
    log.set_size(last ? crypto::read_u64(std::string_view(last->key).substr(prefix.size())) : 0);
    log.set_root(accepted ? accepted->root() : std::string(crypto::empty_root().view()));
  }
  log.clear_forked_to();
  log.set_epoch(renewal.epoch());
  // Tags of acts at leaves that come anew are published anew.
  const auto tags = key::tags_noted(city);
  if (number_at(context.state, tags).value_or(0) > kept) put_number(context.state, tags, kept);
}

// An origin and a lineage are one city's for ever: nobody is convicted by another's log, or sends
// what has the name of another's transfer.
Ruling need_own_names(const Context& context, const v1::CitySide& partner) {
  const auto is_anothers = [&](const std::string& stored) {
    const auto known = context.state.get(stored);
    return known && *known != partner.city();
  };
  const auto origin = origin_of(partner);
  if (is_own_origin(context, origin) || is_anothers(key::city_of_origin(origin)))
    return wrong("origin", origin);
  if (partner.lineage() == own_lineage(context) ||
      is_anothers(key::city_of_lineage(partner.lineage())))
    return wrong("lineage", partner.city());
  return {};
}

v1::PartnerLog first_seen(const Context& context, const v1::CitySide& side) {
  v1::PartnerLog log;
  log.set_origin(origin_of(side));
  log.set_root(std::string(crypto::empty_root().view()));
  log.set_accepted_time(context.now);
  return log;
}

// One that was filed in an epoch before is filed again: what came of it may be lost.
v1::AgreementRecord first_filed(Context& context, const v1::CitySide& own) {
  v1::AgreementRecord record;
  record.set_first_epoch(*epoch_named(context, own));
  if (own_logs(context)[record.first_epoch()] != own_log(context)) await_list(context, record);
  return record;
}

// Governance has taken the partner as it is.
void forgive(v1::PartnerLog& log) {
  log.clear_evidence_sha256();
  log.clear_accused_at();
}

void put_partner(Context& context, v1::PartnerLog log, const v1::CitySide& side) {
  *log.mutable_side() = side;
  context.state.put(key::partner(side.city()), log);
  context.state.put(key::city_of_origin(log.origin()), side.city());
  context.state.put(key::city_of_lineage(side.lineage()), side.city());
}

// One that is closed is closed once more to give up the partner's list.
bool can_follow(const v1::AgreementRecord& record, v1::Standing next) {
  const auto now = record.standing();
  if (next == v1::CLOSED && now == v1::CLOSED) return record.awaits_list();
  if (next == v1::CLOSED || next == v1::STANDING_SUSPENDED)
    return now == v1::IN_FORCE || (next == v1::CLOSED && now == v1::STANDING_SUSPENDED);
  return next == v1::IN_FORCE && now == v1::STANDING_SUSPENDED;
}

}  // namespace

crypto::VerifierKey own_log(const Context& context) {
  const auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  const auto& name = epoch ? epoch->opening().origin() : context.genesis.origin();
  const auto& wire = epoch ? epoch->opening().log_key() : context.genesis.log_key();
  return {name, crypto::NoteKeyType::ed25519, *crypto::PublicKey::decode(wire)};
}

Ruling need_partner_signatures(const v1::CitySide& known, std::string_view word,
                               std::string_view bytes, const AuthoritySignatures& signatures) {
  if (is_signed_by(known, word, bytes, signatures)) return {};
  return refuse(
      ErrorCode::AGREEMENT_SIGNATURE, "agreement.signatures",
      std::to_string(known.authority_keys()) + " keys of the authority of " + known.city());
}

Ruling need_gone(const Context& context, const v1::AgreementRecord& record,
                 const v1::PartnerLog& log) {
  const auto dead_after = record.agreement().dead_after();
  // Of what was heard before a restore, nobody knows.
  const auto epoch = context.state.find<v1::EpochRecord>(key::epoch());
  const auto heard = std::max(log.accepted_time(), epoch ? epoch->opened_time() : 0);
  const auto silent = context.now - std::max(record.standing_time(), heard);
  if (record.standing() == v1::CLOSED && dead_after > 0 && silent > dead_after) return {};
  return refuse(ErrorCode::PARTNER_PRESENT, "agreement.dead_after",
                dead_after == 0 ? "never" : std::to_string(dead_after), std::to_string(silent),
                log.side().city());
}

std::string own_lineage(const Context& context) { return *context.state.get(key::lineage()); }

tl::expected<v1::AgreementRecord, Refusal> need_agreement(const Context& context,
                                                          const std::string& partner) {
  auto record = context.state.find<v1::AgreementRecord>(key::agreement(partner));
  if (record) return std::move(*record);
  return refuse(ErrorCode::AGREEMENT_UNKNOWN, "agreement.known", {}, {}, partner);
}

Ruling need_lists(const v1::AgreementRecord& record) {
  if (!record.awaits_list()) return {};
  return refuse(ErrorCode::EPOCH_LISTS_PENDING, "epoch.lists",
                "from leaf " + std::to_string(record.list_from()));
}

tl::expected<v1::Agreement, Refusal> need_in_force(const Context& context,
                                                   const std::string& partner,
                                                   const v1::AgreementRecord& record) {
  if (auto listed = need_lists(record); !listed) return tl::make_unexpected(listed.error());
  auto agreement = version_begun(context, partner).value_or(record.agreement());
  if (record.standing() != v1::IN_FORCE)
    return refuse(ErrorCode::AGREEMENT_STANDING, "agreement.standing",
                  v1::Standing_Name(v1::IN_FORCE), v1::Standing_Name(record.standing()),
                  record.reason());
  if (context.now >= agreement.effective_from() && context.now < agreement.effective_to())
    return agreement;
  return refuse(
      ErrorCode::AGREEMENT_STANDING, "agreement.effective",
      time_text(agreement.effective_from()) + " to " + time_text(agreement.effective_to()), {},
      time_text(context.now));
}

tl::expected<v1::Agreement, Refusal> agreement_of(const Context& context,
                                                  const std::string& partner,
                                                  std::uint32_t version) {
  auto agreement = context.state.find<v1::Agreement>(key::agreement_version(partner, version));
  if (agreement) return std::move(*agreement);
  return refuse(ErrorCode::AGREEMENT_VERSION, "agreement.version", "a version filed here", {},
                std::to_string(version));
}

std::optional<v1::Agreement> version_begun(const Context& context, const std::string& partner) {
  const auto record = need_agreement(context, partner);
  for (auto version = record ? record->agreement().version() : 0; version > 0; --version) {
    auto agreement = agreement_of(context, partner, version);
    if (agreement && agreement->effective_from() <= context.now) return std::move(*agreement);
  }
  return std::nullopt;
}

void put_standing(Context& context, v1::AgreementRecord& record, v1::Standing standing,
                  const std::string& reason) {
  record.set_standing(standing);
  record.set_standing_at(static_cast<std::int64_t>(context.leaf));
  record.set_standing_time(context.now);
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
  if (auto own_origin = need_own_names(context, partner); !own_origin) return own_origin;
  const auto known = context.state.find<v1::PartnerLog>(key::partner(partner.city()));
  const bool is_past = known && is_of_before(*known, partner);
  if (known)
    if (auto same = is_past ? need_same_city(*known, partner) : need_same_log(*known, partner);
        !same)
      return same;
  if (auto signed_there = need_partner_signatures(known ? known->side() : partner, kAgreementWord,
                                                  action.agreement(), action.partner_signatures());
      !signed_there)
    return signed_there;
  if (auto met = require_signers(context, "agreement.file", the_city()); !met) return met;
  auto log = known.value_or(first_seen(context, partner));
  forgive(log);
  put_partner(context, std::move(log), is_past ? known->side() : partner);
  context.state.put(key::agreement_version(partner.city(), agreement->version()), *agreement);
  auto record = before ? *before : first_filed(context, *own);
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
  if (!can_follow(*record, action.standing()))
    return refuse(ErrorCode::STANDING_INVALID, "agreement.standing", {},
                  v1::Standing_Name(record->standing()), v1::Standing_Name(action.standing()));
  if (auto met = require_signers(context, "agreement.set", the_city()); !met) return met;
  auto log = *context.state.find<v1::PartnerLog>(key::partner(action.partner()));
  if (record->standing() == v1::CLOSED) {
    if (auto ended = give_up_list(context, action.partner(), *record); !ended) return ended;
    context.state.put(key::agreement(action.partner()), *record);
    return {};
  }
  if (action.standing() == v1::IN_FORCE) {
    forgive(log);
    context.state.put(key::partner(action.partner()), log);
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
  if (auto sound = check_epoch(*log, *renewal); !sound) return sound;
  if (auto own_origin = need_own_names(context, renewal->side()); !own_origin) return own_origin;
  if (auto signed_there = need_partner_signatures(log->side(), kRenewalWord, action.renewal(),
                                                  action.partner_signatures());
      !signed_there)
    return signed_there;
  if (renewal->epoch() != log->epoch()) begin_epoch(context, *log, *renewal);
  log->set_sequence(renewal->sequence());
  log->set_accepted_time(context.now);
  const auto side = renewal->side();
  put_partner(context, std::move(*log), side);
  return {};
}

}  // namespace puhui::ledger
