#include "node/views/recognition.h"

#include <algorithm>
#include <cctype>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::node::views {
namespace {

std::string asked(const Reading& reading, const char* name) {
  const auto given = reading.request.query.find(name);
  return given == reading.request.query.end() ? std::string() : given->second;
}

// "locked" as TRANSFER_LOCKED; what is empty does not matter.
Result<v1::TransferState> state_of(std::string word) {
  auto state = v1::TRANSFER_STATE_UNSPECIFIED;
  if (word.empty()) return state;
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
  if (v1::TransferState_Parse("TRANSFER_" + word, &state) && state != 0) return state;
  return fail(ErrorCode::INVALID_ARGUMENT,
              "state is locked, concluded, freed, imported, refused or void");
}

// The areas that the rules put first for a purpose: those in force, or the last ones that were.
ledger::Areas areas_first(const ledger::View& view, const std::string& purpose) {
  ledger::Page page;
  page.limit = ledger::kPageLimitMax;
  v1::RuleSetRecord last;
  do {
    auto list = view.rules(page);
    for (auto& record : *list.mutable_items())
      if (record.has_began_at() && record.began_at() >= last.began_at()) last = std::move(record);
    page.after = list.next();
  } while (!page.after.empty());
  const auto* rule = ledger::purpose_rule(last.rules(), purpose);
  if (rule == nullptr) return {};
  return {rule->areas_first().begin(), rule->areas_first().end()};
}

// What `of` answers for a partner and a page.
template <class List, class City>
Response listed_of(Reading& reading, const Arguments& arguments,
                   List (ledger::View::*of)(City, const ledger::Page&) const) {
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  return message(reading.request, (reading.view.*of)(arguments[0], *page));
}

}  // namespace

Response side(Reading& reading, const Arguments&) {
  return message(reading.request, reading.view.side());
}

Response agreement_versions(Reading& reading, const Arguments& city) {
  return listed_of(reading, city, &ledger::View::agreement_versions);
}

Response partner_policy(Reading& reading, const Arguments& city) {
  const auto log = reading.view.partner(city[0]);
  return log ? text(log->side().policy()) : problem({ErrorCode::NOT_FOUND, reading.request.path});
}

Response foreign_projects(Reading& reading, const Arguments& city) {
  return listed_of(reading, city, &ledger::View::foreign_projects);
}

Response foreign_project(Reading& reading, const Arguments& city_and_project) {
  return found(reading.request,
               reading.view.foreign_project(city_and_project[0], city_and_project[1]));
}

Response recalls_noted(Reading& reading, const Arguments& city) {
  return listed_of(reading, city, &ledger::View::recalls_noted);
}

Response foreign_retirements(Reading& reading, const Arguments& city) {
  return listed_of(reading, city, &ledger::View::foreign_retirements);
}

Response transfers(Reading& reading, const Arguments&) {
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  const auto state = state_of(asked(reading, "state"));
  if (!state) return problem(state.error());
  return message(reading.request,
                 reading.view.transfers({*state, asked(reading, "partner")}, *page));
}

Response transfer(Reading& reading, const Arguments& id) {
  const auto digest = crypto::Digest::from_hex(id[0]);
  if (!digest) return problem({ErrorCode::INVALID_ARGUMENT, "a transfer is 64 hex digits"});
  return found(reading.request, reading.view.transfer(digest->view()));
}

Response lineage(Reading& reading, const Arguments& serial) {
  const auto value = serial_of(serial[0]);
  const auto page = page_of(reading.request);
  if (!value) return problem(value.error());
  if (!page) return problem(page.error());
  return found(reading.request, reading.view.lineage(*value, *page));
}

Response units(Reading& reading, const Arguments& account) {
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  const auto order = asked(reading, "order");
  if (order.empty()) return message(reading.request, reading.view.units(account[0], *page));
  if (order != "areas_first") return problem({ErrorCode::INVALID_ARGUMENT, "order is areas_first"});
  const auto areas = areas_first(reading.view, asked(reading, "purpose"));
  const auto list = reading.view.units_by_area(account[0], areas, *page);
  if (!list) return problem(list.error());
  return message(reading.request, *list);
}

}  // namespace puhui::node::views
