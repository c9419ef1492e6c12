// Another process of this program, which may crash, hang or grow.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace convcheck {

// The two talk in lines over a socket, which is the child's descriptor kChildChannel. The child's
// standard output and error are collected here; its standard input is empty.
inline constexpr int kChildChannel = 3;

class ChildProcess {
 public:
  struct Limits {
    double seconds = 0;      // until a line has come
    std::int64_t bytes = 0;  // of memory that the child has at once
  };

  // Starts this program with the arguments. Throws std::runtime_error when it cannot be started.
  explicit ChildProcess(std::vector<std::string> arguments);
  ~ChildProcess();  // the child is killed, and what it has started
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // A line for the child. One that is gone does not get it: receive() says so.
  void send(const std::string& line);
  // The child's next line. Nothing when it is gone, then or because a limit was exceeded, for which
  // it is killed.
  std::optional<std::string> receive(const Limits& limits);

  // Ends it, unless it has ended; end() is the reason.
  void kill_for(const std::string& reason);

  // How it ended, after receive() gave nothing: "was killed by signal 11 (Segmentation fault)",
  // "exited with status 0", "did not come back within 60 s", "took more than 2,048 MiB of memory".
  const std::string& end() const { return end_; }
  // The last that it printed.
  const std::string& last_words() const { return words_; }
  // It was ended by us, for a limit or for another reason.
  bool was_killed() const { return killed_; }

 private:
  using Clock = std::chrono::steady_clock;

  void wait_for_bytes();
  bool has_ended() const;
  bool read_channel();
  void read_words();
  bool within(const Limits& limits, Clock::time_point start);
  std::int64_t memory() const;
  void reap();

  pid_t child_ = -1;
  int channel_ = -1, words_pipe_ = -1;
  std::string arrived_;  // of the channel, not yet handed out
  std::string words_, end_;
  Clock::time_point memory_asked_ = Clock::now();
  bool killed_ = false;
};

}  // namespace convcheck
