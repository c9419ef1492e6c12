// The shapes of a convolution's operands, SPEC 3, by counting: the filter is laid on the padded
// line at one place after the other. What the helpers leave unknown is where counting finds
// several.
#include <algorithm>

#include "checker/closed_forms/formulas.h"

namespace convcheck::closed {
namespace {

class Axis {
 public:
  Axis(const Case& c, std::size_t axis)
      : border_(c.border),
        axis_(axis),
        rank_(c.rank),
        image_(c.x[2 + axis]),
        kernel_(c.w[c.w.size() - c.rank + axis]),
        stride_(c.subsample[axis]),
        reach_((kernel_ - 1) * c.dilation[axis] + 1) {}

  std::int64_t output() const { return places(image_, reach_); }

  // The input's extent, or -1 where the output is the same with one that is a little different.
  std::int64_t input() const {
    const std::int64_t ours = output();
    for (std::int64_t more = 1; more <= stride_; ++more) {
      if (places(image_ + more, reach_) == ours || places(image_ - more, reach_) == ours) {
        return -1;
      }
    }
    return image_;
  }

  // The filter's, or -1 where the output is the same with another reach: one that differs by less
  // than a stride, or, where the padding follows the filter, by two elements.
  std::int64_t filter() const {
    const std::int64_t ours = output();
    for (std::int64_t more = 1; more <= std::max<std::int64_t>(stride_, 2); ++more) {
      if (places(image_, reach_ + more) == ours || places(image_, reach_ - more) == ours) {
        return -1;
      }
    }
    return kernel_;
  }

  // How many inputs up to a stride longer than ours have our output.
  std::int64_t inputs() const {
    const std::int64_t ours = output();
    std::int64_t count = 0;
    for (std::int64_t image = 1; image <= image_ + stride_; ++image) {
      count += places(image, reach_) == ours;
    }
    return count;
  }

  // At most so many places are looked at.
  double steps() const {
    const Zeros zeros = zeros_of(border_, axis_, rank_, reach_);
    const double stride = static_cast<double>(stride_), image = static_cast<double>(image_);
    const double line =
        image + static_cast<double>(zeros.before) + static_cast<double>(zeros.after);
    return 6 * (image + stride + 2) * (line / stride + 2);
  }

 private:
  // How often a filter of that reach finds room. Also for what no image or filter can be, so that
  // what is unknown does not depend on how small they are.
  std::int64_t places(std::int64_t image, std::int64_t reach) const {
    const Zeros zeros = zeros_of(border_, axis_, rank_, reach);
    std::int64_t count = 0;
    for (std::int64_t end = reach; end <= zeros.before + image + zeros.after; end += stride_) {
      ++count;
    }
    return count;
  }

  const BorderMode& border_;
  std::size_t axis_, rank_;
  std::int64_t image_, kernel_, stride_, reach_;
};

std::vector<std::int64_t> entries(const Case& c) {
  std::vector<std::int64_t> front, outputs, inputs, filters, accepted;
  for (std::size_t i = 0; i < c.rank; ++i) {
    const Axis axis(c, i);
    outputs.push_back(axis.output());
    inputs.push_back(axis.input());
    filters.push_back(axis.filter());
    accepted.push_back(axis.inputs());
  }
  const auto append = [&](const std::vector<std::int64_t>& more) {
    front.insert(front.end(), more.begin(), more.end());
  };
  switch (c.function) {
    case Function::GradInputsShape:
      front = {c.x[0], c.x[1]};
      append(inputs);
      append(accepted);
      return front;
    case Function::GradWeightsShape:
      front = {c.w[0]};
      if (c.unshared) append(outputs);
      front.push_back(c.x[1] / c.groups);
      append(filters);
      return front;
    default:
      front = {c.x[0], c.w[0]};
      append(outputs);
      return front;
  }
}

}  // namespace

ClosedForm counted_shape(const Case& c) {
  conv_problem(helper_convolution(c));
  double steps = 0;
  for (std::size_t axis = 0; axis < c.rank; ++axis) steps += Axis(c, axis).steps();
  const std::size_t own = c.function == Function::GradWeightsShape  ? c.w.size()
                          : c.function == Function::GradInputsShape ? 2 + 2 * c.rank
                                                                    : 2 + c.rank;
  const Shape value{static_cast<std::int64_t>(own)};
  const auto each = [=](const ClosedForm::Visit& visit) {
    const std::vector<std::int64_t> shape = entries(c);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      visit({Index{static_cast<std::int64_t>(i)}, Index(), Index(), Index()},
            static_cast<double>(shape[i]));
    }
  };
  return {{"value"}, {value}, 1, steps, each};
}

}  // namespace convcheck::closed
