#include "tools/fixtures_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace convcheck {
namespace {

constexpr double kTerminalPeriod = 0.2, kLogPeriod = 10;
constexpr std::size_t kLongestLine = 78;

}  // namespace

FixturesProgress::FixturesProgress(std::string what, std::size_t planned)
    : what_(std::move(what)), planned_(planned), terminal_(isatty(STDERR_FILENO) == 1) {
  next_ = terminal_ ? kTerminalPeriod : kLogPeriod;
}

FixturesProgress::~FixturesProgress() {
  if (terminal_) fmt::print(stderr, "\r\x1b[K");
}

void FixturesProgress::next(const std::string& name) {
  ++begun_;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (seconds < next_) return;
  next_ = seconds + (terminal_ ? kTerminalPeriod : kLogPeriod);
  std::string line =
      fmt::format("{}  {} of {}  {:.0f} s  {}", what_, begun_, planned_, seconds, name);
  if (terminal_) line.resize(std::min(line.size(), kLongestLine));
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\x1b[K" : "\n");
  std::fflush(stderr);
}

}  // namespace convcheck
