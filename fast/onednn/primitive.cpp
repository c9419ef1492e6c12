#include "fast/onednn/primitive.h"

#include <algorithm>
#include <string_view>

namespace convcheck::onednn {
namespace {

using dnnl::memory;

// How many elements lie between the first and the last, both included.
std::int64_t span_of(const TensorView& view) {
  std::int64_t span = 1;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    span += (view.extents[axis] - 1) * std::max<std::int64_t>(view.strides[axis], 0);
  }
  return span;
}

// A stride over a single element means nothing, but oneDNN multiplies by it.
std::int64_t stride_of(const TensorView& view, std::size_t axis) {
  const std::int64_t stride = view.strides[axis], span = span_of(view);
  return view.extents[axis] > 1 || (0 < stride && stride <= span) ? stride : span;
}

memory::desc memory_of(const Described& described, DataType type) {
  return {described.extents, *data_type(type), described.strides};
}

// The axes' numbers, as oneDNN wants them.
struct Axes {
  memory::dims strides, dilations, before, after;

  explicit Axes(const ConvProblem& problem) {
    for (const Window& window : problem.axes()) {
      strides.push_back(window.stride);
      dilations.push_back(window.dilation - 1);
      before.push_back(window.pad_before);
      after.push_back((window.output() - 1) * window.stride + window.dilated_filter() -
                      window.input - window.pad_before);
    }
  }
};

// The hint that oneDNN's gradients can be given, a forward description, is not used by its
// convolutions; where the forward direction has no kernel for the types it could not be had.
dnnl::primitive_desc describe(const dnnl_convolution_desc_t& wanted, const dnnl::engine& engine) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return {&wanted, &attributes, engine, nullptr};
}

}  // namespace

std::optional<memory::data_type> data_type(DataType type) {
  switch (type) {
    case DataType::F32:
      return memory::data_type::f32;
    case DataType::F16:
      return memory::data_type::f16;
    case DataType::BF16:
      return memory::data_type::bf16;
    case DataType::F64:
      break;
  }
  return std::nullopt;
}

Described described(const TensorView& view) {
  Described result;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    result.extents.push_back(view.extents[axis]);
    result.strides.push_back(stride_of(view, axis));
  }
  return result;
}

Described described_filters(const TensorView& view, std::int64_t groups) {
  Described result = described(view);
  if (groups == 1) return result;
  const std::int64_t filters = result.extents[0] / groups;
  result.extents[0] = filters;
  result.extents.insert(result.extents.begin(), groups);
  result.strides.insert(result.strides.begin(), filters * result.strides[0]);
  return result;
}

Primitive::Primitive(const ConvProblem& problem, const Operands& operands)
    : engine_(dnnl::engine::kind::cpu, 0),
      x_(memory_of(described(operands.x), operands.x.type)),
      w_(memory_of(described_filters(operands.w, problem.groups), operands.w.type)),
      y_(memory_of(described(operands.y), operands.y.type)),
      direction_(problem.direction) {
  const Axes axes(problem);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  switch (direction_) {
    case Direction::Forward:
      description_ = describe(
          dnnl::convolution_forward::desc(dnnl::prop_kind::forward_training, algorithm, x_, w_, y_,
                                          axes.strides, axes.dilations, axes.before, axes.after)
              .data,
          engine_);
      break;
    case Direction::GradInputs:
      description_ =
          describe(dnnl::convolution_backward_data::desc(algorithm, x_, w_, y_, axes.strides,
                                                         axes.dilations, axes.before, axes.after)
                       .data,
                   engine_);
      break;
    case Direction::GradWeights:
      description_ =
          describe(dnnl::convolution_backward_weights::desc(algorithm, x_, w_, y_, axes.strides,
                                                            axes.dilations, axes.before, axes.after)
                       .data,
                   engine_);
      break;
  }
}

bool Primitive::is_reference() const {
  return std::string_view(description_.impl_info_str()).substr(0, 3) == "ref";
}

void Primitive::run(const Operands& operands, std::span<std::byte> scratchpad) const {
  const bool forward = direction_ == Direction::Forward;
  const int x = direction_ == Direction::GradInputs ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC;
  const int w = direction_ == Direction::GradWeights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS;
  const int y = forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST;
  dnnl::stream stream(engine_);
  dnnl::primitive(description_)
      .execute(stream, {{x, memory(x_, engine_, operands.x.data)},
                        {w, memory(w_, engine_, operands.w.data)},
                        {y, memory(y_, engine_, operands.y.data)},
                        {DNNL_ARG_SCRATCHPAD,
                         memory(description_.scratchpad_desc(), engine_, scratchpad.data())}});
  stream.wait();
}

}  // namespace convcheck::onednn
