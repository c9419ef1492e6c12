#include "fast/cudnn/dnn_conv.h"

#include <utility>

#include "fast/choice.h"
#include "fast/cuda/corrmm_kernels.h"
#include "fast/cuda/device_operands.h"
#include "fast/cuda/errors.h"
#include "fast/cuda/library.h"
#include "fast/cuda/run_direct.h"
#include "fast/cuda/workspace.h"
#include "fast/cudnn/prepared.h"
#include "fast/empty_call.h"
#include "fast/flags.h"

namespace convcheck {
namespace {

using cudnn::Arithmetic;
using cudnn::Passed;
using cudnn::Prepared;

// What the flags say of a call.
struct Settings {
  Arithmetic arithmetic;
  std::string algorithm;
};

Settings settings_of(Direction direction, DataType type) {
  const FlagValues values = flags().values();
  return {cudnn::arithmetic_of(type, values.dnn_conv_precision),
          direction == Direction::Forward      ? values.dnn_conv_algo_fwd
          : direction == Direction::GradInputs ? values.dnn_conv_algo_bwd_data
                                               : values.dnn_conv_algo_bwd_filter};
}

Support supports_problem(const ConvProblem& problem, const Operands& operands) {
  if (flags().values().dnn_enabled == "False") return Support::no("the flag dnn.enabled is False");
  if (problem.unshared) return Support::no("unshared filters, which cuDNN does not have");
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    for (const std::int64_t extent : view->extents) {
      if (extent > INT32_MAX) {
        return Support::no("extent " + std::to_string(extent) + ", which is too large for cuDNN");
      }
    }
  }
  const Settings settings = settings_of(problem.direction, operands.x.type);
  if (settings.arithmetic.sums == DataType::F16 && problem.direction != Direction::Forward) {
    return Support::no("dnn.conv.precision asks for f16 sums, which gradients do not have");
  }
  return Support::yes();
}

// The copies of operands, before and after.
class Copying {
 public:
  Copying(const ConvProblem& problem, std::byte* workspace, void* stream)
      : problem_(problem), workspace_(workspace), stream_(stream) {}

  void* passed(const Passed& to, const TensorView& operand) const {
    return to.copy ? workspace_ + to.place : operand.data;
  }
  void before(const Passed& to, const TensorView& operand) const {
    if (to.copy) copy(*to.copy, operand.type, operand.data, workspace_ + to.place);
  }
  void after(const Passed& to, const TensorView& operand) const {
    if (to.copy) copy(*to.copy, operand.type, workspace_ + to.place, operand.data);
  }

 private:
  void copy(const gpu::BoxCopy& how, DataType type, const void* from, void* to) const {
    gpu::check_cuda(gpu::launch_copy(how, type, from, to, stream_),
                    "cudaLaunchKernel of dnn_conv's copy", problem_);
  }

  const ConvProblem& problem_;
  std::byte* workspace_;
  void* stream_;
};

class DnnConv final : public Backend {
 public:
  DnnConv() { gpu::use_device_workspaces(); }

  std::string name() const override { return "dnn_conv"; }
  std::string version() const override {
    return std::to_string(CUDNN_MAJOR) + "." + std::to_string(CUDNN_MINOR) + "." +
           std::to_string(CUDNN_PATCHLEVEL);
  }
  DataType accumulator(DataType type) const override {
    return cudnn::arithmetic_of(type, flags().values().dnn_conv_precision).sums;
  }
  Claims claims() const override { return {.multiplies_padding = true}; }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    const std::string missing = gpu::has_device() ? why_no_cudnn() : "";
    if (!missing.empty()) return Support::no(missing);
    for (const Support& support :
         {gpu::supports_operands(problem, operands), supports_problem(problem, operands)}) {
      if (!support) return support;
    }
    // Without a device nothing more can be asked.
    if (is_empty_call(operands) || !gpu::has_device()) return Support::yes();
    try {
      const cudnn::Preparation preparation = prepare(problem, operands);
      return preparation.prepared ? Support::yes() : Support::no(preparation.reason);
    } catch (const cudnn::CudnnError& error) {
      return Support::no(error.what());
    }
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext&) const override {
    if (is_empty_call(operands)) return 0;
    return prepared(problem, operands)->workspace_bytes();
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) {
      return gpu::run_direct(problem, operands, {.blocks = 0}, nullptr, context.stream, name());
    }
    const std::shared_ptr<const Prepared> call = prepared(problem, operands);
    if (Choice* choice = ChoiceListener::current(); choice != nullptr && !call->note.empty()) {
      choice->why += (choice->why.empty() ? "" : "; ") + call->note;
    }
    const cudnn::Arrangement& arrangement = call->arrangement;
    const Copying copying(problem, workspace.data(), context.stream);
    if (problem.direction != Direction::GradInputs) copying.before(arrangement.x, operands.x);
    if (problem.direction != Direction::GradWeights) copying.before(arrangement.w, operands.w);
    if (problem.direction != Direction::Forward) copying.before(arrangement.y, operands.y);
    try {
      execute(call->plan,
              {.x = copying.passed(arrangement.x, operands.x),
               .w = copying.passed(arrangement.w, operands.w),
               .y = copying.passed(arrangement.y, operands.y),
               .workspace = workspace.data() + arrangement.copied_bytes},
              context.stream);
    } catch (const cudnn::CudnnError& error) {
      gpu::fail(call->plan.name, error.what(), problem);
    }
    if (problem.direction == Direction::GradInputs) copying.after(arrangement.x, operands.x);
    if (problem.direction == Direction::GradWeights) copying.after(arrangement.w, operands.w);
    if (problem.direction == Direction::Forward) copying.after(arrangement.y, operands.y);
  }

 private:
  static cudnn::Preparation prepare(const ConvProblem& problem, const Operands& operands) {
    const Settings settings = settings_of(problem.direction, operands.x.type);
    return cudnn::prepare(problem, operands, settings.arithmetic, settings.algorithm);
  }
  static std::shared_ptr<const Prepared> prepared(const ConvProblem& problem,
                                                  const Operands& operands) {
    try {
      const cudnn::Preparation preparation = prepare(problem, operands);
      if (preparation.prepared != nullptr) return preparation.prepared;
      gpu::fail("dnn_conv", preparation.reason, problem);
    } catch (const cudnn::CudnnError& error) {
      gpu::fail("dnn_conv", error.what(), problem);
    }
  }
};

}  // namespace

BackendPtr dnn_conv_backend() { return std::make_shared<DnnConv>(); }

std::string why_no_cudnn() {
  if (!gpu::has_device()) return "no CUDA device";
  const std::string& reason = cudnn::library().library.reason();
  if (!reason.empty()) return "cuDNN cannot be used: " + reason;
  try {
    cudnn::current_handle();
    return "";
  } catch (const cudnn::CudnnError& error) {
    return std::string("cuDNN cannot be used: ") + error.what();
  }
}

}  // namespace convcheck
