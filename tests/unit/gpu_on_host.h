// The kernels of fast/cuda as loops of the host over the same functions: what a device's threads do
// one beside the other is done one after the other, with every place checked. Arithmetic is f64.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "fast/cuda/make_lowered.h"
#include "fast/cuda/make_plan.h"

namespace convcheck::gpu {

// Sanitizers see in a part of the cases what they would see in all.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Integers in -2 .. 2, whose sums are exact.
inline void fill(const TensorView& view, std::uint64_t state) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  do {
    state = state * 6364136223846793005u + 1442695040888963407u;
    view.set(at, static_cast<double>(state >> 40) / 4194304 - 2);
  } while (advance(at, view.extents));
  do view.set(at, std::round(view.at(at)));
  while (advance(at, view.extents));
}

// An operand's numbers, at places counted from its element 0.
class Numbers {
 public:
  explicit Numbers(const TensorView& view) : data_(view.as<double>()) {
    for (std::size_t axis = 0; axis < view.rank(); ++axis) {
      const std::int64_t reach = (view.extents[axis] - 1) * view.strides[axis];
      (reach < 0 ? low_ : high_) += reach;
    }
    if (view.empty()) high_ = -1;
  }
  double& at(std::int64_t place) const {
    if (place < low_ || place > high_) {
      throw std::out_of_range("place " + std::to_string(place) + " of " + std::to_string(low_) +
                              " .. " + std::to_string(high_));
    }
    return data_[place];
  }

 private:
  double* data_;
  std::int64_t low_ = 0, high_ = 0;
};

// The operands of gpu_direct's products.
struct ProductNumbers {
  Numbers a, b, c;
};

inline ProductNumbers product_numbers(const ConvProblem& problem, const Operands& operands) {
  const Numbers x(operands.x), w(operands.w), y(operands.y);
  switch (problem.direction) {
    case Direction::GradInputs:
      return {w, y, x};
    case Direction::GradWeights:
      return {y, x, w};
    default:
      return {w, x, y};
  }
}

// One block of the grid.
inline void block_on_host(const Plan& plan, Tile tile, const ProductNumbers& numbers,
                          std::int64_t block, std::vector<double>& partial) {
  const Work work = work_of(plan, tile, block);
  const Product of = product_of(plan.conv, work.number);
  const Range range = summed(plan, of, work.split);
  std::vector<Side> sides;
  for (std::int64_t k = range.first; k < range.last; ++k) {
    sides.push_back(summed_side(plan.conv, of, k));
  }
  for (std::int64_t n = work.n; n < work.n + tile.n && n < of.n; ++n) {
    const Side column = column_side(plan.conv, of, n);
    for (std::int64_t m = work.m; m < work.m + tile.m && m < of.m; ++m) {
      double sum = 0;
      for (const Side& side : sides) {
        const double a = is_in_a(plan, of, side) ? numbers.a.at(place_in_a(of, m, side)) : 0;
        const bool inside = plan.by_bits ? meet_by_bits(column, side) : meet(column, side);
        sum += a * (inside ? numbers.b.at(place_in_b(of, column, side)) : 0);
      }
      if (plan.splits > 1) {
        partial.at(static_cast<std::size_t>(plan.partial_sum(work.split, work.number, m, n))) = sum;
      } else {
        numbers.c.at(place_in_c(of, m, column)) = sum;
      }
    }
  }
}

inline void add_splits_on_host(const Plan& plan, const ProductNumbers& numbers,
                               const std::vector<double>& partial) {
  for (std::int64_t number = 0; number < plan.products; ++number) {
    const Product of = product_of(plan.conv, number);
    for (std::int64_t n = 0; n < of.n; ++n) {
      const Side column = column_side(plan.conv, of, n);
      for (std::int64_t m = 0; m < of.m; ++m) {
        double sum = 0;
        for (std::int64_t split = 0; split < plan.splits; ++split) {
          sum += partial.at(static_cast<std::size_t>(plan.partial_sum(split, number, m, n)));
        }
        numbers.c.at(place_in_c(of, m, column)) = sum;
      }
    }
  }
}

// The call as gpu_direct computes it; operands of f64.
inline void direct_on_host(const ConvProblem& problem, const Operands& operands,
                           const PlanOptions& options = {}) {
  const Plan plan = make_plan(problem, operands, options);
  const Tile tile = options.tile.k > 0 ? options.tile : tile_of(plan.kernel);
  const ProductNumbers numbers = product_numbers(problem, operands);
  std::vector<double> partial(static_cast<std::size_t>(plan.partial_sums()));
  for (std::int64_t block = plan.blocks(); block-- > 0;) {
    block_on_host(plan, tile, numbers, block, partial);
  }
  if (plan.splits > 1) add_splits_on_host(plan, numbers, partial);
}

// gpu_corrmm's matrices of some images, computed from one another as its products are.
class LoweredOnHost {
 public:
  LoweredOnHost(const Lowered& of, const Operands& operands)
      : of_(of), x_(operands.x), w_(operands.w), y_(operands.y) {}

  std::vector<double> lower(Matrix which) const {
    std::vector<double> matrix(static_cast<std::size_t>(of_.size(which)));
    for (std::size_t item = 0; item < matrix.size(); ++item) {
      const Source source = source_of(of_, which, static_cast<std::int64_t>(item));
      if (source.inside) matrix[item] = operand(which).at(source.place);
    }
    return matrix;
  }
  void raise(Matrix which, const std::vector<double>& matrix) const {
    for (std::size_t item = 0; item < matrix.size(); ++item) {
      operand(which).at(source_of(of_, which, static_cast<std::int64_t>(item)).place) =
          matrix[item];
    }
  }
  void add_up(const std::vector<double>& matrix) const {
    for (std::int64_t item = input_elements(of_); item-- > 0;) {
      double sum = 0;
      const std::int64_t place = add_columns(of_, item, [&](std::int64_t number) {
        sum += matrix.at(static_cast<std::size_t>(number));
      });
      x_.at(place) = sum;
    }
  }

 private:
  const Numbers& operand(Matrix which) const {
    return which == Matrix::X ? x_ : which == Matrix::W ? w_ : y_;
  }

  const Lowered& of_;
  Numbers x_, w_, y_;
};

// y += w x of each of the matrices, or w += y x^T, or x += w^T y.
inline void multiply_on_host(const Lowered& of, Matrix result, std::vector<double>& x,
                             std::vector<double>& w, std::vector<double>& y) {
  std::size_t at_x = 0, at_w = 0, at_y = 0;
  const auto rows = static_cast<std::size_t>(of.rows), depth = static_cast<std::size_t>(of.depth);
  const auto columns = static_cast<std::size_t>(of.columns);
  for (std::int64_t matrix = 0; matrix < of.matrices; ++matrix) {
    for (std::size_t m = 0; m < rows; ++m) {
      for (std::size_t k = 0; k < depth; ++k) {
        for (std::size_t n = 0; n < columns; ++n) {
          double& in_x = x[at_x + k * columns + n];
          double& in_w = w[at_w + m * depth + k];
          double& in_y = y[at_y + m * columns + n];
          if (result == Matrix::Y) in_y += in_w * in_x;
          if (result == Matrix::W) in_w += in_y * in_x;
          if (result == Matrix::X) in_x += in_w * in_y;
        }
      }
    }
    at_x += depth * columns, at_w += rows * depth, at_y += rows * columns;
  }
}

// The call as gpu_corrmm computes it; operands of f64, none of them empty.
inline void corrmm_on_host(const ConvProblem& problem, const Operands& operands,
                           std::size_t limit) {
  const Lowered all = lowered_of(problem, operands);
  const LoweredMemory memory = memory_of(all, DataType::F64, limit);
  const bool inputs = problem.direction == Direction::GradInputs;
  const bool weights = problem.direction == Direction::GradWeights;
  const LoweredOnHost whole(all, operands);
  std::vector<double> w(static_cast<std::size_t>(all.size(Matrix::W)));
  if (!weights) w = whole.lower(Matrix::W);
  for (std::int64_t first = 0; first < problem.batch; first += memory.images) {
    const Lowered of = with_images(all, first, std::min(memory.images, problem.batch - first));
    const LoweredOnHost some(of, operands);
    std::vector<double> x(static_cast<std::size_t>(of.size(Matrix::X)));
    std::vector<double> y(static_cast<std::size_t>(of.size(Matrix::Y)));
    if (!inputs) x = some.lower(Matrix::X);
    if (inputs || weights) y = some.lower(Matrix::Y);
    multiply_on_host(of, inputs ? Matrix::X : weights ? Matrix::W : Matrix::Y, x, w, y);
    if (inputs) some.add_up(x);
    if (!inputs && !weights) some.raise(Matrix::Y, y);
  }
  if (weights) whole.raise(Matrix::W, w);
}

}  // namespace convcheck::gpu
