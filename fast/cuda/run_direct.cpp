#include "fast/cuda/run_direct.h"

#include "fast/cuda/direct_kernels.h"
#include "fast/cuda/errors.h"

namespace convcheck::gpu {

void run_direct(const ConvProblem& problem, const Operands& operands, const PlanOptions& options,
                std::byte* workspace, void* stream, const std::string& backend) {
  const DirectCall call = make_direct_call(problem, operands, options, workspace);
  const void *x = call.operands.x.data, *w = call.operands.w.data, *y = call.operands.y.data;
  const DirectOperands products{
      .type = operands.x.type,
      .a = problem.direction == Direction::GradWeights ? y : w,
      .b = problem.direction == Direction::GradInputs ? y : x,
      .c = operands.result(problem.direction).data,
      .partial_sums = call.plan.partial_sums() > 0 ? workspace + call.copied_bytes : nullptr,
  };
  int error = launch_copies(call.copies, stream);
  if (error == 0) error = launch_direct(call.plan, products, stream);
  check_cuda(error, "cudaLaunchKernel of " + backend, problem);
}

}  // namespace convcheck::gpu
