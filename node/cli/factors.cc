#include "node/cli/factors.h"

#include "node/cli/rows.h"
#include "node/cli/text.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

Result<v1::EmissionFactor> read_factor(const Row& row) {
  v1::EmissionFactor factor;
  for (const auto& [title, cell] : row) {
    if (title == "name") {
      factor.set_name(cell);
    } else if (title == "unit") {
      factor.set_unit(cell);
    } else if (title == "kg_per_unit") {
      factor.set_kg_per_unit(cell);
    } else if (title == "source") {
      factor.set_source(cell);
    } else {
      return fail(ErrorCode::RECORD_MALFORMED,
                  "a table has name, unit, kg_per_unit and source, not " + title);
    }
  }
  if (factor.name().empty() || factor.unit().empty() || factor.kg_per_unit().empty())
    return fail(ErrorCode::RECORD_MALFORMED, "name, unit and kg_per_unit must be there");
  return factor;
}

Result<v1::FileFactors> read_csv(std::string_view text) {
  RowReader rows(text, RecordFormat::csv);
  if (auto started = rows.start(); !started) return tl::make_unexpected(started.error());
  auto read = read_all<v1::EmissionFactor>(rows, read_factor);
  if (!read) return tl::make_unexpected(read.error());
  v1::FileFactors factors;
  for (auto& factor : *read) *factors.add_factors() = std::move(factor);
  return factors;
}

Result<v1::FileFactors> read_json(std::string_view text) {
  v1::FileFactors factors;
  if (auto read = from_json(text, factors, false); !read) return tl::make_unexpected(read.error());
  return factors;
}

}  // namespace

Result<v1::FileFactors> read_factors(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  auto factors = path.ends_with(".json") ? read_json(*text) : read_csv(*text);
  if (!factors) return fail(factors.error().code, path + ": " + factors.error().detail);
  if (factors->factors().empty())
    return fail(ErrorCode::INVALID_ARGUMENT, path + ": no factor is listed");
  return factors;
}

}  // namespace puhui::node::cli
