// One direction between two cities: what stands in the ledger of `from` and concerns `to`.
//
// What is open follows from the views of both alone: nothing is kept between two starts, and a
// start reads lists, not ledgers. A round takes part of it: first evidence that the log of `from`
// has forked, if there is any; then a checkpoint of it, if something is not covered by the last one
// that `to` accepted; then leaf by leaf, in this order: projects, recalls, exports, answers,
// retirements, published tags. Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/relay/delivery.h"
#include "node/relay/fork.h"
#include "node/relay/prover.h"

namespace puhui::node::relay {

// Leaves looked for at once; the rest waits for the next pass.
inline constexpr std::size_t kOpenMax = 1000;

struct Open {
  std::uint64_t leaf = 0;
  std::optional<std::uint64_t> notice;
};

// Told of each thing that was carried, or could not be. `leaf` is that of `from`; of a checkpoint,
// its size.
using Told = std::function<void(const City& from, const City& to, std::uint64_t leaf,
                                const Carried& carried)>;

// What a pass did and what it left.
struct Pass {
  std::size_t done = 0, refused = 0, waits = 0;

  void add(const Pass& other) {
    done += other.done;
    refused += other.refused;
    waits += other.waits;
  }
};

class Way {
 public:
  // The cities outlive it.
  Way(City& from, City& to) : from_(from), to_(to), prover_(from) {}

  // AGREEMENT_UNKNOWN where `to` knows no such partner; errors of the cities. What was carried
  // before an error stays.
  [[nodiscard]] Result<Pass> pass(const Told& told);
  // The first part of that: what convicts the log of `from` is recorded, once. Also while `from`
  // does not answer: then it is not asked.
  [[nodiscard]] Result<Pass> accuse(const Told& told, bool asks_it);

  // What `to` was found to know is asked anew.
  void forget();

  // How `to` knows the log of `from`. AGREEMENT_UNKNOWN.
  [[nodiscard]] Result<v1::PartnerLog> known(Query query = {});
  // A larger checkpoint that `to` would accept, with its proof; nothing if there is none.
  [[nodiscard]] Result<std::optional<v1::AcceptCheckpoint>> larger_checkpoint(
      const v1::PartnerLog& log);
  // A leaf as `to` can verify it by a checkpoint of this size.
  [[nodiscard]] Result<Delivery> delivery_of(const Open& open, std::uint64_t size);
  // The leaves that tell `to` of a project: filed, or a draft and its notice. NOT_FOUND where there
  // is no such project; LEAF_UNEXPECTED for one filed by procedure without notice.
  [[nodiscard]] Result<Open> filing_of(const std::string& project);

 private:
  void begin(std::uint32_t epoch);
  Result<std::optional<Fork>> shown_fork(const v1::PartnerLog& log);
  void add(const Open& one, std::vector<Open>& open) const;
  Result<std::vector<Open>> find_open(const Told& told, Pass& pass);
  Result<void> find_projects(std::vector<Open>& open);
  Result<void> find_closing(const v1::Project& project, const v1::ForeignProject& noted,
                            std::vector<Open>& open);
  Result<void> find_notices(std::vector<Open>& open);
  Result<void> find_recalls(std::vector<Open>& open);
  Result<void> find_exports(std::vector<Open>& open);
  Result<void> find_answers(std::vector<Open>& open);
  Result<void> find_retirements(std::vector<Open>& open, const Told& told, Pass& pass);
  Result<void> find_tags(std::vector<Open>& open);
  Result<std::int64_t> state(const v1::ForeignRetirement& item, const Told& told, Pass& pass);
  Result<Open> leaves_of(const v1::Project& project);
  Result<std::uint64_t> accept(std::uint64_t wanted, const Told& told, Pass& pass);
  Result<Carried> attach_and_deliver(Delivery& delivery);
  Result<void> carry(const Open& open, std::uint64_t size, const Told& told, Pass& pass);
  void count(const Carried& carried, std::uint64_t leaf, const Told& told, Pass& pass) const;

  City& from_;
  City& to_;
  Prover prover_;
  std::uint32_t epoch_ = 0;           // of the log, as `to` knows it
  std::set<std::uint64_t> given_up_;  // leaves that `to` refused for good
  std::set<std::uint64_t> closings_;  // leaves that closed projects, known there
  std::set<std::string> accused_;     // forks, by their event ids
  std::string retirements_after_;     // cursor: all before are noted there
  std::string tags_after_;            // likewise
};

}  // namespace puhui::node::relay
