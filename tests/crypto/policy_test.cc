#include "crypto/policy.h"

#include <gtest/gtest.h>

#include "crypto/cosignature.h"
#include "crypto/merkle.h"

namespace puhui::crypto {
namespace {

constexpr const char* kOrigin = "city.example/ledger";

SecretKey key_of(const std::string& name) {
  return SecretKey::from_seed(sha256(name).view()).value();
}

VerifierKey verifier(const std::string& name, NoteKeyType type) {
  return {name, type, key_of(name).public_key()};
}

std::string log_line(const std::string& name = kOrigin) {
  return "log " + format_vkey(verifier(name, NoteKeyType::ed25519)) + "\n";
}

std::string witness_line(const std::string& name) {
  return "witness " + name + " " +
         format_vkey(verifier(name + ".example", NoteKeyType::cosignature)) + "\n";
}

// The example of the tlog-policy specification.
std::string example() {
  std::string text = "# who may vouch\n" + log_line() + "\n";
  for (const char* name : {"X1", "X2", "X3"}) text += witness_line(name);
  text += "group X-witnesses 2 X1 X2 X3\n\n";
  for (const char* name : {"Y1", "Y2", "Y3"}) text += witness_line(name);
  return text + "group Y-witnesses any Y1 Y2 Y3\n\n" +
         "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
}

std::string complaint(const std::string& text) {
  const auto policy = parse_policy(text);
  if (policy) return "accepted";
  EXPECT_EQ(policy.error().code, ErrorCode::POLICY_MALFORMED);
  return policy.error().detail;
}

TEST(Policy, SpecificationExample) {
  const auto policy = parse_policy(example()).value();
  EXPECT_EQ(policy.logs.size(), 1u);
  EXPECT_EQ(policy.witnesses.size(), 6u);
  ASSERT_EQ(policy.groups.size(), 3u);
  EXPECT_EQ(policy.groups[0].threshold, 2u);
  EXPECT_EQ(policy.groups[1].threshold, 1u);
  EXPECT_EQ(policy.groups[2].threshold, 2u);
  EXPECT_EQ(policy.quorum, "X-and-Y");
  EXPECT_EQ(parse_policy(format_policy(policy)).value(), policy);
}

TEST(Policy, Evaluation) {
  const auto policy = parse_policy(example()).value();
  const auto met = [&](std::vector<std::string> names) { return quorum_met(policy, names); };
  EXPECT_TRUE(met({"X1", "X3", "Y2"}));
  EXPECT_TRUE(met({"Y1", "X2", "X3", "X1", "Y3"}));
  EXPECT_FALSE(met({"X1", "X2", "X3"}));
  EXPECT_FALSE(met({"X1", "Y1", "Y2", "Y3"}));
  EXPECT_FALSE(met({"X1", "X1", "Y1"}));
  EXPECT_FALSE(met({"X-and-Y", "X-witnesses", "Y-witnesses"}));
  EXPECT_FALSE(met({}));
  const auto none = parse_policy("quorum none\n").value();
  EXPECT_TRUE(quorum_met(none, {}));
  const auto one = parse_policy(witness_line("W") + "quorum W\n").value();
  EXPECT_FALSE(quorum_met(one, {}));
  const std::string names[] = {"W"};
  EXPECT_TRUE(quorum_met(one, names));
}

TEST(Policy, WhitespaceUrlsAndOpaqueNames) {
  const auto text = " \t log\t" + log_line().substr(4, log_line().size() - 5) +
                    "  https://log.example/ \n\t# comment\n \t\n" + "witness \xe6\x99\xae# " +
                    format_vkey(verifier("w", NoteKeyType::cosignature)) +
                    " https://w.example\nquorum \xe6\x99\xae#\n";
  const auto policy = parse_policy(text).value();
  EXPECT_EQ(policy.logs[0].url, "https://log.example/");
  EXPECT_EQ(policy.witnesses[0].name, "\xe6\x99\xae#");
  EXPECT_EQ(policy.witnesses[0].url, "https://w.example");
  EXPECT_EQ(parse_policy(format_policy(policy)).value(), policy);
}

TEST(Policy, ErrorsNameTheLine) {
  const auto w1 = witness_line("W1"), w2 = witness_line("W2");
  const std::pair<std::string, std::string> cases[] = {
      {"", "line 1: no quorum"},
      {log_line(), "line 2: no quorum"},
      {"quorum none", "line 1: no newline"},
      {"quorum none\nquorum none\n", "line 2: a second quorum"},
      {"quorum W1\n" + w1, "line 1: 'W1' is not defined above"},
      {"quorum\n", "line 1: expected: quorum"},
      {"quorum none none\n", "line 1: expected: quorum"},
      {"logs x\n", "line 1: unknown word 'logs'"},
      {"log\n", "line 1: expected: log"},
      {"log x y z\n", "line 1: expected: log"},
      {"\nlog x\n", "line 2: not <name>"},
      {log_line() + log_line(), "line 2: this key is listed twice"},
      {w1 + w1, "line 2: 'W1' is defined twice"},
      {w1 + "witness V" + w1.substr(10), "line 2: this key is listed twice"},
      {"witness none" + w1.substr(10), "line 1: the name 'none' is reserved"},
      {"witness W1\n", "line 1: expected: witness"},
      {"witness W" + log_line().substr(3), "line 1: a witness key must be of type 0x04"},
      {w1 + "group G any W1 W2\n" + w2, "line 2: 'W2' is not defined above"},
      {w1 + "group G all G\n", "line 2: 'G' is not defined above"},
      {w1 + "group G all W1 W1\n", "line 2: 'W1' is in a group already"},
      {w1 + "group G all W1\ngroup H all W1\n", "line 3: 'W1' is in a group already"},
      {w1 + "group W1 all W1\n", "line 2: 'W1' is defined twice"},
      {w1 + "group none all W1\n", "line 2: the name 'none' is reserved"},
      {w1 + "group G all none\n", "line 2: 'none' is not defined above"},
      {w1 + "group G 0 W1\n", "line 2: '0' is not all, any"},
      {w1 + "group G 2 W1\n", "line 2: '2' is not all, any"},
      {w1 + "group G 01 W1\n", "line 2: '01' is not all, any"},
      {w1 + "group G all\n", "line 2: expected: group"},
      {"quorum none\r\n", "line 1: a control character"},
      {"# \x7f\nquorum none\n", "line 1: a control character"},
      {"#\n#" + std::string(1, '\0') + "\nquorum none\n", "line 2: a control character"}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(complaint(text).substr(0, expected.size()), expected) << text;
  }
}

TEST(Policy, Limits) {
  std::string logs, witnesses, groups;
  for (std::size_t i = 0; i < kPolicyLogsMax; ++i) {
    logs += log_line("log" + std::to_string(i));
    witnesses += witness_line("w" + std::to_string(i));
    groups += "group g" + std::to_string(i) + " all w" + std::to_string(i) + "\n";
  }
  EXPECT_TRUE(parse_policy(logs + witnesses + groups + "quorum g63\n"));
  EXPECT_EQ(complaint(logs + log_line("more")), "line 65: too many logs");
  EXPECT_EQ(complaint(witnesses + witness_line("more")), "line 65: too many witnesses");
  EXPECT_EQ(complaint(witnesses + groups + "group more all g0\n"), "line 129: too many groups");
  EXPECT_EQ(complaint(std::string(kPolicySizeMax, '#') + "\nquorum none\n"), "too long");
}

// A signed checkpoint with the log's line and those of the witnesses at time 100 + i.
struct Signed {
  std::string text = format_checkpoint({kOrigin, 3, leaf_hash("root"), {}});
  std::vector<NoteSignature> lines;

  Signed& by_log(const std::string& name = kOrigin) {
    lines.push_back(sign_note(text, name, key_of(name)).value());
    return *this;
  }
  Signed& by(const std::string& witness, std::uint64_t time_s) {
    const auto name = witness + ".example";
    lines.push_back(cosign(text, name, key_of(name), time_s).value());
    return *this;
  }
  Result<VerifiedCheckpoint> verify(const std::string& policy) const {
    return verify_checkpoint(parse_policy(policy).value(), format_note({text, lines}));
  }
  ErrorCode refusal(const std::string& policy) const {
    const auto verified = verify(policy);
    return verified ? ErrorCode::OK : verified.error().code;
  }
};

TEST(VerifyCheckpoint, AcceptsUnderTheExamplePolicy) {
  const auto verified =
      Signed().by("Y2", 103).by("X3", 101).by_log().by("X1", 102).verify(example()).value();
  EXPECT_EQ(verified.checkpoint.origin, kOrigin);
  EXPECT_EQ(verified.checkpoint.size, 3u);
  EXPECT_EQ(verified.log.key.name, kOrigin);
  const std::vector<Witnessed> expected = {{"X1", 102}, {"X3", 101}, {"Y2", 103}};
  EXPECT_EQ(verified.witnesses, expected);
}

TEST(VerifyCheckpoint, NamesWhoIsMissing) {
  const auto verified = Signed().by_log().by("X1", 1).by("Y2", 2).verify(example());
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::POLICY_UNMET);
  EXPECT_EQ(verified.error().detail, "not signed by X2, X3, Y1, Y3");
}

TEST(VerifyCheckpoint, OneWitnessTwiceCountsOnceWithItsLatestTime) {
  EXPECT_EQ(Signed().by_log().by("X1", 1).by("X1", 2).by("Y1", 3).refusal(example()),
            ErrorCode::POLICY_UNMET);
  const auto verified =
      Signed().by_log().by("W", 9).by("W", 7).verify(log_line() + witness_line("W") + "quorum W\n");
  EXPECT_EQ(verified.value().witnesses, (std::vector<Witnessed>{{"W", 9}}));
}

TEST(VerifyCheckpoint, WitnessesDoNotReplaceTheLog) {
  EXPECT_EQ(Signed().by("X1", 1).by("X2", 1).by("Y1", 1).refusal(example()),
            ErrorCode::NOTE_UNVERIFIED);
  EXPECT_EQ(Signed().by_log("stranger").refusal(log_line() + "quorum none\n"),
            ErrorCode::NOTE_UNVERIFIED);
  EXPECT_EQ(Signed().by_log().refusal("quorum none\n"), ErrorCode::NOTE_UNVERIFIED);
}

TEST(VerifyCheckpoint, LogMaySpeakOnlyForItsOrigin) {
  const auto policy = log_line() + log_line("other.example") + "quorum none\n";
  EXPECT_EQ(Signed().by_log("other.example").refusal(policy), ErrorCode::CHECKPOINT_ORIGIN);
  EXPECT_EQ(Signed().by_log("other.example").by_log().refusal(policy), ErrorCode::OK);
}

TEST(VerifyCheckpoint, AKnownKeysBadSignatureSpoilsAll) {
  auto note = Signed().by_log().by("X1", 1).by("X2", 2).by("Y1", 3).by("Y2", 4);
  ASSERT_EQ(note.refusal(example()), ErrorCode::OK);
  note.lines.back().signature[7] = 5;
  EXPECT_EQ(note.refusal(example()), ErrorCode::NOTE_UNVERIFIED);
  note.lines.back().name = "unknown.example";
  EXPECT_EQ(note.refusal(example()), ErrorCode::OK);
}

TEST(VerifyCheckpoint, RefusesNotesThatAreNoCheckpoints) {
  Signed note;
  note.text = "hello\n";
  EXPECT_EQ(note.by_log().refusal(log_line() + "quorum none\n"), ErrorCode::CHECKPOINT_MALFORMED);
  EXPECT_EQ(verify_checkpoint(parse_policy(example()).value(), "garbage").error().code,
            ErrorCode::NOTE_MALFORMED);
}

}  // namespace
}  // namespace puhui::crypto
