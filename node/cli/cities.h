// Several cities in one run: each with its own address, authority and keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "node/cli/command.h"
#include "node/relay/way.h"

namespace puhui::node::cli {

// How a city is named on a command line.
inline constexpr const char* kCityHelp =
    "https:// address of its node, asked with the settings of this run; or a profile for it";

// A city by such a name. Asks its node which city it is; events are signed with the keys, and in
// the name of the party, of its profile. CONFIG for a profile that is none; errors of Session.
[[nodiscard]] Result<std::unique_ptr<relay::City>> open_city(
    const Session& session, const std::string& where,
    std::uint32_t answer_ms = RunFlags().answer_ms);
// The one that this run's own settings name.
[[nodiscard]] Result<std::unique_ptr<relay::City>> own_city(const Session& session);

// A partner's node and this city's, to carry something from there to here.
struct Carriage {
  std::unique_ptr<relay::City> there, here;
  std::unique_ptr<relay::Way> way;
  v1::PartnerLog log;  // of the partner, as it is known here

  // The leaf, proved by the last checkpoint accepted here. CHECKPOINT_NOT_ACCEPTED if that does not
  // cover it yet.
  [[nodiscard]] Result<relay::Delivery> prove(const relay::Open& open);
};
[[nodiscard]] Result<Carriage> open_carriage(const Session& session, const std::string& there);

// --there, required.
[[nodiscard]] std::shared_ptr<std::string> add_there(CLI::App& app);

}  // namespace puhui::node::cli
