// What must hold in every run, seen from outside all servers (Ongaro 2014, figure 3.2).
#pragma once

#include <map>
#include <set>
#include <vector>

#include "sim/disk.h"

namespace puhui::consensus::sim {

std::uint64_t mix(std::uint64_t digest, Index index, const std::string& block);

class Checker {
 public:
  Checker() : committed_(1), committed_in_(1), digests_(1), last_block_(1) {}

  // State machine safety: a server says entries up to some index are committed.
  void commit(NodeId node, Term term, Index index, const Entry& entry);
  // Election safety and leader completeness.
  void elected(NodeId node, Term term, const Image& log);
  // A block reached a machine: only what is committed may.
  void delivered(NodeId node, Index index, Term term, const Bytes& block) const;
  // A machine's digest after the block at `index`.
  void digest(NodeId node, Index index, std::uint64_t digest) const;
  // A client was told that its block is committed.
  void acknowledged(std::uint64_t number, Index index);

  // Every acknowledged block is there, once.
  void finish() const;

  [[nodiscard]] Index committed() const { return committed_.size() - 1; }
  // The last index at or before `index`, which must be committed, that holds a block.
  [[nodiscard]] Index last_block(Index index) const { return last_block_.at(index); }

 private:
  std::vector<Entry> committed_;
  std::vector<Term> committed_in_;  // The term in which a commit was first seen.
  std::vector<std::uint64_t> digests_;
  std::vector<Index> last_block_;
  std::map<Term, NodeId> leaders_;
  std::map<std::uint64_t, Index> acknowledged_;
};

}  // namespace puhui::consensus::sim
