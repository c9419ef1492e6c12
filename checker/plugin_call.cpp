#include "checker/plugin_call.h"

namespace convcheck {
namespace {

// plugin.h counts types from 1, so that 0 is none, in our order.
static_assert(static_cast<int>(DataType::F64) + 1 == ConvcheckF64);
static_assert(static_cast<int>(DataType::F32) + 1 == ConvcheckF32);
static_assert(static_cast<int>(DataType::F16) + 1 == ConvcheckF16);
static_assert(static_cast<int>(DataType::BF16) + 1 == ConvcheckBF16);

static_assert(static_cast<int>(Direction::Forward) == ConvcheckForward);
static_assert(static_cast<int>(Direction::GradInputs) == ConvcheckGradInputs);
static_assert(static_cast<int>(Direction::GradWeights) == ConvcheckGradWeights);

static_assert(Dims::kMaxRank == sizeof(ConvcheckTensor::extents) / sizeof(std::int64_t));

ConvcheckTensor tensor_of(const TensorView& view) {
  ConvcheckTensor tensor{};
  tensor.struct_size = sizeof tensor;
  tensor.data = view.data;
  tensor.type = plugin_data_type(view.type);
  tensor.memory = view.memory == MemoryKind::Cuda ? ConvcheckCuda : ConvcheckHost;
  tensor.rank = static_cast<std::int32_t>(view.rank());
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    tensor.extents[axis] = view.extents[axis];
    tensor.strides[axis] = view.strides[axis];
  }
  return tensor;
}

ConvcheckProblem problem_of(const ConvProblem& from) {
  ConvcheckProblem problem{};
  problem.struct_size = sizeof problem;
  problem.direction = static_cast<std::int32_t>(from.direction);
  problem.rank = static_cast<std::int32_t>(from.rank);
  problem.batch = from.batch;
  problem.channels = from.channels;
  problem.filters = from.filters;
  problem.groups = from.groups;
  for (std::size_t axis = 0; axis < from.rank; ++axis) {
    const Window& window = from.windows[axis];
    problem.windows[axis] = {window.input,    window.filter,     window.stride,
                             window.dilation, window.pad_before, window.pad_after};
  }
  problem.flip = from.flip ? 1 : 0;
  problem.unshared = from.unshared ? 1 : 0;
  return problem;
}

}  // namespace

std::int32_t plugin_data_type(DataType type) { return static_cast<std::int32_t>(type) + 1; }

DataType data_type_of_plugin(std::int32_t type) { return static_cast<DataType>(type - 1); }

PluginCall::PluginCall(const ConvProblem& problem, const Operands& operands,
                       const RunContext& context, std::span<std::byte> workspace)
    : problem_(problem_of(problem)),
      x_(tensor_of(operands.x)),
      w_(tensor_of(operands.w)),
      y_(tensor_of(operands.y)) {
  call_.struct_size = sizeof call_;
  call_.problem = &problem_;
  call_.x = &x_;
  call_.w = &w_;
  call_.y = &y_;
  call_.workspace = workspace.data();
  call_.workspace_bytes = workspace.size();
  call_.threads = context.threads;
  call_.stream = context.stream;
}

}  // namespace convcheck
