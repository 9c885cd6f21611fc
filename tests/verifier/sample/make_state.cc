// Writes state proofs of a small map in a small log, for verifiers of others to read.
//
//   puhui_make_state FOLDER [--flaw NAME]
//
// In FOLDER: policy (two of three cosigners), and of every kind of key one proof of a value, also
// of a citizen's account in the personal map; of accounts also absent-leaf.proof and
// absent-empty.proof, the two ways in which a path can end without the key. A flaw spoils exactly
// one thing, in all of them or in the one that it names. In FOLDER/example, of the same city, the
// three-key map of the worked examples in the READMEs of crypto, ledger and node/cli.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/checkpoint.h"
#include "crypto/map.h"
#include "crypto/merkle.h"
#include "crypto/tlog_proof.h"
#include "tests/verifier/sample/signers.h"

namespace {

using namespace puhui::crypto;
using namespace puhui::verifier_sample;
namespace fs = std::filesystem;

constexpr int kAccounts = 200;
constexpr std::uint64_t kFirstTimeUs = 1'768'449'600'000'000;
constexpr std::uint64_t kStateRootLeaf = 3;
constexpr std::uint64_t kLeaves = 5;

struct Flaw {
  std::string_view name;
  std::string_view what;
};
constexpr Flaw kFlaws[] = {
    {"none", "nothing"},
    {"digit", "one bit of a value"},
    {"value_of_another", "the value of another key"},
    {"key_of_another", "the value is proved, and another key named"},
    {"value_other_name", "the map itself holds under account-007 the account account-008"},
    {"value_bytes", "the map itself holds under account-007 what is no message"},
    {"value_order", "the map itself holds under account-007 a message with its fields swapped"},
    {"value_and_other", "a value, and the leaf of another key besides"},
    {"sibling", "one bit of a hash of the path"},
    {"sibling_missing", "the last hash of the path is left out"},
    {"siblings_many", "a path of 257 hashes"},
    {"absent_present", "absence is claimed of a present key, whose path ends at nothing"},
    {"absent_own_leaf", "absence is claimed of a present key, whose path ends at its own leaf"},
    {"absent_other_path", "absence is claimed of a present key by the path and leaf of another"},
    {"absent_other_leaf", "absence is shown by a leaf that is elsewhere in the map"},
    {"person_flags", "the personal map itself holds an account with a flag that does not exist"},
    {"person_short", "the personal map itself holds an account without its last byte"},
    {"personal", "absence from the open map is claimed of a key of the personal map"},
    {"claim", "absence is claimed of a key of a family that is not in the map"},
    {"key_name", "absence is claimed of an account whose name no account can have"},
    {"key_number", "absence is claimed of a key whose number is too short"},
    {"root", "the state root is of another map"},
    {"leaf_event", "the leaf is an event that holds the bytes of a state root"},
    {"leaf_form", "the state root has a form that does not exist"},
    {"leaf_families", "the families of the state root are out of order"},
    {"leaf_short", "the state root lacks its last byte"},
    {"leaf_elsewhere", "the state root is not the leaf that the receipt is of"},
    {"receipt_path", "one bit of the receipt's path"},
    {"receipt_extra", "the receipt carries no entry"},
    {"receipt_quorum", "the checkpoint has one cosigner"},
    {"receipt_strangers", "the checkpoint has one cosigner and others than the policy's"},
    {"receipt_log", "the checkpoint is of another log key"},
};

// ---- Values, as protobuf writes them -----------------------------------------------------------

std::string number(std::uint64_t value) {
  std::string made;
  for (; value >= 0x80; value >>= 7) made += static_cast<char>(0x80 | (value & 0x7f));
  return made + static_cast<char>(value);
}
std::string field(unsigned at, std::uint64_t value) { return number(at << 3) + number(value); }
std::string field(unsigned at, std::string_view text) {
  return number(at << 3 | 2) + number(text.size()) + std::string(text);
}

std::string account_name(int at) {
  const auto digits = std::to_string(1000 + at).substr(1);
  return "account-" + digits;
}
std::string account(const std::string& name, std::uint64_t units_kg) {
  return field(1, name) + field(2, 2) + field(3, "owner") + field(4, 17) + field(5, units_kg) +
         field(6, 930);
}
std::string u64(std::uint64_t value) {
  std::string made;
  append_u64(made, value);
  return made;
}

using Pairs = std::map<std::string, std::string>;
const std::string kTarget = "vA" + account_name(7);
const std::string kNeighbour = "vA" + account_name(8);

// One of each kind, and accounts.
std::map<std::string, std::string> others() {
  const std::string key_id(sha256("a public key").view());
  return {
      {"batch", "vBWH-PV-0001"},      {"project", "vJsolar-roof"},
      {"key", "vK" + key_id},         {"methodology", std::string("vMWH-PV-2023") + '\0' + "V01"},
      {"node", "vN" + u64(2)},        {"party", "vPbike-co"},
      {"rules", "vR" + u64(0)},       {"totals", "vT"},
      {"block", "vU" + u64(1200)},    {"report", "vWsolar-roof/2025"},
      {"retirement", "vZ" + u64(42)}, {"source", "vaacme/power"},
      {"footprint", "vmacme-2026"},   {"offer", "vxtea-2026"},
      {"settlement", "vjtea-03"},     {"opening", "vz" + u64(42)}};
}

std::string value_of(std::string_view kind, std::string_view name) {
  const auto leaf = kind == "rules" ? 0u : 42u;
  if (kind == "block") return field(1, 901) + field(2, 1200) + field(3, "WH-PV-0001");
  if (kind == "node") return field(1, 2) + field(2, "node-2.city.example");
  if (kind == "retirement") return field(1, "acme") + field(2, leaf) + field(4, 12);
  if (kind == "rules") return field(1, "rules of leaf 0");
  if (kind == "totals") return field(1, 1200) + field(2, 1188) + field(3, 12) + field(5, 930);
  if (kind == "methodology") return field(1, "formula") + field(2, 9);
  if (kind == "project") return field(1, "filing") + field(4, static_cast<std::uint64_t>(-93));
  if (kind == "opening") return field(1, "opening") + field(2, "p-70") + field(3, leaf);
  if (kind == "footprint") return field(1, "report") + field(2, 2) + field(3, 93);
  if (kind == "offer") return field(1, "terms") + field(2, 1) + field(5, 1200) + field(6, 930);
  if (kind == "report") return field(1, "submission") + field(2, 4);
  return field(1, name) + field(3, "acme");
}

Pairs sample_pairs(std::string_view flaw) {
  Pairs pairs;
  for (int i = 0; i < kAccounts; ++i)
    pairs["vA" + account_name(i)] = account(account_name(i), 3 + static_cast<unsigned>(i));
  for (const auto& [kind, key] : others()) pairs[key] = value_of(kind, key.substr(2));
  if (flaw == "value_other_name") pairs[kTarget] = pairs[kNeighbour];
  if (flaw == "value_bytes") pairs[kTarget] = "\x0a\x10short";
  if (flaw == "value_order") pairs[kTarget] = field(2, 2) + field(1, account_name(7));
  return pairs;
}

// Citizens' accounts: grams, leaf that opened it, leaf and record of the last movement, trail,
// flags. The first one is self-held, the second one was erased.
const std::string kPerson = "vA\x01" + std::string(16, 'p');

std::string person(std::uint64_t grams, char flags) {
  std::string value = u64(grams) + u64(17) + u64(42);
  append_u32(value, 5);
  return value + std::string(sha256("trail").view()) + flags;
}

Pairs personal_pairs(std::string_view flaw) {
  Pairs pairs{{kPerson, person(930, flaw == "person_flags" ? '\4' : '\1')},
              {"vA\x01" + std::string(16, 'q'), person(0, '\2')},
              {"vA\x01" + std::string(16, 'r'), person(static_cast<std::uint64_t>(-93), '\0')}};
  if (flaw == "person_short") pairs[kPerson].pop_back();
  return pairs;
}

const Pairs kExample = {
    {"vAacme", field(1, "acme") + field(2, 2) + field(3, "acme") + field(4, 17) + field(5, 12)},
    {"vPacme", field(1, "acme") + field(2, "acme-co") + field(9, 11)},
    {"vT", field(1, 12) + field(2, 12) + field(6, 1) + field(8, 1)}};

// ---- The map, by its definition ----------------------------------------------------------------

using Leaves = std::vector<MapLeaf>;

Leaves under(const Leaves& leaves, unsigned depth, bool bit) {
  Leaves chosen;
  for (const auto& leaf : leaves)
    if (map_bit(leaf.key, depth) == bit) chosen.push_back(leaf);
  return chosen;
}

Digest root_below(const Leaves& leaves, unsigned depth) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1) return map_leaf_hash(leaves.front());
  return map_node_hash(root_below(under(leaves, depth, false), depth + 1),
                       root_below(under(leaves, depth, true), depth + 1));
}

MapProof path_to(Leaves leaves, std::string_view key) {
  const Digest path = sha256(key);
  MapProof proof;
  for (unsigned depth = 0; leaves.size() > 1; ++depth) {
    proof.siblings.push_back(root_below(under(leaves, depth, !map_bit(path, depth)), depth + 1));
    leaves = under(leaves, depth, map_bit(path, depth));
  }
  if (leaves.size() == 1 && leaves.front().key != path) proof.other = leaves.front();
  return proof;
}

// ---- The files ---------------------------------------------------------------------------------

struct Proof {
  std::string key;
  std::optional<std::string> value;
  MapProof path;
};

class City {
 public:
  City(fs::path folder, std::string flaw, Pairs pairs, Pairs personal)
      : folder_(std::move(folder)),
        flaw_(std::move(flaw)),
        pairs_(std::move(pairs)),
        personal_(std::move(personal)),
        leaves_(leaves_of(pairs_)),
        personal_leaves_(leaves_of(personal_)) {
    append_entries();
  }

  void write() const;
  void write_example() const;

 private:
  bool flawed(std::string_view name) const { return flaw_ == name; }
  static Leaves leaves_of(const Pairs& pairs);
  Proof present(const std::string& key) const;
  Proof lacking(const std::string& key) const { return {key, std::nullopt, path_to(leaves_, key)}; }
  Proof absent(bool ends_at_leaf) const;
  Proof spoilt(Proof proof) const;
  void append_entries();
  std::string state_root() const;
  std::string receipt() const;
  std::string json(const Proof& proof) const;
  void put(const std::string& name, const Proof& proof) const {
    put_file(folder_ / (name + ".proof"), json(proof));
  }

  fs::path folder_;
  std::string flaw_;
  Pairs pairs_, personal_;
  Leaves leaves_, personal_leaves_;
  std::vector<std::string> entries_;
  std::vector<std::vector<Digest>> nodes_;
};

Leaves City::leaves_of(const Pairs& pairs) {
  Leaves leaves;
  for (const auto& [key, value] : pairs) leaves.push_back(map_leaf(key, value));
  std::ranges::sort(leaves);
  return leaves;
}

std::string City::state_root() const {
  Digest root = root_below(leaves_, 0);
  if (flawed("root")) root = root_below({leaves_.begin(), leaves_.end() - 1}, 0);
  std::string families = "A" + std::string(sha256("A").view());
  families.insert(flawed("leaf_families") ? 0 : families.size(),
                  "P" + std::string(sha256("P").view()));
  if (flawed("leaf_short")) families.pop_back();
  const char form = flawed("leaf_form") ? 9 : 3;
  const auto personal =
      personal_.empty() ? sha256("the personal map") : root_below(personal_leaves_, 0);
  return form + std::string(root.view()) + std::string(personal.view()) + families;
}

void City::append_entries() {
  Frontier frontier;
  for (std::uint64_t i = 0; i < kLeaves; ++i) {
    const bool state = i == kStateRootLeaf;
    const char kind = state && !flawed("leaf_event") ? 2 : i % 2 == 0 ? 3 : 1;
    std::string body = state ? state_root() : kind == 1 ? "an envelope" : "";
    entries_.push_back(u64(kFirstTimeUs + i) + kind + body);
    frontier.append(leaf_hash(entries_.back()), [&](unsigned level, std::uint64_t, Digest hash) {
      if (nodes_.size() <= level) nodes_.resize(level + 1);
      nodes_[level].push_back(hash);
    });
  }
}

std::string City::receipt() const {
  const NodeReader reader = [this](unsigned level, std::uint64_t index) {
    return nodes_[level].at(index);
  };
  const std::uint64_t index = kStateRootLeaf - (flawed("leaf_elsewhere") ? 1 : 0);
  TlogProof proof{entries_[kStateRootLeaf], index, inclusion_proof(index, kLeaves, reader), {}};
  if (flawed("receipt_path")) proof.path.back().bytes[5] ^= 1;
  if (flawed("receipt_extra")) proof.extra.reset();
  Signers signers;
  if (flawed("receipt_log")) signers.log = "another log";
  if (flawed("receipt_quorum") || flawed("receipt_strangers")) signers.cosigners = 1;
  signers.strangers = flawed("receipt_strangers");
  proof.checkpoint =
      sign_head({std::string(kOrigin), kLeaves, root_at(kLeaves, reader), {}}, signers);
  return format_tlog_proof(proof);
}

Proof City::present(const std::string& key) const {
  return {key, pairs_.at(key), path_to(leaves_, key)};
}

Proof City::absent(bool ends_at_leaf) const {
  for (int i = 0;; ++i) {
    auto proof = lacking("vAnobody-" + std::to_string(i));
    if (proof.path.other.has_value() == ends_at_leaf) return proof;
  }
}

Proof City::spoilt(Proof proof) const {
  auto& siblings = proof.path.siblings;
  if (flawed("sibling")) siblings.back().bytes[31] ^= 1;
  if (flawed("sibling_missing")) siblings.pop_back();
  if (flawed("siblings_many")) siblings.resize(kMapDepthMax + 1);
  if (flawed("absent_other_leaf") && proof.path.other) {
    const auto elsewhere = std::ranges::find_if(leaves_, [&](const MapLeaf& leaf) {
      return map_bit(leaf.key, 0) != map_bit(proof.path.other->key, 0);
    });
    proof.path.other = *elsewhere;
  }
  if (proof.key != kTarget) return proof;
  if (flawed("digit")) spoil(*proof.value, proof.value->size() - 1);
  if (flawed("value_of_another")) proof.value = pairs_.at(kNeighbour);
  if (flawed("key_of_another")) proof.key = kNeighbour;
  if (flawed("value_and_other")) proof.path.other = leaves_.front();
  if (flawed("personal")) proof = lacking(kPerson);
  if (flawed("claim")) proof = lacking("vC" + std::string(40, 'c'));
  if (flawed("key_name")) proof = lacking(kTarget + '\n');
  if (flawed("key_number")) proof = lacking("vU" + u64(1200).substr(4));
  if (flaw_.starts_with("absent_")) proof.value.reset();
  if (flawed("absent_own_leaf")) proof.path.other = map_leaf(kTarget, pairs_.at(kTarget));
  if (flawed("absent_other_path")) {
    proof.path = path_to(leaves_, kNeighbour);
    proof.path.other = map_leaf(kNeighbour, pairs_.at(kNeighbour));
  }
  return proof;
}

std::string City::json(const Proof& sound) const {
  const auto proof = spoilt(sound);
  const auto text = [](std::string_view bytes) { return '"' + base64_encode(bytes) + '"'; };
  std::string made = "{\n \"key\": " + text(proof.key) + ",\n";
  if (proof.value) made += " \"value\": " + text(*proof.value) + ",\n";
  made += " \"siblings\": [";
  for (std::string_view comma = "\n  "; const auto& hash : proof.path.siblings) {
    made += std::string(comma) + text(hash.view());
    comma = ",\n  ";
  }
  const auto& other = proof.path.other;
  made += "\n ],\n \"other_key\": " + text(other ? other->key.view() : "");
  made += ",\n \"other_value\": " + text(other ? other->value.view() : "");
  made += ",\n \"receipt\": \"";
  for (const char c : receipt()) made += c == '\n' ? std::string("\\n") : std::string(1, c);
  return made + "\"\n}\n";
}

void City::write() const {
  put_file(folder_ / "policy", format_policy(city_policy()));
  put("account", present(kTarget));
  for (const auto& [kind, key] : others()) put(kind, present(key));
  put("person", {kPerson, personal_.at(kPerson), path_to(personal_leaves_, kPerson)});
  put("absent-leaf", absent(true));
  put("absent-empty", absent(false));
}

void City::write_example() const {
  put_file(folder_ / "policy", format_policy(city_policy()));
  put("account", present("vAacme"));
  for (const auto* key : {"vPnobody", "vAowner"}) put(key, lacking(key));
}

}  // namespace

int main(int argc, char** argv) {
  init();
  std::string usage = "usage: puhui_make_state FOLDER [--flaw NAME]\nflaws:";
  for (const auto& flaw : kFlaws)
    usage += "\n  " + std::string(flaw.name) + ": " + std::string(flaw.what);
  const bool with_flaw = argc == 4 && std::string_view(argv[2]) == "--flaw";
  if (argc != 2 && !with_flaw) stop(usage);
  const std::string flaw = with_flaw ? argv[3] : "none";
  if (std::ranges::find(kFlaws, flaw, &Flaw::name) == std::end(kFlaws)) stop(usage);
  const fs::path folder = argv[1];
  if (fs::exists(folder) && !fs::is_empty(folder)) stop("the folder is not empty");
  City(folder, flaw, sample_pairs(flaw), personal_pairs(flaw)).write();
  City(folder / "example", "none", kExample, {}).write_example();
  return 0;
}
