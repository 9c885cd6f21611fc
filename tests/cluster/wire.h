// A wire between a client and a node, which a test may cut and mend while both live on.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace puhui::testing {

class Wire {
 public:
  // To a port of this machine.
  explicit Wire(unsigned port);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  // Ends all connections, and each new one before a byte has passed.
  void cut() { is_cut_ = true; }
  void mend() { is_cut_ = false; }

 private:
  struct Pair {
    int near = -1, far = -1;
  };
  void carry();
  void take();
  static bool pass(int from, int to);
  static void close_pair(const Pair& pair);

  const unsigned target_;
  unsigned port_ = 0;
  int listener_ = -1;
  std::atomic<bool> is_cut_{false}, is_over_{false};
  std::vector<Pair> pairs_;  // of the thread alone
  std::thread thread_;
};

}  // namespace puhui::testing
