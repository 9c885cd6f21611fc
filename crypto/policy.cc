#include "crypto/policy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "crypto/bytes.h"
#include "crypto/cosignature.h"

namespace puhui::crypto {
namespace {

using Words = std::vector<std::string_view>;

bool is_allowed(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value == '\t' || value == '\n' || (value >= 0x20 && value != 0x7f);
}

Words split_words(std::string_view line) {
  constexpr std::string_view kBlank = " \t";
  Words words;
  for (auto at = line.find_first_not_of(kBlank); at != std::string_view::npos;
       at = line.find_first_not_of(kBlank, at)) {
    const auto end = std::min(line.find_first_of(kBlank, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

// Reads line by line. An answer is what is wrong with the line, or nothing.
class Parser {
 public:
  using Complaint = std::optional<std::string>;

  Complaint take(const Words& words) {
    if (words[0] == "log") return take_log(words);
    if (words[0] == "witness") return take_witness(words);
    if (words[0] == "group") return take_group(words);
    if (words[0] == "quorum") return take_quorum(words);
    return "unknown word " + quote(words[0]);
  }

  bool has_quorum() const { return has_quorum_; }
  Policy policy() && { return std::move(policy_); }

 private:
  // What a name stands for: free to be a member, or in a group already.
  enum class Use { free, member };

  static std::string quote(std::string_view word) { return "'" + std::string(word) + "'"; }

  Complaint define(std::string_view name) {
    if (name == kQuorumNone) return "the name 'none' is reserved";
    if (!names_.emplace(name, Use::free).second) return quote(name) + " is defined twice";
    return {};
  }

  static Result<VerifierKey> read_key(std::string_view text, std::set<PublicKey>& seen,
                                      std::set<std::pair<std::string, std::uint32_t>>& ids) {
    auto key = parse_vkey(text);
    if (!key) return key;
    if (!seen.insert(key->key).second || !ids.emplace(key->name, key->id()).second) {
      return fail(ErrorCode::KEY_MALFORMED, "this key is listed twice");
    }
    return key;
  }

  Complaint take_log(const Words& words) {
    if (words.size() != 2 && words.size() != 3) return "expected: log <vkey> [<url>]";
    if (policy_.logs.size() >= kPolicyLogsMax) return "too many logs";
    auto key = read_key(words[1], log_keys_, key_ids_);
    if (!key) return key.error().detail;
    policy_.logs.push_back({std::move(*key), words.size() == 3 ? std::string(words[2]) : ""});
    return {};
  }

  Complaint take_witness(const Words& words) {
    if (words.size() != 3 && words.size() != 4) return "expected: witness <name> <vkey> [<url>]";
    if (policy_.witnesses.size() >= kPolicyWitnessesMax) return "too many witnesses";
    if (auto wrong = define(words[1])) return wrong;
    auto key = read_key(words[2], witness_keys_, key_ids_);
    if (!key) return key.error().detail;
    if (key->type != NoteKeyType::cosignature) return "a witness key must be of type 0x04";
    policy_.witnesses.push_back(
        {std::string(words[1]), std::move(*key), words.size() == 4 ? std::string(words[3]) : ""});
    return {};
  }

  Complaint take_group(const Words& words) {
    if (words.size() < 4) return "expected: group <name> all|any|<k> <name>...";
    if (policy_.groups.size() >= kPolicyGroupsMax) return "too many groups";
    PolicyGroup group{std::string(words[1]), 0, {}};
    for (const auto member : Words(words.begin() + 3, words.end())) {
      const auto found = names_.find(member);
      if (found == names_.end()) return quote(member) + " is not defined above";
      if (found->second == Use::member) return quote(member) + " is in a group already";
      found->second = Use::member;
      group.members.emplace_back(member);
    }
    const auto threshold = read_threshold(words[2], group.members.size());
    if (!threshold) return quote(words[2]) + " is not all, any or 1 to the number of members";
    group.threshold = *threshold;
    if (auto wrong = define(words[1])) return wrong;
    policy_.groups.push_back(std::move(group));
    return {};
  }

  static std::optional<std::size_t> read_threshold(std::string_view word, std::size_t members) {
    if (word == "all") return members;
    if (word == "any") return 1;
    const auto number = parse_decimal(word);
    if (!number || *number < 1 || *number > members) return std::nullopt;
    return static_cast<std::size_t>(*number);
  }

  Complaint take_quorum(const Words& words) {
    if (words.size() != 2) return "expected: quorum <name>|none";
    if (std::exchange(has_quorum_, true)) return "a second quorum";
    if (words[1] != kQuorumNone && !names_.contains(words[1])) {
      return quote(words[1]) + " is not defined above";
    }
    policy_.quorum = words[1];
    return {};
  }

  Policy policy_;
  std::map<std::string, Use, std::less<>> names_;
  std::set<PublicKey> log_keys_, witness_keys_;
  std::set<std::pair<std::string, std::uint32_t>> key_ids_;
  bool has_quorum_ = false;
};

std::string threshold_word(const PolicyGroup& group) {
  if (group.threshold == group.members.size()) return "all";
  return group.threshold == 1 ? "any" : std::to_string(group.threshold);
}

std::string with_url(std::string line, const std::string& url) {
  if (!url.empty()) line += " " + url;
  return line + "\n";
}

std::vector<VerifierKey> all_keys(const Policy& policy) {
  auto keys = log_keys(policy);
  for (const auto& witness : policy.witnesses) keys.push_back(witness.key);
  return keys;
}

// The latest time stated by each witness, by its place in the policy.
std::map<std::size_t, std::uint64_t> witness_times(const Policy& policy, const Note& note,
                                                   const std::vector<NoteMatch>& matches) {
  std::map<std::size_t, std::uint64_t> times;
  for (const auto& match : matches) {
    if (match.key_index < policy.logs.size()) continue;
    const auto witness = match.key_index - policy.logs.size();
    const auto time_s = read_u64(note.signatures[match.signature_index].signature);
    times[witness] = std::max(times[witness], time_s);
  }
  return times;
}

Result<PolicyLog> find_log(const Policy& policy, const std::vector<NoteMatch>& matches,
                           const std::string& origin) {
  bool any_signed = false;
  for (const auto& match : matches) {
    if (match.key_index >= policy.logs.size()) continue;
    any_signed = true;
    const auto& log = policy.logs[match.key_index];
    if (log.key.name == origin) return log;
  }
  if (any_signed) return fail(ErrorCode::CHECKPOINT_ORIGIN, "the text names " + origin);
  return fail(ErrorCode::NOTE_UNVERIFIED, "no log of the policy signed");
}

std::string missing_names(const Policy& policy, const std::vector<Witnessed>& present) {
  std::string missing;
  for (const auto& witness : policy.witnesses) {
    const auto is_this = [&](const Witnessed& other) { return other.name == witness.name; };
    if (std::any_of(present.begin(), present.end(), is_this)) continue;
    missing += (missing.empty() ? "not signed by " : ", ") + witness.name;
  }
  return missing;
}

}  // namespace

Result<Policy> parse_policy(std::string_view bytes) {
  const auto malformed = [](std::size_t line, const std::string& detail) {
    return fail(ErrorCode::POLICY_MALFORMED, "line " + std::to_string(line) + ": " + detail);
  };
  if (bytes.size() > kPolicySizeMax) return fail(ErrorCode::POLICY_MALFORMED, "too long");
  Parser parser;
  std::size_t number = 1;
  for (; !bytes.empty(); ++number) {
    const auto line = take_line(bytes);
    if (!line) return malformed(number, "no newline at its end");
    if (!std::all_of(line->begin(), line->end(), is_allowed)) {
      return malformed(number, "a control character");
    }
    const auto words = split_words(*line);
    if (words.empty() || words[0].starts_with('#')) continue;
    if (const auto wrong = parser.take(words)) return malformed(number, *wrong);
  }
  if (!parser.has_quorum()) return malformed(number, "no quorum line before the end");
  return std::move(parser).policy();
}

std::vector<VerifierKey> log_keys(const Policy& policy) {
  std::vector<VerifierKey> keys;
  for (const auto& log : policy.logs) keys.push_back(log.key);
  return keys;
}

std::string format_policy(const Policy& policy) {
  std::string text;
  for (const auto& log : policy.logs) text += with_url("log " + format_vkey(log.key), log.url);
  for (const auto& witness : policy.witnesses) {
    text += with_url("witness " + witness.name + " " + format_vkey(witness.key), witness.url);
  }
  for (const auto& group : policy.groups) {
    text += "group " + group.name + " " + threshold_word(group);
    for (const auto& member : group.members) text += " " + member;
    text += "\n";
  }
  return text + "quorum " + policy.quorum + "\n";
}

bool quorum_met(const Policy& policy, std::span<const std::string> witnesses) {
  if (policy.quorum == kQuorumNone) return true;
  std::set<std::string_view> met;
  for (const auto& witness : policy.witnesses) {
    if (std::find(witnesses.begin(), witnesses.end(), witness.name) != witnesses.end()) {
      met.insert(witness.name);
    }
  }
  for (const auto& group : policy.groups) {
    const auto count =
        std::count_if(group.members.begin(), group.members.end(),
                      [&](const std::string& member) { return met.contains(member); });
    if (static_cast<std::size_t>(count) >= group.threshold) met.insert(group.name);
  }
  return met.contains(policy.quorum);
}

Result<VerifiedCheckpoint> verify_checkpoint(const Policy& policy, std::string_view note_bytes) {
  auto note = parse_note(note_bytes);
  if (!note) return tl::make_unexpected(std::move(note.error()));
  const auto matches = verify_note(*note, all_keys(policy));
  if (!matches) return tl::make_unexpected(matches.error());
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return tl::make_unexpected(std::move(checkpoint.error()));
  auto log = find_log(policy, *matches, checkpoint->origin);
  if (!log) return tl::make_unexpected(std::move(log.error()));
  VerifiedCheckpoint verified{std::move(*checkpoint), std::move(*log), {}};
  std::vector<std::string> names;
  for (const auto& [index, time_s] : witness_times(policy, *note, *matches)) {
    verified.witnesses.push_back({policy.witnesses[index].name, time_s});
    names.push_back(policy.witnesses[index].name);
  }
  if (!quorum_met(policy, names)) {
    return fail(ErrorCode::POLICY_UNMET, missing_names(policy, verified.witnesses));
  }
  return verified;
}

}  // namespace puhui::crypto
