#include "tests/recognition/sim/judge.h"

#include <algorithm>

#include "ledger/store/keys.h"

namespace puhui::ledger::testing::sim {
namespace {

using Id = std::pair<int, std::uint64_t>;  // city that issued it, serial there

std::string text(std::uint64_t number) { return std::to_string(number); }

std::string binding(const Kilogram& kilogram, const std::vector<std::string>& codes,
                    std::int64_t time) {
  if (kilogram.state != v1::HELD) return "";
  if (!kilogram.lock.empty()) return "transfer/" + crypto::hex_encode(kilogram.lock);
  if (kilogram.is_frozen) return "recall/" + codes[static_cast<std::size_t>(kilogram.home)];
  return kilogram.disputed_until > time ? "dispute/" : "";
}

// What a ledger says of a serial, in one line; and what the book says.
std::string line(const v1::UnitBlock& block) {
  const auto& bond = block.bound_by();
  const auto to = block.state() == v1::EXPORTED ? block.exported_to() : std::string();
  return v1::UnitState_Name(block.state()) + " of " + block.account() + " bound by '" +
         (bond.starts_with("dispute/") ? "dispute/" : bond) + "' to '" + to + "'" +
         (block.recalled_at() == 0 ? "" : " recalled") +
         (block.retired_abroad_at() == 0 ? "" : " retired abroad");
}
std::string line(const Kilogram& kilogram, const Judged& place) {
  const auto to = kilogram.state == v1::EXPORTED && kilogram.exported_to >= 0
                      ? place.code(kilogram.exported_to)
                      : std::string();
  return v1::UnitState_Name(kilogram.state) + " of " + kilogram.account + " bound by '" +
         binding(kilogram, place.codes, place.time) + "' to '" + to + "'" +
         (kilogram.is_recalled ? " recalled" : "") +
         (kilogram.is_retired_abroad ? " retired abroad" : "");
}

// By which number the city that issued it knows a serial, or why the ledger cannot tell.
std::string origin_of(const View& view, std::uint64_t serial, const std::string& batch_name,
                      const std::string& here) {
  const auto batch = view.batch(batch_name);
  if (!batch || serial < batch->start() || serial > batch->end()) return "not of its batch";
  const auto& mirrored = batch->mirrored();
  if (!batch->has_mirrored()) return here + " " + text(serial);
  return mirrored.city() + " " + text(mirrored.origin_start() + (serial - batch->start()));
}

std::string serials_differ(const View& view, const CityBook& book, const Judged& place) {
  std::string wrong;
  auto next = book.units.begin();
  const auto visit = [&](std::string_view, std::string_view value) {
    v1::UnitBlock block;
    block.ParseFromArray(value.data(), static_cast<int>(value.size()));
    for (auto serial = block.start(); serial <= block.end() && wrong.empty(); ++serial, ++next) {
      if (next == book.units.end() || next->first != serial) {
        wrong = "serial " + text(serial) + " is not in the book: " + line(block);
        return false;
      }
      auto is = block;
      // Whose it was once is told of no unit that is gone for good.
      if (block.state() == v1::EXPORTED || block.state() == v1::CANCELLED)
        is.set_account(next->second.account);
      const auto has = line(is), wanted = line(next->second, place);
      if (has != wanted) wrong = "serial " + text(serial) + " is " + has + ", not " + wanted;
      const auto comes = origin_of(view, serial, block.batch(), place.code(place.city));
      const auto should = place.code(next->second.home) + " " + text(next->second.origin);
      if (comes != should)
        wrong = "serial " + text(serial) + " comes as " + comes + ", not as " + should;
    }
    return wrong.empty();
  };
  view.reader().scan("vU", "vU", visit);
  if (wrong.empty() && next != book.units.end())
    wrong = "serial " + text(next->first) + " is not in the ledger: " + line(next->second, place);
  return wrong;
}

std::string transfers_differ(const View& view, const CityBook& book) {
  std::string wrong;
  std::size_t count = 0;
  view.reader().scan("v3", "v3", [&](std::string_view, std::string_view value) {
    v1::TransferRecord record;
    record.ParseFromArray(value.data(), static_cast<int>(value.size()));
    const auto known = book.transfers.find(record.transfer());
    ++count;
    const auto has = v1::TransferState_Name(record.state());
    const auto wanted = known == book.transfers.end() ? std::string("unknown")
                                                      : v1::TransferState_Name(known->second.state);
    if (has != wanted)
      wrong =
          "transfer " + crypto::hex_encode(record.transfer()) + " is " + has + ", not " + wanted;
    return wrong.empty();
  });
  if (wrong.empty() && count != book.transfers.size()) wrong = "a transfer is missing";
  return wrong;
}

std::string awaited_differ(const View& view, const CityBook& book, const Judged& place) {
  std::string wrong;
  view.reader().scan(
      key::kAgreements, key::kAgreements, [&](std::string_view name, std::string_view value) {
        v1::AgreementRecord record;
        record.ParseFromArray(value.data(), static_cast<int>(value.size()));
        const auto partner = name.substr(std::string_view(key::kAgreements).size());
        const auto known = std::ranges::find(place.codes, partner);
        const auto found = book.awaited.find(static_cast<int>(known - place.codes.begin()));
        const bool awaited = found != book.awaited.end();
        const Written next{record.list_epoch(), record.list_from()};
        if (awaited != record.awaits_list())
          wrong = "the list of " + *known + (awaited ? " is not awaited" : " is awaited still");
        else if (awaited && found->second != next)
          wrong = "the list of " + *known + " goes on from epoch " + text(next.epoch) + " leaf " +
                  text(next.leaf) + ", not from epoch " + text(found->second.epoch) + " leaf " +
                  text(found->second.leaf);
        return wrong.empty();
      });
  return wrong;
}

// So many acts of partners are known, and so many of them were credited here, too.
std::string tags_differ(const View& view, const CityBook& book) {
  const auto rows = [&view](const std::string& prefix) {
    std::size_t count = 0;
    view.reader().scan(prefix, prefix, [&count](std::string_view, std::string_view) {
      ++count;
      return true;
    });
    return count;
  };
  const auto noted = rows("v5\4"), of_both = rows("v5\6");
  if (noted != book.tagged.size())
    return "tags of partners " + text(noted) + ", not " + text(book.tagged.size());
  if (of_both != book.of_both.size())
    return "acts of both " + text(of_both) + ", not " + text(book.of_both.size());
  return {};
}

std::string totals_differ(const View& view, const Book& book, const Judged& place) {
  std::string wrong;
  const auto totals = view.totals();
  const auto sums = book.sums(place.city);
  const auto& known = book.at(place.city);
  const auto differ = [&wrong](const char* what, std::int64_t says, std::int64_t wanted) {
    if (says != wanted)
      wrong +=
          std::string(what) + " " + std::to_string(says) + ", not " + std::to_string(wanted) + "; ";
  };
  differ("issued", totals.units_issued_kg(), known.issued_kg);
  differ("imported", totals.units_imported_kg(), known.imported_kg);
  differ("held", totals.units_held_kg(), sums.held);
  differ("retired", totals.units_retired_kg(), sums.retired);
  differ("cancelled", totals.units_cancelled_kg(), sums.cancelled);
  differ("exported", totals.units_exported_kg(), sums.exported);
  differ("retired abroad", totals.units_retired_abroad_kg(), sums.retired_abroad);
  const auto project = view.project(place.project);
  differ("issued of the project", project->issued_kg(), known.issued_kg);
  differ("taken back", project->taken_back_kg(), known.taken_back_kg);
  differ("owed", project->owed_kg(), known.owed_kg);
  std::map<std::string, std::int64_t> held;
  for (const auto& [serial, kilogram] : known.units)
    if (kilogram.state == v1::HELD) ++held[kilogram.account];
  for (const auto& [account, kg] : held)
    differ(("held by " + account).c_str(), view.account(account)->units_held_kg(), kg);
  return wrong;
}

// ---- All cities ----

// Whether a kilogram that a transfer locks is at the taker by now.
bool has_arrived(const Book& book, const Kilogram& kilogram) {
  const auto& journey = book.journey(kilogram.lock);
  const auto& there = book.at(journey.to).transfers;
  const auto known = there.find(journey.id);
  if (known == there.end() || known->second.state != v1::TRANSFER_IMPORTED) return false;
  const auto kg = book.recognised(journey, known->second.version);
  const auto at = std::ranges::find(journey.origins, kilogram.origin) - journey.origins.begin();
  return at < kg;
}

struct Claims {
  int count = 0;
  std::string where;
};

std::map<Id, Claims> all_claims(const Book& book, const std::vector<std::string>& codes) {
  std::map<Id, Claims> claims;
  for (int city = 0; city < book.size(); ++city)
    for (const auto& [serial, kilogram] : book.at(city).units) {
      auto& claim = claims[{kilogram.home, kilogram.origin}];
      const bool is_on_its_way = kilogram.state == v1::HELD && !kilogram.lock.empty();
      const bool is_here =
          kilogram.state != v1::EXPORTED && !(is_on_its_way && has_arrived(book, kilogram));
      claim.count += is_here ? 1 : 0;
      claim.where += " " + codes[static_cast<std::size_t>(city)] + ":" + text(serial) + "=" +
                     v1::UnitState_Name(kilogram.state) + (is_on_its_way ? "(locked)" : "") +
                     (is_here ? "" : "(gone)");
    }
  return claims;
}

// Cities whose units cannot be judged now.
std::vector<bool> unsettled(const Book& book) {
  std::vector<bool> is_unsettled(static_cast<std::size_t>(book.size()));
  for (int city = 0; city < book.size(); ++city)
    for (const auto& [partner, place] : book.at(city).awaited) {
      is_unsettled[static_cast<std::size_t>(city)] = true;
      is_unsettled[static_cast<std::size_t>(partner)] = true;
    }
  return is_unsettled;
}

bool match(v1::TransferState sent, v1::TransferState taken) {
  if (sent == v1::TRANSFER_CONCLUDED) return taken == v1::TRANSFER_IMPORTED;
  return taken == v1::TRANSFER_REFUSED || taken == v1::TRANSFER_VOID;
}

}  // namespace

std::string differs(const View& view, const Book& book, const Judged& place) {
  const auto& known = book.at(place.city);
  auto wrong = serials_differ(view, known, place);
  if (wrong.empty()) wrong = transfers_differ(view, known);
  if (wrong.empty()) wrong = awaited_differ(view, known, place);
  if (wrong.empty()) wrong = tags_differ(view, known);
  if (wrong.empty()) wrong = totals_differ(view, book, place);
  if (wrong.empty()) return wrong;
  return place.codes[static_cast<std::size_t>(place.city)] + ": " + wrong;
}

std::string unconserved(const Book& book, const std::vector<std::string>& codes) {
  const auto skipped = unsettled(book);
  for (const auto& [id, claim] : all_claims(book, codes)) {
    const auto& [home, origin] = id;
    if (claim.count == 1 || skipped[static_cast<std::size_t>(home)]) continue;
    if (book.is_excused(home, origin)) continue;
    return "CONSERVATION: kilogram " + codes[static_cast<std::size_t>(home)] + "-" + text(origin) +
           " is in " + std::to_string(claim.count) + " places:" + claim.where;
  }
  return {};
}

std::string usable_again(const Book& book, const std::vector<std::string>& codes) {
  for (int city = 0; city < book.size(); ++city)
    for (const auto& [serial, kilogram] : book.at(city).units) {
      const int home = kilogram.home;
      if (home == city || kilogram.state != v1::HELD) continue;
      if (book.at(city).awaited.contains(home) || book.is_given_up(city, home)) continue;
      const auto& at_home = book.at(home).units;
      const auto own = at_home.find(kilogram.origin);
      if (own == at_home.end() || !own->second.is_retired_abroad) continue;
      return "RETIRED, and usable again: kilogram " + codes[static_cast<std::size_t>(home)] + "-" +
             text(kilogram.origin) + " in " + codes[static_cast<std::size_t>(city)];
    }
  return {};
}

std::string unended(const Book& book, const std::set<int>& gone,
                    const std::vector<std::string>& codes) {
  const auto code = [&codes](int city) { return codes[static_cast<std::size_t>(city)]; };
  for (int city = 0; city < book.size(); ++city)
    for (const auto& [partner, place] : book.at(city).awaited)
      if (!gone.contains(city))
        return "AT REST: " + code(city) + " still awaits the list of " + code(partner);
  for (const auto& [id, journey] : book.journeys()) {
    if (book.is_given_up(journey.from, journey.to) || gone.contains(journey.from)) continue;
    const auto sent = book.state(journey.from, id);
    const auto taken = book.state(journey.to, id);
    if (sent == v1::TRANSFER_STATE_UNSPECIFIED && taken == v1::TRANSFER_STATE_UNSPECIFIED) continue;
    // Whoever is gone may never have heard of it, or have lost it and not heard what it was.
    const bool is_unheard = gone.contains(journey.to) && taken == v1::TRANSFER_STATE_UNSPECIFIED;
    const bool is_lost = is_unheard && book.at(journey.to).awaited.contains(journey.from);
    if (match(sent, taken) || (is_unheard && sent == v1::TRANSFER_FREED)) continue;
    if (is_lost && sent == v1::TRANSFER_CONCLUDED) continue;
    return "AT REST: transfer " + crypto::hex_encode(id) + " from " + code(journey.from) + " to " +
           code(journey.to) + " is " + v1::TransferState_Name(sent) + " and " +
           v1::TransferState_Name(taken);
  }
  return {};
}

}  // namespace puhui::ledger::testing::sim
