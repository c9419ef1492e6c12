#include "fast/measure_candidates.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "checker/verify.h"
#include "fast/measurement.h"
#ifdef CONVCHECK_HAVE_CUDA
#include "fast/cuda/device_measurement.h"
#endif

namespace convcheck {
namespace {

using Clock = std::chrono::steady_clock;

// Of each candidate so many calls, unless all of them together take longer; who takes more than
// kHopeless times as long as the best is not called again after the first few.
constexpr int kRounds = 9, kFirstRounds = 3;
constexpr double kEnoughSeconds = 0.5, kHopeless = 2;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Uniform numbers in [0, 1), as the documentation's meta-optimizer takes them.
void fill(const Tensor& memory) {
  std::minstd_rand random(1);
  const TensorView& view = memory.view();
  for (std::int64_t i = 0; i < view.size(); ++i) {
    view.set({i}, static_cast<double>(random() - random.min()) /
                      (static_cast<double>(random.max() - random.min()) + 1));
  }
}

// Operands on the host to measure on.
class HostMeasurement final : public Measurement {
 public:
  explicit HostMeasurement(const Operands& like) {
    operands_.x = allocate_like(x_, like.x);
    operands_.w = allocate_like(w_, like.w);
    operands_.y = allocate_like(y_, like.y);
    fill(x_), fill(w_), fill(y_);
  }
  const Operands& operands() const override { return operands_; }
  std::span<std::byte> workspace(std::size_t bytes) override {
    workspace_ = Tensor(Shape{static_cast<std::int64_t>(bytes / 8 + 1)}, DataType::F64);
    return {static_cast<std::byte*>(workspace_.view().data), bytes};
  }
  double seconds_of(const std::function<void()>& call) override {
    const Clock::time_point start = Clock::now();
    call();
    return std::max(seconds_since(start), 1e-9);
  }

 private:
  Tensor x_, w_, y_, workspace_;
  Operands operands_;
};

std::unique_ptr<Measurement> measurement_like(const Operands& like, const RunContext& context) {
#ifdef CONVCHECK_HAVE_CUDA
  if (like.x.memory == MemoryKind::Cuda) return gpu::device_measurement(like, context.stream);
#endif
  static_cast<void>(context);
  return std::make_unique<HostMeasurement>(like);
}

// Every candidate is refused, wrong or, so far, fit.
std::vector<Timing> verified(const std::vector<BackendPtr>& candidates, const ConvProblem& problem,
                             const Operands& operands, const RunContext& context) {
  std::vector<Timing> timings;
  for (const BackendPtr& candidate : candidates) {
    Timing timing{.backend = candidate->name()};
    const Support support = candidate->supports(problem, operands);
    if (support) {
      const Verdict verdict = verify_backend(*candidate, problem, operands, context);
      timing.wrong = verdict.outcome == Outcome::Failed;
      if (verdict.outcome != Outcome::Passed) {
        timing.reason = std::string(to_string(verdict.outcome)) + ": " + verdict.reason;
      }
    } else {
      timing.reason = support.reason;
    }
    timings.push_back(std::move(timing));
  }
  return timings;
}

struct Race {
  const std::vector<BackendPtr>& candidates;
  const ConvProblem& problem;
  const RunContext& context;
  std::vector<Timing>& timings;

  bool runs(std::size_t i) const { return timings[i].reason.empty(); }

  std::size_t workspace_bytes(const Operands& operands) const {
    std::size_t most = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (runs(i))
        most = std::max(most, candidates[i]->workspace_bytes(problem, operands, context));
    }
    return most;
  }

  double best() const {
    double least = HUGE_VAL;
    for (const Timing& one : timings) {
      if (one.reason.empty() && one.seconds > 0) least = std::min(least, one.seconds);
    }
    return least;
  }

  // One more call of each that may still win. Number 0 is to warm up and does not count.
  void round(Measurement& measured, std::span<std::byte> workspace, int number) {
    const double to_beat = number > kFirstRounds ? best() * kHopeless : HUGE_VAL;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!runs(i) || timings[i].seconds > to_beat) continue;
      const double seconds = measured.seconds_of(
          [&] { candidates[i]->run(problem, measured.operands(), workspace, context); });
      if (number == 0) continue;
      double& least = timings[i].seconds;
      least = least > 0 ? std::min(least, seconds) : seconds;
    }
  }
};

void measure(Race race, const Operands& like) {
  const std::unique_ptr<Measurement> measured = measurement_like(like, race.context);
  const std::span<std::byte> workspace =
      measured->workspace(race.workspace_bytes(measured->operands()));
  race.round(*measured, workspace, 0);
  const Clock::time_point start = Clock::now();
  for (int i = 1; i <= kRounds && (i <= 2 || seconds_since(start) < kEnoughSeconds); ++i) {
    race.round(*measured, workspace, i);
  }
}

}  // namespace

Tuning measure_candidates(const std::vector<BackendPtr>& candidates, const ConvProblem& problem,
                          const Operands& operands, const RunContext& context) {
  Tuning tuning{.key = tuning_key(problem, operands, context, candidates),
                .chosen = "",
                .timings = verified(candidates, problem, operands, context)};
  try {
    measure({candidates, problem, context, tuning.timings}, operands);
  } catch (const std::exception& error) {  // no memory, say: nothing is known then
    for (Timing& one : tuning.timings) {
      if (one.reason.empty()) one.reason = std::string("not measured: ") + error.what();
    }
  }
  double least = HUGE_VAL;
  for (const Timing& one : tuning.timings) {
    if (!one.reason.empty() || !(one.seconds < least)) continue;
    least = one.seconds;
    tuning.chosen = one.backend;
  }
  return tuning;
}

}  // namespace convcheck
