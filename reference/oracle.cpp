#include "reference/oracle.h"

#include <cmath>

namespace convcheck {
namespace {

// Dot product in twice the working precision: Ogita, Rump, Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput.
// 26 (2005), algorithm 5.3.
class CompensatedSum {
 public:
  void add_product(double a, double b) {
    const double product = a * b;
    const double product_error = std::fma(a, b, -product);
    const double sum = value_ + product;
    const double shift = sum - value_;
    const double sum_error = (value_ - (sum - shift)) + (product - shift);
    value_ = sum;
    error_ += product_error + sum_error;
    magnitude_ += std::abs(product);
    ++terms_;
  }

  // An infinity or a NaN makes the error terms meaningless; the plain sum then has the right class.
  Sum sum() const {
    const double corrected = value_ + error_;
    return {std::isfinite(corrected) ? corrected : value_, magnitude_, terms_};
  }

 private:
  double value_ = 0, error_ = 0, magnitude_ = 0;
  std::int64_t terms_ = 0;
};

// Visits the coordinates [0, extents) of up to three axes; an empty extent has none.
template <class Visit>
void for_each_index(const Shape& extents, const Visit& visit) {
  if (element_count(extents) == 0) return;
  Index index(extents.size(), 0);
  do visit(index);
  while (advance(index, extents));
}

Shape filter_extents(const ConvProblem& problem) {
  Shape extents;
  for (const Window& window : problem.axes()) extents.push_back(window.filter);
  return extents;
}

// The input coordinate that output `o` reads through filter tap `f`; false when it is padding.
bool input_at(const ConvProblem& problem, const Index& o, const Index& f, Index& i) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    i[axis] = o[axis] * window.stride + f[axis] * window.dilation - window.pad_before;
    if (i[axis] < 0 || i[axis] >= window.input) return false;
  }
  return true;
}

// The output coordinate that reads input `i` through filter tap `f`; false when there is none.
bool output_at(const ConvProblem& problem, const Index& i, const Index& f, Index& o) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    const std::int64_t start = i[axis] + window.pad_before - f[axis] * window.dilation;
    if (start < 0 || start % window.stride != 0) return false;
    o[axis] = start / window.stride;
    if (o[axis] >= window.output()) return false;
  }
  return true;
}

void append(Index& index, const Index& more) {
  for (const std::int64_t value : more) index.push_back(value);
}

Index x_index(std::int64_t n, std::int64_t c, const Index& i) {
  Index index{n, c};
  append(index, i);
  return index;
}

Index w_index(const ConvProblem& problem, std::int64_t k, const Index& o, std::int64_t c, const Index& f) {
  Index index{k};
  if (problem.unshared) append(index, o);
  index.push_back(c);
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    index.push_back(problem.flip ? problem.windows[axis].filter - 1 - f[axis] : f[axis]);
  }
  return index;
}

Index spatial(const Index& index, std::size_t first, std::size_t rank) {
  Index part;
  for (std::size_t axis = 0; axis < rank; ++axis) part.push_back(index[first + axis]);
  return part;
}

template <class Visit>
void taps_of_output(const ConvProblem& problem, const Index& y, const Visit& visit) {
  const std::int64_t n = y[0], k = y[1], g = k / problem.group_filters();
  const Index o = spatial(y, 2, problem.rank);
  Index i(problem.rank, 0);
  for (std::int64_t c = 0; c < problem.group_channels(); ++c) {
    for_each_index(filter_extents(problem), [&](const Index& f) {
      if (!input_at(problem, o, f, i)) return;
      visit({x_index(n, g * problem.group_channels() + c, i), w_index(problem, k, o, c, f), y});
    });
  }
}

template <class Visit>
void taps_of_input(const ConvProblem& problem, const Index& x, const Visit& visit) {
  const std::int64_t n = x[0], g = x[1] / problem.group_channels(), c = x[1] % problem.group_channels();
  const Index i = spatial(x, 2, problem.rank);
  Index o(problem.rank, 0);
  for (std::int64_t k = g * problem.group_filters(); k < (g + 1) * problem.group_filters(); ++k) {
    for_each_index(filter_extents(problem), [&](const Index& f) {
      if (!output_at(problem, i, f, o)) return;
      visit({x, w_index(problem, k, o, c, f), x_index(n, k, o)});
    });
  }
}

template <class Visit>
void taps_of_weight(const ConvProblem& problem, const Index& w, const Visit& visit) {
  const std::size_t rank = problem.rank, regions = problem.unshared ? rank : 0;
  const std::int64_t k = w[0], c = w[1 + regions], g = k / problem.group_filters();
  Index f = spatial(w, 2 + regions, rank), i(rank, 0);
  for (std::size_t axis = 0; problem.flip && axis < rank; ++axis) {
    f[axis] = problem.windows[axis].filter - 1 - f[axis];
  }
  const auto visit_output = [&](std::int64_t n, const Index& o) {
    if (!input_at(problem, o, f, i)) return;
    visit({x_index(n, g * problem.group_channels() + c, i), w, x_index(n, k, o)});
  };
  for (std::int64_t n = 0; n < problem.batch; ++n) {
    if (problem.unshared) {
      visit_output(n, spatial(w, 1, rank));
    } else {
      for_each_index(problem.output_extents(), [&](const Index& o) { visit_output(n, o); });
    }
  }
}

}  // namespace

Sum forward_at(const ConvProblem& problem, const TensorView& x, const TensorView& w,
               const Index& y_index) {
  CompensatedSum sum;
  taps_of_output(problem, y_index,
                 [&](const Tap& tap) { sum.add_product(x.at(tap.x), w.at(tap.w)); });
  return sum.sum();
}

Sum grad_inputs_at(const ConvProblem& problem, const TensorView& w, const TensorView& y,
                   const Index& x_index) {
  CompensatedSum sum;
  taps_of_input(problem, x_index,
                [&](const Tap& tap) { sum.add_product(y.at(tap.y), w.at(tap.w)); });
  return sum.sum();
}

Sum grad_weights_at(const ConvProblem& problem, const TensorView& x, const TensorView& y,
                    const Index& w_index) {
  CompensatedSum sum;
  taps_of_weight(problem, w_index,
                 [&](const Tap& tap) { sum.add_product(y.at(tap.y), x.at(tap.x)); });
  return sum.sum();
}

Sum result_at(const ConvProblem& problem, const Operands& operands, const Index& at) {
  switch (problem.direction) {
    case Direction::GradInputs: return grad_inputs_at(problem, operands.w, operands.y, at);
    case Direction::GradWeights: return grad_weights_at(problem, operands.x, operands.y, at);
    default: return forward_at(problem, operands.x, operands.w, at);
  }
}

void for_each_tap(const ConvProblem& problem, const Index& at,
                  const std::function<void(const Tap&)>& visit) {
  switch (problem.direction) {
    case Direction::GradInputs: return taps_of_input(problem, at, visit);
    case Direction::GradWeights: return taps_of_weight(problem, at, visit);
    default: return taps_of_output(problem, at, visit);
  }
}

}  // namespace convcheck
