#include "node/cli/exit.h"

#include <gtest/gtest.h>

#include <sstream>

#include "ledger/views/view.h"
#include "node/cli/text.h"
#include "node/http/problem.h"
#include "puhui/v1/api.pb.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

TEST(Exit, EveryFamilyOfCodesHasItsNumber) {
  const std::map<Exit, std::vector<ErrorCode>> expected{
      {Exit::ok, {ErrorCode::OK}},
      {Exit::refused,
       {ErrorCode::EVENT_EXPIRED, ErrorCode::EVENT_TOO_FAR_AHEAD, ErrorCode::EVENT_CONFLICT}},
      {Exit::usage,
       {ErrorCode::INVALID_ARGUMENT, ErrorCode::CONFIG, ErrorCode::KEY_PASSPHRASE,
        ErrorCode::KEY_FILE_MODE, ErrorCode::IO, ErrorCode::NOT_FOUND, ErrorCode::LOCKED,
        ErrorCode::ENVELOPE_MALFORMED, ErrorCode::EVENT_MALFORMED, ErrorCode::WRONG_CITY,
        ErrorCode::RECORD_MALFORMED, ErrorCode::BATCH_EMPTY, ErrorCode::INPUT_MALFORMED,
        ErrorCode::METHODOLOGY_MALFORMED}},
      {Exit::unverified,
       {ErrorCode::PROOF_INVALID, ErrorCode::PROOF_MALFORMED, ErrorCode::NOTE_UNVERIFIED,
        ErrorCode::POLICY_UNMET, ErrorCode::CHECKPOINT_ORIGIN, ErrorCode::SIGNATURE_INVALID,
        ErrorCode::CORRUPT}},
      {Exit::unreachable,
       {ErrorCode::UNREACHABLE, ErrorCode::OUTCOME_UNKNOWN, ErrorCode::BUSY, ErrorCode::UNAVAILABLE,
        ErrorCode::REQUEST_TIMEOUT}},
      {Exit::not_permitted,
       {ErrorCode::NOT_PERMITTED, ErrorCode::SIGNATURE_MISSING, ErrorCode::SIGNATURE_UNKNOWN_KEY}},
  };
  for (const auto& [exit, codes] : expected)
    for (const auto code : codes) EXPECT_EQ(exit_of(code), exit) << code_name(code);
}

TEST(Exit, NoErrorEndsWell) {
  const auto* list = google::protobuf::GetEnumDescriptor<ErrorCode>();
  for (int i = 0; i < list->value_count(); ++i) {
    const auto code = static_cast<ErrorCode>(list->value(i)->number());
    EXPECT_EQ(exit_of(code) == Exit::ok, code == ErrorCode::OK) << code_name(code);
  }
}

TEST(Exit, ErrorsSpeakBothLanguages) {
  std::ostringstream err;
  print_error(err, {ErrorCode::BUSY, "queue\x1b[2J of 8"});
  EXPECT_EQ(err.str(),
            "puhui: busy: a queue is full; try again later / 系统繁忙,请稍后重试\n"
            "  detail: queue\xEF\xBF\xBD[2J of 8\n");
}

// The same texts from the command line and from the API.
TEST(Exit, EveryCodeSpeaksBothLanguages) {
  const auto* list = google::protobuf::GetEnumDescriptor<ErrorCode>();
  for (int i = 0; i < list->value_count(); ++i) {
    const auto code = static_cast<ErrorCode>(list->value(i)->number());
    const std::string name(code_name(code)), en(code_text_en(code)), zh(code_text_zh(code));
    ASSERT_FALSE(name.empty() || en.empty() || zh.empty()) << list->value(i)->name();
    EXPECT_EQ(code_from_name(name), code);
    std::ostringstream err;
    print_error(err, {code, ""});
    EXPECT_EQ(err.str(), "puhui: " + name + ": " + en + " / " + zh + "\n");
    v1::Problem problem;
    const auto answer = http::problem({code, ""});
    ASSERT_TRUE(from_json(std::get<std::string>(answer.body), problem, true));
    EXPECT_EQ(problem.code(), name);
    EXPECT_EQ(problem.title(), en);
    EXPECT_EQ(problem.title_zh(), zh);
    const auto refused = ledger::failed_result({code, ""});
    EXPECT_EQ(refused.message_en(), en);
    EXPECT_EQ(refused.message_zh(), zh);
  }
}

TEST(Exit, RefusalsExplainThemselves) {
  v1::SubmissionResult result;
  result.set_decision(v1::REFUSED);
  result.set_code("balance.insufficient");
  result.set_message_en("the account holds less than asked");
  result.set_message_zh("余额不足");
  result.mutable_outcome()->set_rule("transfer.balance");
  result.mutable_outcome()->set_limit("100");
  result.mutable_outcome()->set_used("60");
  result.mutable_outcome()->set_asked("50");
  std::ostringstream err;
  print_decision(err, result);
  EXPECT_EQ(err.str(),
            "puhui: refused: balance.insufficient: the account holds less than asked / 余额不足\n"
            "  rule: transfer.balance\n  limit: 100\n  used: 60\n  asked: 50\n");
  EXPECT_EQ(exit_of(result), Exit::refused);
  result.set_code("record.malformed");
  EXPECT_EQ(exit_of(result), Exit::refused) << "what a file is told for is no refusal, this is";
  result.set_decision(v1::FAILED);
  result.set_code("signature.invalid");
  EXPECT_EQ(exit_of(result), Exit::unverified);
  result.set_decision(v1::ACCEPTED);
  EXPECT_EQ(exit_of(result), Exit::ok);
}

TEST(Exit, RefusalsOfRecordsExplainThemselves) {
  v1::SubmissionResult result;
  result.set_decision(v1::REFUSED);
  result.set_code("cap.day");
  for (std::uint32_t record = 0; record < 2; ++record) {
    auto& refusal = *result.mutable_outcome()->add_record_refusals();
    refusal.set_record(record);
    refusal.set_code(ErrorCode::CAP_DAY);
    refusal.set_rule("record.cap");
    refusal.set_limit("100 g");
    refusal.set_asked("\x1b[2J");
  }
  EXPECT_EQ(explain(result.outcome().record_refusals(0)),
            "cap.day: rule record.cap, limit 100 g, asked \x1b[2J");
  EXPECT_EQ(explain({}), "ok");
  std::ostringstream err;
  print_decision(err, result);
  EXPECT_TRUE(contains(
      err.str(), "  record 1: cap.day: rule record.cap, limit 100 g, asked \xEF\xBF\xBD[2J\n"));
  result.mutable_outcome()->mutable_record_refusals()->RemoveLast();
  std::ostringstream one;
  print_decision(one, result);
  EXPECT_FALSE(contains(one.str(), "record 0")) << "the event's own explanation is that";
}

TEST(Text, CountsColumnsOfWideCharacters) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("武汉"), 4u);
  EXPECT_EQ(aligned({{"武汉", "x"}, {"abc", "y"}}), "武汉  x\nabc   y\n");
}

TEST(Text, LetsNoControlCharacterThrough) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\xEF\xBF\xBD[31mb");
  EXPECT_EQ(printable("\xC2\x9B"), "\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xFF\xE6\xAD"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("普惠 ok"), "普惠 ok");
}

TEST(Text, ShowsDaysTimesAndNestedFields) {
  v1::ProjectList list;
  auto& project = *list.add_items();
  project.mutable_filing()->set_project("PV1");
  project.mutable_filing()->add_keys("m1");
  project.mutable_filing()->add_keys("m2");
  project.mutable_filing()->set_crediting_from(19'691);
  const Column columns[] = {
      {"P", "filing.project"}, {"METERS", "filing.keys"}, {"FROM", "filing.crediting_from"}};
  EXPECT_EQ(list_table(list, columns), "P    METERS  FROM\nPV1  m1,m2   2023-11-30\n");
  EXPECT_EQ(field_table(list),
            "items[0].filing.project         PV1\n"
            "items[0].filing.keys            m1,m2\n"
            "items[0].filing.crediting_from  2023-11-30\n");
}

TEST(Text, ShowsWhatIsAbsentAsAbsentAndZeroAsZero) {
  v1::RuleSetList list;
  list.add_items()->set_began_at(0);
  const Column columns[] = {{"FILED", "filed_at"}, {"BEGAN", "began_at"}, {"ENDED", "ended_at"}};
  EXPECT_EQ(list_table(list, columns), "FILED  BEGAN  ENDED\n0      0      -\n");
}

TEST(Text, JsonKeepsFieldNamesAndReadsBack) {
  v1::Account account;
  account.set_units_held_kg(1'448'500);
  const auto json = to_json(account);
  EXPECT_TRUE(contains(json, "\"units_held_kg\": \"1448500\"")) << json;
  v1::Account back;
  ASSERT_TRUE(from_json(json, back, false));
  EXPECT_EQ(back.units_held_kg(), 1'448'500);
  EXPECT_TRUE(from_json("{\"novel\": 1}", back, true));
  EXPECT_EQ(from_json("{\"novel\": 1}", back, false).error().code, ErrorCode::INVALID_ARGUMENT);
  EXPECT_FALSE(from_json("{", back, true));
}

}  // namespace
}  // namespace puhui::node::cli
