#include "tools/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "checker/accounting.h"

namespace convcheck {
namespace {

constexpr double kPeriod = 0.2;  // seconds

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

// "42 s", "3 min 05 s"
std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return whole < 60 ? fmt::format("{} s", whole)
                    : fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

}  // namespace

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::plan(const Plan& plan) { plan_ = plan; }

void Progress::add(const Finding& finding) {
  ++done_;
  const Outcome outcome = finding.verdict.outcome;
  failed_ += outcome == Outcome::Failed || outcome == Outcome::Broken;
  if (!terminal_) return;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (seconds >= next_) show(finding, seconds);
}

void Progress::add(const CaseResult& result) { estimated_ += result.estimated; }

void Progress::show(const Finding& finding, double seconds) {
  next_ = seconds + kPeriod;
  std::string line =
      fmt::format("{:3}%  {} of {}  {}/s", 100 * done_ / std::max<std::int64_t>(1, plan_.units),
                  with_separators(done_), with_separators(plan_.units),
                  with_separators(static_cast<std::int64_t>(static_cast<double>(done_) / seconds)));
  // The first cases are cheap and say little of the others.
  if (seconds > 2 && estimated_ > 0.02 * plan_.seconds) {
    line += "  " + duration(seconds * (plan_.seconds / estimated_ - 1)) + " left";
  }
  line += fmt::format("  failed {}  {}", with_separators(failed_), to_string(finding.subject));
  line.resize(std::min(line.size(), terminal_width() - 1));
  fmt::print(stderr, "\r{}\x1b[K", line);
  std::fflush(stderr);
}

void Progress::finish() {
  if (terminal_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace convcheck
