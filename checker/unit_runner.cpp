#include "checker/unit_runner.h"

#include <chrono>
#include <exception>
#include <new>
#include <string_view>

#include "checker/device/on_device.h"
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

class InProcessRunner : public UnitRunner {
 public:
  explicit InProcessRunner(const Subjects& subjects) : subjects_(subjects) {
    for (BackendPtr& backend : subjects_.backends) backend = on_device(backend);
  }

  void run(const Case& c, const std::vector<Unit>& units, const Report& report) override {
    std::unique_ptr<PreparedCase> ready;
    for (const Unit& unit : units) report(judged(c, unit, ready));
  }

 private:
  UnitResult judged(const Case& c, const Unit& unit, std::unique_ptr<PreparedCase>& ready) const {
    const BackendPtr& backend = subjects_.backends[unit.backend];
    UnitResult result{.unit = unit, .verdict = {}};
    const auto start = Clock::now();
    result.verdict = judged_safely([&] {
      if (!is_one_problem(c)) return judged_composed(c, backend);
      if (is_named_otherwise(c, subjects_.rules[unit.rule])) {
        const Verdict documented = judged_composed(c, backend);
        if (documented.outcome == Outcome::Failed) return documented;
      }
      const CallTypes types = call_types(c, *backend);
      if (!ready || !(ready->types() == types)) {
        ready.reset();  // before the next one is allocated
        ready = std::make_unique<PreparedCase>(c, types, subjects_.limits);
      }
      const double before = ready->run_seconds();
      const RunContext context{.threads = subjects_.threads};
      const Verdict verdict = subjects_.rules[unit.rule].judge({*ready, *backend, context});
      result.running = ready->run_seconds() - before;
      return verdict;
    });
    const std::chrono::duration<double> all = Clock::now() - start;
    result.preparing = all.count() - result.running;
    return result;
  }

  bool is_named_otherwise(const Case& c, const Rule& rule) const {
    return c.function != Function::Conv && std::string_view(rule.name) == value_rule().name &&
           cost_of(c, subjects_.limits).repeated() <= subjects_.composed_flops;
  }

  Verdict judged_composed(const Case& c, const BackendPtr& backend) const {
    if (subjects_.composed) return subjects_.composed(c, backend);
    return Verdict::skipped("a composed function, which this program does not judge");
  }

  Subjects subjects_;
};

}  // namespace

std::unique_ptr<UnitRunner> in_process_runner(const Subjects& subjects) {
  return std::make_unique<InProcessRunner>(subjects);
}

}  // namespace convcheck
