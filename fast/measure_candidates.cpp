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
  Moments& moments() override { return moments_; }

 private:
  Tensor x_, w_, y_, workspace_;
  Operands operands_;
  WallMoments moments_;
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

// Of those that are fit.
void measure(const std::vector<BackendPtr>& candidates, const ConvProblem& problem,
             const Operands& like, const RunContext& context, std::vector<Timing>& timings) {
  const std::unique_ptr<Measurement> measured = measurement_like(like, context);
  const Operands& operands = measured->operands();
  std::vector<std::size_t> fit;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!timings[i].reason.empty()) continue;
    fit.push_back(i);
    bytes = std::max(bytes, candidates[i]->workspace_bytes(problem, operands, context));
  }
  const std::span<std::byte> workspace = measured->workspace(bytes);
  std::vector<std::function<void()>> calls;
  for (const std::size_t i : fit) {
    calls.emplace_back([&, i] { candidates[i]->run(problem, operands, workspace, context); });
  }
  const std::vector<Raced> raced = race(measured->moments(), calls);
  for (std::size_t turn = 0; turn < fit.size(); ++turn) {
    timings[fit[turn]].seconds = raced[turn].seconds;
    timings[fit[turn]].reason = raced[turn].failure;
  }
}

}  // namespace

Tuning measure_candidates(const std::vector<BackendPtr>& candidates, const ConvProblem& problem,
                          const Operands& operands, const RunContext& context) {
  Tuning tuning{.key = tuning_key(problem, operands, context, candidates),
                .chosen = "",
                .timings = verified(candidates, problem, operands, context)};
  try {
    measure(candidates, problem, operands, context, tuning.timings);
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
