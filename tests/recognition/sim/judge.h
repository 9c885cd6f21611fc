// What must hold of all cities together, seen from outside: each ledger is as the book has it, and
// the book adds up.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ledger/views/view.h"
#include "tests/recognition/sim/book.h"

namespace puhui::ledger::testing::sim {

struct Judged {
  int city = 0;
  std::int64_t time = 0;  // of its last leaf
  std::string project;
  const std::vector<std::string>& codes;  // of all cities

  [[nodiscard]] const std::string& code(int of) const {
    return codes[static_cast<std::size_t>(of)];
  }
};

// How a ledger differs from the book, to the kilogram: serials, what binds them, transfers, totals;
// empty while it does not.
[[nodiscard]] std::string differs(const View& view, const Book& book, const Judged& city);

// A kilogram that is in two cities at once, or in none. Those of a city that awaits lists, or that
// another awaits a list from, are left out: they are looked at when the list is noted.
[[nodiscard]] std::string unconserved(const Book& book, const std::vector<std::string>& codes);

// A kilogram that was reported home as retired and that its holder, which has lost the retirement,
// can use again though it has noted the list of the city that issued it.
[[nodiscard]] std::string usable_again(const Book& book, const std::vector<std::string>& codes);

// When all is carried and all deadlines are over: a transfer that has not ended, ends that do not
// match, a list that was never noted. Cities that are gone end nothing.
[[nodiscard]] std::string unended(const Book& book, const std::set<int>& gone,
                                  const std::vector<std::string>& codes);

}  // namespace puhui::ledger::testing::sim
