#include "node/identity/store.h"

#include <filesystem>

#include "ledger/personal.h"
#include "node/identity/erasure.h"
#include "node/identity/ground.h"

namespace puhui::node::identity {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "puhui-identity 1";
constexpr char kFormatName[] = "f";
constexpr char kErasure = 'e';

std::string table_folder(const std::string& folder) { return folder + "/table"; }

std::string erasure_name(const Keys& keys, std::string_view pseudonym) {
  return kErasure + std::string(record_digest(keys, "erasure", pseudonym).view());
}

Result<void> make_private_folder(const std::string& folder) {
  if (auto made = make_folder(folder); !made) return made;
  std::error_code error;
  if (!fs::is_empty(folder, error) && !error)
    return fail(ErrorCode::LOCKED, folder + " is not empty, and nothing is replaced");
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return io_failure(folder, error);
  return {};
}

// The table belongs to the keys if they open what was sealed when both were made.
Result<void> check_format(const Table& table, const Keys& keys) {
  const auto sealed = table.get(kFormatName);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed) return fail(ErrorCode::CORRUPT, "the store has no format");
  const auto format = keys.wrap.open(**sealed, kFormatName);
  if (!format) return fail(ErrorCode::CORRUPT, "the key file is not this store's");
  if (*format != kFormat) return fail(ErrorCode::CORRUPT, "the store has another format");
  return {};
}

}  // namespace

Store::Store(FolderLock lock, Keys keys, Table table)
    : lock_(std::move(lock)),
      keys_(std::move(keys)),
      table_(std::move(table)),
      people_(table_, keys_),
      openings_(table_, keys_),
      partners_(table_, keys_, openings_) {}

Result<std::unique_ptr<Store>> Store::make(const std::string& folder,
                                           std::optional<std::string_view> passphrase) {
  if (auto made = make_private_folder(folder); !made) return tl::make_unexpected(made.error());
  auto lock = FolderLock::take(folder);
  if (!lock) return tl::make_unexpected(lock.error());
  auto keys = make_keys(folder, passphrase);
  if (!keys) return tl::make_unexpected(keys.error());
  auto table = Table::make(table_folder(folder));
  if (!table) return tl::make_unexpected(table.error());
  std::unique_ptr<Store> store(new Store(std::move(*lock), std::move(*keys), std::move(*table)));
  if (auto begun = store->openings_.begin(); !begun) return tl::make_unexpected(begun.error());
  // Last, so that what was begun and not ended is no store.
  auto put = store->table_.put({{kFormatName, store->keys_.wrap.seal(kFormat, kFormatName)}});
  if (!put) return tl::make_unexpected(put.error());
  return store;
}

Result<std::unique_ptr<Store>> Store::open(const std::string& folder,
                                           std::optional<std::string_view> passphrase) {
  if (!exists(table_folder(folder))) return fail(ErrorCode::NOT_FOUND, folder + " is no store");
  auto lock = FolderLock::take(folder);
  if (!lock) return tl::make_unexpected(lock.error());
  auto keys = read_keys(folder, passphrase);
  if (!keys) return tl::make_unexpected(keys.error());
  auto table = Table::open(table_folder(folder));
  if (!table) return tl::make_unexpected(table.error());
  if (auto checked = check_format(*table, *keys); !checked)
    return tl::make_unexpected(checked.error());
  return std::unique_ptr<Store>(new Store(std::move(*lock), std::move(*keys), std::move(*table)));
}

Result<v1::IdentityOpening> Store::trust(std::string_view policy, std::int64_t now_us) {
  if (const auto parsed = crypto::parse_policy(policy); !parsed)
    return tl::make_unexpected(parsed.error());
  v1::IdentityOpening link;
  link.set_policy(std::string(policy));
  link.set_kept_at(now_us);
  return openings_.add(std::move(link));
}

Result<Store::Opened> Store::open(std::string_view pseudonym, std::string_view receipt,
                                  std::int64_t now_us) {
  const auto policy = openings_.policy();
  if (!policy) return tl::make_unexpected(policy.error());
  const auto ground = ground_of_opening(receipt, *policy, pseudonym);
  if (!ground) return tl::make_unexpected(ground.error());
  auto person = people_.person(pseudonym);
  if (!person) return tl::make_unexpected(person.error());
  v1::IdentityOpening link;
  link.set_kept_at(now_us);
  link.set_account(ledger::personal_id(pseudonym));
  link.set_origin(ground->origin);
  link.set_leaf(ground->leaf);
  link.set_event_sha256(std::string(ground->event_sha256.view()));
  link.set_reason(ground->reason);
  link.set_reference(ground->reference);
  auto added = openings_.add(std::move(link));
  if (added) return Opened{std::move(*person), std::move(*added)};
  crypto::wipe(*person->mutable_identity());
  return tl::make_unexpected(added.error());
}

Result<std::string> Store::erase(std::string_view pseudonym, std::string_view receipt,
                                 std::int64_t now_us) {
  const auto policy = openings_.policy();
  if (!policy) return tl::make_unexpected(policy.error());
  const auto ground = ground_of_erasure(receipt, *policy, pseudonym);
  if (!ground) return tl::make_unexpected(ground.error());
  auto before = erasure(pseudonym);
  if (before || before.error().code != ErrorCode::NOT_FOUND) return before;
  auto removal = people_.removal(pseudonym);
  if (!removal) return tl::make_unexpected(removal.error());
  auto note = sign_erasure(
      keys_, {ledger::personal_id(pseudonym), *ground, removal->confirmations, now_us});
  const auto name = erasure_name(keys_, pseudonym);
  removal->pairs.emplace_back(name, keys_.wrap.seal(note, name));
  if (auto destroyed = table_.destroy(removal->prefixes, removal->pairs); !destroyed)
    return tl::make_unexpected(destroyed.error());
  return note;
}

Result<std::string> Store::erasure(std::string_view pseudonym) const {
  const auto name = erasure_name(keys_, pseudonym);
  const auto sealed = table_.get(name);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed) return fail(ErrorCode::NOT_FOUND, "no erasure of this account");
  return keys_.wrap.open(**sealed, name);
}

Result<cli::Fields> Store::statistics() const {
  const auto counts = people_.count();
  if (!counts) return tl::make_unexpected(counts.error());
  const auto links = openings_.read();
  if (!links) return tl::make_unexpected(links.error());
  std::uint64_t erasures = 0, openings = 0;
  auto counted = table_.each(std::string(1, kErasure),
                             [&](std::string_view, std::string_view) -> Result<void> {
                               ++erasures;
                               return {};
                             });
  if (!counted) return tl::make_unexpected(counted.error());
  for (const auto& link : links->items()) openings += !link.account().empty();
  return cli::Fields{{"people", std::to_string(counts->people)},
                     {"confirmations", std::to_string(counts->confirmations)},
                     {"openings", std::to_string(openings)},
                     {"erasures", std::to_string(erasures)},
                     {"verifier_key", crypto::format_vkey(verifier_of(keys_))}};
}

}  // namespace puhui::node::identity
