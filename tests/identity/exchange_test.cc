#include "node/identity/exchange.h"

#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "node/identity/act.h"

namespace puhui::node::identity {
namespace {

// ---- Acts ----

TEST(Act, IsSpelledAlikeHoweverItWasTyped) {
  EXPECT_EQ(spelling("42010619900101123x").value(), "42010619900101123X");
  EXPECT_EQ(spelling(" 420106 19900101 123X ").value(), "42010619900101123X");
  EXPECT_EQ(spelling("４２０１０６１９９００１０１１２３ｘ").value(), "42010619900101123X");
  EXPECT_EQ(spelling("wh-0012345").value(), "WH0012345");
  EXPECT_EQ(spelling("ＷＨ－００１２３４５　").value(), "WH0012345");
  EXPECT_EQ(spelling("李四").value(), "李四");
  EXPECT_EQ(spelling("～！＿｀").value(), "~!_`");
  EXPECT_FALSE(spelling(" - "));
}

TEST(Act, HasTheseBytes) {
  const auto bytes =
      act_bytes({"shared-bike", "42010619900101123X", 20148, 33, CarrierKind::bike, "WH0012345"});
  EXPECT_EQ(crypto::hex_encode(bytes),
            "0b7368617265642d62696b65"                  // the scenario
            "0012343230313036313939303031303131323358"  // the identity
            "00004eb4"                                  // the day
            "00000021"                                  // the slot
            "01"                                        // a bike
            "0009574830303132333435");                  // its number
}

TEST(Act, EachPartTellsItFromOthers) {
  const Act act{"bike", "ID", 20148, 33, CarrierKind::bike, "C"};
  EXPECT_EQ(point_of(act), point_of(act));
  EXPECT_EQ(point_of(act), crypto::Point::hash(act_bytes(act)));
  for (const Act& other : {Act{"bik", "ID", 20148, 33, CarrierKind::bike, "C"},
                           Act{"bike", "IDC", 20148, 33, CarrierKind::bike, ""},
                           Act{"bike", "ID", -20148, 33, CarrierKind::bike, "C"},
                           Act{"bike", "ID", 20148, 34, CarrierKind::bike, "C"},
                           Act{"bike", "ID", 20148, 33, CarrierKind::gate, "C"},
                           Act{"bike", "ID", 20148, 33, CarrierKind::bike, "D"}})
    EXPECT_NE(point_of(other), point_of(act));
}

// ---- Questions and answers ----

Exchange some_question() {
  return {ExchangeKind::question,
          std::string(kQuestionIdSize, '\x0a'),
          "WUHAN",
          "XIANGYANG",
          {crypto::Point::hash("one"), crypto::Point::hash("two")}};
}

TEST(Exchange, ReadsWhatItWrites) {
  auto exchange = some_question();
  const auto text = format_exchange(exchange);
  EXPECT_EQ(text,
            "puhui-tags-question/v1\nid 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\nfrom WUHAN\n"
            "to XIANGYANG\npoints 2\n" +
                crypto::hex_encode(exchange.points[0].view()) + "\n" +
                crypto::hex_encode(exchange.points[1].view()) + "\n");
  const auto read = parse_exchange(text, ExchangeKind::question);
  ASSERT_TRUE(read);
  EXPECT_EQ(format_exchange(*read), text);
  EXPECT_FALSE(parse_exchange(text, ExchangeKind::answer));
  exchange.kind = ExchangeKind::answer;
  EXPECT_TRUE(parse_exchange(format_exchange(exchange), ExchangeKind::answer));
}

TEST(Exchange, RefusesWhatIsNotOfItsForm) {
  const auto text = format_exchange(some_question());
  const auto changed = [&text](const std::string& from, const std::string& to) {
    auto other = text;
    return other.replace(other.find(from), from.size(), to);
  };
  const auto fault = [](const std::string& bytes) {
    const auto read = parse_exchange(bytes, ExchangeKind::question);
    return read ? std::string("none") : read.error().detail.substr(0, 7);
  };
  EXPECT_EQ(fault(""), "line 1:");
  EXPECT_EQ(fault(changed("/v1", "/v2")), "line 1:");
  EXPECT_EQ(fault(changed("/v1", "/v1 ")), "line 1:");
  EXPECT_EQ(fault(changed("id 0a", "id 0A")), "line 2:");
  EXPECT_EQ(fault(changed("id 0a", "id ")), "line 2:");
  EXPECT_EQ(fault(changed("WUHAN", "wuhan")), "line 3:");
  EXPECT_EQ(fault(changed("XIANGYANG", "")), "line 4:");
  EXPECT_EQ(fault(changed("points 2", "points 0")), "line 5:");
  EXPECT_EQ(fault(changed("points 2", "points 02")), "line 5:");
  EXPECT_EQ(fault(changed("points 2", "points 20001")), "line 5:");
  EXPECT_EQ(fault(changed("points 2", "points 1")), "line 6:");
  EXPECT_EQ(fault(changed("points 2", "points 3")), "line 8:");
  EXPECT_EQ(fault(text + "\n"), "line 7:");
  EXPECT_EQ(fault(text.substr(0, text.size() - 1)), "line 7:");
  // The identity, and bytes that are the encoding of no point.
  const auto point = crypto::hex_encode(some_question().points[0].view());
  EXPECT_EQ(fault(changed(point, std::string(64, '0'))), "line 6:");
  EXPECT_EQ(fault(changed(point, std::string(64, 'f'))), "line 6:");
  EXPECT_EQ(fault(changed(point, point.substr(2))), "line 6:");
}

}  // namespace
}  // namespace puhui::node::identity
