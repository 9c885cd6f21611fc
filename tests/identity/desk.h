// What the tests of the identity service share: stores in scratch folders, a ledger's receipts, and
// a look at the raw bytes on disk.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "node/identity/run.h"
#include "node/identity/store.h"
#include "puhui/v1/event.pb.h"
#include "tests/cli/support.h"

namespace puhui::node::identity {

inline constexpr std::int64_t kNow = 1'760'000'000'000'000;
inline const std::string kZhang = "420106199001011234";

inline v1::Payload erasure_of(std::string_view pseudonym) {
  v1::Payload payload;
  payload.mutable_erase_account()->set_account(std::string(pseudonym));
  return payload;
}

inline v1::Payload opening_of(std::string_view pseudonym) {
  v1::Payload payload;
  payload.mutable_open_pseudonym()->set_account(std::string(pseudonym));
  payload.mutable_open_pseudonym()->set_reason("judicial inquiry");
  payload.mutable_open_pseudonym()->set_reference("case 17");
  return payload;
}

// The receipt of this event, leaf 1 of a small log under SmallLog::policy().
[[nodiscard]] std::string receipt_of(v1::Payload payload);
// The receipt of an entry that is no event.
[[nodiscard]] std::string receipt_of_state_root();
[[nodiscard]] std::string policy_text();

// Whether any file beneath the folder has these bytes.
[[nodiscard]] bool on_disk(const std::string& folder, std::string_view bytes);

// Names and values of a table that is not in use, seen through a copy: the files stay as they are.
[[nodiscard]] std::map<std::string, std::string> raw_pairs(const std::string& table);
// Writes into a table that is not in use, behind the service's back; an empty value deletes.
void write_raw(const std::string& table, const std::map<std::string, std::string>& pairs);

// A store without a passphrase that believes SmallLog::policy().
struct Place {
  cli::Scratch scratch;
  std::string folder = scratch.path("store");
  std::string table = folder + "/table";

  Place() {
    auto store = Store::make(folder, std::nullopt).value();
    (void)store->trust(policy_text(), kNow).value();
  }
  [[nodiscard]] std::unique_ptr<Store> open() const {
    return Store::open(folder, std::nullopt).value();
  }
  [[nodiscard]] std::vector<std::string> enrol(const std::vector<std::string>& identities) const {
    std::vector<std::string> pseudonyms;
    const auto enrolled = open()->people().enrol(identities, {}, kNow).value();
    for (const auto& one : enrolled) pseudonyms.push_back(one.pseudonym);
    return pseudonyms;
  }
};

// The program with a store of its own.
struct Desk {
  cli::Scratch scratch;
  std::string folder = scratch.path("store");

  [[nodiscard]] cli::Ran run(cli::Words words, const std::string& input = {}) const {
    std::istringstream in(input);
    std::ostringstream out, err;
    words.insert(words.end(), {"--store", folder});
    const auto exit = identity::run(std::move(words), {in, out, err, [] { return kNow; }});
    EXPECT_FALSE(cli::contains(err.str(), kZhang));
    return {exit, out.str(), err.str()};
  }
  [[nodiscard]] std::string good(cli::Words words, const std::string& input = {}) const {
    const auto ran = run(std::move(words), input);
    EXPECT_EQ(ran.exit, cli::Exit::ok) << ran.err;
    return ran.out;
  }
  void init() const { (void)good({"init", "--policy", scratch.write("policy", policy_text())}); }
  // The one account that enrolling this identity answers.
  [[nodiscard]] std::string enrol(const std::string& identity) const {
    const auto out = good({"enrol"}, identity);
    return out.substr(out.find("p-"), 34);
  }
};

}  // namespace puhui::node::identity
