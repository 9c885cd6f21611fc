// What ends units for a purpose or for none, and certificates of it.
#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kNoteMax = 256;
constexpr std::uint32_t kFieldsMax = 256;

Verdict check_retirement(const Case& at, const v1::Retire& action) {
  if (auto bad = need_all_lists(at)) return bad;
  if (auto bad = find_no_buffer(at, action.account())) return bad;
  const auto& purposes = at.rules.purposes();
  if (std::ranges::find(purposes, action.purpose()) == purposes.end())
    return refused(ErrorCode::PURPOSE_INVALID, action.purpose());
  if (action.beneficiary().empty() || action.beneficiary().size() > kNoteMax)
    return refused(ErrorCode::BENEFICIARY_MISSING);
  if (action.note().size() > kNoteMax) return malformed("note");
  const bool has_period = action.from() != 0 || action.to() != 0;
  if (has_period &&
      (!is_day(action.from()) || !is_day(action.to()) || action.to() <= action.from()))
    return refused(ErrorCode::PERIOD_INVALID, "period of the retirement");
  return check_quantity({action.serials(), action.amount_kg()});
}

Verdict need_all_serving(const Case& at, const Pieces& pieces, const std::string& purpose) {
  for (const auto& piece : pieces)
    if (auto bad = need_serving(at, at.books.batches.at(piece.batch()), purpose)) return bad;
  return {};
}

void put_certificate(Case& at, const v1::Certify& action) {
  auto& certificate = at.books.certificates[action.certificate()];
  *certificate.mutable_certificate() = action;
  certificate.set_certified_at(as_leaf(at));
  at.books.changed(stored('n', action.certificate()), certificate);
}

Verdict certify_retirement(Case& at, const v1::Certify& action) {
  const auto leaf = static_cast<std::uint64_t>(action.retirement());
  auto* retirement = find(at.books.retirements, leaf);
  if (retirement == nullptr)
    return refused(ErrorCode::RETIREMENT_UNKNOWN, std::to_string(action.retirement()));
  if (at.books.certificates.contains(action.certificate()) || !retirement->certificate().empty())
    return refused(ErrorCode::CERTIFICATE_EXISTS, action.certificate(), "a new one, the first",
                   retirement->certificate());
  need_signers(at, "certify", {.amount_kg = retirement->amount_kg()});
  put_certificate(at, action);
  retirement->set_certificate(action.certificate());
  at.books.changed(stored('Z', leaf), *retirement);
  if (auto* of_case = find(at.books.cases, retirement->retirement().case_())) {
    of_case->set_state(v1::CASE_CERTIFIED);
    changed(at.books, *of_case);
  }
  return {};
}

// A party consents by its own signature, whatever the table asks for.
Verdict certify_statement(Case& at, const v1::Certify& action) {
  const auto& statement = action.statement();
  if (statement.position() >= at.position) return malformed("position");
  if (at.books.certificates.contains(action.certificate()))
    return refused(ErrorCode::CERTIFICATE_EXISTS, action.certificate(), "a new one");
  if (auto bad = need_party(at, statement.party())) return bad;
  if (auto bad = need_bank(at, statement.bank())) return bad;
  need_signature_of(at, "certify.statement", statement.party());
  need_signers(at, "certify.statement", about_party(at, statement.party()));
  put_certificate(at, action);
  return {};
}

}  // namespace

void put_retirement(Case& at, const v1::Retire& action, const Pieces& pieces) {
  v1::Retirement retirement;
  *retirement.mutable_retirement() = action;
  retirement.set_retired_at(as_leaf(at));
  retirement.set_time(at.now);
  retirement.set_amount_kg(total_kg(pieces));
  auto& serials = *retirement.mutable_serials();
  for (const auto& piece : pieces) {
    end_units(at, piece, piece.account(), v1::RETIRED);
    if (serials.empty() || serials.rbegin()->end() + 1 != piece.start())
      serials.Add()->set_start(piece.start());
    serials.rbegin()->set_end(piece.end());
  }
  at.books.changed(stored('Z', at.position), retirement);
  at.books.retirements[at.position] = std::move(retirement);
}

Verdict retire(Case& at, const v1::Retire& action) {
  if (auto bad = check_retirement(at, action)) return bad;
  const Quantity quantity{action.serials(), action.amount_kg()};
  const auto own_line = "retire." + action.purpose();
  const auto subject = holder_of(at, action.account(), kilograms(quantity));
  if (auto bad = need_unrestrained(at.books, subject.holder)) return bad;
  std::optional<v1::Case> of_case;
  if (auto bad = find_case_of(at, action, of_case)) return bad;
  need_signers(at, has_line(at.rules, own_line) ? own_line : "retire", subject);
  Pieces pieces;
  if (auto bad = of_case ? plan_out_of(at, *of_case, action, pieces)
                         : plan(at, action.account(), quantity, pieces))
    return bad;
  if (auto bad = need_all_serving(at, pieces, action.purpose())) return bad;
  if (auto bad = check_purpose_caps(at, pieces, action.purpose())) return bad;
  if (of_case)
    if (auto bad = use_case(at, *of_case, pieces)) return bad;
  note_purpose(at, pieces, action.purpose());
  for (const auto& piece : pieces) take_part(at, piece);
  put_retirement(at, action, pieces);
  if (of_case) end_retired(at, *of_case, total_kg(pieces));
  return {};
}

Verdict cancel(Case& at, const v1::Cancel& action) {
  if (auto bad = find_no_buffer(at, action.account())) return bad;
  if (action.reason().empty() || action.reason().size() > kTextMax) return malformed("reason");
  const Quantity quantity{action.serials(), action.amount_kg()};
  if (auto bad = check_quantity(quantity)) return bad;
  const auto subject = holder_of(at, action.account(), kilograms(quantity));
  if (auto bad = need_unrestrained(at.books, subject.holder)) return bad;
  need_signers(at, "cancel", subject);
  Pieces pieces;
  if (auto bad = take(at, action.account(), quantity, pieces)) return bad;
  for (auto& piece : pieces) end_units(at, std::move(piece), action.account(), v1::CANCELLED);
  return {};
}

Verdict certify(Case& at, const v1::Certify& action) {
  if (!is_name(action.certificate())) return malformed("certificate");
  if (action.fields_root().size() != crypto::Digest::kSize || action.fields() == 0 ||
      action.fields() > kFieldsMax)
    return malformed("fields");
  return action.has_statement() ? certify_statement(at, action) : certify_retirement(at, action);
}

}  // namespace puhui::node::audit
