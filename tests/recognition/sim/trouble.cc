// What cities do when something was lost, and when nobody answers any more.
#include <algorithm>

#include "tests/recognition/sim/judge.h"
#include "tests/recognition/sim/world.h"

namespace puhui::ledger::testing::sim {

// ---- Retirements ----

void World::state_retirement() {
  if (retired_.empty()) return;
  const auto& retired = retired_[random.below(retired_.size())];
  auto& at = city(retired.city);
  for (const auto& [home, origins] : retired.origins) {
    const auto answer = testing::state_retirement(at, city(home), retired.leaf, ranges_of(origins));
    if (!done(retired.city, "states a retirement to " + code(home), answer)) continue;
    Letter letter{Tells::retired, retired.city, home, epoch(retired.city), answer.leaf};
    letter.serials = origins;
    letter.id = std::string(crypto::leaf_hash(at.view().entry(answer.leaf)).view());
    book.stated(letter.id, {retired.city, home, origins});
    post(letter);
  }
}

// ---- Keys, and forks ----

void World::rotate(int index) {
  city(index).change_node_keys();
  told_[static_cast<std::size_t>(index)].push_back(renewal_of(city(index)));
  tell(code(index) + " gives its nodes other keys");
}

// The authority gets another key: first in its own ledger, then partners are told.
void World::rotate_authority(int index) {
  if (!city(index).can_rotate_authority_key()) return;
  if (!done(index, "rotates a key of its authority", city(index).rotate_authority_key())) return;
  told_[static_cast<std::size_t>(index)].push_back(renewal_of(city(index)));
}

void World::accuse(int at, int partner) {
  if (standing(at, partner) != v1::IN_FORCE) return;
  const auto size = 1 + random.below(8);
  const auto answer = testing::sim::accuse(city(at), city(partner), size);
  const auto what = "accuses " + code(partner) + " of a fork at " + std::to_string(size);
  if (done(at, what, answer)) return book.accused(at, partner, size);
  if (answer.code == ErrorCode::RETIREMENT_STATED && !book.is_judged(at, partner, size))
    throw Violation("A FORK is refused that was not judged before");
}

// ---- Without an answer ----

void World::stop(int index) {
  gone_.insert(index);
  tell(code(index) + " is gone for good");
}

// Both authorities end a transfer that is not answered yet.
void World::settle(std::size_t index) {
  const auto letter = letters_[index];
  if (letter.tells != Tells::exported || is_gone(letter.to) || is_gone(letter.from)) return;
  if (book.state(letter.from, letter.id) != v1::TRANSFER_LOCKED) return;
  const auto answer = settle_at_taker(city(letter.to), city(letter.from), letter.id);
  if (!done(letter.to, "settles " + code(letter.from), answer)) return;
  book.answered(letter.id, v1::TRANSFER_VOID, {});
  Letter reply{Tells::answered, letter.to, letter.from, epoch(letter.to), answer.leaf};
  reply.id = letter.id;
  reply.answer = v1::TRANSFER_VOID;
  post(reply);
}

// What was sent to a city that is gone comes back when it was silent long enough.
void World::give_up_all() {
  for (const auto& [id, journey] : book.journeys()) {
    const bool is_left = is_gone(journey.to) && !is_gone(journey.from) &&
                         book.state(journey.from, id) == v1::TRANSFER_LOCKED;
    if (!is_left) continue;
    auto& home = city(journey.from);
    const auto answer = give_up(home, settlement_of(home, id));
    if (done(journey.from, "gives up what it sent to " + code(journey.to), answer))
      book.concluded(id, false, 0, {});
  }
}

// With a city that is gone nothing is agreed any more; the time until it is given up begins.
void World::close_with_gone() {
  for (int at = 0; at < size(); ++at)
    for (const int partner : partners(at))
      if (!is_gone(at) && is_gone(partner) && standing(at, partner) != v1::CLOSED)
        set_standing(at, partner, v1::CLOSED);
}

// ---- What holds ----

void World::check_touched() {
  for (const int index : touched_) {
    const auto view = city(index).view();
    const Judged judged{index, view.head().time, city(index).project(), codes_};
    if (const auto wrong = differs(view, book, judged); !wrong.empty()) throw Violation(wrong);
    const auto halted = city(index).ledger().read_only_reason();
    if (!halted.empty()) throw Violation(code(index) + ": " + halted);
  }
  touched_.clear();
  if (!book.wrong().empty()) throw Violation(book.wrong());
}

void World::check_all() {
  check_touched();
  if (const auto wrong = unconserved(book, codes_); !wrong.empty()) throw Violation(wrong);
  counters.excused_kg = book.excused();
  if (const auto wrong = usable_again(book, codes_); !wrong.empty()) throw Violation(wrong);
}

void World::check_rest() {
  check_all();
  if (const auto wrong = unended(book, gone_, codes_); !wrong.empty()) throw Violation(wrong);
  for (int index = 0; index < size(); ++index) ask_stranger(index);
}

void World::ask_stranger(int index) {
  if (!plan_.stranger) return;
  if (const auto wrong = plan_.stranger(city(index)); !wrong.empty())
    throw Violation("A STRANGER: " + code(index) + ": " + wrong);
}

}  // namespace puhui::ledger::testing::sim
