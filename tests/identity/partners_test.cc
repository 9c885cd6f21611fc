#include "node/identity/partners.h"

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "node/cli/text.h"
#include "node/cli/values.h"
#include "tests/identity/desk.h"

namespace puhui::node::identity {
namespace {

constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000;
const std::string kWang = "42010619900101123x", kLi = "李四";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto line : cli::split(text, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// A city's identity service, with a partner.
struct Office {
  Place place;
  std::string code, partner;
  std::vector<std::string> accounts;

  Office(std::string city, std::string other, const std::vector<std::string>& people)
      : code(std::move(city)), partner(std::move(other)) {
    EXPECT_TRUE(place.open()->partners().make(code, partner, 3, kNow));
    for (const auto& pseudonym : place.enrol(people))
      accounts.push_back("p-" + crypto::hex_encode(pseudonym));
  }
  [[nodiscard]] Result<Acts> read(const std::string& text, cli::RecordFormat format) const {
    const auto store = place.open();
    return read_acts(store->people(), store->keys(), {text, format, "bike", CarrierKind::bike});
  }
  // The question about a CSV of acts.
  [[nodiscard]] std::string ask(const std::string& text) const {
    const auto acts = read(text, cli::RecordFormat::csv);
    EXPECT_TRUE(acts) << (acts ? "" : describe(acts.error()));
    return place.open()->partners().ask(partner, acts.value(), crypto::sha256(text), kNow).value();
  }
  [[nodiscard]] Result<Partners::Answered> answer(const std::string& question,
                                                  std::int64_t now_us = kNow) const {
    return place.open()->partners().answer(partner, question, now_us);
  }
  [[nodiscard]] Result<Partners::Taken> take(const std::vector<std::string>& answers) const {
    return place.open()->partners().take(answers);
  }
  [[nodiscard]] std::string row(std::size_t person, const std::string& rest) const {
    return accounts[person] + "," + rest + "\n";
  }
};

const std::string kTitles = "account,day,slot,carrier,distance\n";

struct TwoOffices : ::testing::Test {
  Office wuhan{"WUHAN", "XIANGYANG", {kWang, kLi}};
  Office xiangyang{"XIANGYANG", "WUHAN", {"42010619900101123X"}};

  // The lines of records of a city that asked about these acts.
  static std::vector<std::string> records(const Office& asks, const Office& answers,
                                          const std::string& text) {
    const auto answered = answers.answer(asks.ask(text)).value();
    return lines_of(asks.take({answered.text}).value().text);
  }
};

std::string tag_in(const std::string& line) { return line.substr(line.rfind(':') + 1); }

TEST_F(TwoOffices, OneActHasOneTagInBothCities) {
  const auto here = records(
      wuhan, xiangyang,
      kTitles + wuhan.row(0, "2025-03-01,33,WH-1,900") + wuhan.row(1, "2025-03-01,33,WH-1,900"));
  const auto there =
      records(xiangyang, wuhan,
              "day,carrier,slot,account\n2025-03-01, wh1 ,33," + xiangyang.accounts[0] + "\n");
  ASSERT_EQ(here.size(), 3U);
  EXPECT_EQ(here[0], "account,day,slot,carrier_tag,distance,tags");
  const auto tagged = carrier_tag(wuhan.place.open()->keys(), CarrierKind::bike, "WH-1").hex();
  EXPECT_EQ(here[1],
            wuhan.accounts[0] + ",2025-03-01,33," + tagged + ",900,XIANGYANG:" + tag_in(here[1]));
  EXPECT_EQ(there[0], "day,carrier_tag,slot,account,tags");
  EXPECT_EQ(tag_in(here[1]), tag_in(there[1])) << "whoever reports it, under whatever pseudonym";
  EXPECT_NE(tag_in(here[1]), tag_in(here[2])) << "another person";
  EXPECT_TRUE(crypto::Point::decode(crypto::hex_decode(tag_in(here[1])).value()));
}

TEST_F(TwoOffices, AQuestionTellsNothingOfTheAct) {
  const auto text = kTitles + wuhan.row(0, "2025-03-01,33,WH-1,900");
  const auto question = wuhan.ask(text);
  for (const auto& part : {kWang, wuhan.accounts[0], std::string("2025"), std::string("WH-1")})
    EXPECT_FALSE(cli::contains(question, part)) << part;
  const auto point = crypto::Point::hash(
      act_bytes({"bike", "42010619900101123X", 20'148, 33, CarrierKind::bike, "WH1"}));
  EXPECT_FALSE(cli::contains(question, crypto::hex_encode(point.view())));
  EXPECT_NE(question, wuhan.ask(text)) << "each has an id of its own";
  // Nor is a point kept, by which the acts of an erased person could be guessed.
  const auto blinded = parse_exchange(question, ExchangeKind::question)->points[0];
  EXPECT_FALSE(on_disk(wuhan.place.folder, blinded.view()));
}

TEST_F(TwoOffices, JsonComesBackAsJson) {
  const auto text = "{\"account\":\"" + wuhan.accounts[0] +
                    "\",\"day\":\"2025-03-01\",\"slot\":33,\"carrier\":\"WH-1\"}\n";
  const auto acts = wuhan.read(text, cli::RecordFormat::ndjson);
  ASSERT_TRUE(acts);
  EXPECT_EQ(acts->titles, "");
  const auto question =
      wuhan.place.open()->partners().ask("XIANGYANG", *acts, crypto::sha256(text), kNow).value();
  const auto lines = lines_of(wuhan.take({xiangyang.answer(question)->text})->text);
  ASSERT_EQ(lines.size(), 1U);
  google::protobuf::Struct record;
  ASSERT_TRUE(cli::from_json(lines[0], record, false)) << lines[0];
  EXPECT_TRUE(record.fields().contains("carrier_tag"));
  EXPECT_FALSE(record.fields().contains("carrier"));
  EXPECT_TRUE(record.fields().at("tags").string_value().starts_with("XIANGYANG:"));
}

TEST_F(TwoOffices, FaultsInActsNameTheLineAndNobody) {
  const auto fault = [this](const std::string& text) {
    const auto acts = wuhan.read(text, cli::RecordFormat::csv);
    return acts ? std::string("none") : acts.error().detail;
  };
  const auto sound = wuhan.row(0, "2025-03-01,33,WH-1,900");
  EXPECT_EQ(fault(kTitles + sound), "none");
  EXPECT_TRUE(cli::contains(
      fault(kTitles + sound + "p-" + std::string(32, '0') + ",2025-03-01,33,WH-1,900\n"),
      "line 3: "));
  EXPECT_TRUE(cli::contains(fault(kTitles + wuhan.row(0, "2025-02-30,33,WH-1,900")), "line 2: "));
  EXPECT_TRUE(cli::contains(fault(kTitles + wuhan.row(0, "2025-03-01,-1,WH-1,900")), "line 2: "));
  EXPECT_TRUE(cli::contains(fault(kTitles + wuhan.row(0, "2025-03-01,33,-,900")), "line 2: "));
  EXPECT_TRUE(cli::contains(fault("account,day\n" + wuhan.row(0, "2025-03-01")), "carrier"));
  EXPECT_TRUE(cli::contains(fault("account,day,carrier,tags\n" + wuhan.row(0, "2025-03-01,WH-1,x")),
                            "tags"));
  EXPECT_EQ(wuhan.read(kTitles, cli::RecordFormat::csv).error().code, ErrorCode::BATCH_EMPTY);
  for (const auto& person : {kWang, kLi}) EXPECT_FALSE(cli::contains(fault(kTitles), person));
}

// ---- Answering ----

TEST_F(TwoOffices, AnswersAreLoggedAndLimited) {
  const auto one = wuhan.ask(kTitles + wuhan.row(0, "2025-03-01,33,WH-1,900"));
  const auto row = wuhan.row(0, "2025-03-01,34,WH-1,900");
  const auto two = wuhan.ask(kTitles + row + row),
             four = wuhan.ask(kTitles + row + row + row + row);
  const auto first = xiangyang.answer(two);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->link.number(), 2U) << "the first says which policy is believed";
  EXPECT_EQ(first->link.points(), 2U);
  EXPECT_EQ(xiangyang.answer(four).error().code, ErrorCode::TOO_LARGE);
  EXPECT_EQ(xiangyang.answer(two).error().code, ErrorCode::BUSY);
  ASSERT_TRUE(xiangyang.answer(one));
  EXPECT_EQ(xiangyang.answer(one).error().code, ErrorCode::BUSY);
  // It is kept across processes, and a clock that goes back changes nothing.
  EXPECT_EQ(xiangyang.answer(one, kNow - 2 * kDay).error().code, ErrorCode::BUSY);
  ASSERT_TRUE(xiangyang.answer(one, kNow + kDay));
  ASSERT_TRUE(xiangyang.place.open()->partners().limit("WUHAN", 4));
  EXPECT_EQ(xiangyang.answer(four, kNow + kDay).error().code, ErrorCode::BUSY);
  ASSERT_TRUE(xiangyang.answer(four, kNow + 2 * kDay));

  const auto links = xiangyang.place.open()->openings().read().value();
  ASSERT_EQ(links.items_size(), 5);
  const auto& link = links.items(1);
  EXPECT_EQ(link.partner(), "WUHAN");
  EXPECT_EQ(link.kept_at(), kNow);
  EXPECT_EQ(link.question_sha256(), crypto::sha256(two).view());
  EXPECT_EQ(link.account(), "");
}

TEST_F(TwoOffices, ABrokenLogAnswersNothing) {
  const auto question = wuhan.ask(kTitles + wuhan.row(0, "2025-03-01,33,WH-1,900"));
  ASSERT_TRUE(xiangyang.answer(question));
  for (const auto& [name, value] : raw_pairs(xiangyang.place.table))
    if (name.starts_with('o')) write_raw(xiangyang.place.table, {{name, ""}});
  EXPECT_EQ(xiangyang.answer(question).error().code, ErrorCode::CORRUPT);
}

TEST_F(TwoOffices, OnlyAPartnerIsAnswered) {
  const auto question = wuhan.ask(kTitles + wuhan.row(0, "2025-03-01,33,WH-1,900"));
  const auto store = xiangyang.place.open();
  ASSERT_TRUE(store->partners().make("XIANGYANG", "YICHANG", 10, kNow));
  EXPECT_EQ(store->partners().answer("YICHANG", question, kNow).error().code,
            ErrorCode::WRONG_CITY);
  EXPECT_EQ(store->partners().answer("JINGZHOU", question, kNow).error().code,
            ErrorCode::NOT_FOUND);
  auto other = question;
  other.replace(other.find("to XIANGYANG"), 12, "to XIAOGAN");
  EXPECT_EQ(store->partners().answer("WUHAN", other, kNow).error().code, ErrorCode::WRONG_CITY);
  EXPECT_EQ(store->openings().read()->items_size(), 1) << "what is refused was not answered";
}

// ---- Taking ----

TEST_F(TwoOffices, AnswersBelongToTheirQuestions) {
  const auto row = wuhan.row(0, "2025-03-01,33,WH-1,900");
  const auto answer = xiangyang.answer(wuhan.ask(kTitles + row))->text;
  const auto changed = [&answer](const std::string& from, const std::string& to) {
    auto other = answer;
    return other.replace(other.find(from), from.size(), to);
  };
  const auto id = answer.substr(answer.find("id ") + 3, 32);
  EXPECT_EQ(wuhan.take({changed(id, std::string(32, '0'))}).error().code, ErrorCode::NOT_FOUND);
  EXPECT_EQ(wuhan.take({changed("to XIANGYANG", "to YICHANG")}).error().code, ErrorCode::NOT_FOUND);
  const auto point = tag_in(lines_of(answer).back());
  EXPECT_EQ(wuhan.take({changed("points 1", "points 2") + point + "\n"}).error().code,
            ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(wuhan.take({changed(point, std::string(64, 'f'))}).error().code,
            ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(wuhan.take({answer, answer}).error().code, ErrorCode::INVALID_ARGUMENT);
  const auto other = xiangyang.answer(wuhan.ask(kTitles + row + row))->text;
  EXPECT_EQ(wuhan.take({answer, other}).error().code, ErrorCode::INVALID_ARGUMENT);

  const auto taken = wuhan.take({answer});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->records, 1U);
  ASSERT_TRUE(wuhan.place.open()->partners().forget(taken->questions));
  EXPECT_EQ(wuhan.take({answer}).error().code, ErrorCode::NOT_FOUND);
}

TEST_F(TwoOffices, ARecordTakesTheTagsOfSeveralPartners) {
  const Office yichang("YICHANG", "WUHAN", {kWang});
  ASSERT_TRUE(wuhan.place.open()->partners().make("WUHAN", "YICHANG", 10, kNow));
  const auto text = kTitles + wuhan.row(0, "2025-03-01,33,WH-1,900");
  const auto acts = wuhan.read(text, cli::RecordFormat::csv).value();
  const auto question =
      wuhan.place.open()->partners().ask("YICHANG", acts, crypto::sha256(text), kNow).value();
  const auto taken =
      wuhan.take({yichang.answer(question)->text, xiangyang.answer(wuhan.ask(text))->text});
  ASSERT_TRUE(taken);
  const auto line = lines_of(taken->text)[1];
  EXPECT_LT(line.find(",XIANGYANG:"), line.find(";YICHANG:")) << line;
  EXPECT_EQ(taken->questions.size(), 2U);
}

// ---- Exponents ----

TEST_F(TwoOffices, AnExponentIsMadeOnceAndGoneWhenWiped) {
  auto store = wuhan.place.open();
  auto& partners = store->partners();
  EXPECT_EQ(partners.make("WUHAN", "XIANGYANG", 3, kNow).error().code, ErrorCode::LOCKED);
  EXPECT_EQ(partners.make("WUHAN", "WUHAN", 3, kNow).error().code, ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(partners.make("WUHAN", "yichang", 3, kNow).error().code, ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(partners.make("WUHAN", "YICHANG", 0, kNow).error().code, ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(partners.limit("YICHANG", 3).error().code, ErrorCode::NOT_FOUND);
  EXPECT_EQ(partners.wipe("YICHANG").error().code, ErrorCode::NOT_FOUND);
  store.reset();

  const auto question = wuhan.ask(kTitles + wuhan.row(0, "2025-03-01,33,WH-1,900"));
  const auto answer = xiangyang.answer(question)->text;
  std::vector<std::string> before;
  for (const auto& [name, value] : raw_pairs(wuhan.place.table))
    if (name.starts_with('x')) before.push_back(value);
  ASSERT_EQ(before.size(), 2U) << "the exponent and the question";
  ASSERT_TRUE(wuhan.place.open()->partners().wipe("XIANGYANG"));
  for (const auto& sealed : before) EXPECT_FALSE(on_disk(wuhan.place.folder, sealed));
  EXPECT_EQ(wuhan.take({answer}).error().code, ErrorCode::NOT_FOUND);

  store = wuhan.place.open();
  const auto list = store->partners().list(kNow).value();
  ASSERT_EQ(list.items_size(), 1);
  EXPECT_FALSE(list.items(0).has_exponent());
  EXPECT_EQ(list.items(0).questions_open(), 0U);
  const Acts acts{"", {"{}"}, {crypto::Point::hash("act")}};
  EXPECT_EQ(store->partners().ask("XIANGYANG", acts, crypto::sha256(""), kNow).error().code,
            ErrorCode::NOT_FOUND);
  ASSERT_TRUE(store->partners().make("WUHAN", "XIANGYANG", 3, kNow + kDay));
}

TEST_F(TwoOffices, WhatWasAskedTodayCountsAfterANewExponent) {
  const auto row = wuhan.row(0, "2025-03-01,33,WH-1,900");
  ASSERT_TRUE(xiangyang.answer(wuhan.ask(kTitles + row + row + row)));
  const auto store = xiangyang.place.open();
  ASSERT_TRUE(store->partners().wipe("WUHAN"));
  ASSERT_TRUE(store->partners().make("XIANGYANG", "WUHAN", 3, kNow));
  EXPECT_EQ(store->partners().list(kNow)->items(0).asked_today(), 3U);
  EXPECT_EQ(store->partners().list(kNow + kDay)->items(0).asked_today(), 0U);
}

}  // namespace
}  // namespace puhui::node::identity
