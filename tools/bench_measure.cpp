#include "tools/bench_measure.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <optional>

#include "checker/judge.h"
#include "checker/parallel.h"
#include "checker/run_case.h"
#include "fast/dispatch.h"
#include "fast/measurement.h"
#include "reference/flops.h"
#include "tools/bench_onednn.h"

namespace convcheck {
namespace {

using Times = std::map<std::string, std::vector<double>>;

double now(bool processor_time) {
  timespec time{};
  clock_gettime(processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Helpers of OpenMP spin for a while after their work, on the processors that the next call needs.
void wait_for_spinning_helpers() {
  const double end = now(false) + 0.008;
  while (now(false) < end) {
  }
}

// Keeps the time of every repetition, and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      times_[run.run_name.function_name].push_back(run.real_accumulated_time /
                                                   static_cast<double>(run.iterations));
    }
  }
  const Times& times() const { return times_; }

 private:
  Times times_;
};

// Reads and writes as many bytes as three operands have.
class Copy {
 public:
  Copy(const Operands& operands, int threads) : threads_(threads) {
    std::int64_t bytes = 0;
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      bytes += view->size() * static_cast<std::int64_t>(size_of(view->type));
    }
    half_ = static_cast<std::size_t>(bytes / 2);
    from_.assign(half_, std::byte{1});
    to_.assign(half_, std::byte{2});
  }
  void run() {
    in_turn(threads_, threads_, [this](int i) { part(i); });
  }

 private:
  void part(int i) {
    const auto count = static_cast<std::size_t>(threads_), number = static_cast<std::size_t>(i);
    const std::size_t begin = half_ * number / count, end = half_ * (number + 1) / count;
    std::memcpy(to_.data() + begin, from_.data() + begin, end - begin);
  }

  int threads_;
  std::size_t half_ = 0;
  std::vector<std::byte> from_, to_;
};

// What is called in turn. Returns its seconds.
struct Entry {
  std::string name;
  std::function<double()> call;
};

Times times_of(const std::vector<Entry>& entries, int rounds) {
  if (entries.empty()) return {};
  benchmark::ClearRegisteredBenchmarks();
  for (const Entry& entry : entries) {
    entry.call();  // to warm up
    const auto timed = [&entry](benchmark::State& state) {
      for ([[maybe_unused]] const auto& round : state) {
        wait_for_spinning_helpers();
        state.SetIterationTime(entry.call());
      }
    };
    benchmark::RegisterBenchmark(entry.name.c_str(), timed)
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(rounds);
  }
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  benchmark::ClearRegisteredBenchmarks();
  return collector.times();
}

// The largest error of the expected elements after one more call, in units of the backend's bound.
double error_of(PreparedCase& ready, const Case& c, const Backend& backend,
                const RunContext& context) {
  const Expectation& expectation = ready.expectation();
  if (ready.call(backend, context)) return HUGE_VAL;
  const Judge judge(ready.problem(), call_types(c, backend), ready.data());
  return worst_in_bounds(judge, expectation, ready.operands().result(ready.problem().direction));
}

// Google Benchmark's flags are the process's.
void initialize_once() {
  static const bool once = [] {
    char program[] = "convcheck", interleave[] = "--benchmark_enable_random_interleaving=true";
    char* arguments[] = {program, interleave, nullptr};
    int count = 2;
    benchmark::Initialize(&count, arguments);
    return true;
  }();
  (void)once;
}

// One problem: who is called, and what came out.
class Bench {
 public:
  Bench(const Case& original, const Case& real, const BenchSettings& settings)
      : original_(original),
        case_(real),
        settings_(settings),
        ready_(real, usual_types(real), {}) {}

  void add(const Contestant& one) {
    results_.push_back(named(one.name.empty() ? one.backend->name() : one.name, one.role));
    const bool measurable = !(settings_.processor_time && one.own_seconds);
    const Support support = measurable ? one.backend->supports(ready_.problem(), ready_.operands())
                                       : Support::no("its own time is the wall's");
    if (!support) {
      results_.back().refused = support.reason;
      return;
    }
    const std::size_t bytes =
        one.backend->workspace_bytes(ready_.problem(), ready_.operands(), context());
    workspaces_.emplace_back(Shape{static_cast<std::int64_t>(bytes / 8 + 1)}, DataType::F64);
    const std::span<std::byte> workspace{static_cast<std::byte*>(workspaces_.back().view().data),
                                         bytes};
    entries_.push_back({results_.back().backend, [this, workspace, one] {
                          const double seconds = timed([&] {
                            one.backend->run(ready_.problem(), ready_.operands(), workspace,
                                             context());
                          });
                          return one.own_seconds ? one.own_seconds() : seconds;
                        }});
  }

  void add_copy() {
    copy_.emplace(ready_.operands(), settings_.threads);
    results_.push_back(named("copy", BenchRole::Peer));
    entries_.push_back({"copy", [this] { return timed([this] { copy_->run(); }); }});
  }

  std::vector<BenchResult> results(const std::vector<Contestant>& contestants) {
    const Times times = times_of(entries_, settings_.rounds);
    for (std::size_t i = 0; i < results_.size(); ++i) {
      BenchResult& result = results_[i];
      if (!result.refused.empty()) continue;
      result.seconds = median(times.at(result.backend));
      if (i >= contestants.size()) continue;  // the copy
      result.gigaflops = static_cast<double>(flops(ready_.problem())) / result.seconds * 1e-9;
      result.error_in_bounds = error_of(ready_, case_, *contestants[i].backend, context());
    }
    set_ratios(results_);
    return results_;
  }

  bool unshared() const { return ready_.problem().unshared; }

 private:
  RunContext context() const { return {.threads = settings_.threads}; }
  BenchResult named(const std::string& backend, BenchRole role) const {
    return {.problem = to_string(original_),
            .direction = to_string(ready_.problem().direction),
            .backend = backend,
            .role = role};
  }
  double timed(const std::function<void()>& call) const {
    const double start = now(settings_.processor_time);
    call();
    return now(settings_.processor_time) - start;
  }

  const Case& original_;
  const Case& case_;
  const BenchSettings& settings_;
  PreparedCase ready_;
  std::vector<BenchResult> results_;
  std::vector<Entry> entries_;
  std::deque<Tensor> workspaces_;
  std::optional<Copy> copy_;
};

}  // namespace

std::vector<Contestant> contestants(const std::vector<std::string>& only, int threads) {
  std::vector<Contestant> all;
  const auto wanted = [&](const std::string& name) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  for (const std::string& name : only) backend_named(name);  // or refused
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.memory != MemoryKind::Host) continue;
    if (entry.name == "onednn" || entry.name == "corrmm") continue;
    if (!wanted(entry.name) || (only.empty() && entry.name == "reference")) continue;
    all.push_back({.backend = entry.backend, .role = BenchRole::Ours});
  }
  for (const BackendEntry& entry : backends()) {
    if (entry.name != "corrmm" || entry.backend == nullptr) continue;
    all.push_back({.backend = entry.backend, .role = BenchRole::StandIn});
  }
  if (const auto plain = onednn_peer(false, threads)) {
    const auto reordering = onednn_peer(true, threads), blocked = onednn_peer(true, threads);
    all.push_back({.backend = reordering, .role = BenchRole::Peer, .name = "onednn"});
    all.push_back({.backend = plain, .role = BenchRole::Peer, .name = "onednn-nchw"});
    all.push_back({.backend = blocked,
                   .role = BenchRole::Shown,
                   .name = "onednn-blocked",
                   .own_seconds = [blocked] { return blocked->convolution_seconds(); }});
  }
  return all;
}

std::vector<BenchResult> measure(const Case& c, const std::vector<Contestant>& contestants,
                                 const BenchSettings& settings) {
  initialize_once();
  Case real = c;
  real.fill = "real";
  Bench bench(c, real, settings);
  for (const Contestant& one : contestants) bench.add(one);
  if (bench.unshared()) bench.add_copy();
  return bench.results(contestants);
}

}  // namespace convcheck
