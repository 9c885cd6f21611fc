// What partners tell a city that has lost leaves, and what it makes again by them.
#include "tests/recognition/sim/world.h"

namespace puhui::ledger::testing::sim {

// ---- Epochs ----

// How far a partner knows what there is to be told of a city.
std::size_t World::followed(int index, int at) const {
  const auto log = log_at(city(at), city(index));
  if (!log) return 0;
  const auto& told = told_[static_cast<std::size_t>(index)];
  const auto side = log->side().SerializeAsString();
  const auto found = std::ranges::find_if(told, [&](const v1::SideRenewal& renewal) {
    return renewal.epoch() == log->epoch() && renewal.side().SerializeAsString() == side;
  });
  if (found == told.end()) throw Violation(code(at) + " knows " + code(index) + " as it never was");
  return static_cast<std::size_t>(found - told.begin());
}

bool World::is_behind(int index, int at) const {
  return followed(index, at) + 1 < told_[static_cast<std::size_t>(index)].size();
}

void World::renew(int index, int at) {
  if (!is_behind(index, at)) return;
  const auto& next = told_[static_cast<std::size_t>(index)][followed(index, at) + 1];
  done(at, "learns of epoch " + std::to_string(next.epoch()) + " and keys of " + code(index),
       testing::sim::renew(city(index), next, city(at)));
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

// From the log that it was lost with: mirrors and auditors keep whole logs. One that was not lost
// can be shown by the log as it is.
v1::LostReceipt World::lost_receipt(int home, int partner, const v1::ListedTransfer& listed) const {
  for (std::uint32_t of_epoch = 0; of_epoch <= epoch(home); ++of_epoch) {
    const auto log = log_of(home, of_epoch);
    const auto view = log.ledger->view();
    if (listed.lost_leaf() < view.head().size &&
        tells_of(city(home), city(partner), view.entry(listed.lost_leaf()), listed))
      return receipt_in(log, listed.lost_leaf());
  }
  throw Violation(code(partner) + " lists what no log of " + code(home) + " has told: leaf " +
                  std::to_string(listed.lost_leaf()));
}

Listed World::made_again(const Letter& letter, const v1::ListedTransfer& listed,
                         const v1::LostReceipt& receipt) {
  const auto known = std::ranges::find(letter.list, listed.transfer(), &Listed::id);
  if (known == letter.list.end())
    throw Violation(code(letter.from) + " lists what the book does not know: leaf " +
                    std::to_string(listed.lost_leaf()));
  auto made = *known;
  made.leaf = listed.leaf();
  if (listed.state() != v1::LISTED_GONE) return made;
  const auto& journey = book.journey(made.id);
  const auto window = agreed(letter.from, letter.to).terms[journey.version].dispute_window;
  if (!journey.is_return && window > 0)
    made.disputed_until = read_foreign(receipt.leaf().entry(), code(letter.to))->time + window;
  return made;
}

// Now and then fewer than there might be.
World::Part World::part_of(const Letter& letter, const v1::ProvenLeaf& statement) {
  Part part;
  const auto most = random.chance(0.3) ? 1 + random.below(4) : 200;
  for (const auto& listed : next_of_list(city(letter.to), city(letter.from), statement, most)) {
    part.receipts.push_back(lost_receipt(letter.to, letter.from, listed));
    part.made.push_back(made_again(letter, listed, part.receipts.back()));
  }
  return part;
}

void World::note_list(const Letter& letter, const v1::ProvenLeaf& statement,
                      const std::string& what) {
  const auto part = part_of(letter, statement);
  auto& home = city(letter.to);
  const auto answer = home.send(noting_event(home, statement, part.receipts), {"operator"});
  if (!done(letter.to, what + " for " + std::to_string(part.made.size()), answer)) return;
  ++counters.lists;
  book.list_noted(letter.to, part.made, answer.time);
  if (!agreement_at(home, city(letter.from))->awaits_list())
    book.list_ended(letter.to, letter.from, letter.list);
}

// Lists of cities that are gone, after as long a time as they might have needed.
void World::give_up_lists() {
  for (int at = 0; at < size(); ++at)
    for (const int partner : partners(at))
      if (!is_gone(at) && is_gone(partner) && book.at(at).awaited.contains(partner))
        set_standing(at, partner, v1::CLOSED);
}

}  // namespace puhui::ledger::testing::sim
