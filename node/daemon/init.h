// Founding a city, and preparing a node that joins one: folders, keys, certificates, genesis.
//
//   CITY/                      authority.pem, authority-key.pem (API authority), log.key,
//     genesis.envelope           the signed genesis event, the same for every node
//     nodes.json                 all nodes known (puhui.v1.NodeList)
//     keys/PARTY.key             event keys of the founding parties
//     clients/PARTY.pem, -key.pem  client certificates of the founding parties
//     node-N/                    everything one node needs; carry it to its machine:
//       node.toml, genesis.envelope, nodes.json, peer.key, cosigner.key,
//       witness.key, log.key, authority.pem, server.pem, server-key.pem; once it ran: began, the
//       folders data/ and witness/
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/error.h"

namespace puhui::node::daemon {

struct NodeAddresses {
  std::string peer;    // host:port peers dial
  std::string client;  // host:port clients use
};

struct FoundingParty {
  std::string party;
  std::string legal_entity;  // empty: "authority" or "operator", as its role is
  std::string name_zh, name_en;
};

struct InitOptions {
  std::string folder;
  std::string city;
  std::string name_zh, name_en;
  std::string area;
  std::string origin;  // empty: "<city>.puhui-ledger.example", lower case
  std::vector<NodeAddresses> nodes;
  // One party holds both roles if the operator has the authority's name; the authority's fields
  // describe it then, and either's its legal entity.
  FoundingParty authority, operator_party;
  std::uint32_t state_root_interval = 256;
  bool entries_for_members_only = false;
  std::string rules_file;                  // empty: the built-in first rule set
  std::optional<std::int64_t> demo_start;  // event time at the start, microseconds
  std::int64_t demo_rate = 1;
  std::optional<std::string> passphrase;  // encrypts the keys of parties and nodes
};

// Fills an empty or new folder. LOCKED if it already holds a city; INVALID_ARGUMENT, CONFIG, IO.
[[nodiscard]] Result<void> init_city(const InitOptions& options);

struct JoinOptions {
  std::string city_folder;  // made by init_city
  std::uint64_t node_id = 0;
  NodeAddresses addresses;
  std::optional<std::string> passphrase;
};

// Makes node-N for a new node and adds it to nodes.json; its record is in admit.json beside its
// configuration. The node must then be admitted by an event (`puhui node admit`) and added to the
// cluster.
[[nodiscard]] Result<void> join_city(const JoinOptions& options);

// Writes clients/PARTY.pem and PARTY-key.pem: the client certificate with which a party proves
// itself to the API. LOCKED if there is one already.
[[nodiscard]] Result<void> certify_client(const std::string& city_folder, const std::string& party);

}  // namespace puhui::node::daemon
