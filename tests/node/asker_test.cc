// A log asks witnesses over HTTPS: a quorum is met, missed, met again; nobody can lie to it.

#include "node/witness/asker.h"

#include <gtest/gtest.h>

#include <atomic>

#include "node/witness/witness.h"
#include "tests/crypto/growing_log.h"
#include "tests/ledger/city.h"
#include "tests/net/http_fixture.h"

namespace puhui::node {
namespace {

using crypto::testing::GrowingLog;
using ledger::testing::Folder;
using node::testing::eventually;

constexpr std::uint64_t kTime = 1'700'000'000;

class Asking : public node::testing::HttpServer {
 protected:
  Asking() {
    for (const char* name : {"a", "b"}) asked_[name] = 0;
    for (const char* name : {"a", "b"})
      witnesses_[name] = std::move(*Witness::open({folder_.file(name),
                                                   name + std::string("/w"),
                                                   crypto::SecretKey::generate(),
                                                   {log_.key()}}));
    start([this](const http::Request& request, const http::Respond& respond) {
      const auto& name = request.segments[0];
      ++asked_.at(name);
      if (name == silent_.load()) return respond({503, "text/plain", {}, "closed"});
      auto answer = witnesses_.at(name)->add_checkpoint(request.body, kTime);
      respond({static_cast<int>(answer.status), "text/plain", {}, std::move(answer.body)});
    });
  }

  [[nodiscard]] crypto::Policy policy() const {
    crypto::Policy policy;
    policy.logs = {{log_.key(), ""}};
    for (const auto& [name, witness] : witnesses_)
      policy.witnesses.push_back({name, witness->key(), url() + "/" + name});
    policy.groups = {{"both", 2, {"a", "b"}}};
    policy.quorum = "both";
    return policy;
  }
  [[nodiscard]] std::unique_ptr<Asker> ask(const crypto::Policy& policy) const {
    auto asker = Asker::start({policy, authority_.certificate_pem(), {}, 0}, log_.origin,
                              [this](std::uint64_t old_size, std::uint64_t size) {
                                return consistency_proof(old_size, size, log_.nodes());
                              });
    EXPECT_TRUE(asker) << describe(asker.error());
    return std::move(*asker);
  }
  void offer(Asker& asker, std::uint64_t size) const {
    asker.offer(std::make_shared<const CompleteCheckpoint>(
        CompleteCheckpoint{log_.checkpoint(size), size, log_.root(size)}));
  }
  static bool reaches(const Asker& asker, std::uint64_t size) {
    return eventually([&] { return asker.witnessed() && asker.witnessed()->size == size; });
  }

  Folder folder_;
  const GrowingLog log_{"city.example/ledger", 'l'};
  std::map<std::string, std::unique_ptr<Witness>> witnesses_;
  std::map<std::string, std::atomic<int>> asked_;
  std::atomic<const char*> silent_{""};
};

TEST_F(Asking, CosignaturesMeetOnOneCheckpoint) {
  const auto asker = ask(policy());
  EXPECT_EQ(asker->witnessed(), nullptr);
  for (const std::uint64_t size : {1, 4, 5, 9}) {
    offer(*asker, size);
    ASSERT_TRUE(reaches(*asker, size)) << asker->missing();
    EXPECT_EQ(asker->missing(), "");
    const auto verified = crypto::verify_checkpoint(policy(), asker->witnessed()->note);
    ASSERT_TRUE(verified) << describe(verified.error());
    EXPECT_EQ(verified->witnesses.size(), 2u);
  }
}

TEST_F(Asking, AMissingWitnessIsNamedAndComesBack) {
  silent_ = "b";
  const auto asker = ask(policy());
  offer(*asker, 3);
  ASSERT_TRUE(eventually([&] {
    return asker->missing().find("b") != std::string::npos &&
           asker->missing().find("a") == std::string::npos;
  })) << asker->missing();
  EXPECT_EQ(asker->witnessed(), nullptr);
  silent_ = "";
  EXPECT_TRUE(reaches(*asker, 3)) << asker->missing();
}

TEST_F(Asking, AWitnessThatHasSeenMoreIsAskedFromThere) {
  for (const auto& [name, witness] : witnesses_)
    (void)witness->add_checkpoint(crypto::format_add_checkpoint(log_.request(0, 6)), kTime);
  const auto asker = ask(policy());
  offer(*asker, 4);
  offer(*asker, 8);
  EXPECT_TRUE(reaches(*asker, 8)) << asker->missing();
}

TEST_F(Asking, AnAnswerByAnotherKeyCountsForNothing) {
  auto lied_to = policy();
  std::swap(lied_to.witnesses[0].key, lied_to.witnesses[1].key);
  const auto asker = ask(lied_to);
  offer(*asker, 3);
  // Asked again: the first answer has been judged.
  ASSERT_TRUE(eventually([&] { return asked_.at("a") > 1 && asked_.at("b") > 1; }));
  EXPECT_EQ(asker->witnessed(), nullptr);
  EXPECT_NE(asker->missing(), "");
}

TEST_F(Asking, WhoIsGoneIsNotWaitedFor) {
  silent_ = "b";
  const auto asker = ask(policy());
  offer(*asker, 3);
  ASSERT_TRUE(eventually([&] { return asked_.at("b") > 0; }));
  // Many rounds pass in the pause of the one that is gone.
  for (const std::uint64_t size : {4, 5, 6, 7}) {
    offer(*asker, size);
    ASSERT_TRUE(eventually([&] { return asker->cosigned().at("a") == size; }));
  }
  EXPECT_EQ(asker->cosigned().at("b"), 0u);
  EXPECT_EQ(asker->witnessed(), nullptr);
}

TEST_F(Asking, WhomItAsksChangesWhileItRuns) {
  Asker asker(log_.origin, [this](std::uint64_t old_size, std::uint64_t size) {
    return consistency_proof(old_size, size, log_.nodes());
  });
  EXPECT_FALSE(asker.asks_anybody());
  offer(asker, 3);
  auto only_a = policy();
  only_a.witnesses.pop_back();
  only_a.groups = {};
  only_a.quorum = "a";
  ASSERT_TRUE(asker.change({only_a, authority_.certificate_pem(), {}, 0}));
  ASSERT_TRUE(reaches(asker, 3)) << "it knows the newest checkpoint already";
  EXPECT_EQ(asked_.at("b").load(), 0);

  const auto asked_a = asked_.at("a").load();
  ASSERT_TRUE(
      asker.change({policy(),
                    "",
                    {{"a", authority_.certificate_pem()}, {"b", authority_.certificate_pem()}},
                    0}));
  ASSERT_TRUE(reaches(asker, 3)) << asker.missing();
  EXPECT_EQ(asked_.at("a").load(), asked_a) << "what it has answered is not asked again";
  EXPECT_EQ(crypto::verify_checkpoint(policy(), asker.witnessed()->note)->witnesses.size(), 2u);

  auto unsafe = policy();
  unsafe.witnesses[0].url = "http://witness.example";
  EXPECT_FALSE(asker.change({unsafe, authority_.certificate_pem(), {}, 0}));
  EXPECT_EQ(asker.policy(), policy()) << "nothing changed";

  auto nobody = policy();
  nobody.witnesses = {};
  nobody.groups = {};
  nobody.quorum = crypto::kQuorumNone;
  ASSERT_TRUE(asker.change({nobody, "", {}, 0}));
  EXPECT_FALSE(asker.asks_anybody());
  EXPECT_EQ(asker.witnessed(), nullptr);
}

TEST_F(Asking, RoundsKeepTheirDistance) {
  const auto asker = ask(policy());
  ASSERT_TRUE(asker->change({policy(), authority_.certificate_pem(), {}, 100'000}));
  offer(*asker, 3);
  ASSERT_TRUE(reaches(*asker, 3));
  const auto asked = asked_.at("a").load();
  offer(*asker, 4);
  offer(*asker, 5);
  ASSERT_TRUE(asker->change({policy(), authority_.certificate_pem(), {}, 0}));
  ASSERT_TRUE(reaches(*asker, 5)) << "a change begins anew";
  EXPECT_EQ(asked_.at("a").load(), asked + 1) << "only about the newest";
}

TEST_F(Asking, ThePolicyMustBeAboutThisLog) {
  const auto prove = [](auto, auto) { return std::vector<crypto::Digest>(); };
  const AskerOptions options{policy(), authority_.certificate_pem(), {}, 0};
  const auto other = Asker::start(options, "other.example", prove);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::CONFIG);
  auto plain = options;
  plain.policy.witnesses[0].url = "http://witness.example";
  const auto unsafe = Asker::start(plain, log_.origin, prove);
  ASSERT_FALSE(unsafe);
  EXPECT_EQ(unsafe.error().code, ErrorCode::CONFIG);
}

}  // namespace
}  // namespace puhui::node
