// A replica on its own: how it ends.

#include "node/replica/replica.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/net/certificates.h"
#include "tests/node/lone_replica.h"

namespace puhui::node {
namespace {

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
  std::promise<Result<void>> founded;
  lone.replica->wait_for(0, [&](const Result<void>& ready) { founded.set_value(ready); });
  auto future = founded.get_future();
  ASSERT_TRUE(testing::await(future));
  // Behind all that the round of the first leaf does on the strand.
  for (int i = 0; i < 500; ++i) {
    std::promise<v1::Status> asked;
    lone.replica->status([&](v1::Status status) { asked.set_value(std::move(status)); });
    auto status = asked.get_future();
    EXPECT_EQ(testing::await(status).provable_size(), 0);
  }
}

}  // namespace
}  // namespace puhui::node
