// The city's state, its changes, and the running of its cluster.
#include <algorithm>

#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr unsigned kTailPart = 200;
constexpr std::int64_t kTailDefault = 20;
constexpr std::uint32_t kFollowMs = 1'000;

Run declare_status(CLI::App&) {
  return [](Session& session) -> Result<Exit> {
    const auto status = session.get<v1::Status>({"v1", "status"});
    if (!status) return tl::make_unexpected(status.error());
    if (status->demo_clock())
      session.world().err << "DEMO CLOCK: event times are scaled and prove no date\n";
    session.print(*status);
    return Exit::ok;
  };
}

Run declare_totals(CLI::App&) {
  return [](Session& session) { return show<v1::Totals>(session, {"v1", "totals"}); };
}

// The name of the action that is set, or the kind of an entry that is no event.
struct Tail {
  std::optional<std::uint64_t> from;
  bool follow = false;
};

Result<std::int64_t> first_position(Session& session, const Tail& tail) {
  if (tail.from) return static_cast<std::int64_t>(*tail.from);
  const auto status = session.get<v1::Status>({"v1", "status"});
  if (!status) return tl::make_unexpected(status.error());
  return std::max<std::int64_t>(0, status->size() - kTailDefault);
}

Result<Exit> run_tail(Session& session, const Tail& tail) {
  auto next = first_position(session, tail);
  if (!next) return tl::make_unexpected(next.error());
  for (;;) {
    const auto part = session.get<v1::EntryList>(
        {"v1", "changes"}, {{"from", std::to_string(*next)}, {"limit", std::to_string(kTailPart)}});
    if (!part) return tl::make_unexpected(part.error());
    for (const auto& entry : part->items()) {
      if (entry.position() < *next)
        return fail(ErrorCode::CORRUPT, "the node answers positions that were not asked for");
      print_entry(session, entry);
      next = entry.position() + 1;
    }
    session.world().out.flush();
    if (!part->items().empty()) continue;
    if (!tail.follow) return Exit::ok;
    session.world().sleep_ms(kFollowMs);
  }
}

Run declare_tail(CLI::App& app) {
  auto tail = std::make_shared<Tail>();
  app.add_option("--from", tail->from, "first position (the last 20)");
  app.add_flag("--follow", tail->follow, "go on with what is added, until interrupted");
  return [tail](Session& session) { return run_tail(session, *tail); };
}

Result<Exit> order(Session& session, const std::string& target) {
  const auto answer = session.request("POST", target);
  if (!answer) return tl::make_unexpected(answer.error());
  session.world().out << "done\n";
  return Exit::ok;
}

std::shared_ptr<std::uint64_t> add_node_id(CLI::App& app) {
  auto id = std::make_shared<std::uint64_t>();
  add_value(
      app, "id", parse_number, [id](std::uint64_t number) { *id = number; }, "number of the node")
      ->required();
  return id;
}

Run declare_transfer(CLI::App& app) {
  return [id = add_node_id(app)](Session& session) {
    return order(session, target_of({"v1", "cluster", "transfer"}, {{"to", std::to_string(*id)}}));
  };
}

Run declare_member(CLI::App& app) {
  auto id = add_node_id(app);
  auto role = std::make_shared<std::string>();
  app.add_option("--role", *role, "learner, voter, or none to remove it")
      ->required()
      ->check(CLI::IsMember({"learner", "voter", "none"}));
  return [id, role](Session& session) {
    return order(session, target_of({"v1", "cluster", "members"},
                                    {{"id", std::to_string(*id)}, {"role", *role}}));
  };
}

Run declare_statement(CLI::App& app) {
  auto span = std::make_shared<std::pair<std::int64_t, std::int64_t>>();
  add_value(
      app, "--from", parse_time_us, [span](std::int64_t time) { span->first = time; },
      "first moment of the period")
      ->required();
  add_value(
      app, "--to", parse_time_us, [span](std::int64_t time) { span->second = time; },
      "first moment after the period")
      ->required();
  return [span](Session& session) -> Result<Exit> {
    const auto statement = session.get<v1::Statement>(
        {"v1", "statement"},
        {{"from", std::to_string(span->first)}, {"before", std::to_string(span->second)}});
    if (!statement) return tl::make_unexpected(statement.error());
    if (session.flags().out_file.empty()) {
      session.print(*statement);
      return Exit::ok;
    }
    if (auto delivered = session.deliver(to_json(*statement)); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

constexpr Command kCommands[] = {
    {"status", nullptr, "Shows the node's and the city's state.",
     "puhui status --url https://node1.example:8443 --ca authority.pem", declare_status},
    {"statement", nullptr,
     "Reports a period: issued, transferred, retired by purpose, credited, filed.",
     "puhui statement --from 2026-01-01T00:00:00+08:00 --to 2026-02-01T00:00:00+08:00",
     declare_statement},
    {"totals", nullptr, "Shows the sums of every asset.", "puhui totals -o json", declare_totals},
    {"tail", nullptr, "Shows the newest leaves of the ledger.",
     "puhui tail\npuhui tail --from 0 --follow -o json", declare_tail},
    {"cluster", "transfer", "Hands leadership over to a voter.",
     "puhui cluster transfer 2 --client-cert operator.pem --client-key operator-tls.key",
     declare_transfer},
    {"cluster", "member", "Changes a node's part in the cluster.",
     "puhui cluster member 4 --role learner --client-cert operator.pem "
     "--client-key operator-tls.key",
     declare_member},
};

std::string action_of(const v1::EntryView& entry) {
  const auto* group = v1::Payload::descriptor()->FindOneofByName("action");
  const auto* field =
      entry.payload().GetReflection()->GetOneofFieldDescriptor(entry.payload(), group);
  return field == nullptr ? entry.kind() : field->name();
}

}  // namespace

void print_entry(Session& session, const v1::EntryView& entry) {
  auto& out = session.world().out;
  if (session.json()) {
    out << to_json_line(entry);
    return;
  }
  out << entry.position() << "  " << format_time(entry.time()) << "  "
      << printable(action_of(entry)) << "  " << printable(entry.payload().party()) << "\n";
}

std::span<const Command> node_commands() { return kCommands; }

}  // namespace puhui::node::cli
