#include "fast/cudnn/run_plan.h"

#include <optional>

#include "fast/cuda/corrmm_kernels.h"
#include "fast/cuda/errors.h"
#include "fast/cudnn/aligned.h"

namespace convcheck::cudnn {
namespace {

// An operand on its way to cuDNN and back: itself, or its copy in the workspace, or one elsewhere
// for an address that plans do not take.
class Passing {
 public:
  Passing(const Passed& to, const TensorView& operand, const ConvProblem& problem,
          std::byte* workspace, void* stream)
      : to_(to), operand_(operand), problem_(problem), stream_(stream) {
    if (to.copy) {
      copy_ = workspace + to.place;
    } else {
      aligned_.emplace(operand, problem, stream);
    }
  }

  void* data() const { return to_.copy ? copy_ : aligned_->data(); }
  void fetch() const { to_.copy ? copy(operand_.data, copy_) : aligned_->fetch(); }
  void bring_back() const { to_.copy ? copy(copy_, operand_.data) : aligned_->bring_back(); }

 private:
  void copy(const void* from, void* to) const {
    gpu::check_cuda(gpu::launch_copy(*to_.copy, operand_.type, from, to, stream_),
                    "cudaLaunchKernel of dnn_conv's copy", problem_);
  }

  const Passed& to_;
  const TensorView& operand_;
  const ConvProblem& problem_;
  void* stream_;
  void* copy_ = nullptr;
  std::optional<Aligned> aligned_;
};

class OnePlan final : public Backend {
 public:
  OnePlan(const GraphPlan& plan, const Arrangement& arrangement, const Arithmetic& arithmetic)
      : plan_(plan), arrangement_(arrangement), arithmetic_(arithmetic) {}

  std::string name() const override { return "dnn_conv by " + plan_.name; }
  DataType accumulator(DataType) const override { return arithmetic_.sums; }
  Claims claims() const override { return {.multiplies_padding = true}; }
  Support supports(const ConvProblem&, const Operands& operands) const override {
    if (operands.x.memory == MemoryKind::Cuda) return Support::yes();
    return Support::no("host memory, needs device memory");
  }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return arrangement_.copied_bytes + plan_.facts.workspace;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    run_plan(plan_, arrangement_, problem, operands, workspace.data(), context.stream);
  }

 private:
  const GraphPlan& plan_;
  const Arrangement& arrangement_;
  Arithmetic arithmetic_;
};

}  // namespace

void run_plan(const GraphPlan& plan, const Arrangement& arrangement, const ConvProblem& problem,
              const Operands& operands, std::byte* workspace, void* stream) {
  const auto passing = [&](const Passed& to, const TensorView& operand) {
    return Passing(to, operand, problem, workspace, stream);
  };
  const Passing x = passing(arrangement.x, operands.x), w = passing(arrangement.w, operands.w);
  const Passing y = passing(arrangement.y, operands.y);
  const Passing& result = problem.direction == Direction::Forward      ? y
                          : problem.direction == Direction::GradInputs ? x
                                                                       : w;
  for (const Passing* one : {&x, &w, &y}) {
    if (one != &result) one->fetch();
  }
  try {
    execute(plan,
            variant_pack({.x = x.data(),
                          .w = w.data(),
                          .y = y.data(),
                          .workspace = workspace + arrangement.copied_bytes}),
            stream);
  } catch (const CudnnError& error) {
    gpu::fail(plan.name, error.what(), problem);
  }
  result.bring_back();
}

BackendPtr backend_of(const GraphPlan& plan, const Arrangement& arrangement,
                      const Arithmetic& arithmetic) {
  return std::make_shared<OnePlan>(plan, arrangement, arithmetic);
}

}  // namespace convcheck::cudnn
