#include "checker/layout.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace convcheck {
namespace {

// The stride that an axis of one element has in a loose layout, from 0 elements on.
constexpr std::int64_t kMeaningless = 7919;
constexpr std::int64_t kAlignment = 64;

Shape shape_of(OperandName operand, const ConvProblem& problem) {
  switch (operand) {
    case OperandName::X:
      return problem.x_shape();
    case OperandName::W:
      return problem.w_shape();
    default:
      return problem.y_shape();
  }
}

// The axis of the channels: c of x and w, k of y.
std::size_t channel_axis(OperandName operand, const ConvProblem& problem) {
  return operand == OperandName::W && problem.unshared ? 1 + problem.rank : 1;
}

// The axes from the slowest to the fastest.
std::vector<std::size_t> memory_order(OperandName operand, const ConvProblem& problem,
                                      std::size_t rank, OperandLayout::Order order) {
  std::vector<std::size_t> axes;
  const std::size_t channels = channel_axis(operand, problem);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (order != OperandLayout::Order::ChannelsLast || axis != channels) axes.push_back(axis);
  }
  if (order == OperandLayout::Order::ChannelsLast) axes.push_back(channels);
  if (order == OperandLayout::Order::Permuted) std::reverse(axes.begin(), axes.end());
  return axes;
}

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t all = 0;
  if (__builtin_mul_overflow(a, b, &all) || all > INT64_MAX / kAlignment) {
    throw ConvError(ErrorKind::Overflow, "layout",
                    std::to_string(a) + " times " + std::to_string(b) + " elements",
                    "fewer than 2^63 bytes");
  }
  return all;
}

// Memory that the system has not given yet comes in fewer, larger pages: most of the time of
// writing a large fresh tensor is spent in page faults otherwise. Where that is not to be had,
// nothing happens.
void ask_for_large_pages(const TensorView& fresh) {
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t kPage = 4096, kWorthwhile = std::uintptr_t{4} << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(fresh.data);
  const auto bytes = static_cast<std::uintptr_t>(fresh.size()) * size_of(fresh.type);
  if (bytes < kWorthwhile) return;
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage,
                       last = (begin + bytes) / kPage * kPage;
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);  // NOLINT: an address
#endif
}

}  // namespace

const char* to_string(OperandName operand) {
  return operand == OperandName::X ? "x" : operand == OperandName::W ? "w" : "y";
}

Layout with(OperandLayout::Spread spread, Layout layout) {
  layout.x.spread = layout.w.spread = layout.y.spread = spread;
  return layout;
}

Placement place(OperandName operand, const ConvProblem& problem, DataType type,
                const OperandLayout& layout) {
  const auto bytes = static_cast<std::int64_t>(size_of(type));
  Placement placement;
  placement.extents = shape_of(operand, problem);
  const std::size_t rank = placement.extents.size();
  placement.strides = Strides(rank, 0);
  placement.offset = layout.offset / bytes * bytes;
  const std::int64_t spare = layout.spread == OperandLayout::Spread::Dense ? 0 : 2;
  std::int64_t stride = layout.spread == OperandLayout::Spread::Gaps ? 2 : 1;
  const auto axes = memory_order(operand, problem, rank, layout.order);
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    const std::int64_t extent = placement.extents[*axis];
    placement.strides[*axis] = extent <= 1 && layout.loose
                                   ? kMeaningless + static_cast<std::int64_t>(*axis)
                                   : stride * (layout.reversed ? -1 : 1);
    stride = product(stride, std::max<std::int64_t>(extent, 1) + spare);
  }
  if (element_count(placement.extents) == 0) return placement;
  placement.span = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t reach = (placement.extents[axis] - 1) * placement.strides[axis];
    placement.span += std::abs(reach);
    if (reach < 0) placement.before -= reach;
  }
  return placement;
}

TensorView allocate(Tensor& owner, OperandName operand, const ConvProblem& problem, DataType type,
                    const Layout& layout) {
  const Placement placement = place(operand, problem, type, layout.of(operand));
  const std::int64_t skipped = placement.offset / static_cast<std::int64_t>(size_of(type));
  owner = Tensor(Shape{placement.span + skipped}, type);
  ask_for_large_pages(owner);
  TensorView view = owner;
  view.data = owner.view().address({skipped + placement.before});
  view.extents = placement.extents;
  view.strides = placement.strides;
  return view;
}

}  // namespace convcheck
