// Credits that their provider takes back.
#include "node/audit/citizens.h"
#include "node/audit/records.h"

namespace puhui::node::audit {
namespace {

// What the records of one event take back.
struct Reversed {
  std::string provider;
  std::int64_t records = 0, grams = 0;
  std::map<std::string, std::int64_t> of_pools;
};

const Claim* claim_of(const Books& books, const Record& record) {
  const auto* claims = find(books.claims, {record.day, record.slot});
  return claims != nullptr ? find(*claims, record.claim) : nullptr;
}

// Its provider may take it back for some days.
ErrorCode judge_batch(const Case& at, const std::string& provider, const BehaviourBatch& batch) {
  if (batch.provider != provider) return ErrorCode::CLAIM_UNKNOWN;
  const std::int64_t days = at.rules.reversal_days();
  const auto passed = day_of(at.now) - day_of(batch.time);
  return days == 0 || passed > days ? ErrorCode::REVERSAL_WINDOW : ErrorCode::OK;
}

ErrorCode apply(Case& at, Reversed& sums, const Record& record, std::uint32_t index) {
  const auto* claim = claim_of(at.books, record);
  if (claim == nullptr) return ErrorCode::CLAIM_UNKNOWN;
  const auto account = judge_account(at.books, record.account);
  if (account != ErrorCode::OK) return account;
  const auto& batch = at.books.behaviour_batches.at(claim->leaf);
  const auto judged = judge_batch(at, sums.provider, batch);
  if (judged != ErrorCode::OK) return judged;
  const auto name = reversal_of(record.claim);
  if (at.books.moved.contains(name)) return ErrorCode::CLAIM_REVERSED;
  move_once(at, record.account, {index, claim->pooled_g - claim->grams, name});
  if (claim->pooled_g > 0) sums.of_pools[batch.pool] += claim->pooled_g;
  ++sums.records;
  sums.grams += claim->grams;
  return ErrorCode::OK;
}

}  // namespace

Verdict reverse_records(Case& at, const v1::ReverseRecords& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.batch())) return malformed("batch");
  if (action.reason().empty() || action.reason().size() > kTextMax) return malformed("reason");
  const auto subject = about_acts(at, action.scenario());
  need_signers(at, "behaviour.reverse", subject);
  if (at.credits_unknown) return {};
  Reversed sums;
  sums.provider = signer_as(at, v1::DATA_PROVIDER, subject);
  if (auto bad = each_record(at, at.leaf.records, [&](const Record& record, std::uint32_t index) {
        return apply(at, sums, record, index);
      }))
    return bad;
  for (const auto& [pool, grams] : sums.of_pools) take_from_pool(at, pool, grams);
  auto& totals = at.books.totals;
  totals.set_credits_reversed_g(totals.credits_reversed_g() + sums.grams);
  totals.set_records_reversed(totals.records_reversed() + sums.records);
  return {};
}

}  // namespace puhui::node::audit
