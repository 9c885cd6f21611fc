// What cities agree, send, prove and answer.
#include <algorithm>

#include "tests/recognition/sim/world.h"

namespace puhui::ledger::testing::sim {
namespace {

std::string hex(const std::string& id) { return crypto::hex_encode(id.substr(0, 4)); }

const char* name_of(Tells tells) {
  switch (tells) {
    case Tells::exported:
      return "export";
    case Tells::answered:
      return "answer";
    case Tells::retired:
      return "retirement";
    case Tells::recalled:
      return "recall";
    case Tells::tagged:
      return "tags";
    default:
      return "list";
  }
}

}  // namespace

// ---- Agreements ----

void World::agree(int a, int b) {
  struct Choice {
    const char* discount;
    Share share;
  };
  static const std::vector<Choice> choices = {
      {"1", {1, 1}}, {"0.9", {9, 10}}, {"1/2", {1, 2}}, {"2/3", {2, 3}}};
  const auto& choice = choices[random.below(choices.size())];
  auto& agreed_now = agreed(a, b);
  const auto version = agreed_now.version + 1;
  Terms terms{choice.discount, (1 + static_cast<Micros>(random.below(7 * 24))) * kHour,
              random.chance(0.3) ? static_cast<Micros>(random.below(48)) * kHour : 0};
  if (plan_.quotas && random.chance(0.3))
    terms.quota_kg = 5 + static_cast<std::int64_t>(random.below(40));
  if (plan_.quotas && random.chance(0.3))
    terms.retired_max_kg = static_cast<std::int64_t>(random.below(20));
  agreed_now.version = version;
  agreed_now.terms[version] = terms;
  for (const auto& [taker, sender] : {std::pair(a, b), std::pair(b, a)})
    book.agreed(taker, sender, version, {choice.share, terms.quota_kg, terms.retired_max_kg});
  // Sometimes one of them files it later.
  for (const auto& [at, other] : {std::pair(a, b), std::pair(b, a)})
    if (version == 1 || random.chance(0.9)) file_late(at, other);
}

std::uint32_t World::version(int at, int other) const {
  const auto record = agreement_at(city(at), city(other));
  return record ? record->agreement().version() : 0;
}

std::map<int, std::uint32_t> World::versions(int at) const {
  std::map<int, std::uint32_t> versions;
  for (const int partner : partners(at)) versions[partner] = version(at, partner);
  return versions;
}

void World::file_late(int at, int other) {
  const auto& terms = agreed(at, other).terms;
  const auto next = terms.find(version(at, other) + 1);
  if (next == terms.end()) return;
  // One that was lost is filed again, with the sides as they are now.
  const auto agreement = agreement_with(city(at), city(other), next->first, next->second);
  done(at, "files version " + std::to_string(next->first) + " with " + code(other),
       file(city(at), city(other), agreement));
}

void World::renegotiate(int a, int b) {
  const auto last = agreed(a, b).version;
  for (const auto& [at, other] : {std::pair(a, b), std::pair(b, a)}) {
    if (version(at, other) < last) return file_late(at, other);
    if (is_behind(other, at)) return;
  }
  agree(a, b);
}

v1::Standing World::standing(int at, int partner) const {
  return agreement_at(city(at), city(partner))->standing();
}

void World::set_standing(int at, int partner, v1::Standing standing) {
  const auto answer = set_agreement(city(at), city(partner), standing);
  if (!done(at, v1::Standing_Name(standing) + " with " + code(partner), answer)) return;
  if (!agreement_at(city(at), city(partner))->awaits_list()) book.list_given_up(at, partner);
}

// ---- Transfers ----

void World::send(int from, int to, bool is_return) {
  Journey sent;
  sent.from = from;
  sent.to = to;
  sent.is_return = is_return;
  sent.account = kAccounts[random.below(2)];
  sent.to_account = random.chance(0.1) ? "nobody" : kAccounts[random.below(2)];
  sent.serials = some_free(from, sent.account, is_return ? to : from);
  if (sent.serials.empty() || !may_use(from)) return;
  for (const auto serial : sent.serials) {
    const auto& kilogram = book.at(from).units.at(serial);
    sent.origins.push_back(kilogram.origin);
    sent.batches.push_back(kilogram.batch);
  }
  auto payload = export_event(city(from), city(to),
                              {ranges_of(sent.serials), sent.account, sent.to_account, is_return});
  payload.set_valid_until(city(from).now + kValidFor);
  sent.version = payload.export_().agreement_version();
  sent.id = std::string(transfer_id(city(from).lineage(), payload).view());
  const auto sealed = city(from).sealed(payload, {payload.party()});
  const auto answer = city(from).submit(sealed);
  const auto* what = is_return ? "returns " : "sends ";
  if (!done(
          from,
          what + std::to_string(sent.serials.size()) + " kg to " + code(to) + " as " + hex(sent.id),
          answer))
    return;
  put_lock(sent, answer);
  exported_.push_back({sealed, sent});
}

void World::put_lock(const Journey& journey, const Answer& answer) {
  book.locked(journey);
  ++counters.transfers;
  Letter letter{Tells::exported, journey.from, journey.to, epoch(journey.from), answer.leaf};
  letter.id = journey.id;
  letter.version = journey.version;
  letter.deadline =
      answer.time + agreed(journey.from, journey.to).terms[journey.version].answer_within;
  post(letter);
}

// The holder sends the same event again: it has the first answer, or it was lost.
void World::retry(int at) {
  std::vector<std::size_t> own;
  for (std::size_t i = 0; i < exported_.size(); ++i)
    if (exported_[i].journey.from == at) own.push_back(i);
  if (own.empty() || !may_use(at)) return;
  const auto& again = exported_[own[random.below(own.size())]];
  const auto answer = city(at).submit(again.sent);
  if (!done(at, "sends again " + hex(again.journey.id), answer)) return;
  const bool is_known = std::ranges::any_of(letters_, [&](const Letter& letter) {
    return letter.tells == Tells::exported && letter.id == again.journey.id &&
           letter.leaf == answer.leaf && is_in(letter, epoch(at));
  });
  if (!is_known) put_lock(again.journey, answer);
}

void World::post(Letter letter) { letters_.push_back(std::move(letter)); }

// ---- Proofs ----

Log World::log_of(int index, std::uint32_t of_epoch) const {
  const auto& ghosts = ghosts_[static_cast<std::size_t>(index)];
  if (of_epoch < ghosts.size()) return ghosts[of_epoch]->log(of_epoch, code(index));
  const auto& shown = city(index);
  return {of_epoch, code(index), &cities_[static_cast<std::size_t>(index)]->ledger(),
          shown.signed_note(shown.tree())};
}

bool World::is_in(const Letter& letter, std::uint32_t of_epoch) const {
  if (letter.epoch > of_epoch) return false;
  const auto& renewals = renewals_[static_cast<std::size_t>(letter.from)];
  for (auto later = letter.epoch; later < of_epoch; ++later)
    if (letter.leaf >= renewals[later].kept_leaves()) return false;
  return true;
}

std::uint32_t World::epoch_known(int index, int at) const {
  const auto log = log_at(city(at), city(index));
  return log ? log->epoch() : 0;
}

void World::carry_checkpoint(int from, int to) {
  if (is_gone(to)) return;
  const auto log = log_of(from, epoch_known(from, to));
  done(to, "hears of " + code(from), city(to).send(checkpoint_event(log, city(to)), {"operator"}));
}

// By a checkpoint that is carried along if none that is accepted covers the leaf.
v1::ProvenLeaf World::proof(const Letter& letter, std::uint32_t of_epoch, bool carried) {
  const auto log = log_of(letter.from, of_epoch);
  auto size = accepted_size(city(letter.to), log);
  if (size <= letter.leaf && carried) {
    carry_checkpoint(letter.from, letter.to);
    size = accepted_size(city(letter.to), log);
  }
  const auto known = log.ledger->view().head().size;
  return proven(log, letter.leaf, std::clamp(size, letter.leaf + 1, known));
}

bool World::is_open(const Letter& letter) const {
  const auto& there = book.at(letter.to);
  switch (letter.tells) {
    case Tells::exported:
      return book.state(letter.to, letter.id) == v1::TRANSFER_STATE_UNSPECIFIED;
    case Tells::answered:
      return book.state(letter.to, letter.id) == v1::TRANSFER_LOCKED;
    case Tells::listed: {
      const auto awaited = there.awaited.find(letter.from);
      return awaited != there.awaited.end() && letter.window.epoch == epoch(letter.to) &&
             letter.window.covers(awaited->second);
    }
    case Tells::tagged:
      return book.can_note_tags(letter.to, letter.from, letter.tags_from, letter.tags_to);
    default:
      return !there.noted.contains(static_cast<std::size_t>(&letter - letters_.data()));
  }
}

bool World::is_lost(const Letter& letter) const {
  const auto known = epoch_known(letter.from, letter.to);
  return letter.epoch < known && !is_in(letter, known);
}

void World::deliver(std::size_t index, Answering answering) {
  const auto letter = letters_[index];
  if (is_gone(letter.to)) return;
  const auto known = epoch_known(letter.from, letter.to);
  const bool is_gone = is_lost(letter);
  if (letter.epoch > known) return;  // the partner knows nothing of that log yet
  // What was kept can be proved by the log it was written in, too.
  const bool by_old = is_gone || (letter.epoch < known && random.chance(0.2));
  const auto shown = proof(letter, by_old ? letter.epoch : known, !by_old && !random.chance(0.03));
  const auto what = std::string("is shown ") + name_of(letter.tells) + " " + hex(letter.id) +
                    " of " + code(letter.from) + " leaf " + std::to_string(letter.leaf) +
                    (is_gone ? " (lost)" : "");
  if (letter.tells == Tells::listed && !is_gone) return note_list(letter, shown, what);
  const auto answer = letter.tells == Tells::exported ? this->answer(letter, shown, answering)
                                                      : conclude_or_note(letter, shown);
  if (!done(letter.to, what, answer)) return;
  if (is_gone) throw Violation("LOST, and taken all the same: " + what);
  take(index, answer, answering);
}

Answer World::answer(const Letter& letter, const v1::ProvenLeaf& shown, Answering answering) {
  static const std::vector<std::string> codes = {"account.unknown", "units.recalled",
                                                 "units.foreign", "quota.exceeded"};
  auto& taker = city(letter.to);
  if (answering == Answering::annul) return void_import(taker, shown);
  if (answering == Answering::refuse)
    return refuse_import(taker, shown, codes[random.below(codes.size())]);
  return import_units(taker, shown);
}

Answer World::conclude_or_note(const Letter& letter, const v1::ProvenLeaf& shown) {
  auto& at = city(letter.to);
  switch (letter.tells) {
    case Tells::answered:
      return letter.receipt ? conclude_by(at, shown, *letter.receipt) : conclude(at, shown);
    case Tells::retired:
      return note_retirement(at, shown);
    case Tells::recalled:
      return note_recall(at, shown);
    case Tells::tagged:
      return note_tags(letter, shown);
    default:
      return at.send(noting_event(at, shown, {}), {"operator"});
  }
}

// What came of a letter that was accepted.
void World::take(std::size_t index, const Answer& answer, Answering answering) {
  const auto letter = letters_[index];
  switch (letter.tells) {
    case Tells::exported:
      return answered(letter, answer, answering);
    case Tells::answered:
      ++counters.concluded;
      return book.concluded(letter.id, letter.answer == v1::TRANSFER_IMPORTED, letter.version,
                            letter.written());
    case Tells::retired:
      return book.retirement_noted(letter.id, index, letter.written());
    case Tells::tagged:
      return book.tags_noted(letter.to, letter.from, letter.tags_to, letter.serials);
    default:
      return book.recall_noted(letter.to, letter.from, index, letter.serials);
  }
}

void World::answered(const Letter& letter, const Answer& answer, Answering answering) {
  const auto& journey = book.journey(letter.id);
  Letter reply{Tells::answered, letter.to, letter.from, epoch(letter.to), answer.leaf};
  reply.id = letter.id;
  if (answering == Answering::import) {
    ++counters.imports;
    reply.answer = v1::TRANSFER_IMPORTED;
    reply.version = letter.version;
    const auto window = agreed(letter.from, letter.to).terms[reply.version].dispute_window;
    const auto until = journey.is_return || window == 0 ? 0 : answer.time + window;
    book.imported({letter.id, reply.version, letter.written(), until, answer.time});
  } else {
    const bool is_void = answering == Answering::annul;
    if (transfer_at(city(letter.to), letter.id)->code() == code_name(ErrorCode::QUOTA_EXCEEDED))
      book.over_quota(letter.id, letter.version, answer.time);
    reply.answer = is_void ? v1::TRANSFER_VOID : v1::TRANSFER_REFUSED;
    book.answered(letter.id, reply.answer, letter.written());
  }
  post(reply);
}

}  // namespace puhui::ledger::testing::sim
