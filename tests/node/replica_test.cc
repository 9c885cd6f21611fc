// A replica on its own: how it ends, and what it says before it has caught up.

#include "node/replica/replica.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "node/clocks.h"
#include "node/files/folder.h"
#include "tests/net/certificates.h"
#include "tests/node/lone_replica.h"

namespace puhui::node {
namespace {

void wait_until_founded(Replica& replica) {
  std::promise<Result<void>> founded;
  replica.wait_for(0, [&](const Result<void>& ready) { founded.set_value(ready); });
  auto future = founded.get_future();
  ASSERT_TRUE(testing::await(future));
}

v1::SubmissionResult submit(Replica& replica, const v1::Payload& payload,
                            const std::string& signer) {
  auto pending = std::make_shared<Pending>();
  pending->submission.set_envelope(ledger::testing::sign(payload, {signer}).envelope);
  pending->item.envelope = pending->submission.envelope();
  pending->wants_receipt = false;
  std::promise<v1::SubmissionResult> answered;
  pending->done = [&](v1::SubmissionResult result) { answered.set_value(std::move(result)); };
  replica.submit({std::move(pending)});
  auto future = answered.get_future();
  return testing::await(future);
}

// The same once more as long as the answer is that it may be sent again.
v1::SubmissionResult decided(Replica& replica, const v1::Payload& payload,
                             const std::string& signer) {
  const auto until = std::chrono::steady_clock::now() + testing::kPatience;
  for (;;) {
    auto result = submit(replica, payload, signer);
    const auto code = code_from_name(result.code());
    const bool again = code == ErrorCode::NOT_LEADER || code == ErrorCode::UNAVAILABLE;
    if (!again || std::chrono::steady_clock::now() > until) return result;
    std::this_thread::yield();
  }
}

// Another key of the owner.
v1::Payload new_key(const std::string& name) {
  v1::Payload payload;
  payload.set_city(std::string(ledger::testing::kCityCode));
  payload.set_party("owner");
  payload.set_event_id(std::string(crypto::sha256(name).view().substr(0, 16)));
  payload.set_valid_until(wall_clock_us() + 3'600'000'000);
  payload.mutable_add_key()->set_party("owner");
  payload.mutable_add_key()->mutable_key()->set_public_key(
      ledger::testing::key_of(name).public_key().encode());
  return payload;
}

// A timer that has expired while the strand was busy is no reason to go on.
TEST(Replica, EndsThoughATimerHasExpired) {
  testing::LoneReplica lone;
  std::promise<void> busy;
  std::atomic<bool> ending{false};
  lone.replica->status([&](const v1::Status&) {
    busy.set_value();
    // Until the end is asked for and every timer of a tenth of a second has expired.
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    while (!ending || std::chrono::steady_clock::now() < until) std::this_thread::yield();
  });
  busy.get_future().wait();
  auto ended = std::async(std::launch::async, [&] {
    ending = true;
    lone.replica.reset();
  });
  if (ended.wait_for(testing::kPatience) != std::future_status::ready) {
    std::fprintf(stderr, "the replica does not end\n");
    std::abort();
  }
}

// Nothing can be proved with a wrong key, and nothing else must come of it.
TEST(Replica, AWrongLogKeyCompletesNoCheckpoint) {
  testing::LoneReplica lone("other");
  wait_until_founded(*lone.replica);
  // Behind all that the round of the first leaf does on the strand.
  for (int i = 0; i < 500; ++i) {
    std::promise<v1::Status> asked;
    lone.replica->status([&](v1::Status status) { asked.set_value(std::move(status)); });
    auto status = asked.get_future();
    EXPECT_EQ(testing::await(status).provable_size(), 0);
  }
}

// The ledger lags behind the log, as that of a node that is about to lead may: what it has not
// applied yet may register the key.
TEST(Replica, SaysOfNoKeyThatItIsUnknownBeforeItHasCaughtUp) {
  namespace fs = std::filesystem;
  testing::LoneReplica lone;
  wait_until_founded(*lone.replica);
  const auto ledger = current_ledger(lone.data()), older = lone.folder.file("older");
  fs::copy(ledger, older, fs::copy_options::recursive);  // nothing is written to it meanwhile
  const auto added = decided(*lone.replica, new_key("owner#2"), "owner");
  ASSERT_EQ(added.decision(), v1::ACCEPTED) << added.ShortDebugString();
  lone.replica.reset();
  fs::remove_all(ledger);
  fs::rename(older, ledger);

  lone.start();
  const auto used = decided(*lone.replica, new_key("owner#3"), "owner#2");
  EXPECT_EQ(used.decision(), v1::ACCEPTED) << used.ShortDebugString();
  const auto nobodys = decided(*lone.replica, new_key("owner#5"), "owner#4");
  EXPECT_EQ(nobodys.code(), "signature.unknown_key") << nobodys.ShortDebugString();
}

}  // namespace
}  // namespace puhui::node
