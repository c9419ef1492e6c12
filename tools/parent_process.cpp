#include "tools/parent_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "tools/child_process.h"
#include "tools/usage_error.h"

namespace convcheck {

void join_parent(const std::string& command) {
  struct stat channel {};
  if (fstat(kChildChannel, &channel) != 0 || !S_ISSOCK(channel.st_mode)) {
    throw UsageError(command + ": expected to be started by convcheck itself");
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever asked is gone: nobody would end an endless loop
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
}

void tell_parent(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t some = ::write(kChildChannel, text.data() + written, text.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) throw std::runtime_error("the parent process is gone");
    written += static_cast<std::size_t>(some);
  }
}

}  // namespace convcheck
