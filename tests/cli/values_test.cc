#include "node/cli/values.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support.h"

namespace puhui::node::cli {
namespace {

TEST(Amounts, AreExactKilograms) {
  EXPECT_EQ(parse_amount_kg("2000t"), 2'000'000);
  EXPECT_EQ(parse_amount_kg("1448.5t"), 1'448'500);
  EXPECT_EQ(parse_amount_kg("0.001t"), 1);
  EXPECT_EQ(parse_amount_kg("1.0000t"), 1'000);
  EXPECT_EQ(parse_amount_kg("500kg"), 500);
  EXPECT_EQ(parse_amount_kg("500.0kg"), 500);
  EXPECT_EQ(parse_amount_kg("9223372036854775807kg"), INT64_MAX);
}

TEST(Amounts, RefuseWhatIsNotAWholeKilogramOrNamesNoUnit) {
  for (const auto* text : {"500",
                           "",
                           "t",
                           "kg",
                           "0t",
                           "-1t",
                           "+1t",
                           "0.0005t",
                           "1.5kg",
                           "1,5t",
                           "1e3t",
                           " 1t",
                           "1 t",
                           "1T",
                           "1.t",
                           ".5t",
                           "9223372036854775808kg",
                           "9223372036854776t",
                           "1g",
                           "0x10t"}) {
    EXPECT_FALSE(parse_amount_kg(text)) << text;
  }
}

TEST(Amounts, OfCreditsAreExactGrams) {
  EXPECT_EQ(parse_amount_g("500g"), 500);
  EXPECT_EQ(parse_amount_g("1.5kg"), 1'500);
  EXPECT_EQ(parse_amount_g("0.001kg"), 1);
  for (const auto* text : {"500", "", "g", "0g", "-1g", "0.5g", "0.0005kg", "1t", "1 g"})
    EXPECT_FALSE(parse_amount_g(text)) << text;
}

TEST(Scaled, KeepsEveryDigit) {
  EXPECT_EQ(parse_scaled("0.9", 3), 900);
  EXPECT_EQ(parse_scaled("-12.5", 3), -12'500);
  EXPECT_EQ(parse_scaled("7", 0), 7);
  EXPECT_EQ(parse_scaled("1.500", 1), 15);
  EXPECT_FALSE(parse_scaled("1.25", 1));
  EXPECT_FALSE(parse_scaled("--1", 0));
  EXPECT_FALSE(parse_scaled("1.-5", 3));
  EXPECT_FALSE(parse_scaled("1", kScaleMax + 1));
  EXPECT_FALSE(parse_scaled("10", kScaleMax));
}

RC_GTEST_PROP(Scaled, ReadsBackWhatItMeans, (std::int64_t whole, std::uint16_t places)) {
  whole %= 1'000'000'000'000;
  std::string digits = std::to_string(places % 1000);
  digits.insert(0, 3 - digits.size(), '0');
  const auto text = std::to_string(whole) + "." + digits;
  const auto expected = std::abs(whole) * 1000 + places % 1000;
  RC_ASSERT(parse_scaled(text, 3).value() == (whole < 0 ? -expected : expected));
}

TEST(Days, AreCalendarDays) {
  EXPECT_EQ(parse_day("1970-01-01"), 0);
  EXPECT_EQ(parse_day("2023-11-30"), 19'691);
  EXPECT_EQ(parse_day("2024-02-29"), 19'782);
  for (const auto* text : {"2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "20240101",
                           "2024-01-01T", "", "2024/01/01", "-024-01-01"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
  EXPECT_EQ(format_day(19'782), "2024-02-29");
  EXPECT_EQ(format_day(INT64_MAX), "9223372036854775807");
}

RC_GTEST_PROP(Days, ComeBackAsTheyWereWritten, ()) {
  const auto day = *rc::gen::inRange<std::int64_t>(-700'000, 2'900'000);
  RC_PRE(day >= -719'162);  // 0001-01-01
  RC_ASSERT(parse_day(format_day(day)).value() == day);
}

TEST(Durations, HaveOneUnit) {
  EXPECT_EQ(parse_duration_us("90s"), 90'000'000);
  EXPECT_EQ(parse_duration_us("15m"), 900'000'000);
  EXPECT_EQ(parse_duration_us("1h"), 3'600'000'000);
  EXPECT_EQ(parse_duration_us("7d"), 604'800'000'000);
  for (const auto* text : {"", "h", "1", "0h", "-1h", "1.5h", "1h30m", "1w", "99999999999999d"})
    EXPECT_FALSE(parse_duration_us(text)) << text;
}

TEST(Times, TakeOffsetsAndMicros) {
  EXPECT_EQ(parse_time_us("1740000000000000"), 1'740'000'000'000'000);
  EXPECT_EQ(parse_time_us("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(parse_time_us("1970-01-01T08:00:00+08:00"), 0);
  EXPECT_EQ(parse_time_us("2024-09-02T00:00:00.250000Z"), 1'725'235'200'250'000);
  for (const auto* text :
       {"2024-09-02", "2024-09-02T00:00:00", "2024-09-02T24:00:00Z", "2024-09-02T00:60:00Z",
        "2024-09-02T00:00:60Z", "2024-09-02 00:00:00Z", "2024-09-02T00:00:00+8:00", "Z", "now",
        "2024-09-02T00:00:-1Z", "2024-09-02T00:00:1.Z"}) {
    EXPECT_FALSE(parse_time_us(text)) << text;
  }
  EXPECT_EQ(format_time(1'725'235'200'250'000), "2024-09-02T00:00:00.250000Z");
  EXPECT_EQ(format_duration(604'800'000'000), "7d");
  EXPECT_EQ(format_duration(90'000'000), "90s");
  EXPECT_EQ(format_duration(5'400'000'000), "90m");
  EXPECT_EQ(format_duration(250'000), "250000us");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(Ranges, IncludeBothEnds) {
  const auto range = parse_serials("1-2000").value();
  EXPECT_EQ(range.start(), 1u);
  EXPECT_EQ(range.end(), 2000u);
  EXPECT_EQ(parse_serials("17").value().end(), 17u);
  for (const auto* text : {"", "-", "1-", "-1", "5-4", "1-2-3", "a-b", "01-02"})
    EXPECT_FALSE(parse_serials(text)) << text;
}

TEST(Roles, CarryTheirScope) {
  const auto grant =
      parse_role_grant("verifier,methodology=WH-PV-2023,max=2000t,area=4201").value();
  EXPECT_EQ(grant.role(), v1::VERIFIER);
  EXPECT_EQ(grant.scope().methodology(), "WH-PV-2023");
  EXPECT_EQ(grant.scope().max_amount_kg(), 2'000'000);
  EXPECT_EQ(grant.scope().area(), "4201");
  EXPECT_EQ(parse_role_grant("data-provider").value().role(), v1::DATA_PROVIDER);
  for (const auto* text :
       {"", "king", "VERIFIER", "verifier,", "verifier,max=2000", "verifier,x=y"})
    EXPECT_FALSE(parse_role_grant(text)) << text;
}

TEST(Names, AreSpelledAsOnTheCommandLine) {
  EXPECT_EQ(parse_account_kind("pool"), v1::ACCOUNT_POOL);
  EXPECT_FALSE(parse_account_kind("personal"));
  EXPECT_FALSE(parse_account_kind("unspecified"));
  EXPECT_EQ(parse_named_value("generation=10120").value().value(), "10120");
  EXPECT_FALSE(parse_named_value("generation"));
  EXPECT_FALSE(parse_named_value("=1"));
  EXPECT_EQ(parse_pseudonym("p-" + std::string(32, 'a')), std::string(16, '\xaa'));
  EXPECT_EQ(parse_pseudonym(std::string(32, 'a')), std::string(16, '\xaa'));
  EXPECT_FALSE(parse_pseudonym(std::string(31, 'a')));
  EXPECT_FALSE(parse_pseudonym(std::string(32, 'A')));
}

TEST(Prices, AreWholeCents) {
  EXPECT_EQ(parse_cents("43.5"), 4'350);
  EXPECT_EQ(parse_cents("30"), 3'000);
  EXPECT_FALSE(parse_cents("43.555"));
  EXPECT_FALSE(parse_cents("-1"));
}

TEST(Documents, AreNamedByTheirDigest) {
  const Scratch scratch;
  const auto path = scratch.write("paper", "statement");
  EXPECT_EQ(read_document_sha256(path), std::string(crypto::sha256("statement").view()));
  EXPECT_EQ(read_document_sha256(std::string(64, '0')), std::string(32, '\0'));
  EXPECT_EQ(read_document_sha256(scratch.path("absent")).error().code, ErrorCode::NOT_FOUND);
}

}  // namespace
}  // namespace puhui::node::cli
