// Records that carry tags for partner cities, and what is published and noted of them.
#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "crypto/ristretto.h"
#include "fake_node.h"
#include "ledger/entry.h"
#include "ledger/records.h"
#include "node/cli/attachment.h"
#include "node/cli/submission.h"
#include "node/cli/values.h"
#include "node/http/problem.h"

namespace puhui::node::cli {
namespace {

const std::string kAccount = "p-000102030405060708090a0b0c0d0e0f";
const std::string kCarrier = "5f21" + std::string(28, '0');

std::string tag_of(const std::string& act) { return std::string(crypto::Point::hash(act).view()); }
std::string hex_of(const std::string& act) { return crypto::hex_encode(tag_of(act)); }

// ---- Records ----------------------------------------------------------------------------------

Result<std::vector<v1::BehaviourRecord>> read_with(const std::string& tags) {
  return read_records("account,day,carrier_tag,tags,distance\n" + kAccount + ",2025-03-01," +
                          kCarrier + "," + tags + ",900\n",
                      RecordFormat::csv, {});
}

TEST(TagsInRecords, AreReadInOrderOfThePartners) {
  const auto records = read_with("YICHANG:" + hex_of("b") + ";XIANGYANG:" + hex_of("a")).value();
  ASSERT_EQ(records[0].tags_size(), 2);
  EXPECT_EQ(records[0].tags(0).partner(), "XIANGYANG");
  EXPECT_EQ(records[0].tags(0).tag(), tag_of("a"));
  EXPECT_EQ(records[0].tags(1).partner(), "YICHANG");
  ASSERT_EQ(records[0].inputs_size(), 1) << "tags are no input";
  EXPECT_EQ(records[0].inputs(0), 900);
  EXPECT_TRUE(ledger::read_record(records[0].SerializeAsString(), "bike"));
  EXPECT_EQ(read_with("").value()[0].tags_size(), 0);
  const auto json =
      read_records("{\"account\":\"" + kAccount + "\",\"day\":\"2025-03-01\",\"carrier_tag\":\"" +
                       kCarrier + "\",\"distance\":900,\"tags\":\"XIANGYANG:" + hex_of("a") + "\"}",
                   RecordFormat::ndjson, {{"distance", 0}})
          .value();
  EXPECT_EQ(json[0].SerializeAsString(),
            read_with("XIANGYANG:" + hex_of("a")).value()[0].SerializeAsString());
}

TEST(TagsInRecords, FaultsNameTheLine) {
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += (i == 0 ? "C" : ";C") + std::to_string(i) + ":" + hex_of("a");
  for (const auto& tags : {std::string("XIANGYANG"), std::string("XIANGYANG:"), hex_of("a"),
                           "xiangyang:" + hex_of("a"), "XIANGYANG:" + hex_of("a").substr(2),
                           "XIANGYANG:" + std::string(64, '0'), "XIANGYANG:" + hex_of("a") + ";",
                           "XIANGYANG:" + hex_of("a") + ";XIANGYANG:" + hex_of("b"), nine}) {
    const auto records = read_with(tags);
    ASSERT_FALSE(records) << tags;
    EXPECT_EQ(records.error().code, ErrorCode::RECORD_MALFORMED) << tags;
    EXPECT_TRUE(records.error().detail.starts_with("line 2: ")) << records.error().detail;
  }
}

TEST(TagsInRecords, AReversalNeedsNone) {
  const auto acts = read_acts("account,day,carrier_tag,tags\n" + kAccount + ",2025-03-01," +
                                  kCarrier + ",XIANGYANG:" + hex_of("a") + "\n",
                              RecordFormat::csv)
                        .value();
  EXPECT_EQ(acts[0].tags_size(), 0);
}

// ---- Publishing -------------------------------------------------------------------------------

// A node that holds tags, shown so many at a time, and keeps what it is sent.
struct TagNode {
  v1::ActTagList all;
  int part = 1000;
  std::vector<v1::PublishTags> published;
  std::vector<std::size_t> attached;

  void credit(std::int64_t leaf, int acts) {
    for (int i = 0; i < acts; ++i) {
      auto& item = *all.add_items();
      item.set_leaf(leaf);
      item.set_record(static_cast<std::uint32_t>(i));
      item.set_tag(std::string(ledger::kTagSize, static_cast<char>(leaf)));
    }
  }
  http::Response answer(const http::Request& request) {
    if (request.method == "POST") return take(request);
    EXPECT_EQ(request.path, "/v1/tags/XIANGYANG");
    const auto after = request.query.find("after");
    const int begin = after == request.query.end() ? 0 : std::stoi(after->second);
    v1::ActTagList list;
    list.set_published(all.published());
    const int end = std::min(begin + part, all.items_size());
    for (int i = begin; i < end; ++i) *list.add_items() = all.items(i);
    if (end < all.items_size()) list.set_next(std::to_string(end));
    return json(list);
  }
  http::Response take(const http::Request& request) {
    v1::Submission submission;
    EXPECT_TRUE(submission.ParseFromString(request.body));
    published.push_back(open(submission).value().payload.publish_tags());
    attached.push_back(ledger::split_records(submission.attachments(0)).value().size());
    return json(accepted(static_cast<std::int64_t>(published.size())));
  }
};

Ran publish(const Caller& caller, TagNode& tags) {
  const FakeNode node(
      city(caller.client, [&tags](const http::Request& request, const http::Respond& respond) {
        respond(tags.answer(request));
      }));
  return caller.run(node.url(), {"tags", "publish", "--partner", "XIANGYANG", "--party", "operator",
                                 "--key", caller.key});
}

TEST(TagsPublish, FromWhereTheLastOneEnded) {
  const Caller caller;
  TagNode tags;
  tags.all.set_published(7);
  tags.part = 2;
  tags.credit(9, 3);
  tags.credit(12, 1);
  const auto ran = publish(caller, tags);
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  ASSERT_EQ(tags.published.size(), 1U);
  EXPECT_EQ(tags.published[0].partner(), "XIANGYANG");
  EXPECT_EQ(tags.published[0].from(), 7U);
  EXPECT_EQ(tags.published[0].to(), 13U);
  EXPECT_EQ(tags.published[0].tags().count(), 4U);
}

TEST(TagsPublish, ByWholeLeavesWhereThereAreMany) {
  const Caller caller;
  TagNode tags;
  tags.part = 100'000;
  tags.credit(10, 15'000);
  tags.credit(20, 10'000);
  tags.credit(30, 10'000);
  tags.credit(40, 1);
  const auto ran = publish(caller, tags);
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_EQ(tags.attached, (std::vector<std::size_t>{15'000, 20'000, 1}));
  std::vector<std::uint64_t> ends;
  for (const auto& action : tags.published) ends.push_back(action.to());
  EXPECT_EQ(ends, (std::vector<std::uint64_t>{11, 31, 41}));
  EXPECT_EQ(tags.published[1].from(), 11U);
}

TEST(TagsPublish, NothingIsNoPublication) {
  const Caller caller;
  TagNode tags;
  tags.all.set_published(7);
  const auto ran = publish(caller, tags);
  EXPECT_EQ(ran.exit, Exit::usage);
  EXPECT_TRUE(contains(ran.err, "since leaf 7")) << ran.err;
  EXPECT_TRUE(tags.published.empty());
}

// ---- Noting -----------------------------------------------------------------------------------

// A partner's log whose second leaf publishes these tags.
struct PartnerLog {
  std::string tags;
  SmallLog log;

  explicit PartnerLog(const std::vector<std::string>& acts) {
    std::vector<std::string> records;
    for (const auto& act : acts) records.push_back(tag_of(act));
    auto attachments = pack_records(records, ledger::kRecordsMax).value();
    tags = std::move(attachments.front().bytes);
    v1::Payload payload;
    payload.set_city("XIANGYANG");
    payload.set_party("operator");
    payload.set_event_id(std::string(16, '\x01'));
    payload.set_valid_until(1'740'003'600'000'000);
    auto& action = *payload.mutable_publish_tags();
    action.set_partner("WUHAN");
    action.set_to(9);
    *action.mutable_tags() = attachments.front().named;
    const auto signer = key_of('o');
    const crypto::SecretKey* signers[] = {&signer};
    const auto envelope =
        crypto::sign_envelope(payload.SerializeAsString(), crypto::kEventPayloadType, signers);
    log.entries = {retirement_entry(),
                   ledger::encode_entry(2'000, ledger::EntryKind::event,
                                        crypto::encode_envelope(*envelope).value()),
                   "another"};
  }
};

TEST(TagsNote, CarriesTheLeafAndItsAttachment) {
  const Desk desk;
  const PartnerLog partner({"a", "b"});
  const auto receipt = desk.scratch.write("receipt", partner.log.receipt(1));
  const auto tags = desk.scratch.write("tags", partner.tags);
  const Words words{"tags", "note", receipt, tags, "--partner", "XIANGYANG"};
  const auto action = desk.payload(words).note_tags();
  EXPECT_EQ(action.published().city(), "XIANGYANG");
  EXPECT_EQ(action.published().index(), 1U);
  EXPECT_EQ(action.published().tree_size(), 3U);
  EXPECT_EQ(action.published().epoch(), 0U);
  EXPECT_EQ(action.published().entry(), partner.log.entries[1]);
  EXPECT_EQ(action.published().path_size(), 2);
  EXPECT_EQ(action.tags().count(), 2U);
  auto restored = words;
  restored.insert(restored.end(), {"--epoch", "2"});
  EXPECT_EQ(desk.payload(restored).note_tags().published().epoch(), 2U);
  const auto submission = desk.submission(words);
  ASSERT_EQ(submission.attachments_size(), 1);
  EXPECT_EQ(submission.attachments(0), partner.tags);
}

TEST(TagsNote, TakesNothingElse) {
  const Desk desk;
  const PartnerLog partner({"a", "b"});
  const auto receipt = desk.scratch.write("receipt", partner.log.receipt(1));
  const auto tags = desk.scratch.write("tags", partner.tags);
  const auto exit = [&desk](const std::string& proof, const std::string& file,
                            const std::string& city = "XIANGYANG") {
    return desk.dry_run({"tags", "note", proof, file, "--partner", city}).exit;
  };
  EXPECT_EQ(exit(receipt, tags), Exit::ok);
  EXPECT_EQ(exit(receipt, desk.scratch.write("other", PartnerLog({"a", "c"}).tags)),
            Exit::unverified);
  EXPECT_EQ(exit(receipt, receipt), Exit::usage);
  EXPECT_EQ(exit(receipt, tags, "YICHANG"), Exit::usage);
  EXPECT_EQ(exit(desk.scratch.write("retirement", partner.log.receipt(0)), tags, "WUHAN"),
            Exit::usage);
  EXPECT_EQ(exit(tags, tags), Exit::unverified);
  for (const Words& words : {Words{"tags", "note", receipt}, Words{"tags", "note", receipt, tags},
                             Words{"tags", "note", "1", "--partner", "XIANGYANG"},
                             Words{"tags", "note", "1", tags, "--there", "https://127.0.0.1:1",
                                   "--partner", "XIANGYANG"},
                             Words{"tags", "note", "one", "--there", "https://127.0.0.1:1"}})
    EXPECT_EQ(desk.dry_run(words).exit, Exit::usage);
}

}  // namespace
}  // namespace puhui::node::cli
