#include "node/replica/partners.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>

namespace puhui::node {
namespace {

// A partner's witnesses are nodes, which sync a disk for each cosignature.
constexpr std::uint32_t kIntervalMs = 1'000;
// No code of a city is in lower case.
constexpr const char* kAllPartners = "partners";

// Appends the partner's witnesses that can be asked, and their group.
void add_partner(AskerOptions& options, const v1::CitySide& side, std::size_t witnesses_max) {
  crypto::PolicyGroup group{side.city(), 1, {}};
  for (const auto& named : side.witnesses()) {
    if (group.members.size() == witnesses_max) break;
    const auto key = crypto::parse_vkey(named.vkey());
    if (!key) continue;
    const auto name = side.city() + "-" + std::to_string(group.members.size() + 1);
    const crypto::PolicyWitness witness{name, *key, named.url()};
    if (auto sound = Asker::check(witness, side.servers_authority()); !sound) {
      spdlog::warn("partner {}: {} cannot be asked: {}", side.city(), named.url(),
                   describe(sound.error()));
      continue;
    }
    options.policy.witnesses.push_back(witness);
    options.authorities[name] = side.servers_authority();
    group.members.push_back(name);
  }
  if (!group.members.empty()) options.policy.groups.push_back(std::move(group));
}

bool is_sound(const crypto::Policy& policy) {
  return crypto::parse_policy(crypto::format_policy(policy)).has_value();
}

}  // namespace

AskerOptions partners_asked(const crypto::VerifierKey& log,
                            const std::vector<v1::PartnerLog>& partners) {
  AskerOptions options;
  options.interval_ms = kIntervalMs;
  options.policy.logs = {{log, ""}};
  const auto share =
      std::max<std::size_t>(1, kPartnerWitnessesMax / std::max<std::size_t>(1, partners.size()));
  crypto::PolicyGroup all{kAllPartners, 0, {}};
  for (const auto& partner : partners) {
    auto with = options;
    const auto room = kPartnerWitnessesMax - options.policy.witnesses.size();
    add_partner(with, partner.side(), std::min(share, room));
    // Two partners must not name one key, nor one of them what is no URL of a policy.
    const bool is_added = with.policy.groups.size() > options.policy.groups.size();
    if (is_added && is_sound(with.policy)) {
      options = std::move(with);
      all.members.push_back(partner.side().city());
    } else {
      spdlog::warn("partner {} is not asked to cosign", partner.side().city());
    }
  }
  all.threshold = all.members.size();
  if (all.members.empty()) return options;
  options.policy.groups.push_back(std::move(all));
  options.policy.quorum = kAllPartners;
  return options;
}

std::vector<crypto::VerifierKey> partners_followed(const std::string& own,
                                                   const std::vector<v1::PartnerLog>& partners) {
  std::map<std::string, int> claims{{own, 1}};
  for (const auto& partner : partners) ++claims[partner.origin()];
  std::vector<crypto::VerifierKey> keys;
  for (const auto& partner : partners) {
    const auto policy = crypto::parse_policy(partner.side().policy());
    if (!policy || claims[partner.origin()] > 1) {
      spdlog::error("partner {}: the log {} is not followed", partner.side().city(),
                    partner.origin());
      continue;
    }
    for (const auto& key : crypto::log_keys(*policy))
      if (key.name == partner.origin()) keys.push_back(key);
  }
  return keys;
}

Partners::Partners(crypto::VerifierKey log, LedgerSlot& slot, Witness& witness, Asker::Prove prove)
    : log_(std::move(log)), slot_(slot), witness_(witness), asker_(log_.name, std::move(prove)) {}

void Partners::look() {
  const auto ledger = slot_.get();
  const auto view = ledger->view();
  const Chains chains{view.chain_of('1'), view.chain_of('2')};
  if (seen_ == chains) return;
  seen_ = chains;
  boost::asio::post(thread_, [this] { take_over(); });
}

// Most changes are checkpoints that were accepted: nothing to do for a witness.
void Partners::take_over() {
  const auto ledger = slot_.get();
  const auto partners = ledger->view().open_partners();
  std::string named;
  for (const auto& partner : partners)
    named += partner.origin() + "\n" + partner.side().SerializeAsString();
  if (named == taken_) return;
  taken_ = std::move(named);
  witness_.follow(partners_followed(log_.name, partners));
  if (auto changed = asker_.change(partners_asked(log_, partners)); !changed)
    spdlog::error("partners: {}", describe(changed.error()));
}

std::vector<v1::PartnerCosigned> Partners::cosigned() const {
  const auto policy = asker_.policy();
  auto sizes = asker_.cosigned();
  std::vector<v1::PartnerCosigned> all;
  for (const auto& group : policy.groups) {
    if (group.name == policy.quorum) continue;
    std::uint64_t size = 0;
    for (const auto& witness : group.members) size = std::max(size, sizes[witness]);
    auto& partner = all.emplace_back();
    partner.set_city(group.name);
    partner.set_cosigned_size(static_cast<std::int64_t>(size));
  }
  return all;
}

}  // namespace puhui::node
