// Filed methodologies as compiled programs, found by the day of the act.
//
// The versions of one project methodology (by code) or of one behaviour scenario follow one another
// without overlap: a *line*, named by key::project_versions or key::behaviour_versions.
// `Programs` is a cache over the state: what it answers follows from the state alone. The applying
// thread owns it; `forget` is called when a methodology is filed or stands otherwise.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/formula/program.h"
#include "ledger/store/state.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

struct FiledProgram {
  v1::Methodology methodology;
  formula::Program program;
  v1::Standing standing = v1::IN_FORCE;
};

// All versions of one line, compiled, in order of time.
class ProgramLine {
 public:
  explicit ProgramLine(std::vector<FiledProgram> versions) : versions_(std::move(versions)) {}

  // The version in force on that day, or null. Valid as long as this line.
  [[nodiscard]] const FiledProgram* on(std::int64_t day) const;

 private:
  std::vector<FiledProgram> versions_;
};

// The executable part of a methodology. Errors of formula::build, METHODOLOGY_MALFORMED for an
// unset unit or rounding.
[[nodiscard]] Result<formula::Program> build_program(const v1::Methodology& methodology);

// The line a methodology belongs to.
[[nodiscard]] std::string line_of(const v1::Methodology& methodology);

// Whether a version that began by this day is still in force.
[[nodiscard]] inline bool covers(const v1::Methodology& methodology, std::int64_t day) {
  return methodology.effective_to() == 0 || day < methodology.effective_to();
}

// The version of a line whose window holds `day`.
[[nodiscard]] std::optional<v1::MethodologyRecord> record_on(const State& state,
                                                             std::string_view line,
                                                             std::int64_t day);

class Programs {
 public:
  // A line, without versions if none is filed. Valid until the next call of `line` or `forget`.
  [[nodiscard]] const ProgramLine& line(const State& state, const std::string& line);
  void forget() { lines_.clear(); }

 private:
  std::map<std::string, ProgramLine> lines_;
};

}  // namespace puhui::ledger
