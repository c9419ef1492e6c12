#include "tests/mutants/winograd.h"

#include <array>
#include <utility>

#include "tests/mutants/kernel.h"

namespace convcheck {
namespace {

using Tile = std::array<std::array<float, 4>, 4>;
using Filter = std::array<std::array<float, 3>, 3>;

bool is_transformed(const ConvProblem& problem, const Operands& operands) {
  if (problem.direction != Direction::Forward || problem.rank != 2 || problem.unshared ||
      problem.group_channels() > 16) {
    return false;
  }
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    if (view->type != DataType::F32) return false;
  }
  for (const Window& window : problem.axes()) {
    if (window.filter != 3 || window.stride != 1 || window.dilation != 1 || window.input < 3) {
      return false;
    }
  }
  return true;
}

// One axis of B^T d: 4 numbers of 4.
std::array<float, 4> input_transform(const std::array<float, 4>& d) {
  return {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]};
}

// One axis of G g: 4 numbers of 3.
std::array<float, 4> filter_transform(const std::array<float, 3>& g) {
  return {g[0], (g[0] + g[1] + g[2]) / 2, (g[0] - g[1] + g[2]) / 2, g[2]};
}

// One axis of A^T m: 2 numbers of 4.
std::array<float, 2> output_transform(const std::array<float, 4>& m) {
  return {m[0] + m[1] + m[2], m[1] - m[2] - m[3]};
}

Tile transformed(const Tile& d) {
  Tile rows{}, all{};
  for (std::size_t i = 0; i < 4; ++i) rows[i] = input_transform(d[i]);
  for (std::size_t j = 0; j < 4; ++j) {
    const auto column = input_transform({rows[0][j], rows[1][j], rows[2][j], rows[3][j]});
    for (std::size_t i = 0; i < 4; ++i) all[i][j] = column[i];
  }
  return all;
}

Tile transformed(const Filter& g) {
  std::array<std::array<float, 4>, 3> rows{};
  Tile all{};
  for (std::size_t i = 0; i < 3; ++i) rows[i] = filter_transform(g[i]);
  for (std::size_t j = 0; j < 4; ++j) {
    const auto column = filter_transform({rows[0][j], rows[1][j], rows[2][j]});
    for (std::size_t i = 0; i < 4; ++i) all[i][j] = column[i];
  }
  return all;
}

std::array<std::array<float, 2>, 2> transformed_back(const Tile& m) {
  std::array<std::array<float, 2>, 4> rows{};
  std::array<std::array<float, 2>, 2> all{};
  for (std::size_t i = 0; i < 4; ++i) rows[i] = output_transform(m[i]);
  for (std::size_t j = 0; j < 2; ++j) {
    const auto column = output_transform({rows[0][j], rows[1][j], rows[2][j], rows[3][j]});
    for (std::size_t i = 0; i < 2; ++i) all[i][j] = column[i];
  }
  return all;
}

Tile input_tile(const ConvProblem& problem, const TensorView& x, const Index& plane,
                std::int64_t row, std::int64_t column) {
  const Window &rows = problem.windows[0], &columns = problem.windows[1];
  Tile tile{};
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      const std::int64_t h = row + i - rows.pad_before, w = column + j - columns.pad_before;
      if (h < 0 || h >= rows.input || w < 0 || w >= columns.input) continue;
      tile[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] =
          static_cast<float>(x.at({plane[0], plane[1], h, w}));
    }
  }
  return tile;
}

Filter filter_taps(const ConvProblem& problem, const TensorView& w, std::int64_t k,
                   std::int64_t c) {
  Filter taps{};
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) {
      const Index at = problem.flip ? Index{k, c, 2 - i, 2 - j} : Index{k, c, i, j};
      taps[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = static_cast<float>(w.at(at));
    }
  }
  return taps;
}

void write_tile(const ConvProblem& problem, const Operands& operands, const Index& corner) {
  const std::int64_t n = corner[0], k = corner[1], row = corner[2], column = corner[3];
  const std::int64_t first = k / problem.group_filters() * problem.group_channels();
  Tile sum{};
  for (std::int64_t c = 0; c < problem.group_channels(); ++c) {
    const Tile d = transformed(input_tile(problem, operands.x, {n, first + c}, row, column));
    const Tile g = transformed(filter_taps(problem, operands.w, k, c));
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j < 4; ++j) sum[i][j] += d[i][j] * g[i][j];
    }
  }
  const auto outputs = transformed_back(sum);
  for (std::int64_t i = 0; i < 2 && row + i < problem.windows[0].output(); ++i) {
    for (std::int64_t j = 0; j < 2 && column + j < problem.windows[1].output(); ++j) {
      operands.y.set(
          {n, k, row + i, column + j},
          static_cast<double>(outputs[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]));
    }
  }
}

class Winograd final : public Backend {
 public:
  explicit Winograd(std::string name) : name_(std::move(name)), other_(kernel(name_)) {}

  std::string name() const override { return name_; }
  DataType accumulator(DataType type) const override { return other_->accumulator(type); }
  Claims claims() const override {
    return {.algorithm = Claims::Algorithm::Transform, .amplification = kWinogradAmplification};
  }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    return other_->supports(problem, operands);
  }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (!is_transformed(problem, operands)) {
      return other_->run(problem, operands, workspace, context);
    }
    Index corners{problem.batch, problem.filters};
    for (const Window& window : problem.axes()) corners.push_back((window.output() + 1) / 2);
    if (element_count(corners) == 0) return;
    Index at(corners.size(), 0);
    do write_tile(problem, operands, {at[0], at[1], 2 * at[2], 2 * at[3]});
    while (advance(at, corners));
  }

 private:
  std::string name_;
  BackendPtr other_;
};

}  // namespace

BackendPtr winograd_kernel(const std::string& name) { return std::make_shared<Winograd>(name); }

}  // namespace convcheck
