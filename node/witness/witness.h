// A C2SP witness: cosigns the checkpoints of other logs, of each log in one growing line.
//
// What was cosigned last of a log is recorded durably before its cosignature leaves, so that no
// restart makes a witness contradict itself. Below its folder, per log, by SHA-256 of the origin:
//   <hex>.head          the record: u64 size ‖ root (DurableRecord)
//   <hex>.checkpoint    the newest checkpoint cosigned, with the log's line and ours
//   <hex>.evidence      two signed checkpoints of one size that contradict (crypto/evidence.h);
//                       with it there, nothing of that log is cosigned any more
// The folder belongs to the key: whoever loses one must begin anew with another key.
// Threads: all functions from any; requests about one log wait for each other, and for nothing
// else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/witness.h"
#include "node/files/folder.h"

namespace puhui::node {

struct WitnessOptions {
  std::string folder;  // made if there is none
  std::string name;    // of this witness as a cosigner
  crypto::SecretKey key;
  std::vector<crypto::VerifierKey> logs;  // always followed; a key's name is its log's origin
};

struct WitnessAnswer {
  crypto::Witnessing status = crypto::Witnessing::malformed;
  std::string body;  // signature lines, or the size of a `stale` answer
};

class Witness {
 public:
  // IO; CORRUPT if a record is damaged, or gone though a checkpoint was cosigned; KEY_MALFORMED if
  // the name is not a key name.
  [[nodiscard]] static Result<std::unique_ptr<Witness>> open(WitnessOptions options);

  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  // Follows these logs from now on, besides those of the options, and no others: what was recorded
  // of a log stays, and counts when it is followed again, whatever its keys are then. One whose
  // record cannot be opened is logged and not followed.
  void follow(const std::vector<crypto::VerifierKey>& partners);

  // Answers the bytes of an add-checkpoint request. `time_s` is stated in the cosignature.
  [[nodiscard]] WitnessAnswer add_checkpoint(std::string_view request, std::uint64_t time_s);

  // The newest checkpoint cosigned of the log whose origin has this SHA-256, in hex.
  [[nodiscard]] std::optional<std::string> newest(const std::string& origin_sha256) const;

  // The evidence that this log has forked, as kept. Reads a file.
  [[nodiscard]] std::optional<std::string> evidence(const std::string& origin_sha256) const;

  // How others name and know this witness.
  [[nodiscard]] crypto::VerifierKey key() const;

  struct Followed {
    std::string origin;
    crypto::TreeHead head;  // cosigned last
    bool forked = false;
  };
  [[nodiscard]] std::vector<Followed> followed() const;

 private:
  struct Log;
  using Keys = std::vector<crypto::VerifierKey>;
  explicit Witness(WitnessOptions options);
  Result<void> open_log(const std::string& origin);
  [[nodiscard]] Log* find_log(const std::string& origin) const;
  [[nodiscard]] const Log* named(const std::string& origin_sha256) const;
  [[nodiscard]] std::shared_ptr<const Keys> keys() const;
  WitnessAnswer cosign(Log& log, const crypto::SignedRequest& request, const Keys& keys,
                       std::uint64_t time_s) const;
  static void keep_evidence(Log& log, const crypto::SignedRequest& request, const Keys& keys);

  const WitnessOptions options_;
  std::mutex following_;              // one change of what is followed at a time
  mutable std::mutex mutex_;          // of what is below; never held while a disk is waited for
  std::shared_ptr<const Keys> keys_;  // trusted now
  // By origin, followed or not. None is ever removed: two records of one log in one process could
  // contradict each other.
  std::map<std::string, std::unique_ptr<Log>> logs_;
};

}  // namespace puhui::node
