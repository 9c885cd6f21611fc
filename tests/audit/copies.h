// A ledger's log written as a mirror keeps it, under a checkpoint that its log key signed.
#pragma once

#include <filesystem>
#include <fstream>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "crypto/policy.h"
#include "tests/ledger/city.h"

namespace puhui::node::audit::testing {

inline void put(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline crypto::VerifierKey log_key() {
  return {"wuhan.example/log", crypto::NoteKeyType::ed25519,
          ledger::testing::key_of("log").public_key()};
}
inline crypto::Policy log_policy() {
  crypto::Policy policy;
  policy.logs = {{log_key(), ""}};
  return policy;
}
inline std::string checkpoint_of(std::uint64_t size, const crypto::Digest& root) {
  const auto text = crypto::format_checkpoint({log_key().name, size, root, {}});
  return crypto::format_note(
      {text, {*crypto::sign_note(text, log_key().name, ledger::testing::key_of("log"))}});
}

inline void write_copy(ledger::testing::City& city, const std::filesystem::path& folder) {
  using crypto::Tile;
  auto view = city.view();
  const auto size = view.head().size;
  put(folder / "checkpoint", checkpoint_of(size, view.head().root));
  for (unsigned level = 0; (size >> (crypto::kTileHeight * level)) > 0; ++level) {
    const auto [full, part] = crypto::tiles_at(level, size);
    for (std::uint64_t index = 0; index < full + (part > 0 ? 1 : 0); ++index)
      for (const auto kind : {Tile::Kind::hashes, Tile::Kind::entries}) {
        const Tile tile{kind, level, index, index < full ? crypto::kTileWidth : part};
        if (kind == Tile::Kind::hashes || level == 0)
          put(folder / crypto::tile_path(tile), *view.tile(tile));
      }
  }
  constexpr std::string_view kBundles = "tile/entries";
  for (std::uint64_t leaf = 0; leaf < size; ++leaf)
    if (const auto bytes = view.attachment(leaf)) {
      const auto path = crypto::tile_path({Tile::Kind::entries, 0, leaf, crypto::kTileWidth});
      put(folder / ("attachments" + path.substr(kBundles.size())), *bytes);
    }
}

}  // namespace puhui::node::audit::testing
