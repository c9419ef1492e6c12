#include "fast/cudnn/aligned.h"

#include <cstdint>
#include <cstdlib>

#include "fast/cuda/corrmm_kernels.h"
#include "fast/cuda/errors.h"
#include "fast/cuda/workspace.h"

namespace convcheck::cudnn {
namespace {

constexpr std::uintptr_t kAlignment = 16;

}  // namespace

Aligned::Aligned(const TensorView& operand, const ConvProblem& problem, void* stream)
    : operand_(operand), problem_(problem), stream_(stream), data_(operand.data) {
  if (reinterpret_cast<std::uintptr_t>(operand.data) % kAlignment == 0) return;
  // From the lowest to the highest element, with the same strides.
  std::int64_t before = 0, after = 1;
  for (std::size_t axis = 0; axis < operand.rank(); ++axis) {
    const std::int64_t reach = (operand.extents[axis] - 1) * operand.strides[axis];
    (reach < 0 ? before : after) += std::abs(reach);
  }
  const auto per_boundary = static_cast<std::int64_t>(kAlignment / size_of(operand.type));
  before = (before + per_boundary - 1) / per_boundary * per_boundary;
  const std::size_t size = size_of(operand.type);
  memory_ = gpu::device_workspace(static_cast<std::size_t>(before + after) * size, stream);
  data_ = memory_.get() + static_cast<std::size_t>(before) * size;
}

void Aligned::fetch() const {
  if (memory_ != nullptr) copy(operand_.data, data_);
}

void Aligned::bring_back() const {
  if (memory_ != nullptr) copy(data_, operand_.data);
}

void Aligned::copy(const void* from, void* to) const {
  gpu::BoxCopy box;
  for (std::size_t axis = 0; axis < operand_.rank(); ++axis) {
    box.extents[axis] = box.source_extents[axis] = operand_.extents[axis];
    box.from[axis] = box.to[axis] = operand_.strides[axis];
  }
  gpu::check_cuda(gpu::launch_copy(box, operand_.type, from, to, stream_),
                  "cudaLaunchKernel of dnn_conv's copy", problem_);
}

}  // namespace convcheck::cudnn
