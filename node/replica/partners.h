// What agreements with other cities make a node do, without being told: it is a witness of the
// partners' logs, and asks the partners' witnesses about the checkpoints of its own city.
//
// Both follow the ledger: an agreement counts from its filing until it is closed, with the keys and
// addresses the partner named last. Nobody waits for a partner; who is gone is merely missing in
// `missing`.
// Threads: `look` from one; everything else from any. What a change leads to (disks, certificates)
// happens on a thread of its own.
#pragma once

#include <array>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crypto/policy.h"
#include "node/replica/ledger_slot.h"
#include "node/witness/asker.h"
#include "node/witness/witness.h"
#include "puhui/v1/api.pb.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node {

// Of all partners: a note holds 64 lines, the city's own among them.
inline constexpr std::size_t kPartnerWitnessesMax = 48;

// The policy that a checkpoint of the city meets once every partner has cosigned it by any of its
// witnesses; a group of the policy has its partner's code as name. Left out, and logged: partners
// without a witness that could be asked, and those beyond kPartnerWitnessesMax, in order.
[[nodiscard]] AskerOptions partners_asked(const crypto::VerifierKey& log,
                                          const std::vector<v1::PartnerLog>& partners);

// The keys of the partners' logs. Left out, and logged: an origin that two of them claim, or that
// is `own`, because one could have the other's log convicted.
[[nodiscard]] std::vector<crypto::VerifierKey> partners_followed(
    const std::string& own, const std::vector<v1::PartnerLog>& partners);

class Partners {
 public:
  // `log` is the city's own; `witness` and `slot` outlive this.
  Partners(crypto::VerifierKey log, LedgerSlot& slot, Witness& witness, Asker::Prove prove);
  // Waits for what is under way.
  ~Partners() { thread_.join(); }

  // Takes over what the ledger says by now, if it says anything new.
  void look();
  [[nodiscard]] Asker& asker() { return asker_; }
  [[nodiscard]] const Asker& asker() const { return asker_; }
  // How much each partner that is asked has cosigned, by city.
  [[nodiscard]] std::vector<v1::PartnerCosigned> cosigned() const;

 private:
  using Chains = std::array<crypto::Digest, 2>;  // of agreements and of partners

  void take_over();

  const crypto::VerifierKey log_;
  LedgerSlot& slot_;
  Witness& witness_;
  Asker asker_;
  std::optional<Chains> seen_;  // by `look`
  std::string taken_;           // the partners taken over; on the thread only
  boost::asio::thread_pool thread_{1};
};

}  // namespace puhui::node
