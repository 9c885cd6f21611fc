// Filed methodologies as compiled programs, found by the day of the act.
//
// A cache over the state: what it answers follows from the state alone. The applying thread owns it;
// `forget` is called after every filing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ledger/formula/program.h"
#include "ledger/store/state.h"
#include "puhui/v1/event.pb.h"

namespace puhui::ledger {

struct FiledProgram {
  v1::Methodology methodology;
  formula::Program program;
};

// The executable part of a methodology. Errors of formula::build, METHODOLOGY_MALFORMED for an
// unset unit or rounding.
[[nodiscard]] Result<formula::Program> build_program(const v1::Methodology& methodology);

// The version in force on `day` for a project methodology's code or a behaviour scenario's name.
[[nodiscard]] std::optional<v1::Methodology> methodology_on(const State& state,
                                                            std::string_view name,
                                                            std::int64_t day);

class Programs {
 public:
  // Null when no version is in force on that day. Valid until `forget`.
  [[nodiscard]] const FiledProgram* on(const State& state, std::string_view name,
                                       std::int64_t day);
  void forget() { by_day_.clear(); compiled_.clear(); }

 private:
  std::map<std::pair<std::string, std::int64_t>, const FiledProgram*> by_day_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<FiledProgram>> compiled_;
};

}  // namespace puhui::ledger
