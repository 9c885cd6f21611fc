// What the commands of emission sources, readings, factors, footprints and targets make.
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "ledger/records.h"
#include "node/cli/submission.h"
#include "node/cli/values.h"
#include "node/files/folder.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

TEST(Sources, NameTheirMeterAndFactor) {
  const Desk desk;
  const auto meter = desk.key("meter");
  const Words words{"source",   "file",     "acme/power", "--area", "420100",
                    "--factor", "grid",     "--unit",     "kWh",    "--scale",
                    "1",        "--device", meter,        "--from", "2026-01-01"};
  const auto source = desk.payload(words).file_source();
  EXPECT_EQ(source.source(), "acme/power");
  EXPECT_EQ(source.party(), "a") << "the acting party";
  EXPECT_EQ(source.area(), "420100");
  EXPECT_EQ(source.factor(), "grid");
  EXPECT_EQ(source.unit(), "kWh");
  EXPECT_EQ(source.scale(), 1u);
  EXPECT_EQ(source.device().public_key(), read_public_key(meter).value().encode());
  EXPECT_EQ(source.from(), 20'454);
  EXPECT_EQ(source.to(), 0);
  auto of_another = words;
  of_another.insert(of_another.end(), {"--enterprise", "acme"});
  EXPECT_EQ(desk.payload(of_another).file_source().party(), "acme");
  auto too_fine = words;
  *(std::ranges::find(too_fine, "--scale") + 1) = "19";
  EXPECT_FALSE(desk.fault(too_fine).empty());
  const auto replaced =
      desk.payload({"source", "replace-device", "acme/power", "--device", meter}).replace_device();
  EXPECT_EQ(replaced.source(), "acme/power");
  EXPECT_EQ(replaced.device().public_key(), source.device().public_key());
}

// A meter's key, and a file of three days.
struct Meter {
  Desk desk;
  std::string key = desk.key("meter");
  std::string file = desk.scratch.write("days.csv",
                                        "day,value\n2026-03-01,1204.5\n2026-03-02,0\n"
                                        "2026-03-03,7\n");

  [[nodiscard]] Words words(const Words& more) const {
    Words all{"reading", "submit", "acme/power", file, "--device-key", key};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST(Readings, AreSignedByTheMeter) {
  const Meter meter;
  const auto submission = meter.desk.submission(meter.words({"--scale", "1"}));
  const auto payload = open(submission).value().payload;
  const auto& action = payload.submit_readings();
  EXPECT_EQ(action.source(), "acme/power");
  EXPECT_EQ(action.records().count(), 3u);
  const auto device = crypto::PublicKey::decode(action.device().public_key()).value();
  EXPECT_EQ(device, read_public_key(meter.key).value());
  EXPECT_TRUE(crypto::verify(device, ledger::readings_bytes("WUHAN", action), action.signature()));
  const auto pieces = ledger::split_records(submission.attachments(0)).value();
  const auto readings = ledger::read_records(payload, pieces).value().readings;
  ASSERT_EQ(readings.size(), 3u);
  EXPECT_EQ(readings[0].day, 20'513);
  EXPECT_EQ(readings[0].value, 12'045);
}

TEST(Readings, InPartsAreEachSigned) {
  const Meter meter;
  const auto ran = meter.desk.dry_run(meter.words({"--scale", "1", "--records-per-batch", "2"}));
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  const auto first = ran.out.find("\"signature\""), second = ran.out.rfind("\"signature\"");
  ASSERT_NE(first, second);
  EXPECT_NE(ran.out.substr(first, 60), ran.out.substr(second, 60));
}

TEST(Readings, NeedAScaleAndAKey) {
  const Meter meter;
  EXPECT_TRUE(contains(meter.desk.fault(meter.words({})), "--scale"));
  EXPECT_EQ(meter.desk.dry_run(meter.words({"--scale", "0"})).exit, Exit::usage) << "1204.5";
  auto keyless = meter.words({"--scale", "1"});
  *(std::ranges::find(keyless, "--device-key") + 1) = meter.file;
  EXPECT_EQ(meter.desk.dry_run(keyless).exit, Exit::usage);
}

TEST(Factors, AreTablesInForceForDays) {
  const Desk desk;
  const auto csv = desk.scratch.write(
      "factors.csv", "name,unit,kg_per_unit,source\ngrid,kWh,0.5366,Notice\ngas,m3,2.162,\n");
  const auto notice = desk.scratch.write("notice.pdf", "a notice");
  const Words days{"--table", "t1", "--from", "2026-01-01", "--to", "2027-01-01"};
  const auto with = [&days](const std::string& file) {
    Words words{"factor", "file", file};
    words.insert(words.end(), days.begin(), days.end());
    return words;
  };
  auto words = with(csv);
  words.insert(words.end(), {"--document", notice});
  const auto table = desk.payload(words).file_factors();
  EXPECT_EQ(table.table(), "t1");
  ASSERT_EQ(table.factors_size(), 2);
  EXPECT_EQ(table.factors(0).name(), "grid");
  EXPECT_EQ(table.factors(0).kg_per_unit(), "0.5366");
  EXPECT_EQ(table.factors(1).source(), "");
  EXPECT_EQ(table.to() - table.from(), 365);
  EXPECT_EQ(table.document_sha256(), crypto::sha256("a notice").view());

  const auto json = desk.scratch.write("f.json", R"({"table": "t2", "from": "20454", "to": "20819",
                   "factors": [{"name": "grid", "unit": "kWh", "kg_per_unit": "1/2"}]})");
  EXPECT_EQ(desk.payload({"factor", "file", json}).file_factors().table(), "t2");
  EXPECT_EQ(desk.payload(with(json)).file_factors().table(), "t1") << "the flags say otherwise";
  EXPECT_TRUE(contains(desk.fault({"factor", "file", csv}), "--table, --from and --to"));
  const auto fault = [&](const char* text) {
    return desk.dry_run(with(desk.scratch.write("bad.csv", text))).err;
  };
  EXPECT_TRUE(contains(fault("name,unit\ngrid,kWh\n"), "bad.csv: line 2: name, unit"));
  EXPECT_TRUE(contains(fault("name,unit,kg\ngrid,kWh,1\n"), "bad.csv: line 2: "));
  EXPECT_TRUE(contains(fault("name,unit,kg_per_unit\n"), "no factor is listed"));
}

TEST(Footprints, AreOfAYearOrAMonth) {
  const Desk desk;
  const auto year =
      desk.payload({"footprint", "report", "acme-2026", "--year", "2026"}).report_footprint();
  EXPECT_EQ(year.footprint(), "acme-2026");
  EXPECT_EQ(year.party(), "a");
  EXPECT_EQ(year.year(), 2026u);
  EXPECT_EQ(year.month(), 0u);
  const auto month = desk.payload({"footprint", "report", "f", "--year", "2026", "--month", "3",
                                   "--enterprise", "acme"})
                         .report_footprint();
  EXPECT_EQ(month.month(), 3u);
  EXPECT_EQ(month.party(), "acme");
  for (const auto* wrong : {"0", "13"})
    EXPECT_FALSE(
        desk.fault({"footprint", "report", "f", "--year", "2026", "--month", wrong}).empty());
  const auto statement = desk.scratch.write("statement.pdf", "a statement");
  const auto verified =
      desk.payload({"footprint", "verify", "f", "negative", "--statement", statement})
          .verify_footprint();
  EXPECT_FALSE(verified.is_positive());
  EXPECT_EQ(verified.statement().name(), "statement.pdf");
  EXPECT_FALSE(desk.fault({"footprint", "verify", "f", "positive"}).empty());
}

TEST(Targets, AreTheMostOfAYear) {
  const Desk desk;
  const auto target =
      desk.payload({"target", "set", "--year", "2026", "--max", "800t"}).set_target();
  EXPECT_EQ(target.party(), "a");
  EXPECT_EQ(target.year(), 2026u);
  EXPECT_EQ(target.max_kg(), 800'000);
  EXPECT_FALSE(desk.fault({"target", "set", "--year", "2026"}).empty());
}

}  // namespace
}  // namespace puhui::node::cli
