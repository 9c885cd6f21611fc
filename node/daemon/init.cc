#include "node/daemon/init.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>

#include "crypto/envelope.h"
#include "crypto/random.h"
#include "ledger/event.h"
#include "node/daemon/rules.h"
#include "node/files/folder.h"
#include "node/replica/city.h"
#include "node/replica/clock.h"
#include "node/tls/city_authority.h"
#include "node/views/format.h"
#include "puhui/v1/api.pb.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::daemon {
namespace {

using crypto::SecretKey;
using Passphrase = std::optional<std::string>;

constexpr std::int64_t kCertificateSeconds = std::int64_t{10} * 365 * 86'400;
constexpr ledger::Micros kGenesisValid = ledger::Micros{7} * 86'400 * 1'000'000;

tls::Validity validity() {
  const auto now_s = wall_clock_us() / 1'000'000;
  return {now_s - 3'600, now_s + kCertificateSeconds};
}

std::optional<std::string_view> view(const Passphrase& passphrase) {
  if (!passphrase) return std::nullopt;
  return *passphrase;
}

// Collects the first failure of a row of steps.
class Steps {
 public:
  Steps& then(Result<void> step) {
    if (!failed_ && !step) failed_ = step.error();
    return *this;
  }
  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] Result<void> done() const {
    if (failed_) return tl::make_unexpected(*failed_);
    return {};
  }

 private:
  std::optional<Error> failed_;
};

struct NodeKeys {
  SecretKey peer = SecretKey::generate();
  SecretKey cosigner = SecretKey::generate();
  SecretKey witness = SecretKey::generate();
};

v1::Node node_record(std::uint64_t id, const std::string& origin, const NodeAddresses& addresses,
                     const NodeKeys& keys) {
  v1::Node node;
  node.set_node_id(id);
  node.set_name(origin + "/node-" + std::to_string(id));
  node.set_peer_key(keys.peer.public_key().encode());
  node.set_cosigner_key(keys.cosigner.public_key().encode());
  node.set_peer_address(addresses.peer);
  node.set_client_address(addresses.client);
  return node;
}

Result<void> check_addresses(const NodeAddresses& addresses) {
  for (const auto* address : {&addresses.peer, &addresses.client})
    if (!parse_endpoint(*address))
      return fail(ErrorCode::INVALID_ARGUMENT, "not host:port: \"" + *address + "\"");
  return {};
}

// What every node folder holds of its city.
struct CityFiles {
  std::string genesis_envelope;
  std::string nodes_json;
  const SecretKey& log_key;
  const tls::CityAuthority& authority;
  Passphrase passphrase;
};

std::string config_text(const v1::Node& node) {
  return "# Configuration of one node; `puhuid run --help` lists all settings.\n"
         "node-id = " +
         std::to_string(node.node_id()) +
         "\n"
         "client-listen = \"" +
         node.client_address() +
         "\"\n"
         "peer-listen = \"" +
         node.peer_address() + "\"\n";
}

Result<void> write_node(const std::string& folder, const v1::Node& node, const NodeKeys& keys,
                        const CityFiles& city) {
  const auto host = parse_endpoint(node.client_address())->host;
  auto server = city.authority.issue_server({host}, validity());
  if (!server) return tl::make_unexpected(server.error());
  Steps steps;
  steps.then(make_folder(folder));
  if (!steps.ok()) return steps.done();
  steps.then(write_file(folder + "/node.toml", config_text(node), Mode::shared))
      .then(write_file(folder + "/genesis.envelope", city.genesis_envelope, Mode::shared))
      .then(write_file(folder + "/nodes.json", city.nodes_json, Mode::shared))
      .then(write_file(folder + "/authority.pem", city.authority.certificate_pem(), Mode::shared))
      .then(write_file(folder + "/server.pem", server->certificate_pem, Mode::shared))
      .then(write_file(folder + "/server-key.pem", server->key_pem, Mode::secret))
      .then(write_key(folder + "/peer.key", keys.peer, view(city.passphrase)))
      .then(write_key(folder + "/cosigner.key", keys.cosigner, view(city.passphrase)))
      .then(write_key(folder + "/witness.key", keys.witness, view(city.passphrase)))
      .then(write_key(folder + "/log.key", city.log_key, view(city.passphrase)));
  crypto::wipe(server->key_pem);
  return steps.done();
}

Result<void> write_client(const std::string& folder, const std::string& party,
                          const tls::CityAuthority& authority) {
  auto client = authority.issue_client(party, validity());
  if (!client) return tl::make_unexpected(client.error());
  Steps steps;
  steps.then(write_file(folder + "/" + party + ".pem", client->certificate_pem, Mode::shared))
      .then(write_file(folder + "/" + party + "-key.pem", client->key_pem, Mode::secret));
  crypto::wipe(client->key_pem);
  return steps.done();
}

struct Founder {
  FoundingParty named;
  std::vector<v1::Role> roles;
  SecretKey key = SecretKey::generate();
};

bool is_one_party(const InitOptions& options) {
  return options.authority.party == options.operator_party.party;
}

Founder founder_of(FoundingParty named, v1::Role role, const char* entity) {
  if (named.legal_entity.empty()) named.legal_entity = entity;
  return {std::move(named), {role}};
}

// The authority first; one party does the work of both until the city grows.
std::vector<Founder> founders_of(const InitOptions& options) {
  auto authority = options.authority;
  const bool is_one = is_one_party(options);
  if (is_one && authority.legal_entity.empty())
    authority.legal_entity = options.operator_party.legal_entity;
  std::vector<Founder> founders;
  founders.push_back(founder_of(std::move(authority), v1::AUTHORITY, "authority"));
  if (is_one)
    founders.front().roles.push_back(v1::OPERATOR);
  else
    founders.push_back(founder_of(options.operator_party, v1::OPERATOR, "operator"));
  return founders;
}

// What is said of one party twice says the same.
Result<void> check_one_party(const FoundingParty& authority, const FoundingParty& second) {
  const auto bad = [](const char* what) { return fail(ErrorCode::INVALID_ARGUMENT, what); };
  if (!second.name_zh.empty() || !second.name_en.empty())
    return bad("one party as authority and operator is named by --authority-zh, --authority-en");
  if (!authority.legal_entity.empty() && !second.legal_entity.empty() &&
      authority.legal_entity != second.legal_entity)
    return bad("one party is of one legal entity: --authority-entity, --operator-entity differ");
  return {};
}

void add_party(v1::Genesis& genesis, const Founder& founder) {
  auto* party = genesis.add_parties();
  party->set_party(founder.named.party);
  party->set_legal_entity(founder.named.legal_entity);
  party->set_name_zh(founder.named.name_zh);
  party->set_name_en(founder.named.name_en);
  party->set_area(genesis.area());
  party->add_keys()->set_public_key(founder.key.public_key().encode());
  for (const auto role : founder.roles) party->add_roles()->set_role(role);
}

Result<v1::RuleSet> read_rules(const std::string& file) {
  auto json = file.empty() ? Result<std::string>(std::string(kFirstRules)) : read_file(file);
  if (!json) return tl::make_unexpected(json.error());
  v1::RuleSet rules;
  const auto parsed = google::protobuf::util::JsonStringToMessage(*json, &rules);
  if (!parsed.ok()) return fail(ErrorCode::CONFIG, file + ": " + std::string(parsed.message()));
  return rules;
}

std::string origin_of(const InitOptions& options) {
  auto origin = options.origin;
  if (origin.empty()) {
    for (const char c : options.city)
      origin += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    origin += ".puhui-ledger.example";
  }
  if (options.demo_start && !origin.starts_with("demo.")) origin = "demo." + origin;
  return origin;
}

Result<v1::Genesis> make_genesis(const InitOptions& options, const std::string& origin,
                                 const SecretKey& log_key) {
  auto rules = read_rules(options.rules_file);
  if (!rules) return tl::make_unexpected(rules.error());
  v1::Genesis genesis;
  genesis.set_city(options.city);
  genesis.set_name_zh(options.name_zh);
  genesis.set_name_en(options.name_en);
  genesis.set_area(options.area);
  genesis.set_origin(origin);
  genesis.set_log_key(log_key.public_key().encode());
  genesis.set_state_root_interval(options.state_root_interval);
  genesis.set_entries_for_members_only(options.entries_for_members_only);
  *genesis.mutable_rules() = std::move(*rules);
  if (options.demo_start) {
    auto* demo = genesis.mutable_demo_clock();
    demo->set_start(*options.demo_start);
    demo->set_rate(options.demo_rate);
    demo->set_real_start(wall_clock_us());
  }
  return genesis;
}

Result<std::string> sign_genesis(const InitOptions& options, const v1::Genesis& genesis,
                                 const std::vector<Founder>& founders) {
  v1::Payload payload;
  payload.set_city(options.city);
  payload.set_party(options.authority.party);
  payload.set_event_id(crypto::random_bytes(ledger::kEventIdSize));
  payload.set_valid_until(options.demo_start.value_or(wall_clock_us()) + kGenesisValid);
  *payload.mutable_genesis() = genesis;
  std::vector<const SecretKey*> keys;
  for (const auto& founder : founders) keys.push_back(&founder.key);
  const auto envelope =
      crypto::sign_envelope(payload.SerializeAsString(), crypto::kEventPayloadType, keys);
  if (!envelope) return tl::make_unexpected(envelope.error());
  return crypto::encode_envelope(*envelope);
}

Result<void> check_options(const InitOptions& options) {
  const auto bad = [](const std::string& what) { return fail(ErrorCode::INVALID_ARGUMENT, what); };
  if (!ledger::is_code(options.city)) return bad("city is letters A-Z and digits");
  if (options.nodes.empty() || options.nodes.size() > 5 || options.nodes.size() % 2 == 0)
    return bad("a city begins with 1, 3 or 5 nodes");
  for (const auto& addresses : options.nodes)
    if (auto sound = check_addresses(addresses); !sound) return sound;
  for (const auto* founder : {&options.authority, &options.operator_party})
    if (!ledger::is_name(founder->party)) return bad("party name \"" + founder->party + "\"");
  if (is_one_party(options))
    if (auto one = check_one_party(options.authority, options.operator_party); !one) return one;
  if (options.demo_rate < 1) return bad("the demo clock's rate is at least 1");
  if (exists(options.folder + "/genesis.envelope"))
    return fail(ErrorCode::LOCKED, options.folder + " already holds a city");
  return {};
}

std::string nodes_json(const v1::NodeList& nodes) { return views::to_json(nodes); }

}  // namespace

Result<void> init_city(const InitOptions& options) {
  if (auto sound = check_options(options); !sound) return sound;
  auto authority = tls::CityAuthority::create(options.city + " API authority", validity());
  if (!authority) return tl::make_unexpected(authority.error());
  const auto origin = origin_of(options);
  const auto log_key = SecretKey::generate();
  const auto founders = founders_of(options);
  auto genesis = make_genesis(options, origin, log_key);
  if (!genesis) return tl::make_unexpected(genesis.error());
  for (const auto& founder : founders) add_party(*genesis, founder);
  std::vector<NodeKeys> keys(options.nodes.size());
  v1::NodeList nodes;
  for (std::size_t i = 0; i < options.nodes.size(); ++i) {
    *nodes.add_items() = node_record(i + 1, origin, options.nodes[i], keys[i]);
    *genesis->add_nodes() = nodes.items(static_cast<int>(i));
  }
  auto envelope = sign_genesis(options, *genesis, founders);
  if (!envelope) return tl::make_unexpected(envelope.error());

  const auto& folder = options.folder;
  const auto& pass = options.passphrase;
  Steps steps;
  steps.then(make_folder(folder)).then(make_folder(folder + "/keys"));
  steps.then(make_folder(folder + "/clients"));
  if (!steps.ok()) return steps.done();
  auto authority_pem = authority->key_pem();
  steps.then(write_file(folder + "/authority.pem", authority->certificate_pem(), Mode::shared))
      .then(write_file(folder + "/authority-key.pem", authority_pem, Mode::secret))
      .then(write_file(folder + "/nodes.json", nodes_json(nodes), Mode::shared))
      .then(write_key(folder + "/log.key", log_key, view(pass)));
  for (const auto& [named, roles, key] : founders)
    steps.then(write_key(folder + "/keys/" + named.party + ".key", key, view(pass)))
        .then(write_client(folder + "/clients", named.party, *authority));
  crypto::wipe(authority_pem);
  for (std::size_t i = 0; i < keys.size() && steps.ok(); ++i)
    steps.then(write_node(folder + "/node-" + std::to_string(i + 1),
                          nodes.items(static_cast<int>(i)), keys[i],
                          {*envelope, nodes_json(nodes), log_key, *authority, pass}));
  if (!steps.ok()) return steps.done();
  // Last: a folder with a genesis is a whole city.
  return write_file(folder + "/genesis.envelope", *envelope, Mode::shared);
}

namespace {

Result<v1::NodeList> read_nodes(const std::string& path) {
  auto json = read_file(path);
  if (!json) return tl::make_unexpected(json.error());
  v1::NodeList nodes;
  if (!google::protobuf::util::JsonStringToMessage(*json, &nodes).ok())
    return fail(ErrorCode::CONFIG, path);
  return nodes;
}

Result<tls::CityAuthority> read_authority(const std::string& folder) {
  auto certificate = read_file(folder + "/authority.pem");
  if (!certificate) return tl::make_unexpected(certificate.error());
  auto key = read_file(folder + "/authority-key.pem");
  if (!key) return tl::make_unexpected(key.error());
  auto authority = tls::CityAuthority::load(*certificate, *key);
  crypto::wipe(*key);
  return authority;
}

Result<std::string> origin_of_genesis(const std::string& bytes) {
  const auto envelope = crypto::decode_envelope(bytes);
  v1::Payload payload;
  if (!envelope || !payload.ParseFromString(envelope->payload) || !payload.has_genesis())
    return fail(ErrorCode::CORRUPT, "genesis.envelope");
  return payload.genesis().origin();
}

}  // namespace

Result<void> join_city(const JoinOptions& options) {
  if (auto sound = check_addresses(options.addresses); !sound) return sound;
  if (options.node_id == 0) return fail(ErrorCode::INVALID_ARGUMENT, "node id 0");
  const auto& city = options.city_folder;
  auto nodes = read_nodes(city + "/nodes.json");
  if (!nodes) return tl::make_unexpected(nodes.error());
  for (const auto& node : nodes->items())
    if (node.node_id() == options.node_id)
      return fail(ErrorCode::LOCKED, "node " + std::to_string(options.node_id) + " exists");
  auto envelope = read_file(city + "/genesis.envelope");
  if (!envelope) return tl::make_unexpected(envelope.error());
  auto origin = origin_of_genesis(*envelope);
  if (!origin) return tl::make_unexpected(origin.error());
  auto authority = read_authority(city);
  if (!authority) return tl::make_unexpected(authority.error());
  auto log_key = read_key(city + "/log.key", view(options.passphrase));
  if (!log_key) return tl::make_unexpected(log_key.error());

  const NodeKeys keys;
  const auto node = node_record(options.node_id, *origin, options.addresses, keys);
  *nodes->add_items() = node;
  const auto folder = city + "/node-" + std::to_string(options.node_id);
  Steps steps;
  steps.then(write_node(folder, node, keys,
                        {*envelope, nodes_json(*nodes), *log_key, *authority, options.passphrase}));
  if (!steps.ok()) return steps.done();
  steps.then(write_file(folder + "/admit.json", views::to_json(node), Mode::shared))
      .then(write_file(city + "/nodes.json", nodes_json(*nodes), Mode::shared));
  return steps.done();
}

Result<void> certify_client(const std::string& city_folder, const std::string& party) {
  const auto folder = city_folder + "/clients";
  if (exists(folder + "/" + party + ".pem"))
    return fail(ErrorCode::LOCKED, party + " has a certificate already");
  auto authority = read_authority(city_folder);
  if (!authority) return tl::make_unexpected(authority.error());
  if (auto made = make_folder(folder); !made) return made;
  return write_client(folder, party, *authority);
}

}  // namespace puhui::node::daemon
