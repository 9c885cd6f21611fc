// An identity store: a folder with a key file and a sealed table, and what may be done with them.
//
//   store.key   the secret, encrypted or mode 0600
//   table/      LevelDB: sealed values under keyed names
//   lock        held by the running process
//
// Identity leaves it by `open` alone. Not thread-safe; one process per folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "node/cli/text.h"
#include "node/files/folder.h"
#include "node/identity/openings.h"
#include "node/identity/partners.h"
#include "node/identity/people.h"
#include "proto/error.h"

namespace puhui::node::identity {

class Store {
 public:
  // A new store in a new or empty folder, mode 0700. LOCKED if anything is in it; IO.
  [[nodiscard]] static Result<std::unique_ptr<Store>> make(
      const std::string& folder, std::optional<std::string_view> passphrase);
  // NOT_FOUND; LOCKED while another process uses it; KEY_PASSPHRASE; CORRUPT if its files are
  // damaged or the key file is not this store's.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(
      const std::string& folder, std::optional<std::string_view> passphrase);

  [[nodiscard]] People& people() { return people_; }
  [[nodiscard]] Partners& partners() { return partners_; }
  [[nodiscard]] const Keys& keys() const { return keys_; }
  [[nodiscard]] const Openings& openings() const { return openings_; }

  // Believes this tlog-policy from here on, and writes that into the log of openings. Errors of
  // parse_policy, CORRUPT, IO.
  [[nodiscard]] Result<v1::IdentityOpening> trust(std::string_view policy, std::int64_t now_us);

  struct Opened {
    v1::IdentityPerson person;  // Wipe the identity.
    v1::IdentityOpening link;
  };
  // Who this is. Only on a receipt, under the policy believed, of the event that opens the
  // pseudonym, and only once the opening stands durably in the log. Errors of ground_of_opening and
  // of Openings; NOT_FOUND.
  [[nodiscard]] Result<Opened> open(std::string_view pseudonym, std::string_view receipt,
                                    std::int64_t now_us);

  // Destroys all of the person, and answers the erasure receipt, which stays here too; of a person
  // erased before, the same one again. Only on a receipt, under the policy believed, of the event
  // that erases the account. Errors of ground_of_erasure and of Openings; NOT_FOUND, CORRUPT, IO.
  [[nodiscard]] Result<std::string> erase(std::string_view pseudonym, std::string_view receipt,
                                          std::int64_t now_us);
  // The erasure receipt. NOT_FOUND.
  [[nodiscard]] Result<std::string> erasure(std::string_view pseudonym) const;

  // Counts, and the store's own verifier key. CORRUPT.
  [[nodiscard]] Result<cli::Fields> statistics() const;

 private:
  Store(FolderLock lock, Keys keys, Table table);

  FolderLock lock_;
  Keys keys_;
  Table table_;
  People people_;
  Openings openings_;
  Partners partners_;
};

}  // namespace puhui::node::identity
