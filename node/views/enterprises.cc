#include "node/views/enterprises.h"

#include <limits>

namespace puhui::node::views {

Response months_of_source(Reading& reading, const Arguments& arguments) {
  const auto source = reading.view.source(arguments[0]);
  if (!source) return problem({ErrorCode::NOT_FOUND, arguments[0]});
  const bool is_own = reading.caller && reading.caller->party() == source->filing().party();
  if (!is_own && !sees_persons(reading))
    return not_permitted("readings answer the enterprise, the operator and auditors");
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  return message(reading.request, reading.view.months(arguments[0], *page));
}

Response enterprise_year(Reading& reading, const Arguments& arguments) {
  const auto year = number(arguments[1]);
  if (!year) return problem(year.error());
  if (*year > std::numeric_limits<std::uint32_t>::max())
    return problem({ErrorCode::NOT_FOUND, arguments[1]});
  return found(reading.request,
               reading.view.enterprise_year(arguments[0], static_cast<std::uint32_t>(*year)));
}

}  // namespace puhui::node::views
