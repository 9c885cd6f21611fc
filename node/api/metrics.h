// Metrics in Prometheus text form. Counters may be raised from any thread; the rest is read off the
// replica when a scrape comes.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "node/replica/replica.h"
#include "node/witness/witness.h"

namespace puhui::node::api {

class Metrics {
 public:
  Metrics();

  void answered(v1::Decision decision);
  // The text of one scrape.
  [[nodiscard]] std::string scrape(Replica& replica, const v1::Status& status,
                                   const std::vector<Witness::Followed>& followed);

 private:
  prometheus::Gauge& gauge(const std::string& name, const std::string& help);

  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& answers_;
  prometheus::Counter &accepted_, &refused_, &failed_;
  prometheus::Gauge &size_, &provable_, &witnessed_, &applied_, &commit_, &term_, &leads_,
      &read_only_, &writes_;
  prometheus::Gauge &issued_, &held_, &retired_, &cancelled_, &expired_, &credited_, &credits_held_;
  prometheus::Family<prometheus::Gauge>&cosigned_, &forked_, &partners_;
};

}  // namespace puhui::node::api
