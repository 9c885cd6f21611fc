#include "node/api/metrics.h"

#include <prometheus/text_serializer.h>

namespace puhui::node::api {

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      answers_(prometheus::BuildCounter()
                   .Name("puhui_submissions_total")
                   .Help("Events answered, by decision")
                   .Register(*registry_)),
      accepted_(answers_.Add({{"decision", "accepted"}})),
      refused_(answers_.Add({{"decision", "refused"}})),
      failed_(answers_.Add({{"decision", "failed"}})),
      size_(gauge("puhui_ledger_size", "Leaves applied")),
      provable_(gauge("puhui_provable_size", "Leaves under the newest complete checkpoint")),
      witnessed_(gauge("puhui_witnessed_size",
                       "Leaves under the newest checkpoint that meets the witness policy")),
      applied_(gauge("puhui_applied_index", "Consensus position applied")),
      commit_(gauge("puhui_commit_index", "Consensus position committed")),
      term_(gauge("puhui_term", "Consensus term")),
      leads_(gauge("puhui_leader", "1 while this node leads")),
      read_only_(
          gauge("puhui_read_only", "1 once conservation has failed or the node has diverged")),
      writes_(gauge("puhui_log_writes", "Synced writes of the consensus log since the start")),
      issued_(gauge("puhui_units_issued_kg", "Units issued")),
      held_(gauge("puhui_units_held_kg", "Units held")),
      retired_(gauge("puhui_units_retired_kg", "Units retired")),
      cancelled_(gauge("puhui_units_cancelled_kg", "Units cancelled")),
      expired_(gauge("puhui_units_expired_kg", "Units expired")),
      credited_(gauge("puhui_credits_credited_g", "Personal credits credited")),
      credits_held_(gauge("puhui_credits_held_g", "Personal credits held")),
      cosigned_(prometheus::BuildGauge()
                    .Name("puhui_witness_cosigned_size")
                    .Help("Leaves this node has cosigned of another log")
                    .Register(*registry_)),
      forked_(prometheus::BuildGauge()
                  .Name("puhui_witness_forked")
                  .Help("1 once another log has forked; evidence lies in the witness's folder")
                  .Register(*registry_)),
      partners_(prometheus::BuildGauge()
                    .Name("puhui_partner_cosigned_size")
                    .Help("Leaves of this city that a partner has cosigned, told by the leader")
                    .Register(*registry_)) {}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add({});
}

void Metrics::answered(v1::Decision decision) {
  auto& counter = decision == v1::ACCEPTED  ? accepted_
                  : decision == v1::REFUSED ? refused_
                                            : failed_;
  counter.Increment();
}

std::string Metrics::scrape(Replica& replica, const v1::Status& status,
                            const std::vector<Witness::Followed>& followed) {
  const auto set = [](prometheus::Gauge& gauge, auto value) {
    gauge.Set(static_cast<double>(value));
  };
  set(size_, status.size());
  set(provable_, status.provable_size());
  set(witnessed_, status.witnessed_size());
  set(applied_, status.applied_index());
  set(commit_, status.commit_index());
  set(term_, status.term());
  set(leads_, status.role() == "leader" ? 1 : 0);
  set(read_only_, status.read_only() ? 1 : 0);
  set(writes_, replica.log_writes());
  const auto totals = replica.ledger()->view().totals();
  set(issued_, totals.units_issued_kg());
  set(held_, totals.units_held_kg());
  set(retired_, totals.units_retired_kg());
  set(cancelled_, totals.units_cancelled_kg());
  set(expired_, totals.units_expired_kg());
  set(credited_, totals.credits_credited_g());
  set(credits_held_, totals.credits_held_g());
  for (const auto& log : followed) {
    cosigned_.Add({{"origin", log.origin}}).Set(static_cast<double>(log.head.size));
    forked_.Add({{"origin", log.origin}}).Set(log.forked ? 1 : 0);
  }
  for (const auto& partner : status.partners())
    set(partners_.Add({{"partner", partner.city()}}), partner.cosigned_size());
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace puhui::node::api
