// What a party tells a bank of how it stands: the fields of a certificate, from the node's answer.
#pragma once

#include <string>

#include "node/cli/text.h"
#include "proto/error.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {

// City, party, bank, year; position and time of the answer; units held, bound (by kind) and retired
// for the year (by purpose); the year's footprint if it was verified; its target; loans that refer
// to the party's units. Amounts are kilograms. Pure.
[[nodiscard]] Fields statement_fields(const v1::EnterpriseYear& standing, const std::string& city,
                                      const std::string& bank);

// Whether a statement's fields are these, all of them and no others. PROOF_INVALID names one that
// differs.
[[nodiscard]] Result<void> check_fields(const v1::CertificateFile& file, const Fields& expected);

}  // namespace puhui::node::cli
