#include "tests/cluster/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace puhui::testing {
namespace {

[[noreturn]] void become(const std::vector<std::string>& command, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

int status_of(int raw) { return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw); }

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::string& log) {
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  pid_ = ::fork();
  if (pid_ == 0) become(command, output);
  ::close(output);
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

bool Process::running() {
  if (pid_ < 0) return false;
  int raw = 0;
  if (::waitpid(pid_, &raw, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

void Process::kill9() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  int raw = 0;
  ::waitpid(pid_, &raw, 0);
  pid_ = -1;
}

int Process::wait() {
  if (pid_ < 0) return 0;
  int raw = 0;
  ::waitpid(pid_, &raw, 0);
  pid_ = -1;
  return status_of(raw);
}

int Process::terminate() {
  signal(SIGTERM);
  return wait();
}

Ran run(const std::vector<std::string>& command) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) std::abort();
  const auto pid = ::fork();
  if (pid == 0) become(command, pipe[1]);
  ::close(pipe[1]);
  Ran ran;
  std::array<char, 4096> chunk;
  for (ssize_t got = 0; (got = ::read(pipe[0], chunk.data(), chunk.size())) > 0;)
    ran.output.append(chunk.data(), static_cast<std::size_t>(got));
  ::close(pipe[0]);
  int raw = 0;
  ::waitpid(pid, &raw, 0);
  ran.status = status_of(raw);
  return ran;
}

}  // namespace puhui::testing
