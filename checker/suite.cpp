#include "checker/suite.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <string_view>
#include <system_error>
#include <thread>

#include "checker/rules/all_rules.h"
#include "checker/rules/value.h"
#include "checker/run_case.h"
#include "checker/schedule.h"

namespace convcheck {
namespace {

using Clock = std::chrono::steady_clock;

// Why making a case ready failed: an offer that the checker does not make, or trouble of its own.
template <class Work>
Verdict judged_safely(const Work& work) {
  try {
    return work();
  } catch (const ConvError& error) {
    return error.kind() == ErrorKind::Unsupported ? Verdict::skipped(error.what())
                                                  : Verdict::broken(error.what());
  } catch (const std::bad_alloc&) {
    return Verdict::broken("out of memory");
  } catch (const std::exception& error) {
    return Verdict::broken(error.what());
  }
}

int machine_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

int jobs_of(const SuiteOptions& options) {
  return options.jobs > 0 ? options.jobs : machine_threads();
}

bool is_value(const Rule& rule) { return std::string_view(rule.name) == value_rule().name; }

// An unknown fill is for the rule `value` to report.
Fill parse_fill_or_narrow(const Case& c) {
  return c.fill.empty() || c.fill == to_string(Fill::Narrow) ? Fill::Narrow : Fill::Real;
}

class Suite {
 public:
  Suite(const std::vector<Case>& cases, const std::vector<BackendPtr>& backends,
        const SuiteOptions& options)
      : cases_(cases),
        backends_(backends),
        options_(options),
        rules_(options.rules.empty() ? all_rules() : options.rules),
        gate_(options.operand_bytes),
        context_{.threads = call_threads(options)},
        costs_(cases.size()),
        order_(cases.size()) {
    std::transform(cases.begin(), cases.end(), costs_.begin(),
                   [&](const Case& c) { return cost_of(c, options.limits); });
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return costs_[a].flops < costs_[b].flops;
    });
  }

  SuiteResult run() {
    const auto start = Clock::now();
    if (options_.on_planned) options_.on_planned(planned());
    ask_for_every_direction();
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
    for (auto& [number, finding] : found_) result_.findings.push_back(std::move(finding));
    shrink_first();
    result_.seconds.total = std::chrono::duration<double>(Clock::now() - start).count();
    return std::move(result_);
  }

  // All backends and rules on one case.
  void run_case(std::size_t number) {
    const Admission admission(gate_, costs_[number].bytes);
    std::unique_ptr<PreparedCase> ready;
    double all_running = 0;
    for (const BackendPtr& backend : backends_) {
      for (const Rule& rule : rules_) {
        if (!applies(rule, number)) continue;
        all_running += run_unit(number, backend, rule, ready);
      }
    }
    const std::lock_guard lock(mutex_);
    speed_.add(all_running, costs_[number].flops);
  }

 private:
  // So that a direction under which no unit falls is not overlooked.
  void ask_for_every_direction() {
    for (const BackendPtr& backend : backends_) {
      for (const Case& c : cases_) result_.counts[{backend->name(), direction_name(c)}];
    }
  }

  std::int64_t planned() const {
    std::int64_t units = 0;
    for (std::size_t number = 0; number < cases_.size(); ++number) {
      units += std::count_if(rules_.begin(), rules_.end(),
                             [&](const Rule& rule) { return applies(rule, number); });
    }
    return units * static_cast<std::int64_t>(backends_.size());
  }

  bool applies(const Rule& rule, std::size_t number) const {
    if (is_value(rule)) return true;
    const Case& c = cases_[number];
    return is_one_problem(c) && parse_fill_or_narrow(c) == Fill::Narrow && is_small(number);
  }

  bool is_small(std::size_t number) const {
    return costs_[number].repeated() <= options_.repeated_flops;
  }

  // Returns the seconds that the backend ran for the rule `value`.
  double run_unit(std::size_t number, const BackendPtr& backend, const Rule& rule,
                  std::unique_ptr<PreparedCase>& ready) {
    const Case& c = cases_[number];
    double running = 0;
    const auto start = Clock::now();
    const Verdict verdict = judged_safely([&] {
      if (!is_one_problem(c)) return run_composed(c, backend);
      if (is_value(rule) && c.function != Function::Conv && is_small(number)) {
        const Verdict documented = run_composed(c, backend);
        if (documented.outcome == Outcome::Failed) return documented;
      }
      if (costs_[number].bytes > machine_memory())
        return Verdict::broken("operands larger than the machine's memory");
      const CallTypes types = call_types(c, *backend);
      if (!ready || !(ready->types() == types)) {
        ready.reset();  // before the next one is allocated
        ready = std::make_unique<PreparedCase>(c, types, options_.limits);
      }
      const double before = ready->run_seconds();
      const Verdict judged = rule.judge({*ready, *backend, context_});
      running = ready->run_seconds() - before;
      return judged;
    });
    const double all = std::chrono::duration<double>(Clock::now() - start).count();
    report(number, *backend, rule, verdict,
           {.total = 0, .preparing = all - running, .running = {{backend->name(), running}}});
    return running;
  }

  Verdict run_composed(const Case& c, const BackendPtr& backend) const {
    if (options_.composed) return options_.composed(c, backend);
    return Verdict::skipped("a composed function, which this program does not judge");
  }

  void shrink_first() {
    std::size_t left = options_.findings_shrunk;
    for (Finding& finding : result_.findings) {
      if (left == 0) return;
      if (finding.verdict.outcome != Outcome::Failed) continue;
      --left;
      const auto named = [&](const BackendPtr& one) { return one->name() == finding.backend; };
      finding = shrunk(finding, *std::find_if(backends_.begin(), backends_.end(), named), options_);
    }
  }

  void work() {
    try {
      for (std::size_t at = next_++; at < order_.size(); at = next_++) {
        if (too_late(order_[at])) {
          skip(order_[at]);
        } else {
          run_case(order_[at]);
        }
      }
    } catch (...) {  // of on_unit, or no memory for the books
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = order_.size();
    }
  }

  bool too_late(std::size_t number) {
    if (!options_.deadline) return false;
    const std::lock_guard lock(mutex_);
    const std::chrono::duration<double> left = *options_.deadline - Clock::now();
    return !(costs_[number].seconds(speed_.seconds_per_flop()) < left.count());
  }

  void skip(std::size_t number) {
    for (const BackendPtr& backend : backends_) {
      for (const Rule& rule : rules_) {
        if (!applies(rule, number)) continue;
        report(number, *backend, rule, Verdict::skipped(options_.deadline_reason), {});
      }
    }
  }

  void report(std::size_t number, const Backend& backend, const Rule& rule, const Verdict& verdict,
              const Seconds& seconds) {
    Finding finding{cases_[number], backend.name(), rule.name, verdict};
    finding.threads = context_.threads;
    const std::lock_guard lock(mutex_);
    result_.counts[{finding.backend, direction_name(finding.subject)}].add(verdict);
    result_.by_rule[{finding.backend, finding.rule}].add(verdict);
    result_.seconds.preparing += seconds.preparing;
    for (const auto& [name, running] : seconds.running) result_.seconds.running[name] += running;
    if (options_.on_unit) options_.on_unit(finding);
    if (verdict.outcome != Outcome::Failed && verdict.outcome != Outcome::Broken) return;
    ++result_.findings_in_all;
    found_.emplace(number, std::move(finding));
    if (found_.size() > options_.findings_kept) found_.erase(std::prev(found_.end()));
  }

  const std::vector<Case>& cases_;
  const std::vector<BackendPtr>& backends_;
  const SuiteOptions& options_;
  std::vector<Rule> rules_;
  MemoryGate gate_;
  RunContext context_;
  std::vector<Cost> costs_;
  std::vector<std::size_t> order_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;  // guards everything below
  Speed speed_;
  SuiteResult result_;
  std::multimap<std::size_t, Finding> found_;  // by the number of the case
  std::exception_ptr failure_;
};

}  // namespace

int call_threads(const SuiteOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1, machine_threads() / jobs_of(options));
}

SuiteResult run_suite(const std::vector<Case>& cases, const std::vector<BackendPtr>& backends,
                      const SuiteOptions& options) {
  return Suite(cases, backends, options).run();
}

const char* direction_name(const Case& c) {
  switch (c.part) {
    case Part::Forward:
      return "forward";
    case Part::GradInputs:
      return "grad_inputs";
    case Part::GradWeights:
      return "grad_weights";
    case Part::GradDepthwise:
      return "grad_depthwise";
    case Part::GradPointwise:
      return "grad_pointwise";
  }
  return "unknown";
}

}  // namespace convcheck
