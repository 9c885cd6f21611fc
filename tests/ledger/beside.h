// A thread for a store to write on (store.h), as a node has one.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

inline Executor writing_thread() {
  return [thread = std::make_shared<boost::asio::thread_pool>(1)](std::function<void()> work) {
    boost::asio::post(*thread, std::move(work));
  };
}

// While this lives, cities write every block beside, however small.
class AllBeside {
 public:
  AllBeside() {
    city_options().beside = writing_thread();
    city_options().beside_bytes_min = 0;
  }
  ~AllBeside() { city_options() = before_; }
  AllBeside(const AllBeside&) = delete;
  AllBeside& operator=(const AllBeside&) = delete;

 private:
  const StoreOptions before_ = city_options();
};

}  // namespace puhui::ledger::testing
