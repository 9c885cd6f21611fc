// Units of a partner by the serials that it gave them: where they are here, and what it recalled.
#include <algorithm>
#include <iterator>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

// A stretch begins at this serial, if one holds it.
void split(Books::Mirrored& mirrored, std::uint64_t serial) {
  auto found = mirrored.upper_bound(serial);
  if (found == mirrored.begin()) return;
  auto& [first, stretch] = *--found;
  if (first == serial || stretch.last < serial) return;
  const auto here = stretch.here + (serial - first);
  mirrored.emplace_hint(std::next(found), serial, Books::Stretch{stretch.last, here});
  stretch.last = serial - 1;
}

// The stretches from one serial to another, which are cut where these are.
auto within(Books::Mirrored& mirrored, const v1::SerialRange& theirs) {
  split(mirrored, theirs.start());
  split(mirrored, theirs.end() + 1);
  return std::pair(mirrored.lower_bound(theirs.start()), mirrored.upper_bound(theirs.end()));
}

}  // namespace

void note_here(Books& books, const v1::UnitBatch& batch) {
  const auto theirs = at_home(batch, batch.start(), batch.end());
  auto& mirrored = books.mirrored[batch.mirrored().city()];
  const auto [from, to] = within(mirrored, theirs);
  mirrored.erase(from, to);
  mirrored[theirs.start()] = {theirs.end(), batch.start()};
}

void note_gone(Books& books, const v1::UnitBlock& piece) {
  const auto& batch = books.batches.at(piece.batch());
  const auto theirs = at_home(batch, piece.start(), piece.end());
  const auto ahead = piece.start() - theirs.start();  // may wrap
  auto& mirrored = books.mirrored[batch.mirrored().city()];
  auto each = mirrored.upper_bound(theirs.start());
  if (each != mirrored.begin()) --each;
  while (each != mirrored.end() && each->first <= theirs.end()) {
    const auto [first, stretch] = *each;
    // What came once more meanwhile stays, whole.
    const bool goes = stretch.last >= theirs.start() && stretch.here - first == ahead;
    each = goes ? mirrored.erase(each) : std::next(each);
    if (goes && first < theirs.start()) mirrored[first] = {theirs.start() - 1, stretch.here};
    if (goes && stretch.last > theirs.end())
      mirrored[theirs.end() + 1] = {stretch.last, theirs.end() + 1 + ahead};
  }
}

std::vector<PartHere> parts_here(const Books& books, const std::string& city,
                                 const v1::SerialRange& theirs, std::size_t max) {
  std::vector<PartHere> parts;
  const auto* mirrored = find(books.mirrored, city);
  if (mirrored == nullptr) return parts;
  auto each = mirrored->upper_bound(theirs.start());
  if (each != mirrored->begin()) --each;
  for (; each != mirrored->end() && each->first <= theirs.end(); ++each) {
    const auto& [first, stretch] = *each;
    const auto last = std::min(stretch.last, theirs.end());
    for (auto serial = std::max(first, theirs.start()); serial <= last && parts.size() < max;) {
      const auto here = stretch.here + (serial - first);
      parts.push_back({books.blocks.lower_bound(here)->second, serial});
      auto& part = parts.back();
      part.units.set_start(here);
      part.units.set_end(std::min(part.units.end(), here + (last - serial)));
      serial += static_cast<std::uint64_t>(size_of(part.units));
    }
  }
  return parts;
}

void note_recalled_there(Books& books, const std::string& city, const Ranges& serials) {
  auto& recalled = books.recalled_abroad[city];
  for (const auto& range : serials) {
    auto first = range.start(), last = range.end();
    auto each = recalled.upper_bound(first);
    if (each != recalled.begin() && std::prev(each)->second >= first) --each;
    while (each != recalled.end() && each->first <= last) {
      first = std::min(first, each->first);
      last = std::max(last, each->second);
      each = recalled.erase(each);
    }
    recalled[first] = last;
  }
}

bool is_recalled_there(const Books& books, const std::string& city, const v1::SerialRange& theirs) {
  const auto* recalled = find(books.recalled_abroad, city);
  if (recalled == nullptr) return false;
  const auto after = recalled->upper_bound(theirs.end());
  return after != recalled->begin() && std::prev(after)->second >= theirs.start();
}

}  // namespace puhui::node::audit
