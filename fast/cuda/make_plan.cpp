#include "fast/cuda/make_plan.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace convcheck::gpu {
namespace {

Pass pass_of(Direction direction) {
  switch (direction) {
    case Direction::GradInputs:
      return Pass::GradInputs;
    case Direction::GradWeights:
      return Pass::GradWeights;
    default:
      return Pass::Forward;
  }
}

Kernel kernel_for(DataType type, std::int64_t rows, bool tf32) {
  switch (type) {
    case DataType::F64:
      return Kernel::Double;
    case DataType::F32:
      return tf32 ? Kernel::Tf32 : rows <= 8 ? Kernel::SingleThin : Kernel::Single;
    default:
      return rows <= 64 ? Kernel::HalfNarrow : Kernel::Half;
  }
}

// From a number to the next: of positions in their own operand or in B, of taps in B.
std::int64_t innermost(const Convolution& conv, std::int64_t AxisShape::*stride,
                       std::int64_t AxisShape::*extent, std::int64_t otherwise) {
  for (int axis = 3; axis-- > 0;) {
    if (conv.axes[axis].*extent > 1) return std::abs(conv.axes[axis].*stride);
  }
  return std::abs(otherwise);
}

// Neighbours along the dimension of the smaller steps are read together.
void set_orders(Plan& plan) {
  Convolution& conv = plan.conv;
  const bool inputs = conv.pass == Pass::GradInputs;
  const auto b_stride = inputs ? &AxisShape::y : &AxisShape::x;
  const std::int64_t b_channel = std::abs(inputs ? conv.y_channel : conv.x_channel);
  const std::int64_t w_lead = std::abs(inputs ? conv.w_filter : conv.w_channel);
  const std::int64_t leads = inputs ? conv.filters : conv.channels;
  const std::int64_t tap_b = innermost(conv, b_stride, &AxisShape::filter, b_channel);
  conv.channels_last = leads > 1 && b_channel < tap_b;
  const std::int64_t position_b =
      innermost(conv, b_stride, &AxisShape::output, inputs ? conv.y_batch : conv.x_batch);
  const std::int64_t position_own =
      innermost(conv, inputs ? &AxisShape::x : &AxisShape::y, &AxisShape::output,
                inputs ? conv.x_batch : conv.y_batch);
  const std::int64_t tap_w =
      conv.channels_last ? w_lead : innermost(conv, &AxisShape::w, &AxisShape::filter, w_lead);
  const std::int64_t tap_place = conv.channels_last ? b_channel : tap_b;
  if (conv.pass == Pass::GradWeights) {
    plan.a_along_k = position_own <= std::abs(conv.y_channel);
    plan.b_along_k = position_b <= tap_place;
  } else {
    plan.a_along_k = tap_w <= std::abs(inputs ? conv.w_channel : conv.w_filter);
    plan.b_along_k = tap_place < position_b;
  }
}

// Elements from axis to axis as row-major tensors have them; 0 for others.
std::int64_t row_major_size(const Convolution& conv, std::int64_t AxisShape::*stride,
                            std::int64_t AxisShape::*extent) {
  std::int64_t size = 1;
  for (int axis = 3; axis-- > 0;) {
    const AxisShape& one = conv.axes[axis];
    if (one.*extent > 1 && one.*stride != size) return 0;
    size *= one.*extent;
  }
  return size;
}

bool is_in_eights(const Plan& plan, const void* a) {
  const Convolution& conv = plan.conv;
  if (conv.unshared || !plan.a_along_k || reinterpret_cast<std::uintptr_t>(a) % 16 != 0)
    return false;
  const auto whole = [](std::int64_t elements) { return elements % 8 == 0; };
  if (conv.pass == Pass::GradWeights) {
    const std::int64_t image = row_major_size(conv, &AxisShape::y, &AxisShape::output);
    return image > 0 && whole(image) && whole(conv.y_batch) && whole(conv.y_channel);
  }
  const std::int64_t taps = row_major_size(conv, &AxisShape::w, &AxisShape::filter);
  if (conv.pass != Pass::Forward || taps == 0 || (taps > 1 && (conv.flip || conv.channels_last))) {
    return false;
  }
  const bool together = conv.channels == 1 || conv.w_channel == taps;
  return together && whole(conv.channels * taps) && whole(conv.w_filter);
}

// Eight summed numbers of one tap, in both operands.
bool is_by_eights(const Plan& plan, const LargestProduct& most, const void* a, const void* b) {
  const auto is_aligned = [](const void* data) {
    return reinterpret_cast<std::uintptr_t>(data) % 16 == 0;
  };
  const Convolution& conv = plan.conv;
  if (!conv.taps_are_summed() || conv.unshared || !plan.by_bits) return false;
  const InEights lies = in_eights(conv);
  return lies.a && lies.b && (conv.channels_last || most.taps == 1) && is_aligned(a) &&
         is_aligned(b);
}

}  // namespace

LargestProduct largest_product(const Convolution& conv) {
  const bool inputs = conv.pass == Pass::GradInputs;
  std::int64_t positions = conv.batch, all_taps = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const AxisShape& one = conv.axes[axis];
    if (!conv.unshared) positions *= inputs ? ceil_quotient(one.input, one.stride) : one.output;
    all_taps *=
        inputs ? ceil_quotient(one.filter, one.stride / common_divisor(one.stride, one.dilation))
               : one.filter;
  }
  const std::int64_t taps = all_taps * (inputs ? conv.filters : conv.channels);
  return {inputs ? conv.channels : conv.filters, conv.taps_are_summed() ? positions : taps,
          conv.taps_are_summed() ? taps : positions, all_taps};
}

InEights in_eights(const Convolution& conv) {
  const bool inputs = conv.pass == Pass::GradInputs;
  const auto whole = [](std::int64_t elements) { return elements % 8 == 0; };
  InEights lies;
  lies.a = (inputs ? conv.w_filter : conv.w_channel) == 1 &&
           whole(inputs ? conv.w_channel : conv.w_filter);
  lies.b = (inputs ? conv.y_channel : conv.x_channel) == 1 &&
           whole(inputs ? conv.y_batch : conv.x_batch);
  for (const AxisShape& one : conv.axes) {
    lies.a = lies.a && (one.filter == 1 || whole(one.w));
    lies.b = lies.b && ((inputs ? one.output : one.input) == 1 || whole(inputs ? one.y : one.x));
  }
  const bool some = whole(inputs ? conv.filters : conv.channels);
  return {lies.a && some, lies.b && some};
}

Tile tile_for(DataType type, const LargestProduct& most, const PlanOptions& options) {
  return options.tile.k > 0 ? options.tile : tile_of(kernel_for(type, most.m, options.tf32));
}

Convolution convolution_of(const ConvProblem& problem, const Operands& operands) {
  Convolution conv;
  conv.pass = pass_of(problem.direction);
  conv.flip = problem.flip;
  conv.unshared = problem.unshared;
  conv.batch = problem.batch;
  conv.groups = problem.groups;
  conv.channels = problem.group_channels();
  conv.filters = problem.group_filters();
  const Strides &x = operands.x.strides, &w = operands.w.strides, &y = operands.y.strides;
  const std::size_t taps = w.size() - problem.rank;
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    conv.axes[3 - problem.rank + axis] = {.input = window.input,
                                          .filter = window.filter,
                                          .output = window.output(),
                                          .stride = window.stride,
                                          .dilation = window.dilation,
                                          .pad = window.pad_before,
                                          .x = x[2 + axis],
                                          .y = y[2 + axis],
                                          .w = w[taps + axis],
                                          .region = problem.unshared ? w[1 + axis] : 0};
  }
  conv.x_batch = x[0];
  conv.x_channel = x[1];
  conv.y_batch = y[0];
  conv.y_channel = y[1];
  conv.w_filter = w[0];
  conv.w_channel = w[taps - 1];
  return conv;
}

Plan make_plan(const ConvProblem& problem, const Operands& operands, const PlanOptions& options) {
  Plan plan;
  plan.conv = convolution_of(problem, operands);
  if (operands.result(problem.direction).empty()) return plan;
  set_orders(plan);
  plan.products = product_count(plan.conv);
  const LargestProduct most = largest_product(plan.conv);
  plan.kernel = kernel_for(operands.x.type, most.m, options.tf32);
  const Tile tile = tile_for(operands.x.type, most, options);
  plan.by_bits = options.by_bits && most.taps <= kMostBits;
  if (size_of(operands.x.type) == 2) {
    const bool weights = problem.direction == Direction::GradWeights;
    const void* const a = (weights ? operands.y : operands.w).data;
    const bool inputs = problem.direction == Direction::GradInputs;
    plan.by_eights = is_by_eights(plan, most, a, (inputs ? operands.y : operands.x).data);
    plan.a_by_eights = !plan.by_eights && is_in_eights(plan, a);
  }
  plan.most_m = most.m;
  plan.most_n = most.n;
  plan.m_tiles = ceil_quotient(most.m, tile.m);
  plan.n_tiles = ceil_quotient(most.n, tile.n);
  // Parts of several tiles, so that adding them up stays cheap.
  const std::int64_t depth = ceil_quotient(most.k, tile.k);
  const std::int64_t result = plan.products * most.m * most.n;
  const auto accumulator = static_cast<std::int64_t>(operands.x.type == DataType::F64 ? 8 : 4);
  const std::int64_t room = static_cast<std::int64_t>(options.workspace_limit) / accumulator /
                            std::max<std::int64_t>(result, 1);
  const std::int64_t wanted = options.blocks / plan.blocks();
  const std::int64_t parts =
      std::max<std::int64_t>(1, std::min({wanted, depth / options.least_depth, room}));
  plan.k_of_split = std::max<std::int64_t>(1, ceil_quotient(depth, parts)) * tile.k;
  plan.splits = std::max<std::int64_t>(1, ceil_quotient(most.k, plan.k_of_split));
  return plan;
}

}  // namespace convcheck::gpu
