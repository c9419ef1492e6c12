#include "tools/fixtures_probe.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>

#include "fixtures/theano.h"

namespace convcheck {
namespace {

constexpr int kUnreadable = 2;
constexpr int kLongestMilliseconds = 60000;

// Never returns, and runs nobody's destructors or exit handlers.
[[noreturn]] void read_and_exit(const std::string& path, int report) {
  int status = 0;
  try {
    read_theano(path);
  } catch (const std::exception& error) {
    status = kUnreadable;
    const std::size_t size = std::strlen(error.what());
    if (::write(report, error.what(), size) != static_cast<ssize_t>(size)) status = kUnreadable + 1;
  }
  ::_exit(status);
}

// What arrives until the other end is closed, or nothing has for too long, which sets `late`.
std::string received(int from, bool& late) {
  std::string text;
  char buffer[4096];
  for (;;) {
    pollfd waiting{from, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kLongestMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    late = ready == 0;
    const ssize_t size = ready > 0 ? ::read(from, buffer, sizeof buffer) : 0;
    if (size <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

int status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

void require_readable(const std::string& path) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) read_and_exit(path, ends[1]);
  ::close(ends[1]);
  bool late = false;
  const std::string reason = received(ends[0], late);
  ::close(ends[0]);
  if (late) ::kill(child, SIGKILL);
  const int status = status_of(child);
  if (late) throw FileError(path + ": reading it does not come to an end");
  if (!WIFEXITED(status)) {
    throw FileError(path + ": damaged, reading it ends with signal " +
                    std::to_string(WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) != 0) throw FileError(reason.empty() ? path + ": damaged" : reason);
}

}  // namespace convcheck
