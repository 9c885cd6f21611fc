// Key files of this machine.
#include "crypto/bytes.h"
#include "node/cli/command.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

Fields describe_key(const crypto::PublicKey& key, bool encrypted) {
  return {{"algorithm", std::string(crypto::algorithm_name(key.algorithm))},
          {"public_key", crypto::hex_encode(key.encode())},
          {"key_id", key.key_id().hex()},
          {"encrypted", encrypted ? "yes" : "no"}};
}

Run declare_new(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "key file to make; must not exist")->required();
  return [path](Session& session) -> Result<Exit> {
    auto passphrase = session.passphrase();
    if (!passphrase) return tl::make_unexpected(passphrase.error());
    const auto key = crypto::SecretKey::generate();
    if (auto written = write_key(*path, key, *passphrase); !written)
      return tl::make_unexpected(written.error());
    session.print(describe_key(key.public_key(), passphrase->has_value()));
    if (*passphrase) {
      crypto::wipe(**passphrase);
    } else {
      session.world().err << "the file is as safe as its mode, 0600: no passphrase protects it\n";
    }
    return Exit::ok;
  };
}

Run declare_show(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "key file")->required();
  return [path](Session& session) -> Result<Exit> {
    auto bytes = read_file(*path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const auto encrypted = crypto::is_encrypted(*bytes);
    const auto key = crypto::claimed_public_key(*bytes);
    crypto::wipe(*bytes);
    if (!encrypted || !key) return fail(ErrorCode::KEY_MALFORMED, *path);
    session.print(describe_key(*key, *encrypted));
    return Exit::ok;
  };
}

struct Files {
  std::string from, to;
};

std::shared_ptr<Files> add_files(CLI::App& app) {
  auto files = std::make_shared<Files>();
  app.add_option("file", files->from, "key file to read")->required();
  app.add_option("to", files->to, "key file to make; must not exist")->required();
  return files;
}

Result<Exit> rewrite(Session& session, const Files& files, bool encrypt) {
  auto passphrase = session.passphrase();
  if (!passphrase) return tl::make_unexpected(passphrase.error());
  if (!*passphrase) return fail(ErrorCode::CONFIG, "give --passphrase-file FILE");
  const auto key = read_key(files.from, *passphrase);
  if (!key) return fail(key.error().code, files.from + ": " + key.error().detail);
  std::optional<std::string_view> cover;
  if (encrypt) cover = **passphrase;
  const auto written = write_key(files.to, *key, cover);
  crypto::wipe(**passphrase);
  if (!written) return tl::make_unexpected(written.error());
  session.print(describe_key(key->public_key(), encrypt));
  return Exit::ok;
}

Run declare_encrypt(CLI::App& app) {
  return [files = add_files(app)](Session& session) { return rewrite(session, *files, true); };
}

Run declare_decrypt(CLI::App& app) {
  return [files = add_files(app)](Session& session) { return rewrite(session, *files, false); };
}

constexpr Command kCommands[] = {
    {"key", "new", "Makes a new key; encrypted if --passphrase-file is given.",
     "puhui key new operator.key\n"
     "puhui key new authority.key --passphrase-file authority.pass",
     declare_new},
    {"key", "show", "Shows the public key of a key file, without its passphrase.",
     "puhui key show operator.key\npuhui key show operator.key -o json", declare_show},
    {"key", "encrypt", "Copies a plain key file into an encrypted one.",
     "puhui key encrypt plain.key safe.key --passphrase-file key.pass", declare_encrypt},
    {"key", "decrypt", "Copies an encrypted key file into a plain one.",
     "puhui key decrypt safe.key plain.key --passphrase-file key.pass", declare_decrypt},
};

}  // namespace

std::span<const Command> key_commands() { return kCommands; }

}  // namespace puhui::node::cli
