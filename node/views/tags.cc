#include "node/views/tags.h"

#include "ledger/records.h"

namespace puhui::node::views {
namespace {

Result<void> check_city(const std::string& partner) {
  if (ledger::is_code(partner)) return {};
  return fail(ErrorCode::INVALID_ARGUMENT, "a city is capitals and digits");
}

// The page asked for, once the caller may see it and the path names a city.
Result<ledger::Page> page_for(const Reading& reading, const std::string& partner) {
  if (!caller_is(reading, v1::OPERATOR))
    return fail(ErrorCode::NOT_PERMITTED, "tags of acts answer the operator");
  if (auto city = check_city(partner); !city) return tl::make_unexpected(city.error());
  return page_of(reading.request);
}

}  // namespace

Response act_tags(Reading& reading, const Arguments& arguments) {
  const auto page = page_for(reading, arguments[0]);
  if (!page) return problem(page.error());
  std::optional<std::uint64_t> from;
  if (const auto given = reading.request.query.find("from"); given != reading.request.query.end()) {
    const auto leaf = number(given->second);
    if (!leaf) return problem(leaf.error());
    from = *leaf;
  }
  return message(reading.request, reading.view.act_tags(arguments[0], from, *page));
}

Response tag_publications(Reading& reading, const Arguments& arguments) {
  if (!sees_entries(reading)) return not_permitted("entries are for members");
  if (auto city = check_city(arguments[0]); !city) return problem(city.error());
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  return message(reading.request, reading.view.tag_publications(arguments[0], *page));
}

Response tags_noted(Reading& reading, const Arguments& arguments) {
  if (auto city = check_city(arguments[0]); !city) return problem(city.error());
  return message(reading.request, reading.view.tags_noted(arguments[0]));
}

Response acts_of_both(Reading& reading, const Arguments& arguments) {
  const auto page = page_for(reading, arguments[0]);
  if (!page) return problem(page.error());
  return message(reading.request, reading.view.acts_of_both(arguments[0], *page));
}

}  // namespace puhui::node::views
