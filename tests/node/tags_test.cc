// Who is told of acts that partner cities know.
#include "node/views/answer.h"
#include "tests/ledger/partner.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the city is theirs

struct AskedOfTags : Citizens {
  AskedOfTags() : Citizens(tag_rules()) {}
  void SetUp() override {
    auto registered = city.event("bureau");
    *registered.mutable_register_party() = founding_party("xiangyang", {v1::PARTNER_CITY});
    city.must(registered, {"bureau"});
    PUHUI_ACCEPTED(agree_with(city, PartnerCity()));
    const auto answer = city.submit(signed_acts(city, {tagged(city.new_ride(1, 100), "a")}));
    PUHUI_ACCEPTED(answer);
    batch = answer.leaf;
    const auto published =
        city.submit(signed_publication(city, {"a"}, publication({"a"}, 0, batch + 1)));
    PUHUI_ACCEPTED(published);
    publication_leaf = published.leaf;
  }

  http::Response ask(const std::vector<std::string>& segments, const std::string& party,
                     const std::map<std::string, std::string>& query = {}) {
    http::Request request;
    request.method = "GET";
    request.path = "/as/sent";
    request.segments = segments;
    for (const auto& [name, value] : query) request.query[name] = value;
    auto view = city.view(), current = city.view();
    views::Reading reading{
        request, view, current, *view.genesis(), nullptr, nullptr, nullptr, view.party(party), 0};
    return views::answer_read(reading);
  }
  int status(const std::vector<std::string>& segments, const std::string& party) {
    return ask(segments, party).status;
  }

  std::uint64_t batch = 0, publication_leaf = 0;
};

TEST_F(AskedOfTags, TheOperatorAlone) {
  for (const auto& segments : {std::vector<std::string>{"v1", "tags", kPartner},
                               std::vector<std::string>{"v1", "tags", kPartner, "both"}}) {
    EXPECT_EQ(status(segments, "operator"), 200);
    for (const auto* party : {"", "provider", "xiangyang", "bureau"})
      EXPECT_EQ(status(segments, party), 403) << party;
  }
  EXPECT_EQ(status({"v1", "tags", "xiangyang"}, "operator"), 400);
}

TEST_F(AskedOfTags, FromTheLastPublicationOrALeaf) {
  const auto items = [this](const std::map<std::string, std::string>& query) {
    auto response = ask({"v1", "tags", kPartner}, "operator", query);
    EXPECT_EQ(response.status, 200);
    const auto& body = std::get<std::string>(response.body);
    return body.find("\"tag\"") == std::string::npos ? 0 : 1;
  };
  EXPECT_EQ(items({}), 0);
  EXPECT_EQ(items({{"from", "0"}}), 1);
  EXPECT_EQ(items({{"from", std::to_string(batch)}}), 1);
  EXPECT_EQ(items({{"from", std::to_string(batch + 1)}}), 0);
  EXPECT_EQ(ask({"v1", "tags", kPartner}, "operator", {{"from", "x"}}).status, 400);
}

TEST_F(AskedOfTags, WhereTheyWerePublishedAndHowFarAPartnersAreNoted) {
  const auto list = ask({"v1", "tags", kPartner, "published"}, "");
  EXPECT_EQ(list.status, 200);
  const auto& body = std::get<std::string>(list.body);
  EXPECT_NE(body.find("\"position\":\"" + std::to_string(publication_leaf) + "\""),
            std::string::npos)
      << body;
  EXPECT_EQ(body.find("\"position\":\"" + std::to_string(batch) + "\""), std::string::npos);
  EXPECT_EQ(city.view().tag_publications(kPartner, {}).items_size(), 1);
  EXPECT_EQ(city.view().tag_publications("YICHANG", {}).items_size(), 0);
  EXPECT_EQ(status({"v1", "partners", kPartner, "tags"}, ""), 200);
  EXPECT_EQ(city.view().tags_noted(kPartner).to(), 0u);
  EXPECT_EQ(status({"v1", "tags", "xiangyang", "published"}, ""), 400);
}

TEST_F(AskedOfTags, APartnerFetchesWhatWasPublishedAndNothingElse) {
  const auto attachment = [](std::uint64_t leaf) {
    return std::vector<std::string>{"v1", "attachments", std::to_string(leaf)};
  };
  for (const auto* party : {"operator", "xiangyang"}) {
    const auto response = ask(attachment(publication_leaf), party);
    ASSERT_EQ(response.status, 200) << party;
    EXPECT_EQ(std::get<std::string>(response.body), tags_attached({"a"}));
  }
  for (const auto* party : {"", "provider", "bureau"})
    EXPECT_EQ(status(attachment(publication_leaf), party), 403) << party;
  EXPECT_EQ(status(attachment(batch), "xiangyang"), 403) << "acts of persons";
  EXPECT_EQ(status(attachment(batch), "provider"), 200);
}

}  // namespace
}  // namespace puhui::node
