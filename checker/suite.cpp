#include "checker/suite.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string_view>
#include <system_error>
#include <thread>

#include "checker/load_plugin.h"
#include "checker/rules/all_rules.h"
#include "checker/rules/value.h"
#include "checker/schedule.h"
#include "checker/shards.h"

namespace convcheck {
namespace {

using Clock = std::chrono::steady_clock;

// Measured: what a unit of a tiny case takes.
constexpr double kSecondsPerUnit = 1e-4;

// So many cases of each function and direction come before all others, unless they take long.
constexpr int kEarly = 8;
constexpr double kEarlySeconds = 0.05;

int machine_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

int jobs_of(const SuiteOptions& options) {
  return options.jobs > 0 ? options.jobs : machine_threads();
}

bool is_value(const Rule& rule) { return std::string_view(rule.name) == value_rule().name; }

Subjects subjects_of(const std::vector<BackendPtr>& backends, const SuiteOptions& options) {
  return {.backends = backends,
          .rules = options.rules.empty() ? all_rules() : options.rules,
          .threads = call_threads(options),
          .limits = options.limits,
          .composed = options.composed};
}

class Suite {
 public:
  Suite(const std::vector<Case>& cases, const std::vector<BackendPtr>& backends,
        const SuiteOptions& options)
      : cases_(cases),
        options_(options),
        subjects_(subjects_of(backends, options)),
        gate_(options.operand_bytes),
        costs_(cases.size()),
        earlier_(cases.size()),
        books_(options.findings_kept) {
    std::transform(cases.begin(), cases.end(), costs_.begin(),
                   [&](const Case& c) { return cost_of(c, options.limits); });
    for (const CaseResult& one : options.earlier) earlier_[one.number] = true;
    plan();
  }

  SuiteResult run() {
    const auto start = Clock::now();
    if (options_.on_planned) options_.on_planned(plan_);
    for (const std::size_t number : order_) {
      for (const BackendPtr& backend : subjects_.backends)
        books_.open(backend->name(), cases_[number]);
    }
    for (const CaseResult& one : options_.earlier) {
      for (const UnitResult& unit : one.units) enter(one.number, unit);
    }
    std::erase_if(order_, [&](std::size_t number) { return earlier_[number]; });
    run_all();
    SuiteResult result = books_.close();
    shrink_first(result);
    result.seconds.total = std::chrono::duration<double>(Clock::now() - start).count();
    return result;
  }

 private:
  std::vector<Unit> units_of(std::size_t number) const {
    std::vector<Unit> units;
    for (std::size_t backend = 0; backend < subjects_.backends.size(); ++backend) {
      for (std::size_t rule = 0; rule < subjects_.rules.size(); ++rule) {
        if (applies(subjects_.rules[rule], number)) units.push_back({backend, rule});
      }
    }
    return units;
  }

  bool applies(const Rule& rule, std::size_t number) const {
    return rule_applies(rule, cases_[number]) &&
           (is_value(rule) || costs_[number].repeated() <= options_.repeated_flops);
  }

  void plan() {
    std::vector<std::int64_t> units;
    for (std::size_t number = 0; number < cases_.size(); ++number) {
      units.push_back(static_cast<std::int64_t>(units_of(number).size()));
      seconds_.push_back(
          costs_[number].seconds(static_cast<double>(units.back()) * kSecondsPerFlop) +
          kSecondsPerUnit * static_cast<double>(units.back()));
    }
    const std::vector<std::size_t> shard_of = divided(seconds_, options_.shard.count);
    plan_.units_by_shard.assign(options_.shard.count, 0);
    for (std::size_t number = 0; number < cases_.size(); ++number) {
      plan_.units_by_shard[shard_of[number]] += units[number];
      if (shard_of[number] + 1 != options_.shard.number) continue;
      order_.push_back(number);
      if (!earlier_[number]) plan_.seconds += seconds_[number];
    }
    plan_.units = plan_.units_by_shard.at(options_.shard.number - 1);
    set_order();
  }

  // Cheapest first, but before all others some of each function and direction: a time limit leaves
  // none of them out.
  void set_order() {
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return costs_[a].flops < costs_[b].flops;
    });
    std::map<std::pair<Function, Part>, int> seen;
    std::vector<bool> is_early(cases_.size());
    for (const std::size_t number : order_) {
      const Case& c = cases_[number];
      is_early[number] = costs_[number].flops > 0 && seconds_[number] < kEarlySeconds &&
                         seen[{c.function, c.part}]++ < kEarly;
    }
    std::stable_partition(order_.begin(), order_.end(),
                          [&](std::size_t number) { return is_early[number]; });
  }

  void run_all() {
    std::vector<std::thread> others;
    others.reserve(static_cast<std::size_t>(jobs_of(options_)));
    try {
      for (int job = 1; job < jobs_of(options_); ++job) others.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // The machine gives no more threads: those that there are do all the work.
    }
    work();
    for (std::thread& other : others) other.join();
    if (failure_) std::rethrow_exception(failure_);
  }

  void work() {
    try {
      std::unique_ptr<UnitRunner> runner;
      for (std::size_t at = next_++; at < order_.size(); at = next_++) {
        if (!runner) runner = new_runner(options_, subjects_);
        run_case(order_[at], *runner);
      }
    } catch (...) {  // of a callback, or no memory for the books
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = order_.size();
    }
  }

  // All backends and rules on one case.
  void run_case(std::size_t number, UnitRunner& runner) {
    const std::vector<Unit> units = units_of(number);
    if (options_.stopped && options_.stopped())
      return say_of_all(number, units, Verdict::skipped("interrupted"));
    if (too_late(number))
      return say_of_all(number, units, Verdict::skipped(options_.deadline_reason));
    CaseResult result{number, {}, seconds_[number]};
    const auto report = [&](UnitResult unit) {
      const std::lock_guard lock(mutex_);
      if (options_.known) unit.verdict = options_.known(finding_at(number, unit));
      enter(number, unit);
      result.units.push_back(unit);
    };
    if (costs_[number].bytes > machine_memory()) {
      const Verdict broken = Verdict::broken("operands larger than the machine's memory");
      for (const Unit& unit : units) report({.unit = unit, .verdict = broken});
    } else {
      const Admission admission(gate_, costs_[number].bytes);
      runner.run(cases_[number], units, report);
    }
    double running = 0;
    for (const UnitResult& unit : result.units) running += unit.running;
    const std::lock_guard lock(mutex_);
    speed_.add(running, costs_[number].flops);
    if (options_.on_case) options_.on_case(result);
  }

  bool too_late(std::size_t number) {
    if (!options_.deadline) return false;
    const std::lock_guard lock(mutex_);
    const std::chrono::duration<double> left = *options_.deadline - Clock::now();
    return !(costs_[number].seconds(speed_.seconds_per_flop()) < left.count());
  }

  void say_of_all(std::size_t number, const std::vector<Unit>& units, const Verdict& verdict) {
    const std::lock_guard lock(mutex_);
    for (const Unit& unit : units) enter(number, {.unit = unit, .verdict = verdict});
  }

  Finding finding_at(std::size_t number, const UnitResult& unit) const {
    const Backend& subject = *subjects_.backends[unit.unit.backend];
    Finding finding = finding_of(cases_[number], subject.name(),
                                 subjects_.rules[unit.unit.rule].name, subjects_.threads, unit);
    finding.plugin = plugin_path(subject);
    return finding;
  }

  void enter(std::size_t number, const UnitResult& unit) {
    const Finding finding = finding_at(number, unit);
    books_.add(number, finding);
    books_.add_seconds(finding.backend, unit);
    if (options_.on_unit) options_.on_unit(finding);
  }

  void shrink_first(SuiteResult& result) const {
    std::size_t left = options_.findings_shrunk;
    for (Finding& finding : result.findings) {
      if (left == 0) return;
      if (finding.verdict.outcome != Outcome::Failed) continue;
      --left;
      const auto named = [&](const BackendPtr& one) { return one->name() == finding.backend; };
      const auto& all = subjects_.backends;
      finding = shrunk(finding, *std::find_if(all.begin(), all.end(), named), options_);
    }
  }

  const std::vector<Case>& cases_;
  const SuiteOptions& options_;
  Subjects subjects_;
  MemoryGate gate_;
  std::vector<Cost> costs_;
  std::vector<double> seconds_;  // estimated, of all units of a case
  std::vector<bool> earlier_;    // whether there is a result already
  Plan plan_;
  std::vector<std::size_t> order_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;  // guards everything below
  Speed speed_;
  Books books_;
  std::exception_ptr failure_;
};

}  // namespace

bool rule_applies(const Rule& rule, const Case& c) {
  if (is_value(rule)) return true;  // an unknown fill is for it to report
  return is_one_problem(c) && (c.fill.empty() || c.fill == to_string(Fill::Narrow));
}

int call_threads(const SuiteOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1, machine_threads() / jobs_of(options));
}

std::unique_ptr<UnitRunner> new_runner(const SuiteOptions& options, const Subjects& subjects) {
  return options.make_runner ? options.make_runner(subjects) : in_process_runner(subjects);
}

SuiteResult run_suite(const std::vector<Case>& cases, const std::vector<BackendPtr>& backends,
                      const SuiteOptions& options) {
  return Suite(cases, backends, options).run();
}

}  // namespace convcheck
