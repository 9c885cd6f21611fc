#include "node/identity/keys.h"

#include "node/files/folder.h"

namespace puhui::node::identity {
namespace {

Keys keys_of(crypto::SecretKey root) {
  auto index = crypto::SymmetricKey::derive(root, "puhui-identity/v1 index");
  auto tag = crypto::SymmetricKey::derive(root, "puhui-identity/v1 tag");
  auto wrap = crypto::SymmetricKey::derive(root, "puhui-identity/v1 wrap");
  return {std::move(root), std::move(index), std::move(tag), std::move(wrap)};
}

std::string key_file(const std::string& folder) { return folder + "/store.key"; }

}  // namespace

Result<Keys> make_keys(const std::string& folder, std::optional<std::string_view> passphrase) {
  auto root = crypto::SecretKey::generate();
  if (auto written = write_key(key_file(folder), root, passphrase); !written)
    return tl::make_unexpected(written.error());
  return keys_of(std::move(root));
}

Result<Keys> read_keys(const std::string& folder, std::optional<std::string_view> passphrase) {
  auto root = read_key(key_file(folder), passphrase);
  if (!root) return tl::make_unexpected(root.error());
  return keys_of(std::move(*root));
}

crypto::Digest record_digest(const Keys& keys, std::string_view what, std::string_view of) {
  auto message = std::string(what);
  message += '\0';
  message += of;
  const auto digest = keys.index.tag(message);
  crypto::wipe(message);
  return digest;
}

crypto::VerifierKey verifier_of(const Keys& keys) {
  return {std::string(kSignerName), crypto::NoteKeyType::ed25519, keys.signer.public_key()};
}

Result<CarrierKind> parse_carrier_kind(std::string_view text) {
  if (text == "bike") return CarrierKind::bike;
  if (text == "gate") return CarrierKind::gate;
  if (text == "meter") return CarrierKind::meter;
  return fail(ErrorCode::INVALID_ARGUMENT, "a carrier is a bike, a gate or a meter");
}

crypto::Digest carrier_tag(const Keys& keys, CarrierKind kind, std::string_view carrier) {
  std::string message = "puhui-carrier/v1";
  message += static_cast<char>(kind);
  return keys.tag.tag(message.append(carrier));
}

}  // namespace puhui::node::identity
