#include "node/witness/witness.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "crypto/cosignature.h"
#include "crypto/evidence.h"

namespace puhui::node {
namespace {

using crypto::Witnessing;

bool holds(const std::vector<crypto::VerifierKey>& keys, const crypto::VerifierKey& key) {
  return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

struct Witness::Log {
  const std::string path;  // of its files, without suffix
  std::mutex mutex;        // held while a request is answered
  DurableRecord record;
  // Changed below both mutexes, so that readers wait for no disk.
  mutable std::mutex shown_mutex;
  crypto::TreeHead head;
  bool forked = false;
  std::string note;  // of the newest checkpoint cosigned; may be empty

  Log(std::string at, DurableRecord stored, crypto::TreeHead last)
      : path(std::move(at)), record(std::move(stored)), head(last) {}
  [[nodiscard]] std::string newest() const {
    std::lock_guard lock(shown_mutex);
    return note;
  }
  [[nodiscard]] bool has_forked() const {
    std::lock_guard lock(shown_mutex);
    return forked;
  }
};

Witness::Witness(WitnessOptions options)
    : options_(std::move(options)), keys_(std::make_shared<const Keys>(options_.logs)) {}
Witness::~Witness() = default;

Result<std::unique_ptr<Witness>> Witness::open(WitnessOptions options) {
  if (!crypto::is_key_name(options.name)) return fail(ErrorCode::KEY_MALFORMED, options.name);
  if (auto made = make_folder(options.folder); !made) return tl::make_unexpected(made.error());
  std::unique_ptr<Witness> witness(new Witness(std::move(options)));
  for (const auto& log : witness->options_.logs)
    if (auto opened = witness->open_log(log.name); !opened)
      return tl::make_unexpected(opened.error());
  return witness;
}

void Witness::follow(const Keys& partners) {
  std::lock_guard following(following_);
  auto keys = options_.logs;
  for (const auto& key : partners) {
    if (holds(keys, key)) continue;
    if (auto opened = open_log(key.name); !opened) {
      spdlog::error("witness: {} is not followed: {}", key.name, describe(opened.error()));
      continue;
    }
    keys.push_back(key);
  }
  std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const Keys>(std::move(keys));
}

Witness::Log* Witness::find_log(const std::string& origin) const {
  std::lock_guard lock(mutex_);
  const auto found = logs_.find(origin);
  return found == logs_.end() ? nullptr : found->second.get();
}

std::shared_ptr<const Witness::Keys> Witness::keys() const {
  std::lock_guard lock(mutex_);
  return keys_;
}

Result<void> Witness::open_log(const std::string& origin) {
  if (find_log(origin) != nullptr) return {};
  const auto path = options_.folder + "/" + crypto::sha256(origin).hex();
  auto record = DurableRecord::open(path + ".head");
  if (!record) return tl::make_unexpected(record.error());
  const auto head = record->value().empty() ? Result<crypto::TreeHead>(crypto::TreeHead())
                                            : crypto::TreeHead::decode(record->value());
  if (!head) return fail(head.error().code, path + ".head");
  auto log = std::make_unique<Log>(path, std::move(*record), *head);
  log->forked = exists(path + ".evidence");
  if (log->forked) spdlog::critical("witness: {} has forked and is not cosigned", origin);
  if (auto note = read_file(path + ".checkpoint")) log->note = std::move(*note);
  if (!log->note.empty() && log->record.value().empty())
    return fail(ErrorCode::CORRUPT, path + ".head is gone, and with it what was cosigned");
  std::lock_guard lock(mutex_);
  logs_.emplace(origin, std::move(log));
  return {};
}

WitnessAnswer Witness::add_checkpoint(std::string_view request, std::uint64_t time_s) {
  const auto trusted = keys();
  const auto opened = crypto::open_add_checkpoint(request, *trusted);
  if (!opened) return {opened.error(), {}};
  auto& log = *find_log(opened->checkpoint.origin);
  std::lock_guard lock(log.mutex);
  if (log.forked) return {Witnessing::inconsistent, {}};
  const auto verdict = crypto::judge(*opened, log.head);
  if (verdict == Witnessing::cosign) return cosign(log, *opened, *trusted, time_s);
  if (verdict == Witnessing::stale) return {verdict, crypto::format_tree_size(log.head.size)};
  keep_evidence(log, *opened, *trusted);
  return {verdict, {}};
}

WitnessAnswer Witness::cosign(Log& log, const crypto::SignedRequest& request, const Keys& keys,
                              std::uint64_t time_s) const {
  auto note = *crypto::parse_note(request.request.checkpoint);
  auto signature = crypto::cosign(note.text, options_.name, options_.key, time_s);
  if (!signature) return {Witnessing::malformed, {}};
  // Lines of strangers are not kept: they cost nothing to add and could fill the note.
  std::erase_if(note.signatures, [&keys](const crypto::NoteSignature& line) {
    return std::ranges::none_of(keys, [&](const auto& key) { return crypto::is_by(line, key); });
  });
  auto answer = crypto::format_signature_line(*signature);
  note.signatures.push_back(std::move(*signature));
  const crypto::TreeHead head{request.checkpoint.size, request.checkpoint.root};
  const bool moved = head != log.head || log.record.value().empty();
  if (moved) log.record.store(head.encode());
  auto bytes = crypto::format_note(note);
  if (moved)
    if (auto kept = write_file(log.path + ".checkpoint", bytes, Mode::shared); !kept)
      spdlog::error("witness: {}", describe(kept.error()));
  std::lock_guard lock(log.shown_mutex);
  log.head = head;
  log.note = std::move(bytes);
  return {Witnessing::cosign, std::move(answer)};
}

// A bad proof accuses nobody; another root of the size that was cosigned does.
void Witness::keep_evidence(Log& log, const crypto::SignedRequest& request, const Keys& keys) {
  const crypto::Evidence evidence{{}, {}, log.newest(), request.request.checkpoint};
  const auto fork = crypto::verify_evidence(evidence, keys);
  if (!fork) return;
  const auto path = log.path + ".evidence";
  spdlog::critical("witness: {} has forked; evidence in {}", fork->log.name, path);
  {
    std::lock_guard lock(log.shown_mutex);
    log.forked = true;
  }
  if (auto kept = write_file(path, crypto::format_evidence(evidence), Mode::shared); !kept)
    spdlog::error("witness: {}", describe(kept.error()));
}

const Witness::Log* Witness::named(const std::string& origin_sha256) const {
  std::lock_guard lock(mutex_);
  for (const auto& [origin, log] : logs_)
    if (crypto::sha256(origin).hex() == origin_sha256) return log.get();
  return nullptr;
}

std::optional<std::string> Witness::newest(const std::string& origin_sha256) const {
  const auto* log = named(origin_sha256);
  auto note = log == nullptr ? std::string() : log->newest();
  if (note.empty()) return std::nullopt;
  return note;
}

std::optional<std::string> Witness::evidence(const std::string& origin_sha256) const {
  const auto* log = named(origin_sha256);
  if (log == nullptr || !log->has_forked()) return std::nullopt;
  auto kept = read_file(log->path + ".evidence");
  if (!kept) return std::nullopt;
  return std::move(*kept);
}

crypto::VerifierKey Witness::key() const {
  return {options_.name, crypto::NoteKeyType::cosignature, options_.key.public_key()};
}

std::vector<Witness::Followed> Witness::followed() const {
  std::lock_guard lock(mutex_);
  std::vector<Followed> all;
  for (const auto& [origin, log] : logs_) {
    if (std::ranges::find(*keys_, origin, &crypto::VerifierKey::name) == keys_->end()) continue;
    std::lock_guard shown(log->shown_mutex);
    all.push_back({origin, log->head, log->forked});
  }
  return all;
}

}  // namespace puhui::node
