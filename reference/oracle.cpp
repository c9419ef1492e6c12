#include "reference/oracle.h"

#include <array>
#include <optional>

#include "reference/compensated_sum.h"

namespace convcheck {
namespace {

// The coordinates first .. last - 1.
struct Range {
  std::int64_t first, last;

  static Range only(std::int64_t value) { return {value, value + 1}; }
};

// One spatial axis of an element's sum. What the element's index says is given, the other
// coordinates run.
struct Axis {
  Window window;
  Range f{0, 1}, o{0, 1};         // filter coordinates in w; output coordinates
  std::optional<std::int64_t> i;  // input coordinate; when it is given, o follows from it
  bool flip = true;
};

// Coordinates of one axis that meet in a product.
struct Meeting {
  std::int64_t i, o, f;
};

// The outputs that may read through a tap which reads `shift` elements after o * stride: all, or
// the one that reads i.
Range outputs(const Axis& axis, std::int64_t shift) {
  if (!axis.i) return axis.o;
  const std::int64_t start = *axis.i - shift, stride = axis.window.stride;
  if (start < 0 || start % stride != 0 || start / stride >= axis.o.last) return {0, 0};
  return Range::only(start / stride);
}

// The definition: o reads i through f where i = o * stride + tap * dilation - pad, and i is no
// padding.
template <class Visit>
void for_each_meeting(const Axis& axis, const Visit& visit) {
  const Window& window = axis.window;
  for (std::int64_t f = axis.f.first; f < axis.f.last; ++f) {
    const std::int64_t tap = axis.flip ? window.filter - 1 - f : f;
    const std::int64_t shift = tap * window.dilation - window.pad_before;
    const Range run = outputs(axis, shift);
    for (std::int64_t o = run.first; o < run.last; ++o) {
      const std::int64_t i = o * window.stride + shift;
      if (i >= 0 && i < window.input) visit(Meeting{i, o, f});
    }
  }
}

// One meeting an axis; the axes beyond the rank have one element.
using Position = std::array<Meeting, 3>;

// All products of one element: every position with every image, filter and channel.
struct Products {
  std::int64_t first_channel;  // of the element's group, in x
  Range n, k, c;               // c within the group
  std::array<Axis, 3> axes;
};

template <class Visit>
void for_each_position(const Products& of, const Visit& visit) {
  for_each_meeting(of.axes[0], [&](const Meeting& first) {
    for_each_meeting(of.axes[1], [&](const Meeting& second) {
      for_each_meeting(of.axes[2], [&](const Meeting& third) {
        visit(Position{first, second, third});
      });
    });
  });
}

template <class Visit>
void for_each_channel(const Products& of, const Visit& visit) {
  for (std::int64_t n = of.n.first; n < of.n.last; ++n) {
    for (std::int64_t k = of.k.first; k < of.k.last; ++k) {
      for (std::int64_t c = of.c.first; c < of.c.last; ++c) visit(n, k, c);
    }
  }
}

Axis whole_axis(const ConvProblem& problem, std::size_t axis) {
  const Window& window = problem.windows[axis];
  return {window, {0, window.filter}, {0, window.output()}, std::nullopt, problem.flip};
}

Products products_of_output(const ConvProblem& problem, const Index& y) {
  const std::int64_t g = y[1] / problem.group_filters(), channels = problem.group_channels();
  Products products{g * channels, Range::only(y[0]), Range::only(y[1]), {0, channels}, {}};
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    products.axes[axis] = whole_axis(problem, axis);
    products.axes[axis].o = Range::only(y[2 + axis]);
  }
  return products;
}

Products products_of_input(const ConvProblem& problem, const Index& x) {
  const std::int64_t g = x[1] / problem.group_channels(), filters = problem.group_filters();
  const std::int64_t first_channel = g * problem.group_channels();
  Products products{first_channel,
                    Range::only(x[0]),
                    {g * filters, (g + 1) * filters},
                    Range::only(x[1] - first_channel),
                    {}};
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    products.axes[axis] = whole_axis(problem, axis);
    products.axes[axis].i = x[2 + axis];
  }
  return products;
}

Products products_of_weight(const ConvProblem& problem, const Index& w) {
  const std::size_t regions = problem.unshared ? problem.rank : 0;
  const std::int64_t g = w[0] / problem.group_filters();
  Products products{g * problem.group_channels(),
                    {0, problem.batch},
                    Range::only(w[0]),
                    Range::only(w[1 + regions]),
                    {}};
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    products.axes[axis] = whole_axis(problem, axis);
    products.axes[axis].f = Range::only(w[2 + regions + axis]);
    if (problem.unshared) products.axes[axis].o = Range::only(w[1 + axis]);
  }
  return products;
}

Products products_of(const ConvProblem& problem, const Index& at) {
  switch (problem.direction) {
    case Direction::GradInputs:
      return products_of_input(problem, at);
    case Direction::GradWeights:
      return products_of_weight(problem, at);
    default:
      return products_of_output(problem, at);
  }
}

// An operand as the sums read it: how many bytes apart its elements are along each coordinate, 0
// for those that it has not got.
struct Reader {
  const std::byte* data;
  DataType type;
  std::int64_t first = 0;
  std::int64_t n = 0, k = 0, c = 0;
  Position steps{};

  std::int64_t offset(const Position& at) const {
    std::int64_t bytes = first;
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      bytes += at[axis].i * steps[axis].i + at[axis].o * steps[axis].o + at[axis].f * steps[axis].f;
    }
    return bytes;
  }
};

// The strides of `view` in bytes.
Strides byte_strides(const TensorView& view) {
  Strides strides = view.strides;
  for (std::int64_t& stride : strides) stride *= static_cast<std::int64_t>(size_of(view.type));
  return strides;
}

Reader x_reader(const Products& products, const TensorView& x) {
  const Strides strides = byte_strides(x);
  Reader reader{static_cast<const std::byte*>(x.data), x.type};
  reader.first = products.first_channel * strides[1];
  reader.n = strides[0];
  reader.c = strides[1];
  for (std::size_t axis = 2; axis < x.rank(); ++axis) reader.steps[axis - 2].i = strides[axis];
  return reader;
}

Reader w_reader(const ConvProblem& problem, const TensorView& w) {
  const Strides strides = byte_strides(w);
  const std::size_t regions = problem.unshared ? problem.rank : 0;
  Reader reader{static_cast<const std::byte*>(w.data), w.type};
  reader.k = strides[0];
  reader.c = strides[1 + regions];
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    reader.steps[axis].f = strides[2 + regions + axis];
    if (problem.unshared) reader.steps[axis].o = strides[1 + axis];
  }
  return reader;
}

Reader y_reader(const TensorView& y) {
  const Strides strides = byte_strides(y);
  Reader reader{static_cast<const std::byte*>(y.data), y.type};
  reader.n = strides[0];
  reader.k = strides[1];
  for (std::size_t axis = 2; axis < y.rank(); ++axis) reader.steps[axis - 2].o = strides[axis];
  return reader;
}

Sum sum_of(const Products& products, const Reader& a, const Reader& b) {
  CompensatedSum sum;
  for_each_position(products, [&](const Position& at) {
    const std::int64_t a_here = a.offset(at), b_here = b.offset(at);
    for_each_channel(products, [&](std::int64_t n, std::int64_t k, std::int64_t c) {
      sum.add_product(load(a.type, a.data + (a_here + n * a.n + k * a.k + c * a.c)),
                      load(b.type, b.data + (b_here + n * b.n + k * b.k + c * b.c)));
    });
  });
  return sum.sum();
}

}  // namespace

Sum forward_at(const ConvProblem& problem, const TensorView& x, const TensorView& w,
               const Index& y_index) {
  const Products products = products_of_output(problem, y_index);
  return sum_of(products, x_reader(products, x), w_reader(problem, w));
}

Sum grad_inputs_at(const ConvProblem& problem, const TensorView& w, const TensorView& y,
                   const Index& x_index) {
  const Products products = products_of_input(problem, x_index);
  return sum_of(products, y_reader(y), w_reader(problem, w));
}

Sum grad_weights_at(const ConvProblem& problem, const TensorView& x, const TensorView& y,
                    const Index& w_index) {
  const Products products = products_of_weight(problem, w_index);
  return sum_of(products, y_reader(y), x_reader(products, x));
}

Sum result_at(const ConvProblem& problem, const Operands& operands, const Index& at) {
  switch (problem.direction) {
    case Direction::GradInputs:
      return grad_inputs_at(problem, operands.w, operands.y, at);
    case Direction::GradWeights:
      return grad_weights_at(problem, operands.x, operands.y, at);
    default:
      return forward_at(problem, operands.x, operands.w, at);
  }
}

void for_each_tap(const ConvProblem& problem, const Index& at,
                  const std::function<void(const Tap&)>& visit) {
  const Products products = products_of(problem, at);
  for_each_position(products, [&](const Position& position) {
    for_each_channel(products, [&](std::int64_t n, std::int64_t k, std::int64_t c) {
      Tap tap{{n, products.first_channel + c}, {k}, {n, k}};
      for (std::size_t axis = 0; axis < problem.rank; ++axis) {
        tap.x.push_back(position[axis].i);
        tap.y.push_back(position[axis].o);
        if (problem.unshared) tap.w.push_back(position[axis].o);
      }
      tap.w.push_back(c);
      for (std::size_t axis = 0; axis < problem.rank; ++axis) tap.w.push_back(position[axis].f);
      visit(tap);
    });
  });
}

}  // namespace convcheck
