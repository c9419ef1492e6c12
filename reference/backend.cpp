#include "reference/backend.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace convcheck {
namespace {

void check_operand(const char* name, const TensorView& view, const Shape& expected,
                   MemoryKind memory) {
  if (view.rank() != expected.size() || view.strides.size() != view.rank()) {
    throw ConvError(ErrorKind::Rank, name, to_string(view),
                    std::to_string(expected.size()) + " extents and as many strides");
  }
  if (!(view.extents == expected)) {
    throw ConvError(ErrorKind::InputShape, std::string(name) + "'s shape", to_string(view.extents),
                    to_string(expected));
  }
  if (view.memory != memory) {
    throw ConvError(ErrorKind::Memory, std::string(name) + "'s memory", to_string(view.memory),
                    to_string(memory) + std::string(", as the other operands"));
  }
  if (view.data == nullptr && !view.empty()) {
    throw ConvError(ErrorKind::Memory, std::string(name) + "'s data", "null",
                    "a pointer to its elements");
  }
}

__extension__ typedef __int128 I128;  // addresses and strides of 64 bits do not overflow in it

// First and one past the last address that a view can touch.
std::pair<I128, I128> byte_range(const TensorView& view) {
  const auto size = static_cast<std::int64_t>(size_of(view.type));
  I128 low = reinterpret_cast<std::uintptr_t>(view.data), high = low + size;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    const I128 reach = I128(view.extents[axis] - 1) * view.strides[axis] * size;
    (reach < 0 ? low : high) += reach;
  }
  return {low, high};
}

void check_disjoint(const TensorView& result, const TensorView& operand, const char* name) {
  if (result.empty() || operand.empty()) return;
  const auto [begin, end] = byte_range(result);
  const auto [other_begin, other_end] = byte_range(operand);
  if (begin < other_end && other_begin < end) {
    throw ConvError(ErrorKind::Memory, std::string(name) + "'s memory", "overlapping the result",
                    "memory of its own");
  }
}

// No two elements of the result share memory. Sufficient, and necessary for every layout that is a
// permutation of axes with gaps: from the innermost axis outwards, each stride steps over all that
// the axes inside reach.
void check_distinct(const TensorView& result) {
  if (result.empty()) return;
  std::vector<std::pair<I128, std::int64_t>> axes;  // |stride| and extent
  for (std::size_t axis = 0; axis < result.rank(); ++axis) {
    const I128 stride = result.strides[axis];
    if (result.extents[axis] > 1)
      axes.emplace_back(stride < 0 ? -stride : stride, result.extents[axis]);
  }
  std::sort(axes.begin(), axes.end());
  I128 reach = 0;
  for (const auto& [stride, extent] : axes) {
    if (stride <= reach) {
      throw ConvError(ErrorKind::Memory, "the result's strides", to_string(result),
                      "elements that share no memory");
    }
    reach += stride * (extent - 1);
  }
}

struct Registered {
  std::mutex mutex;
  DeviceWorkspaces source;
};

Registered& registered() {
  static auto* const only = new Registered;  // calls are made while the program ends, too
  return *only;
}

void run_on_device(const Backend& backend, const ConvProblem& problem, const Operands& operands,
                   std::size_t bytes, const RunContext& context) {
  if (bytes == 0) return backend.run(problem, operands, {}, context);
  DeviceWorkspaces source;
  {
    const std::lock_guard lock(registered().mutex);
    source = registered().source;
  }
  if (!source) {
    throw ConvError(ErrorKind::Memory, "workspace",
                    std::to_string(bytes) + " bytes of device memory",
                    "a source of it: see set_device_workspaces()");
  }
  const std::shared_ptr<std::byte> workspace = source(bytes, context.stream);
  backend.run(problem, operands, {workspace.get(), bytes}, context);
}

}  // namespace

void set_device_workspaces(DeviceWorkspaces source) {
  const std::lock_guard lock(registered().mutex);
  registered().source = std::move(source);
}

void check_call(const ConvProblem& problem, const Operands& operands) {
  validate(problem);
  const TensorView& result = operands.result(problem.direction);
  check_operand("x", operands.x, problem.x_shape(), result.memory);
  check_operand("w", operands.w, problem.w_shape(), result.memory);
  check_operand("y", operands.y, problem.y_shape(), result.memory);
  check_distinct(result);
  if (problem.direction != Direction::GradInputs) check_disjoint(result, operands.x, "x");
  if (problem.direction != Direction::GradWeights) check_disjoint(result, operands.w, "w");
  if (problem.direction != Direction::Forward) check_disjoint(result, operands.y, "y");
}

void run(const Backend& backend, const ConvProblem& problem, const Operands& operands,
         const RunContext& context) {
  check_call(problem, operands);
  const Support support = backend.supports(problem, operands);
  if (!support) {
    throw ConvError(ErrorKind::Unsupported, "backend", backend.name(),
                    "one that does this problem: " + support.reason);
  }
  if (operands.x.memory == MemoryKind::Cuda) {
    return run_on_device(backend, problem, operands,
                         backend.workspace_bytes(problem, operands, context), context);
  }
  const auto bytes = static_cast<std::int64_t>(backend.workspace_bytes(problem, operands, context));
  const Tensor workspace(Shape{(bytes + 7) / 8}, DataType::F64);
  backend.run(problem, operands,
              {static_cast<std::byte*>(workspace.view().data), static_cast<std::size_t>(bytes)},
              context);
}

Tensor compute(const Backend& backend, const ConvProblem& problem, const TensorView& a,
               const TensorView& b, DataType type) {
  validate(problem);
  Tensor result(problem.result_shape(), type);
  switch (problem.direction) {
    case Direction::Forward:
      run(backend, problem, {a, b, result});
      break;
    case Direction::GradInputs:
      run(backend, problem, {result, a, b});
      break;
    case Direction::GradWeights:
      run(backend, problem, {a, result, b});
      break;
  }
  return result;
}

}  // namespace convcheck
