#include "fast/cuda/gpu_direct.h"

#include "fast/cuda/device_operands.h"
#include "fast/cuda/run_direct.h"
#include "fast/cuda/workspace.h"

namespace convcheck {
namespace {

class GpuDirect final : public Backend {
 public:
  explicit GpuDirect(bool tf32) : options_{.tf32 = tf32} { gpu::use_device_workspaces(); }

  std::string name() const override { return options_.tf32 ? "gpu_direct_tf32" : "gpu_direct"; }
  DataType accumulator(DataType type) const override {
    return type == DataType::F64 ? DataType::F64 : DataType::F32;
  }
  Claims claims() const override {
    return {.input_bits = options_.tf32 ? 11 : 0, .multiplies_padding = true};
  }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    const Support support = gpu::supports_operands(problem, operands);
    if (!support) return support;
    if (options_.tf32 && operands.x.type != DataType::F32) {
      return Support::no(std::string("type ") + to_string(operands.x.type) + ", needs f32");
    }
    return support;
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext&) const override {
    return gpu::workspace_bytes(gpu::make_direct_call(problem, operands, options_),
                                operands.x.type);
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    gpu::run_direct(problem, operands, options_, workspace.data(), context.stream, name());
  }

 private:
  gpu::PlanOptions options_;
};

}  // namespace

BackendPtr gpu_direct_backend() { return std::make_shared<GpuDirect>(false); }
BackendPtr gpu_direct_tf32_backend() { return std::make_shared<GpuDirect>(true); }

}  // namespace convcheck
