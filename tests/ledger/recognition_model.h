// What two cities must have of every kilogram, each remembered by itself, and of what is told of
// them: a model that knows the rules of recognition in its own words.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {

using Serials = std::vector<std::uint64_t>;

// One in a ledger: of those issued there, and of those that came.
struct ModelKilogram {
  int home = 0;              // city that issued it
  std::uint64_t origin = 0;  // its serial there
  std::string batch;         // there
  std::string account;
  v1::UnitState state = v1::HELD;
  bool is_locked = false, is_frozen = false, is_recalled = false, is_retired_abroad = false;

  [[nodiscard]] bool is_free(const std::string& of) const {
    return state == v1::HELD && !is_locked && !is_frozen && account == of;
  }
  [[nodiscard]] bool is_away() const { return state == v1::EXPORTED && !is_retired_abroad; }
};

// Units on their way, and what became of them.
struct Journey {
  int from = 0;
  bool is_return = false, is_open = true;
  std::string to;
  Serials serials, origins;  // there where it was sent; there where it was issued
  std::uint64_t exported = 0;
  Micros deadline = 0;
  std::optional<std::uint64_t> answer;
  v1::TransferState there = v1::TRANSFER_STATE_UNSPECIFIED;

  [[nodiscard]] int taker() const { return 1 - from; }
  [[nodiscard]] bool is_taken() const { return there == v1::TRANSFER_IMPORTED; }
  [[nodiscard]] v1::TransferState here() const {
    if (is_open) return v1::TRANSFER_LOCKED;
    return is_taken() ? v1::TRANSFER_CONCLUDED : v1::TRANSFER_FREED;
  }
  // The first so many; all of a return.
  [[nodiscard]] std::size_t recognised() const {
    return is_return ? serials.size() : serials.size() * 9 / 10;
  }
};

struct ModelRecall {
  int home = 0;
  std::uint64_t leaf = 0;
  Serials origins;
  bool is_noted = false;  // in the other city

  [[nodiscard]] bool covers(std::uint64_t origin) const {
    return std::ranges::find(origins, origin) != origins.end();
  }
};

class RecognitionModel {
 public:
  [[nodiscard]] const std::vector<ModelKilogram>& kilograms(int city) const {
    return kilograms_[static_cast<std::size_t>(city)];
  }
  ModelKilogram& one(int city, std::uint64_t serial) {
    return kilograms_[static_cast<std::size_t>(city)][serial - 1];
  }
  // What the city's project owes for units that were retired before they were recalled.
  [[nodiscard]] std::int64_t owed(int city) const { return owed_[static_cast<std::size_t>(city)]; }

  // ---- In one city ----
  // The last ones cover what is owed.
  void issue(int city, const std::string& batch, std::int64_t amount) {
    auto& owed = owed_[static_cast<std::size_t>(city)];
    const auto covering = std::min(owed, amount);
    owed -= covering;
    for (std::int64_t i = 0; i < amount; ++i) {
      put(city, {city, kilograms(city).size() + 1, batch, "owner-main"});
      if (i >= amount - covering) one(city, kilograms(city).size()).state = v1::CANCELLED;
    }
  }
  // How many it takes back; nothing changes if none.
  std::size_t recall(const ModelRecall& recalled) {
    std::size_t count = 0;
    for (const auto serial : recalled.origins) {
      auto& kilogram = one(recalled.home, serial);
      const bool is_retired = kilogram.state == v1::RETIRED || kilogram.is_retired_abroad;
      const bool is_kept = is_retired || kilogram.is_locked || kilogram.state == v1::EXPORTED;
      if (kilogram.is_recalled || (kilogram.state != v1::HELD && !is_kept)) continue;
      ++count;
      if (is_kept)
        kilogram.is_recalled = true;
      else
        kilogram.state = v1::CANCELLED;
      if (is_retired) ++owed_[static_cast<std::size_t>(recalled.home)];
    }
    if (count > 0) recalls.push_back(recalled);
    return count;
  }

  // ---- From one to the other ----
  void lock(const Journey& sent) {
    for (const auto serial : sent.serials) one(sent.from, serial).is_locked = true;
  }
  // What stands against taking it in, but for the time.
  ErrorCode against(const Journey& sent) {
    if (sent.to == "nobody") return ErrorCode::ACCOUNT_UNKNOWN;
    return sent.is_return ? against_return(sent) : against_import(sent);
  }
  void take_in(const Journey& sent) {
    for (std::size_t i = 0; i < sent.recognised(); ++i) {
      if (!sent.is_return) {
        put(sent.taker(),
            {sent.from, sent.origins[i], one(sent.from, sent.serials[i]).batch, sent.to});
        continue;
      }
      auto& kilogram = one(sent.taker(), sent.origins[i]);
      kilogram.state = kilogram.is_recalled ? v1::CANCELLED : v1::HELD;
      kilogram.account = sent.to;
    }
  }
  void conclude(const Journey& sent) {
    for (std::size_t i = 0; i < sent.serials.size(); ++i) {
      auto& kilogram = one(sent.from, sent.serials[i]);
      kilogram.is_locked = false;
      if (sent.is_taken())
        kilogram.state = i < sent.recognised() ? v1::EXPORTED : v1::CANCELLED;
      else if (kilogram.is_recalled && kilogram.home == sent.from)
        kilogram.state = v1::CANCELLED;
      else
        kilogram.is_frozen = kilogram.is_recalled;
    }
  }

  // ---- What is told ----
  // Of a retirement in the other city.
  [[nodiscard]] ErrorCode against_note(int home, const Serials& origins) {
    for (const auto origin : origins) {
      const auto& kilogram = one(home, origin);
      if (kilogram.state != v1::EXPORTED) return ErrorCode::TRANSFER_STATE_WRONG;
      if (kilogram.is_retired_abroad) return ErrorCode::RETIREMENT_STATED;
    }
    return ErrorCode::OK;
  }
  void note_retired(int home, const Serials& origins) {
    for (const auto origin : origins) {
      auto& kilogram = one(home, origin);
      kilogram.is_retired_abroad = true;
      if (kilogram.is_recalled) ++owed_[static_cast<std::size_t>(home)];
    }
  }
  // How many it freezes.
  std::int64_t note_recall(ModelRecall& recalled) {
    recalled.is_noted = true;
    std::int64_t frozen = 0;
    for (auto& kilogram : kilograms_[static_cast<std::size_t>(1 - recalled.home)]) {
      const bool is_there = kilogram.state == v1::HELD || kilogram.state == v1::RETIRED;
      if (kilogram.home != recalled.home || !is_there || kilogram.is_recalled ||
          !recalled.covers(kilogram.origin))
        continue;
      ++frozen;
      kilogram.is_recalled = true;
      kilogram.is_frozen = kilogram.state == v1::HELD && !kilogram.is_locked;
    }
    return frozen;
  }

  std::vector<ModelRecall> recalls;

 private:
  void put(int city, const ModelKilogram& kilogram) {
    kilograms_[static_cast<std::size_t>(city)].push_back(kilogram);
  }
  // The first kilogram that is not away says why.
  ErrorCode against_return(const Journey& sent) {
    for (const auto origin : sent.origins) {
      const auto& kilogram = one(sent.taker(), origin);
      if (kilogram.state == v1::HELD && kilogram.is_locked) return ErrorCode::TRANSFER_STATE_WRONG;
      if (!kilogram.is_away()) return ErrorCode::UNITS_FOREIGN;
    }
    return ErrorCode::OK;
  }
  // Run by run, none of it is recalled, nor there still.
  ErrorCode against_import(const Journey& sent) {
    for (std::size_t i = 0, end = 0; i < sent.serials.size(); i = end) {
      end = end_of_run(sent, i);
      const Serials run(sent.origins.begin() + static_cast<std::ptrdiff_t>(i),
                        sent.origins.begin() + static_cast<std::ptrdiff_t>(end));
      for (const auto& recalled : recalls)
        if (recalled.home == sent.from && recalled.is_noted &&
            std::ranges::any_of(run, [&](auto origin) { return recalled.covers(origin); }))
          return ErrorCode::UNITS_RECALLED;
      for (const auto& kilogram : kilograms(sent.taker())) {
        if (kilogram.home != sent.from || std::ranges::find(run, kilogram.origin) == run.end())
          continue;
        if (kilogram.is_locked) return ErrorCode::TRANSFER_STATE_WRONG;
        if (kilogram.state != v1::EXPORTED) return ErrorCode::UNITS_FOREIGN;
      }
    }
    return ErrorCode::OK;
  }
  // Serials of one batch, one after the other.
  std::size_t end_of_run(const Journey& sent, std::size_t first) {
    auto end = first + 1;
    while (end < sent.serials.size() && sent.serials[end] == sent.serials[end - 1] + 1 &&
           one(sent.from, sent.serials[end]).batch == one(sent.from, sent.serials[first]).batch)
      ++end;
    return end;
  }

  std::array<std::vector<ModelKilogram>, 2> kilograms_;
  std::array<std::int64_t, 2> owed_ = {};
};

}  // namespace puhui::ledger::testing
