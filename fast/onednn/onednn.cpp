#include "fast/onednn/onednn.h"

#include <cstdint>
#include <string>

#include "checker/parallel.h"
#include "fast/empty_call.h"
#include "fast/onednn/primitive.h"
#include "fast/onednn/threads.h"

namespace convcheck {
namespace {

// Of oneDNN's reference loops, at about one a nanosecond.
constexpr double kMostReferenceSteps = 1e11;

// Its loops go over all taps of an element, whether they meet an element of the other operand or
// not.
double reference_steps(const ConvProblem& problem) {
  double taps = 1, outputs = 1;
  for (const Window& window : problem.axes()) {
    taps *= static_cast<double>(window.filter);
    outputs *= static_cast<double>(window.output());
  }
  const auto elements = static_cast<double>(element_count(problem.result_shape()));
  switch (problem.direction) {
    case Direction::Forward:
      return elements * static_cast<double>(problem.group_channels()) * taps;
    case Direction::GradInputs:
      return elements * static_cast<double>(problem.group_filters()) * taps;
    case Direction::GradWeights:
      return elements * static_cast<double>(problem.batch) * outputs;
  }
  return 0;
}

bool is_aligned(const TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.data) % size_of(view.type) == 0;
}

Support supports_operand(const TensorView& view) {
  if (view.memory != MemoryKind::Host) {
    return Support::no(std::string(to_string(view.memory)) + " memory, needs host memory");
  }
  if (!onednn::data_type(view.type)) {
    return Support::no(std::string("type ") + to_string(view.type) +
                       ", which oneDNN does not have");
  }
  if (!is_aligned(view)) {
    return Support::no("data at no multiple of " + std::to_string(size_of(view.type)) +
                       " bytes, the size of an element");
  }
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    if (view.extents[axis] > 1 && view.strides[axis] < 0) {
      return Support::no("negative strides, which oneDNN's memory does not have");
    }
  }
  return Support::yes();
}

Support supports_problem(const ConvProblem& problem) {
  if (problem.unshared) return Support::no("unshared filters, which oneDNN does not have");
  for (const Window& window : problem.axes()) {
    if (problem.flip && window.filter > 1) {
      return Support::no("true convolution (filters flipped): oneDNN cross-correlates");
    }
  }
  return Support::yes();
}

Support refusal(const dnnl::error& error) {
  switch (error.status) {
    case dnnl_unimplemented:
      return Support::no("oneDNN has no kernel for these types and strides on this machine");
    case dnnl_invalid_arguments:
      return Support::no("oneDNN calls the arguments invalid");
    default:
      return Support::no(std::string("oneDNN: ") + error.what());
  }
}

class OneDnn final : public Backend {
 public:
  std::string name() const override { return "onednn"; }
  std::string version() const override {
    const dnnl::version_t* version = dnnl::version();
    return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
           std::to_string(version->patch);
  }
  // f16 and bf16 are summed in f32, too.
  DataType accumulator(DataType) const override { return DataType::F32; }
  // Kernels over matrix products multiply padding. Gradients of weights are summed in a part for
  // each thread.
  Claims claims() const override {
    return {.deterministic_across_threads = false, .multiplies_padding = true};
  }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (const Support support = supports_problem(problem); !support) return support;
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      if (const Support support = supports_operand(*view); !support) return support;
    }
    if (is_empty_call(operands)) return Support::yes();
    if (!onednn::can_set_threads()) {
      return Support::no("the OpenMP of oneDNN was not found, so its threads cannot be set");
    }
    try {
      const onednn::Primitive primitive(problem, operands);
      if (primitive.is_reference() && reference_steps(problem) > kMostReferenceSteps) {
        return Support::no(
            "oneDNN has only its reference loops, which would take minutes to weeks");
      }
    } catch (const dnnl::error& error) {
      return refusal(error);
    }
    return Support::yes();
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    if (is_empty_call(operands)) return 0;
    const onednn::Threads threads(thread_count(context.threads));
    return onednn::Primitive(problem, operands).scratchpad_bytes();
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) return write_zeros(operands.result(problem.direction));
    const onednn::Threads threads(thread_count(context.threads));
    onednn::Primitive(problem, operands).run(operands, workspace);
  }
};

}  // namespace

BackendPtr onednn_backend() { return std::make_shared<OneDnn>(); }

}  // namespace convcheck
