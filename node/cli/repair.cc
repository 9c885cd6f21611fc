// A stopped node's ledger: examined, and built again from its leaves.
#include "node/repair/repair.h"

#include <algorithm>
#include <thread>

#include "node/cli/command.h"
#include "node/cli/source.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

std::shared_ptr<RepairOptions> add_data(CLI::App& app) {
  auto options = std::make_shared<RepairOptions>();
  options->threads = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("data", options->data, "the node's data folder; the node must be stopped")
      ->required();
  app.add_option("--threads", options->threads, "to check signatures with")
      ->check(CLI::Range(1u, 256u));
  return options;
}

Run declare_scrub(CLI::App& app) {
  return [options = add_data(app)](Session& session) -> Result<Exit> {
    const auto well = scrub(*options);
    if (!well) return tl::make_unexpected(well.error());
    session.print(Fields{
        {"well", "yes"}, {"size", std::to_string(well->size)}, {"root", well->root.base64()}});
    return Exit::ok;
  };
}

struct SourceFlags {
  std::string where, policy_file;
};

Result<void> add_source(const Session& session, const SourceFlags& flags, RepairOptions& options) {
  if (flags.where.empty()) return {};
  auto policy = read_policy(flags.policy_file);
  if (!policy) return tl::make_unexpected(policy.error());
  auto source = source_of(session, flags.where);
  if (!source) return tl::make_unexpected(source.error());
  FollowOptions follow;
  follow.source = std::move(*source);
  follow.policy = std::move(*policy);
  follow.progress = Teller(session.world().err);
  options.source = std::move(follow);
  return {};
}

Run declare_repair(CLI::App& app) {
  auto options = add_data(app);
  auto flags = std::make_shared<SourceFlags>();
  auto* from = app.add_option("--from", flags->where,
                              "take leaves from this node, mirror or copy instead of the folder");
  auto* policy =
      app.add_option("--policy", flags->policy_file, "tlog-policy file: whom to believe");
  from->needs(policy);
  policy->needs(from);
  return [options, flags](Session& session) -> Result<Exit> {
    if (auto added = add_source(session, *flags, *options); !added)
      return tl::make_unexpected(added.error());
    const auto done = repair(*options);
    if (!done) return tl::make_unexpected(done.error());
    Fields fields{{"found", done->found.empty() ? "nothing wrong" : printable(done->found)},
                  {"size", std::to_string(done->size)},
                  {"root", done->root.base64()}};
    if (!done->kept.empty()) fields.emplace_back("damaged ledger kept as", done->kept);
    session.print(fields);
    return Exit::ok;
  };
}

constexpr Command kCommands[] = {
    {"scrub", nullptr,
     "Reads a stopped node's ledger to the last byte and builds it again to compare.",
     "puhui scrub /var/lib/puhui/data", declare_scrub},
    {"repair", nullptr,
     "Builds a stopped node's damaged ledger again, from its own leaves or a peer's with proof.",
     "puhui repair /var/lib/puhui/data\n"
     "puhui repair /var/lib/puhui/data --from https://10.0.0.2:7443 --policy city.policy \\\n"
     "  --ca authority.pem --client-cert operator.pem --client-key operator-key.pem",
     declare_repair},
};

}  // namespace

std::span<const Command> repair_commands() { return kCommands; }

}  // namespace puhui::node::cli
