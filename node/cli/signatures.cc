#include "node/cli/signatures.h"

#include "ledger/recognition.h"

namespace puhui::node::cli {

Result<Exit> sign_as_authority(Session& session, std::string_view word, std::string_view bytes) {
  const auto keys = session.signing_keys();
  if (!keys) return tl::make_unexpected(keys.error());
  if (keys->size() != 1)
    return fail(ErrorCode::CONFIG, "a signature is of one key: give --key once");
  const auto& key = keys->front();
  v1::AuthoritySignature signature;
  signature.set_key_id(std::string(key.public_key().key_id().view()));
  signature.set_signature(key.sign(ledger::authority_bytes(word, bytes)));
  if (auto delivered = session.deliver(to_json(signature)); !delivered)
    return tl::make_unexpected(delivered.error());
  return Exit::ok;
}

Result<v1::AuthoritySignature> read_authority_signature(const std::string& path) {
  auto signature = read_json_file<v1::AuthoritySignature>(path);
  if (signature && signature->key_id().size() != crypto::Digest::kSize)
    return fail(ErrorCode::INVALID_ARGUMENT, path + ": no signature of an authority");
  return signature;
}

}  // namespace puhui::node::cli
