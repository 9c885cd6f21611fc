// Proofs carried between cities: by a relay that runs, or in files.
#include <algorithm>

#include "node/cli/cities.h"
#include "node/cli/signatures.h"
#include "node/files/folder.h"
#include "node/relay/bundle.h"
#include "node/relay/relay.h"

namespace puhui::node::cli {
namespace {

constexpr std::uint32_t kMillis = 1'000;

// ---- A relay that runs ------------------------------------------------------------------------

struct RelayFlags {
  std::vector<std::string> from, to;
  std::uint32_t every_s = 5;
  std::uint32_t answer_timeout_s = 10;  // a silent city keeps the others waiting
  bool once = false;
};

// A city as it was named; null until it answers for the first time.
struct End {
  std::string where;
  std::unique_ptr<relay::City> city;
};

// The cities of a relay, taken in as they answer.
class Ends {
 public:
  Ends(const Session& session, const RelayFlags& flags)
      : session_(session),
        answer_ms_(flags.answer_timeout_s * kMillis),
        pause_max_(std::max(1u, kLongestS / flags.every_s)) {
    for (const auto& where : flags.from) from_.push_back({where, nullptr});
    for (const auto& where : flags.to) to_.push_back({where, nullptr});
  }

  [[nodiscard]] bool are_all_open() const {
    return std::ranges::all_of(from_, is_open) && std::ranges::all_of(to_, is_open);
  }
  // Asks those that have not answered yet, ever less often, and adds who answers. An error the
  // first time, where asking again would not help.
  Result<void> open_more(relay::Relay& relay) {
    if (are_all_open() || left_out_-- > 0) return {};
    const bool is_first = pause_ == 0;
    pause_ = left_out_ = std::min(2 * pause_ + 1, pause_max_);
    for (const bool is_from : {true, false}) {
      for (auto& end : is_from ? from_ : to_) {
        if (is_open(end)) continue;
        auto opened = open(end, relay, is_from);
        if (opened && !is_first)
          session_.world().err << printable(end.city->code()) << " answers at " << end.where
                               << "\n";
        if (opened) continue;
        if (is_first && exit_of(opened.error().code) != Exit::unreachable) return opened;
        print_error(session_.world().err, opened.error());
      }
    }
    return {};
  }

 private:
  static constexpr std::uint32_t kLongestS = 300;
  static bool is_open(const End& end) { return end.city != nullptr; }

  Result<void> open(End& end, relay::Relay& relay, bool is_from) {
    auto city = open_city(session_, end.where, answer_ms_);
    if (!city) return tl::make_unexpected(city.error());
    const auto& others = is_from ? to_ : from_;
    for (const auto& other : others)
      if (is_open(other) && other.city->code() == (*city)->code())
        return fail(ErrorCode::INVALID_ARGUMENT, (*city)->code() + " is named on both ends");
    end.city = std::move(*city);
    for (const auto& other : others)
      if (is_open(other)) relay.add(*end.city, *other.city);
    return {};
  }

  const Session& session_;
  const std::uint32_t answer_ms_;
  const std::uint32_t pause_max_;  // rounds
  std::vector<End> from_, to_;
  std::uint32_t pause_ = 0, left_out_ = 0;  // rounds in which nobody new is asked
};

// A line for each thing that was carried, or could not be.
void tell(const World& world, const relay::City& from, const relay::City& to, std::uint64_t leaf,
          const relay::Carried& carried) {
  world.out << from.code() << " " << leaf << " to " << to.code() << ": " << carried.action << " "
            << relay::word_of(carried.came);
  if (carried.position != 0) world.out << " at leaf " << carried.position;
  if (!carried.code.empty()) world.out << ", " << printable(carried.code);
  world.out << "\n" << std::flush;
}

relay::Hearing hearing_of(const World& world) {
  return {[&world](const relay::City& from, const relay::City& to, std::uint64_t leaf,
                   const relay::Carried& carried) { tell(world, from, to, leaf, carried); },
          [&world](const relay::City& from, const relay::City& to, const Error& error) {
            world.err << from.code() << " to " << to.code() << ": ";
            print_error(world.err, error);
          }};
}

Result<Exit> run_relay(Session& session, const RelayFlags& flags) {
  Ends ends(session, flags);
  relay::Relay relay{relay::Pairs()};
  const auto& world = session.world();
  const auto hearing = hearing_of(world);
  for (;;) {
    if (auto opened = ends.open_more(relay); !opened) return tl::make_unexpected(opened.error());
    const auto round = relay.round(hearing, flags.once);
    if (round.pass.done > 0)
      world.err << round.pass.done << " carried, " << round.pass.waits << " wait\n";
    if (flags.once)
      return round.is_all_done() && ends.are_all_open() ? Exit::ok : Exit::unreachable;
    world.sleep_ms(flags.every_s * kMillis);
  }
}

Run declare_run(CLI::App& app) {
  auto flags = std::make_shared<RelayFlags>();
  app.add_option("--from", flags->from, std::string(kCityHelp) + "; repeat for several")
      ->required()
      ->type_name("URL|PROFILE")
      ->allow_extra_args(false);
  app.add_option("--to", flags->to, "likewise: each of these with each of those, both ways")
      ->required()
      ->type_name("URL|PROFILE")
      ->allow_extra_args(false);
  app.add_option("--every", flags->every_s, "seconds between rounds")
      ->capture_default_str()
      ->check(CLI::Range(1, 3'600));
  app.add_option("--answer-timeout", flags->answer_timeout_s,
                 "seconds that a city's node may take to answer, before it is left out for a while")
      ->capture_default_str()
      ->check(CLI::Range(1, 600));
  app.add_flag("--once", flags->once, "one round, then end: 0 if nothing is left, else 4");
  return [flags](Session& session) { return run_relay(session, *flags); };
}

// ---- Bundles ----------------------------------------------------------------------------------

struct BundleFlags {
  std::string path, partner, receipt_file;
  relay::BundleFrom since;
};

// As a receipt of the partner says, or else the flags.
Result<relay::BundleFrom> since(const BundleFlags& flags) {
  if (flags.receipt_file.empty()) return flags.since;
  const auto receipt = read_json_file<v1::BundleReceipt>(flags.receipt_file);
  if (!receipt) return tl::make_unexpected(receipt.error());
  if (receipt->city() != flags.partner)
    return fail(ErrorCode::INVALID_ARGUMENT, flags.receipt_file + " is of " + receipt->city());
  return relay::next_after(*receipt);
}

Result<Exit> export_bundle(Session& session, const BundleFlags& flags) {
  if (exists(flags.path)) return fail(ErrorCode::LOCKED, flags.path + " exists");
  const auto from = since(flags);
  if (!from) return tl::make_unexpected(from.error());
  auto city = own_city(session);
  if (!city) return tl::make_unexpected(city.error());
  const auto made = relay::make_bundle(**city, flags.partner, *from);
  if (!made) return tl::make_unexpected(made.error());
  if (auto kept = write_new_file(flags.path, relay::encode_bundle(made->bundle)); !kept)
    return tl::make_unexpected(kept.error());
  Fields fields{{"for", flags.partner},
                {"goes_on_from_size", std::to_string(from->size)},
                {"leaves", std::to_string(made->bundle.leaves_size())}};
  if (made->next_leaf != 0) fields.emplace_back("more_from_leaf", std::to_string(made->next_leaf));
  session.print(fields);
  return Exit::ok;
}

Run declare_export(CLI::App& app) {
  auto flags = std::make_shared<BundleFlags>();
  app.add_option("partner", flags->partner, "city it is for")->required();
  app.add_option("--to", flags->path, "new file")->required()->type_name("FILE");
  auto* receipt =
      app.add_option("--receipt", flags->receipt_file, "what the partner gave back last time")
          ->type_name("FILE");
  app.add_option("--size", flags->since.size, "leaves that the partner knows (0)")
      ->excludes(receipt);
  app.add_option("--from-leaf", flags->since.leaf, "leaves before are done there (0)")
      ->excludes(receipt);
  return [flags](Session& session) { return export_bundle(session, *flags); };
}

constexpr Column kCarriedColumns[] = {
    {"THEIR-LEAF", "index"}, {"ACTION", "action"}, {"OUTCOME", "outcome"},
    {"LEAF", "position"},    {"WHY", "code"},
};

Result<Exit> import_bundle(Session& session, const BundleFlags& flags) {
  if (!flags.receipt_file.empty() && exists(flags.receipt_file))
    return fail(ErrorCode::LOCKED, flags.receipt_file + " exists and is not replaced");
  const auto bytes = read_file(flags.path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  const auto bundle = relay::parse_bundle(*bytes);
  if (!bundle) return fail(bundle.error().code, flags.path + ": " + bundle.error().detail);
  if (auto sound = relay::check_bundle(*bundle); !sound)
    return fail(sound.error().code, flags.path + ": " + sound.error().detail);
  auto city = own_city(session);
  if (!city) return tl::make_unexpected(city.error());
  const auto receipt = relay::take_bundle(**city, *bundle);
  if (!receipt) return tl::make_unexpected(receipt.error());
  if (!flags.receipt_file.empty())
    if (auto kept = write_new_file(flags.receipt_file, to_json(*receipt)); !kept)
      return tl::make_unexpected(kept.error());
  session.world().out << (session.json() ? to_json(*receipt)
                                         : list_table(*receipt, kCarriedColumns, "leaves"));
  return Exit::ok;
}

Run declare_import(CLI::App& app) {
  auto flags = std::make_shared<BundleFlags>();
  app.add_option("file", flags->path, "bundle")->required();
  app.add_option("--receipt", flags->receipt_file, "new file, to be carried back")
      ->type_name("FILE");
  return [flags](Session& session) { return import_bundle(session, *flags); };
}

constexpr Command kCommands[] = {
    {"relay", "run", "Carries proofs between cities, both ways; can delay, and no more.",
     "puhui relay run --from wuhan.toml --to hefei.toml\n"
     "puhui relay run --from wuhan.toml --to hefei.toml --to aba.toml --every 30\n"
     "puhui relay run --from wuhan.toml --to hefei.toml --once",
     declare_run},
    {"bundle", "export", "Writes what concerns a partner, with its proofs, into a file.",
     "puhui bundle export HEFEI --to hefei-1.bundle\n"
     "puhui bundle export HEFEI --receipt hefei-1.receipt --to hefei-2.bundle",
     declare_export},
    {"bundle", "import", "Takes what a partner's file brings; it may be taken again.",
     "puhui bundle import hefei-1.bundle --receipt hefei-1.receipt "
     "--party operator --key operator.key",
     declare_import},
};

}  // namespace

std::span<const Command> relay_commands() { return kCommands; }

}  // namespace puhui::node::cli
