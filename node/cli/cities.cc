#include "node/cli/cities.h"

#include <algorithm>

#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

class AskedCity : public relay::City {
 public:
  AskedCity(const World& world, Settings settings, RunFlags flags)
      : session_(world, std::move(settings), std::move(flags)) {}

  // Which city it is.
  Result<void> open() {
    const auto status = get<v1::Status>({"v1", "status"});
    if (!status) return tl::make_unexpected(status.error());
    if (status->city().empty()) return fail(ErrorCode::CORRUPT, "the node names no city");
    code_ = status->city();
    return {};
  }
  [[nodiscard]] const std::string& code() const override { return code_; }
  Result<std::string> fetch(const std::string& path) override {
    auto answer = session_.request("GET", path);
    if (!answer) return tl::make_unexpected(answer.error());
    return std::move(answer->body);
  }
  Result<void> read(relay::Parts parts, relay::Query query,
                    google::protobuf::Message& answer) override {
    const auto body = fetch(target_of(parts, query));
    if (!body) return tl::make_unexpected(body.error());
    if (auto read = from_json(*body, answer, true); !read)
      return fail(ErrorCode::CORRUPT, "the node's answer: " + read.error().detail);
    return {};
  }
  std::vector<std::string> fetch_from_each(const std::string& path) override {
    if (nodes_.empty()) open_nodes();
    std::vector<std::string> answers;
    for (const auto& node : nodes_)
      if (auto answer = node->request("GET", path)) answers.push_back(std::move(answer->body));
    return answers;
  }
  Result<v1::SubmissionResult> submit(v1::Payload payload, std::string attachment) override {
    if (keys_.empty()) {
      auto keys = session_.signing_keys();
      if (!keys) return tl::make_unexpected(keys.error());
      keys_ = std::move(*keys);
    }
    Draft draft;
    draft.payload = std::move(payload);
    if (!attachment.empty()) draft.attachments.push_back(std::move(attachment));
    return send_unshown(session_, std::move(draft), keys_);
  }

 private:
  // Each alone: one that does not answer is no reason to ask the next one twice.
  void open_nodes() {
    for (const auto& url : session_.settings().urls) {
      auto settings = session_.settings();
      settings.urls = {url};
      nodes_.push_back(
          std::make_unique<Session>(session_.world(), std::move(settings), session_.flags()));
    }
  }

  Session session_;
  std::vector<std::unique_ptr<Session>> nodes_;  // opened when first needed
  std::string code_;
  std::vector<crypto::SecretKey> keys_;  // opened when first needed
};

Result<std::unique_ptr<relay::City>> open_with(const Session& session, Settings settings,
                                               std::uint32_t answer_ms) {
  settings.city.clear();
  settings.wait = "receipt";  // what comes next needs a checkpoint of it
  RunFlags flags;
  flags.answer_ms = answer_ms;
  auto city = std::make_unique<AskedCity>(session.world(), std::move(settings), std::move(flags));
  if (auto opened = city->open(); !opened) return tl::make_unexpected(opened.error());
  return city;
}

}  // namespace

Result<std::unique_ptr<relay::City>> own_city(const Session& session) {
  return open_with(session, session.settings(), RunFlags().answer_ms);
}

Result<std::unique_ptr<relay::City>> open_city(const Session& session, const std::string& where,
                                               std::uint32_t answer_ms) {
  auto settings = session.settings();
  if (where.starts_with("https://")) {
    settings.urls = {where};
  } else {
    const auto text = read_file(where);
    if (!text) return tl::make_unexpected(text.error());
    auto profile = parse_profile(*text, where);
    if (!profile) return tl::make_unexpected(profile.error());
    settings = overlay(std::move(settings), *profile);
  }
  auto city = open_with(session, std::move(settings), answer_ms);
  if (!city) city.error().detail.insert(0, where + ": ");
  return city;
}

Result<relay::Delivery> Carriage::prove(const relay::Open& open) {
  const auto last = std::max(open.leaf, open.notice.value_or(0));
  if (last < log.size()) return way->delivery_of(open, log.size());
  return fail(ErrorCode::CHECKPOINT_NOT_ACCEPTED,
              "leaf " + std::to_string(last) + " of " + there->code() + ", and " +
                  std::to_string(log.size()) + " leaves are known here: puhui partner checkpoint");
}

Result<Carriage> open_carriage(const Session& session, const std::string& there) {
  Carriage carriage;
  auto partner = open_city(session, there);
  if (!partner) return tl::make_unexpected(partner.error());
  auto own = own_city(session);
  if (!own) return tl::make_unexpected(own.error());
  carriage.there = std::move(*partner);
  carriage.here = std::move(*own);
  carriage.way = std::make_unique<relay::Way>(*carriage.there, *carriage.here);
  auto log = carriage.way->known();
  if (!log) return tl::make_unexpected(log.error());
  carriage.log = std::move(*log);
  return carriage;
}

std::shared_ptr<std::string> add_there(CLI::App& app) {
  auto there = std::make_shared<std::string>();
  app.add_option("--there", *there, std::string("the partner: ") + kCityHelp)
      ->required()
      ->type_name("URL|PROFILE");
  return there;
}

}  // namespace puhui::node::cli
