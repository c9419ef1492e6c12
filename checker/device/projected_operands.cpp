#include "checker/device/projected_operands.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace convcheck::device {
namespace {

using projection::PlaneAxis;
using projection::PlaneMap;

// Neighbouring threads that read neighbours: two warps, four bytes each, are four sectors of memory
// twice. Fewer where there would not be enough blocks otherwise, but still two sectors.
constexpr int kWidest = 64, kNarrowest = 16;
// Four blocks for each processor of a large device, all of which run at once.
constexpr std::int64_t kBlocks = 512;
constexpr int kThreads = ProjectionWork<double>::kThreads;
constexpr int kAtOnce = ProjectionWork<double>::kAtOnce;

int no_wider_than(std::int64_t places, int width) {
  const auto most =
      std::bit_ceil(static_cast<std::uint64_t>(std::clamp<std::int64_t>(places, 1, width)));
  return std::min(static_cast<int>(most), width);
}

template <class T>
void add_kept(const PlaneAxis& axis, ProjectedOperand<T>& to) {
  if (to.kept > 0) {  // what lies like one axis is one
    ProjectedAxis& last = to.axes[to.kept - 1];
    if (last.stride == axis.stride * axis.extent) {
      last = {last.extent * axis.extent, axis.stride, axis.to};
      return;
    }
  }
  to.axes[to.kept++] = {axis.extent, axis.stride, axis.to};
}

}  // namespace

template <class T>
ProjectedOperand<T> projected(const TensorView& view, const PlaneMap& map,
                              const std::array<std::uint64_t, 2>& states, double limit) {
  ProjectedOperand<T> made;
  made.data = view.data;
  made.type = view.type;
  made.limit = limit;
  made.places = map.size;
  for (const PlaneAxis& axis : map.axes) {
    if (axis.summed >= 0) {
      made.summed[axis.summed] = {axis.extent, axis.stride, 0};
      made.states[axis.summed] = states[static_cast<std::size_t>(axis.summed)];
      made.is_multiplied[axis.summed] = true;
    } else if (axis.extent > 1) {
      add_kept(axis, made);
    }
  }
  if (std::abs(made.summed[1].stride) > std::abs(made.summed[0].stride)) {
    std::swap(made.summed[0], made.summed[1]);
    std::swap(made.states[0], made.states[1]);
    std::swap(made.is_multiplied[0], made.is_multiplied[1]);
  }
  return made;
}

template <class T>
ProjectedOperand<T> sums_of(const T* numbers, std::int64_t places, std::int64_t place_step,
                            std::int64_t rows, std::int64_t row_step) {
  ProjectedOperand<T> made;
  made.data = numbers;
  made.of_sums = true;
  made.places = places;
  made.kept = 1;
  made.axes[0] = {places, place_step, 1};
  made.summed[1] = {rows, row_step, 0};
  return made;
}

template <class T>
void spread(ProjectedOperand<T>& operand) {
  operand.width = no_wider_than(operand.places, kWidest);
  while (operand.place_blocks() < kBlocks && operand.width > kNarrowest) operand.width /= 2;
  operand.rows_of_block = std::max<std::int64_t>(operand.rows(), 1);
}

template <class T>
void share_rows(ProjectedOperand<T>& operand) {
  operand.width = no_wider_than(operand.places, kWidest);
  const std::int64_t height = kThreads / operand.width;
  const std::int64_t wanted = kBlocks / std::max<std::int64_t>(operand.place_blocks(), 1);
  const std::int64_t most = operand.rows() / (height * kAtOnce);
  const std::int64_t blocks = std::max<std::int64_t>(1, std::min(wanted, most));
  operand.rows_of_block = std::max<std::int64_t>(1, (operand.rows() + blocks - 1) / blocks);
  operand.row_blocks = std::max<std::int64_t>(
      1, (operand.rows() + operand.rows_of_block - 1) / operand.rows_of_block);
}

// Of few rows a warp's worth of places; of many so few that a thread has two loads of several.
template <class T>
void hurry(ProjectedOperand<T>& operand) {
  operand.width = no_wider_than(operand.places, 32);
  while (operand.width > 1 && operand.rows() * operand.width > 2 * kAtOnce * kThreads) {
    operand.width /= 2;
  }
  operand.rows_of_block = std::max<std::int64_t>(operand.rows(), 1);
}

#define CONVCHECK_FOR(T)                                                                   \
  template ProjectedOperand<T> projected(const TensorView&, const PlaneMap&,               \
                                         const std::array<std::uint64_t, 2>&, double);     \
  template ProjectedOperand<T> sums_of(const T*, std::int64_t, std::int64_t, std::int64_t, \
                                       std::int64_t);                                      \
  template void spread(ProjectedOperand<T>&);                                              \
  template void share_rows(ProjectedOperand<T>&);                                          \
  template void hurry(ProjectedOperand<T>&);
CONVCHECK_FOR(double)
CONVCHECK_FOR(std::uint64_t)
#undef CONVCHECK_FOR

}  // namespace convcheck::device
