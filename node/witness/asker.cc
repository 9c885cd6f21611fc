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

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kConnectMs = 2'000;
constexpr std::uint32_t kAnswerMs = 3'000;
constexpr std::uint32_t kPauseFirstMs = 500;
// A conflict names the size to go on from; more than one in a row means others ask too.
constexpr int kTriesMax = 3;
constexpr std::size_t kSaidMax = 200;

}  // namespace

struct Asker::Member {
  crypto::PolicyWitness witness;
  http::Client client;
  std::string target;
  std::uint64_t known_size = 0;  // that the witness has cosigned; its own thread only
  // Below the asker's mutex.
  CompletePtr answered;  // the last checkpoint it has cosigned
  std::uint32_t pause_ms = 0;
  Clock::time_point not_before;

  Member(crypto::PolicyWitness who, http::Client with, std::string path)
      : witness(std::move(who)), client(std::move(with)), target(std::move(path)) {}
};

Asker::Asker(AskerOptions options, Prove prove)
    : options_(std::move(options)), prove_(std::move(prove)) {}

Result<std::unique_ptr<Asker>> Asker::start(AskerOptions options, const std::string& origin,
                                            Prove prove) {
  const auto& logs = options.policy.logs;
  const auto lists = [&](const crypto::PolicyLog& log) { return log.key.name == origin; };
  if (std::ranges::none_of(logs, lists))
    return fail(ErrorCode::CONFIG, "the witness policy does not list the log " + origin);
  std::unique_ptr<Asker> asker(new Asker(std::move(options), std::move(prove)));
  for (const auto& witness : asker->options_.policy.witnesses) {
    if (witness.url.empty()) continue;
    auto address = http::parse_https(witness.url);
    if (!address) return fail(ErrorCode::CONFIG, witness.name + ": " + address.error().detail);
    auto path = address->path;
    if (path.ends_with('/')) path.pop_back();
    http::ClientOptions client;
    client.base_urls = {"https://" + address->authority()};
    client.authority_pem = asker->options_.authority_pem;
    client.connect_ms = kConnectMs;
    client.answer_ms = kAnswerMs;
    client.response_bytes_max = crypto::kNoteSizeMax;
    client.redirects_max = 0;
    auto made = http::Client::create(std::move(client));
    if (!made) return tl::make_unexpected(made.error());
    path += crypto::kAddCheckpointPath;
    asker->members_.push_back(std::make_unique<Member>(witness, std::move(*made), std::move(path)));
  }
  if (asker->members_.empty())
    return fail(ErrorCode::CONFIG, "no witness of the witness policy has a URL");
  for (const auto& member : asker->members_)
    asker->threads_.emplace_back([raw = asker.get(), &member = *member] { raw->run(member); });
  return asker;
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
void Asker::go_on() {
  const bool is_over = !round_.checkpoint || round_.met || round_.waiting.empty();
  if (!newest_ || !is_over) return;
  if (round_.checkpoint && round_.checkpoint->size >= newest_->size) return;
  round_ = Round{newest_, {}, {}, false};
  for (const auto& member : members_) round_.waiting.insert(member->witness.name);
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

void Asker::take(Member& member, const CompletePtr& asked, Result<crypto::NoteSignature> line) {
  std::lock_guard lock(mutex_);
  if (line) {
    member.pause_ms = 0;
    member.answered = asked;
  } else {
    spdlog::warn("witness {}: {}", member.witness.name, describe(line.error()));
    member.pause_ms = std::clamp(2 * member.pause_ms, kPauseFirstMs, kPauseMaxMs);
    member.not_before = Clock::now() + std::chrono::milliseconds(member.pause_ms);
  }
  if (asked != round_.checkpoint) return;
  round_.waiting.erase(member.witness.name);
  if (line) round_.lines[member.witness.name] = std::move(*line);
  judge();
  go_on();
}

// ---- One witness's thread ----------------------------------------------------------------------

void Asker::run(Member& member) {
  while (const auto checkpoint = next(member)) {
    auto line = ask(member, *checkpoint);
    take(member, checkpoint, std::move(line));
  }
}

CompletePtr Asker::next(Member& member) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    go_on();
    const bool pauses = Clock::now() < member.not_before;
    const bool has_question = round_.checkpoint && member.answered != round_.checkpoint;
    if (has_question && !pauses) return round_.checkpoint;
    if (pauses) {
      changed_.wait_until(lock, member.not_before);
    } else {
      changed_.wait(lock);
    }
  }
  return nullptr;
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
