#include "fast/cudnn/dnn_conv.h"

#include "fast/choice.h"
#include "fast/cuda/device_operands.h"
#include "fast/cuda/errors.h"
#include "fast/cuda/library.h"
#include "fast/cuda/run_direct.h"
#include "fast/cuda/workspace.h"
#include "fast/cudnn/prepared.h"
#include "fast/cudnn/run_plan.h"
#include "fast/empty_call.h"
#include "fast/flags.h"

namespace convcheck {
namespace {

using cudnn::Arithmetic;
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
  // Its kernels count the elements of filters in 32 bits, and do not check that.
  if (const std::int64_t count = element_count(operands.w.extents); count > INT32_MAX) {
    return Support::no(std::to_string(count) + " filter elements, which are too many for cuDNN");
  }
  const Settings settings = settings_of(problem.direction, operands.x.type);
  if (settings.arithmetic.sums == DataType::F16 && problem.direction != Direction::Forward) {
    return Support::no("dnn.conv.precision asks for f16 sums, which gradients do not have");
  }
  return Support::yes();
}

class DnnConv final : public Backend {
 public:
  DnnConv() { gpu::use_device_workspaces(); }

  std::string name() const override { return "dnn_conv"; }
  // Of the library that is loaded; without a device, of its headers.
  std::string version() const override {
    const bool used = gpu::has_device() && cudnn::library().library.reason().empty();
    const std::size_t version = used ? cudnn::library().get_version() : CUDNN_VERSION;
    return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
           std::to_string(version % 100);
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
    // Without a device it is never run.
    if (is_empty_call(operands) || !gpu::has_device()) return 0;
    return prepared(problem, operands)->workspace_bytes();
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) {
      return gpu::run_direct(problem, operands, {.blocks = 0}, nullptr, context.stream, name());
    }
    const std::shared_ptr<const Prepared> call = prepared(problem, operands);
    if (workspace.size() < call->workspace_bytes()) {  // measured anew in between
      gpu::fail("dnn_conv",
                "a workspace of " + std::to_string(workspace.size()) + " bytes, needs " +
                    std::to_string(call->workspace_bytes()),
                problem);
    }
    if (Choice* choice = ChoiceListener::current(); choice != nullptr && !call->note.empty()) {
      choice->why += (choice->why.empty() ? "" : "; ") + call->note;
    }
    cudnn::run_plan(call->plan, call->arrangement, problem, operands, workspace.data(),
                    context.stream);
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
