// Convolution in space and time as convolutions of frames, see reexpressed.h.
#include <algorithm>
#include <optional>
#include <string>

#include "fast/empty_call.h"
#include "fast/reexpressed.h"
#include "fast/renamed.h"

namespace convcheck {
namespace {

// A convolution of frames.
struct Plane {
  ConvProblem problem;
  Operands operands;
};

// Along the depth: frame o of the output gets frame o * stride + shift of the input.
struct FrameRange {
  std::int64_t first = 0, count = 0, input = 0;  // outputs, and the input of the first
};

FrameRange frames_of(const Window& depth, std::int64_t filter_frame) {
  const std::int64_t shift = filter_frame * depth.dilation - depth.pad_before;
  const std::int64_t first = shift >= 0 ? 0 : (-shift + depth.stride - 1) / depth.stride;
  const std::int64_t room = depth.input - 1 - shift;
  const std::int64_t end = room < 0 ? 0 : std::min(depth.output(), room / depth.stride + 1);
  return {first, std::max<std::int64_t>(0, end - first), first * depth.stride + shift};
}

// View `index` along an axis, which is left out.
TensorView slice(const TensorView& view, std::size_t axis, std::int64_t index) {
  TensorView part{.data = view.data, .type = view.type, .extents = {}, .strides = {}};
  part.memory = view.memory;
  for (std::size_t i = 0; i < view.rank(); ++i) {
    if (i == axis) continue;
    part.extents.push_back(view.extents[i]);
    part.strides.push_back(view.strides[i]);
  }
  if (view.data != nullptr) {
    part.data = static_cast<std::byte*>(view.data) +
                index * view.strides[axis] * static_cast<std::int64_t>(size_of(view.type));
  }
  return part;
}

// `count` frames of image n from `first` on, each `step` behind the other: (frame, channel, rows,
// columns).
TensorView frames(const TensorView& view, std::int64_t n, std::int64_t first, std::int64_t count) {
  TensorView image = permuted(slice(view, 0, n), {1, 0, 2, 3});
  if (image.data != nullptr) {
    image.data = static_cast<std::byte*>(image.data) +
                 first * image.strides[0] * static_cast<std::int64_t>(size_of(view.type));
  }
  image.extents[0] = count;
  return image;
}

// Calls op(element, number) for the elements of frames, in row-major order.
template <class T, class Op>
void for_each(const TensorView& view, const Op& op) {
  const auto& n = view.extents;
  const auto& stride = view.strides;
  std::int64_t number = 0;
  for (std::int64_t t = 0; t < n[0]; ++t) {
    for (std::int64_t k = 0; k < n[1]; ++k) {
      for (std::int64_t row = 0; row < n[2]; ++row, number += n[3]) {
        T* const line = view.as<T>() + t * stride[0] + k * stride[1] + row * stride[2];
        for (std::int64_t i = 0; i < n[3]; ++i) op(line[i * stride[3]], number + i);
      }
    }
  }
}

class ByFrames final : public Renamed {
 public:
  explicit ByFrames(BackendPtr inner) : Renamed(std::move(inner), "conv3d2d") {}

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (problem.rank != 3) return Support::no("needs 3 spatial axes");
    if (problem.direction != Direction::Forward) return Support::no("a gradient");
    if (problem.unshared) return Support::no("unshared filters");
    if (operands.y.memory != MemoryKind::Host) return Support::no("needs host memory");
    if (operands.y.type != DataType::F32 && operands.y.type != DataType::F64) {
      return Support::no(std::string("type ") + to_string(operands.y.type) +
                         ", whose sums would be rounded once for every frame");
    }
    if (is_empty_call(operands)) return Support::yes();
    const std::optional<Plane> call = largest(problem, operands);
    return call ? inner().supports(call->problem, call->operands) : Support::yes();
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    if (is_empty_call(operands)) return 0;
    std::size_t most = 0;
    for (std::int64_t f = 0; f < problem.windows[0].filter; ++f) {
      if (frames_of(problem.windows[0], f).count < 1) continue;
      const Plane call = plane(problem, operands, 0, f);
      most = std::max(most, inner().workspace_bytes(call.problem, call.operands, context));
    }
    return sums_bytes(problem, operands) + most;
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) return write_zeros(operands.y);
    if (operands.y.type == DataType::F64)
      return run_as<double>(problem, operands, workspace, context);
    run_as<float>(problem, operands, workspace, context);
  }

 private:
  template <class T>
  void run_as(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
              const RunContext& context) const {
    T* const sums = reinterpret_cast<T*>(workspace.data());
    const std::size_t bytes = sums_bytes(problem, operands);
    const Window& depth = problem.windows[0];
    for (std::int64_t n = 0; n < problem.batch; ++n) {
      for_each<T>(frames(operands.y, n, 0, depth.output()), [](T& y, std::int64_t) { y = 0; });
      for (std::int64_t f = 0; f < depth.filter; ++f) {
        const FrameRange range = frames_of(depth, f);
        if (range.count < 1) continue;
        Plane call = plane(problem, operands, n, f);
        call.operands.y.data = sums;
        inner().run(call.problem, call.operands, workspace.subspan(bytes), context);
        for_each<T>(frames(operands.y, n, range.first, range.count),
                    [&](T& y, std::int64_t i) { y += sums[i]; });
      }
    }
  }

  // For the sums of all frames of one image, in whole lines of 64 bytes.
  static std::size_t sums_bytes(const ConvProblem& problem, const Operands& operands) {
    const std::int64_t elements = element_count(operands.y.extents) / problem.batch;
    return (static_cast<std::size_t>(elements) * size_of(operands.y.type) + 63) / 64 * 64;
  }

  // The convolution of image n by frame f, counted along the input, of the filters. Its y has no
  // data yet.
  static Plane plane(const ConvProblem& problem, const Operands& operands, std::int64_t n,
                     std::int64_t f) {
    const Window& depth = problem.windows[0];
    const FrameRange range = frames_of(depth, f);
    ConvProblem flat = problem;
    flat.rank = 2;
    flat.batch = range.count;
    flat.windows = {problem.windows[1], problem.windows[2], Window{}};
    TensorView x = frames(operands.x, n, range.input, range.count);
    x.strides[0] *= depth.stride;
    const std::int64_t frame = problem.flip ? depth.filter - 1 - f : f;
    TensorView y{.type = operands.y.type, .extents = flat.y_shape(), .strides = {}};
    y.strides = contiguous_strides(y.extents);
    return {flat, {x, slice(operands.w, 2, frame), y}};
  }

  static std::optional<Plane> largest(const ConvProblem& problem, const Operands& operands) {
    std::optional<Plane> call;
    for (std::int64_t f = 0; f < problem.windows[0].filter; ++f) {
      const std::int64_t count = frames_of(problem.windows[0], f).count;
      if (count > (call ? call->problem.batch : 0)) call = plane(problem, operands, 0, f);
    }
    return call;
  }
};

}  // namespace

BackendPtr by_frames(const BackendPtr& backend) { return std::make_shared<ByFrames>(backend); }

}  // namespace convcheck
