// Certificates and waiting, for the tests of the network folders.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <future>
#include <string>
#include <vector>

#include "node/tls/city_authority.h"

namespace puhui::node::testing {

// How long a test waits for what must happen; only a failing test waits that long.
constexpr std::chrono::seconds kPatience{20};

// Valid whenever the test runs: from 2000 to 2100.
constexpr tls::Validity kAlways{946'684'800, 4'102'444'800};
constexpr tls::Validity kLongAgo{946'684'800, 978'307'200};

inline tls::CityAuthority new_authority() {
  return tls::CityAuthority::create("Test city API authority", kAlways).value();
}

template <class T>
T await(std::future<T>& future) {
  if (future.wait_for(kPatience) != std::future_status::ready) {
    ADD_FAILURE() << "nothing came in time";
    std::abort();
  }
  return future.get();
}

}  // namespace puhui::node::testing
