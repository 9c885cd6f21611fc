#include "node/witness/asker.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "crypto/cosignature.h"
#include "crypto/witness.h"
#include "node/http/client.h"
#include "node/http/target.h"

namespace puhui::node {
namespace {

constexpr std::uint32_t kConnectMs = 2'000;
constexpr std::uint32_t kAnswerMs = 3'000;
constexpr std::uint32_t kPauseFirstMs = 500;
// A conflict names the size to go on from; more than one in a row means others ask too.
constexpr int kTriesMax = 3;
constexpr std::size_t kSaidMax = 200;
constexpr const char* kNothingOffered = "no checkpoint was offered to witnesses yet";

}  // namespace

struct Asker::Member {
  const crypto::PolicyWitness witness;
  const std::string authority_pem;
  const std::string target;
  // Of whoever asks it.
  http::Client client;
  std::uint64_t known_size = 0;  // that the witness has cosigned
  // Below the asker's mutex.
  bool is_asked = false;  // at this moment
  CompletePtr answered;   // the last checkpoint it has cosigned, and how
  crypto::NoteSignature line;
  std::uint32_t pause_ms = 0;
  Clock::time_point not_before;

  Member(crypto::PolicyWitness who, std::string pem, std::string path, http::Client with)
      : witness(std::move(who)),
        authority_pem(std::move(pem)),
        target(std::move(path)),
        client(std::move(with)) {}
};

Asker::Asker(std::string origin, Prove prove)
    : origin_(std::move(origin)), prove_(std::move(prove)), missing_(kNothingOffered) {}

Result<std::unique_ptr<Asker>> Asker::start(AskerOptions options, std::string origin, Prove prove) {
  auto asker = std::make_unique<Asker>(std::move(origin), std::move(prove));
  if (auto changed = asker->change(std::move(options)); !changed)
    return tl::make_unexpected(changed.error());
  if (!asker->asks_anybody())
    return fail(ErrorCode::CONFIG, "no witness of the witness policy has a URL");
  return asker;
}

Result<Asker::MemberPtr> Asker::make_member(const crypto::PolicyWitness& witness,
                                            const std::string& authority_pem) {
  auto address = http::parse_https(witness.url);
  if (!address) return fail(ErrorCode::CONFIG, witness.name + ": " + address.error().detail);
  auto path = address->path;
  if (path.ends_with('/')) path.pop_back();
  http::ClientOptions client;
  client.base_urls = {"https://" + address->authority()};
  client.authority_pem = authority_pem;
  client.connect_ms = kConnectMs;
  client.answer_ms = kAnswerMs;
  client.response_bytes_max = crypto::kNoteSizeMax;
  client.redirects_max = 0;
  auto made = http::Client::create(std::move(client));
  if (!made) return tl::make_unexpected(made.error());
  path += crypto::kAddCheckpointPath;
  return std::make_shared<Member>(witness, authority_pem, std::move(path), std::move(*made));
}

Result<void> Asker::check(const crypto::PolicyWitness& witness, const std::string& authority_pem) {
  auto made = make_member(witness, authority_pem);
  if (!made) return tl::make_unexpected(made.error());
  return {};
}

// Who is asked already stays who he is.
Result<std::vector<Asker::MemberPtr>> Asker::members_of(const AskerOptions& options) const {
  std::vector<MemberPtr> known, members;
  {
    std::lock_guard lock(mutex_);
    known = members_;
  }
  for (const auto& witness : options.policy.witnesses) {
    if (witness.url.empty()) continue;
    const auto own = options.authorities.find(witness.name);
    const auto& pem = own == options.authorities.end() ? options.authority_pem : own->second;
    const auto same = std::ranges::find_if(known, [&](const MemberPtr& member) {
      return member->witness == witness && member->authority_pem == pem;
    });
    if (same != known.end()) {
      members.push_back(*same);
      continue;
    }
    auto made = make_member(witness, pem);
    if (!made) return tl::make_unexpected(made.error());
    members.push_back(std::move(*made));
  }
  return members;
}

Result<void> Asker::change(AskerOptions options) {
  const auto& logs = options.policy.logs;
  const auto lists = [&](const crypto::PolicyLog& log) { return log.key.name == origin_; };
  if (std::ranges::none_of(logs, lists))
    return fail(ErrorCode::CONFIG, "the witness policy does not list the log " + origin_);
  auto members = members_of(options);
  if (!members) return tl::make_unexpected(members.error());
  {
    std::lock_guard lock(mutex_);
    options_ = std::move(options);
    members_ = std::move(*members);
    round_ = {};
    witnessed_ = nullptr;
    missing_ = kNothingOffered;
    while (threads_.size() < std::min(members_.size(), kThreadsMax))
      threads_.emplace_back([this] { run(); });
  }
  changed_.notify_all();
  return {};
}

Asker::~Asker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Asker::offer(CompletePtr checkpoint) {
  {
    std::lock_guard lock(mutex_);
    if (newest_ && checkpoint->size < newest_->size) return;
    newest_ = std::move(checkpoint);
  }
  changed_.notify_all();
}

bool Asker::asks_anybody() const {
  std::lock_guard lock(mutex_);
  return !members_.empty();
}

crypto::Policy Asker::policy() const {
  std::lock_guard lock(mutex_);
  return options_.policy;
}

std::map<std::string, std::uint64_t> Asker::cosigned() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::uint64_t> sizes;
  for (const auto& member : members_)
    sizes[member->witness.name] = member->answered ? member->answered->size : 0;
  return sizes;
}

CompletePtr Asker::witnessed() const {
  std::lock_guard lock(mutex_);
  return witnessed_;
}

std::string Asker::missing() const {
  std::lock_guard lock(mutex_);
  return missing_;
}

// ---- Rounds (below the mutex) ------------------------------------------------------------------

// Goes on to the newest checkpoint if there is nothing more to wait for.
void Asker::go_on(Clock::time_point now) {
  const bool is_over = !round_.checkpoint || round_.met || round_.waiting.empty();
  if (!newest_ || members_.empty() || !is_over || now < round_.next_at) return;
  if (round_.checkpoint && round_.checkpoint->size >= newest_->size) return;
  round_ = Round{newest_, now + std::chrono::milliseconds(options_.interval_ms), {}, {}, false};
  for (const auto& member : members_) {
    const auto& name = member->witness.name;
    if (member->answered == newest_) {
      round_.lines[name] = member->line;
    } else if (member->not_before <= now) {
      round_.waiting.insert(name);
    }
  }
  judge();
  changed_.notify_all();
}

std::string Asker::note_of(const Round& round) const {
  auto note = *crypto::parse_note(round.checkpoint->note);
  for (const auto& [name, line] : round.lines) note.signatures.push_back(line);
  return crypto::format_note(note);
}

// Notes what the lines of the round come to.
void Asker::judge() {
  auto note = note_of(round_);
  const auto verified = crypto::verify_checkpoint(options_.policy, note);
  round_.met = verified.has_value();
  missing_ = verified ? std::string() : verified.error().detail;
  if (round_.met)
    witnessed_ = std::make_shared<const CompleteCheckpoint>(
        CompleteCheckpoint{std::move(note), round_.checkpoint->size, round_.checkpoint->root});
}

void Asker::take(const Question& question, Result<crypto::NoteSignature> line) {
  std::lock_guard lock(mutex_);
  auto& member = *question.member;
  const auto now = Clock::now();
  member.is_asked = false;
  if (line) {
    member.pause_ms = 0;
    member.answered = question.checkpoint;
    member.line = std::move(*line);
  } else {
    spdlog::warn("witness {}: {}", member.witness.name, describe(line.error()));
    member.pause_ms = std::clamp(2 * member.pause_ms, kPauseFirstMs, kPauseMaxMs);
    member.not_before = now + std::chrono::milliseconds(member.pause_ms);
  }
  const bool is_member = std::ranges::find(members_, question.member) != members_.end();
  if (!is_member || question.checkpoint != round_.checkpoint) return;
  round_.waiting.erase(member.witness.name);
  if (line) round_.lines[member.witness.name] = member.line;
  judge();
  go_on(now);
}

// ---- Asking ------------------------------------------------------------------------------------

void Asker::run() {
  while (const auto question = next()) {
    auto line = ask(*question->member, *question->checkpoint);
    take(*question, std::move(line));
    changed_.notify_all();
  }
}

// Those who failed last come last, so that they keep no thread from the others. `wake` becomes the
// moment at which there may be more to do.
Asker::MemberPtr Asker::choose(Clock::time_point now, Clock::time_point& wake) const {
  if (!round_.checkpoint) return nullptr;
  if (now < round_.next_at && round_.checkpoint->size < newest_->size) wake = round_.next_at;
  MemberPtr chosen;
  for (const auto& member : members_) {
    if (member->is_asked || member->answered == round_.checkpoint) continue;
    if (now < member->not_before) {
      wake = std::min(wake, member->not_before);
    } else if (!chosen || member->pause_ms < chosen->pause_ms) {
      chosen = member;
    }
  }
  return chosen;
}

std::optional<Asker::Question> Asker::next() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = Clock::now();
    go_on(now);
    auto wake = Clock::time_point::max();
    if (auto member = choose(now, wake)) {
      member->is_asked = true;
      return Question{std::move(member), round_.checkpoint};
    }
    if (wake == Clock::time_point::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, wake);
    }
  }
  return std::nullopt;
}

bool Asker::stops() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

Result<crypto::NoteSignature> Asker::ask(Member& member, const CompleteCheckpoint& checkpoint) {
  for (int i = 0; i < kTriesMax && !stops(); ++i) {
    if (member.known_size > checkpoint.size)
      return fail(ErrorCode::UNAVAILABLE, "it says it has cosigned " +
                                              std::to_string(std::exchange(member.known_size, 0)) +
                                              " leaves");
    const auto body = crypto::format_add_checkpoint(
        {member.known_size, prove_(member.known_size, checkpoint.size), checkpoint.note});
    const auto answer = member.client.request("POST", member.target, body, "text/plain");
    if (!answer) return tl::make_unexpected(answer.error());
    if (answer->status == static_cast<int>(crypto::Witnessing::stale)) {
      const auto size = crypto::parse_tree_size(answer->body);
      if (!size) return tl::make_unexpected(size.error());
      member.known_size = *size;
      continue;
    }
    if (answer->status != static_cast<int>(crypto::Witnessing::cosign))
      return fail(ErrorCode::UNAVAILABLE, "it answers " + std::to_string(answer->status) + ": " +
                                              answer->body.substr(0, kSaidMax));
    const auto lines = crypto::parse_signature_lines(answer->body);
    if (!lines) return tl::make_unexpected(lines.error());
    const auto text = crypto::parse_note(checkpoint.note)->text;
    for (const auto& line : *lines) {
      if (!crypto::verify_cosignature(text, line, member.witness.key)) continue;
      member.known_size = checkpoint.size;
      return line;
    }
    return fail(ErrorCode::NOTE_UNVERIFIED, "its answer is not by its key");
  }
  return fail(ErrorCode::BUSY, "others keep asking it");
}

}  // namespace puhui::node
