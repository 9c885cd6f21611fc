#include "node/cli/session.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <cassert>

#include "node/cli/own_key.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {
namespace {

constexpr int kErrorStatusMin = 400;

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

// The error an answer stands for. A node always sends a problem; something between may not.
Error error_of(const http::ClientResponse& answer) {
  v1::Problem problem;
  const auto read = from_json(answer.body, problem, true);
  const auto status = "HTTP status " + std::to_string(answer.status);
  if (read && !problem.code().empty()) {
    const auto code = code_from_name(problem.code());
    const bool known = code_name(code) == problem.code();
    return {code, known ? problem.detail() : problem.code() + ": " + problem.detail()};
  }
  if (answer.status == 401 || answer.status == 403) return {ErrorCode::NOT_PERMITTED, status};
  if (answer.status == 404) return {ErrorCode::NOT_FOUND, status};
  return {answer.status >= 500 ? ErrorCode::UNAVAILABLE : ErrorCode::INVALID_ARGUMENT, status};
}

Result<std::string> read_named(const std::string& path, std::string_view setting) {
  auto bytes = read_file(path);
  if (bytes) return bytes;
  return fail(bytes.error().code, std::string(setting) + ": " + bytes.error().detail);
}

}  // namespace

std::string target_of(std::initializer_list<std::string_view> parts, const Query& query) {
  std::string target;
  for (const auto part : parts) {
    target += '/';
    append_encoded(target, part);
  }
  char separator = '?';
  for (const auto& [name, value] : query) {
    target += separator;
    append_encoded(target, name);
    target += '=';
    append_encoded(target, value);
    separator = '&';
  }
  return target;
}

Session::Session(World world, Settings settings, RunFlags flags)
    : world_(std::move(world)), settings_(std::move(settings)), flags_(std::move(flags)) {}

Result<std::optional<std::string>> Session::passphrase() const {
  auto line = read_passphrase(settings_.passphrase_file);
  if (!line) line.error().detail.insert(0, "passphrase-file: ");
  return line;
}

Result<std::vector<crypto::SecretKey>> Session::signing_keys() const {
  if (settings_.key_files.empty())
    return fail(ErrorCode::CONFIG, "no key to sign with: give --key FILE");
  auto secret = passphrase();
  if (!secret) return tl::make_unexpected(secret.error());
  std::vector<crypto::SecretKey> keys;
  for (const auto& path : settings_.key_files) {
    auto key = read_key(path, *secret);
    if (!key) return fail(key.error().code, path + ": " + key.error().detail);
    keys.push_back(std::move(*key));
  }
  if (*secret) crypto::wipe(**secret);
  return keys;
}

Result<void> Session::connect() {
  if (client_) return {};
  if (!has_url()) return fail(ErrorCode::CONFIG, "no node to ask: give --url https://host:port");
  if (settings_.authority_file.empty())
    return fail(ErrorCode::CONFIG, "no authority to trust: give --ca FILE");
  http::ClientOptions options;
  options.base_urls = settings_.urls;
  options.headers = {{"Accept", "application/json"}, {"User-Agent", "puhui/" PUHUI_VERSION}};
  auto authority = read_named(settings_.authority_file, "ca");
  if (!authority) return tl::make_unexpected(authority.error());
  options.authority_pem = std::move(*authority);
  if (!settings_.client_certificate_file.empty()) {
    auto certificate = read_named(settings_.client_certificate_file, "client-cert");
    if (!certificate) return tl::make_unexpected(certificate.error());
    auto key = read_named(settings_.client_key_file, "client-key");
    if (!key) return tl::make_unexpected(key.error());
    options.certificate = tls::CertifiedKey{std::move(*certificate), std::move(*key)};
  }
  options.answer_ms = flags_.answer_ms;
  options.connect_ms = std::min(options.connect_ms, options.answer_ms);
  auto client = http::Client::create(std::move(options));
  if (!client) return tl::make_unexpected(client.error());
  client_.emplace(std::move(*client));
  return {};
}

Result<http::ClientResponse> Session::request(std::string_view method, const std::string& target,
                                              std::string_view body, std::string_view content_type,
                                              const http::Headers& more) {
  if (auto connected = connect(); !connected) return tl::make_unexpected(connected.error());
  auto answer = client_->request(method, target, body, content_type, more);
  if (!answer || answer->status < kErrorStatusMin) return answer;
  return tl::make_unexpected(error_of(*answer));
}

Result<std::string> Session::fetch(std::initializer_list<std::string_view> parts, Query query) {
  if (*parts.begin() == "v1") {
    if (flags_.at_least) query.emplace_back("at_least", std::to_string(*flags_.at_least));
    if (flags_.linearizable) query.emplace_back("consistency", "linearizable");
    if (flags_.at) query.emplace_back("at", std::to_string(*flags_.at));
  }
  const auto signing = sign_own_reading(*this, {parts.begin(), parts.end()});
  if (!signing) return tl::make_unexpected(signing.error());
  auto answer = request("GET", target_of(parts, query), {}, {}, *signing);
  if (!answer) return tl::make_unexpected(answer.error());
  return std::move(answer->body);
}

Result<void> Session::read_message(std::initializer_list<std::string_view> parts, Query query,
                                   google::protobuf::Message& message) {
  const auto body = fetch(parts, std::move(query));
  if (!body) return tl::make_unexpected(body.error());
  if (auto read = from_json(*body, message, true); !read)
    return fail(ErrorCode::CORRUPT, "the node's answer: " + read.error().detail);
  return {};
}

void Session::print(const google::protobuf::Message& message) const {
  world_.out << (json() ? to_json(message) : field_table(message));
}

void Session::print(const Fields& fields) const {
  world_.out << (json() ? fields_json(fields) : fields_table(fields));
}

void Session::print_proved(const Fields& fields, const std::string& name,
                           const google::protobuf::Message* message) const {
  if (message == nullptr) return print(fields);
  if (!json()) {
    world_.out << fields_table(fields) << "\n" << field_table(*message);
    return;
  }
  google::protobuf::Struct object;
  for (const auto& [field, value] : fields)
    (*object.mutable_fields())[field].set_string_value(value);
  const auto read =
      from_json(to_json(*message), *(*object.mutable_fields())[name].mutable_struct_value(), false);
  assert(read.has_value());
  world_.out << to_json(object);
}

void Session::print_list(const google::protobuf::Message& list,
                         std::span<const Column> columns) const {
  world_.out << (json() ? to_json(list) : list_table(list, columns));
  const auto* field = list.GetDescriptor()->FindFieldByName("next");
  const auto next = list.GetReflection()->GetString(list, field);
  if (!next.empty() && !json())
    world_.err << "more follow: --after " << printable(next) << " (or --all)\n";
}

Result<void> Session::deliver(std::string_view bytes) const {
  if (!flags_.out_file.empty()) return write_new_file(flags_.out_file, bytes);
  world_.out << bytes;
  return {};
}

}  // namespace puhui::node::cli
