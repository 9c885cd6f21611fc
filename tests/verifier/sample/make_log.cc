// Writes a static C2SP tlog-tiles folder of seeded entries, for verifiers of others to read.
//
//   puhui_make_log FOLDER SIZE [--seed N] [--flaw NAME]
//
// In FOLDER: checkpoint, tile/…, policy (two of three cosigners), earlier.checkpoint (of about two
// thirds of the entries), and receipts/<index>.tlog-proof of a few leaves. A flaw spoils exactly
// one thing, so that a verifier which does not look there accepts the folder; the names are below.
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/tiles.h"
#include "crypto/tlog_proof.h"
#include "tests/verifier/sample/signers.h"

namespace {

using namespace puhui::crypto;
using namespace puhui::verifier_sample;
namespace fs = std::filesystem;

constexpr std::uint64_t kSizeMax = 10'000'000;

struct Flaw {
  std::string_view name;
  std::string_view what;
};
constexpr Flaw kFlaws[] = {
    {"none", "nothing"},
    {"entry", "one byte of the last entry"},
    {"bundle_short", "the last bundle lacks its last byte"},
    {"tile", "one hash of the last tile of level 0"},
    {"upper_tile", "one hash of the last tile of the highest level"},
    {"root", "the checkpoint signs another root"},
    {"size", "the checkpoint signs one more entry"},
    {"origin", "the checkpoint names another origin"},
    {"log_signature", "one bit of the log's signature"},
    {"log_unsigned", "no signature of the log"},
    {"cosignature", "one bit of a cosignature"},
    {"cosignature_again", "one bit of a cosignature that repeats a sound one"},
    {"quorum", "two cosigners of three are absent"},
    {"strangers", "two cosigners of three are absent, others than the policy's signed for them"},
    {"fork", "the earlier checkpoint is of another history"},
    {"receipt_index", "a receipt names the next index"},
    {"receipt_path", "one bit of a receipt's path"},
    {"receipt_extra", "one byte of the entry that a receipt carries"},
    {"receipt_quorum", "a receipt's checkpoint has one cosigner"},
    {"receipt_strangers", "a receipt's checkpoint has one cosigner and others than the policy's"},
    {"receipt_log", "a receipt's checkpoint is of another log key"},
};

// splitmix64: the same entries on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::string bytes(std::size_t size) {
    std::string made;
    while (made.size() < size) append_u64(made, next());
    made.resize(size);
    return made;
  }

 private:
  std::uint64_t state_;
};

struct Plan {
  fs::path folder;
  std::uint64_t size = 0;
  std::uint64_t seed = 1;
  std::string flaw = "none";
};

class Log {
 public:
  explicit Log(const Plan& plan) : plan_(plan), random_(plan.seed) {
    for (std::uint64_t i = 0; i < plan.size; ++i) append(entry(i));
  }

  void write();

 private:
  // The first two are the longest and the shortest there can be.
  std::string entry(std::uint64_t index) {
    if (index == 0) return random_.bytes(kEntrySizeMax);
    if (index == 1) return {};
    return random_.bytes(1 + random_.next() % 160);
  }
  void append(std::string entry) {
    frontier_.append(leaf_hash(entry), [this](unsigned level, std::uint64_t, const Digest& hash) {
      if (nodes_.size() <= level) nodes_.resize(level + 1);
      nodes_[level].push_back(hash);
    });
    entries_.push_back(std::move(entry));
  }
  NodeReader reader() const {
    return [this](unsigned level, std::uint64_t index) { return nodes_[level].at(index); };
  }
  bool flawed(std::string_view name) const { return plan_.flaw == name; }

  void put(const fs::path& name, std::string_view bytes) const {
    put_file(plan_.folder / name, bytes);
  }
  void put_tiles(std::uint64_t size) const;
  void put_tile(const Tile& tile) const;
  std::string bytes_of(const Tile& tile) const;
  bool is_last(const Tile& tile) const;

  Checkpoint head(std::uint64_t size) const { return {std::string(kOrigin), size, root(size), {}}; }
  Digest root(std::uint64_t size) const { return root_at(size, reader()); }
  std::string checkpoint() const;
  std::string earlier() const;
  std::string receipt(std::uint64_t index) const;

  Plan plan_;
  Random random_;
  std::vector<std::string> entries_;
  std::vector<std::vector<Digest>> nodes_;
  Frontier frontier_;
};

bool Log::is_last(const Tile& tile) const {
  const auto there = tiles_at(tile.level, plan_.size);
  const bool partial = there.partial_width != 0;
  return tile.index + 1 == there.full + (partial ? 1 : 0) &&
         tile.width == (partial ? there.partial_width : kTileWidth);
}

std::string Log::bytes_of(const Tile& tile) const {
  std::string bytes;
  for (unsigned i = 0; i < tile.width; ++i) {
    const std::uint64_t at = tile.index * kTileWidth + i;
    if (tile.kind == Tile::Kind::entries) {
      append_to_bundle(bytes, entries_[at]);
    } else {
      bytes += nodes_[kTileHeight * tile.level][at].view();
    }
  }
  return bytes;
}

void Log::put_tile(const Tile& tile) const {
  std::string bytes = bytes_of(tile);
  const bool entries = tile.kind == Tile::Kind::entries;
  if (is_last(tile)) {
    const bool highest = tiles_at(tile.level + 1, plan_.size) == LevelTiles{};
    if (entries && flawed("entry")) spoil(bytes, bytes.size() - 1);
    if (entries && flawed("bundle_short")) bytes.pop_back();
    if (!entries && tile.level == 0 && flawed("tile")) spoil(bytes, 0);
    if (!entries && highest && flawed("upper_tile")) spoil(bytes, bytes.size() - 1);
  }
  put(tile_path(tile), bytes);
}

void Log::put_tiles(std::uint64_t size) const {
  for (unsigned level = 0; tiles_at(level, size) != LevelTiles{}; ++level) {
    const auto there = tiles_at(level, size);
    std::vector<Tile> tiles;
    for (std::uint64_t n = 0; n < there.full; ++n) {
      tiles.push_back({Tile::Kind::hashes, level, n, kTileWidth});
    }
    if (there.partial_width != 0) {
      tiles.push_back({Tile::Kind::hashes, level, there.full, there.partial_width});
    }
    for (Tile& tile : tiles) {
      put_tile(tile);
      tile.kind = Tile::Kind::entries;
      if (level == 0) put_tile(tile);
    }
  }
}

std::string Log::checkpoint() const {
  Checkpoint head = this->head(plan_.size);
  if (flawed("root")) head.root = leaf_hash("another root");
  if (flawed("size")) ++head.size;
  if (flawed("origin")) head.origin = "other.city.example";
  Signers signers;
  if (flawed("log_unsigned")) signers.log = "";
  if (flawed("quorum") || flawed("strangers")) signers.cosigners = 1;
  signers.strangers = flawed("strangers");
  const std::string bytes = sign_head(head, signers);
  Note note = parse_note(bytes).value();
  if (flawed("cosignature_again")) note.signatures.push_back(note.signatures.front());
  const bool of_the_last = flawed("log_signature") || flawed("cosignature_again");
  if (!of_the_last && !flawed("cosignature")) return bytes;
  auto& signature = of_the_last ? note.signatures.back() : note.signatures.front();
  spoil(signature.signature, signature.signature.size() - 10);
  return format_note(note);
}

std::string Log::earlier() const {
  Checkpoint head = this->head(plan_.size - plan_.size / 3);
  if (flawed("fork")) head.root = leaf_hash("another history");
  return sign_head(head, {});
}

std::string Log::receipt(std::uint64_t index) const {
  TlogProof proof{entries_[index], index, inclusion_proof(index, plan_.size, reader()), {}};
  Signers signers;
  if (flawed("receipt_log")) signers.log = "another log";
  if (flawed("receipt_quorum") || flawed("receipt_strangers")) signers.cosigners = 1;
  signers.strangers = flawed("receipt_strangers");
  proof.checkpoint = sign_head(head(plan_.size), signers);
  if (flawed("receipt_index")) ++proof.index;
  if (flawed("receipt_path") && !proof.path.empty()) proof.path.back().bytes[5] ^= 1;
  if (flawed("receipt_extra")) {
    if (proof.extra->empty()) proof.extra = "x";
    spoil(*proof.extra, 0);
  }
  return format_tlog_proof(proof);
}

void Log::write() {
  const std::uint64_t earlier_size = plan_.size - plan_.size / 3;
  put_tiles(earlier_size);
  put_tiles(plan_.size);
  put("policy", format_policy(city_policy()));
  put("earlier.checkpoint", earlier());
  const std::set<std::uint64_t> indexes{0, plan_.size / 2, plan_.size - 1};
  for (const std::uint64_t index : indexes) {
    put("receipts/" + std::to_string(index) + ".tlog-proof", receipt(index));
  }
  // Last, as a log publishes: what it names is there already.
  put("checkpoint", checkpoint());
}

std::uint64_t number(const char* text) {
  const auto value = parse_decimal(text);
  if (!value) stop(std::string("not a number: ") + text);
  return *value;
}

Plan parse(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0) {
    std::string usage = "usage: puhui_make_log FOLDER SIZE [--seed N] [--flaw NAME]\nflaws:";
    for (const auto& flaw : kFlaws) {
      usage += "\n  " + std::string(flaw.name) + ": " + std::string(flaw.what);
    }
    stop(usage);
  }
  Plan plan{argv[1], number(argv[2]), 1, "none"};
  if (plan.size == 0 || plan.size > kSizeMax) stop("a log has 1 to 10000000 entries here");
  for (int i = 3; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--seed") {
      plan.seed = number(argv[i + 1]);
    } else if (name == "--flaw") {
      plan.flaw = argv[i + 1];
    } else {
      stop("unknown argument " + std::string(name));
    }
  }
  for (const auto& flaw : kFlaws) {
    if (flaw.name == plan.flaw) return plan;
  }
  stop("unknown flaw " + plan.flaw);
}

}  // namespace

int main(int argc, char** argv) {
  init();
  const Plan plan = parse(argc, argv);
  if (fs::exists(plan.folder) && !fs::is_empty(plan.folder)) stop("the folder is not empty");
  Log(plan).write();
  return 0;
}
