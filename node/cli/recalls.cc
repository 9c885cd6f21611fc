// What becomes of a batch after it was issued: registered, recalled, expired; and reversals.
#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kRecallColumns[] = {
    {"LEAF", "leaf"},
    {"TIME", "time"},
    {"PROJECT", "project"},
    {"BATCH", "recall.batch"},
    {"REVERSED-KG", "reverse.amount_kg"},
    {"CANCELLED-KG", "cancelled_kg"},
    {"RETIRED-KG", "retired_kg"},
    {"FROM-BUFFER-KG", "from_buffer_kg"},
    {"OWED-KG", "owed_kg"},
};
constexpr const char* kRangesHelp =
    "FIRST-LAST of the batch, both included; repeat for several (all of it)";

template <class Action>
void add_batch(CLI::App& app, const std::shared_ptr<Action>& action) {
  app.add_option("batch", *action->mutable_batch(), "code of the batch")->required();
}

Run declare_register(CLI::App& app) {
  auto action = std::make_shared<v1::RegisterBatch>();
  add_batch(app, action);
  return submits(action, &v1::Payload::mutable_register_batch);
}

// All of the batch, as the node knows it.
Result<void> add_whole(Session& session, v1::Recall& action) {
  const auto batch = session.get<v1::UnitBatch>({"v1", "batches", action.batch()});
  if (!batch) return tl::make_unexpected(batch.error());
  auto* whole = action.add_serials();
  whole->set_start(batch->start());
  whole->set_end(batch->end());
  return {};
}

Run declare_recall(CLI::App& app) {
  auto action = std::make_shared<v1::Recall>();
  add_batch(app, action);
  add_serials(app, action, kRangesHelp);
  app.add_option("--reason", *action->mutable_reason(), "why, with the case number")->required();
  add_paper(
      app, "--decision",
      [action](v1::Document decision) { *action->mutable_decision() = std::move(decision); },
      "the decision behind it")
      ->required();
  return [action](Session& session) -> Result<Exit> {
    v1::Payload payload;
    auto& recall = *payload.mutable_recall();
    recall = *action;
    if (recall.serials().empty())
      if (auto added = add_whole(session, recall); !added)
        return tl::make_unexpected(added.error());
    return submit(session, std::move(payload));
  };
}

Run declare_expire(CLI::App& app) {
  auto action = std::make_shared<v1::Expire>();
  add_batch(app, action);
  add_serials(app, action, kRangesHelp);
  return submits(action, &v1::Payload::mutable_expire);
}

Run declare_reverse(CLI::App& app) {
  auto action = std::make_shared<v1::Reverse>();
  app.add_option("project", *action->mutable_project(), "project")->required();
  add_amount(app, action, "what is back in the air: 2000t, 1448.5t or 500kg")->required();
  app.add_option("--reason", *action->mutable_reason(), "what happened")->required();
  add_paper(
      app, "--statement",
      [action](v1::Document statement) { *action->mutable_statement() = std::move(statement); },
      "who measured it, and how")
      ->required();
  return submits(action, &v1::Payload::mutable_reverse);
}

Run declare_list(CLI::App& app) {
  return lists<v1::RecallRecordList>(app, "recalls", kRecallColumns);
}

Run declare_show(CLI::App& app) {
  auto leaf = std::make_shared<std::uint64_t>();
  add_value(
      app, "leaf", parse_number, [leaf](std::uint64_t number) { *leaf = number; },
      "position of the recall or reversal")
      ->required();
  return [leaf](Session& session) {
    return show<v1::RecallRecord>(session, {"v1", "recalls", std::to_string(*leaf)});
  };
}

constexpr Command kCommands[] = {
    {"batch", "register", "Registers what was issued: its units may move from now on.",
     "puhui batch register B2024001 --party operator --key operator.key", declare_register},
    {"batch", "recall", "Recalls units that should not have been issued.",
     "puhui batch recall B2024001 --serials 1-5000 --reason \"meter read twice\" "
     "--decision no-9.pdf --party city-authority --key authority.key --key operator.key",
     declare_recall},
    {"batch", "expire", "Ends units of a batch that serve no purpose of the rules any more.",
     "puhui batch expire B2018001 --party operator --key operator.key", declare_expire},
    {"project", "reverse", "Records that carbon a project stored is back in the air.",
     "puhui project reverse FOREST1 --amount 120t --reason \"fire of 3 May\" "
     "--statement survey.pdf --party city-authority --key authority.key",
     declare_reverse},
    {"recall", "list", "Lists recalls and reversals.", "puhui recall list --all", declare_list},
    {"recall", "show", "Shows what a recall or reversal did.", "puhui recall show 1200",
     declare_show},
};

}  // namespace

std::span<const Command> recall_commands() { return kCommands; }

}  // namespace puhui::node::cli
