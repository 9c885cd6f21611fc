// Certificates of retirements and of how parties stand: made, put on the ledger, shown in part,
// verified.
#include "node/cli/certificate.h"

#include "node/cli/bank_statement.h"
#include "node/cli/command.h"
#include "node/cli/receipt.h"
#include "node/cli/state_proofs.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

Result<v1::CertificateFile> read_certificate(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto file = parse_certificate(*bytes);
  if (!file) return fail(file.error().code, path + ": " + file.error().detail);
  return file;
}

std::shared_ptr<std::string> add_path(CLI::App& app, const char* what) {
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, what)->required();
  return path;
}

constexpr const char* kFileHelp = "what certificate make or statement wrote";

// ---- Making -----------------------------------------------------------------------------------

Result<void> need_out(const Session& session) {
  if (!session.flags().out_file.empty()) return {};
  return fail(ErrorCode::INVALID_ARGUMENT, "--out: where fields and salts are kept");
}

// Salts decide what can be guessed of the fields that are not shown: the file is its owner's.
Result<Exit> keep(Session& session, const v1::CertificateFile& file) {
  if (auto kept = write_new_file(session.flags().out_file, to_json(file), true); !kept)
    return tl::make_unexpected(kept.error());
  session.print(Fields{{"certificate", file.certificate()},
                       {"fields", std::to_string(file.fields_size())},
                       {"root", certificate_root(file).hex()}});
  return Exit::ok;
}

Result<Exit> make(Session& session, const std::string& path, const std::string& number) {
  if (auto named = need_out(session); !named) return tl::make_unexpected(named.error());
  const auto json = read_file(path);
  if (!json) return tl::make_unexpected(json.error());
  const auto file = read_fields(*json).and_then(
      [&](const Fields& fields) { return make_certificate(number, fields); });
  if (!file) return fail(file.error().code, path + ": " + file.error().detail);
  return keep(session, *file);
}

void add_number(CLI::App& app, std::string& number) {
  app.add_option("--number", number, "number of the certificate, new")->required();
}

Run declare_make(CLI::App& app) {
  auto number = std::make_shared<std::string>();
  const auto path = add_path(app, "JSON object of fields: names and texts");
  add_number(app, *number);
  return [path, number](Session& session) { return make(session, *path, *number); };
}

struct StatementAsked {
  std::string number, bank;
  std::uint32_t year = 0;
};

// What the node knows of it: all from one state, the last one or that right after `position`.
struct Known {
  Fields fields;
  std::int64_t position = 0;
};
Result<Known> ask_fields(Session& session, const v1::StatementSubject& subject,
                         const std::string& year, std::optional<std::uint64_t> position = {}) {
  const auto city = city_of(session);
  if (!city) return tl::make_unexpected(city.error());
  Query query;
  if (position) query.emplace_back("at", std::to_string(*position));
  const auto standing = session.get<v1::EnterpriseYear>(
      {"v1", "enterprises", subject.party(), year}, std::move(query));
  if (!standing) return tl::make_unexpected(standing.error());
  return Known{statement_fields(*standing, *city, subject.bank()), standing->position()};
}

Result<Exit> make_statement(Session& session, const StatementAsked& asked) {
  if (auto named = need_out(session); !named) return tl::make_unexpected(named.error());
  v1::StatementSubject subject;
  subject.set_party(session.settings().party);
  subject.set_bank(asked.bank);
  if (subject.party().empty()) return fail(ErrorCode::CONFIG, "whose statement: give --party");
  const auto known = ask_fields(session, subject, std::to_string(asked.year));
  if (!known) return tl::make_unexpected(known.error());
  subject.set_position(static_cast<std::uint64_t>(known->position));
  auto file = make_certificate(asked.number, known->fields);
  if (!file) return tl::make_unexpected(file.error());
  *file->mutable_statement() = std::move(subject);
  return keep(session, *file);
}

Run declare_statement(CLI::App& app) {
  auto asked = std::make_shared<StatementAsked>();
  add_number(app, asked->number);
  app.add_option("--bank", asked->bank, "party it is for")->required();
  app.add_option("--year", asked->year, "calendar year of retirements, footprint and target")
      ->required();
  return [asked](Session& session) { return make_statement(session, *asked); };
}

// Who signs beside the party sees what it signs: the root alone says nothing.
Result<Exit> check(Session& session, const std::string& path) {
  const auto file = read_certificate(path);
  if (!file) return tl::make_unexpected(file.error());
  const auto year = std::ranges::find(file->fields(), "year", &v1::CertificateField::name);
  if (!file->has_statement() || year == file->fields().end())
    return fail(ErrorCode::INVALID_ARGUMENT, path + ": no statement of a year");
  const auto& subject = file->statement();
  const auto known = ask_fields(session, subject, year->value(), subject.position());
  if (!known) return tl::make_unexpected(known.error());
  if (auto same = check_fields(*file, known->fields); !same)
    return tl::make_unexpected(same.error());
  session.print(Fields{{"certificate", file->certificate()},
                       {"party", subject.party()},
                       {"bank", subject.bank()},
                       {"position", std::to_string(subject.position())},
                       {"checked", std::to_string(file->fields_size()) + " fields"},
                       {"root", certificate_root(*file).hex()}});
  return Exit::ok;
}

Run declare_check(CLI::App& app) {
  const auto path = add_path(app, "what certificate statement wrote");
  return [path](Session& session) { return check(session, *path); };
}

// ---- On the ledger ----------------------------------------------------------------------------

Result<v1::Certify> certify_action(const v1::CertificateFile& file,
                                   std::optional<std::uint64_t> retirement) {
  if (file.has_statement() == retirement.has_value())
    return fail(ErrorCode::INVALID_ARGUMENT,
                retirement ? "--retirement: the file is a statement, which is of none"
                           : "--retirement: the leaf of what it certifies");
  v1::Certify action;
  action.set_certificate(file.certificate());
  if (retirement)
    action.set_retirement(static_cast<std::int64_t>(*retirement));
  else
    *action.mutable_statement() = file.statement();
  action.set_fields_root(std::string(certificate_root(file).view()));
  action.set_fields(static_cast<std::uint32_t>(file.fields_size()));
  return action;
}

Run declare_certify(CLI::App& app) {
  auto retirement = std::make_shared<std::optional<std::uint64_t>>();
  const auto path = add_path(app, kFileHelp);
  add_value(
      app, "--retirement", parse_number, [retirement](std::uint64_t leaf) { *retirement = leaf; },
      "leaf of the retirement; a statement is of none")
      ->type_name("POSITION");
  return [path, retirement](Session& session) -> Result<Exit> {
    const auto file = read_certificate(*path);
    if (!file) return tl::make_unexpected(file.error());
    auto action = certify_action(*file, *retirement);
    if (!action) return tl::make_unexpected(action.error());
    v1::Payload payload;
    *payload.mutable_certify() = std::move(*action);
    return submit(session, std::move(payload));
  };
}

Run declare_disclose(CLI::App& app) {
  auto names = std::make_shared<std::vector<std::string>>();
  const auto path = add_path(app, kFileHelp);
  app.add_option("--field", *names, "field to show; repeat for several")
      ->required()
      ->type_name("NAME")
      ->allow_extra_args(true);
  return [path, names](Session& session) -> Result<Exit> {
    const auto file = read_certificate(*path);
    if (!file) return tl::make_unexpected(file.error());
    const auto proof = disclose(*file, *names);
    if (!proof) return tl::make_unexpected(proof.error());
    if (auto delivered = session.deliver(to_json(*proof)); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

// ---- Verification -----------------------------------------------------------------------------

struct Question {
  std::string path, policy_file, state_file;
};

// The proof of the ledger's certificate: a file, or what the node answers.
Result<v1::StateProof> state_proof(Session& session, const std::string& path,
                                   const std::string& number) {
  if (path.empty()) return fetch_state_proof(session, {"certificate", number});
  const auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  v1::StateProof proof;
  if (auto read = from_json(*bytes, proof, false); !read)
    return fail(ErrorCode::PROOF_MALFORMED, path + ": " + read.error().detail);
  return proof;
}

// The certificate of this number as a state root proves it, and what was verified of the root.
struct Proved {
  v1::Certificate certificate;
  Fields fields;
};

Result<Proved> prove(Session& session, const Question& question, const std::string& number) {
  const auto policy = read_policy(question.policy_file);
  if (!policy) return tl::make_unexpected(policy.error());
  const auto proof = state_proof(session, question.state_file, number);
  if (!proof) return tl::make_unexpected(proof.error());
  const auto verified = verify_state(*proof, *policy);
  if (!verified) return tl::make_unexpected(verified.error());
  const auto* certificate = dynamic_cast<const v1::Certificate*>(verified->value.get());
  if (certificate == nullptr)
    return fail(ErrorCode::PROOF_INVALID, "it proves no certificate: " + verified->words);
  return Proved{*certificate, describe(verified->receipt)};
}

// Without a policy the node is believed.
Result<Proved> ask(Session& session, const Question& question, const std::string& number) {
  if (!question.policy_file.empty()) return prove(session, question, number);
  auto certificate = session.get<v1::Certificate>({"v1", "certificates", number});
  if (!certificate) return tl::make_unexpected(certificate.error());
  return Proved{std::move(*certificate), {{"believed", "the node, for want of --policy"}}};
}

Result<Exit> verify(Session& session, const Question& question) {
  const auto bytes = read_file(question.path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  v1::CertificateProof proof;
  if (auto read = from_json(*bytes, proof, false); !read)
    return fail(ErrorCode::PROOF_MALFORMED, read.error().detail);
  const auto proved = ask(session, question, proof.certificate());
  if (!proved) return tl::make_unexpected(proved.error());
  if (auto holds = verify_disclosure(proof, proved->certificate); !holds)
    return tl::make_unexpected(holds.error());
  Fields fields{{"certificate", proof.certificate()}};
  for (auto& field : subject_fields(proved->certificate.certificate()))
    fields.push_back(std::move(field));
  fields.emplace_back(
      "shown", std::to_string(proof.disclosed_size()) + " of " + std::to_string(proof.fields()));
  for (const auto& shown : proof.disclosed())
    fields.emplace_back("field " + shown.field().name(), shown.field().value());
  fields.insert(fields.end(), proved->fields.begin(), proved->fields.end());
  session.print(fields);
  return Exit::ok;
}

Run declare_verify(CLI::App& app) {
  auto question = std::make_shared<Question>();
  app.add_option("file", question->path, "what certificate disclose wrote")->required();
  auto* policy = app.add_option("--policy", question->policy_file,
                                "tlog-policy file: whom to believe, rather than the node");
  app.add_option("--state", question->state_file,
                 "proof of the ledger's certificate (puhui proof state certificate), instead of "
                 "asking a node")
      ->needs(policy);
  return [question](Session& session) { return verify(session, *question); };
}

Run declare_show(CLI::App& app) {
  return shows<v1::Certificate>(app, "certificates", "number of the certificate");
}

constexpr Command kCommands[] = {
    {"certificate", "make", "Salts the fields of a certificate and prints their root.",
     "puhui certificate make fields.json --number c-2026-1 --out c1.json", declare_make},
    {"certificate", "statement", "Makes a certificate of how a party stands, for a bank.",
     "puhui certificate statement --number s-2026-1 --bank bank --year 2026 --party acme "
     "--out s1.json",
     declare_statement},
    {"certificate", "check", "Compares a statement's fields with what the node knows, to sign it.",
     "puhui certificate check s1.json --profile operator.toml", declare_check},
    {"certificate", "certify", "Puts the root of a certificate's fields on the ledger.",
     "puhui certificate certify c1.json --retirement 1200 --party exchange --key exchange.key\n"
     "puhui certificate certify s1.json --party acme --key acme.key --key operator.key",
     declare_certify},
    {"certificate", "disclose", "Shows some fields of a certificate, each with its proof.",
     "puhui certificate disclose c1.json --field holder --field amount --out shown.json",
     declare_disclose},
    {"certificate", "verify", "Verifies the fields shown against the ledger's certificate.",
     "puhui certificate verify shown.json --profile city.toml\n"
     "puhui certificate verify shown.json --profile city.toml --policy city.policy\n"
     "puhui certificate verify shown.json --state c1.proof --policy city.policy",
     declare_verify},
    {"certificate", "show", "Shows the ledger's certificate.", "puhui certificate show c-2026-1",
     declare_show},
};

}  // namespace

std::span<const Command> certificate_commands() { return kCommands; }

}  // namespace puhui::node::cli
