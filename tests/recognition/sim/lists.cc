// What partners tell a city that has lost leaves, and what it makes again by them.
#include "tests/recognition/sim/world.h"

#include <algorithm>

namespace puhui::ledger::testing::sim {
namespace {

Written written_at(const v1::ListedTransfer& listed) {
  return {listed.lost_epoch(), listed.lost_leaf()};
}
Written stated_to(const v1::PartnerLog& log) { return {log.stated_epoch(), log.stated_to()}; }

}  // namespace

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
  const bool is_begun = next.epoch() > epoch_known(index, at);
  const auto what = "learns of epoch " + std::to_string(next.epoch()) + " and keys of ";
  const auto answer = testing::sim::renew(city(index), next, city(at));
  if (done(at, what + code(index), answer) && is_begun) book.begun(at, index);
}

bool World::owes_list(int at, int home) const {
  const auto log = log_at(city(at), city(home));
  return log && stated_to(*log) < Written{log->epoch(), 0};
}

std::vector<std::uint64_t> World::kept_known(int index, int at) const {
  std::vector<std::uint64_t> kept;
  const auto& renewals = renewals_[static_cast<std::size_t>(index)];
  for (std::uint32_t later = 0; later < epoch_known(index, at); ++later)
    kept.push_back(renewals[later].kept_leaves());
  return kept;
}

// All the rest, or now and then to some leaf that was lost.
void World::state_list(int at, int home) {
  const auto log = *log_at(city(at), city(home));
  Letter letter{Tells::listed, at, home, epoch(at), 0};
  auto& window = letter.window = {log.epoch(), stated_to(log), {log.epoch(), 0}, true};
  letter.list = book.list(at, home, kept_known(home, at));
  std::erase_if(letter.list, [&](const Listed& of) { return of.known.told < window.from; });
  if (!letter.list.empty() && random.chance(0.3)) {
    const auto& last = letter.list[random.below(letter.list.size())].known.told;
    window.to = {last.epoch, last.leaf + 1};
  }
  const auto beyond =
      std::erase_if(letter.list, [&](const Listed& of) { return of.known.told >= window.to; });
  window.is_last = beyond == 0;
  const auto answer =
      state_transfers(city(at), city(home), std::pair(window.to.epoch, window.to.leaf));
  if (!done(at, "states transfers to " + code(home), answer)) return;
  letter.leaf = answer.leaf;
  need_stated(letter);
  post(letter);
}

// What is stated is what the book knows that the other city has lost: all of it, and nothing else.
void World::need_stated(const Letter& letter) const {
  const auto event = read_foreign(city(letter.from).view().entry(letter.leaf), code(letter.from));
  const auto& stated = event->payload.state_transfers();
  const auto is_same = [](const v1::ListedTransfer& has, const Listed& wanted) {
    return has.transfer() == wanted.id && written_at(has) == wanted.known.told;
  };
  if (std::ranges::equal(stated.transfers(), letter.list, is_same) &&
      stated.is_last() == letter.window.is_last)
    return;
  throw Violation(code(letter.from) + " states " + std::to_string(stated.transfers_size()) +
                  " of what " + code(letter.to) + " has lost, the book " +
                  std::to_string(letter.list.size()));
}

// From the log that it was lost with: mirrors and auditors keep whole logs.
v1::LostReceipt World::lost_receipt(int home, int partner, const v1::ListedTransfer& listed) const {
  if (listed.lost_epoch() < epoch(home)) {
    const auto log = log_of(home, listed.lost_epoch());
    const auto view = log.ledger->view();
    if (listed.lost_leaf() < view.head().size &&
        tells_of(city(home), city(partner), view.entry(listed.lost_leaf()), listed))
      return receipt_in(log, listed.lost_leaf());
  }
  throw Violation(code(partner) + " lists what the log of " + code(home) + " has not told: epoch " +
                  std::to_string(listed.lost_epoch()) + " leaf " +
                  std::to_string(listed.lost_leaf()));
}

Listed World::made_again(const Letter& letter, const v1::ListedTransfer& listed,
                         const v1::LostReceipt& receipt) {
  const auto known = std::ranges::find(letter.list, listed.transfer(), &Listed::id);
  if (known == letter.list.end())
    throw Violation(code(letter.from) + " lists what the book does not know: leaf " +
                    std::to_string(listed.lost_leaf()));
  auto made = *known;
  made.own = {listed.leaf_epoch(), listed.leaf()};
  if (listed.state() != v1::LISTED_GONE) return made;
  const auto& journey = book.journey(made.id);
  const auto window = agreed(letter.from, letter.to).terms[journey.version].dispute_window;
  if (!journey.is_return && window > 0)
    made.disputed_until = read_foreign(receipt.leaf().entry(), code(letter.to))->time + window;
  return made;
}

// Now and then fewer than there might be; none where others may tell of something before.
World::Part World::part_of(const Letter& letter, const v1::ProvenLeaf& statement) {
  Part part;
  const auto most = random.chance(0.3) ? 1 + random.below(4) : 200;
  for (const auto& listed : next_of_list(city(letter.to), city(letter.from), statement, most)) {
    part.receipts.push_back(lost_receipt(letter.to, letter.from, listed));
    part.made.push_back(made_again(letter, listed, part.receipts.back()));
  }
  return part;
}

// What comes next though others may tell of something before: never taken.
void World::note_out_of_turn(const Letter& letter, const v1::ProvenLeaf& statement) {
  auto& home = city(letter.to);
  const auto& partner = city(letter.from);
  const auto record = *agreement_at(home, partner);
  if (record.has_list_part() || !next_of_list(home, partner, statement, 1).empty()) return;
  const auto stating = read_foreign(statement.entry(), code(letter.from));
  const auto& listed = stating->payload.state_transfers().transfers();
  const auto next = std::ranges::find_if(listed, [&](const v1::ListedTransfer& of) {
    return written_at(of) >= Written{record.list_epoch(), record.list_from()} &&
           !is_known(home, of);
  });
  if (next == listed.end()) return;
  const auto receipt = lost_receipt(letter.to, letter.from, *next);
  const auto answer = home.send(noting_event(home, statement, {receipt}), {"operator"});
  if (done(letter.to, "makes out of turn what " + code(letter.from) + " lists", answer))
    throw Violation("LISTED out of turn, and made all the same");
}

// Answers that were lost can be shown again by the leaf that has made them.
void World::post_again(const Letter& letter, const Part& part, std::uint64_t leaf) {
  for (std::size_t i = 0; i < part.made.size(); ++i) {
    const auto& made = part.made[i];
    if (made.is_statement || book.journey(made.id).to != letter.to) continue;
    Letter reply{Tells::answered, letter.to, letter.from, epoch(letter.to), leaf};
    reply.id = made.id;
    reply.answer = book.state(letter.to, made.id);
    reply.version = made.known.version;
    reply.receipt = static_cast<std::uint32_t>(i);
    reply.lost = made.known.told;
    post(reply);
  }
}

void World::note_list(const Letter& letter, const v1::ProvenLeaf& statement,
                      const std::string& what) {
  if (random.chance(0.1)) note_out_of_turn(letter, statement);
  const auto part = part_of(letter, statement);
  auto& home = city(letter.to);
  const auto answer = home.send(noting_event(home, statement, part.receipts), {"operator"});
  if (!done(letter.to, what + " for " + std::to_string(part.made.size()), answer)) return;
  ++counters.lists;
  book.list_noted({letter.to, letter.from, part.made, answer.time});
  book.list_told(letter.to, letter.from, letter.list, letter.window);
  post_again(letter, part, answer.leaf);
}

// Lists of cities that are gone, after as long a time as they might have needed.
void World::give_up_lists() {
  for (int at = 0; at < size(); ++at)
    for (const int partner : partners(at))
      if (!is_gone(at) && is_gone(partner) && book.at(at).awaited.contains(partner))
        set_standing(at, partner, v1::CLOSED);
}

}  // namespace puhui::ledger::testing::sim
