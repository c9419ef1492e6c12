#include "fast/cuda/gpu_corrmm.h"

#include <algorithm>

#include "fast/cuda/corrmm_kernels.h"
#include "fast/cuda/cublas.h"
#include "fast/cuda/device_operands.h"
#include "fast/cuda/errors.h"
#include "fast/cuda/library.h"
#include "fast/cuda/make_lowered.h"
#include "fast/cuda/run_direct.h"
#include "fast/cuda/workspace.h"
#include "fast/empty_call.h"

namespace convcheck {
namespace {

using gpu::Lowered;
using gpu::Matrix;

// One call.
class Corrmm {
 public:
  Corrmm(const ConvProblem& problem, const Operands& operands, std::size_t limit)
      : problem_(problem),
        operands_(operands),
        all_(gpu::lowered_of(problem, operands)),
        memory_(gpu::memory_of(all_, operands.x.type, limit)) {}

  std::size_t workspace_bytes() const { return memory_.bytes; }

  void run(std::byte* workspace, void* stream) const {
    const Call call{*this, workspace, stream};
    if (problem_.direction != Direction::GradWeights) call.lower(all_, Matrix::W);
    for (std::int64_t first = 0; first < problem_.batch; first += memory_.images) {
      const std::int64_t count = std::min(memory_.images, problem_.batch - first);
      call.run(gpu::with_images(all_, first, count));
    }
    if (problem_.direction == Direction::GradWeights) call.raise(all_, Matrix::W);
  }

 private:
  struct Call {
    const Corrmm& own;
    std::byte* workspace;
    void* stream;

    std::byte* matrix(Matrix which) const {
      const gpu::LoweredMemory& memory = own.memory_;
      return workspace + (which == Matrix::X ? memory.x : which == Matrix::W ? memory.w : memory.y);
    }
    const TensorView& operand(Matrix which) const {
      const Operands& operands = own.operands_;
      return which == Matrix::X ? operands.x : which == Matrix::W ? operands.w : operands.y;
    }
    void check(int error, const char* kernel) const {
      gpu::check_cuda(error, std::string("cudaLaunchKernel of gpu_corrmm's ") + kernel,
                      own.problem_);
    }

    void lower(const Lowered& of, Matrix which) const {
      const TensorView& from = operand(which);
      check(gpu::launch_lower(of, which, from.type, from.data, matrix(which), stream), "im2col");
    }
    void raise(const Lowered& of, Matrix which) const {
      const TensorView& to = operand(which);
      check(gpu::launch_raise(of, which, to.type, matrix(which), to.data, stream), "result");
    }

    void run(const Lowered& of) const {
      switch (own.problem_.direction) {
        case Direction::Forward:
          lower(of, Matrix::X);
          multiply(of, {.m = of.rows, .n = of.columns, .k = of.depth}, Matrix::W, Matrix::X,
                   Matrix::Y);
          return raise(of, Matrix::Y);
        case Direction::GradWeights:
          lower(of, Matrix::X);
          lower(of, Matrix::Y);
          return multiply(of,
                          {.m = of.rows,
                           .n = of.depth,
                           .k = of.columns,
                           .transpose_b = true,
                           .add = of.first_image > 0},
                          Matrix::Y, Matrix::X, Matrix::W);
        case Direction::GradInputs:
          lower(of, Matrix::Y);
          multiply(of, {.m = of.depth, .n = of.columns, .k = of.rows, .transpose_a = true},
                   Matrix::W, Matrix::Y, Matrix::X);
          const TensorView& x = own.operands_.x;
          return check(gpu::launch_add_columns(of, x.type, matrix(Matrix::X), x.data, stream),
                       "col2im");
      }
    }

    void multiply(const Lowered& of, gpu::Products products, Matrix a, Matrix b, Matrix c) const {
      products.type = own.operands_.x.type;
      products.count = of.matrices;
      products.a = matrix(a);
      products.b = matrix(b);
      products.c = matrix(c);
      products.scratch = own.memory_.scratch_in(workspace);
      gpu::multiply(products, own.problem_, stream);
    }
  };

  const ConvProblem& problem_;
  const Operands& operands_;
  Lowered all_;
  gpu::LoweredMemory memory_;
};

class GpuCorrmm final : public Backend {
 public:
  explicit GpuCorrmm(const GpuCorrmmOptions& options) : options_(options) {
    gpu::use_device_workspaces();
  }

  std::string name() const override { return "gpu_corrmm"; }
  std::string version() const override { return gpu::cublas_version(); }
  DataType accumulator(DataType type) const override {
    return type == DataType::F64 ? DataType::F64 : DataType::F32;
  }
  Claims claims() const override { return {.multiplies_padding = true}; }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (gpu::has_device() && !gpu::why_no_cublas().empty()) {
      return Support::no("cuBLAS cannot be used: " + gpu::why_no_cublas());
    }
    return gpu::supports_operands(problem, operands);
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext&) const override {
    if (is_empty_call(operands)) return 0;
    return Corrmm(problem, operands, options_.workspace_limit).workspace_bytes();
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) {
      return gpu::run_direct(problem, operands, {.blocks = 0}, nullptr, context.stream, name());
    }
    Corrmm(problem, operands, options_.workspace_limit).run(workspace.data(), context.stream);
  }

 private:
  GpuCorrmmOptions options_;
};

}  // namespace

BackendPtr gpu_corrmm_backend(const GpuCorrmmOptions& options) {
  return std::make_shared<GpuCorrmm>(options);
}

}  // namespace convcheck
