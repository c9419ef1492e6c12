#include "tools/isolated_runner.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "checker/load_plugin.h"
#include "checker/printable.h"
#include "checker/schedule.h"
#include "tools/child_process.h"
#include "tools/verdict_json.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// A rule holds three times the operands beside the prepared case's own; twice that for the rest.
constexpr std::int64_t kOperandCopies = 8;
// Of a slow but honest kernel: a plain loop without optimisation, under a rule that repeats it.
constexpr double kSlowSecondsPerFlop = 2e-8;
constexpr double kStartSeconds = 60;
constexpr std::size_t kLineShown = 80;

// Seconds lost in calls that did not come back, by backend; shared by all runners.
class Lost {
 public:
  void add(const std::string& backend, double seconds) {
    const std::lock_guard lock(mutex_);
    seconds_[backend] += seconds;
  }
  bool more_than(double patience, const std::string& backend) {
    const std::lock_guard lock(mutex_);
    const auto found = seconds_.find(backend);
    return found != seconds_.end() && found->second > patience;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, double> seconds_;
};

class IsolatedRunner : public UnitRunner {
 public:
  IsolatedRunner(const Subjects& subjects, const Isolation& isolation, std::shared_ptr<Lost> lost)
      : subjects_(subjects), isolation_(isolation), lost_(std::move(lost)) {}

  void run(const Case& c, const std::vector<Unit>& units, const Report& report) override {
    limits_ = limits_of(c);
    std::vector<Unit> left = units;
    while (!left.empty()) left = run_until_end(c, left, report);
    before_ = to_string(c);
  }

 private:
  ChildProcess::Limits limits_of(const Case& c) {
    const Cost cost = cost_of(c, subjects_.limits);
    most_operands_ = std::max(most_operands_, cost.bytes);  // the worker may keep what it had
    return {.seconds = isolation_.seconds + 20 * cost.preparing + kSlowSecondsPerFlop * cost.loops,
            .bytes = isolation_.bytes + kOperandCopies * most_operands_};
  }

  // Runs units until a call does not come back; returns those that are left then.
  std::vector<Unit> run_until_end(const Case& c, const std::vector<Unit>& units,
                                  const Report& report) {
    const std::vector<Unit> possible = without_given_up(units, report);
    if (possible.empty()) return {};
    start_worker();
    worker_->send(request(c, possible));
    for (std::size_t next = 0; next < possible.size(); ++next) {
      const auto start = Clock::now();
      if (const std::optional<UnitResult> result = next_result(possible[next])) {
        report(*result);
        continue;
      }
      const std::chrono::duration<double> seconds = Clock::now() - start;
      lost_->add(name(possible[next]), seconds.count());
      report(not_returned(c, possible[next], seconds.count()));
      return after_the_end(possible, next, report);
    }
    ++cases_in_worker_;
    return {};
  }

  // Nothing when the worker has ended. A kernel may write into any descriptor: a worker whose lines
  // cannot be read is ended.
  std::optional<UnitResult> next_result(const Unit& unit) {
    const std::optional<std::string> line = worker_->receive(limits_);
    if (!line) return {};
    try {
      return result_of(*line, unit);
    } catch (const std::exception&) {
      worker_->kill_for("wrote into descriptor " + std::to_string(kChildChannel) +
                        ", which is not its own: " + printable(*line, kLineShown));
      return {};
    }
  }

  std::vector<Unit> without_given_up(const std::vector<Unit>& units, const Report& report) {
    std::vector<Unit> possible;
    for (const Unit& unit : units) {
      if (lost_->more_than(isolation_.patience, name(unit))) {
        report({.unit = unit,
                .verdict = Verdict::skipped("given up: its calls did not come back too often")});
      } else {
        possible.push_back(unit);
      }
    }
    return possible;
  }

  // What of the same backend was still to come is skipped; the rest is left.
  std::vector<Unit> after_the_end(const std::vector<Unit>& units, std::size_t ended,
                                  const Report& report) const {
    std::vector<Unit> left;
    for (std::size_t i = ended + 1; i < units.size(); ++i) {
      if (units[i].backend == units[ended].backend) {
        report({.unit = units[i],
                .verdict = Verdict::skipped("a call on the same case did not come back")});
      } else {
        left.push_back(units[i]);
      }
    }
    return left;
  }

  // The verdict on a unit during which the worker has ended. A call that comes back in a new worker
  // is not the culprit, but one before it is.
  UnitResult not_returned(const Case& c, const Unit& unit, double seconds) {
    std::string reason = "the call " + worker_->end();
    std::string note = printable(worker_->last_words());
    if (!worker_->was_killed() && cases_in_worker_ > 0 && comes_back(c, unit)) {
      reason = "the process " + worker_->end() +
               " during this call, which comes back when it is "
               "the first of a process: an earlier call has done damage";
      note = "the case before: " + before_ + (note.empty() ? "" : "; " + note);
    }
    worker_.reset();
    while (!note.empty() && note.back() == '\n') note.pop_back();
    UnitResult result{.unit = unit, .verdict = Verdict::failed(reason), .running = seconds};
    result.verdict.note = note.empty() ? "" : "printed: " + note;
    result.returned = false;
    return result;
  }

  bool comes_back(const Case& c, const Unit& unit) const {
    ChildProcess other(arguments());
    other.receive({kStartSeconds, limits_.bytes});
    other.send(request(c, {unit}));
    return other.receive(limits_).has_value();
  }

  void start_worker() {
    if (worker_) return;
    cases_in_worker_ = 0;
    worker_ = std::make_unique<ChildProcess>(arguments());
    if (!worker_->receive({kStartSeconds, limits_.bytes})) {
      throw std::runtime_error("a worker process " + worker_->end() +
                               " before it did any work: " + worker_->last_words());
    }
  }

  std::vector<std::string> arguments() const {
    std::vector<std::string> all{"worker", "--threads", std::to_string(subjects_.threads)};
    for (const BackendPtr& backend : subjects_.backends) {
      const std::string plugin = plugin_path(*backend);
      if (plugin.empty()) {
        all.insert(all.end(), {"--backend", backend->name()});
      } else {
        all.push_back("--plugin=" + plugin);
      }
    }
    for (const Rule& rule : subjects_.rules) all.insert(all.end(), {"--rule", rule.name});
    return all;
  }

  static std::string request(const Case& c, const std::vector<Unit>& units) {
    Json json{{"case", to_string(c)}, {"units", Json::array()}};
    for (const Unit& unit : units) json["units"].push_back({unit.backend, unit.rule});
    return one_line(json);
  }

  static UnitResult result_of(const std::string& line, const Unit& unit) {
    UnitResult result = unit_from_json(Json::parse(line));
    result.unit = unit;
    return result;
  }

  std::string name(const Unit& unit) const { return subjects_.backends[unit.backend]->name(); }

  Subjects subjects_;
  Isolation isolation_;
  std::shared_ptr<Lost> lost_;
  std::unique_ptr<ChildProcess> worker_;
  ChildProcess::Limits limits_;
  std::int64_t most_operands_ = 0;
  std::int64_t cases_in_worker_ = 0;  // that it has finished
  std::string before_;                // the last of them
};

}  // namespace

MakeRunner isolated(const Isolation& isolation) {
  const auto lost = std::make_shared<Lost>();
  return [isolation, lost](const Subjects& subjects) -> std::unique_ptr<UnitRunner> {
    return std::make_unique<IsolatedRunner>(subjects, isolation, lost);
  };
}

}  // namespace convcheck
