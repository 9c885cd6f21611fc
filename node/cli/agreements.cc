// Agreements with other cities: drafted as exact bytes, signed by both authorities, filed by each.
#include <algorithm>
#include <array>

#include "ledger/recognition.h"
#include "node/cli/signatures.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

// "HEFEI+WUHAN": the cities of an agreement.
std::string cities_text(const google::protobuf::Message& element) {
  std::string text;
  for (const auto& side : dynamic_cast<const v1::AgreementRecord&>(element).agreement().sides())
    text += (text.empty() ? "" : "+") + side.city();
  return text;
}

constexpr Column kAgreementColumns[] = {
    {"AGREEMENT", "agreement.agreement"},
    {"CITIES", "", cities_text},
    {"VERSION", "agreement.version"},
    {"STANDING", "standing"},
    {"FROM", "agreement.effective_from"},
    {"TO", "agreement.effective_to"},
    {"LEAF", "filed_at"},
    {"WHY", "reason"},
};

// What the terms of each taker say, in the order in which the takers are named.
std::string of_each_taker(const google::protobuf::Message& agreement,
                          std::string (*said)(const v1::RecognitionTerms&)) {
  std::string text;
  for (const auto& terms : dynamic_cast<const v1::Agreement&>(agreement).terms()) {
    const auto part = said(terms);
    text += (text.empty() ? "" : ",") + (part.empty() ? "-" : printable(part));
  }
  return text.empty() ? "-" : text;
}

// "2023-2026".
std::string vintages_text(const google::protobuf::Message& agreement) {
  return of_each_taker(agreement, [](const v1::RecognitionTerms& terms) {
    return std::to_string(terms.vintage_from()) + "-" + std::to_string(terms.vintage_to());
  });
}

// "HF-PV-2023>PV+HF-EV-2024@1/2>EV": of the other city, of which versions, served as.
std::string methodologies_text(const google::protobuf::Message& agreement) {
  return of_each_taker(agreement, [](const v1::RecognitionTerms& terms) {
    std::string text;
    for (const auto& known : terms.methodologies()) {
      text += (text.empty() ? "" : "+") + known.methodology();
      for (int i = 0; i < known.versions_size(); ++i)
        text += (i == 0 ? "@" : "/") + known.versions(i);
      text += ">" + known.recognised_as();
    }
    return text;
  });
}

// "voluntary=15+offset=20": kilograms a year.
std::string purpose_caps_text(const google::protobuf::Message& agreement) {
  return of_each_taker(agreement, [](const v1::RecognitionTerms& terms) {
    std::string text;
    for (const auto& cap : terms.purpose_caps())
      text += (text.empty() ? "" : "+") + cap.purpose() + "=" + std::to_string(cap.max_kg());
    return text;
  });
}

constexpr Column kVersionColumns[] = {
    {"VERSION", "version"},
    {"FROM", "effective_from"},
    {"TO", "effective_to"},
    {"ANSWER-WITHIN", "answer_within"},
    {"DEAD-AFTER", "dead_after"},
    {"TAKER", "terms.taker"},
    {"DISCOUNT", "terms.discount"},
    {"YEAR-QUOTA-KG", "terms.year_quota_kg"},
    {"PRIORITY", "terms.priority"},
    {"DISPUTE-WINDOW", "terms.dispute_window"},
    {"VINTAGES", "", vintages_text},
    {"METHODOLOGIES", "", methodologies_text},
    {"PURPOSE-CAPS-KG", "", purpose_caps_text},
};

// What a node has under these parts as text; empty where it has nothing.
Result<std::string> text_or_none(Session& session, std::initializer_list<std::string_view> parts) {
  auto text = session.fetch(parts);
  if (!text && text.error().code == ErrorCode::NOT_FOUND) return std::string();
  return text;
}

// A node as a witness of partners' logs, as it says of itself.
Result<v1::SideWitness> witness_at(const Session& session, const v1::Node& node) {
  auto settings = session.settings();
  settings.urls = {"https://" + node.client_address()};
  Session asked(session.world(), std::move(settings), RunFlags());
  const auto status = asked.get<v1::Status>({"v1", "status"});
  if (!status) return tl::make_unexpected(status.error());
  v1::SideWitness witness;
  witness.set_vkey(status->witness_vkey());
  witness.set_url(status->witness_url());
  return witness;
}

// The nodes that partners ask to cosign, and by whose certificates. A node that does not answer is
// left out, and said so.
Result<void> add_witnesses(Session& session, v1::CitySide& side) {
  auto authority = text_or_none(session, {"v1", "servers-authority"});
  if (!authority) return tl::make_unexpected(authority.error());
  if (authority->empty()) return {};
  side.set_servers_authority(std::move(*authority));
  const auto nodes = session.get<v1::NodeList>({"v1", "nodes"});
  if (!nodes) return tl::make_unexpected(nodes.error());
  for (const auto& node : nodes->items()) {
    auto witness = witness_at(session, node);
    if (!witness) {
      session.world().err << "node " << node.node_id() << " is not named: ";
      print_error(session.world().err, witness.error());
    } else if (!witness->vkey().empty() && !witness->url().empty()) {
      *side.add_witnesses() = std::move(*witness);
    }
  }
  return {};
}

Run declare_side(CLI::App& app) {
  auto keys = std::make_shared<std::uint32_t>(1);
  app.add_option("--authority-keys", *keys, "so many of its authority's keys sign for the city")
      ->capture_default_str()
      ->check(CLI::Range(1u, 16u));
  return [keys](Session& session) -> Result<Exit> {
    auto side = session.get<v1::CitySide>({"v1", "side"});
    if (!side) return tl::make_unexpected(side.error());
    auto policy = session.fetch({"v1", "policy"});
    if (!policy) return tl::make_unexpected(policy.error());
    side->set_policy(std::move(*policy));
    side->set_authority_keys(*keys);
    if (auto added = add_witnesses(session, *side); !added)
      return tl::make_unexpected(added.error());
    if (auto delivered = session.deliver(to_json(*side)); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

Run declare_draft(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "JSON of an Agreement; the sides in any order")->required();
  return [path](Session& session) -> Result<Exit> {
    auto agreement = read_json_file<v1::Agreement>(*path);
    if (!agreement) return tl::make_unexpected(agreement.error());
    std::ranges::sort(*agreement->mutable_sides(), {}, &v1::CitySide::city);
    return deliver_signed(session, *agreement, ledger::read_agreement);
  };
}

Run declare_sign(CLI::App& app) {
  return signs(app, ledger::kAgreementWord, ledger::read_agreement);
}

Run declare_file(CLI::App& app) {
  auto action = std::make_shared<v1::FileAgreement>();
  add_value(
      app, "file",
      [](const std::string& path) { return read_signed(path, ledger::read_agreement); },
      [action](std::string bytes) { action->set_agreement(std::move(bytes)); },
      "agreement, as drafted")
      ->required();
  add_signatures(app, action)->required();
  return submits(action, &v1::Payload::mutable_file_agreement);
}

Result<v1::Standing> parse_standing(const std::string& word) {
  constexpr auto kWords = std::to_array<std::pair<std::string_view, v1::Standing>>(
      {{"suspended", v1::STANDING_SUSPENDED}, {"in-force", v1::IN_FORCE}, {"closed", v1::CLOSED}});
  for (const auto& [known, standing] : kWords)
    if (word == known) return standing;
  return fail(ErrorCode::INVALID_ARGUMENT,
              "\"" + word + "\": an agreement is suspended, in-force or closed");
}

Run declare_set(CLI::App& app) {
  auto action = std::make_shared<v1::SetAgreement>();
  app.add_option("partner", *action->mutable_partner(), "city")->required();
  add_value(
      app, "standing", parse_standing,
      [action](v1::Standing standing) { action->set_standing(standing); },
      "suspended, in-force, or closed for ever")
      ->required();
  app.add_option("--reason", *action->mutable_reason(), "why")->required();
  add_paper(
      app, "--decision",
      [action](v1::Document decision) { *action->mutable_decision() = std::move(decision); },
      "the decision behind it");
  return submits(action, &v1::Payload::mutable_set_agreement);
}

Run declare_show(CLI::App& app) {
  auto city = std::make_shared<std::string>();
  app.add_option("partner", *city, "city")->required();
  auto versions = std::make_shared<bool>(false);
  app.add_flag("--versions", *versions, "every version that was filed");
  auto flags = add_list_flags(app);
  return [city, versions, flags](Session& session) {
    if (!*versions) return show<v1::AgreementRecord>(session, {"v1", "agreements", *city});
    return show_list<v1::AgreementVersionList>(session, {"v1", "agreements", *city, "versions"},
                                               *flags, kVersionColumns);
  };
}

Run declare_list(CLI::App& app) {
  return lists<v1::AgreementList>(app, "agreements", kAgreementColumns);
}

constexpr Command kCommands[] = {
    {"agreement", "side",
     "Prints this city as an agreement names it: lineage, policy, authority, witnesses.",
     "puhui agreement side --authority-keys 2 --out wuhan.side", declare_side},
    {"agreement", "draft", "Makes the exact bytes of an agreement, which both authorities sign.",
     "puhui agreement draft agreement.json --out wuhan-hefei.agreement", declare_draft},
    {"agreement", "sign", "Signs an agreement by a key of the city's authority.",
     "puhui agreement sign wuhan-hefei.agreement --key authority.key --out wuhan.signature",
     declare_sign},
    {"agreement", "file", "Files an agreement that the partner's authority has signed.",
     "puhui agreement file wuhan-hefei.agreement --signature hefei.signature "
     "--party city-authority --key authority.key",
     declare_file},
    {"agreement", "set", "Suspends an agreement, puts it in force again, or closes it for ever.",
     "puhui agreement set HEFEI suspended --reason \"audit of 3 May\" --decision no-7.pdf "
     "--party city-authority --key authority.key\n"
     "puhui agreement set HEFEI in-force --reason \"audit passed\" --propose resume-hefei "
     "--party city-authority --key authority.key",
     declare_set},
    {"agreement", "show", "Shows the agreement with a city, or all of its versions.",
     "puhui agreement show HEFEI -o json\npuhui agreement show HEFEI --versions", declare_show},
    {"agreement", "list", "Lists agreements.", "puhui agreement list", declare_list},
};

}  // namespace

std::span<const Command> agreement_commands() { return kCommands; }

}  // namespace puhui::node::cli
