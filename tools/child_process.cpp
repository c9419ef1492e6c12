#include "tools/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "checker/accounting.h"

extern char** environ;

namespace convcheck {
namespace {

constexpr std::chrono::milliseconds kGlance{50};  // between looks at the child's memory
constexpr std::size_t kWordsKept = 2000;

[[noreturn]] void fail(const char* what, int error) {
  throw std::runtime_error(std::string("a worker process could not be started: ") + what + ": " +
                           std::generic_category().message(error));
}

// Closed at the end of a scope.
struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  int release() { return std::exchange(number, -1); }
};

struct FileActions {
  posix_spawn_file_actions_t actions;
  FileActions() { posix_spawn_file_actions_init(&actions); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions); }
};

// An interrupt from the terminal is for the suite, which lets its workers end what they do.
struct OwnGroup {
  posix_spawnattr_t attributes;
  OwnGroup() {
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
  }
  ~OwnGroup() { posix_spawnattr_destroy(&attributes); }
};

// Ours. Threads of OpenMP that wait for work do not spin, unless the user has said how they wait:
// other workers have need of the processors, and most calls are too short to be worth it. With
// GNU's OpenMP and oneDNN small cases take an eighth of the time.
std::vector<char*> environment_of_child() {
  static char passive[] = "OMP_WAIT_POLICY=passive";
  std::vector<char*> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.push_back(*entry);
  const bool said = getenv("OMP_WAIT_POLICY") != nullptr || getenv("GOMP_SPINCOUNT") != nullptr;
  if (!said) entries.push_back(passive);
  entries.push_back(nullptr);
  return entries;
}

pid_t spawn(std::vector<std::string>& arguments, int channel, int words) {
  FileActions files;
  posix_spawn_file_actions_addopen(&files.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files.actions, words, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files.actions, words, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&files.actions, channel, kChildChannel);
  arguments.insert(arguments.begin(), "convcheck");
  std::vector<char*> argv;
  for (std::string& one : arguments) argv.push_back(one.data());
  argv.push_back(nullptr);
  const std::vector<char*> environment = environment_of_child();
  const OwnGroup group;
  pid_t child = -1;
  const int error = posix_spawn(&child, "/proc/self/exe", &files.actions, &group.attributes,
                                argv.data(), environment.data());
  if (error != 0) fail("posix_spawn", error);
  return child;
}

std::string signal_text(int signal) {
  const char* name = strsignal(signal);
  return "was killed by signal " + std::to_string(signal) + " (" + (name ? name : "unknown") + ")";
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> arguments) {
  std::array<int, 2> sockets{}, pipes{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    fail("socketpair", errno);
  Descriptor ours{sockets[0]}, theirs{sockets[1]};
  if (pipe2(pipes.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail("pipe", errno);
  Descriptor reading{pipes[0]}, writing{pipes[1]};
  // The child's prints wait for a slow reader; only our end does not.
  fcntl(writing.number, F_SETFL, 0);
  // Numbers that the child's descriptors do not have, so that none of them is replaced too early.
  Descriptor far_channel{fcntl(theirs.number, F_DUPFD_CLOEXEC, kChildChannel + 1)};
  Descriptor far_words{fcntl(writing.number, F_DUPFD_CLOEXEC, kChildChannel + 1)};
  if (far_channel.number < 0 || far_words.number < 0) fail("fcntl", errno);
  child_ = spawn(arguments, far_channel.number, far_words.number);
  channel_ = ours.release();
  words_pipe_ = reading.release();
}

ChildProcess::~ChildProcess() {
  if (child_ > 0) {
    ::kill(-child_, SIGKILL);
    reap();
  }
  close(channel_);
  if (words_pipe_ >= 0) close(words_pipe_);
}

void ChildProcess::send(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t some = ::send(channel_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return;
    sent += static_cast<std::size_t>(some);
  }
}

std::optional<std::string> ChildProcess::receive(const Limits& limits) {
  const auto start = Clock::now();
  for (;;) {
    if (const std::size_t end = arrived_.find('\n'); end != std::string::npos) {
      std::string line = arrived_.substr(0, end);
      arrived_.erase(0, end + 1);
      return line;
    }
    if (child_ < 0) return {};
    if (!within(limits, start)) return {};
    wait_for_bytes();
    read_words();
    const bool ended = has_ended();  // before the last bytes are read
    const std::size_t before = arrived_.size();
    if (!read_channel() || (ended && arrived_.size() == before)) reap();
  }
}

void ChildProcess::wait_for_bytes() {
  std::array<pollfd, 2> files{pollfd{channel_, POLLIN, 0}, pollfd{words_pipe_, POLLIN, 0}};
  poll(files.data(), files.size(), static_cast<int>(kGlance.count()));
}

// Also when what it has started lives on, and with it the other end of the channel.
bool ChildProcess::has_ended() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

// False when the child has closed its end.
bool ChildProcess::read_channel() {
  std::array<char, 65536> bytes;
  for (;;) {
    const ssize_t got = recv(channel_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got > 0) {
      arrived_.append(bytes.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
}

void ChildProcess::read_words() {
  std::array<char, 65536> bytes;  // at once, or a child that prints without end would keep us
  const ssize_t got = words_pipe_ < 0 ? -1 : read(words_pipe_, bytes.data(), bytes.size());
  if (got > 0) {
    words_.append(bytes.data(), static_cast<std::size_t>(got));
    if (words_.size() > kWordsKept) words_.erase(0, words_.size() - kWordsKept);
  } else if (got == 0) {  // closed by the child: poll would always find it ready
    close(std::exchange(words_pipe_, -1));
  }
}

bool ChildProcess::within(const Limits& limits, Clock::time_point start) {
  const auto now = Clock::now();
  if (!(std::chrono::duration<double>(now - start).count() <= limits.seconds)) {
    char text[64];
    std::snprintf(text, sizeof text, "did not come back within %.3g s", limits.seconds);
    kill_for(text);
    return false;
  }
  if (now - memory_asked_ < kGlance) return true;
  memory_asked_ = now;
  if (memory() <= limits.bytes) return true;
  kill_for("took more than " + with_separators(limits.bytes >> 20) + " MiB of memory");
  return false;
}

std::int64_t ChildProcess::memory() const {
  const std::string path = "/proc/" + std::to_string(child_) + "/statm";
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return 0;
  long long all = 0, resident = 0;
  const bool read = std::fscanf(file, "%lld %lld", &all, &resident) == 2;
  std::fclose(file);
  return read ? resident * sysconf(_SC_PAGESIZE) : 0;
}

void ChildProcess::kill_for(const std::string& reason) {
  if (child_ > 0) {
    ::kill(-child_, SIGKILL);
    reap();
  }
  end_ = reason;
  killed_ = true;
}

// Waits for the end of the child and ends what it has started, in its group. One that has only
// closed its channel is no more use.
void ChildProcess::reap() {
  for (int glances = 0; !has_ended(); ++glances) {
    read_words();  // it may wait for that
    if (glances == 20) ::kill(-child_, SIGKILL);
    poll(nullptr, 0, glances < 10 ? 1 : 50);
  }
  ::kill(-child_, SIGKILL);  // before the number of the group can be another's
  int status = 0;
  waitpid(child_, &status, 0);
  read_words();
  child_ = -1;
  end_ = WIFSIGNALED(status) ? signal_text(WTERMSIG(status))
                             : "exited with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace convcheck
