// What it costs to leave DebugMode switched on, on ResNet-50's distinct layers at batch 8, f32, in
// all three directions: check time of the level `projection` (every element covered, samples
// beside), against the bytes of x, w and y over the read bandwidth that this run measures, and
// against oneDNN's time for the same convolution in nchw, whose results are what is checked. Calls
// alternate. Afterwards every layer is called 200 times with budget=1%; to keep that short, the
// convolutions are replaced by waiting for as long as oneDNN took.
//
// On a machine that others use: --processor-time, with OMP_WAIT_POLICY=passive so that oneDNN's
// threads do not spin.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "checker/debug_mode.h"
#include "checker/parallel.h"
#include "fast/conv.h"
#include "fast/dispatch.h"
#include "tools/bench_onednn.h"
#include "tools/debug_layers.h"

namespace convcheck {
namespace {

struct Settings {
  int rounds = 9, threads = 2;
  std::string match;
  bool processor_time = false, best = false, budget = true, off_only = false, wrapper = true;
};

void add_options(CLI::App& app, Settings& settings) {
  app.add_option("--rounds", settings.rounds, "Calls of each layer and direction")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--threads", settings.threads, "Of the convolutions and of checking")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--match", settings.match, "Only layers whose name contains this");
  app.add_flag("--processor-time", settings.processor_time,
               "Of all threads over their number, instead of the wall's");
  app.add_flag("--best", settings.best, "The shortest of the rounds, instead of the median");
  app.add_flag("!--no-budget", settings.budget, "Leave out the calls with budget=1%");
  app.add_flag("--off-only", settings.off_only,
               "Only 1000 calls of the smallest problem at level off, for callgrind");
  app.add_flag("!--no-wrapper", settings.wrapper, "With --off-only: without debug_mode()");
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Clock {
 public:
  explicit Clock(const Settings& settings) : settings_(settings) {}
  double seconds() const {
    if (!settings_.processor_time) return wall_seconds();
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec)) /
           settings_.threads;
  }
  double picked(std::vector<double> times) const {
    std::sort(times.begin(), times.end());
    return times[settings_.best ? 0 : times.size() / 2];
  }

 private:
  const Settings& settings_;
};

// Bytes a second that all threads read together from 256 MiB, the best of some rounds of wall time.
double read_bandwidth(int threads) {
  constexpr std::size_t kNumbers = std::size_t{1} << 25;
  const std::vector<std::uint64_t> memory(kNumbers, 1);
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads) * 8);
  double best = 0;
  for (int round = 0; round < 9; ++round) {
    const double start = wall_seconds();
    in_turn(threads, threads, [&](int part) {
      const std::size_t share = kNumbers / static_cast<std::size_t>(threads);
      const std::uint64_t* from = memory.data() + static_cast<std::size_t>(part) * share;
      std::uint64_t sum[8] = {};
      for (std::size_t i = 0; i + 8 <= share; i += 8) {
        for (std::size_t j = 0; j < 8; ++j) sum[j] += from[i + j];
      }
      std::copy_n(sum, 8, sums.data() + static_cast<std::size_t>(part) * 8);
    });
    best = std::max(best, 8 * static_cast<double>(kNumbers) / (wall_seconds() - start));
  }
  if (sums[0] == 0) std::puts("nothing was read");
  return best;
}

using Layer = DebugLayer;

struct Call {
  Tensor x, w, y;
  explicit Call(const ConvProblem& problem)
      : x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape()) {
    std::mt19937 engine(1);
    for (Tensor* tensor : {&x, &w, &y}) {
      float* const data = tensor->data<float>();
      const std::int64_t count = tensor->size();
      for (std::int64_t i = 0; i < count; ++i) {
        data[i] = static_cast<float>(engine()) * 0x1p-31f - 1;
      }
    }
  }
  Operands operands() const { return {x, w, y}; }
  double bytes() const { return 4.0 * static_cast<double>(x.size() + w.size() + y.size()); }
};

struct Measured {
  const Layer* layer;
  double convolution, check, floor;
};

DebugOptions options_of(const Settings& settings, DebugSession& session) {
  DebugOptions options;
  options.settings.report = false;
  options.settings.threads = settings.threads;
  options.session = &session;
  options.name = "onednn nchw";
  return options;
}

Measured measure(const Layer& layer, const Settings& settings, double bandwidth) {
  const Clock clock(settings);
  const Call call(layer.problem);
  const BackendPtr onednn = onednn_peer(false, settings.threads);
  DebugSession session;
  const DebugOptions options = options_of(settings, session);
  std::vector<double> convolutions, checks;
  for (int round = 0; round < settings.rounds; ++round) {
    const double start = clock.seconds();
    if (onednn) run(*onednn, layer.problem, call.operands(), {settings.threads});
    if (!onednn && round == 0) run(*automatic(), layer.problem, call.operands());
    const double between = clock.seconds();
    const DebugResult result = verify(layer.problem, call.operands(), options);
    checks.push_back(clock.seconds() - between);
    convolutions.push_back(between - start);
    if (!result.checked) std::printf("%s\n", result.note.c_str());
  }
  return {&layer, onednn ? clock.picked(convolutions) : 0, clock.picked(checks),
          call.bytes() / bandwidth};
}

const char* reason(const Measured& one) {
  if (one.layer->problem.windows[0].filter >= 5) {
    return "its 49 taps make the convolution of the planes as long as the passes";
  }
  if (one.floor < 0.5e-3) return "small: threads, samples and planes weigh more";
  return "many planes for its elements";
}

// Waits as long as the convolutions took: the result is right already.
class Waiting final : public Backend {
 public:
  explicit Waiting(double seconds) : seconds_(seconds) {}
  std::string name() const override { return "waiting"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands&) const override { return Support::yes(); }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem&, const Operands&, std::span<std::byte>,
           const RunContext&) const override {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds_));
  }

 private:
  double seconds_;
};

void measure_budget(const std::vector<Measured>& all, const Settings& settings) {
  DebugSession session;
  DebugOptions options = options_of(settings, session);
  set_debug_option(options.settings, "budget", "1%");
  struct Prepared {
    ConvProblem problem;
    Call call;
    BackendPtr backend;
  };
  std::vector<Prepared> prepared;
  for (const Measured& one : all) {
    prepared.push_back({one.layer->problem, Call(one.layer->problem),
                        debug_mode(std::make_shared<Waiting>(one.convolution), options)});
    run(*automatic(), prepared.back().problem, prepared.back().call.operands());
  }
  for (int round = 0; round < 200; ++round) {
    for (const Prepared& one : prepared) run(*one.backend, one.problem, one.call.operands());
  }
  const DebugTotals totals = session.totals();
  std::printf("budget=1%%: %.2f %% of the time, %lld of %lld problems checked within 200 calls\n%s",
              100 * totals.check_seconds / totals.call_seconds,
              static_cast<long long>(totals.problems_checked),
              static_cast<long long>(totals.problems), session.report().c_str());
}

// The smallest call of the user's interface, as a program makes it.
int run_off(const Settings& settings) {
  const Tensor x({1, 1, 3, 3}), w({1, 1, 1, 1});
  DebugOptions options;
  options.settings.level = DebugLevel::Off;
  for (int i = 0; i < 1000; ++i) {
    conv2d(x, w, {}, settings.wrapper ? debug_mode(automatic(), options) : automatic());
  }
  return 0;
}

int run_all(const Settings& settings) {
  const double bandwidth = read_bandwidth(settings.threads);
  std::printf("read bandwidth of %d threads %.1f GB/s; %s of %d rounds of %s time\n",
              settings.threads, 1e-9 * bandwidth, settings.best ? "best" : "median",
              settings.rounds, settings.processor_time ? "processor" : "wall");
  const std::vector<Layer> layers = distinct_layers("resnet_50", 8, settings.match);
  std::vector<Measured> all;
  Measured sum{nullptr, 0, 0, 0};
  for (const Layer& layer : layers) {
    const Measured one = measure(layer, settings, bandwidth);
    std::printf(
        "%-15s %-12s onednn %7.3f ms  floor %6.3f ms  check %6.3f ms = %5.2f floors %6.1f %%\n",
        layer.name.c_str(), to_string(layer.problem.direction), 1e3 * one.convolution,
        1e3 * one.floor, 1e3 * one.check, one.check / one.floor, 100 * one.check / one.convolution);
    sum.convolution += one.convolution;
    sum.check += one.check;
    sum.floor += one.floor;
    all.push_back(one);
  }
  std::printf(
      "%zu layers and directions: check %.2f ms = %.2f floors (wanted: 1.6), %.1f %% of "
      "oneDNN (wanted: 15)\n",
      all.size(), 1e3 * sum.check, sum.check / sum.floor, 100 * sum.check / sum.convolution);
  std::vector<Measured> worst = all;
  std::sort(worst.begin(), worst.end(), [](const Measured& a, const Measured& b) {
    return a.check / a.floor > b.check / b.floor;
  });
  for (std::size_t i = 0; i < std::min<std::size_t>(5, worst.size()); ++i) {
    std::printf("  worst: %s %s, %.2f floors: %s\n", worst[i].layer->name.c_str(),
                to_string(worst[i].layer->problem.direction), worst[i].check / worst[i].floor,
                reason(worst[i]));
  }
  if (settings.budget && sum.convolution > 0) measure_budget(all, settings);
  return 0;
}

}  // namespace
}  // namespace convcheck

int main(int argc, char** argv) {
  CLI::App app{"What it costs to leave DebugMode switched on, on ResNet-50's layers"};
  convcheck::Settings settings;
  convcheck::add_options(app, settings);
  CLI11_PARSE(app, argc, argv);
  try {
    return settings.off_only ? convcheck::run_off(settings) : convcheck::run_all(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_debugmode: %s\n", error.what());
    return 2;
  }
}
