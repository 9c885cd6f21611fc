#include "sim/checker.h"

#include <cstring>

namespace puhui::consensus::sim {
namespace {

std::string at(NodeId node, Index index) {
  return "server " + std::to_string(node) + ", index " + std::to_string(index);
}

bool same(const Entry& a, const Entry& b) {
  return a.term == b.term && a.kind == b.kind && *a.data == *b.data;
}

}  // namespace

std::uint64_t mix(std::uint64_t digest, Index index, const std::string& block) {
  std::uint64_t h = (digest ^ index) * 1099511628211u;
  for (const char c : block) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return h;
}

void Checker::commit(NodeId node, Term term, Index index, const Entry& entry) {
  if (index <= committed()) {
    if (!same(committed_[index], entry)) violate("STATE MACHINE SAFETY: " + at(node, index));
    return;
  }
  if (index != committed() + 1) violate("a gap in commits: " + at(node, index));
  const bool block = entry.kind == EntryKind::kBlock;
  digests_.push_back(block ? mix(digests_.back(), index, *entry.data) : digests_.back());
  last_block_.push_back(block ? index : last_block_.back());
  committed_.push_back(entry);
  committed_in_.push_back(term);
}

void Checker::elected(NodeId node, Term term, const Image& log) {
  const auto [leader, first] = leaders_.emplace(term, node);
  if (!first && leader->second != node) {
    violate("ELECTION SAFETY: two leaders in term " + std::to_string(term));
  }
  for (Index index = log.first; index <= committed(); ++index) {
    // A vote counted late may crown a leader of an older term.
    if (committed_in_[index] >= term) continue;
    const Entry* entry = log.at(index);
    if (entry == nullptr || !same(*entry, committed_[index])) {
      violate("LEADER COMPLETENESS: " + at(node, index));
    }
  }
}

void Checker::delivered(NodeId node, Index index, Term term, const Bytes& block) const {
  if (index > committed() || committed_[index].kind != EntryKind::kBlock ||
      committed_[index].term != term || *committed_[index].data != *block) {
    violate("DELIVERY of what is not committed: " + at(node, index));
  }
}

void Checker::digest(NodeId node, Index index, std::uint64_t digest) const {
  if (index > committed() || digests_[index] != digest) violate("DIGEST: " + at(node, index));
}

void Checker::acknowledged(std::uint64_t number, Index index) {
  if (!acknowledged_.emplace(number, index).second) violate("a block acknowledged twice");
}

void Checker::finish() const {
  std::map<std::uint64_t, Index> present;
  for (Index index = 1; index <= committed(); ++index) {
    const Entry& entry = committed_[index];
    if (entry.kind != EntryKind::kBlock) continue;
    std::uint64_t number = 0;
    std::memcpy(&number, entry.data->data(), sizeof number);
    if (!present.emplace(number, index).second)
      violate("DUPLICATE block: index " + std::to_string(index));
  }
  for (const auto& [number, index] : acknowledged_) {
    const auto found = present.find(number);
    if (found == present.end() || found->second != index) {
      violate("LOST: an acknowledged block, index " + std::to_string(index));
    }
  }
}

}  // namespace puhui::consensus::sim
