#include <algorithm>
#include <limits>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

// How much of an issuance goes where: the lowest serials to the project's account, the next to the
// buffer, the last end for what the project owes.
struct Shares {
  std::int64_t owner_kg = 0, buffer_kg = 0, owed_kg = 0;
  std::string buffer;  // account
};

Verdict divide(const Case& at, const v1::Project& project, const v1::Report& report,
               std::int64_t kilograms, Shares& shares) {
  if (const auto* rule = buffer_rule(at.rules, report.methodology())) {
    const auto* account = find(at.books.accounts, rule->account());
    if (account == nullptr || account->kind() != v1::ACCOUNT_BUFFER)
      return refused(ErrorCode::BUFFER_ACCOUNT, rule->account());
    const auto exact = multiply(*read_number(rule->share()), Exact(kilograms));
    if (!exact) return refused(exact.error().code, "share of the buffer", {}, rule->share());
    shares.buffer_kg = static_cast<std::int64_t>(floor_of(*exact));
    shares.buffer = rule->account();
  }
  shares.owed_kg = std::min(project.owed_kg(), kilograms - shares.buffer_kg);
  shares.owner_kg = kilograms - shares.buffer_kg - shares.owed_kg;
  return {};
}

// Publicised where the rules ask for it, and then its notice is over; else verified is enough.
Verdict find_issuable(Case& at, const std::string& name, v1::Report*& report) {
  if (auto bad = find_report(at, name, v1::PUBLICISED, report)) {
    if (at.rules.issuance_notice().days() > 0) return bad;
    return find_report(at, name, v1::VERIFIED, report);
  }
  return need_over(at, report->notice());
}

v1::UnitBatch make_batch(const Case& at, const v1::Issue& action, const v1::Report& report,
                         std::int64_t kilograms) {
  v1::UnitBatch batch;
  batch.set_batch(action.batch());
  batch.set_project(report.submission().project());
  batch.set_report(action.report());
  batch.set_methodology(report.methodology());
  batch.set_methodology_version(report.methodology_version());
  batch.set_serial_code(methodology_of(at, report).serial_code());
  batch.set_vintage(year_of(report.submission().to() - 1));
  batch.set_start(at.books.next_serial);
  batch.set_end(at.books.next_serial + static_cast<std::uint64_t>(kilograms) - 1);
  batch.set_issued_at(as_leaf(at));
  if (!at.rules.registers_batches()) batch.set_registered_at(as_leaf(at));
  batch.set_serial(at.books.genesis.city() + "-CPH-" + batch.serial_code() + "-" + batch.project() +
                   "-" + std::to_string(batch.vintage()) + "-" + batch.batch() + "-" +
                   std::to_string(batch.start()) + "-" + std::to_string(batch.end()));
  return batch;
}

std::string bond_of(const v1::UnitBatch& batch) { return "batch/" + batch.batch(); }

// What of the batch waits for its registration.
Pieces waiting_units(const Books& books, const v1::UnitBatch& batch) {
  Pieces waiting;
  const auto end = books.blocks.upper_bound(batch.end());
  for (auto each = books.blocks.lower_bound(batch.start()); each != end; ++each)
    if (each->second.bound_by() == bond_of(batch)) waiting.push_back(each->second);
  return waiting;
}

void put_units(Case& at, const v1::UnitBatch& batch, const Shares& shares,
               const std::string& account) {
  auto next = batch.start();
  const auto piece_of = [&](std::int64_t kilograms) {
    v1::UnitBlock piece;
    piece.set_start(next);
    next += static_cast<std::uint64_t>(kilograms);
    piece.set_end(next - 1);
    piece.set_batch(batch.batch());
    piece.set_batch_start(batch.start());
    return piece;
  };
  const auto bond = batch.registered_at() == 0 ? bond_of(batch) : std::string();
  if (shares.owner_kg > 0) give(at, piece_of(shares.owner_kg), account, bond);
  if (shares.buffer_kg > 0) give(at, piece_of(shares.buffer_kg), shares.buffer, bond);
  if (shares.owed_kg > 0) end_units(at, piece_of(shares.owed_kg), account, v1::CANCELLED);
}

void put_batch(Case& at, const v1::UnitBatch& batch) {
  changed(at, batch);
  at.books.batches[batch.batch()] = batch;
  at.books.next_serial = batch.end() + 1;
  auto& totals = at.books.totals;
  totals.set_units_issued_kg(totals.units_issued_kg() +
                             static_cast<std::int64_t>(batch.end() - batch.start() + 1));
}

Verdict check_issue(Case& at, const v1::Issue& action, v1::Report*& report) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_code(action.batch())) return malformed("batch");
  if (auto bad = need_all_lists(at)) return bad;
  if (auto bad = find_issuable(at, action.report(), report)) return bad;
  if (at.books.batches.contains(action.batch()))
    return refused(ErrorCode::BATCH_EXISTS, action.batch());
  const auto& project = project_of(at, *report);
  const auto& m = methodology_of(at, *report);
  if (auto bad = need_in_force(project, Closed::allowed)) return bad;
  if (auto bad = need_in_force(at, m)) return bad;
  return check_registry(at, m, project.filing(), &report->submission());
}

Verdict check_serials(const Books& books, std::int64_t kilograms) {
  constexpr auto kSerialMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (static_cast<std::uint64_t>(kilograms) <= kSerialMax - books.next_serial) return {};
  return refused(ErrorCode::SERIAL_EXHAUSTED);
}

}  // namespace

const v1::BufferRule* buffer_rule(const v1::RuleSet& rules, const std::string& methodology) {
  const v1::BufferRule* own = nullptr;
  const v1::BufferRule* of_all = nullptr;
  for (const auto& rule : rules.buffers()) {
    if (rule.methodology() == methodology) own = &rule;
    if (rule.methodology().empty()) of_all = &rule;
  }
  return own != nullptr ? own : of_all;
}

void changed(Case& at, const v1::UnitBatch& batch) {
  at.books.changed(stored('B', batch.batch()), batch);
}

Verdict issue(Case& at, const v1::Issue& action) {
  v1::Report* report = nullptr;
  if (auto bad = check_issue(at, action, report)) return bad;
  auto& project = project_of(at, *report);
  std::int64_t grams = 0;
  if (auto bad = add_carried(*report, project, grams)) return bad;
  const auto kilograms = std::max<std::int64_t>(0, grams / kGramsPerKilogram);
  if (auto bad = check_serials(at.books, kilograms)) return bad;
  Shares shares;
  if (auto bad = divide(at, project, *report, kilograms, shares)) return bad;
  auto subject = about(at, *report);
  subject.amount_kg = kilograms;
  need_signers(at, "issue", subject);

  put_remainder(at, grams - kilograms * kGramsPerKilogram, *report, project);
  report->set_state(v1::CARRIED);
  if (kilograms > 0) {
    const auto batch = make_batch(at, action, *report, kilograms);
    put_batch(at, batch);
    put_units(at, batch, shares, project.filing().account());
    project.set_owed_kg(project.owed_kg() - shares.owed_kg);
    project.set_issued_kg(project.issued_kg() + kilograms);
    report->set_state(v1::ISSUED);
    report->set_issued_at(as_leaf(at));
    report->set_batch(action.batch());
  }
  changed(at, project);
  changed(at, *report);
  return {};
}

Subject about(const Case& at, const v1::UnitBatch& batch) {
  auto subject = batch.has_mirrored() ? Subject{.citywide = true}
                                      : about(at, at.books.projects.at(batch.project()).filing());
  subject.amount_kg = static_cast<std::int64_t>(batch.end() - batch.start() + 1);
  return subject;
}

Verdict register_batch(Case& at, const v1::RegisterBatch& action) {
  auto* batch = find(at.books.batches, action.batch());
  if (batch == nullptr) return refused(ErrorCode::BATCH_UNKNOWN, action.batch());
  if (batch->registered_at() != 0)
    return refused(ErrorCode::BATCH_STATE, action.batch(), "not yet registered",
                   "registered at leaf " + std::to_string(batch->registered_at()));
  const auto waiting = waiting_units(at.books, *batch);
  if (waiting.empty() && batch->recalled_kg() > 0)
    return refused(ErrorCode::BATCH_STATE, action.batch(), "units to register", "all recalled");
  if (auto bad = need_in_force(at.books.projects.at(batch->project()), Closed::allowed)) return bad;
  need_signers(at, "batch.register", about(at, *batch));
  for (const auto& piece : waiting) take_part(at, piece);
  for (const auto& piece : waiting) give(at, piece, piece.account());
  batch->set_registered_at(as_leaf(at));
  changed(at, *batch);
  return {};
}

}  // namespace puhui::node::audit
