#include "node/identity/partners.h"

#include <algorithm>
#include <map>

#include "crypto/bytes.h"
#include "crypto/random.h"
#include "ledger/records.h"
#include "ledger/rules/calendar.h"
#include "node/identity/records.h"

namespace puhui::node::identity {
namespace {

constexpr char kPartner = 'x';
constexpr char kQuestion = 'q';
constexpr std::size_t kPartnerNameSize = 1 + crypto::Digest::kSize;

Result<void> check_limit(std::uint32_t per_day) {
  if (per_day > 0 && per_day <= kAskedPerDayMax) return {};
  return fail(ErrorCode::INVALID_ARGUMENT,
              "1 to " + std::to_string(kAskedPerDayMax) + " points a day");
}

// How many points the partner asked on this day; a clock that goes back begins no new day.
std::uint32_t asked_on(const v1::IdentityPartner& partner, std::int64_t day) {
  return day > partner.day() ? 0 : partner.asked();
}

// Counts so many points more.
Result<void> use_limit(v1::IdentityPartner& partner, std::size_t points, std::int64_t now_us) {
  const auto limit = std::to_string(partner.per_day());
  if (points > partner.per_day())
    return fail(ErrorCode::TOO_LARGE, partner.partner() + " may ask " + limit + " points a day");
  const auto day = ledger::day_of(now_us);
  const auto asked = asked_on(partner, day);
  if (points > partner.per_day() - std::min(asked, partner.per_day()))
    return fail(ErrorCode::BUSY, partner.partner() + " has asked " + std::to_string(asked) +
                                     " of the " + limit + " points of a day");
  partner.set_day(std::max(day, partner.day()));
  partner.set_asked(asked + static_cast<std::uint32_t>(points));
  return {};
}

v1::IdentityPartnerState state_of(const v1::IdentityPartner& partner, std::int64_t now_us) {
  v1::IdentityPartnerState state;
  state.set_partner(partner.partner());
  state.set_city(partner.city());
  state.set_has_exponent(!partner.exponent().empty());
  state.set_made_at(partner.made_at());
  state.set_per_day(partner.per_day());
  state.set_asked_today(asked_on(partner, ledger::day_of(now_us)));
  return state;
}

// Wipes the exponent of a record when it goes.
class Wiped {
 public:
  explicit Wiped(v1::IdentityPartner& partner) : partner_(partner) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { crypto::wipe(*partner_.mutable_exponent()); }

 private:
  v1::IdentityPartner& partner_;
};

Result<void> need_exponent(const v1::IdentityPartner& partner) {
  if (!partner.exponent().empty()) return {};
  return fail(ErrorCode::NOT_FOUND, "the exponent for " + partner.partner() + " was wiped");
}

// Each point to the power of the partner's exponent.
Result<std::vector<crypto::Point>> raise_all(const v1::IdentityPartner& partner,
                                             const std::vector<crypto::Point>& points) {
  const auto exponent = crypto::Exponent::decode(partner.exponent());
  if (!exponent) return fail(ErrorCode::CORRUPT, "an exponent of the store");
  std::vector<crypto::Point> raised;
  raised.reserve(points.size());
  for (const auto& point : points) raised.push_back(exponent->raise(point));
  return raised;
}

// Of one act, in order of the partners.
using TagsOfAct = std::map<std::string, std::string>;
std::string cell_of(const TagsOfAct& tags) {
  std::string cell;
  for (const auto& [partner, tag] : tags) cell += (cell.empty() ? "" : ";") + partner + ":" + tag;
  return cell;
}

bool about_same_acts(const v1::IdentityQuestion& one, const v1::IdentityQuestion& other) {
  return one.acts_sha256() == other.acts_sha256() && one.titles() == other.titles() &&
         std::ranges::equal(one.lines(), other.lines());
}

// The lines of the acts, each with its tags.
std::string records_of(const v1::IdentityQuestion& acts, const std::vector<TagsOfAct>& tags) {
  const bool is_csv = !acts.titles().empty();
  std::string text;
  if (is_csv) text = with_tags(acts.titles(), kTagsColumn, true) + "\n";
  for (int i = 0; i < acts.lines_size(); ++i)
    text += with_tags(acts.lines(i), cell_of(tags[static_cast<std::size_t>(i)]), is_csv) + "\n";
  return text;
}

}  // namespace

std::string Partners::partner_name(std::string_view partner) const {
  return kPartner + std::string(record_digest(keys_, "partner", partner).view());
}

std::string Partners::question_name(std::string_view partner, std::string_view id) const {
  auto name = partner_name(partner) + kQuestion;
  return name.append(record_digest(keys_, "question", id).view());
}

Result<v1::IdentityPartner> Partners::find(const std::string& partner) const {
  const auto name = partner_name(partner);
  const auto sealed = table_.get(name);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed)
    return fail(ErrorCode::NOT_FOUND, "no exponent for " + partner + ": puhui-identity tags make");
  return open_message<v1::IdentityPartner>(keys_.wrap, name, **sealed);
}

Result<void> Partners::put(const v1::IdentityPartner& partner) {
  const auto name = partner_name(partner.partner());
  return table_.put({{name, seal_message(keys_.wrap, name, partner)}});
}

Result<void> Partners::make(const std::string& city, const std::string& partner,
                            std::uint32_t per_day, std::int64_t now_us) {
  if (!ledger::is_code(city) || !ledger::is_code(partner) || city == partner)
    return fail(ErrorCode::INVALID_ARGUMENT, "two cities, in capitals and digits");
  if (auto checked = check_limit(per_day); !checked) return checked;
  auto known = find(partner);
  if (!known && known.error().code != ErrorCode::NOT_FOUND)
    return tl::make_unexpected(known.error());
  // What it has asked today counts on.
  auto made = known ? std::move(*known) : v1::IdentityPartner();
  const Wiped wiped(made);
  if (!made.exponent().empty())
    return fail(ErrorCode::LOCKED, "there is an exponent for " + partner);
  made.set_partner(partner);
  made.set_city(city);
  made.set_exponent(crypto::Exponent::generate().encode());
  made.set_made_at(now_us);
  made.set_per_day(per_day);
  return put(made);
}

Result<void> Partners::limit(const std::string& partner, std::uint32_t per_day) {
  if (auto checked = check_limit(per_day); !checked) return checked;
  auto known = find(partner);
  if (!known) return tl::make_unexpected(known.error());
  const Wiped wiped(*known);
  known->set_per_day(per_day);
  return put(*known);
}

Result<void> Partners::wipe(const std::string& partner) {
  auto known = find(partner);
  if (!known) return tl::make_unexpected(known.error());
  crypto::wipe(*known->mutable_exponent());
  known->clear_exponent();
  const auto name = partner_name(partner);
  return table_.destroy({name + kQuestion}, {{name, seal_message(keys_.wrap, name, *known)}});
}

Result<std::uint32_t> Partners::count_questions(const std::string& name) const {
  std::uint32_t count = 0;
  auto counted =
      table_.each(name + kQuestion, [&](std::string_view, std::string_view) -> Result<void> {
        ++count;
        return {};
      });
  if (!counted) return tl::make_unexpected(counted.error());
  return count;
}

Result<v1::IdentityPartnerStateList> Partners::list(std::int64_t now_us) const {
  v1::IdentityPartnerStateList list;
  auto walked = table_.each(std::string(1, kPartner),
                            [&](std::string_view name, std::string_view sealed) -> Result<void> {
                              if (name.size() != kPartnerNameSize) return {};
                              auto partner =
                                  open_message<v1::IdentityPartner>(keys_.wrap, name, sealed);
                              if (!partner) return tl::make_unexpected(partner.error());
                              const Wiped wiped(*partner);
                              *list.add_items() = state_of(*partner, now_us);
                              const auto open = count_questions(std::string(name));
                              if (!open) return tl::make_unexpected(open.error());
                              list.mutable_items()->rbegin()->set_questions_open(*open);
                              return {};
                            });
  if (!walked) return tl::make_unexpected(walked.error());
  std::ranges::sort(*list.mutable_items(), {}, &v1::IdentityPartnerState::partner);
  return list;
}

Result<std::string> Partners::ask(const std::string& partner, const Acts& acts,
                                  const crypto::Digest& acts_sha256, std::int64_t now_us) {
  auto known = find(partner);
  if (!known) return tl::make_unexpected(known.error());
  const Wiped wiped(*known);
  if (auto has_one = need_exponent(*known); !has_one) return tl::make_unexpected(has_one.error());
  auto blinded = raise_all(*known, acts.points);
  if (!blinded) return tl::make_unexpected(blinded.error());
  v1::IdentityQuestion question;
  question.set_partner(partner);
  question.set_acts_sha256(std::string(acts_sha256.view()));
  question.set_kept_at(now_us);
  question.set_titles(acts.titles);
  for (const auto& line : acts.lines) question.add_lines(line);
  Exchange asked{ExchangeKind::question, crypto::random_bytes(kQuestionIdSize), known->city(),
                 partner, std::move(*blinded)};
  const auto name = question_name(partner, asked.id);
  auto put = table_.put({{name, seal_message(keys_.wrap, name, question)}});
  if (!put) return tl::make_unexpected(put.error());
  return format_exchange(asked);
}

Result<Partners::Answered> Partners::answer(const std::string& partner, std::string_view question,
                                            std::int64_t now_us) {
  auto asked = parse_exchange(question, ExchangeKind::question);
  if (!asked) return tl::make_unexpected(asked.error());
  auto known = find(partner);
  if (!known) return tl::make_unexpected(known.error());
  const Wiped wiped(*known);
  if (auto has_one = need_exponent(*known); !has_one) return tl::make_unexpected(has_one.error());
  if (asked->from != partner || asked->to != known->city())
    return fail(ErrorCode::WRONG_CITY, "the question is from " + asked->from + " to " + asked->to);
  if (auto used = use_limit(*known, asked->points.size(), now_us); !used)
    return tl::make_unexpected(used.error());
  const auto name = partner_name(partner);
  Pairs counted{{name, seal_message(keys_.wrap, name, *known)}};
  auto raised = raise_all(*known, asked->points);
  if (!raised) return tl::make_unexpected(raised.error());
  v1::IdentityOpening link;
  link.set_kept_at(now_us);
  link.set_partner(partner);
  link.set_points(static_cast<std::uint32_t>(raised->size()));
  link.set_question_sha256(std::string(crypto::sha256(question).view()));
  auto added = openings_.add(std::move(link), std::move(counted));
  if (!added) return tl::make_unexpected(added.error());
  asked->kind = ExchangeKind::answer;
  asked->points = std::move(*raised);
  return Answered{format_exchange(*asked), std::move(*added)};
}

Result<v1::IdentityQuestion> Partners::question_of(const Exchange& answer) const {
  const auto name = question_name(answer.to, answer.id);
  const auto sealed = table_.get(name);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed)
    return fail(ErrorCode::NOT_FOUND, "no question to " + answer.to + " waits for this");
  auto question = open_message<v1::IdentityQuestion>(keys_.wrap, name, **sealed);
  if (question && question->lines_size() != static_cast<int>(answer.points.size()))
    return fail(ErrorCode::INVALID_ARGUMENT, "the answer has not as many points as the question");
  return question;
}

Result<Partners::Taken> Partners::take(std::span<const std::string> answers) const {
  Taken taken;
  v1::IdentityQuestion acts;
  std::vector<TagsOfAct> tags;
  for (const auto& text : answers) {
    const auto answer = parse_exchange(text, ExchangeKind::answer);
    if (!answer) return tl::make_unexpected(answer.error());
    auto question = question_of(*answer);
    if (!question) return tl::make_unexpected(question.error());
    if (!taken.questions.empty() && !about_same_acts(acts, *question))
      return fail(ErrorCode::INVALID_ARGUMENT, "the answers are about other acts");
    acts = std::move(*question);
    taken.questions.push_back(question_name(answer->to, answer->id));
    tags.resize(answer->points.size());
    for (std::size_t i = 0; i < tags.size(); ++i)
      if (!tags[i].emplace(answer->to, crypto::hex_encode(answer->points[i].view())).second)
        return fail(ErrorCode::INVALID_ARGUMENT, "two answers of " + answer->to);
  }
  taken.text = records_of(acts, tags);
  taken.records = tags.size();
  return taken;
}

Result<void> Partners::forget(const std::vector<std::string>& questions) {
  return table_.destroy(questions, {});
}

}  // namespace puhui::node::identity
