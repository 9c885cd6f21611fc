// A child process of a test: started, watched, killed, always ended.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace puhui::testing {

class Process {
 public:
  Process() = default;
  // Starts a program with its output appended to `log`. It dies with the test.
  Process(const std::vector<std::string>& command, const std::string& log);
  ~Process() { kill9(); }
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  [[nodiscard]] bool running();
  void signal(int number) const;
  // SIGKILL, and waits until it is gone.
  void kill9();
  // SIGTERM, and waits for its exit status (128 + signal if one ended it).
  // 0 if it has ended already.
  int terminate();
  int wait();

 private:
  pid_t pid_ = -1;
};

using Words = std::vector<std::string>;
[[nodiscard]] inline Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Runs to the end; exit status, and what it printed.
struct Ran {
  int status = -1;
  std::string output;
};
[[nodiscard]] Ran run(const Words& command);

}  // namespace puhui::testing
