#include "checker/debug/session.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <utility>
#include <vector>

#include "checker/accounting.h"
#include "checker/debug/deferred.h"
#include "checker/debug/examine.h"

namespace convcheck {

// A child of a fork gets a state of its own: the parent's may be locked for ever, by a thread that
// the child has not got. Neither is freed before the session ends.
struct DebugSession::Slot {
  std::atomic<State*> current{nullptr};

  ~Slot() {
    State* const state = current.load();
    if (state != nullptr && state->process == getpid()) delete state;
  }
};

DebugSession::DebugSession() : slot_(std::make_unique<Slot>()) {}
DebugSession::~DebugSession() = default;

DebugSession::State& DebugSession::state() const {
  const long process = getpid();
  State* present = slot_->current.load(std::memory_order_acquire);
  while (present == nullptr || present->process != process) {
    auto fresh = std::make_unique<State>();
    fresh->process = process;
    if (slot_->current.compare_exchange_strong(present, fresh.get())) present = fresh.release();
  }
  return *present;
}

namespace {

// Prints what was covered when the program ends.
struct ProcessSession {
  DebugSession session;

  ~ProcessSession() {
    DebugSession::State& state = session.state();
    try {
      session.finish();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    const bool wanted = [&] {
      const std::lock_guard lock(state.mutex);
      return state.report && state.totals.calls > 0;
    }();
    if (wanted) std::fputs(session.report().c_str(), stderr);
  }
};

std::string percent(double part, double whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", whole > 0 ? 100 * part / whole : 0.0);
  return text;
}

std::string number(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

DebugSession& DebugSession::process() {
  static ProcessSession one;
  return one.session;
}

void DebugSession::finish() const { debug::collect(state(), true); }

DebugTotals DebugSession::totals() const {
  State& own = state();
  const std::lock_guard lock(own.mutex);
  DebugTotals totals = own.totals;
  totals.problems = static_cast<std::int64_t>(own.entries.size());
  totals.problems_checked =
      std::count_if(own.entries.begin(), own.entries.end(),
                    [](const auto& entry) { return entry.second.checks > 0; });
  return totals;
}

std::string DebugSession::report() const {
  const DebugTotals all = totals();
  const auto of = [](std::int64_t part, std::int64_t whole) {
    return with_separators(part) + " of " + with_separators(whole);
  };
  std::string text = "convcheck DebugMode: checked " + of(all.checked, all.calls) + " calls, " +
                     of(all.problems_checked, all.problems) + " distinct problems, " +
                     of(all.covered, all.elements) + " elements (" +
                     with_separators(all.by_definition) + " by the definition)\n";
  text += "  worst error " + number("%.3g", all.worst_in_bounds) +
          " of the rigorous bound, worst projection " + number("%.3g", all.worst_projection) +
          " of its threshold; " + with_separators(all.graded) +
          " calls between the expected and the rigorous bound\n";
  text += "  " + with_separators(all.violations) + " violations";
  if (all.broken > 0) text += ", " + with_separators(all.broken) + " checks could not be made";
  if (all.threw > 0) text += ", " + with_separators(all.threw) + " calls threw";
  return text + "; checking took " + number("%.3f", all.check_seconds) + " s beside " +
         number("%.3f", all.call_seconds) + " s of convolutions, " +
         percent(all.check_seconds, all.call_seconds) + "\n";
}

namespace debug {
namespace {

// A distinct problem that could not pay for its first check by now is checked all the same.
constexpr std::int64_t kPatience = 100;
// A check that so many calls of its problem cannot pay for is replaced by a cheaper one.
constexpr double kCallsToPay = 200;
constexpr std::int64_t kDrawn = 256;  // elements for the oracle

void mix(std::size_t& hash, std::int64_t value) {
  hash = (hash ^ static_cast<std::size_t>(value)) * 0x9e3779b97f4a7c15u;
  hash ^= hash >> 29;
}

}  // namespace

std::size_t KeyHash::operator()(const Key& key) const {
  const ConvProblem& problem = key.problem;
  std::size_t hash = static_cast<std::size_t>(problem.direction) * 64 + problem.rank * 4 +
                     (problem.flip ? 2 : 0) + (problem.unshared ? 1 : 0);
  for (const std::int64_t value :
       {problem.batch, problem.channels, problem.filters, problem.groups}) {
    mix(hash, value);
  }
  for (const Window& window : problem.axes()) {
    for (const std::int64_t value : {window.input, window.filter, window.stride, window.dilation,
                                     window.pad_before, window.pad_after}) {
      mix(hash, value);
    }
  }
  for (const DataType type : key.types) mix(hash, static_cast<std::int64_t>(type));
  return hash;
}

}  // namespace debug

using debug::Entry;
using debug::Key;
using debug::Plan;

// The highest level that the time budget pays for; Off where it pays for none.
DebugLevel DebugSession::State::affordable(const Key& key, const Entry& entry,
                                           const DebugSettings& settings, int threads,
                                           bool in_stream) const {
  const double share = settings.budget.share;
  const double balance = share * totals.call_seconds - totals.check_seconds;
  const bool fresh = entry.tries() == 0;
  const double calls = static_cast<double>(std::max<std::int64_t>(1, entry.calls - 1));
  const double payable = share * debug::kCallsToPay * entry.call_seconds / calls;
  const auto seconds = [&](DebugLevel level) {
    const double known = entry.check_seconds[static_cast<std::size_t>(level)];
    if (known > 0) return known;
    if (in_stream) return 0.0;  // the device will tell
    const debug::How how{.level = level, .samples = settings.samples};
    return debug::examine_seconds(key.problem, how) / threads + 20e-6;
  };
  // A lower level would bring the operands to the host, which costs more.
  const int lowest = in_stream ? static_cast<int>(settings.level) : 1;
  for (int level = static_cast<int>(settings.level); level >= lowest; --level) {
    const double cost = seconds(static_cast<DebugLevel>(level));
    if (cost > payable && level > static_cast<int>(DebugLevel::Sampled)) continue;
    // Problems that were checked leave something for those that were not.
    if (cost * (fresh ? 1 : 2) <= balance) return static_cast<DebugLevel>(level);
    const bool forced = fresh && entry.calls >= debug::kPatience;
    return forced ? static_cast<DebugLevel>(level) : DebugLevel::Off;
  }
  return DebugLevel::Off;
}

Plan DebugSession::State::plan(const Key& key, const DebugSettings& settings, int threads,
                               bool in_stream) {
  const std::lock_guard lock(mutex);
  report |= settings.report;
  Entry& entry = entries[key];
  Plan plan;
  plan.number = static_cast<std::uint64_t>(totals.calls++);
  const std::int64_t before = entry.calls++;
  const DebugBudget& budget = settings.budget;
  const bool fresh = entry.tries() == 0;
  const bool wanted =
      fresh || (before % budget.every == 0 && (budget.first == 0 || entry.tries() < budget.first) &&
                (budget.seconds == 0 || totals.check_seconds < budget.seconds));
  if (!wanted) return plan;
  plan.level =
      budget.share > 0 ? affordable(key, entry, settings, threads, in_stream) : settings.level;
  if (plan.level == DebugLevel::Off) return plan;
  if (in_stream) ++entry.under_way;
  if (!entry.sample) {
    entry.sample = std::make_shared<const std::vector<Index>>(
        debug::draw_sample(key.problem, std::max(settings.samples, debug::kDrawn), settings.seed));
  }
  plan.sample = entry.sample;
  plan.fresh = fresh;
  plan.rules = plan.level == DebugLevel::Paranoid && !entry.ruled;
  entry.ruled |= plan.rules;
  return plan;
}

bool DebugSession::State::takes_rules(const Key& key) {
  const std::lock_guard lock(mutex);
  return !std::exchange(entries[key].ruled, true);
}

void DebugSession::State::count_violations(int count) {
  const std::lock_guard lock(mutex);
  totals.violations += count;
}

void DebugSession::State::record(const Key& key, const debug::Done& done) {
  const std::lock_guard lock(mutex);
  Entry& entry = entries[key];
  if (done.in_stream) --entry.under_way;
  if (done.stream_seconds > 0) entry.stream_seconds = done.stream_seconds;
  // On a device the host's part of a call is short; what one took there, the next one takes.
  const double call_seconds = std::max(done.call_seconds, entry.stream_seconds);
  entry.call_seconds += call_seconds;
  totals.call_seconds += call_seconds;
  totals.check_seconds += done.check_seconds;
  totals.elements += done.elements;
  totals.threw += done.threw ? 1 : 0;
  totals.broken += done.broken ? 1 : 0;
  entry.failed += done.broken ? 1 : 0;
  if (done.level == DebugLevel::Off) return;
  ++entry.checks;
  entry.check_seconds[static_cast<std::size_t>(done.level)] = done.check_seconds;
  ++totals.checked;
  totals.covered += done.covered;
  totals.by_definition += done.by_definition;
  totals.violations += done.violations;
  totals.graded += done.graded ? 1 : 0;
  totals.worst_in_bounds = std::max(totals.worst_in_bounds, done.worst_in_bounds);
  totals.worst_projection = std::max(totals.worst_projection, done.projection);
}

}  // namespace convcheck
