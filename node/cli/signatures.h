// What the authorities of two cities sign: agreements, renewals and settlements, as exact bytes in
// files; and their signatures, each a JSON file of an AuthoritySignature.
#pragma once

#include <string>
#include <string_view>

#include "node/cli/command.h"

namespace puhui::node::cli {

// A file's bytes, read by `read`, whose errors name the file.
template <class Message>
Result<std::string> read_signed(const std::string& path,
                                Result<Message> (*read)(std::string_view)) {
  auto bytes = read_file(path);
  if (!bytes) return bytes;
  if (const auto sound = read(*bytes); !sound)
    return fail(sound.error().code, path + ": " + sound.error().detail);
  return bytes;
}

// `puhui <noun> sign FILE --key K`: the signature of one key over these bytes.
[[nodiscard]] Result<Exit> sign_as_authority(Session& session, std::string_view word,
                                             std::string_view bytes);
template <class Message>
Run signs(CLI::App& app, std::string_view word, Result<Message> (*read)(std::string_view)) {
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "what is signed, as drafted")->required();
  return [path, word, read](Session& session) -> Result<Exit> {
    const auto bytes = read_signed(*path, read);
    if (!bytes) return tl::make_unexpected(bytes.error());
    return sign_as_authority(session, word, *bytes);
  };
}

// Delivers the one encoding of a message, if `read` takes it.
template <class Message>
Result<Exit> deliver_signed(Session& session, const Message& message,
                            Result<Message> (*read)(std::string_view)) {
  const auto bytes = message.SerializeAsString();
  if (const auto sound = read(bytes); !sound) return tl::make_unexpected(sound.error());
  if (auto delivered = session.deliver(bytes); !delivered)
    return tl::make_unexpected(delivered.error());
  return Exit::ok;
}

[[nodiscard]] Result<v1::AuthoritySignature> read_authority_signature(const std::string& path);

// --signature, one or more times: the partner's.
template <class Action>
CLI::Option* add_signatures(CLI::App& app, const std::shared_ptr<Action>& action) {
  return add_values(
             app, "--signature", read_authority_signature,
             [action](v1::AuthoritySignature signature) {
               *action->add_partner_signatures() = std::move(signature);
             },
             "signature of the partner's authority; repeat for several")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

// A message out of a JSON file. INVALID_ARGUMENT names the place.
template <class Message>
Result<Message> read_json_file(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  Message message;
  if (auto read = from_json(*text, message, false); !read)
    return fail(read.error().code, path + ": " + read.error().detail);
  return message;
}

}  // namespace puhui::node::cli
