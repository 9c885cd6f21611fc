// Partner cities' logs: what is known of them here, larger checkpoints, other keys, forks.
#include "crypto/evidence.h"
#include "ledger/recognition.h"
#include "node/cli/cities.h"
#include "node/cli/signatures.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kPartnerColumns[] = {
    {"CITY", "side.city"},         {"ORIGIN", "origin"},    {"SIZE", "size"},
    {"ACCEPTED", "accepted_time"}, {"LEAF", "accepted_at"}, {"ACCUSED", "accused_at"},
};
constexpr Column kProjectColumns[] = {
    {"PROJECT", "project"},         {"KEYS", "keys"},     {"FROM", "from"},         {"TO", "to"},
    {"THEIR-LEAF", "partner_leaf"}, {"LEAF", "noted_at"}, {"CONFLICT", "conflict"},
};

Run declare_show(CLI::App& app) { return shows<v1::PartnerLog>(app, "partners", "city"); }
Run declare_list(CLI::App& app) {
  return lists<v1::PartnerLogList>(app, "partners", kPartnerColumns);
}

Run declare_projects(CLI::App& app) {
  auto city = std::make_shared<std::string>();
  app.add_option("city", *city, "partner")->required();
  auto flags = add_list_flags(app);
  return [city, flags](Session& session) {
    return show_list<v1::ForeignProjectList>(session, {"v1", "partners", *city, "projects"}, *flags,
                                             kProjectColumns);
  };
}

// As text, for any tool that verifies checkpoints and receipts of the partner.
Run declare_policy(CLI::App& app) {
  auto city = std::make_shared<std::string>();
  app.add_option("city", *city, "partner")->required();
  return [city](Session& session) -> Result<Exit> {
    const auto policy = session.fetch({"v1", "partners", *city, "policy"});
    if (!policy) return tl::make_unexpected(policy.error());
    if (auto delivered = session.deliver(*policy); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

// ---- Renewals ---------------------------------------------------------------------------------

Run declare_draft(CLI::App& app) {
  auto renewal = std::make_shared<v1::SideRenewal>();
  add_value(
      app, "side", read_json_file<v1::CitySide>,
      [renewal](v1::CitySide side) { *renewal->mutable_side() = std::move(side); },
      "this city, as puhui agreement side prints it")
      ->required();
  app.add_option_function<std::uint32_t>(
         "--sequence", [renewal](std::uint32_t number) { renewal->set_sequence(number); },
         "number of the renewal, the next one for this partner")
      ->required()
      ->check(CLI::PositiveNumber);
  return [renewal](Session& session) {
    return deliver_signed(session, *renewal, ledger::read_renewal);
  };
}

Run declare_sign(CLI::App& app) { return signs(app, ledger::kRenewalWord, ledger::read_renewal); }

Run declare_renew(CLI::App& app) {
  auto action = std::make_shared<v1::RenewPartner>();
  add_value(
      app, "file", [](const std::string& path) { return read_signed(path, ledger::read_renewal); },
      [action](std::string bytes) { action->set_renewal(std::move(bytes)); },
      "renewal, as the partner drafted it")
      ->required();
  add_signatures(app, action)->required();
  return submits(action, &v1::Payload::mutable_renew_partner);
}

// ---- Checkpoints ------------------------------------------------------------------------------

Run declare_accuse(CLI::App& app) {
  auto action = std::make_shared<v1::AccusePartner>();
  app.add_option("partner", *action->mutable_partner(), "city")->required();
  add_value(
      app, "evidence",
      [](const std::string& path) -> Result<std::string> {
        auto bytes = read_file(path);
        if (!bytes) return bytes;
        if (const auto evidence = crypto::parse_evidence(*bytes); !evidence)
          return fail(evidence.error().code, path + ": " + evidence.error().detail);
        return bytes;
      },
      [action](std::string bytes) { action->set_evidence(std::move(bytes)); },
      "file of a mirror or witness that has seen the fork")
      ->required();
  return submits(action, &v1::Payload::mutable_accuse_partner);
}

Run declare_checkpoint(CLI::App& app) {
  return [there = add_there(app)](Session& session) -> Result<Exit> {
    const auto carriage = open_carriage(session, *there);
    if (!carriage) return tl::make_unexpected(carriage.error());
    auto action = carriage->way->larger_checkpoint(carriage->log);
    if (!action) return tl::make_unexpected(action.error());
    if (!*action)
      return fail(ErrorCode::CHECKPOINT_STALE,
                  carriage->there->code() +
                      " shows none that its policy takes and that is larger "
                      "than " +
                      std::to_string(carriage->log.size()));
    v1::Payload payload;
    *payload.mutable_accept_checkpoint() = std::move(**action);
    return submit(session, std::move(payload));
  };
}

constexpr Command kCommands[] = {
    {"partner", "show", "Shows a partner's log as far as it is known here.",
     "puhui partner show HEFEI", declare_show},
    {"partner", "list", "Lists partner cities.", "puhui partner list", declare_list},
    {"partner", "policy",
     "Prints the policy that a partner's checkpoints and receipts are judged by.",
     "puhui partner policy HEFEI --out hefei.policy\n"
     "puhui receipt verify 1200.receipt --policy hefei.policy",
     declare_policy},
    {"partner", "projects", "Lists the projects of a partner that were noted here.",
     "puhui partner projects HEFEI --all", declare_projects},
    {"partner", "checkpoint", "Accepts a larger checkpoint of a partner's log, from its node.",
     "puhui partner checkpoint --there hefei.toml --party operator --key operator.key",
     declare_checkpoint},
    {"partner", "draft", "Makes the bytes by which partners know this city's new nodes and keys.",
     "puhui agreement side --out wuhan.side\n"
     "puhui partner draft wuhan.side --sequence 1 --out wuhan.renewal",
     declare_draft},
    {"partner", "sign", "Signs a renewal by a key of the city's authority.",
     "puhui partner sign wuhan.renewal --key authority.key --out wuhan-renewal.signature",
     declare_sign},
    {"partner", "renew", "Takes over the new nodes and keys of a partner, which it has signed.",
     "puhui partner renew hefei.renewal --signature hefei-renewal.signature "
     "--party operator --key operator.key",
     declare_renew},
    {"partner", "accuse", "Records that a partner's log has forked: its agreement is suspended.",
     "puhui partner accuse HEFEI copy/evidence/1200 --party operator --key operator.key",
     declare_accuse},
};

}  // namespace

std::span<const Command> partner_commands() { return kCommands; }

}  // namespace puhui::node::cli
