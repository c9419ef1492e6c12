#include "fast/cuda/run_direct.h"

#include "fast/cuda/direct_kernels.h"
#include "fast/cuda/errors.h"

namespace convcheck::gpu {

void run_direct(const ConvProblem& problem, const Operands& operands, const PlanOptions& options,
                std::byte* workspace, void* stream, const std::string& backend) {
  const void *x = operands.x.data, *w = operands.w.data, *y = operands.y.data;
  const DirectOperands products{
      .type = operands.x.type,
      .a = problem.direction == Direction::GradWeights ? y : w,
      .b = problem.direction == Direction::GradInputs ? y : x,
      .c = operands.result(problem.direction).data,
      .partial_sums = workspace,
  };
  check_cuda(launch_direct(make_plan(problem, operands, options), products, stream),
             "cudaLaunchKernel of " + backend, problem);
}

}  // namespace convcheck::gpu
