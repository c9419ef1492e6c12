#include "tools/suite_run.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>

#include "tools/composed.h"
#include "tools/progress.h"
#include "tools/results_file.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

// The last case starts here; it and the report fit into the rest of the promised 60 seconds.
constexpr double kQuickSeconds = 50;

std::atomic<int> stop_signal{0};

void print_unit(const Finding& finding) {
  const Verdict& verdict = finding.verdict;
  fmt::print("{:<8} {}  {}  {}{}\n", to_string(verdict.outcome), finding.rule, finding.backend,
             to_string(finding.subject),
             verdict.reason.empty() ? "" : "  (" + verdict.reason + ")");
}

// What is kept of a run while it goes on.
class Session {
 public:
  Session(const std::vector<Case>& cases, const SuiteRunOptions& options, const ShardChoice& choice)
      : cases_(cases), options_(options), choice_(choice) {
    const std::string option = options.resume.empty() ? "--results" : "--resume";
    path_ =
        path_of_shard(option, options.resume.empty() ? options.results : options.resume, choice);
    if (path_.empty()) return;
    if (!options.resume.empty() && std::filesystem::exists(path_)) earlier_ = read_results(path_);
    writer_ = std::make_unique<ResultsWriter>(path_, earlier_ ? earlier_->bytes : 0);
  }

  void attach(SuiteOptions& suite, const std::vector<BackendPtr>& backends) {
    const Subjects subjects{
        .backends = backends, .rules = suite.rules, .threads = call_threads(suite)};
    take_earlier(suite);
    suite.on_planned = [this, subjects](const Plan& plan) { planned(subjects, plan); };
    suite.on_unit = [this](const Finding& finding) {
      progress_.add(finding);
      if (options_.verbose) print_unit(finding);
    };
    suite.on_case = [this](const CaseResult& result) {
      progress_.add(result);
      add_row(result);
      if (writer_) writer_->write(record_.header, cases_[result.number], result);
    };
  }

  RunRecord finish(SuiteResult result) {
    progress_.finish();
    if (earlier_ && earlier_->end) {
      result.seconds.total += earlier_->end->seconds;
      put_back_small(result);
    }
    record_.result = std::move(result);
    if (writer_) write_end();
    return std::move(record_);
  }

 private:
  void take_earlier(SuiteOptions& suite) const {
    if (!earlier_) return;
    if (earlier_->header.cases != cases_.size()) {
      throw UsageError(fmt::format("{}: cases = {}: expected {}, as this run has", path_,
                                   earlier_->header.cases, cases_.size()));
    }
    suite.earlier = earlier_->cases;
  }

  void planned(const Subjects& subjects, const Plan& plan) {
    record_.header = run_header(cases_, subjects, choice_.shard, plan);
    record_.header.named = options_.backends.named();
    if (earlier_) {
      require_same_run(path_, earlier_->header, "this run", record_.header);
      if (!(earlier_->header.shard == choice_.shard)) {
        throw UsageError(fmt::format("{}: shard = {}: expected {}, as this run has", path_,
                                     earlier_->header.shard.number, choice_.shard.number));
      }
      require_same_lines();
      for (const CaseResult& one : earlier_->cases) add_row(one);
    } else if (writer_) {
      writer_->write(record_.header);
    }
    progress_.plan(plan);
  }

  void require_same_lines() const {
    for (std::size_t i = 0; i < earlier_->cases.size(); ++i) {
      const std::string line = to_string(cases_[earlier_->cases[i].number]);
      if (earlier_->lines[i] == line) continue;
      throw UsageError(fmt::format("{}: case = {}: expected {}, as number {} of this run is", path_,
                                   earlier_->lines[i], line, earlier_->cases[i].number));
    }
  }

  void add_row(const CaseResult& result) {
    record_.rows.push_back(
        {result.number, to_string(cases_[result.number]), letters_of(result, record_.header)});
  }

  // Nothing was run any more: what was made small then is small still.
  void put_back_small(SuiteResult& result) const {
    const std::vector<Finding>& small = earlier_->end->findings;
    if (small.size() == result.findings.size()) result.findings = small;
  }

  void write_end() {
    const Exit exit = exit_of(record_.result.counts, options_.strict);
    writer_->write(
        RunEnd{exit.code, exit.reason, record_.result.seconds.total, record_.result.findings});
  }

  const std::vector<Case>& cases_;
  const SuiteRunOptions& options_;
  const ShardChoice& choice_;
  std::string path_;  // of the result file; empty: none
  std::optional<Results> earlier_;
  std::unique_ptr<ResultsWriter> writer_;
  RunRecord record_;
  Progress progress_;
};

// The nearer of the two ends that a run can have.
void set_deadline(SuiteOptions& suite, const SuiteRunOptions& options,
                  std::chrono::steady_clock::time_point start) {
  const auto after = [&](double seconds) {
    return start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                       std::chrono::duration<double>(seconds));
  };
  if (options.quick) {
    suite.deadline = after(kQuickSeconds);
    suite.deadline_reason = "time limit of --quick";
  }
  if (options.time_limit && !(options.quick && *options.time_limit > kQuickSeconds)) {
    suite.deadline = after(*options.time_limit);
    suite.deadline_reason = fmt::format("time limit of {} s", *options.time_limit);
  }
}

}  // namespace

std::vector<KnownFailure> known_failures_of(const SuiteRunOptions& options) {
  const auto path = options.known_failures ? options.known_failures : known_failures_path();
  if (!path) return {};
  try {
    return read_known_failures(*path);
  } catch (const ConvError& error) {
    throw UsageError(error.what());
  }
}

RunRecord run_selected(const std::vector<Case>& cases, const SuiteRunOptions& options,
                       const ShardChoice& choice, std::chrono::steady_clock::time_point start) {
  const std::vector<BackendPtr> backends = select_backends(options.backends);
  SuiteOptions suite;
  suite.rules = select_rules(options.rules);
  suite.jobs = options.jobs;
  suite.composed = [](const Case& c, const BackendPtr& backend) {
    return judge_composed(c, backend);
  };
  suite.shard = choice.shard;
  if (options.no_shrink) suite.findings_shrunk = 0;
  suite.make_runner = make_runner(options.isolation);
  set_deadline(suite, options, start);
  const KnownFailures known(known_failures_of(options), backends);
  suite.known = [&known](const Finding& finding) { return known.judged(finding); };
  suite.stopped = [] { return stop_signal != 0; };
  Session session(cases, options, choice);
  session.attach(suite, backends);
  SuiteResult result = run_suite(cases, backends, suite);
  if (!options.backends.named()) mark_as_not_asked_for(result.counts);
  return session.finish(std::move(result));
}

void stop_on_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { stop_signal = signal; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int stopping_signal() { return stop_signal; }

}  // namespace convcheck
