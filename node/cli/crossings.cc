// Transfers of units between cities: sent, answered, brought home, settled.
#include "ledger/recognition.h"
#include "node/cli/cities.h"
#include "node/cli/runs.h"
#include "node/cli/signatures.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kTransferColumns[] = {
    {"TRANSFER", "transfer"}, {"FROM", "city"},        {"TO", "export.partner"},
    {"STATE", "state"},       {"KG", "amount_kg"},     {"RECOGNISED-KG", "recognised_kg"},
    {"DEADLINE", "deadline"}, {"LEAF", "recorded_at"}, {"ENDED", "ended_at"},
    {"WHY", "code"},
};

// The id as people write it: 64 hex digits.
std::shared_ptr<std::string> add_transfer(CLI::App& app) {
  auto transfer = std::make_shared<std::string>();
  add_value(
      app, "transfer", [](const std::string& text) { return parse_hex(text, 32); },
      [transfer](std::string bytes) { *transfer = std::move(bytes); }, "id, 64 hex digits")
      ->required();
  return transfer;
}

std::string hex_of(const std::string& transfer) {
  return crypto::Digest::from_bytes(transfer)->hex();
}

// ---- Sending ----------------------------------------------------------------------------------

// The last version that has begun by the city's clock, whatever was filed for later.
Result<v1::Agreement> version_now(Session& session, const std::string& partner) {
  const auto record = session.get<v1::AgreementRecord>({"v1", "agreements", partner});
  if (!record) return tl::make_unexpected(record.error());
  const auto status = session.get<v1::Status>({"v1", "status"});
  if (!status) return tl::make_unexpected(status.error());
  auto now = record->agreement();
  if (now.effective_from() <= status->now()) return now;
  const auto versions = session.get<v1::AgreementVersionList>(
      {"v1", "agreements", partner, "versions"}, {{"limit", "500"}});
  if (!versions) return tl::make_unexpected(versions.error());
  for (const auto& version : versions->items())
    if (version.effective_from() <= status->now()) now = version;
  return now;
}

Result<Exit> send_units(Session& session, v1::Export action, UnitsSent sent) {
  const auto agreement = version_now(session, action.partner());
  if (!agreement) return tl::make_unexpected(agreement.error());
  action.set_agreement_version(agreement->version());
  action.set_answer_within(agreement->answer_within());
  sent.account = action.from();
  auto runs = runs_of(session, sent, action);
  if (!runs) return tl::make_unexpected(runs.error());
  *action.mutable_runs() = std::move(*runs);
  v1::Payload payload;
  *payload.mutable_export_() = std::move(action);
  return submit(session, std::move(payload));
}

Run declare_export(CLI::App& app) {
  auto action = std::make_shared<v1::Export>();
  auto units = std::make_shared<v1::Transfer>();
  app.add_option("partner", *action->mutable_partner(), "city they go to")->required();
  app.add_option("--from", *action->mutable_from(), "account here")->required();
  app.add_option("--to", *action->mutable_to(), "account there")->required();
  add_units(app, units);
  app.add_flag_function(
      "--return", [action](std::int64_t) { action->set_is_return(true); },
      "units that the partner issued, which go home");
  return [action, units](Session& session) {
    return send_units(session, *action, {{}, units->serials(), units->amount_kg()});
  };
}

// ---- Answering --------------------------------------------------------------------------------

// The export of a transfer that comes from the partner, proved to this city.
Result<v1::ProvenLeaf> proven_export(Session& session, const std::string& there,
                                     const std::string& transfer, Carriage& carriage) {
  auto opened = open_carriage(session, there);
  if (!opened) return tl::make_unexpected(opened.error());
  carriage = std::move(*opened);
  const auto record =
      carriage.there->get<v1::TransferRecord>({"v1", "transfers", hex_of(transfer)});
  if (!record) return tl::make_unexpected(record.error());
  auto delivery = carriage.prove({static_cast<std::uint64_t>(record->recorded_at()), {}});
  if (!delivery) return tl::make_unexpected(delivery.error());
  return std::move(delivery->leaf);
}

Run declare_import(CLI::App& app) {
  const auto transfer = add_transfer(app);
  return [transfer, there = add_there(app)](Session& session) -> Result<Exit> {
    Carriage carriage;
    const auto leaf = proven_export(session, *there, *transfer, carriage);
    if (!leaf) return tl::make_unexpected(leaf.error());
    auto action = relay::import_of(*carriage.here, *leaf);
    if (!action) return tl::make_unexpected(action.error());
    v1::Payload payload;
    *payload.mutable_import() = std::move(*action);
    return submit(session, std::move(payload));
  };
}

Run declare_refuse(CLI::App& app) {
  const auto transfer = add_transfer(app);
  auto code = std::make_shared<std::string>();
  app.add_option("--code", *code, "why: the code that an import is refused with")->required();
  return [transfer, code, there = add_there(app)](Session& session) -> Result<Exit> {
    Carriage carriage;
    auto leaf = proven_export(session, *there, *transfer, carriage);
    if (!leaf) return tl::make_unexpected(leaf.error());
    v1::Payload payload;
    *payload.mutable_refuse_import()->mutable_export_() = std::move(*leaf);
    payload.mutable_refuse_import()->set_code(*code);
    return submit(session, std::move(payload));
  };
}

Run declare_void(CLI::App& app) {
  const auto transfer = add_transfer(app);
  return [transfer, there = add_there(app)](Session& session) -> Result<Exit> {
    Carriage carriage;
    auto leaf = proven_export(session, *there, *transfer, carriage);
    if (!leaf) return tl::make_unexpected(leaf.error());
    v1::Payload payload;
    *payload.mutable_void_import()->mutable_export_() = std::move(*leaf);
    return submit(session, std::move(payload));
  };
}

Run declare_conclude(CLI::App& app) {
  const auto transfer = add_transfer(app);
  return [transfer, there = add_there(app)](Session& session) -> Result<Exit> {
    auto carriage = open_carriage(session, *there);
    if (!carriage) return tl::make_unexpected(carriage.error());
    const auto record =
        carriage->there->get<v1::TransferRecord>({"v1", "transfers", hex_of(*transfer)});
    if (!record) return tl::make_unexpected(record.error());
    auto delivery = carriage->prove({static_cast<std::uint64_t>(record->ended_at()), {}});
    if (!delivery) return tl::make_unexpected(delivery.error());
    v1::Payload payload;
    *payload.mutable_conclude_transfer()->mutable_answer() = std::move(delivery->leaf);
    return submit(session, std::move(payload));
  };
}

// ---- Settling ---------------------------------------------------------------------------------

// Of units that were sent from the city that is asked: its ledger has the export.
Result<Exit> draft_settlement(Session& session, const std::string& transfer,
                              v1::TransferSettlement settlement) {
  const auto record = session.get<v1::TransferRecord>({"v1", "transfers", hex_of(transfer)});
  if (!record) return tl::make_unexpected(record.error());
  const auto leaf =
      session.get<v1::EntryView>({"v1", "entries", std::to_string(record->recorded_at())});
  if (!leaf) return tl::make_unexpected(leaf.error());
  const auto& exported = leaf->payload();
  if (!exported.has_export_())
    return fail(ErrorCode::TRANSFER_UNKNOWN, "drafted by the node of " + record->city() +
                                                 ", which sent the units, until it has ended");
  settlement.set_sender(exported.city());
  settlement.set_party(exported.party());
  settlement.set_event_id(exported.event_id());
  return deliver_signed(session, settlement, ledger::read_settlement);
}

Run declare_draft(CLI::App& app) {
  auto settlement = std::make_shared<v1::TransferSettlement>();
  const auto transfer = add_transfer(app);
  add_choice(app, "outcome", "recognised", "freed",
             [settlement](bool is_recognised) { settlement->set_is_recognised(is_recognised); });
  add_paper(
      app, "--decision",
      [settlement](v1::Document decision) {
        *settlement->mutable_decision() = std::move(decision);
      },
      "what both authorities decided")
      ->required();
  return [settlement, transfer](Session& session) {
    return draft_settlement(session, *transfer, *settlement);
  };
}

Run declare_sign(CLI::App& app) {
  return signs(app, ledger::kSettlementWord, ledger::read_settlement);
}

Run declare_settle(CLI::App& app) {
  auto action = std::make_shared<v1::SettleTransfer>();
  add_value(
      app, "file",
      [](const std::string& path) { return read_signed(path, ledger::read_settlement); },
      [action](std::string bytes) { action->set_settlement(std::move(bytes)); },
      "settlement, as drafted")
      ->required();
  add_signatures(app, action);
  return submits(action, &v1::Payload::mutable_settle_transfer);
}

// ---- Reading ----------------------------------------------------------------------------------

Run declare_show(CLI::App& app) {
  return [transfer = add_transfer(app)](Session& session) {
    return show<v1::TransferRecord>(session, {"v1", "transfers", hex_of(*transfer)});
  };
}

Run declare_list(CLI::App& app) {
  auto state = std::make_shared<std::string>(), partner = std::make_shared<std::string>();
  app.add_option("--state", *state, "only those in this state")
      ->check(CLI::IsMember({"locked", "concluded", "freed", "imported", "refused", "void"}));
  app.add_option("--partner", *partner, "only those with this city");
  auto flags = add_list_flags(app);
  return [state, partner, flags](Session& session) {
    Query filter;
    if (!state->empty()) filter.emplace_back("state", *state);
    if (!partner->empty()) filter.emplace_back("partner", *partner);
    return show_list<v1::TransferList>(session, {"v1", "transfers"}, *flags, kTransferColumns,
                                       filter);
  };
}

constexpr Command kCommands[] = {
    {"crossing", "export", "Locks units for another city; they end here when it has answered.",
     "puhui crossing export HEFEI --from acme/pv --to buyer/main --amount 500t "
     "--party acme --key acme.key\n"
     "puhui crossing export HEFEI --from firm/main --to owner/main --serials 90001-90500 --return "
     "--party firm --key firm.key",
     declare_export},
    {"crossing", "import", "Takes what another city sent, as far as the agreement recognises it.",
     "puhui crossing import "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a --there wuhan.toml "
     "--party operator --key operator.key",
     declare_import},
    {"crossing", "refuse", "Answers for ever that units cannot be taken, and why.",
     "puhui crossing refuse "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a --code quota.exceeded "
     "--there wuhan.toml --party operator --key operator.key",
     declare_refuse},
    {"crossing", "void", "Answers for ever that units came too late to be taken.",
     "puhui crossing void "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a --there wuhan.toml "
     "--party operator --key operator.key",
     declare_void},
    {"crossing", "conclude", "Brings the other city's answer home: the units end, or are free.",
     "puhui crossing conclude "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a --there hefei.toml "
     "--party operator --key operator.key",
     declare_conclude},
    {"crossing", "draft",
     "Makes the bytes by which both authorities settle what was sent from this city.",
     "puhui crossing draft "
     "9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a freed "
     "--decision no-12.pdf --out t.settlement",
     declare_draft},
    {"crossing", "sign", "Signs a settlement by a key of the city's authority.",
     "puhui crossing sign t.settlement --key authority.key --out wuhan-t.signature", declare_sign},
    {"crossing", "settle", "Ends a transfer that no answer ends, as both authorities agreed.",
     "puhui crossing settle t.settlement --signature hefei-t.signature "
     "--party city-authority --key authority.key\n"
     "puhui crossing settle t.settlement --propose partner-gone --party city-authority "
     "--key authority.key",
     declare_settle},
    {"crossing", "show", "Shows a transfer between cities.",
     "puhui crossing show 9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a",
     declare_show},
    {"crossing", "list", "Lists transfers between cities.",
     "puhui crossing list --state locked --partner HEFEI --all", declare_list},
};

}  // namespace

std::span<const Command> crossing_commands() { return kCommands; }

}  // namespace puhui::node::cli
