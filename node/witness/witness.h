// A C2SP witness: cosigns the checkpoints of other logs, of each log in one growing line.
//
// What was cosigned last of a log is recorded durably before its cosignature leaves, so that no
// restart makes a witness contradict itself. Below its folder, per log, by SHA-256 of the origin:
//   <hex>.head          the record: u64 size ‖ root (DurableRecord)
//   <hex>.checkpoint    the newest checkpoint cosigned, with the log's line and ours
//   <hex>.evidence      two signed checkpoints of one size that contradict (crypto/evidence.h);
//                       with it there, nothing of that log is cosigned any more
// The folder belongs to the key: whoever loses one must begin anew with another key.
// Threads: all functions from any; requests about one log wait for each other.
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
  std::vector<crypto::VerifierKey> logs;  // followed; a key's name is its log's origin
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

  // Answers the bytes of an add-checkpoint request. `time_s` is stated in the cosignature.
  [[nodiscard]] WitnessAnswer add_checkpoint(std::string_view request, std::uint64_t time_s);

  // The newest checkpoint cosigned of the log whose origin has this SHA-256, in hex.
  [[nodiscard]] std::optional<std::string> newest(const std::string& origin_sha256) const;

  // How others name and know this witness.
  [[nodiscard]] crypto::VerifierKey key() const;

  struct Followed {
    std::string origin;
    crypto::TreeHead head;
    bool forked = false;
  };
  [[nodiscard]] std::vector<Followed> followed() const;

 private:
  struct Log;
  explicit Witness(WitnessOptions options);
  Result<void> follow(const std::string& origin);
  WitnessAnswer cosign(Log& log, const crypto::SignedRequest& request, std::uint64_t time_s);
  void keep_evidence(Log& log, const crypto::SignedRequest& request) const;

  const WitnessOptions options_;
  std::map<std::string, std::unique_ptr<Log>> logs_;  // by origin; not changed after `open`
};

}  // namespace puhui::node
