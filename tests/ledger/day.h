// A day of a test city that touches everything, and all that its database then says.
#pragma once

#include <string>
#include <vector>

#include "ledger/store/store.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// Everything a closed ledger's database says under the views' prefix, entries and tiles included.
inline std::string contents(const std::string& folder) {
  StoreOptions options;
  options.folder = folder;
  const auto store = Store::open(options);
  EXPECT_TRUE(store);
  std::string bytes;
  for (const auto* family : {"a", "c", "e", "h", "i", "mfamilies", "mhead", "t", "v"})
    (*store)->reader()->scan(family, family, [&](std::string_view key, std::string_view value) {
      crypto::append_u32(bytes, static_cast<std::uint32_t>(key.size()));
      bytes += key;
      crypto::append_u32(bytes, static_cast<std::uint32_t>(value.size()));
      bytes += value;
      return true;
    });
  return bytes;
}

inline v1::Genesis small_interval() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(4);
  return genesis;
}

// A day in the life of the city, as submissions: filings, units, rides, refusals, duplicates.
inline std::vector<Sent> a_day(City& city) {
  std::vector<Sent> day;
  const auto add = [&day](const v1::Payload& payload, const Signers& signers) {
    day.push_back(sign(payload, signers));
  };
  for (const auto& methodology : {pv_methodology(), bike_methodology()}) {
    auto payload = city.event("operator");
    *payload.mutable_file_methodology()->mutable_methodology() = methodology;
    add(payload, {"operator", "expert1", "expert2"});
  }
  for (const auto* account : {"owner-main", "owner-side"})
    add(account_event(city, account, "owner"), {"owner"});
  auto project = city.event("operator");
  *project.mutable_file_project() = pv_project("P1");
  add(project, {"operator", "owner"});
  auto report = city.event("owner");
  *report.mutable_submit_report() = pv_report("r1", "P1", {20'100, 20'200}, "100");
  add(report, {"owner"});
  add(verify_event(city, "r1"), {"verifier"});
  add(issue_event(city, "r1", "B1"), {"operator", "bureau"});
  add(open_personal_event(city, 0, 20), {"operator"});
  for (std::uint64_t i = 0; i < 12; ++i) {
    const bool there = i % 3 != 2;
    auto payload = transfer_event(
        city, there ? Move{"owner-main", "owner-side"} : Move{"owner-side", "owner-main"}, "owner");
    payload.mutable_transfer()->set_amount_kg(static_cast<std::int64_t>(100 + i * 17));
    add(payload, {"owner"});
    auto attachment = attachment_with({{i, 900}, {i / 2, 1'100}, {i + 15, 1'300}});
    const auto batch = batch_event(city, attachment);
    day.push_back(sign_with(batch, {"provider"}, attachment));
    if (i % 4 == 0) day.push_back(day[i]);
    auto hopeless = transfer_event(city, {"owner-main", "nowhere"}, "owner");
    hopeless.mutable_transfer()->set_amount_kg(1);
    add(hopeless, {"owner"});
  }
  auto end = retire_event(city, "owner-side", "owner");
  end.mutable_retire()->set_amount_kg(150);
  add(end, {"owner"});
  return day;
}

}  // namespace puhui::ledger::testing
