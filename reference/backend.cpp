#include "reference/backend.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <utility>

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
  std::array<std::pair<I128, std::int64_t>, Dims::kMaxRank> axes;  // |stride| and extent
  std::size_t count = 0;
  for (std::size_t axis = 0; axis < result.rank(); ++axis) {
    const I128 stride = result.strides[axis];
    if (result.extents[axis] <= 1) continue;
    const std::pair<I128, std::int64_t> one{stride < 0 ? -stride : stride, result.extents[axis]};
    std::size_t at = count++;
    for (; at > 0 && one < axes[at - 1]; --at) axes[at] = axes[at - 1];
    axes[at] = one;
  }
  I128 reach = 0;
  for (const auto& [stride, extent] : std::span(axes.data(), count)) {
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

// Memory for one call. What a call had is kept for the next one of the same thread, since fresh
// pages cost more than many a call; a backend that calls another has its own all the while.
class Workspace {
 public:
  explicit Workspace(std::size_t bytes) : memory_(std::exchange(kept(), Tensor())), bytes_(bytes) {
    const auto elements = static_cast<std::int64_t>((bytes + 7) / 8);
    if (memory_.size() < elements) memory_ = Tensor(Shape{elements}, DataType::F64);
  }
  ~Workspace() {
    if (memory_.size() * 8 <= kMostKept && memory_.size() > kept().size()) {
      kept() = std::move(memory_);
    }
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  std::span<std::byte> bytes() const {
    return {static_cast<std::byte*>(memory_.view().data), bytes_};
  }

 private:
  static constexpr std::int64_t kMostKept = std::int64_t{64} << 20;
  static Tensor& kept() {
    thread_local Tensor kept;
    return kept;
  }

  Tensor memory_;
  std::size_t bytes_;
};

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
  const std::size_t bytes = backend.workspace_bytes(problem, operands, context);
  if (operands.x.memory == MemoryKind::Cuda) {
    return run_on_device(backend, problem, operands, bytes, context);
  }
  const Workspace workspace(bytes);
  backend.run(problem, operands, workspace.bytes(), context);
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
