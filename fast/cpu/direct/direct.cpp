#include "fast/cpu/direct/direct.h"

#include <algorithm>
#include <string>

#include "fast/cpu/direct/kept_plans.h"
#include "fast/empty_call.h"

namespace convcheck {
namespace {

constexpr std::int64_t kMostParts = 4096;
constexpr double kMostTaps = 1 << 20;

// Of the gradient of the inputs: as many as there are remainders of coordinates by the strides.
std::int64_t parts(const ConvProblem& problem) {
  std::int64_t count = 1;
  for (const Window& window : problem.axes()) {
    const std::int64_t remainders = std::min(window.stride, window.input);
    if (remainders > kMostParts || (count *= remainders) > kMostParts) return kMostParts + 1;
  }
  return count;
}

double taps(const ConvProblem& problem) {
  double count = 1;
  for (const Window& window : problem.axes()) count *= static_cast<double>(window.filter);
  return count;
}

class Direct final : public Backend {
 public:
  explicit Direct(const DirectOptions& options) : options_(options) {}

  std::string name() const override { return "direct"; }
  DataType accumulator(DataType type) const override { return cpu::direct::accumulator_of(type); }
  Claims claims() const override { return {.multiplies_padding = true}; }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    const DataType type = operands.x.type;
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      if (view->memory != MemoryKind::Host) {
        return Support::no(std::string(to_string(view->memory)) + " memory, needs host memory");
      }
      if (view->type != type) {
        return Support::no(std::string("types ") + to_string(type) + " and " +
                           to_string(view->type) + ", needs one type");
      }
    }
    if (problem.unshared) return supports_unshared(problem, type);
    if (taps(problem) > kMostTaps) return Support::no("filters of more than 1048576 taps");
    if (problem.direction == Direction::GradInputs && parts(problem) > kMostParts) {
      return Support::no("strides with more than 4096 remainders of input coordinates");
    }
    return Support::yes();
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    if (is_empty_call(operands)) return 0;
    return plan_of(problem, operands, context).workspace_bytes();
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) return write_zeros(operands.result(problem.direction));
    plan_of(problem, operands, context).run(operands, workspace);
  }

 private:
  static Support supports_unshared(const ConvProblem& problem, DataType type) {
    const bool short_type = type == DataType::F16 || type == DataType::BF16;
    if (problem.direction == Direction::GradInputs && short_type) {
      return Support::no(std::string("gradient of the inputs of unshared filters in ") +
                         to_string(type) + ", needs f32 or f64: it is added up where it stands");
    }
    if (static_cast<double>(problem.group_channels()) * taps(problem) > kMostTaps) {
      return Support::no("unshared filters of more than 1048576 numbers each");
    }
    return Support::yes();
  }

  const cpu::direct::Plan& plan_of(const ConvProblem& problem, const Operands& operands,
                                   const RunContext& context) const {
    return cpu::direct::kept_plan(problem, operands, options_, context.threads);
  }

  DirectOptions options_;
};

}  // namespace

BackendPtr direct_backend(const DirectOptions& options) {
  return std::make_shared<Direct>(options);
}

}  // namespace convcheck
