#include "node/cli/exit.h"

#include "node/cli/text.h"

namespace puhui::node::cli {
namespace {

void print_line(std::ostream& err, std::string_view name, std::string_view value) {
  if (!value.empty()) err << "  " << name << ": " << printable(value) << "\n";
}

bool is_between(ErrorCode code, ErrorCode first, ErrorCode last) {
  return code >= first && code <= last;
}

}  // namespace

Exit exit_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::OK:
      return Exit::ok;
    case ErrorCode::NOT_PERMITTED:
    case ErrorCode::SIGNATURE_UNKNOWN_KEY:
    case ErrorCode::SIGNATURE_REVOKED_KEY:
    case ErrorCode::SIGNATURE_MISSING:
      return Exit::not_permitted;
    case ErrorCode::BUSY:
    case ErrorCode::UNAVAILABLE:
    case ErrorCode::OUTCOME_UNKNOWN:
    case ErrorCode::NOT_LEADER:
    case ErrorCode::UNREACHABLE:
    case ErrorCode::REQUEST_TIMEOUT:
    case ErrorCode::READ_ONLY:
    case ErrorCode::MEMBERSHIP_BUSY:
    case ErrorCode::NOT_YET_WITNESSED:
      return Exit::unreachable;
    case ErrorCode::SIGNATURE_INVALID:
    case ErrorCode::ATTACHMENT_MISMATCH:
    case ErrorCode::SNAPSHOT_INVALID:
    case ErrorCode::CORRUPT:
      return Exit::unverified;
    case ErrorCode::EVENT_EXPIRED:
    case ErrorCode::EVENT_TOO_FAR_AHEAD:
    case ErrorCode::EVENT_CONFLICT:
      return Exit::refused;
    default:
      break;
  }
  if (is_between(code, ErrorCode::NOTE_MALFORMED, ErrorCode::POLICY_UNMET)) return Exit::unverified;
  return Exit::usage;
}

void print_error(std::ostream& err, const Error& error, std::string_view program) {
  err << program << ": " << code_name(error.code) << ": " << code_text_en(error.code) << " / "
      << code_text_zh(error.code) << "\n";
  print_line(err, "detail", error.detail);
}

std::string explain(const v1::RecordRefusal& refusal) {
  std::string text(code_name(refusal.code()));
  auto separator = ": ";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text.append(separator).append(name).append(" ").append(value);
    separator = ", ";
  };
  add("rule", refusal.rule());
  add("limit", refusal.limit());
  add("used", refusal.used());
  add("asked", refusal.asked());
  return text;
}

void print_decision(std::ostream& err, const v1::SubmissionResult& result) {
  if (result.decision() == v1::ACCEPTED) return;
  const bool refused = result.decision() == v1::REFUSED;
  err << "puhui: " << (refused ? "refused: " : "") << printable(result.code()) << ": "
      << printable(result.message_en()) << " / " << printable(result.message_zh()) << "\n";
  print_line(err, "rule", result.outcome().rule());
  print_line(err, "limit", result.outcome().limit());
  print_line(err, "used", result.outcome().used());
  print_line(err, "asked", result.outcome().asked());
  if (result.outcome().record_refusals_size() > 1)
    for (const auto& record : result.outcome().record_refusals())
      print_line(err, "record " + std::to_string(record.record()), explain(record));
  print_line(err, "detail", result.detail());
}

Exit exit_of(const v1::SubmissionResult& result) {
  if (result.decision() == v1::ACCEPTED) return Exit::ok;
  if (result.decision() == v1::REFUSED) return Exit::refused;
  const auto exit = exit_of(code_from_name(result.code()));
  return exit == Exit::ok ? Exit::unreachable : exit;
}

}  // namespace puhui::node::cli
