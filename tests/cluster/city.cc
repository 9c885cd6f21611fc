#include "tests/cluster/city.h"

#include <arpa/inet.h>
#include <google/protobuf/util/json_util.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "crypto/random.h"
#include "crypto/tiles.h"
#include "ledger/event.h"
#include "ledger/rules/context.h"
#include "node/files/folder.h"
#include "node/replica/clock.h"
#include "puhui/v1/envelope.pb.h"

namespace puhui::testing {
namespace {

constexpr auto kWaitBound = std::chrono::minutes(2);
constexpr std::int64_t kHour = std::int64_t{3'600} * 1'000'000;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "test city: %s\n", what.c_str());
  std::abort();
}

std::string address(unsigned port) { return "127.0.0.1:" + std::to_string(port); }

std::string must_read(const std::string& path) {
  auto bytes = node::read_file(path);
  if (!bytes) die(describe(bytes.error()));
  return *bytes;
}

}  // namespace

std::vector<unsigned> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<unsigned> ports;
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      die("no free port");
    ports.push_back(ntohs(address.sin_port));
    sockets.push_back(fd);
  }
  for (const int fd : sockets) ::close(fd);
  return ports;
}

std::string test_rules() {
  std::string lines;
  const auto add = [&lines](const std::string& action, const std::string& need) {
    lines +=
        (lines.empty() ? "" : ",") + ("{\"action\":\"" + action + "\",\"all_of\":[" + need + "]}");
  };
  const std::string authority = "{\"role\":\"AUTHORITY\"}",
                    the_operator = "{\"role\":\"OPERATOR\"}";
  const std::string subject = "{\"relation\":\"SUBJECT\"}", holder = "{\"relation\":\"HOLDER\"}";
  const std::string owner = "{\"relation\":\"OWNER\"}";
  for (const auto* action : {"party.register", "role.grant", "role.revoke", "rules.file"})
    add(action, authority);
  for (const auto* action : {"key.add", "key.rotate", "key.revoke"}) add(action, subject);
  for (const auto* action : {"methodology.file", "account.open_personal", "node.admit"})
    add(action, the_operator);
  add("project.file", owner);
  add("report.submit", owner);
  add("report.verify", "{\"role\":\"VERIFIER\"}");
  add("issue", authority);
  add("account.open", holder);
  add("transfer", holder);
  add("transfer.trade", holder + ",{\"role\":\"EXCHANGE\"}");
  add("retire.voluntary_offset", holder);
  add("behaviour.submit", "{\"role\":\"DATA_PROVIDER\"}");
  return "{\"version\":\"test\",\"purposes\":[\"voluntary_offset\"],\"signers\":[" + lines + "]}";
}

City::City(CityOptions options) : options_(std::move(options)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "puhui-city-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  if (options_.rules.empty()) options_.rules = test_rules();
  if (options_.code.empty()) options_.code = kCode;
  const auto rules = folder_ + "/rules.json";
  if (!node::write_file(rules, options_.rules, node::Mode::shared)) die("rules");
  std::vector<std::string> command{
      options_.puhuid, "init", folder_ + "/city",       "--city", options_.code,
      "--rules",       rules,  "--state-root-interval", "16"};
  const auto ports = free_ports(std::size_t{2} * options_.nodes);
  for (unsigned i = 0; i < options_.nodes; ++i) {
    ports_.emplace_back(ports[2 * i], ports[2 * i + 1]);
    command.insert(command.end(),
                   {"--node", address(ports_[i].first) + "," + address(ports_[i].second)});
  }
  command.insert(command.end(), options_.init_flags.begin(), options_.init_flags.end());
  const auto ran = run(command);
  if (ran.status != 0) die(ran.output);
}

City::~City() {
  processes_.clear();
  if (std::getenv("PUHUI_KEEP") == nullptr) std::filesystem::remove_all(folder_);
}

std::string City::node_folder(unsigned node) const {
  return folder_ + "/city/node-" + std::to_string(node);
}
std::string City::log_of(unsigned node) const {
  return folder_ + "/node-" + std::to_string(node) + ".log";
}
std::string City::url(unsigned node) const { return "https://" + address(ports_[node - 1].second); }
std::string City::authority_pem() const { return must_read(folder_ + "/city/authority.pem"); }

unsigned City::join() {
  const auto ports = free_ports(2);
  ports_.emplace_back(ports[0], ports[1]);
  const auto node = ++options_.nodes;
  const auto ran = run({options_.puhuid, "join", folder_ + "/city", "--id", std::to_string(node),
                        "--node", address(ports[0]) + "," + address(ports[1])});
  if (ran.status != 0) die(ran.output);
  return node;
}

v1::Node City::admission(unsigned node) const {
  v1::Node record;
  if (!google::protobuf::util::JsonStringToMessage(must_read(node_folder(node) + "/admit.json"),
                                                   &record)
           .ok())
    die("admit.json");
  return record;
}

void City::start(unsigned node, const std::vector<std::string>& flags) {
  std::vector<std::string> command{options_.puhuid, "run", "--config",
                                   node_folder(node) + "/node.toml"};
  command.insert(command.end(), options_.run_flags.begin(), options_.run_flags.end());
  command.insert(command.end(), flags.begin(), flags.end());
  processes_[node] = Process(command, log_of(node));
}

node::http::Client City::client(const std::string& party) const {
  std::vector<std::string> urls;
  for (unsigned node = 1; node <= options_.nodes; ++node) urls.push_back(url(node));
  return client_at(std::move(urls), party);
}

node::http::Client City::client_of(unsigned node, const std::string& party) const {
  return client_at({url(node)}, party);
}

node::http::Client City::client_at(std::vector<std::string> urls, const std::string& party) const {
  node::http::ClientOptions options;
  options.base_urls = std::move(urls);
  options.authority_pem = authority_pem();
  if (!party.empty())
    options.certificate =
        node::tls::CertifiedKey{must_read(folder_ + "/city/clients/" + party + ".pem"),
                                must_read(folder_ + "/city/clients/" + party + "-key.pem")};
  options.connect_ms = 2'000;
  auto client = node::http::Client::create(std::move(options));
  if (!client) die(describe(client.error()));
  return std::move(*client);
}

const crypto::SecretKey& City::key_of(const std::string& party) {
  auto& key = keys_[party];
  if (key) return *key;
  const auto file = folder_ + "/city/keys/" + party + ".key";
  if (node::exists(file)) {
    auto read = node::read_key(file, std::nullopt);
    if (!read) die(describe(read.error()));
    key = std::make_unique<crypto::SecretKey>(std::move(*read));
  } else {
    key = std::make_unique<crypto::SecretKey>(crypto::SecretKey::generate());
  }
  return *key;
}

std::string City::fetch_policy() {
  auto client = this->client();
  const auto policy = client.request("GET", "/v1/policy");
  const auto path = folder_ + "/policy";
  if (!policy || !node::write_file(path, policy->body, node::Mode::shared)) die("policy");
  return path;
}

bool City::wait(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kWaitBound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

v1::Status City::status(unsigned node) {
  auto client = client_of(node);
  return get<v1::Status>(client, "/v1/status");
}

unsigned City::leader() {
  unsigned found = 0;
  const bool have = wait([&] {
    for (unsigned node = 1; node <= options_.nodes; ++node) {
      if (!processes_[node].running()) continue;
      const auto status = this->status(node);
      if (status.role() != "leader" || status.provable_size() == 0) continue;
      found = node;
      return true;
    }
    return false;
  });
  if (!have) die("no leader; see the logs in " + folder_);
  return found;
}

template <class Message>
Message get(node::http::Client& client, const std::string& target) {
  Message message;
  const auto answer = client.request("GET", target);
  if (!answer || answer->status != 200) return message;
  if (!google::protobuf::util::JsonStringToMessage(answer->body, &message).ok())
    die("not JSON: " + answer->body);
  return message;
}
template v1::Status get(node::http::Client&, const std::string&);
template v1::Totals get(node::http::Client&, const std::string&);
template v1::Account get(node::http::Client&, const std::string&);
template v1::EntryList get(node::http::Client&, const std::string&);
template v1::UnitBlockList get(node::http::Client&, const std::string&);
template v1::SubmissionResult get(node::http::Client&, const std::string&);
template v1::RecordProof get(node::http::Client&, const std::string&);
template v1::Party get(node::http::Client&, const std::string&);
template v1::EntryView get(node::http::Client&, const std::string&);
template v1::PartnerLog get(node::http::Client&, const std::string&);
template v1::TransferRecord get(node::http::Client&, const std::string&);
template v1::TransferList get(node::http::Client&, const std::string&);
template v1::ForeignRetirementList get(node::http::Client&, const std::string&);
template v1::UnitBlock get(node::http::Client&, const std::string&);
template v1::UnitBatch get(node::http::Client&, const std::string&);

// ---- Events ----------------------------------------------------------------------------------

v1::Payload new_payload(const std::string& party) {
  v1::Payload payload;
  payload.set_party(party);
  payload.set_event_id(crypto::random_bytes(ledger::kEventIdSize));
  payload.set_valid_until(node::wall_clock_us() + kHour);
  return payload;
}

v1::Submission sign(City& city, v1::Payload payload, const std::vector<std::string>& parties) {
  payload.set_city(city.code());
  std::vector<const crypto::SecretKey*> keys;
  for (const auto& party : parties) keys.push_back(&city.key_of(party));
  const auto envelope =
      crypto::sign_envelope(payload.SerializeAsString(), crypto::kEventPayloadType, keys);
  // Written field by field: the room's own encoder refuses an envelope without a signature.
  v1::Envelope wire;
  wire.set_payload(envelope->payload);
  wire.set_payload_type(envelope->payload_type);
  for (const auto& signature : envelope->signatures) {
    auto* added = wire.add_signatures();
    added->set_key_id(std::string(signature.key_id.view()));
    added->set_signature(signature.signature);
  }
  v1::Submission event;
  event.set_envelope(wire.SerializeAsString());
  return event;
}

v1::SubmissionResult send(node::http::Client& client, const v1::Submission& event, bool receipt) {
  const auto answer =
      client.request("POST", receipt ? "/v1/events?wait=receipt" : "/v1/events?wait=outcome",
                     event.SerializeAsString(), "application/vnd.puhui.submission");
  v1::SubmissionResult result;
  result.set_decision(v1::FAILED);
  if (!answer) {
    result.set_code(std::string(code_name(answer.error().code)));
    result.set_detail(answer.error().detail);
    return result;
  }
  google::protobuf::util::JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(answer->body, &result, lenient).ok())
    die("not JSON: " + answer->body);
  if (answer->status != 200) result.set_decision(v1::FAILED);
  return result;
}

v1::SubmissionResult send_until_decided(node::http::Client& client, const v1::Submission& event) {
  v1::SubmissionResult result;
  (void)City::wait([&] {
    result = send(client, event, true);
    return result.decision() != v1::FAILED;
  });
  return result;
}

std::string stream_body(const std::vector<v1::Submission>& events) {
  std::string body;
  for (const auto& event : events) {
    crypto::append_u32(body, static_cast<std::uint32_t>(event.ByteSizeLong()));
    event.AppendToString(&body);
  }
  return body;
}

std::vector<v1::SubmissionResult> stream_results(const std::string& body) {
  std::vector<v1::SubmissionResult> results;
  for (std::string_view rest = body; rest.size() >= 4;) {
    const std::size_t size = crypto::read_u32(rest);
    if (!results.emplace_back().ParseFromArray(rest.data() + 4, static_cast<int>(size)))
      die("a stream result does not parse");
    rest.remove_prefix(4 + size);
  }
  return results;
}

std::vector<v1::SubmissionResult> send_stream(node::http::Client& client,
                                              const std::vector<v1::Submission>& events,
                                              bool receipt) {
  const auto answer =
      client.request("POST", receipt ? "/v1/events?wait=receipt" : "/v1/events?wait=outcome",
                     stream_body(events), "application/vnd.puhui.submissions");
  if (!answer || answer->status != 200) return {};
  return stream_results(answer->body);
}

v1::Payload register_party(City& city, const std::string& party,
                           const std::vector<v1::Role>& roles) {
  auto payload = new_payload("authority");
  auto* action = payload.mutable_register_party();
  action->set_party(party);
  action->set_legal_entity("entity of " + party);
  action->add_keys()->set_public_key(city.key_of(party).public_key().encode());
  for (const auto role : roles) action->add_roles()->set_role(role);
  return payload;
}

v1::Payload open_account(const std::string& party, const std::string& account) {
  auto payload = new_payload(party);
  auto* action = payload.mutable_open_account();
  action->set_account(account);
  action->set_kind(v1::ACCOUNT_ENTERPRISE);
  action->set_owner(party);
  return payload;
}

v1::Payload transfer(const std::string& party, const std::string& from, const std::string& to,
                     std::int64_t amount_kg) {
  auto payload = new_payload(party);
  auto* action = payload.mutable_transfer();
  action->set_from(from);
  action->set_to(to);
  action->set_amount_kg(amount_kg);
  return payload;
}

namespace {

void must_accept(node::http::Client& client, City& city, const v1::Payload& payload,
                 const std::vector<std::string>& parties) {
  const auto result = send_until_decided(client, sign(city, payload, parties));
  if (result.decision() != v1::ACCEPTED) die(result.ShortDebugString());
}

v1::Payload file_methodology(const City& city, bool behaviour) {
  auto payload = new_payload("operator");
  auto* m = payload.mutable_file_methodology()->mutable_methodology();
  m->set_code(behaviour ? "RIDE" : "UNITS");
  m->set_version("V01");
  m->set_kind(behaviour ? v1::BEHAVIOUR : v1::PROJECT);
  m->set_scenario(behaviour ? "ride" : "units");
  m->set_issued_by(city.code());
  m->set_serial_code(behaviour ? "RIDE" : "UNIT");
  auto* input = m->add_inputs();
  input->set_name(behaviour ? "trips" : "amount");
  input->set_unit("1");
  input->set_min("0");
  input->set_max("1000000000000");
  input->set_role(v1::MONITORED);
  auto* constant = m->add_constants();
  constant->set_name("c");
  constant->set_value(behaviour ? "100" : "1");
  constant->set_unit("g");
  constant->set_source("test");
  m->set_formula(input->name() + " * c");
  m->set_result_unit(behaviour ? v1::GRAM : v1::KILOGRAM);
  m->set_rounding(v1::FLOOR);
  if (!behaviour) return payload;
  m->set_slots_per_day(96);
  m->set_claim_window_days(7);
  return payload;
}

}  // namespace

void issue_units(City& city, std::int64_t kilograms) {
  auto client = city.client();
  must_accept(client, city, register_party(city, "owner", {v1::ENTERPRISE}), {"authority"});
  must_accept(client, city, register_party(city, "buyer", {v1::ENTERPRISE}), {"authority"});
  must_accept(client, city, register_party(city, "verifier", {v1::VERIFIER}), {"authority"});
  must_accept(client, city, open_account("owner", "owner"), {"owner"});
  must_accept(client, city, open_account("buyer", "buyer"), {"buyer"});
  must_accept(client, city, file_methodology(city, false), {"operator"});
  auto project = new_payload("owner");
  auto* filing = project.mutable_file_project();
  filing->set_project("P1");
  filing->set_owner("owner");
  filing->set_methodology("UNITS");
  filing->set_account("owner");
  filing->set_area("420100");
  filing->add_keys("meter-1");
  filing->set_crediting_from(10'000);
  filing->set_crediting_to(30'000);
  must_accept(client, city, project, {"owner"});
  auto report = new_payload("owner");
  auto* submission = report.mutable_submit_report();
  submission->set_report("r1");
  submission->set_project("P1");
  submission->add_keys("meter-1");
  submission->set_from(19'000);
  submission->set_to(19'100);
  auto* input = submission->add_inputs();
  input->set_name("amount");
  input->set_value(std::to_string(kilograms));
  must_accept(client, city, report, {"owner"});
  auto verify = new_payload("verifier");
  verify.mutable_verify_report()->set_report("r1");
  verify.mutable_verify_report()->set_positive(true);
  must_accept(client, city, verify, {"verifier"});
  auto issue = new_payload("authority");
  issue.mutable_issue()->set_report("r1");
  issue.mutable_issue()->set_batch("B1");
  must_accept(client, city, issue, {"authority"});
}

void open_citizens(City& city, const std::vector<std::string>& pseudonyms) {
  auto client = city.client();
  must_accept(client, city, register_party(city, "provider", {v1::DATA_PROVIDER}), {"authority"});
  must_accept(client, city, file_methodology(city, true), {"operator"});
  constexpr std::size_t kPerEvent = 4'000;
  for (std::size_t from = 0; from < pseudonyms.size(); from += kPerEvent) {
    auto open = new_payload("operator");
    auto* all = open.mutable_open_personal_accounts()->mutable_pseudonyms();
    for (auto i = from; i < std::min(pseudonyms.size(), from + kPerEvent); ++i)
      *all += pseudonyms[i];
    must_accept(client, city, open, {"operator"});
  }
}

v1::Submission ride_batch(City& city, const std::string& batch,
                          const std::vector<std::string>& pseudonyms, std::uint32_t slot) {
  const auto today = static_cast<std::int32_t>(ledger::day_of(node::wall_clock_us()));
  std::string attachment;
  std::vector<std::string> records;
  for (const auto& pseudonym : pseudonyms) {
    v1::BehaviourRecord record;
    record.set_account(pseudonym);
    record.set_day(today);
    record.set_slot(slot);
    record.set_carrier_tag("carrier-tag-0001");
    record.add_inputs(1);
    records.push_back(record.SerializeAsString());
    crypto::append_to_bundle(attachment, records.back());
  }
  const std::vector<std::string_view> views(records.begin(), records.end());
  auto payload = new_payload("provider");
  auto* action = payload.mutable_submit_behaviour_batch();
  action->set_batch(batch);
  action->set_scenario("ride");
  action->mutable_records()->set_root(std::string(ledger::attachment_root(views).view()));
  action->mutable_records()->set_count(static_cast<std::uint32_t>(records.size()));
  action->mutable_records()->set_size(static_cast<std::uint32_t>(attachment.size()));
  auto event = sign(city, payload, {"provider"});
  event.add_attachments(std::move(attachment));
  return event;
}

}  // namespace puhui::testing
