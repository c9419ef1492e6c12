#include "reference/flops.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

namespace convcheck {
namespace {

// A product of factors >= 0; a 0 among them wins over any overflow.
class Product {
 public:
  Product(std::initializer_list<std::int64_t> factors) : factors_(factors) {}

  void multiply(std::int64_t factor) { factors_.push_back(factor); }

  std::int64_t value(const char* argument, const std::string& of) const {
    if (std::find(factors_.begin(), factors_.end(), 0) != factors_.end()) return 0;
    std::int64_t product = 1;
    for (const std::int64_t factor : factors_) {
      if (__builtin_mul_overflow(product, factor, &product)) {
        throw ConvError(ErrorKind::Overflow, argument, of, "a count below 2^63");
      }
    }
    return product;
  }

 private:
  std::vector<std::int64_t> factors_;
};

void require_shape(const Shape& shape, std::size_t axes, const char* argument) {
  if (shape.size() != axes) {
    throw ConvError(ErrorKind::Rank, argument, to_string(shape), std::to_string(axes) + " axes");
  }
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t extent) { return extent < 0; })) {
    throw ConvError(ErrorKind::InputShape, argument, to_string(shape), "extents >= 0");
  }
}

void require_equal(std::int64_t value, std::int64_t expected, ErrorKind kind,
                   const char* argument) {
  if (value != expected) {
    throw ConvError(kind, argument, std::to_string(value), std::to_string(expected));
  }
}

void require_regions(const Shape& filters, const Shape& outputs) {
  if (!std::equal(outputs.begin() + 2, outputs.end(), filters.begin() + 1)) {
    throw ConvError(ErrorKind::Regions, "filters", to_string(filters),
                    "the extents of outputs " + to_string(outputs) + " after the first axis");
  }
}

std::int64_t floor_div(std::int64_t dividend, std::int64_t divisor) {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

// How many m in [0, count) have low <= m * step < high.
std::int64_t multiples_between(std::int64_t low, std::int64_t high, std::int64_t step,
                               std::int64_t count) {
  const std::int64_t first = std::max<std::int64_t>(floor_div(low - 1, step) + 1, 0);
  const std::int64_t end = std::min(floor_div(high - 1, step) + 1, count);
  return std::max<std::int64_t>(end - first, 0);
}

// The pairs of an output o and a tap f with 0 <= o * stride + f * dilation - pad_before < input:
// the shorter of the two is enumerated, the other is counted.
std::int64_t useful_pairs(const Window& window, const std::string& problem) {
  std::int64_t few = window.filter, step = window.dilation, many = window.output(),
               other_step = window.stride;
  if (many < few) {
    std::swap(few, many);
    std::swap(step, other_step);
  }
  std::int64_t pairs = 0;
  for (std::int64_t i = 0; i < few; ++i) {
    const std::int64_t low = window.pad_before - i * step;
    const std::int64_t more = multiples_between(low, low + window.input, other_step, many);
    if (__builtin_add_overflow(pairs, more, &pairs)) {
      throw ConvError(ErrorKind::Overflow, "problem", problem, "a count below 2^63");
    }
  }
  return pairs;
}

}  // namespace

std::int64_t flops(const ConvProblem& problem) {
  validate(problem);
  Product product{2, problem.batch, problem.filters, problem.group_channels()};
  for (const Window& window : problem.axes()) {
    product.multiply(window.filter);
    product.multiply(window.output());
  }
  return product.value("problem", to_string(problem));
}

std::int64_t flops(const Shape& inputs, const Shape& filters, const Shape& outputs,
                   std::int64_t num_groups, bool unshared) {
  if (inputs.size() < 3 || inputs.size() > 5) {
    throw ConvError(ErrorKind::Rank, "inputs", to_string(inputs), "3 to 5 axes");
  }
  const std::size_t rank = inputs.size() - 2, regions = unshared ? rank : 0;
  require_shape(inputs, 2 + rank, "inputs");
  require_shape(filters, 2 + regions + rank, "filters");
  require_shape(outputs, 2 + rank, "outputs");
  if (num_groups < 1 || inputs[1] % num_groups != 0) {
    throw ConvError(ErrorKind::Groups, "num_groups", std::to_string(num_groups),
                    "a divisor of the " + std::to_string(inputs[1]) + " input channels");
  }
  require_equal(filters[1 + regions], inputs[1] / num_groups, ErrorKind::Channels,
                "filters' channels");
  require_equal(outputs[0], inputs[0], ErrorKind::Batch, "outputs' batch");
  require_equal(outputs[1], filters[0], ErrorKind::Channels, "outputs' channels");
  if (unshared) require_regions(filters, outputs);
  Product product{2};
  for (const std::int64_t extent : outputs) product.multiply(extent);
  for (std::size_t i = 1 + regions; i < filters.size(); ++i) product.multiply(filters[i]);
  return product.value("outputs", to_string(outputs) + " with filters " + to_string(filters));
}

std::int64_t useful_multiplications(const ConvProblem& problem) {
  validate(problem);
  Product product{problem.batch, problem.filters, problem.group_channels()};
  for (const Window& window : problem.axes())
    product.multiply(useful_pairs(window, to_string(problem)));
  return product.value("problem", to_string(problem));
}

std::int64_t flops_legacy(const Shape& images, const Shape& kerns, const Shape& outputs,
                          AxisBorder::Kind output_mode, const Dims& subsample) {
  if (output_mode != valid && output_mode != full) {
    throw ConvError(ErrorKind::BorderMode, "output_mode", to_string(BorderMode(output_mode)),
                    "valid or full");
  }
  require_shape(images, 4, "images");
  require_shape(kerns, 4, "kerns");
  require_shape(outputs, 4, "outputs");
  require_equal(static_cast<std::int64_t>(subsample.size()), 2, ErrorKind::Rank,
                "subsample's entries");
  for (const std::int64_t stride : subsample) {
    if (stride < 1) {
      throw ConvError(ErrorKind::Stride, "subsample", std::to_string(stride), ">= 1");
    }
  }
  if (output_mode == valid) return flops(images, kerns, outputs);
  require_equal(kerns[1], images[1], ErrorKind::Channels, "kerns' channels");
  Product product{2, kerns[0], kerns[2], kerns[3]};
  for (const std::int64_t extent : images) product.multiply(extent);
  return product.value("images", to_string(images) + " with kerns " + to_string(kerns));
}

}  // namespace convcheck
