#include "checker/closed_forms/closed_form.h"

#include <algorithm>
#include <cmath>

#include "checker/closed_forms/formulas.h"

namespace convcheck {
namespace {

const char* argument_of(Part part) {
  switch (part) {
    case Part::GradInputs:
      return "x";
    case Part::GradWeights:
      return "w";
    case Part::GradDepthwise:
      return "dw";
    case Part::GradPointwise:
      return "pw";
    default:
      return "value";
  }
}

std::size_t computed(const ClosedForm& form, Part part) {
  const auto found = std::find(form.names.begin(), form.names.end(), argument_of(part));
  if (found != form.names.end()) return static_cast<std::size_t>(found - form.names.begin());
  throw ConvError(ErrorKind::Syntax, "gradient",
                  std::string("with respect to ") + argument_of(part),
                  "an argument of the function");
}

std::size_t row_major(const Index& at, const Shape& shape) {
  std::int64_t number = 0;
  for (std::size_t axis = 0; axis < at.size(); ++axis) number = number * shape[axis] + at[axis];
  return static_cast<std::size_t>(number);
}

}  // namespace

ClosedForm closed_form(const Case& c) {
  switch (c.function) {
    case Function::ConvTranspose:
      return closed::transposed(c);
    case Function::SeparableConv:
      return closed::separable(c);
    case Function::CausalConv1d:
      return closed::causal(c);
    case Function::Conv3d2d:
      return closed::time_and_space(c);
    case Function::LegacyConv2d:
      return closed::legacy(c);
    case Function::BilinearUpsampling:
    case Function::FracBilinearUpsampling:
      return closed::upsampled(c);
    case Function::BilinearKernel1D:
    case Function::BilinearKernel2D:
      return closed::pyramid(c);
    case Function::OutputShape:
    case Function::GradInputsShape:
    case Function::GradWeightsShape:
      return closed::counted_shape(c);
    case Function::Conv:
      break;
  }
  throw ConvError(ErrorKind::Unsupported, "function", "a plain convolution",
                  "one that is made of convolutions");
}

std::map<std::string, Shape> closed_operands(const ClosedForm& form, Part part) {
  std::map<std::string, Shape> operands;
  const std::size_t result = computed(form, part), value = form.names.size() - 1;
  for (std::size_t i = 0; i <= value; ++i) {
    if (i != result) operands[i == value ? "dy" : form.names[i]] = form.shapes[i];
  }
  return operands;
}

ClosedResult closed_result(const ClosedForm& form, Part part,
                           const std::map<std::string, Tensor>& operands) {
  const std::size_t result = computed(form, part), count = form.names.size();
  std::vector<std::vector<double>> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i != result) values[i] = operands.at(i + 1 == count ? "dy" : form.names[i]).values();
  }
  ClosedResult all{form.shapes[result], {}};
  all.sums.resize(static_cast<std::size_t>(element_count(all.shape)));
  form.for_each_product([&](const ClosedForm::Places& at, double product) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i != result) product *= values[i][row_major(at[i], form.shapes[i])];
    }
    ClosedSum& sum = all.sums[row_major(at[result], all.shape)];
    sum.value += product;
    sum.magnitude += std::abs(product);
    ++sum.terms;
  });
  return all;
}

}  // namespace convcheck
