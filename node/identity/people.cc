#include "node/identity/people.h"

#include <algorithm>
#include <map>
#include <set>

#include "crypto/random.h"
#include "ledger/event.h"
#include "node/identity/records.h"

namespace puhui::node::identity {
namespace {

constexpr char kBucket = 'b';
constexpr char kAccount = 'a';
constexpr char kPerson = 'p';
constexpr char kConfirmation = 'c';
constexpr std::size_t kBucketBytes = 2;
constexpr std::size_t kAccountNameSize = 1 + crypto::Digest::kSize;

crypto::Digest commitment_of(std::string_view salt, std::string_view text) {
  return crypto::Sha256().update(salt).update(text).final();
}

}  // namespace

// One call's changes, before they are written together.
struct People::Writing {
  std::map<std::string, v1::IdentityBucket> buckets;
  std::set<std::string> grown;                      // those of them that have new entries
  std::map<std::string, v1::IdentityPerson> added;  // by pseudonym, until all marks are known
  Pairs pairs;
};

std::string People::account_name(std::string_view pseudonym) const {
  return kAccount + std::string(record_digest(keys_, "account", pseudonym).view());
}

std::string People::confirmation_name(const Found& found, const crypto::Digest& commitment) const {
  auto name = found.name + kConfirmation;
  return name.append(record_digest(keys_, "confirmation", commitment.view()).view());
}

Result<People::Found> People::find(std::string_view pseudonym) const {
  auto name = account_name(pseudonym);
  const auto sealed = table_.get(name);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed) return fail(ErrorCode::NOT_FOUND, "nobody has this pseudonym here");
  auto bytes = keys_.wrap.open(**sealed, name);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto key = crypto::SymmetricKey::from_bytes(*bytes);
  crypto::wipe(*bytes);
  if (!key) return fail(ErrorCode::CORRUPT, "a person's key");
  return Found{std::move(name), std::move(*key)};
}

Result<v1::IdentityPerson> People::read_person(const Found& found) const {
  const auto name = found.name + kPerson;
  const auto sealed = table_.get(name);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed) return fail(ErrorCode::CORRUPT, "a person's record is gone");
  return open_message<v1::IdentityPerson>(found.key, name, **sealed);
}

Result<v1::IdentityPerson> People::person(std::string_view pseudonym) const {
  const auto found = find(pseudonym);
  if (!found) return tl::make_unexpected(found.error());
  return read_person(*found);
}

Result<v1::IdentityBucket> People::read_bucket(const std::string& name) const {
  const auto sealed = table_.get(name);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed) return v1::IdentityBucket();
  return open_message<v1::IdentityBucket>(keys_.wrap, name, **sealed);
}

void People::add_person(Writing& writing, std::string_view pseudonym,
                        v1::IdentityPerson person) const {
  const auto name = account_name(pseudonym);
  const auto key = crypto::SymmetricKey::generate();
  writing.pairs.emplace_back(name, keys_.wrap.seal(key.bytes(), name));
  writing.pairs.emplace_back(name + kPerson, seal_message(key, name + kPerson, person));
  crypto::wipe(*person.mutable_identity());
}

Result<void> People::mark_known(Writing& writing, std::string_view pseudonym,
                                const Mark& mark) const {
  if (!mark.guardian) return {};
  const auto found = find(pseudonym);
  if (!found) return tl::make_unexpected(found.error());
  auto person = read_person(*found);
  if (!person) return tl::make_unexpected(person.error());
  person->set_minor(true);
  person->set_guardian_sha256(std::string(mark.guardian->view()));
  const auto name = found->name + kPerson;
  writing.pairs.emplace_back(name, seal_message(found->key, name, *person));
  crypto::wipe(*person->mutable_identity());
  return {};
}

Result<Enrolled> People::enrol_one(const std::string& identity, const Mark& mark,
                                   std::int64_t now_us, Writing& writing) {
  const auto index = record_digest(keys_, "identity", identity);
  const auto name = kBucket + std::string(index.view().substr(0, kBucketBytes));
  if (!writing.buckets.contains(name)) {
    auto read = read_bucket(name);
    if (!read) return tl::make_unexpected(read.error());
    writing.buckets[name] = std::move(*read);
  }
  auto& bucket = writing.buckets[name];
  const auto known = std::ranges::find_if(
      bucket.entries(), [&](const auto& entry) { return entry.identity() == index.view(); });
  if (known != bucket.entries().end()) {
    if (writing.added.contains(known->pseudonym())) return Enrolled{known->pseudonym(), false};
    if (auto marked = mark_known(writing, known->pseudonym(), mark); !marked)
      return tl::make_unexpected(marked.error());
    return Enrolled{known->pseudonym(), false};
  }
  writing.grown.insert(name);
  auto& entry = *bucket.add_entries();
  entry.set_identity(std::string(index.view()));
  entry.set_pseudonym(crypto::random_bytes(ledger::kPseudonymSize));
  auto& person = writing.added[entry.pseudonym()];
  person.set_identity(identity);
  person.set_kept_at(now_us);
  person.set_minor(mark.guardian.has_value());
  if (mark.guardian) person.set_guardian_sha256(std::string(mark.guardian->view()));
  return Enrolled{entry.pseudonym(), true};
}

Result<std::vector<Enrolled>> People::enrol(std::span<const std::string> identities,
                                            const Mark& mark, std::int64_t now_us) {
  Writing writing;
  std::vector<Enrolled> enrolled;
  for (const auto& identity : identities) {
    auto one = enrol_one(identity, mark, now_us, writing);
    if (!one) return tl::make_unexpected(one.error());
    enrolled.push_back(std::move(*one));
  }
  for (auto& [pseudonym, person] : writing.added) add_person(writing, pseudonym, std::move(person));
  for (const auto& name : writing.grown)
    writing.pairs.emplace_back(name, seal_message(keys_.wrap, name, writing.buckets[name]));
  if (auto put = table_.put(writing.pairs); !put) return tl::make_unexpected(put.error());
  return enrolled;
}

Result<crypto::Digest> People::confirm(std::string_view pseudonym, std::string_view text,
                                       std::int64_t now_us) {
  const auto found = find(pseudonym);
  if (!found) return tl::make_unexpected(found.error());
  v1::IdentityConfirmation confirmation;
  confirmation.set_salt(crypto::random_bytes(kSaltSize));
  confirmation.set_text(std::string(text));
  confirmation.set_kept_at(now_us);
  const auto commitment = commitment_of(confirmation.salt(), text);
  const auto name = confirmation_name(*found, commitment);
  auto put = table_.put({{name, seal_message(found->key, name, confirmation)}});
  crypto::wipe(*confirmation.mutable_salt());
  crypto::wipe(*confirmation.mutable_text());
  if (!put) return tl::make_unexpected(put.error());
  return commitment;
}

Result<v1::IdentityConfirmation> People::confirmation(std::string_view pseudonym,
                                                      const crypto::Digest& commitment) const {
  const auto found = find(pseudonym);
  if (!found) return tl::make_unexpected(found.error());
  const auto name = confirmation_name(*found, commitment);
  const auto sealed = table_.get(name);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed) return fail(ErrorCode::NOT_FOUND, "no such confirmation of this account");
  auto kept = open_message<v1::IdentityConfirmation>(found->key, name, **sealed);
  if (kept && commitment_of(kept->salt(), kept->text()) != commitment)
    return fail(ErrorCode::CORRUPT, "a confirmation is not what it commits to");
  return kept;
}

Result<People::Removal> People::removal(std::string_view pseudonym) const {
  const auto found = find(pseudonym);
  if (!found) return tl::make_unexpected(found.error());
  auto person = read_person(*found);
  if (!person) return tl::make_unexpected(person.error());
  const auto index = record_digest(keys_, "identity", person->identity());
  crypto::wipe(*person->mutable_identity());
  const auto bucket_name = kBucket + std::string(index.view().substr(0, kBucketBytes));
  auto bucket = read_bucket(bucket_name);
  if (!bucket) return tl::make_unexpected(bucket.error());
  auto& entries = *bucket->mutable_entries();
  const auto gone = std::remove_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return entry.pseudonym() == pseudonym;
  });
  if (entries.end() - gone != 1) return fail(ErrorCode::CORRUPT, "the index lacks a person");
  entries.erase(gone, entries.end());
  Removal removal;
  removal.prefixes = {found->name};
  removal.pairs = {{bucket_name, seal_message(keys_.wrap, bucket_name, *bucket)}};
  auto counted = table_.each(found->name + kConfirmation,
                             [&](std::string_view, std::string_view) -> Result<void> {
                               ++removal.confirmations;
                               return {};
                             });
  if (!counted) return tl::make_unexpected(counted.error());
  return removal;
}

Result<People::Counts> People::count() const {
  Counts counts;
  auto counted = table_.each(std::string(1, kAccount),
                             [&](std::string_view name, std::string_view) -> Result<void> {
                               counts.people += name.size() == kAccountNameSize;
                               counts.confirmations += name.size() > kAccountNameSize + 1;
                               return {};
                             });
  if (!counted) return tl::make_unexpected(counted.error());
  return counts;
}

}  // namespace puhui::node::identity
