// The command line client, as a party of a city uses it.
#pragma once

#include <gtest/gtest.h>

#include "node/files/folder.h"
#include "tests/cluster/city.h"

namespace puhui::testing {

// The file of a party's key: a founding one's, or written on first use.
[[nodiscard]] inline std::string key_file(City& city, const std::string& party) {
  const auto founding = city.folder() + "/city/keys/" + party + ".key";
  if (node::exists(founding)) return founding;
  auto file = city.folder() + "/" + party + ".key";
  if (node::exists(file)) return file;
  EXPECT_TRUE(node::write_key(file, city.key_of(party), std::nullopt)) << file;
  return file;
}

// The flags by which it finds all nodes of the city and signs for the party.
[[nodiscard]] inline Words flags_of(City& city, const std::string& party) {
  Words flags{"--ca",    city.folder() + "/city/authority.pem",
              "--party", party,
              "--key",   key_file(city, party)};
  for (unsigned node = 1; node <= city.nodes(); ++node)
    flags = flags + Words{"--url", city.url(node)};
  return flags;
}

[[nodiscard]] inline Ran cli(City& city, const std::string& party, const Words& words) {
  return run(Words{PUHUI_CLI} + words + flags_of(city, party));
}

}  // namespace puhui::testing
