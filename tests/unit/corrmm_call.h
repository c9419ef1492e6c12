// What the tests of backend corrmm share: calls on hostile memory, and the oracle's answer.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "fast/cpu/corrmm.h"
#include "reference/oracle.h"

namespace convcheck {

// Integers in -3 .. 3, whose sums are exact, or numbers whose sums are rounded.
enum class Numbers { Integers, Reals };

inline void fill(const TensorView& view, std::uint64_t seed, Numbers numbers) {
  if (view.empty()) return;
  std::uint64_t state = seed * 2 + 1;
  Index at(view.rank(), 0);
  do {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto bits = static_cast<std::int64_t>(state >> 40);
    view.set(at, numbers == Numbers::Integers ? static_cast<double>(bits % 7) - 3
                                              : static_cast<double>(bits) / 16777216 - 0.5);
  } while (advance(at, view.extents));
}

inline void set_all(const TensorView& view, double value) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  do view.set(at, value);
  while (advance(at, view.extents));
}

// How an operand lies in memory: row-major; channels last; or every second element of a larger
// tensor with its axes in the opposite order, each counted from its end.
enum class Layout { Plain, ChannelsLast, Scattered };

inline constexpr double kGap = -12345;  // what lies between the elements of a scattered operand

// A view of `memory`, which is made for it.
inline TensorView place(Tensor& memory, const Shape& shape, DataType type, Layout layout) {
  const std::size_t rank = shape.size();
  Dims axis_at(rank, 0), stored;  // where in memory each axis is
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::size_t place = axis;
    if (layout == Layout::Scattered) place = rank - 1 - axis;
    if (layout == Layout::ChannelsLast && axis > 0) place = axis == 1 ? rank - 1 : axis - 1;
    axis_at[axis] = static_cast<std::int64_t>(place);
  }
  stored = shape;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    stored[static_cast<std::size_t>(axis_at[axis])] =
        shape[axis] * (layout == Layout::Scattered ? 2 : 1);
  }
  memory = Tensor(stored, type);
  set_all(memory, kGap);
  TensorView view = permuted(memory, axis_at);
  if (layout != Layout::Scattered) return view;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    view.extents[axis] /= 2;
    view.strides[axis] *= 2;
  }
  for (std::size_t axis = 0; axis < rank; ++axis) view = reversed(view, axis);
  return view;
}

struct CallOptions {
  DataType type = DataType::F32;
  Layout layout = Layout::Plain;
  Numbers numbers = Numbers::Integers;
  int threads = 1;
};

// One call, with a result of NaN and exactly the announced workspace, full of NaN and between
// guards.
class CorrmmCall {
 public:
  CorrmmCall(const ConvProblem& problem, const CallOptions& options)
      : problem_(problem), options_(options) {
    validate(problem);
    const std::array<Shape, 3> shapes{problem.x_shape(), problem.w_shape(), problem.y_shape()};
    for (std::size_t i = 0; i < 3; ++i) {
      views_[i] = place(memory_[i], shapes[i], options.type, options.layout);
      fill(views_[i], i, options.numbers);
    }
  }

  Operands operands() const { return {views_[0], views_[1], views_[2]}; }
  TensorView result() const { return operands().result(problem_.direction); }

  void run(const Backend& backend) const {
    set_all(result(), std::numeric_limits<double>::quiet_NaN());
    const RunContext context{.threads = options_.threads};
    const std::size_t bytes = backend.workspace_bytes(problem_, operands(), context);
    constexpr std::size_t kGuard = 256;
    Tensor memory({static_cast<std::int64_t>((bytes + 2 * kGuard + 7) / 8)}, DataType::F64);
    auto* begin = static_cast<std::byte*>(memory.view().data);
    std::memset(begin, 0xff, bytes + 2 * kGuard);
    backend.run(problem_, operands(), {begin + kGuard, bytes}, context);
    for (std::size_t i = 0; i < kGuard; ++i) {
      ASSERT_EQ(begin[i], std::byte{0xff}) << i << " in the guard before the workspace";
      ASSERT_EQ(begin[kGuard + bytes + i], std::byte{0xff}) << i << " bytes after the workspace";
    }
  }

  // The first element of the result that is not the oracle's, if any.
  std::optional<Index> first_mistake() const {
    if (result().empty()) return std::nullopt;
    Index at(result().rank(), 0);
    do {
      if (!(result().at(at) == result_at(problem_, operands(), at).value)) return at;
    } while (advance(at, result().extents));
    return std::nullopt;
  }

  // Gaps between the elements of the operands that are no longer what they were.
  std::int64_t written_gaps() const {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      std::int64_t gaps = 0;
      for (const double value : memory_[i].values()) gaps += value == kGap ? 1 : 0;
      count += memory_[i].size() - views_[i].size() - gaps;
    }
    return count;
  }

  // The result's values in row-major order; equal as bits where == says so, but for the zeros'
  // signs.
  std::vector<double> values() const { return Tensor::copy_of(result()).values(); }

 private:
  ConvProblem problem_;
  CallOptions options_;
  std::array<Tensor, 3> memory_;
  std::array<TensorView, 3> views_;
};

// Runs the call and compares with the oracle.
inline void expect_right(const Backend& backend, const ConvProblem& problem,
                         const CallOptions& options = {}) {
  const CorrmmCall call(problem, options);
  call.run(backend);
  const std::optional<Index> mistake = call.first_mistake();
  EXPECT_FALSE(mistake) << to_string(problem) << " at " << to_string(*mistake);
  EXPECT_EQ(call.written_gaps(), 0) << to_string(problem);
}

}  // namespace convcheck
