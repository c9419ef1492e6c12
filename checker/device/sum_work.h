// The definition of convolution as a device sums it: every element of a result by itself, in f64
// with compensation, with index arithmetic of its own. What it computes is said in
// reference/oracle.h.
#pragma once

#include "checker/device/works.h"

namespace convcheck::device {

// A Sum of reference/oracle.h.
struct ElementSum {
  double value = 0, magnitude = 0;
  std::int64_t terms = 0;
};

// One spatial axis of a problem; axes beyond its rank have one element.
struct SpatialAxis {
  std::int64_t input = 1, filter = 1, output = 1, stride = 1, dilation = 1, pad = 0;
};

enum class Summed { Forward, GradInputs, GradWeights };

// A problem and its operands. a is the first operand that is read, b the second, in the order x, w,
// y.
struct SumWork {
  Summed direction = Summed::Forward;
  int rank = 0;
  bool flip = true, unshared = false;
  std::int64_t batch = 0, group_channels = 0, group_filters = 0;
  SpatialAxis axes[3];
  View x, w, y;
  // Null: the item's element is summed, and goes into the result, rounded to its type.
  ElementSum* sums = nullptr;
  // Otherwise items are first the first parts of so many elements' sums, then the second ones and
  // so on: of the chosen ones, whose first parts note what the result holds there, or, where `got`
  // is null, of the whole result, which is then not looked at.
  static constexpr int kMostChosen = 32;
  std::int64_t chosen[kMostChosen] = {};  // row-major numbers
  std::int64_t elements = 0, parts = 1;
  double* got = nullptr;

  // Where the two factors of a product stand, in elements; none on padding.
  struct Factors {
    std::int64_t x = 0, w = 0, y = 0;
    bool inside = true;
  };

  // The axes of w: k, (o...), c, f...
  CONVCHECK_HOST_DEVICE int w_channel_axis() const { return unshared ? 1 + rank : 1; }
  CONVCHECK_HOST_DEVICE int w_filter_axis(int axis) const { return w_channel_axis() + 1 + axis; }

  CONVCHECK_HOST_DEVICE const View& result() const {
    return direction == Summed::Forward ? y : direction == Summed::GradInputs ? x : w;
  }

  // How many candidates for a product an axis has, for one element and one channel.
  CONVCHECK_HOST_DEVICE std::int64_t candidates(int axis) const {
    if (direction != Summed::GradWeights) return axes[axis].filter;
    return unshared ? 1 : axes[axis].output;
  }

  // Adds what candidate number `which` of the axis says; `at` are the element's coordinates.
  CONVCHECK_HOST_DEVICE void meet(int axis, std::int64_t which, const std::int64_t* at,
                                  Factors& to) const {
    const SpatialAxis& one = axes[axis];
    std::int64_t i = 0, o = 0, f = which;  // f as w stores it
    if (direction == Summed::GradWeights) {
      f = at[w_filter_axis(axis)];
      o = unshared ? at[1 + axis] : which;
    }
    const std::int64_t reach = (flip ? one.filter - 1 - f : f) * one.dilation - one.pad;
    if (direction == Summed::GradInputs) {
      i = at[2 + axis];
      o = (i - reach) / one.stride;
      if (i < reach || o * one.stride != i - reach || o >= one.output) to.inside = false;
    } else {
      if (direction == Summed::Forward) o = at[2 + axis];
      i = o * one.stride + reach;
      if (i < 0 || i >= one.input) to.inside = false;
    }
    to.x += i * x.strides[2 + axis];
    to.y += o * y.strides[2 + axis];
    to.w += f * w.strides[w_filter_axis(axis)];
    if (unshared) to.w += o * w.strides[1 + axis];
  }

  // How many products there are of one candidate of all axes: over the letter that the result has
  // not got.
  CONVCHECK_HOST_DEVICE std::int64_t products() const {
    return direction == Summed::Forward      ? group_channels
           : direction == Summed::GradInputs ? group_filters
                                             : batch;
  }

  // Of these products those from `first` to before `last`, as far as there are such.
  struct Range {
    std::int64_t first = 0, last = 0;
  };
  CONVCHECK_HOST_DEVICE void add_products(Factors from, const std::int64_t* at, const Range& range,
                                          ElementSum& sum, double& error) const {
    if (!from.inside) return;
    const int channel_axis = w_channel_axis();
    std::int64_t x_step = 0, w_step = 0, y_step = 0;
    if (direction == Summed::Forward) {
      const std::int64_t group = at[1] / group_filters;
      from.x += at[0] * x.strides[0] + group * group_channels * x.strides[1];
      from.w += at[1] * w.strides[0];
      x_step = x.strides[1], w_step = w.strides[channel_axis];
    } else if (direction == Summed::GradInputs) {
      const std::int64_t group = at[1] / group_channels;
      const std::int64_t first_filter = group * group_filters;
      from.y += at[0] * y.strides[0] + first_filter * y.strides[1];
      from.w += first_filter * w.strides[0] + at[1] % group_channels * w.strides[channel_axis];
      y_step = y.strides[1], w_step = w.strides[0];
    } else {
      const std::int64_t group = at[0] / group_filters;
      from.x += (group * group_channels + at[channel_axis]) * x.strides[1];
      from.y += at[0] * y.strides[1];
      x_step = x.strides[0], y_step = y.strides[0];
    }
    const std::int64_t last = range.last < products() ? range.last : products();
    for (std::int64_t m = range.first < 0 ? 0 : range.first; m < last; ++m) {
      const double of_x =
          direction == Summed::GradInputs ? 1 : number_at(x.type, x.data, from.x + m * x_step);
      const double of_w =
          direction == Summed::GradWeights ? 1 : number_at(w.type, w.data, from.w + m * w_step);
      const double of_y =
          direction == Summed::Forward ? 1 : number_at(y.type, y.data, from.y + m * y_step);
      const double a = direction == Summed::GradInputs ? of_w : of_x;
      add(sum, error, a, direction == Summed::Forward ? of_w : of_y);
    }
  }

  // Ogita, Rump, Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005), algorithm
  // 5.3; not to be compiled with contraction.
  CONVCHECK_HOST_DEVICE static void add(ElementSum& sum, double& error, double a, double b) {
    const double product = a * b, before = sum.value;
    sum.value = before + product;
    const double shift = sum.value - before;
    error += fma(a, b, -product) + ((before - (sum.value - shift)) + (product - shift));
    sum.magnitude += fabs(product);
    ++sum.terms;
  }
  CONVCHECK_HOST_DEVICE static void correct(ElementSum& sum, double error) {
    const double corrected = sum.value + error;
    if (corrected - corrected == 0) sum.value = corrected;  // finite
  }

  // The first of the products of an element that belong to the part, padding counted.
  CONVCHECK_HOST_DEVICE std::int64_t first_of(std::int64_t part, std::int64_t all) const {
    return all / parts * part + (part < all % parts ? part : all % parts);
  }

  CONVCHECK_HOST_DEVICE ElementSum element(std::int64_t number, std::int64_t part = 0) const {
    const View& to = result();
    std::int64_t at[kMostAxes] = {};
    for (int axis = to.rank; axis-- > 0; number /= to.extents[axis]) {
      at[axis] = number % to.extents[axis];
    }
    const std::int64_t each = products();
    std::int64_t all = each;
    for (int axis = 0; axis < rank; ++axis) all *= candidates(axis);
    ElementSum sum;
    double error = 0;
    if (all == 0) return sum;
    const std::int64_t first = first_of(part, all), last = first_of(part + 1, all);
    for (std::int64_t combination = first / each; combination * each < last; ++combination) {
      Factors factors;
      std::int64_t rest = combination;
      for (int axis = rank; axis-- > 0; rest /= candidates(axis)) {
        meet(axis, rest % candidates(axis), at, factors);
      }
      const std::int64_t before = combination * each;
      add_products(factors, at, {first - before, last - before}, sum, error);
    }
    correct(sum, error);
    return sum;
  }

  CONVCHECK_HOST_DEVICE void operator()(std::int64_t item) const {
    const View& to = result();
    if (sums == nullptr) {
      set_number(to.type, to.data, to.place(item), element(item).value);
      return;
    }
    const std::int64_t which = item % elements, part = item / elements;
    sums[item] = element(got == nullptr ? which : chosen[which], part);
    if (part == 0 && got != nullptr) {
      got[which] = number_at(to.type, to.data, to.place(chosen[which]));
    }
  }
};

}  // namespace convcheck::device
