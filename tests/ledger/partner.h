// A partner city as this one sees it: a log of a few events that it signs and a node cosigns, and
// the hands to make it known here. And acts with tags.
#pragma once

#include "crypto/checkpoint.h"
#include "crypto/cosignature.h"
#include "crypto/policy.h"
#include "ledger/recognition.h"
#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {

inline const std::string kPartner = "XIANGYANG";

// ---- Acts with tags ----

inline v1::RuleSet tag_rules(const std::string& version = "tags") {
  auto rules = citizen_rules(version);
  RuleTable(rules).roles("agreement.file", {v1::AUTHORITY}).roles("tags.publish", {v1::OPERATOR});
  auto& rule = *rules.add_tags();
  rule.set_scenario("bike");
  rule.set_partner(kPartner);
  return rules;
}

inline std::string tag_of(const std::string& act) {
  return std::string(crypto::sha256("tag of " + act).view());
}
inline v1::BehaviourRecord tagged(const Ride& ride, const std::string& act,
                                  const std::string& partner = kPartner) {
  auto record = record_of(ride);
  auto& tag = *record.add_tags();
  tag.set_partner(partner);
  tag.set_tag(tag_of(act));
  return record;
}
inline Sent signed_acts(City& city, const std::vector<v1::BehaviourRecord>& records,
                        const std::string& scenario = "bike") {
  v1::SubmitBehaviourBatch action;
  action.set_batch("tagged");
  action.set_scenario(scenario);
  return signed_records(city, action, attached(records), {"provider"});
}

// ---- Publications ----

// The tags of these acts, as an attachment.
inline std::string tags_attached(const std::vector<std::string>& acts) {
  std::string bytes;
  for (const auto& act : acts) append_record(bytes, tag_of(act));
  return bytes;
}
inline v1::PublishTags publication(const std::vector<std::string>& acts, std::uint64_t from,
                                   std::uint64_t to, const std::string& partner = kPartner) {
  v1::PublishTags action;
  action.set_partner(partner);
  action.set_from(from);
  action.set_to(to);
  name_attachment(*action.mutable_tags(), tags_attached(acts));
  return action;
}
inline Sent signed_publication(City& city, const std::vector<std::string>& acts,
                               const v1::PublishTags& action,
                               const Signers& signers = {"operator"}) {
  auto payload = city.event(signers.front());
  *payload.mutable_publish_tags() = action;
  return sign_with(payload, signers, tags_attached(acts));
}

// ---- The partner ----

struct PartnerCity {
  std::string origin = "xiangyang.example/log";
  std::uint32_t epoch = 0;
  std::vector<std::string> entries;  // its whole log

  // It comes back with so many leaves, and goes on under another origin.
  void lose_from(std::uint64_t kept) {
    entries.resize(kept);
    origin += "/" + std::to_string(++epoch);
  }

  // An event of its ledger; answers its leaf.
  std::uint64_t append(v1::Payload payload) {
    payload.set_city(kPartner);
    payload.set_party("operator");
    payload.set_event_id(std::string(kEventIdSize, static_cast<char>(entries.size())));
    payload.set_valid_until(kNoon);
    entries.push_back(encode_entry(kNoon + static_cast<Micros>(entries.size()), EntryKind::event,
                                   sign(payload, {"partner"}).envelope));
    return entries.size() - 1;
  }
  std::uint64_t publish(const v1::PublishTags& action) {
    v1::Payload payload;
    *payload.mutable_publish_tags() = action;
    return append(payload);
  }

  [[nodiscard]] v1::CitySide side() const {
    crypto::Policy policy;
    policy.logs = {
        {{origin, crypto::NoteKeyType::ed25519, key_of("partner log").public_key()}, ""}};
    policy.witnesses = {
        {"node1",
         {origin + "/node1", crypto::NoteKeyType::cosignature, key_of("partner node").public_key()},
         ""}};
    policy.quorum = "node1";
    v1::CitySide side;
    side.set_city(kPartner);
    side.set_lineage(std::string(crypto::sha256("genesis there").view()));
    side.set_policy(crypto::format_policy(policy));
    side.add_authority()->set_public_key(key_of("partner").public_key().encode());
    side.set_authority_keys(1);
    return side;
  }

  [[nodiscard]] crypto::NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t index) {
      std::vector<crypto::Digest> leaves;
      for (auto at = index << level; at < (index + 1) << level; ++at)
        leaves.push_back(crypto::leaf_hash(entries[at]));
      return crypto::root_of(leaves);
    };
  }
  [[nodiscard]] std::string checkpoint() const {
    std::vector<crypto::Digest> leaves;
    for (const auto& entry : entries) leaves.push_back(crypto::leaf_hash(entry));
    const auto text =
        crypto::format_checkpoint({origin, leaves.size(), crypto::root_of(leaves), {}});
    return crypto::format_note(
        {text,
         {*crypto::sign_note(text, origin, key_of("partner log")),
          *crypto::cosign(text, origin + "/node1", key_of("partner node"), 1'700'000'000)}});
  }
  // Of its log as it is now.
  [[nodiscard]] v1::ProvenLeaf proven(std::uint64_t leaf) const {
    v1::ProvenLeaf proof;
    proof.set_city(kPartner);
    proof.set_epoch(epoch);
    proof.set_entry(entries[leaf]);
    proof.set_index(leaf);
    proof.set_tree_size(entries.size());
    for (const auto& hash : crypto::inclusion_proof(leaf, entries.size(), nodes()))
      proof.add_path(std::string(hash.view()));
    return proof;
  }
};

// This city as an agreement names it.
inline v1::CitySide own_side(const City& city) {
  const auto view = city.view();
  const auto genesis = *view.genesis();
  crypto::Policy policy;
  policy.logs = {
      {{genesis.origin(), crypto::NoteKeyType::ed25519, key_of("log").public_key()}, ""}};
  v1::CitySide side;
  side.set_city(genesis.city());
  side.set_lineage(*view.reader().get(key::lineage()));
  side.set_policy(crypto::format_policy(policy));
  side.add_authority()->set_public_key(key_of("bureau").public_key().encode());
  side.set_authority_keys(1);
  return side;
}

// An agreement by which neither takes units.
inline Answer agree_with(City& city, const PartnerCity& partner) {
  v1::Agreement agreement;
  agreement.set_agreement("tags");
  agreement.set_version(1);
  *agreement.add_sides() = own_side(city);
  *agreement.add_sides() = partner.side();
  agreement.set_effective_from(kNoon - kMicrosPerDay);
  agreement.set_effective_to(kNoon + 1'000 * kMicrosPerDay);
  agreement.set_answer_within(kMicrosPerDay);
  v1::FileAgreement action;
  action.set_agreement(agreement.SerializeAsString());
  auto& signature = *action.add_partner_signatures();
  signature.set_key_id(key_id("partner"));
  signature.set_signature(
      key_of("partner").sign(authority_bytes(kAgreementWord, action.agreement())));
  return act(city, action, {"bureau"});
}

// The partner's new epoch, of which it kept all that is in its log now.
inline Answer renew_from(City& city, const PartnerCity& partner) {
  v1::SideRenewal renewal;
  *renewal.mutable_side() = partner.side();
  renewal.set_sequence(partner.epoch);
  renewal.set_epoch(partner.epoch);
  renewal.set_kept_leaves(partner.entries.size());
  v1::RenewPartner action;
  action.set_renewal(renewal.SerializeAsString());
  auto& signature = *action.add_partner_signatures();
  signature.set_key_id(key_id("partner"));
  signature.set_signature(key_of("partner").sign(authority_bytes(kRenewalWord, action.renewal())));
  return act(city, action, {"operator"});
}

inline Answer accept_from(City& city, const PartnerCity& partner) {
  v1::PartnerLog log;
  log.ParseFromString(*city.view().reader().get(key::partner(kPartner)));
  v1::AcceptCheckpoint action;
  action.set_partner(kPartner);
  action.set_checkpoint(partner.checkpoint());
  for (const auto& hash :
       crypto::consistency_proof(log.size(), partner.entries.size(), partner.nodes()))
    action.add_proof(std::string(hash.view()));
  return act(city, action, {"operator"});
}

inline Sent signed_note_of(City& city, const v1::ProvenLeaf& leaf, const v1::AttachmentRef& named,
                           const std::string& attachment) {
  auto payload = city.event("operator");
  *payload.mutable_note_tags()->mutable_published() = leaf;
  *payload.mutable_note_tags()->mutable_tags() = named;
  return sign_with(payload, {"operator"}, attachment);
}
// What the partner published at a leaf, of these acts.
inline Sent noting(City& city, const PartnerCity& partner, std::uint64_t leaf,
                   const std::vector<std::string>& acts) {
  const auto event = read_foreign(partner.entries[leaf], kPartner);
  return signed_note_of(city, partner.proven(leaf), event->payload.publish_tags().tags(),
                        tags_attached(acts));
}

}  // namespace puhui::ledger::testing
