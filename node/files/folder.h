// Files of a node: small files written whole, secrets kept private, one process per folder.
//
// Writing is atomic and durable: a new file is written beside, synced, renamed over the old one,
// and the folder synced. Errors name the path. Functions may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/key.h"
#include "crypto/policy.h"
#include "proto/error.h"

namespace puhui::node {

inline constexpr std::size_t kSmallFileSizeMax = std::size_t{32} << 20;

enum class Mode { shared, secret };  // 0644, 0600

// NOT_FOUND, IO; TOO_LARGE beyond kSmallFileSizeMax.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view bytes, Mode mode);
// A file that must not exist yet: LOCKED if it does, IO.
[[nodiscard]] Result<void> write_new_file(const std::string& path, std::string_view bytes,
                                          bool secret = false);
// IO if it can neither be found nor made.
[[nodiscard]] Result<void> make_folder(const std::string& path);
[[nodiscard]] bool exists(const std::string& path);

// What a call on the file system met, as IO naming the path.
[[nodiscard]] tl::unexpected<Error> io_failure(const std::string& path,
                                               const std::error_code& error);

// A key file (crypto/key.h). KEY_FILE_MODE if a plain one is readable by others; errors of
// decode_key_file. The passphrase is asked for only when the file is encrypted.
[[nodiscard]] Result<crypto::SecretKey> read_key(const std::string& path,
                                                 std::optional<std::string_view> passphrase);
// Never replaces a file: LOCKED if there is one.
[[nodiscard]] Result<void> write_key(const std::string& path, const crypto::SecretKey& key,
                                     std::optional<std::string_view> passphrase);

// First line of a passphrase file; nothing if none is named. Wipe it. Errors of read_file.
[[nodiscard]] Result<std::optional<std::string>> read_passphrase(const std::string& path);

// Makes all files of the file system that holds this folder durable. IO.
[[nodiscard]] Result<void> sync_filesystem(const std::string& folder);

// A tlog-policy file. Errors of read_file; POLICY_MALFORMED names file and line.
[[nodiscard]] Result<crypto::Policy> read_policy(const std::string& path);

// A ledger's folder that holds a file of either name is not removed when another is in its place.
inline constexpr const char* kKeepFile = "KEEP";
inline constexpr const char* kHaltedFile = "HALTED";
// Why a node's ledger only reads for good: a file in that ledger's own folder.
[[nodiscard]] std::string halted_file(const std::string& data);

// The ledger's folder inside a node's data: the one that DATA/current names, or the first one.
[[nodiscard]] std::string current_ledger(const std::string& data);

// Held while a process uses a folder. LOCKED if another does, IO if the folder is not writable.
class FolderLock {
 public:
  [[nodiscard]] static Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// A small value that survives power cuts: two slots written in turn, each with a sequence number
// and a SHA-256, one sync per write. What `load` answers is the newest whole slot; a torn write
// leaves the one before it. Not thread-safe.
//   slot (512 bytes): u64-BE sequence ‖ u16-BE length ‖ value ‖ SHA-256 of all before it ‖ zeros
class DurableRecord {
 public:
  static constexpr std::size_t kValueSizeMax = 400;

  // Makes the file if there is none. IO, CORRUPT (neither slot is whole, yet the file is not new).
  [[nodiscard]] static Result<DurableRecord> open(const std::string& path);
  DurableRecord(DurableRecord&& other) noexcept;
  DurableRecord& operator=(DurableRecord&& other) noexcept;
  ~DurableRecord();

  [[nodiscard]] const std::string& value() const { return value_; }
  // Durable when it returns. A failed write or sync stops the process: what lies on the disk then
  // is unknown, and nothing may be signed on its strength.
  void store(std::string_view value);

 private:
  DurableRecord(int descriptor, std::uint64_t sequence, std::string value);
  int descriptor_ = -1;
  std::uint64_t sequence_ = 0;
  std::string value_;
};

}  // namespace puhui::node
