// Acts that may be reported in more than one city, and the tags by which partners tell.
#include <algorithm>

#include "tests/ledger/partner.h"
#include "tests/recognition/sim/world.h"

namespace puhui::ledger::testing::sim {
namespace {

constexpr std::uint64_t kRiders = 10, kSlots = 24;

std::string name_of(std::uint64_t act, const std::string& a, const std::string& b) {
  return std::to_string(act) + " " + std::min(a, b) + " " + std::max(a, b);
}

// Of the day before, whose hours are all over.
Ride ride_of(std::uint64_t act, Micros now) {
  Ride ride;
  ride.citizen = act % kRiders;
  ride.slot = static_cast<std::uint32_t>(act % kSlots);
  ride.day = (now + 8 * kHour) / kMicrosPerDay - 1;
  ride.carrier = "bike-" + std::to_string(act);
  return ride;
}

Answer send_with(SovereignCity& at, const v1::Payload& payload, const std::string& signer,
                 std::string attachment) {
  auto sent = at.sealed(payload, {signer});
  sent.attachment = std::move(attachment);
  sent.has_attachment = true;
  return at.submit(sent);
}

}  // namespace

v1::RuleSet World::rules() {
  auto rules = recognition_rules();
  RuleTable(rules).roles("tags.publish", {v1::OPERATOR});
  return rules;
}

void World::open_to_riders(int index) {
  auto methodology = bike_methodology();
  methodology.set_issued_by(code(index));
  const auto filed = file(city(index), methodology);
  auto opening = open_personal_event(city(index), 0, kRiders);
  const auto opened = city(index).send(opening, {"operator"});
  if (filed.decision != v1::ACCEPTED || opened.decision != v1::ACCEPTED)
    throw Violation("acts cannot be reported");
}

std::vector<std::string> World::tagged_acts(const Serials& acts, int a, int b) const {
  std::vector<std::string> names;
  for (const auto act : acts) names.push_back(name_of(act, code(a), code(b)));
  return names;
}

// As many partners as one act may name, in their order.
std::vector<std::string> World::named_in_acts(int index) const {
  std::vector<std::string> names;
  for (const int partner : partners(index)) names.push_back(code(partner));
  std::ranges::sort(names);
  names.resize(std::min<std::size_t>(names.size(), kPartnersOfActMax));
  return names;
}

// Mostly something new; now and then what was reported, here or elsewhere.
void World::ride(int index) {
  const bool is_old = acts_ > 0 && random.chance(0.4);
  const auto act = is_old ? acts_ - 1 - random.below(std::min<std::uint64_t>(acts_, 6)) : acts_++;
  auto& at = city(index);
  auto record = record_of(ride_of(act, at.now));
  for (const auto& partner : named_in_acts(index)) {
    auto& tag = *record.add_tags();
    tag.set_partner(partner);
    tag.set_tag(tag_of(name_of(act, code(index), partner)));
  }
  std::string attachment;
  append_record(attachment, record.SerializeAsString());
  const auto payload = batch_event(at, attachment);
  const auto answer = send_with(at, payload, "provider", std::move(attachment));
  if (done(index, "credits act " + std::to_string(act), answer))
    book.credited(index, act, answer.leaf);
}

// From where it ended, or once more from the first leaf on.
void World::publish(int index, int partner) {
  auto& at = city(index);
  const auto bytes = at.view().reader().get(key::tags_published(code(partner)));
  const auto next = bytes ? crypto::read_u64(*bytes) : 0;
  const auto from = random.chance(0.2) ? 0 : next;
  const auto to = at.head().size;
  const auto acts = book.acts_in(index, from, to);
  const auto named = named_in_acts(index);
  const bool is_named = std::ranges::find(named, code(partner)) != named.end();
  if (next >= to || acts.empty() || !is_named) return;
  const auto names = tagged_acts(acts, index, partner);
  auto payload = at.event("operator");
  *payload.mutable_publish_tags() = publication(names, from, to, code(partner));
  const auto answer = send_with(at, payload, "operator", tags_attached(names));
  if (!done(index, "publishes tags to " + code(partner), answer))
    throw Violation(code(index) + " cannot publish the tags of what it has credited");
  Letter letter{Tells::tagged, index, partner, epoch(index), answer.leaf};
  letter.serials = acts;
  letter.tags_from = from;
  letter.tags_to = to;
  post(letter);
}

Answer World::note_tags(const Letter& letter, const v1::ProvenLeaf& shown) {
  auto& at = city(letter.to);
  const auto published = read_foreign(shown.entry(), code(letter.from));
  auto payload = at.event("operator");
  auto& action = *payload.mutable_note_tags();
  *action.mutable_published() = shown;
  *action.mutable_tags() = published->payload.publish_tags().tags();
  return send_with(at, payload, "operator",
                   tags_attached(tagged_acts(letter.serials, letter.from, letter.to)));
}

}  // namespace puhui::ledger::testing::sim
