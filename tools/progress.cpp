#include "tools/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "checker/accounting.h"

namespace convcheck {
namespace {

constexpr double kTerminalPeriod = 0.2, kLogPeriod = 10;

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1) { next_ = terminal_ ? 0 : kLogPeriod; }

void Progress::add(const Finding& finding) {
  ++done_;
  const Outcome outcome = finding.verdict.outcome;
  failed_ += outcome == Outcome::Failed || outcome == Outcome::Broken;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (seconds >= next_) show(finding, seconds);
}

void Progress::show(const Finding& finding, double seconds) {
  next_ = seconds + (terminal_ ? kTerminalPeriod : kLogPeriod);
  std::string line = fmt::format("{:3}%  {} of {}  failed {}  {:.0f} s  {}", 100 * done_ / planned_,
                                 with_separators(done_), with_separators(planned_),
                                 with_separators(failed_), seconds, to_string(finding.subject));
  if (terminal_) {
    line.resize(std::min(line.size(), terminal_width() - 1));
    fmt::print(stderr, "\r{}\x1b[K", line);
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

void Progress::finish() {
  if (terminal_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace convcheck
