#include "node/cli/receipt.h"

#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "crypto/merkle.h"
#include "ledger/event.h"
#include "node/cli/attachment.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

// Seven leaves, of which number 4 is an event.
SmallLog log_with(const std::string& event) {
  SmallLog log;
  for (char i = 0; i < 7; ++i)
    log.entries.push_back(
        ledger::encode_entry(1000 + i, ledger::EntryKind::state_root, "\x01" + std::string(32, i)));
  log.entries[4] = event;
  return log;
}

NamedKey named(char letter) { return {std::string(1, letter), key_of(letter).public_key()}; }

TEST(Receipt, ProvesTheEventAndItsSigner) {
  const auto log = log_with(retirement_entry());
  const NamedKey keys[] = {named('b')};
  const auto verified = verify_receipt(log.receipt(4), log.policy(), keys).value();
  EXPECT_EQ(verified.position, 4u);
  EXPECT_EQ(verified.time, 1'740'000'100'000'000);
  ASSERT_TRUE(verified.payload);
  EXPECT_EQ(verified.payload->retire().amount_kg(), 1'448'500);
  ASSERT_EQ(verified.signatures.size(), 1u);
  EXPECT_EQ(verified.signatures[0].key_name, "b");
  EXPECT_EQ(verified.checkpoint.witnesses.size(), 1u);
  const auto unjudged = verify_receipt(log.receipt(4), log.policy(), {}).value();
  EXPECT_EQ(unjudged.signatures[0].key_name, "");
}

TEST(Receipt, StateRootsAreProvedToo) {
  const auto log = log_with(retirement_entry());
  const auto verified = verify_receipt(log.receipt(2), log.policy(), {}).value();
  EXPECT_EQ(verified.kind, ledger::EntryKind::state_root);
  EXPECT_FALSE(verified.payload);
  const NamedKey keys[] = {named('b')};
  EXPECT_EQ(verify_receipt(log.receipt(2), log.policy(), keys).error().code,
            ErrorCode::SIGNATURE_INVALID);
}

TEST(Receipt, EveryChangedByteIsFound) {
  const auto log = log_with(retirement_entry());
  const auto receipt = log.receipt(4);
  const auto policy = log.policy();
  for (std::size_t i = 0; i < receipt.size(); ++i) {
    auto changed = receipt;
    changed[i] = changed[i] == '1' ? '2' : '1';
    const auto verified = verify_receipt(changed, policy, {});
    ASSERT_FALSE(verified) << "byte " << i;
    EXPECT_EQ(exit_of(verified.error().code), Exit::unverified) << "byte " << i;
  }
  for (std::size_t size = 0; size < receipt.size(); size += 7)
    EXPECT_FALSE(verify_receipt(receipt.substr(0, size), policy, {})) << size;
}

TEST(Receipt, OtherPoliciesDoNotBelieveIt) {
  const auto log = log_with(retirement_entry());
  auto stranger = log.policy();
  stranger.logs[0].key.key = key_of('x').public_key();
  EXPECT_EQ(verify_receipt(log.receipt(4), stranger, {}).error().code, ErrorCode::NOTE_UNVERIFIED);
  auto stricter = log.policy();
  stricter.witnesses.push_back(
      {"node2", {"node2.example", crypto::NoteKeyType::cosignature, key_of('y').public_key()}, ""});
  stricter.groups = {{"both", 2, {"node1", "node2"}}};
  stricter.quorum = "both";
  EXPECT_EQ(verify_receipt(log.receipt(4), stricter, {}).error().code, ErrorCode::POLICY_UNMET);
}

TEST(Receipt, AKeyThatDidNotSignIsToldApart) {
  const auto log = log_with(retirement_entry());
  const NamedKey keys[] = {named('b'), named('c')};
  const auto verified = verify_receipt(log.receipt(4), log.policy(), keys);
  EXPECT_EQ(verified.error().code, ErrorCode::SIGNATURE_INVALID);
  EXPECT_TRUE(contains(verified.error().detail, "c did not sign"));
}

TEST(Receipt, CommandVerifiesOffline) {
  const Scratch scratch;
  const auto log = log_with(retirement_entry());
  const auto policy = scratch.write("policy", crypto::format_policy(log.policy()));
  const auto receipt = scratch.write("receipt", log.receipt(4));
  const auto key = crypto::hex_encode(key_of('b').public_key().encode());
  const Client client;
  const auto good =
      client.run({"receipt", "verify", receipt, "--policy", policy, "--key-file", key});
  EXPECT_EQ(good.exit, Exit::ok) << good.err;
  for (const auto* part : {"verified", "1448500", "武汉马拉松", "valid, by", "node1 at 2025-02-19"})
    EXPECT_TRUE(contains(good.out, part)) << part << "\n" << good.out;
  const auto json = client.run({"receipt", "verify", receipt, "--policy", policy, "-o", "json"});
  EXPECT_TRUE(contains(json.out, "\"payload\"")) << json.out;
  EXPECT_TRUE(contains(json.out, "\"amount_kg\": \"1448500\"")) << json.out;

  auto changed = log.receipt(4);
  changed[changed.find("index 4") + 6] = '5';
  const auto bad =
      client.run({"receipt", "verify", scratch.write("changed", changed), "--policy", policy});
  EXPECT_EQ(bad.exit, Exit::unverified);
  EXPECT_TRUE(contains(bad.err, "proof.invalid")) << bad.err;
  EXPECT_EQ(bad.out, "");

  auto other = log.policy();
  other.logs[0].key.key = key_of('x').public_key();
  const auto wrong = client.run({"receipt", "verify", receipt, "--policy",
                                 scratch.write("other", crypto::format_policy(other))});
  EXPECT_EQ(wrong.exit, Exit::unverified);
  EXPECT_EQ(client.run({"receipt", "verify", receipt}).exit, Exit::usage);
  EXPECT_EQ(client.run({"receipt", "verify", scratch.path("no"), "--policy", policy}).exit,
            Exit::usage);
}

TEST(Receipt, DemonstrationClocksAreCalledOut) {
  auto log = log_with(retirement_entry());
  log.origin = "demo.city.example/ledger";
  const auto verified = verify_receipt(log.receipt(4), log.policy(), {}).value();
  EXPECT_TRUE(contains(fields_table(describe(verified)), "DEMO CLOCK"));
}

// A batch of three records as leaf 4, and the proof of the second.
struct Batch {
  SmallLog log;
  v1::RecordProof proof;
};

Batch make_batch() {
  std::vector<v1::BehaviourRecord> records(3);
  for (int i = 0; i < 3; ++i) {
    records[i].set_account(std::string(ledger::kPseudonymSize, static_cast<char>('a' + i)));
    records[i].add_inputs(900 + i);
  }
  const auto attachment = build_attachments(records, 10).value().front();
  v1::Payload payload;
  payload.set_city("WUHAN");
  payload.set_party("bike-co");
  payload.set_event_id(std::string(16, '\x02'));
  payload.set_valid_until(1);
  *payload.mutable_submit_behaviour_batch()->mutable_records() = attachment.named;
  payload.mutable_submit_behaviour_batch()->set_scenario("shared-bike");
  const auto key = key_of('b');
  const crypto::SecretKey* signers[] = {&key};
  const auto envelope =
      crypto::sign_envelope(payload.SerializeAsString(), crypto::kEventPayloadType, signers);
  Batch batch{log_with(ledger::encode_entry(5000, ledger::EntryKind::event,
                                            crypto::encode_envelope(*envelope).value())),
              {}};
  std::vector<crypto::Digest> leaves;
  for (const auto& record : records)
    leaves.push_back(crypto::leaf_hash(record.SerializeAsString()));
  const crypto::NodeReader reader = [&](unsigned level, std::uint64_t at) {
    return crypto::root_of(std::span(leaves).subspan(at << level, std::size_t{1} << level));
  };
  batch.proof.set_record(records[1].SerializeAsString());
  batch.proof.set_index(1);
  batch.proof.set_count(3);
  batch.proof.set_root(attachment.named.root());
  for (const auto& hash : crypto::inclusion_proof(1, 3, reader))
    batch.proof.add_path(std::string(hash.view()));
  batch.proof.set_leaf(4);
  batch.proof.set_receipt(batch.log.receipt(4));
  return batch;
}

TEST(Record, ProvesOneActOfABatch) {
  const auto batch = make_batch();
  const auto verified = verify_record(batch.proof, batch.log.policy(), {}).value();
  EXPECT_EQ(verified.record.inputs(0), 901);
  EXPECT_EQ(verified.receipt.position, 4u);
}

TEST(Record, PartsThatDoNotBelongTogetherAreRefused) {
  const auto batch = make_batch();
  const auto code = [&](const v1::RecordProof& proof) {
    return verify_record(proof, batch.log.policy(), {}).error().code;
  };
  auto proof = batch.proof;
  proof.set_index(2);
  EXPECT_EQ(code(proof), ErrorCode::PROOF_INVALID);
  proof = batch.proof;
  (*proof.mutable_record())[3] ^= 1;
  EXPECT_EQ(code(proof), ErrorCode::PROOF_INVALID);
  proof = batch.proof;
  proof.set_count(4);
  EXPECT_EQ(code(proof), ErrorCode::PROOF_INVALID);
  proof = batch.proof;
  proof.set_leaf(3);
  EXPECT_EQ(code(proof), ErrorCode::PROOF_INVALID);
  proof = batch.proof;
  proof.set_receipt(batch.log.receipt(2));
  EXPECT_EQ(code(proof), ErrorCode::PROOF_INVALID);
  proof = batch.proof;
  proof.set_path(0, "short");
  EXPECT_EQ(code(proof), ErrorCode::PROOF_MALFORMED);
  // A tree of one record that its owner made up, beside the true receipt.
  proof = batch.proof;
  proof.clear_path();
  proof.set_index(0);
  proof.set_count(1);
  proof.set_root(std::string(crypto::leaf_hash(proof.record()).view()));
  EXPECT_EQ(code(proof), ErrorCode::PROOF_INVALID);
}

TEST(Record, CommandVerifiesOffline) {
  const Scratch scratch;
  const auto batch = make_batch();
  const auto policy = scratch.write("policy", crypto::format_policy(batch.log.policy()));
  const auto path = scratch.write("record.json", to_json(batch.proof));
  const auto good = Client().run({"record", "verify", path, "--policy", policy});
  EXPECT_EQ(good.exit, Exit::ok) << good.err;
  EXPECT_TRUE(contains(good.out, "shared-bike")) << good.out;
  auto proof = batch.proof;
  proof.set_index(0);
  const auto bad = Client().run(
      {"record", "verify", scratch.write("bad.json", to_json(proof)), "--policy", policy});
  EXPECT_EQ(bad.exit, Exit::unverified);
}

}  // namespace
}  // namespace puhui::node::cli
