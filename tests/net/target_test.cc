#include "node/http/target.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "node/http/message.h"
#include "node/http/once.h"
#include "node/http/problem.h"

namespace puhui::node::http {
namespace {

using Segments = std::vector<std::string>;

TEST(Target, IsTakenApartAndDecoded) {
  const auto target = parse_target("/v1/parties/a%2Fb/%E9%93%B6?limit=10&after=x+y%2B&flag");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/parties/a%2Fb/%E9%93%B6");
  EXPECT_EQ(target->segments, (Segments{"v1", "parties", "a/b", "银"}));
  EXPECT_EQ(target->query,
            (std::map<std::string, std::string>{{"limit", "10"}, {"after", "x y+"}, {"flag", ""}}));
}

TEST(Target, RootAndFinalSlashHaveAnEmptyPart) {
  EXPECT_EQ(parse_target("/")->segments, Segments{""});
  EXPECT_EQ(parse_target("/console/")->segments, (Segments{"console", ""}));
  EXPECT_TRUE(parse_target("/?")->query.empty());
}

TEST(Target, RefusesWhatCouldLeadAstray) {
  for (const char* target :
       {"", "v1", "*", "https://host/v1", "/a b", "/a\tb", "/%", "/%2", "/%zz", "/..", "/a/../b",
        "/%2e%2e/b", "/.", "/a%00b", "/?a%00=1", "/?a=1&a=2", "/?a=%g1", "/\x7f", "/\xe9"}) {
    EXPECT_FALSE(parse_target(target)) << target;
  }
}

TEST(Target, HasABoundOnItsParts) {
  std::string path;
  for (std::size_t i = 0; i < kTargetPartsMax; ++i) path += "/a";
  EXPECT_TRUE(parse_target(path));
  EXPECT_FALSE(parse_target(path + "/a"));
}

TEST(Target, GarbageNeverBreaksIt) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const auto target = parse_target("/" + text);
    if (target) RC_ASSERT(target->path.front() == '/');
    static_cast<void>(parse_https("https://" + text));
  }));
}

TEST(Address, IsReadWithAndWithoutPort) {
  EXPECT_EQ(*parse_https("https://city.example"), (Address{"city.example", "443", ""}));
  EXPECT_EQ(*parse_https("https://127.0.0.1:8443/v1/x?y=1"),
            (Address{"127.0.0.1", "8443", "/v1/x?y=1"}));
  EXPECT_EQ(*parse_https("https://[::1]:8443"), (Address{"::1", "8443", ""}));
  EXPECT_EQ(*parse_https("https://[::1]?q"), (Address{"::1", "443", "/?q"}));
  EXPECT_EQ(parse_https("https://[::1]:8443")->authority(), "[::1]:8443");
}

TEST(Address, RefusesAllElse) {
  for (const char* url :
       {"", "http://a", "HTTPS://a", "https://", "https://:1", "https://a:0", "https://a:65536",
        "https://a:", "https://a:1x", "https://u@a", "https://a/#f", "https://a b", "https://::1",
        "https://[::1", "https://a]", "https://[]", "https://[name]", "https://[::1[::2]",
        "https://[1]"}) {
    EXPECT_FALSE(parse_https(url)) << url;
  }
}

TEST(Headers, AreFoundWithoutCase) {
  const Headers headers{{"Location", "a"}, {"location", "b"}};
  EXPECT_EQ(find_header(headers, "LOCATION"), "a");
  EXPECT_EQ(find_header(headers, "locatio"), "");
}

TEST(Problem, CarriesCodeTextsAndDetail) {
  const Response response = problem({ErrorCode::TOO_LARGE, "3 of \"2\""});
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(std::get<std::string>(response.body),
            R"({"type":"urn:puhui:error:too_large","title":"larger than the limit","status":413,)"
            R"("detail":"3 of \"2\"","code":"too_large","title_zh":"超过大小上限"})");
}

TEST(Problem, SaysWhenToComeBack) {
  EXPECT_EQ(find_header(problem({ErrorCode::BUSY, {}}).headers, "Retry-After"), "1");
  EXPECT_EQ(find_header(problem({ErrorCode::UNAVAILABLE, {}}).headers, "Retry-After"), "1");
  EXPECT_EQ(find_header(problem({ErrorCode::NOT_FOUND, {}}).headers, "Retry-After"), "");
}

TEST(Problem, MakesTextOfAnyBytes) {
  for (const char* detail : {"\xff", "a\xe9\x93", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                             "\xf4\x90\x80\x80", "\x80", "\xf0\x9f"}) {
    const auto body = std::get<std::string>(problem({ErrorCode::INVALID_ARGUMENT, detail}).body);
    EXPECT_NE(body.find("\xEF\xBF\xBD"), std::string::npos) << body;
  }
  const auto body = std::get<std::string>(problem({ErrorCode::INVALID_ARGUMENT, "é银😀"}).body);
  EXPECT_NE(body.find("é银😀"), std::string::npos) << body;
}

TEST(Once, TakesTheFirstCallAlone) {
  std::vector<int> taken;
  auto callback = once<int>([&](int value) { taken.push_back(value); }, 0);
  const auto copy = callback;
  callback(1);
  copy(2);
  EXPECT_EQ(taken, std::vector<int>{1});
}

TEST(Once, CallsItselfWhenItIsForgotten) {
  std::vector<int> taken;
  {
    auto callback = once<int>([&](int value) { taken.push_back(value); }, 7);
    const auto copy = callback;
  }
  EXPECT_EQ(taken, std::vector<int>{7});
}

}  // namespace
}  // namespace puhui::node::http
