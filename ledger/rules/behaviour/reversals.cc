#include <algorithm>
#include <cassert>
#include <map>

#include "crypto/merkle.h"
#include "ledger/rules/behaviour/actions.h"
#include "ledger/rules/behaviour/acts.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

// What the records of one event take back: from batches, and from pools.
struct Sums {
  std::string provider;
  std::map<std::uint64_t, v1::BehaviourBatch> batches;  // by leaf
  std::map<std::string, std::int64_t> pooled_g;         // by pool
  std::int64_t records = 0, grams = 0;
};

// The batch that was credited at this leaf, if this provider sent it and may still reverse it.
tl::expected<v1::BehaviourBatch*, Refusal> need_reversible(const Context& context, Sums& sums,
                                                           std::uint64_t leaf) {
  const auto known = sums.batches.find(leaf);
  if (known != sums.batches.end()) return &known->second;
  auto batch = context.state.find<v1::BehaviourBatch>(key::behaviour_batch(leaf));
  assert(batch && "a claim names a behaviour batch");
  if (batch->provider() != sums.provider)
    return refuse(ErrorCode::CLAIM_UNKNOWN, "reversal.provider", "who sent it", {}, sums.provider);
  const auto last =
      day_of(batch->time()) + static_cast<std::int64_t>(context.rules.reversal_days());
  if (context.rules.reversal_days() == 0 || day_of(context.now) > last)
    return refuse(ErrorCode::REVERSAL_WINDOW, "rules.reversal_days",
                  std::to_string(context.rules.reversal_days()) + " days",
                  "credited on " + date_text(day_of(batch->time())),
                  date_text(day_of(context.now)));
  return &sums.batches.emplace(leaf, std::move(*batch)).first->second;
}

Ruling reverse_one(Context& context, Sums& sums, const Record& record, const RecordPlace& place) {
  const auto stored =
      context.state.get(key::claim(record.day, record.slot, record.claim_leaf.view()));
  if (!stored)
    return refuse(ErrorCode::CLAIM_UNKNOWN, "reversal.claim", "credited", {},
                  date_text(record.day) + ", slot " + std::to_string(record.slot));
  const auto account = known_personal(context, record.pseudonym());
  if (!account) return tl::make_unexpected(account.error());
  const auto claimed = Claimed::decode(*stored);
  const auto batch = need_reversible(context, sums, claimed.place.leaf);
  if (!batch) return tl::make_unexpected(batch.error());
  const auto name = reversal_of(record.claim);
  const auto name_leaf = crypto::leaf_hash(name.view());
  if (context.state.has(key::moved(name_leaf.view())))
    return refuse(ErrorCode::CLAIM_REVERSED, "reversal.once", "once");
  move_once(context, account->key, account->balance,
            {place, claimed.pooled_g - claimed.grams, name}, name_leaf);
  (*batch)->set_reversed((*batch)->reversed() + 1);
  (*batch)->set_reversed_g((*batch)->reversed_g() + claimed.grams);
  if (claimed.pooled_g > 0) sums.pooled_g[claimed.pool] += claimed.pooled_g;
  ++sums.records;
  sums.grams += claimed.grams;
  return {};
}

// First what was converted into units that were recalled since, then what the pool holds; the rest
// it owes.
void take_from_pool(Context& context, const std::string& name, std::int64_t grams) {
  auto pool = context.state.find<v1::Account>(key::account(name));
  assert(pool && "a claim names a known pool");
  const auto recalled = std::min(pool->credits_recalled_g(), grams);
  pool->set_credits_recalled_g(pool->credits_recalled_g() - recalled);
  context.totals.set_credits_converted_g(context.totals.credits_converted_g() - recalled);
  add_credits(context, std::move(*pool), recalled - grams);
}

}  // namespace

Ruling reverse_records(Context& context, const v1::ReverseRecords& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.batch())) return malformed("batch");
  if (action.reason().empty() || action.reason().size() > kTextSizeMax) return malformed("reason");
  const auto subject = about_acts(context, action.scenario());
  if (auto met = require_signers(context, "behaviour.reverse", subject); !met) return met;
  if (context.credits_unknown) return {};
  Sums sums;
  sums.provider = provider_of(context, subject);
  auto judged = each_record(context, context.event.records.acts,
                            [&](const Record& record, const RecordPlace& place) {
                              return reverse_one(context, sums, record, place);
                            });
  if (!judged) return judged;
  for (const auto& [leaf, batch] : sums.batches)
    context.state.put(key::behaviour_batch(leaf), batch);
  for (const auto& [pool, grams] : sums.pooled_g) take_from_pool(context, pool, grams);
  auto& totals = context.totals;
  totals.set_credits_reversed_g(totals.credits_reversed_g() + sums.grams);
  totals.set_records_reversed(totals.records_reversed() + sums.records);
  add_to_scenario(context, action.scenario(), -sums.records, -sums.grams);
  context.fact("reversed_g", std::to_string(sums.grams));
  return {};
}

}  // namespace puhui::ledger
