#include "node/identity/erasure.h"

#include <google/protobuf/struct.pb.h>

#include <cassert>

#include "node/cli/values.h"

namespace puhui::node::identity {
namespace {

constexpr std::string_view kStatement = "the person of this account was erased";
constexpr const char* kNames[] = {"statement",    "account",   "origin",   "leaf",
                                  "event_sha256", "destroyed", "erased_at"};

std::string destroyed(std::uint64_t confirmations) {
  return "the mapping of identity and pseudonym, the person's key and record, " +
         std::to_string(confirmations) + " confirmations with their salts";
}

tl::unexpected<Error> malformed() {
  return fail(ErrorCode::NOTE_MALFORMED, "not an erasure receipt");
}

}  // namespace

std::string sign_erasure(const Keys& keys, const Erasure& erasure) {
  auto text = cli::fields_json({{"statement", std::string(kStatement)},
                                {"account", erasure.account},
                                {"origin", erasure.ground.origin},
                                {"leaf", std::to_string(erasure.ground.leaf)},
                                {"event_sha256", erasure.ground.event_sha256.hex()},
                                {"destroyed", destroyed(erasure.confirmations)},
                                {"erased_at", cli::format_time(erasure.at_us)}});
  if (!text.ends_with('\n')) text += '\n';
  auto signature = crypto::sign_note(text, kSignerName, keys.signer);
  assert(signature.has_value());
  return crypto::format_note({std::move(text), {std::move(*signature)}});
}

Result<cli::Fields> verify_erasure(std::string_view bytes, const crypto::VerifierKey& key) {
  const auto note = crypto::parse_note(bytes);
  if (!note) return tl::make_unexpected(note.error());
  if (const auto verified = crypto::verify_note(*note, {&key, 1}); !verified)
    return tl::make_unexpected(verified.error());
  google::protobuf::Struct said;
  if (!cli::from_json(note->text, said, false)) return malformed();
  cli::Fields fields;
  for (const auto* name : kNames) {
    const auto found = said.fields().find(name);
    if (found == said.fields().end()) return malformed();
    fields.emplace_back(name, found->second.string_value());
  }
  if (fields.front().second != kStatement) return malformed();
  return fields;
}

}  // namespace puhui::node::identity
