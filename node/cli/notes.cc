// What is noted of a partner, leaf by leaf, and stated for it. A relay does the same unasked.
#include "crypto/bytes.h"
#include "node/cli/cities.h"

namespace puhui::node::cli {
namespace {

std::shared_ptr<std::uint64_t> add_leaf(CLI::App& app, const char* help) {
  auto leaf = std::make_shared<std::uint64_t>();
  add_value(
      app, "leaf", parse_number, [leaf](std::uint64_t number) { *leaf = number; }, help)
      ->required();
  return leaf;
}

// Proves leaves of the partner and sends what `put` makes of them.
template <class Find, class Put>
Result<Exit> note(Session& session, const std::string& there, Find find, Put put) {
  auto carriage = open_carriage(session, there);
  if (!carriage) return tl::make_unexpected(carriage.error());
  const Result<relay::Open> open = find(*carriage);
  if (!open) return tl::make_unexpected(open.error());
  auto delivery = carriage->prove(*open);
  if (!delivery) return tl::make_unexpected(delivery.error());
  v1::Payload payload;
  put(std::move(*delivery), payload);
  return submit(session, std::move(payload));
}

Run declare_retirement_state(CLI::App& app) {
  auto leaf = add_leaf(app, "position of the retirement");
  auto home = std::make_shared<std::string>();
  app.add_option("--home", *home, "city that issued the units")->required();
  return [leaf, home](Session& session) -> Result<Exit> {
    Query query{{"limit", "1"}};
    std::string before;
    crypto::append_u64(before, *leaf == 0 ? 0 : *leaf - 1);
    query.emplace_back("after", crypto::hex_encode(before));
    auto list = session.get<v1::ForeignRetirementList>({"v1", "partners", *home, "retirements"},
                                                       std::move(query));
    if (!list) return tl::make_unexpected(list.error());
    if (list->items().empty() || list->items(0).statement().retirement() != *leaf)
      return fail(ErrorCode::NOT_FOUND,
                  "no retirement of units of " + *home + " is at leaf " + std::to_string(*leaf));
    v1::Payload payload;
    *payload.mutable_state_retirement() = std::move(*list->mutable_items(0)->mutable_statement());
    return submit(session, std::move(payload));
  };
}

Run declare_retirement_note(CLI::App& app) {
  auto leaf = add_leaf(app, "position in the partner's ledger of what states the retirement");
  return [leaf, there = add_there(app)](Session& session) {
    return note(
        session, *there,
        [leaf](Carriage&) {
          return Result<relay::Open>({*leaf, {}});
        },
        [](relay::Delivery delivery, v1::Payload& payload) {
          *payload.mutable_note_retirement()->mutable_statement() = std::move(delivery.leaf);
        });
  };
}

Run declare_recall_note(CLI::App& app) {
  auto leaf = add_leaf(app, "position of the recall in the partner's ledger");
  return [leaf, there = add_there(app)](Session& session) {
    return note(
        session, *there,
        [leaf](Carriage&) {
          return Result<relay::Open>({*leaf, {}});
        },
        [](relay::Delivery delivery, v1::Payload& payload) {
          *payload.mutable_note_recall()->mutable_recall() = std::move(delivery.leaf);
        });
  };
}

Run declare_project_note(CLI::App& app) {
  auto project = std::make_shared<std::string>();
  app.add_option("project", *project, "code of the project there")->required();
  return [project, there = add_there(app)](Session& session) {
    return note(
        session, *there,
        [project](Carriage& carriage) { return carriage.way->filing_of(*project); },
        [](relay::Delivery delivery, v1::Payload& payload) {
          auto& action = *payload.mutable_note_filing();
          *action.mutable_filing() = std::move(delivery.leaf);
          if (delivery.notice) *action.mutable_notice() = std::move(*delivery.notice);
        });
  };
}

Run declare_project_ended(CLI::App& app) {
  auto project = std::make_shared<std::string>();
  app.add_option("project", *project, "code of the project there")->required();
  auto leaf = add_leaf(app, "position in the partner's ledger of what ended its draft");
  return [project, leaf, there = add_there(app)](Session& session) {
    return note(
        session, *there,
        [leaf](Carriage&) {
          return Result<relay::Open>({*leaf, {}});
        },
        [project](relay::Delivery delivery, v1::Payload& payload) {
          payload.mutable_note_filing_end()->set_project(*project);
          *payload.mutable_note_filing_end()->mutable_ended() = std::move(delivery.leaf);
        });
  };
}

// Nothing there proves it any more: the city is named alone.
Run declare_project_lost(CLI::App& app) {
  auto action = std::make_shared<v1::NoteFilingEnd>();
  app.add_option("project", *action->mutable_project(), "code of the project there")->required();
  app.add_option("--partner", *action->mutable_ended()->mutable_city(),
                 "city that lost, by a new epoch, what showed the project")
      ->required();
  return submits(action, &v1::Payload::mutable_note_filing_end);
}

constexpr Command kCommands[] = {
    {"retirement", "state", "States, for the city that issued the units, what was retired here.",
     "puhui retirement state 1200 --home WUHAN --party operator --key operator.key",
     declare_retirement_state},
    {"retirement", "note", "Notes what a partner states was retired there of this city's units.",
     "puhui retirement note 845 --there hefei.toml --party operator --key operator.key",
     declare_retirement_note},
    {"recall", "note", "Notes a recall of a partner: what came of those units lies bound here.",
     "puhui recall note 301 --there hefei.toml --party operator --key operator.key",
     declare_recall_note},
    {"project", "note", "Notes a project that a partner filed, or has under public notice.",
     "puhui project note HFPV1 --there hefei.toml --party operator --key operator.key",
     declare_project_note},
    {"project", "ended",
     "Notes that a partner's draft of a project came to nothing: its keys are free.",
     "puhui project ended HFPV1 402 --there hefei.toml --party operator --key operator.key",
     declare_project_ended},
    {"project", "lost",
     "Notes that a partner's new epoch lost a project of which no units came: its keys are free.",
     "puhui project lost HFPV1 --partner HEFEI --party operator --key operator.key",
     declare_project_lost},
};

}  // namespace

std::span<const Command> note_commands() { return kCommands; }

}  // namespace puhui::node::cli
