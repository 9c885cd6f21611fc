// The ledger as a node serves it, leaf by leaf.
#pragma once

#include <string>
#include <vector>

#include "tests/cluster/city.h"

namespace puhui::testing {

inline std::vector<v1::EntryView> entries_of(City& city, unsigned node) {
  auto client = city.client_of(node);
  std::vector<v1::EntryView> all;
  while (true) {
    const auto part =
        get<v1::EntryList>(client, "/v1/changes?limit=1000&from=" + std::to_string(all.size()));
    if (part.items().empty()) return all;
    all.insert(all.end(), part.items().begin(), part.items().end());
  }
}

}  // namespace puhui::testing
