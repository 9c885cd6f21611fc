// What partners tell a city that has lost leaves, and what it makes again by them.
#include "tests/recognition/sim/world.h"

namespace puhui::ledger::testing::sim {

// ---- Epochs ----

bool World::is_behind(int index, int at) const { return epoch_known(index, at) < epoch(index); }

void World::renew(int index, int at) {
  const auto known = epoch_known(index, at);
  const auto& renewals = renewals_[static_cast<std::size_t>(index)];
  if (known == renewals.size()) return;
  done(at, "learns of the epoch of " + code(index),
       testing::sim::renew(city(index), renewals[known], city(at)));
}

bool World::owes_list(int at, int home) const {
  const auto log = log_at(city(at), city(home));
  return log && log->epoch() > 0 && log->stated_to() < crypto::kTreeSizeMax;
}

void World::state_list(int at, int home) {
  const auto answer = state_transfers(city(at), city(home));
  if (!done(at, "states transfers to " + code(home), answer)) return;
  Letter letter{Tells::listed, at, home, epoch(at), answer.leaf};
  letter.list = book.list(at, home);
  post(letter);
}

// From the log that it was lost with: mirrors and auditors keep whole logs.
v1::LostReceipt World::lost_receipt(int home, int partner, const v1::ListedTransfer& listed) const {
  const auto& ghosts = ghosts_[static_cast<std::size_t>(home)];
  for (std::uint32_t of_epoch = 0; of_epoch < ghosts.size(); ++of_epoch) {
    const auto log = log_of(home, of_epoch);
    const auto view = log.ledger->view();
    if (listed.lost_leaf() < view.head().size &&
        tells_of(city(home), city(partner), view.entry(listed.lost_leaf()), listed))
      return receipt_in(log, listed.lost_leaf());
  }
  throw Violation(code(partner) + " lists what no log of " + code(home) + " has told: leaf " +
                  std::to_string(listed.lost_leaf()));
}

Answer World::note_list(const Letter& letter, const v1::ProvenLeaf& statement) {
  auto& home = city(letter.to);
  const auto from = agreement_at(home, city(letter.from))->list_from();
  const auto stated = read_foreign(statement.entry(), code(letter.from));
  std::vector<v1::LostReceipt> receipts;
  for (const auto& listed : stated->payload.state_transfers().transfers())
    if (listed.lost_leaf() >= from && !transfer_at(home, listed.transfer()))
      receipts.push_back(lost_receipt(letter.to, letter.from, listed));
  return home.send(noting_event(home, statement, receipts), {"operator"});
}

// Lists of cities that are gone, after as long a time as they might have needed.
void World::give_up_lists() {
  for (int at = 0; at < size(); ++at)
    for (const int partner : partners(at))
      if (!is_gone(at) && is_gone(partner) && book.at(at).awaited.contains(partner))
        set_standing(at, partner, v1::CLOSED);
}

}  // namespace puhui::ledger::testing::sim
