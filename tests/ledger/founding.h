// What a test city is founded with: folders, keys, signatures, rules, parties.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "crypto/key.h"
#include "ledger/entry.h"
#include "ledger/rules/context.h"
#include "puhui/v1/event.pb.h"

namespace puhui::ledger::testing {

inline constexpr Micros kSecond = 1'000'000;
inline constexpr std::int64_t kToday = 20'468;  // 2026-01-15
inline constexpr Micros kNoon = kToday * kMicrosPerDay - kBeijingOffset + kMicrosPerDay / 2;
inline constexpr std::string_view kCityCode = "WUHAN";

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "puhui-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

// The key of a party; "name#2" is another key of the same party.
inline const crypto::SecretKey& key_of(const std::string& name) {
  static std::map<std::string, crypto::SecretKey> keys;
  if (const auto known = keys.find(name); known != keys.end()) return known->second;
  auto made = crypto::SecretKey::from_seed(crypto::sha256("key of " + name).view());
  return keys.emplace(name, std::move(*made)).first->second;
}

inline std::string key_id(const std::string& name) {
  return std::string(key_of(name).public_key().key_id().view());
}

// What the names of keys begin with in a city: parties of different cities have keys of their own,
// though they are called alike.
inline std::string keys_of(std::string_view city) {
  return city == kCityCode ? std::string() : std::string(city) + "/";
}

// The bytes of one submission.
struct Sent {
  std::string envelope;
  std::string attachment;
  bool has_attachment = false;

  [[nodiscard]] BlockItem item() const {
    BlockItem item;
    item.envelope = envelope;
    if (has_attachment) item.attachments.push_back(attachment);
    return item;
  }
};

using Signers = std::vector<std::string>;

inline Sent sign(const v1::Payload& payload, const Signers& signers) {
  std::vector<const crypto::SecretKey*> keys;
  for (const auto& name : signers) keys.push_back(&key_of(name));
  auto envelope =
      crypto::sign_envelope(payload.SerializeAsString(), crypto::kEventPayloadType, keys);
  return {*crypto::encode_envelope(*envelope), {}, false};
}

inline v1::RegisterParty founding_party(const std::string& name,
                                        std::initializer_list<v1::Role> roles) {
  v1::RegisterParty party;
  party.set_party(name);
  party.set_legal_entity("entity of " + name);
  party.set_area("420100");
  party.add_keys()->set_public_key(key_of(name).public_key().encode());
  for (const auto role : roles) party.add_roles()->set_role(role);
  return party;
}

class RuleTable {
 public:
  explicit RuleTable(v1::RuleSet& rules) : rules_(rules) {}
  RuleTable& roles(const std::string& action, std::initializer_list<v1::Role> roles) {
    auto& line = line_of(action);
    for (const auto role : roles) line.add_all_of()->set_role(role);
    return *this;
  }
  RuleTable& relation(const std::string& action, v1::Relation relation) {
    line_of(action).add_all_of()->set_relation(relation);
    return *this;
  }
  RuleTable& count(const std::string& action, v1::Role role, std::uint32_t count) {
    auto* need = line_of(action).add_all_of();
    need->set_role(role);
    need->set_count(count);
    return *this;
  }

 private:
  v1::SignerRule& line_of(const std::string& action) {
    for (auto& line : *rules_.mutable_signers())
      if (line.action() == action) return line;
    auto* line = rules_.add_signers();
    line->set_action(action);
    return *line;
  }
  v1::RuleSet& rules_;
};

// Bonds of every kind: a reservation is for the exchange to deliver, a pledge for a bank to let go
// of, an escrow and what a court froze for the authority to decide. An event's is never posted.
inline void add_market_lines(v1::RuleSet& rules) {
  RuleTable(rules)
      .relation("bind.reservation", v1::HOLDER)
      .roles("release.reservation", {v1::EXCHANGE})
      .roles("post.reservation", {v1::EXCHANGE})
      .roles("bind.judicial", {v1::AUTHORITY})
      .roles("release.judicial", {v1::AUTHORITY})
      .roles("post.judicial", {v1::AUTHORITY})
      .relation("bind.pledge", v1::HOLDER)
      .relation("bind.pledge", v1::SUBJECT)
      .relation("release.pledge", v1::SUBJECT)
      .roles("post.pledge", {v1::AUTHORITY})
      .relation("bind.escrow", v1::HOLDER)
      .roles("bind.escrow", {v1::EXCHANGE})
      .roles("release.escrow", {v1::AUTHORITY})
      .roles("post.escrow", {v1::AUTHORITY})
      .relation("bind.event", v1::HOLDER)
      .relation("release.event", v1::HOLDER)
      .roles("release.event", {v1::AUTHORITY})
      .roles("settle", {v1::EXCHANGE})
      .relation("loan.refer", v1::HOLDER)
      .relation("loan.refer", v1::SUBJECT)
      .roles("certify", {v1::EXCHANGE})
      .roles("certify.statement", {v1::OPERATOR});
}

inline v1::RuleSet default_rules() {
  v1::RuleSet rules;
  rules.set_version("2026-1");
  RuleTable(rules)
      .roles("party.register", {v1::AUTHORITY})
      .roles("role.grant", {v1::AUTHORITY})
      .roles("role.revoke", {v1::AUTHORITY})
      .relation("key.add", v1::SUBJECT)
      .relation("key.rotate", v1::SUBJECT)
      .roles("key.revoke", {v1::AUTHORITY})
      .roles("rules.file", {v1::AUTHORITY})
      .roles("node.admit", {v1::OPERATOR})
      .count("methodology.file", v1::EXPERT, 2)
      .roles("methodology.file", {v1::OPERATOR})
      .relation("project.file", v1::OWNER)
      .roles("project.file", {v1::OPERATOR})
      .relation("report.submit", v1::OWNER)
      .roles("report.verify", {v1::VERIFIER})
      .roles("issue", {v1::OPERATOR, v1::AUTHORITY})
      .relation("account.open", v1::HOLDER)
      .relation("account.open_buffer", v1::HOLDER)
      .roles("account.open_personal", {v1::OPERATOR})
      .relation("transfer", v1::HOLDER)
      .relation("transfer.trade", v1::HOLDER)
      .roles("transfer.trade", {v1::EXCHANGE})
      .relation("retire", v1::HOLDER)
      .relation("retire.ets_offset", v1::HOLDER)
      .roles("retire.ets_offset", {v1::ETS_AUTHORITY})
      .roles("behaviour.submit", {v1::DATA_PROVIDER});
  add_market_lines(rules);
  for (const auto* purpose : {"neutrality", "ets_offset", "voluntary"}) rules.add_purposes(purpose);
  return rules;
}

inline v1::Node a_node(std::uint64_t id) {
  v1::Node node;
  node.set_node_id(id);
  node.set_name("wuhan.example/" + std::to_string(id));
  node.set_peer_key(key_of("peer" + std::to_string(id)).public_key().encode());
  node.set_cosigner_key(key_of("cosigner" + std::to_string(id)).public_key().encode());
  node.set_peer_address("127.0.0.1:7000");
  node.set_client_address("127.0.0.1:8000");
  return node;
}

inline v1::Genesis default_genesis() {
  v1::Genesis genesis;
  genesis.set_city(std::string(kCityCode));
  genesis.set_area("420100");
  genesis.set_origin("wuhan.example/log");
  genesis.set_log_key(key_of("log").public_key().encode());
  genesis.set_state_root_interval(64);
  *genesis.add_parties() = founding_party("bureau", {v1::AUTHORITY});
  *genesis.add_parties() = founding_party("operator", {v1::OPERATOR});
  *genesis.add_parties() = founding_party("expert1", {v1::EXPERT});
  *genesis.add_parties() = founding_party("expert2", {v1::EXPERT});
  *genesis.add_parties() = founding_party("verifier", {v1::VERIFIER});
  *genesis.add_parties() = founding_party("exchange", {v1::EXCHANGE});
  *genesis.add_parties() = founding_party("ets", {v1::ETS_AUTHORITY});
  *genesis.add_parties() = founding_party("provider", {v1::DATA_PROVIDER});
  *genesis.add_parties() = founding_party("provider2", {v1::DATA_PROVIDER});
  *genesis.add_parties() = founding_party("owner", {v1::ENTERPRISE});
  *genesis.add_parties() = founding_party("buyer", {v1::ENTERPRISE});
  *genesis.add_nodes() = a_node(1);
  *genesis.mutable_rules() = default_rules();
  return genesis;
}

// The same city elsewhere: under its own code, with its own log and keys.
inline v1::Genesis founded_in(v1::Genesis genesis, const std::string& city) {
  if (city == kCityCode) return genesis;
  const auto encoded = [prefix = keys_of(city)](const std::string& name) {
    return key_of(prefix + name).public_key().encode();
  };
  genesis.set_city(city);
  genesis.set_origin("log.example/" + city);
  genesis.set_log_key(encoded("log"));
  for (auto& party : *genesis.mutable_parties())
    party.mutable_keys(0)->set_public_key(encoded(party.party()));
  for (auto& node : *genesis.mutable_nodes()) {
    const auto id = std::to_string(node.node_id());
    node.set_peer_key(encoded("peer" + id));
    node.set_cosigner_key(encoded("cosigner" + id));
  }
  return genesis;
}

}  // namespace puhui::ledger::testing
