#include "node/cli/bank_statement.h"

#include <map>

#include "node/cli/values.h"

namespace puhui::node::cli {
namespace {

void add_units(const v1::EnterpriseYear& standing, Fields& fields) {
  fields.emplace_back("held_kg", std::to_string(standing.held_kg()));
  fields.emplace_back("bound_kg", std::to_string(standing.bound_kg()));
  for (const auto& bound : standing.bound())
    fields.emplace_back("bound_kg." + spell_enum(v1::BondKind_Name(bound.kind())),
                        std::to_string(bound.amount_kg()));
  fields.emplace_back("retired_kg", std::to_string(standing.retired_kg()));
  for (const auto& retired : standing.retired())
    fields.emplace_back("retired_kg." + retired.purpose(), std::to_string(retired.amount_kg()));
}

// What nobody verified is not told.
void add_footprint(const v1::EnterpriseYear& standing, Fields& fields) {
  const auto& footprint = standing.footprint();
  if (footprint.state() != v1::FOOTPRINT_VERIFIED) return;
  fields.emplace_back("footprint_kg", std::to_string(footprint.amount_kg()));
  fields.emplace_back("footprint_verifier", footprint.verifier());
  fields.emplace_back("neutralised_kg", std::to_string(standing.neutralised_kg()));
  fields.emplace_back("net_kg", std::to_string(standing.net_kg()));
}

void add_loans(const v1::EnterpriseYear& standing, Fields& fields) {
  for (const auto& referred : standing.loans()) {
    const auto& loan = referred.loan();
    fields.emplace_back("loan." + loan.loan(), std::to_string(loan.quantity_kg()) + " kg, " +
                                                   loan.bank() + ", until " +
                                                   format_day(loan.until()));
  }
}

}  // namespace

Fields statement_fields(const v1::EnterpriseYear& standing, const std::string& city,
                        const std::string& bank) {
  Fields fields{{"city", city},
                {"party", standing.party()},
                {"bank", bank},
                {"year", std::to_string(standing.year())},
                {"position", std::to_string(standing.position())},
                {"time", format_time(standing.time())}};
  add_units(standing, fields);
  add_footprint(standing, fields);
  if (standing.has_target())
    fields.emplace_back("target_kg", std::to_string(standing.target().target().max_kg()));
  add_loans(standing, fields);
  return fields;
}

Result<void> check_fields(const v1::CertificateFile& file, const Fields& expected) {
  std::map<std::string, std::string> rest(expected.begin(), expected.end());
  for (const auto& field : file.fields()) {
    const auto known = rest.find(field.name());
    if (known == rest.end())
      return fail(ErrorCode::PROOF_INVALID, "the node knows of no " + field.name());
    if (known->second != field.value())
      return fail(ErrorCode::PROOF_INVALID, field.name() + ": the statement says " + field.value() +
                                                ", the node " + known->second);
    rest.erase(known);
  }
  if (rest.empty()) return {};
  return fail(ErrorCode::PROOF_INVALID, "the statement leaves out " + rest.begin()->first);
}

}  // namespace puhui::node::cli
