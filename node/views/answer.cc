#include "node/views/answer.h"

#include <algorithm>
#include <limits>

#include "crypto/bytes.h"
#include "crypto/tiles.h"
#include "ledger/event.h"
#include "ledger/personal.h"
#include "ledger/rules/signers.h"
#include "ledger/views/state_value.h"
#include "ledger/views/statement.h"
#include "node/views/enterprises.h"
#include "node/views/own_key.h"
#include "node/views/persons.h"
#include "node/views/public_page.h"
#include "node/views/reading.h"
#include "node/views/receipt.h"
#include "node/views/recognition.h"
#include "node/views/tags.h"

namespace puhui::node::views {
namespace {

constexpr std::size_t kChangesBytesMax = std::size_t{8} << 20;

struct Route {
  std::string_view pattern;  // segments; "*" takes one, and is handed to the answer in order
  Response (*answer)(Reading& reading, const Arguments& arguments);
};

Response genesis(Reading& reading, const Arguments&) {
  if (reading.view.head().size == 0) return problem({ErrorCode::NOT_FOUND, "no genesis yet"});
  return message(reading.request, reading.view.entry_view(0));
}

Response totals(Reading& reading, const Arguments&) {
  return message(reading.request, reading.view.totals());
}

template <auto kList>
Response listed(Reading& reading, const Arguments&) {
  return list(reading, kList);
}

template <auto kFind>
Response named(Reading& reading, const Arguments& arguments) {
  return found(reading.request, (reading.view.*kFind)(arguments[0]));
}

Response key(Reading& reading, const Arguments& arguments) {
  const auto id = crypto::hex_decode(arguments[0]);
  if (!id) return problem({ErrorCode::INVALID_ARGUMENT, "a key id is 64 hex digits"});
  return found(reading.request, reading.view.key(*id));
}

Response methodology(Reading& reading, const Arguments& arguments) {
  return found(reading.request, reading.view.methodology(arguments[0], arguments[1]));
}

Response recall(Reading& reading, const Arguments& arguments) {
  const auto leaf = number(arguments[0]);
  if (!leaf) return problem(leaf.error());
  return found(reading.request, reading.view.recall(*leaf));
}

Response ets_firms(Reading& reading, const Arguments& arguments) {
  const auto year = number(arguments[0]);
  if (!year) return problem(year.error());
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  if (*year > std::numeric_limits<std::uint32_t>::max())
    return problem({ErrorCode::NOT_FOUND, arguments[0]});
  return message(reading.request, reading.view.ets_firms(static_cast<std::uint32_t>(*year), *page));
}

Response serial(Reading& reading, const Arguments& arguments) {
  const auto value = serial_of(arguments[0]);
  if (!value) return problem(value.error());
  return found(reading.request, reading.view.serial(*value));
}

// What `of` answers for a name and a page.
template <class Answer>
Response history(Reading& reading, const Arguments& arguments,
                 std::optional<Answer> (ledger::View::*of)(std::string_view, const ledger::Page&)
                     const) {
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  return found(reading.request, (reading.view.*of)(arguments[0], *page));
}

Response batch_history(Reading& reading, const Arguments& arguments) {
  return history(reading, arguments, &ledger::View::batch_history);
}

Response account_history(Reading& reading, const Arguments& arguments) {
  if (!ledger::is_personal_id(arguments[0])) {
    if (!sees_entries(reading)) return not_permitted("entries are for members");
    return history(reading, arguments, &ledger::View::account_history);
  }
  return credits(reading, arguments);
}

Response party_history(Reading& reading, const Arguments& arguments) {
  if (!sees_entries(reading)) return not_permitted("entries are for members");
  return history(reading, arguments, &ledger::View::party_history);
}

Response project_history(Reading& reading, const Arguments& arguments) {
  if (!sees_entries(reading)) return not_permitted("entries are for members");
  return history(reading, arguments, &ledger::View::project_history);
}

Response serial_history(Reading& reading, const Arguments& arguments) {
  const auto value = serial_of(arguments[0]);
  const auto page = page_of(reading.request);
  if (!value) return problem(value.error());
  if (!page) return problem(page.error());
  return found(reading.request, reading.view.history(*value, *page));
}

Response outcome(Reading& reading, const Arguments& arguments) {
  const auto id = crypto::hex_decode(arguments[1]);
  if (!id || id->size() != ledger::kEventIdSize)
    return problem({ErrorCode::INVALID_ARGUMENT, "an event id is 32 hex digits"});
  return found(reading.request, reading.view.outcome(arguments[0], *id));
}

Response entry(Reading& reading, const Arguments& arguments) {
  if (!sees_entries(reading)) return not_permitted("entries are for members");
  const auto leaf = leaf_of(reading, arguments[0]);
  if (!leaf) return problem(leaf.error());
  return message(reading.request, reading.view.entry_view(*leaf));
}

// The same under a checkpoint that the witnesses of the policy have cosigned.
Result<std::string> witnessed_receipt_of(Reading& reading, std::uint64_t leaf) {
  if (reading.asker == nullptr)
    return fail(ErrorCode::INVALID_ARGUMENT,
                "this node asks no witnesses: no witness-policy, no agreement");
  if (!reading.witnessed || reading.witnessed->size <= leaf)
    return fail(ErrorCode::NOT_YET_WITNESSED, reading.asker->missing());
  return make_receipt(reading.current, leaf, *reading.witnessed);
}

Response receipt(Reading& reading, const Arguments& arguments) {
  if (!sees_entries(reading)) return not_permitted("entries are for members");
  const auto leaf = leaf_of(reading, arguments[0]);
  if (!leaf) return problem(leaf.error());
  auto proof = asks_witnessed(reading.request) ? witnessed_receipt_of(reading, *leaf)
                                               : receipt_of(reading, *leaf);
  if (!proof) return problem(proof.error());
  return text(std::move(*proof));
}

// ?name= as a time.
Result<ledger::Micros> time_of(const Reading& reading, const char* name) {
  const auto given = reading.request.query.find(name);
  const auto time =
      given == reading.request.query.end() ? Result<std::uint64_t>(0) : number(given->second);
  if (!time) return tl::make_unexpected(time.error());
  if (*time > static_cast<std::uint64_t>(ledger::kTimeMax))
    return fail(ErrorCode::INVALID_ARGUMENT, std::string(name) + " is no time");
  return static_cast<ledger::Micros>(*time);
}

Response not_here(std::uint64_t leaf) {
  return problem(
      {ErrorCode::UNAVAILABLE, "the attachment of leaf " + std::to_string(leaf) + " is not here"});
}

// How things stand, of no period.
Response page_for_all(Reading& reading, const Arguments&) {
  const auto& head = reading.view.head();
  if (head.size == 0) return problem({ErrorCode::NOT_FOUND, "no genesis yet"});
  if (const auto gap = reading.view.gap()) return not_here(*gap);
  const auto now = head.time;
  const auto statement = ledger::statement(reading.view, {now + 1, now + 1});
  auto response = text(public_page(reading.genesis, statement, now));
  response.content_type = kHtml;
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'");
  return response;
}

// Of the time from `from` until `before`, which has chosen the view.
Response statement(Reading& reading, const Arguments&) {
  const auto from = time_of(reading, "from"), to = time_of(reading, "before");
  if (!from) return problem(from.error());
  if (!to) return problem(to.error());
  if (*from >= *to) return problem({ErrorCode::INVALID_ARGUMENT, "before must come after from"});
  if (const auto gap = reading.view.gap()) return not_here(*gap);
  if (ledger::first_leaf_at(reading.view, *to) != reading.view.head().size)
    return problem(
        {ErrorCode::INVALID_ARGUMENT, "the view asked for does not end with the period"});
  return message(reading.request, ledger::statement(reading.view, {*from, *to}));
}

// The stored key of what a proof is asked of. A serial that was never issued is answered by the
// totals: they say how many were.
Result<std::string> state_key_of(const Reading& reading, const Arguments& words) {
  if (words.front() != "serial") return ledger::state_key(words);
  if (words.size() != 2) return fail(ErrorCode::INVALID_ARGUMENT, "serial takes a number");
  const auto serial = serial_of(words[1]);
  if (!serial) return tl::make_unexpected(serial.error());
  if (auto block = reading.view.state_key_of_serial(*serial)) return std::move(*block);
  return ledger::state_key({"totals"});
}

Response state_proof(Reading& reading, const Arguments& words) {
  const auto key = state_key_of(reading, words);
  if (!key) return problem(key.error());
  if (ledger::map_of(*key) == ledger::StateMap::personal) {
    const auto seen = see_person(reading, words.size() == 2 ? words[1] : std::string());
    if (!seen) return problem(seen.error());
  }
  auto receipt = receipt_of_root(reading);
  if (!receipt) return problem(receipt.error());
  auto proof = reading.view.state_proof(*key);
  proof.set_receipt(std::move(*receipt));
  return message(reading.request, proof);
}

Response changes(Reading& reading, const Arguments&) {
  if (!sees_entries(reading)) return not_permitted("entries are for members");
  const auto page = page_of(reading.request);
  if (!page) return problem(page.error());
  std::uint64_t from = 0;
  if (const auto given = reading.request.query.find("from"); given != reading.request.query.end()) {
    const auto value = number(given->second);
    if (!value) return problem(value.error());
    from = *value;
  }
  v1::EntryList list;
  std::size_t size = 0;
  for (; from < reading.view.head().size; ++from) {
    if (list.items_size() == static_cast<int>(page->limit) || size > kChangesBytesMax) break;
    *list.add_items() = reading.view.entry_view(from);
    size += list.items(list.items_size() - 1).entry().size();
  }
  list.set_next(std::to_string(from));
  return message(reading.request, list);
}

constexpr Route kRoutes[] = {
    {"v1/genesis", genesis},
    {"v1/totals", totals},
    {"v1/rules", listed<&ledger::View::rules>},
    {"v1/proposals", listed<&ledger::View::proposals>},
    {"v1/proposals/*", named<&ledger::View::proposal>},
    {"v1/filings", listed<&ledger::View::filings>},
    {"v1/filings/*", named<&ledger::View::filing>},
    {"v1/bonds", listed<&ledger::View::bonds>},
    {"v1/bonds/*", named<&ledger::View::bond>},
    {"v1/cases", listed<&ledger::View::retirement_cases>},
    {"v1/cases/*", named<&ledger::View::retirement_case>},
    {"v1/certificates/*", named<&ledger::View::certificate>},
    {"v1/loans/*", named<&ledger::View::loan>},
    {"v1/trades", listed<&ledger::View::trade_days>},
    {"v1/recalls", listed<&ledger::View::recalls>},
    {"v1/recalls/*", recall},
    {"v1/ets", listed<&ledger::View::ets_years>},
    {"v1/ets/*", ets_firms},
    {"v1/parties", listed<&ledger::View::parties>},
    {"v1/parties/*", named<&ledger::View::party>},
    {"v1/keys/*", key},
    {"v1/nodes", listed<&ledger::View::nodes>},
    {"v1/methodologies", listed<&ledger::View::methodologies>},
    {"v1/methodologies/*/*", methodology},
    {"v1/projects", listed<&ledger::View::projects>},
    {"v1/projects/*", named<&ledger::View::project>},
    {"v1/reports", listed<&ledger::View::reports>},
    {"v1/reports/*", named<&ledger::View::report>},
    {"v1/batches", listed<&ledger::View::batches>},
    {"v1/batches/*", named<&ledger::View::batch>},
    {"v1/accounts/*", account},
    {"v1/accounts/*/units", units},
    {"v1/accounts/*/summary", summary},
    {"v1/accounts/*/consents", consents},
    {"v1/scenarios", listed<&ledger::View::scenarios>},
    {"v1/scenarios/*/*", act_state},
    {"v1/behaviour-batches", behaviour_batches},
    {"v1/tags/*", act_tags},
    {"v1/tags/*/both", acts_of_both},
    {"v1/tags/*/published", tag_publications},
    {"v1/openings", listed<&ledger::View::openings>},
    {"v1/offers", listed<&ledger::View::offers>},
    {"v1/offers/*", named<&ledger::View::offer>},
    {"v1/offer-settlements/*", named<&ledger::View::offer_settlement>},
    {"v1/sources", listed<&ledger::View::sources>},
    {"v1/sources/*", named<&ledger::View::source>},
    {"v1/sources/*/months", months_of_source},
    {"v1/factors", listed<&ledger::View::factors>},
    {"v1/footprints", listed<&ledger::View::footprints>},
    {"v1/footprints/*", named<&ledger::View::footprint>},
    {"v1/enterprises/*/*", enterprise_year},
    {"v1/side", side},
    {"v1/agreements", listed<&ledger::View::agreements>},
    {"v1/agreements/*", named<&ledger::View::agreement>},
    {"v1/agreements/*/versions", agreement_versions},
    {"v1/partners", listed<&ledger::View::partners>},
    {"v1/partners/*", named<&ledger::View::partner>},
    {"v1/partners/*/policy", partner_policy},
    {"v1/partners/*/projects", foreign_projects},
    {"v1/partners/*/projects/*", foreign_project},
    {"v1/partners/*/recalls", recalls_noted},
    {"v1/partners/*/tags", tags_noted},
    {"v1/partners/*/retirements", foreign_retirements},
    {"v1/transfers", transfers},
    {"v1/transfers/*", transfer},
    {"v1/lineage/*", lineage},
    {"v1/serials/*", serial},
    {"v1/serials/*/history", serial_history},
    {"v1/batches/*/history", batch_history},
    {"v1/accounts/*/history", account_history},
    {"v1/parties/*/history", party_history},
    {"v1/projects/*/history", project_history},
    {"v1/claims/*/*/*", claim},
    {"v1/retirements", listed<&ledger::View::retirements>},
    {"v1/outcomes/*/*", outcome},
    {"v1/entries/*", entry},
    {"v1/receipts/*", receipt},
    {"v1/attachments/*", attachment},
    {"v1/records/*/*", record},
    {"v1/changes", changes},
    {"v1/statement", statement},
    {"v1/public", page_for_all},
    {"v1/proofs/*", state_proof},
    {"v1/proofs/*/*", state_proof},
    {"v1/proofs/*/*/*", state_proof},
};

bool matches(std::string_view pattern, const std::vector<std::string>& segments,
             Arguments& arguments) {
  arguments.clear();
  for (const auto& segment : segments) {
    const auto slash = pattern.find('/');
    const auto part = pattern.substr(0, slash);
    if (part.empty() || (part != "*" && part != segment)) return false;
    if (part == "*") arguments.push_back(segment);
    pattern = slash == std::string_view::npos ? std::string_view() : pattern.substr(slash + 1);
  }
  return pattern.empty();
}

Response tile(Reading& reading) {
  const auto parsed = crypto::parse_tile_path(std::string_view(reading.request.path).substr(1));
  if (!parsed) return problem({ErrorCode::NOT_FOUND, parsed.error().detail});
  if (parsed->kind == crypto::Tile::Kind::entries && !sees_entries(reading))
    return not_permitted("entries are for members");
  // Only what a published checkpoint covers is served, so that a reader never sees more than is
  // provable.
  if (!reading.checkpoint || !crypto::tile_exists(*parsed, reading.checkpoint->size))
    return problem({ErrorCode::NOT_FOUND, reading.request.path});
  auto stored = reading.current.tile(*parsed);
  if (!stored) return problem({ErrorCode::NOT_FOUND, reading.request.path});
  auto response = bytes(std::move(*stored));
  response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
  return response;
}

// With the lines of witnesses, if they have cosigned this very one.
Response checkpoint(const Reading& reading) {
  if (!reading.checkpoint) return problem({ErrorCode::UNAVAILABLE, "no complete checkpoint yet"});
  const auto& witnessed = reading.witnessed;
  const bool same = witnessed && witnessed->size == reading.checkpoint->size;
  auto response = text(same ? witnessed->note : reading.checkpoint->note);
  response.headers.emplace_back("Cache-Control", "max-age=1");
  return response;
}

}  // namespace

bool asks_witnessed(const http::Request& request) {
  const auto asked = request.query.find("witnessed");
  return request.path.starts_with("/v1/receipts/") && asked != request.query.end() &&
         asked->second == "true";
}

bool is_slow(const http::Request& request) {
  const auto& words = request.segments;
  if (words.size() < 2 || words[0] != "v1") return false;
  if (words[1] == "statement" || words[1] == "public" || words[1] == "enterprises") return true;
  if (is_by_own_key(request)) return true;
  if (words[1] == "partners" && words.size() == 4 && words[3] == "retirements") return true;
  // What strangers may not see is refused at once.
  return request.party && (words[1] == "claims" || (words.size() == 4 && words[1] == "accounts" &&
                                                    ledger::is_personal_id(words[2])));
}

bool asks_past(const http::Request& request) {
  return request.query.contains("at") || request.query.contains("before");
}

Result<std::uint64_t> size_asked(const http::Request& request, const ledger::View& current) {
  const auto at = request.query.find("at"), before = request.query.find("before");
  const auto none = request.query.end();
  if (at != none && before != none)
    return fail(ErrorCode::INVALID_ARGUMENT, "at and before exclude each other");
  const auto asked = number(at != none ? at->second : before->second);
  if (!asked) return asked;
  const auto here = current.head().size;
  const auto held = "; this node holds " + std::to_string(here) + " leaves";
  if (at != none && *asked >= here)
    return fail(ErrorCode::NOT_FOUND, "leaf " + std::to_string(*asked) + held);
  if (at != none) return *asked + 1;
  const auto time = std::min(*asked, static_cast<std::uint64_t>(ledger::kTimeMax));
  const auto size = ledger::first_leaf_at(current, static_cast<ledger::Micros>(time));
  if (size == 0) return fail(ErrorCode::NOT_FOUND, "no leaf is older" + held);
  return size;
}

Response answer_read(Reading& reading) {
  const auto& segments = reading.request.segments;
  if (segments.size() == 1 && segments[0] == "checkpoint") return checkpoint(reading);
  if (segments.size() > 1 && segments[0] == "tile") return tile(reading);
  Arguments arguments;
  for (const auto& route : kRoutes)
    if (matches(route.pattern, segments, arguments)) return route.answer(reading, arguments);
  return problem({ErrorCode::NOT_FOUND, reading.request.path});
}

}  // namespace puhui::node::views
