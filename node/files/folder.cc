#include "node/files/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "crypto/bytes.h"
#include "crypto/hash.h"

namespace puhui::node {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSlotSize = 512;
constexpr std::size_t kSlotHead = 10;

std::string reason(const std::string& path) { return path + ": " + std::strerror(errno); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool sync_folder_of(const std::string& path) {
  auto folder = fs::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && ::fsync(fd.get()) == 0;
}

std::string slot_bytes(std::uint64_t sequence, std::string_view value) {
  std::string slot;
  crypto::append_u64(slot, sequence);
  crypto::append_u16(slot, static_cast<std::uint16_t>(value.size()));
  slot += value;
  slot += crypto::sha256(slot).view();
  slot.resize(kSlotSize, '\0');
  return slot;
}

struct Slot {
  std::uint64_t sequence = 0;
  std::string value;
};

std::optional<Slot> read_slot(std::string_view bytes) {
  if (bytes.size() < kSlotSize) return std::nullopt;
  const std::size_t length = crypto::read_u16(bytes.substr(8));
  if (length > DurableRecord::kValueSizeMax) return std::nullopt;
  const auto body = bytes.substr(0, kSlotHead + length);
  if (crypto::sha256(body).view() != bytes.substr(body.size(), crypto::Digest::kSize))
    return std::nullopt;
  return Slot{crypto::read_u64(bytes), std::string(body.substr(kSlotHead))};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0)
    return fail(errno == ENOENT ? ErrorCode::NOT_FOUND : ErrorCode::IO, reason(path));
  std::string bytes;
  std::array<char, 65536> chunk;
  while (true) {
    const auto got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::IO, reason(path));
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (bytes.size() > kSmallFileSizeMax) return fail(ErrorCode::TOO_LARGE, path);
  }
}

Result<void> write_file(const std::string& path, std::string_view bytes, Mode mode) {
  const auto beside = path + ".new";
  const Descriptor fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                             mode == Mode::secret ? 0600 : 0644));
  if (fd.get() < 0) return fail(ErrorCode::IO, reason(beside));
  if (!write_all(fd.get(), bytes) || ::fsync(fd.get()) != 0 ||
      ::rename(beside.c_str(), path.c_str()) != 0 || !sync_folder_of(path))
    return fail(ErrorCode::IO, reason(path));
  return {};
}

Result<void> write_new_file(const std::string& path, std::string_view bytes, bool secret) {
  if (exists(path)) return fail(ErrorCode::LOCKED, path + " exists and is not replaced");
  return write_file(path, bytes, secret ? Mode::secret : Mode::shared);
}

tl::unexpected<Error> io_failure(const std::string& path, const std::error_code& error) {
  return fail(ErrorCode::IO, path + ": " + error.message());
}

Result<void> make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return io_failure(path, error);
  return {};
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Result<crypto::SecretKey> read_key(const std::string& path,
                                   std::optional<std::string_view> passphrase) {
  auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  const auto encrypted = crypto::is_encrypted(*bytes);
  if (!encrypted) return fail(encrypted.error().code, path + ": " + encrypted.error().detail);
  struct stat status {};
  if (!*encrypted && ::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return fail(ErrorCode::KEY_FILE_MODE, path);
  auto key = crypto::decode_key_file(*bytes, passphrase);
  crypto::wipe(*bytes);
  if (!key) return fail(key.error().code, path + ": " + key.error().detail);
  return key;
}

Result<void> write_key(const std::string& path, const crypto::SecretKey& key,
                       std::optional<std::string_view> passphrase) {
  if (exists(path)) return fail(ErrorCode::LOCKED, path + " exists and is not replaced");
  auto bytes = crypto::encode_key_file(key, passphrase);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto written = write_file(path, *bytes, Mode::secret);
  crypto::wipe(*bytes);
  return written;
}

Result<std::optional<std::string>> read_passphrase(const std::string& path) {
  if (path.empty()) return std::nullopt;
  auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  std::optional<std::string> line = bytes->substr(0, bytes->find('\n'));
  crypto::wipe(*bytes);
  if (line->ends_with('\r')) line->pop_back();
  return line;
}

Result<crypto::Policy> read_policy(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto policy = crypto::parse_policy(*bytes);
  if (!policy) policy.error().detail = path + ": " + policy.error().detail;
  return policy;
}

Result<void> sync_filesystem(const std::string& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::syncfs(fd.get()) != 0) return fail(ErrorCode::IO, reason(folder));
  return {};
}

std::string current_ledger(const std::string& data) {
  const auto named = read_file(data + "/current");
  return data + "/" + (named ? *named : std::string("ledger-0"));
}

std::string halted_file(const std::string& data) {
  return current_ledger(data) + "/" + kHaltedFile;
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  const auto path = folder + "/lock";
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (fd.get() < 0) return fail(ErrorCode::IO, reason(path));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return fail(ErrorCode::LOCKED, folder);
  return FolderLock(fd.release());
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

DurableRecord::DurableRecord(int descriptor, std::uint64_t sequence, std::string value)
    : descriptor_(descriptor), sequence_(sequence), value_(std::move(value)) {}

DurableRecord::DurableRecord(DurableRecord&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      sequence_(other.sequence_),
      value_(std::move(other.value_)) {}

DurableRecord& DurableRecord::operator=(DurableRecord&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  sequence_ = other.sequence_;
  value_ = std::move(other.value_);
  return *this;
}

DurableRecord::~DurableRecord() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<DurableRecord> DurableRecord::open(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0) return fail(ErrorCode::IO, reason(path));
  std::string bytes(2 * kSlotSize, '\0');
  const auto got = ::pread(fd.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return fail(ErrorCode::IO, reason(path));
  if (got == 0) {
    const std::string zeros(2 * kSlotSize, '\0');
    if (!write_all(fd.get(), zeros) || ::fsync(fd.get()) != 0 || !sync_folder_of(path))
      return fail(ErrorCode::IO, reason(path));
    return DurableRecord(fd.release(), 0, {});
  }
  std::optional<Slot> newest;
  for (const std::size_t at : {std::size_t{0}, kSlotSize}) {
    auto slot = read_slot(std::string_view(bytes).substr(at, kSlotSize));
    if (slot && (!newest || slot->sequence > newest->sequence)) newest = std::move(slot);
  }
  const bool untouched = bytes.find_first_not_of('\0') == std::string::npos;
  if (!newest && !untouched) return fail(ErrorCode::CORRUPT, path);
  if (!newest) newest = Slot{};
  return DurableRecord(fd.release(), newest->sequence, std::move(newest->value));
}

void DurableRecord::store(std::string_view value) {
  assert(value.size() <= kValueSizeMax);
  const auto slot = slot_bytes(sequence_ + 1, value);
  const auto at = static_cast<off_t>((sequence_ + 1) % 2 * kSlotSize);
  const auto wrote = ::pwrite(descriptor_, slot.data(), slot.size(), at);
  if (wrote != static_cast<ssize_t>(slot.size()) || ::fdatasync(descriptor_) != 0) {
    std::fprintf(stderr, "durable record: write failed: %s\n", std::strerror(errno));
    std::abort();
  }
  ++sequence_;
  value_ = value;
}

}  // namespace puhui::node
